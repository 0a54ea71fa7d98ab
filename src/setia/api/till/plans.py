"""Plans at the till and in the shop: sell one, confirm what was paid for it, change and cancel it."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from setia.api import examples, plans
from setia.api.door import Call, Door
from setia.api.queries import DRY_RUN
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.values.codes import Built

door = Door("/v1/till", "Till")

SOURCE: Final = "till"
_CARD: Final = {"card": "4000123412341234"}


@door.post(
    "/plans/start", Scope.TILL_PLANS, "A member takes a plan",
    sends="TillPlanStart", example={"member": _CARD, "plan": "premium", "every": "year"}, gives="Decision",
    answer=examples.decided("plan.started", plan=plans.EXAMPLE_PLAN), queries=(DRY_RUN,),
    fails=(*plans.WRITE, *plans.START),
)  # fmt: skip
async def start(call: Call) -> Response:
    """The trial begins at once; without one the answer has the invoice, which `/plans/pay` confirms."""
    return await _send(call, Built.PLAN_STARTED)


@door.post(
    "/plans/pay", Scope.TILL_PLANS, "Confirm that an invoice was paid",
    sends="TillPlanPay", example={"member": _CARD, "amount": "39.99", "reference": "cash, till 7"}, gives="Decision",
    answer=examples.decided("plan.paid", plan=plans.EXAMPLE_PLAN), queries=(DRY_RUN,),
    fails=(*plans.WRITE, *plans.PAY),
)  # fmt: skip
async def pay(call: Call) -> Response:
    """Without `invoice` the open one. `receipt`: the sale that it was part of, so that its return ends the plan."""
    return await _send(call, Built.PLAN_PAID)


@door.post(
    "/plans/change", Scope.TILL_PLANS, "A member goes on with another price or plan",
    sends="TillPlanChange", example={"member": _CARD, "every": "year"}, gives="Decision",
    answer=examples.decided("plan.changed", plan=plans.EXAMPLE_PLAN), queries=(DRY_RUN,),
    fails=(*plans.WRITE, *plans.CHANGE),
)  # fmt: skip
async def change(call: Call) -> Response:
    """At once, with an invoice for the difference, or when the period ends: as the plan says."""
    return await _send(call, Built.PLAN_CHANGED)


@door.post(
    "/plans/cancel", Scope.TILL_PLANS, "A member cancels a plan",
    sends="TillPlanCancel", example={"member": _CARD}, gives="Decision",
    answer=examples.decided("plan.cancelled", plan=plans.EXAMPLE_PLAN), queries=(DRY_RUN,),
    fails=(*plans.WRITE, *plans.CANCEL),
)  # fmt: skip
async def cancel(call: Call) -> Response:
    """`?dry_run=true` says what would go back and when the plan would end, and cancels nothing."""
    return await _send(call, Built.PLAN_CANCELLED)


async def _send(call: Call, kind: Built) -> Response:
    sent, data = split(call.body, kind.value)
    return await submit(call, kind.value, data, sent=sent, source=SOURCE)
