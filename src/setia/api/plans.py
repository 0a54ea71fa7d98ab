"""Plans as the API writes them: what is on offer, how a member's plan stands, invoices and what providers are asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from setia.api import examples
from setia.api.door import Door, Handler
from setia.api.queries import DRY_RUN
from setia.api.reads import Picture
from setia.api.scopes import Scope
from setia.api.standings import invoice_id, money, plan_json
from setia.api.writing import Json, instant, text, units
from setia.flow.plans import standing_json
from setia.language.benefits import Plan
from setia.language.model import Programme
from setia.memberships.store import InvoiceRow, OrderRow, PaymentRow
from setia.values.codes import Built
from setia.values.ids import public_id

WRITE: Final = ("invalid", "not_found", "idempotency_mismatch", "programme_paused", "member_blocked")
START: Final = ("plan_unknown", "plan_closed", "plan_running", "insufficient_balance")
CHANGE: Final = ("plan_unknown", "plan_closed", "plan_running", "plan_not_running")
CANCEL: Final = ("plan_not_running", "plan_already_cancelled")
PAY: Final = ("invoice_not_open", "payment_mismatch")


def changing(
    door: Door, path: str, scope: Scope, summary: str, kind: Built, sends: str, example: Json, fails: tuple[str, ...]
) -> Callable[[Handler], Handler]:
    """A door through which a member's plan is changed: it answers with the decision and how the plan then stands."""
    return door.post(
        path, scope, summary, sends=sends, example=example, gives="Decision",
        answer=examples.decided(kind.value, plan=EXAMPLE_PLAN), queries=(DRY_RUN,), fails=(*WRITE, *fails),
    )  # fmt: skip


INVOICE_ID: Final = "inv_06ghz0k1x8e7jv2m3n4p5q6r7s"
_USD: Final = {"amount": "39.99", "currency": "USD"}
EXAMPLE_PLAN: Final[Json] = {
    "name": "premium", "is_active": True, "kind": "paid", "every": "year", "starts_at": "2026-05-01T05:00:00Z",
    "ends_at": "2027-05-01T05:00:00Z", "until": "2027-05-01T05:00:00Z",
    "used": {"amount": "4.99", "currency": "USD"}, "renews": {"plan": "premium", "every": "year"},
}  # fmt: skip
EXAMPLE_OFFER: Final[Json] = {
    "name": "premium", "title": "Premium", "prices": [{"every": "year", "fee": _USD}], "costs": {}, "lasts": None,
    "trial": "30 days", "grace": "7 days", "can_start": True,
    "cancel": {"refund": "pro_rata", "within": "30 days", "ends": "at_once"},
}  # fmt: skip
EXAMPLE_INVOICE: Final[Json] = {
    "id": INVOICE_ID, "plan": "premium", "every": "year", "kind": "start", "state": "paid", "fee": _USD,
    "credit": {"amount": "0.00", "currency": "USD"}, "amount": _USD, "tax": {"amount": "0.00", "currency": "USD"},
    "opened_at": "2026-05-01T05:00:00Z", "due_at": "2026-05-01T05:00:00Z", "lapses_at": "2026-05-31T05:00:00Z",
    "settled_at": "2026-05-01T05:02:00Z",
    "period": {"from": "2026-05-01T05:02:00Z", "until": "2027-05-01T05:02:00Z"},
    "payment": {"provider": "manual", "reference": "", "amount": _USD, "received_at": "2026-05-01T05:02:00Z",
                "refunded": {"amount": "0.00", "currency": "USD"}, "state": "received"},
}  # fmt: skip
EXAMPLE_ORDER: Final[Json] = {
    "id": 17, "kind": "refund", "member": "mem_06ghz0k1x8e7jv2m3n4p5q6r7t", "invoice": INVOICE_ID, "amount": _USD,
    "state": "by_hand", "provider": "manual", "reference": "", "reason": "", "created_at": "2026-05-01T05:02:00Z",
}  # fmt: skip


def member_plan_json(picture: Picture) -> Json | None:
    """How the member's plan stands now; None: there never was one."""
    membership = picture.progress.membership
    return None if membership is None else plan_json(picture.programme, standing_json(membership, picture.now))


def offers_json(picture: Picture, language: str) -> list[Json]:
    """The plans of the programme, from the least to the best."""
    membership = picture.progress.membership
    running = None if membership is None else membership.at(picture.now)
    return [_offer(picture.programme, plan, language, running is not None) for plan in picture.programme.plans.values()]


def _offer(programme: Programme, plan: Plan, language: str, has_one: bool) -> Json:
    policy = plan.cancel
    return {
        "name": plan.name,
        "title": text(plan.title, language, plan.name),
        "prices": [{"every": price.every, "fee": money(programme, price.amount)} for price in plan.prices.values()],
        "costs": {unit: units(programme, unit, steps) for unit, steps in plan.costs.items()},
        "lasts": _span(plan.lasts),
        "trial": _span(plan.trial),
        "grace": _span(plan.grace),
        "can_start": not plan.is_closed and not has_one,
        "cancel": {"refund": policy.refund, "within": _span(policy.within), "ends": policy.ends},
    }


def invoice_json(programme: Programme, invoice: InvoiceRow, payment: PaymentRow | None) -> Json:
    """An invoice with its payment. What is earned of ``fee`` without ``tax`` is earned over ``period``."""
    period = None
    if invoice.period_from is not None:
        period = {"from": instant(invoice.period_from), "until": instant(invoice.period_until)}
    return {
        "id": invoice_id(invoice.id),
        "plan": invoice.plan,
        "every": invoice.every,
        "kind": invoice.kind,
        "state": invoice.state,
        **{name: money(programme, getattr(invoice, name)) for name in ("fee", "credit", "amount", "tax")},
        **{name: instant(getattr(invoice, name)) for name in ("opened_at", "due_at", "lapses_at", "settled_at")},
        "period": period,
        "payment": None if payment is None else {
            "provider": payment.provider,
            "reference": payment.reference,
            "amount": money(programme, payment.amount),
            "received_at": instant(payment.received_at),
            "refunded": money(programme, payment.refunded),
            "state": payment.state,
        },
    }  # fmt: skip


def order_json(programme: Programme, order: OrderRow) -> Json:
    """Something that a provider, or a person, is asked for."""
    return {
        "id": order.id,
        "kind": order.kind,
        "member": public_id("mem", order.member_id),
        "invoice": invoice_id(order.invoice_id),
        "amount": money(programme, order.amount),
        "state": order.state,
        "provider": order.provider,
        "reference": order.reference,
        "reason": order.reason,
        "created_at": instant(order.created_at),
    }


def _span(span: Any) -> str | None:
    return None if span is None else str(span)
