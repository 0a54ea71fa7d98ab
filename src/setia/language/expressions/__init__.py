"""The expression language in which programme rules write conditions and amounts: a bounded, typed subset of CEL.

Numbers are exact: `7 / 2` is 3.5, and thousands may be written 10_000. `%` is the remainder of whole numbers, with the
sign of the divisor. `&&`, `||` and `? :` look at their sides from left to right and no further than needed.
"""

from setia.language.expressions.compile import compile_amount, compile_condition, compile_value
from setia.language.expressions.expression import Environment, Explained, Expression
from setia.language.expressions.problems import Code, EvaluationCode, EvaluationError, Problem
from setia.language.expressions.types import (
    BOOL,
    DATE,
    INT,
    NUMBER,
    STRING,
    Field,
    KeyedMetric,
    ListOf,
    Number,
    PeriodMetric,
    Record,
    Scope,
    Type,
    in_words,
    number,
)

__all__ = [
    "BOOL",
    "DATE",
    "INT",
    "NUMBER",
    "STRING",
    "Code",
    "Environment",
    "EvaluationCode",
    "EvaluationError",
    "Explained",
    "Expression",
    "Field",
    "KeyedMetric",
    "ListOf",
    "Number",
    "PeriodMetric",
    "Problem",
    "Record",
    "Scope",
    "Type",
    "compile_amount",
    "compile_condition",
    "compile_value",
    "in_words",
    "number",
]
