"""Webhook endpoints: who wants to hear of which events, and the secrets that deliveries are signed with."""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

import base64
import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import LiteralString

from setia.plumbing.db import AsyncConnection
from setia.values.faults import EditConflict, NotFound

OVERLAP_HOURS = 24
"""How long deliveries are signed with the old secret too, unless the rotation says otherwise."""

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A receiver of events. ``programme`` and ``events`` None: of all programmes, all events.

    ``state``: "active", "paused" (by a person), "disabled" (it failed for too long; ``state_reason`` says how), since
    ``state_at``. Only an active endpoint gets new events. ``secrets``: those to sign with now, the current one first.
    """

    id: int
    programme: str | None
    url: str
    description: str
    events: tuple[str, ...] | None
    state: str
    state_reason: str
    state_at: dt.datetime
    failed_in_a_row: int
    secrets: tuple[str, ...] = field(repr=False)
    previous_until: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime
    revision: int


_COLUMNS: LiteralString = """
    e.id, (SELECT name FROM programmes p WHERE p.id = e.programme_id), e.url, e.description, e.events, e.state,
    e.state_reason, e.state_at, e.failed_in_a_row,
    CASE WHEN e.previous_until > now() THEN ARRAY[e.secret, e.previous_secret] ELSE ARRAY[e.secret] END,
    CASE WHEN e.previous_until > now() THEN e.previous_until END, e.created_at, e.updated_at, e.revision"""


def new_secret() -> str:
    """A fresh secret in the form of Standard Webhooks: ``whsec_`` and base 64."""
    return "whsec_" + base64.b64encode(os.urandom(_SECRET_BYTES)).decode()


async def insert_endpoint(
    conn: AsyncConnection,
    url: str,
    *,
    programme_id: int | None = None,
    events: Sequence[str] | None = None,
    description: str = "",
    secret: str | None = None,
) -> Endpoint:
    """Write a new endpoint, active at once; it gets the events that are recorded from now on."""
    cursor = await conn.execute(
        f"""INSERT INTO webhook_endpoints AS e (programme_id, url, description, events, secret)
            VALUES (%s, %s, %s, %s, %s) RETURNING {_COLUMNS}""",
        [programme_id, url, description, list(events) if events is not None else None, secret or new_secret()],
    )
    row = await cursor.fetchone()
    assert row is not None
    return _endpoint(row)


async def list_endpoints(conn: AsyncConnection, *, active_only: bool = False) -> list[Endpoint]:
    """All endpoints that were not deleted, oldest first."""
    cursor = await conn.execute(
        f"""SELECT {_COLUMNS} FROM webhook_endpoints e
            WHERE e.state <> 'deleted' AND (e.state = 'active' OR NOT %s) ORDER BY e.id""",
        [active_only],
    )
    return [_endpoint(row) for row in await cursor.fetchall()]


async def fetch_endpoint(conn: AsyncConnection, endpoint_id: int) -> Endpoint:
    """One endpoint; raises ``NotFound``."""
    cursor = await conn.execute(
        f"SELECT {_COLUMNS} FROM webhook_endpoints e WHERE e.id = %s AND e.state <> 'deleted'", [endpoint_id]
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("webhook endpoint", str(endpoint_id))
    return _endpoint(row)


async def update_endpoint(
    conn: AsyncConnection,
    endpoint_id: int,
    *,
    url: str,
    description: str,
    events: Sequence[str] | None,
    state: str,
    revision: int | None = None,
) -> Endpoint:
    """Change an endpoint. ``state``: "active" or "paused"; one that was disabled begins anew when it becomes active.

    ``revision``: the one that was edited. Raises ``NotFound`` and ``EditConflict``.
    """
    before = await fetch_endpoint(conn, endpoint_id)
    cursor = await conn.execute(
        f"""UPDATE webhook_endpoints e
            SET url = %(url)s, description = %(description)s, events = %(events)s, state = %(state)s,
                state_reason = CASE WHEN e.state = %(state)s THEN e.state_reason ELSE '' END,
                state_at = CASE WHEN e.state = %(state)s THEN e.state_at ELSE now() END,
                failed_in_a_row = CASE WHEN e.state = %(state)s THEN e.failed_in_a_row ELSE 0 END,
                updated_at = now(), revision = e.revision + 1
            WHERE e.id = %(id)s AND e.state <> 'deleted'
              AND (%(revision)s::int IS NULL OR e.revision = %(revision)s) RETURNING {_COLUMNS}""",
        {
            "id": endpoint_id,
            "url": url,
            "description": description,
            "events": list(events) if events is not None else None,
            "state": state,
            "revision": revision,
        },
    )
    row = await cursor.fetchone()
    if row is None:
        raise EditConflict("the webhook endpoint", revision, before.revision)
    return _endpoint(row)


async def rotate_secret(
    conn: AsyncConnection, endpoint_id: int, *, overlap_hours: float = OVERLAP_HOURS, secret: str | None = None
) -> Endpoint:
    """Give an endpoint a new secret; for ``overlap_hours`` deliveries are signed with both. Raises ``NotFound``."""
    cursor = await conn.execute(
        f"""UPDATE webhook_endpoints e
            SET previous_secret = e.secret, previous_until = now() + %s * interval '1 hour', secret = %s,
                updated_at = now(), revision = e.revision + 1
            WHERE e.id = %s AND e.state <> 'deleted' RETURNING {_COLUMNS}""",
        [overlap_hours, secret or new_secret(), endpoint_id],
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("webhook endpoint", str(endpoint_id))
    return _endpoint(row)


async def disable_endpoint(conn: AsyncConnection, endpoint_id: int, reason: str) -> bool:
    """Stop delivering to an endpoint that fails; whether it was active until now."""
    cursor = await conn.execute(
        """UPDATE webhook_endpoints SET state = 'disabled', state_reason = %s, state_at = now(), updated_at = now(),
                                        revision = revision + 1
           WHERE id = %s AND state = 'active'""",
        [reason, endpoint_id],
    )
    return cursor.rowcount > 0


async def delete_endpoint(conn: AsyncConnection, endpoint_id: int) -> None:
    """Nothing is delivered to it any more; the worker clears away what is left. Raises ``NotFound``."""
    cursor = await conn.execute(
        """UPDATE webhook_endpoints SET state = 'deleted', state_at = now(), secret = '', previous_secret = NULL
           WHERE id = %s AND state <> 'deleted'""",
        [endpoint_id],
    )
    if not cursor.rowcount:
        raise NotFound("webhook endpoint", str(endpoint_id))


def _endpoint(row: tuple[object, ...]) -> Endpoint:
    id_, programme, url, description, events, state, reason, state_at, failed, secrets, until, *rest = row
    wanted = tuple(events) if isinstance(events, list) else None
    held = tuple(secrets) if isinstance(secrets, list) else ()
    return Endpoint(id_, programme, url, description, wanted, state, reason, state_at, failed, held, until, *rest)  # type: ignore[arg-type]
