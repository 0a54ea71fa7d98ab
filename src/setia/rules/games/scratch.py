"""A scratch card of nine fields: what is won stands on three of them, and nothing else does."""

from __future__ import annotations

from math import factorial
from typing import Final

from setia.language.model import Game
from setia.rules.games.kind import Kind, Landing, Turn, by_weight, share_of_weight, total_weight

FIELDS: Final = 9
ALIKE: Final = 3
BLANK: Final = ""


def _below(game: Game) -> tuple[int, ...]:
    return (total_weight(game), factorial(FIELDS))


def _land(game: Game, turn: Turn) -> Landing:
    prize = by_weight(game, turn.numbers[0])
    fields = [prize] * ALIKE if game.prizes[prize].rule.gives else []
    for other in game.prizes.values():
        if other.name != prize and other.rule.gives:
            fields += [other.name] * min(ALIKE - 1, FIELDS - len(fields))
    fields += [BLANK] * (FIELDS - len(fields))
    return Landing(prize, {"fields": _arranged(fields, turn.numbers[1])})


def _arranged(fields: list[str], number: int) -> list[str]:
    """``fields`` in one of their orders, each of which has one number."""
    left, out = list(fields), []
    for size in range(len(fields), 0, -1):
        number, at = divmod(number, size)
        out.append(left.pop(at))
    return out


KIND = Kind(_below, _land, share_of_weight)
