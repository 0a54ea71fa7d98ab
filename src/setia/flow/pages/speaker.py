"""Numbers, money, days, spans and names of a programme, as people read them in one language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import NumberPattern, format_decimal, get_currency_name, parse_pattern

from setia.flow.pages.texts import SPANS, TEXTS, WORDS
from setia.flow.plurals import form
from setia.flow.words import ACTIVITIES, LANGUAGES
from setia.language.contracts import Text
from setia.language.model import Programme, Unit
from setia.values.codes import Tick
from setia.values.instants import Calendar, Span, Window

#: The locale of each language. English is that of Britain: 31 March 2027, 17:00.
LOCALES: Final = {"en": Locale("en", "GB"), "id": Locale("id"), "ms": Locale("ms")}
#: How money is written by those whose money it is, whatever the language.
SYMBOLS: Final = {"IDR": "Rp", "MYR": "RM"}
_SIGNS: Final = re.compile("[-_.]")
_REACHED: Final = ".reached"


def _decimal(value: Fraction | int) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


class Speaker:
    """Says things about ``programme`` in ``language`` (en, id or ms)."""

    def __init__(self, programme: Programme, language: str) -> None:
        self.programme = programme
        self.language = language if language in LANGUAGES else "en"
        self.locale = LOCALES[self.language]
        self._column = LANGUAGES.index(self.language)

    def say(self, key: str, **gaps: str) -> str:
        """The text ``key`` with its gaps filled."""
        return TEXTS[key][self._column].format(**gaps)

    def title(self, text: Text, name: str) -> str:
        """A title in this language, else in any, else the name with blanks."""
        found = text.get(self.language) or text.get("") or text.get("en") or next(iter(text.values()), "")
        return _SIGNS.sub(" ", name) if found in ("", name) else found

    def word(self, name: str) -> str:
        """The name of a benefit, a perk or a speed: one of the usual ones in this language, others with blanks."""
        known = WORDS.get(name)
        return known[self._column] if known else name.replace("_", " ")

    def number(self, value: Fraction | int) -> str:
        """A number, exact as far as ten decimals reach."""
        return str(format_decimal(_decimal(value), format="#,##0.##########", locale=self.locale))

    def percent(self, value: Fraction) -> str:
        """A share of one as a percentage."""
        return f"{self.number(value * 100)}%"

    def money(self, value: Fraction | int) -> str:
        """An amount of money in whole units of the currency; decimals only where there are any."""
        exact = Fraction(value)
        standard: NumberPattern = self.locale.currency_formats["standard"]
        pattern = standard.pattern if exact.denominator > 1 else standard.pattern.replace(".00", "")
        code = self.programme.currency
        text = parse_pattern(pattern).apply(
            _decimal(exact), self.locale, currency=code, currency_digits=exact.denominator > 1
        )
        return str(text).replace(code, SYMBOLS.get(code, f"{code} "))

    def minor(self, value: int) -> str:
        """An amount of money in minor units."""
        return self.money(Fraction(value, 10**self.programme.currency_decimals))

    def currency(self) -> str:
        """The name of the currency."""
        return str(get_currency_name(self.programme.currency, locale=self.locale))

    def unit(self, unit: Unit) -> str:
        """What people call a unit."""
        return self.title(unit.title, unit.name)

    def steps(self, amount: int, unit: Unit) -> str:
        """An amount of a unit, from its steps: "12 points"."""
        return self.counted(Fraction(amount, 10**unit.decimals), unit)

    def counted(self, value: Fraction, unit: Unit) -> str:
        """As ``steps``, of a number of whole units."""
        name = form(unit, _decimal(value), self.language) or self.unit(unit)
        return f"{self.number(value)} {name}"

    def of(self, amount: int, unit: str) -> str:
        """As ``steps``, by the unit's name."""
        return self.steps(amount, self.programme.units[unit])

    def date(self, day: dt.date) -> str:
        """A day of the calendar."""
        return str(format_date(day, "long", locale=self.locale))

    def day_of(self, at: dt.datetime) -> str:
        """The local day of an instant."""
        return self.date(at.astimezone(self.programme.zone).date())

    def moment(self, at: dt.datetime) -> str:
        """A local day and time."""
        local = at.astimezone(self.programme.zone)
        if local.time() == dt.time():
            return self.date(local.date())
        return self.say("moment", day=self.date(local.date()), time=self.minutes(local.hour * 60 + local.minute))

    def month_day(self, month: int, day: int) -> str:
        """A day of every year."""
        return str(format_skeleton("MMMMd", dt.date(2000, month, day), locale=self.locale))

    def weekday(self, number: int) -> str:
        """A day of the week; Monday is 1."""
        return str(self.locale.days["format"]["wide"][number - 1])

    def minutes(self, of_day: int) -> str:
        """A time of day, from its minutes."""
        return f"{of_day // 60:02}{'.' if self.language == 'id' else ':'}{of_day % 60:02}"

    def span(self, span: Span) -> str:
        """A length of time."""
        words = SPANS[span.step.value]
        word = words[self._column + 1] if self._column or span.count != 1 else words[0]
        return f"{self.number(span.count)} {word}"

    def window(self, window: Window) -> str:
        """Over which time something is counted: "per calendar month"."""
        gaps = {}
        key = window.calendar.value
        if window.span is not None:
            gaps["span"] = self.span(window.span)
        if window.calendar is Calendar.YEAR and window.year_from != (1, 1):
            key, gaps["day"] = "year_from", self.month_day(*window.year_from)
        return self.say(f"window.{key}", **gaps)

    def listed(self, items: Iterable[str], *, either: bool = False) -> str:
        """Several things: "a, b and c", or with ``either`` "a, b or c"."""
        return str(format_list(list(items), style="or" if either else "standard", locale=self.locale))

    def activity(self, type_: str) -> str:
        """What a type of activity is called."""
        declared = self.programme.activities.get(type_)
        founded = self.programme.founded
        if type_ == Tick.BRAND_ANNIVERSARY and founded is not None:
            return f"{ACTIVITIES[type_][self.language]} ({self.month_day(founded.month, founded.day)})"
        if type_ in ACTIVITIES:
            return ACTIVITIES[type_][self.language]
        if type_.endswith(_REACHED) and declared is None:
            return self.say("activity.reached", unit=self.unit(self.programme.units[type_.removesuffix(_REACHED)]))
        return self.title(declared.title if declared else {}, type_)
