"""Whatever happens to a plan, in whatever order: one at a time, benefits while entitled, no more back than paid."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setia.state.membership import Membership, membership_from_json, membership_to_json
from setia.values.codes import Built, Tick
from tests.pure.flow.shop import OPENED, Corner, code

TEXT = """
programme: corner
title: Corner
currency: EUR
timezone: Europe/Berlin
units: {{points: {{}}}}
plans:
  plus:
    fee: {{month: 5.00, year: 48.00}}
    trial: 10 days
    notice: 3 days
    dunning: [1 day, 3 days]
    grace: 5 days
    costs: {{points: 100}}
    lasts: 45 days
    benefits: {{delivery: free, discount: 10 %}}
    cancel: {{refund: {refund}, within: 20 days, ends: {ends}}}
    change: {{when: {when}{credit}}}
  best:
    fee: {{month: 9.99}}
    costs: {{points: 150}}
    lasts: 1 month
    benefits: {{delivery: free, discount: 20 %}}
    cancel: {{refund: full}}
    change: {{credit: none}}
rules:
  month: {{on: plan.month_began, give: {{points: 10}}}}
  gift: {{on: purchase.completed, when: purchase.total >= 200, give: {{plan: plus}}}}
"""
DAY = dt.timedelta(days=1)


def text(refund: str, ends: str, when: str) -> str:
    credit = "" if when == "at_period_end" else ", credit: pro_rata"
    within = "within: 20 days, "
    filled = TEXT.format(refund=refund, ends=ends, when=when, credit=credit)
    return filled.replace(within, "") if refund == "none" else filled


POLICIES = st.builds(
    text,
    st.sampled_from(["full", "pro_rata", "less_benefits", "none"]),
    st.sampled_from(["at_once", "at_period_end"]),
    st.sampled_from(["at_once", "at_period_end"]),
)
PLAN = st.sampled_from(["plus", "best"])
EVERY = st.sampled_from(["month", "year"])
WHAT = st.one_of(
    st.builds(lambda p, e: (Built.PLAN_STARTED, {"plan": p, "every": e}), PLAN, EVERY),
    st.builds(lambda p: (Built.PLAN_STARTED, {"plan": p, "pay_with": "units"}), PLAN),
    st.builds(lambda p, e: (Built.PLAN_CHANGED, {"plan": p, "every": e}), PLAN, EVERY),
    st.builds(lambda which: (Built.PLAN_PAID, {"which": which}), st.integers(-3, 0)),
    st.builds(lambda which: (Built.PLAN_PAID, {"which": which}), st.integers(-3, 0)),
    st.just((Built.PLAN_PAID, {})),
    st.just((Built.PLAN_PAID, {})),
    st.just((Built.PLAN_FAILED, {})),
    st.just((Built.PLAN_CANCELLED, {})),
    st.builds(lambda n: (Built.PLAN_REFUNDED, {"amount": n}), st.integers(1, 5000)),
    st.just((Built.PLAN_REFUNDED, {})),
    st.builds(lambda s: (Built.PLAN_DISPUTED, {"state": s}), st.sampled_from(["opened", "won", "lost"])),
    st.builds(lambda n: (Built.PURCHASE, {"euros": n}), st.sampled_from([10, 50, 250])),
    st.just((Built.RETURN, {})),
)
STEPS = st.lists(st.tuples(st.sampled_from([0.0, 0.3, 1.0, 4.0, 9.0, 15.0, 31.0, 80.0]), WHAT), max_size=25)


@dataclass
class Run:
    """One member, and all money that came in and was told to go back."""

    corner: Corner
    day: float = 0.0
    came_in: int = 0
    went_back: dict[str, int] = field(default_factory=dict)
    sales: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    now: dt.datetime = OPENED
    counted: int = 0

    @property
    def membership(self) -> Membership | None:
        return self.corner.member().progress.membership

    def step(self, wait: float, what: Built, body: dict[str, Any]) -> None:
        self.day += wait
        self.now = OPENED + self.day * DAY
        key = ""
        body = dict(body)
        if what is Built.PURCHASE:
            key = f"S{self.corner.book.count}"
            self.sales.append(key)
            body = {
                "lines": [{"id": "1", "sku": "A", "quantity": 1000, "amount": 100 * body["euros"]}],
                "delivery": {"fee": 499},
            }
        elif what is Built.RETURN:
            body = {"of": {"source": "memory", "external_id": self.sales.pop() if self.sales else "none"}}
        elif "which" in body:
            which = body.pop("which")
            if -which < len(self.seen):
                body["invoice"] = self.seen[which - 1]
        self.corner.tick(self.day)
        entitled = self.membership is not None and self.membership.at(self.now) is not None
        decision = self.corner.send(what.value, body, day=self.day, key=key)
        self.count()
        if what is Built.PURCHASE:
            # The moment before the sale says what it is worth, whatever the sale itself gives.
            assert (decision.result.delivery == (True, "standard")) == entitled
            assert bool(decision.result.discounts) == entitled
        if what is Built.PLAN_PAID and decision.status == "accepted":
            invoice = next(i for i, state in decision.effects.invoices if state == "paid") if decision.effects else None
            assert invoice is not None
            self.came_in += invoice.amount
        assert code(decision) in ("accepted", "parked", "duplicate") or decision.effects is None

    def count(self) -> None:
        since, self.counted = self.counted, len(self.corner.book.decisions)
        for decision in self.corner.book.decisions[since:]:
            if decision.effects is None:
                continue
            for refund in decision.effects.refunds:
                assert refund.amount > 0
                self.went_back[refund.invoice] = self.went_back.get(refund.invoice, 0) + refund.amount
            self.seen += [invoice.id for invoice, state in decision.effects.invoices if state == "open"]
            assert all(charge.amount > 0 for charge in decision.effects.charges)

    def check(self) -> None:
        membership = self.membership
        if membership is None:
            return
        for period in membership.periods:
            assert period.starts_at <= period.ends_at
            assert 0 <= period.back <= period.fee
        for earlier, later in zip(membership.periods, membership.periods[1:], strict=False):
            assert earlier.ends_at <= later.starts_at
        for payment in membership.payments:
            assert 0 <= payment.back <= payment.amount
            assert self.went_back.get(payment.invoice, 0) <= payment.amount
        assert sum(self.went_back.values()) <= self.came_in
        assert membership.credit >= 0
        assert membership.invoice is None or membership.invoice.amount > 0
        assert membership.invoice is None or membership.invoice.credit >= 0
        running = membership.at(self.now)
        if running is not None and running.ends_at <= self.now:
            assert self.now < running.ends_at + 6 * DAY  # in its grace, at most
        assert membership.is_over == (running is None)
        assert membership_from_json(orjson.loads(orjson.dumps(membership_to_json(membership)))) == membership


@settings(max_examples=150, deadline=None)
@given(POLICIES, STEPS)
def test_a_plan_keeps_its_promises_whatever_happens(programme: str, steps: list[Any]) -> None:
    run = Run(Corner(programme))
    run.corner.gift(500)
    for wait, (what, body) in steps:
        run.step(wait, what, body)
        run.check()
    run.corner.tick(run.day + 60)
    run.now = OPENED + (run.day + 60) * DAY
    run.check()


@settings(max_examples=60, deadline=None)
@given(POLICIES, STEPS)
def test_however_late_the_clock_is_worked_off_it_comes_to_the_same(programme: str, steps: list[Any]) -> None:
    lazy, keen = Run(Corner(programme)), Run(Corner(programme))
    for run in (lazy, keen):
        run.corner.gift(500)
    for wait, (what, body) in steps:
        for part in range(1, 8):
            keen.corner.tick(keen.day + wait * part / 8)
        lazy.step(wait, what, body)
        keen.step(wait, what, body)
        left, right = lazy.membership, keen.membership
        assert (left is None) == (right is None)
        if left is not None and right is not None:
            assert _shape(left) == _shape(right)
        assert lazy.corner.balance() == keen.corner.balance()


def _shape(membership: Membership) -> Any:
    """A membership without the ids, which are counted through the whole book."""
    periods = [(p.plan, p.kind, p.starts_at, p.ends_at, p.fee, p.back, p.used) for p in membership.periods]
    invoice = membership.invoice
    asked = (
        None if invoice is None else (invoice.kind, invoice.amount, invoice.due_at, invoice.lapses_at, invoice.asked)
    )
    return periods, asked, membership.credit, membership.months, membership.renews, membership.is_over


@pytest.mark.parametrize("months", [1, 5, 14])
def test_a_month_of_the_plan_begins_once_a_month(months: int) -> None:
    run = Run(Corner(text("full", "at_once", "at_once")))
    run.step(0, Built.PLAN_STARTED, {"plan": "best"})
    for _ in range(months):
        run.step(0, Built.PLAN_PAID, {})
        run.step(2, Built.PLAN_CANCELLED, {})
        run.step(1, Built.PLAN_STARTED, {"plan": "best"})
    began = [d for d in run.corner.book.decisions if d.activity.type == Tick.PLAN_MONTH.value]
    assert len(began) <= run.day / 28 + 1
