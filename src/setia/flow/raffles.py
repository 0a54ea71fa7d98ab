"""Draws: closed by the clock, drawn once, handed over; alternates move up when a winner does not answer.

Closing takes the lock that every entry takes, so that the list is whole and nothing comes after it. What is drawn is a
pure function of that list, of a seed that was committed to before, and of the beacon where one was named (see
``values.draws``). Prizes are activities like any other, each with a natural key of draw and place: however often this
is run, each is given once.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

import orjson

from setia.flow.handle import Engine, Incoming
from setia.games.seeds import DRAW
from setia.language.model import Raffle
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.values.codes import Built
from setia.values.draws import DRAW_ALGORITHM, Entry, entries_root, prove, winners
from setia.values.faults import Fault, NotFound
from setia.values.ids import public_id
from setia.values.instants import add_span

SOURCE: Final = "draws"
"""The source of what is won in a draw."""


class DrawOpen(Fault):
    """The draw takes entries still; nothing can be drawn."""

    code = "draw_open"

    def __init__(self, draw: str, until: dt.datetime) -> None:
        super().__init__(f"draw '{draw}' takes entries until {until.isoformat()}", draw=draw, until=until.isoformat())


class DrawSettled(Fault):
    """The draw is drawn; it cannot be drawn again, nor with another beacon."""

    code = "draw_settled"

    def __init__(self, draw: str) -> None:
        super().__init__(f"draw '{draw}' was drawn before; what was drawn stands", draw=draw)


class BeaconMissing(Fault):
    """The draw waits for the public random value that was named beforehand."""

    code = "beacon_missing"

    def __init__(self, draw: str, beacon: str) -> None:
        super().__init__(
            f"draw '{draw}' is drawn with the value of {beacon}; send it as 'beacon'", draw=draw, beacon=beacon
        )


def find_raffle(edition: Edition, name: str) -> tuple[int, Raffle]:
    """The newest version of the programme that has the draw, and the draw. Raises ``NotFound``."""
    for version in sorted(edition.versions, key=lambda version: -version.number):
        if name in version.programme.draws:
            return version.number, version.programme.draws[name]
    raise NotFound("draw", name)


async def list_entries(conn: AsyncConnection, programme_id: int, draw: str) -> list[tuple[UUID, Entry]]:
    """The participants in the order of their first entry, each by the id of that entry and with all their tickets."""
    cursor = await conn.execute(
        """SELECT member_id, id, (body ->> 'tickets')::bigint FROM activities
           WHERE programme_id = %s AND type = 'draw.entered' AND status = 'accepted' AND body ->> 'draw' = %s
           ORDER BY id""",
        [programme_id, draw],
    )
    found: dict[UUID, tuple[str, int]] = {}
    for member_id, id_, tickets in await cursor.fetchall():
        code, before = found.get(member_id, (public_id("act", id_), 0))
        found[member_id] = (code, before + tickets)
    return [(member_id, Entry(code, tickets)) for member_id, (code, tickets) in found.items()]


async def settle_draw(engine: Engine, programme: str, name: str, beacon: str | None = None) -> dict[str, Any]:
    """Close the draw, draw it, and hand the prizes over; returns the published record.

    Raises ``NotFound``, ``DrawOpen``, ``DrawSettled`` and ``BeaconMissing``; with the last the list is closed and its
    hash published all the same.
    """
    async with engine.pool.connection() as conn:
        edition = await engine.catalogue.load(conn, programme)
        version, raffle = find_raffle(edition, name)
        now = engine.clock.now()
        if now < raffle.end:
            raise DrawOpen(name, raffle.end)
        await _close(engine, conn, edition, version, raffle, now)
    if raffle.beacon is not None and beacon is None:
        raise BeaconMissing(name, raffle.beacon)
    async with engine.pool.connection() as conn:
        await _draw(engine, conn, edition, raffle, beacon if raffle.beacon is not None else None, now)
    await hand_over(engine, programme)
    async with engine.pool.connection() as conn:
        return await fetch_record(engine, conn, edition, name)


async def _close(
    engine: Engine, conn: AsyncConnection, edition: Edition, version: int, raffle: Raffle, now: dt.datetime
) -> None:
    """Take no more entries, and write down those that there are. An entry on its way holds the lock, and is in."""
    await engine.seeds.seed(conn, edition.id, f"{DRAW}{raffle.name}", now)
    await conn.execute(
        "SELECT FROM house_accounts WHERE programme_id = %s AND account = %s FOR UPDATE",
        [edition.id, f"draw:{raffle.name}"],
    )
    entries = await list_entries(conn, edition.id, raffle.name)
    stored = [[member_id.hex, entry.code, entry.tickets] for member_id, entry in entries]
    await conn.execute(
        """INSERT INTO draws (programme_id, draw, version, closed_at, root, entries)
           VALUES (%s, %s, %s, %s, %s, %s::json) ON CONFLICT DO NOTHING""",
        [
            edition.id, raffle.name, version, now, entries_root([entry for _, entry in entries]),
            orjson.dumps(stored).decode(),
        ],
    )  # fmt: skip
    await conn.execute(
        "UPDATE house_accounts SET left_ = 0 WHERE programme_id = %s AND account = %s AND left_ <> 0",
        [edition.id, f"draw:{raffle.name}"],
    )


async def _draw(
    engine: Engine, conn: AsyncConnection, edition: Edition, raffle: Raffle, beacon: str | None, now: dt.datetime
) -> None:
    cursor = await conn.execute(
        "SELECT settled_at, entries::text FROM draws WHERE programme_id = %s AND draw = %s FOR UPDATE",
        [edition.id, raffle.name],
    )
    row = await cursor.fetchone()
    assert row is not None
    if row[0] is not None:
        raise DrawSettled(raffle.name)
    entries = [(member_id, Entry(code, tickets)) for member_id, code, tickets in orjson.loads(row[1])]
    rewards = [prize.reward for prize in raffle.prizes for _ in range(prize.winners)]
    seed = await engine.seeds.seed(conn, edition.id, f"{DRAW}{raffle.name}", now)
    drawn = winners(raffle.name, [entry for _, entry in entries], seed, beacon or "", len(rewards) + raffle.alternates)
    state = "won" if raffle.answer_within is None else "offered"
    for place, index in enumerate(drawn, 1):
        member_id, entry = entries[index]
        is_winner = place <= len(rewards)
        due_at = _until(edition, raffle, now) if is_winner and state == "offered" else None
        await conn.execute(
            """INSERT INTO draw_places (programme_id, draw, place, entry, member_id, reward, state, due_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                edition.id, raffle.name, place, entry.code, UUID(hex=member_id),
                rewards[place - 1] if is_winner else None, state if is_winner else "waiting", due_at,
            ],
        )  # fmt: skip
    await engine.seeds.reveal(conn, edition.id, f"{DRAW}{raffle.name}", now)
    await conn.execute(
        "UPDATE draws SET settled_at = %s, beacon = %s WHERE programme_id = %s AND draw = %s",
        [now, beacon, edition.id, raffle.name],
    )


def _until(edition: Edition, raffle: Raffle, now: dt.datetime) -> dt.datetime:
    assert raffle.answer_within is not None
    return add_span(now, raffle.answer_within, edition.versions[0].programme.zone)


async def answer_offer(engine: Engine, programme: str, name: str, member_id: UUID) -> dict[str, Any]:
    """A winner says yes: the prize is theirs. Raises ``NotFound`` when nothing is offered to them (any more)."""
    async with engine.pool.connection() as conn:
        edition = await engine.catalogue.edition(conn, programme)
        cursor = await conn.execute(
            """UPDATE draw_places SET state = 'won', due_at = NULL
               WHERE programme_id = %s AND draw = %s AND member_id = %s AND state = 'offered' AND due_at > %s
               RETURNING place, reward""",
            [edition.id, name, member_id, engine.clock.now()],
        )
        row = await cursor.fetchone()
    if row is None:
        raise NotFound("offer of this draw", name)
    await hand_over(engine, programme)
    return {"draw": name, "place": row[0], "reward": row[1]}


async def hand_over(engine: Engine, programme: str) -> int:
    """Give what was won and not given yet; returns how many prizes."""
    async with engine.pool.connection() as conn:
        edition = await engine.catalogue.edition(conn, programme)
        cursor = await conn.execute(
            """SELECT draw, place, member_id, reward FROM draw_places
               WHERE programme_id = %s AND state = 'won' ORDER BY draw, place""",
            [edition.id],
        )
        rows = await cursor.fetchall()
    for draw, place, member_id, reward in rows:
        body = {"draw": draw, "place": place, "reward": reward}
        won = Incoming(Built.WON.value, SOURCE, f"{draw}:{place}", member_id, None, body)
        await engine.handle(programme, [won])
        async with engine.pool.connection() as conn:
            await conn.execute(
                """UPDATE draw_places SET state = 'issued'
                   WHERE programme_id = %s AND draw = %s AND place = %s AND state = 'won'""",
                [edition.id, draw, place],
            )
    return len(rows)


async def move_up(engine: Engine, programme: str) -> int:
    """Offers that were not answered in time go to the next alternate; returns how many lapsed."""
    now = engine.clock.now()
    count = 0
    async with engine.pool.connection() as conn:
        edition = await engine.catalogue.edition(conn, programme)
        cursor = await conn.execute(
            """SELECT draw, place, reward FROM draw_places
               WHERE programme_id = %s AND state = 'offered' AND due_at <= %s
               ORDER BY draw, place FOR UPDATE""",
            [edition.id, now],
        )
        for draw, place, reward in await cursor.fetchall():
            count += 1
            _, raffle = find_raffle(edition, draw)
            await conn.execute(
                "UPDATE draw_places SET state = 'lapsed' WHERE programme_id = %s AND draw = %s AND place = %s",
                [edition.id, draw, place],
            )
            await conn.execute(
                """UPDATE draw_places SET state = 'offered', reward = %s, due_at = %s
                   WHERE programme_id = %s AND draw = %s AND place = (
                       SELECT min(place) FROM draw_places
                       WHERE programme_id = %s AND draw = %s AND state = 'waiting')""",
                [reward, _until(edition, raffle, now), edition.id, draw, edition.id, draw],
            )
    return count


async def settle_due(engine: Engine, programme: str) -> int:
    """What the clock does: close and draw what is over, hand over what was won, let offers lapse; returns how much."""
    now = engine.clock.now()
    async with engine.pool.connection() as conn:
        edition = await engine.catalogue.edition(conn, programme)
        names = {name for version in edition.versions for name in version.programme.draws}
        if not names:
            return 0
        cursor = await conn.execute(
            "SELECT draw, settled_at IS NOT NULL FROM draws WHERE programme_id = %s", [edition.id]
        )
        states: dict[str, bool] = dict(await cursor.fetchall())
    count = 0
    for name in sorted(names):
        _, raffle = find_raffle(edition, name)
        is_waiting = name in states and raffle.beacon is not None
        if raffle.end > now or states.get(name) or is_waiting:
            continue
        count += 1
        try:
            await settle_draw(engine, programme, name)
        except (BeaconMissing, DrawSettled):
            continue
    return count + await move_up(engine, programme) + await hand_over(engine, programme)


async def fetch_record(engine: Engine, conn: AsyncConnection, edition: Edition, name: str) -> dict[str, Any]:
    """All that is published of a draw: enough to recompute it. Raises ``NotFound`` before it is closed."""
    cursor = await conn.execute(
        """SELECT closed_at, root, entries::text, beacon, settled_at, version FROM draws
           WHERE programme_id = %s AND draw = %s""",
        [edition.id, name],
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("closed draw", name)
    closed_at, root, stored, beacon, settled_at, number = row
    raffle = next(v.programme.draws[name] for v in edition.versions if v.number == number)
    committed = (await engine.seeds.list_committed(conn, edition.id, engine.clock.now(), period=f"{DRAW}{name}"))[0]
    cursor = await conn.execute(
        "SELECT place, entry, reward, state FROM draw_places WHERE programme_id = %s AND draw = %s ORDER BY place",
        [edition.id, name],
    )
    entries = [Entry(code, tickets) for _, code, tickets in orjson.loads(stored)]
    return {
        "algorithm": DRAW_ALGORITHM,
        "programme": edition.name,
        "draw": name,
        "version": number,
        "closes_at": raffle.end.isoformat(),
        "closed_at": closed_at.isoformat(),
        "settled_at": None if settled_at is None else settled_at.isoformat(),
        "commitment": committed.commitment,
        "committed_at": committed.published_at.isoformat(),
        "seed": committed.seed,
        "beacon_named": raffle.beacon,
        "beacon": beacon,
        "root": root,
        "prizes": [{"reward": prize.reward, "winners": prize.winners} for prize in raffle.prizes],
        "alternates": raffle.alternates,
        "entries": [{"entry": entry.code, "tickets": entry.tickets} for entry in entries],
        "places": [
            {"place": place, "entry": entry, "reward": reward, "state": state}
            for place, entry, reward, state in await cursor.fetchall()
        ],
    }


async def fetch_proof(engine: Engine, conn: AsyncConnection, edition: Edition, name: str, code: str) -> dict[str, Any]:
    """That an entry is in the list of a closed draw. Raises ``NotFound``."""
    record = await fetch_record(engine, conn, edition, name)
    entries = [Entry(entry["entry"], entry["tickets"]) for entry in record["entries"]]
    for index, entry in enumerate(entries):
        if entry.code == code:
            return prove(entries, index)
    raise NotFound("entry of this draw", code)
