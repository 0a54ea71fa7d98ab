"""Members in PostgreSQL."""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson

from setia.members.model import KINDS, Identifier, IdentifierKind, Member, NewMember, identifier
from setia.plumbing.arrays import columns, texts, uuids
from setia.plumbing.db import AsyncConnection
from setia.values.card_codes import FIRST_CARD
from setia.values.faults import EditConflict, IdentifierTaken, NotFound

_MEMBER: Final[LiteralString] = (
    "m.member_id, m.name, m.email, m.phone, m.birthday, m.attributes, m.is_blocked, m.joined_at, m.created_at,"
    " m.updated_at, m.revision"
)


async def insert_member(
    conn: AsyncConnection, member_id: UUID, new: NewMember, *, at: dt.datetime, region: str | None = None
) -> Member:
    """Write a new member with all that leads to them. Raises ``IdentifierError`` or ``IdentifierTaken``."""
    known = _identifiers(new, region)
    member = Member(
        id=member_id,
        name=new.name,
        email=next((i.value for i in known if i.kind == "email"), None),
        phone=next((i.value for i in known if i.kind == "phone"), None),
        birthday=new.birthday,
        attributes=new.attributes,
        is_blocked=False,
        joined_at=new.joined_at or at,
        created_at=at,
        updated_at=at,
        identifiers=tuple(known),
    )
    await insert_members(conn, [member])
    return member


async def insert_members(conn: AsyncConnection, members: Sequence[Member]) -> None:
    """Write many new members, in a few statements. Raises ``IdentifierTaken``; then none is written by the caller."""
    await conn.execute(
        """INSERT INTO members (member_id, name, email, phone, birthday, attributes, is_blocked, joined_at, created_at,
                                updated_at)
           SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::date[], %s::jsonb[], %s::bool[],
                                %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])""",
        columns(
            [
                (
                    m.id, m.name, m.email, m.phone, m.birthday.isoformat() if m.birthday else None,
                    orjson.dumps(m.attributes).decode(), "t" if m.is_blocked else "f", m.joined_at.isoformat(),
                    m.created_at.isoformat(), m.updated_at.isoformat(),
                )
                for m in members
            ],
            (uuids, texts, texts, texts, texts, texts, texts, texts, texts, texts),
        ),
    )  # fmt: skip
    await add_identifiers(conn, [(member.id, known) for member in members for known in member.identifiers])


async def add_identifiers(conn: AsyncConnection, pairs: Iterable[tuple[UUID, Identifier]]) -> None:
    """Let more cards, phones … lead to members. One that leads to another member already: ``IdentifierTaken``."""
    rows = sorted({(known.kind, known.value, member_id.hex) for member_id, known in pairs})
    for (kind, value, _), (next_kind, next_value, _) in pairwise(rows):
        if (kind, value) == (next_kind, next_value):
            raise IdentifierTaken(kind)
    if not rows:
        return
    cursor = await conn.execute(
        """INSERT INTO member_identifiers AS i (kind, value, member_id)
           SELECT * FROM unnest(%s::text[], %s::text[], %s::uuid[])
           ON CONFLICT (kind, value) DO UPDATE SET value = excluded.value WHERE i.member_id = excluded.member_id
           RETURNING i.kind, i.value""",
        columns(rows, (texts, texts, texts)),
    )
    written = set(await cursor.fetchall())
    for kind, value, _ in rows:
        if (kind, value) not in written:
            raise IdentifierTaken(kind)


async def remove_identifier(conn: AsyncConnection, member_id: UUID, known: Identifier) -> bool:
    """An identifier leads nowhere any more; whether it led to this member before."""
    cursor = await conn.execute(
        "DELETE FROM member_identifiers WHERE kind = %s AND value = %s AND member_id = %s",
        [known.kind, known.value, member_id],
    )
    return cursor.rowcount > 0


async def update_member(
    conn: AsyncConnection,
    member_id: UUID,
    changes: dict[str, Any],
    *,
    at: dt.datetime,
    revision: int | None = None,
    region: str | None = None,
) -> Member:
    """Change ``name``, ``email``, ``phone``, ``birthday``, ``attributes`` (merged; None removes one) or ``is_blocked``.

    ``revision``: the one that was edited (None: whatever is there). Raises ``NotFound``, ``EditConflict``,
    ``IdentifierError``, ``IdentifierTaken``.
    """
    member = await fetch_member(conn, member_id, lock=True)
    if revision is not None and revision != member.revision:
        raise EditConflict("the member", revision, member.revision)
    values = {name: changes.get(name, getattr(member, name)) for name in ("name", "birthday", "is_blocked")}
    merged = {**member.attributes, **changes.get("attributes", {})}
    values["attributes"] = {name: value for name, value in merged.items() if value is not None}
    added: list[tuple[UUID, Identifier]] = []
    kinds: tuple[IdentifierKind, ...] = ("email", "phone")
    for kind in kinds:
        before: str | None = getattr(member, kind)
        values[kind] = before
        if kind not in changes:
            continue
        known = identifier(kind, changes[kind], region) if changes[kind] else None
        values[kind] = known.value if known else None
        if before is not None and values[kind] != before:
            await remove_identifier(conn, member_id, Identifier(kind, before))
        if known:
            added.append((member_id, known))
    await add_identifiers(conn, added)
    cursor = await conn.execute(
        f"""UPDATE members m SET name = %(name)s, email = %(email)s, phone = %(phone)s, birthday = %(birthday)s,
                   attributes = %(attributes)s::jsonb, is_blocked = %(is_blocked)s, updated_at = %(at)s,
                   revision = revision + 1
            WHERE member_id = %(id)s RETURNING {_MEMBER}""",
        {**values, "attributes": orjson.dumps(values["attributes"]).decode(), "at": at, "id": member_id},
    )
    row = await cursor.fetchone()
    assert row is not None
    return replace(Member(*row), identifiers=await _list_identifiers(conn, member_id))


async def find_member(conn: AsyncConnection, known: Identifier) -> Member | None:
    """Whom an identifier leads to."""
    cursor = await conn.execute(
        "SELECT member_id FROM member_identifiers WHERE kind = %s AND value = %s", [known.kind, known.value]
    )
    row = await cursor.fetchone()
    return await fetch_member(conn, row[0]) if row else None


async def find_member_ids(conn: AsyncConnection, wanted: Iterable[Identifier]) -> dict[Identifier, UUID]:
    """Whom many identifiers lead to, in one query; those that lead nowhere are left out."""
    rows = list({(known.kind, known.value) for known in wanted})
    if not rows:
        return {}
    cursor = await conn.execute(
        """SELECT i.kind, i.value, i.member_id FROM unnest(%s::text[], %s::text[]) AS q (kind, value)
           JOIN member_identifiers i ON i.kind = q.kind AND i.value = q.value""",
        columns(rows, (texts, texts)),
    )
    return {Identifier(kind, value): member_id for kind, value, member_id in await cursor.fetchall()}


async def fetch_member(conn: AsyncConnection, member_id: UUID, *, lock: bool = False) -> Member:
    """The member with all that leads to them; raises ``NotFound``."""
    query: LiteralString = f"SELECT {_MEMBER} FROM members m WHERE m.member_id = %s"
    cursor = await conn.execute(query + " FOR UPDATE" if lock else query, [member_id])
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("member", str(member_id))
    return replace(Member(*row), identifiers=await _list_identifiers(conn, member_id))


async def erase_member(conn: AsyncConnection, member_id: UUID, *, at: dt.datetime) -> int:
    """Forget who a member was and what led to them, for good; returns how many rows that changed."""
    gone = await conn.execute(
        "DELETE FROM member_identifiers WHERE member_id = %s AND kind = ANY (%s)", [member_id, list(KINDS)]
    )
    changed = await conn.execute(
        """UPDATE members SET name = NULL, email = NULL, phone = NULL, birthday = NULL, attributes = '{}',
                  is_blocked = true, erased_at = %s, updated_at = %s, revision = revision + 1
           WHERE member_id = %s AND erased_at IS NULL""",
        [at, at, member_id],
    )
    return gone.rowcount + changed.rowcount


async def list_members(
    conn: AsyncConnection, *, after: UUID | None = None, limit: int = 50, search: str | None = None
) -> list[Member]:
    """A page of members by id, without their identifiers. ``search``: the beginning of the name, e-mail or phone."""
    pattern = None
    if search:
        pattern = search.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    cursor = await conn.execute(
        f"""SELECT {_MEMBER} FROM members m
            WHERE (%(after)s::uuid IS NULL OR m.member_id > %(after)s) AND m.member_id < %(cards)s
              AND (%(pattern)s::text IS NULL OR m.name ILIKE %(pattern)s OR m.email ILIKE %(pattern)s
                   OR m.phone LIKE %(pattern)s)
            ORDER BY m.member_id LIMIT %(limit)s""",
        {"after": after, "pattern": pattern, "limit": limit, "cards": FIRST_CARD},
    )
    return [Member(*row) for row in await cursor.fetchall()]


async def _list_identifiers(conn: AsyncConnection, member_id: UUID) -> tuple[Identifier, ...]:
    cursor = await conn.execute(
        "SELECT kind, value FROM member_identifiers WHERE member_id = %s ORDER BY kind, value", [member_id]
    )
    return tuple(Identifier(kind, value) for kind, value in await cursor.fetchall())


def _identifiers(new: NewMember, region: str | None) -> list[Identifier]:
    known = [identifier("card", text, region) for text in new.cards]
    known += [identifier("external", text, region) for text in new.externals]
    if new.email:
        known.append(identifier("email", new.email, region))
    if new.phone:
        known.append(identifier("phone", new.phone, region))
    return list(dict.fromkeys(known))
