"""What waits: purchases of people who are not members yet, and returns whose sale has not come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from setia.flow.stored import parked_json, parked_of
from setia.flow.work import Decision, NaturalKey
from setia.language.model import Programme
from setia.plumbing.arrays import columns, texts
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.values.activities import Activity
from setia.values.codes import Built, EventName
from setia.values.instants import add_span
from setia.values.outcomes import Result

NOBODY: Final = UUID(int=0)
"""The member of an activity whose member is not known."""


@dataclass(frozen=True, slots=True)
class Parked:
    """An activity that waits. ``state``: waiting, unmatched, matched, claimed, lapsed; ``due_at``: until when."""

    activity: Activity
    reason: str
    state: str
    contact: dict[str, str]
    due_at: dt.datetime | None


async def park(
    conn: AsyncConnection,
    edition: Edition,
    activity: Activity,
    contact: dict[str, str],
    of: NaturalKey | None,
    *,
    dry_run: bool = False,
) -> Decision:
    """Keep an activity without a member: a purchase until it is claimed, a return until its sale is."""
    version, programme = _in_force(edition, activity.occurred_at)
    if of is None:
        span, reason, start = programme.guest_claims, "guest", activity.occurred_at
    else:
        span, reason, start = programme.refunds.unmatched_after, "unmatched_return", activity.recorded_at
    due_at = add_span(start, span, programme.zone) if span is not None else None
    if not dry_run:
        cursor = await conn.execute(
            """INSERT INTO parked (programme_id, id, member_id, reason, state, source, external_id, of_source,
                                   of_external_id, contact, activity, parked_at, due_at)
               VALUES (%s, %s, NULL, %s, 'waiting', %s, %s, %s, %s, %s::jsonb, %s::json, %s, %s)
               ON CONFLICT (programme_id, source, external_id) DO NOTHING""",
            [
                edition.id,
                activity.id,
                reason,
                activity.source,
                activity.external_id,
                *(of or (None, None)),
                orjson.dumps(contact).decode(),
                parked_json(activity),
                activity.recorded_at,
                due_at,
            ],
        )
        if not cursor.rowcount:
            return Decision(activity, "duplicate", version, Result())
    answer: dict[str, Any] = {"claimable_until": due_at.isoformat()} if of is None and due_at is not None else {}
    return Decision(activity, "parked", version, Result(), answer=answer)


async def find_owners(
    conn: AsyncConnection, edition: Edition, own: Iterable[NaturalKey], sales: Iterable[NaturalKey]
) -> dict[NaturalKey, UUID]:
    """Whose the recorded activities under these natural keys are."""
    keys = sorted({*own, *sales})
    cursor = await conn.execute(
        """SELECT k.source, k.external_id, k.member_id FROM unnest(%s::text[], %s::text[]) AS q (source, external_id)
           JOIN natural_keys k ON k.programme_id = %s AND k.source = q.source AND k.external_id = q.external_id""",
        [*columns(keys, (texts, texts)), edition.id],
    )
    return {(source, external_id): member_id for source, external_id, member_id in await cursor.fetchall()}


async def list_claimable(conn: AsyncConnection, programme_id: int, contact: dict[str, str]) -> list[Parked]:
    """Guest purchases that were made with one of these contacts (kind → normalised value), oldest first."""
    cursor = await conn.execute(
        """SELECT id, source, external_id, activity::text, reason, state, contact, due_at FROM parked
           WHERE programme_id = %s AND state = 'waiting' AND reason = 'guest'
             AND contact @> ANY (SELECT jsonb_build_object(key, value) FROM jsonb_each(%s::jsonb))
           ORDER BY id""",
        [programme_id, orjson.dumps(contact).decode()],
    )
    return [_parked(row) for row in await cursor.fetchall()]


async def find_guest(conn: AsyncConnection, programme_id: int, source: str, external_id: str) -> Parked | None:
    """The guest purchase under a natural key, whatever became of it."""
    cursor = await conn.execute(
        """SELECT id, source, external_id, activity::text, reason, state, contact, due_at FROM parked
           WHERE programme_id = %s AND source = %s AND external_id = %s AND reason = 'guest'""",
        [programme_id, source, external_id],
    )
    row = await cursor.fetchone()
    return _parked(row) if row else None


async def open_cases(conn: AsyncConnection, edition: Edition, now: dt.datetime, limit: int) -> int:
    """Guest purchases past their window lapse; returns that waited long enough for their sale become cases.

    A case is an event of the member; the return goes on waiting, in case the sale comes after all.
    """
    cursor = await conn.execute(
        """SELECT id, member_id, source, external_id, of_source, of_external_id, reason FROM parked
           WHERE programme_id = %s AND state = 'waiting' AND due_at <= %s AND reason <> 'visitor'
           ORDER BY member_id, id LIMIT %s FOR UPDATE SKIP LOCKED""",
        [edition.id, now, limit],
    )
    rows = await cursor.fetchall()
    for id_, member_id, source, external_id, of_source, of_external_id, reason in rows:
        if reason == "guest":
            await conn.execute("UPDATE parked SET state = 'lapsed' WHERE id = %s", [id_])
            continue
        await conn.execute("UPDATE parked SET state = 'unmatched' WHERE id = %s", [id_])
        if member_id is None:
            continue
        data = {
            "source": source,
            "external_id": external_id,
            "of": {"source": of_source, "external_id": of_external_id},
        }
        await conn.execute(
            """WITH s AS (
                   UPDATE member_states SET event_seq = event_seq + 1
                   WHERE member_id = %(member)s AND programme_id = %(programme)s RETURNING event_seq
               )
               INSERT INTO outbox (programme_id, member_id, activity_id, occurred_at, created_at, seq, name, data)
               SELECT %(programme)s, %(member)s, %(id)s, %(now)s, %(now)s, event_seq, %(name)s, %(data)s::json
               FROM s""",
            {
                "member": member_id,
                "programme": edition.id,
                "id": id_,
                "now": now,
                "name": EventName.RETURN_UNMATCHED.value,
                "data": orjson.dumps(data).decode(),
            },
        )
    return len(rows)


async def list_missed(conn: AsyncConnection, programme_id: int, limit: int) -> list[Activity]:
    """Returns without a member that wait though their sale is in the book: both came in at one moment."""
    cursor = await conn.execute(
        """SELECT p.id, k.member_id, p.source, p.external_id, p.activity::text
           FROM parked p JOIN natural_keys k
             ON k.programme_id = p.programme_id AND k.source = p.of_source AND k.external_id = p.of_external_id
           WHERE p.programme_id = %s AND p.of_source IS NOT NULL AND p.member_id IS NULL
             AND p.state = 'waiting' AND k.type = %s
             AND EXISTS (SELECT FROM activities a
                         WHERE a.member_id = k.member_id AND a.id = k.activity_id AND a.status = 'accepted')
           ORDER BY p.id LIMIT %s""",
        [programme_id, Built.PURCHASE.value, limit],
    )
    return [parked_of(*row) for row in await cursor.fetchall()]


def _in_force(edition: Edition, at: dt.datetime) -> tuple[int, Programme]:
    version = edition.versions[0]
    for other in edition.versions:
        if other.effective_at <= at:
            version = other
    return version.number, version.programme


def _parked(row: tuple[Any, ...]) -> Parked:
    id_, source, external_id, stored, reason, state, contact, due_at = row
    return Parked(parked_of(id_, NOBODY, source, external_id, stored), reason, state, contact, due_at)
