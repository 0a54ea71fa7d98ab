"""Entering a raffle: who may, with how many tickets, until when. Pure. How winners are drawn is in ``values.draws``."""

from __future__ import annotations

import datetime as dt
from typing import Any

from setia.language.model import Programme
from setia.rules.facts import Facts
from setia.state.progress import Progress
from setia.values.activities import Body
from setia.values.codes import DeclineCode
from setia.values.instants import local_date
from setia.values.outcomes import Declined, Take


def entry_facts(programme: Programme, progress: Progress, body: Body, at: dt.datetime) -> dict[str, Any]:
    """``entered``: tickets before; ``until``: the last day of an exclusion that is in force."""
    found: dict[str, Any] = {"entered": progress.entered.get(body["draw"], 0)}
    until = progress.care.until
    if until is not None and local_date(at, programme.zone) <= until:
        found["until"] = until.isoformat()
    return found


def enter(programme: Programme, body: Body, facts: Facts, at: dt.datetime, *, is_eligible: bool) -> Take | Declined:
    """The tickets that are entered, or why not."""
    raffle = programme.draws.get(body["draw"])
    if raffle is None:
        return Declined(DeclineCode.DRAW_UNKNOWN, {"draw": body["draw"]})
    known = facts["y"]
    if "until" in known:
        return Declined(DeclineCode.EXCLUDED_FROM_PLAY, {"until": known["until"]})
    is_closed = at >= raffle.end or facts.get("h", {}).get(f"draw:{raffle.name}", 1) <= 0
    if is_closed or (raffle.start is not None and at < raffle.start):
        opens = None if raffle.start is None else raffle.start.isoformat()
        return Declined(
            DeclineCode.DRAW_NOT_OPEN, {"draw": raffle.name, "from": opens, "until": raffle.end.isoformat()}
        )
    if not is_eligible:
        assert raffle.when is not None
        return Declined(DeclineCode.DRAW_NOT_ELIGIBLE, {"draw": raffle.name, "when": raffle.when.source})
    wanted = body["tickets"]
    if raffle.at_most is not None and known["entered"] + wanted > raffle.at_most:
        left = max(raffle.at_most - known["entered"], 0)
        return Declined(DeclineCode.DRAW_LIMIT_REACHED, {"draw": raffle.name, "left": left})
    found = max(facts["w"].get(raffle.unit, 0), 0)
    if wanted > found:
        return Declined(DeclineCode.INSUFFICIENT_BALANCE, {"unit": raffle.unit, "wanted": wanted, "found": found})
    return Take(raffle.unit, wanted, raffle.name, f"draw:{raffle.name}")
