"""Challenges: joining them, completing them, and giving back what is completed no more. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Final
from uuid import UUID

from setia.flow import undo
from setia.flow.apply import announce
from setia.flow.work import Decision, Gathered, MemberWork, Standing, Version
from setia.rules.goals import first_lost
from setia.state.progress import GoalState
from setia.values.codes import Built, DeclineCode, EventName
from setia.values.instants import Until, deadline
from setia.values.outcomes import Declined

_PLACES: Final = {
    Built.PLACED.value: (EventName.PLACED, ("leaderboard", "rank")),
    Built.CONTEST_PLACED.value: (EventName.CONTEST_PLACED, ("contest", "place", "votes")),
    Built.CONTEST_CLOSED.value: (EventName.CONTEST_CLOSED, ("contest", "place")),
}
"""What is announced of each kind of place, and what of its body is told."""


def join(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """The member takes part in a challenge from now on."""
    programme, at = version.programme, decision.activity.occurred_at
    name = decision.activity.body["challenge"]
    challenge = programme.challenges.get(name)
    if challenge is None or not challenge.joins:
        return Declined(DeclineCode.CHALLENGE_UNKNOWN, {"challenge": name})
    if (challenge.start is not None and at < challenge.start) or (challenge.end is not None and at >= challenge.end):
        return Declined(DeclineCode.CHALLENGE_CLOSED, {"challenge": name, "from": _at(challenge.start),
                                                       "until": _at(challenge.end)})  # fmt: skip
    state = member.progress.goals.setdefault(name, GoalState())
    if state.joined_at is not None:
        return Declined(DeclineCode.CHALLENGE_JOINED_ALREADY, {"challenge": name, "since": _at(state.joined_at)})
    state.joined_at = at
    if challenge.within is not None:
        state.over_at = deadline(at, challenge.within, Until.END_OF_DAY, programme.zone)
    return None


def place(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A leaderboard's period is over and the member is among its best, or a contest is, and they took part."""
    event, names = _PLACES[decision.activity.type]
    announce(decision, member, event, {name: decision.activity.body[name] for name in names})
    return None


def _at(at: dt.datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def give_back(
    gathered: Gathered, version: Version, member: MemberWork, decision: Decision, standing: Standing
) -> Counter[str]:
    """Undo the completions that what is counted now would not bring; returns what could not be taken back, by unit."""
    missing: Counter[str] = Counter()
    when_spent = version.programme.refunds.when_spent
    while (lost := first_lost(version.programme, member.progress)) is not None:
        challenge, done = lost
        member.progress.goals[challenge.name].forget(done)
        cause = gathered.consequences[UUID(hex=done.cause)][UUID(hex=done.id)]
        if UUID(hex=done.cause) == standing.activity.id:
            gone = {award.unit: cause.result.earned(award.unit) for award in cause.result.awards}
            undo.free_units(gathered, member, decision, standing, gone)
        missing += undo.take_back(gathered, member, decision, standing, cause, when_spent)
        announce(decision, member, EventName.CHALLENGE_UNDONE, {"challenge": challenge.name})
    return missing
