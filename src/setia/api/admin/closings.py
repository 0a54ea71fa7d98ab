"""Closed months of the books: what members have, what it costs, and the journal for the general ledger."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, reply
from setia.api.keeping import pack, unpack
from setia.api.reading import Problems, read_object, read_text
from setia.api.reads import find_edition
from setia.api.scopes import Scope
from setia.api.writing import Json, instant, money, units
from setia.flow import closing
from setia.flow.closing import Closed
from setia.language.model import Programme
from setia.ledger.closing import UnitClosed
from setia.ledger.closings import list_closings
from setia.plumbing.db import AsyncConnection

door = Door("/v1/admin/programmes/{programme}", "Admin")

_READ, _WRITE = Scope.ADMIN_SETTLEMENTS_READ, Scope.ADMIN_SETTLEMENTS_WRITE
_FAILS: Final = ("invalid", "not_found", "programme_not_published")
_MONEY: Final = {"amount": "880.00", "currency": "USD"}
_CLOSED: Final = {
    "month": "2026-12", "state": "closed", "known_at": examples.Z, "closed_by": "dewi",
    "units": [{
        "unit": "points", "opening": 90_000, "closing": 100_000, "outstanding": _MONEY, "breakage": _MONEY,
        "liability": _MONEY,
        "journal": [{"movement": "issued", "is_prior": False, "amount": 10_000, "money": _MONEY,
                     "debit": "deferred_revenue", "credit": "liability"}],
    }],
}  # fmt: skip


@door.get(
    "/closings", _READ, "Closed months", gives="Closings",
    answer={"closings": [{name: _CLOSED[name] for name in ("month", "known_at", "closed_by")}]}, fails=_FAILS,
)  # fmt: skip
async def closings(call: Call) -> Response:
    """Oldest first; what they came to is at their own addresses."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        found = await list_closings(conn, edition.id)
    rows = [{"month": row.month, "known_at": instant(row.known_at), "closed_by": row.closed_by} for row in found]
    return reply({"closings": rows})


@door.get(
    "/closings/{month}", _READ, "The books of a month", gives="MonthClosed", answer=_CLOSED,
    fails=(*_FAILS, "month_closed"),
)  # fmt: skip
async def report(call: Call) -> Response:
    """As it was closed; or, while it is `open`, as it stands now.

    Of each unit the balance of `liability` in the general ledger is what is outstanding less breakage, to the cent.
    """
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        found = await closing.look(conn, edition, call.path["month"])
    return reply(_closed(edition.versions[-1].programme, found))


@door.post(
    "/closings/{month}/close", _WRITE, "Close the books of a month for good", sends="Closing", example={"by": "dewi"},
    gives="MonthClosed", answer=_CLOSED, fails=(*_FAILS, "month_not_over", "month_closed", "idempotency_mismatch"),
)  # fmt: skip
async def close(call: Call) -> Response:
    """Closing it again gives the same. What is recorded later for that time is in the next month, as `is_prior`."""
    found = Problems()
    sent = read_object(call.body, ("by",), found)
    by = (read_text(sent["by"], "/by", found) or "") if sent.get("by") is not None else call.key.name
    found.raise_any()

    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
    services = call.services
    closed = await closing.close(services.pool, edition, call.path["month"], services.clock, by=by)

    async def work(conn: AsyncConnection) -> bytes:
        return pack(_closed(edition.versions[-1].programme, closed), 200)

    done = await services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)


def _closed(programme: Programme, found: Closed) -> Json:
    return {
        "month": found.month,
        "state": "open" if found.closing is None else "closed",
        "known_at": None if found.closing is None else instant(found.closing.known_at),
        "closed_by": "" if found.closing is None else found.closing.closed_by,
        "units": [_unit(programme, unit) for unit in found.units],
    }


def _unit(programme: Programme, found: UnitClosed) -> Json:
    return {
        "unit": found.unit,
        "opening": units(programme, found.unit, found.opening),
        "closing": units(programme, found.unit, found.closing),
        "outstanding": money(programme, found.closing_money),
        "breakage": money(programme, found.breakage),
        "liability": money(programme, found.liability),
        "journal": [
            {
                "movement": line.movement,
                "is_prior": line.is_prior,
                "amount": units(programme, found.unit, line.steps),
                "money": money(programme, abs(line.money)),
                "debit": line.debit,
                "credit": line.credit,
            }
            for line in found.lines
        ],
    }
