import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from setia.values.instants import (
    DAY,
    Calendar,
    Span,
    Step,
    Until,
    Window,
    add_span,
    birthday_in,
    day_start,
    deadline,
    local_date,
)

BERLIN = ZoneInfo("Europe/Berlin")
D = dt.date
JOINED = D(2024, 1, 31)


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


def test_spans_are_written_and_measured() -> None:
    assert [str(Span(1, Step.DAYS)), str(Span(3, Step.MONTHS))] == ["1 day", "3 months"]
    assert Span(2, Step.WEEKS).timedelta() == 14 * DAY
    with pytest.raises(ValueError, match="1 month has no fixed length"):
        Span(1, Step.MONTHS).timedelta()
    with pytest.raises(ValueError, match="2 hours is not counted in days"):
        Span(2, Step.HOURS).add_to_date(D(2024, 1, 1))


@pytest.mark.parametrize(
    ("span", "after"),
    [
        (Span(3, Step.DAYS), D(2024, 2, 3)), (Span(1, Step.WEEKS), D(2024, 2, 7)),
        (Span(1, Step.MONTHS), D(2024, 2, 29)),
        (Span(1, Step.YEARS), D(2025, 1, 31)), (Span(13, Step.MONTHS), D(2025, 2, 28)),
    ],
)  # fmt: skip
def test_calendar_spans_end_on_a_day_that_is_there(span: Span, after: dt.date) -> None:
    assert span.add_to_date(JOINED) == after
    assert span.subtract_from_date(span.add_to_date(D(2024, 1, 15))) == D(2024, 1, 15)


def test_days_keep_the_wall_clock_over_summer_time_and_hours_do_not() -> None:
    before = utc(2026, 3, 28, 11)  # noon in Berlin, the day before the clocks go forward
    assert add_span(before, Span(1, Step.DAYS), BERLIN) == utc(2026, 3, 29, 10)
    assert add_span(before, Span(24, Step.HOURS), BERLIN) == utc(2026, 3, 29, 11)
    assert day_start(D(2026, 3, 30), BERLIN) - day_start(D(2026, 3, 29), BERLIN) == dt.timedelta(hours=23)
    assert local_date(utc(2026, 3, 29, 22), BERLIN) == D(2026, 3, 30)


@pytest.mark.parametrize(
    ("span", "until", "end"),
    [
        (Span(1, Step.MONTHS), Until.INSTANT, utc(2026, 2, 28, 11)),
        (Span(1, Step.MONTHS), Until.END_OF_DAY, utc(2026, 2, 28, 23)),
        (Span(1, Step.MONTHS), Until.END_OF_MONTH, utc(2026, 2, 28, 23)),
        (Span(1, Step.DAYS), Until.END_OF_QUARTER, utc(2026, 3, 31, 22)),
        (Span(1, Step.DAYS), Until.END_OF_YEAR, utc(2026, 12, 31, 23)),
        (Span(5, Step.HOURS), Until.INSTANT, utc(2026, 1, 31, 16)),
        (Span(13, Step.HOURS), Until.END_OF_DAY, utc(2026, 2, 1, 23)),
    ],
)
def test_deadlines_are_the_first_instant_that_is_too_late(span: Span, until: Until, end: dt.datetime) -> None:
    assert deadline(utc(2026, 1, 31, 11), span, until, BERLIN) == end


EVERY = Window(Calendar.EVERY, Span(2, Step.MONTHS))
WINDOWS = [
    (Window(Calendar.DAY), D(2026, 5, 13), D(2026, 5, 14), D(2026, 5, 12)),
    (Window(Calendar.WEEK), D(2026, 5, 11), D(2026, 5, 18), D(2026, 5, 4)),
    (Window(Calendar.MONTH), D(2026, 5, 1), D(2026, 6, 1), D(2026, 4, 1)),
    (Window(Calendar.QUARTER), D(2026, 4, 1), D(2026, 7, 1), D(2026, 1, 1)),
    (Window(Calendar.YEAR), D(2026, 1, 1), D(2027, 1, 1), D(2025, 1, 1)),
    (Window(Calendar.YEAR, year_from=(6, 15)), D(2025, 6, 15), D(2026, 6, 15), D(2024, 6, 15)),
    (Window(Calendar.YEAR, year_from=(2, 29)), D(2026, 2, 28), D(2027, 2, 28), D(2025, 2, 28)),
    (EVERY, D(2026, 3, 31), D(2026, 5, 31), D(2026, 1, 31)),
    (Window(Calendar.EVERY, Span(1, Step.YEARS)), D(2026, 1, 31), D(2027, 1, 31), D(2025, 1, 31)),
    (Window(Calendar.EVERY, Span(10, Step.DAYS)), D(2026, 5, 10), D(2026, 5, 20), D(2026, 4, 30)),
    (Window(Calendar.EVERY, Span(2, Step.WEEKS)), D(2026, 5, 6), D(2026, 5, 20), D(2026, 4, 22)),
]


@pytest.mark.parametrize(("window", "start", "end", "previous"), WINDOWS)
def test_periods_begin_end_and_follow_each_other(
    window: Window, start: dt.date, end: dt.date, previous: dt.date
) -> None:
    day = D(2026, 5, 13)
    assert window.is_period
    assert (window.start(day, JOINED), window.end(day, JOINED), window.previous(day, JOINED)) == (start, end, previous)
    assert window.bucket(day, JOINED) == start.toordinal()
    assert window.value({start.toordinal(): 7, end.toordinal(): 9}, day, JOINED) == 7


def test_rolling_windows_end_today_and_a_lifetime_never_ends() -> None:
    rolling, life = Window(Calendar.ROLLING, Span(3, Step.DAYS)), Window(Calendar.LIFETIME)
    day = D(2026, 5, 13)
    assert not (rolling.is_period)
    assert not (life.is_period)
    assert rolling.start(day, JOINED) == D(2026, 5, 11)
    buckets = {D(2026, 5, number).toordinal(): number for number in (10, 11, 13, 14)}
    assert rolling.value(buckets, day, JOINED) == 24
    assert rolling.bucket(day, JOINED) == day.toordinal()
    assert (life.bucket(day, JOINED), life.start(day, JOINED), life.end(day, JOINED)) == (0, dt.date.min, dt.date.max)
    assert life.value({0: 5}, day, JOINED) == 5


def test_a_birthday_on_the_leap_day_is_celebrated_every_year() -> None:
    assert [birthday_in(year, D(2004, 2, 29)) for year in (2024, 2025)] == [D(2024, 2, 29), D(2025, 2, 28)]
