"""Everything that is kept about a member, in one document: for the member, who may ask for it."""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

from typing import Any, Final, LiteralString
from uuid import UUID

from setia.members.store import fetch_member
from setia.plumbing.db import AsyncConnection

_TABLES: Final[tuple[tuple[str, LiteralString, LiteralString], ...]] = (
    ("identifiers", "member_identifiers", "kind, value"),
    ("states", "member_states", "programme_id"),
    ("activities", "activities", "programme_id, no"),
    ("entries", "entries", "programme_id, no"),
    ("balances", "balances", "programme_id, unit"),
    ("lots", "lots", "programme_id, no"),
    ("holds", "holds", "programme_id, id"),
    ("donations", "donations", "programme_id, year, number"),
    ("vouchers", "vouchers", "programme_id, no"),
    ("reservations", "reservations", "programme_id, code"),
    ("waiting", "parked", "programme_id, parked_at"),
    ("events", "outbox", "programme_id, seq"),
    ("referrals", "referrals", "programme_id"),
    ("invoices", "invoices", "programme_id, opened_at"),
    ("payments", "payments", "programme_id, received_at"),
    ("payment_methods", "payment_methods", "programme_id"),
    ("draw_places", "draw_places", "programme_id, draw"),
    ("drop_places", "drop_places", "programme_id, drop_name"),
    ("leaderboard_scores", "leaderboard_scores", "programme_id, board"),
    ("contest_entries", "contest_entries", "programme_id, id"),
    ("contest_votes", "contest_votes", "programme_id, entry"),
)
"""Part of the document, table, order: all that has rows of a member."""


async def export_member(conn: AsyncConnection, member_id: UUID) -> dict[str, Any]:
    """The rows of the member in every table, as they are kept, by programme name. Raises ``NotFound``."""
    await fetch_member(conn, member_id)
    cursor = await conn.execute("SELECT to_jsonb(m) FROM members m WHERE member_id = %s", [member_id])
    row = await cursor.fetchone()
    assert row is not None
    found: dict[str, Any] = {"member": row[0]}
    cursor = await conn.execute("SELECT id, name FROM programmes")
    names: dict[int, str] = dict(await cursor.fetchall())
    for part, table, order in _TABLES:
        cursor = await conn.execute(
            f"SELECT to_jsonb(t) - 'member_id' FROM {table} t WHERE member_id = %s ORDER BY {order}", [member_id]
        )
        found[part] = [_named(item, names) for (item,) in await cursor.fetchall()]
    return found


def _named(row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    if "programme_id" not in row:
        return row
    return {"programme": names[row["programme_id"]], **{key: row[key] for key in row if key != "programme_id"}}
