"""Settlement in PostgreSQL: what the entries say in one read, statements that are closed for good, disputes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from setia.partners.settle import Agreed, Key, Line, LineKind, Movement, Statement
from setia.plumbing.db import AsyncConnection
from setia.values.codes import Account
from setia.values.stakes import NOBODY, Owed, Stake

_ACCOUNTS: Final = {account.value: account for account in Account}


@dataclass(frozen=True, slots=True)
class Dispute:
    """A complaint about line ``line`` of the statement of ``month``; ``money``: how much of it, as the line has it."""

    no: int
    month: str
    line: int
    partner: str
    unit: str
    money: int
    state: str
    reason: str
    answer: str
    opened_at: dt.datetime
    opened_by: str
    answered_at: dt.datetime | None
    answered_by: str


async def list_movements(conn: AsyncConnection, programme_id: int, zone: str, until: dt.datetime) -> list[Movement]:
    """All entries before ``until``, added up by month of the programme's ``zone`` and by what they mean to partners."""
    cursor = await conn.execute(
        """SELECT to_char(e.effective_at AT TIME ZONE %(zone)s, 'YYYY-MM'), e.unit, e.debit, e.credit,
                  e.lot IS NOT NULL, l.partner, l.price, l.owed, e.partner, e.price, e.owed,
                  coalesce(e.lot = e.no, false), sum(e.amount)::bigint
           FROM entries e
           LEFT JOIN lots l ON l.member_id = e.member_id AND l.programme_id = e.programme_id AND l.no = e.lot
           WHERE e.programme_id = %(programme)s AND e.effective_at < %(until)s
             AND NOT (e.debit < 10 AND e.credit < 4)
           GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
           ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12""",
        {"zone": zone, "programme": programme_id, "until": until},
    )
    found: list[Movement] = []
    for month, unit, debit, credit, has_lot, *stakes, is_new, amount in await cursor.fetchall():
        lot = _stake(*stakes[:3]) if has_lot else None
        found.append(
            Movement(month, unit, _ACCOUNTS[debit], _ACCOUNTS[credit], lot, _stake(*stakes[3:]), is_new, amount)
        )
    return found


def _stake(partner: str, price: int, owed: int) -> Stake:
    return Stake(partner, price, Owed(owed)) if partner or price else NOBODY


async def lock_settlements(conn: AsyncConnection, programme_id: int) -> None:
    """Let nobody else close a statement of the programme, or answer a dispute about one, until the end of ``tx``."""
    await conn.execute("SELECT FROM programmes WHERE id = %s FOR UPDATE", [programme_id])


async def list_statements(conn: AsyncConnection, programme_id: int) -> list[Statement]:
    """All that are closed, oldest first, with their lines in order."""
    cursor = await conn.execute(
        """SELECT month, partner, of_month, kind, unit, other, price, owed, dispute, quantity, money
           FROM settlement_lines WHERE programme_id = %s ORDER BY month, no""",
        [programme_id],
    )
    lines: dict[str, list[Line]] = {}
    for month, partner, of_month, kind, unit, other, price, owed, dispute, quantity, money in await cursor.fetchall():
        key = Key(partner, of_month, LineKind(kind), unit, other, price, Owed(owed), dispute)
        lines.setdefault(month, []).append(Line(key, quantity, money))
    cursor = await conn.execute(
        "SELECT month, closed_at, closed_by FROM settlements WHERE programme_id = %s ORDER BY month", [programme_id]
    )
    return [Statement(month, tuple(lines.get(month, ())), at, by) for month, at, by in await cursor.fetchall()]


async def insert_statement(conn: AsyncConnection, programme_id: int, statement: Statement) -> None:
    """Write a statement that is closed, for good."""
    await conn.execute(
        "INSERT INTO settlements (programme_id, month, closed_at, closed_by) VALUES (%s, %s, %s, %s)",
        [programme_id, statement.month, statement.closed_at, statement.closed_by],
    )
    async with conn.cursor() as cursor:
        await cursor.executemany(
            """INSERT INTO settlement_lines (programme_id, month, no, partner, of_month, kind, unit, other, price, owed,
                                             dispute, quantity, money)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (
                    programme_id, statement.month, number, key.partner, key.month, key.kind.value, key.unit, key.other,
                    key.price, key.owed.value, key.dispute, line.quantity, line.money,
                )
                for number, line in enumerate(statement.lines, 1)
                for key in (line.key,)
            ],
        )  # fmt: skip


async def list_disputes(conn: AsyncConnection, programme_id: int) -> list[Dispute]:
    """All disputes, oldest first."""
    cursor = await conn.execute(
        """SELECT no, month, line, partner, unit, money, state, reason, answer, opened_at, opened_by, answered_at,
                  answered_by
           FROM settlement_disputes WHERE programme_id = %s ORDER BY no""",
        [programme_id],
    )
    return [Dispute(*row) for row in await cursor.fetchall()]


async def insert_dispute(conn: AsyncConnection, programme_id: int, dispute: Dispute) -> None:
    """Write a new dispute."""
    await conn.execute(
        """INSERT INTO settlement_disputes (programme_id, no, month, line, partner, unit, money, state, reason,
                                            opened_at, opened_by)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            programme_id, dispute.no, dispute.month, dispute.line, dispute.partner, dispute.unit, dispute.money,
            dispute.state, dispute.reason, dispute.opened_at, dispute.opened_by,
        ],
    )  # fmt: skip


async def answer_dispute(
    conn: AsyncConnection, programme_id: int, no: int, state: str, answer: str, *, at: dt.datetime, by: str
) -> None:
    """Write what was answered."""
    await conn.execute(
        """UPDATE settlement_disputes SET state = %s, answer = %s, answered_at = %s, answered_by = %s
           WHERE programme_id = %s AND no = %s""",
        [state, answer, at, by, programme_id, no],
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """An exchange that sent units to a partner: ``amount`` steps of what was taken."""

    member_id: UUID
    activity_id: UUID
    source: str
    external_id: str
    occurred_at: dt.datetime
    amount: int
    gave: int


async def list_sent(
    conn: AsyncConnection, programme_id: int, exchange: str, since: dt.datetime, until: dt.datetime
) -> list[Sent]:
    """What was exchanged by ``exchange`` and recorded in that time, in order: the list for the partner."""
    cursor = await conn.execute(
        """SELECT member_id, id, source, external_id, occurred_at, (body->>'amount')::bigint,
                  (decision->'w'->'exchanged'->>'gave')::bigint
           FROM activities
           WHERE programme_id = %s AND type = 'units.exchanged' AND status = 'accepted' AND body->>'exchange' = %s
             AND recorded_at >= %s AND recorded_at < %s
           ORDER BY recorded_at, id""",
        [programme_id, exchange, since, until],
    )
    return [Sent(*row) for row in await cursor.fetchall()]


def agreed(disputes: Sequence[Dispute]) -> list[Agreed]:
    """What statements have to give back."""
    return [Agreed(d.no, d.partner, d.month, d.unit, d.money) for d in disputes if d.state == "accepted"]
