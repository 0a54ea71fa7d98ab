"""Reading for members who were merged: both sides of a merge, and what one side's book says of the other's sales."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from setia.flow.contests import undone_by
from setia.flow.needs import other_members, referred_key, referred_voucher
from setia.flow.once import given_once
from setia.flow.stored import ROW, row_of, standing_of, voucher
from setia.flow.used import keep_voucher
from setia.flow.work import Gathered, MemberWork, Reservation, Version, redirect
from setia.plumbing.arrays import uuids
from setia.plumbing.db import AsyncConnection
from setia.rewards.store import ask_reservations_of, list_vouchers
from setia.values.activities import Activity
from setia.values.codes import Built

if TYPE_CHECKING:
    from setia.flow.gather import Batch

Lock = Callable[[AsyncConnection, "Batch", list[Version], Iterable[UUID]], Awaitable[None]]
_OF_BOTH = (Built.MERGED.value, Built.UNMERGED.value)


async def read_of_merges(
    conn: AsyncConnection, batch: Batch, versions: list[Version], activities: Sequence[Activity], lock: Lock
) -> None:
    """Whose the sales are that a batch amends for somebody else (``lock`` brings them in), who has what waits by now,
    and the vouchers and bonuses of who is merged."""
    gathered = batch.gathered
    wanted = {
        sale.member_id
        for activity in activities
        for key in (referred_key(activity), (activity.source, activity.external_id))
        if key is not None and (sale := gathered.recorded.get(key)) is not None
    }
    wanted |= {UUID(hex=a.body["buyer"]) for a in activities if a.type == Built.DONATED and "buyer" in a.body}
    for activity in activities:
        wanted |= await _claimed_by(conn, gathered, activity)
    waiting = [one for kept in gathered.parked.values() for one in kept]
    await bring_in(conn, batch, versions, wanted | {one.member_id for one in waiting}, lock)
    for one in waiting:
        before = one.member_id
        while redirect(gathered, one):
            key = (one.source, one.external_id)
            batch.incoming.add(key)  # leads to whoever has it now
            batch.known[key] = (one.id, one.revision, before)
    for activity in activities:
        for member_id in {activity.member_id, *other_members(activity)} if activity.type in _OF_BOTH else ():
            member = gathered.members.get(member_id)
            if member is None:
                continue
            for row in await list_vouchers(conn, batch.programme_id, member_id, state="issued"):
                keep_voucher(batch, member_id, voucher(row))
            if activity.type == Built.MERGED:
                await _read_reservations(conn, batch, member_id)
                gathered.once[member_id] = await _given_once(conn, batch.programme_id, versions, member)


async def bring_in(conn: AsyncConnection, batch: Batch, versions: list[Version], wanted: set[UUID], lock: Lock) -> None:
    """Lock and read members that are not there yet, and those whom they are part of."""
    gathered = batch.gathered
    while wanted:
        strangers = sorted(wanted - gathered.members.keys())
        if strangers:  # Out of order, so that two may meet in a circle: then one of them begins anew.
            await lock(conn, batch, versions, strangers)
        merged = [who.progress.merged for id_ in wanted if (who := gathered.members.get(id_)) is not None]
        wanted = {UUID(hex=one.into) for one in merged if one is not None}


def entered_by(gathered: Gathered, activities: Iterable[Activity]) -> set[UUID]:
    """Whose the contest entries are that ``activities`` undo: perhaps of somebody who is part of another by now."""
    undone = (undone_by(gathered, activity) for activity in activities)
    entries = gathered.contests.entries
    return {entries[entry].member_id for entry in undone if entry in entries}


async def _claimed_by(conn: AsyncConnection, gathered: Gathered, activity: Activity) -> set[UUID]:
    """Who claimed the voucher that is to be given back, where that was somebody who is part of the member by now."""
    number, member = referred_voucher(activity), gathered.members.get(activity.member_id)
    voucher = None if member is None or number is None else member.vouchers.get(number)
    if voucher is None:
        return set()
    accounts = await list_accounts(conn, activity.member_id)
    cursor = await conn.execute(
        "SELECT member_id FROM activities WHERE member_id = ANY (%s::uuid[]) AND id = %s",
        [uuids(accounts), voucher.activity_id],
    )
    return {row[0] for row in await cursor.fetchall()}


async def _read_reservations(conn: AsyncConnection, batch: Batch, member_id: UUID) -> None:
    """What is set aside for the member's carts; whoever is merged takes it along."""
    known = set(batch.gathered.reservations)
    cursor = await ask_reservations_of(conn, batch.programme_id, member_id)
    found = [Reservation(*row) for row in await cursor.fetchall()]
    batch.gathered.reservations += [kept for kept in found if kept not in known]


async def _given_once(
    conn: AsyncConnection, programme_id: int, versions: list[Version], member: MemberWork
) -> dict[str, list[tuple[UUID, str, str, int]]]:
    cursor = await conn.execute(
        f"""SELECT {ROW}, x.standing::text FROM activities a
            LEFT JOIN LATERAL (
                SELECT x.standing FROM activities x
                WHERE x.member_id = a.member_id AND x.of_id = a.id AND x.standing IS NOT NULL
                ORDER BY x.no DESC LIMIT 1
            ) x ON true
            WHERE a.member_id = %s AND a.programme_id = %s AND a.status = 'accepted'
              AND NOT (a.of_id IS NOT NULL AND a.standing IS NOT NULL) ORDER BY a.no""",  # noqa: S608
        [member.id, programme_id],
    )
    booked = []
    for *stored, latest in await cursor.fetchall():
        row = row_of(stored)
        standing = standing_of(row, orjson.loads(latest) if latest is not None else None)
        booked.append((row.activity, row.version, standing.result))
    return given_once(versions, member.progress, booked)


def homes_of(gathered: Gathered, amended: Iterable[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
    """The same activities under those whom their members are or were part of."""
    return [
        (UUID(hex=home), activity_id)
        for member_id, activity_id in amended
        if (owner := gathered.members.get(member_id)) is not None
        for home in owner.progress.homes
    ]


async def newest_standing(conn: AsyncConnection, owner: MemberWork, activity_id: UUID) -> dict[str, Any] | None:
    """What the newest amendment of a sale said of it, in whoever's name it came."""
    cursor = await conn.execute(
        """SELECT x.standing::text FROM activities x
           WHERE x.member_id = ANY (%s::uuid[]) AND x.of_id = %s AND x.standing IS NOT NULL
           ORDER BY x.recorded_at DESC, x.no DESC LIMIT 1""",
        [uuids([owner.id, *(UUID(hex=home) for home in owner.progress.homes)]), activity_id],
    )
    row = await cursor.fetchone()
    return None if row is None else orjson.loads(row[0])


async def find_home(conn: AsyncConnection, programme: str, member_id: UUID) -> UUID:
    """Who has the account of a member now: they themselves, or whoever they were merged into."""
    cursor = await conn.execute(
        """WITH RECURSIVE home (member_id, into_) AS (
               SELECT s.member_id, (s.progress -> 'mg' ->> 0)::uuid FROM member_states s
               WHERE s.member_id = %(member)s
                 AND s.programme_id = (SELECT id FROM programmes WHERE name = %(programme)s)
               UNION
               SELECT s.member_id, (s.progress -> 'mg' ->> 0)::uuid FROM home h JOIN member_states s
                 ON s.member_id = h.into_
                AND s.programme_id = (SELECT id FROM programmes WHERE name = %(programme)s)
           )
           SELECT member_id FROM home WHERE into_ IS NULL""",
        {"member": member_id, "programme": programme},
    )
    row = await cursor.fetchone()
    return member_id if row is None else row[0]


async def list_accounts(conn: AsyncConnection, member_id: UUID) -> list[UUID]:
    """All members that are one person by merges, in whatever programme: the member, their homes, and theirs."""
    found, waiting = {member_id}, [member_id]
    while waiting:
        cursor = await conn.execute(
            """SELECT (s.progress -> 'mg' ->> 0)::uuid FROM member_states s
               WHERE s.member_id = %(member)s AND s.progress -> 'mg' IS NOT NULL
               UNION
               SELECT s.member_id FROM activities a JOIN member_states s
                 ON s.member_id = (a.body ->> 'with')::uuid AND s.programme_id = a.programme_id
               WHERE a.member_id = %(member)s AND a.type = 'member.merged' AND a.status = 'accepted'
                 AND (s.progress -> 'mg' ->> 0)::uuid = a.member_id""",
            {"member": waiting.pop()},
        )
        new = {row[0] for row in await cursor.fetchall()} - found
        found |= new
        waiting += new
    return sorted(found)
