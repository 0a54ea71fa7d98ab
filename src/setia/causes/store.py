"""Donations and payouts in PostgreSQL.

Whoever gives, takes a gift back or pays a cause out locks the cause's account of the house first (``given:<cause>``),
so that a gift is either in a batch or can still be taken back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, LiteralString
from uuid import UUID

from setia.plumbing.arrays import columns, instants, ints, texts, uuids
from setia.plumbing.db import AsyncConnection


@dataclass(frozen=True, slots=True)
class Donation:
    """A donation with its receipt. ``sale_id``: the purchase of which it is a share. ``payout``: the batch it is in."""

    year: int
    number: int
    member_id: UUID
    activity_id: UUID
    sale_id: UUID | None
    cause: str
    unit: str
    amount: int
    money: int
    match: int
    given_on: dt.date
    voided_at: dt.datetime | None = None
    payout: int | None = None

    @property
    def receipt(self) -> str:
        """The number of the receipt as people read it."""
        return f"{self.year}-{self.number:06}"


@dataclass(frozen=True, slots=True)
class Payout:
    """What a cause is paid in one batch. ``no`` None: it is still open."""

    cause: str
    no: int | None
    closed_at: dt.datetime | None
    closed_by: str
    gifts: tuple[Donation, ...] = ()

    @property
    def money(self) -> int:
        """What the programme pays for the units."""
        return sum(gift.money for gift in self.gifts)

    @property
    def match(self) -> int:
        """What is added to it."""
        return sum(gift.match for gift in self.gifts)

    @property
    def units(self) -> dict[str, int]:
        """Unit → how much of it was given."""
        found: dict[str, int] = {}
        for gift in self.gifts:
            found[gift.unit] = found.get(gift.unit, 0) + gift.amount
        return found


@dataclass(slots=True)
class Giving:
    """What decisions change among donations: new ones, and those that are void by (member, activity) and when."""

    new: list[Donation] = field(default_factory=list)
    void: list[tuple[UUID, UUID, dt.datetime]] = field(default_factory=list)


_ROW: Final[LiteralString] = (
    "d.year, d.number, d.member_id, d.activity_id, d.sale_id, d.cause, d.unit, d.amount, d.money, d.matched,"
    " d.given_on, d.voided_at, d.payout"
)


async def apply_giving(conn: AsyncConnection, programme_id: int, giving: Giving) -> None:
    """Write new donations, and mark those that are taken back."""
    if giving.new:
        rows = [
            (
                d.year, d.number, d.member_id, d.activity_id, d.sale_id, d.cause, d.unit, d.amount, d.money, d.match,
                d.given_on.isoformat(),
            )
            for d in giving.new
        ]  # fmt: skip
        encoders = (ints, ints, uuids, uuids, uuids, texts, texts, ints, ints, ints, texts)
        await conn.execute(
            """INSERT INTO donations (programme_id, year, number, member_id, activity_id, sale_id, cause, unit, amount,
                                      money, matched, given_on)
               SELECT %s, year, number, member_id, activity_id, sale_id, cause, unit, amount, money, matched,
                      given_on::date
               FROM unnest(%s::int[], %s::int[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[],
                           %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
                    AS q (year, number, member_id, activity_id, sale_id, cause, unit, amount, money, matched, given_on)
            """,
            [programme_id, *columns(rows, encoders)],
        )
    if giving.void:
        await conn.execute(
            """UPDATE donations d SET voided_at = q.at
               FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS q (member_id, activity_id, at)
               WHERE d.member_id = q.member_id AND d.activity_id = q.activity_id""",
            columns(giving.void, (uuids, uuids, instants)),
        )


async def list_of_activities(conn: AsyncConnection, wanted: Sequence[tuple[UUID, UUID]]) -> list[Donation]:
    """The donations that are activities of ``wanted`` (by member and id), and the shares of them that are sales."""
    cursor = await conn.execute(
        f"""SELECT {_ROW} FROM unnest(%s::uuid[], %s::uuid[]) AS q (member_id, id)
            JOIN donations d ON d.member_id = q.member_id AND (d.activity_id = q.id OR d.sale_id = q.id)
            WHERE d.voided_at IS NULL ORDER BY d.member_id, d.year, d.number""",  # noqa: S608
        columns(wanted, (uuids, uuids)),
    )
    return [Donation(*row) for row in await cursor.fetchall()]


async def list_of_member(
    conn: AsyncConnection, programme_id: int, member_id: UUID, *, before: tuple[int, int] = (10**9, 0), limit: int = 50
) -> list[Donation]:
    """A page of what a member gave, newest first; ``before``: year and number of the last row of the page before."""
    cursor = await conn.execute(
        f"""SELECT {_ROW} FROM donations d
            WHERE d.member_id = %s AND d.programme_id = %s AND (d.year, d.number) < (%s, %s)
            ORDER BY d.year DESC, d.number DESC LIMIT %s""",  # noqa: S608
        [member_id, programme_id, *before, limit],
    )
    return [Donation(*row) for row in await cursor.fetchall()]


async def find_receipt(conn: AsyncConnection, programme_id: int, year: int, number: int) -> Donation | None:
    """The donation with this receipt."""
    cursor = await conn.execute(
        f"SELECT {_ROW} FROM donations d WHERE d.programme_id = %s AND d.year = %s AND d.number = %s",  # noqa: S608
        [programme_id, year, number],
    )
    row = await cursor.fetchone()
    return None if row is None else Donation(*row)


async def lock_cause(conn: AsyncConnection, programme_id: int, account: str) -> None:
    """Let nobody give to the cause of this account of the house, or take a gift back, until the end of ``tx``."""
    await conn.execute(
        "SELECT FROM house_accounts WHERE programme_id = %s AND account = %s FOR UPDATE", [programme_id, account]
    )


async def list_open(conn: AsyncConnection, programme_id: int, cause: str) -> list[Donation]:
    """The gifts to a cause that are in no batch."""
    cursor = await conn.execute(
        f"""SELECT {_ROW} FROM donations d
            WHERE d.programme_id = %s AND d.cause = %s AND d.payout IS NULL AND d.voided_at IS NULL
            ORDER BY d.year, d.number""",  # noqa: S608
        [programme_id, cause],
    )
    return [Donation(*row) for row in await cursor.fetchall()]


async def list_payouts(conn: AsyncConnection, programme_id: int, cause: str) -> list[Payout]:
    """The batches of a cause, oldest first, with their gifts."""
    cursor = await conn.execute(
        f"""SELECT {_ROW} FROM donations d WHERE d.programme_id = %s AND d.cause = %s AND d.payout IS NOT NULL
            ORDER BY d.year, d.number""",  # noqa: S608
        [programme_id, cause],
    )
    gifts: dict[int | None, list[Donation]] = {}
    for row in await cursor.fetchall():
        gift = Donation(*row)
        gifts.setdefault(gift.payout, []).append(gift)
    cursor = await conn.execute(
        "SELECT no, closed_at, closed_by FROM payouts WHERE programme_id = %s AND cause = %s ORDER BY no",
        [programme_id, cause],
    )
    return [Payout(cause, no, at, by, tuple(gifts.get(no, ()))) for no, at, by in await cursor.fetchall()]


async def insert_payout(conn: AsyncConnection, programme_id: int, payout: Payout) -> None:
    """Write a batch for good, with the gifts that are in it."""
    await conn.execute(
        """INSERT INTO payouts (programme_id, cause, no, closed_at, closed_by, gifts, money, matched)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            programme_id, payout.cause, payout.no, payout.closed_at, payout.closed_by, len(payout.gifts), payout.money,
            payout.match,
        ],
    )  # fmt: skip
    await _mark(conn, programme_id, payout.no, payout.gifts)


async def _mark(conn: AsyncConnection, programme_id: int, no: int | None, gifts: Iterable[Donation]) -> None:
    rows = [(gift.year, gift.number) for gift in gifts]
    await conn.execute(
        """UPDATE donations d SET payout = %s FROM unnest(%s::int[], %s::int[]) AS q (year, number)
           WHERE d.programme_id = %s AND d.year = q.year AND d.number = q.number""",
        [no, *columns(rows, (ints, ints)), programme_id],
    )
