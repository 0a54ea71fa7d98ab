"""Causes at the till: a member gives what they have."""

from __future__ import annotations

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door
from setia.api.queries import DRY_RUN
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.values.codes import Built

door = Door("/v1/till", "Till")


@door.post(
    "/donations", Scope.TILL_REDEEM, "A member gives to a cause",
    sends="Donation", example={"member": {"card": "4000123412341234"}, "cause": "school", "amount": 500},
    gives="Decision", answer=examples.decided("points.donated", changes={"points": {"available": -500}}),
    queries=(DRY_RUN,),
    fails=("invalid", "not_found", "idempotency_mismatch", "programme_paused", "member_blocked", "cause_unknown",
           "cause_closed", "cause_not_eligible", "donation_amount_wrong", "insufficient_balance"),
)  # fmt: skip
async def give(call: Call) -> Response:
    """So many units, or `all`. `gift` has the receipt and the money; `?dry_run=true` says what it would be."""
    sent, data = split(call.body, Built.DONATED.value)
    return await submit(call, Built.DONATED.value, data, sent=sent, source="till")
