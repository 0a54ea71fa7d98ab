"""A visitor plays before joining: the prize is settled and set aside at once, and given when it is claimed. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from setia.language.model import Game
from setia.rules.games import KINDS
from setia.rules.games.kind import Turn
from setia.rules.playing import drawn_on, gone, in_force
from setia.values.activities import Body
from setia.values.chance import Luck


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor's play. ``body``: of the activity that waits to be claimed. ``told``: what the visitor is shown.
    ``reserved``: the house accounts on which it has drawn one each."""

    body: Body
    told: dict[str, Any]
    reserved: list[str]


def visit(
    game: Game, luck: Luck, house: dict[str, int], visitor: str, nonce: int, client_seed: str, at: dt.datetime
) -> Visit:
    """Play for ``visitor``, whose ``nonce``-th play here it is. ``house``: what is left of what may be won."""
    kind = KINDS[game.kind]
    numbers = luck.draw(f"game {game.name}", visitor, str(nonce), client_seed, kind.below(game))
    missing = gone(game, house)
    landing = kind.land(game, Turn(tuple(numbers)))
    prize = in_force(game, landing.prize, missing)
    reserved = drawn_on(game, prize, house)
    drawn: dict[str, Any] = {
        "visitor": visitor, "nonce": nonce, "period": luck.period, "numbers": numbers, "gone": missing,
        "reserved": reserved, "at": at.isoformat(),
    }  # fmt: skip
    body: Body = {"game": game.name, "drawn": drawn}
    if client_seed:
        body["client_seed"] = client_seed
    told = {"game": game.name, "prize": prize, "shown": landing.shown, "free": True}
    return Visit(body, told, reserved)
