"""Single values, as they are written."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from setia.language import words
from setia.language.diagnostics import DiagnosticCode
from setia.values.instants import LIFETIME, Calendar, Span, Step, Window


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("14 days", Span(14, Step.DAYS)),
        ("1 day", Span(1, Step.DAYS)),
        ("a month", Span(1, Step.MONTHS)),
        ("an hour", Span(1, Step.HOURS)),
        ("one week", Span(1, Step.WEEKS)),
        ("12_months", Span(12, Step.MONTHS)),
        ("100 years", Span(100, Step.YEARS)),
    ],
)
def test_spans_read_as_people_write_them(text: str, span: Span) -> None:
    assert words.read_span(text) == span


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("month", Window(Calendar.MONTH)),
        ("calendar_month", Window(Calendar.MONTH)),
        ("calendar_day", Window(Calendar.DAY)),
        ("quarter", Window(Calendar.QUARTER)),
        ("lifetime", LIFETIME),
        ("since_joining", LIFETIME),
        ("90 days", Window(Calendar.ROLLING, Span(90, Step.DAYS))),
    ],
)
def test_windows_are_a_word_or_a_rolling_span(text: str, window: Window) -> None:
    assert words.read_window(text) == window


@pytest.mark.parametrize(
    ("text", "decimals", "steps"),
    [("1_000.50", 2, 100_050), ("0", 0, 0), ("0.5", 1, 5), ("-3", 0, -3), ("1_000_000", 0, 1_000_000)],
)
def test_numbers_are_exact(text: str, decimals: int, steps: int) -> None:
    assert words.read_number(text, decimals) == steps


@pytest.mark.parametrize(("text", "value"), [("15 %", "3/20"), ("7.5%", "3/40"), ("100", "1"), ("0 %", "0")])
def test_percentages_are_exact(text: str, value: str) -> None:
    assert words.read_percent(text) == Fraction(value)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("17:00-19:00", (1020, 1140)), ("22:00 - 02:00", (1320, 120)), ("9:30–24:00", (570, 1440))],
)
def test_hours_may_run_over_midnight(text: str, hours: tuple[int, int]) -> None:
    assert words.read_hours(text) == hours


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-01", "2026-03-01 00:00:00"),
        ("2026-03-01 10:30", "2026-03-01 10:30:00"),
        ("2026-03-01T10:30", "2026-03-01 10:30:00"),
    ],
)
def test_instants_are_local(text: str, instant: str) -> None:
    assert str(words.read_local_instant(text)) == instant


@pytest.mark.parametrize(
    ("reader", "text", "code"),
    [
        (words.read_span, "14", DiagnosticCode.BAD_SPAN),
        (words.read_span, "14 fortnights", DiagnosticCode.BAD_SPAN),
        (words.read_span, "0 days", DiagnosticCode.BAD_SPAN),
        (words.read_span, "101 years", DiagnosticCode.BAD_SPAN),
        (words.read_span, "-1 days", DiagnosticCode.BAD_SPAN),
        (words.read_span, "٣ days", DiagnosticCode.BAD_SPAN),
        (words.read_calendar_span, "5 minutes", DiagnosticCode.BAD_SPAN),
        (words.read_window, "fortnight", DiagnosticCode.BAD_WINDOW),
        (words.read_window, "5 minutes", DiagnosticCode.BAD_WINDOW),
        (words.read_percent, "101 %", DiagnosticCode.BAD_PERCENT),
        (words.read_percent, "-1 %", DiagnosticCode.BAD_PERCENT),
        (words.read_fraction, "1,000", DiagnosticCode.BAD_NUMBER),
        (words.read_fraction, "1e3", DiagnosticCode.BAD_NUMBER),
        (words.read_fraction, "010", DiagnosticCode.BAD_NUMBER),
        (words.read_fraction, "1_00", DiagnosticCode.BAD_NUMBER),
        (words.read_fraction, "9" * 19, DiagnosticCode.BAD_NUMBER),
        (words.read_month_day, "02-29", DiagnosticCode.BAD_DATE),
        (words.read_month_day, "13-01", DiagnosticCode.BAD_DATE),
        (words.read_month_day, "March", DiagnosticCode.BAD_DATE),
        (words.read_local_instant, "2026-02-29", DiagnosticCode.BAD_DATE),
        (words.read_hours, "17:60-18:00", DiagnosticCode.BAD_HOURS),
        (words.read_hours, "24:00-01:00", DiagnosticCode.BAD_HOURS),
        (words.read_hours, "morning", DiagnosticCode.BAD_HOURS),
        (words.read_flag, "yes", DiagnosticCode.BAD_CHOICE),
    ],
)
def test_what_is_not_such_a_value_is_refused(reader: Callable[[str], object], text: str, code: DiagnosticCode) -> None:
    with pytest.raises(words.Misread) as caught:
        reader(text)
    assert caught.value.code is code
    assert caught.value.hint


def test_long_lists_are_cut_in_messages() -> None:
    assert words.listed(str(n) for n in range(30)).endswith("19, …")
    assert words.listed([]) == "none"


def test_a_close_word_is_suggested() -> None:
    with pytest.raises(words.Misread) as caught:
        words.read_choice("frist", ["first", "best"])
    assert caught.value.hint == "did you mean 'first'? write one of: first, best"
