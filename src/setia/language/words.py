"""Single values as a marketer writes them: "14 days", "calendar_month", "5 %", "1_000.50", "03-31", "17:00-19:00".

Each function returns the value, or raises ``Misread`` with the code, the message and the hint of a diagnostic.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from setia.language.diagnostics import DiagnosticCode
from setia.values.instants import LIFETIME, Calendar, Span, Step, Window
from setia.values.money import AmountError, parse_scaled

SPAN_HINT: Final = "write a number and minutes, hours, days, weeks, months or years: 14 days, 6 months"
WINDOW_HINT: Final = (
    "write day, week, month, quarter or year; 12 months or 90 days (the last so many); lifetime; "
    "{year_from: 03-01}; or {every: 6 months, from: joining}"
)
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SPAN = re.compile(r"(\d{1,6}|a|an|one)[ _]+(minute|hour|day|week|month|year)s?", re.ASCII)
_NUMBER = re.compile(r"-?\d+(_\d{3})*(\.\d+)?", re.ASCII)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%?", re.ASCII)
_MONTH_DAY = re.compile(r"(\d{1,2})-(\d{1,2})", re.ASCII)
_HOURS = re.compile(r"(\d{1,2}):(\d{2}) ?[-–] ?(\d{1,2}):(\d{2})", re.ASCII)
_CALENDARS: Final = {
    "day": Calendar.DAY,
    "week": Calendar.WEEK,
    "month": Calendar.MONTH,
    "quarter": Calendar.QUARTER,
    "year": Calendar.YEAR,
}
_PERIODS: Final = {
    "week": Span(1, Step.WEEKS),
    "month": Span(1, Step.MONTHS),
    "quarter": Span(3, Step.MONTHS),
    "year": Span(1, Step.YEARS),
}
_LONGEST_YEARS: Final = {"minute": 10**6, "hour": 10**5, "day": 36_525, "week": 5_218, "month": 1_200, "year": 100}


class Misread(Exception):
    """A text that is not what the setting takes."""

    def __init__(self, code: DiagnosticCode, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "did you mean 'x'? " when one of ``known`` is close to ``word``, else an empty text."""
    close = difflib.get_close_matches(word[:100], list(known), 1, 0.6)
    return f"did you mean '{close[0]}'? " if close else ""


def listed(words: Iterable[str]) -> str:
    """Join words for a message, at most twenty of them."""
    words = list(words)
    return ", ".join(words[:20]) + (", …" if len(words) > 20 else "") if words else "none"


def read_choice(text: str, choices: Iterable[str]) -> str:
    """Return ``text`` if it is one of ``choices``."""
    choices = list(choices)
    if text in choices:
        return text
    hint = f"{did_you_mean(text, choices)}write one of: {listed(choices)}"
    raise Misread(DiagnosticCode.BAD_CHOICE, f"'{text[:60]}' is not one of the choices here", hint)


def read_flag(text: str) -> bool:
    """Return whether ``text`` is ``true``; only true and false are flags."""
    if text in ("true", "false"):
        return text == "true"
    raise Misread(DiagnosticCode.BAD_CHOICE, f"'{text[:60]}' is neither true nor false", "write true or false")


def read_number(text: str, decimals: int) -> int:
    """Return the number in steps of 10^-decimals."""
    if not _NUMBER.fullmatch(text):
        hint = "write digits, with _ between thousands and a point before decimals: 1_000.50"
        raise Misread(DiagnosticCode.BAD_NUMBER, f"'{text[:60]}' is not a number", hint)
    digits = text.lstrip("-").replace("_", "")
    if len(digits) > 1 and digits[0] == "0" and digits[1] != ".":
        hint = "write it without the zero in front; put it in quotes if it is a code and not a number"
        raise Misread(DiagnosticCode.BAD_NUMBER, f"'{text[:60]}' begins with a zero", hint)
    try:
        return parse_scaled(text, decimals)
    except AmountError as error:
        allowed = f"at most {decimals} decimals are kept here" if decimals else "only whole numbers are kept here"
        raise Misread(DiagnosticCode.BAD_NUMBER, str(error), allowed) from None


def is_number(text: str) -> bool:
    """Whether ``text`` is written as a number."""
    return _NUMBER.fullmatch(text) is not None


def read_fraction(text: str) -> Fraction:
    """Return the exact value of a number with up to six decimals."""
    return Fraction(read_number(text, 6), 10**6)


def read_percent(text: str) -> Fraction:
    """Return "15 %" or "15" as 3/20."""
    found = _PERCENT.fullmatch(text)
    if found is None:
        raise Misread(DiagnosticCode.BAD_PERCENT, f"'{text[:60]}' is not a percentage", "write 15 % or 7.5 %")
    value = Fraction(read_number(found[1], 4), 10**6)
    if value > 1:
        raise Misread(DiagnosticCode.BAD_PERCENT, f"{text} is more than everything", "write at most 100 %")
    return value


def is_percent(text: str) -> bool:
    """Whether ``text`` is written as a percentage, with its sign."""
    return text.endswith("%") and _PERCENT.fullmatch(text) is not None


def read_span(text: str, least: int = 1) -> Span:
    """Return "14 days" or "a month" as a span of at least ``least`` steps."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise Misread(DiagnosticCode.BAD_SPAN, f"'{text[:60]}' is not a length of time", SPAN_HINT)
    count = int(found[1]) if found[1].isdecimal() else 1
    if count < least:
        hint = "leave the setting out if there is no such time" if count == 0 else SPAN_HINT
        raise Misread(DiagnosticCode.BAD_SPAN, f"'{text}' is too short here", hint)
    if count > _LONGEST_YEARS[found[2]]:
        raise Misread(DiagnosticCode.BAD_SPAN, f"'{text}' is longer than a hundred years", "write `never` or less time")
    return Span(count, Step(found[2] + "s"))


def read_calendar_span(text: str, least: int = 1) -> Span:
    """Return a span that is counted in days or longer."""
    span = read_span(text, least)
    if not span.is_calendar:
        raise Misread(DiagnosticCode.BAD_SPAN, f"'{text}' is not counted in days", "write days, weeks, months or years")
    return span


def read_period(text: str) -> Span:
    """Return "month" or "6 months" as the time that a fee is paid for."""
    if text in _PERIODS:
        return _PERIODS[text]
    try:
        return read_calendar_span(text)
    except Misread:
        message = f"'{text[:60]}' is not a time that a fee is paid for"
        raise Misread(DiagnosticCode.BAD_SPAN, message, "write week, month, quarter, year, or 6 months") from None


def read_window(text: str) -> Window:
    """Return a window written as one word or as a rolling span."""
    if text in ("lifetime", "since_joining"):
        return LIFETIME
    name = text.removeprefix("calendar_")
    if name in _CALENDARS:
        return Window(_CALENDARS[name])
    try:
        return Window(Calendar.ROLLING, read_calendar_span(text))
    except Misread:
        hint = did_you_mean(text, [*_CALENDARS, "lifetime", "since_joining", "calendar_month", "calendar_year"])
        message = f"'{text[:60]}' is not a time to count over"
        raise Misread(DiagnosticCode.BAD_WINDOW, message, hint + WINDOW_HINT) from None


def read_month_day(text: str) -> tuple[int, int]:
    """Return "03-31" as (3, 31); the day exists in every year."""
    found = _MONTH_DAY.fullmatch(text)
    if found is not None:
        month, day = int(found[1]), int(found[2])
        try:
            # 2023 has no 29 February: a day that only some years have would be a promise kept every fourth year.
            dt.date(2023, month, day)
        except ValueError:
            pass
        else:
            return month, day
    message = f"'{text[:60]}' is not a day that every year has"
    raise Misread(DiagnosticCode.BAD_DATE, message, "write month-day: 03-31; for the end of February write 02-28")


def read_past_day(text: str) -> dt.date:
    """Return "1998-05-20" as a day."""
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        hint = "write year-month-day: 1998-05-20"
        raise Misread(DiagnosticCode.BAD_DATE, f"'{text[:60]}' is not a day of the calendar", hint) from None


def read_local_instant(text: str) -> dt.datetime:
    """Return "2026-03-01" or "2026-03-01 10:00" as a naive local time."""
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"):
        try:
            return dt.datetime.strptime(text, form)  # noqa: DTZ007 - the programme's zone is added by the reader
        except ValueError:
            continue
    hint = "write year-month-day, with a local time if needed: 2026-03-01 or 2026-03-01 10:00"
    raise Misread(DiagnosticCode.BAD_DATE, f"'{text[:60]}' is not a day of the calendar", hint)


def read_hours(text: str) -> tuple[int, int]:
    """Return "17:00-19:00" as minutes of the day (1020, 1140); 24:00 is the end of the day."""
    found = _HOURS.fullmatch(text)
    if found is not None:
        start, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
        if int(found[2]) < 60 and int(found[4]) < 60 and start < 1440 and end <= 1440 and start != end:
            return start, end
    hint = "write from-until on the 24-hour clock: 17:00-19:00; over midnight: 22:00-02:00"
    raise Misread(DiagnosticCode.BAD_HOURS, f"'{text[:60]}' are not hours of a day", hint)
