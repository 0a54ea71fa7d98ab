"""Looking at members whom a batch does not lock: whose code was brought, and what the referrers are like."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from setia.flow import needs
from setia.flow.work import Gathered, Peek
from setia.plumbing.arrays import uuids
from setia.plumbing.db import AsyncConnection
from setia.referrals.store import find_codes, list_above
from setia.state.bringing import OPEN
from setia.state.progress import Progress, progress_from_json
from setia.values.activities import Activity
from setia.values.instants import local_date

_PEEKS = """
    SELECT m.member_id, s.progress::text, m.is_blocked, m.joined_at, m.attributes::text FROM members m
    LEFT JOIN member_states s ON s.member_id = m.member_id AND s.programme_id = %s
    WHERE m.member_id = ANY (%s::uuid[])"""


async def look_at_referrers(
    conn: AsyncConnection, programme_id: int, gathered: Gathered, activities: Sequence[Activity]
) -> None:
    """Whose codes the batch brings, and what the referrers of its members are like, without locking them."""
    codes = {code for activity in activities if (code := needs.referral_code(activity)) is not None}
    if codes:
        gathered.referrers = await find_codes(conn, codes)
    wanted = set(gathered.referrers.values())
    for member in gathered.members.values():
        brought = member.progress.brought
        if brought is not None and brought.by is not None and brought.state == OPEN:
            wanted.add(brought.by)
    if not wanted:
        return
    rings = [version.programme.referral.ring for version in gathered.versions if version.programme.referral is not None]
    above = await list_above(conn, programme_id, wanted, max(rings))
    cursor = await conn.execute(_PEEKS, [programme_id, uuids(above)])
    zone = gathered.versions[0].programme.zone
    for member_id, progress, is_blocked, joined_at, attributes in await cursor.fetchall():
        memory = (
            Progress(local_date(joined_at, zone), joined_at, None, orjson.loads(attributes))
            if progress is None
            else progress_from_json(orjson.loads(progress))
        )
        gathered.peeks[member_id] = Peek(memory, is_blocked)
