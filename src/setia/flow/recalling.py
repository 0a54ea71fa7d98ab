"""What was answered before, to whoever sends the same again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from setia.flow.stored import ROW, Row, ask_rows, fetch_decisions, row_of
from setia.flow.work import NaturalKey, Recorded
from setia.plumbing.db import AsyncConnection
from setia.values.activities import Activity

if TYPE_CHECKING:
    from setia.flow.gather import Batch

_DECLINED = f"""
    SELECT {ROW} FROM activities a
    WHERE a.member_id = %s AND a.id >= %s AND a.programme_id = %s AND a.source = %s AND a.external_id = %s
      AND a.revision = %s AND a.status = 'declined'
    ORDER BY a.no DESC LIMIT 1"""  # noqa: S608


async def recall(conn: AsyncConnection, batch: Batch, repeated: dict[tuple[UUID, UUID], NaturalKey]) -> None:
    """The decisions under keys that came in again, so that the same answers can be given."""
    cursor = await ask_rows(conn, list(repeated))
    rows: list[Row] = [row_of(row) for row in await cursor.fetchall()]
    decisions = await fetch_decisions(conn, batch.programme_id, rows)
    for (_, activity_id), key in repeated.items():
        batch.gathered.recorded[key].decision = decisions.get(activity_id)


async def recall_declined(conn: AsyncConnection, batch: Batch, recorded: Recorded, activity: Activity) -> None:
    """The decision on this revision, if it was declined before: it came after the sale, and under its key."""
    since = UUID(int=recorded.activity_id.int >> 80 << 80)  # ids begin with the instant of recording
    cursor = await conn.execute(
        _DECLINED,
        [
            activity.member_id, since, batch.programme_id, activity.source, activity.external_id,
            activity.revision,
        ],
    )  # fmt: skip
    found = await cursor.fetchone()
    if found is not None:
        row = row_of(found)
        before = (await fetch_decisions(conn, batch.programme_id, [row]))[row.activity.id]
        recorded.declined[activity.member_id, activity.revision] = before
