"""What a member does with a plan: look, join, pay, change, cancel."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from setia.api import plans
from setia.api.door import Call, Door, reply
from setia.api.faults import NoProvider
from setia.api.reading import Problems, read_object, read_text
from setia.api.reads import look
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.memberships.store import find_method, list_invoices
from setia.plumbing.payments import Asked
from setia.plumbing.stripe import NAME as STRIPE
from setia.plumbing.stripe import Stripe
from setia.values.codes import Built
from setia.values.faults import Conflict, NotFound

door = Door("/v1/member", "Member")

_READ: Final = ("not_found", "programme_not_published")
SOURCE: Final = "member"


@door.get(
    "/plans", Scope.MEMBER_READ, "Which plans are there, and which have I?", gives="Plans",
    answer={"plan": plans.EXAMPLE_PLAN, "plans": [plans.EXAMPLE_OFFER]}, fails=_READ,
)  # fmt: skip
async def offers(call: Call) -> Response:
    """What they cost, how long they can be tried, and what goes back when they are cancelled."""
    picture = await look(call.services, call.programme, call.member_id)
    return reply({"plan": plans.member_plan_json(picture), "plans": plans.offers_json(picture, call.language)})


@plans.changing(
    door, "/plan", Scope.MEMBER_PLANS, "Take a plan", Built.PLAN_STARTED,
    "PlanStart", {"plan": "premium", "every": "year"}, plans.START,
)  # fmt: skip
async def start(call: Call) -> Response:
    """The trial begins at once; without one the answer has the invoice. Taken again, a cancelled one goes on."""
    return await _send(call, Built.PLAN_STARTED)


@plans.changing(
    door, "/plan/change", Scope.MEMBER_PLANS, "Go on with another price or plan", Built.PLAN_CHANGED,
    "PlanChange", {"every": "year"}, plans.CHANGE,
)  # fmt: skip
async def change(call: Call) -> Response:
    """At once, with an invoice for the difference, or when the period ends: as the plan says."""
    return await _send(call, Built.PLAN_CHANGED)


@plans.changing(
    door, "/plan/cancel", Scope.MEMBER_PLANS, "Cancel the plan", Built.PLAN_CANCELLED,
    "PlanCancel", {}, plans.CANCEL,
)  # fmt: skip
async def cancel(call: Call) -> Response:
    """`?dry_run=true` says what would go back and when the plan would end, and cancels nothing."""
    return await _send(call, Built.PLAN_CANCELLED)


@door.get(
    "/invoices", Scope.MEMBER_READ, "What was asked of me, and paid?", gives="Invoices",
    answer={"invoices": [plans.EXAMPLE_INVOICE]}, fails=_READ,
)  # fmt: skip
async def invoices(call: Call) -> Response:
    """Newest first, each with the period that it paid for and its payment."""
    picture = await look(call.services, call.programme, call.member_id)
    async with call.services.pool.connection() as conn:
        found = await list_invoices(conn, picture.edition.id, call.member_id)
    return reply({"invoices": [plans.invoice_json(picture.programme, *row) for row in found]})


@door.post(
    "/plan/checkout", Scope.MEMBER_PLANS, "A page to pay the open invoice on",
    sends="Checkout", example={"success_url": "https://shop.example/thanks", "cancel_url": "https://shop.example/plans"},
    gives="CheckoutPage", answer={"url": "https://checkout.stripe.com/c/pay/cs_test_a1"},
    fails=("invalid", "not_found", "conflict", "provider_missing"),
)  # fmt: skip
async def checkout(call: Call) -> Response:
    """The payment is told to us by the provider, and the card is kept with it for renewals. 503 while it is away."""
    found = Problems()
    sent = read_object(call.body, ("success_url", "cancel_url"), found)
    urls = {name: read_text(sent.get(name), f"/{name}", found) for name in ("success_url", "cancel_url")}
    found.raise_any()
    provider = call.services.cashier.providers.get(STRIPE)
    if not isinstance(provider, Stripe):
        raise NoProvider
    picture = await look(call.services, call.programme, call.member_id)
    membership = picture.progress.membership
    invoice = None if membership is None else membership.invoice
    if invoice is None:
        raise NotFound("open invoice", "of the member")
    async with call.services.pool.connection() as conn:
        method = await find_method(conn, call.programme, call.member_id)
    tags = {"setia_programme": call.programme, "setia_member": call.member_id.hex, "setia_invoice": invoice.id}
    title = picture.programme.plans[invoice.plan].title if invoice.plan in picture.programme.plans else {}
    asked = Asked(
        f"{invoice.id}-page-{invoice.amount}", invoice.amount, picture.programme.currency,
        title.get(call.language) or next(iter(title.values()), invoice.plan), tags,
        method.customer if method is not None and method.provider == STRIPE else "",
    )  # fmt: skip
    url, outcome = await provider.checkout(asked, **urls)
    if not url:
        raise Conflict(f"the payment page could not be made: {outcome.reason}; try again")
    return reply({"url": url})


async def _send(call: Call, kind: Built) -> Response:
    _, data = split(call.body, kind.value)
    sent: dict[str, Any] = {}
    return await submit(call, kind.value, data, sent=sent, member_id=call.member_id, source=SOURCE)
