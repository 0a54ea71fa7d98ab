"""Taking a person out of what was written about them. Pure.

What goes: what names or reaches them, wherever it stands; fields that are about them; texts that people wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

GONE: Final = "erased"
"""Stands where something was."""

_ABOUT: Final = frozenset(("birthday", "attributes", "prints", "contact"))
"""Fields that are about the member, and are dropped."""
_WRITTEN: Final = frozenset(
    ("reason", "note", "comment", "message", "name", "email", "phone", "address", "referred_by", "nickname")
)
"""Fields in which people write what they like."""
_SHORTEST: Final = 3
"""Shorter values are looked for as whole texts only: a customer called 'Al' does not change each 'Total'."""


@dataclass(slots=True)
class Person:
    """What a person was called and reached by. ``free``: activity type → fields of the programme's own in which
    anything can stand."""

    said: set[str] = field(default_factory=set)
    free: dict[str, frozenset[str]] = field(default_factory=dict)
    _pattern: re.Pattern[str] | None = None

    @classmethod
    def of(cls, values: Iterable[str | None], free: dict[str, frozenset[str]]) -> Person:
        """A person who was known by ``values``."""
        said = {text.casefold() for value in values if value and (text := value.strip())}
        long = sorted((text for text in said if len(text) >= _SHORTEST), key=len, reverse=True)
        bound = [rf"(?<!\w){re.escape(text)}(?!\w)" for text in long]
        return cls(said, free, re.compile("|".join(bound), re.IGNORECASE) if bound else None)

    def is_in(self, text: str) -> bool:
        """Whether the person is named in ``text``."""
        return text.casefold() in self.said or (self._pattern is not None and self._pattern.search(text) is not None)

    def clean(self, text: str) -> str:
        """``text`` without the person."""
        if text.casefold() in self.said:
            return GONE
        return text if self._pattern is None else self._pattern.sub(GONE, text)

    def without(self, data: Any, emptied: frozenset[str] = frozenset()) -> Any:
        """JSON without the person; the texts of fields called as in ``emptied`` go whatever they say."""
        if isinstance(data, str):
            return self.clean(data)
        if isinstance(data, list):
            return [self.without(item, emptied) for item in data]
        if not isinstance(data, dict):
            return data
        return {
            self.clean(key): GONE if key in emptied and isinstance(value, str) else self.without(value, emptied)
            for key, value in data.items()
            if key not in _ABOUT
        }

    def without_in(self, kind: str, body: Any) -> Any:
        """The body of an activity of type ``kind``, or what was announced of it, without the person."""
        return self.without(body, _WRITTEN | self.free.get(kind, frozenset()))

    def without_facts(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Facts without what was known of the person."""
        kept: dict[str, Any] = self.without({name: value for name, value in facts.items() if name != "a"})
        return kept
