"""Single values of outside JSON → canonical values. Each reader returns the value or raises ``Bad`` or ``Several``."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import available_timezones

from setia.values.activities import QUANTITY_DECIMALS
from setia.values.money import LARGEST, AmountError, parse_scaled
from setia.values.secret_codes import canonical

LONGEST_TEXT: Final = 200
LONGEST_REASON: Final = 2_000
ONE: Final = 10**QUANTITY_DECIMALS

Reader = Callable[[Any], Any]


class BodyCode(StrEnum):
    """Everything that can be wrong with a body."""

    UNKNOWN_TYPE = "unknown_type"
    NOT_FROM_OUTSIDE = "not_from_outside"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    CONFLICTING_FIELDS = "conflicting_fields"
    WRONG_TYPE = "wrong_type"
    BAD_NUMBER = "bad_number"
    OUT_OF_RANGE = "out_of_range"
    WRONG_CURRENCY = "wrong_currency"
    BAD_DATE = "bad_date"
    BAD_ID = "bad_id"
    BAD_CHOICE = "bad_choice"
    BAD_TEXT = "bad_text"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    DUPLICATE_LINE = "duplicate_line"
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_PARTNER = "unknown_partner"
    BELOW_ZERO = "below_zero"


@dataclass(frozen=True, slots=True)
class BodyProblem:
    """One thing that is wrong: ``pointer`` is a JSON pointer into the body (RFC 6901)."""

    pointer: str
    code: BodyCode
    message: str


class Bad(Exception):
    def __init__(self, code: BodyCode, message: str, below: str = "") -> None:
        super().__init__(message)
        self.problem = (code, message, below)


class Several(Exception):
    def __init__(self, problems: list[BodyProblem]) -> None:
        super().__init__()
        self.problems = problems


def read_text(value: Any) -> str:
    if type(value) is not str:
        raise Bad(BodyCode.WRONG_TYPE, f"expected a text, found {kind_of(value)}")
    if len(value) > LONGEST_TEXT:
        raise Bad(BodyCode.TOO_LONG, f"a text of {len(value)} characters; at most {LONGEST_TEXT} are kept")
    if not value.isascii() or "\0" in value:
        check_characters(value)
    return value


def check_characters(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Bad(BodyCode.BAD_TEXT, "half of a character (a lone surrogate) stands in the text") from None
    if "\0" in value:
        raise Bad(BodyCode.BAD_TEXT, "the character U+0000 cannot be kept")


def read_name(value: Any) -> str:
    text = read_text(value)
    if not text:
        raise Bad(BodyCode.BAD_TEXT, "the text is empty")
    return text


def text_reader(longest: int) -> Reader:
    def read(value: Any) -> str:
        if type(value) is str and len(value) > longest:
            raise Bad(BodyCode.TOO_LONG, f"a text of {len(value)} characters; at most {longest} are kept")
        if type(value) is str and len(value) > LONGEST_TEXT:
            check_characters(value)
            return value
        return read_name(value)

    return read


def choice_reader(choices: tuple[str, ...]) -> Reader:
    def read(value: Any) -> str:
        text = read_text(value)
        if text not in choices:
            hint = closest(text, choices)
            raise Bad(BodyCode.BAD_CHOICE, f"'{text[:60]}' is not allowed; {hint}allowed: {', '.join(choices)}")
        return text

    return read


def read_boolean(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise Bad(BodyCode.WRONG_TYPE, f"expected true or false, found {kind_of(value)}")


def read_integer(value: Any) -> int:
    if type(value) is not int:
        raise Bad(BodyCode.WRONG_TYPE, f"expected a whole number, found {kind_of(value)}")
    if abs(value) > LARGEST:
        raise Bad(BodyCode.OUT_OF_RANGE, f"the number is too large; at most {LARGEST:_}")
    return value


def read_count(value: Any) -> int:
    return at_least_one(read_integer(value), 1_000_000)


def read_minutes(value: Any) -> int:
    return at_least_one(read_integer(value), 525_600)


def at_least_one(value: int, most: int = LARGEST) -> int:
    if not 0 < value <= most:
        raise Bad(BodyCode.OUT_OF_RANGE, f"the number has to be above 0 and at most {most:_}")
    return value


def read_any_number(value: Any) -> Any:
    """Any number; its decimals are checked when the unit is known."""
    if type(value) is str or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise Bad(BodyCode.WRONG_TYPE, f"expected a number, found {kind_of(value)}")


def number_reader(decimals: int) -> Reader:
    scale: int = 10**decimals
    small = LARGEST // scale

    def read(value: Any) -> int:
        if type(value) is int and -small <= value <= small:
            return value * scale
        if type(value) is str and len(value) < 15:
            # Nearly every amount is plain digits with the usual decimals: "12.50".
            whole, _, part = value.partition(".")
            if len(part) == decimals and value.isascii() and (whole + part).isdecimal():
                return int(whole + part)
        try:
            return parse_scaled(value, decimals)
        except AmountError as error:
            is_type = not isinstance(value, int | float | str) or isinstance(value, bool)
            raise Bad(BodyCode.WRONG_TYPE if is_type else BodyCode.BAD_NUMBER, str(error)) from None

    return read


def money_reader(currency: str, decimals: int) -> Reader:
    number = number_reader(decimals)

    def read(value: Any) -> Any:
        if type(value) is not dict:
            return number(value)
        if value.get("currency") != currency:
            if "currency" in value:
                message = f"the currency is {str(value['currency'])[:60]}, but the programme counts in {currency}"
                raise Bad(BodyCode.WRONG_CURRENCY, message, "/currency")
            raise Bad(BodyCode.MISSING_FIELD, "'currency' is missing beside the amount", "/currency")
        if len(value) != 2 or "amount" not in value:
            message = f'money is written {{"amount": "12.50", "currency": "{currency}"}}, and nothing else in it'
            raise Bad(BodyCode.MISSING_FIELD if "amount" not in value else BodyCode.UNKNOWN_FIELD, message)
        return number(value["amount"])

    return read


def not_negative(reader: Reader) -> Reader:
    def read(value: Any) -> Any:
        found = reader(value)
        if found < 0:
            raise Bad(BodyCode.OUT_OF_RANGE, "this cannot be below zero; send a return for what goes back")
        return found

    return read


read_quantity: Final = not_negative(number_reader(QUANTITY_DECIMALS))


def read_positive_quantity(value: Any) -> int:
    return at_least_one(read_quantity(value))


def read_date(value: Any) -> str:
    text = read_text(value)
    try:
        if len(text) != 10:
            raise ValueError
        dt.date.fromisoformat(text)
    except ValueError:
        raise Bad(BodyCode.BAD_DATE, f"'{text[:60]}' is not a day of the calendar; write 2026-03-01") from None
    return text


def read_birthday(value: Any) -> str | None:
    if value is None:
        return None
    text = read_date(value)
    if text < "1880-01-01":
        raise Bad(BodyCode.OUT_OF_RANGE, f"nobody alive was born on {text}")
    return text


def read_timezone(value: Any) -> str:
    text = read_text(value)
    if text not in zones():
        raise Bad(BodyCode.BAD_CHOICE, f"'{text[:60]}' is not a time zone of the IANA list, such as Asia/Jakarta")
    return text


@cache
def zones() -> frozenset[str]:
    """The names of the IANA time zone list."""
    return frozenset(available_timezones())


def read_id(value: Any) -> str:
    text = read_text(value)
    try:
        if len(text) not in (32, 36):
            raise ValueError
        return UUID(text).hex
    except ValueError:
        raise Bad(BodyCode.BAD_ID, f"'{text[:60]}' is not an id (32 hexadecimal digits)") from None


def read_list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise Bad(BodyCode.WRONG_TYPE, f"expected a list, found {kind_of(value)}")
    return list(value)


def list_reader(reader: Reader, most: int) -> Reader:
    def read(value: Any) -> list[Any]:
        items = read_list(value)
        if len(items) > most:
            raise Bad(BodyCode.TOO_MANY, f"{len(items)} items; at most {most} are taken")
        found: list[Any] = []
        problems: list[BodyProblem] = []
        for index, item in enumerate(items):
            try:
                found.append(reader(item))
            except Bad as bad:
                code, message, below = bad.problem
                problems.append(BodyProblem(f"/{index}{below}", code, message))
            except Several as several:
                problems += [BodyProblem(f"/{index}{bad.pointer}", bad.code, bad.message) for bad in several.problems]
        if problems:
            raise Several(problems)
        return found

    return read


def unknown_field(pointer: str, name: object, known: Iterable[str]) -> BodyProblem:
    known = list(known)
    listed = f"known: {', '.join(known)}" if known else "this activity takes no fields"
    message = f"there is no field '{str(name)[:60]}'; {closest(str(name), known)}{listed}"
    return BodyProblem(pointer, BodyCode.UNKNOWN_FIELD, message)


def closest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word[:60], list(known), 1, 0.6)
    return f"did you mean '{close[0]}'? " if close else ""


def escaped(name: object) -> str:
    """A step of a JSON pointer."""
    text = str(name)[:60]
    return text.replace("~", "~0").replace("/", "~1") if "~" in text or "/" in text else text


def kind_of(value: Any) -> str:
    """The JSON kind of a value, for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return f"the text '{value[:40]}'"
    if isinstance(value, int | float):
        return f"the number {str(value)[:40]}"
    return "a list" if isinstance(value, list | tuple) else "an object"


def read_code(value: Any) -> str:
    """Read a code as people type it: in its canonical form."""
    return canonical(read_name(value)) or "-"


def report_double_ids(lines: list[dict[str, Any]], problems: list[BodyProblem]) -> None:
    ids: set[str] = set()
    for index, line in enumerate(lines):
        if line["id"] in ids:
            message = f"the line id '{line['id'][:60]}' stands twice"
            problems.append(BodyProblem(f"/lines/{index}/id", BodyCode.DUPLICATE_LINE, message))
        ids.add(line["id"])
