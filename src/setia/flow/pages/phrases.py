"""Conditions and amounts of a programme in words: `purchase.eligible / 10_000` → "the part that counts ÷ Rp 10,000".

With ``values`` the same words tell a computation that took place: every name is replaced by what it stood for. What has
no words (functions on lists) is shown as it is written in the programme.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any, Final

from setia.flow.pages.phrase_texts import PHRASES
from setia.flow.pages.speaker import Speaker
from setia.language.contracts import Text
from setia.language.expressions import Expression
from setia.language.expressions.parse import parse
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
    Unary,
)
from setia.language.model import FieldKind
from setia.values.codes import Built

_SIGNS: Final = {"+": "+", "-": "−", "*": "×", "/": "÷", "%": "mod"}
_MONEY: Final = frozenset(
    {f"purchase.{name}" for name in ("gross", "discounts", "total", "eligible", "paid_with_points")}
    | {f"line.{name}" for name in ("amount", "gross", "discount")}
    | {"lines.total", "lines.gross"}
)
_OF_LISTS: Final = ("filter", "sum", "exists", "exists_one", "all")
_LEVELS: Final = ("tier.name", "change.to", "change.from")
_SENTENCES: Final = ("change.is_up", "plan.is_active", "plan.is_trial", "game.is_win", "member.is_complete")
Values = Mapping[str, str]


def tree_of(expression: Expression) -> Node:
    """The tree of an expression that was checked before."""
    tree, _ = parse(expression.source)
    assert tree is not None, expression.source
    return tree


def path_of(node: Node) -> str:
    """`purchase.local_time.hour` as a dotted path; empty for what is no path."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member):
        before = path_of(node.target)
        return f"{before}.{node.name}" if before else ""
    return ""


def _renamed(node: Any, old: str, new: str) -> Any:
    """``node`` with the name ``old`` replaced by ``new``, wherever it is."""
    if isinstance(node, Name) and node.name == old:
        return replace(node, name=new)
    if isinstance(node, tuple):
        return tuple(_renamed(item, old, new) for item in node)
    if isinstance(node, Node):
        inner = {field.name: getattr(node, field.name) for field in fields(node)}
        return replace(node, **{name: _renamed(value, old, new) for name, value in inner.items()})
    return node


class Phrases:
    """Says expressions in the language of ``speaker``."""

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker
        self.programme = speaker.programme
        self._column = ("en", "id", "ms").index(speaker.language)

    def _say(self, key: str, **gaps: str) -> str:
        return PHRASES[key][self._column].format(**gaps)

    def of(self, expression: Expression, values: Values | None = None) -> str:
        """An expression in words, or with ``values`` the computation that it was."""
        return _Reading(self, expression.source, values or {}).words(tree_of(expression))

    def name(self, path: str) -> str:
        """What a name of the programme stands for."""
        root, _, rest = path.partition(".")
        last = path.rpartition(".")[2]
        if path in PHRASES:
            return self._say(path)
        if root in ("tier", "plan"):
            return self._say(f"{root}.benefit", name=self.speaker.word(rest))
        if root == "wallet" and rest in self.programme.units:
            return self._say("wallet", unit=self.speaker.unit(self.programme.units[rest]))
        if path in self.programme.metrics:
            return self._say("metric", name=self.speaker.title(self.programme.metrics[path].title, path))
        if (".local_time." in path or path.endswith((".local_date", ".source"))) and last in PHRASES:
            return self._say(last)
        return self._say("field", name=(rest or root).replace("_", " "))

    def is_money(self, path: str) -> bool:
        """Whether a name stands for an amount of money."""
        if path in _MONEY:
            return True
        metric = self.programme.metrics.get(path)
        if metric is not None:
            return metric.kind == "sum" and metric.amount is not None and self.is_money(metric.amount.source)
        root, _, field = path.partition(".")
        purchase = self.programme.activities[Built.PURCHASE]
        fields = purchase.lines if root == "line" else purchase.fields
        if root == "member":
            fields = self.programme.member_fields
        elif root not in ("purchase", "line"):
            found = [activity for name, activity in self.programme.activities.items() if name.startswith(f"{root}.")]
            fields = {name: type_ for activity in found for name, type_ in activity.fields.items()}
        return field in fields and fields[field].kind is FieldKind.MONEY


class _Reading:
    """One expression, with its source and its values."""

    def __init__(self, phrases: Phrases, source: str, values: Values) -> None:
        self.phrases, self.source, self.values = phrases, source, values
        self.say, self.speaker = phrases._say, phrases.speaker

    def words(self, node: Node) -> str:
        """A node in words."""
        match node:
            case Literal(value=value):
                return self.literal(value)
            case ListLiteral(items=items):
                return self.speaker.listed([self.words(item) for item in items], either=True)
            case Name() | Member():
                return self.named(path_of(node))
            case Unary(operator="!", operand=operand):
                return self.say("not", what=self.condition(operand))
            case Unary(operand=operand):
                return f"−{self.words(operand)}"
            case Binary():
                return self.arithmetic(node)
            case Comparison():
                return self.comparison(node)
            case Logic(operator=operator, operands=operands):
                parts = [self.condition(operand) for operand in operands]
                return self.say(operator).join(
                    f"({part})" if isinstance(operand, Logic) else part
                    for part, operand in zip(parts, operands, strict=True)
                )
            case Choice(condition=condition, then=then, otherwise=otherwise):
                when = _Reading(self.phrases, self.source, {}).condition(condition)  # in words, also of a computation
                gaps = {"then": self.words(then), "condition": when, "otherwise": self.words(otherwise)}
                return f"({self.say('choice', **gaps)})"
        assert isinstance(node, Call), node
        return self.call(node)

    def condition(self, node: Node) -> str:
        """A node that is true or false; a bare name "holds"."""
        path = path_of(node)
        if path in _SENTENCES:
            return self.say(path)
        return self.say("holds", what=self.words(node)) if path else self.words(node)

    def named_text(self, path: str, node: Node) -> str:
        """A text that is compared with ``path``: levels and partners by their titles."""
        programme = self.phrases.programme
        if not isinstance(node, Literal) or not isinstance(node.value, str):
            return self.words(node)
        level = None if programme.tiers is None else programme.tiers.level(node.value)
        if path in _LEVELS and level is not None:
            return self.speaker.title(level.title, node.value)
        if path.endswith(".partner") and node.value in programme.partners:
            return self.speaker.title(programme.partners[node.value].title, node.value)
        return self.literal(self.titled(path, node.value))

    def titled(self, path: str, name: str) -> str:
        """What ``path`` names by ``name``, by its title."""
        programme = self.phrases.programme
        titles: dict[str, Mapping[str, Text]] = {
            "challenge.name": {key: found.title for key, found in programme.challenges.items()},
            "contest.name": {key: found.title for key, found in programme.contests.items()},
            "leaderboard.name": {key: found.title for key, found in programme.leaderboards.items()},
            "draw.name": {key: found.title for key, found in programme.draws.items()},
            "game.name": {key: found.title for key, found in programme.games.items()},
            "game.prize": {key: prize.title for game in programme.games.values() for key, prize in game.prizes.items()},
            "plan.name": {key: found.title for key, found in programme.plans.items()},
        }
        title = titles.get(path, {}).get(name)
        return name if title is None else self.speaker.title(title, name)

    def literal(self, value: bool | str | Fraction) -> str:
        if isinstance(value, bool):
            return self.say("true" if value else "false")
        if isinstance(value, str):
            return f"“{value}”" if value else self.say("empty")
        return self.speaker.number(value)

    def named(self, path: str) -> str:
        if path not in self.values:
            return self.phrases.name(path)
        value = self.values[path]
        try:
            number = Fraction(value.replace("_", ""))
        except ValueError:
            return {"true": self.say("true"), "false": self.say("false")}.get(value, value)
        return self.speaker.money(number) if self.phrases.is_money(path) else self.speaker.number(number)

    def arithmetic(self, node: Binary) -> str:
        operands = [node.first, *(operand for _, operand in node.rest)]
        is_money = any(self.phrases.is_money(path_of(operand)) for operand in operands)
        signs = {operator for operator, _ in node.rest}
        words = [self.operand(operand, is_money and signs <= {"+", "-", "/"}) for operand in operands]
        pieces = [words[0]]
        for (operator, _), text in zip(node.rest, words[1:], strict=True):
            pieces += [_SIGNS[operator], text]
        return " ".join(pieces)

    def operand(self, node: Node, is_money: bool) -> str:
        if is_money and isinstance(node, Literal) and isinstance(node.value, Fraction):
            return self.speaker.money(node.value)
        words = self.words(node)
        return f"({words})" if isinstance(node, Binary | Comparison | Logic) else words

    def comparison(self, node: Comparison) -> str:
        operator, left, right = node.operator, node.left, node.right
        if operator == "in" and not isinstance(right, ListLiteral):
            return self.say("contains", left=self.words(left), right=self.words(right))
        said = []
        for side, other in ((left, right), (right, left)):
            path = path_of(other)
            if isinstance(side, Literal) and isinstance(side.value, Fraction) and self.phrases.is_money(path):
                said.append(self.speaker.money(side.value))
            elif isinstance(side, ListLiteral):
                items = (self.named_text(path, item) for item in side.items)
                said.append(self.speaker.listed(items, either=True))
            else:
                said.append(self.named_text(path, side))
        return self.say(operator, left=said[0], right=said[1])

    def call(self, node: Call) -> str:
        if node.target is None and node.name in ("floor", "ceil", "round", "abs", "size"):
            return self.say(node.name, x=self.words(node.arguments[0]))
        if node.target is None and node.name in ("has", "streak"):
            return self.say(node.name, x=self.condition(node.arguments[0]) if node.name == "streak" else
                            self.words(node.arguments[0]))  # fmt: skip
        if node.target is None and node.name in ("min", "max") and len(node.arguments) > 1:
            return self.say(node.name, x=self.speaker.listed([self.words(argument) for argument in node.arguments]))
        if node.target is not None and node.name in _OF_LISTS:
            return self.of_list(node)
        if node.name in ("habit", "top"):
            told = {"x": self.words(node.arguments[1])} if node.name == "habit" else {}
            return self.say(node.name, metric=self.words(node.arguments[0]), **told)
        if node.target is not None and node.name in ("startsWith", "endsWith", "contains"):
            key = "text" if node.name == "contains" else node.name
            return self.say(key, left=self.words(node.target), right=self.words(node.arguments[0]))
        if node.name == "date" and isinstance(node.arguments[0], Literal):
            return self.speaker.date(dt.date.fromisoformat(str(node.arguments[0].value)))
        return self.code(node)

    def of_list(self, node: Call) -> str:
        """What is said of the items of a list: those of which something is true, the sum of something over them."""
        assert node.target is not None
        if node.name == "sum" and isinstance(node.target, Call) and node.target.name == "map":
            inner = node.target
            assert inner.target is not None
            return self.say("sum", x=self.of_item(inner)[0], items=self.words(inner.target))
        if len(node.arguments) < 2:
            return self.code(node)
        return self.say(node.name, x=self.of_item(node)[1], items=self.words(node.target))

    def of_item(self, node: Call) -> tuple[str, str]:
        """The last argument of a function on a list, as an amount and as a condition, of one line of a purchase."""
        item, what = node.arguments[0], node.arguments[-1]
        found = _renamed(what, path_of(item), "line")
        return self.words(found), self.condition(found)

    def code(self, node: Node) -> str:
        return self.source[node.span.offset : node.span.offset + node.span.length]
