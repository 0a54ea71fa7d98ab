"""Purchases to show a rule with: what its conditions ask for is put into one, and the engine says what it brings.

Nothing here decides anything: a guess that the rule does not apply to is dropped, so that what is shown took place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from setia.flow.explain import Case, Explanation, explain
from setia.flow.memory import MemoryBook
from setia.flow.pages.phrases import path_of, tree_of
from setia.flow.work import Decision, MemberWork, Version
from setia.language.bodies import parse_body
from setia.language.expressions import Expression
from setia.language.expressions.tree import Call, Comparison, ListLiteral, Literal, Logic, Node
from setia.language.model import Programme, Rule
from setia.rules.match import is_open
from setia.rules.trace import AmountTrace, RuleTrace
from setia.values.activities import Activity, Body
from setia.values.codes import Built

#: Amounts of money that are tried, in whole units: a rule is shown with the first that brings something to look at.
LADDER: Final = tuple(first * 10**power for power in range(1, 8) for first in (1, 2, 5))
_MONEY: Final = frozenset({"purchase.gross", "purchase.total", "purchase.eligible", "lines.total", "lines.gross"})
_ENOUGH: Final = 10
_HOUR: Final = dt.timedelta(hours=1)
_LINE: Final = ("sku", "category", "kind")
_TOP: Final = ("channel", "place")


@dataclass(slots=True)
class Wish:
    """What the conditions of a rule ask of a purchase."""

    line: dict[str, Any] = field(default_factory=dict)
    top: dict[str, Any] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    least: Fraction = Fraction(0)  # money
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Played:
    """A purchase that was played: the sale, what it was decided as, and the book after it."""

    book: MemoryBook
    member: MemberWork
    wish: Wish
    activity: Activity
    decision: Decision
    explanation: Explanation

    def rule(self, name: str) -> RuleTrace | None:
        """What became of a rule."""
        return next((rule for rule in self.explanation.rules if rule.rule == name), None)

    def wallet(self) -> dict[str, int]:
        """What the member has of each unit, usable or not yet, in steps."""
        return {unit: balance.available + balance.pending for unit, balance in self.member.wallet.balances.items()}

    def goes_back(self) -> dict[str, int]:
        """What a return of all of it, a day later, takes back of each unit, in steps; the book is changed by it."""
        programme = self.book.versions[0].programme
        before = self.wallet()
        of = {"source": self.activity.source, "external_id": self.activity.external_id}
        body = parse_body(programme, Built.RETURN.value, {"of": of})
        assert isinstance(body, dict), body
        at = self.activity.occurred_at + 24 * _HOUR
        self.book.handle(self.book.activity(Built.RETURN.value, self.member, at, body, external_id="return"))
        after = self.wallet()
        return {unit: amount - after.get(unit, 0) for unit, amount in before.items() if amount > after.get(unit, 0)}


def wish_of(rule: Rule) -> Wish:
    """What a rule asks of a purchase, as far as its conditions say it plainly."""
    wish = wishes(*(expression for expression in (rule.lines, rule.when) if expression is not None))
    if any("quantity" in path for give in rule.gives if give.amount for path in give.amount.paths):
        wish.quantity = max(wish.quantity, 2)
    return wish


def wishes(*conditions: Expression) -> Wish:
    """What conditions ask of a purchase."""
    wish = Wish()
    for condition in conditions:
        for node in _demands(tree_of(condition)):
            _heed(node, wish)
    return wish


def demanded(condition: Expression, noun: str) -> dict[str, Any]:
    """What a condition asks of the fields of an activity of ``noun``."""
    found: dict[str, Any] = {}
    for node in _demands(tree_of(condition)):
        root, _, name = path_of(node.left if isinstance(node, Comparison) else node).partition(".")
        if root == noun:
            found[name] = _plain(_wanted(node)) if isinstance(node, Comparison) else True
    return found


def _demands(node: Node) -> Iterator[Node]:
    """All of an "and", the first of an "or"."""
    if isinstance(node, Logic):
        for operand in node.operands if node.operator == "&&" else node.operands[:1]:
            yield from _demands(operand)
    else:
        yield node


def _heed(node: Node, wish: Wish) -> None:
    if isinstance(node, Comparison):
        if node.operator == "in" and path_of(node.right) == "purchase.codes" and isinstance(node.left, Literal):
            wish.codes.append(str(node.left.value))
        elif node.operator in ("==", "in", ">=", ">"):
            _set(path_of(node.left), _wanted(node), wish)
    elif isinstance(node, Call) and node.name == "has":
        _set(path_of(node.arguments[0]), "1", wish)  # it is a text or a number, whichever the field is
    else:
        _set(path_of(node), True, wish)


def _wanted(node: Comparison) -> Any:
    right = node.right.items[0] if isinstance(node.right, ListLiteral) and node.right.items else node.right
    if not isinstance(right, Literal):
        return None
    if isinstance(right.value, Fraction):
        return right.value + (1 if node.operator == ">" else 0)
    return right.value


def _set(path: str, value: Any, wish: Wish) -> None:
    root, _, name = path.partition(".")
    if value is None:
        return
    if path in _MONEY:
        wish.least = max(wish.least, Fraction(value))
    elif path in ("lines.quantity", "purchase.quantity"):
        wish.quantity = max(wish.quantity, int(value))
    elif root == "line" and name not in ("amount", "gross", "discount", "quantity", "id"):
        wish.line[name] = value
    elif root == "purchase" and "." not in name:
        wish.top[name] = value


def instant(programme: Programme, rule: Rule, after: dt.datetime) -> dt.datetime | None:
    """When the rule is open: from the noon of ``after`` on, or from its start; None when it is not within a week."""
    noon = after.astimezone(programme.zone).replace(hour=12, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
    if rule.schedule is None:
        return noon
    start = max(noon, rule.schedule.start or noon)
    hours = (start + number * _HOUR for number in range(24 * 8))
    return next((at for at in hours if is_open(rule.schedule, at, programme.zone)), None)


def body_of(programme: Programme, wish: Wish, money: Fraction) -> Body | None:
    """The purchase that ``wish`` describes; None when it cannot be said."""
    line = {"sku": "ITEM", **{name: _plain(value) for name, value in wish.line.items()}}
    line |= {"quantity": wish.quantity, "amount": _plain(money)}
    raw: dict[str, Any] = {"lines": [line], **{name: _plain(value) for name, value in wish.top.items()}}
    if wish.codes:
        raw["codes"] = wish.codes
    body = parse_body(programme, Built.PURCHASE.value, raw)
    return body if isinstance(body, dict) else None


def play(programme: Programme, wish: Wish, money: Fraction, at: dt.datetime, level: str = "") -> Played | None:
    """Play the purchase that ``wish`` describes, of a member who joined just then; None when it cannot be said."""
    body = body_of(programme, wish, money)
    if body is None:
        return None
    version = Version(1, at - dt.timedelta(days=1), programme)
    book = MemoryBook([version])
    member = book.join(at)
    if level:
        member.progress.tier, member.progress.version = level, version.number
    activity = book.activity(Built.PURCHASE.value, member, at, body, external_id="example")
    decision = next(made for made in book.handle(activity) if made.activity is activity)
    case = Case(version, activity, decision.status, decision.facts, decision.result, decision.entries)
    return Played(book, member, wish, activity, decision, explain(case))


def _plain(value: Any) -> Any:
    """A wish as JSON: numbers as texts with decimals where there are any."""
    if not isinstance(value, Fraction):
        return value
    return int(value) if value.denominator == 1 else str(float(value))


def shown(programme: Programme, rule: Rule, after: dt.datetime) -> Played | None:
    """The purchase to show ``rule`` with: the smallest of the ladder for which it gives something worth a look."""
    if Built.PURCHASE.value not in rule.on:
        return None
    at = instant(programme, rule, after)
    if at is None:
        return None
    wish = wish_of(rule)
    best: Played | None = None
    for step in LADDER:
        if step < wish.least:
            continue
        played = play(programme, wish, Fraction(step), at)
        trace = None if played is None else played.rule(rule.name)
        if played is None or trace is None or trace.outcome != "gave":
            continue
        best = played
        if all(_is_telling(programme, amount) for amount in trace.amounts if amount.unit):
            return played
    return best


def _is_telling(programme: Programme, amount: AmountTrace) -> bool:
    """Whether an amount is large enough to look at, or would not grow with the money."""
    inputs = () if amount.formula is None else tuple(amount.formula.inputs)
    grows = any("quantity" not in path and "count" not in path for path in inputs)
    enough = _ENOUGH * 10 ** programme.units[amount.unit].decimals
    return not grows or bool(amount.cuts) or amount.given >= enough
