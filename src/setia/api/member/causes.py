"""What a member does for causes: look, give, take back, always give a share."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from setia.api import examples
from setia.api.causes import CAUSE, RECEIPT, causes_json, donation_json, read_receipt, receipt_json
from setia.api.door import Call, Door, reply
from setia.api.queries import DRY_RUN
from setia.api.reading import Problems, read_object
from setia.api.reads import look
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.causes.store import Donation, find_receipt, list_of_member
from setia.flow.stored import fetch_activity
from setia.plumbing.db import AsyncConnection
from setia.values.codes import Built
from setia.values.faults import NotFound

door = Door("/v1/member", "Member")

_READ: Final = ("not_found", "programme_not_published")
_WRITE: Final = ("invalid", "idempotency_mismatch", "programme_paused", "member_blocked")
SOURCE: Final = "member"


@door.get(
    "/causes", Scope.MEMBER_READ, "To which causes can I give?", gives="Causes",
    answer={"causes": [CAUSE], "giving": {"cause": "school", "percent": "10.00"}}, fails=_READ,
)  # fmt: skip
async def causes(call: Call) -> Response:
    """Those that are for the member, what they get for a unit, and what is left to be added; and the share that the
    member always gives."""
    picture = await look(call.services, call.programme, call.member_id)
    return reply(causes_json(picture, call.language))


@door.post(
    "/donations", Scope.MEMBER_REDEEM, "Give to a cause",
    sends="MemberDonation", example={"cause": "school", "amount": 500}, gives="Decision",
    answer=examples.decided("points.donated", changes={"points": {"available": -500}}), queries=(DRY_RUN,),
    fails=(*_WRITE, "cause_unknown", "cause_closed", "cause_not_eligible", "donation_amount_wrong",
           "insufficient_balance"),
)  # fmt: skip
async def give(call: Call) -> Response:
    """So many units, or `all`; `gift` has the receipt. `?dry_run=true` says what the cause would get."""
    _, data = split(call.body, Built.DONATED.value)
    return await submit(call, Built.DONATED.value, data, member_id=call.member_id, source=SOURCE)


@door.get(
    "/donations", Scope.MEMBER_READ, "What have I given?", gives="Donations", answer={"donations": [RECEIPT]},
    fails=_READ,
)  # fmt: skip
async def donations(call: Call) -> Response:
    """The latest fifty, newest first; gifts that were taken back are `void`."""
    picture = await look(call.services, call.programme, call.member_id)
    async with call.services.pool.connection() as conn:
        found = await list_of_member(conn, picture.edition.id, call.member_id)
    return reply({"donations": [donation_json(picture.edition, gift, call.language) for gift in found]})


@door.get(
    "/donations/{receipt}", Scope.MEMBER_READ, "A receipt", gives="Receipt", answer={**RECEIPT, "text": ["…"]},
    fails=_READ,
)  # fmt: skip
async def receipt(call: Call) -> Response:
    """What was given, what the cause got for it, and its text in the language asked for."""
    picture = await look(call.services, call.programme, call.member_id)
    async with call.services.pool.connection() as conn:
        found = await _find(conn, picture.edition.id, call)
    return reply(receipt_json(picture.edition, found, call.language))


@door.post(
    "/donations/{receipt}/cancel", Scope.MEMBER_REDEEM, "Take a gift back", sends="Nothing", example={},
    gives="Decision", answer=examples.decided("donation.cancelled", restored={"points": 500}), queries=(DRY_RUN,),
    fails=(*_WRITE, "not_found", "already_returned", "already_paid_out"),
)  # fmt: skip
async def cancel(call: Call) -> Response:
    """Until it is paid out. The units come back, and the receipt is void."""
    found = Problems()
    read_object(call.body, (), found)
    found.raise_any()
    picture = await look(call.services, call.programme, call.member_id)
    async with call.services.pool.connection() as conn:
        gift = await _find(conn, picture.edition.id, call)
        row, _ = await fetch_activity(conn, picture.edition.id, gift.activity_id, call.member_id)
    data: dict[str, Any] = {"of": {"source": row.activity.source, "external_id": row.activity.external_id}}
    return await submit(call, Built.UNDONATE.value, data, member_id=call.member_id, source=SOURCE)


@door.post(
    "/giving", Scope.MEMBER_REDEEM, "Always give a share of what I earn",
    sends="Giving", example={"cause": "school", "percent": "10"}, gives="Decision",
    answer=examples.decided("giving.changed"), queries=(DRY_RUN,),
    fails=(*_WRITE, "cause_unknown", "cause_closed", "cause_not_eligible"),
)  # fmt: skip
async def giving(call: Call) -> Response:
    """Of what purchases earn from now on. With `percent` 0 it ends."""
    _, data = split(call.body, Built.GIVING.value)
    return await submit(call, Built.GIVING.value, data, member_id=call.member_id, source=SOURCE)


async def _find(conn: AsyncConnection, programme_id: int, call: Call) -> Donation:
    year, number = read_receipt(call.path["receipt"])
    found = await find_receipt(conn, programme_id, year, number)
    if found is None or found.member_id != call.member_id:
        raise NotFound("receipt", call.path["receipt"])
    return found
