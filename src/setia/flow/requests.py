"""A request with an Idempotency-Key counts once: its first answer is kept, and given again to the same request."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from setia.plumbing.db import AsyncConnection
from setia.values.faults import IdempotencyMismatch


@dataclass(frozen=True, slots=True)
class RequestKey:
    """``key_id``: the API key that asks; ``key``: the Idempotency-Key; ``body_hash``: of all that the request says."""

    key_id: str
    key: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Once:
    """The response to a request. ``is_replay``: it is the one that was given before."""

    response: bytes
    is_replay: bool


async def claim_request(conn: AsyncConnection, request: RequestKey, at: dt.datetime) -> bytes | None:
    """Begin a request in this transaction; or the response that was given to it before.

    While another transaction works on the same request this one waits for it. Raises ``IdempotencyMismatch``.
    """
    cursor = await conn.execute(
        """INSERT INTO requests (key_id, idempotency_key, body_hash, created_at) VALUES (%s, %s, %s, %s)
           ON CONFLICT DO NOTHING""",
        [request.key_id, request.key, request.body_hash, at],
    )
    if cursor.rowcount:
        return None
    cursor = await conn.execute(
        "SELECT body_hash, response FROM requests WHERE key_id = %s AND idempotency_key = %s",
        [request.key_id, request.key],
    )
    row = await cursor.fetchone()
    if row is None:  # swept between the two statements
        return await claim_request(conn, request, at)
    if bytes(row[0]) != request.body_hash:
        raise IdempotencyMismatch(request.key)
    return bytes(row[1] or b"")


async def keep_response(conn: AsyncConnection, request: RequestKey, response: bytes) -> None:
    """Keep the response of a request that was claimed in this transaction."""
    await conn.execute(
        "UPDATE requests SET response = %s WHERE key_id = %s AND idempotency_key = %s",
        [response, request.key_id, request.key],
    )


async def sweep_requests(conn: AsyncConnection, before: dt.datetime) -> int:
    """Forget requests older than ``before``; returns how many."""
    cursor = await conn.execute("DELETE FROM requests WHERE created_at < %s", [before])
    return cursor.rowcount
