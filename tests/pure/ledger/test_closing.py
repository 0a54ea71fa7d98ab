"""Closing a unit: values, breakage, the journal, and the rounding between two balances."""

from fractions import Fraction

import pytest

from setia.ledger.closing import BREAKAGE, LIABILITY, OPENING, PRIOR, REVALUED, Moved, Rates, UnitClosed, close_unit
from setia.values.codes import MEMBER_ACCOUNTS, Account

CENT = Rates(Fraction(1), Fraction(12, 100))
THIRD = Rates(Fraction(1, 3))


def had(steps: int, price: Fraction | None = None) -> Moved:
    return Moved("points", Account.AVAILABLE, price, steps)


def moved(account: Account, steps: int, price: Fraction | None = None, *, prior: bool = False) -> list[Moved]:
    """``steps`` that members got from an account of the house (negative: lost to it)."""
    return [
        Moved("points", account, price, -steps, prior),
        Moved("points", Account.AVAILABLE, price, steps, prior),
    ]


def figures(found: UnitClosed) -> list[tuple[str, bool, int, int]]:
    return [(line.movement, line.is_prior, line.steps, line.money) for line in found.lines]


def test_a_first_closing_opens_what_is_there_and_sets_breakage_aside() -> None:
    found = close_unit("points", CENT, [had(1_000)], moved(Account.ISSUED, 500), None)
    assert (found.opening, found.closing, found.closing_money, found.breakage) == (1_000, 1_500, 1_500, 180)
    assert figures(found) == [
        (OPENING, False, 1_000, 1_000), ("issued", False, 500, 500), (BREAKAGE, False, 0, -180),
    ]  # fmt: skip
    assert found.liability == sum(line.money for line in found.lines) == 1_320


def test_what_came_late_is_an_adjustment_of_a_prior_period() -> None:
    december = close_unit("points", CENT, [], moved(Account.ISSUED, 1_000), None)
    since = [
        *moved(Account.ISSUED, 200, prior=True), *moved(Account.REDEEMED, -300), *moved(Account.EXPIRED, -50),
        *moved(Account.ADJUSTED, 10), *moved(Account.REVERSED, -20), *moved(Account.TRANSFERRED, 0),
    ]  # fmt: skip
    january = close_unit("points", CENT, [had(1_000)], since, december)
    assert (january.opening_money, january.closing, january.closing_money) == (1_000, 840, 840)
    assert figures(january) == [
        ("adjusted", False, 10, 10), ("expired", False, -50, -50), ("issued", True, 200, 200),
        ("redeemed", False, -300, -300), ("reversed", False, -20, -20), (BREAKAGE, False, 0, 20),
    ]  # fmt: skip
    late = january.lines[2]
    assert (late.debit, late.credit) == (PRIOR, LIABILITY)
    spent = january.lines[3]
    assert (spent.debit, spent.credit) == (LIABILITY, "revenue")
    both = [line.money for closed in (december, january) for line in closed.lines]
    assert january.liability == sum(both)


def test_lots_of_a_partner_cost_what_it_owes() -> None:
    price = Fraction(8, 10)
    found = close_unit("points", CENT, [had(100, price)], moved(Account.ISSUED, 5), None)
    assert (found.closing, found.closing_money) == (105, 85)


def test_another_worth_revalues_what_was_there() -> None:
    before = close_unit("points", Rates(Fraction(1)), [], moved(Account.ISSUED, 100), None)
    after = close_unit("points", Rates(Fraction(2)), [had(100)], moved(Account.REDEEMED, -10), before)
    assert figures(after) == [("redeemed", False, -10, -20), (REVALUED, False, 0, 100)]
    assert after.closing_money == 180


@pytest.mark.parametrize("steps", [1, 2, 4, 5, 7, 100])
def test_the_lines_between_two_balances_add_up_to_the_cent(steps: int) -> None:
    before = close_unit("points", THIRD, [had(4)], [], None)
    since = [*moved(Account.ISSUED, steps), *moved(Account.REDEEMED, -1), *moved(Account.BUDGET, 1, prior=True)]
    found = close_unit("points", THIRD, [had(4)], since, before)
    assert found.closing_money == (4 + steps) // 3
    assert sum(line.money for line in found.lines) == found.closing_money - before.closing_money


def test_units_of_others_are_left_out_and_a_debt_is_below_zero() -> None:
    other = Moved("stars", Account.AVAILABLE, None, 7)
    debt = Moved("points", Account.DEBT, None, -3)
    found = close_unit("points", THIRD, [other], [debt, Moved("points", Account.REVERSED, None, 3), other], None)
    assert (found.closing, found.closing_money) == (-3, -1)
    assert figures(found) == [("reversed", False, -3, -1)]
    assert figures(close_unit("points", THIRD, [], [], None)) == []


@pytest.mark.parametrize("account", [account for account in Account if account not in MEMBER_ACCOUNTS])
def test_whatever_units_come_from_or_go_to_has_a_line_of_its_own(account: Account) -> None:
    found = close_unit("points", CENT, [], moved(account, 10), None)
    assert [line.steps for line in found.lines if line.movement != BREAKAGE] == [10]
    assert found.liability == sum(line.money for line in found.lines)
