# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves
"""The wallet in PostgreSQL: read under the member's lock, written with one statement a table, asked about later.

The functions that the flow calls inside a pipeline (``ask_*``) only send; their rows are decoded when they are there.
They look up key by key (``LATERAL … OFFSET 0``, which the planner does not take apart): in a table that has grown since
it was last analysed anything that it thinks cheaper is not. Updates are upserts for the same reason.
Amounts are steps of the unit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import TupleRow

from setia.ledger.lots import Balance, Hold, HoldState, Lot, Wallet
from setia.ledger.plan import Entry
from setia.plumbing.arrays import bools, columns, instants, ints, texts, uuids
from setia.plumbing.db import AsyncConnection
from setia.values.codes import Account
from setia.values.stakes import NOBODY, Owed, Stake

Cursor = psycopg.AsyncCursor[TupleRow]

_LOT: Final[LiteralString] = (
    "l.member_id, l.no, l.unit, l.amount, l.left_, l.is_pending, l.earned_at, l.activates_at, l.expires_at, l.origin,"
    " l.rule, l.pool, l.expired, l.partner, l.price, l.owed"
)
_HOLD: Final[LiteralString] = "h.member_id, h.id, h.unit, h.amount, h.state, h.lapses_at, h.taken::text, h.partner"
_LOOKED_AT: Final[LiteralString] = """
            CROSS JOIN LATERAL (
                SELECT s.member_id, s.programme_id, greatest(q.until, s.recorded_at) AS until FROM member_states s
                WHERE s.member_id = q.member_id AND s.programme_id = %s
                  AND (q.until = 'infinity' OR s.due_at <= greatest(q.until, s.recorded_at)) OFFSET 0
            ) s"""
_LOT_DUE: Final[LiteralString] = "least(CASE WHEN l.is_pending THEN l.activates_at END, l.expires_at)"
ENTRY: Final[LiteralString] = (
    "e.no, e.unit, e.amount, e.debit, e.credit, e.lot, e.rule, e.effective_at, e.reason, e.pool, e.activates_at,"
    " e.expires_at, e.partner, e.price, e.owed"
)
_ACCOUNTS: Final = {account.value: account for account in Account}


# Reading for a decision -----------------------------------------------------------------------------------------------


async def ask_balances(conn: AsyncConnection, programme_id: int, members: str) -> Cursor:
    """Balances of the members (an array literal)."""
    return await conn.execute(
        """SELECT b.* FROM unnest(%s::uuid[]) AS q (member_id) CROSS JOIN LATERAL (
               SELECT b.member_id, b.unit, b.available, b.pending, b.held, b.debt FROM balances b
               WHERE b.member_id = q.member_id AND b.programme_id = %s OFFSET 0
           ) b""",
        [members, programme_id],
        binary=True,
    )


async def ask_open_lots(conn: AsyncConnection, programme_id: int, members: str, until: str) -> Cursor:
    """Open lots that the clock moves ``until`` then, of those members for whom it has something to do ("infinity": all
    open lots)."""
    return await conn.execute(
        f"""SELECT l.* FROM unnest(%s::uuid[], %s::timestamptz[]) AS q (member_id, until)
            {_LOOKED_AT} CROSS JOIN LATERAL (
                SELECT {_LOT} FROM lots l
                WHERE l.member_id = s.member_id AND l.programme_id = s.programme_id AND l.left_ > 0
                  AND (q.until = 'infinity' OR {_LOT_DUE} <= s.until) OFFSET 0
            ) l""",
        [members, until, programme_id],
        binary=True,
    )


async def ask_later_lots(conn: AsyncConnection, programme_id: int, members: str, until: str) -> Cursor:
    """(member, instant): when the clock next moves one of the open lots that ``ask_open_lots`` left out."""
    return await conn.execute(
        f"""SELECT s.member_id, l.due_at FROM unnest(%s::uuid[], %s::timestamptz[]) AS q (member_id, until)
            {_LOOKED_AT} CROSS JOIN LATERAL (
                SELECT min({_LOT_DUE}) AS due_at FROM lots l
                WHERE l.member_id = s.member_id AND l.programme_id = s.programme_id AND l.left_ > 0
                  AND {_LOT_DUE} > s.until OFFSET 0
            ) l
            WHERE q.until <> 'infinity' AND l.due_at IS NOT NULL""",
        [members, until, programme_id],
        binary=True,
    )


async def ask_placed_holds(conn: AsyncConnection, programme_id: int, members: str, until: str) -> Cursor:
    """Holds that are still open, of the same members."""
    return await conn.execute(
        f"""SELECT h.* FROM unnest(%s::uuid[], %s::timestamptz[]) AS q (member_id, until)
            {_LOOKED_AT} CROSS JOIN LATERAL (
                SELECT {_HOLD} FROM holds h
                WHERE h.member_id = s.member_id AND h.programme_id = s.programme_id AND h.state = 'placed' OFFSET 0
            ) h""",
        [members, until, programme_id],
        binary=True,
    )


async def ask_holds(conn: AsyncConnection, programme_id: int, wanted: Sequence[tuple[UUID, UUID]]) -> Cursor:
    """These holds, as (member, hold), whatever their state."""
    return await conn.execute(
        f"""SELECT h.* FROM unnest(%s::uuid[], %s::uuid[]) AS q (member_id, id) CROSS JOIN LATERAL (
                SELECT {_HOLD} FROM holds h
                WHERE h.member_id = q.member_id AND h.programme_id = %s AND h.id = q.id OFFSET 0
            ) h""",
        [*columns(wanted, (uuids, uuids)), programme_id],
        binary=True,
    )


async def ask_lots(conn: AsyncConnection, programme_id: int, wanted: Sequence[tuple[UUID, int]]) -> Cursor:
    """These lots, as (member, number), open or not."""
    return await conn.execute(
        f"""SELECT l.* FROM unnest(%s::uuid[], %s::int[]) AS q (member_id, no) CROSS JOIN LATERAL (
                SELECT {_LOT} FROM lots l
                WHERE l.member_id = q.member_id AND l.programme_id = %s AND l.no = q.no OFFSET 0
            ) l""",
        [*columns(wanted, (uuids, ints)), programme_id],
        binary=True,
    )


async def ask_lots_of(conn: AsyncConnection, programme_id: int, wanted: Sequence[tuple[UUID, UUID]]) -> Cursor:
    """Lots that these activities earned, as (member, activity), open or not."""
    return await conn.execute(
        f"""SELECT l.* FROM unnest(%s::uuid[], %s::uuid[]) AS q (member_id, origin) CROSS JOIN LATERAL (
                SELECT {_LOT} FROM lots l
                WHERE l.member_id = q.member_id AND l.programme_id = %s AND l.origin = q.origin OFFSET 0
            ) l""",
        [*columns(wanted, (uuids, uuids)), programme_id],
        binary=True,
    )


async def ask_entries(
    conn: AsyncConnection, programme_id: int, wanted: Sequence[tuple[UUID, UUID, int, int]]
) -> Cursor:
    """Entries of activities, as (member, activity, first number, span of numbers); rows begin with the activity."""
    return await conn.execute(
        f"""SELECT e.*
            FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::int[]) AS q (member_id, activity_id, first, span)
            CROSS JOIN LATERAL (
                SELECT e.activity_id, {ENTRY} FROM entries e
                WHERE e.member_id = q.member_id AND e.programme_id = %s
                  AND e.no >= q.first AND e.no < q.first + q.span AND e.activity_id = q.activity_id
                ORDER BY e.no
            ) e""",
        [*columns(wanted, (uuids, uuids, ints, ints)), programme_id],
        binary=True,
    )


def lot_of(row: TupleRow) -> tuple[UUID, Lot]:
    """Member and lot of a row that was asked for."""
    lot = Lot(*row[1:-3])
    lot.stake = _stake(*row[-3:])
    return row[0], lot


def hold_of(row: TupleRow) -> tuple[UUID, Hold]:
    """Member and hold of a row that was asked for."""
    member_id, id_, unit, amount, state, lapses_at, taken, partner = row
    parts = [(lot, part) for lot, part in orjson.loads(taken)]
    return member_id, Hold(id_, unit, amount, HoldState(state), lapses_at, parts, partner)


def _stake(partner: str, price: int, owed: int) -> Stake:
    return Stake(partner, price, Owed(owed)) if partner or price else NOBODY


def entry_of(row: Sequence[Any]) -> Entry:
    """Entry of a row that was asked for, without the member."""
    no, unit, amount, debit, credit, lot, rule, effective_at, reason, pool, activates_at, expires_at, *stake = row
    return Entry(
        no, unit, amount, _ACCOUNTS[debit], _ACCOUNTS[credit], lot, rule, effective_at, reason, pool, activates_at,
        expires_at, _stake(*stake),
    )  # fmt: skip


# Writing --------------------------------------------------------------------------------------------------------------

EntryRow = tuple[UUID, UUID, dt.datetime, Entry]
"""(member, activity, recorded at, entry)."""


async def append_entries(conn: AsyncConnection, programme_id: int, rows: Iterable[EntryRow]) -> None:
    """Write entries; the book refuses to change them afterwards."""
    values = [
        (
            member_id, activity_id, e.amount, e.effective_at, recorded_at, e.activates_at, e.expires_at, e.no, e.lot,
            e.debit, e.credit, e.unit, e.rule, e.reason, e.pool, e.stake.partner, e.stake.price, e.stake.owed,
        )
        for member_id, activity_id, recorded_at, e in rows
    ]  # fmt: skip
    if not values:
        return
    encoders = (
        uuids, uuids, ints, instants, instants, instants, instants, ints, ints, ints, ints, texts, texts, texts, texts,
        texts, ints, ints,
    )  # fmt: skip
    await conn.execute(
        """INSERT INTO entries (programme_id, member_id, activity_id, amount, effective_at, recorded_at, activates_at,
                                expires_at, no, lot, debit, credit, unit, rule, reason, pool, partner, price, owed)
           SELECT %s, * FROM unnest(
               %s::uuid[], %s::uuid[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
               %s::timestamptz[], %s::int[], %s::int[], %s::smallint[], %s::smallint[], %s::text[], %s::text[],
               %s::text[], %s::text[], %s::text[], %s::bigint[], %s::smallint[])""",
        [programme_id, *columns(values, encoders)],
    )


async def apply_wallets(conn: AsyncConnection, programme_id: int, wallets: Iterable[tuple[UUID, Wallet]]) -> None:
    """Write what the planning changed of these wallets: balances, new and touched lots, holds."""
    balances: list[tuple[Any, ...]] = []
    lots: list[tuple[Any, ...]] = []
    holds: list[tuple[Any, ...]] = []
    for member_id, wallet in wallets:
        for unit in wallet.touched_units:
            b = wallet.balances[unit]
            balances.append((member_id, b.available, b.pending, b.held, b.debt, unit))
        for no in wallet.touched_lots.union(lot.no for lot in wallet.new_lots):
            lot = wallet.lots[no]
            lots.append(
                (
                    member_id, lot.origin, lot.amount, lot.left, lot.expired, lot.earned_at, lot.activates_at,
                    lot.expires_at, lot.no, lot.is_pending, lot.unit, lot.rule, lot.pool, lot.stake.partner,
                    lot.stake.price, lot.stake.owed,
                )
            )  # fmt: skip
        for id_ in wallet.touched_holds:
            hold = wallet.holds[id_]
            taken = orjson.dumps(hold.taken).decode()
            state = hold.state.value
            holds.append((member_id, hold.id, hold.unit, hold.amount, state, hold.lapses_at, taken, hold.partner))
    if balances:
        await conn.execute(
            """INSERT INTO balances (programme_id, member_id, available, pending, held, debt, unit)
               SELECT %s, * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
               ON CONFLICT (member_id, programme_id, unit) DO UPDATE
               SET available = excluded.available, pending = excluded.pending, held = excluded.held,
                   debt = excluded.debt""",
            [programme_id, *columns(balances, (uuids, ints, ints, ints, ints, texts))],
        )
    if lots:
        encoders = (
            uuids, uuids, ints, ints, ints, instants, instants, instants, ints, bools, texts, texts, texts, texts, ints,
            ints,
        )  # fmt: skip
        await conn.execute(
            """INSERT INTO lots (programme_id, member_id, origin, amount, left_, expired, earned_at, activates_at,
                                 expires_at, no, is_pending, unit, rule, pool, partner, price, owed)
               SELECT %s, * FROM unnest(
                   %s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[],
                   %s::timestamptz[], %s::timestamptz[], %s::int[], %s::bool[], %s::text[], %s::text[], %s::text[],
                   %s::text[], %s::bigint[], %s::smallint[])
               ON CONFLICT (member_id, programme_id, no) DO UPDATE
               SET left_ = excluded.left_, expired = excluded.expired, is_pending = excluded.is_pending,
                   activates_at = excluded.activates_at, expires_at = excluded.expires_at""",
            [programme_id, *columns(lots, encoders)],
        )
    if holds:
        await conn.execute(
            """INSERT INTO holds (programme_id, member_id, id, unit, amount, state, lapses_at, taken, partner)
               SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bigint[], %s::text[],
                                        %s::timestamptz[], %s::json[], %s::text[])
               ON CONFLICT (member_id, programme_id, id) DO UPDATE
               SET state = excluded.state, taken = excluded.taken""",
            [programme_id, *columns(holds, (uuids, uuids, texts, ints, texts, instants, texts, texts))],
        )


# Questions ------------------------------------------------------------------------------------------------------------


async def list_balances(conn: AsyncConnection, programme_id: int, member_id: UUID) -> dict[str, Balance]:
    """What the member has, by unit, as it was last written: what ended since then is not taken off yet."""
    cursor = await conn.execute(
        "SELECT unit, available, pending, held, debt FROM balances WHERE member_id = %s AND programme_id = %s"
        " ORDER BY unit",
        [member_id, programme_id],
    )
    return {unit: Balance(*amounts) for unit, *amounts in await cursor.fetchall()}


async def list_open_lots(conn: AsyncConnection, programme_id: int, member_id: UUID) -> list[Lot]:
    """The member's lots with something left, in the order in which they are spent."""
    cursor = await conn.execute(
        f"""SELECT {_LOT} FROM lots l WHERE l.member_id = %s AND l.programme_id = %s AND l.left_ > 0
            ORDER BY l.unit, l.expires_at NULLS LAST, l.earned_at, l.no""",
        [member_id, programme_id],
    )
    return [lot_of(row)[1] for row in await cursor.fetchall()]


async def list_entries(
    conn: AsyncConnection, programme_id: int, member_id: UUID, *, before: int | None = None, limit: int = 50
) -> list[tuple[UUID, dt.datetime, Entry]]:
    """A page of the member's entries, newest first, as (activity, recorded at, entry); ``before`` is a number."""
    cursor = await conn.execute(
        f"""SELECT e.activity_id, e.recorded_at, {ENTRY} FROM entries e
            WHERE e.member_id = %s AND e.programme_id = %s AND e.no < %s ORDER BY e.no DESC LIMIT %s""",
        [member_id, programme_id, before if before is not None else 2**31 - 1, limit],
    )
    return [(row[0], row[1], entry_of(row[2:])) for row in await cursor.fetchall()]


async def fetch_balance_as_of(
    conn: AsyncConnection,
    programme_id: int,
    member_id: UUID,
    unit: str,
    *,
    as_of: dt.datetime,
    known_at: dt.datetime,
) -> Balance:
    """What the member had at ``as_of``, by what the book knew at ``known_at``; both are reproducible for ever."""
    cursor = await conn.execute(
        """SELECT a.account, sum(a.amount)::bigint
           FROM entries e CROSS JOIN LATERAL (VALUES (e.debit, -e.amount), (e.credit, e.amount)) AS a (account, amount)
           WHERE e.member_id = %s AND e.programme_id = %s AND e.unit = %s
             AND e.effective_at <= %s AND e.recorded_at <= %s
           GROUP BY a.account""",
        [member_id, programme_id, unit, as_of, known_at],
    )
    balance = Balance()
    for account, amount in await cursor.fetchall():
        balance.add(_ACCOUNTS[account], amount)
    return balance


@dataclass(frozen=True, slots=True)
class UnitTotals:
    """What a programme's members have and had of a unit: sums over all entries, in steps."""

    unit: str
    issued: int
    redeemed: int
    expired: int
    reversed: int
    adjusted: int
    outstanding: int


async def list_totals(conn: AsyncConnection, programme_id: int) -> list[UnitTotals]:
    """The house's side of the book, by unit. Reads every entry: for reports, not for requests."""
    cursor = await conn.execute(
        """SELECT unit, debit, credit, sum(amount)::bigint FROM entries WHERE programme_id = %s
           GROUP BY unit, debit, credit""",
        [programme_id],
    )
    sums: dict[str, dict[int, int]] = {}
    for unit, debit, credit, amount in await cursor.fetchall():
        accounts = sums.setdefault(unit, {})
        accounts[debit] = accounts.get(debit, 0) - amount
        accounts[credit] = accounts.get(credit, 0) + amount
    return [
        UnitTotals(
            unit,
            issued=-sum(accounts.get(source, 0) for source in (Account.ISSUED, Account.BUDGET)),
            redeemed=accounts.get(Account.REDEEMED, 0),
            expired=accounts.get(Account.EXPIRED, 0),
            reversed=accounts.get(Account.REVERSED, 0),
            adjusted=-accounts.get(Account.ADJUSTED, 0),
            outstanding=sum(accounts.get(own, 0) for own in range(Account.AVAILABLE, Account.DEBT + 1)),
        )
        for unit, accounts in sorted(sums.items())
    ]
