"""The proof behind every entry: each activity of the book is decided again from what was stored with it."""

# ruff: noqa: S608 - every part of a statement is a LiteralString, which the type checker proves

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from setia.flow.again import ERASED, MemberCheck, differences, entry_differences, is_decided_by_rules, run_again
from setia.flow.stored import ROW, Row, row_of, standing_of
from setia.flow.work import Version
from setia.ledger.plan import Entry
from setia.ledger.store import ENTRY, entry_of
from setia.ledger.verify import Again, Finding
from setia.plumbing.db import AsyncConnection
from setia.programmes.store import Catalogue, list_pauses, list_programmes
from setia.values.activities import Activity
from setia.values.codes import Built
from setia.values.ids import public_id
from setia.values.pauses import Pauses

MEMBERS_AT_A_TIME: Final = 50
CODE_DECIDED: Final = "decided_otherwise"
CODE_BOOKED: Final = "booked_otherwise"
_MOST: Final = 100


def verify_decisions(catalogue: Catalogue) -> Again:
    """What ``ledger.verify`` calls to decide every activity once more; reads the whole book.

    Yields ``decided_otherwise`` where an activity's stored facts no longer give its stored result, and
    ``booked_otherwise`` where entries do not follow from the result or from the entries before them; at most 100.
    """

    async def again(conn: AsyncConnection, programme: int | None) -> AsyncIterator[Finding]:
        count = 0
        for row in await list_programmes(conn):
            if programme not in (None, row.id) or not row.latest:
                continue
            edition = await catalogue.load(conn, row.name)
            versions = {v.number: Version(v.number, v.effective_at, v.programme) for v in edition.versions}
            async for finding in _prove(conn, row.id, versions, await list_pauses(conn, row.id)):
                yield finding
                count += 1
                if count >= _MOST:
                    return

    return again


async def _prove(
    conn: AsyncConnection, programme_id: int, versions: dict[int, Version], pauses: Pauses
) -> AsyncIterator[Finding]:
    after: UUID | None = None
    newest = versions[max(versions)].programme
    while True:
        cursor = await conn.execute(
            """SELECT member_id FROM member_states
               WHERE programme_id = %(programme)s AND (%(after)s::uuid IS NULL OR member_id > %(after)s::uuid)
               ORDER BY member_id LIMIT %(limit)s""",
            {"programme": programme_id, "after": after, "limit": MEMBERS_AT_A_TIME},
        )
        members = [row[0] for row in await cursor.fetchall()]
        if not members:
            return
        after = members[-1]
        rows = await conn.execute(
            f"""SELECT {ROW} FROM activities a WHERE a.member_id = ANY (%s) AND a.programme_id = %s
                ORDER BY a.member_id, a.no""",
            [members, programme_id],
            binary=True,
        )
        moved = await conn.execute(
            f"""SELECT e.member_id, e.activity_id, {ENTRY} FROM entries e
                WHERE e.member_id = ANY (%s) AND e.programme_id = %s ORDER BY e.member_id, e.no""",
            [members, programme_id],
            binary=True,
        )
        entries: dict[UUID, list[tuple[UUID, Entry]]] = {}
        for member_id, activity_id, *rest in await moved.fetchall():
            entries.setdefault(member_id, []).append((activity_id, entry_of(rest)))
        found = [row_of(row) for row in await rows.fetchall()]
        elsewhere = await _elsewhere(conn, programme_id, found)
        for member_id, of_member in groupby(found, _member):
            booked = entries.get(member_id, [])
            for message in MemberCheck(newest, pauses).check(entry for _, entry in booked):
                yield Finding(CODE_BOOKED, f"{public_id('mem', member_id)}: {message}", {"member": member_id.hex})
            for finding in _Member(versions, dict(elsewhere)).check(of_member, booked):
                yield finding


async def _elsewhere(conn: AsyncConnection, programme_id: int, rows: Sequence[Row]) -> dict[UUID, Activity]:
    """The activities that rows amend, but that are in the books of others: of members who were merged."""
    own = {(row.activity.member_id, row.activity.id) for row in rows}
    wanted = {
        row.of_id
        for row in rows
        if row.of_id is not None and "r" in row.standing and (row.activity.member_id, row.of_id) not in own
    }
    if not wanted:
        return {}
    cursor = await conn.execute(
        f"SELECT {ROW} FROM activities a WHERE a.id = ANY (%s) AND a.programme_id = %s",
        [sorted(wanted), programme_id],
        binary=True,
    )
    return {row.activity.id: row.activity for row in map(row_of, await cursor.fetchall())}


def _member(row: Row) -> UUID:
    return row.activity.member_id


@dataclass(slots=True)
class _Member:
    """One member's activities, in the order in which they were decided."""

    versions: dict[int, Version]
    seen: dict[UUID, Activity] = field(default_factory=dict)

    def check(self, rows: Iterable[Row], booked: Iterable[tuple[UUID, Entry]]) -> Iterator[Finding]:
        """What comes out otherwise now."""
        entries: dict[UUID, list[Entry]] = {}
        for activity_id, entry in booked:
            entries.setdefault(activity_id, []).append(entry)
        for row in rows:
            self.seen[row.activity.id] = row.activity
            if row.status != "accepted":
                continue
            own = entries.get(row.activity.id, [])
            amends = "r" in row.standing
            if row.facts.get(ERASED) or row.standing.get("f", {}).get(ERASED):
                problems = []  # what was known of the person is gone, what was booked is not
            elif amends:
                problems = list(self._amended(row))
            elif is_decided_by_rules(row.activity.type):
                problems = differences(row.result, run_again(self.versions[row.version], row.activity, row.facts))
            else:
                problems = []
            yield from (_finding(CODE_DECIDED, row, problem) for problem in problems)
            if not amends and is_decided_by_rules(row.activity.type):
                yield from (_finding(CODE_BOOKED, row, problem) for problem in entry_differences(row.result, own))

    def _amended(self, row: Row) -> list[str]:
        """The amended activity, asked once more with what is left of it; a share that was taken off has no rules."""
        standing = standing_of(row)
        first = self.seen.get(row.of_id) if row.of_id is not None else None
        if first is None:
            return [f"it amends the activity {row.of_id}, which is not in the book before it"]
        version = self.versions[standing.version]
        by_share = version.programme.refunds.method == "proportional" and row.activity.type == Built.RETURN.value
        if standing.is_void or by_share or "first_awards" in standing.facts:
            return []
        return differences(standing.result, run_again(version, replace(first, body=standing.body), standing.facts))


def _finding(code: str, row: Row, problem: str) -> Finding:
    activity = row.activity
    data: dict[str, Any] = {"activity": str(activity.id), "member": public_id("mem", activity.member_id)}
    return Finding(code, f"{activity.type} '{activity.external_id}' of {data['member']}: {problem}", data)
