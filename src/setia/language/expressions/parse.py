"""Tokens to syntax tree: a Pratt parser, bounded in parts and depth so that it always answers quickly."""

from fractions import Fraction
from typing import Final

from setia.language.expressions import limits
from setia.language.expressions.problems import Code, Problem
from setia.language.expressions.tokens import Token, tokenize
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
    children,
)

_CHOICE, _OR, _AND, _COMPARE, _ADD, _MULTIPLY, _UNARY = range(1, 8)
_BINDING: Final = {
    "?": _CHOICE,
    "||": _OR,
    "&&": _AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), _COMPARE),
    **dict.fromkeys(("+", "-"), _ADD),
    **dict.fromkeys(("*", "/", "%"), _MULTIPLY),
}
_CLOSING: Final = {"(": ")", "[": "]"}
_FOLLOWING: Final = {Code.SYNTAX, Code.UNCLOSED_BRACKET}
_UNREADABLE: Final = {Code.UNEXPECTED_CHARACTER, Code.UNTERMINATED_TEXT, Code.BAD_NUMBER}


class _Stop(Exception):
    """Reading cannot go on: the problem that stopped it is already noted."""


def parse(source: str) -> tuple[Node | None, list[Problem]]:
    """Read the source into a tree. The tree is None when there are problems that could not be mended."""
    if not source.strip():
        return None, [Problem(Code.EMPTY, "the expression is empty", "write a condition or an amount", 0, len(source))]
    if len(source) > limits.SOURCE_CHARACTERS:
        message = f"the expression has {len(source):_} characters; at most {limits.SOURCE_CHARACTERS:_} are allowed"
        hint = "split it into several rules"
        return None, [Problem(Code.TOO_LONG, message, hint, limits.SOURCE_CHARACTERS, 1)]
    tokens, problems = tokenize(source)
    parser = _Parser(tokens, problems)
    try:
        return parser.whole(), problems
    except _Stop:
        return None, problems


class _Parser:
    def __init__(self, tokens: list[Token], problems: list[Problem]) -> None:
        self.tokens = tokens
        self.problems = problems
        self.at = 0
        self.parts = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def next(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def sees(self, operator: str) -> bool:
        return self.token.kind == "operator" and self.token.text == operator

    def stop(self, code: Code, message: str, hint: str, span: Span) -> _Stop:
        # A word that could not be read is the likelier cause of a syntax error: one problem is enough.
        if code not in _FOLLOWING or not any(found.code in _UNREADABLE for found in self.problems):
            self.problems.append(Problem(code, message, hint, span.offset, span.length))
        return _Stop()

    def too_deep(self, span: Span) -> _Stop:
        return self.stop(
            Code.TOO_DEEP,
            f"the expression is nested more than {limits.DEPTH} levels deep",
            "take brackets away, or split it into several rules",
            span,
        )

    def count(self, span: Span) -> None:
        self.parts += 1
        if self.parts > limits.PARTS:
            raise self.stop(
                Code.TOO_MANY_PARTS,
                f"the expression has more than {limits.PARTS} parts",
                "split it into several rules; a long list of values belongs in the programme",
                span,
            )

    def whole(self) -> Node:
        tree = self.expression(0)
        if self.token.kind != "end":
            raise self.unexpected("the expression could end here")
        level = [tree]
        for _ in range(2 * limits.DEPTH):
            level = [child for node in level for child in children(node)]
            if not level:
                return tree
        raise self.too_deep(level[0].span)

    def expression(self, binding: int) -> Node:
        self.depth += 1
        if self.depth > limits.DEPTH:
            raise self.too_deep(self.token.span)
        left = self.operand()
        while (level := _BINDING.get(self.operator(), 0)) > binding:
            left = self.continued(left, level)
        self.depth -= 1
        return left

    def operator(self) -> str:
        token = self.token
        return token.text if token.kind == "operator" or (token.kind == "name" and token.text == "in") else ""

    def continued(self, left: Node, level: int) -> Node:
        if level == _CHOICE:
            return self.choice(left)
        if level == _COMPARE:
            return self.comparison(left)
        if level in (_OR, _AND):
            sign, operands = self.operator(), [left]
            while self.sees(sign):
                self.count(self.next().span)
                operands.append(self.expression(level))
            return Logic(left.span.to(operands[-1].span), sign, tuple(operands))
        rest: list[tuple[str, Node]] = []
        while _BINDING.get(self.operator()) == level:
            sign = self.next().text
            self.count(self.token.span)
            rest.append((sign, self.expression(level)))
        return Binary(left.span.to(rest[-1][1].span), left, tuple(rest))

    def choice(self, condition: Node) -> Node:
        self.count(self.next().span)
        then = self.expression(0)
        if not self.sees(":"):
            raise self.unexpected("a ? needs its second half", "write condition ? this : that")
        self.next()
        otherwise = self.expression(0)
        return Choice(condition.span.to(otherwise.span), condition, then, otherwise)

    def comparison(self, left: Node) -> Node:
        operator = self.next()
        self.count(operator.span)
        right = self.expression(_COMPARE)
        if _BINDING.get(self.operator()) == _COMPARE:
            raise self.stop(
                Code.CHAINED_COMPARISON,
                "comparisons cannot be chained",
                "say each one and join them: a < b && b < c",
                self.token.span,
            )
        return Comparison(left.span.to(right.span), operator.text, left, right)

    def operand(self) -> Node:
        token = self.token
        if token.kind == "operator" and token.text in ("-", "!"):
            self.next()
            self.count(token.span)
            operand = self.expression(_UNARY)
            if token.text == "-" and isinstance(operand, Literal) and isinstance(operand.value, Fraction):
                return Literal(token.span.to(operand.span), -operand.value)
            return Unary(token.span.to(operand.span), token.text, operand)
        node = self.primary()
        while self.sees(".") or self.sees("["):
            if self.sees("["):
                raise self.stop(
                    Code.NOT_SUPPORTED,
                    "elements of a list cannot be picked by number",
                    "use exists, all, filter, map or 'in'; or separate texts and lists with an operator",
                    self.token.span,
                )
            node = self.member(node)
        return node

    def primary(self) -> Node:
        token = self.token
        if token.kind not in ("name", "number", "text") and token.text not in _CLOSING:
            raise self.unexpected("a value is missing here")
        if token.kind == "name" and token.text == "in":
            raise self.unexpected("a value is missing before 'in'")
        self.next()
        self.count(token.span)
        if token.kind in ("number", "text"):
            return Literal(token.span, token.value)
        if token.kind == "name":
            return self.name(token)
        if token.text == "(":
            inside = self.expression(0)
            self.close(token)
            return inside
        items = self.arguments(token)
        return ListLiteral(token.span.to(self.tokens[self.at - 1].span), items)

    def name(self, token: Token) -> Node:
        if token.text in ("true", "false"):
            return Literal(token.span, token.text == "true")
        if token.text in ("null", "nil", "None"):
            raise self.stop(
                Code.NOT_SUPPORTED,
                f"there is no '{token.text}'",
                "has(some.field) tells whether a field is there",
                token.span,
            )
        if self.sees("("):
            arguments = self.arguments(self.next())
            return Call(token.span.to(self.tokens[self.at - 1].span), None, token.text, token.span, arguments)
        return Name(token.span, token.text)

    def member(self, target: Node) -> Node:
        self.next()
        name = self.token
        if name.kind != "name":
            raise self.unexpected("a name is missing after the dot")
        self.next()
        self.count(name.span)
        if self.sees("("):
            arguments = self.arguments(self.next())
            return Call(target.span.to(self.tokens[self.at - 1].span), target, name.text, name.span, arguments)
        return Member(target.span.to(name.span), target, name.text, name.span)

    def arguments(self, opening: Token) -> tuple[Node, ...]:
        items: list[Node] = []
        closing = _CLOSING[opening.text]
        while not self.sees(closing):
            if items:
                if not self.sees(","):
                    self.close(opening)
                self.next()
                if self.sees(closing):
                    raise self.unexpected("a value is missing after the comma")
            items.append(self.expression(0))
            if opening.text == "[" and isinstance(items[-1], Literal):
                self.parts -= 1  # a list of plain values is looked up at once, however long: only the source bounds it
        self.next()
        return tuple(items)

    def close(self, opening: Token) -> None:
        if self.sees(_CLOSING[opening.text]):
            self.next()
            return
        if self.token.kind == "end":
            raise self.stop(
                Code.UNCLOSED_BRACKET,
                f"this {opening.text} is never closed",
                f'add the missing {_CLOSING[opening.text]}, or write "…" around it: in {{ }} a comma ends the text',
                opening.span,
            )
        raise self.unexpected(f"the {opening.text} is not closed yet")

    def unexpected(self, message: str, hint: str = "") -> _Stop:
        token = self.token
        if token.kind == "end":
            return self.stop(
                Code.SYNTAX,
                f"the expression ends too early: {message}",
                hint or self.percent_hint() or "complete it, or take the last sign away",
                token.span,
            )
        shown = token.text if token.kind != "text" else "a text"
        usual = {
            "name": "put an operator between two values; texts stand between quotes",
            "number": "put an operator between two values; thousands are written 10_000",
            "text": "put an operator between two values",
            "operator": self.percent_hint() or "check the signs and brackets just before",
        }[token.kind]
        return self.stop(Code.SYNTAX, f"'{shown}' was not expected: {message}", hint or usual, token.span)

    def percent_hint(self) -> str:
        before = self.tokens[self.at - 1].text if self.at else ""
        return "% is the remainder of a division; 15 percent is written 0.15" if before == "%" else ""
