"""Values as people read them: 130_000.00, "tea", [1, 2, 3]."""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from setia.language.expressions.types import ListOf, Number, Type

_SHOWN_ELEMENTS = 5
_LONG_DENOMINATOR = 10**12
_DECIMALS: Final = {10**digits: digits for digits in range(1, 10)}


def readable(value: object, type_: Type, *, fixed: bool = True) -> str:
    """Write a raw value of a type: numbers are integers over the type's denominator, or pairs.

    `fixed` keeps the decimals of money also when they are zero.
    """
    if isinstance(type_, Number):
        if isinstance(value, tuple):
            numerator, denominator = value
            return number_text(numerator, denominator, fixed=False)
        assert isinstance(value, int)
        return number_text(value, type_.denominator or 1, fixed=fixed or type_.denominator == 100)
    if isinstance(type_, ListOf):
        assert isinstance(value, Sequence)
        if any(isinstance(element, dict) for element in value):
            return f"[{len(value):_} {'element' if len(value) == 1 else 'elements'}]"
        shown = [readable(element, type_.element, fixed=fixed) for element in value[:_SHOWN_ELEMENTS]]
        more = [f"… {len(value) - _SHOWN_ELEMENTS:_} more"] if len(value) > _SHOWN_ELEMENTS else []
        return f"[{', '.join(shown + more)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def number_text(numerator: int, denominator: int, *, fixed: bool) -> str:
    """Write numerator / denominator as decimals when they end, otherwise as a fraction or, when long, as "about …"."""
    sign, numerator = ("-", -numerator) if numerator < 0 else ("", numerator)
    digits = _DECIMALS.get(denominator) if fixed else None
    if digits is None:
        value = Fraction(numerator, denominator)
        digits = _decimals(value.denominator)
        if digits is None and value.denominator > _LONG_DENOMINATOR:
            whole, part = divmod(value.numerator * 10**6 // value.denominator, 10**6)
            return f"about {sign}{whole:_}.{part:06d}"
        if digits is None:
            return f"{sign}{value.numerator:_}/{value.denominator:_}"
        numerator, denominator = value.numerator * 10**digits // value.denominator, 10**digits
    whole, part = divmod(numerator, denominator)
    return f"{sign}{whole:_}.{part:0{digits}d}" if digits else f"{sign}{whole:_}"


def _decimals(denominator: int) -> int | None:
    """Return how many decimals a reduced fraction needs; None when they never end or are too many to read."""
    for digits in range(10):
        if 10**digits % denominator == 0:
            return digits
    return None
