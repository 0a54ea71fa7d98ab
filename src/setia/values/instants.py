"""Time as programmes speak of it: spans ("14 days"), windows ("calendar month", "12 months"), ends of periods.

Instants are aware datetimes in UTC; local dates are dates in the programme's time zone. Days, weeks, months and
years are counted on the local calendar; hours and minutes are exact.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)


class Step(StrEnum):
    """The units in which a span is counted."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as written: ``Span(14, Step.DAYS)``."""

    count: int
    step: Step

    def __str__(self) -> str:
        word = self.step.value
        return f"{self.count} {word[:-1] if self.count == 1 else word}"

    @property
    def is_calendar(self) -> bool:
        """Whether the span is counted in local days, not in exact hours."""
        return self.step not in (Step.MINUTES, Step.HOURS)

    def timedelta(self) -> dt.timedelta:
        """The exact length of a span in minutes or hours, or of days and weeks as 24-hour days."""
        if self.step in (Step.MONTHS, Step.YEARS):
            raise ValueError(f"{self} has no fixed length")
        return dt.timedelta(**{self.step.value: self.count})

    def add_to_date(self, date: dt.date) -> dt.date:
        """The local date this span after ``date``; a day that the month lacks becomes the month's last day."""
        if self.step is Step.DAYS:
            return date + dt.timedelta(days=self.count)
        if self.step is Step.WEEKS:
            return date + dt.timedelta(weeks=self.count)
        if self.step is Step.MONTHS:
            return add_months(date, self.count)
        if self.step is Step.YEARS:
            return add_months(date, 12 * self.count)
        raise ValueError(f"{self} is not counted in days")

    def subtract_from_date(self, date: dt.date) -> dt.date:
        """The local date this span before ``date``."""
        return Span(-self.count, self.step).add_to_date(date)


def add_months(date: dt.date, months: int) -> dt.date:
    """``date`` moved by ``months``, clamped to the last day of the month it lands in."""
    year, month0 = divmod(date.year * 12 + date.month - 1 + months, 12)
    return dt.date(year, month0 + 1, min(date.day, calendar.monthrange(year, month0 + 1)[1]))


@lru_cache(maxsize=8192)
def local_date(at: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The calendar date of instant ``at`` in ``zone``."""
    return at.astimezone(zone).date()


@lru_cache(maxsize=4096)
def day_start(date: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The instant (UTC) at which the local ``date`` begins."""
    return dt.datetime(date.year, date.month, date.day, tzinfo=zone).astimezone(dt.UTC)


def add_span(at: dt.datetime, span: Span, zone: ZoneInfo) -> dt.datetime:
    """The instant ``span`` after ``at``: exact for hours and minutes, same local wall time for calendar spans."""
    if not span.is_calendar:
        return at + span.timedelta()
    local = at.astimezone(zone)
    moved = dt.datetime.combine(span.add_to_date(local.date()), local.timetz().replace(tzinfo=None), tzinfo=zone)
    return moved.astimezone(dt.UTC)


class Until(StrEnum):
    """To which end a calendar deadline is rounded up."""

    INSTANT = "instant"
    END_OF_DAY = "end_of_day"
    END_OF_MONTH = "end_of_month"
    END_OF_QUARTER = "end_of_quarter"
    END_OF_YEAR = "end_of_year"


def deadline(at: dt.datetime, span: Span, until: Until, zone: ZoneInfo) -> dt.datetime:
    """The first instant at which something that lasts ``span`` from ``at`` is over.

    With ``END_OF_DAY`` the day that the span reaches is still usable, so the result is the start of the next one.
    """
    if until is Until.INSTANT or not span.is_calendar:
        end = add_span(at, span, zone)
        if until is Until.INSTANT:
            return end
        reached = local_date(end, zone)
    else:
        return _calendar_deadline(local_date(at, zone), span, until, zone)
    return day_start(_period_end_after(reached, until), zone)


@lru_cache(maxsize=8192)
def _calendar_deadline(day: dt.date, span: Span, until: Until, zone: ZoneInfo) -> dt.datetime:
    """``deadline`` of a calendar span: the same for everything that starts on ``day``."""
    return day_start(_period_end_after(span.add_to_date(day), until), zone)


@lru_cache(maxsize=8192)
def day_start_after(day: dt.date, span: Span, zone: ZoneInfo) -> dt.datetime:
    """The instant at which the local day begins that is a calendar ``span`` after ``day`` (before it, if negative)."""
    return day_start(span.add_to_date(day), zone)


def _period_end_after(date: dt.date, until: Until) -> dt.date:
    if until is Until.END_OF_MONTH:
        return add_months(date.replace(day=1), 1)
    if until is Until.END_OF_QUARTER:
        return add_months(date.replace(month=(date.month - 1) // 3 * 3 + 1, day=1), 3)
    if until is Until.END_OF_YEAR:
        return dt.date(date.year + 1, 1, 1)
    return date + DAY


class Calendar(StrEnum):
    """How a window cuts time."""

    DAY = "day"
    WEEK = "week"  # ISO 8601: Monday to Sunday
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    EVERY = "every"  # spans counted from the day of joining
    ROLLING = "rolling"  # the last N days, weeks, months or years, today included
    LIFETIME = "lifetime"


@dataclass(frozen=True, slots=True)
class Window:
    """Over which time something is counted.

    ``span`` is set for ROLLING and EVERY. ``year_from`` (month, day) shifts YEAR, for a status or fiscal year.
    """

    calendar: Calendar
    span: Span | None = None
    year_from: tuple[int, int] = (1, 1)

    @property
    def is_period(self) -> bool:
        """Whether time is cut into periods that end (so that one can look back on an ended one)."""
        return self.calendar not in (Calendar.ROLLING, Calendar.LIFETIME)

    def bucket(self, day: dt.date, joined_on: dt.date) -> int:
        """The key under which an amount of ``day`` is counted: the ordinal of the period's first day.

        Rolling windows count by day; a lifetime is one bucket, 0.
        """
        if self.calendar is Calendar.LIFETIME:
            return 0
        if self.calendar is Calendar.ROLLING:
            return day.toordinal()
        return self.start(day, joined_on).toordinal()

    def start(self, day: dt.date, joined_on: dt.date) -> dt.date:
        """The first day of the period that contains ``day``; of a rolling window that ends on ``day``."""
        kind = self.calendar
        if kind is Calendar.DAY:
            return day
        if kind is Calendar.WEEK:
            return day - dt.timedelta(days=day.weekday())
        if kind is Calendar.MONTH:
            return day.replace(day=1)
        if kind is Calendar.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        if kind is Calendar.YEAR:
            month, first = self.year_from
            start = _on(day.year, month, first)
            return start if start <= day else _on(day.year - 1, month, first)
        if kind is Calendar.EVERY:
            assert self.span is not None
            return self._every_start(day, joined_on, self.span)
        if kind is Calendar.ROLLING:
            assert self.span is not None
            return self.span.subtract_from_date(day) + DAY
        return dt.date.min

    @staticmethod
    def _every_start(day: dt.date, joined_on: dt.date, span: Span) -> dt.date:
        if span.step in (Step.MONTHS, Step.YEARS):
            months = span.count * (12 if span.step is Step.YEARS else 1)
            index = ((day.year - joined_on.year) * 12 + day.month - joined_on.month) // months
            while add_months(joined_on, index * months) > day:
                index -= 1
            return add_months(joined_on, index * months)
        days = span.count * (7 if span.step is Step.WEEKS else 1)
        return joined_on + dt.timedelta(days=(day - joined_on).days // days * days)

    def end(self, day: dt.date, joined_on: dt.date) -> dt.date:
        """The first day after the period that contains ``day``."""
        kind = self.calendar
        start = self.start(day, joined_on)
        if kind is Calendar.DAY:
            return start + DAY
        if kind is Calendar.WEEK:
            return start + 7 * DAY
        if kind is Calendar.MONTH:
            return add_months(start, 1)
        if kind is Calendar.QUARTER:
            return add_months(start, 3)
        if kind is Calendar.YEAR:
            return _on(start.year + 1, *self.year_from)
        if kind is Calendar.EVERY:
            assert self.span is not None
            if self.span.step in (Step.MONTHS, Step.YEARS):
                months = self.span.count * (12 if self.span.step is Step.YEARS else 1)
                index = round(((start.year - joined_on.year) * 12 + start.month - joined_on.month) / months) + 1
                return add_months(joined_on, index * months)
            return self.span.add_to_date(start)
        return dt.date.max

    def previous(self, day: dt.date, joined_on: dt.date) -> dt.date:
        """The first day of the period before the one that contains ``day``."""
        return self.start(self.start(day, joined_on) - DAY, joined_on)

    def value(self, buckets: dict[int, int], day: dt.date, joined_on: dt.date) -> int:
        """What the window holds on ``day``, from amounts kept under ``bucket`` keys."""
        if self.calendar is Calendar.ROLLING:
            assert self.span is not None
            first, last = _rolling_start(self.span, day), day.toordinal()
            total = 0
            for key, amount in buckets.items():
                if first <= key <= last:
                    total += amount
            return total
        return buckets.get(self.bucket(day, joined_on), 0)


@lru_cache(maxsize=4096)
def _rolling_start(span: Span, day: dt.date) -> int:
    """The ordinal of the first day of the rolling window that ends on ``day``."""
    return span.subtract_from_date(day).toordinal() + 1


def _on(year: int, month: int, day: int) -> dt.date:
    return dt.date(year, month, min(day, calendar.monthrange(year, month)[1]))


def birthday_in(year: int, born_on: dt.date) -> dt.date:
    """The day in ``year`` on which somebody born on ``born_on`` has birthday; 29 February becomes the 28th."""
    return _on(year, born_on.month, born_on.day)


EVERY_DAY = Window(Calendar.DAY)
LIFETIME = Window(Calendar.LIFETIME)
