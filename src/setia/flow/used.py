"""Reading what amended sales used, paid for and gave: vouchers, accounts, plays, donations."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from setia.causes.store import list_of_activities
from setia.flow.amend import taken_lots
from setia.flow.stored import ask_rows, fetch_decisions, row_of, voucher
from setia.flow.work import Gathered, MemberWork, Standing, Voucher
from setia.plumbing.arrays import texts
from setia.plumbing.db import AsyncConnection
from setia.rewards.store import ask_vouchers, voucher_of
from setia.values.outcomes import Use

if TYPE_CHECKING:
    from setia.flow.gather import Batch

HOUSE = """
    SELECT account, left_ FROM house_accounts WHERE programme_id = %s AND account = ANY (%s::text[])
    ORDER BY account FOR UPDATE"""


def keep_voucher(batch: Batch, member_id: UUID, kept: Voucher) -> None:
    """Remember a voucher as it was read, and its member's copy of it."""
    member = batch.gathered.members.get(member_id)
    if member is not None:
        kept = member.vouchers.setdefault(kept.no, kept)
        batch.vouchers.setdefault((member_id, kept.no), (kept.state, kept.left))


def brought(standing: Standing) -> list[Use]:
    """Codes that a sale brought and left unused: asked again, it may want them."""
    facts = standing.facts.get("v", ())
    return [Use(f["c"], f.get("r", ""), 0, 0, f.get("n"), f.get("a", "")) for f in facts if "x" not in f]


async def read_used(conn: AsyncConnection, batch: Batch, used: list[tuple[UUID, Use]]) -> None:
    """The vouchers that amended sales have used, and the accounts of codes without owner.

    These are locked out of order, so that two may meet in a circle: then one of them begins anew.
    """
    numbers = [(member_id, use.no) for member_id, use in used if use.no is not None]
    accounts = sorted({use.account for _, use in used if use.account} - batch.gathered.house.keys())
    if numbers:
        cursor = await ask_vouchers(conn, batch.programme_id, numbers)
        for row in await cursor.fetchall():
            keep_voucher(batch, row[0], voucher(voucher_of(row)))
    if accounts:
        cursor = await conn.execute(HOUSE, [batch.programme_id, texts(accounts)])
        for account, left in await cursor.fetchall():
            batch.gathered.house[account] = left


def played_by(gathered: Gathered, member: MemberWork) -> dict[tuple[UUID, UUID], None]:
    """The member's plays that returns may have to undo, as (member, activity)."""
    if not any(game.takes_back for version in gathered.versions for game in version.programme.games.values()):
        return {}
    return {(member.id, UUID(hex=id_)): None for _, _, _, id_ in member.progress.played}


async def read_plays(conn: AsyncConnection, batch: Batch, wanted: list[tuple[UUID, UUID]]) -> set[tuple[UUID, int]]:
    """Read plays that may have to be undone; the lots that they took are returned as (member, lot)."""
    cursor = await ask_rows(conn, wanted)
    rows = [row_of(row) for row in await cursor.fetchall()]
    found = await fetch_decisions(conn, batch.programme_id, rows)
    batch.gathered.plays |= found
    parts = [(play.activity.member_id, taken_lots(play.entries)) for play in found.values()]
    return {(member_id, lot) for member_id, taken in parts for pairs in taken.values() for lot, _ in pairs}


async def read_gifts(
    conn: AsyncConnection,
    gathered: Gathered,
    standings: dict[tuple[UUID, UUID], None],
    homes: list[tuple[UUID, UUID]],
) -> None:
    """The donations among ``standings``, and those that are shares of sales there: they become part of them.

    ``homes``: the same under those whom their members are part of, who may have given of them since.
    """
    for gift in await list_of_activities(conn, [*standings, *homes]):
        standings[gift.member_id, gift.activity_id] = None
        if gift.sale_id is not None:
            gathered.gifts.setdefault(gift.sale_id, []).append(gift.activity_id)
        if gift.payout is not None:
            gathered.paid_out.add(gift.activity_id)
