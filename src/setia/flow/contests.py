"""Contests: entries and votes that count, what takes them back, and what staff say of an entry. Pure.

An entry that is withdrawn, refused or taken down, and a vote that is taken back, is undone: what it cost comes back,
and what it gave is taken back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from setia.flow import amend
from setia.flow.apply import announce, apply_house
from setia.flow.work import Decision, Gathered, MemberWork, Version, owner_of
from setia.rules.contests import ASKED as ASKED
from setia.rules.contests import (
    OF_CONTESTS,
    REFUSED,
    REMOVED,
    SHOWN,
    WAITING,
    WITHDRAWN,
    ContestEntry,
    Vote,
    contest_facts,
    entry_id,
)
from setia.values.activities import Activity
from setia.values.codes import Built, DeclineCode, EventName
from setia.values.outcomes import Declined

_VERDICTS: Final = {
    "approve": (WAITING, SHOWN, EventName.CONTEST_APPROVED),
    "refuse": (WAITING, REFUSED, EventName.CONTEST_REFUSED),
    "remove": (SHOWN, REMOVED, EventName.CONTEST_REMOVED),
}
"""What an entry has to be, what it is then, and what its member is told."""


def facts(gathered: Gathered, version: Version, activity: Activity) -> dict[str, Any]:
    """What an entry or a vote adds to the facts; nothing of other kinds."""
    if activity.type not in ASKED:
        return {}
    return {"y": contest_facts(version.programme, gathered.contests, activity)}


def note(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> None:
    """Remember an entry that was taken, or a vote that counts."""
    activity, known = decision.activity, gathered.contests
    body, at = activity.body, activity.occurred_at
    name = body["contest"]
    if activity.type == Built.VOTED.value:
        entry = known.entries[UUID(hex=body["entry"])]
        known.votes[member.id, entry.id] = Vote(activity.id, name, entry.id, member.id, at)
    else:
        state = WAITING if version.programme.contests[name].moderated else SHOWN
        entry = known.entries[activity.id] = ContestEntry(activity.id, name, member.id, body["fields"], at, state)
        announce(decision, member, EventName.CONTEST_ENTERED, _event(entry) | {"state": state})
    _tell(decision, entry)


def withdraw(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """The member takes an entry back, as long as there is no result."""
    entry = _own(gathered, member, decision, (WAITING, SHOWN))
    if isinstance(entry, Declined):
        return entry
    if entry.contest in gathered.contests.closed:
        return _closed(entry.contest)
    _undo(gathered, member, decision, entry.id)
    entry.state = WITHDRAWN
    announce(decision, member, EventName.CONTEST_WITHDRAWN, _event(entry))
    _tell(decision, entry)
    return None


def review(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Staff approve an entry, refuse it, or take it down."""
    body = decision.activity.body
    entry = _own(gathered, member, decision, (WAITING, SHOWN, REFUSED, REMOVED))
    if isinstance(entry, Declined):
        return entry
    wanted, state, event = _VERDICTS[body["verdict"]]
    if entry.state != wanted:
        facts = {"contest": entry.contest, "entry": entry_id(body), "state": entry.state}
        return Declined(DeclineCode.CONTEST_REVIEWED_ALREADY, facts)
    if state == SHOWN and entry.contest in gathered.contests.closed:
        return _closed(entry.contest)
    if state != SHOWN:
        _undo(gathered, member, decision, entry.id)
    entry.state, entry.reason, entry.by = state, body.get("reason", ""), body.get("by", "")
    entry.reviewed_at = decision.activity.recorded_at
    announce(decision, member, event, _event(entry) | {"reason": entry.reason})
    _tell(decision, entry)
    return None


def unvote(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """The member takes a vote back while others can still vote."""
    body, known = decision.activity.body, gathered.contests
    contest = version.programme.contests.get(body["contest"])
    if contest is None or contest.votes is None:
        return Declined(DeclineCode.CONTEST_UNKNOWN, {"contest": body["contest"]})
    entry = known.find(body)
    vote = None if entry is None else known.votes.get((member.id, entry.id))
    if entry is None or vote is None:
        return Declined(DeclineCode.CONTEST_NOT_VOTED, {"contest": body["contest"], "entry": entry_id(body)})
    if contest.name in known.closed or decision.activity.occurred_at >= contest.votes.end:
        return _closed(contest.name, contest.votes.end.isoformat())
    _undo(gathered, member, decision, vote.id)
    del known.votes[member.id, entry.id]
    _tell(decision, entry)
    return None


def undone_by(gathered: Gathered, activity: Activity) -> UUID | None:
    """The entry or vote (the activity that made it) that ``activity`` undoes."""
    if activity.type not in OF_CONTESTS - ASKED:
        return None
    entry = UUID(hex=activity.body["entry"])
    if activity.type != Built.UNVOTED.value:
        return entry
    vote = gathered.contests.votes.get((activity.member_id, entry))
    return None if vote is None else vote.id


def changes_of(
    gathered: Gathered, decisions: Iterable[Decision]
) -> tuple[list[ContestEntry], list[Vote], list[tuple[UUID, UUID]]]:
    """What accepted decisions have changed: entries as they are, votes that are new, (member, entry) of those gone."""
    known = gathered.contests
    touched: dict[UUID, None] = {}
    votes: dict[tuple[UUID, UUID], None] = {}
    for decision in decisions:
        activity = decision.activity
        if decision.status != "accepted" or activity.type not in OF_CONTESTS:
            continue
        if activity.type in (Built.VOTED.value, Built.UNVOTED.value):
            votes[activity.member_id, UUID(hex=activity.body["entry"])] = None
        else:
            touched[UUID(hex=decision.answer["contest"]["entry"])] = None
    new = [known.votes[key] for key in votes if key in known.votes]
    return [known.entries[entry] for entry in touched], new, [key for key in votes if key not in known.votes]


def _own(
    gathered: Gathered, member: MemberWork, decision: Decision, states: tuple[str, ...]
) -> ContestEntry | Declined:
    body = decision.activity.body
    entry = gathered.contests.find(body)
    if entry is None or owner_of(gathered, member, entry.member_id) is None or entry.state not in states:
        return Declined(DeclineCode.CONTEST_ENTRY_UNKNOWN, {"contest": body["contest"], "entry": entry_id(body)})
    return entry


def _undo(gathered: Gathered, member: MemberWork, decision: Decision, activity_id: UUID) -> None:
    standing = gathered.standings[activity_id]
    version = next(version for version in gathered.versions if version.number == standing.version)
    account = standing.result.play.get("account")
    amend.amend(gathered, member, version, decision, standing, {}, is_void=True)
    if account is not None:
        apply_house(gathered, decision, {account: 1})


def _closed(contest: str, until: str | None = None) -> Declined:
    return Declined(DeclineCode.CONTEST_NOT_OPEN, {"contest": contest, "from": None, "until": until})


def _event(entry: ContestEntry) -> dict[str, Any]:
    return {"contest": entry.contest, "entry": entry.id.hex}


def _tell(decision: Decision, entry: ContestEntry) -> None:
    decision.answer["contest"] = {"contest": entry.contest, "entry": entry.id.hex, "state": entry.state}
