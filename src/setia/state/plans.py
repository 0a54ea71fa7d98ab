"""Plans: how a membership begins, is paid for, renewed, changed, cancelled and ends. Pure.

Each step changes the membership and notes on ``Effects`` what follows from it outside of the book: what to announce,
which invoices to write, which payment to ask for and which money to give back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from setia.language.benefits import Plan, Price
from setia.language.model import Programme
from setia.language.words import read_period
from setia.state.membership import Invoice, Membership, Payment, Period
from setia.values.codes import EventName, Tick
from setia.values.instants import Span, Step, Until, add_span, deadline, local_date

UNPAID: Final = Span(30, Step.DAYS)
"""How long a plan that was asked for waits for its first payment."""


@dataclass(slots=True)
class Refund:
    """Money to give back: ``amount`` of what was paid for ``invoice``."""

    invoice: str
    amount: int


@dataclass(slots=True)
class Charge:
    """Money to ask for: ``amount`` for ``invoice``, for the ``times``-th time."""

    invoice: str
    times: int
    amount: int


@dataclass(slots=True)
class Effects:
    """What a step brings about outside of the book. ``invoices``: with their state (open, paid, void)."""

    events: list[tuple[EventName, dict[str, Any]]] = field(default_factory=list)
    invoices: list[tuple[Invoice, str]] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    def say(self, name: EventName, **data: Any) -> None:
        """Announce something."""
        self.events.append((name, data))

    def add(self, other: Effects) -> None:
        """Take over what another step brought about."""
        self.events += other.events
        self.invoices += other.invoices
        self.charges += other.charges
        self.refunds += other.refunds

    @property
    def refunded(self) -> int:
        """All that goes back."""
        return sum(refund.amount for refund in self.refunds)


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when a step happens: the programme in force, the instant, and the id (hex) of the activity."""

    programme: Programme
    at: dt.datetime
    id: str
    effects: Effects

    def span(self, at: dt.datetime, span: Span, times: int = 1) -> dt.datetime:
        """``times`` the span after ``at``, on the local calendar."""
        return add_span(at, Span(span.count * times, span.step), self.programme.zone)

    def plan(self, name: str) -> Plan | None:
        """The plan of this name in the programme in force."""
        return self.programme.plans.get(name)

    def price(self, plan: str, every: str) -> Price | None:
        """The price of a plan in the programme in force."""
        found = self.plan(plan)
        return None if found is None else found.prices.get(every)


# What a plan is worth -------------------------------------------------------------------------------------------------


def share(amount: int, part: int, whole: int) -> int:
    """``amount × part / whole`` of money, halves up."""
    exact = Fraction(amount * part, whole)
    return int((2 * exact.numerator + exact.denominator) // (2 * exact.denominator))


def tax_in(fee: int, rate: Fraction) -> int:
    """The tax that a fee contains, halves up."""
    return share(fee, rate.numerator, rate.denominator + rate.numerator)


def days_left(period: Period, at: dt.datetime, programme: Programme) -> tuple[int, int]:
    """How many days of a period have not begun at ``at``, and how many it has: the day of ``at`` counts as used."""
    first, end = local_date(period.starts_at, programme.zone), local_date(period.ends_at, programme.zone)
    whole = max((end - first).days, 1)
    used = (local_date(at, programme.zone) - first).days + 1
    return min(max(whole - used, 0), whole), whole


def refund_due(plan: Plan, period: Period, at: dt.datetime, programme: Programme) -> int | None:
    """What goes back of a paid period that is cancelled at ``at``; None: nothing does by the policy."""
    policy = plan.cancel
    if policy.refund == "none" or period.kind != "paid":
        return None
    if policy.within is not None and at >= deadline(period.starts_at, policy.within, Until.END_OF_DAY, programme.zone):
        return None
    if policy.refund == "full":
        return period.left
    if policy.refund == "less_benefits":
        return max(period.left - max(period.used, 0), 0)
    return max(share(period.fee, *days_left(period, at, programme)) - period.back, 0)


# Beginning ------------------------------------------------------------------------------------------------------------


def start(step: Moment, member: Membership, plan: Plan, price: Price) -> None:
    """Begin a plan that is paid for: with its trial if there is one left, else when the first payment is there."""
    member.cancelled_at = None
    if plan.trial is not None and plan.name not in member.trials:
        member.trials.append(plan.name)
        period = Period(plan.name, "trial", step.at, step.span(step.at, plan.trial), price.every, origin=step.id)
        _append(step, member, period)
        member.renews = (plan.name, price.every)
        return
    drop_invoice(step, member)
    credit = min(member.credit, price.amount)
    lapses_at = step.span(step.at, UNPAID)
    invoice = Invoice(step.id, "start", plan.name, price.every, price.amount, credit, step.at, lapses_at)
    member.invoice = invoice
    _write(step, member, invoice)
    _ask(step, member, invoice)


def resume(step: Moment, member: Membership, plan: str, every: str) -> None:
    """Take a cancellation back while the plan still runs: it will be renewed again."""
    member.cancelled_at = None
    member.renews = (plan, every)
    step.effects.say(EventName.PLAN_CHANGED, plan=plan, every=every, at_period_end=True)


def grant(step: Moment, member: Membership, plan: Plan, kind: str, origin: str) -> Period:
    """Give a plan for as long as it lasts: units bought it, or a rule gives it.

    The plan that runs is prolonged by it; a lesser plan (one before it in the file) makes room at once, and what is
    left of it is credited; after a better one it waits.
    """
    assert plan.lasts is not None
    running, last = member.at(step.at), member.last
    drop_invoice(step, member)
    begins = step.at
    if running is not None and last is not None:
        mine = step.plan(running.plan)
        if mine is not None and mine.rank < plan.rank:
            rest = rest_of(step, member, running)
            _cut(step, member, running, rest)
            member.credit += rest
        else:
            begins = last.ends_at
    period = Period(plan.name, kind, begins, step.span(begins, plan.lasts), origin=origin)
    period.used, member.unpaid_use = member.unpaid_use, 0
    _append(step, member, period)
    return period


def _append(step: Moment, member: Membership, period: Period) -> None:
    last = member.last
    if member.is_over or last is None or last.ends_at < period.starts_at:
        member.since, member.cancelled_at = period.starts_at, None
        if member.months_from is None or next_month(step.programme, member) < period.starts_at:
            # Whoever comes back within a month of the plan goes on with that month: it has had what a month gives.
            member.months_from, member.months = period.starts_at, 0
    member.is_over = False
    member.periods.append(period)
    member.prune(step.at)
    step.effects.say(
        EventName.PLAN_STARTED,
        plan=period.plan,
        kind=period.kind,
        starts_at=period.starts_at.isoformat(),
        ends_at=period.ends_at.isoformat(),
    )


def rest_of(step: Moment, member: Membership, running: Period) -> int:
    """What a change at this moment credits: of the period that runs as its plan says, of later ones all."""
    plan = step.plan(running.plan)
    later = sum(period.left for period in member.periods if period.starts_at > step.at)
    if plan is None or plan.change.credit == "none" or running.kind != "paid":
        return later
    return later + min(share(running.fee, *days_left(running, step.at, step.programme)), running.left)


def _cut(step: Moment, member: Membership, running: Period, credited: int) -> None:
    """End the period that runs, and take later ones away; ``credited`` is what they were worth."""
    for period in [period for period in member.periods if period.starts_at > step.at]:
        credited -= period.left
        member.periods.remove(period)
    running.back += min(max(credited, 0), running.left)
    running.ends_at = min(running.ends_at, step.at)


# Invoices -------------------------------------------------------------------------------------------------------------


def _write(step: Moment, member: Membership, invoice: Invoice) -> None:
    plan = step.plan(invoice.plan)
    assert plan is not None
    invoice.tax = tax_in(invoice.fee, plan.tax)
    step.effects.invoices.append((invoice, "open"))
    if invoice.amount:
        step.effects.say(
            EventName.PLAN_INVOICED,
            invoice=invoice.id,
            plan=invoice.plan,
            every=invoice.every,
            amount=invoice.amount,
            due_at=invoice.due_at.isoformat(),
        )


def _ask(step: Moment, member: Membership, invoice: Invoice) -> None:
    """Ask for payment; where the member's credit covers all, it is paid."""
    if not invoice.amount:
        settle(step, member, invoice)
        return
    invoice.asked += 1
    step.effects.charges.append(Charge(invoice.id, invoice.asked, invoice.amount))
    step.effects.say(
        EventName.PLAN_PAYMENT_DUE,
        invoice=invoice.id,
        plan=invoice.plan,
        amount=invoice.amount,
        times=invoice.asked,
        lapses_at=invoice.lapses_at.isoformat(),
    )


def drop_invoice(step: Moment, member: Membership) -> None:
    """The open invoice is not asked for any more; a payment that comes all the same begins the plan anew."""
    invoice = member.invoice
    if invoice is not None:
        member.void.append(invoice)
        member.invoice = None
        step.effects.invoices.append((invoice, "void"))


def open_renewal(step: Moment, member: Membership) -> Invoice | None:
    """Write the invoice for what follows the last period; None: nothing can follow, the plan is gone."""
    last = member.last
    assert member.renews is not None and last is not None
    plan, every = member.renews
    price, found = step.price(plan, every), step.plan(plan)
    if price is None or found is None:
        member.renews = None
        return None
    lapses_at = last.ends_at if found.grace is None else step.span(last.ends_at, found.grace)
    credit = min(member.credit, price.amount)
    invoice = Invoice(step.id, "renewal", plan, every, price.amount, credit, last.ends_at, lapses_at)
    member.invoice = invoice
    _write(step, member, invoice)
    return invoice


def fall_due(step: Moment, member: Membership) -> None:
    """The last period is over: ask for the next one to be paid."""
    invoice = member.invoice or open_renewal(step, member)
    if invoice is not None:
        _ask(step, member, invoice)


def remind(step: Moment, member: Membership) -> None:
    """A step of dunning: ask again."""
    assert member.invoice is not None
    _ask(step, member, member.invoice)


def lapse(step: Moment, member: Membership) -> bool:
    """The open invoice was not paid in time. True when the plan ends with it."""
    invoice, last = member.invoice, member.last
    assert invoice is not None
    drop_invoice(step, member)
    if invoice.kind != "renewal" or last is None:
        return False
    if last.ends_at < step.at:
        member.periods.append(Period(last.plan, "grace", last.ends_at, step.at, used=member.unpaid_use))
    member.unpaid_use = 0
    member.renews = None
    member.is_over = True
    step.effects.say(EventName.PLAN_LAPSED, plan=last.plan, invoice=invoice.id)
    return True


def end(step: Moment, member: Membership) -> None:
    """The last period is over and nothing follows it."""
    assert member.last is not None
    member.is_over = True
    member.renews = None
    step.effects.say(EventName.PLAN_ENDED, plan=member.last.plan)


# Paying ---------------------------------------------------------------------------------------------------------------


def pay(step: Moment, member: Membership, invoice: Invoice, receipt: tuple[str, str, str] | None = None) -> None:
    """Money came in for ``invoice``: the open one, or one that had lapsed and begins the plan anew."""
    member.payments.append(Payment(invoice.id, invoice.amount, step.at, receipt=receipt))
    step.effects.say(
        EventName.PLAN_PAID, invoice=invoice.id, plan=invoice.plan, every=invoice.every, amount=invoice.amount
    )
    settle(step, member, invoice)


def settle(step: Moment, member: Membership, invoice: Invoice) -> None:
    """Begin the period that ``invoice`` is for."""
    fee, begins, last = invoice.fee, step.at, member.last
    if invoice is member.invoice:
        member.invoice = None
    else:
        # It comes after the plan has lapsed: it begins anew, with as much of the credit as there still is.
        member.void.remove(invoice)
        fee = invoice.amount + min(invoice.credit, member.credit)
        invoice.kind, invoice.credit, invoice.fee = "start", fee - invoice.amount, fee
    step.effects.invoices.append((invoice, "paid"))
    if invoice.kind == "change":
        begins = max(step.at, invoice.due_at)  # however early it says that it was paid
        running = member.at(begins)
        assert running is not None, "an invoice for a change is dropped with the period that it changes"
        _cut(replace(step, at=begins), member, running, invoice.rest)
        member.credit += invoice.rest
        step.effects.say(EventName.PLAN_CHANGED, plan=invoice.plan, every=invoice.every, at_period_end=False)
    elif invoice.kind == "renewal" and last is not None:
        begins = last.ends_at
    elif last is not None:
        begins = max(begins, last.ends_at)  # what is recorded late begins no earlier than the one before it ended
    member.credit -= invoice.credit
    span = read_period(invoice.every)
    if member.anchor_at is None or step.span(member.anchor_at, span, member.turns) != begins:
        member.anchor_at, member.turns = begins, 0
    member.turns += 1
    ends = step.span(member.anchor_at, span, member.turns)
    period = Period(invoice.plan, "paid", begins, ends, invoice.every, fee, invoice=invoice.id, origin=step.id)
    period.used, member.unpaid_use = member.unpaid_use, 0
    member.renews = (invoice.plan, invoice.every)
    member.cancelled_at = None
    _append(step, member, period)


# Changing and cancelling ----------------------------------------------------------------------------------------------


def change(step: Moment, member: Membership, running: Period, plan: Plan, price: Price) -> None:
    """Go on with another price or another plan: at once, when the difference is paid, or when the period ends."""
    target = (plan.name, price.every)
    mine = step.plan(running.plan)
    is_later = mine is not None and mine.change.when == "at_period_end"
    is_unpaid = running.ends_at <= step.at
    if is_later or is_unpaid or running.kind != "paid":
        member.cancelled_at = None
        member.renews = target
        step.effects.say(EventName.PLAN_CHANGED, plan=plan.name, every=price.every, at_period_end=True)
        before = member.invoice
        if before is not None and before.kind == "renewal":
            drop_invoice(step, member)
            after = open_renewal(step, member)
            if after is not None and before.asked:
                _ask(step, member, after)
        return
    drop_invoice(step, member)
    rest = rest_of(step, member, running)
    credit = min(member.credit + rest, price.amount)
    assert member.last is not None
    lapses_at = min(step.span(step.at, UNPAID), member.last.ends_at)
    invoice = Invoice(step.id, "change", *target, price.amount, credit, step.at, lapses_at, rest)
    member.invoice = invoice
    _write(step, member, invoice)
    _ask(step, member, invoice)


def cancel(step: Moment, member: Membership, running: Period | None) -> None:
    """Nothing follows any more; what goes back, and when the plan ends, is as it says."""
    drop_invoice(step, member)
    member.renews, member.cancelled_at = None, step.at
    if running is None:
        return
    plan = step.plan(running.plan)
    if running.ends_at <= step.at:  # in its days of grace
        lapsed = Period(running.plan, "grace", running.ends_at, step.at, used=member.unpaid_use)
        if lapsed.starts_at < lapsed.ends_at:
            member.periods.append(lapsed)
        member.unpaid_use = 0
    elif plan is not None:
        due = refund_due(plan, running, step.at, step.programme)
        is_at_once = plan.cancel.ends == "at_once" and (due is not None or plan.cancel.refund == "none")
        if due is not None:
            running.back += give_back(step, member, due, running.invoice)
        later = [period for period in member.periods if period.starts_at > step.at]
        for period in later:
            if is_at_once or (period.kind == "paid" and plan.cancel.refund != "none"):
                member.periods.remove(period)
                give_back(step, member, period.left, period.invoice)
        if is_at_once:
            running.ends_at = step.at
        if due is not None and member.credit:
            member.credit -= give_back(step, member, member.credit, running.invoice)
    last = member.last
    assert last is not None
    step.effects.say(
        EventName.PLAN_CANCELLED, plan=running.plan, refund=step.effects.refunded, ends_at=last.ends_at.isoformat()
    )


def give_back(step: Moment, member: Membership, amount: int, invoice: str) -> int:
    """Give money back: of the payment of ``invoice`` first, then of the latest others; never more than was paid.

    Returns how much that is.
    """
    first = [payment for payment in member.payments if payment.invoice == invoice]
    others = [payment for payment in reversed(member.payments) if payment.invoice != invoice]
    done = 0
    for payment in first + others:
        part = min(payment.amount - payment.back, amount - done)
        if part > 0 and not payment.is_disputed:
            payment.back += part
            done += part
            step.effects.refunds.append(Refund(payment.invoice, part))
            step.effects.say(EventName.PLAN_REFUNDED, invoice=payment.invoice, amount=part)
    return done


def take_money_back(step: Moment, member: Membership, payment: Payment, amount: int, *, is_done: bool) -> None:
    """A payment went back, outside of any cancellation: ``is_done`` by whoever took it, else it is asked for.

    What was paid for by money that is all gone ends at once.
    """
    payment.back += amount
    if not is_done:
        step.effects.refunds.append(Refund(payment.invoice, amount))
    step.effects.say(EventName.PLAN_REFUNDED, invoice=payment.invoice, amount=amount)
    period = next((period for period in member.periods if period.invoice == payment.invoice), None)
    if period is None:
        return
    period.back += min(amount, period.left)
    if payment.back >= payment.amount:
        _stop(step, member, period)


def _stop(step: Moment, member: Membership, period: Period) -> None:
    """End a period: the one that runs, with all that follows it, or one that was to come."""
    if period.ends_at <= step.at:
        return
    if period.starts_at > step.at:
        # Those that come after it move up, so that there is no gap.
        place = member.periods.index(period)
        member.periods.remove(period)
        gone = period.ends_at - period.starts_at
        for later in member.periods[place:]:
            later.starts_at, later.ends_at = later.starts_at - gone, later.ends_at - gone
        drop_invoice(step, member)
        return
    drop_invoice(step, member)
    period.ends_at = step.at
    for later in [other for other in member.periods if other.starts_at > step.at]:
        member.periods.remove(later)
        give_back(step, member, later.left, later.invoice)
    member.renews = None


def dispute(step: Moment, member: Membership, payment: Payment, state: str) -> None:
    """The bank asks a payment back. The plan rests while that is open; won, it goes on to where it would have ended."""
    period = next((period for period in member.periods if period.invoice == payment.invoice), None)
    step.effects.say(EventName.PLAN_DISPUTED, invoice=payment.invoice, state=state)
    if state == "opened":
        payment.is_disputed = True
        if period is not None and period.ends_at > step.at:
            period.cut_from = period.ends_at
            _stop(step, member, period)
    elif state == "lost":
        payment.is_disputed = True
        payment.back = payment.amount
        if period is not None:
            period.back = period.fee
            period.cut_from = None
    elif payment.is_disputed:
        payment.is_disputed = False
        if period is not None and period.cut_from is not None:
            until, period.cut_from = period.cut_from, None
            if until > step.at and member.at(step.at) is None:
                rest = Period(period.plan, "paid", step.at, until, period.every, period.left, invoice=payment.invoice)
                period.fee, period.invoice = period.fee - rest.fee, ""
                _append(step, member, rest)


def revoke(step: Moment, member: Membership, origin: str) -> bool:
    """A rule gives the plan no more (the sale went back): end the period that it had opened. False: it was over."""
    period = next((period for period in member.periods if period.origin == origin and period.kind == "given"), None)
    if period is None or period.ends_at <= step.at:
        return False
    _stop(step, member, period)
    return True


# Time -----------------------------------------------------------------------------------------------------------------


def next_month(programme: Programme, member: Membership) -> dt.datetime:
    """When the next month of the plan begins."""
    assert member.months_from is not None
    return add_span(member.months_from, Span(member.months, Step.MONTHS), programme.zone)


def dues(programme: Programme, member: Membership) -> Iterable[tuple[dt.datetime, Tick]]:
    """What the clock has to do for a plan, and when."""
    invoice, last = member.invoice, member.last
    if member.months_from is not None:
        month = next_month(programme, member)
        if any(p.starts_at <= month < p.ends_at for p in member.periods if p.kind != "grace"):
            yield month, Tick.PLAN_MONTH
    if invoice is not None:
        yield invoice.lapses_at, Tick.PLAN_LAPSED
        if invoice.kind == "renewal" and not invoice.asked:
            yield invoice.due_at, Tick.PLAN_DUE
        plan = programme.plans.get(invoice.plan)
        if plan is not None and 0 < invoice.asked <= len(plan.dunning):
            at = add_span(invoice.due_at, plan.dunning[invoice.asked - 1], programme.zone)
            if at < invoice.lapses_at:
                yield at, Tick.PLAN_REMINDED
    if last is None or member.is_over:
        return
    if member.renews is None:
        yield last.ends_at, Tick.PLAN_ENDED
    elif invoice is None:
        plan = programme.plans.get(member.renews[0])
        if plan is not None and plan.notice is not None:
            notice = add_span(last.ends_at, Span(-plan.notice.count, plan.notice.step), programme.zone)
            yield max(notice, last.starts_at), Tick.PLAN_NOTICED
        yield last.ends_at, Tick.PLAN_DUE


def tick(step: Moment, member: Membership, what: Tick) -> bool:
    """Do what is due. True when it is to be told."""
    member.told += 1
    if what is Tick.PLAN_LAPSED:
        return lapse(step, member)
    if what is Tick.PLAN_ENDED:
        end(step, member)
    elif what is Tick.PLAN_NOTICED:
        open_renewal(step, member)
    elif what is Tick.PLAN_DUE:
        fall_due(step, member)
    elif what is Tick.PLAN_REMINDED:
        remind(step, member)
    else:
        member.months += 1
        return False
    return True
