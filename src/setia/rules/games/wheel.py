"""A spin wheel: each prize is a segment as wide as its weight."""

from __future__ import annotations

from setia.language.model import Game
from setia.rules.games.kind import Kind, Landing, Turn, by_weight, share_of_weight, total_weight


def _below(game: Game) -> tuple[int, ...]:
    return (total_weight(game),)


def _land(game: Game, turn: Turn) -> Landing:
    prize = by_weight(game, turn.numbers[0])
    return Landing(prize, {"segment": list(game.prizes).index(prize), "of": len(game.prizes)})


KIND = Kind(_below, _land, share_of_weight)
