"""Chance as a scenario wants it: a rule hits or misses, a wheel lands where the file says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, product
from typing import Final

from setia.language.model import Game, Programme
from setia.rules.games import KINDS
from setia.rules.games.kind import Turn

HIT: Final = "hit"
MISS: Final = "miss"
NOTHING: Final = "none"


@dataclass(slots=True)
class Scripted:
    """``wanted``: by the name of a rule ``hit``, by that of a game the prize it lands on (``none``: no prize). What is
    not named draws its last number: rules miss, and a wheel stops at the end of its last segment."""

    programme: Programme
    wanted: dict[str, str] = field(default_factory=dict)
    period: str = "scenario"

    def draw(self, what: str, who: str, nonce: str, client_seed: str, below: Sequence[int]) -> list[int]:
        """The numbers that come to what is wanted."""
        kind, _, name = what.partition(" ")
        wanted = self.wanted.get(name)
        if kind == "game" and wanted is not None:
            found = landing_on(self.programme.games[name], None if wanted == NOTHING else wanted)
            assert found is not None, f"{name} cannot land on {wanted}"
            return list(found)
        return [0 if wanted == HIT else count - 1 for count in below]


def landing_on(game: Game, prize: str | None) -> tuple[int, ...] | None:
    """Numbers with which the game lands on ``prize``; None when there are none."""
    kind = KINDS[game.kind]
    return next((numbers for numbers in _stops(game) if kind.land(game, Turn(numbers)).prize == prize), None)


def _stops(game: Game) -> Iterator[tuple[int, ...]]:
    """One number for every segment, or one for every way in which reels can stop."""
    below = KINDS[game.kind].below(game)
    if game.symbols:
        yield from product(_starts(list(game.symbols.values())), repeat=game.reels)
    else:
        for start in _starts([prize.weight for prize in game.prizes.values()]):
            yield (start, *(0 for _ in below[1:]))


def _starts(weights: list[int]) -> list[int]:
    return [0, *accumulate(weights)][:-1]
