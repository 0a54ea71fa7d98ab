"""Before a version is published: how many members its ladder would move, and where to."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson

from setia.language.model import Programme
from setia.plumbing.db import AsyncConnection
from setia.programmes.store import find_programme
from setia.rules import ladder
from setia.state.progress import Progress, progress_from_json
from setia.values.card_codes import FIRST_CARD

MEMBERS_AT_A_TIME: Final = 1_000
NO_VERSION: Final = 0
"""Of a version that is not published: no member belongs to its ladder yet."""


@dataclass(frozen=True, slots=True)
class Move:
    """So many ``members`` would go from level ``before`` ("": none yet) to ``after``.

    ``way``: "up", "down", or "removed" where the new ladder has no level of the old name.
    """

    before: str
    after: str
    way: str
    members: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing would do to the levels of ``members`` at the instant ``at``."""

    at: dt.datetime
    members: int
    moves: tuple[Move, ...]


def moved(
    programme: Programme, progress: Progress, balances: dict[str, int], at: dt.datetime
) -> tuple[str, str, str] | None:
    """Where a member would go by the ladder of ``programme``: level before, after, and which way; None: nowhere."""
    tiers = programme.tiers
    if tiers is None:
        return None
    progress.version = NO_VERSION - 1
    change = ladder.adopt(programme, progress, balances, at, NO_VERSION)
    if change is None:
        return None
    way = "removed" if change.before and tiers.level(change.before) is None else "up" if change.is_up else "down"
    return change.before, change.level, way


async def preview(conn: AsyncConnection, programme: Programme, at: dt.datetime) -> Preview:
    """Try the ladder of ``programme`` on every member of the published programme of that name; nothing is written."""
    found = await find_programme(conn, programme.name)
    counts: Counter[tuple[str, str, str]] = Counter()
    members = 0
    if found is not None:
        async for progress, balances in _members(conn, found.id):
            members += 1
            move = moved(programme, progress, balances, at)
            if move is not None:
                counts[move] += 1
    moves = tuple(Move(*move, number) for move, number in sorted(counts.items()))
    return Preview(at, members, moves)


async def _members(conn: AsyncConnection, programme_id: int) -> AsyncIterator[tuple[Progress, dict[str, int]]]:
    after: UUID | None = None
    while True:
        cursor = await conn.execute(
            """SELECT member_id, progress::text FROM member_states
               WHERE programme_id = %(programme)s AND progress IS NOT NULL AND member_id < %(cards)s
                 AND (%(after)s::uuid IS NULL OR member_id > %(after)s::uuid)
               ORDER BY member_id LIMIT %(limit)s""",
            {"programme": programme_id, "after": after, "limit": MEMBERS_AT_A_TIME, "cards": FIRST_CARD},
        )
        rows = await cursor.fetchall()
        if not rows:
            return
        after = rows[-1][0]
        held = await conn.execute(
            """SELECT member_id, unit, available + held + debt FROM balances
               WHERE programme_id = %s AND member_id = ANY (%s)""",
            [programme_id, [row[0] for row in rows]],
        )
        balances: dict[UUID, dict[str, int]] = {}
        for member_id, unit, amount in await held.fetchall():
            balances.setdefault(member_id, {})[unit] = amount
        for member_id, stored in rows:
            yield progress_from_json(orjson.loads(stored)), balances.get(member_id, {})
