"""What following a member's entries finds wrong, one fault at a time."""

from dataclasses import replace

import pytest

from setia.flow.again import MemberCheck, differences, entry_differences
from setia.ledger.plan import Entry
from setia.values.codes import Account
from setia.values.outcomes import Award, Discount, Issue, Result, Take
from tests.pure.flow.shop import DAY, EARN, HEAD, OPENED, compiled

A = Account
PENDING = Entry(1, "points", 9, A.ISSUED, A.PENDING, 1, "earn", OPENED, activates_at=OPENED + DAY)
USABLE = Entry(1, "points", 9, A.ISSUED, A.AVAILABLE, 1, "earn", OPENED, expires_at=OPENED + 5 * DAY)


def move(no: int, amount: int, debit: Account, credit: Account, lot: int | None = 1, **more: object) -> Entry:
    return replace(Entry(no, "points", amount, debit, credit, lot, "", OPENED), **more)  # type: ignore[arg-type]


def follow(*entries: Entry) -> list[str]:
    return MemberCheck(compiled(HEAD + EARN)).check(entries)


def test_a_life_that_follows_has_no_problems() -> None:
    ended = move(6, 4, A.AVAILABLE, A.EXPIRED, effective_at=OPENED + 5 * DAY)
    assert follow(
        USABLE, move(2, 5, A.AVAILABLE, A.HELD), move(3, 3, A.HELD, A.REDEEMED), move(4, 2, A.HELD, A.AVAILABLE),
        move(5, 2, A.AVAILABLE, A.REDEEMED), ended,
        move(7, 1, A.REDEEMED, A.AVAILABLE), move(8, 2, A.DEBT, A.REVERSED, None),
        move(9, 1, A.ISSUED, A.DEBT, None), move(10, 1, A.AVAILABLE, A.DEBT), move(11, 1, A.EXPIRED, A.REVERSED),
        move(12, 1, A.ISSUED, A.REDEEMED, None),
    ) == []  # fmt: skip
    assert follow(PENDING, move(2, 9, A.PENDING, A.AVAILABLE, effective_at=OPENED + DAY)) == []


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ([move(1, 1, A.AVAILABLE, A.REDEEMED, 7)], "moves lot 7, which no entry made"),
        ([move(1, 1, A.ISSUED, A.DEBT, None)], "more repaid than owed"),
        ([USABLE, move(2, 1, A.HELD, A.AVAILABLE)], "frees more than was held"),
        ([PENDING, move(2, 1, A.AVAILABLE, A.REDEEMED)], "takes from available, where the lot is not"),
        ([USABLE, move(2, 1, A.PENDING, A.REVERSED)], "takes from pending, where the lot is not"),
        ([PENDING, move(2, 9, A.PENDING, A.AVAILABLE)], "activates 9 of 9 at another time than agreed"),
        ([USABLE, move(2, 10, A.AVAILABLE, A.REDEEMED)], "takes more than the lot had left"),
        ([USABLE, move(2, 9, A.AVAILABLE, A.EXPIRED)], "expires another amount or at another time than agreed"),
    ],
)
def test_each_entry_that_does_not_follow_is_told(entries: list[Entry], problem: str) -> None:
    assert follow(*entries) == [f"entry {entries[-1].no}: {problem}"]


def test_two_results_differ_in_what_they_give_take_and_discount() -> None:
    left = Result([Award("points", 3, "earn")], [Take("points", 2, "", "payment")], [Issue("cup", 1, "card")])
    right = Result([Award("points", 4, "earn")], [], [], [Discount("tier:gold", 5)])
    assert differences(left, left) == []
    assert differences(left, right) == [
        "awards earn/points: booked 3, again 4", "takes /points: booked 2, again 0",
        "rewards card/cup: booked 1, again 0", "discounts tier:gold: booked 0, again 5",
    ]  # fmt: skip


def test_entries_that_book_something_else_are_told() -> None:
    result = Result([Award("points", 9, "earn")], [Take("points", 2, "")])
    assert entry_differences(result, [USABLE, move(2, 2, A.AVAILABLE, A.REDEEMED)]) == []
    assert entry_differences(result, [replace(USABLE, amount=8)]) == [
        "earned earn/points: decided 9, booked 8",
        "spent /points: decided 2, booked 0",
    ]
    assert entry_differences(
        result, [USABLE, move(2, 2, A.AVAILABLE, A.REDEEMED), move(3, 1, A.AVAILABLE, A.HELD)]
    ) == [
        "entry 3: AVAILABLE to HELD, which no rule decides",
    ]
