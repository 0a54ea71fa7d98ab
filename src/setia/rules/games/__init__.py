"""Games: each kind is one file here, which says what a turn lands on and how likely that is. Pure.

A new kind is a file with a ``KIND``, its line in the table below, its test, a line in ``language.games`` with the
settings that it is told by, and its words for the pages about a programme in ``flow.pages.texts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from setia.rules.games import check_in, quiz, scratch, slots, wheel
from setia.rules.games.kind import Kind

KINDS: Final[Mapping[str, Kind]] = {
    "wheel": wheel.KIND,
    "scratch": scratch.KIND,
    "slots": slots.KIND,
    "quiz": quiz.KIND,
    "check_in": check_in.KIND,
}
