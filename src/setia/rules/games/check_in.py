"""A daily check-in: a prize for certain days of an unbroken streak."""

from __future__ import annotations

from setia.language.model import Game
from setia.rules.games.kind import Kind, Landing, Turn, no_numbers, no_odds


def _land(game: Game, turn: Turn) -> Landing:
    last = max(prize.least for prize in game.prizes.values())
    day = min(turn.streak, last) if game.after == "stay" else (turn.streak - 1) % last + 1
    prize = next((prize.name for prize in game.prizes.values() if prize.least == day), None)
    return Landing(prize, {"day": day, "of": last, "streak": turn.streak})


KIND = Kind(no_numbers, _land, no_odds)
