"""Contests: what is known of entries and votes, who may enter and who may vote. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from setia.language.model import Contest, Programme
from setia.rules.facts import Facts
from setia.values.activities import Activity, Body
from setia.values.codes import Built, DeclineCode
from setia.values.ids import public_id
from setia.values.instants import local_date
from setia.values.outcomes import Declined, Take

WAITING: Final = "waiting"
SHOWN: Final = "shown"
REFUSED: Final = "refused"
REMOVED: Final = "removed"
WITHDRAWN: Final = "withdrawn"
STATES: Final = (WAITING, SHOWN, REFUSED, REMOVED, WITHDRAWN)
"""What an entry may be: it waits for staff, members see it, staff refused it or took it down, its member did."""
COUNTING: Final = (WAITING, SHOWN, REMOVED)
"""The entries that count among those a member may have: what was taken down leaves no room for another."""
ASKED: Final = frozenset((Built.CONTEST_ENTERED.value, Built.VOTED.value))
"""What is decided by the rules, with what is known of the contest among the facts."""
OF_CONTESTS: Final = ASKED | {Built.CONTEST_WITHDRAWN.value, Built.UNVOTED.value, Built.CONTEST_REVIEWED.value}
"""What comes in about contests."""


@dataclass(slots=True)
class ContestEntry:
    """An entry: the activity that entered it is its id."""

    id: UUID
    contest: str
    member_id: UUID
    fields: dict[str, str]
    entered_at: dt.datetime
    state: str
    reason: str = ""
    by: str = ""
    reviewed_at: dt.datetime | None = None


@dataclass(slots=True)
class Vote:
    """A vote that stands; ``id``: the activity that cast it."""

    id: UUID
    contest: str
    entry: UUID
    member_id: UUID
    at: dt.datetime


@dataclass(slots=True)
class Contests:
    """What is known: of a batch what concerns its members and what it names, of a book in memory everything.

    ``votes``: by (member, entry). ``closed``: the contests whose result stands.
    """

    entries: dict[UUID, ContestEntry] = field(default_factory=dict)
    votes: dict[tuple[UUID, UUID], Vote] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)

    def find(self, body: Body) -> ContestEntry | None:
        """The entry that a body speaks of."""
        entry = self.entries.get(UUID(hex=body["entry"]))
        return entry if entry is not None and entry.contest == body["contest"] else None

    def votes_of(self, member_id: UUID, contest: str) -> Iterator[Vote]:
        """The votes of a member for entries that are there to be seen."""
        for vote in self.votes.values():
            if (vote.member_id, vote.contest) == (member_id, contest) and self.entries[vote.entry].state == SHOWN:
                yield vote


def entry_id(body: Body) -> str:
    """The entry that a body speaks of, as the outside knows it."""
    return public_id("act", UUID(hex=body["entry"]))


def account_of(contest: str) -> str:
    """The house account with the entries that can still come in."""
    return f"contest:{contest}"


def contest_facts(programme: Programme, known: Contests, activity: Activity) -> dict[str, Any]:
    """What deciding an entry or a vote has to know.

    Of an entry ``entered``: how many the member has. Of a vote ``state`` of the entry (None: there is none) and whether
    it is the member's ``own``, whether it was ``voted`` for, and the member's ``votes``: in all, and of the local day.
    """
    body, member_id = activity.body, activity.member_id
    contest = body["contest"]
    found: dict[str, Any] = {"closed": True} if contest in known.closed else {}
    if activity.type == Built.CONTEST_ENTERED.value:
        own = [entry for entry in known.entries.values() if (entry.member_id, entry.contest) == (member_id, contest)]
        return found | {"entered": sum(entry.state in COUNTING for entry in own)}
    entry = known.find(body)
    if entry is None:
        return found | {"state": None}
    today = local_date(activity.occurred_at, programme.zone)
    days = [local_date(vote.at, programme.zone) for vote in known.votes_of(member_id, contest)]
    return found | {
        "state": entry.state,
        "own": entry.member_id == member_id,
        "voted": (member_id, entry.id) in known.votes,
        "votes": [len(days), days.count(today)],
    }


def enter(
    programme: Programme, body: Body, facts: Facts, at: dt.datetime, *, is_eligible: bool
) -> list[Take] | Declined:
    """What an entry costs, or why it is not taken."""
    contest = programme.contests.get(body["contest"])
    if contest is None:
        return Declined(DeclineCode.CONTEST_UNKNOWN, {"contest": body["contest"]})
    known = facts["y"]
    if "closed" in known or at >= contest.end or (contest.start is not None and at < contest.start):
        return _not_open(contest, contest.start, contest.end)
    if not is_eligible:
        assert contest.when is not None
        return Declined(DeclineCode.CONTEST_NOT_ELIGIBLE, {"contest": contest.name, "when": contest.when.source})
    if known["entered"] >= contest.at_most:
        return _limited(contest, "entries", contest.at_most)
    if facts.get("h", {}).get(account_of(contest.name), 1) <= 0:
        return Declined(DeclineCode.CONTEST_FULL, {"contest": contest.name, "slots": contest.slots})
    return [Take(unit, steps, "", f"contest:{contest.name}") for unit, steps in contest.costs.items()]


def vote(programme: Programme, body: Body, facts: Facts, at: dt.datetime, *, is_eligible: bool) -> Declined | None:
    """Why a vote does not count; None: it does."""
    contest = programme.contests.get(body["contest"])
    if contest is None or contest.votes is None:
        return Declined(DeclineCode.CONTEST_UNKNOWN, {"contest": body["contest"]})
    known, ballot = facts["y"], contest.votes
    if known["state"] != SHOWN:
        return Declined(DeclineCode.CONTEST_ENTRY_UNKNOWN, {"contest": contest.name, "entry": entry_id(body)})
    if "closed" in known or not ballot.start <= at < ballot.end:
        return _not_open(contest, ballot.start, ballot.end)
    if known["own"]:
        return Declined(DeclineCode.CONTEST_OWN_ENTRY, {"contest": contest.name, "entry": entry_id(body)})
    if not is_eligible:
        assert ballot.when is not None
        return Declined(DeclineCode.CONTEST_NOT_ELIGIBLE, {"contest": contest.name, "when": ballot.when.source})
    if known["voted"]:
        return Declined(DeclineCode.CONTEST_VOTED_ALREADY, {"contest": contest.name, "entry": entry_id(body)})
    in_all, today = known["votes"]
    if ballot.at_most is not None and in_all >= ballot.at_most:
        return _limited(contest, "votes", ballot.at_most)
    if ballot.per_day is not None and today >= ballot.per_day:
        return _limited(contest, "votes a day", ballot.per_day)
    return None


def _not_open(contest: Contest, start: dt.datetime | None, end: dt.datetime) -> Declined:
    begins = None if start is None else start.isoformat()
    facts = {"contest": contest.name, "from": begins, "until": end.isoformat()}
    return Declined(DeclineCode.CONTEST_NOT_OPEN, facts)


def _limited(contest: Contest, what: str, most: int) -> Declined:
    return Declined(DeclineCode.CONTEST_LIMIT_REACHED, {"contest": contest.name, "what": what, "most": most})
