"""Erasing a person: whatever says who a member was goes, out of every table; what was booked stays.

First each programme is told by an activity, which settles what becomes of the units and closes the account; then, in
one transaction, the person is taken out of what was written. Done again it finds nothing left to do.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from setia.contests.store import erase_entries
from setia.flow.again import ERASED, is_decided_by_rules
from setia.flow.erasing import KEEP
from setia.flow.handle import Engine, Incoming
from setia.flow.merges import list_accounts
from setia.flow.persons import GONE, Person
from setia.language.model import FieldKind
from setia.members.model import Identifier, Member
from setia.members.store import erase_member, fetch_member
from setia.memberships.store import erase_payers
from setia.plumbing.arrays import columns, texts, uuids
from setia.plumbing.db import AsyncConnection, retrying
from setia.programmes.model import Edition
from setia.programmes.store import list_programmes
from setia.referrals.store import forget_code
from setia.values.codes import Built
from setia.values.faults import Fault
from setia.values.ids import public_id

SOURCE: Final = "erasure"
_MARKED: Final = ("email", "phone")
_TELLING: Final = 6
"""So long is a name that is looked for in what was answered to anybody."""


class StillBound(Exception):
    """A plan of the member's goes on in a programme: it has to be cancelled before the member can be erased."""

    def __init__(self, plan: str, programme: str) -> None:
        super().__init__(f"plan '{plan}' of programme '{programme}' goes on; it has to be cancelled first")
        self.plan = plan


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came to: in how many rows the person stood, and how many marks are kept of them."""

    member_id: UUID
    rows: int
    marks: int


def mark_of(pepper: bytes, known: Identifier) -> bytes:
    """What is kept of an address of whoever was erased: without the pepper nobody can tell whose it was."""
    return hmac.digest(pepper, f"{known.kind}:{known.value}".encode(), hashlib.sha256)


async def is_marked(conn: AsyncConnection, pepper: bytes, known: Iterable[Identifier]) -> bool:
    """Whether one of these addresses was that of a member who was erased."""
    marks = [mark_of(pepper, one) for one in known if one.kind in _MARKED]
    cursor = await conn.execute("SELECT 1 FROM erased_marks WHERE mark = ANY (%s) LIMIT 1", [marks])
    return await cursor.fetchone() is not None


async def erase(engine: Engine, member_id: UUID, *, points: str = KEEP, by: str = "", pepper: bytes = b"") -> Erased:
    """Erase a member for good. ``points``: what becomes of the units (see ``erasing.WHAT_BECOMES``). Without a
    ``pepper`` no mark is kept.

    Raises ``NotFound``, ``Paused`` and ``StillBound``.
    """
    async with engine.pool.connection() as conn:
        await fetch_member(conn, member_id)
        accounts = await list_accounts(conn, member_id)
        cursor = await conn.execute(
            """SELECT s.member_id, p.name, s.activity_seq
               FROM member_states s JOIN programmes p ON p.id = s.programme_id
               WHERE s.member_id = ANY (%s) AND s.progress IS NOT NULL AND s.progress -> 'er' IS NULL
                 AND s.progress -> 'mg' IS NULL ORDER BY s.member_id, p.name""",
            [accounts],
        )
        open_in = await cursor.fetchall()
    body = {"points": points, **({"by": by} if by else {})}
    for account, name, count in open_in:
        key = f"{account.hex}:{count}"  # what was refused is another question once more has happened
        told = Incoming(Built.ERASED.value, SOURCE, key, account, None, body)
        answer = (await engine.handle(name, [told]))[0]
        if isinstance(answer, Fault):
            raise answer
        if answer.result.declined is not None:
            raise StillBound(answer.result.declined.facts["plan"], name)
    now = engine.clock.now()
    rows, marks = await retrying(lambda: _forget(engine, accounts, pepper, now))
    return Erased(member_id, rows, marks)


async def _forget(engine: Engine, accounts: Sequence[UUID], pepper: bytes, now: dt.datetime) -> tuple[int, int]:
    """Take a person out of all their accounts; returns how many rows that changed, and how many marks are new."""
    async with engine.pool.connection() as conn:
        # Whoever works on the member waits here, and finds nobody afterwards.
        await conn.execute(
            "SELECT FROM member_states WHERE member_id = ANY (%s) ORDER BY member_id, programme_id FOR UPDATE",
            [list(accounts)],
        )
        members = [await fetch_member(conn, account, lock=True) for account in accounts]
        editions = [await engine.catalogue.load(conn, row.name) for row in await list_programmes(conn) if row.latest]
        person = Person.of([value for member in members for value in _values(member)], _free(editions))
        await conn.execute("SET LOCAL setia.erasing = 'on'")
        rows = marks = 0
        for member in members:
            rows += await _clean(conn, member, person, now)
            for mark in [mark_of(pepper, one) for one in member.identifiers if one.kind in _MARKED] if pepper else ():
                await conn.execute("INSERT INTO erased_marks VALUES (%s, %s) ON CONFLICT DO NOTHING", [mark, now])
                marks += 1
        return rows, marks


async def _clean(conn: AsyncConnection, member: Member, person: Person, now: dt.datetime) -> int:
    rows = await _clean_activities(conn, member.id, person)
    rows += await _clean_waiting(conn, member, person)
    rows += await _clean_told(conn, member, person)
    rows += await erase_payers(conn, member.id, sorted(person.said))
    rows += await forget_code(conn, member.id)
    rows += await erase_entries(conn, member.id)
    rows += await _clean_keys(conn, member.id, now)
    await conn.execute(
        """UPDATE member_states SET progress = (progress::jsonb - '{b,a,pr,gv,qc}'::text[])::json
           WHERE member_id = %s AND progress IS NOT NULL""",
        [member.id],
    )
    return rows + await erase_member(conn, member.id, at=now)


def _values(member: Member) -> list[str | None]:
    born = member.birthday.isoformat() if member.birthday is not None else None
    known = [one.value for one in member.identifiers]
    told = [value for value in member.attributes.values() if isinstance(value, str)]
    return [member.name, member.email, member.phone, born, *known, *told]


def _free(editions: Sequence[Edition]) -> dict[str, frozenset[str]]:
    """Activity type → the programme's own fields in which people can write anything; of purchases tills write them."""
    found: dict[str, frozenset[str]] = {}
    for edition in editions:
        for version in edition.versions:
            for kind, declared in version.programme.activities.items():
                if kind != Built.PURCHASE.value:
                    free = {n for n, f in declared.fields.items() if f.kind is FieldKind.TEXT and not f.one_of}
                    found[kind] = found.get(kind, frozenset()) | free
            entered = {n for c in version.programme.contests.values() for n, f in c.fields.items() if not f.one_of}
            kind = Built.CONTEST_ENTERED.value
            found[kind] = found.get(kind, frozenset()) | entered
    return found


async def _clean_activities(conn: AsyncConnection, member_id: UUID, person: Person) -> int:
    cursor = await conn.execute(
        """SELECT id, programme_id, type, source, external_id, body::text, decision::text, standing::text
           FROM activities WHERE member_id = %s ORDER BY id""",
        [member_id],
    )
    changed: list[tuple[Any, ...]] = []
    renamed: list[tuple[Any, ...]] = []
    for id_, programme_id, kind, source, external_id, *stored in await cursor.fetchall():
        body, decision = orjson.loads(stored[0]), orjson.loads(stored[1])
        standing = None if stored[2] is None else orjson.loads(stored[2])
        clean = person.without_in(kind, body)
        after, stands = _decision(person, decision), _standing(person, kind, standing)
        if clean != body and is_decided_by_rules(kind):
            after["f"] = {**after.get("f", {}), ERASED: True}
        name = f"{GONE}:{id_.hex}" if person.is_in(external_id) else external_id
        if (clean, after, stands, name) == (body, decision, standing, external_id):
            continue
        written = (None if data is None else orjson.dumps(data).decode() for data in (clean, after, stands))
        changed.append((id_, name, *written))
        if name != external_id:
            renamed.append((str(programme_id), source, external_id, name))
    await conn.execute(
        """UPDATE activities a SET external_id = q.name, body = q.body, decision = q.decision, standing = q.standing
           FROM unnest(%s::uuid[], %s::text[], %s::json[], %s::json[], %s::json[])
                AS q (id, name, body, decision, standing)
           WHERE a.member_id = %s AND a.id = q.id""",
        [*columns(changed, (uuids, texts, texts, texts, texts)), member_id],
    )
    await conn.execute(
        """UPDATE natural_keys k SET external_id = q.name
           FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[]) AS q (programme_id, source, external_id, name)
           WHERE k.programme_id = q.programme_id AND k.source = q.source AND k.external_id = q.external_id""",
        columns(renamed, (texts, texts, texts, texts)),
    )
    return len(changed)


def _decision(person: Person, decision: dict[str, Any]) -> dict[str, Any]:
    """What was decided: its facts without the person, and marked where they were about one."""
    after: dict[str, Any] = person.without({part: value for part, value in decision.items() if part != "f"})
    facts = decision.get("f", {})
    kept = person.without_facts(facts)
    if kept != facts:
        kept[ERASED] = True
    return {**({"f": kept} if kept else {}), **after}


def _standing(person: Person, kind: str, standing: dict[str, Any] | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    after: dict[str, Any] = {
        part: person.without_in(kind, value) if part in ("o", "b") else person.without(value)
        for part, value in standing.items()
    }
    if "f" in standing:
        after["f"] = person.without_facts(standing["f"])
        if {**after, "f": None} != {**standing, "f": None} or after["f"] != standing["f"]:
            after["f"][ERASED] = True
    return after


async def _clean_waiting(conn: AsyncConnection, member: Member, person: Person) -> int:
    """What waits for the member, or waited: purchases and plays from before they joined, and what others set off."""
    contacts = [{one.kind: one.value} for one in member.identifiers]
    cursor = await conn.execute(
        """SELECT p.id, p.external_id, p.activity::text FROM parked p
           WHERE p.member_id = %(member)s OR p.contact @> ANY (%(contacts)s::jsonb[])
              OR p.contact ->> 'visitor' = ANY (
                  SELECT s.progress ->> 'gv' FROM member_states s WHERE s.member_id = %(member)s)
              OR EXISTS (SELECT FROM natural_keys k WHERE k.member_id = %(member)s AND k.programme_id = p.programme_id
                           AND k.source = p.source AND k.external_id = p.external_id)""",
        {"member": member.id, "contacts": [orjson.dumps(contact).decode() for contact in contacts]},
    )
    found = await cursor.fetchall()
    for id_, external_id, stored in found:
        activity = orjson.loads(stored)
        clean = {**person.without(activity), "body": person.without_in(activity["type"], activity["body"])}
        name = f"{GONE}:{id_.hex}" if person.is_in(external_id) else external_id
        await conn.execute(
            "UPDATE parked SET contact = '{}', activity = %s, external_id = %s WHERE id = %s",
            [orjson.dumps(clean).decode(), name, id_],
        )
    cursor = await conn.execute("SELECT id, activity::text FROM onward WHERE member_id = %s", [member.id])
    waiting = await cursor.fetchall()
    for id_, stored in waiting:
        await conn.execute(
            "UPDATE onward SET activity = %s WHERE member_id = %s AND id = %s",
            [orjson.dumps(person.without(orjson.loads(stored))).decode(), member.id, id_],
        )
    return len(found) + len(waiting)


async def _clean_told(conn: AsyncConnection, member: Member, person: Person) -> int:
    """What was announced, sent or answered. An answer that is kept for a repeated request is forgotten: the natural
    key still keeps what it brought from counting twice."""
    cursor = await conn.execute(
        """SELECT o.id, a.type, o.data::text FROM outbox o
           LEFT JOIN activities a ON a.member_id = o.member_id AND a.id = o.activity_id WHERE o.member_id = %s""",
        [member.id],
    )
    changed = [
        (str(id_), orjson.dumps(clean).decode())
        for id_, kind, stored in await cursor.fetchall()
        if (clean := person.without_in(kind or "", data := orjson.loads(stored))) != data
    ]
    await conn.execute(
        """UPDATE outbox o SET data = q.data FROM unnest(%s::bigint[], %s::json[]) AS q (id, data) WHERE o.id = q.id""",
        columns(changed, (texts, texts)),
    )
    await conn.execute("UPDATE deliveries SET error = NULL WHERE member_id = %s AND error IS NOT NULL", [member.id])
    called = (member.name, *(one.value for one in member.identifiers))
    wanted = [public_id("mem", member.id), *(name.lower() for name in called if name and len(name) >= _TELLING)]
    cursor = await conn.execute(
        """DELETE FROM requests r USING unnest(%s::text[]) AS q (said)
           WHERE position(q.said IN lower(convert_from(coalesce(r.response, ''), 'UTF8'))) > 0""",
        [texts(wanted)],
    )
    return len(changed) + cursor.rowcount


async def _clean_keys(conn: AsyncConnection, member_id: UUID, now: dt.datetime) -> int:
    """Keys of the member's open nothing more, and boards show the member no longer."""
    cursor = await conn.execute(
        "UPDATE api_keys SET revoked_at = coalesce(revoked_at, %s), name = %s WHERE member_id = %s",
        [now, GONE, member_id],
    )
    shown = await conn.execute("DELETE FROM leaderboard_scores WHERE member_id = %s", [member_id])
    return cursor.rowcount + shown.rowcount
