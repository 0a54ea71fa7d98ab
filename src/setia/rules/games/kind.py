"""What a kind of game answers: which numbers it needs, what they land on, and how likely each prize is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from setia.language.model import Game


@dataclass(frozen=True, slots=True)
class Turn:
    """One play: the ``numbers`` that were drawn for it, the ``answers`` of a quiz by question, and how many days of a
    ``streak`` it makes."""

    numbers: tuple[int, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    streak: int = 0


@dataclass(frozen=True, slots=True)
class Landing:
    """The ``prize`` that the turn lands on by its name (None: none), and what is ``shown`` of it, as JSON."""

    prize: str | None
    shown: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """``below``: the ranges [0, n) of the numbers to be drawn, empty for a game that is no chance. ``odds``: the share
    of turns that land on each prize; None where they depend on the player."""

    below: Callable[[Game], tuple[int, ...]]
    land: Callable[[Game, Turn], Landing]
    odds: Callable[[Game], dict[str, Fraction] | None]

    def is_chance(self, game: Game) -> bool:
        """Whether the outcome is drawn."""
        return bool(self.below(game))


def total_weight(game: Game) -> int:
    """The weights of all prizes together."""
    return sum(prize.weight for prize in game.prizes.values())


def by_weight(game: Game, number: int) -> str:
    """The prize whose share of the line of weights has ``number``: the first holds 0 to its weight, and so on."""
    for prize in game.prizes.values():
        if number < prize.weight:
            return prize.name
        number -= prize.weight
    raise AssertionError(f"{game.name} has no prize at {number} beyond its weights")


def share_of_weight(game: Game) -> dict[str, Fraction]:
    """Each prize's share of the weights."""
    total = total_weight(game)
    return {prize.name: Fraction(prize.weight, total) for prize in game.prizes.values()}


def no_numbers(game: Game) -> tuple[int, ...]:
    """Of a game that is no chance."""
    return ()


def no_odds(game: Game) -> dict[str, Fraction] | None:
    """Of a game whose outcome the player makes."""
    return None
