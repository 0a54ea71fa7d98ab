"""Causes for the operator: what each has got, and the batches in which it is paid."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from setia.api import examples
from setia.api.causes import PAYOUT, RECEIPT, payout_json
from setia.api.door import Call, Door, reply
from setia.api.keeping import pack, unpack
from setia.api.reading import Problems, read_object, read_text
from setia.api.reads import find_edition
from setia.api.scopes import Scope
from setia.causes.store import list_payouts
from setia.flow import payouts
from setia.plumbing.db import AsyncConnection
from setia.values.faults import NotFound

door = Door("/v1/admin/programmes/{programme}", "Admin")

_READ, _WRITE = Scope.ADMIN_SETTLEMENTS_READ, Scope.ADMIN_SETTLEMENTS_WRITE
_FAILS: Final = ("not_found", "programme_not_published")
_GIFT: Final = {**RECEIPT, "member": examples.MEMBER, "state": "paid_out"}
_OPEN: Final = {**PAYOUT, "batch": None, "state": "open", "closed_at": None, "closed_by": ""}


@door.get("/causes", _READ, "What causes have got", gives="Payouts", answer={"payouts": [_OPEN]}, fails=_FAILS)
async def opened(call: Call) -> Response:
    """Of every cause that some version has: what was given since its last batch."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        found = [await payouts.look(conn, edition, cause.name) for cause in payouts.all_causes(edition)]
    return reply({"payouts": [payout_json(edition, one, call.language) for one in found]})


@door.get(
    "/causes/{cause}/payouts", _READ, "The batches of a cause", gives="Payouts", answer={"payouts": [PAYOUT]},
    fails=_FAILS,
)  # fmt: skip
async def batches(call: Call) -> Response:
    """Oldest first; the gifts of each are at its own address."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        cause = payouts.find_cause(edition, call.path["cause"])
        found = await list_payouts(conn, edition.id, cause.name)
    return reply({"payouts": [payout_json(edition, one, call.language) for one in found]})


@door.get(
    "/causes/{cause}/payouts/{number}", _READ, "The statement of a batch", gives="Payout",
    answer={**PAYOUT, "gifts": [_GIFT]}, fails=_FAILS,
)  # fmt: skip
async def batch(call: Call) -> Response:
    """Every gift with its receipt; number 0 is what is open."""
    said = call.path["number"]
    if not said.isdecimal() or len(said) > 9:
        raise NotFound("payout", said[:40])
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        found = await payouts.look(conn, edition, call.path["cause"], int(said) or None)
    return reply(payout_json(edition, found, call.language, with_gifts=True))


@door.post(
    "/causes/{cause}/payouts", _WRITE, "Close a batch for good", sends="Closing", example={"by": "dewi"},
    gives="Payout", answer={**PAYOUT, "gifts": [_GIFT]}, fails=("invalid", *_FAILS, "idempotency_mismatch"),
)  # fmt: skip
async def close(call: Call) -> Response:
    """All that was given since the last one. Where nothing was, the last batch is the answer."""
    found = Problems()
    sent = read_object(call.body, ("by",), found)
    by = (read_text(sent["by"], "/by", found) or "") if sent.get("by") is not None else call.key.name
    found.raise_any()

    async def work(conn: AsyncConnection) -> bytes:
        edition = await find_edition(call.services, conn, call.programme)
        now = call.services.clock.now()
        paid = await payouts.close(conn, edition, call.path["cause"], at=now, by=by)
        return pack(payout_json(edition, paid, call.language, with_gifts=True), 200)

    done = await call.services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)
