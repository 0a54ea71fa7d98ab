"""The programme of a scenario: a file beside it, or written inside it, changed by what stands under ``with:``.

A change is merged into the nodes of the programme, and these are read as those of any programme: each remembers where
it stands, so that a diagnostic points to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from setia.language.diagnostics import Diagnostic, Findings
from setia.language.model import Programme
from setia.language.nodes import Entry, Mapping, Node, Scalar, read_nodes
from setia.language.parse import load_nodes

#: What a programme written inside a scenario may leave out.
DEFAULTS: Final = {"programme": "shop", "currency": "EUR", "timezone": "Europe/Berlin"}


@dataclass(slots=True)
class Library:
    """Programme files and texts that were read already: many scenarios share one."""

    files: dict[Path, tuple[Node | None, tuple[Diagnostic, ...]]] = field(default_factory=dict)
    texts: dict[str, tuple[Programme | None, tuple[Diagnostic, ...]]] = field(default_factory=dict)

    def open(self, path: Path, shown: str) -> tuple[Node | None, tuple[Diagnostic, ...]]:
        """The nodes of a programme file, which messages call ``shown``, or what keeps it from being read."""
        path = path.resolve()
        found = self.files.get(path)
        if found is None:
            findings = Findings(shown)
            root = read_nodes(path.read_text(encoding="utf-8"), findings)
            found = self.files[path] = (root, findings.sorted())
        return found

    def compile(self, root: Mapping, file: str) -> tuple[Programme | None, tuple[Diagnostic, ...]]:
        """The programme that ``root`` describes; its nodes come from ``file``."""
        text = "\n".join(written(root)) + "\n"
        found = self.texts.get(text)
        if found is None:
            loaded = load_nodes(root, text, file)
            found = loaded.programme, loaded.diagnostics
            if loaded.programme is not None:  # what is wrong stands in one file
                self.texts[text] = found
        return found


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


def written(node: Node, depth: int = 0) -> Iterator[str]:
    """``node`` as lines in block style: what two nodes have in common has the same text."""
    pad = "  " * depth
    if isinstance(node, Scalar):
        yield pad + (node.text if node.is_plain else json.dumps(node.text, ensure_ascii=False))
    elif isinstance(node, Mapping):
        for name, entry in node.entries.items():
            yield f"{pad}{name if entry.key.is_plain else json.dumps(name, ensure_ascii=False)}:"
            yield from written(entry.value, depth + 1)
    else:
        for item in node.items:
            yield pad + "-"
            yield from written(item, depth + 1)
