"""Types of every part of an expression, and the Python code of it; all problems at once."""

import ast
from collections.abc import Callable
from fractions import Fraction

from setia.language.expressions import arithmetic, limits
from setia.language.expressions.arithmetic import Value, call, common, compare_numbers, compared, each, name
from setia.language.expressions.names import NOTHING, Reading
from setia.language.expressions.problems import Code
from setia.language.expressions.tree import (
    Binary,
    Call,
    Choice,
    Comparison,
    ListLiteral,
    Literal,
    Logic,
    Member,
    Name,
    Node,
    Span,
    Unary,
)
from setia.language.expressions.types import BOOL, DATE, INT, STRING, UNKNOWN, ListOf, Number, Scope, Simple, in_words

CallChecker = Callable[["Checker", Call], Value]


class Checker:
    """Checks one expression. `check_call` checks the calls in it: functions are a subject of their own.

    `cost` grows by `weight` for every part: inside a list function, by the number of elements it may run over.
    """

    def __init__(self, scope: Scope, check_call: CallChecker) -> None:
        self.reading = Reading(scope)
        self.report = self.reading.report
        self.check_call = check_call
        self.cost = 0
        self.weight = 1
        self.nesting = 0

    def check(self, node: Node) -> Value:
        """Return the checked value of a node; of type UNKNOWN when it has a problem."""
        self.cost += self.weight
        match node:
            case Literal(value=value):
                return self.literal(value)
            case Name() | Member():
                return self.reading.read(node)
            case Call():
                return self.check_call(self, node)
            case Unary():
                return self.unary(node)
            case Binary():
                return self.arithmetic(node)
            case Comparison(operator="in"):
                return self.membership(node)
            case Comparison():
                return self.comparison(node)
            case Logic():
                return self.logic(node)
            case Choice():
                return self.choice(node)
        assert isinstance(node, ListLiteral)
        return self.list_literal(node)

    def literal(self, value: bool | str | Fraction) -> Value:
        if isinstance(value, Fraction):
            return arithmetic.exact(value)
        return Value(BOOL if isinstance(value, bool) else STRING, ast.Constant(value), value)

    def number(self, node: Node, where: str) -> Value:
        """Check a part that has to be a number; `where` says what needs it."""
        value = self.check(node)
        if isinstance(value.type, Number) or value.type is UNKNOWN:
            return value
        hint = "write the number without quotes" if value.type is STRING and isinstance(node, Literal) else ""
        hint = hint or "use a field that holds a number, or compare with == instead"
        return self.report(Code.WRONG_TYPE, f"{where} needs a number, not {in_words(value.type)}", hint, node.span)

    def condition(self, node: Node, where: str) -> Value:
        """Check a part that has to be true or false, and not always the same."""
        value = self.check(node)
        if value.type not in (BOOL, UNKNOWN):
            hint = "compare it with something, for example > 0" if isinstance(value.type, Number) else "compare it"
            return self.report(
                Code.WRONG_TYPE, f"{where} needs true/false, not {in_words(value.type)}", hint, node.span
            )
        return self.settled(value.constant, node.span) if isinstance(value.constant, bool) else value

    def settled(self, outcome: object, span: Span) -> Value:
        """Report a condition that has the same outcome for everybody."""
        if outcome:
            return self.report(Code.ALWAYS_TRUE, "this is always true", "leave it out", span)
        hint = "it can never hold: correct it, or take the whole condition away"
        return self.report(Code.ALWAYS_FALSE, "this is always false", hint, span)

    def unary(self, node: Unary) -> Value:
        if node.operator == "!":
            value = self.condition(node.operand, "!")
            return value if value.type is UNKNOWN else Value(BOOL, ast.UnaryOp(ast.Not(), value.node))
        value = self.number(node.operand, "-")
        return value if value.type is UNKNOWN else arithmetic.negate(value)

    def arithmetic(self, node: Binary) -> Value:
        total = self.number(node.first, f"'{node.rest[0][0]}'")
        known = total.type is not UNKNOWN
        for operator, right in node.rest:
            value = self.number(right, f"'{operator}'")
            known = known and value.type is not UNKNOWN
            if operator in ("/", "%") and value.constant == 0:
                hint = "divide by something else"
                self.report(Code.DIVISION_BY_ZERO, "this divides by zero", hint, right.span)
                known = False
            elif known and operator == "%" and not total.type == value.type == INT:
                message = "'%' gives the remainder of whole numbers, and one side is not whole"
                hint = "round first: floor(a) % b; 15 percent is written 0.15"
                self.report(Code.WRONG_TYPE, message, hint, node.span)
                known = False
            if known:
                total = _ARITHMETIC[operator](total, value)
            self.cost += self.weight
        return total if known else NOTHING

    def comparison(self, node: Comparison) -> Value:
        left, right = self.check(node.left), self.check(node.right)
        operator = node.operator
        if UNKNOWN in (left.type, right.type):
            return NOTHING
        if left.constant is not None and right.constant is not None:
            return (
                self.settled(_OUTCOME[operator](left.constant, right.constant), node.span)
                if (self.comparable(node, left, right))
                else NOTHING
            )
        if node.left == node.right:
            message = "this compares a value with itself"
            return self.report(Code.COMPARED_WITH_ITSELF, message, "compare it with another value", node.span)
        if not self.comparable(node, left, right):
            return NOTHING
        if isinstance(left.type, Number):
            return Value(BOOL, compare_numbers(operator, left, right))
        return Value(BOOL, compared(operator, left.node, right.node))

    def comparable(self, node: Comparison, left: Value, right: Value) -> bool:
        both_numbers = isinstance(left.type, Number) and isinstance(right.type, Number)
        if both_numbers or (left.type == right.type and isinstance(left.type, Simple)):
            if both_numbers or left.type is DATE or node.operator in ("==", "!="):
                return True
            message = f"'{node.operator}' cannot order {in_words(left.type)}: it is for numbers and dates"
            hint = 'texts are compared with == and !=; dates are written date("2026-05-01")'
        else:
            message = f"cannot compare {in_words(left.type)} with {in_words(right.type)}"
            types = {left.type, right.type} if isinstance(left.type, Simple) and isinstance(right.type, Simple) else ()
            numeric = isinstance(left.type, Number) or isinstance(right.type, Number)
            if types == {DATE, STRING}:
                hint = 'write the date as date("2026-05-01")'
            elif isinstance(left.type, ListOf) or isinstance(right.type, ListOf):
                hint = "use 'in', exists or all to look into a list"
            elif numeric and STRING in (left.type, right.type):
                hint = "write numbers without quotes, and texts with them"
            else:
                hint = "compare values of one kind"
        self.report(Code.CANNOT_COMPARE, message, hint, node.span)
        return False

    def membership(self, node: Comparison) -> Value:
        left, right = self.check(node.left), self.check(node.right)
        if UNKNOWN in (left.type, right.type):
            return NOTHING
        if not isinstance(right.type, ListOf):
            hint = "write text.contains(part)" if right.type is STRING else "write the list as [a, b]"
            message = f"'in' needs a list on its right, not {in_words(right.type)}"
            return self.report(Code.WRONG_TYPE, message, hint, node.right.span)
        element = right.type.element
        alike = left.type == element and isinstance(left.type, Simple)
        if not (alike or (isinstance(left.type, Number) and isinstance(element, Number))):
            message = f"{in_words(left.type)} is never in {in_words(right.type)}"
            return self.report(Code.CANNOT_COMPARE, message, "look for a value of the list's kind", node.span)
        if right.items is not None:
            return self.in_literal(node, left, right.items)
        self.cost += self.weight * right.most
        if not isinstance(element, Number):
            return Value(BOOL, ast.Compare(left.node, [ast.In()], [right.node]))
        variable = Value(element, name("i"))
        shared, (wanted, one) = common((left, variable))
        elements = right.node if isinstance(one, ast.Name) else each(one, "i", right.node)
        if shared is None:
            return Value(BOOL, call("among", wanted, elements))
        return Value(BOOL, ast.Compare(wanted, [ast.In()], [elements]))

    def in_literal(self, node: Comparison, left: Value, items: tuple[Value, ...]) -> Value:
        constants = [item.constant for item in items]
        if left.constant is not None and None not in constants:
            return self.settled(left.constant in constants, node.span)
        if not isinstance(left.type, Number):
            return Value(BOOL, ast.Compare(left.node, [ast.In()], [self.elements([item.node for item in items])]))
        shared, (wanted, *nodes) = common((left, *items))
        if shared is None:
            return Value(BOOL, call("among", wanted, ast.Tuple(nodes, ast.Load())))
        return Value(BOOL, ast.Compare(wanted, [ast.In()], [self.elements(nodes)]))

    def elements(self, nodes: list[ast.expr]) -> ast.expr:
        """Code of a list to look into: a set that exists once when all its elements are constants."""
        if all(isinstance(node, ast.Constant) for node in nodes):
            return self.reading.pool(frozenset(node.value for node in nodes if isinstance(node, ast.Constant)))
        return ast.Tuple(nodes, ast.Load())

    def logic(self, node: Logic) -> Value:
        values = [self.condition(operand, node.operator) for operand in node.operands]
        if any(value.type is UNKNOWN for value in values):
            return NOTHING
        operator: ast.boolop = ast.And() if node.operator == "&&" else ast.Or()
        return Value(BOOL, ast.BoolOp(operator, [value.node for value in values]))

    def choice(self, node: Choice) -> Value:
        condition = self.condition(node.condition, "? :")
        then, otherwise = self.check(node.then), self.check(node.otherwise)
        if UNKNOWN in (condition.type, then.type, otherwise.type):
            return NOTHING
        united = arithmetic.unify((then, otherwise))
        if united is None:
            message = f"? : gives {in_words(then.type)} or {in_words(otherwise.type)}: it has to be one kind"
            return self.report(Code.WRONG_TYPE, message, "let both sides be of one kind", node.span)
        type_, (first, second) = united
        return Value(type_, ast.IfExp(condition.node, first, second), most=max(then.most, otherwise.most))

    def list_literal(self, node: ListLiteral) -> Value:
        if not node.items:
            return self.report(Code.EMPTY_LIST, "this list is empty", "write its elements: [1, 2]", node.span)
        values = [self.check(item) for item in node.items]
        if any(value.type is UNKNOWN for value in values):
            return NOTHING
        if not self.single(values[0], node.items[0]):
            return NOTHING
        for item, value in zip(node.items, values, strict=True):
            if arithmetic.unify((values[0], value)) is None:
                message = f"a list of one kind only: {in_words(value.type)} is not {in_words(values[0].type)}"
                return self.report(Code.MIXED_LIST, message, "make all elements of one kind", item.span)
        united = arithmetic.unify(values)
        assert united is not None
        element, nodes = united
        return Value(ListOf(element, len(values)), ast.Tuple(nodes, ast.Load()), None, tuple(values), len(values))

    def single(self, value: Value, node: Node) -> bool:
        """Tell whether a value can be an element of a list; report it when it is a list itself."""
        if isinstance(value.type, ListOf):
            hint = "a list holds single values: numbers, texts, dates"
            self.report(Code.MIXED_LIST, "this would be a list of lists", hint, node.span)
            return False
        return True

    def too_costly(self) -> bool:
        """Tell whether running the expression on the longest lists would take too many steps."""
        return self.cost > limits.COST


_ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": arithmetic.add,
    "-": arithmetic.subtract,
    "*": arithmetic.multiply,
    "/": arithmetic.divide,
    "%": arithmetic.remainder,
}
_OUTCOME: dict[str, Callable[[object, object], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,  # type: ignore[operator]
    "<=": lambda left, right: left <= right,  # type: ignore[operator]
    ">": lambda left, right: left > right,  # type: ignore[operator]
    ">=": lambda left, right: left >= right,  # type: ignore[operator]
}
