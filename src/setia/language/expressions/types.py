"""The types of the expression language, and the scope: the names that an expression may use.

Numbers are exact. A number type carries the denominator of the integers that stand for it: money in cents is
`number(100)`, and its value 12.50 is handed in as 1250. `INT` is `number(1)`. Only results can have a denominator
that is known when running and not before (after dividing by a field); their type is `NUMBER`.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from setia.language.expressions.limits import LIST_ELEMENTS


@dataclass(frozen=True, slots=True)
class Type:
    """Base of all types."""


@dataclass(frozen=True, slots=True)
class Simple(Type):
    """A type without parameters; `words` is how messages speak of one value of it."""

    words: str


@dataclass(frozen=True, slots=True)
class Number(Type):
    """An exact number: an integer over `denominator`; None when the denominator is only known when running."""

    denominator: int | None


@dataclass(frozen=True, slots=True)
class ListOf(Type):
    """A list of at most `most` elements; longer lists raise EvaluationError when they are read."""

    element: Type
    most: int = LIST_ELEMENTS


@dataclass(frozen=True, slots=True)
class PeriodMetric(Type):
    """A metric that is also kept for each ended period, so that `streak(…)` can look back over it.

    `period` names the sequence: the values of ended periods are read from `periods.<period>`, most recent first.
    """

    type: Type
    period: str


@dataclass(frozen=True, slots=True)
class KeyedMetric(Type):
    """A metric that is kept for each text of a field: read by `habit(metric, text)` and `top(metric)`.

    Its value in the environment is a mapping from texts to numbers.
    """

    type: Type


@dataclass(frozen=True, slots=True)
class Field:
    """A record's field. An absent optional field reads as its type's zero value; `has(field)` tells the difference."""

    type: Type
    optional: bool = False
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Record(Type):
    """A group of named fields. Fields that an `open` record does not list are optional texts."""

    name: str
    fields: Mapping[str, "Type | Field"]
    open: bool = False

    def find_field(self, name: str) -> Field | None:
        """Return the field called `name`, or None when this record has none."""
        found = self.fields.get(name)
        if found is None:
            return Field(STRING, optional=True) if self.open else None
        return found if isinstance(found, Field) else Field(found)


BOOL: Final = Simple("true/false")
STRING: Final = Simple("a text")
DATE: Final = Simple("a date")
INT: Final = Number(1)
NUMBER: Final = Number(None)
UNKNOWN: Final = Simple("an unknown value")
"""The type of what already has a problem: it silences problems that would only follow from the first."""

_PLURALS = {BOOL: "true/false values", STRING: "texts", DATE: "dates", UNKNOWN: "unknown values"}
ZERO_DATE: Final = dt.date.min


def number(denominator: int = 1) -> Number:
    """Return the type of numbers handed in as integers over `denominator` (≥ 1)."""
    if denominator < 1:
        raise ValueError(f"a denominator is at least 1, not {denominator}")
    return Number(denominator)


def in_words(type_: Type) -> str:
    """Name one value of a type for a message: "a number", "a list of texts"."""
    match type_:
        case Simple(words):
            return words
        case Number():
            return "a number"
        case ListOf(element):
            return f"a list of {_plural(element)}"
        case PeriodMetric(inner, _):
            return in_words(inner)
        case KeyedMetric():
            return "a metric that is kept by a field"
    assert isinstance(type_, Record)
    return f"the record '{type_.name}'"


def _plural(type_: Type) -> str:
    match type_:
        case Simple():
            return _PLURALS[type_]
        case Number():
            return "numbers"
        case ListOf():
            return "lists"
    return "records"


class Scope(Mapping[str, Field]):
    """The names an expression may use, each with its type.

    Takes a mapping of names to types or fields. A dotted name ("member.card.level") builds the records on its way, and
    joins the fields of a record of that name.
    """

    __slots__ = ("names",)

    def __init__(self, names: Mapping[str, Type | Field]) -> None:
        tree: dict[str, Type | Field] = {}
        for dotted, type_ in names.items():
            _plant(tree, "", dotted.split("."), type_)
        self.names: Mapping[str, Field] = MappingProxyType(
            {name: found if isinstance(found, Field) else Field(found) for name, found in tree.items()}
        )

    def __getitem__(self, name: str) -> Field:
        return self.names[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def _plant(tree: dict[str, Type | Field], prefix: str, steps: list[str], type_: Type | Field) -> None:
    first, *rest = steps
    present = tree.get(first)
    if not rest:
        if present is not None:
            raise ValueError(f"the scope has the name '{prefix}{first}' twice")
        tree[first] = type_
        return
    if present is None:
        present = Record(prefix + first, {})
    if not isinstance(present, Record):
        raise ValueError(f"'{prefix}{first}' is not a record: it cannot have the field '{rest[0]}'")
    fields = dict(present.fields)
    _plant(fields, f"{prefix}{first}.", rest, type_)
    tree[first] = Record(present.name, fields, present.open)
