"""Who has a pass at a drop: read for a batch of claims."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from uuid import UUID

from setia.drops import store as drops
from setia.flow.lines import asked_drops
from setia.flow.work import Version
from setia.language.model import ProductDrop
from setia.plumbing.db import AsyncConnection
from setia.values.activities import Activity


async def read_passes(
    conn: AsyncConnection, programme_id: int, versions: Iterable[Version], activities: Sequence[Activity]
) -> dict[tuple[str, UUID], dt.datetime]:
    """Bring the lines up whose rewards are claimed, in the order of their names, and read who has a pass there."""
    wanted: dict[str, tuple[ProductDrop, list[Activity]]] = {}
    for version in versions:
        for activity in activities:
            for drop in asked_drops(version, activity):
                wanted.setdefault(drop.name, (drop, []))[1].append(activity)
    found: dict[tuple[str, UUID], dt.datetime] = {}
    for name, (drop, claims) in sorted(wanted.items()):
        now = max(activity.recorded_at for activity in claims)
        await drops.bring_up(conn, programme_id, drop, now)
        members = sorted({activity.member_id for activity in claims})
        found |= await drops.fetch_passes(conn, programme_id, name, members)
    return found
