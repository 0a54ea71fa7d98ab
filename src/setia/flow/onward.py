"""What activities have set off at other members, and nobody has decided yet: rows written with their cause.

A row goes in the transaction in which its activity is decided. Should it ever be decided twice, its natural key lets it
count once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from setia.flow.stored import parked_json, parked_of
from setia.plumbing.arrays import columns, instants, texts, uuids
from setia.plumbing.db import AsyncConnection
from setia.values.activities import Activity


async def insert_onward(conn: AsyncConnection, programme_id: int, activities: Sequence[Activity]) -> None:
    """Keep ``activities`` until they are decided."""
    if not activities:
        return
    rows = [(a.member_id, a.id, a.recorded_at, a.source, a.external_id, parked_json(a)) for a in activities]
    await conn.execute(
        """INSERT INTO onward (programme_id, member_id, id, due_at, source, external_id, activity)
           SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::text[], %s::text[], %s::json[])
           ON CONFLICT DO NOTHING""",
        [programme_id, *columns(rows, (uuids, uuids, instants, texts, texts, texts))],
    )


async def take_onward(
    conn: AsyncConnection, programme_id: int, now: dt.datetime, limit: int, only: Sequence[UUID] | None = None
) -> list[Activity]:
    """Lock up to ``limit`` that wait (``only`` these ids), oldest first; what others hold is left to them."""
    cursor = await conn.execute(
        """SELECT id, member_id, source, external_id, activity::text FROM onward
           WHERE programme_id = %(programme)s AND due_at <= %(now)s
             AND (%(only)s::uuid[] IS NULL OR id = ANY (%(only)s::uuid[]))
           ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED""",
        {"programme": programme_id, "now": now, "limit": limit, "only": None if only is None else list(only)},
    )
    return [parked_of(*row) for row in await cursor.fetchall()]


async def delete_onward(conn: AsyncConnection, places: Sequence[tuple[UUID, UUID]]) -> None:
    """Those that were kept under these members and ids are decided."""
    await conn.execute(
        """DELETE FROM onward o USING unnest(%s::uuid[], %s::uuid[]) AS q (member_id, id)
           WHERE o.member_id = q.member_id AND o.id = q.id""",
        columns(places, (uuids, uuids)),
    )


async def postpone_onward(conn: AsyncConnection, activity: Activity, until: dt.datetime) -> None:
    """Deciding ``activity`` failed by an error of ours: it is tried again at ``until``."""
    await conn.execute(
        "UPDATE onward SET due_at = %s WHERE member_id = %s AND id = %s", [until, activity.member_id, activity.id]
    )
