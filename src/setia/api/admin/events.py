"""What was announced, as webhooks deliver it, for whoever would rather ask."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, reply
from setia.api.queries import PAGE
from setia.api.reading import Problems, write_cursor
from setia.api.reads import find_edition
from setia.api.scopes import Scope
from setia.flow.notify import payload
from setia.plumbing.outbox import StoredEvent

door = Door("/v1/admin/programmes/{programme}", "Admin")

_EVENT: Final = {
    "id": "evt_06ghz0k1x8e7jv2m3n4p5q6r7t", "type": "points.earned", "programme": "grocery-tiers",
    "member": examples.MEMBER, "sequence": 17, "occurred_at": examples.Z,
    "data": {"unit": "points", "amount": 23, "pending": 23, "rules": ["earn"]},
}  # fmt: skip


@door.get(
    "/events", Scope.ADMIN_EVENTS_READ, "Events", gives="Events", answer={"events": [_EVENT], "next": "MTA0Mg"},
    queries=PAGE, fails=("invalid", "not_found", "programme_not_published"),
)  # fmt: skip
async def events(call: Call) -> Response:
    """Oldest first, as webhooks deliver them. `next` is always there: ask again with it for what is new."""
    after = _after(call.query["cursor"])
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        cursor = await conn.execute(
            """SELECT id, programme_id, member_id, seq, name, occurred_at, created_at, data FROM outbox
               WHERE programme_id = %s AND id > %s ORDER BY id LIMIT %s""",
            [edition.id, after, call.query["limit"]],
        )
        rows = [StoredEvent(*row) for row in await cursor.fetchall()]
    found = [payload(event, edition) for event in rows]
    return reply({"events": found, "next": write_cursor(str(rows[-1].id if rows else after))})


def _after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 18:
        found = Problems()
        found.say("?cursor", "this is no cursor; send the 'next' of the page before, as it is", "bad_cursor")
        found.raise_any()
    return int(cursor)
