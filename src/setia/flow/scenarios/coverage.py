"""The page docs/reference/coverage.md: which example shows what, from the scenarios themselves: `make docs`."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from setia.flow.scenarios.heading import load_heading
from setia.flow.scenarios.model import Heading
from setia.flow.scenarios.rows import ELSEWHERE, ROWS
from setia.flow.scenarios.run import FOLDER, find_scenarios

PLACE: Final = "docs/reference"
"""Where the page stands, below the same folder as the examples."""
_GROUPS: Final = {
    "A": "Kinds of programme",
    "B": "Bonuses",
    "C": "Rewards and redemption",
    "D": "Rules of the programme",
}
_HEAD: Final = """\
# Coverage

What programmes can do, row by row, and the scenarios that show it. Each is a file with days and numbers that is played
on a book in memory (`setia test examples`) and on PostgreSQL, and the two must agree. A scenario names its rows at its
top, `rows: [A1, B3]`, and this page is written from them: `make docs`.
"""


def headings(examples: Path) -> dict[Path, Heading]:
    """The heading of every scenario below ``examples``, by its file."""
    return {file: load_heading(file) for file in find_scenarios([examples])}


def rows_shown(found: dict[Path, Heading]) -> dict[str, list[Path]]:
    """Row → the files that show it; rows that none shows are left out."""
    shown: dict[str, list[Path]] = defaultdict(list)
    for file, heading in found.items():
        for row in heading.rows:
            shown[row].append(file)
    return shown


def coverage(examples: Path) -> str:
    """The whole page."""
    found = headings(examples)
    shown = rows_shown(found)
    lines = [_HEAD, "| row | what | examples | scenarios |", "|---|---|---|---|"]
    for row, about in ROWS.items():
        files = shown.get(row, [])
        folders = ", ".join(dict.fromkeys(_example(file) for file in files)) or _elsewhere(row) or "none yet"
        lines.append(f"| [{row}](#{row.lower()}) | {about} | {folders} | {len(files)} |")
    for group, heading in _GROUPS.items():
        lines += ["", f"## {heading}"]
        for row in ROWS:
            if row.startswith(group):
                lines += [
                    "",
                    f"### {row}",
                    "",
                    f"{ROWS[row]}.",
                    "",
                    *_scenarios(row, shown.get(row, []), found, examples),
                ]
    return "\n".join([*lines, "", *_cases(found)]).rstrip() + "\n"


def _elsewhere(row: str) -> str:
    return f"[tests](../../{ELSEWHERE[row]})" if row in ELSEWHERE else ""


def _scenarios(row: str, files: list[Path], found: dict[Path, Heading], examples: Path) -> Iterator[str]:
    if not files:
        yield f"Shown by {_elsewhere(row)}." if row in ELSEWHERE else "No scenario yet."
    for file in files:
        place = file.relative_to(examples.parent).as_posix()
        up = "../" * (PLACE.count("/") + 1)
        yield f"- {_example(file)}: [{_escaped(found[file].sentence)}]({up}{place})"


def _cases(found: dict[Path, Heading]) -> Iterator[str]:
    by_case: dict[str, list[Path]] = defaultdict(list)
    for file, heading in found.items():
        if heading.case:
            by_case[heading.case].append(file)
    yield from ("## Hard cases", "")
    yield "Cases that are easily got wrong have a number; the names of their files begin with it, as in `a25_….yaml`."
    yield from ("", "| case | examples | scenarios |", "|---|---|---|")
    for case in sorted(by_case):
        folders = ", ".join(dict.fromkeys(_example(file) for file in by_case[case]))
        yield f"| {case} | {folders} | {len(by_case[case])} |"


def _example(file: Path) -> str:
    parts = file.parts
    return parts[parts.index(FOLDER) - 1]


def _escaped(sentence: str) -> str:
    return re.sub(r"([\[\]*_`<])", r"\\\1", sentence)


if __name__ == "__main__":
    sys.stdout.write(coverage(Path(sys.argv[1])))
