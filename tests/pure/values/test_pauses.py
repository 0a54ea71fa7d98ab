"""What pauses do to dates."""

import datetime as dt

from setia.values.pauses import NEVER_PAUSED, Pause, Pauses

OPENED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def day(number: float) -> dt.datetime:
    return OPENED + dt.timedelta(days=number)


def stopped(begun: float, ended: float | None) -> Pause:
    return Pause(day(begun), None if ended is None else day(ended), stops_expiry=True)


def test_a_pause_covers_its_beginning_and_not_its_end() -> None:
    pauses = Pauses([stopped(10, 20), stopped(20, None)])
    assert pauses.at(day(9)) is None
    assert pauses.at(day(10)) is pauses.all[0]
    assert pauses.at(day(20)) is pauses.all[1]
    assert pauses.at(day(900)) is pauses.all[1]


def test_what_was_promised_before_a_pause_ends_later_by_all_of_it() -> None:
    pauses = Pauses([stopped(10, 20)])
    assert pauses.end_of(day(0), day(15)) == day(25)
    assert pauses.end_of(day(0), day(40)) == day(50)


def test_what_was_over_when_the_pause_began_stays_over() -> None:
    pauses = Pauses([stopped(10, 20)])
    assert pauses.end_of(day(0), day(10)) == day(10)
    assert pauses.end_of(day(0), day(5)) == day(5)


def test_what_was_promised_in_the_pause_ends_later_by_the_rest_of_it() -> None:
    pauses = Pauses([stopped(10, 20)])
    assert pauses.end_of(day(14), day(15)) == day(21)
    assert pauses.end_of(day(20), day(30)) == day(30)
    assert pauses.end_of(day(25), day(30)) == day(30)


def test_pauses_add_up_and_one_may_bring_the_end_into_the_next() -> None:
    pauses = Pauses([stopped(10, 20), Pause(day(20), day(22)), stopped(24, 30)])
    assert pauses.end_of(day(0), day(12)) == day(22)
    assert pauses.end_of(day(0), day(15)) == day(31)


def test_while_the_clock_stands_still_there_is_no_end_but_the_one_it_would_have_from_now() -> None:
    pauses = Pauses([stopped(10, None)])
    assert pauses.end_of(day(0), day(15)) is None
    assert pauses.end_of(day(0), day(15), day(13)) == day(18)
    assert pauses.end_of(day(0), day(15), day(9)) == day(15)
    assert pauses.stopped_before(day(13)) == dt.timedelta(days=3)


def test_a_pause_that_lets_the_clock_go_on_moves_nothing() -> None:
    assert Pauses([Pause(day(10), day(20))]).end_of(day(0), day(15)) == day(15)
    assert NEVER_PAUSED.end_of(day(0), day(15)) == day(15)


def test_what_was_over_before_it_was_promised_is_not_moved() -> None:
    assert Pauses([stopped(10, 20)]).end_of(day(40), day(30)) == day(30)
