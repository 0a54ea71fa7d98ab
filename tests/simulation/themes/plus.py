"""A plan that is paid for: trial, invoices, renewal, dunning, grace, lapse, cancellation, and what it brings.

Money is in sen. What is asked and what goes back follows ``docs/guides/plans.md``.
"""

import datetime as dt
from typing import Any, ClassVar

from tests.simulation.auditor import DAY, JAKARTA, Member, Step, day_of, midnight, months_on
from tests.simulation.programmes import Known
from tests.simulation.shop import Shop
from tests.simulation.themes.theme import Keeper, Theme, View

TEXT = """
programme: plus
title: The Plus
currency: IDR
timezone: Asia/Jakarta
purchases: {eligible: 'line.category != "FUEL"'}
late: {accept: 90 days}
refunds: {within: 60 days}
units: {points: {worth: 10}}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible / 10_000}}
  monthly: {on: plan.month_began, give: {points: 40}}
plans:
  plus:
    fee: {month: 49_000, quarter: 139_000}
    trial: 14 days
    notice: 7 days
    dunning: [1 day, 3 days]
    grace: 6 days
    benefits: {discount: [{off: 10 %}]}
    cancel: {refund: REFUND, within: 20 days}
"""
FEES = {"month": 49_000_00, "quarter": 139_000_00}
MONTHS = {"month": 1, "quarter": 3}


def months_after(at: dt.datetime, months: int) -> dt.datetime:
    """The same local time so many months on."""
    local = at + JAKARTA
    return local.replace(**_date(months_on(local.date(), months))) - JAKARTA


def _date(day: dt.date) -> dict[str, Any]:
    return {"year": day.year, "month": day.month, "day": day.day}


class PlusShop(Shop):
    """A shop with a plan."""

    weights: ClassVar[dict[str, int]] = {
        "purchase": 24, "late": 5, "return": 8, "early_return": 1, "revise": 1, "start": 16, "pay": 22, "cancel": 9,
        "adjust": 3, "jump": 5, "again": 5, "tick": 4,
    }  # fmt: skip

    def _body(self) -> dict[str, Any]:
        body = super()._body()
        for name in ("claims", "spend"):
            body.pop(name, None)
        return body

    def _revise(self) -> Step:
        if not self.announced:
            return self._purchase()
        key, member = self.announced.pop()
        step = self._step("purchase.completed", member, body=self._body(), revision=0)
        step["key"], step["occurred"] = key, step["occurred"] - 5 * DAY
        self.sales.append(step)
        return step

    def _start(self) -> Step:
        every = self.random.choice(["month", "month", "month", "quarter"])
        return self._step("plan.started", self.random.randrange(3), every=every)

    def _pay(self) -> Step:
        return self._step("plan.paid", self.random.randrange(3))

    def _cancel(self) -> Step:
        return self._step("plan.cancelled", self.random.randrange(3))


class PlusKeeper(Keeper):
    """Keeps the calendar of every plan by hand."""

    facts: ClassVar[Known] = {"per": 1_000_000, "app": 0, "within": 60}
    refund = "pro_rata"

    def join(self, at: dt.datetime) -> None:
        super().join(at)
        self.members[-1]["plan"] = {
            "periods": [], "invoice": None, "renews": None, "tried": False, "cancelled": False, "over": True,
            "anchor": None, "turns": 0, "months_from": None, "months": 0, "paid": 0, "back": 0,
        }  # fmt: skip

    def view_of(self, who: str, member: Member) -> View:
        plan = member["plan"]
        invoice = plan["invoice"]
        asked = None if invoice is None else (invoice["kind"], invoice["fee"], invoice["lapses"], invoice["asked"])
        periods = [(p["kind"], p["starts"], p["ends"], p["fee"], p["back"]) for p in plan["periods"]]
        return {
            f"{who}: periods": periods, f"{who}: invoice": asked, f"{who}: renews": plan["renews"],
            f"{who}: plan is over": plan["over"], f"{who}: paid and given back": (plan["paid"], plan["back"]),
        }  # fmt: skip

    # The clock --------------------------------------------------------------------------------------------------------

    def _dues(self, member: Member) -> list[Any]:
        plan, found = member["plan"], super()._dues(member)
        invoice, periods = plan["invoice"], plan["periods"]
        if plan["months_from"] is not None:
            month = months_after(plan["months_from"], plan["months"])
            if any(p["starts"] <= month < p["ends"] for p in periods if p["kind"] != "grace"):
                found.append((month, 16, self._month))
        if invoice is not None:
            found.append((invoice["lapses"], 15, self._lapse_plan))
            if invoice["kind"] == "renewal" and not invoice["asked"]:
                found.append((invoice["due"], 13, self._fall_due))
            if 0 < invoice["asked"] <= 2:
                again = invoice["due"] + (1, 3)[invoice["asked"] - 1] * DAY
                if again < invoice["lapses"]:
                    found.append((again, 14, self._ask))
        if periods and not plan["over"]:
            ends = periods[-1]["ends"]
            if plan["renews"] is None:
                found.append((ends, 17, self._over))
            elif invoice is None:
                found.append((max(ends - 7 * DAY, periods[-1]["starts"]), 12, self._write_renewal))
        return found

    def _month(self, member: Member, at: dt.datetime) -> None:
        member["plan"]["months"] += 1
        self._give(member, 40, at, "", starts=None, ends=None, rule="monthly")

    def _lapse_plan(self, member: Member, at: dt.datetime) -> None:
        plan = member["plan"]
        kind, plan["invoice"] = plan["invoice"]["kind"], None
        if kind == "renewal":
            self._grace(plan, at)
            plan["renews"], plan["over"] = None, True

    @staticmethod
    def _grace(plan: dict[str, Any], at: dt.datetime) -> None:
        last = plan["periods"][-1]["ends"]
        if last < at:
            plan["periods"].append({"kind": "grace", "starts": last, "ends": at, "fee": 0, "back": 0})

    @staticmethod
    def _write_renewal(member: Member, at: dt.datetime) -> None:
        plan = member["plan"]
        ends = plan["periods"][-1]["ends"]
        plan["invoice"] = {
            "kind": "renewal", "every": plan["renews"], "fee": FEES[plan["renews"]], "due": ends,
            "lapses": ends + 6 * DAY, "asked": 0,
        }  # fmt: skip

    @staticmethod
    def _ask(member: Member, at: dt.datetime) -> None:
        member["plan"]["invoice"]["asked"] += 1

    def _fall_due(self, member: Member, at: dt.datetime) -> None:
        self._ask(member, at)

    @staticmethod
    def _over(member: Member, at: dt.datetime) -> None:
        member["plan"]["over"], member["plan"]["renews"] = True, None

    # Steps ------------------------------------------------------------------------------------------------------------

    @staticmethod
    def _running(plan: dict[str, Any], at: dt.datetime) -> dict[str, Any] | None:
        for period in reversed(plan["periods"]):
            if period["starts"] <= at < period["ends"]:
                return dict(period, number=plan["periods"].index(period))
        invoice, last = plan["invoice"], plan["periods"][-1:]
        if invoice is None or invoice["kind"] != "renewal" or not last:
            return None
        in_grace = last[0]["ends"] <= at < invoice["lapses"]
        return dict(last[0], number=len(plan["periods"]) - 1) if in_grace else None

    def _own(self, step: Step, member: Member, facts: dict[str, Any], *, is_revision: bool) -> str:
        kind, plan, at = step["type"], member["plan"], step["occurred"]
        if kind == "plan.started":
            return self._start(plan, at, step["every"])
        if kind == "plan.paid":
            if plan["invoice"] is None:
                return "declined:invoice_not_open"
            plan["paid"] += plan["invoice"]["fee"]
            self._begin_paid(plan, at)
            return "accepted"
        if kind == "plan.cancelled":
            return self._cancel(plan, at)
        return super()._own(step, member, facts, is_revision=is_revision)

    def _start(self, plan: dict[str, Any], at: dt.datetime, every: str) -> str:
        running = self._running(plan, at)
        if running is not None:
            if not plan["cancelled"] or running["back"]:
                return "declined:plan_running"
            plan["cancelled"], plan["renews"] = False, every
            return "accepted"
        plan["cancelled"] = False
        if not plan["tried"]:
            plan["tried"], plan["renews"] = True, every
            self._append(plan, {"kind": "trial", "starts": at, "ends": at + 14 * DAY, "fee": 0, "back": 0})
            return "accepted"
        plan["invoice"] = {
            "kind": "start", "every": every, "fee": FEES[every], "due": at, "lapses": at + 30 * DAY, "asked": 1,
        }  # fmt: skip
        return "accepted"

    def _begin_paid(self, plan: dict[str, Any], at: dt.datetime) -> None:
        invoice, plan["invoice"] = plan["invoice"], None
        begins = at
        if plan["periods"]:
            last = plan["periods"][-1]["ends"]
            begins = last if invoice["kind"] == "renewal" else max(at, last)
        months = MONTHS[invoice["every"]]
        if plan["anchor"] is None or months_after(plan["anchor"], plan["turns"] * months) != begins:
            plan["anchor"], plan["turns"] = begins, 0
        plan["turns"] += 1
        ends = months_after(plan["anchor"], plan["turns"] * months)
        plan["renews"], plan["cancelled"] = invoice["every"], False
        self._append(plan, {"kind": "paid", "starts": begins, "ends": ends, "fee": invoice["fee"], "back": 0})

    @staticmethod
    def _append(plan: dict[str, Any], period: dict[str, Any]) -> None:
        periods = plan["periods"]
        if plan["over"] or not periods or periods[-1]["ends"] < period["starts"]:
            plan["cancelled"] = False
            if plan["months_from"] is None or months_after(plan["months_from"], plan["months"]) < period["starts"]:
                plan["months_from"], plan["months"] = period["starts"], 0
        plan["over"] = False
        periods.append(period)

    def _cancel(self, plan: dict[str, Any], at: dt.datetime) -> str:
        running = self._running(plan, at)
        if running is None and plan["invoice"] is None:
            return "declined:plan_not_running"
        if running is not None and plan["cancelled"]:
            return "declined:plan_already_cancelled"
        plan["invoice"], plan["renews"], plan["cancelled"] = None, None, True
        if running is None:
            return "accepted"
        if running["ends"] <= at:  # in its days of grace
            self._grace(plan, at)
            return "accepted"
        own = plan["periods"][running["number"]]
        due = self._due_back(own, at)
        if due is not None:
            own["back"] += due
            plan["back"] += due
        for later in [period for period in plan["periods"] if period["starts"] > at]:
            if due is not None or self.refund != "none":
                plan["periods"].remove(later)
                plan["back"] += later["fee"]
        if due is not None:
            own["ends"] = at
        return "accepted"

    def _due_back(self, period: dict[str, Any], at: dt.datetime) -> int | None:
        """What goes back of a period that is given up; None: nothing does, and it runs to its end."""
        if period["kind"] != "paid" or at >= midnight(day_of(period["starts"]) + 21 * DAY):
            return None
        if self.refund == "full":
            return int(period["fee"])
        whole = (day_of(period["ends"]) - day_of(period["starts"])).days
        used = (day_of(at) - day_of(period["starts"])).days + 1
        return int(2 * period["fee"] * max(whole - used, 0) + whole) // (2 * whole)

    # Purchases --------------------------------------------------------------------------------------------------------

    def _question(self, member: Member, facts: dict[str, Any], at: dt.datetime) -> dict[str, Any]:
        has_plan = self._running(member["plan"], at) is not None
        return {**super()._question(member, facts, at), "has_plan": has_plan}

    def _plain_answer(self, asked: dict[str, Any], body: Any) -> dict[str, Any]:
        earns, _, total = self._price(asked["facts"], "", body, 0)
        if asked["has_plan"]:
            off = min((2 * earns * 10 + 100) // 200, total)
            earns, total = earns - off, total - off
        gross = sum(line["amount"] for line in body["lines"])
        points = earns // asked["facts"]["per"]
        return {
            "awards": {"earn": points} if points else {}, "paid": 0, "takes": 0, "spend": earns, "is_short": False,
            "total": total, "discount": gross - total, "issues": 0,
        }  # fmt: skip

    def _purchase(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        status = super()._purchase(step, member, facts)
        answer = self.sales[step["key"]]["answer"]
        self.say(total=answer["total"], discount=answer["discount"])
        return status

    def _ask_again(self, key: str, sale: dict[str, Any], member: Member, body: Any, now: dt.datetime) -> None:
        old = sale["answer"]
        super()._ask_again(key, sale, member, body, now)
        new = sale["answer"]
        if body["lines"]:
            self.say(total=new["total"], discount=new["discount"])
        back = old["total"] - new.get("total", 0)
        if back:
            self.say(refund=[("money", back)])


class FullKeeper(PlusKeeper):
    """The same where the whole fee goes back."""

    refund = "full"


PLUS = Theme("plus", TEXT.replace("REFUND", "pro_rata"), PlusShop, PlusKeeper)
FULL_TEXT = TEXT.replace("REFUND", "full").replace("programme: plus", "programme: plus-full")
PLUS_FULL = Theme("plus-full", FULL_TEXT, PlusShop, FullKeeper)
