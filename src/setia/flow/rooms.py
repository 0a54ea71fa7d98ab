"""What the flow asks of rooms beside activities: publishing, which opens budgets and stocks, and rolling back."""

from __future__ import annotations

import datetime as dt

from setia.flow.needs import house_initials
from setia.language.model import Programme
from setia.plumbing.db import AsyncConnection
from setia.programmes import store
from setia.programmes.model import PublishedVersion


async def publish(
    conn: AsyncConnection,
    source: str,
    programme: Programme,
    *,
    at: dt.datetime,
    effective_at: dt.datetime | None = None,
    by: str = "",
    note: str = "",
) -> PublishedVersion:
    """Publish ``source`` (compiled: ``programme``) as the next version, in force from ``effective_at`` (None: now).

    An ``effective_at`` in the past is taken as it is only before the programme's first activity, so that history can
    be taken in; a version never changes the past of a running programme.
    """
    return await store.publish(
        conn,
        source,
        programme,
        house=house_initials(programme),
        at=at,
        effective_at=effective_at,
        by=by,
        note=note,
    )


async def roll_back(
    conn: AsyncConnection, name: str, number: int, compile_source: store.Compile, *, at: dt.datetime, by: str = ""
) -> PublishedVersion:
    """Publish the text of an earlier version again, as a new one; raises ``NotFound``."""
    source = await store.fetch_source(conn, name, number)
    note = f"rolled back to version {number}"
    return await publish(conn, source, compile_source(source), at=at, by=by, note=note)
