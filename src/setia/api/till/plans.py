"""Plans at the till and in the shop: sell one, confirm what was paid for it, change and cancel it."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from setia.api import plans
from setia.api.door import Call, Door
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.values.codes import Built

door = Door("/v1/till", "Till")

SOURCE: Final = "till"
_CARD: Final = {"card": "4000123412341234"}


@plans.changing(
    door, "/plans/start", Scope.TILL_PLANS, "A member takes a plan", Built.PLAN_STARTED,
    "TillPlanStart", {"member": _CARD, "plan": "premium", "every": "year"}, plans.START,
)  # fmt: skip
async def start(call: Call) -> Response:
    """The trial begins at once; without one the answer has the invoice, which `/plans/pay` confirms."""
    return await _send(call, Built.PLAN_STARTED)


@plans.changing(
    door, "/plans/pay", Scope.TILL_PLANS, "Confirm that an invoice was paid", Built.PLAN_PAID,
    "TillPlanPay", {"member": _CARD, "amount": "39.99", "reference": "cash, till 7"}, plans.PAY,
)  # fmt: skip
async def pay(call: Call) -> Response:
    """Without `invoice` the open one. `receipt`: the sale that it was part of, so that its return ends the plan."""
    return await _send(call, Built.PLAN_PAID)


@plans.changing(
    door, "/plans/change", Scope.TILL_PLANS, "A member goes on with another price or plan", Built.PLAN_CHANGED,
    "TillPlanChange", {"member": _CARD, "every": "year"}, plans.CHANGE,
)  # fmt: skip
async def change(call: Call) -> Response:
    """At once, with an invoice for the difference, or when the period ends: as the plan says."""
    return await _send(call, Built.PLAN_CHANGED)


@plans.changing(
    door, "/plans/cancel", Scope.TILL_PLANS, "A member cancels a plan", Built.PLAN_CANCELLED,
    "TillPlanCancel", {"member": _CARD}, plans.CANCEL,
)  # fmt: skip
async def cancel(call: Call) -> Response:
    """`?dry_run=true` says what would go back and when the plan would end, and cancels nothing."""
    return await _send(call, Built.PLAN_CANCELLED)


async def _send(call: Call, kind: Built) -> Response:
    sent, data = split(call.body, kind.value)
    return await submit(call, kind.value, data, sent=sent, source=SOURCE)
