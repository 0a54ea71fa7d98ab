"""Drafts and versions in PostgreSQL, and the compiled versions that a server keeps at hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg.rows import TupleRow

from setia.language.model import Programme
from setia.plumbing.clock import Clock
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Draft, Edition, Loaded, ProgrammeRow, PublishedVersion
from setia.values.faults import EditConflict, NotFound, NotPublished
from setia.values.pauses import Pause, Pauses

Compile = Callable[[str], Programme]
"""Turns the text of a checked programme into what is evaluated."""


# Drafts ---------------------------------------------------------------------------------------------------------------


async def find_draft(conn: AsyncConnection, name: str) -> Draft | None:
    """The draft of a programme, None when nobody saved one."""
    cursor = await conn.execute(
        "SELECT name, source, revision, updated_at, updated_by FROM programme_drafts WHERE name = %s", [name]
    )
    row = await cursor.fetchone()
    return Draft(*row) if row else None


async def list_drafts(conn: AsyncConnection) -> list[Draft]:
    """All drafts, by name."""
    cursor = await conn.execute(
        "SELECT name, source, revision, updated_at, updated_by FROM programme_drafts ORDER BY name"
    )
    return [Draft(*row) for row in await cursor.fetchall()]


async def save_draft(
    conn: AsyncConnection, name: str, source: str, *, at: dt.datetime, by: str = "", revision: int | None = None
) -> Draft:
    """Keep ``source`` as the draft. ``revision``: the one that was edited (0: there was none; None: whatever is there).

    Raises ``EditConflict`` when somebody else saved since.
    """
    cursor = await conn.execute(
        """INSERT INTO programme_drafts AS d (name, source, updated_at, updated_by)
           SELECT %(name)s, %(source)s, %(at)s, %(by)s
           WHERE %(revision)s::int IS NULL OR %(revision)s::int = 0
              OR EXISTS (SELECT FROM programme_drafts WHERE name = %(name)s)
           ON CONFLICT (name) DO UPDATE
           SET source = excluded.source, updated_at = excluded.updated_at, updated_by = excluded.updated_by,
               revision = d.revision + 1
           WHERE %(revision)s::int IS NULL OR d.revision = %(revision)s::int
           RETURNING name, source, revision, updated_at, updated_by""",
        {"name": name, "source": source, "at": at, "by": by, "revision": revision},
    )
    row = await cursor.fetchone()
    if row is None:
        found = await find_draft(conn, name)
        raise EditConflict(f"the draft of programme '{name}'", revision, found.revision if found else None)
    return Draft(*row)


async def delete_draft(conn: AsyncConnection, name: str) -> bool:
    """Throw the draft away; whether there was one."""
    cursor = await conn.execute("DELETE FROM programme_drafts WHERE name = %s", [name])
    return cursor.rowcount > 0


# Versions -------------------------------------------------------------------------------------------------------------


_PROGRAMME: Final[LiteralString] = """
    SELECT p.id, p.name, p.is_paused, p.created_at,
           coalesce((SELECT max(number) FROM programme_versions v WHERE v.programme_id = p.id), 0),
           q.begun_at, q.may_spend, q.stops_expiry
    FROM programmes p LEFT JOIN pauses q ON q.programme_id = p.id AND q.ended_at IS NULL"""


async def find_programme(conn: AsyncConnection, name: str) -> ProgrammeRow | None:
    """The programme called ``name``; a mere draft is none yet."""
    cursor = await conn.execute(
        f"{_PROGRAMME} WHERE p.name = %s",
        [name],
    )
    row = await cursor.fetchone()
    return _programme(row) if row else None


async def fetch_programme(conn: AsyncConnection, name: str) -> ProgrammeRow:
    """The programme called ``name``; raises ``NotFound``."""
    found = await find_programme(conn, name)
    if found is None:
        raise NotFound("programme", name)
    return found


async def list_programmes(conn: AsyncConnection) -> list[ProgrammeRow]:
    """All programmes, by name."""
    cursor = await conn.execute(f"""{_PROGRAMME} ORDER BY p.name""")
    return [_programme(row) for row in await cursor.fetchall()]


def _programme(row: TupleRow) -> ProgrammeRow:
    id_, name, is_paused, created_at, latest, begun_at, may_spend, stops_expiry = row
    pause = None if begun_at is None else Pause(begun_at, None, may_spend, stops_expiry)
    return ProgrammeRow(id_, name, is_paused, created_at, latest, pause)


async def list_versions(conn: AsyncConnection, name: str) -> list[PublishedVersion]:
    """All versions of a programme, newest first."""
    programme = await fetch_programme(conn, name)
    cursor = await conn.execute(
        """SELECT number, digest, effective_at, published_at, published_by, note FROM programme_versions
           WHERE programme_id = %s ORDER BY number DESC""",
        [programme.id],
    )
    return [PublishedVersion(*row) for row in await cursor.fetchall()]


async def fetch_source(conn: AsyncConnection, name: str, number: int) -> str:
    """The text of a published version; raises ``NotFound``."""
    cursor = await conn.execute(
        """SELECT v.source FROM programme_versions v JOIN programmes p ON p.id = v.programme_id
           WHERE p.name = %s AND v.number = %s""",
        [name, number],
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("programme version", f"{name} {number}")
    return str(row[0])


@dataclass(frozen=True, slots=True)
class Ground:
    """What a new version is published onto. ``is_felt``: members have been decided by an earlier version. ``since``:
    from when it will be in force. ``before``: number and text of the version that it takes over from, None for the
    first."""

    is_felt: bool
    since: dt.datetime
    before: tuple[int, str] | None


async def lock_ground(conn: AsyncConnection, name: str, at: dt.datetime, effective_at: dt.datetime | None) -> Ground:
    """Lock the programme against other publishers and read what a version takes over from that is published at ``at``,
    to be in force from ``effective_at`` (None: at once)."""
    cursor = await conn.execute("SELECT id FROM programmes WHERE name = %s FOR UPDATE", [name])
    row = await cursor.fetchone()
    if row is None:
        return Ground(False, effective_at or at, None)
    is_felt = await _is_felt(conn, row[0])
    since = _since(at, effective_at, is_felt=is_felt)
    cursor = await conn.execute(
        """SELECT number, source FROM programme_versions WHERE programme_id = %s AND effective_at <= %s
           ORDER BY effective_at DESC, number DESC LIMIT 1""",
        [row[0], since],
    )
    before = await cursor.fetchone()
    return Ground(is_felt, since, None if before is None else (before[0], before[1]))


def _since(at: dt.datetime, effective_at: dt.datetime | None, *, is_felt: bool) -> dt.datetime:
    """From when a version is in force. Before the first activity one may reach back, so that history can be taken in.
    Later none changes the past."""
    return at if effective_at is None or (is_felt and effective_at < at) else effective_at


async def _is_felt(conn: AsyncConnection, programme_id: int) -> bool:
    cursor = await conn.execute(
        "SELECT EXISTS (SELECT FROM member_states WHERE programme_id = %s AND progress IS NOT NULL)", [programme_id]
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def publish(
    conn: AsyncConnection,
    source: str,
    programme: Programme,
    *,
    house: Mapping[str, int],
    at: dt.datetime,
    effective_at: dt.datetime | None = None,
    by: str = "",
    note: str = "",
) -> PublishedVersion:
    """Make ``source`` (compiled: ``programme``) the next version, in force from ``effective_at`` (None: from now).

    The budgets and stocks of ``house`` (account → what it begins with) are opened, or adjusted by the difference to
    what they began with before. The clock will look at every member again when the version takes effect, because the
    ladder may have changed.
    """
    await conn.execute(
        "INSERT INTO programmes (name, created_at) SELECT %s, %s"
        " WHERE NOT EXISTS (SELECT FROM programmes WHERE name = %s) ON CONFLICT (name) DO NOTHING",
        [programme.name, at, programme.name],
    )
    cursor = await conn.execute("SELECT id FROM programmes WHERE name = %s FOR UPDATE", [programme.name])
    row = await cursor.fetchone()
    assert row is not None
    programme_id = row[0]
    since = _since(at, effective_at, is_felt=await _is_felt(conn, programme_id))
    cursor = await conn.execute(
        """INSERT INTO programme_versions
               (programme_id, number, source, digest, effective_at, published_at, published_by, note)
           SELECT %s, coalesce(max(number), 0) + 1, %s, %s, %s, %s, %s, %s
           FROM programme_versions WHERE programme_id = %s
           RETURNING number, digest, effective_at, published_at, published_by, note""",
        [programme_id, source, programme.digest, since, at, by, note, programme_id],
    )
    version = await cursor.fetchone()
    assert version is not None
    for account, initial in sorted(house.items()):
        await conn.execute(
            """INSERT INTO house_accounts AS h (programme_id, account, initial, left_) VALUES (%s, %s, %s, %s)
               ON CONFLICT (programme_id, account) DO UPDATE
               SET left_ = h.left_ + excluded.initial - h.initial, initial = excluded.initial
               WHERE h.initial <> excluded.initial""",
            [programme_id, account, initial, initial],
        )
    # In the order in which everybody locks members, so that a busy shop and a publishing never wait for each other.
    await conn.execute(
        """UPDATE member_states s SET due_at = least(s.due_at, %(since)s)
           FROM (SELECT member_id FROM member_states WHERE programme_id = %(id)s AND progress IS NOT NULL
                 ORDER BY member_id FOR UPDATE) q
           WHERE s.member_id = q.member_id AND s.programme_id = %(id)s""",
        {"since": since, "id": programme_id},
    )
    return PublishedVersion(*version)


async def list_pauses(conn: AsyncConnection, programme_id: int) -> Pauses:
    """All pauses of a programme, in their order."""
    cursor = await conn.execute(
        "SELECT begun_at, ended_at, may_spend, stops_expiry FROM pauses WHERE programme_id = %s ORDER BY begun_at",
        [programme_id],
    )
    return Pauses([Pause(*row) for row in await cursor.fetchall()])


async def pause(
    conn: AsyncConnection, name: str, clock: Clock, *, may_spend: bool = True, stops_expiry: bool = False, by: str = ""
) -> Pause:
    """Pause a programme. One that is paused in this way already goes on as it is; in another way, from now on in this.

    Raises ``NotFound``.
    """
    programme_id, before = await _lock_all(conn, name)
    if before is not None and (before.may_spend, before.stops_expiry) == (may_spend, stops_expiry):
        return before
    begun = Pause(clock.now(), None, may_spend, stops_expiry)
    if before is not None:
        await _end(conn, programme_id, begun.begun_at, by)
    await conn.execute(
        """INSERT INTO pauses (programme_id, begun_at, may_spend, stops_expiry, begun_by) VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT (programme_id, begun_at) DO UPDATE
           SET ended_at = NULL, may_spend = excluded.may_spend, stops_expiry = excluded.stops_expiry""",
        [programme_id, begun.begun_at, may_spend, stops_expiry, by],
    )
    await conn.execute("UPDATE programmes SET is_paused = true WHERE id = %s", [programme_id])
    return begun


async def resume(conn: AsyncConnection, name: str, clock: Clock, *, by: str = "") -> None:
    """Let a programme go on; one that is not paused stays as it is. Raises ``NotFound``."""
    programme_id, before = await _lock_all(conn, name)
    if before is not None:
        await _end(conn, programme_id, clock.now(), by)
        await conn.execute("UPDATE programmes SET is_paused = false WHERE id = %s", [programme_id])


async def _lock_all(conn: AsyncConnection, name: str) -> tuple[int, Pause | None]:
    """Lock the programme and everybody in it, so that what is decided meanwhile is decided before or after; returns
    its id and the pause that goes on."""
    cursor = await conn.execute("SELECT id FROM programmes WHERE name = %s FOR UPDATE", [name])
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("programme", name)
    await conn.execute(
        "SELECT FROM member_states WHERE programme_id = %s ORDER BY member_id FOR UPDATE", [row[0]], prepare=False
    )
    running = [pause for pause in (await list_pauses(conn, row[0])).all if pause.ended_at is None]
    return row[0], running[0] if running else None


async def _end(conn: AsyncConnection, programme_id: int, at: dt.datetime, by: str) -> None:
    """End the pause that goes on. The clock looks at every member again: what stood still has other dates now."""
    await conn.execute(
        "UPDATE pauses SET ended_at = greatest(%s, begun_at), ended_by = %s WHERE programme_id = %s"
        " AND ended_at IS NULL",
        [at, by, programme_id],
    )
    await conn.execute(
        "UPDATE member_states SET due_at = least(due_at, %s) WHERE programme_id = %s AND progress IS NOT NULL",
        [at, programme_id],
    )


class Catalogue:
    """The compiled versions of all programmes that this process serves.

    A text is compiled once, whichever versions it is published as. Whether a newer version was published is told by
    the number that every batch reads (see ``flow.gather``); then ``load`` is called again.
    """

    def __init__(self, compile_source: Compile) -> None:
        self.compile = compile_source
        self._editions: dict[str, Edition] = {}
        self._compiled: dict[str, Programme] = {}

    def known(self, name: str) -> Edition | None:
        """The programme called ``name`` as last loaded, without asking the database."""
        return self._editions.get(name)

    async def edition(self, conn: AsyncConnection, name: str) -> Edition:
        """The programme called ``name`` as last loaded. Raises ``NotFound`` or ``NotPublished``."""
        return self._editions.get(name) or await self.load(conn, name)

    async def load(self, conn: AsyncConnection, name: str) -> Edition:
        """Read the versions of a programme anew and compile those that are new. Raises as ``edition`` does."""
        row = await fetch_programme(conn, name)
        cursor = await conn.execute(
            "SELECT number, digest, effective_at FROM programme_versions WHERE programme_id = %s"
            " ORDER BY effective_at, number",
            [row.id],
        )
        versions: list[Loaded] = []
        for number, digest, effective_at in await cursor.fetchall():
            compiled = self._compiled.get(digest)
            if compiled is None:
                compiled = self._compiled[digest] = self.compile(await fetch_source(conn, name, number))
            versions.append(Loaded(number, effective_at, compiled))
        if not versions:
            raise NotPublished(name)
        edition = Edition(row.id, name, max(version.number for version in versions), tuple(versions))
        self._editions[name] = edition
        return edition
