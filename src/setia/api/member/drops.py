"""Drops as a member meets them: which there are, one's place in line, and the proof of how the lobby was drawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, reply
from setia.api.faults import NotInLine
from setia.api.reading import version_at
from setia.api.reads import find_edition
from setia.api.scopes import Scope
from setia.api.writing import instant, text
from setia.drops import store
from setia.drops.store import DropRow, PlaceRow
from setia.flow.lines import IN_USE
from setia.language.model import ProductDrop
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.state.line import commitment, lot
from setia.values.faults import NotFound

door = Door("/v1/member", "Member")

_DROP: Final = {
    "drop": "batik-runner", "title": "Batik Runner", "reward": "batik-runner", "state": "lobby",
    "arrive_from": examples.Z, "opens_at": examples.Z, "pieces_left": 500, "admit": 50, "every": "1 minute",
    "pass_for": "10 minutes", "hold_for": "5 minutes", "commitment": "9f86d081884c7d65…", "seed": None,
}  # fmt: skip
_PLACE: Final = {
    "drop": "batik-runner", "state": "waiting", "number": 212, "ahead": 160, "until": None, "arrived_at": examples.Z,
    "pieces_left": 500, "drawn": {"lot": "0f3a…", "seed": "77ab…", "commitment": "9f86…"},
}  # fmt: skip
_FAILS: Final = ("not_found", "programme_not_published")
_Step = Callable[[AsyncConnection, int, ProductDrop, Any, Any], Awaitable[PlaceRow | None]]


@door.get(
    "/drops", Scope.MEMBER_READ, "What is given away, and when?", gives="Drops", answer={"drops": [_DROP]},
    fails=("programme_not_published",),
)  # fmt: skip
async def drops(call: Call) -> Response:
    """`commitment` is the SHA-256 of the secret that the lobby is drawn by; the secret is told once it is open."""
    now = call.services.clock.now()
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        known = version_at(edition, now).drops
        await store.open_drops(conn, edition.id, known, now)
        rows = await store.list_drops(conn, edition.id)
        found = [
            _drop_json(drop, rows[name], await store.count_left(conn, edition.id, drop.reward), call, now)
            for name, drop in known.items()
        ]
    return reply({"drops": found})


@door.get(
    "/drops/{drop}/place", Scope.MEMBER_READ, "Where do I stand?", gives="PlaceInLine", answer=_PLACE,
    fails=(*_FAILS, "not_in_line"),
)  # fmt: skip
async def place(call: Call) -> Response:
    """`state`: `waiting`, `admitted` (claim the reward until `until`), `holding` (it is at the checkout), `taken`,
    `lapsed`, `left`. Ask again as often as you like: it is the same place."""

    async def look(conn: AsyncConnection, programme: int, drop: ProductDrop, member: Any, now: Any) -> PlaceRow | None:
        await store.bring_up(conn, programme, drop, now, waits=False)
        return await store.find_place(conn, programme, drop.name, member)

    return await _step(call, look)


@door.post(
    "/drops/{drop}/place", Scope.MEMBER_REDEEM, "Stand in line", gives="PlaceInLine", answer=_PLACE,
    fails=(*_FAILS, "not_in_line", "member_blocked"),
)  # fmt: skip
async def enter(call: Call) -> Response:
    """From the beginning of the lobby on. Whoever stands in line keeps the place; after a pass that lapsed, or a place
    that was given up, there is a new one at the end."""
    return await _step(call, store.enter)


@door.post(
    "/drops/{drop}/checkout", Scope.MEMBER_REDEEM, "Take the piece to the checkout", gives="PlaceInLine",
    answer={**_PLACE, "state": "holding", "until": examples.Z}, fails=(*_FAILS, "not_in_line"),
)  # fmt: skip
async def checkout(call: Call) -> Response:
    """The pass becomes a hold of its own length, once; then claim the reward by `POST /v1/member/redemptions`."""
    return await _step(call, store.hold)


@door.delete(
    "/drops/{drop}/place", Scope.MEMBER_REDEEM, "Give the place up", gives="PlaceInLine",
    answer={**_PLACE, "state": "left", "number": 212}, fails=(*_FAILS, "not_in_line"),
)  # fmt: skip
async def leave(call: Call) -> Response:
    """A pass is free for the next in line at once."""
    return await _step(call, store.leave)


async def _step(call: Call, step: _Step) -> Response:
    now = call.services.clock.now()
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        drop = _find(edition, call.path["drop"], now)
        found = await step(conn, edition.id, drop, call.member_id, now)
        if found is None:
            raise NotInLine(drop.name)
        row = (await store.list_drops(conn, edition.id))[drop.name]
        left = await store.count_left(conn, edition.id, drop.reward)
        is_ahead = found.state == "waiting" and found.number is not None
        ahead = await store.count_ahead(conn, edition.id, drop.name, found.number or 0) if is_ahead else None
    return reply(_place_json(drop, row, found, left, ahead))


def _find(edition: Edition, name: str, now: Any) -> ProductDrop:
    drop = version_at(edition, now).drops.get(name)
    if drop is None:
        raise NotFound("drop", name)
    return drop


def _drop_json(drop: ProductDrop, row: DropRow, left: int, call: Call, now: Any) -> dict[str, Any]:
    begins = drop.opens - drop.lobby.timedelta()
    return {
        "drop": drop.name,
        "title": text(drop.title, call.language, drop.name),
        "reward": drop.reward,
        "state": "gone" if not left else "open" if now >= drop.opens else "lobby" if now >= begins else "announced",
        "arrive_from": instant(begins),
        "opens_at": instant(drop.opens),
        "pieces_left": left,
        "admit": drop.admit,
        "every": str(drop.every),
        "pass_for": str(drop.pass_for),
        "hold_for": str(drop.hold),
        "commitment": commitment(row.seed),
        "seed": row.seed.hex() if row.drawn_at is not None else None,
    }


def _place_json(drop: ProductDrop, row: DropRow, found: PlaceRow, left: int, ahead: int | None) -> dict[str, Any]:
    is_told = found.is_of_lobby and row.drawn_at is not None
    return {
        "drop": drop.name,
        "state": found.state,
        "number": found.number,
        "ahead": ahead,
        "until": instant(found.until) if found.state in IN_USE else None,
        "arrived_at": instant(found.arrived_at),
        "pieces_left": left,
        "drawn": {
            "lot": lot(row.seed, drop.name, found.member_id).hex(),
            "seed": row.seed.hex(),
            "commitment": commitment(row.seed),
        } if is_told else None,
    }  # fmt: skip
