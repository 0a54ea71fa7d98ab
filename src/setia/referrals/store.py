"""Codes and referrals in PostgreSQL."""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString
from uuid import UUID

from setia.plumbing.arrays import columns, instants, texts, uuids
from setia.plumbing.db import AsyncConnection
from setia.state.bringing import code_of

_ATTEMPTS: Final = 20
_ROW: Final[LiteralString] = "member_id, referrer_id, state, why, claimed_at, due_at, settled_at"


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """How one member came by another. ``due_at``: when the friend qualifies if nothing goes back."""

    member_id: UUID
    referrer_id: UUID
    state: str
    why: list[str]
    claimed_at: dt.datetime
    due_at: dt.datetime | None
    settled_at: dt.datetime | None


async def ensure_code(conn: AsyncConnection, member_id: UUID) -> str:
    """The member's code, made when it is asked for the first time."""
    for attempt in range(_ATTEMPTS):
        await conn.execute(
            "INSERT INTO referral_codes (code, member_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [code_of(member_id, attempt), member_id],
        )
        cursor = await conn.execute("SELECT code FROM referral_codes WHERE member_id = %s", [member_id])
        row = await cursor.fetchone()
        if row is not None:
            return str(row[0])
    raise RuntimeError(f"{_ATTEMPTS} codes of one member are taken")


async def find_codes(conn: AsyncConnection, codes: Iterable[str]) -> dict[str, UUID]:
    """Whose codes these are; those of nobody are left out."""
    cursor = await conn.execute(
        "SELECT code, member_id FROM referral_codes WHERE code = ANY (%s::text[])", [texts(sorted(codes))]
    )
    return dict(await cursor.fetchall())


async def list_above(conn: AsyncConnection, programme_id: int, members: Iterable[UUID], most: int) -> list[UUID]:
    """``members``, who brought them, who brought those, and so on, ``most`` steps up."""
    cursor = await conn.execute(
        """WITH RECURSIVE above (member_id, step) AS (
               SELECT q.member_id, 0 FROM unnest(%s::uuid[]) AS q (member_id)
               UNION
               SELECT r.referrer_id, a.step + 1 FROM above a
               JOIN referrals r ON r.member_id = a.member_id AND r.programme_id = %s WHERE a.step < %s
           )
           SELECT DISTINCT member_id FROM above""",
        [uuids(sorted(members)), programme_id, most],
    )
    return [row[0] for row in await cursor.fetchall()]


async def apply_referrals(conn: AsyncConnection, programme_id: int, rows: Sequence[ReferralRow]) -> None:
    """Write down how referrals stand."""
    if not rows:
        return
    values = [
        (r.member_id, r.referrer_id, r.state, ",".join(r.why), r.claimed_at, r.due_at, r.settled_at) for r in rows
    ]
    await conn.execute(
        """INSERT INTO referrals (programme_id, member_id, referrer_id, state, why, claimed_at, due_at, settled_at)
           SELECT %s, q.member_id, q.referrer_id, q.state, string_to_array(q.why, ','), q.claimed_at, q.due_at,
                  q.settled_at
           FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[],
                       %s::timestamptz[])
                AS q (member_id, referrer_id, state, why, claimed_at, due_at, settled_at)
           ON CONFLICT (member_id, programme_id) DO UPDATE
           SET referrer_id = excluded.referrer_id, state = excluded.state, why = excluded.why,
               claimed_at = excluded.claimed_at, due_at = excluded.due_at, settled_at = excluded.settled_at""",
        [programme_id, *columns(values, (uuids, uuids, texts, texts, instants, instants, instants))],
    )


async def find_referral(conn: AsyncConnection, programme_id: int, member_id: UUID) -> ReferralRow | None:
    """How this member came, if somebody brought them."""
    cursor = await conn.execute(
        f"SELECT {_ROW} FROM referrals WHERE member_id = %s AND programme_id = %s", [member_id, programme_id]
    )
    row = await cursor.fetchone()
    return None if row is None else ReferralRow(*row)


async def list_friends(
    conn: AsyncConnection, programme_id: int, referrer_id: UUID, *, limit: int = 100
) -> list[ReferralRow]:
    """Whom this member has brought, newest first."""
    cursor = await conn.execute(
        f"""SELECT {_ROW} FROM referrals WHERE referrer_id = %s AND programme_id = %s
            ORDER BY claimed_at DESC, member_id LIMIT %s""",
        [referrer_id, programme_id, limit],
    )
    return [ReferralRow(*row) for row in await cursor.fetchall()]


async def count_friends(conn: AsyncConnection, programme_id: int, referrer_id: UUID) -> dict[str, int]:
    """State → how many friends of this member are in it."""
    cursor = await conn.execute(
        "SELECT state, count(*) FROM referrals WHERE referrer_id = %s AND programme_id = %s GROUP BY state",
        [referrer_id, programme_id],
    )
    return dict(await cursor.fetchall())


async def list_referrals(
    conn: AsyncConnection, programme_id: int, state: str, *, after: UUID | None = None, limit: int = 50
) -> list[ReferralRow]:
    """A page of the referrals in ``state``, by member."""
    cursor = await conn.execute(
        f"""SELECT {_ROW} FROM referrals
            WHERE programme_id = %(programme)s AND state = %(state)s
              AND (%(after)s::uuid IS NULL OR member_id > %(after)s::uuid)
            ORDER BY member_id LIMIT %(limit)s""",
        {"programme": programme_id, "state": state, "after": after, "limit": limit},
    )
    return [ReferralRow(*row) for row in await cursor.fetchall()]


async def forget_code(conn: AsyncConnection, member_id: UUID) -> int:
    """A member's own code leads nowhere any more; returns how many rows that changed."""
    cursor = await conn.execute("DELETE FROM referral_codes WHERE member_id = %s", [member_id])
    return cursor.rowcount
