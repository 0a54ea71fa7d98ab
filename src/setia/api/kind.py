"""What is said of a kind of problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = ("en", "id", "ms")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem. ``titles`` by language; ``meaning`` and ``remedy`` are for the reference, in English."""

    status: int
    titles: tuple[str, str, str]
    meaning: str
    remedy: str

    def title(self, language: str) -> str:
        """The title in ``language``, in English when there is none."""
        return self.titles[LANGUAGES.index(language)] if language in LANGUAGES else self.titles[0]
