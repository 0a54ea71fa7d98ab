"""The activities that a book took in, as they are played again: who the members are, and what came in, in its order.

Everything is read in one snapshot, and nothing is written.
"""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson
from psycopg import IsolationLevel

from setia.flow.needs import PARTY
from setia.flow.work import CLOCK, CONSEQUENCE, KnownCode
from setia.games.seeds import Seeds
from setia.ledger.plan import Entry
from setia.ledger.store import ENTRY, entry_of
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.programmes.store import list_pauses
from setia.values.activities import Activity
from setia.values.chance import Chance
from setia.values.codes import Built, EventName
from setia.values.pauses import Pause

_BESIDE: Final = (
    "balance.received",
    EventName.CARD_CHARGED.value,
    EventName.CARD_REFUNDED.value,
    EventName.CARD_WITHDRAWN.value,
)
"""What another wallet has of an activity comes with it."""
_ROWS_AT_ONCE: Final = 5_000
_SHARE: Final[LiteralString] = "(('x' || right(s.member_id::text, 4))::bit(16)::integer %% %(count)s) = %(number)s"
_STANDS: Final[LiteralString] = (
    "CASE WHEN a.source IN ('clock', 'consequence') THEN a.occurred_at ELSE a.recorded_at END"
)


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the members that one of several processes takes."""

    number: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A member as they came. ``until``: up to when the book has worked off their clock."""

    member_id: UUID
    joined_at: dt.datetime
    birthday: dt.date | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What a book had besides activities: what codes are made from, house accounts as they began, imported codes,
    and the seeds of chance by their period."""

    secret: bytes
    house: dict[str, int]
    pools: dict[str, list[str]]
    codes: dict[str, KnownCode]
    seeds: dict[str, Chance]


@dataclass(frozen=True, slots=True)
class Beside:
    """What happened to a book beside its activities: at ``at`` a pause began or ended, gifts were paid out, or a
    contest was closed."""

    at: dt.datetime
    begun: Pause | None = None
    is_resumed: bool = False
    paid_out: tuple[UUID, ...] = ()
    closed: str = ""


@asynccontextmanager
async def snapshot(conn: AsyncConnection) -> AsyncIterator[None]:
    """One state of the book for all that is read in the block; writing is refused."""
    await conn.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    await conn.set_read_only(True)
    try:
        async with conn.transaction():
            yield
    finally:
        await conn.set_read_only(None)
        await conn.set_isolation_level(None)


async def opening(conn: AsyncConnection, edition: Edition, seeds: Seeds) -> Opening:
    """Read what the book had besides activities."""
    bound = {"programme": edition.id}
    cursor = await conn.execute("SELECT code_secret FROM programmes WHERE id = %(programme)s", bound)
    (secret,) = await cursor.fetchone() or (b"",)
    cursor = await conn.execute("SELECT account, initial FROM house_accounts WHERE programme_id = %(programme)s", bound)
    house: dict[str, int] = dict(await cursor.fetchall())
    pools: dict[str, list[str]] = {}
    codes: dict[str, KnownCode] = {}
    cursor = await conn.execute("SELECT reward, code FROM codes WHERE programme_id = %(programme)s ORDER BY no", bound)
    for reward, code in await cursor.fetchall():
        pools.setdefault(reward, []).append(code)
        codes[code] = KnownCode(reward)
    cursor = await conn.execute("SELECT period FROM chance_seeds WHERE programme_id = %(programme)s", bound)
    drawn = {
        period: Chance(period, await seeds.seed(conn, edition.id, period, dt.datetime.now(dt.UTC)))
        for (period,) in await cursor.fetchall()
    }
    return Opening(secret, house, pools, codes, drawn)


async def beside(conn: AsyncConnection, programme_id: int) -> list[Beside]:
    """What happened beside the activities, in its order."""
    found: list[Beside] = []
    for pause in (await list_pauses(conn, programme_id)).all:
        found.append(Beside(pause.begun_at, begun=pause))
        if pause.ended_at is not None:
            found.append(Beside(pause.ended_at, is_resumed=True))
    cursor = await conn.execute(
        """SELECT p.closed_at, array_agg(d.activity_id) FROM payouts p
           JOIN donations d ON (d.programme_id, d.cause, d.payout) = (p.programme_id, p.cause, p.no)
           WHERE p.programme_id = %s GROUP BY p.cause, p.no, p.closed_at""",
        [programme_id],
    )
    found += [Beside(at, paid_out=tuple(gifts)) for at, gifts in await cursor.fetchall()]
    cursor = await conn.execute(
        "SELECT closed_at, contest FROM contests WHERE programme_id = %s AND closed_at IS NOT NULL", [programme_id]
    )
    found += [Beside(at, closed=contest) for at, contest in await cursor.fetchall()]
    return sorted(found, key=lambda one: (one.at, not one.is_resumed))


async def takes_duplicates_back(conn: AsyncConnection, programme_id: int) -> bool:
    """Whether members were merged whose bonuses that both had were taken back."""
    cursor = await conn.execute(
        """SELECT FROM activities WHERE programme_id = %s AND type = %s AND status = 'accepted'
           AND body ->> 'duplicates' = 'reverse' LIMIT 1""",
        [programme_id, Built.MERGED.value],
    )
    return await cursor.fetchone() is not None


async def newcomers(conn: AsyncConnection, programme_id: int, part: Part) -> list[Newcomer]:
    """The members of the programme, by their joining.

    What is known of them is what they brought when they joined; of those who never did, what is known today.
    """
    cursor = await conn.execute(
        f"""SELECT s.member_id, m.joined_at, m.birthday, m.attributes::text, s.recorded_at, EXISTS (
                SELECT FROM activities a
                WHERE a.member_id = s.member_id AND a.programme_id = s.programme_id AND a.type = 'member.joined'
            )
            FROM member_states s JOIN members m USING (member_id)
            WHERE s.programme_id = %(programme)s AND s.progress IS NOT NULL AND {_SHARE}
            ORDER BY m.joined_at, s.member_id""",
        {"programme": programme_id, "number": part.number, "count": part.count},
    )
    return [
        Newcomer(member_id, joined_at, None, {}, until)
        if has_joined
        else Newcomer(member_id, joined_at, birthday, orjson.loads(attributes), until)
        for member_id, joined_at, birthday, attributes, until, has_joined in await cursor.fetchall()
    ]


async def has_pairs(conn: AsyncConnection, programme_id: int) -> bool:
    """Whether the book has activities of two members at once: transfers, merges."""
    cursor = await conn.execute(
        "SELECT FROM activities WHERE programme_id = %s AND type = ANY (%s) LIMIT 1", [programme_id, list(PARTY)]
    )
    return await cursor.fetchone() is not None


async def activities(
    conn: AsyncConnection, programme_id: int, part: Part, before: dt.datetime | None
) -> AsyncIterator[Activity]:
    """What came in, in the order in which it was recorded; what the book made of it itself is left out.

    ``before``: only what was recorded before that. Of different members within the same microsecond the order is not
    known any more.
    """
    async with conn.cursor(name="history", binary=True) as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        await cursor.execute(
            f"""SELECT s.member_id, s.id, s.type, s.source, s.external_id, s.occurred_at, s.recorded_at, s.revision,
                       s.body::text
                FROM activities s
                WHERE s.programme_id = %(programme)s AND s.source <> ALL (%(made)s) AND s.type <> ALL (%(beside)s)
                  AND (%(before)s::timestamptz IS NULL OR s.recorded_at < %(before)s) AND {_SHARE}
                ORDER BY s.recorded_at, s.member_id, s.no""",
            {
                "programme": programme_id,
                "made": [CLOCK, CONSEQUENCE],
                "beside": list(_BESIDE),
                "before": before,
                "number": part.number,
                "count": part.count,
            },
        )
        async for member_id, id_, kind, source, external_id, occurred_at, recorded_at, revision, body in cursor:
            yield Activity(
                id_, kind, source, external_id, member_id, occurred_at, recorded_at, orjson.loads(body), revision
            )


async def entries(
    conn: AsyncConnection, programme_id: int, members: Sequence[UUID], since: dt.datetime | None,
    before: dt.datetime | None,
) -> dict[UUID, list[Entry]]:  # fmt: skip
    """The entries of members in their order, of what stands in the book from ``since`` until ``before``."""
    cursor = await conn.execute(
        f"""SELECT e.member_id, {ENTRY} FROM entries e
            JOIN activities a ON a.member_id = e.member_id AND a.id = e.activity_id
            WHERE e.programme_id = %(programme)s AND e.member_id = ANY (%(members)s)
              AND (%(since)s::timestamptz IS NULL OR {_STANDS} >= %(since)s)
              AND (%(before)s::timestamptz IS NULL OR {_STANDS} < %(before)s)
            ORDER BY e.member_id, e.no""",
        {"programme": programme_id, "members": list(members), "since": since, "before": before},
        binary=True,
    )
    found: dict[UUID, list[Entry]] = {}
    for member_id, *rest in await cursor.fetchall():
        found.setdefault(member_id, []).append(entry_of(rest))
    return found
