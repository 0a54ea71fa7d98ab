"""Invoices and payments of plans: who owes what, what was paid, what people have to move by hand."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from setia.api import plans
from setia.api.admin.members import path_member
from setia.api.door import Call, Door, Query, reply
from setia.api.keeping import pack, unpack
from setia.api.reading import Problems, read_object
from setia.api.reads import find_edition, look
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.memberships.store import find_order, list_invoices, list_orders, settle_order
from setia.plumbing.db import AsyncConnection
from setia.values.codes import Built
from setia.values.faults import Conflict, NotFound

door = Door("/v1/admin/programmes/{programme}", "Admin")

_FAILS: Final = ("invalid", "not_found", "programme_not_published")
_STATES: Final = ("waiting", "sent", "done", "failed", "by_hand", "dropped")


def _state(text: str, pointer: str, problems: Problems) -> str | None:
    if text not in _STATES:
        problems.say(pointer, f"expected one of {', '.join(_STATES)}", "not_one_of")
    return text


_STATE: Final = Query("state", _state, {"type": "string", "enum": list(_STATES)}, "Only those in this state.")


@door.get(
    "/members/{member}/invoices", Scope.ADMIN_MEMBERS_READ, "A member's invoices and payments", gives="Invoices",
    answer={"invoices": [plans.EXAMPLE_INVOICE]}, fails=_FAILS,
)  # fmt: skip
async def invoices(call: Call) -> Response:
    """Newest first, each with the period that it paid for, what is tax of it, and its payment."""
    picture = await look(call.services, call.programme, path_member(call))
    async with call.services.pool.connection() as conn:
        found = await list_invoices(conn, picture.edition.id, picture.member.id)
    return reply({"invoices": [plans.invoice_json(picture.programme, *row) for row in found]})


@plans.changing(
    door, "/members/{member}/plan/pay", Scope.ADMIN_PAYMENTS, "Confirm that an invoice was paid", Built.PLAN_PAID,
    "PlanPay", {"invoice": plans.INVOICE_ID, "amount": "39.99", "reference": "transfer of 3 May"}, plans.PAY,
)  # fmt: skip
async def pay(call: Call) -> Response:
    """A bank transfer that came in, say. Without `invoice` the open one."""
    return await _send(call, Built.PLAN_PAID)


@plans.changing(
    door, "/members/{member}/plan/refund", Scope.ADMIN_PAYMENTS, "Give a payment back", Built.PLAN_REFUNDED,
    "PlanRefund", {"invoice": plans.INVOICE_ID, "amount": "10.00", "reason": "goodwill"},
    ("payment_unknown", "refund_exceeded"),
)  # fmt: skip
async def refund(call: Call) -> Response:
    """All that is left of it, or `amount`. The plan ends with a payment that is all given back.

    `is_done`: the money has gone back already; else whoever took it is asked to give it back.
    """
    return await _send(call, Built.PLAN_REFUNDED)


@door.get(
    "/payments", Scope.ADMIN_PAYMENTS, "What providers and people are asked for", gives="PaymentOrders",
    answer={"orders": [plans.EXAMPLE_ORDER]}, queries=(_STATE,), fails=_FAILS,
)  # fmt: skip
async def orders(call: Call) -> Response:
    """Oldest first, at most 100. `by_hand`: somebody has to move the money and say so."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        found = await list_orders(conn, edition.id, state=call.query["state"])
    programme = edition.versions[-1].programme
    return reply({"orders": [plans.order_json(programme, order) for order in found]})


@door.post(
    "/payments/{order}/done", Scope.ADMIN_PAYMENTS, "Money was given back by hand",
    sends="PaymentDone", example={"by": "dewi"}, gives="PaymentOrder",
    answer={**plans.EXAMPLE_ORDER, "state": "done"}, fails=("invalid", "not_found", "conflict", "idempotency_mismatch"),
)  # fmt: skip
async def done(call: Call) -> Response:
    """For refunds that are `by_hand`; a charge is settled by confirming that its invoice was paid."""
    found = Problems()
    sent = read_object(call.body, ("by",), found)
    found.raise_any()
    number = call.path["order"]
    who = str(sent.get("by") or call.key.name)[:100]

    async def work(conn: AsyncConnection) -> bytes:
        edition = await find_edition(call.services, conn, call.programme)
        order = await find_order(conn, edition.id, int(number)) if _is_number(number) else None
        if order is None:
            raise NotFound("payment order", number)
        if order.state != "by_hand" or order.kind != "refund":
            raise Conflict(
                f"order {order.id} is a {order.kind} that is {order.state}: only refunds by hand are done here"
            )
        await settle_order(conn, order, "done", call.services.clock.now(), reason=f"by {who}")
        after: Any = await find_order(conn, edition.id, order.id)
        return pack(plans.order_json(edition.versions[-1].programme, after))

    kept = await call.services.engine.once(call.request_key(), work)
    return unpack(kept.response, is_replay=kept.is_replay)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18


async def _send(call: Call, kind: Built) -> Response:
    member_id = path_member(call)
    _, data = split(call.body, kind.value)
    if "by" not in data:
        data = {**data, "by": call.key.name}
    return await submit(call, kind.value, data, member_id=member_id, source="admin")
