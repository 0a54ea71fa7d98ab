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
from setia.api.writing import activity_id, instant
from setia.values.ids import public_id

door = Door("/v1/admin/programmes/{programme}", "Admin")

_EVENT: Final = {
    "id": "evt_1042", "name": "points.earned", "member": examples.MEMBER, "activity": examples.ACTIVITY,
    "occurred_at": examples.Z, "sequence": 17,
    "data": {"unit": "points", "amount": 23, "pending": 23, "rules": ["earn"]},
}  # fmt: skip


@door.get(
    "/events", Scope.ADMIN_EVENTS_READ, "Events", gives="Events", answer={"events": [_EVENT], "next": "MTA0Mg"},
    queries=PAGE, fails=("invalid", "not_found", "programme_not_published"),
)  # fmt: skip
async def events(call: Call) -> Response:
    """Oldest first, amounts in the smallest steps of their unit. `next` is always there: ask again with it for news."""
    after = _after(call.query["cursor"])
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        cursor = await conn.execute(
            """SELECT id, name, member_id, activity_id, occurred_at, seq, data FROM outbox
               WHERE programme_id = %s AND id > %s ORDER BY id LIMIT %s""",
            [edition.id, after, call.query["limit"]],
        )
        rows = await cursor.fetchall()
    found = [
        {"id": f"evt_{id_}", "name": name, "member": public_id("mem", member), "activity": activity_id(activity),
         "occurred_at": instant(at), "sequence": seq, "data": data}
        for id_, name, member, activity, at, seq, data in rows
    ]  # fmt: skip
    return reply({"events": found, "next": write_cursor(str(rows[-1][0] if rows else after))})


def _after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 18:
        found = Problems()
        found.say("?cursor", "this is no cursor; send the 'next' of the page before, as it is", "bad_cursor")
        found.raise_any()
    return int(cursor)
