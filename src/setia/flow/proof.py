"""The proof of a book: every decision made again from what is stored with it, every entry followed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from setia.flow.again import MemberCheck, differences, entry_differences, is_decided_by_rules, run_again
from setia.flow.stored import Row, ask_rows, list_activities, row_of, standing_of
from setia.flow.work import Decision, Version
from setia.ledger.verify import Again, Finding
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.programmes.store import Catalogue, list_programmes
from setia.values.ids import public_id

CODE = "decided_otherwise"
_PAGE = 500


def decide_again(catalogue: Catalogue) -> Again:
    """For ``verify``: tells every activity that comes to something else when it is decided once more."""

    async def again(conn: AsyncConnection, programme: int | None) -> AsyncIterator[Finding]:
        for found in await list_programmes(conn):
            if found.latest and programme in (None, found.id):
                edition = await catalogue.edition(conn, found.name)
                cursor = await conn.execute(
                    "SELECT member_id FROM member_states WHERE programme_id = %s ORDER BY member_id", [found.id]
                )
                for (member_id,) in await cursor.fetchall():
                    async for finding in _member(conn, edition, member_id):
                        yield finding

    return again


async def _member(conn: AsyncConnection, edition: Edition, member_id: UUID) -> AsyncIterator[Finding]:
    history = await _history(conn, edition.id, member_id)
    rows = {row.activity.id: row for row, _ in history}
    versions = {v.number: Version(v.number, v.effective_at, v.programme) for v in edition.versions}
    follow = MemberCheck(edition.versions[-1].programme)
    for row, decision in history:
        version = versions[row.version]
        problems = _again(row, await _subject(conn, row, rows), decision, version)
        problems += follow.check(decision.entries)
        for problem in problems:
            activity = row.activity
            data = {
                "activity": public_id("act", activity.id),
                "member": public_id("mem", member_id),
                "source": activity.source,
                "external_id": activity.external_id,
            }
            yield Finding(CODE, f"{activity.type} {activity.source}/{activity.external_id}: {problem}", data)


def _again(row: Row, subject: Row | None, decision: Decision, version: Version) -> list[str]:
    """What differs when the activity is decided once more, and where its entries are not what was decided."""
    if row.status != "accepted":
        return ["it was declined, and has entries"] if decision.entries else []
    if subject is not None:
        standing = standing_of(subject, row.standing)
        if standing.is_void or version.programme.refunds.method != "ask_again":
            return []
        asked = replace(standing.activity, body=standing.body)
        return differences(standing.result, run_again(version, asked, standing.facts))
    if not is_decided_by_rules(row.activity.type):
        return []
    again = run_again(version, row.activity, row.facts)
    return differences(row.result, again) + entry_differences(row.result, decision.entries)


async def _subject(conn: AsyncConnection, row: Row, rows: dict[UUID, Row]) -> Row | None:
    """The sale that an activity amends; None when it amends nothing."""
    if row.of_id is None or "o" not in row.standing:
        return None
    if row.of_id not in rows:
        found = await (await ask_rows(conn, [(row.activity.member_id, row.of_id)])).fetchone()
        assert found is not None
        rows[row.of_id] = row_of(found)
    return rows[row.of_id]


async def _history(conn: AsyncConnection, programme_id: int, member_id: UUID) -> list[tuple[Row, Decision]]:
    """All activities of a member, oldest first."""
    pages: list[tuple[Row, Decision]] = []
    before: int | None = None
    while page := await list_activities(conn, programme_id, member_id, before=before, limit=_PAGE):
        pages += page
        before = page[-1][0].no
        if len(page) < _PAGE:
            break
    return pages[::-1]
