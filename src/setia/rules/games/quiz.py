"""A quiz: the right answers are counted here, where the player does not see them; the best prize reached is won."""

from __future__ import annotations

from setia.language.model import Game
from setia.rules.games.kind import Kind, Landing, Turn, no_numbers, no_odds


def _land(game: Game, turn: Turn) -> Landing:
    marks = {name: turn.answers.get(name) == question.right for name, question in game.questions.items()}
    right = sum(marks.values())
    reached = [prize for prize in game.prizes.values() if prize.least <= right]
    best = max(reached, key=lambda prize: prize.least, default=None)
    return Landing(None if best is None else best.name, {"right": right, "of": len(marks), "marks": marks})


KIND = Kind(no_numbers, _land, no_odds)
