"""Closed months in PostgreSQL: what the ledger said of them, and what was written down for good."""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final, LiteralString

from setia.ledger.closing import Line, Moved, Rates, UnitClosed
from setia.plumbing.db import AsyncConnection
from setia.values.codes import Account

_ACCOUNTS: Final = {account.value: account for account in Account}
_DIGITS: Final = 18
"""Decimals of what a step is worth, in minor units, as it is kept with a closed month."""

# An entry's legs; a lot has the price of its issuer, wherever its units go.
_LEGS: Final[LiteralString] = """
    SELECT e.unit, e.effective_at, a.account, a.amount,
           CASE WHEN a.account <> 4 AND o.partner <> '' THEN o.price END AS price
    FROM entries e
    LEFT JOIN entries o ON o.member_id = e.member_id AND o.programme_id = e.programme_id AND o.no = e.lot
    CROSS JOIN LATERAL (VALUES (e.debit, -e.amount), (e.credit, e.amount)) AS a (account, amount)
    WHERE e.programme_id = %(programme)s AND e.effective_at < %(ends)s AND e.recorded_at <= %(known)s"""


@dataclass(frozen=True, slots=True)
class Closing:
    """A month that is closed: everything before ``ends_at`` as the book knew it at ``known_at``."""

    month: str
    ends_at: dt.datetime
    known_at: dt.datetime
    closed_by: str


async def list_closings(conn: AsyncConnection, programme_id: int) -> list[Closing]:
    """All closed months, oldest first."""
    cursor = await conn.execute(
        "SELECT month, ends_at, known_at, closed_by FROM closings WHERE programme_id = %s ORDER BY month",
        [programme_id],
    )
    return [Closing(*row) for row in await cursor.fetchall()]


async def stop_book(conn: AsyncConnection) -> None:
    """Wait for whoever is recording, and let nobody record before this transaction has ended."""
    await conn.execute("LOCK TABLE member_states IN SHARE ROW EXCLUSIVE MODE", prepare=False)


async def insert_closing(conn: AsyncConnection, programme_id: int, closing: Closing) -> None:
    """Close a month; what it came to follows."""
    await conn.execute(
        "INSERT INTO closings (programme_id, month, ends_at, known_at, closed_by) VALUES (%s, %s, %s, %s, %s)",
        [programme_id, closing.month, closing.ends_at, closing.known_at, closing.closed_by],
    )


async def list_outstanding(
    conn: AsyncConnection, programme_id: int, ends_at: dt.datetime, known_at: dt.datetime, scale: Mapping[str, Fraction]
) -> list[Moved]:
    """What members had before ``ends_at`` by what was known at ``known_at``. ``scale``: unit → minor units of a step
    that costs a millionth of whole money."""
    cursor = await conn.execute(
        f"""SELECT l.unit, l.account, l.price, sum(l.amount)::bigint FROM ({_LEGS}) l WHERE l.account < 5
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
        {"programme": programme_id, "ends": ends_at, "known": known_at},
    )
    return [
        Moved(unit, _ACCOUNTS[account], _price(price, scale[unit]), steps)
        for unit, account, price, steps in await cursor.fetchall()
    ]


async def list_moved(
    conn: AsyncConnection,
    programme_id: int,
    ends_at: dt.datetime,
    known_at: dt.datetime,
    since: tuple[dt.datetime, dt.datetime],
    scale: Mapping[str, Fraction],
) -> list[Moved]:
    """What came into each account before ``ends_at`` by what was known at ``known_at``, and was not there before
    ``since`` (its end, and what was known then)."""
    cursor = await conn.execute(
        f"""SELECT l.unit, l.account, l.price, l.effective_at < %(base)s, sum(l.amount)::bigint
            FROM ({_LEGS} AND NOT (e.effective_at < %(base)s AND e.recorded_at <= %(base_known)s)) l
            GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""",
        {"programme": programme_id, "ends": ends_at, "known": known_at, "base": since[0], "base_known": since[1]},
    )
    return [
        Moved(unit, _ACCOUNTS[account], _price(price, scale[unit]), steps, is_prior)
        for unit, account, price, is_prior, steps in await cursor.fetchall()
    ]


def _price(price: int | None, scale: Fraction) -> Fraction | None:
    return None if price is None else price * scale


async def list_closed_units(conn: AsyncConnection, programme_id: int, month: str) -> list[UnitClosed]:
    """What a closed month came to, by unit; empty before that was written down."""
    key = [programme_id, month]
    cursor = await conn.execute(
        """SELECT unit, movement, is_prior, steps, money FROM closing_lines
           WHERE programme_id = %s AND month = %s ORDER BY unit, no""",
        key,
    )
    lines: dict[str, list[Line]] = {}
    for unit, *line in await cursor.fetchall():
        lines.setdefault(unit, []).append(Line(*line))
    cursor = await conn.execute(
        """SELECT unit, worth, breakage_rate, opening, closing, opening_money, closing_money, opening_breakage, breakage
           FROM closing_units WHERE programme_id = %s AND month = %s ORDER BY unit""",
        key,
    )
    found: list[UnitClosed] = []
    for (
        unit,
        worth,
        rate,
        opening,
        closing,
        opened,
        money,
        opening_breakage,
        breakage,
    ) in await cursor.fetchall():
        rates = Rates(Fraction(worth), Fraction(rate))
        of_unit = tuple(lines.get(unit, ()))
        found.append(UnitClosed(unit, rates, opening, closing, opened, money, opening_breakage, breakage, of_unit))
    return found


async def insert_closed_unit(
    conn: AsyncConnection, programme_id: int, month: str, found: UnitClosed, scale: Fraction
) -> None:
    """Write down what a unit came to."""
    await conn.execute(
        """INSERT INTO closing_units (programme_id, month, unit, worth, price_scale, breakage_rate, opening, closing,
                                      opening_money, closing_money, opening_breakage, breakage)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            programme_id, month, found.unit, exact(found.rates.worth), exact(scale), exact(found.rates.breakage),
            found.opening, found.closing, found.opening_money, found.closing_money, found.opening_breakage,
            found.breakage,
        ],
    )  # fmt: skip
    for number, line in enumerate(found.lines, 1):
        await conn.execute(
            """INSERT INTO closing_lines (programme_id, month, unit, no, movement, is_prior, steps, money, debit,
                                          credit)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                programme_id, month, found.unit, number, line.movement, line.is_prior, line.steps, line.money,
                line.debit, line.credit,
            ],
        )  # fmt: skip


def exact(value: Fraction) -> Decimal:
    """``value`` as it is kept: to 18 decimals, which is exact for whatever is written with decimals."""
    with localcontext() as context:
        context.prec = 60
        return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(1).scaleb(-_DIGITS))
