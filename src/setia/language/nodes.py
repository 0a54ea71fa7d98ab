"""YAML text → a tree of texts, lists and mappings, each knowing where it stands.

Everything is text: ``on``, ``yes``, ``010`` and ``2026-01-01`` stay as they were written, and whoever reads a setting
says what kind of value it has to be. Anchors, aliases and tags are refused, and size, depth and number of nodes are
bounded while the file is being read, so that no file can make reading slow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from setia.language.diagnostics import Diagnostic, DiagnosticCode, Findings, Place

LARGEST_FILE = 1 << 20
DEEPEST = 32
MOST_NODES = 20_000

_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_ESCAPES: Final = {"x": 4, "u": 6, "U": 10}
"""How long an escape between double quotes is, by the letter behind its backslash."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. ``raw`` is the stretch of the file that it was written in (quotes and indentation included)."""

    text: str
    place: Place
    is_plain: bool = True
    raw: str = ""

    def at(self, offset: int) -> Place:
        """Where in the file the character number ``offset`` of the text stands."""
        line, column = self.place.line, self.place.column
        position = 0
        if not self.is_plain:
            if self.raw[:1] in ("|", ">"):
                position = self.raw.find("\n") + 1
                line, column = line + 1, 1
            else:
                position, column = 1, column + 1
        for character in self.text[:offset]:
            position, line, column = self._pass(character, position, line, column)
        while self.raw[position : position + 1].isspace() and not self.text[offset : offset + 1].isspace():
            position, line, column = self._step(position, line, column)
        return Place(line, column)

    def _pass(self, character: str, position: int, line: int, column: int) -> tuple[int, int, int]:
        """Move behind ``character``: white space of the text stands for any run of it in the file, and none is lost."""
        if self.raw[0] == '"' and self.raw[position : position + 1] == "\\":
            width = _ESCAPES.get(self.raw[position + 1], 2)
            return position + width, line, column + width
        while not character.isspace() and position < len(self.raw) and self.raw[position] != character:
            position, line, column = self._step(position, line, column)
        return self._step(position, line, column)

    def _step(self, position: int, line: int, column: int) -> tuple[int, int, int]:
        if self.raw[position : position + 1] == "\n":
            return position + 1, line + 1, 1
        return position + 1, line, column + 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: list[Node]
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``key: value`` of a mapping."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping, in the order of the file."""

    entries: dict[str, Entry]
    place: Place


Node = Scalar | Sequence | Mapping


def kind_of(node: Node) -> str:
    """Name what ``node`` is, for a message."""
    if isinstance(node, Scalar):
        return f"the text '{node.text[:60]}'" if node.text else "nothing"
    return "a list" if isinstance(node, Sequence) else "a mapping"


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    node: Sequence | Mapping
    key: Scalar | None = None
    is_key_next: bool = True


@dataclass(slots=True)
class _Stop(Exception):
    """Reading cannot go on; the finding has been noted."""


@dataclass(slots=True)
class _Builder:
    text: str
    findings: Findings
    root: Node | None = None
    stack: list[_Open] = field(default_factory=list)
    nodes: int = 0
    documents: int = 0

    def take(self, event: yaml.Event) -> None:
        start: Any = event.start_mark
        end: Any = event.end_mark
        place = _place(start)
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._refuse(
                    DiagnosticCode.SEVERAL_DOCUMENTS,
                    "a second document starts here ('---')",
                    place,
                    "one programme a file: move it to a file of its own",
                )
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse(
                DiagnosticCode.ALIAS_NOT_ALLOWED,
                "anchors (&name) and aliases (*name) are not allowed",
                place,
                "write the value out; put a text that begins with & or * in quotes",
            )
        elif isinstance(event, yaml.ScalarEvent):
            self._check_tag(event, place)
            raw = self.text[start.index : end.index]
            self._add(Scalar(event.value, place, event.style is None or event.style == "", raw))
        elif isinstance(event, yaml.MappingStartEvent):
            self._check_tag(event, place)
            self._open(Mapping({}, place))
        elif isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, place)
            self._open(Sequence([], place))
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()

    def _check_tag(self, event: yaml.Event, place: Place) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            self._refuse(
                DiagnosticCode.TAG_NOT_ALLOWED,
                f"the tag '{tag[:60]}' is not allowed",
                place,
                "leave the tag out: each setting says itself what kind of value it takes",
            )

    def _open(self, node: Sequence | Mapping) -> None:
        self._add(node)
        if len(self.stack) >= DEEPEST:
            self._refuse(
                DiagnosticCode.TOO_DEEP,
                f"more than {DEEPEST} lists and mappings inside each other",
                node.place,
                "no setting needs that: look for a wrong bracket or indentation",
            )
        self.stack.append(_Open(node))

    def _add(self, node: Node) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self._refuse(
                DiagnosticCode.TOO_MANY_NODES,
                f"more than {MOST_NODES:,} values in one file",
                node.place,
                "split it into several programmes, or give the conditions as fields of the activities",
            )
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node, Sequence):
            top.node.items.append(node)
        elif top.is_key_next:
            top.is_key_next = False
            top.key = self._read_key(top.node, node)
        else:
            top.is_key_next = True
            if top.key is not None:
                top.node.entries[top.key.text] = Entry(top.key, node)

    def _read_key(self, mapping: Mapping, node: Node) -> Scalar | None:
        if not isinstance(node, Scalar) or not node.text or (node.text == "<<" and node.is_plain):
            found = "'<<' (merging)" if isinstance(node, Scalar) and node.text else kind_of(node)
            self.findings.error(
                DiagnosticCode.BAD_KEY, f"a key has to be a text, not {found}", node.place, "write `name: value`"
            )
            return None
        earlier = mapping.entries.get(node.text)
        if earlier is not None:
            self.findings.error(
                DiagnosticCode.DUPLICATE_KEY,
                f"'{node.text}' is given twice here, first in line {earlier.key.place.line}",
                node.place,
                "keep one of the two, or give this one another name",
            )
            return None
        return node

    def _refuse(self, code: DiagnosticCode, message: str, place: Place, hint: str) -> None:
        self.findings.error(code, message, place, hint)
        raise _Stop


def read_nodes(text: str, findings: Findings) -> Node | None:
    """Read YAML ``text``; None when it cannot be read at all, and then at least one error is in ``findings``."""
    start = Place(1, 1)
    if len(text) > LARGEST_FILE or len(text.encode(errors="replace")) > LARGEST_FILE:
        findings.error(
            DiagnosticCode.FILE_TOO_LARGE,
            f"the file is larger than {LARGEST_FILE // 1024} KiB",
            start,
            "a programme is a few kilobytes: is this the right file?",
        )
        return None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    builder = _Builder(text, findings)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except _Stop:
        return None
    except yaml.MarkedYAMLError as error:
        _report_yaml(error, findings)
        return None
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        place = _place_of(text, position if isinstance(position, int) else 0)
        findings.error(
            DiagnosticCode.BAD_YAML,
            "the file holds a character that a text cannot have",
            place,
            "remove it; it is invisible in most editors",
        )
        return None
    except UnicodeEncodeError as error:
        findings.error(
            DiagnosticCode.BAD_YAML, "half of a character stands here", _place_of(text, error.start), "save as UTF-8"
        )
        return None
    if builder.root is None:
        findings.error(DiagnosticCode.EMPTY_FILE, "the file is empty", start, "`setia init` writes one to start from")
    return builder.root


def _report_yaml(error: yaml.MarkedYAMLError, findings: Findings) -> None:
    mark = error.problem_mark or error.context_mark
    words = ", ".join(part for part in (error.context, error.problem) if part)
    findings.error(
        DiagnosticCode.BAD_YAML,
        f"this is not YAML: {words}",
        _place(mark) if mark else Place(1, 1),
        "check brackets, quotes and indentation here and on the line before; indent with blanks, and put texts that "
        "hold ': ' or ' #' in quotes",
    )


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _place_of(text: str, position: int) -> Place:
    before = text[:position]
    return Place(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


Path = tuple[str | int, ...]
"""The names (of mappings) and numbers (of lists, from 0) that lead to a setting."""


class Places:
    """Where each setting of a file stands, by its path."""

    def __init__(self, root: Node, file: str = "programme.yaml") -> None:
        self._root = root
        self._file = file

    def error(self, code: DiagnosticCode, message: str, path: Path, hint: str) -> Diagnostic:
        """An error at the setting ``path``."""
        place = self.at(*path)
        return Diagnostic(code.value, "error", message, self._file, place.line, place.column, hint)

    def warning(self, code: DiagnosticCode, message: str, path: Path, hint: str) -> Diagnostic:
        """A warning at the setting ``path``."""
        place = self.at(*path)
        return Diagnostic(code.value, "warning", message, self._file, place.line, place.column, hint)

    def at(self, *path: str | int) -> Place:
        """Where the key (or a list's item) at ``path`` stands; the nearest one above if it is not there."""
        node: Node = self._root
        place = Place(1, 1)
        for step in path:
            if isinstance(node, Mapping) and isinstance(step, str) and step in node.entries:
                entry = node.entries[step]
                place, node = entry.key.place, entry.value
            elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
                node = node.items[step]
                place = node.place
            else:
                break
        return place

    def has(self, *path: str | int) -> bool:
        """Whether the file gives the setting at ``path``."""
        node: Node = self._root
        for step in path:
            if not isinstance(node, Mapping) or not isinstance(step, str) or step not in node.entries:
                return False
            node = node.entries[step].value
        return True
