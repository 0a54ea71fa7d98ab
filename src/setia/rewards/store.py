"""Vouchers in PostgreSQL."""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import TupleRow

from setia.plumbing.arrays import columns, instants, ints, texts, uuids
from setia.plumbing.db import AsyncConnection

_VOUCHER: Final[LiteralString] = (
    "v.member_id, v.no, v.reward, v.quantity, v.activity_id, v.rule, v.issued_at, v.valid_until, v.state, v.cost::text"
)


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """A voucher as it is stored. ``cost``: unit → steps that were paid for it."""

    member_id: UUID
    no: int
    reward: str
    quantity: int
    activity_id: UUID
    rule: str
    issued_at: dt.datetime
    valid_until: dt.datetime | None
    state: str
    cost: dict[str, int]


def voucher_of(row: TupleRow) -> VoucherRow:
    """The voucher of a row that was asked for."""
    member_id, no, reward, quantity, activity_id, rule, issued_at, valid_until, state, cost = row
    return VoucherRow(
        member_id, no, reward, quantity, activity_id, rule, issued_at, valid_until, state, orjson.loads(cost)
    )


async def ask_vouchers(
    conn: AsyncConnection, programme_id: int, wanted: Sequence[tuple[UUID, int]]
) -> psycopg.AsyncCursor[TupleRow]:
    """These vouchers, as (member, number)."""
    return await conn.execute(
        f"""SELECT v.* FROM unnest(%s::uuid[], %s::int[]) AS q (member_id, no) CROSS JOIN LATERAL (
                SELECT {_VOUCHER} FROM vouchers v
                WHERE v.member_id = q.member_id AND v.programme_id = %s AND v.no = q.no OFFSET 0
            ) v""",
        [*columns(wanted, (uuids, ints)), programme_id],
        binary=True,
    )


async def ask_vouchers_of(
    conn: AsyncConnection, programme_id: int, wanted: Sequence[tuple[UUID, UUID]]
) -> psycopg.AsyncCursor[TupleRow]:
    """Vouchers that these activities issued, as (member, activity)."""
    return await conn.execute(
        f"""SELECT v.* FROM unnest(%s::uuid[], %s::uuid[]) AS q (member_id, activity_id) CROSS JOIN LATERAL (
                SELECT {_VOUCHER} FROM vouchers v
                WHERE v.member_id = q.member_id AND v.programme_id = %s AND v.activity_id = q.activity_id
                ORDER BY v.no
            ) v""",
        [*columns(wanted, (uuids, uuids)), programme_id],
        binary=True,
    )


async def apply_vouchers(conn: AsyncConnection, programme_id: int, vouchers: Sequence[VoucherRow]) -> None:
    """Write vouchers, new ones and changed ones."""
    if not vouchers:
        return
    rows = [
        (
            v.member_id, v.no, v.reward, v.quantity, v.activity_id, v.rule, v.issued_at, v.valid_until, v.state,
            orjson.dumps(v.cost).decode(),
        )
        for v in vouchers
    ]  # fmt: skip
    await conn.execute(
        """INSERT INTO vouchers (programme_id, member_id, no, reward, quantity, activity_id, rule, issued_at,
                                 valid_until, state, cost)
           SELECT %s, * FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::int[], %s::uuid[], %s::text[],
                                    %s::timestamptz[], %s::timestamptz[], %s::text[], %s::json[])
           ON CONFLICT (member_id, programme_id, no) DO UPDATE SET state = excluded.state""",
        [programme_id, *columns(rows, (uuids, ints, texts, ints, uuids, texts, instants, instants, texts, texts))],
    )


async def list_vouchers(
    conn: AsyncConnection, programme_id: int, member_id: UUID, *, state: str | None = None
) -> list[VoucherRow]:
    """The member's vouchers, newest first; those past ``valid_until`` keep the state that was last written."""
    cursor = await conn.execute(
        f"""SELECT {_VOUCHER} FROM vouchers v
            WHERE v.member_id = %s AND v.programme_id = %s AND (%s::text IS NULL OR v.state = %s) ORDER BY v.no DESC""",
        [member_id, programme_id, state, state],
    )
    return [voucher_of(row) for row in await cursor.fetchall()]
