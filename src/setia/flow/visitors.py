"""Visitors who play before they join: what they win is set aside, waits as a guest's purchase does, is claimed once."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import orjson

from setia.flow.guests import NOBODY
from setia.flow.handle import Answers, Engine, Incoming, Render
from setia.flow.requests import RequestKey
from setia.flow.stored import parked_json, parked_of
from setia.flow.visits import Visit, visit
from setia.flow.work import Decision
from setia.language.model import Game, Programme
from setia.plumbing.arrays import texts
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.rules.facts import accounts_of
from setia.values.activities import Activity
from setia.values.codes import Built, DeclineCode
from setia.values.faults import NotFound
from setia.values.instants import add_span, day_start, local_date
from setia.values.outcomes import Declined, Result

SOURCE: Final = "visitor"
"""The source of what visitors play; its external id is that of the activity."""
PER_ADDRESS: Final = 20
"""How many times as often as one visitor all visitors of one address may play a day: a family, not a farm."""
GRACE: Final = dt.timedelta(hours=1)
"""How long after the last moment of claiming a prize goes back, so that no claim under way loses it."""


def visitor_name(token: str) -> str:
    """What a visitor is called where they play: nothing that leads back to their token."""
    return "vis_" + hashlib.sha256(f"setia visitor\n{token}".encode()).hexdigest()[:32]


def address_name(address: str) -> str:
    """What an address is kept as: enough to count it, too little to read it."""
    return hashlib.sha256(f"setia address\n{address}".encode()).hexdigest()[:24]


async def play_visit(
    engine: Engine, conn: AsyncConnection, edition: Edition, game_name: str, token: str, address: str, client_seed: str
) -> Decision:
    """Let a visitor play, in the caller's transaction. Raises ``NotFound`` for a game that visitors cannot play."""
    now = engine.clock.now()
    number, programme = _in_force(edition, now)
    game = programme.games.get(game_name)
    if game is None or game.visitors is None:
        raise NotFound("game for visitors", game_name)
    luck = await engine.luck_of(conn, edition)
    assert luck is not None, "a game for visitors is a game of chance"
    visitor, place = visitor_name(token), address_name(address)
    activity = Activity(engine.new_id(now), Built.PLAYED.value, SOURCE, "", NOBODY, now, now)
    activity.external_id = activity.id.hex
    for name in sorted((visitor, place)):
        await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [name, edition.id])
    declined = await _declined(conn, edition, programme, game, visitor, place, now)
    if isinstance(declined, Declined):
        return Decision(activity, "refused", number, Result(declined=declined))
    cursor = await conn.execute(
        """SELECT account, left_ FROM house_accounts WHERE programme_id = %s AND account = ANY (%s::text[])
           ORDER BY account FOR UPDATE""",
        [edition.id, texts(accounts_of(game))],
    )
    house: dict[str, int] = dict(await cursor.fetchall())
    cursor = await conn.execute(
        """SELECT account, sum(quantity)::bigint FROM reservations
           WHERE programme_id = %s AND account = ANY (%s::text[]) AND until_ > %s GROUP BY account""",
        [edition.id, texts(house), now],
    )
    house |= {account: house[account] - kept for account, kept in await cursor.fetchall()}
    visited = visit(game, luck, house, visitor, declined + 1, client_seed, now)
    activity.body = visited.body
    until = add_span(now, game.visitors.claim_within, programme.zone)
    await keep_visit(conn, edition.id, activity, visited, {"visitor": visitor, "address": place}, until)
    answer = {"play": visited.told, "claimable_until": until.isoformat()}
    return Decision(activity, "parked", number, Result(), answer=answer)


async def keep_visit(
    conn: AsyncConnection,
    programme_id: int,
    activity: Activity,
    visited: Visit,
    contact: dict[str, str],
    due_at: dt.datetime,
) -> None:
    """Keep what a visitor won until it is claimed, and set aside what it stands for."""
    for account in visited.reserved:
        await conn.execute(
            "UPDATE house_accounts SET left_ = left_ - 1 WHERE programme_id = %s AND account = %s",
            [programme_id, account],
        )
    await conn.execute(
        """INSERT INTO parked (programme_id, id, reason, state, source, external_id, contact, activity, parked_at,
                               due_at)
           VALUES (%s, %s, 'visitor', 'waiting', %s, %s, %s::jsonb, %s::json, %s, %s)""",
        [
            programme_id, activity.id, activity.source, activity.external_id, orjson.dumps(contact).decode(),
            parked_json(activity), activity.recorded_at, due_at,
        ],
    )  # fmt: skip


async def claim_visits(
    engine: Engine,
    programme: str,
    member_id: UUID,
    token: str,
    *,
    request: RequestKey | None = None,
    render: Render | None = None,
) -> Answers:
    """Give a member all that waits for them as a visitor, as one batch; each is decided as of when it was played.

    Raises ``NotFound`` when nothing waits, and as ``Engine.handle`` does.
    """
    now = engine.clock.now()
    async with engine.pool.connection() as conn:
        edition = await engine.catalogue.edition(conn, programme)
        waiting = await _list_visits(conn, edition.id, visitor_name(token))
    found = [activity for activity, state, due_at in waiting if state == "claimed" or due_at > now]
    if not found:
        raise NotFound("play of this visitor", token[:8] + "…")
    incoming = [Incoming(a.type, a.source, a.external_id, member_id, a.occurred_at, a.body) for a in found]
    return await engine.handle(programme, incoming, request=request, render=render)


async def give_back_lapsed(conn: AsyncConnection, programme_id: int, now: dt.datetime, limit: int) -> int:
    """What visitors won and did not claim in time goes back to those who may still win it; returns how many."""
    cursor = await conn.execute(
        """SELECT id, activity -> 'body' -> 'drawn' -> 'reserved' FROM parked
           WHERE programme_id = %s AND state = 'waiting' AND reason = 'visitor' AND due_at <= %s
           ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED""",
        [programme_id, now - GRACE, limit],
    )
    rows = await cursor.fetchall()
    back: dict[str, int] = {}
    for _, reserved in rows:
        for account in reserved:
            back[account] = back.get(account, 0) + 1
    for account in sorted(back):
        await conn.execute(
            "UPDATE house_accounts SET left_ = left_ + %s WHERE programme_id = %s AND account = %s",
            [back[account], programme_id, account],
        )
    if rows:
        await conn.execute("UPDATE parked SET state = 'lapsed' WHERE id = ANY (%s)", [[row[0] for row in rows]])
    return len(rows)


async def _declined(
    conn: AsyncConnection,
    edition: Edition,
    programme: Programme,
    game: Game,
    visitor: str,
    place: str,
    now: dt.datetime,
) -> Declined | int:
    """Why a visitor may not play; else how often they did."""
    assert game.visitors is not None
    rows = await _list_visits(conn, edition.id, visitor)
    if any(state == "claimed" for _, state, _ in rows):
        return Declined(DeclineCode.PLAYED_BEFORE_AS_MEMBER, {"game": game.name})
    today = day_start(local_date(now, programme.zone), programme.zone)
    times = game.visitors.times
    facts = {"game": game.name, "times": times, "per": "day"}
    if sum(1 for a, _, _ in rows if a.body["game"] == game.name and a.occurred_at >= today) >= times:
        return Declined(DeclineCode.PLAY_LIMIT_REACHED, facts)
    cursor = await conn.execute(
        """SELECT count(*) FROM parked WHERE programme_id = %s AND reason = 'visitor'
             AND contact ->> 'address' = %s AND parked_at >= %s""",
        [edition.id, place, today],
    )
    row = await cursor.fetchone()
    if row is not None and row[0] >= times * PER_ADDRESS:
        return Declined(DeclineCode.PLAY_LIMIT_REACHED, facts)
    return len(rows)


async def _list_visits(
    conn: AsyncConnection, programme_id: int, visitor: str
) -> Sequence[tuple[Activity, str, dt.datetime]]:
    cursor = await conn.execute(
        """SELECT id, source, external_id, activity::text, state, due_at FROM parked
           WHERE programme_id = %s AND reason = 'visitor' AND contact ->> 'visitor' = %s ORDER BY id""",
        [programme_id, visitor],
    )
    return [
        (parked_of(id_, NOBODY, source, external_id, stored), state, due_at)
        for id_, source, external_id, stored, state, due_at in await cursor.fetchall()
    ]


def _in_force(edition: Edition, at: dt.datetime) -> tuple[int, Programme]:
    version = edition.versions[0]
    for other in edition.versions:
        if other.effective_at <= at:
            version = other
    return version.number, version.programme
