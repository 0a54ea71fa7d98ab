"""Comparing what games and draws brought with what was expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from setia.flow.scenarios.model import Check
from setia.rules.playing import odds

if TYPE_CHECKING:
    from setia.flow.scenarios.compare import Happened

Pair = tuple[str, str] | None


def _differ(what: str, wanted: Any, real: Any) -> Pair:
    return None if wanted == real else (f"{what} {wanted}", str(real))


def _prize(check: Check, happened: Happened) -> Pair:
    answer = happened.owns[-1].answer.get("play", {}) if happened.owns else {}
    return _differ("prize", check.value, answer.get("prize") or "none")


def _streak(check: Check, happened: Happened) -> Pair:
    answer = happened.owns[-1].answer.get("play", {}) if happened.owns else {}
    return _differ("streak", check.value, answer.get("shown", {}).get("streak", 0))


def _entered(check: Check, happened: Happened) -> Pair:
    return _differ("tickets", check.value, happened.members[check.member].progress.entered)


def _played(check: Check, happened: Happened) -> Pair:
    answer = happened.owns[-1].answer if happened.owns else {}
    return _differ("played for it", check.value, [item["game"] for item in answer.get("played", ())])


def _taken_back(check: Check, happened: Happened) -> Pair:
    answer = happened.owns[-1].answer if happened.owns else {}
    return _differ("taken back", check.value, [item["game"] for item in answer.get("taken_back", ())])


def _odds(check: Check, happened: Happened) -> Pair:
    found = odds(happened.programme.games[check.key], happened.book.gathered.house) or {}
    real = {prize or "none": str(share) for prize, share in found.items()}
    return _differ(f"odds of {check.key}", check.value, real)


GAMES: Final[dict[str, Callable[[Check, Happened], Pair]]] = {
    "prize": _prize,
    "streak": _streak,
    "entered": _entered,
    "played": _played,
    "taken_back": _taken_back,
    "odds": _odds,
}
