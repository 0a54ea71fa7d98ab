"""Reading one mapping of the file, setting by setting, and noting everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from setia.language.contracts import Forms, Text
from setia.language.diagnostics import DiagnosticCode, Findings, Place
from setia.language.expressions import Expression, Problem, Scope, compile_amount, compile_condition
from setia.language.keys import KEYS
from setia.language.nodes import Entry, Mapping, Node, Scalar, Sequence, kind_of
from setia.language.words import Misread, did_you_mean, listed, read_choice, read_flag, read_number, read_span
from setia.values.instants import Span
from setia.values.money import format_scaled

T = TypeVar("T")

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_WITHOUT_PLURAL: Final = ("id", "ms")
PLURALS: Final = ("one", "other")
"""The forms of a name, as CLDR calls those that English has."""
_WORD = re.compile(r"[a-z][a-z0-9_]{0,59}")
_LABEL = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_KEYWORDS: Final = frozenset(
    "true false null in as break const continue else for function if import let loop package namespace return var void "
    "while".split()
)
_FUNCTIONS: Final = frozenset(
    "has size sum min max abs floor ceil round date streak habit top all exists exists_one filter map".split()
)
_BARE: Final = ("metric", "activity")
"""What is named in expressions without anything before it, as functions are."""


class Section:
    """One mapping of the file. Each setting is asked for by name; ``close`` reports those that nobody knows.

    ``kind`` chooses the known settings in ``KEYS``; ``free`` sections (a give, a level) hold others beside them, which
    the reader takes with ``others``.
    """

    def __init__(self, kind: str, node: Mapping, place: Place, findings: Findings, what: str) -> None:
        self.kind = kind
        self.node = node
        self.place = place
        self.findings = findings
        self.what = what
        self.known = KEYS[kind]
        self.is_broken = False
        """Whether the file has something else here, which was reported: then nothing is missing in it."""

    def close(self) -> None:
        """Report the settings that this section does not know."""
        for name, entry in self.node.entries.items():
            if name not in self.known:
                self.findings.error(
                    DiagnosticCode.UNKNOWN_KEY,
                    f"{self.what} has no setting '{name[:60]}'",
                    entry.key.place,
                    f"{did_you_mean(name, self.known)}known settings: {listed(self.known)}",
                )

    def others(self) -> Iterator[tuple[str, Entry]]:
        """The entries that are not settings of this kind of section."""
        return ((name, entry) for name, entry in self.node.entries.items() if name not in self.known)

    def has(self, key: str) -> bool:
        """Whether the file gives this setting."""
        assert key in self.known, (self.kind, key)
        return key in self.node.entries

    def at(self, key: str) -> Place:
        """Where this setting stands (where the section stands, if it is not given)."""
        entry = self.node.entries.get(key)
        return entry.key.place if entry else self.place

    def value_at(self, key: str) -> Place:
        """Where this setting's value stands."""
        entry = self.node.entries.get(key)
        return entry.value.place if entry else self.place

    def error(self, code: DiagnosticCode, message: str, key: str, hint: str = "") -> None:
        """Note an error at the setting ``key``."""
        self.findings.error(code, message, self.at(key), hint)

    def find(self, key: str, required: str = "") -> Node | None:
        """Return the setting's node; ``required`` is the example that the hint shows when it is missing."""
        assert key in self.known, (self.kind, key)
        entry = self.node.entries.get(key)
        if entry is None:
            if required and not self.is_broken:
                message = f"{self.what} needs the setting '{key}'"
                self.findings.error(DiagnosticCode.MISSING_KEY, message, self.place, f"for example `{required}`")
            return None
        return entry.value

    def scalar(self, key: str, required: str = "") -> Scalar | None:
        """Return the setting as a text."""
        node = self.find(key, required)
        return None if node is None else scalar_of(node, self.findings, f"'{key}'")

    def read(self, key: str, reader: Callable[[str], T], required: str = "") -> T | None:
        """Return the setting's text as ``reader`` understands it."""
        scalar = self.scalar(key, required)
        return None if scalar is None else read_scalar(scalar, reader, self.findings)

    def word(self, key: str, choices: Iterable[str]) -> str | None:
        """Return the setting as one of ``choices``."""
        return self.read(key, lambda text: read_choice(text, choices))

    def text(self, key: str, required: str = "", longest: int = 200) -> str | None:
        """Return the setting as a text for people or machines, without blank sides."""
        scalar = self.scalar(key, required)
        if scalar is None:
            return None
        if len(scalar.text) > longest:
            message = f"'{key}' has {len(scalar.text)} characters"
            self.findings.error(DiagnosticCode.OUT_OF_RANGE, message, scalar.place, f"at most {longest}")
        return scalar.text.strip()

    def flag(self, key: str, default: bool = False) -> bool:
        """Return the setting as true or false."""
        found = self.read(key, read_flag)
        return default if found is None else found

    def span(self, key: str, least: int = 1, required: str = "") -> Span | None:
        """Return the setting as a length of time."""
        return self.read(key, lambda text: read_span(text, least), required)

    def integer(self, key: str, least: int, most: int, decimals: int = 0) -> int | None:
        """Return the setting as a number between ``least`` and ``most``, in steps of 10^-decimals."""
        scalar = self.scalar(key)
        return None if scalar is None else number_of(scalar, f"'{key}'", least, most, decimals, self.findings)

    def titled(self, key: str, default: str) -> Text:
        """Return the setting as a text in one or several languages."""
        return self._texts(self.find(key), key, default)

    def counted(self, key: str, default: str) -> tuple[Text, Forms]:
        """As ``titled``, where a language may say what one is called and what any other number of them."""
        node = self.find(key)
        forms: dict[str, dict[str, str]] = {}
        if isinstance(node, Mapping):
            plain = dict(node.entries)
            for language, entry in node.entries.items():
                if isinstance(entry.value, Mapping):
                    forms[language] = self._forms(key, language, entry.value)
                    other = entry.value.entries.get("other")
                    plain[language] = Entry(
                        entry.key, Scalar(language, entry.key.place) if other is None else other.value
                    )
            node = Mapping(plain, node.place)
        return self._texts(node, key, default), forms

    def _forms(self, key: str, language: str, node: Mapping) -> dict[str, str]:
        what = f"'{key}' in '{language}'"
        hint = f"write {language}: {{one: point, other: points}}"
        if language in _WITHOUT_PLURAL:
            message = f"{what} has one form: in this language a name stays as it is, however many there are"
            self.findings.error(DiagnosticCode.CONFLICTING_KEYS, message, node.place, f"write {language}: poin")
        if set(node.entries) != set(PLURALS):
            message = f"{what} needs the forms {listed(PLURALS)}, and no others"
            self.findings.error(DiagnosticCode.MISSING_KEY, message, node.place, hint)
        found = {name: scalar_of(entry.value, self.findings, what) for name, entry in node.entries.items()}
        return {name: scalar.text.strip() for name, scalar in found.items() if scalar is not None}

    def _texts(self, node: Node | None, key: str, default: str) -> Text:
        if node is None:
            return {"": default}
        if isinstance(node, Scalar):
            self._refuse_empty(node.text.strip(), key, node.place)
            return {"": node.text.strip()}
        texts: dict[str, str] = {}
        if isinstance(node, Mapping):
            self._refuse_empty("".join(node.entries), key, node.place)
        for language, entry in mapping_of(node, self.findings, f"'{key}'").items():
            scalar = scalar_of(entry.value, self.findings, f"'{key}' in '{language}'")
            if not _LANGUAGE.fullmatch(language):
                message = f"'{language[:60]}' is not a language code"
                hint = "write a text, or one text a language: {id: poin, ms: mata, en: points}"
                self.findings.error(DiagnosticCode.BAD_LANGUAGE, message, entry.key.place, hint)
            elif scalar is not None:
                self._refuse_empty(scalar.text.strip(), key, scalar.place)
                texts[language] = scalar.text.strip()
        return texts or {"": default}

    def _refuse_empty(self, text: str, key: str, place: Place) -> None:
        if not text:
            hint = "write a text, or leave it out"
            self.findings.error(DiagnosticCode.WRONG_SHAPE, f"'{key}' is empty", place, hint)

    def texts(self, key: str, required: str = "") -> list[Scalar]:
        """Return the setting as a list of texts; one text alone is a list of one."""
        node = self.find(key, required)
        return [] if node is None else scalars_of(node, self.findings, f"'{key}'")

    def section(self, key: str, kind: str, what: str) -> Section | None:
        """Return the setting as a section of its own."""
        node = self.find(key)
        if node is None:
            return None
        if not isinstance(node, Mapping):
            wrong_shape(node, self.findings, f"'{key}'", f"a mapping with {listed(KEYS[kind])}")
            return None
        return Section(kind, node, self.at(key), self.findings, what)

    def named(self, key: str, kind: str, noun: str, is_word: bool) -> list[tuple[str, Section]]:
        """Return the sections of a mapping of names, such as all units; names that cannot be are reported."""
        node = self.find(key)
        found: list[tuple[str, Section]] = []
        if node is None:
            return found
        for name, entry in mapping_of(node, self.findings, f"'{key}'").items():
            check_name(name, entry.key.place, noun, is_word, self.findings)
            inner = entry.value
            if isinstance(inner, Scalar) and not inner.text and inner.is_plain:
                inner = Mapping({}, inner.place)
            is_broken = not isinstance(inner, Mapping)
            if not isinstance(inner, Mapping):
                wrong_shape(inner, self.findings, f"{noun} '{name}'", f"a mapping with {listed(KEYS[kind])}")
                inner = Mapping({}, inner.place)
            section = Section(kind, inner, entry.key.place, self.findings, f"{noun} '{name}'")
            section.is_broken = is_broken
            found.append((name, section))
        return found

    def condition(self, key: str, scope: Scope) -> Expression | None:
        """Return the setting compiled as a condition."""
        scalar = self.scalar(key)
        return None if scalar is None else compiled(scalar, compile_condition, scope, self.findings)

    def only_one(self, keys: Iterable[str], example: str) -> str | None:
        """Return which of ``keys`` is given; report it when none is, or more than one."""
        given = [key for key in keys if self.has(key)]
        if not given:
            message = f"{self.what} needs one of: {listed(keys)}"
            if not self.is_broken:
                self.findings.error(DiagnosticCode.MISSING_KEY, message, self.place, f"for example `{example}`")
            return None
        for key in given[1:]:
            message = f"'{given[0]}' and '{key}' cannot stand together"
            self.error(DiagnosticCode.CONFLICTING_KEYS, message, key, f"{self.what} takes one of: {listed(keys)}")
        return given[0]

    def refuse_with(self, key: str, others: Iterable[str]) -> None:
        """Report every one of ``others`` that is given although ``key`` makes it meaningless."""
        for other in others:
            if self.has(other):
                message = f"'{other}' means nothing beside '{key}'"
                self.error(DiagnosticCode.CONFLICTING_KEYS, message, other, "take it out")


def read_scalar(scalar: Scalar, reader: Callable[[str], T], findings: Findings) -> T | None:
    """Return the text as ``reader`` understands it; report it and return None when it does not."""
    try:
        return reader(scalar.text.strip())
    except Misread as misread:
        findings.error(misread.code, misread.message, scalar.place, misread.hint)
        return None


def number_of(scalar: Scalar, what: str, least: int, most: int, decimals: int, findings: Findings) -> int | None:
    """Return the text as a number between ``least`` and ``most`` steps of 10^-decimals."""
    value = read_scalar(scalar, lambda text: read_number(text, decimals), findings)
    if value is None or least <= value <= most:
        return value
    if value == 0:
        message = f"{what} is 0, which would mean nothing at all, not 'without limit'"
        hint = "leave it out: what is left out has no limit, costs nothing and is not asked for"
        findings.error(DiagnosticCode.ZERO_IS_NOT_UNLIMITED, message, scalar.place, hint)
    else:
        hint = f"write a number of at least {_plain(least, decimals)} and at most {_plain(most, decimals)}"
        findings.error(DiagnosticCode.OUT_OF_RANGE, f"{what} is out of range: {scalar.text}", scalar.place, hint)
    return None


def _plain(value: int, decimals: int) -> str:
    whole, part = divmod(value, 10**decimals)
    return format_scaled(value, decimals) if part else f"{whole:_}"


def scalar_of(node: Node, findings: Findings, what: str) -> Scalar | None:
    """Return ``node`` as a text that is not empty."""
    if isinstance(node, Scalar) and (node.text.strip() or not node.is_plain):
        return node
    wrong_shape(node, findings, what, "one value")
    return None


def scalars_of(node: Node, findings: Findings, what: str) -> list[Scalar]:
    """Return ``node`` as a list of texts; one text alone is a list of one."""
    if isinstance(node, Scalar):
        scalar = scalar_of(node, findings, what)
        return [scalar] if scalar else []
    if not isinstance(node, Sequence) or not node.items:
        wrong_shape(node, findings, what, "one value or a list of values")
        return []
    found = [scalar_of(item, findings, f"an item of {what}") for item in node.items]
    kept: list[Scalar] = []
    for scalar in found:
        if scalar is None:
            continue
        if any(scalar.text == other.text for other in kept):
            message = f"'{scalar.text[:60]}' is said twice in {what}"
            findings.error(DiagnosticCode.SAID_TWICE, message, scalar.place, "say it once")
        else:
            kept.append(scalar)
    return kept


def mapping_of(node: Node, findings: Findings, what: str) -> dict[str, Entry]:
    """Return the entries of ``node``, which has to be a mapping."""
    if isinstance(node, Mapping):
        return node.entries
    wrong_shape(node, findings, what, "a mapping (`name: value`)")
    return {}


def wrong_shape(node: Node, findings: Findings, what: str, wanted: str) -> None:
    """Report that ``node`` has not the shape that is wanted."""
    empty = isinstance(node, Sequence) and not node.items
    found = "an empty list" if empty else kind_of(node)
    hint = "what belongs to a setting stands further right than it, or in { }"
    findings.error(DiagnosticCode.WRONG_SHAPE, f"{what} takes {wanted}, not {found}", node.place, hint)


def check_name(name: str, place: Place, noun: str, is_word: bool, findings: Findings) -> bool:
    """Report a name that cannot be: ``is_word`` names stand in expressions, the others may have hyphens."""
    if is_word and not _WORD.fullmatch(name):
        hint = "write a small letter, then small letters, digits and _: it is used in conditions"
        findings.error(DiagnosticCode.BAD_NAME, f"'{name[:60]}' cannot be the name of a {noun}", place, hint)
        return False
    if not is_word and (not _LABEL.fullmatch(name) or len(name) > 60):
        hint = "write a small letter, then small letters, digits, and - or _ between them; at most 60"
        findings.error(DiagnosticCode.BAD_NAME, f"'{name[:60]}' cannot be the name of a {noun}", place, hint)
        return False
    if is_word and (name in _KEYWORDS or (noun in _BARE and name in _FUNCTIONS)):
        message = f"'{name}' has a meaning of its own in conditions"
        findings.error(DiagnosticCode.RESERVED_NAME, message, place, f"give the {noun} another name")
        return False
    return True


def compiled(
    scalar: Scalar,
    compiler: Callable[[str, Scope], Expression | list[Problem]],
    scope: Scope,
    findings: Findings,
) -> Expression | None:
    """Compile the text; report its problems, each at its own place in the file."""
    result = compiler(scalar.text, scope)
    if isinstance(result, Expression):
        return result
    for problem in result:
        code = f"expression.{problem.code}"
        findings.add(code, "error", problem.message, scalar.at(problem.offset), problem.hint)
    return None


def compiled_amount(scalar: Scalar, scope: Scope, findings: Findings) -> Expression | None:
    """Compile the text as a number."""
    return compiled(scalar, compile_amount, scope, findings)
