"""Deliveries of the outbox's events: taking them in hand, marking what became of them, replaying, forgetting.

The rows themselves are written by the database, in the transaction that writes the event (migration 0002). Events of
one member go to one endpoint in the order of their numbers: only the first that is pending is ever taken in hand, and
the next one after it has been delivered or given up. All instants here are real time, told by the database.
"""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from setia.plumbing.db import AsyncConnection
from setia.values.ids import parse_public_id, public_id, uuid7

CHANNEL = "setia_deliveries"
"""What the database notifies when deliveries were written."""

ENOUGH_ERROR = 500
"""Characters of an error that are kept."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A row of the outbox: what is announced. ``data`` is as the flow wrote it, amounts in steps of their unit."""

    id: int
    programme_id: int
    member_id: UUID
    seq: int
    name: str
    occurred_at: dt.datetime
    created_at: dt.datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery in hand. ``attempts``: those before; ``age_seconds``: since the first; ``lease``: our right to it."""

    endpoint_id: int
    attempts: int
    age_seconds: float
    lease: int
    event: StoredEvent


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as people look at it. ``state``: pending, delivered, dead; ``status``: of HTTP, at last."""

    endpoint_id: int
    state: str
    attempts: int
    next_at: dt.datetime
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    status: int | None
    error: str | None
    event: StoredEvent


_EVENT: LiteralString = "o.id, o.programme_id, o.member_id, o.seq, o.name, o.occurred_at, o.created_at, o.data"
_TAKEN: LiteralString = (
    f"d.endpoint_id, d.attempts - 1, extract(epoch FROM now() - d.first_at)::float8, d.lease, {_EVENT}"
)

# The members for whom something is due, and the first pending delivery of each. One that is not due itself (it waits to
# be tried again, or somebody has it in hand) says until when those behind it have to wait.
_HEADS: LiteralString = """
    WITH asked AS (SELECT * FROM unnest(%s::int[], %s::int[]) AS a (endpoint_id, slots)),
    due AS (
        SELECT DISTINCT q.endpoint_id, q.member_id, q.programme_id
        FROM asked a CROSS JOIN LATERAL (
            SELECT d.endpoint_id, d.member_id, d.programme_id FROM deliveries d
            WHERE d.endpoint_id = a.endpoint_id AND d.state = 'pending' AND d.next_at <= now()
            ORDER BY d.next_at LIMIT a.slots * 8 + 32) q
    )
    SELECT h.endpoint_id, h.member_id, h.programme_id, h.event_id,
           h.next_at <= now() AND coalesce(h.leased_until <= now(), true),
           CASE WHEN h.next_at > now() THEN h.next_at ELSE least(h.leased_until, now() + interval '1 second') END
    FROM due CROSS JOIN LATERAL (
        SELECT d.* FROM deliveries d
        WHERE d.endpoint_id = due.endpoint_id AND d.member_id = due.member_id
          AND d.programme_id = due.programme_id AND d.state = 'pending'
        ORDER BY d.seq LIMIT 1) h
    ORDER BY h.next_at, h.event_id"""
_POSTPONE: LiteralString = """
    UPDATE deliveries d SET next_at = greatest(d.next_at, q.until)
    FROM unnest(%s::int[], %s::uuid[], %s::int[], %s::timestamptz[]) AS q (endpoint_id, member_id, programme_id, until)
    WHERE d.endpoint_id = q.endpoint_id AND d.member_id = q.member_id AND d.programme_id = q.programme_id
      AND d.state = 'pending' AND d.next_at <= now() AND d.leased_until IS NULL"""
_TAKE: LiteralString = f"""
    UPDATE deliveries d
    SET leased_until = now() + %(lease)s * interval '1 second', lease = d.lease + 1, attempts = d.attempts + 1,
        first_at = coalesce(d.first_at, now()), last_at = now()
    FROM (
        SELECT d.event_id, d.endpoint_id
        FROM unnest(%(events)s::bigint[], %(endpoints)s::int[]) AS q (event_id, endpoint_id)
        JOIN deliveries d ON d.event_id = q.event_id AND d.endpoint_id = q.endpoint_id
        WHERE d.state = 'pending' AND d.next_at <= now() AND coalesce(d.leased_until <= now(), true)
        FOR UPDATE OF d SKIP LOCKED
    ) q, outbox o
    WHERE d.event_id = q.event_id AND d.endpoint_id = q.endpoint_id AND o.id = d.event_id
    RETURNING {_TAKEN}"""

# One statement, as it is said once for each delivery. All of it sees what was there before it, so the next one is found
# beside the one that it follows.
_DELIVERED: LiteralString = f"""
    WITH settled AS (
        UPDATE deliveries
        SET state = 'delivered', leased_until = NULL, status = %(status)s, error = NULL, last_at = now()
        WHERE event_id = %(event)s AND endpoint_id = %(endpoint)s AND lease = %(held)s AND state = 'pending'
        RETURNING endpoint_id
    ), forgiven AS (
        UPDATE webhook_endpoints e SET failed_in_a_row = 0 FROM settled
        WHERE e.id = settled.endpoint_id AND e.failed_in_a_row > 0
    ), following AS (
        SELECT d.event_id, d.endpoint_id FROM deliveries d
        WHERE d.endpoint_id = %(endpoint)s AND d.member_id = %(member)s AND d.programme_id = %(programme)s
          AND d.state = 'pending' AND d.event_id <> %(event)s
        ORDER BY d.seq LIMIT 1
    )
    UPDATE deliveries d
    SET leased_until = now() + %(lease)s * interval '1 second', lease = d.lease + 1, attempts = d.attempts + 1,
        first_at = coalesce(d.first_at, now()), last_at = now()
    FROM settled, following f, outbox o
    WHERE d.event_id = f.event_id AND d.endpoint_id = f.endpoint_id AND o.id = d.event_id
      AND d.state = 'pending' AND coalesce(d.leased_until <= now(), true)
    RETURNING {_TAKEN}"""


async def take(conn: AsyncConnection, slots: Mapping[int, int], lease_seconds: float) -> list[Taken]:
    """Take deliveries in hand that are due: for each endpoint up to as many members as it has ``slots``.

    Whoever takes one has ``lease_seconds`` to mark it; after that it is anybody's again.
    """
    if not slots:
        return []
    cursor = await conn.execute(_HEADS, [list(slots), list(slots.values())])
    left = dict(slots)
    ready: list[tuple[int, int]] = []
    waiting: list[tuple[int, UUID, int, dt.datetime]] = []
    for endpoint_id, member_id, programme_id, event_id, is_ready, until in await cursor.fetchall():
        if not is_ready:
            waiting.append((endpoint_id, member_id, programme_id, until))
        elif left[endpoint_id] > 0:
            left[endpoint_id] -= 1
            ready.append((event_id, endpoint_id))
    if waiting:
        await conn.execute(_POSTPONE, [list(column) for column in zip(*waiting, strict=True)])
    if not ready:
        return []
    values = {"lease": lease_seconds, "events": [e for e, _ in ready], "endpoints": [p for _, p in ready]}
    cursor = await conn.execute(_TAKE, values)
    return [_taken(row) for row in await cursor.fetchall()]


async def mark_delivered(conn: AsyncConnection, taken: Taken, status: int, lease_seconds: float) -> Taken | None:
    """It arrived; take the member's next one in hand, if there is one.

    Where the lease was lost to somebody else, who delivers it a second time, nothing is changed.
    """
    event = taken.event
    cursor = await conn.execute(
        _DELIVERED,
        {
            "event": event.id,
            "endpoint": taken.endpoint_id,
            "member": event.member_id,
            "programme": event.programme_id,
            "held": taken.lease,
            "status": status,
            "lease": lease_seconds,
        },
    )
    row = await cursor.fetchone()
    return _taken(row) if row else None


async def mark_failed(
    conn: AsyncConnection, taken: Taken, status: int | None, error: str, retry_seconds: float
) -> None:
    """It did not arrive, and is tried again after ``retry_seconds``; the member's later ones wait behind it."""
    cursor = await conn.execute(
        """UPDATE deliveries SET leased_until = NULL, status = %s, error = %s,
                                 next_at = now() + %s * interval '1 second'
           WHERE event_id = %s AND endpoint_id = %s AND lease = %s AND state = 'pending' RETURNING next_at""",
        [status, error[:ENOUGH_ERROR], retry_seconds, taken.event.id, taken.endpoint_id, taken.lease],
    )
    row = await cursor.fetchone()
    if row is not None:
        event = taken.event
        await conn.execute(
            """UPDATE deliveries SET next_at = %(until)s
               WHERE endpoint_id = %(endpoint)s AND member_id = %(member)s AND programme_id = %(programme)s
                 AND state = 'pending' AND next_at < %(until)s AND leased_until IS NULL""",
            {
                "until": row[0],
                "endpoint": taken.endpoint_id,
                "member": event.member_id,
                "programme": event.programme_id,
            },
        )


async def mark_dead(conn: AsyncConnection, taken: Taken, status: int | None, error: str) -> int:
    """It is given up, and the member's next one may go. Returns the endpoint's dead letters in a row, 0: lease lost."""
    cursor = await conn.execute(
        """UPDATE deliveries SET state = 'dead', leased_until = NULL, status = %s, error = %s, last_at = now()
           WHERE event_id = %s AND endpoint_id = %s AND lease = %s AND state = 'pending'""",
        [status, error[:ENOUGH_ERROR], taken.event.id, taken.endpoint_id, taken.lease],
    )
    if not cursor.rowcount:
        return 0
    event = taken.event
    await conn.execute(
        """UPDATE deliveries SET next_at = now() WHERE (event_id, endpoint_id) = (
               SELECT event_id, endpoint_id FROM deliveries
               WHERE endpoint_id = %s AND member_id = %s AND programme_id = %s AND state = 'pending'
               ORDER BY seq LIMIT 1)""",
        [taken.endpoint_id, event.member_id, event.programme_id],
    )
    cursor = await conn.execute(
        "UPDATE webhook_endpoints SET failed_in_a_row = failed_in_a_row + 1 WHERE id = %s RETURNING failed_in_a_row",
        [taken.endpoint_id],
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def put_back(conn: AsyncConnection, taken: Taken) -> None:
    """Give one back that was not tried, so that anybody can take it at once."""
    await conn.execute(
        """UPDATE deliveries SET leased_until = NULL, attempts = attempts - 1
           WHERE event_id = %s AND endpoint_id = %s AND lease = %s AND state = 'pending'""",
        [taken.event.id, taken.endpoint_id, taken.lease],
    )


async def count_pending(conn: AsyncConnection) -> int:
    """How many deliveries to active endpoints are still to be made, now or later."""
    cursor = await conn.execute(
        """SELECT count(*) FROM deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
           WHERE e.state = 'active' AND d.state = 'pending'"""
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


# Looking and replaying ------------------------------------------------------------------------------------------------


async def list_deliveries(
    conn: AsyncConnection,
    *,
    endpoint_id: int | None = None,
    state: str | None = None,
    member_id: UUID | None = None,
    name: str | None = None,
    event_id: int | None = None,
    before: tuple[int, int] | None = None,
    limit: int = 50,
) -> list[Delivery]:
    """Deliveries, newest event first. ``before``: the (event id, endpoint id) of the last one of the page before."""
    cursor = await conn.execute(
        f"""SELECT d.endpoint_id, d.state, d.attempts, d.next_at, d.first_at, d.last_at, d.status, d.error, {_EVENT}
            FROM deliveries d JOIN outbox o ON o.id = d.event_id
            WHERE (%(endpoint)s::int IS NULL OR d.endpoint_id = %(endpoint)s)
              AND (%(state)s::text IS NULL OR d.state = %(state)s)
              AND (%(member)s::uuid IS NULL OR d.member_id = %(member)s)
              AND (%(name)s::text IS NULL OR o.name = %(name)s)
              AND (%(event)s::bigint IS NULL OR d.event_id = %(event)s)
              AND (%(before)s::bigint IS NULL OR (d.event_id, d.endpoint_id) < (%(before)s, %(before_endpoint)s::int))
            ORDER BY d.event_id DESC, d.endpoint_id DESC LIMIT %(limit)s""",
        {
            "endpoint": endpoint_id,
            "state": state,
            "member": member_id,
            "name": name,
            "event": event_id,
            "before": before[0] if before else None,
            "before_endpoint": before[1] if before else None,
            "limit": limit,
        },
    )
    return [_delivery(row) for row in await cursor.fetchall()]


async def replay_one(conn: AsyncConnection, endpoint_id: int, event_id: int) -> bool:
    """Deliver an event to an endpoint once more, from the first attempt on; whether there is such an event."""
    cursor = await conn.execute(_REPLAY + "o.id = %(event)s" + _AGAIN, {"endpoint": endpoint_id, "event": event_id})
    await _notify(conn)
    return cursor.rowcount > 0


async def replay_dead(conn: AsyncConnection, endpoint_id: int) -> int:
    """Deliver all dead letters of an endpoint once more; returns how many."""
    cursor = await conn.execute(
        """UPDATE deliveries SET state = 'pending', attempts = 0, first_at = NULL, next_at = now(), leased_until = NULL
           WHERE endpoint_id = %s AND state = 'dead'""",
        [endpoint_id],
    )
    await _notify(conn)
    return cursor.rowcount


async def replay_since(
    conn: AsyncConnection, endpoint_id: int, since: dt.datetime, until: dt.datetime | None = None
) -> int:
    """Deliver every event once more that was recorded from ``since`` on (before ``until``) and that the endpoint wants.

    Those that are still on their way are left alone. Returns how many.
    """
    wanted: LiteralString = """
           o.created_at >= %(since)s AND (%(until)s::timestamptz IS NULL OR o.created_at < %(until)s)
           AND (e.programme_id IS NULL OR e.programme_id = o.programme_id)
           AND (e.events IS NULL OR o.name = ANY (e.events))"""
    values = {"endpoint": endpoint_id, "since": since, "until": until}
    cursor = await conn.execute(_REPLAY + wanted + _AGAIN + " WHERE d.state <> 'pending'", values)
    await _notify(conn)
    return cursor.rowcount


_REPLAY: LiteralString = """
    INSERT INTO deliveries AS d (event_id, endpoint_id, member_id, programme_id, seq)
    SELECT o.id, e.id, o.member_id, o.programme_id, o.seq FROM outbox o, webhook_endpoints e
    WHERE e.id = %(endpoint)s AND """
# The lock keeps the sweeper from forgetting an event between our reading it and its delivery's being there.
_AGAIN: LiteralString = """
    FOR KEY SHARE OF o
    ON CONFLICT (event_id, endpoint_id) DO UPDATE
    SET state = 'pending', attempts = 0, first_at = NULL, next_at = now(), leased_until = NULL, lease = d.lease + 1"""


async def _notify(conn: AsyncConnection) -> None:
    await conn.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def numbered_id(prefix: str, number: int, at: dt.datetime) -> str:
    """The public id of row ``number``, made at ``at``: always the same for the same row, and it leads back to it."""
    return public_id(prefix, uuid7(max(int(at.timestamp() * 1000), 0), number.to_bytes(10, "big")))


def number_of(prefix: str, text: str) -> int:
    """Read back ``numbered_id``; raises ``IdError``."""
    return parse_public_id(prefix, text).int & (1 << 62) - 1


# Forgetting -----------------------------------------------------------------------------------------------------------


async def sweep_events(conn: AsyncConnection, before: dt.datetime, limit: int) -> int:
    """Forget up to ``limit`` events recorded before ``before`` with their deliveries, but none that is pending or dead.

    ``before`` is an instant of the programmes' clock. Returns how many events.
    """
    cursor = await conn.execute(
        """WITH old AS (
               SELECT o.id FROM outbox o
               WHERE o.created_at < %s AND NOT EXISTS (
                   SELECT FROM deliveries d WHERE d.event_id = o.id AND d.state <> 'delivered')
               LIMIT %s FOR UPDATE SKIP LOCKED
           ), gone AS (DELETE FROM deliveries d USING old WHERE d.event_id = old.id)
           DELETE FROM outbox o USING old WHERE o.id = old.id""",
        [before, limit],
    )
    return cursor.rowcount


async def sweep_endpoints(conn: AsyncConnection, limit: int) -> int:
    """Forget up to ``limit`` deliveries of deleted endpoints, and the endpoints that have none left."""
    cursor = await conn.execute(
        """DELETE FROM deliveries d USING (
               SELECT d.event_id, d.endpoint_id FROM deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
               WHERE e.state = 'deleted' LIMIT %s) q
           WHERE d.event_id = q.event_id AND d.endpoint_id = q.endpoint_id""",
        [limit],
    )
    count = cursor.rowcount
    if not count:
        await conn.execute("DELETE FROM webhook_endpoints WHERE state = 'deleted'")
    return count


def _taken(row: tuple[Any, ...]) -> Taken:
    endpoint_id, attempts, age, lease, *event = row
    return Taken(endpoint_id, attempts, age, lease, StoredEvent(*event))


def _delivery(row: tuple[Any, ...]) -> Delivery:
    endpoint_id, state, attempts, next_at, first_at, last_at, status, error, *event = row
    return Delivery(endpoint_id, state, attempts, next_at, first_at, last_at, status, error, event=StoredEvent(*event))
