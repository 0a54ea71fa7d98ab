"""The programme of a scenario: a file beside it, or written inside it, changed by what stands under ``with:``.

A change is merged into the nodes of the programme, which are then written out as one text and read as any programme.
Every line of that text remembers where it came from, so that a diagnostic points into the file it belongs to.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from setia.language.diagnostics import Diagnostic, Findings, Place
from setia.language.model import Programme
from setia.language.nodes import Entry, Mapping, Node, Scalar, Sequence, read_nodes
from setia.language.parse import load_programme

#: What a programme written inside a scenario may leave out.
DEFAULTS: Final = {"programme": "shop", "currency": "EUR", "timezone": "Europe/Berlin"}


@dataclass(slots=True)
class Library:
    """Programme files and texts that were read already: many scenarios share one."""

    files: dict[Path, tuple[Node | None, tuple[Diagnostic, ...]]] = field(default_factory=dict)
    texts: dict[str, tuple[Programme | None, tuple[Diagnostic, ...]]] = field(default_factory=dict)

    def open(self, path: Path) -> tuple[Node | None, tuple[Diagnostic, ...]]:
        """The nodes of a programme file, or what keeps it from being read."""
        path = path.resolve()
        found = self.files.get(path)
        if found is None:
            findings = Findings(str(path))
            root = read_nodes(path.read_text(encoding="utf-8"), findings)
            found = self.files[path] = (root, findings.sorted())
        return found

    def compile(self, root: Mapping, file: str) -> tuple[Programme | None, tuple[Diagnostic, ...]]:
        """The programme that ``root`` describes; diagnostics point to where its nodes came from."""
        written = _Written([], [])
        written.mapping(root, 0)
        text = "\n".join(written.lines) + "\n"
        found = self.texts.get(text)
        if found is None:
            loaded = load_programme(text, file)
            found = self.texts[text] = (loaded.programme, loaded.diagnostics)
        programme, diagnostics = found
        return programme, tuple(written.original(item, file) for item in diagnostics)


def with_defaults(root: Mapping) -> Mapping:
    """A programme written inside a scenario, completed."""
    missing = {
        name: Entry(Scalar(name, root.place), Scalar(text, root.place))
        for name, text in DEFAULTS.items()
        if name not in root.entries
    }
    return Mapping({**missing, **root.entries}, root.place)


def merged(base: Mapping, changes: Mapping) -> Mapping:
    """``base`` with ``changes``: mappings are merged, other values replaced, and an empty value takes a setting out."""
    entries = dict(base.entries)
    for name, change in changes.entries.items():
        standing = entries.get(name)
        value = change.value
        if isinstance(value, Scalar) and value.is_plain and not value.text and standing is not None:
            del entries[name]
        elif isinstance(value, Mapping) and standing is not None and isinstance(standing.value, Mapping):
            entries[name] = Entry(standing.key, merged(standing.value, value))
        else:
            entries[name] = change
    return Mapping(entries, base.place)


@dataclass(slots=True)
class _Written:
    """YAML in block style, with the place that each line came from and where on the line its value begins."""

    lines: list[str]
    places: list[tuple[Place, Place, int]]

    def mapping(self, node: Mapping, depth: int) -> None:
        for name, entry in node.entries.items():
            key = name if entry.key.is_plain else json.dumps(name, ensure_ascii=False)
            self._value(f"{'  ' * depth}{key}:", entry.key.place, entry.value, depth)

    def _value(self, head: str, place: Place, node: Node, depth: int) -> None:
        if isinstance(node, Scalar):
            text = node.text if node.is_plain else json.dumps(node.text, ensure_ascii=False)
            self._line(f"{head} {text}".rstrip(), place, node.place, len(head) + 1)
        elif isinstance(node, Mapping):
            self._line(head if node.entries else f"{head} {{}}", place, node.place, len(head) + 1)
            self.mapping(node, depth + 1)
        else:
            self._line(head if node.items else f"{head} []", place, node.place, len(head) + 1)
            for item in node.items:
                self._item(item, depth + 1)

    def _item(self, node: Node, depth: int) -> None:
        if isinstance(node, Scalar | Sequence):
            self._value(f"{'  ' * depth}-", node.place, node, depth)
        else:
            self._line(f"{'  ' * depth}-" if node.entries else f"{'  ' * depth}- {{}}", node.place, node.place, 0)
            self.mapping(node, depth + 1)

    def _line(self, text: str, key: Place, value: Place, begins: int) -> None:
        self.lines.append(text)
        self.places.append((key, value, begins))

    def original(self, found: Diagnostic, file: str) -> Diagnostic:
        if not 0 < found.line <= len(self.places):
            return replace(found, file=file)
        key, value, begins = self.places[found.line - 1]
        if found.column - 1 < begins:
            return replace(found, file=file, line=key.line, column=key.column)
        return replace(found, file=file, line=value.line, column=value.column + found.column - 1 - begins)
