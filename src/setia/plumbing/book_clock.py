"""The clock that a book lives by: its distance from the real one is kept in the database."""

from __future__ import annotations

import datetime as dt

from setia.plumbing.clock import Clock, OffsetClock, SystemClock
from setia.plumbing.db import AsyncConnection


async def load_clock(conn: AsyncConnection) -> Clock:
    """The clock for this database: the machine's, or one that runs beside it at the offset that is kept."""
    cursor = await conn.execute("SELECT ahead FROM clock_offset")
    row = await cursor.fetchone()
    return SystemClock() if row is None else OffsetClock(row[0])


async def keep_offset(conn: AsyncConnection, ahead: dt.timedelta) -> None:
    """From now on this database's clock is so far ahead of the real one (negative: behind it)."""
    await conn.execute(
        "INSERT INTO clock_offset (ahead) VALUES (%s) ON CONFLICT (is_only) DO UPDATE SET ahead = excluded.ahead",
        [ahead],
    )
