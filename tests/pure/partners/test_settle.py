"""Statements: a difference to what was said before, rounded line by line, that nets to zero with the margin."""

import datetime as dt
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from setia.ledger.lots import Lot
from setia.ledger.plan import Entry
from setia.partners.settle import (
    Agreed,
    Key,
    Line,
    LineKind,
    Movement,
    Statement,
    Terms,
    liability,
    movements_of,
    price,
    settle,
)
from setia.values.codes import Account
from setia.values.stakes import NOBODY, Owed, Stake

A = Account
TERMS = Terms({"points": 0, "grams": 2}, 2)
P1, P2, P3 = Stake("p1", 10_000), Stake("p2", 8_000), Stake("p3", 10_000)
K = LineKind


def moved(debit: A, credit: A, amount: int, *, lot: Stake | None = None, stake: Stake = NOBODY, is_new: bool = False,
          month: str = "2026-03", unit: str = "points") -> Movement:  # fmt: skip
    return Movement(month, unit, debit, credit, lot, stake, is_new, amount)


def burned(lot: Stake, at: Stake, amount: int, **more: str) -> Movement:
    return moved(A.AVAILABLE, A.REDEEMED, amount, lot=lot, stake=at, **more)  # type: ignore[arg-type]


def lines(*movements: Movement) -> dict[tuple[str, LineKind], tuple[int, int]]:
    found = settle("2026-03", movements, (), (), TERMS)
    return {(line.key.partner, line.key.kind): (line.quantity, line.money) for line in found.lines}


def test_each_issuer_owes_for_its_own_and_the_place_gets_its_price() -> None:
    found = settle("2026-03", [burned(P2, P3, 200), burned(P1, P3, 200)], (), (), TERMS)
    assert (found.balance("p1"), found.balance("p2"), found.balance("p3"), found.margin) == (200, 160, -400, -40)
    assert found.partners() == ["p1", "p2", "p3"]
    assert [line.key.other for line in found.lines if line.key.partner == "p3"] == ["p1", "p2"]


@pytest.mark.parametrize(
    ("owed", "earned", "spent", "expired", "reversed_"),
    [
        (Owed.WHEN_BURNED, 0, 100, 0, 0),
        (Owed.WHEN_BURNED_OR_EXPIRED, 0, 100, 100, 0),
        (Owed.WHEN_EARNED, 100, 0, 0, -100),
        (Owed.WHEN_EARNED_UNLESS_EXPIRED, 100, 0, -100, -100),
        (Owed.PREPAID, 0, 0, 0, 0),
    ],
)
def test_what_is_owed_when(owed: Owed, earned: int, spent: int, expired: int, reversed_: int) -> None:
    own = Stake("p1", 10_000, owed)
    assert lines(moved(A.ISSUED, A.AVAILABLE, 100, stake=own, lot=own, is_new=True)) == {
        ("p1", K.EARNED): (100, earned)
    }
    assert lines(burned(own, NOBODY, 100)) == {("p1", K.BURNED): (100, spent)}
    assert lines(moved(A.AVAILABLE, A.EXPIRED, 100, lot=own)) == {("p1", K.EXPIRED): (100, expired)}
    assert lines(moved(A.PENDING, A.REVERSED, 100, lot=own, stake=own)) == {("p1", K.REVERSED): (-100, reversed_)}
    back = moved(A.EXPIRED, A.REVERSED, 100, lot=own, stake=own)
    assert lines(back) == {("p1", K.EXPIRED): (-100, -expired), ("p1", K.REVERSED): (-100, reversed_)}
    assert lines(moved(A.DEBT, A.REVERSED, 100, stake=own)) == {
        ("p1", K.REVERSED_SPENT): (-100, 0 if owed is Owed.PREPAID else -100)
    }


def test_what_goes_beyond_a_pack_is_an_invoice_and_comes_off_it_again() -> None:
    own = Stake("p1", 10_000, Owed.OVERDRAWN)
    given = moved(A.ISSUED, A.PENDING, 50, stake=own, lot=own, is_new=True)
    back = moved(A.AVAILABLE, A.REVERSED, 20, lot=own, stake=own)
    assert lines(given) == {("p1", K.OVERDRAWN): (50, 50)}
    assert lines(given, back) == {("p1", K.OVERDRAWN): (30, 30)}


def test_what_comes_back_is_owed_for_no_more() -> None:
    back = moved(A.REDEEMED, A.AVAILABLE, 150, lot=P1, stake=P3)
    assert lines(burned(P1, P3, 200), back) == {("p1", K.BURNED): (50, 50), ("p3", K.REDEEMED): (50, -50)}
    assert lines(burned(P1, P3, 200), moved(A.REDEEMED, A.AVAILABLE, 200, lot=P1, stake=P3)) == {}


def test_units_of_another_stand_in_for_those_that_were_spent() -> None:
    found = lines(moved(A.AVAILABLE, A.REVERSED, 100, lot=P1, stake=P2))
    assert found == {("p1", K.BURNED): (100, 100), ("p2", K.REVERSED_SPENT): (-100, -80)}


def test_a_repaid_debt_was_spent_before_it_was_earned() -> None:
    assert lines(moved(A.ISSUED, A.DEBT, 100, stake=P1)) == {
        ("p1", K.EARNED): (100, 0), ("p1", K.BURNED): (100, 100)
    }  # fmt: skip
    assert lines(moved(A.AVAILABLE, A.DEBT, 100, lot=P1)) == {("p1", K.BURNED): (100, 100)}


def test_sending_and_correcting_cost_nobody_anything() -> None:
    assert lines(moved(A.AVAILABLE, A.TRANSFERRED, 9, lot=P1), moved(A.TRANSFERRED, A.AVAILABLE, 9, lot=P1, stake=P1,
                                                                     is_new=True)) == {}  # fmt: skip
    assert lines(moved(A.AVAILABLE, A.ADJUSTED, 9, lot=P1)) == {("p1", K.REVERSED): (-9, 0)}
    assert lines(burned(NOBODY, NOBODY, 9)) == {}


def test_an_exchange_burns_the_old_units_and_earns_the_new() -> None:
    airline = Stake("air", 15_000)
    assert lines(moved(A.AVAILABLE, A.EXCHANGED, 100, lot=P1, stake=airline)) == {
        ("p1", K.BURNED): (100, 100), ("air", K.REDEEMED): (100, -150)
    }  # fmt: skip
    assert lines(moved(A.EXCHANGED, A.AVAILABLE, 50, lot=airline, stake=airline, is_new=True)) == {
        ("air", K.EARNED): (50, 0)
    }  # fmt: skip
    assert lines(moved(A.EXCHANGED, A.AVAILABLE, 100, lot=P1, stake=NOBODY)) == {("p1", K.BURNED): (-100, -100)}


def test_every_line_is_rounded_once_halves_away_from_zero() -> None:
    key = Key("p", "2026-03", K.BURNED, "points", price=5_000)
    assert [price(key, quantity, TERMS) for quantity in (1, 2, 3, -1, -3, 0)] == [1, 1, 2, -1, -2, 0]
    assert price(Key("p", "2026-03", K.BURNED, "grams", price=10_000), 150, TERMS) == 2
    assert price(Key("p", "2026-03", K.BURNED, "points", price=5_000_000), 1, Terms({}, 0)) == 5


def test_what_comes_late_is_in_the_next_statement_under_its_month_and_cents_add_up() -> None:
    half = Stake("p1", 5_000)
    first = settle("2026-03", [burned(half, NOBODY, 1)], (), (), TERMS)
    assert [line.money for line in first.lines] == [1]
    book = [burned(half, NOBODY, 2), burned(half, NOBODY, 3, month="2026-04"), burned(half, NOBODY, 9, month="2026-05")]
    second = settle("2026-04", book, first.lines, (), TERMS)
    told = [(line.key.month, line.quantity, line.money) for line in second.lines]
    assert told == [("2026-04", 3, 2), ("2026-03", 1, 0)]  # two points at half a cent were one cent, and were billed
    assert settle("2026-04", book, [*first.lines, *second.lines], (), TERMS).lines == ()


def test_what_vanished_from_a_closed_month_is_taken_off() -> None:
    first = settle("2026-03", [burned(P1, P3, 200)], (), (), TERMS)
    second = settle("2026-04", [burned(P1, P3, 150)], first.lines, (), TERMS)
    assert [(line.key.partner, line.quantity, line.money) for line in second.lines] == [
        ("p1", -50, -50),
        ("p3", -50, 50),
    ]


def test_an_accepted_dispute_is_given_back_once() -> None:
    agreed = [Agreed(1, "p1", "2026-03", "points", 30)]
    found = settle("2026-04", (), (), agreed, TERMS)
    (line,) = found.lines
    assert (line.key.kind, line.key.month, line.key.dispute, line.money, found.margin) == (
        K.DISPUTE,
        "2026-03",
        1,
        -30,
        -30,
    )
    assert settle("2026-05", (), found.lines, agreed, TERMS).lines == ()


def test_liability_is_what_members_have_at_the_price_of_each_lot() -> None:
    own = Stake("", 10_000)
    found = liability(
        [
            moved(A.ISSUED, A.AVAILABLE, 300, lot=P1, stake=P1, is_new=True),
            moved(A.AVAILABLE, A.REDEEMED, 100, lot=P1, stake=P3),
            moved(A.ISSUED, A.PENDING, 55, lot=own, stake=own, is_new=True),
            moved(A.ISSUED, A.AVAILABLE, 1_050, lot=P1, stake=P1, is_new=True, unit="grams"),
            moved(A.ISSUED, A.AVAILABLE, 5, lot=P2, stake=P2, is_new=True),
            moved(A.AVAILABLE, A.EXPIRED, 5, lot=P2),
            moved(A.ISSUED, A.DEBT, 5, stake=P2),
            moved(A.AVAILABLE, A.HELD, 5, lot=P1),
        ],
        TERMS,
    )
    assert {partner: held.money for partner, held in found.items()} == {"p1": 200 + 11, "": 55}
    assert found["p1"].quantity == {("points", 10_000): 200, ("grams", 10_000): 1_050}


def test_entries_of_a_member_are_added_up_by_local_month() -> None:
    end = dt.datetime(2026, 3, 31, 22, 30, tzinfo=dt.UTC)

    def entry(no: int, debit: A, credit: A, at: dt.datetime, lot: int | None) -> Entry:
        return Entry(no, "points", 10, debit, credit, lot, "", at)

    entries = [
        entry(2, A.AVAILABLE, A.EXPIRED, end, 2), entry(3, A.AVAILABLE, A.EXPIRED, end, 2),
        entry(4, A.AVAILABLE, A.HELD, end, 2), entry(5, A.DEBT, A.REVERSED, end, None),
    ]  # fmt: skip
    lots = {2: Lot(2, "points", 99, 0, False, end, None, None, UUID(int=0), stake=P1)}
    found = movements_of(entries, lots, ZoneInfo("Europe/Berlin"))
    assert found == [
        moved(A.AVAILABLE, A.EXPIRED, 10, lot=P1, is_new=True, month="2026-04"),
        moved(A.AVAILABLE, A.EXPIRED, 10, lot=P1, month="2026-04"),
        moved(A.DEBT, A.REVERSED, 10, month="2026-04"),
    ]
    assert movements_of(entries[:1], lots, ZoneInfo("UTC"))[0].month == "2026-03"


def test_an_empty_statement_nets_to_zero() -> None:
    found = Statement("2026-03", (Line(Key("p1", "2026-03", K.EARNED, "points"), 5, 0),))
    assert (found.margin, found.balance("p1"), found.balance("nobody")) == (0, 0, 0)
