"""The head of a scenario file: its sentence, the rows that it shows, the case that it is one of."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from setia.flow.scenarios.model import Heading
from setia.flow.scenarios.part import Part
from setia.flow.scenarios.rows import CASE, ROWS, case_of_file
from setia.language.diagnostics import DiagnosticCode, Findings, Place
from setia.language.nodes import Mapping, Sequence, read_nodes
from setia.language.sections import scalar_of, wrong_shape

HEADING: Final = ("scenario", "rows", "case")


def load_heading(path: Path) -> Heading:
    """What the scenario file at ``path`` is about, without reading its programme and its steps."""
    findings = Findings(str(path))
    root = read_nodes(path.read_text(encoding="utf-8"), findings)
    if not isinstance(root, Mapping):
        return Heading("", (), case_of_file(path))
    return read_heading(Part("a scenario", HEADING, root, Place(1, 1), findings), str(path))


def read_heading(top: Part, shown: str) -> Heading:
    sentence = top.text("scenario", "scenario: A returned cake takes back what the cake earned") or ""
    rows: list[str] = []
    node = top.find("rows")
    if node is not None and not (isinstance(node, Sequence) and node.items):
        wrong_shape(node, top.findings, "'rows'", "a list of numbers: [A1, B3]")
    for item in node.items if isinstance(node, Sequence) else ():
        scalar = scalar_of(item, top.findings, "a row")
        if scalar is None:
            continue
        if scalar.text not in ROWS:
            message = f"there is no row '{scalar.text[:60]}'"
            top.findings.error(
                DiagnosticCode.BAD_CHOICE, message, item.place, "they are A1 to A12, B1 to B11, C1 to C8 and D1 to D6"
            )
        elif scalar.text in rows:
            message = f"the row '{scalar.text}' is named twice"
            top.findings.error(DiagnosticCode.SAID_TWICE, message, item.place, "keep one of them")
        rows.append(scalar.text)
    named, case = case_of_file(shown), top.text("case") or ""
    if top.has("case") and not CASE.fullmatch(case):
        top.error(DiagnosticCode.BAD_CHOICE, f"'{case[:60]}' is not the number of a case", "case",
                  "write a letter from A to J and two digits: case: A25")  # fmt: skip
    elif case and named:
        top.error(DiagnosticCode.CONFLICTING_KEYS, f"the file's name says already that this is case {named}", "case",
                  "take it out, or rename the file")  # fmt: skip
    return Heading(sentence, tuple(rows), case or named)
