"""One play of a game: who may play, what it costs, what it lands on, and what is given when that is gone. Pure.

What chance, memory and the house had to say is in the facts, so that a play comes to the same whenever it is decided
again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from setia.language.model import Game, Programme
from setia.rules.facts import Facts, prize_account
from setia.rules.games import KINDS
from setia.rules.games.kind import Turn
from setia.values.activities import Body
from setia.values.codes import DeclineCode
from setia.values.outcomes import Declined, Take


@dataclass(frozen=True, slots=True)
class Played:
    """What a play comes to: ``told`` is what is kept and shown of it, ``uses`` what it counts against limits."""

    prize: str | None
    takes: list[Take]
    uses: dict[str, int]
    told: dict[str, Any]


def drawn_on(game: Game, prize: str | None, house: dict[str, int]) -> list[str]:
    """The house accounts that one of ``prize`` draws on, among those of ``house``."""
    if prize is None:
        return []
    rewards = (f"stock:{give.reward}" for give in game.prizes[prize].rule.gives if give.reward)
    return [account for account in (prize_account(game.name, prize), *rewards) if account in house]


def gone(game: Game, house: dict[str, int]) -> list[str]:
    """The prizes of which nothing is left."""
    return [name for name in game.prizes if any(house[account] <= 0 for account in drawn_on(game, name, house))]


def in_force(game: Game, prize: str | None, missing: list[str]) -> str | None:
    """What is given for ``prize`` when those of ``missing`` are gone: the first on its way that is there."""
    while prize is not None and prize in missing:
        prize = game.prizes[prize].otherwise
    return prize


def odds(game: Game, house: dict[str, int]) -> dict[str | None, Fraction] | None:
    """How likely each prize is now, with what is gone counted for what stands in; None: no prize. None for games whose
    outcome the player makes."""
    landing = KINDS[game.kind].odds(game)
    if landing is None:
        return None
    missing = gone(game, house)
    found: dict[str | None, Fraction] = {}
    for prize, share in landing.items():
        given = in_force(game, prize, missing)
        found[given] = found.get(given, Fraction(0)) + share
    rest = 1 - sum(landing.values(), Fraction(0))
    if rest:
        found[None] = found.get(None, Fraction(0)) + rest
    return found


def play(programme: Programme, body: Body, facts: Facts, at: dt.datetime, *, is_eligible: bool) -> Played | Declined:
    """Decide a play at ``at``. ``is_eligible``: whether the game's condition holds."""
    game = programme.games.get(body["game"])
    if game is None:
        return Declined(DeclineCode.GAME_UNKNOWN, {"game": body["game"]})
    known = facts["y"]
    if "drawn" in body:
        if "late" in known:
            return Declined(DeclineCode.PLAYED_BEFORE_AS_MEMBER, {"game": game.name})
        return _played(game, body, facts, [], {}, is_free=True)
    declined = _declined(game, facts, at, is_eligible=is_eligible)
    if declined is not None:
        return declined
    uses: dict[str, int] = {}
    if game.limit is not None:
        uses[f"play/{game.name}"] = 1
    if KINDS[game.kind].is_chance(game):
        uses["plays/chance"] = 1
    used = facts.get("l", {})
    is_free = not game.costs
    if game.free is not None and used.get(f"free/{game.name}", 0) < game.free.amount:
        is_free = True
        uses[f"free/{game.name}"] = 1
    takes: list[Take] = []
    if not is_free:
        for unit, steps in game.costs.items():
            found = max(facts["w"].get(unit, 0), 0)
            if steps > found:
                return Declined(DeclineCode.INSUFFICIENT_BALANCE, {"unit": unit, "wanted": steps, "found": found})
            takes.append(Take(unit, steps, game.name, f"game:{game.name}"))
    return _played(game, body, facts, takes, uses, is_free=is_free)


def _declined(game: Game, facts: Facts, at: dt.datetime, *, is_eligible: bool) -> Declined | None:
    known = facts["y"]
    if "until" in known:
        return Declined(DeclineCode.EXCLUDED_FROM_PLAY, {"until": known["until"]})
    if "own" in known:
        used, most, per = known["own"]
        if used >= most:
            return Declined(DeclineCode.OWN_LIMIT_REACHED, {"times": most, "per": per})
    if not is_eligible:
        assert game.when is not None
        return Declined(DeclineCode.GAME_NOT_ELIGIBLE, {"game": game.name, "when": game.when.source})
    if game.limit is not None and facts.get("l", {}).get(f"play/{game.name}", 0) >= game.limit.amount:
        facts_ = {"game": game.name, "times": game.limit.amount, "per": game.limit.window.calendar.value}
        return Declined(DeclineCode.PLAY_LIMIT_REACHED, facts_)
    if "again" in known and at < dt.datetime.fromisoformat(known["again"]):
        return Declined(DeclineCode.PLAYED_TOO_SOON, {"game": game.name, "again": known["again"]})
    return None


def _played(game: Game, body: Body, facts: Facts, takes: list[Take], uses: dict[str, int], *, is_free: bool) -> Played:
    known = facts["y"]
    missing = known["gone"] if "gone" in known else gone(game, facts.get("h", {}))
    turn = Turn(tuple(known.get("numbers", ())), body.get("answers", {}), known.get("streak", 0))
    landing = KINDS[game.kind].land(game, turn)
    prize = in_force(game, landing.prize, missing)
    told: dict[str, Any] = {"game": game.name, "prize": prize, "landed": landing.prize, "shown": landing.shown}
    told["free"] = is_free
    for name in ("numbers", "period", "nonce", "streak"):
        if name in known:
            told[name] = known[name]
    if missing:
        told["gone"] = missing
    drawn = drawn_on(game, prize, facts.get("h", {}))
    if "reserved" in known:
        told["reserved"] = known["reserved"]
    elif drawn and drawn[0].startswith("prize:"):
        told["account"] = drawn[0]
    return Played(prize, takes, uses, told)
