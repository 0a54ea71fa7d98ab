"""Activities as they lie in the book: how a decision is written there and read back, and the questions about them."""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import TupleRow

from setia.flow.amend import taken_lots
from setia.flow.work import Decision, Standing, Voucher
from setia.ledger.plan import Entry
from setia.ledger.store import ask_entries, entry_of
from setia.plumbing.arrays import columns, uuids
from setia.plumbing.db import AsyncConnection
from setia.rewards.store import VoucherRow, ask_vouchers_of, voucher_of
from setia.values.activities import Activity
from setia.values.faults import NotFound
from setia.values.outcomes import Result, result_from_json, result_to_json

ROW: Final[LiteralString] = (
    "a.member_id, a.id, a.type, a.source, a.external_id, a.revision, a.occurred_at, a.recorded_at, a.version, a.status,"
    " a.of_id, a.no, a.first_entry, a.entry_span, a.body::text, a.decision::text, a.standing::text, a.house"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of ``activities``. ``no`` counts the member's activities; entries are ``first_entry`` and the next ones."""

    activity: Activity
    version: int
    status: str
    of_id: UUID | None
    no: int
    first_entry: int
    entry_span: int
    facts: dict[str, Any]
    result: Result
    answer: dict[str, Any]
    standing: dict[str, Any]
    house: dict[str, int]


def row_of(row: Sequence[Any]) -> Row:
    """Read a row back."""
    (
        member_id, id_, type_, source, external_id, revision, occurred_at, recorded_at, version, status, of_id, no,
        first_entry, entry_span, body, decision, standing, house,
    ) = row  # fmt: skip
    activity = Activity(
        id_, type_, source, external_id, member_id, occurred_at, recorded_at, orjson.loads(body), revision
    )
    stored = orjson.loads(decision)
    return Row(
        activity, version, status, of_id, no, first_entry, entry_span, stored.get("f", {}),
        result_from_json(stored.get("r", {})), stored.get("w", {}), orjson.loads(standing) if standing else {},
        house or {},
    )  # fmt: skip


def decision_json(decision: Decision) -> str:
    """Facts, result and answer; empty parts are left out."""
    out: dict[str, Any] = {}
    if decision.facts:
        out["f"] = decision.facts
    result = result_to_json(decision.result)
    if result:
        out["r"] = result
    if decision.answer:
        out["w"] = decision.answer
    return orjson.dumps(out).decode()


def standing_json(decision: Decision) -> str | None:
    """How the amended activity is booked after ``decision``; of one that amends nothing, only which lots it took."""
    standing = decision.standing
    if decision.of is not None and standing is None:
        return None  # a consequence, which amends nothing
    if standing is None or decision.of is None:
        first: dict[str, Any] = {}
        taken = taken_lots(decision.entries)
        if taken:
            first["k"] = taken
        charged = {part.activity.member_id.hex: _charged(part) for part in decision.beside if _charged(part)}
        if charged:
            first["j"] = charged
        return orjson.dumps(first).decode() if first else None
    out: dict[str, Any] = {
        "o": standing.activity.body,
        "b": standing.body,
        "f": standing.facts,
        "r": result_to_json(standing.result),
        "g": standing.version,
    }
    if standing.revision:
        out["n"] = standing.revision
    if standing.taken:
        out["k"] = standing.taken
    if standing.cards:
        out["j"] = standing.cards
    if standing.returned:
        out["q"] = standing.returned
    if standing.short:
        out["s"] = standing.short
    if standing.is_void:
        out["v"] = True
    if standing.undone:
        out["u"] = standing.undone
    if standing.first_result is not None:
        out["p"] = result_to_json(standing.first_result)
    return orjson.dumps(out).decode()


def _charged(part: Decision) -> list[tuple[int, int]]:
    """What a gift card's part of a sale took of the card."""
    return [pair for pairs in taken_lots(part.entries).values() for pair in pairs]


def standing_of(row: Row, latest: dict[str, Any] | None = None) -> Standing:
    """The standing of an activity; ``latest`` is what its newest amendment said of it."""
    stored = row.standing if latest is None else latest
    taken = {unit: [(lot, part) for lot, part in parts] for unit, parts in stored.get("k", {}).items()}
    return Standing(
        replace(row.activity, body=stored["o"]) if "o" in stored else row.activity,
        stored.get("g", row.version),
        stored.get("b", row.activity.body),
        stored.get("f", row.facts),
        result_from_json(stored["r"]) if "r" in stored else row.result,
        stored.get("n", row.activity.revision),
        taken,
        stored.get("q", {}),
        stored.get("v", False),
        result_from_json(stored["p"]) if "p" in stored else None,
        stored.get("u", []),
        stored.get("s", {}),
        {card: [(lot, part) for lot, part in parts] for card, parts in stored.get("j", {}).items()},
    )


def voucher(row: VoucherRow) -> Voucher:
    """A stored voucher as the flow works with it."""
    return Voucher(
        row.no, row.reward, row.quantity, row.activity_id, row.rule, row.issued_at, row.valid_until, row.state,
        row.cost, row.code, row.left, row.worth, row.activates_at, row.version, row.card,
    )  # fmt: skip


# Reading --------------------------------------------------------------------------------------------------------------


async def ask_rows(conn: AsyncConnection, wanted: Sequence[tuple[UUID, UUID]]) -> psycopg.AsyncCursor[TupleRow]:
    """Activities by (member, id)."""
    return await conn.execute(
        f"""SELECT a.* FROM unnest(%s::uuid[], %s::uuid[]) AS q (member_id, id) CROSS JOIN LATERAL (
                SELECT {ROW} FROM activities a WHERE a.member_id = q.member_id AND a.id = q.id OFFSET 0
            ) a""",
        columns(wanted, (uuids, uuids)),
        binary=True,
    )


async def ask_standings(conn: AsyncConnection, wanted: Sequence[tuple[UUID, UUID]]) -> psycopg.AsyncCursor[TupleRow]:
    """Accepted activities by (member, id), each with what its newest amendment said of it in the last column."""
    return await conn.execute(
        f"""SELECT a.*, x.standing::text FROM unnest(%s::uuid[], %s::uuid[]) AS q (member_id, id)
            CROSS JOIN LATERAL (
                SELECT {ROW} FROM activities a
                WHERE a.member_id = q.member_id AND a.id = q.id AND a.status = 'accepted' OFFSET 0
            ) a
            LEFT JOIN LATERAL (
                SELECT x.standing FROM activities x
                WHERE x.member_id = q.member_id AND x.of_id = q.id AND x.standing IS NOT NULL
                ORDER BY x.no DESC LIMIT 1
            ) x ON true""",
        columns(wanted, (uuids, uuids)),
        binary=True,
    )


async def ask_consequences(conn: AsyncConnection, wanted: Sequence[tuple[UUID, UUID]]) -> psycopg.AsyncCursor[TupleRow]:
    """What activities, by (member, id), have set off: rewards of full cards, bonuses for levels."""
    return await conn.execute(
        f"""SELECT a.* FROM unnest(%s::uuid[], %s::uuid[]) AS q (member_id, id) CROSS JOIN LATERAL (
                SELECT {ROW} FROM activities a
                WHERE a.member_id = q.member_id AND a.of_id = q.id AND a.source = 'consequence' AND a.standing IS NULL
                ORDER BY a.no
            ) a""",
        columns(wanted, (uuids, uuids)),
        binary=True,
    )


async def fetch_decisions(conn: AsyncConnection, programme_id: int, rows: Sequence[Row]) -> dict[UUID, Decision]:
    """The decisions of rows, with their entries and vouchers, by activity id."""
    entries: dict[UUID, list[Entry]] = {}
    spans = [
        (row.activity.member_id, row.activity.id, row.first_entry, row.entry_span) for row in rows if row.entry_span
    ]
    issuing = [(row.activity.member_id, row.activity.id) for row in rows if row.result.issues]
    async with conn.pipeline():
        asked_entries = await ask_entries(conn, programme_id, spans) if spans else None
        asked_vouchers = await ask_vouchers_of(conn, programme_id, issuing) if issuing else None
    if asked_entries is not None:
        for activity_id, *rest in await asked_entries.fetchall():
            entries.setdefault(activity_id, []).append(entry_of(rest))
    vouchers: dict[UUID, list[Voucher]] = {}
    if asked_vouchers is not None:
        for found in await asked_vouchers.fetchall():
            vouchers.setdefault(found[4], []).append(voucher(voucher_of(found)))
    return {
        row.activity.id: Decision(
            row.activity,
            row.status,
            row.version,
            row.result,
            row.facts,
            entries.get(row.activity.id, []),
            vouchers=vouchers.get(row.activity.id, []),
            of=row.of_id,
            house=row.house,
            answer=row.answer,
        )
        for row in rows
    }


async def fetch_activity(
    conn: AsyncConnection, programme_id: int, activity_id: UUID, member_id: UUID | None = None
) -> tuple[Row, Decision]:
    """An activity and what it came to. Without ``member_id`` it is looked for in the whole book, which is slower.

    Raises ``NotFound``.
    """
    cursor = await conn.execute(
        f"""SELECT {ROW} FROM activities a
            WHERE a.id = %(id)s AND a.programme_id = %(programme)s
              AND (%(member)s::uuid IS NULL OR a.member_id = %(member)s)""",
        {"id": activity_id, "programme": programme_id, "member": member_id},
    )
    found = await cursor.fetchone()
    if found is None:
        raise NotFound("activity", str(activity_id))
    row = row_of(found)
    return row, (await fetch_decisions(conn, programme_id, [row]))[activity_id]


async def find_by_key(conn: AsyncConnection, programme_id: int, source: str, external_id: str) -> UUID | None:
    """The activity that came in under a natural key."""
    cursor = await conn.execute(
        "SELECT activity_id FROM natural_keys WHERE programme_id = %s AND source = %s AND external_id = %s",
        [programme_id, source, external_id],
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def list_activities(
    conn: AsyncConnection, programme_id: int, member_id: UUID, *, before: int | None = None, limit: int = 50
) -> list[tuple[Row, Decision]]:
    """A page of the member's history, newest first; ``before`` is the ``no`` of the last row of the page before."""
    cursor = await conn.execute(
        f"""SELECT {ROW} FROM activities a
            WHERE a.member_id = %s AND a.programme_id = %s AND a.no < %s ORDER BY a.no DESC LIMIT %s""",
        [member_id, programme_id, before if before is not None else 2**31 - 1, limit],
    )
    rows = [row_of(row) for row in await cursor.fetchall()]
    decisions = await fetch_decisions(conn, programme_id, rows)
    return [(row, decisions[row.activity.id]) for row in rows]


def parked_json(activity: Activity) -> str:
    """An activity that waits, as it is kept meanwhile."""
    return orjson.dumps(
        {
            "type": activity.type,
            "occurred_at": activity.occurred_at.isoformat(),
            "recorded_at": activity.recorded_at.isoformat(),
            "revision": activity.revision,
            "body": activity.body,
        }
    ).decode()


def parked_of(id_: UUID, member_id: UUID, source: str, external_id: str, stored: str) -> Activity:
    """Read back ``parked_json``."""
    data = orjson.loads(stored)
    return Activity(
        id_,
        data["type"],
        source,
        external_id,
        member_id,
        dt.datetime.fromisoformat(data["occurred_at"]),
        dt.datetime.fromisoformat(data["recorded_at"]),
        data["body"],
        data["revision"],
    )
