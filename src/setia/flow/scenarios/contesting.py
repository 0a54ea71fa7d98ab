"""Contests in scenarios: steps that name entries by their ids in the file, what a jury ranks, what is expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from setia.flow.memory import MemoryBook
from setia.flow.scenarios.model import Action, Check
from setia.flow.work import Decision
from setia.language.model import Programme
from setia.rules.contests import STATES
from setia.values.codes import Built

if TYPE_CHECKING:
    from setia.flow.scenarios.compare import Happened

RANKED: Final = "contest.ranked"
"""What a jury decides. It is no activity: those that place the winners follow from it."""
CONTEST_ACTIONS: Final = {
    "submit_entry": Built.CONTEST_ENTERED.value,
    "withdraw_entry": Built.CONTEST_WITHDRAWN.value,
    "review_entry": Built.CONTEST_REVIEWED.value,
    "vote": Built.VOTED.value,
    "unvote": Built.UNVOTED.value,
    "rank": RANKED,
}
CONTEST_SHORT: Final = {"withdraw_entry": "entry", "vote": "entry", "unvote": "entry", "rank": "places"}
_NOBODY: Final = UUID(int=0)


def name_entry(name: str, action: Action, raw: dict[str, Any], programme: Programme) -> Action:
    """Turn what a step says of an entry by its id in the file into what a body says; the only contest is meant."""
    if len(programme.contests) == 1:
        raw.setdefault("contest", next(iter(programme.contests)))
    if name == "submit_entry":
        return action
    if name == "review_entry":
        raw.setdefault("by", "staff")
    entry, raw["entry"] = str(raw.get("entry", "")), _NOBODY.hex
    return replace(action, entry=entry)


def rank_entries(action: Action, raw: dict[str, Any], programme: Programme) -> Action:
    """``rank: [E1, E2]``: the winners as a jury has them."""
    contest = str(raw.get("contest", next(iter(programme.contests), "")))
    places = raw.get("places", [])
    winners = tuple(map(str, places if isinstance(places, list) else [places]))
    return replace(action, body={"contest": contest}, winners=winners)


def entry_of(book: MemoryBook, name: str) -> UUID:
    """The entry that a file calls ``name``; one that nobody has where there is none."""
    return next((decision.activity.id for decision in _entered(book) if decision.activity.external_id == name), _NOBODY)


def rank(book: MemoryBook, action: Action, programme: Programme, at: dt.datetime) -> list[Decision]:
    """Let a jury decide; returns the activities that follow."""
    contest = programme.contests[action.body["contest"]]
    assert contest.by == "jury", "the contest is decided by votes"
    assert at >= contest.over_at, f"the contest goes on until {contest.over_at}"
    rows = book.taking_part(contest)
    index = {entry: number for number, (entry, _, _) in enumerate(rows)}
    return book.place(contest, rows, [index[entry_of(book, name)] for name in action.winners], at, at)


def _entered(book: MemoryBook) -> Iterable[Decision]:
    return (decision for decision in book.decisions if decision.activity.type == Built.CONTEST_ENTERED.value)


def _entry(check: Check, happened: Happened) -> tuple[str, str] | None:
    entry = happened.book.gathered.contests.entries.get(entry_of(happened.book, check.key))
    real = "none" if entry is None else entry.state
    return None if real == check.value else (f"entry {check.key}: {check.value}", real)


def _votes(check: Check, happened: Happened) -> tuple[str, str] | None:
    wanted = entry_of(happened.book, check.key)
    contests = [c for version in happened.book.versions for c in version.programme.contests.values()]
    rows = [row for contest in contests for row in happened.book.taking_part(contest)]
    real = next((votes for entry, _, votes in rows if entry == wanted), 0)
    return None if real == check.value else (f"votes of {check.key}: {check.value}", str(real))


CONTESTS: Final[dict[str, Callable[[Check, Happened], tuple[str, str] | None]]] = {"entry": _entry, "votes": _votes}
ENTRY_STATES: Final = (*STATES, "none")
