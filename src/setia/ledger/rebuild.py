"""Mend the caches: balances, lots and the use of budgets are computed again from what is append-only.

Entries and activities themselves are never touched: what is wrong with them `verify` tells, and people decide.
"""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, LiteralString
from uuid import UUID

from setia.plumbing.db import AsyncConnection

RANGE: Final = 1_000
"""So many members are mended in one transaction."""

_LOCK: Final[LiteralString] = """
    SELECT member_id FROM member_states
    WHERE programme_id = %(programme)s AND (%(after)s::uuid IS NULL OR member_id > %(after)s::uuid)
    ORDER BY member_id LIMIT %(limit)s FOR UPDATE"""
_RANGE: Final[LiteralString] = "programme_id = %(programme)s AND member_id = ANY (%(members)s::uuid[])"
_FOLDED_BALANCES: Final[LiteralString] = f"""
    SELECT member_id, unit,
           sum(amount * ((credit = 1)::int - (debit = 1)::int))::bigint AS available,
           sum(amount * ((credit = 2)::int - (debit = 2)::int))::bigint AS pending,
           sum(amount * ((credit = 3)::int - (debit = 3)::int))::bigint AS held,
           sum(amount * ((credit = 4)::int - (debit = 4)::int))::bigint AS debt
    FROM entries WHERE {_RANGE} GROUP BY member_id, unit
    HAVING count(*) FILTER (WHERE debit < 10 OR credit < 10) > 0"""
_FOLDED_LOTS: Final[LiteralString] = f"""
    SELECT e.member_id, e.lot AS no, o.amount, o.unit, o.rule, o.pool, o.effective_at, o.activates_at, o.expires_at,
           o.partner, o.price, o.owed,
           (SELECT CASE WHEN o.reason = 'asked_again' AND a.of_id IS NOT NULL THEN a.of_id ELSE o.activity_id END
            FROM activities a WHERE a.member_id = o.member_id AND a.id = o.activity_id) AS origin,
           sum(e.amount * ((e.credit IN (1, 2))::int - (e.debit IN (1, 2))::int))::bigint AS left_,
           sum(e.amount * ((e.credit = 13)::int - (e.debit = 13)::int))::bigint AS expired,
           o.credit = 2 AND bool_and(NOT (e.debit = 2 AND e.credit = 1)) AS is_pending
    FROM (SELECT * FROM entries WHERE {_RANGE}) e
    JOIN entries o ON o.member_id = e.member_id AND o.programme_id = e.programme_id AND o.no = e.lot
    WHERE e.lot IS NOT NULL
    GROUP BY e.member_id, e.lot, o.member_id, o.programme_id, o.no"""

_STEPS: Final[tuple[tuple[str, LiteralString], ...]] = (
    (
        "balances",
        f"""DELETE FROM balances b WHERE {_RANGE} AND NOT EXISTS (
                SELECT FROM entries e WHERE e.member_id = b.member_id AND e.programme_id = b.programme_id
                                        AND e.unit = b.unit)""",
    ),
    (
        "balances",
        f"""INSERT INTO balances AS b (programme_id, member_id, unit, available, pending, held, debt)
            SELECT %(programme)s, * FROM ({_FOLDED_BALANCES}) f
            ON CONFLICT (member_id, programme_id, unit) DO UPDATE
            SET available = excluded.available, pending = excluded.pending, held = excluded.held, debt = excluded.debt
            WHERE (b.available, b.pending, b.held, b.debt)
               <> (excluded.available, excluded.pending, excluded.held, excluded.debt)""",
    ),
    (
        "lots",
        f"""DELETE FROM lots l WHERE {_RANGE} AND NOT EXISTS (
                SELECT FROM entries e WHERE e.member_id = l.member_id AND e.programme_id = l.programme_id
                                        AND e.no = l.no AND e.lot = l.no)""",
    ),
    (
        "lots",
        f"""INSERT INTO lots AS l (programme_id, member_id, no, origin, amount, left_, expired, earned_at, activates_at,
                                   expires_at, is_pending, unit, rule, pool, partner, price, owed)
            SELECT %(programme)s, member_id, no, origin, amount, left_, expired, effective_at, activates_at,
                   expires_at, is_pending, unit, rule, pool, partner, price, owed
            FROM ({_FOLDED_LOTS}) f
            ON CONFLICT (member_id, programme_id, no) DO UPDATE
            SET amount = excluded.amount, left_ = excluded.left_, expired = excluded.expired,
                is_pending = excluded.is_pending, activates_at = excluded.activates_at,
                expires_at = excluded.expires_at, unit = excluded.unit, partner = excluded.partner,
                price = excluded.price, owed = excluded.owed
            WHERE (l.amount, l.left_, l.expired, l.is_pending, l.unit, l.partner, l.price, l.owed)
               <> (excluded.amount, excluded.left_, excluded.expired, excluded.is_pending, excluded.unit,
                   excluded.partner, excluded.price, excluded.owed)
               OR l.expires_at IS DISTINCT FROM excluded.expires_at""",
    ),
    (
        "numbers",
        f"""UPDATE member_states s SET seq = n.last
            FROM (SELECT member_id, max(no) AS last
                  FROM (SELECT member_id, no FROM entries WHERE {_RANGE}
                        UNION ALL SELECT member_id, no FROM vouchers WHERE {_RANGE}) n GROUP BY member_id) n
            WHERE s.member_id = n.member_id AND s.programme_id = %(programme)s AND s.seq <> n.last""",
    ),
    (
        "numbers",
        f"""UPDATE member_states s SET activity_seq = n.last
            FROM (SELECT member_id, max(no) AS last FROM activities WHERE {_RANGE} GROUP BY member_id) n
            WHERE s.member_id = n.member_id AND s.programme_id = %(programme)s AND s.activity_seq <> n.last""",
    ),
)
_HOUSE: Final[LiteralString] = """
    UPDATE house_accounts h SET left_ = h.initial + coalesce(m.amount, 0)
    FROM house_accounts x LEFT JOIN (
        SELECT account, sum(amount)::bigint AS amount FROM house_moves
        WHERE programme_id = %(programme)s GROUP BY account
    ) m ON m.account = x.account
    WHERE x.programme_id = h.programme_id AND x.account = h.account AND h.programme_id = %(programme)s
      AND h.left_ <> h.initial + coalesce(m.amount, 0)"""
_KEYS: Final[LiteralString] = """
    INSERT INTO natural_keys (programme_id, source, external_id, member_id, activity_id, revision, type)
    SELECT DISTINCT ON (source, external_id) programme_id, source, external_id, member_id,
           coalesce(CASE WHEN revision > 0 THEN of_id END, id), revision, type
    FROM activities
    WHERE programme_id = %(programme)s AND source NOT IN ('clock', 'consequence') AND type <> 'balance.received'
    ORDER BY source, external_id, revision DESC
    ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Mended:
    """How many rows of which cache were wrong and are right now."""

    programme: str
    what: str
    count: int

    def __str__(self) -> str:
        return f"{self.programme}: {self.count} {self.what} mended"


async def rebuild(
    conn: AsyncConnection, programme: int | None = None, progress: Callable[[int], None] | None = None
) -> list[Mended]:
    """Compute the caches of ``programme`` (its id; None: of all) again; tells what was mended.

    Works beside a running server: some members are locked and mended at a time, each range in its own transaction
    (``conn`` must not be in one). ``progress`` is told how many members are done.
    """
    cursor = await conn.execute(
        "SELECT id, name FROM programmes WHERE %s::int IS NULL OR id = %s::int ORDER BY id", [programme, programme]
    )
    programmes = await cursor.fetchall()
    await conn.rollback()
    mended: dict[tuple[str, str], int] = {}
    done = 0
    for programme_id, name in programmes:
        after: UUID | None = None
        while True:
            async with conn.transaction():
                await conn.execute("SET LOCAL statement_timeout = 0")
                locked = await conn.execute(_LOCK, {"programme": programme_id, "after": after, "limit": RANGE})
                members = [row[0] for row in await locked.fetchall()]
                if not members:
                    break
                after = members[-1]
                for what, statement in _STEPS:
                    changed = await conn.execute(statement, {"programme": programme_id, "members": members})
                    mended[name, what] = mended.get((name, what), 0) + changed.rowcount
            done += len(members)
            if progress is not None:
                progress(done)
        async with conn.transaction():
            await conn.execute("SET LOCAL statement_timeout = 0")
            # Nobody may record between the reading of the activities and the writing of what they come to.
            await conn.execute(
                "SELECT FROM house_accounts WHERE programme_id = %s ORDER BY account FOR UPDATE", [programme_id]
            )
            for what, statement in (("house accounts", _HOUSE), ("natural keys", _KEYS)):
                changed = await conn.execute(statement, {"programme": programme_id})
                mended[name, what] = mended.get((name, what), 0) + changed.rowcount
    return [Mended(name, what, count) for (name, what), count in mended.items() if count]
