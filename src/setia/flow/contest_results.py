"""The end of a contest: counted by the clock or ranked by a jury, once; then its members are told and placed.

Closing takes the lock that every entry and vote shares, so that a vote is either counted or refused. What is counted is
kept as a record from which anyone can recompute the places (see ``values.contests``). What winners get are rules on
``contest.placed``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from setia.contests import store
from setia.flow.onward import insert_onward
from setia.flow.placing import closings, counted
from setia.games.seeds import DRAW, Seeds
from setia.language.model import Contest
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition, Loaded
from setia.values.contests import CONTEST_ALGORITHM, ranking
from setia.values.faults import Conflict, Invalid, NotFound, Problem
from setia.values.ids import public_id


class ContestOpen(Conflict):
    """The contest takes entries or votes still; nobody can be placed."""

    code = "contest_open"

    def __init__(self, contest: str, until: dt.datetime) -> None:
        said = f"contest '{contest}' goes on until {until.isoformat()}; rank its entries then"
        super().__init__(said, contest=contest, until=until.isoformat())


class ContestClosed(Conflict):
    """The contest has a result; it stands."""

    code = "contest_closed"

    def __init__(self, contest: str) -> None:
        super().__init__(f"contest '{contest}' has a result, and it stands", contest=contest)


def seed_period(contest: str) -> str:
    """What the seed is committed to under, by which ties are drawn."""
    return f"{DRAW}contest/{contest}"


def drawn_contests(edition: Edition) -> list[str]:
    """The contests whose ties are drawn, in any version: as ``Seeds.publish_ahead`` wants them."""
    contests = [contest for version in edition.versions for contest in version.programme.contests.values()]
    return sorted({f"contest/{contest.name}" for contest in contests if contest.ties == "chance"})


def find_contest(edition: Edition, name: str, now: dt.datetime) -> tuple[Loaded, Contest]:
    """The newest version in force that has the contest, and the contest. Raises ``NotFound``."""
    found = [version for version in edition.versions if version.effective_at <= now]
    for version in sorted(found, key=lambda version: -version.number):
        if name in version.programme.contests:
            return version, version.programme.contests[name]
    raise NotFound("contest", name)


async def close_contests(conn: AsyncConnection, seeds: Seeds, edition: Edition, now: dt.datetime) -> int:
    """Count every contest by votes that is over, exactly once; returns how many activities that makes."""
    known = {c.name for version in edition.versions if version.effective_at <= now for c in _contests(version)}
    over = [name for name in sorted(known) if _is_over(find_contest(edition, name, now)[1], now)]
    if not over:
        return 0
    closed = await store.list_closed(conn, edition.id)
    count = 0
    for name in over:
        if name not in closed and await store.lock_contest(conn, edition.id, name):
            version, contest = find_contest(edition, name, now)
            count += await _close(conn, seeds, edition, version, contest, None, now)
    return count


async def rank_contest(
    conn: AsyncConnection, seeds: Seeds, edition: Edition, name: str, order: Sequence[UUID], now: dt.datetime
) -> dict[str, Any]:
    """Close a contest with the places that a jury gives, the first place first; returns the record.

    Raises ``NotFound``, ``ContestOpen``, ``ContestClosed`` and ``Invalid``.
    """
    version, contest = find_contest(edition, name, now)
    if contest.by != "jury":
        said = f"contest '{name}' is decided by votes, not by a jury"
        raise Invalid([Problem("/places", said, "conflicting_fields")])
    if now < contest.over_at:
        raise ContestOpen(name, contest.over_at)
    if not await store.lock_contest(conn, edition.id, name):
        raise ContestClosed(name)
    await _close(conn, seeds, edition, version, contest, order, now)
    return (await store.list_closed(conn, edition.id))[name]


async def _close(
    conn: AsyncConnection,
    seeds: Seeds,
    edition: Edition,
    version: Loaded,
    contest: Contest,
    order: Sequence[UUID] | None,
    now: dt.datetime,
) -> int:
    rows = await store.list_counted(conn, edition.id, contest.name)
    entries = counted(rows)
    seed = commitment = None
    if order is not None:
        places = _ranked(contest, rows, order)
    else:
        if contest.ties == "chance":
            period = seed_period(contest.name)
            seed = await seeds.seed(conn, edition.id, period, now)
            await seeds.reveal(conn, edition.id, period, now)
            commitment = (await seeds.list_committed(conn, edition.id, now, period=period))[0].commitment
        places = ranking(contest.name, entries, contest.winners, seed)
    record = {
        "algorithm": CONTEST_ALGORITHM,
        "programme": edition.name,
        "contest": contest.name,
        "version": version.number,
        "over_at": contest.over_at.isoformat(),
        "closed_at": now.isoformat(),
        "by": contest.by,
        "ties": contest.ties,
        "winners": contest.winners,
        "commitment": commitment,
        "seed": None if seed is None else seed.hex(),
        "entries": [{"entry": e.code, "participant": e.participant, "votes": e.votes} for e in entries],
        "places": [
            {"place": place, "entry": entries[index].code, "votes": entries[index].votes}
            for place, index in enumerate(places, 1)
        ],
    }
    await store.close_contest(conn, edition.id, contest.name, version.number, now, record)
    made = closings(contest, rows, places, now if order is not None else contest.over_at, now)
    await insert_onward(conn, edition.id, made)
    return len(made)


def _ranked(contest: Contest, rows: Sequence[tuple[UUID, UUID, int]], order: Sequence[UUID]) -> list[int]:
    found = {entry: index for index, (entry, _, _) in enumerate(rows)}
    problems: list[Problem] = []
    if not 0 < len(order) <= contest.winners:
        problems.append(Problem("/places", f"expected 1 to {contest.winners} entries, found {len(order)}", "too_many"))
    placed: set[UUID] = set()
    for number, entry in enumerate(order):
        if entry not in found:
            said = f"{public_id('act', entry)} is no entry that takes part"
            problems.append(Problem(f"/places/{number}", said, "bad_choice"))
        elif rows[found[entry]][1] in placed:
            said = "who entered this has a place already; a member has one"
            problems.append(Problem(f"/places/{number}", said, "conflicting_fields"))
        else:
            placed.add(rows[found[entry]][1])
    if problems:
        raise Invalid(problems)
    return [found[entry] for entry in order]


def _contests(version: Loaded) -> list[Contest]:
    return list(version.programme.contests.values())


def _is_over(contest: Contest, now: dt.datetime) -> bool:
    return contest.by == "votes" and contest.over_at <= now
