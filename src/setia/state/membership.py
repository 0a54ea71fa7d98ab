"""What a programme remembers of a member's plan: periods, the open invoice, what was paid and what went back.

A member has at most one plan at a time: the periods follow each other and never overlap. Money is in minor units.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

KEPT = dt.timedelta(days=800)
"""How long ended periods and their payments are remembered: late activities and disputes find theirs."""


@dataclass(slots=True)
class Period:
    """A time in which the member has ``plan``: from ``starts_at``, to before ``ends_at``.

    ``kind``: "trial", "paid", "units" (bought with units), "given" (by a rule), "grace" (unpaid, and never paid).
    ``every``: the price it was paid by. ``fee``: what was paid for it, in money and credit; ``back``: what of that was
    refunded or credited; ``used``: what its benefits were worth so far. ``invoice`` and ``origin``: ids (hex) of the
    invoice that paid for it and of the activity that opened it. ``cut_from``: when it would have ended, had it not been
    disputed.
    """

    plan: str
    kind: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    every: str = ""
    fee: int = 0
    back: int = 0
    used: int = 0
    invoice: str = ""
    origin: str = ""
    cut_from: dt.datetime | None = None

    @property
    def left(self) -> int:
        """What of the fee has neither been refunded nor credited."""
        return self.fee - self.back


@dataclass(slots=True)
class Invoice:
    """What is asked of the member: ``fee`` less ``credit``. ``id``: of the activity that opened it (hex).

    ``kind``: "start", "renewal", or "change" (to another price or plan). ``rest``: of a change, what the periods
    that it replaces are worth still. ``asked``: how often payment has been asked for. ``tax``: what of
    the fee is tax.
    """

    id: str
    kind: str
    plan: str
    every: str
    fee: int
    credit: int
    due_at: dt.datetime
    lapses_at: dt.datetime
    rest: int = 0
    asked: int = 0
    tax: int = 0

    @property
    def amount(self) -> int:
        """What is to be paid."""
        return self.fee - self.credit


@dataclass(slots=True)
class Payment:
    """Money that came in for an invoice, and what of it went ``back``. ``receipt``: the sale that it was part of, as
    (source, external id, line)."""

    invoice: str
    amount: int
    at: dt.datetime
    back: int = 0
    receipt: tuple[str, str, str] | None = None
    is_disputed: bool = False


@dataclass(slots=True)
class Membership:
    """A member's plan.

    ``renews``: plan and price that follow when the last period ends; None: nothing does. ``periods``: oldest first.
    ``credit``: money of the member's that counts towards the next invoice. ``void``: invoices that were not paid in
    time. ``anchor_at`` and ``turns``: from when, and how many, paid periods of one price followed each other, so that
    the 31st stays the 31st. ``months_from`` and ``months``: the same of the months of the plan. ``trials``: plans that
    were tried. ``is_over``: its end was told.
    """

    renews: tuple[str, str] | None = None
    periods: list[Period] = field(default_factory=list)
    since: dt.datetime | None = None
    invoice: Invoice | None = None
    void: list[Invoice] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    credit: int = 0
    anchor_at: dt.datetime | None = None
    turns: int = 0
    months_from: dt.datetime | None = None
    months: int = 0
    trials: list[str] = field(default_factory=list)
    cancelled_at: dt.datetime | None = None
    is_over: bool = True
    told: int = 0  # how many clock activities there were: each has a key of its own
    unpaid_use: int = 0  # what benefits were worth in days of grace that are not paid for yet

    @property
    def last(self) -> Period | None:
        """The period that ends last."""
        return self.periods[-1] if self.periods else None

    def at(self, at: dt.datetime) -> Period | None:
        """The period whose benefits the member has at ``at``: the one that runs, or the last one while it is unpaid and
        in its days of grace."""
        for period in reversed(self.periods):
            if period.starts_at <= at < period.ends_at:
                return period
        invoice, last = self.invoice, self.last
        if invoice is None or invoice.kind != "renewal" or last is None:
            return None
        return last if last.ends_at <= at < invoice.lapses_at else None

    def payment_of(self, invoice: str) -> Payment | None:
        """The payment of an invoice."""
        return next((payment for payment in self.payments if payment.invoice == invoice), None)

    def use(self, at: dt.datetime, worth: int) -> None:
        """Count benefits of ``worth`` that were used at ``at`` (negative: that were not used after all)."""
        for period in self.periods:
            if period.starts_at <= at < period.ends_at:
                period.used += worth
                return
        if self.at(at) is not None:
            self.unpaid_use += worth

    def prune(self, now: dt.datetime) -> None:
        """Forget what ended long ago."""
        self.periods = [p for p in self.periods if p.ends_at > now - KEPT] or self.periods[-1:]
        self.payments = [p for p in self.payments if p.at > now - KEPT]
        self.void = [i for i in self.void if i.lapses_at > now - KEPT]


def membership_to_json(membership: Membership) -> dict[str, Any]:
    """The compact form that is stored: empty parts are left out."""
    out: dict[str, Any] = {}
    if membership.renews:
        out["r"] = list(membership.renews)
    if membership.periods:
        out["p"] = [_period(period) for period in membership.periods]
    if membership.invoice:
        out["i"] = _invoice(membership.invoice)
    if membership.void:
        out["v"] = [_invoice(invoice) for invoice in membership.void]
    if membership.payments:
        out["y"] = [
            [p.invoice, p.amount, _at(p.at), p.back, None if p.receipt is None else list(p.receipt), p.is_disputed]
            for p in membership.payments
        ]
    if membership.credit:
        out["c"] = membership.credit
    if membership.trials:
        out["t"] = membership.trials
    counts = [_at(membership.anchor_at), membership.turns, _at(membership.months_from), membership.months]
    ended = [_at(membership.cancelled_at), membership.is_over, membership.unpaid_use, membership.told]
    out["n"] = [_at(membership.since), *counts, *ended]
    return out


def membership_from_json(data: dict[str, Any]) -> Membership:
    """Read back ``membership_to_json``."""
    since, anchor, turns, months_from, months, cancelled, is_over, unpaid_use, told = data["n"]
    return Membership(
        renews=(data["r"][0], data["r"][1]) if "r" in data else None,
        periods=[_period_of(row) for row in data.get("p", ())],
        since=_instant(since),
        invoice=_invoice_of(data["i"]) if "i" in data else None,
        void=[_invoice_of(row) for row in data.get("v", ())],
        payments=[
            Payment(i, amount, dt.datetime.fromisoformat(at), back, tuple(r) if r is not None else None, disputed)
            for i, amount, at, back, r, disputed in data.get("y", ())
        ],
        credit=data.get("c", 0),
        anchor_at=_instant(anchor),
        turns=turns,
        months_from=_instant(months_from),
        months=months,
        trials=list(data.get("t", ())),
        cancelled_at=_instant(cancelled),
        is_over=is_over,
        unpaid_use=unpaid_use,
        told=told,
    )


def _period(p: Period) -> list[Any]:
    return [
        p.plan, p.kind, _at(p.starts_at), _at(p.ends_at), p.every, p.fee, p.back, p.used, p.invoice, p.origin,
        _at(p.cut_from),
    ]  # fmt: skip


def _period_of(row: list[Any]) -> Period:
    plan, kind, starts, ends, every, fee, back, used, invoice, origin, cut = row
    starts_at, ends_at = dt.datetime.fromisoformat(starts), dt.datetime.fromisoformat(ends)
    return Period(plan, kind, starts_at, ends_at, every, fee, back, used, invoice, origin, _instant(cut))


def _invoice(i: Invoice) -> list[Any]:
    return [i.id, i.kind, i.plan, i.every, i.fee, i.credit, _at(i.due_at), _at(i.lapses_at), i.rest, i.asked, i.tax]


def _invoice_of(row: list[Any]) -> Invoice:
    id_, kind, plan, every, fee, credit, due, lapses, rest, asked, tax = row
    due_at, lapses_at = dt.datetime.fromisoformat(due), dt.datetime.fromisoformat(lapses)
    return Invoice(id_, kind, plan, every, fee, credit, due_at, lapses_at, rest, asked, tax)


def _at(value: dt.datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _instant(value: str | None) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(value)
