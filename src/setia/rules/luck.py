"""What is known of chance, and of earlier plays, when an activity is decided: more facts. Pure.

Random numbers are drawn here once and stored with the decision. Without a ``Chance`` (in a quote, say) nothing is
drawn: no rule with a chance gives, and no game can be played.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from setia.language.model import Game, Programme
from setia.rules.facts import Facts
from setia.rules.games import KINDS
from setia.rules.raffles import entry_facts
from setia.rules.rulebook import TypePlan
from setia.state.progress import Progress
from setia.values.activities import Activity
from setia.values.chance import PERCENT_STEPS, Luck
from setia.values.codes import Built
from setia.values.ids import public_id
from setia.values.instants import Calendar, Window, add_span, local_date

PLAYED = Built.PLAYED.value
_ENTERED = Built.ENTERED.value


def add_luck(programme: Programme, plan: TypePlan, progress: Progress, luck: Luck | None, activity: Activity,
             facts: Facts) -> None:  # fmt: skip
    """Add to ``facts`` the numbers of rules with a chance (``x``) and what a play has to know (``y``)."""
    if plan.chances and luck is not None:
        who, nonce = public_id("mem", activity.member_id), f"{activity.source}/{activity.external_id}"
        drawn = {rule: luck.draw(f"rule {rule}", who, nonce, "", (PERCENT_STEPS,))[0] for rule in plan.chances}
        facts["x"] = {"period": luck.period, "nonce": nonce, "drawn": drawn}
    if plan.type == PLAYED:
        game = programme.games.get(activity.body["game"])
        if game is not None:
            facts["y"] = _play_facts(programme, game, progress, luck, activity)
    elif plan.type == _ENTERED:
        facts["y"] = entry_facts(programme, progress, activity.body, activity.occurred_at)


def _play_facts(
    programme: Programme, game: Game, progress: Progress, luck: Luck | None, activity: Activity
) -> dict[str, Any]:
    """``nonce``, ``period`` and ``numbers`` of the draw; ``streak``: the days it makes; ``until``: the last day of an
    exclusion that is in force; ``own``: (used, most, per) of the member's own limit; ``again``: the end of a pause."""
    body, at = activity.body, activity.occurred_at
    if "drawn" in body:
        drawn = body["drawn"]
        known = {name: drawn[name] for name in ("nonce", "period", "numbers", "gone", "reserved") if name in drawn}
        is_other = progress.visitor not in ("", drawn["visitor"])
        if is_other or progress.joined_at < dt.datetime.fromisoformat(drawn["at"]):
            known["late"] = True
        return known
    day = local_date(at, programme.zone)
    found: dict[str, Any] = {"nonce": progress.plays + 1}
    before = progress.games.get(game.name)
    if before is not None and game.pause is not None:
        found["again"] = add_span(before.at, game.pause, programme.zone).isoformat()
    if game.kind == "check_in":
        goes_on = before is not None and before.day == day.toordinal() - 1
        found["streak"] = before.streak + 1 if before is not None and goes_on else 1
    below = KINDS[game.kind].below(game)
    if not below:
        return found
    until = progress.care.until
    if until is not None and day <= until:
        found["until"] = until.isoformat()
    own = progress.care.limit_at(at)
    if own is not None:
        window = Window(Calendar(own.per))
        first = window.start(day, progress.joined_on).toordinal()
        buckets = progress.limits.get("plays/chance", {})
        used = sum(count for key, count in buckets.items() if first <= key <= day.toordinal())
        found["own"] = [used, own.times, own.per]
    assert luck is not None, "a game of chance needs a seed"
    who, nonce = public_id("mem", activity.member_id), str(progress.plays + 1)
    found["period"] = luck.period
    found["numbers"] = luck.draw(f"game {game.name}", who, nonce, body.get("client_seed", ""), below)
    return found
