"""Draws as the operator sees them; they close and are drawn by the clock, or with the beacon that was named."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, reply
from setia.api.reading import Problems, read_object, read_text
from setia.api.reads import find_edition
from setia.api.scopes import Scope
from setia.api.writing import Json
from setia.flow.raffles import fetch_record, settle_draw
from setia.values.faults import NotFound

door = Door("/v1/admin/programmes/{programme}", "Admin")

RECORD: Final = {
    "algorithm": "setia-draw-1", "programme": "grocery-tiers", "draw": "new-year", "version": 1,
    "closes_at": examples.Z, "closed_at": examples.Z, "settled_at": examples.Z, "commitment": "ab" * 32,
    "committed_at": examples.Z, "seed": "cd" * 32, "beacon_named": None, "beacon": None, "root": "ef" * 32,
    "prizes": [{"reward": "scooter", "winners": 1}], "alternates": 0,
    "entries": [{"entry": examples.ACTIVITY, "tickets": 2}],
    "places": [{"place": 1, "entry": examples.ACTIVITY, "reward": "scooter", "state": "issued"}],
}  # fmt: skip


@door.get(
    "/draws", Scope.ADMIN_DRAWS, "Draws", gives="DrawRecords", answer={"draws": [RECORD], "open": ["summer"]},
    fails=("not_found", "programme_not_published"),
)  # fmt: skip
async def draws(call: Call) -> Response:
    """The records of those that are closed, as they are published, and the names of those that are open."""
    records: list[Json] = []
    waiting: list[str] = []
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        for name in sorted({name for version in edition.versions for name in version.programme.draws}):
            try:
                records.append(await fetch_record(call.services.engine, conn, edition, name))
            except NotFound:
                waiting.append(name)
    return reply({"draws": records, "open": waiting})


@door.post(
    "/draws/settle", Scope.ADMIN_DRAWS, "Draw now", sends="Settle",
    example={"draw": "new-year", "beacon": "7a1e5f…".replace("…", "0")}, gives="DrawRecord", answer=RECORD,
    fails=("invalid", "not_found", "draw_open", "draw_settled", "beacon_missing", "chance_key_missing"),
)  # fmt: skip
async def settle(call: Call) -> Response:
    """With the value of the beacon that the programme names. A draw is drawn once: what was drawn stands."""
    found = Problems()
    sent = read_object(call.body, ("draw", "beacon"), found)
    name = read_text(sent.get("draw"), "/draw", found)
    beacon = read_text(sent["beacon"], "/beacon", found) if sent.get("beacon") is not None else None
    found.raise_any()
    return reply(await settle_draw(call.services.engine, call.programme, name, beacon))
