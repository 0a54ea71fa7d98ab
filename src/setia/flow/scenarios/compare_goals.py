"""Comparing badges, challenges and leaderboards with what was expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from setia.flow.scenarios.model import Check
from setia.rules.avatars import worn
from setia.rules.boards import current, ranked
from setia.rules.facts import metric_value
from setia.values.instants import local_date
from setia.values.money import format_scaled

if TYPE_CHECKING:
    from setia.flow.scenarios.compare import Happened

Pair = tuple[str, str] | None


def _differ(what: str, wanted: Any, real: Any) -> Pair:
    return None if wanted == real else (f"{what} {wanted}", str(real))


def _badges(check: Check, happened: Happened) -> Pair:
    real = sorted(happened.members[check.member].progress.badges)
    return _differ("badges:", ", ".join(check.value) or "none", ", ".join(real) or "none")


def _avatar(check: Check, happened: Happened) -> Pair:
    real = worn(happened.programme, happened.members[check.member].progress, happened.now)
    return _differ("to be shown by", check.value, "none" if real is None else real.name)


def _challenge(check: Check, happened: Happened) -> Pair:
    programme, progress = happened.programme, happened.members[check.member].progress
    name, _, part = check.key.partition("/")
    amount, decimals = check.value
    day = local_date(happened.now, programme.zone)
    if part == "done":
        state = progress.goals.get(name)
        real = 0 if state is None else state.times.total()
    else:
        goal = next(goal for goal in programme.challenges[name].goals if (goal.name or "at") == part)
        real = metric_value(programme.metrics[goal.metric], progress, day)
    return _differ(f"{name} {part}:", format_scaled(amount, decimals), format_scaled(real, decimals))


def _leaderboard(check: Check, happened: Happened) -> Pair:
    programme = happened.programme
    board = programme.leaderboards[check.key]
    names = {member.id: name for name, member in happened.members.items()}
    rows = happened.book.best(board, current(programme, board, happened.now))
    real = {names[who]: rank for rank, who, _ in ranked(board, rows)}

    def shown(ranks: dict[str, int]) -> str:
        return (
            ", ".join(f"{rank} {name}" for name, rank in sorted(ranks.items(), key=lambda item: item[::-1])) or "nobody"
        )

    return None if real == check.value else (f"on '{check.key}': {shown(check.value)}", shown(real))


GOALS: Final[dict[str, Callable[[Check, Happened], Pair]]] = {
    "badges": _badges,
    "avatar": _avatar,
    "challenge": _challenge,
    "leaderboard": _leaderboard,
}
