"""A compiled expression: it tests, computes and explains itself."""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import CodeType, FunctionType
from typing import Any, Final

from setia.language.expressions.arithmetic import Value, over
from setia.language.expressions.names import ENVIRONMENT, Reading
from setia.language.expressions.problems import EvaluationError
from setia.language.expressions.readable import readable
from setia.language.expressions.runtime import FUNCTIONS
from setia.language.expressions.tree import Span
from setia.language.expressions.types import BOOL, INT, ListOf, Number, Type

Environment = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Explained:
    """How an expression came to its result: `text` is the source with values in the place of names."""

    source: str
    inputs: Mapping[str, str]
    text: str
    result: str


@dataclass(frozen=True, slots=True)
class _Shown:
    span: Span
    type: Type
    compute: Callable[[Environment], object]


class Expression:
    """An expression that passed its checks.

    The environment is a flat mapping from the dotted path of each field to its value: true/false as bool, texts as str,
    dates as datetime.date, numbers as integers over the denominator of their type, lists as sequences, and the records
    in lists as mappings keyed by the path within the record. Absent optional fields are left out.

    Attributes:
        source: the text it was compiled from.
        type: the type of its result.
        paths: the keys of the environment that it reads, "periods.<period>" included.
        metrics: (period, path) of what its streaks read from each element of "periods.<period>".
        test: the result for an environment, of an expression that is true or false.
        amount: the exact result of a number for an environment: (numerator, denominator > 0), not reduced.

    All three ways to run it raise EvaluationError when the values cannot be computed with.
    """

    __slots__ = ("_inputs", "_raw", "_shown", "amount", "metrics", "paths", "source", "test", "type")

    test: Callable[[Environment], bool]
    amount: Callable[[Environment], tuple[int, int]]

    def __init__(self, source: str, value: Value, reading: Reading) -> None:
        names = {**FUNCTIONS, **reading.constants}
        self.source = source
        self.type = value.type
        self.metrics = frozenset(reading.metrics)
        self.paths = frozenset(reading.paths) | {f"periods.{period}" for period, _ in self.metrics} | reading.keyed
        self._inputs = dict(sorted(reading.paths.items())), dict(sorted(reading.metrics.items()))
        self._raw: Callable[[Environment], Any] = _compile(value.node, names)
        self.test = self._raw if value.type == BOOL else _not_a_condition
        is_number = isinstance(value.type, Number)
        self.amount = _compile(over(value, None), names) if is_number else _not_a_number
        parts = sorted(reading.parts, key=lambda part: part.span.offset)
        self._shown = [_Shown(part.span, part.type, _compile(part.node, names)) for part in parts]

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"

    @property
    def reads(self) -> Mapping[str, Type]:
        """The types of what it reads, by path; without the periods of its streaks."""
        return self._inputs[0]

    def value(self, env: Environment) -> object:
        """Return the result: whole numbers as int, other numbers as Fraction, lists as lists of such values."""
        return _plain(self._raw(env), self.type)

    def explain(self, env: Environment) -> Explained:
        """Return the source with values in place of names, what was read, and the result, all readable."""
        result = readable(self._raw(env), self.type, fixed=False)
        pieces: list[str] = []
        end = 0
        for shown in self._shown:
            pieces.append(self.source[end : shown.span.offset])
            end = shown.span.offset + shown.span.length
            pieces.append(self._text_of(shown, env))
        pieces.append(self.source[end:])
        return Explained(self.source, self._read(env), "".join(pieces), result)

    def _text_of(self, shown: _Shown, env: Environment) -> str:
        try:
            return readable(shown.compute(env), shown.type)
        except EvaluationError:
            # The whole has a result, so this part stands on a side that was not taken.
            return self.source[shown.span.offset : shown.span.offset + shown.span.length]

    def _read(self, env: Environment) -> dict[str, str]:
        paths, metrics = self._inputs
        inputs = {path: readable(env[path], type_) if path in env else "absent" for path, type_ in paths.items()}
        for (period, path), type_ in metrics.items():
            periods = env[f"periods.{period}"]
            assert isinstance(periods, Sequence)
            values = [found.get(path, 0) for found in periods]
            inputs[f"{path} in each {period}"] = readable(values, ListOf(type_))
        return inputs


def _plain(raw: Any, type_: Type) -> object:
    if isinstance(type_, ListOf):
        return [_plain(element, type_.element) for element in raw]
    if not isinstance(type_, Number) or type_ == INT:
        return raw
    return Fraction(raw, type_.denominator) if type_.denominator else Fraction(*raw)


def _compile(body: ast.expr, names: dict[str, Any]) -> Callable[[Environment], Any]:
    """Compile code to a function of the environment, which reaches nothing but `names`."""
    parameters = ast.arguments([], [ast.arg(ENVIRONMENT)], None, [], [], None, [])
    module = ast.Expression(ast.Lambda(parameters, body))
    for node in ast.walk(module):
        if isinstance(node, ast.expr | ast.arg):
            node.lineno = node.end_lineno = 1
            node.col_offset = node.end_col_offset = 0
    (code, *_) = (constant for constant in compile(module, _FILE, "eval").co_consts if isinstance(constant, CodeType))
    return FunctionType(code, names)


_FILE: Final = "<expression>"


def _not_a_condition(env: Environment) -> bool:
    raise TypeError("this expression is not a condition; use value() or amount()")


def _not_a_number(env: Environment) -> tuple[int, int]:
    raise TypeError("this expression is not a number; use value() or test()")
