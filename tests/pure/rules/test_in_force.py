"""Which version holds, for everybody and for those who keep the old terms."""

import datetime as dt

from setia.flow.work import Version
from setia.rules.in_force import in_force, next_change
from setia.state.progress import Progress
from tests.pure.flow.shop import HEAD as SHOP
from tests.pure.flow.shop import OPENED, compiled

DAY = dt.timedelta(days=1)
EARLY = Progress(OPENED.date(), OPENED)
LATE = Progress((OPENED + 20 * DAY).date(), OPENED + 20 * DAY)


def version(number: int, day: float, terms: str = "") -> Version:
    text = SHOP + (f"changes: {{old_terms: {terms}}}\n" if terms else "")
    return Version(number, OPENED + day * DAY, compiled(text))


def number_at(versions: list[Version], day: float, member: Progress | None = None) -> int:
    found = in_force(versions, OPENED + day * DAY, member)
    return 0 if found is None else found.number


def test_one_version_holds_from_its_instant() -> None:
    assert [number_at([version(1, 1)], day, EARLY) for day in (0.9, 1, 2)] == [0, 1, 1]


def test_of_two_at_one_instant_the_later_published_holds_and_order_does_not_matter() -> None:
    versions = [version(3, 5), version(1, 0), version(2, 5)]
    assert [number_at(versions, day) for day in (-1, 0, 5)] == [0, 1, 3]


def test_who_had_joined_keeps_the_version_before_and_the_one_before_that() -> None:
    versions = [version(1, 0), version(2, 10, "kept"), version(3, 30, "{until: 2027-01-01}")]
    assert [number_at(versions, day, EARLY) for day in (9, 11, 31, 3650)] == [1, 1, 1, 3]
    assert [number_at(versions, day, LATE) for day in (11, 31, 3650)] == [2, 2, 3]
    assert [number_at(versions, day) for day in (9, 11, 31)] == [1, 2, 3]


def test_the_first_version_holds_though_it_speaks_of_old_terms() -> None:
    assert number_at([version(1, 0, "kept"), version(2, 9)], 1, Progress(OPENED.date(), OPENED - DAY)) == 1


def test_the_next_change_is_a_version_or_the_end_of_old_terms() -> None:
    versions = [version(1, 0), version(2, 10, "{until: 2027-01-01}")]
    ends = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    assert next_change(versions, OPENED - DAY) == OPENED
    assert next_change(versions, OPENED) == OPENED + 10 * DAY
    assert next_change(versions, OPENED + 10 * DAY) == ends
    assert next_change(versions, ends) is None
