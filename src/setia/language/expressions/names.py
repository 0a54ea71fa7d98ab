"""Names to the fields they mean: the scope, the variables of list functions, the metrics of a streak."""

import ast
import datetime as dt
import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from setia.language.expressions.arithmetic import Value, call, item, name
from setia.language.expressions.problems import Code, Problem
from setia.language.expressions.tree import Member, Name, Span
from setia.language.expressions.types import (
    BOOL,
    DATE,
    STRING,
    UNKNOWN,
    ZERO_DATE,
    KeyedMetric,
    ListOf,
    PeriodMetric,
    Record,
    Scope,
    Simple,
    Type,
    in_words,
)

ENVIRONMENT: Final = "e"
PERIOD: Final = "p"
_SHOWN_NAMES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A field that a name leads to: `path` below `base`, the name of the environment or of a variable."""

    base: str
    path: str
    type: Type
    optional: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the source that an explanation replaces by its value, computed by `node`."""

    span: Span
    type: Type
    node: ast.expr


@dataclass(slots=True)
class Streak:
    """What the streak being checked has met so far."""

    period: str = ""


@dataclass(slots=True)
class Reading:
    """What checking an expression finds out besides its type."""

    scope: Scope
    problems: list[Problem] = field(default_factory=list)
    paths: dict[str, Type] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)
    metrics: dict[tuple[str, str], Type] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    constants: dict[str, object] = field(default_factory=dict)
    variables: dict[str, Place] = field(default_factory=dict)
    streak: Streak | None = None
    keyed: set[str] = field(default_factory=set)

    def report(self, code: Code, message: str, hint: str, span: Span) -> Value:
        """Note a problem; return the value that silences what would follow from it."""
        self.problems.append(Problem(code, message, hint, span.offset, span.length))
        return NOTHING

    def pool(self, constant: object) -> ast.expr:
        """Keep a constant that Python code cannot spell, and return the code that reads it."""
        key = f"k{len(self.constants)}"
        self.constants[key] = constant
        return name(key)

    def show(self, span: Span, type_: Type, node: ast.expr) -> None:
        """Let explanations show this value instead of the source, and instead of the parts inside it."""
        self.parts = [part for part in self.parts if not span.holds(part.span)]
        self.parts.append(Part(span, type_, node))

    def read(self, node: Name | Member) -> Value:
        """Return the value of a name or field."""
        place = self.find(node)
        if place is None:
            return NOTHING
        if isinstance(place.type, Record):
            hint = f"name one of its fields: {listed(place.type.fields)}"
            return self.report(Code.WHOLE_RECORD, f"{in_words(place.type)} is not one value", hint, node.span)
        if isinstance(place.type, KeyedMetric):
            hint = (
                f"write habit({place.path}, line.category) for one of its values, or top({place.path}) for the largest"
            )
            return self.report(Code.WRONG_TYPE, f"'{place.path}' is not one value", hint, node.span)
        if isinstance(place.type, PeriodMetric):
            return self.read_metric(place, place.type, node.span)
        value = self.load(place, place.type)
        if place.base == ENVIRONMENT:
            self.paths[place.path] = place.type
            if self.streak is None:
                self.show(node.span, place.type, value.node)
        return value

    def read_metric(self, place: Place, metric: PeriodMetric, span: Span) -> Value:
        if self.streak is None:
            self.paths[place.path] = metric.type
            value = self.load(place, metric.type)
            self.show(span, metric.type, value.node)
            return value
        if self.streak.period not in ("", metric.period):
            message = f"'{place.path}' is kept for each {metric.period}, but the streak counts {self.streak.period}s"
            return self.report(Code.STREAK_MIXES_PERIODS, message, "use one streak(…) for each kind of period", span)
        self.streak.period = metric.period
        self.metrics[metric.period, place.path] = metric.type
        return self.load(Place(PERIOD, place.path, metric.type, place.optional), metric.type)

    def load(self, place: Place, type_: Type) -> Value:
        """Return the value at a place, read by code that also bounds lists and minds absent fields."""
        if not place.path:
            return Value(type_, name(place.base))
        code: ast.expr = item(place.base, place.path)
        if place.optional:
            getter = ast.Attribute(name(place.base), "get", ast.Load())
            code = ast.Call(getter, [ast.Constant(place.path), self.zero(type_)], [])
            self.optional.add(place.path)
        if isinstance(type_, ListOf):
            code = call("bounded", code, ast.Constant(type_.most), ast.Constant(place.path))
            return Value(type_, code, most=type_.most)
        return Value(type_, code)

    def zero(self, type_: Type) -> ast.expr:
        if type_ == DATE:
            return self.pool(ZERO_DATE)
        zeros: dict[Type, bool | str] = {BOOL: False, STRING: ""}
        if isinstance(type_, ListOf):
            return ast.Tuple([], ast.Load())
        return ast.Constant(zeros[type_] if isinstance(type_, Simple) else 0)

    def find(self, node: Name | Member) -> Place | None:
        """Return the place that a name or field leads to; None when there is none, which is then reported."""
        if isinstance(node, Name):
            return self.find_name(node)
        if not isinstance(node.target, Name | Member):
            hint = "write the field directly after the record's name"
            self.report(Code.NO_FIELDS, "only names have fields", hint, node.target.span)
            return None
        place = self.find(node.target)
        if place is None:
            return None
        found = place.type.find_field(node.name) if isinstance(place.type, Record) else None
        if found is not None:
            path = f"{place.path}.{node.name}" if place.path else node.name
            return Place(place.base, path, found.type, place.optional or found.optional)
        if isinstance(place.type, Record):
            known = place.type.fields
            hint = f"{closest(node.name, known)}known fields: {listed(known)}"
            self.report(Code.UNKNOWN_FIELD, f"{in_words(place.type)} has no field '{node.name}'", hint, node.name_span)
        else:
            hint = "look at elements with exists, all, filter or map" if isinstance(place.type, ListOf) else ""
            hint = hint or f"take '.{node.name}' away"
            message = f"{in_words(place.type)} has no field '{node.name}'"
            self.report(Code.NO_FIELDS, message, hint, node.name_span)
        return None

    def find_name(self, node: Name) -> Place | None:
        if node.name in self.variables:
            return self.variables[node.name]
        found = self.scope.get(node.name)
        if found is not None:
            return Place(ENVIRONMENT, node.name, found.type, found.optional)
        known = [*self.variables, *self.scope]
        homes = [
            f"{top}.{node.name}"
            for top, outer in self.scope.items()
            if isinstance(outer.type, Record) and node.name in outer.type.fields
        ]
        hint = f"did you mean {' or '.join(homes)}? " if homes else closest(node.name, known)
        self.report(Code.UNKNOWN_NAME, f"unknown name '{node.name}'", f"{hint}known names: {listed(known)}", node.span)
        return None


NOTHING: Final = Value(UNKNOWN, ast.Constant(None))


def closest(word: str, known: Iterable[str]) -> str:
    """Return "did you mean …? " for the known word most like this one, or nothing."""
    names = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(word.lower(), names, 1)
    return f"did you mean {names[found[0]]}? " if found else ""


def listed(known: Iterable[str]) -> str:
    """List names for a hint, the first dozen of them."""
    names = sorted(known)
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return (", ".join(names[:_SHOWN_NAMES]) or "none") + more


def date_constant(text: str) -> dt.date | None:
    """Return the date written as YYYY-MM-DD, or None."""
    try:
        return dt.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
