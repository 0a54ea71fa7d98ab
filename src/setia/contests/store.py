"""Entries and votes in PostgreSQL.

Whoever enters, votes or takes something back holds a shared lock on the contest's row, and closing an exclusive one: so
a vote is either counted or refused. An entry that is voted for is locked against being taken away meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import orjson

from setia.plumbing.arrays import columns, instants, texts, uuids
from setia.plumbing.db import AsyncConnection
from setia.rules.contests import OF_CONTESTS, SHOWN, ContestEntry, Contests, Vote
from setia.values.activities import Activity
from setia.values.codes import Built

_ENTRY: LiteralString = """e.id, e.contest, e.member_id, e.fields::text, e.entered_at, e.state, e.reason, e.reviewed_by,
    e.reviewed_at"""


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as others see it: with the name of whoever agreed to be named, and the votes that count."""

    entry: ContestEntry
    name: str | None
    votes: int
    is_voted: bool


async def open_contests(conn: AsyncConnection, programme_id: int, names: Iterable[str]) -> None:
    """Make the rows by which contests are locked."""
    await conn.execute(
        """INSERT INTO contests (programme_id, contest) SELECT %s, * FROM unnest(%s::text[]) ON CONFLICT DO NOTHING""",
        [programme_id, texts(sorted(names))],
    )


async def gather_contests(conn: AsyncConnection, programme_id: int, activities: Sequence[Activity]) -> Contests:
    """Lock and read what ``activities`` need: what they name, and what their members have entered and voted for."""
    activities = [activity for activity in activities if activity.type in OF_CONTESTS]
    if not activities:
        return Contests()
    names = sorted({activity.body["contest"] for activity in activities})
    members = sorted({activity.member_id for activity in activities})
    named = sorted({UUID(hex=a.body["entry"]) for a in activities if "entry" in a.body})
    await open_contests(conn, programme_id, names)
    cursor = await conn.execute(
        """SELECT contest, closed_at IS NOT NULL FROM contests WHERE programme_id = %s AND contest = ANY (%s)
           ORDER BY contest FOR SHARE""",
        [programme_id, names],
    )
    known = Contests(closed={name for name, is_closed in await cursor.fetchall() if is_closed})
    is_changing = any(a.type in (Built.CONTEST_WITHDRAWN.value, Built.CONTEST_REVIEWED.value) for a in activities)
    lock: LiteralString = "FOR UPDATE" if is_changing else "FOR SHARE"
    cursor = await conn.execute(
        f"SELECT {_ENTRY} FROM contest_entries e WHERE e.programme_id = %s AND e.id = ANY (%s) ORDER BY e.id {lock}",  # noqa: S608
        [programme_id, named],
    )
    rows = await cursor.fetchall()
    cursor = await conn.execute(
        """SELECT id, contest, entry, member_id, voted_at FROM contest_votes
           WHERE member_id = ANY (%s) AND programme_id = %s AND contest = ANY (%s)""",
        [members, programme_id, names],
    )
    known.votes = {(row[3], row[2]): Vote(*row) for row in await cursor.fetchall()}
    cursor = await conn.execute(
        f"""SELECT {_ENTRY} FROM contest_entries e WHERE e.programme_id = %(programme)s AND e.contest = ANY (%(names)s)
            AND (e.member_id = ANY (%(members)s) OR e.id = ANY (%(voted)s))""",  # noqa: S608
        {"programme": programme_id, "names": names, "members": members, "voted": [entry for _, entry in known.votes]},
    )
    for row in (*rows, *await cursor.fetchall()):
        entry = _entry(row)
        known.entries[entry.id] = entry
    return known


async def apply_contests(
    conn: AsyncConnection,
    programme_id: int,
    entries: Sequence[ContestEntry],
    votes: Sequence[Vote],
    gone: Sequence[tuple[UUID, UUID]],
) -> None:
    """Write entries as they are now and votes that are new; forget those, as (member, entry), that were taken back."""
    if entries:
        rows = [
            (e.member_id, e.id, e.contest, orjson.dumps(e.fields).decode(), e.entered_at, e.state, e.reason, e.by,
             e.reviewed_at)
            for e in entries
        ]  # fmt: skip
        encoders = (uuids, uuids, texts, texts, instants, texts, texts, texts, instants)
        await conn.execute(
            """INSERT INTO contest_entries (programme_id, member_id, id, contest, fields, entered_at, state, reason,
                                            reviewed_by, reviewed_at)
               SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::json[], %s::timestamptz[], %s::text[],
                                        %s::text[], %s::text[], %s::timestamptz[])
               ON CONFLICT (member_id, programme_id, id) DO UPDATE
               SET state = excluded.state, reason = excluded.reason, reviewed_by = excluded.reviewed_by,
                   reviewed_at = excluded.reviewed_at""",
            [programme_id, *columns(rows, encoders)],
        )
    if gone:
        await conn.execute(
            """DELETE FROM contest_votes v USING unnest(%s::uuid[], %s::uuid[]) AS q (member_id, entry)
               WHERE v.member_id = q.member_id AND v.programme_id = %s AND v.entry = q.entry""",
            [*columns(gone, (uuids, uuids)), programme_id],
        )
    if votes:
        cast = [(vote.member_id, vote.entry, vote.id, vote.contest, vote.at) for vote in votes]
        await conn.execute(
            """INSERT INTO contest_votes (programme_id, member_id, entry, id, contest, voted_at)
               SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[])""",
            [programme_id, *columns(cast, (uuids, uuids, uuids, texts, instants))],
        )


async def lock_contest(conn: AsyncConnection, programme_id: int, contest: str) -> bool:
    """Take no more entries and votes until the end of the transaction; whether the contest is open still."""
    await open_contests(conn, programme_id, [contest])
    cursor = await conn.execute(
        "SELECT closed_at FROM contests WHERE programme_id = %s AND contest = %s FOR UPDATE", [programme_id, contest]
    )
    row = await cursor.fetchone()
    return row is not None and row[0] is None


async def list_counted(conn: AsyncConnection, programme_id: int, contest: str) -> list[tuple[UUID, UUID, int]]:
    """(entry, member, votes) of what takes part, in the order of entering. Who is blocked neither wins nor votes."""
    cursor = await conn.execute(
        """SELECT e.id, e.member_id, (
               SELECT count(*) FROM contest_votes v JOIN members voter ON voter.member_id = v.member_id
               WHERE v.programme_id = e.programme_id AND v.entry = e.id AND NOT voter.is_blocked)
           FROM contest_entries e JOIN members m ON m.member_id = e.member_id
           WHERE e.programme_id = %s AND e.contest = %s AND e.state = %s AND NOT m.is_blocked
           ORDER BY e.entered_at, e.id""",
        [programme_id, contest, SHOWN],
    )
    return await cursor.fetchall()


async def close_contest(
    conn: AsyncConnection, programme_id: int, contest: str, version: int, at: dt.datetime, record: dict[str, Any]
) -> None:
    """Keep the result; nothing changes it any more."""
    await conn.execute(
        """UPDATE contests SET closed_at = %s, version = %s, record = %s::json
           WHERE programme_id = %s AND contest = %s""",
        [at, version, orjson.dumps(record).decode(), programme_id, contest],
    )


async def list_closed(conn: AsyncConnection, programme_id: int) -> dict[str, dict[str, Any]]:
    """The results that stand, by contest."""
    cursor = await conn.execute(
        "SELECT contest, record::text FROM contests WHERE programme_id = %s AND closed_at IS NOT NULL", [programme_id]
    )
    return {name: orjson.loads(record) for name, record in await cursor.fetchall()}


async def find_entry(conn: AsyncConnection, programme_id: int, contest: str, entry: UUID) -> ContestEntry | None:
    """The entry, None where there is none."""
    cursor = await conn.execute(
        f"SELECT {_ENTRY} FROM contest_entries e WHERE e.programme_id = %s AND e.id = %s AND e.contest = %s",  # noqa: S608
        [programme_id, entry, contest],
    )
    row = await cursor.fetchone()
    return None if row is None else _entry(row)


async def list_own(conn: AsyncConnection, programme_id: int, member_id: UUID) -> list[ContestEntry]:
    """All entries of a member, newest first."""
    cursor = await conn.execute(
        f"SELECT {_ENTRY} FROM contest_entries e WHERE e.member_id = %s AND e.programme_id = %s ORDER BY e.id DESC",  # noqa: S608
        [member_id, programme_id],
    )
    return [_entry(row) for row in await cursor.fetchall()]


async def count_votes(conn: AsyncConnection, programme_id: int, member_id: UUID) -> dict[str, list[dt.datetime]]:
    """Contest → when the member cast the votes that stand."""
    cursor = await conn.execute(
        """SELECT v.contest, v.voted_at FROM contest_votes v
           JOIN contest_entries e ON e.programme_id = v.programme_id AND e.id = v.entry
           WHERE v.member_id = %s AND v.programme_id = %s AND e.state = %s""",
        [member_id, programme_id, SHOWN],
    )
    found: dict[str, list[dt.datetime]] = {}
    for contest, voted_at in await cursor.fetchall():
        found.setdefault(contest, []).append(voted_at)
    return found


async def list_entries(
    conn: AsyncConnection,
    programme_id: int,
    contest: str,
    *,
    consent: str,
    name: str,
    states: Sequence[str] = (SHOWN,),
    viewer: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Shown]:
    """A page of entries in ``states``, newest first, from behind ``before``; of blocked members none.

    ``consent`` and ``name``: the fields of members that say whether, and by which name, they are shown.
    """
    cursor = await conn.execute(
        f"""SELECT {_ENTRY},
                CASE WHEN m.attributes->%(consent)s = 'true'::jsonb THEN m.attributes->>%(name)s END,
                (SELECT count(*) FROM contest_votes v JOIN members voter ON voter.member_id = v.member_id
                 WHERE v.programme_id = e.programme_id AND v.entry = e.id AND NOT voter.is_blocked),
                EXISTS (SELECT FROM contest_votes v
                        WHERE v.member_id = %(viewer)s AND v.programme_id = e.programme_id AND v.entry = e.id)
            FROM contest_entries e JOIN members m ON m.member_id = e.member_id
            WHERE e.programme_id = %(programme)s AND e.contest = %(contest)s AND e.state = ANY (%(states)s)
              AND NOT m.is_blocked AND (%(before)s::uuid IS NULL OR e.id < %(before)s)
            ORDER BY e.id DESC LIMIT %(limit)s""",  # noqa: S608
        {
            "programme": programme_id, "contest": contest, "states": list(states), "viewer": viewer, "before": before,
            "limit": limit, "consent": consent, "name": name,
        },
    )  # fmt: skip
    return [Shown(_entry(row[:9]), *row[9:]) for row in await cursor.fetchall()]


async def erase_entries(conn: AsyncConnection, member_id: UUID) -> int:
    """Take what a member has entered out of their entries, and what staff said of it; returns how many there are."""
    cursor = await conn.execute(
        "UPDATE contest_entries SET fields = '{}', reason = '' WHERE member_id = %s", [member_id]
    )
    return cursor.rowcount


def _entry(row: Sequence[Any]) -> ContestEntry:
    id_, contest, member_id, fields, *rest = row
    return ContestEntry(id_, contest, member_id, orjson.loads(fields), *rest)
