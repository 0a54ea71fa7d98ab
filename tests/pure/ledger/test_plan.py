"""Planning on a wallet: each plan's entries, and what it leaves."""

import datetime as dt
from uuid import UUID

import pytest

from setia.ledger.chart import breaks_sign, is_member_account
from setia.ledger.lots import FAR, Balance, Hold, HoldState, Wallet, spend_order
from setia.ledger.plan import (
    Entry,
    Shortfall,
    Terms,
    fold,
    plan_activation,
    plan_award,
    plan_commit,
    plan_expiry,
    plan_hold,
    plan_release,
    plan_restoration,
    plan_reversal,
    plan_spend,
)
from setia.values.codes import MEMBER_ACCOUNTS, Account

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
A, B = UUID(int=1), UUID(int=2)


def wallet(*lots: tuple[int, int | None], debt: int = 0, origin: UUID = A, pending: bool = False) -> Wallet:
    """A wallet with lots of (amount, days until they end); the debt was made before them."""
    found = Wallet()
    found.balance("p").debt = -debt
    for amount, days in lots:
        ends = None if days is None else AT + days * DAY
        plan_award(found, "p", amount, origin=origin, earned_at=AT, terms=Terms(AT + DAY if pending else None, ends))
    return found


def moves(entries: list[Entry]) -> list[tuple[int, str, str, int | None]]:
    return [(e.amount, e.debit.name.lower(), e.credit.name.lower(), e.lot) for e in entries]


def left(found: Wallet) -> dict[int, int]:
    return {lot.no: lot.left for lot in found.lots.values()}


def test_only_debt_is_negative_and_only_debt() -> None:
    assert [breaks_sign(account, -1) for account in MEMBER_ACCOUNTS] == [True, True, True, False]
    assert [breaks_sign(account, 1) for account in MEMBER_ACCOUNTS] == [False, False, False, True]
    assert is_member_account(Account.HELD)
    assert not is_member_account(Account.ISSUED)


def test_an_award_repays_debt_first_and_may_be_eaten_by_it() -> None:
    found = wallet(debt=10)
    award = {"origin": A, "earned_at": AT, "terms": Terms()}
    assert moves(plan_award(found, "p", 4, **award)) == [(4, "issued", "debt", None)]  # type: ignore[arg-type]
    assert moves(plan_award(found, "p", 9, **award)) == [(6, "issued", "debt", None), (3, "issued", "available", 3)]  # type: ignore[arg-type]
    assert found.balance("p") == Balance(available=3)


def test_a_pending_award_repays_debt_when_it_becomes_usable() -> None:
    found = wallet((5, None), debt=3, pending=True)
    lot = found.lots[1]
    assert lot.due_at == AT + DAY
    assert moves(plan_activation(found, lot, AT + DAY)) == [(3, "pending", "debt", 1), (2, "pending", "available", 1)]
    assert (lot.due_at, lot.is_pending) == (None, False)
    eaten = wallet((5, None), debt=9, pending=True)
    assert moves(plan_activation(eaten, eaten.lots[1], AT)) == [(5, "pending", "debt", 1)]
    assert eaten.lots[1].due_at is None


def test_what_ends_first_is_spent_first_and_undated_units_last() -> None:
    found = wallet((5, None), (5, 9), (5, 2))
    assert moves(plan_spend(found, "p", 12, AT)) == [  # type: ignore[arg-type]
        (5, "available", "redeemed", 3), (5, "available", "redeemed", 2), (2, "available", "redeemed", 1),
    ]  # fmt: skip
    assert plan_spend(found, "p", 4, AT) == Shortfall("p", 4, 3)
    assert plan_spend(found, "p", 2, AT, lots=[found.lots[2]]) == Shortfall("p", 2, 0)
    assert spend_order(found.lots[1])[0] == FAR


def test_a_member_in_debt_can_spend_only_what_goes_beyond_it() -> None:
    found = wallet((8, None))
    found.balance("p").debt = -5
    assert plan_spend(found, "p", 4, AT) == Shortfall("p", 4, 3)
    assert found.balance("p").spendable == 3
    found.balance("p").debt = -20
    assert plan_spend(found, "p", 1, AT) == Shortfall("p", 1, 0)


def test_expiry_ends_what_is_left_wherever_it_is() -> None:
    found, waiting = wallet((5, 2)), wallet((5, 2), pending=True)
    assert moves(plan_expiry(found, found.lots[1], AT)) == [(5, "available", "expired", 1)]
    assert plan_expiry(found, found.lots[1], AT) == []
    assert moves(plan_expiry(waiting, waiting.lots[1], AT)) == [(5, "pending", "expired", 1)]


def hold(amount: int) -> Hold:
    return Hold(B, "p", amount, HoldState.PLACED, AT + DAY)


def test_a_hold_is_committed_in_part_and_the_rest_is_free() -> None:
    found = wallet((5, 9), (5, None))
    made = hold(8)
    assert moves(plan_hold(found, made, AT)) == [(5, "available", "held", 1), (3, "available", "held", 2)]  # type: ignore[arg-type]
    assert found.next_due() == AT + DAY
    assert moves(plan_commit(found, made, 6, AT)) == [
        (5, "held", "redeemed", 1), (1, "held", "redeemed", 2), (2, "held", "available", 2),
    ]  # fmt: skip
    assert (made.state, left(found)) == (HoldState.COMMITTED, {1: 0, 2: 4})


def test_a_hold_beyond_the_wallet_is_declined_and_a_small_commit_frees_whole_lots() -> None:
    found = wallet((2, None), (2, None))
    assert plan_hold(found, made := hold(9), AT) == Shortfall("p", 9, 4)
    assert made.state is HoldState.DECLINED
    small = hold(4)
    plan_hold(found, small, AT)
    assert moves(plan_commit(found, small, 1, AT)) == [
        (1, "held", "redeemed", 1), (1, "held", "available", 1), (2, "held", "available", 2),
    ]  # fmt: skip


def test_what_ended_while_it_was_held_ends_when_it_is_released() -> None:
    found = wallet((5, 2), (5, None))
    made = hold(7)
    plan_hold(found, made, AT)
    assert moves(plan_release(found, made, AT + 3 * DAY, HoldState.LAPSED)) == [
        (5, "held", "available", 1), (5, "available", "expired", 1), (2, "held", "available", 2),
    ]  # fmt: skip
    assert found.lots[1].expired == 5
    with pytest.raises(AssertionError):
        plan_release(found, made, AT, HoldState.RELEASED)


def test_a_reversal_takes_its_own_first_and_then_what_else_there_is() -> None:
    found = wallet((5, 2), origin=A)
    plan_award(found, "p", 4, origin=A, earned_at=AT, terms=Terms(AT + DAY), rule="x")
    plan_award(found, "p", 3, origin=B, earned_at=AT, terms=Terms())
    plan_expiry(found, found.lots[1], AT)
    entries, missing = plan_reversal(found, "p", 20, AT, origin=A, when_spent="within_balance", rule="x")
    assert moves(entries) == [
        (4, "pending", "reversed", 2),
        (5, "expired", "reversed", 1),
        (3, "available", "reversed", 3),
    ]
    assert missing == 8
    assert found.lots[1].expired == 0


@pytest.mark.parametrize(
    ("when_spent", "missing", "debt"), [("only_pending", 6, 0), ("within_balance", 2, 0), ("unlimited", 0, -2)]
)
def test_how_far_a_reversal_goes_is_a_policy(when_spent: str, missing: int, debt: int) -> None:
    found = wallet((4, None))
    entries, short = plan_reversal(found, "p", 6, AT, origin=A, when_spent=when_spent)
    assert (short, found.balance("p").debt) == (missing, debt)
    assert sum(entry.amount for entry in entries) == 6 - missing


def test_a_reversal_that_pending_units_cover_touches_nothing_else() -> None:
    found = wallet((4, None), pending=True)
    entries, missing = plan_reversal(found, "p", 3, AT, origin=A, when_spent="unlimited")
    assert (moves(entries), missing) == ([(3, "pending", "reversed", 1)], 0)


def test_a_restoration_gives_back_last_taken_first_and_ends_what_has_ended() -> None:
    found = wallet((5, 2), (5, None))
    taken = [(e.lot, e.amount) for e in plan_spend(found, "p", 8, AT) if isinstance(e, Entry) and e.lot]
    assert moves(plan_restoration(found, "p", 3, AT, taken=taken)) == [(3, "redeemed", "available", 2)]
    assert moves(plan_restoration(found, "p", 5, AT + 2 * DAY, taken=taken[:1])) == [
        (5, "redeemed", "available", 1), (5, "available", "expired", 1),
    ]  # fmt: skip
    with pytest.raises(AssertionError, match="1 p to restore that were never taken"):
        plan_restoration(found, "p", 1, AT, taken=[])


def test_entries_folded_give_the_balances() -> None:
    found = wallet((5, 2), (5, None), pending=False)
    entries = [e for lot in list(found.lots.values()) for e in plan_expiry(found, lot, AT)]
    assert fold({"p": Balance(available=10)}, entries)["p"] == found.balance("p")
    assert found.next_due() is None


def test_an_entry_moves_something_from_one_account_to_another() -> None:
    with pytest.raises(AssertionError, match="an entry of 1 p from 1 to 1"):
        plan_award(Wallet(), "p", 1, origin=A, earned_at=AT, terms=Terms(), source=Account.AVAILABLE)
