"""Which programme a scenario is about: one, or several versions with the days on which they take effect."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Final

from setia.flow.scenarios.part import Part, read_day
from setia.flow.scenarios.source import Library, merged, with_defaults
from setia.flow.work import Version
from setia.language.diagnostics import Diagnostic, DiagnosticCode
from setia.language.model import Programme
from setia.language.nodes import Mapping, Node, Sequence
from setia.language.sections import mapping_of, scalar_of, wrong_shape
from setia.values.instants import day_start

BEGINNING: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def read_versions(top: Part, folder: Path, library: Library, others: list[Diagnostic]) -> list[Version]:
    """The versions that a scenario is about; what is wrong with their files is added to ``others``."""
    if not top.has("versions"):
        programme = _read_programme(top, folder, library, others)
        return [] if programme is None else [Version(1, BEGINNING, programme)]
    top.refuse_with("versions", ("programme", "with"))
    node = top.find("versions")
    if not isinstance(node, Sequence) or not node.items:
        wrong_shape(node or top.node, top.findings, "'versions'", "a list: [{from: 2026-01-01, programme: …}, …]")
        return []
    versions: list[Version] = []
    for number, item in enumerate(node.items, 1):
        if not isinstance(item, Mapping):
            wrong_shape(item, top.findings, "a version", "a mapping with from, programme, with")
            continue
        part = Part("a version", ("from", "programme", "with"), item, item.place, top.findings)
        part.close()
        programme = _read_programme(part, folder, library, others)
        first = part.read("from", read_day, "from: 2026-01-01") if part.has("from") or versions else None
        if programme is not None:
            begins = BEGINNING if first is None else day_start(first, programme.zone)
            versions.append(Version(number, begins, programme))
    return versions


def _read_programme(part: Part, folder: Path, library: Library, others: list[Diagnostic]) -> Programme | None:
    node = part.find("programme")
    file = part.findings.file
    if isinstance(node, Mapping):
        root: Node | None = with_defaults(node)
    else:
        name = (
            "../programme.yaml" if node is None else getattr(scalar_of(node, part.findings, "'programme'"), "text", "")
        )
        path = folder / name
        if not path.is_file():
            message = f"there is no programme file '{name}' beside this scenario"
            hint = "write its path from here, or the programme itself as a mapping"
            part.error(DiagnosticCode.WRONG_SHAPE, message, "programme", hint)
            return None
        beside = os.path.normpath(path)
        root, diagnostics = library.open(path, beside)
        if isinstance(root, Mapping):
            _, diagnostics = library.compile(root, beside)
        others += [item for item in diagnostics if item.severity == "error"]
        if others:
            return None
    changes = part.find("with")
    if changes is not None and isinstance(root, Mapping):
        root = merged(root, Mapping(mapping_of(changes, part.findings, "'with'"), changes.place))
    if not isinstance(root, Mapping):
        return None
    programme, found = library.compile(root, file)
    others += [item for item in found if item.severity == "error"]
    return programme
