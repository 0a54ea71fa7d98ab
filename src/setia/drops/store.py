"""Lines of drops in PostgreSQL. Everything that moves a line holds the lock of its row in ``drops``."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from setia.language.model import ProductDrop
from setia.plumbing.arrays import columns, ints, texts, uuids
from setia.plumbing.db import AsyncConnection
from setia.state.line import Admit, LineState, advance, is_open, lobby_order


@dataclass(frozen=True, slots=True)
class DropRow:
    """A drop as it stands. ``seed`` is secret until ``drawn_at`` is set."""

    name: str
    seed: bytes
    created_at: dt.datetime
    drawn_at: dt.datetime | None
    at: dt.datetime | None
    used: int
    left: int
    last: int


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A member's place in line, as ``flow.lines.Place``; ``ahead``: how many wait before it."""

    member_id: UUID
    number: int | None
    state: str
    until: dt.datetime | None
    arrived_at: dt.datetime
    is_of_lobby: bool


async def open_drops(conn: AsyncConnection, programme_id: int, names: Iterable[str], at: dt.datetime) -> None:
    """Draw the secret of each drop that has none yet."""
    for name in sorted(names):
        await conn.execute(
            "INSERT INTO drops (programme_id, name, seed, created_at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [programme_id, name, secrets.token_bytes(32), at],
        )


async def list_drops(conn: AsyncConnection, programme_id: int) -> dict[str, DropRow]:
    """All drops of a programme, by name."""
    cursor = await conn.execute(
        "SELECT name, seed, created_at, drawn_at, at, used, left_, last FROM drops WHERE programme_id = %s",
        [programme_id],
    )
    return {row[0]: DropRow(*row) for row in await cursor.fetchall()}


async def bring_up(
    conn: AsyncConnection, programme_id: int, drop: ProductDrop, now: dt.datetime, *, waits: bool = True
) -> bool:
    """Lock the line and bring it up to ``now``. ``waits`` False: leave it to whoever is at it; whether it was done."""
    row = await _lock(conn, programme_id, drop.name, waits=waits)
    if row is None:
        return False
    if now >= drop.opens and row.drawn_at is None:
        await _draw(conn, programme_id, drop, row, now)
    state = await _state(conn, programme_id, drop, row)
    steps, used = advance(drop, state, now)
    for step in steps:
        if isinstance(step, Admit):
            await conn.execute(
                """UPDATE drop_places p SET state = 'admitted', until = %s FROM (
                       SELECT member_id FROM drop_places WHERE programme_id = %s AND drop_name = %s
                         AND state = 'waiting' AND number IS NOT NULL ORDER BY number LIMIT %s
                   ) q WHERE p.member_id = q.member_id AND p.programme_id = %s AND p.drop_name = %s""",
                [step.until, programme_id, drop.name, step.count, programme_id, drop.name],
            )
        else:
            await conn.execute(
                """UPDATE drop_places SET state = 'lapsed', until = NULL WHERE programme_id = %s AND drop_name = %s
                     AND state IN ('admitted', 'holding') AND until <= %s""",
                [programme_id, drop.name, step.at],
            )
    if now >= drop.opens:
        await conn.execute(
            "UPDATE drops SET at = %s, used = %s, left_ = %s WHERE programme_id = %s AND name = %s",
            [now, used, state.left, programme_id, drop.name],
        )
    return True


async def enter(
    conn: AsyncConnection, programme_id: int, drop: ProductDrop, member_id: UUID, now: dt.datetime
) -> PlaceRow | None:
    """Stand in line; whoever stands there keeps the place. None before the lobby opens."""
    if not is_open(drop, now):
        return None
    await open_drops(conn, programme_id, [drop.name], now)
    await bring_up(conn, programme_id, drop, now)
    place = await find_place(conn, programme_id, drop.name, member_id)
    if place is not None and place.state not in ("lapsed", "left"):
        return place
    number = None
    if now >= drop.opens:
        cursor = await conn.execute(
            "UPDATE drops SET last = last + 1 WHERE programme_id = %s AND name = %s RETURNING last",
            [programme_id, drop.name],
        )
        (number,) = await cursor.fetchone() or (None,)
    await conn.execute(
        """INSERT INTO drop_places (member_id, programme_id, drop_name, arrived_at, number, is_of_lobby, state)
           VALUES (%s, %s, %s, %s, %s, %s, 'waiting')
           ON CONFLICT (member_id, programme_id, drop_name) DO UPDATE
           SET arrived_at = excluded.arrived_at, number = excluded.number, is_of_lobby = excluded.is_of_lobby,
               state = 'waiting', until = NULL""",
        [member_id, programme_id, drop.name, now, number, number is None],
    )
    if number is not None:
        await bring_up(conn, programme_id, drop, now)
    return await find_place(conn, programme_id, drop.name, member_id)


async def hold(
    conn: AsyncConnection, programme_id: int, drop: ProductDrop, member_id: UUID, now: dt.datetime
) -> PlaceRow | None:
    """Take the piece to the checkout, once for each pass. None without a pass."""
    await bring_up(conn, programme_id, drop, now)
    await conn.execute(
        """UPDATE drop_places SET state = 'holding', until = %s
           WHERE member_id = %s AND programme_id = %s AND drop_name = %s AND state = 'admitted'""",
        [now + drop.hold.timedelta(), member_id, programme_id, drop.name],
    )
    place = await find_place(conn, programme_id, drop.name, member_id)
    return place if place is not None and place.state == "holding" else None


async def leave(
    conn: AsyncConnection, programme_id: int, drop: ProductDrop, member_id: UUID, now: dt.datetime
) -> PlaceRow | None:
    """Give the place up; a pass is free for the next. None where there is none to give up."""
    await bring_up(conn, programme_id, drop, now)
    cursor = await conn.execute(
        """UPDATE drop_places SET state = 'left', until = NULL
           WHERE member_id = %s AND programme_id = %s AND drop_name = %s
             AND state IN ('waiting', 'admitted', 'holding')""",
        [member_id, programme_id, drop.name],
    )
    if not cursor.rowcount:
        return None
    await bring_up(conn, programme_id, drop, now)
    return await find_place(conn, programme_id, drop.name, member_id)


async def find_place(conn: AsyncConnection, programme_id: int, drop: str, member_id: UUID) -> PlaceRow | None:
    """The member's place, None without one."""
    cursor = await conn.execute(
        """SELECT member_id, number, state, until, arrived_at, is_of_lobby FROM drop_places
           WHERE member_id = %s AND programme_id = %s AND drop_name = %s""",
        [member_id, programme_id, drop],
    )
    row = await cursor.fetchone()
    return PlaceRow(*row) if row else None


async def count_ahead(conn: AsyncConnection, programme_id: int, drop: str, number: int) -> int:
    """How many wait in line before ``number``."""
    cursor = await conn.execute(
        """SELECT count(*) FROM drop_places WHERE programme_id = %s AND drop_name = %s AND state = 'waiting'
             AND number < %s""",
        [programme_id, drop, number],
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def count_left(conn: AsyncConnection, programme_id: int, reward: str) -> int:
    """How many pieces of a reward have not been handed over."""
    cursor = await conn.execute(
        "SELECT left_ FROM house_accounts WHERE programme_id = %s AND account = %s", [programme_id, f"stock:{reward}"]
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def list_lobby(conn: AsyncConnection, programme_id: int, drop: str) -> list[PlaceRow]:
    """Whoever was drawn, in that order."""
    cursor = await conn.execute(
        """SELECT member_id, number, state, until, arrived_at, is_of_lobby FROM drop_places
           WHERE programme_id = %s AND drop_name = %s AND is_of_lobby AND number IS NOT NULL ORDER BY number""",
        [programme_id, drop],
    )
    return [PlaceRow(*row) for row in await cursor.fetchall()]


async def fetch_passes(
    conn: AsyncConnection, programme_id: int, drop: str, members: Sequence[UUID]
) -> dict[tuple[str, UUID], dt.datetime]:
    """(drop, member) → until when, of those of ``members`` who have a pass. The line has been brought up."""
    cursor = await conn.execute(
        """SELECT p.member_id, p.until FROM unnest(%s::uuid[]) AS q (member_id) JOIN drop_places p USING (member_id)
           WHERE p.programme_id = %s AND p.drop_name = %s AND p.state IN ('admitted', 'holding')""",
        [uuids(members), programme_id, drop],
    )
    return {(drop, member_id): until for member_id, until in await cursor.fetchall()}


async def apply_taken(conn: AsyncConnection, programme_id: int, taken: Sequence[tuple[str, UUID]]) -> None:
    """Write that these passes, as (drop, member), were used."""
    await conn.execute(
        """UPDATE drop_places p SET state = 'taken', until = NULL
           FROM unnest(%s::text[], %s::uuid[]) AS q (drop_name, member_id)
           WHERE p.member_id = q.member_id AND p.programme_id = %s AND p.drop_name = q.drop_name""",
        [*columns(taken, (texts, uuids)), programme_id],
    )


async def _lock(conn: AsyncConnection, programme_id: int, name: str, *, waits: bool) -> DropRow | None:
    query: LiteralString = """
        SELECT name, seed, created_at, drawn_at, at, used, left_, last FROM drops WHERE programme_id = %s AND name = %s
        FOR UPDATE"""
    cursor = await conn.execute(query if waits else query + " SKIP LOCKED", [programme_id, name])
    row = await cursor.fetchone()
    return DropRow(*row) if row else None


async def _draw(conn: AsyncConnection, programme_id: int, drop: ProductDrop, row: DropRow, now: dt.datetime) -> None:
    """Draw the order of the lobby."""
    cursor = await conn.execute(
        "SELECT member_id FROM drop_places WHERE programme_id = %s AND drop_name = %s AND state = 'waiting'",
        [programme_id, drop.name],
    )
    order = lobby_order(row.seed, drop.name, [member_id for (member_id,) in await cursor.fetchall()])
    if order:
        await conn.execute(
            """UPDATE drop_places p SET number = q.number FROM unnest(%s::uuid[], %s::int[]) AS q (member_id, number)
               WHERE p.member_id = q.member_id AND p.programme_id = %s AND p.drop_name = %s""",
            [*columns(list(zip(order, range(1, len(order) + 1), strict=True)), (uuids, ints)), programme_id, drop.name],
        )
    await conn.execute(
        "UPDATE drops SET drawn_at = %s, last = %s WHERE programme_id = %s AND name = %s",
        [now, len(order), programme_id, drop.name],
    )


async def _state(conn: AsyncConnection, programme_id: int, drop: ProductDrop, row: DropRow) -> LineState:
    left = await count_left(conn, programme_id, drop.reward)
    cursor = await conn.execute(
        """SELECT count(*) FROM drop_places WHERE programme_id = %s AND drop_name = %s AND state = 'waiting'
             AND number IS NOT NULL""",
        [programme_id, drop.name],
    )
    (waiting,) = await cursor.fetchone() or (0,)
    cursor = await conn.execute(
        """SELECT until, count(*) FROM drop_places WHERE programme_id = %s AND drop_name = %s
             AND state IN ('admitted', 'holding') GROUP BY until""",
        [programme_id, drop.name],
    )
    return LineState(row.at, row.used, left, row.left, waiting, dict(await cursor.fetchall()))
