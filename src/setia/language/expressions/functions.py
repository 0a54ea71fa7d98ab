"""The functions and methods of the language, one checker each."""

import ast
from collections.abc import Callable
from typing import Final

from setia.language.expressions import arithmetic, limits
from setia.language.expressions.arithmetic import Value, call, each, item, loop, name
from setia.language.expressions.check import Checker
from setia.language.expressions.names import (
    ENVIRONMENT,
    NOTHING,
    PERIOD,
    Place,
    Streak,
    closest,
    date_constant,
    listed,
)
from setia.language.expressions.problems import Code
from setia.language.expressions.tree import Call, Literal, Member, Name, Node
from setia.language.expressions.types import (
    BOOL,
    DATE,
    INT,
    NUMBER,
    STRING,
    UNKNOWN,
    KeyedMetric,
    ListOf,
    Number,
    Record,
    in_words,
)


def check_call(checker: Checker, node: Call) -> Value:
    """Check a call of a function or method."""
    if node.target is None:
        function = FUNCTIONS.get(node.name)
        return function(checker, node) if function else _unknown_function(checker, node)
    method = METHODS.get(node.name)
    return method(checker, node, node.target) if method else _unknown_method(checker, node)


def _unknown_function(checker: Checker, node: Call) -> Value:
    if node.name in METHODS:
        hint = f"write it after its subject: subject.{node.name}(…)"
    else:
        hint = f"{closest(node.name, FUNCTIONS)}functions: {listed(FUNCTIONS)}"
    return checker.report(Code.UNKNOWN_FUNCTION, f"there is no function '{node.name}'", hint, node.name_span)


def _unknown_method(checker: Checker, node: Call) -> Value:
    if node.name == "matches":
        message = "'matches' is not offered: a pattern can take forever to try"
        hint = "use startsWith, endsWith, contains or 'in' a list"
        return checker.report(Code.NOT_SUPPORTED, message, hint, node.name_span)
    if node.name in FUNCTIONS:
        hint = f"write it as {node.name}(…)"
    else:
        hint = f"{closest(node.name, METHODS)}methods: {listed(METHODS)}"
    return checker.report(Code.UNKNOWN_METHOD, f"there is no method '{node.name}'", hint, node.name_span)


def _takes(checker: Checker, node: Call, least: int, most: int, usage: str) -> bool:
    given = len(node.arguments)
    if least <= given <= most:
        return True
    hint = f"write {usage}"
    if given > most and any(isinstance(argument, Literal) for argument in node.arguments[1:]):
        hint += "; thousands are written 10_000"
    wants = f"{least}" if least == most else f"at least {least}"
    values = "value" if wants == "1" else "values"
    message = f"'{node.name}' takes {wants} {values} between its brackets, not {given}"
    checker.report(Code.WRONG_ARGUMENTS, message, hint, node.span)
    return False


def _rounding(checker: Checker, node: Call) -> Value:
    if not _takes(checker, node, 1, 1, f"{node.name}(amount)"):
        return NOTHING
    value = checker.number(node.arguments[0], node.name)
    if value.type is UNKNOWN:
        return value
    return arithmetic.absolute(value) if node.name == "abs" else arithmetic.rounded(value, node.name)


def _extreme(checker: Checker, node: Call) -> Value:
    if not _takes(checker, node, 2, limits.PARTS, f"{node.name}(a, b)"):
        return NOTHING
    values = [checker.number(argument, node.name) for argument in node.arguments]
    if any(value.type is UNKNOWN for value in values):
        return NOTHING
    return arithmetic.extreme(values, node.name)


def _size_function(checker: Checker, node: Call) -> Value:
    return _size(checker, node, node.arguments[0]) if _takes(checker, node, 1, 1, "size(list)") else NOTHING


def _size_method(checker: Checker, node: Call, target: Node) -> Value:
    return _size(checker, node, target) if _takes(checker, node, 0, 0, "list.size()") else NOTHING


def _size(checker: Checker, node: Call, subject: Node) -> Value:
    value = checker.check(subject)
    if value.type is UNKNOWN:
        return value
    if value.type is not STRING and not isinstance(value.type, ListOf):
        message = f"size counts the elements of a list or the letters of a text, not {in_words(value.type)}"
        return checker.report(Code.WRONG_TYPE, message, "give it a list or a text", subject.span)
    return _shown(checker, node, Value(INT, call("len", value.node)))


def _sum_function(checker: Checker, node: Call) -> Value:
    if len(node.arguments) > 1:
        hint = "add single values with +; sum adds up one list: sum(list)"
        return checker.report(Code.WRONG_ARGUMENTS, "'sum' takes one list", hint, node.span)
    return _sum(checker, node, node.arguments[0]) if _takes(checker, node, 1, 1, "sum(list)") else NOTHING


def _sum_method(checker: Checker, node: Call, target: Node) -> Value:
    return _sum(checker, node, target) if _takes(checker, node, 0, 0, "list.sum()") else NOTHING


def _sum(checker: Checker, node: Call, subject: Node) -> Value:
    value = checker.check(subject)
    if value.type is UNKNOWN:
        return value
    if not isinstance(value.type, ListOf) or not isinstance(value.type.element, Number):
        hint = "pick the numbers first: lines.map(l, l.amount).sum()"
        message = f"sum adds up a list of numbers, not {in_words(value.type)}"
        return checker.report(Code.WRONG_TYPE, message, hint, subject.span)
    checker.cost += checker.weight * value.most
    element = value.type.element
    return _shown(checker, node, Value(element, call("sum" if element != NUMBER else "sum_pairs", value.node)))


def _shown(checker: Checker, node: Call, value: Value) -> Value:
    """Let explanations show a result that came from lists instead of the formula: its parts have no single value."""
    if checker.nesting == 0:
        checker.reading.show(node.span, value.type, value.node)
    return value


def _has(checker: Checker, node: Call) -> Value:
    if not _takes(checker, node, 1, 1, "has(some.field)"):
        return NOTHING
    subject = node.arguments[0]
    if not isinstance(subject, Name | Member):
        hint = "write has(some.field)"
        return checker.report(Code.HAS_NEEDS_FIELD, "has asks whether one field is there", hint, subject.span)
    place = checker.reading.find(subject)
    if place is None:
        return NOTHING
    if isinstance(place.type, Record):
        hint = f"name one of its fields: {listed(place.type.fields)}"
        message = f"has asks about one field, not about {in_words(place.type)}"
        return checker.report(Code.HAS_NEEDS_FIELD, message, hint, subject.span)
    if not place.optional:
        hint = "leave it out: this field is never absent"
        return checker.report(Code.HAS_ALWAYS_TRUE, "this is always true", hint, node.span)
    if place.base == ENVIRONMENT:
        checker.reading.paths[place.path] = place.type
        checker.reading.optional.add(place.path)
    return _shown(checker, node, Value(BOOL, ast.Compare(ast.Constant(place.path), [ast.In()], [name(place.base)])))


def _date(checker: Checker, node: Call) -> Value:
    usage = 'date("2026-05-01")'
    if not _takes(checker, node, 1, 1, usage):
        return NOTHING
    argument = node.arguments[0]
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        return checker.report(Code.BAD_DATE, "date takes one date between quotes", f"write {usage}", argument.span)
    date = date_constant(argument.value)
    if date is None:
        message = f"'{argument.value}' is not a date of the calendar"
        return checker.report(Code.BAD_DATE, message, f"write year-month-day: {usage}", argument.span)
    return Value(DATE, checker.reading.pool(date), date)


def _streak(checker: Checker, node: Call) -> Value:
    usage = "streak(month_spend >= 1_000_000) >= 3"
    if not _takes(checker, node, 1, 1, usage):
        return NOTHING
    reading = checker.reading
    if reading.streak is not None:
        return checker.report(
            Code.STREAK_IN_STREAK, "a streak cannot stand inside a streak", "join the conditions with &&", node.span
        )
    reading.streak = streak = Streak()
    checker.weight *= limits.LIST_ELEMENTS
    condition = checker.condition(node.arguments[0], "streak")
    checker.weight //= limits.LIST_ELEMENTS
    reading.streak = None
    if condition.type is UNKNOWN:
        return condition
    if not streak.period:
        message = "streak counts ended periods, but nothing in it is kept for each period"
        hint = f"compare a metric that is kept for each period: {usage}"
        return checker.report(Code.STREAK_NEEDS_METRIC, message, hint, node.span)
    path = f"periods.{streak.period}"
    holds = ast.Lambda(ast.arguments([], [ast.arg(PERIOD)], None, [], [], None, []), condition.node)
    code = call("streak", item(ENVIRONMENT, path), ast.Constant(path), holds)
    return _shown(checker, node, Value(INT, code))


def _keyed(checker: Checker, node: Call, usage: str) -> Place | None:
    """The metric that is the first value of ``habit`` or ``top``."""
    subject = node.arguments[0]
    place = checker.reading.find(subject) if isinstance(subject, Name) else None
    if place is not None and isinstance(place.type, KeyedMetric):
        checker.reading.keyed.add(place.path)
        return place
    if place is not None or not isinstance(subject, Name):
        message = f"'{node.name}' looks into a metric that is kept by a field"
        hint = f"write {usage}, and under metrics favourite: {{count: purchase.completed, by: line.category, …}}"
        checker.report(Code.WRONG_TYPE, message, hint, subject.span)
    return None


def _habit(checker: Checker, node: Call) -> Value:
    usage = "habit(favourite, line.category)"
    if not _takes(checker, node, 2, 2, usage):
        return NOTHING
    place = _keyed(checker, node, usage)
    key = checker.check(node.arguments[1])
    if place is None or key.type is UNKNOWN:
        return NOTHING
    assert isinstance(place.type, KeyedMetric)
    if key.type is not STRING:
        message = f"a habit is kept for each text, not for {in_words(key.type)}"
        return checker.report(Code.WRONG_TYPE, message, f"write {usage}", node.arguments[1].span)
    value = Value(place.type.type, call("habit", item(ENVIRONMENT, place.path), key.node))
    return _shown(checker, node, value)


def _top(checker: Checker, node: Call) -> Value:
    if not _takes(checker, node, 1, 1, "top(favourite)"):
        return NOTHING
    place = _keyed(checker, node, "top(favourite)")
    if place is None:
        return NOTHING
    return _shown(checker, node, Value(STRING, call("top", item(ENVIRONMENT, place.path))))


def _text_method(checker: Checker, node: Call, target: Node) -> Value:
    subject = checker.check(target)
    if not _takes(checker, node, 1, 1, f'text.{node.name}("…")'):
        return NOTHING
    argument = checker.check(node.arguments[0])
    if UNKNOWN in (subject.type, argument.type):
        return NOTHING
    for value, part in ((subject, target), (argument, node.arguments[0])):
        if value.type is not STRING:
            in_list = node.name == "contains" and isinstance(value.type, ListOf) and part is target
            hint = "write value in list" if in_list else "give it a text between quotes or a field that holds one"
            message = f"'{node.name}' is for texts, not {in_words(value.type)}"
            return checker.report(Code.WRONG_TYPE, message, hint, part.span)
    if isinstance(subject.constant, str) and isinstance(argument.constant, str):
        outcomes = {
            "contains": argument.constant in subject.constant,
            "startsWith": subject.constant.startswith(argument.constant),
            "endsWith": subject.constant.endswith(argument.constant),
        }
        return checker.settled(outcomes[node.name], node.span)
    if node.name == "contains":
        return Value(BOOL, ast.Compare(argument.node, [ast.In()], [subject.node]))
    method = ast.Attribute(subject.node, node.name.lower(), ast.Load())
    return Value(BOOL, ast.Call(method, [argument.node], []))


def _over_list(checker: Checker, node: Call, target: Node) -> Value:
    """exists, all, exists_one, filter and map: `list.exists(element, condition)`."""
    source = checker.check(target)
    if not _takes(checker, node, 2, 2, f"list.{node.name}(x, … x …)"):
        return NOTHING
    if source.type is UNKNOWN:
        return source
    if not isinstance(source.type, ListOf):
        message = f"'{node.name}' goes through a list, not {in_words(source.type)}"
        return checker.report(Code.WRONG_TYPE, message, "put it after a list", target.span)
    variable, body = node.arguments
    reading = checker.reading
    if not isinstance(variable, Name) or variable.name in reading.variables or variable.name in reading.scope:
        message = f"'{node.name}' needs a new name for the element first"
        hint = f"write list.{node.name}(x, … x …), with a name that means nothing else yet"
        return checker.report(Code.BAD_VARIABLE, message, hint, variable.span)
    if checker.nesting == limits.LIST_NESTING:
        message = f"lists are gone through more than {limits.LIST_NESTING} levels deep"
        return checker.report(Code.LISTS_TOO_DEEP, message, "split it into several rules", node.name_span)
    local = f"v{checker.nesting}"
    reading.variables[variable.name] = Place(local, "", source.type.element, False)
    checker.nesting += 1
    checker.weight *= source.most
    result = checker.check(body) if node.name == "map" else checker.condition(body, node.name)
    checker.weight //= source.most
    checker.nesting -= 1
    del reading.variables[variable.name]
    if result.type is UNKNOWN or not checker.single(result, body):
        return NOTHING
    if node.name == "map":
        return Value(ListOf(result.type, source.most), each(result.node, local, source.node), most=source.most)
    if node.name == "filter":
        return Value(source.type, each(name(local), local, source.node, result.node), most=source.most)
    if node.name == "exists_one":
        ones = ast.GeneratorExp(ast.Constant(1), [loop(local, source.node, result.node)])
        code: ast.expr = ast.Compare(call("sum", ones), [ast.Eq()], [ast.Constant(1)])
    else:
        tests = ast.GeneratorExp(result.node, [loop(local, source.node)])
        code = call("any" if node.name == "exists" else "all", tests)
    return _shown(checker, node, Value(BOOL, code))


FUNCTIONS: Final[dict[str, Callable[[Checker, Call], Value]]] = {
    "abs": _rounding,
    "ceil": _rounding,
    "date": _date,
    "floor": _rounding,
    "habit": _habit,
    "has": _has,
    "max": _extreme,
    "min": _extreme,
    "round": _rounding,
    "size": _size_function,
    "streak": _streak,
    "sum": _sum_function,
    "top": _top,
}
METHODS: Final[dict[str, Callable[[Checker, Call, Node], Value]]] = {
    "all": _over_list,
    "contains": _text_method,
    "endsWith": _text_method,
    "exists": _over_list,
    "exists_one": _over_list,
    "filter": _over_list,
    "map": _over_list,
    "size": _size_method,
    "startsWith": _text_method,
    "sum": _sum_method,
}
