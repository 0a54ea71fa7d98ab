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
    "v.member_id, v.no, v.reward, v.quantity, v.activity_id, v.rule, v.issued_at, v.valid_until, v.state, v.cost::text,"
    " v.code, v.left_, v.worth, v.activates_at, v.version, v.card"
)


_COLUMNS: Final = (
    uuids, ints, texts, ints, uuids, texts, instants, instants, texts, texts, texts, ints, ints, instants, ints, uuids,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """A voucher as it is stored. ``cost``: unit → steps that were paid for it. ``left``: pieces, or minor units where
    ``worth`` says how many there were. ``card``: the wallet of the gift card that it is."""

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
    code: str
    left: int
    worth: int
    activates_at: dt.datetime | None
    version: int
    card: UUID | None


def voucher_of(row: TupleRow) -> VoucherRow:
    """The voucher of a row that was asked for."""
    (
        member_id, no, reward, quantity, activity_id, rule, issued_at, valid_until, state, cost, code, left, worth,
        activates_at, version, card,
    ) = row  # fmt: skip
    return VoucherRow(
        member_id, no, reward, quantity, activity_id, rule, issued_at, valid_until, state, orjson.loads(cost), code,
        left, worth, activates_at, version, card,
    )  # fmt: skip


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
            orjson.dumps(v.cost).decode(), v.code, v.left, v.worth, v.activates_at, v.version,
            v.card,
        )
        for v in vouchers
    ]  # fmt: skip
    await conn.execute(
        """INSERT INTO vouchers (programme_id, member_id, no, reward, quantity, activity_id, rule, issued_at,
                                 valid_until, state, cost, code, left_, worth, activates_at, version, card)
           SELECT %s, * FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::int[], %s::uuid[], %s::text[],
                                    %s::timestamptz[], %s::timestamptz[], %s::text[], %s::json[], %s::text[],
                                    %s::bigint[], %s::bigint[], %s::timestamptz[], %s::int[], %s::uuid[])
           ON CONFLICT (member_id, programme_id, no) DO UPDATE
           SET state = excluded.state, left_ = excluded.left_, worth = excluded.worth, code = excluded.code""",
        [programme_id, *columns(rows, _COLUMNS)],
    )


async def lapse_vouchers(conn: AsyncConnection, programme_id: int, lapsed: Sequence[tuple[UUID, int]]) -> None:
    """Note that these vouchers are over, as (member, number), if they are still in the member's hand."""
    if lapsed:
        await conn.execute(
            """UPDATE vouchers v SET state = 'lapsed' FROM unnest(%s::uuid[], %s::int[]) AS q (member_id, no)
               WHERE v.member_id = q.member_id AND v.programme_id = %s AND v.no = q.no AND v.state = 'issued'""",
            [*columns(lapsed, (uuids, ints)), programme_id],
        )


# Codes ----------------------------------------------------------------------------------------------------------------


async def ask_vouchers_by_code(
    conn: AsyncConnection, programme_id: int, codes: Sequence[str]
) -> psycopg.AsyncCursor[TupleRow]:
    """The vouchers that these canonical codes lead to, whoever has them."""
    return await conn.execute(
        f"""SELECT v.* FROM unnest(%s::text[]) AS q (code) CROSS JOIN LATERAL (
                SELECT {_VOUCHER} FROM vouchers v
                WHERE v.programme_id = %s AND v.code = q.code AND v.code <> '' OFFSET 0
            ) v""",
        [texts(codes), programme_id],
        binary=True,
    )


async def ask_codes(conn: AsyncConnection, programme_id: int, codes: Sequence[str]) -> psycopg.AsyncCursor[TupleRow]:
    """Imported codes among these canonical ones, as (code, reward, state)."""
    return await conn.execute(
        "SELECT code, reward, state FROM codes WHERE programme_id = %s AND code = ANY (%s::text[])",
        [programme_id, texts(codes)],
    )


async def take_codes(conn: AsyncConnection, programme_id: int, reward: str, count: int) -> list[str]:
    """Take the next ``count`` imported codes of a reward to hand them out; fewer, where there are no more."""
    cursor = await conn.execute(
        """WITH next AS (
               SELECT code, no FROM codes WHERE programme_id = %(programme)s AND reward = %(reward)s AND state = 'free'
               ORDER BY no LIMIT %(count)s FOR UPDATE
           ), taken AS (
               UPDATE codes c SET state = 'out' FROM next n WHERE c.programme_id = %(programme)s AND c.code = n.code
           )
           SELECT code FROM next ORDER BY no""",
        {"programme": programme_id, "reward": reward, "count": count},
    )
    return [row[0] for row in await cursor.fetchall()]


async def insert_codes(
    conn: AsyncConnection, programme_id: int, reward: str, codes: Sequence[str], *, is_pool: bool, at: dt.datetime
) -> list[str]:
    """Take in canonical codes of a reward; returns those that were there already and were left as they are.

    Of a pool there are so many more in stock; any other code can be used once, by whoever brings it.
    """
    wanted = list(dict.fromkeys(codes))
    cursor = await conn.execute(
        """INSERT INTO codes (programme_id, code, reward, imported_at)
           SELECT %s, q.code, %s, %s FROM unnest(%s::text[]) WITH ORDINALITY AS q (code, place)
           WHERE NOT EXISTS (SELECT FROM vouchers v WHERE v.programme_id = %s AND v.code = q.code AND v.code <> '')
           ORDER BY q.place
           ON CONFLICT (programme_id, code) DO NOTHING RETURNING code""",
        [programme_id, reward, at, texts(wanted), programme_id],
    )
    new = {row[0] for row in await cursor.fetchall()}
    accounts = [(f"stock:{reward}", len(new))] if is_pool else [(f"code:{code}", 1) for code in sorted(new)]
    await conn.execute(
        """INSERT INTO house_accounts AS h (programme_id, account, initial, left_)
           SELECT %s, q.account, q.amount, q.amount FROM unnest(%s::text[], %s::bigint[]) AS q (account, amount)
           WHERE q.amount > 0
           ON CONFLICT (programme_id, account) DO UPDATE
           SET initial = h.initial + excluded.initial, left_ = h.left_ + excluded.left_""",
        [programme_id, *columns(accounts, (texts, ints))],
    )
    return [code for code in wanted if code not in new]


async def revoke_codes(conn: AsyncConnection, programme_id: int, codes: Sequence[str]) -> int:
    """Revoke imported codes that were not handed out; returns how many there were. A pool has so many fewer."""
    cursor = await conn.execute(
        """UPDATE codes SET state = 'revoked' WHERE programme_id = %s AND code = ANY (%s::text[]) AND state = 'free'
           RETURNING reward""",
        [programme_id, texts(codes)],
    )
    rewards = [row[0] for row in await cursor.fetchall()]
    for reward in sorted(set(rewards)):
        count = rewards.count(reward)
        await conn.execute(
            """UPDATE house_accounts SET initial = initial - %s, left_ = left_ - %s
               WHERE programme_id = %s AND account = %s
                 AND EXISTS (SELECT FROM codes WHERE programme_id = %s AND reward = %s)""",
            [count, count, programme_id, f"stock:{reward}", programme_id, reward],
        )
    return len(rewards)


async def count_codes(conn: AsyncConnection, programme_id: int) -> list[tuple[str, str, int]]:
    """Imported codes: reward, state, how many."""
    cursor = await conn.execute(
        "SELECT reward, state, count(*) FROM codes WHERE programme_id = %s GROUP BY 1, 2 ORDER BY 1, 2", [programme_id]
    )
    return [(reward, state, count) for reward, state, count in await cursor.fetchall()]


# Reservations ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReservationRow:
    """Pieces of an account that a cart has set aside."""

    account: str
    code: str
    session: str
    member_id: UUID
    quantity: int
    taken_at: dt.datetime
    until: dt.datetime


async def ask_reservations(
    conn: AsyncConnection, programme_id: int, accounts: Sequence[str]
) -> psycopg.AsyncCursor[TupleRow]:
    """What carts have set aside of these accounts, as the fields of ``ReservationRow``."""
    return await conn.execute(
        """SELECT account, code, session, member_id, quantity, taken_at, until_ FROM reservations
           WHERE programme_id = %s AND account = ANY (%s::text[])""",
        [programme_id, texts(accounts)],
        binary=True,
    )


async def ask_reservations_of(
    conn: AsyncConnection, programme_id: int, member_id: UUID
) -> psycopg.AsyncCursor[TupleRow]:
    """What the carts of a member have set aside, as the fields of ``ReservationRow``."""
    return await conn.execute(
        """SELECT account, code, session, member_id, quantity, taken_at, until_ FROM reservations
           WHERE programme_id = %s AND member_id = %s ORDER BY account, code, session""",
        [programme_id, member_id],
        binary=True,
    )


async def apply_reservations(
    conn: AsyncConnection,
    programme_id: int,
    freed: Sequence[ReservationRow],
    reserved: Sequence[ReservationRow],
    now: dt.datetime,
) -> None:
    """Write which reservations end and begin, and sweep away those of the same accounts that have lapsed."""
    rows = [(r.account, r.code, r.session, r.member_id) for r in freed]
    if rows:
        await conn.execute(
            """DELETE FROM reservations r USING unnest(%s::text[], %s::text[], %s::text[], %s::uuid[])
                   AS q (account, code, session, member_id)
               WHERE r.programme_id = %s AND r.account = q.account AND r.code = q.code AND r.session = q.session
                 AND r.member_id = q.member_id""",
            [*columns(rows, (texts, texts, texts, uuids)), programme_id],
        )
    if reserved:
        await conn.execute(
            "DELETE FROM reservations WHERE programme_id = %s AND account = ANY (%s::text[]) AND until_ <= %s",
            [programme_id, texts(sorted({r.account for r in reserved})), now],
        )
        new = [(r.account, r.code, r.session, r.member_id, r.quantity, r.taken_at, r.until) for r in reserved]
        await conn.execute(
            """INSERT INTO reservations (programme_id, account, code, session, member_id, quantity, taken_at, until_)
               SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[], %s::uuid[], %s::bigint[], %s::timestamptz[],
                                        %s::timestamptz[])
               ON CONFLICT (programme_id, account, code, session, member_id) DO UPDATE
               SET quantity = excluded.quantity, until_ = excluded.until_""",
            [programme_id, *columns(new, (texts, texts, texts, uuids, ints, instants, instants))],
        )


# Reading --------------------------------------------------------------------------------------------------------------


async def list_vouchers(
    conn: AsyncConnection, programme_id: int, member_id: UUID, *, state: str | None = None
) -> list[VoucherRow]:
    """The member's vouchers, newest first; those past ``valid_until`` keep the state that was last written."""
    cursor = await conn.execute(
        f"""SELECT {_VOUCHER} FROM vouchers v
            WHERE v.member_id = %s AND v.programme_id = %s AND v.state <> 'moved' AND (%s::text IS NULL OR v.state = %s)
            ORDER BY v.no DESC""",
        [member_id, programme_id, state, state],
    )
    return [voucher_of(row) for row in await cursor.fetchall()]
