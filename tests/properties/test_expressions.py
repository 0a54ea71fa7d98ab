"""Expressions made at random: the compiler answers everything, and computes what exact fractions compute.

A sample carries its source, and a second meaning of it: a plain function over fractions, with which the compiled
expression has to agree. The plain half of the language also has to agree with another implementation of CEL.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cel
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from setia.language.expressions import (
    INT,
    STRING,
    Code,
    EvaluationCode,
    EvaluationError,
    Expression,
    Field,
    ListOf,
    PeriodMetric,
    Record,
    Scope,
    compile_amount,
    compile_condition,
    compile_value,
    number,
)

MONEY, RATE = number(100), number(8)
SCOPE = Scope(
    {
        "money": MONEY,
        "rate": RATE,
        "whole": INT,
        "other": INT,
        "name": STRING,
        "maybe": Field(INT, optional=True),
        "words": ListOf(STRING),
        "group.prices": ListOf(MONEY),
        "group.lines": ListOf(Record("line", {"kind": STRING, "price": MONEY, "count": INT})),
        "spend": PeriodMetric(MONEY, "month"),
    }
)
Locals = Mapping[str, Any]


@dataclass(frozen=True)
class Sample:
    """A source and what it means, given readable values: fractions for all numbers."""

    source: str
    meaning: Callable[[Locals], Any]


# What the world is made of. Numbers are kept as the integers that the environment wants.
small = st.integers(-5, 5)
cents = st.integers(-1_000, 1_000)
words = st.sampled_from(["tea", "cake", "", "te"])
lines = st.fixed_dictionaries({"kind": words, "price": cents, "count": small})
environments = st.fixed_dictionaries(
    {
        "money": cents,
        "rate": st.integers(-20, 20),
        "whole": small,
        "other": small,
        "name": words,
        "words": st.lists(words, max_size=3),
        "group.prices": st.lists(cents, max_size=3),
        "group.lines": st.lists(lines, max_size=3),
        "periods.month": st.lists(st.fixed_dictionaries({"spend": cents}), max_size=3),
    },
    optional={"maybe": small},
)


def meaningful(env: Mapping[str, Any]) -> Locals:
    """The environment with fractions in it."""
    return {
        **{name: Fraction(env[name]) for name in ("whole", "other")},
        "maybe": Fraction(env.get("maybe", 0)),
        "money": Fraction(env["money"], 100),
        "rate": Fraction(env["rate"], 8),
        "name": env["name"],
        "words": env["words"],
        "prices": [Fraction(price, 100) for price in env["group.prices"]],
        "lines": [
            {"kind": line["kind"], "price": Fraction(line["price"], 100), "count": Fraction(line["count"])}
            for line in env["group.lines"]
        ],
        "months": [Fraction(month["spend"], 100) for month in env["periods.month"]],
        "has maybe": "maybe" in env,
    }


def named(name: str, strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The strategy under a short name: Hypothesis prints what it draws from, and the whole of it would fill pages."""

    @st.composite
    def draw_one(draw: st.DrawFn) -> Any:
        return draw(strategy)

    draw_one.__name__ = name
    return draw_one()


def read(source: str, key: str) -> Sample:
    return Sample(source, lambda env: env[key])


def constant(source: str) -> Sample:
    value = Fraction(source.replace("_", ""))
    return Sample(source, lambda env: value)


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: Fraction(a) / b,
}
COMPARING: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
ROUNDING: dict[str, Callable[[Any], Any]] = {"floor": math.floor, "ceil": math.ceil, "round": half_up, "abs": abs}
EXTREMES: dict[str, Callable[..., Any]] = {"min": min, "max": max}
literals = st.sampled_from(["0", "1", "2", "7", "10_000", "0.5", "2.25", "0.1", "3.333"]).map(constant)
fields = st.sampled_from(
    [
        read("money", "money"),
        read("rate", "rate"),
        read("whole", "whole"),
        read("other", "other"),
        read("maybe", "maybe"),
    ]
)


def arithmetic(a: Sample, sign: str, b: Sample) -> Sample:
    return Sample(f"({a.source}) {sign} ({b.source})", lambda env: ARITHMETIC[sign](a.meaning(env), b.meaning(env)))


def flat(a: Sample, b: Sample, c: Sample) -> Sample:
    return Sample(
        f"({a.source}) - ({b.source}) * ({c.source})", lambda env: a.meaning(env) - b.meaning(env) * c.meaning(env)
    )


def remainder(a: Sample, b: Sample) -> Sample:
    return Sample(
        f"floor({a.source}) % floor({b.source})", lambda env: math.floor(a.meaning(env)) % math.floor(b.meaning(env))
    )


def rounding(how: str, a: Sample) -> Sample:
    return Sample(f"{how}({a.source})", lambda env: ROUNDING[how](a.meaning(env)))


def extreme(how: str, many: list[Sample]) -> Sample:
    source = ", ".join(sample.source for sample in many)
    return Sample(f"{how}({source})", lambda env: EXTREMES[how](*[sample.meaning(env) for sample in many]))


def negative(a: Sample) -> Sample:
    return Sample(f"-({a.source})", lambda env: -a.meaning(env))


def choice(condition: Sample, a: Sample, b: Sample) -> Sample:
    return Sample(
        f"({condition.source}) ? ({a.source}) : ({b.source})",
        lambda env: a.meaning(env) if condition.meaning(env) else b.meaning(env),
    )


def with_line(env: Locals, line: Mapping[str, Any]) -> Locals:
    return {**env, **{f"l.{key}": value for key, value in line.items()}}


def line_sum(body: Sample) -> Sample:
    return Sample(
        f"group.lines.map(l, {body.source}).sum()",
        lambda env: sum((Fraction(body.meaning(with_line(env, line))) for line in env["lines"]), Fraction(0)),
    )


def kind_sum(kind: str) -> Sample:
    return Sample(
        f'sum(group.lines.filter(l, l.kind == "{kind}").map(l, l.price))',
        lambda env: sum((line["price"] for line in env["lines"] if line["kind"] == kind), Fraction(0)),
    )


def streak(bound: Sample, sign: str) -> Sample:
    def meaning(env: Locals) -> int:
        holds = [COMPARING[sign](month, bound.meaning(env)) for month in env["months"]]
        return [*holds, False].index(False)

    return Sample(f"streak(spend {sign} ({bound.source}))", meaning)


line_fields = st.sampled_from([read("l.price", "l.price"), read("l.count", "l.count")])
line_bodies = st.builds(arithmetic, line_fields, st.sampled_from("+-*/"), st.one_of(line_fields, fields))
leaves = st.one_of(
    fields,
    literals,
    line_bodies.map(line_sum),
    words.map(kind_sum),
    st.builds(streak, st.one_of(literals, fields), st.sampled_from([">=", "<", "!="])),
    st.just(Sample("group.prices.sum()", lambda env: sum(env["prices"], Fraction(0)))),
    st.just(Sample("size(words)", lambda env: len(env["words"]))),
)


def comparing(a: Sample, sign: str, b: Sample) -> Sample:
    return Sample(f"({a.source}) {sign} ({b.source})", lambda env: COMPARING[sign](a.meaning(env), b.meaning(env)))


def among(a: Sample, many: list[Sample]) -> Sample:
    source = ", ".join(sample.source for sample in many)
    return Sample(
        f"({a.source}) in [{source}]",
        lambda env: (lambda wanted: wanted in [sample.meaning(env) for sample in many])(a.meaning(env)),
    )


def any_line(quantifier: str, body: Sample) -> Sample:
    def meaning(env: Locals) -> bool:
        tests = (body.meaning(with_line(env, line)) for line in env["lines"])
        return any(tests) if quantifier == "exists" else all(tests) if quantifier == "all" else sum(tests) == 1

    return Sample(f"group.lines.{quantifier}(l, {body.source})", meaning)


def joined(sign: str, many: list[Sample]) -> Sample:
    source = f" {sign} ".join(f"({sample.source})" for sample in many)
    join = all if sign == "&&" else any
    return Sample(source, lambda env: join(sample.meaning(env) for sample in many))


def opposite(a: Sample) -> Sample:
    return Sample(f"!({a.source})", lambda env: not a.meaning(env))


quantifiers = st.sampled_from(["exists", "all", "exists_one"])
line_tests = st.builds(comparing, line_fields, st.sampled_from(list(COMPARING)), st.one_of(fields, literals))


def grow_numbers(numbers: st.SearchStrategy[Sample]) -> st.SearchStrategy[Sample]:
    return st.one_of(
        st.builds(arithmetic, numbers, st.sampled_from("+-*/"), numbers),
        st.builds(flat, numbers, numbers, numbers),
        st.builds(remainder, numbers, numbers),
        st.builds(rounding, st.sampled_from(list(ROUNDING)), numbers),
        st.builds(extreme, st.sampled_from(list(EXTREMES)), st.lists(numbers, min_size=2, max_size=3)),
        numbers.map(negative),
        st.builds(choice, conditions_over(numbers), numbers, numbers),
    )


def conditions_over(numbers: st.SearchStrategy[Sample]) -> st.SearchStrategy[Sample]:
    return st.one_of(
        st.builds(comparing, numbers, st.sampled_from(list(COMPARING)), numbers),
        st.builds(among, numbers, st.lists(numbers, min_size=1, max_size=3)),
        st.builds(any_line, quantifiers, line_tests),
        numbers.map(lambda a: Sample(f"({a.source}) in group.prices", lambda env: a.meaning(env) in env["prices"])),
        st.just(read("has(maybe)", "has maybe")),
    )


def grow_conditions(conditions: st.SearchStrategy[Sample]) -> st.SearchStrategy[Sample]:
    return st.one_of(
        st.builds(joined, st.sampled_from(["&&", "||"]), st.lists(conditions, min_size=2, max_size=3)),
        conditions.map(opposite),
        st.builds(choice, conditions, conditions, conditions),
    )


any_number = st.recursive(named("leaf", leaves), grow_numbers, max_leaves=6)
numbers = named("number", any_number)
any_condition = st.recursive(named("plain condition", conditions_over(numbers)), grow_conditions, max_leaves=4)
conditions = named("condition", any_condition)
# What a random expression may be told: that it is not worth writing, or too large. Never that it is not understood.
POINTLESS = {Code.ALWAYS_TRUE, Code.ALWAYS_FALSE, Code.COMPARED_WITH_ITSELF, Code.DIVISION_BY_ZERO}
TOO_LARGE = {Code.TOO_COSTLY, Code.TOO_MANY_PARTS, Code.TOO_LONG, Code.TOO_DEEP}
not_pointless = settings(max_examples=150, suppress_health_check=[HealthCheck.filter_too_much], deadline=None)


def useful(found: Any) -> Expression:
    """Leave out expressions that are refused because they are pointless or too large."""
    if isinstance(found, list):
        assert {problem.code for problem in found} <= POINTLESS | TOO_LARGE, found
        assume(False)
    assert isinstance(found, Expression)
    return found


def outcome(compute: Callable[[Mapping[str, Any]], Any], env: Mapping[str, Any]) -> Any:
    """The result, or the code of the error."""
    try:
        return compute(env)
    except EvaluationError as error:
        return error.code


def agree(sample: Sample, expression: Expression, env: Mapping[str, Any]) -> Any:
    """Compare both meanings; return the common result, None when it is a division by zero."""
    try:
        wanted = sample.meaning(meaningful(env))
    except ZeroDivisionError:
        assert outcome(expression.value, env) is EvaluationCode.DIVISION_BY_ZERO
        return None
    assert expression.value(env) == wanted
    explained = expression.explain(env)
    assert explained.result
    assert set(explained.inputs) == {path for path in expression.paths if path != "periods.month"} | {
        f"{path} in each {period}" for period, path in expression.metrics
    }
    return wanted


@not_pointless
@given(numbers, environments)
def test_a_number_is_what_exact_fractions_give(sample: Sample, env: Mapping[str, Any]) -> None:
    expression = useful(compile_amount(sample.source, SCOPE))
    wanted = agree(sample, expression, env)
    assume(wanted is not None)
    numerator, denominator = expression.amount(env)
    assert denominator > 0
    assert Fraction(numerator, denominator) == wanted


@not_pointless
@given(conditions, environments)
def test_a_condition_is_what_exact_fractions_give(sample: Sample, env: Mapping[str, Any]) -> None:
    expression = useful(compile_condition(sample.source, SCOPE))
    agree(sample, expression, env)


# ---- anything at all -------------------------------------------------------------------------------------------------

WORDS = [
    *("money", "rate", "whole", "name", "maybe", "words", "group", "prices", "lines", "spend", "l", "kind", "price"),
    *("true", "false", "null", "in", "and", "not", "x", "0", "1", "10_000", "2.5", "10.000", "1__0", "'tea'", '"', "'"),
    *(
        "+",
        "-",
        "*",
        "/",
        "%",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "&&",
        "||",
        "!",
        "?",
        ":",
        ",",
        ".",
        "(",
        ")",
        "[",
        "]",
    ),
    *("floor(", "min(", "size(", "sum(", "has(", "date(", "streak(", ".exists(l, ", ".map(l, ", ".contains(", ".sum()"),
    *("=", "&", "“", "”", "≥", ";", "\n", "\\", "é", "\x00"),
]
EVERYTHING: Mapping[str, Any] = {
    "money": 150,
    "rate": 12,
    "whole": 2,
    "other": 0,
    "name": "tea",
    "words": ["tea"],
    "group.prices": [100],
    "group.lines": [{"kind": "tea", "price": 100, "count": 1}],
    "periods.month": [{"spend": 1}],
    "spend": 3,
}
anything = st.recursive(
    st.sampled_from(
        ["money", "whole", "name", "words", "group.lines", "group", "l.price", "1", "'tea'", "true", "nope"]
    ),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(WORDS[29:49]), inner),
        st.builds("{}({})".format, st.sampled_from(["floor", "min", "sum", "size", "has", "date", "streak"]), inner),
        st.builds("{}.{}(l, {})".format, inner, st.sampled_from(["exists", "all", "map", "filter"]), inner),
        st.builds("{}.{}({})".format, inner, st.sampled_from(["contains", "startsWith", "sum", "floor"]), inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{}.price".format, inner),
        st.builds("!{}".format, inner),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join),
        st.lists(st.sampled_from(WORDS), max_size=400).map("".join),
        anything,
    )
)
def test_every_text_gets_an_answer(source: str) -> None:
    found = compile_value(source, SCOPE)
    if isinstance(found, Expression):
        outcome(found.value, EVERYTHING)
        outcome(found.explain, EVERYTHING)
        return
    assert found
    for problem in found:
        assert problem.message
        assert problem.hint
        assert 0 <= problem.offset <= problem.offset + problem.length <= len(source)


# ---- another implementation of CEL ----------------------------------------------------------------------------------


# Only what means the same everywhere: no division, no decimals, no rounding.
cel_atoms = st.sampled_from(["whole", "other", "(whole + other)", "-2", "0", "3", "size(words)"])
any_cel_int = st.recursive(
    st.sampled_from(["whole", "other", "3", "12", "size(words)", "group.lines.map(l, l.count).size()", "size(name)"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("-({})".format, inner),
        st.builds("({} > {} ? {} : {})".format, inner, inner, inner, inner),
        st.builds("size(group.lines.filter(l, l.count <= {}))".format, cel_atoms),
    ),
    max_leaves=3,
)
cel_ints = named("whole number", any_cel_int)
signs = st.sampled_from(list(COMPARING))
cel_tests = st.recursive(
    st.one_of(
        st.builds("({} {} {})".format, cel_ints, signs, cel_ints),
        st.builds("{} in [{}, {}, 4]".format, cel_ints, cel_ints, cel_ints),
        st.sampled_from(
            [
                *("name == 'tea'", "name in ['tea', 'cake']", "'tea' in words", "name.startsWith('te')"),
                *("name.contains('a')", "'teapot'.startsWith(name)", "name.endsWith('e')", "has(group.maybe)"),
            ]
        ),
        st.builds("group.lines.{}(l, l.count {} {})".format, quantifiers, signs, cel_atoms),
        st.builds("group.lines.{}(l, l.kind in words || l.count > {})".format, quantifiers, cel_atoms),
    ),
    lambda inner: st.one_of(
        st.builds("{} && {}".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=4,
)
CEL_SCOPE = Scope(
    {
        "whole": INT,
        "other": INT,
        "name": STRING,
        "words": ListOf(STRING),
        "group.lines": ListOf(Record("line", {"kind": STRING, "count": INT})),
        "group.maybe": Field(INT, optional=True),
    }
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.filter_too_much], deadline=None)
@given(cel_tests, environments)
def test_the_shared_half_of_the_language_agrees_with_another_cel(source: str, env: Mapping[str, Any]) -> None:
    found = compile_condition(source, CEL_SCOPE)
    expression = useful(found)
    group = {"lines": [{"kind": line["kind"], "count": line["count"]} for line in env["group.lines"]]}
    flat_env = {**env, "group.lines": group["lines"]}
    if "maybe" in env:
        group["maybe"] = env["maybe"]
        flat_env["group.maybe"] = env["maybe"]
    names = {key: env[key] for key in ("whole", "other", "name", "words")}
    assert expression.test(flat_env) is cel.evaluate(source, {**names, "group": group})
