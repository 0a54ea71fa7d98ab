"""Where the codes of gift cards lead: looked up before members and cards are locked, and again under the lock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from setia.flow import needs
from setia.plumbing.arrays import instants, texts, uuids
from setia.plumbing.db import AsyncConnection
from setia.values.activities import Activity
from setia.values.card_codes import card_id

_CODES = "SELECT value, member_id FROM member_identifiers WHERE kind = 'gift_card' AND value = ANY (%s::text[])"
_NEW_CARDS = """
    INSERT INTO members (member_id, joined_at, created_at, updated_at)
    SELECT id, at, at, at FROM unnest(%s::uuid[], %s::timestamptz[]) AS q (id, at)
    ON CONFLICT DO NOTHING RETURNING member_id"""
_NEW_CODES = """
    INSERT INTO member_identifiers (kind, value, member_id)
    SELECT 'gift_card', * FROM unnest(%s::text[], %s::uuid[]) ON CONFLICT DO NOTHING"""


async def open_cards(conn: AsyncConnection, activities: Sequence[Activity]) -> dict[str, UUID]:
    """The wallets that the gift-card codes of the batch open; a code that is to be sold or issued opens a new one."""
    codes = sorted({code for activity in activities for code in needs.card_codes(activity)})
    if not codes:
        return {}
    cursor = await conn.execute(_CODES, [texts(codes)])
    found: dict[str, UUID] = dict(await cursor.fetchall())
    new: dict[str, dt.datetime] = {}
    for activity in activities:
        new |= {code: activity.recorded_at for code in needs.issued_codes(activity) if code not in found}
    if new:
        by_wallet = {card_id(code): code for code in sorted(new)}
        at = instants([new[code] for code in by_wallet.values()])
        cursor = await conn.execute(_NEW_CARDS, [uuids(by_wallet), at])
        # A wallet that is there already was opened by this code before, and is by another one now: never again by it.
        opened = [wallet for (wallet,) in await cursor.fetchall()]
        await conn.execute(_NEW_CODES, [texts(by_wallet[wallet] for wallet in opened), uuids(opened)])
        cursor = await conn.execute(_CODES, [texts(codes)])
        found = dict(await cursor.fetchall())
    return found


def others_of(codes: dict[str, UUID], activity: Activity) -> set[UUID]:
    """Whom else the activity concerns: the receiver of a transfer, gift cards."""
    return needs.other_members(activity) | {codes[code] for code in needs.card_codes(activity) if code in codes}


async def ask_codes_of_cards(conn: AsyncConnection, codes: Iterable[str]) -> Any:
    """Ask where these codes lead now: rows of digest and wallet."""
    return await conn.execute(_CODES, [texts(sorted(codes))])


async def insert_cards(conn: AsyncConnection, opened: dict[UUID, dt.datetime]) -> None:
    """Write the wallets of cards that have no code yet, each with the instant at which it was opened."""
    if opened:
        await conn.execute(_NEW_CARDS, [uuids(opened), instants(opened.values())])


async def give_code(conn: AsyncConnection, code: str, wallet: UUID) -> None:
    """Let a new code open the wallet, and no other."""
    await conn.execute("DELETE FROM member_identifiers WHERE kind = 'gift_card' AND member_id = %s", [wallet])
    await conn.execute(
        "INSERT INTO member_identifiers (kind, value, member_id) VALUES ('gift_card', %s, %s)", [code, wallet]
    )
