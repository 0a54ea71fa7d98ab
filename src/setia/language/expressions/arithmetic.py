"""Checked values and exact arithmetic on them, written as Python syntax trees.

A number is compiled as the integer numerator over a denominator that its type knows: adding two amounts of money is one
integer addition, dividing by a constant costs nothing until the result is floored. Only a number whose denominator
depends on the facts (after dividing by a field) is compiled as a pair (numerator, denominator > 0).
"""

import ast
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from setia.language.expressions.types import INT, NUMBER, ListOf, Number, Type

Constant = bool | str | Fraction | dt.date


@dataclass(frozen=True, slots=True)
class Value:
    """A checked part of an expression: its type, the code that computes it, its value when it is a constant.

    `items` are the parts of a list literal; `most` is how many elements a list can have.
    """

    type: Type
    node: ast.expr
    constant: Constant | None = None
    items: "tuple[Value, ...] | None" = None
    most: int = 0


def name(text: str) -> ast.Name:
    """Code that reads a local or global name."""
    return ast.Name(text, ast.Load())


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """Code that calls one of the functions in `runtime`."""
    return ast.Call(name(function), list(arguments), [])


def item(base: str, key: str) -> ast.Subscript:
    """Code for `base["key"]`."""
    return ast.Subscript(name(base), ast.Constant(key), ast.Load())


def each(body: ast.expr, variable: str, source: ast.expr, condition: ast.expr | None = None) -> ast.ListComp:
    """Code for `[body for variable in source if condition]`."""
    return ast.ListComp(body, [loop(variable, source, condition)])


def loop(variable: str, source: ast.expr, condition: ast.expr | None = None) -> ast.comprehension:
    """Code for `for variable in source if condition`."""
    return ast.comprehension(ast.Name(variable, ast.Store()), source, [condition] if condition else [], 0)


def exact(value: Fraction) -> Value:
    """Return a constant number."""
    return Value(Number(value.denominator), ast.Constant(value.numerator), value)


def denominator_of(type_: Type) -> int | None:
    """Return the denominator of a number type."""
    assert isinstance(type_, Number)
    return type_.denominator


def times(node: ast.expr, factor: int) -> ast.expr:
    """Code for `node * factor`, without the multiplication when the factor is 1."""
    return node if factor == 1 else ast.BinOp(node, ast.Mult(), ast.Constant(factor))


def over(value: Value, denominator: int | None) -> ast.expr:
    """Code for the numerator of a number over `denominator`, a multiple of its own; for the pair when it is None."""
    own = denominator_of(value.type)
    if own is None:
        return value.node
    if denominator is None:
        return ast.Tuple([value.node, ast.Constant(own)], ast.Load())
    if isinstance(value.constant, Fraction):
        return ast.Constant(int(value.constant * denominator))
    return times(value.node, denominator // own)


def common(numbers: Sequence[Value]) -> tuple[int | None, list[ast.expr]]:
    """Bring numbers over one denominator: return it (None: they become pairs) and their code."""
    denominators = [denominator_of(number.type) for number in numbers]
    shared = None if None in denominators else math.lcm(*(own for own in denominators if own is not None))
    return shared, [over(number, shared) for number in numbers]


def add(left: Value, right: Value) -> Value:
    """left + right."""
    if isinstance(left.constant, Fraction) and isinstance(right.constant, Fraction):
        return exact(left.constant + right.constant)
    shared, (first, second) = common((left, right))
    if shared is None:
        return Value(NUMBER, call("add", first, second))
    return Value(Number(shared), ast.BinOp(first, ast.Add(), second))


def negate(operand: Value) -> Value:
    """-operand."""
    if isinstance(operand.constant, Fraction):
        return exact(-operand.constant)
    if denominator_of(operand.type) is None:
        return Value(NUMBER, call("negate", operand.node))
    return Value(operand.type, ast.UnaryOp(ast.USub(), operand.node))


def subtract(left: Value, right: Value) -> Value:
    """left - right."""
    if isinstance(right.constant, Fraction):
        return add(left, exact(-right.constant))
    shared, (first, second) = common((left, right))
    if shared is None:
        return Value(NUMBER, call("subtract", first, second))
    return Value(Number(shared), ast.BinOp(first, ast.Sub(), second))


def multiply(left: Value, right: Value) -> Value:
    """left * right."""
    if isinstance(left.constant, Fraction):
        left, right = right, left
    own, other = denominator_of(left.type), denominator_of(right.type)
    if own is None or other is None:
        return Value(NUMBER, call("multiply", over(left, None), over(right, None)))
    if not isinstance(right.constant, Fraction):
        return Value(Number(own * other), ast.BinOp(left.node, ast.Mult(), right.node))
    if isinstance(left.constant, Fraction):
        return exact(left.constant * right.constant)
    shared = math.gcd(right.constant.numerator, own)
    return Value(
        Number(own // shared * right.constant.denominator), times(left.node, right.constant.numerator // shared)
    )


def divide(left: Value, right: Value) -> Value:
    """left / right, where right is not the constant zero."""
    if isinstance(right.constant, Fraction):
        return multiply(left, exact(1 / right.constant))
    own, other = denominator_of(left.type), denominator_of(right.type)
    if own is None or other is None:
        return Value(NUMBER, call("divide_pairs", over(left, None), over(right, None)))
    shared = math.gcd(own, other)
    return Value(NUMBER, call("divide", times(left.node, other // shared), times(right.node, own // shared)))


def remainder(left: Value, right: Value) -> Value:
    """left % right on whole numbers, where right is not the constant zero; the sign is that of right."""
    if not isinstance(right.constant, Fraction):
        return Value(INT, call("remainder", left.node, right.node))
    if isinstance(left.constant, Fraction):
        return exact(left.constant % right.constant)
    return Value(INT, ast.BinOp(left.node, ast.Mod(), right.node))


def rounded(operand: Value, how: str) -> Value:
    """floor, ceil or round (halves go up) to a whole number."""
    own = denominator_of(operand.type)
    if own is None:
        return Value(INT, call(how, operand.node))
    if isinstance(operand.constant, Fraction):
        half = Fraction(1, 2) if how == "round" else 0
        whole = math.ceil(operand.constant) if how == "ceil" else math.floor(operand.constant + half)
        return exact(Fraction(whole))
    node = operand.node
    if own == 1:
        return Value(INT, node)
    if how == "ceil":
        down = ast.BinOp(ast.UnaryOp(ast.USub(), node), ast.FloorDiv(), ast.Constant(own))
        return Value(INT, ast.UnaryOp(ast.USub(), down))
    if how == "round":
        node, own = ast.BinOp(times(node, 2), ast.Add(), ast.Constant(own)), 2 * own
    return Value(INT, ast.BinOp(node, ast.FloorDiv(), ast.Constant(own)))


def absolute(operand: Value) -> Value:
    """The number without its sign."""
    if isinstance(operand.constant, Fraction):
        return exact(abs(operand.constant))
    pair = denominator_of(operand.type) is None
    return Value(operand.type, call("abs_pair" if pair else "abs", operand.node))


def extreme(operands: Sequence[Value], how: str) -> Value:
    """min or max of two numbers or more."""
    constants = [operand.constant for operand in operands if isinstance(operand.constant, Fraction)]
    if len(constants) == len(operands):
        return exact(min(constants) if how == "min" else max(constants))
    shared, nodes = common(operands)
    return Value(Number(shared), call(how if shared else f"{how}_pair", *nodes))


COMPARE: Final[dict[str, ast.cmpop]] = {
    "==": ast.Eq(),
    "!=": ast.NotEq(),
    "<": ast.Lt(),
    "<=": ast.LtE(),
    ">": ast.Gt(),
    ">=": ast.GtE(),
}


def compared(operator: str, left: ast.expr, right: ast.expr) -> ast.expr:
    """Code for a comparison of two plain values."""
    return ast.Compare(left, [COMPARE[operator]], [right])


def compare_numbers(operator: str, left: Value, right: Value) -> ast.expr:
    """Code that compares two numbers, with common factors of their denominators taken away."""
    shared, (first, second) = common((left, right))
    if shared is None:
        return compared(operator, call("difference", first, second), ast.Constant(0))
    return compared(operator, first, second)


def unify(values: Sequence[Value]) -> tuple[Type, list[ast.expr]] | None:
    """Bring values to one type, numbers and lists of numbers over one denominator; None when their types differ."""
    types = [value.type for value in values]
    if all(isinstance(type_, Number) for type_ in types):
        shared, nodes = common(values)
        return Number(shared), nodes
    elements = [type_.element for type_ in types if isinstance(type_, ListOf)]
    most = max(value.most for value in values)
    if len(elements) == len(types) and all(isinstance(element, Number) for element in elements):
        # Each list stands in for its elements: `i` is one of them, and is brought over the shared denominator.
        shared, nodes = common([Value(element, name("i")) for element in elements])
        lists = [
            value.node if isinstance(node, ast.Name) else each(node, "i", value.node)
            for value, node in zip(values, nodes, strict=True)
        ]
        return ListOf(Number(shared), most), lists
    if len(elements) == len(types) and all(element == elements[0] for element in elements):
        return ListOf(elements[0], most), [value.node for value in values]
    if all(type_ == types[0] for type_ in types) and not elements:
        return types[0], [value.node for value in values]
    return None
