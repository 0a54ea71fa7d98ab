"""The example programmes that `setia init` begins with: the folders of `examples/`, packed into the wheel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import setia
from setia.flow.scenarios.heading import load_heading
from setia.flow.scenarios.rows import ROWS
from setia.flow.scenarios.run import find_scenarios
from setia.values.faults import NotFound

_PROGRAMME: Final = "programme.yaml"


@dataclass(frozen=True, slots=True)
class Template:
    """An example: its folder, and what it is about (the comment that its programme begins with)."""

    name: str
    folder: Path
    about: str

    def rows(self) -> list[str]:
        """What its scenarios show, as the numbers of `flow.scenarios.rows`, in their order."""
        shown = {row for file in find_scenarios([self.folder]) for row in load_heading(file).rows}
        return [row for row in ROWS if row in shown]


def _root() -> Path:
    package = Path(setia.__file__).parent
    packed = package / "templates"
    return packed if packed.is_dir() else package.parent.parent / "examples"


def templates() -> list[Template]:
    """All templates, by name."""
    return [
        Template(file.parent.name, file.parent, _about(file.read_text(encoding="utf-8")))
        for file in sorted(_root().glob(f"*/{_PROGRAMME}"))
    ]


def template(name: str) -> Template:
    """The template called ``name``; raises ``NotFound``."""
    for found in templates():
        if found.name == name:
            return found
    raise NotFound("template", name)


def template_text(name: str) -> str:
    """The programme of a template; raises ``NotFound``."""
    return (template(name).folder / _PROGRAMME).read_text(encoding="utf-8")


def _about(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    return first.lstrip("# ").strip() if first.startswith("#") else ""
