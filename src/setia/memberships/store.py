"""Invoices, payments and orders to payment providers in PostgreSQL."""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson

from setia.plumbing.arrays import columns, instants, ints, texts, uuids
from setia.plumbing.db import AsyncConnection


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice as it is stored; money in minor units. ``tax`` is contained in ``fee``; ``amount`` is what is asked.

    ``period_from`` and ``period_until``: what it paid for, as it stands now; ``given_back`` of it.
    """

    member_id: UUID
    id: UUID
    kind: str
    plan: str
    every: str
    state: str
    fee: int
    credit: int
    tax: int
    asked: int
    opened_at: dt.datetime
    due_at: dt.datetime
    lapses_at: dt.datetime
    settled_at: dt.datetime | None = None
    period_from: dt.datetime | None = None
    period_until: dt.datetime | None = None
    given_back: int = 0

    @property
    def amount(self) -> int:
        """What is to be paid."""
        return self.fee - self.credit


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """Money that came in for an invoice. ``reference``: what the provider calls it; "" by hand without one."""

    member_id: UUID
    invoice_id: UUID
    activity_id: UUID
    provider: str
    reference: str
    amount: int
    received_at: dt.datetime
    refunded: int = 0
    state: str = "received"


@dataclass(frozen=True, slots=True)
class OrderRow:
    """Something that a provider is asked for. ``key`` makes it count once."""

    member_id: UUID
    invoice_id: UUID
    kind: str
    key: str
    amount: int
    created_at: dt.datetime
    id: int = 0
    state: str = "waiting"
    provider: str = ""
    reference: str = ""
    reason: str = ""
    tries: int = 0
    programme: str = ""


@dataclass(slots=True)
class Billing:
    """What a batch of decisions changes here. ``periods``: (member, invoice, from, until, given back).

    ``standings``: (member, invoice, refunded, state) of payments.
    """

    invoices: list[InvoiceRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    orders: list[OrderRow] = field(default_factory=list)
    periods: list[tuple[UUID, UUID, dt.datetime, dt.datetime, int]] = field(default_factory=list)
    standings: list[tuple[UUID, UUID, int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Method:
    """How a member pays: ``customer`` and ``method`` as the provider calls them."""

    provider: str
    customer: str
    method: str


@dataclass(frozen=True, slots=True)
class Found:
    """A payment that a provider speaks of."""

    programme: str
    member_id: UUID
    invoice_id: UUID
    amount: int
    refunded: int
    state: str


# Recording ------------------------------------------------------------------------------------------------------------


async def apply_billing(conn: AsyncConnection, programme_id: int, billing: Billing) -> None:
    """Queue the writes; committing is the caller's."""
    if billing.invoices:
        rows = [
            (
                i.member_id, i.id, i.kind, i.plan, i.every, i.state, i.fee, i.credit, i.tax, i.asked, i.opened_at,
                i.due_at, i.lapses_at, i.settled_at,
            )
            for i in billing.invoices
        ]  # fmt: skip
        encoders = (uuids, uuids, texts, texts, texts, texts, ints, ints, ints, ints, *(instants,) * 4)
        await conn.execute(
            """INSERT INTO invoices (programme_id, member_id, id, kind, plan, every, state, fee, credit, tax, asked,
                                     opened_at, due_at, lapses_at, settled_at)
               SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[],
                   %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::timestamptz[], %s::timestamptz[],
                   %s::timestamptz[], %s::timestamptz[])
               ON CONFLICT (member_id, programme_id, id) DO UPDATE
               SET state = excluded.state, asked = excluded.asked, settled_at = excluded.settled_at,
                   kind = excluded.kind, fee = excluded.fee, credit = excluded.credit, tax = excluded.tax""",
            [programme_id, *columns(rows, encoders)],
        )
        settled = [(i.member_id, i.id, i.state) for i in billing.invoices if i.state != "open"]
        if settled:
            await conn.execute(
                """UPDATE payment_orders o
                   SET state = CASE WHEN o.state = 'sent' AND q.state = 'paid' THEN 'done' ELSE 'dropped' END,
                       next_at = NULL
                   FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS q (member_id, invoice_id, state)
                   WHERE o.member_id = q.member_id AND o.programme_id = %s AND o.invoice_id = q.invoice_id
                     AND o.kind = 'charge' AND o.state IN ('waiting', 'sent', 'by_hand')""",
                [*columns(settled, (uuids, uuids, texts)), programme_id],
            )
    if billing.payments:
        paid = [
            (p.member_id, p.invoice_id, p.activity_id, p.provider, p.reference, p.amount, p.received_at)
            for p in billing.payments
        ]
        await conn.execute(
            """INSERT INTO payments (programme_id, member_id, invoice_id, activity_id, provider, reference, amount,
                                     received_at)
               SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bigint[],
                                        %s::timestamptz[])""",
            [programme_id, *columns(paid, (uuids, uuids, uuids, texts, texts, ints, instants))],
        )
    if billing.standings:
        await conn.execute(
            """UPDATE payments p SET refunded = q.refunded, state = q.state
               FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::text[])
                   AS q (member_id, invoice_id, refunded, state)
               WHERE p.member_id = q.member_id AND p.programme_id = %s AND p.invoice_id = q.invoice_id""",
            [*columns(billing.standings, (uuids, uuids, ints, texts)), programme_id],
        )
    if billing.periods:
        await conn.execute(
            """UPDATE invoices i SET period_from = q.begins, period_until = q.ends, given_back = q.back
               FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::bigint[])
                   AS q (member_id, id, begins, ends, back)
               WHERE i.member_id = q.member_id AND i.programme_id = %s AND i.id = q.id""",
            [*columns(billing.periods, (uuids, uuids, instants, instants, ints)), programme_id],
        )
    if billing.orders:
        await insert_orders(conn, programme_id, billing.orders)


async def insert_orders(conn: AsyncConnection, programme_id: int, orders: Sequence[OrderRow]) -> None:
    """Ask for these; a key that was asked for before is not asked for again."""
    rows = [
        (o.member_id, o.invoice_id, o.kind, o.key, o.amount, o.provider, o.reference, o.created_at, o.created_at)
        for o in orders
    ]
    await conn.execute(
        """INSERT INTO payment_orders (programme_id, member_id, invoice_id, kind, key, amount, provider, reference,
                                       created_at, next_at, state)
           SELECT %s, q.*, 'waiting' FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bigint[],
               %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[]) AS q
           ON CONFLICT (key) DO NOTHING""",
        [programme_id, *columns(rows, (uuids, uuids, texts, texts, ints, texts, texts, instants, instants))],
    )


# Orders ---------------------------------------------------------------------------------------------------------------

_ORDER: Final[LiteralString] = (
    "o.member_id, o.invoice_id, o.kind, o.key, o.amount, o.created_at, o.id, o.state, o.provider, o.reference,"
    " o.reason, o.tries, g.name"
)


async def take_orders(conn: AsyncConnection, now: dt.datetime, limit: int, lease: dt.timedelta) -> list[OrderRow]:
    """Orders that are due, for whoever calls alone until the lease is over."""
    cursor = await conn.execute(
        f"""UPDATE payment_orders o SET next_at = %s, tries = tries + 1
            FROM programmes g, (
                SELECT id FROM payment_orders WHERE state = 'waiting' AND next_at <= %s
                ORDER BY next_at, id LIMIT %s FOR UPDATE SKIP LOCKED
            ) due
            WHERE o.id = due.id AND g.id = o.programme_id
            RETURNING {_ORDER}""",
        [now + lease, now, limit],
    )
    return sorted((OrderRow(*row) for row in await cursor.fetchall()), key=lambda order: order.id)


async def settle_order(
    conn: AsyncConnection,
    order: OrderRow,
    state: str,
    now: dt.datetime,
    *,
    provider: str = "",
    reference: str = "",
    reason: str = "",
    again_at: dt.datetime | None = None,
) -> None:
    """Note what became of an order; with ``again_at`` it is tried again then."""
    await conn.execute(
        """UPDATE payment_orders SET state = %s, provider = CASE WHEN %s = '' THEN provider ELSE %s END,
               reference = CASE WHEN %s = '' THEN reference ELSE %s END, reason = %s, next_at = %s,
               settled_at = CASE WHEN %s IN ('done', 'failed', 'dropped') THEN %s::timestamptz END
           WHERE id = %s AND state NOT IN ('done', 'failed')""",
        [state, provider, provider, reference, reference, reason, again_at, state, now, order.id],
    )


async def settle_refund(conn: AsyncConnection, key: str, state: str, reason: str, now: dt.datetime) -> bool:
    """A provider tells what became of a refund that it was asked for by ``key``. False: it was asked for no such."""
    cursor = await conn.execute(
        """UPDATE payment_orders SET state = %s, reason = %s, settled_at = %s, next_at = NULL
           WHERE key = %s AND kind = 'refund' RETURNING id""",
        [state, reason, now, key],
    )
    return await cursor.fetchone() is not None


async def list_orders(
    conn: AsyncConnection,
    programme_id: int,
    *,
    state: str | None = None,
    member_id: UUID | None = None,
    limit: int = 100,
) -> list[OrderRow]:
    """Orders, oldest first: of a state, of a member."""
    cursor = await conn.execute(
        f"""SELECT {_ORDER} FROM payment_orders o JOIN programmes g ON g.id = o.programme_id
            WHERE o.programme_id = %s AND (%s::text IS NULL OR o.state = %s)
              AND (%s::uuid IS NULL OR o.member_id = %s) ORDER BY o.id LIMIT %s""",
        [programme_id, state, state, member_id, member_id, limit],
    )
    return [OrderRow(*row) for row in await cursor.fetchall()]


async def find_order(conn: AsyncConnection, programme_id: int, number: int) -> OrderRow | None:
    """One order, locked until the transaction ends."""
    cursor = await conn.execute(
        f"""SELECT {_ORDER} FROM payment_orders o JOIN programmes g ON g.id = o.programme_id
            WHERE o.programme_id = %s AND o.id = %s FOR UPDATE OF o""",
        [programme_id, number],
    )
    row = await cursor.fetchone()
    return None if row is None else OrderRow(*row)


# Invoices and payments ------------------------------------------------------------------------------------------------


async def list_invoices(
    conn: AsyncConnection, programme_id: int, member_id: UUID
) -> list[tuple[InvoiceRow, PaymentRow | None]]:
    """A member's invoices, newest first, each with its payment."""
    cursor = await conn.execute(
        """SELECT i.member_id, i.id, i.kind, i.plan, i.every, i.state, i.fee, i.credit, i.tax, i.asked, i.opened_at,
                  i.due_at, i.lapses_at, i.settled_at, i.period_from, i.period_until, i.given_back,
                  p.activity_id, p.provider, p.reference, p.amount, p.received_at, p.refunded, p.state
           FROM invoices i LEFT JOIN payments p
             ON p.member_id = i.member_id AND p.programme_id = i.programme_id AND p.invoice_id = i.id
           WHERE i.member_id = %s AND i.programme_id = %s ORDER BY i.opened_at DESC, i.id DESC""",
        [member_id, programme_id],
    )
    found: list[tuple[InvoiceRow, PaymentRow | None]] = []
    for row in await cursor.fetchall():
        invoice = InvoiceRow(*row[:17])
        found.append((invoice, None if row[17] is None else PaymentRow(member_id, invoice.id, *row[17:])))
    return found


async def find_payment(conn: AsyncConnection, provider: str, reference: str) -> Found | None:
    """The payment that a provider calls ``reference``."""
    cursor = await conn.execute(
        """SELECT g.name, p.member_id, p.invoice_id, p.amount, p.refunded, p.state
           FROM payments p JOIN programmes g ON g.id = p.programme_id WHERE p.provider = %s AND p.reference = %s""",
        [provider, reference],
    )
    row = await cursor.fetchone()
    return None if row is None else Found(*row)


async def find_payment_of(
    conn: AsyncConnection, programme: str, member_id: UUID, invoice_id: UUID
) -> tuple[str, str] | None:
    """Provider and reference of the payment of an invoice."""
    cursor = await conn.execute(
        """SELECT p.provider, p.reference FROM payments p JOIN programmes g ON g.id = p.programme_id
           WHERE g.name = %s AND p.member_id = %s AND p.invoice_id = %s""",
        [programme, member_id, invoice_id],
    )
    row = await cursor.fetchone()
    return None if row is None else (row[0], row[1])


async def is_open(conn: AsyncConnection, programme: str, member_id: UUID, invoice_id: UUID) -> bool:
    """Whether an invoice is still to be paid."""
    cursor = await conn.execute(
        """SELECT FROM invoices i JOIN programmes g ON g.id = i.programme_id
           WHERE g.name = %s AND i.member_id = %s AND i.id = %s AND i.state = 'open'""",
        [programme, member_id, invoice_id],
    )
    return await cursor.fetchone() is not None


async def find_method(conn: AsyncConnection, programme: str, member_id: UUID) -> Method | None:
    """How a member pays; None: by hand."""
    cursor = await conn.execute(
        """SELECT m.provider, m.customer, m.method FROM payment_methods m JOIN programmes g ON g.id = m.programme_id
           WHERE g.name = %s AND m.member_id = %s""",
        [programme, member_id],
    )
    row = await cursor.fetchone()
    return None if row is None else Method(*row)


async def keep_method(conn: AsyncConnection, programme: str, member_id: UUID, method: Method, now: dt.datetime) -> None:
    """Remember how a member pays."""
    await conn.execute(
        """INSERT INTO payment_methods (programme_id, member_id, provider, customer, method, updated_at)
           SELECT id, %s, %s, %s, %s, %s FROM programmes WHERE name = %s
           ON CONFLICT (member_id, programme_id) DO UPDATE
           SET provider = excluded.provider, customer = excluded.customer, method = excluded.method,
               updated_at = excluded.updated_at""",
        [member_id, method.provider, method.customer, method.method, now, programme],
    )


# What providers tell --------------------------------------------------------------------------------------------------


async def insert_event(conn: AsyncConnection, provider: str, id_: str, type_: str, said: Any, now: dt.datetime) -> bool:
    """Keep what was told, to be worked off; False: it is known already."""
    cursor = await conn.execute(
        """INSERT INTO provider_events (provider, id, type, state, said, received_at, next_at)
           VALUES (%s, %s, %s, 'waiting', %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id""",
        [provider, id_, type_, orjson.dumps(said).decode(), now, now],
    )
    return await cursor.fetchone() is not None


async def take_events(
    conn: AsyncConnection, now: dt.datetime, limit: int, lease: dt.timedelta, *, only: tuple[str, str] | None = None
) -> list[tuple[str, str, Any, int, dt.datetime]]:
    """What is to be worked off, as (provider, id, said, tries, received at); ``only`` one of them."""
    cursor = await conn.execute(
        """UPDATE provider_events e SET next_at = %s, tries = tries + 1
           FROM (SELECT provider, id FROM provider_events WHERE state = 'waiting' AND next_at <= %s
                   AND (%s::text IS NULL OR (provider = %s AND id = %s))
                 ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED) due
           WHERE e.provider = due.provider AND e.id = due.id
           RETURNING e.provider, e.id, e.said, e.tries, e.received_at""",
        [now + lease, now, only[0] if only else None, *(only or (None, None)), limit],
    )
    rows = await cursor.fetchall()
    return sorted(((row[0], row[1], row[2], row[3], row[4]) for row in rows), key=lambda row: (row[4], row[1]))


async def mark_event(
    conn: AsyncConnection, provider: str, id_: str, state: str, reason: str, again_at: dt.datetime | None
) -> None:
    """Note what became of it."""
    await conn.execute(
        "UPDATE provider_events SET state = %s, reason = %s, next_at = %s WHERE provider = %s AND id = %s",
        [state, reason, again_at, provider, id_],
    )


async def erase_payers(conn: AsyncConnection, member_id: UUID, said: Sequence[str]) -> int:
    """Forget how a member pays, and what providers told where it names the customer or says one of ``said``.

    Invoices and payments stay: they are the books of the business. Returns how many rows that changed.
    """
    cursor = await conn.execute("DELETE FROM payment_methods WHERE member_id = %s RETURNING customer", [member_id])
    customers = [row[0].lower() for row in await cursor.fetchall()]
    told = await conn.execute(
        """UPDATE provider_events e SET said = '{}'::jsonb, reason = ''
           WHERE e.state <> 'waiting' AND EXISTS (
               SELECT FROM unnest(%s::text[]) AS q (said) WHERE position(q.said IN lower(e.said::text)) > 0)""",
        [texts([*customers, *(text for text in said if len(text) >= 6)])],
    )
    return len(customers) + told.rowcount
