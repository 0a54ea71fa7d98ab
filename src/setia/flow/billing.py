"""From decisions on plans to invoices, payments and orders: what is written beside the book, in the same transaction.

Pure: rows follow from the decisions and from how the members' plans stand after them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from setia.flow.work import Decision, MemberWork
from setia.memberships.store import Billing, InvoiceRow, OrderRow, PaymentRow
from setia.values.codes import Built

MANUAL = "manual"


def billing_of(decisions: Iterable[Decision], members: Mapping[UUID, MemberWork]) -> Billing:
    """What ``decisions`` change among invoices and payments."""
    billing = Billing()
    invoices: dict[tuple[UUID, str], InvoiceRow] = {}
    touched: dict[UUID, None] = {}
    for decision in decisions:
        effects, activity = decision.effects, decision.activity
        if effects is None or decision.status != "accepted":
            continue
        member_id, at = activity.member_id, activity.recorded_at
        touched[member_id] = None
        for invoice, state in effects.invoices:
            before = invoices.get((member_id, invoice.id))
            invoices[member_id, invoice.id] = InvoiceRow(
                member_id, UUID(hex=invoice.id), invoice.kind, invoice.plan, invoice.every, state, invoice.fee,
                invoice.credit, invoice.tax, invoice.asked, at if before is None else before.opened_at,
                invoice.due_at, invoice.lapses_at, None if state == "open" else at,
            )  # fmt: skip
            if state == "paid" and activity.type == Built.PLAN_PAID and invoice.amount:
                body = activity.body
                billing.payments.append(
                    PaymentRow(
                        member_id, UUID(hex=invoice.id), activity.id, body.get("provider", MANUAL),
                        body.get("reference", ""), invoice.amount, at,
                    )
                )  # fmt: skip
        for charge in effects.charges:
            key = f"{charge.invoice}-{charge.times}"
            billing.orders.append(OrderRow(member_id, UUID(hex=charge.invoice), "charge", key, charge.amount, at))
        for number, refund in enumerate(effects.refunds):
            key = f"{activity.id.hex}-refund-{number}"
            billing.orders.append(OrderRow(member_id, UUID(hex=refund.invoice), "refund", key, refund.amount, at))
    billing.invoices = list(invoices.values())
    for member_id in touched:
        membership = members[member_id].progress.membership
        if membership is None:
            continue
        for period in membership.periods:
            if period.invoice:
                billing.periods.append(
                    (member_id, UUID(hex=period.invoice), period.starts_at, period.ends_at, period.back)
                )
        for payment in membership.payments:
            if payment.amount:
                state = "received"
                if payment.is_disputed:
                    state = "lost" if payment.back >= payment.amount else "disputed"
                billing.standings.append((member_id, UUID(hex=payment.invoice), payment.back, state))
    return billing
