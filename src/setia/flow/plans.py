"""Activities of plans: a membership that is started, paid for, changed, cancelled, refunded or disputed. Pure.

Each is taken to the membership by ``state.plans``; what follows outside of the book (invoices, payments to ask for,
money to give back) is noted on the decision, and recorded with it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from setia.flow.apply import announce
from setia.flow.work import Decision, Gathered, MemberWork, Standing, Version, stands_at
from setia.language.benefits import Plan, Price
from setia.language.model import Programme
from setia.state import plans
from setia.state.membership import Invoice, Membership, Payment, Period
from setia.state.plans import Effects, Moment
from setia.values.activities import Activity, Body
from setia.values.codes import DeclineCode, EventName, Tick
from setia.values.outcomes import Declined, PlanGift


def start(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A member takes a plan: for money, after a trial or at once; for units; or goes on with one that was cancelled."""
    body, programme = decision.activity.body, version.programme
    plan = programme.plans.get(body["plan"])
    if plan is None:
        return Declined(DeclineCode.PLAN_UNKNOWN, {"plan": body["plan"], "every": ""})
    membership = member.progress.membership or Membership()
    step = _moment(version, decision)
    running, with_units = membership.at(step.at), "pay_with" in body
    is_cancelled = running is not None and membership.cancelled_at is not None
    if running is not None and is_cancelled and running.plan == plan.name and not running.back and not with_units:
        return _resume(member, membership, step, decision, plan, body, running)
    if plan.is_closed:
        return Declined(DeclineCode.PLAN_CLOSED, {"plan": plan.name})
    if with_units:
        return _start_with_units(member, membership, step, decision, plan)
    if running is not None:
        return _running(running)
    price = _price(plan, body)
    if isinstance(price, Declined):
        return price
    member.progress.membership = membership
    plans.start(step, membership, plan, price)
    _finish(member, decision, step)
    return None


def pay(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Money came in: for the open invoice, or for one that had lapsed and now begins the plan anew."""
    body, membership = decision.activity.body, member.progress.membership
    invoice = _invoice(membership, body)
    if membership is None or invoice is None:
        return Declined(DeclineCode.INVOICE_NOT_OPEN, {"invoice": body.get("invoice", "")})
    step = _moment(version, decision)
    if invoice is not membership.invoice and (membership.at(step.at) is not None or membership.invoice is not None):
        return Declined(DeclineCode.INVOICE_NOT_OPEN, {"invoice": invoice.id})
    if body.get("amount", invoice.amount) != invoice.amount:
        facts = {"invoice": invoice.id, "paid": body["amount"], "due": invoice.amount}
        return Declined(DeclineCode.PAYMENT_MISMATCH, facts)
    plans.pay(step, membership, invoice, _receipt(body))
    _finish(member, decision, step)
    return None


def fail(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A payment did not go through. It is asked for again when the plan says so; nothing else changes."""
    body, membership = decision.activity.body, member.progress.membership
    invoice = None if membership is None else membership.invoice
    if invoice is None or body.get("invoice", invoice.id) != invoice.id:
        return Declined(DeclineCode.INVOICE_NOT_OPEN, {"invoice": body.get("invoice", "")})
    step = _moment(version, decision)
    step.effects.say(
        EventName.PLAN_PAYMENT_FAILED, invoice=invoice.id, plan=invoice.plan, amount=invoice.amount,
        times=invoice.asked, reason=body.get("reason", ""),
    )  # fmt: skip
    _finish(member, decision, step)
    return None


def change(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A member goes on with another price or another plan."""
    body, membership = decision.activity.body, member.progress.membership
    step = _moment(version, decision)
    running = None if membership is None else membership.at(step.at)
    if membership is None or running is None:
        return Declined(DeclineCode.PLAN_NOT_RUNNING, {})
    name = body.get("plan", running.plan)
    plan = version.programme.plans.get(name)
    if plan is None:
        return Declined(DeclineCode.PLAN_UNKNOWN, {"plan": name, "every": ""})
    if plan.is_closed and name != running.plan:
        return Declined(DeclineCode.PLAN_CLOSED, {"plan": name})
    price = _price(plan, body)
    if isinstance(price, Declined):
        return price
    if membership.renews == (plan.name, price.every):
        return _running(running)
    plans.change(step, membership, running, plan, price)
    _finish(member, decision, step)
    return None


def cancel(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A member gives a plan up."""
    membership = member.progress.membership
    step = _moment(version, decision)
    running = None if membership is None else membership.at(step.at)
    if membership is None or (running is None and membership.invoice is None):
        return Declined(DeclineCode.PLAN_NOT_RUNNING, {})
    if running is not None and membership.cancelled_at is not None:
        return Declined(
            DeclineCode.PLAN_ALREADY_CANCELLED, {"plan": running.plan, "ends_at": running.ends_at.isoformat()}
        )
    told = None if running is None else _refund_told(version.programme, running, step.at)
    plans.cancel(step, membership, running)
    _finish(member, decision, step)
    if told is not None:
        decision.answer["plan"]["refund"] = {**told, "amount": step.effects.refunded}
    return None


def refund(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Somebody gives a payment back, all or a part of it; what was paid for by money that is all gone ends."""
    body, membership = decision.activity.body, member.progress.membership
    payment = _payment(membership, body)
    if membership is None or payment is None:
        return Declined(DeclineCode.PAYMENT_UNKNOWN, {"invoice": body.get("invoice", "")})
    left = 0 if payment.is_disputed else payment.amount - payment.back
    amount = body.get("amount", left)
    if amount > left or not left:
        return Declined(DeclineCode.REFUND_EXCEEDED, {"invoice": payment.invoice, "left": left})
    step = _moment(version, decision)
    plans.take_money_back(step, membership, payment, amount, is_done=body.get("is_done", False))
    _finish(member, decision, step)
    return None


def dispute(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """The member's bank asks a payment back, or that question is settled."""
    body, membership = decision.activity.body, member.progress.membership
    payment = _payment(membership, body)
    if membership is None or payment is None:
        return Declined(DeclineCode.PAYMENT_UNKNOWN, {"invoice": body.get("invoice", "")})
    step = _moment(version, decision)
    plans.dispute(step, membership, payment, body["state"])
    _finish(member, decision, step)
    return None


def give(member: MemberWork, version: Version, decision: Decision, origin: Activity, gifts: list[PlanGift]) -> None:
    """Rules give plans for ``origin``."""
    if not gifts:
        return
    membership = member.progress.membership = member.progress.membership or Membership()
    step = Moment(version.programme, stands_at(decision.activity), decision.activity.id.hex, Effects())
    for gift in gifts:
        plan = version.programme.plans[gift.plan]
        plans.grant(step, membership, plan, "given", f"{origin.id.hex}:{gift.rule}:{gift.plan}")
    _finish(member, decision, step)


def take_back(member: MemberWork, version: Version, decision: Decision, origin: Activity, gone: list[PlanGift]) -> None:
    """What ``origin`` gave and gives no more ends; what is over already stays, and is told."""
    membership = member.progress.membership
    step = Moment(version.programme, decision.activity.recorded_at, decision.activity.id.hex, Effects())
    for gift in gone:
        if membership is None or not plans.revoke(step, membership, f"{origin.id.hex}:{gift.rule}:{gift.plan}"):
            decision.answer.setdefault("kept", []).append(gift.plan)
    if gone:
        _finish(member, decision, step)


def sale_returned(member: MemberWork, version: Version, decision: Decision, standing: Standing) -> None:
    """A sale went back that had paid for a plan: the till gives the money back, and what it paid for ends."""
    membership = member.progress.membership
    if membership is None:
        return
    sale = standing.activity
    lines = {line["id"]: line["quantity"] for line in standing.first_body["lines"]}
    for payment in membership.payments:
        if payment.receipt is None or payment.receipt[:2] != (sale.source, sale.external_id):
            continue
        line, left = payment.receipt[2], payment.amount - payment.back
        is_back = standing.is_void or (line in lines and standing.returned.get(line, 0) >= lines[line])
        if is_back and left:
            step = Moment(version.programme, decision.activity.recorded_at, decision.activity.id.hex, Effects())
            plans.take_money_back(step, membership, payment, left, is_done=True)
            _finish(member, decision, step)


def tick(member: MemberWork, version: Version, decision: Decision, what: Tick) -> bool:
    """What the clock does to a plan. True when it is to be told."""
    membership = member.progress.membership
    assert membership is not None
    activity = decision.activity
    step = Moment(version.programme, activity.occurred_at, activity.id.hex, Effects())
    is_told = plans.tick(step, membership, what) or bool(step.effects.invoices)
    _finish(member, decision, step)
    return is_told


# Parts ----------------------------------------------------------------------------------------------------------------


def _moment(version: Version, decision: Decision) -> Moment:
    activity = decision.activity
    at = min(activity.occurred_at, activity.recorded_at)
    return Moment(version.programme, at, activity.id.hex, Effects())


def _finish(member: MemberWork, decision: Decision, step: Moment) -> None:
    """Note what follows, and tell how the plan stands."""
    member.is_touched = True
    effects = step.effects
    for name, data in effects.events:
        announce(decision, member, name, data)
    if decision.effects is None:
        decision.effects = effects
    else:
        decision.effects.add(effects)
    membership = member.progress.membership
    assert membership is not None
    decision.answer["plan"] = standing_json(membership, step.at)


def standing_json(membership: Membership, at: dt.datetime) -> dict[str, Any]:
    """How a plan stands at ``at``, as JSON: money in minor units."""
    period, last, invoice = membership.at(at), membership.last, membership.invoice
    out: dict[str, Any] = {"name": "" if period is None else period.plan, "is_active": period is not None}
    if period is not None and last is not None:
        out |= {
            "kind": "grace" if period.ends_at <= at else period.kind,
            "every": period.every,
            "starts_at": period.starts_at.isoformat(),
            "ends_at": period.ends_at.isoformat(),
            "until": last.ends_at.isoformat(),
            "used": period.used,
        }
    if membership.renews is not None:
        out["renews"] = {"plan": membership.renews[0], "every": membership.renews[1]}
    if membership.credit:
        out["credit"] = membership.credit
    if invoice is not None:
        out["invoice"] = {
            "id": invoice.id, "kind": invoice.kind, "plan": invoice.plan, "every": invoice.every, "fee": invoice.fee,
            "credit": invoice.credit, "amount": invoice.amount, "due_at": invoice.due_at.isoformat(),
            "lapses_at": invoice.lapses_at.isoformat(), "asked": invoice.asked,
        }  # fmt: skip
    return out


def _resume(
    member: MemberWork,
    membership: Membership,
    step: Moment,
    decision: Decision,
    plan: Plan,
    body: Body,
    running: Period,
) -> Declined | None:
    price = _price(plan, {"every": running.every, **body})
    if isinstance(price, Declined):
        return price
    plans.resume(step, membership, plan.name, price.every)
    _finish(member, decision, step)
    return None


def _start_with_units(
    member: MemberWork, membership: Membership, step: Moment, decision: Decision, plan: Plan
) -> Declined | None:
    if not plan.costs:
        return Declined(DeclineCode.PLAN_UNKNOWN, {"plan": plan.name, "every": "units"})
    for unit, steps in plan.costs.items():
        found = member.wallet.balance(unit).spendable
        if found < steps:
            facts = {"unit": unit, "wanted": steps, "found": max(found, 0)}
            return Declined(DeclineCode.INSUFFICIENT_BALANCE, facts)
    member.progress.membership = membership
    plans.grant(step, membership, plan, "units", decision.activity.id.hex)
    _finish(member, decision, step)
    return None


def _running(running: Period) -> Declined:
    return Declined(DeclineCode.PLAN_RUNNING, {"plan": running.plan, "ends_at": running.ends_at.isoformat()})


def _price(plan: Plan, body: Body) -> Price | Declined:
    """The price that is meant: the one that is named, or the only one."""
    every = body.get("every", "")
    found = plan.prices.get(every)
    if found is None and not every and len(plan.prices) == 1:
        found = next(iter(plan.prices.values()))
    return found or Declined(DeclineCode.PLAN_UNKNOWN, {"plan": plan.name, "every": every})


def _invoice(membership: Membership | None, body: Body) -> Invoice | None:
    if membership is None:
        return None
    if "invoice" not in body:
        return membership.invoice
    known = [invoice for invoice in (membership.invoice, *membership.void) if invoice is not None]
    return next((invoice for invoice in known if invoice.id == body["invoice"]), None)


def _payment(membership: Membership | None, body: Body) -> Payment | None:
    if membership is None:
        return None
    if "invoice" in body:
        return membership.payment_of(body["invoice"])
    return membership.payments[-1] if membership.payments else None


def _receipt(body: Body) -> tuple[str, str, str] | None:
    receipt = body.get("receipt")
    return None if receipt is None else (receipt["source"], receipt["external_id"], receipt.get("line", ""))


def _refund_told(programme: Programme, running: Period, at: dt.datetime) -> dict[str, Any]:
    """What a refund is worked out from."""
    plan = programme.plans.get(running.plan)
    left, days = plans.days_left(running, at, programme)
    return {
        "policy": "none" if plan is None else plan.cancel.refund, "fee": running.fee, "days": days, "days_left": left,
        "used": running.used,
    }  # fmt: skip
