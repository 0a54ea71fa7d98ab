"""The door: source text and scope to a compiled expression, or to everything that is wrong with it."""

from setia.language.expressions import limits
from setia.language.expressions.check import Checker
from setia.language.expressions.expression import Expression
from setia.language.expressions.functions import check_call
from setia.language.expressions.parse import parse
from setia.language.expressions.problems import Code, Problem
from setia.language.expressions.types import BOOL, STRING, UNKNOWN, Number, Scope, Type, in_words


def compile_condition(source: str, scope: Scope) -> Expression | list[Problem]:
    """Compile an expression that has to be true or false; return its problems when it has some."""
    return _compile(source, scope, "condition")


def compile_amount(source: str, scope: Scope) -> Expression | list[Problem]:
    """Compile an expression that has to be a number; return its problems when it has some."""
    return _compile(source, scope, "amount")


def compile_value(source: str, scope: Scope) -> Expression | list[Problem]:
    """Compile an expression of any type; return its problems when it has some."""
    return _compile(source, scope, "value")


def _compile(source: str, scope: Scope, wanted: str) -> Expression | list[Problem]:
    tree, problems = parse(source)
    if tree is None:
        return _in_order(problems)
    checker = Checker(scope, check_call)
    value = checker.check(tree)
    if wanted == "condition" and value.type == BOOL and isinstance(value.constant, bool):
        checker.settled(value.constant, tree.span)
    elif value.type is not UNKNOWN and (misfit := _misfit(value.type, wanted)):
        checker.report(*misfit, tree.span)
    if checker.too_costly():
        message = f"on the longest lists this takes {checker.cost:_} steps; at most {limits.COST:_} are allowed"
        hint = "do not go through a list for each element of another, or go through fewer lists"
        checker.report(Code.TOO_COSTLY, message, hint, tree.span)
    problems += checker.reading.problems
    return _in_order(problems) if problems else Expression(source, value, checker.reading)


def _misfit(type_: Type, wanted: str) -> tuple[Code, str, str] | None:
    """Return what is wrong with a result of this type where a condition or an amount is wanted."""
    if wanted == "condition" and type_ != BOOL:
        hint = 'compare it with something, for example amount > 0, or text == "…"'
        return Code.NOT_A_CONDITION, f"a condition is true or false; this is {in_words(type_)}", hint
    if wanted == "amount" and not isinstance(type_, Number):
        hint = "take the quotes away" if type_ == STRING else "write condition ? amount : 0"
        return Code.NOT_A_NUMBER, f"an amount is a number; this is {in_words(type_)}", hint
    return None


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.offset, problem.length))
