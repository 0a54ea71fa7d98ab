"""Whether a programme makes sense as a whole."""

from __future__ import annotations

from setia.language.diagnostics import Findings
from setia.language.model import Programme
from setia.language.nodes import Places


def check(programme: Programme, places: Places, findings: Findings) -> None:
    """Note everything that is wrong with the programme as a whole."""
