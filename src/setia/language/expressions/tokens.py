"""Source text to tokens. Common slips (`=`, `and`, smart quotes, ≥) are reported, mended and read on."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from setia.language.expressions.limits import DIGITS
from setia.language.expressions.problems import Code, Problem
from setia.language.expressions.tree import Span

Kind = Literal["name", "number", "text", "operator", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the source: `text` is the name or operator, `value` what a number or text stands for."""

    kind: Kind
    text: str
    span: Span
    value: str | Fraction = ""


_SPACE = re.compile(r"\s+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"[0-9][0-9_]*(?:\.[0-9][0-9_]*)?")
_GOOD_NUMBER = re.compile(r"[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?")
_AMBIGUOUS = re.compile(r"([0-9]{1,3})\.([0-9]{2}0)")
_NUMBER_TAIL = re.compile(r"(?:[A-Za-z0-9_]|\.(?![A-Za-z_]))+")
_OPERATOR = re.compile(r"&&|\|\||==|!=|<=|>=|[-+*/%<>!?:()\[\],.]")
_SLIP = re.compile(r"===|<>|=>|=<|&(?!&)|\|(?!\|)|=(?!=)|≥|≤|≠|×|÷|−")
_MENDED = {
    "===": "==",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
    "&": "&&",
    "|": "||",
    "=": "==",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "−": "-",
}
_WORDS = {"and": "&&", "or": "||", "not": "!"}
_NOT_IN = re.compile(r"not\s+in\b", re.IGNORECASE)
_SMART_QUOTES = "“”„‘’‚«»"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_UNICODE = re.compile(r"[0-9A-Fa-f]{4}")


def tokenize(source: str) -> tuple[list[Token], list[Problem]]:
    """Cut the source into tokens, the last of kind "end"; also return what is wrong with its words."""
    reader = _Reader(source)
    reader.read()
    return reader.tokens, reader.problems


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.tokens: list[Token] = []
        self.problems: list[Problem] = []

    def report(self, code: Code, message: str, hint: str, start: int, end: int) -> None:
        self.problems.append(Problem(code, message, hint, start, end - start))

    def add(self, kind: Kind, text: str, end: int, value: str | Fraction = "") -> None:
        self.tokens.append(Token(kind, text, Span(self.at, end - self.at), value))
        self.at = end

    def read(self) -> None:
        source = self.source
        while self.at < len(source):
            start, char = self.at, source[self.at]
            if space := _SPACE.match(source, start):
                self.at = space.end()
            elif found := _NAME.match(source, start):
                self.name(found.group(), found.end())
            elif found := _NUMBER.match(source, start):
                self.number(found.group(), found.end())
            elif char in "'\"":
                self.text(char)
            elif char in _SMART_QUOTES:
                self.smart_text()
            elif slip := _SLIP.match(source, start):
                self.slip(slip.group(), slip.end())
            elif found := _OPERATOR.match(source, start):
                self.add("operator", found.group(), found.end())
            else:
                self.unexpected(char)
        self.add("end", "", self.at)

    def name(self, word: str, end: int) -> None:
        if not_in := _NOT_IN.match(self.source, self.at):
            end = not_in.end()
            self.report(Code.WRONG_OPERATOR, "'not in' is not an operator", "write !(value in list)", self.at, end)
            self.add("name", "in", end)
            return
        operator = _WORDS.get(word.lower())
        if operator is None:
            self.add("name", word, end)
            return
        self.report(
            Code.WRONG_OPERATOR, f"'{word}' is not an operator here", f"write {operator} for '{word}'", self.at, end
        )
        self.add("operator", operator, end)

    def slip(self, sign: str, end: int) -> None:
        mended = _MENDED[sign]
        why = "compares; a single = means nothing here" if sign == "=" else "is the sign"
        self.report(Code.WRONG_OPERATOR, f"'{sign}' is not an operator here", f"write {mended}: it {why}", self.at, end)
        self.add("operator", mended, end)

    def unexpected(self, char: str) -> None:
        hints = {
            "{": "braces have no meaning in expressions; a list is written [1, 2]",
            "}": "braces have no meaning in expressions; a list is written [1, 2]",
            ";": "an expression is one formula; join conditions with &&",
            "$": "write names without a sign before them: purchase.total",
            "^": "there are no powers; multiply instead",
        }
        shown = char if char.isprintable() else f"U+{ord(char):04X}"
        hint = hints.get(char, "put texts between quotes; names are made of a-z, 0-9 and _")
        self.report(Code.UNEXPECTED_CHARACTER, f"'{shown}' has no meaning here", hint, self.at, self.at + 1)
        self.at += 1

    def number(self, digits: str, end: int) -> None:
        if tail := _NUMBER_TAIL.match(self.source, end):
            digits, end = digits + tail.group(), tail.end()
        value = Fraction(1)
        if not _GOOD_NUMBER.fullmatch(digits):
            self.report(
                Code.BAD_NUMBER,
                f"'{digits}' is not a number",
                "numbers are written 10000, 10_000 or 2.5; a name begins with a letter",
                self.at,
                end,
            )
        elif len(digits.replace("_", "").replace(".", "")) > DIGITS:
            self.report(
                Code.NUMBER_TOO_LONG, f"this number has more than {DIGITS} digits", "use a smaller number", self.at, end
            )
        elif ambiguous := _AMBIGUOUS.fullmatch(digits):
            whole, decimals = ambiguous.groups()
            small = f"{whole}.{decimals}".rstrip("0").rstrip(".")
            self.report(
                Code.AMBIGUOUS_NUMBER,
                f"'{digits}' means {small}, but can be taken for {whole}_{decimals}",
                f"write {small} or {whole}_{decimals}",
                self.at,
                end,
            )
        else:
            value = Fraction(digits.replace("_", ""))
        self.add("number", digits, end, value)

    def smart_text(self) -> None:
        start, end = self.at, self.at + 1
        while end < len(self.source) and self.source[end] not in _SMART_QUOTES:
            end += 1
        inside = self.source[start + 1 : end]
        end = min(end + 1, len(self.source))
        self.report(
            Code.SMART_QUOTE,
            f"{self.source[start]} is a typographic quote",
            f"use straight quotes: \"{inside}\" or '{inside}'",
            start,
            end,
        )
        self.add("text", inside, end, inside)

    def text(self, quote: str) -> None:
        source, end = self.source, self.at + 1
        pieces: list[str] = []
        while end < len(source) and source[end] not in "\r\n":
            char = source[end]
            if char == quote:
                self.add("text", source[self.at : end + 1], end + 1, "".join(pieces))
                return
            if char == "\\":
                piece, end = self.escape(end)
                pieces.append(piece)
            else:
                pieces.append(char)
                end += 1
        if not any(problem.code is Code.UNTERMINATED_TEXT for problem in self.problems):
            hint = f"close it with {quote} on the same line"
            self.report(Code.UNTERMINATED_TEXT, "this text has no end", hint, self.at, end)
        self.add("text", source[self.at : end], end, "".join(pieces))

    def escape(self, at: int) -> tuple[str, int]:
        letter = self.source[at + 1 : at + 2]
        if letter in ("", "\r", "\n"):
            return "", at + 1
        if letter in _ESCAPES:
            return _ESCAPES[letter], at + 2
        if letter == "u" and (digits := _UNICODE.match(self.source, at + 2)):
            char = chr(int(digits.group(), 16))
            if not "\ud800" <= char <= "\udfff":
                return char, at + 6
        hint = r"known escapes: \n \t \r \\ \' \" \u00e9; write \\ for a backslash"
        self.report(Code.BAD_ESCAPE, f"'\\{letter}' is not an escape", hint, at, at + 2)
        return "", at + 2
