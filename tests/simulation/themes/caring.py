"""Members give points to causes: leasts and steps, a brand that adds to it up to a cap, numbered receipts, cancelling.
Meanwhile accounts of one person become one, and two again.

Money is in sen; what a cause gets for a point is in thousandths of a sen.
"""

import datetime as dt
from typing import Any, ClassVar

from tests.simulation.auditor import DAY, Member, Step, day_of, midnight
from tests.simulation.programmes import Known
from tests.simulation.shop import Shop
from tests.simulation.themes.theme import Keeper, Theme, View

TEXT = """
programme: caring
title: The Caring
currency: IDR
timezone: Asia/Jakarta
purchases: {eligible: 'line.category != "FUEL"'}
late: {accept: 90 days}
refunds: {within: 60 days}
units: {points: {worth: 10}}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible / 10_000}}
  thanks: {on: points.donated, when: donation.money >= 500, give: {points: 15}, limit: {times: 1, per: month}}
causes:
  bank: {takes: points, least: 20, step: 10, worth: 10}
  school:
    takes: points
    least: 5
    step: 1
    worth: 8.33
    match: {by: The Roaster, percent: 35, up_to: 1_200.55}
  flood: {takes: points, least: 10, step: 5, worth: 12, schedule: {until: 2025-05-01}}
"""
CAUSES = {"bank": (20, 10, 1_000), "school": (5, 1, 833), "flood": (10, 5, 1_200)}


class CaringShop(Shop):
    """A shop whose members give points away, some of them with two cards."""

    weights: ClassVar[dict[str, int]] = {
        "purchase": 30, "late": 3, "return": 12, "early_return": 1, "revise": 4, "give": 26, "ungive": 9, "adjust": 10,
        "jump": 3, "again": 5, "tick": 2, "merge": 5, "unmerge": 5,
    }  # fmt: skip

    def _body(self) -> dict[str, Any]:
        body = super()._body()
        for name in ("claims", "spend"):
            body.pop(name, None)
        return body

    def _give(self) -> Step:
        chance = self.random
        cause = chance.choice(["bank", "school", "school", "flood", "nobody"])
        return self._step("points.donated", cause=cause, amount=chance.choice([1, 5, 20, 33, 60, 150, "all"]))

    def _ungive(self) -> Step:
        given = [one for one in self.steps if one["type"] == "points.donated"][-6:]
        if not given:
            return self._give()
        gift = self.random.choice(given)
        member = gift["member"] if self.random.random() < 0.93 else (gift["member"] + 1) % self.crowd
        return self._step("donation.cancelled", member, of=gift["key"])

    def _merge(self) -> Step:
        return self._step("member.merged", **{"with": self.random.randrange(self.crowd)})

    def _unmerge(self) -> Step:
        made = [one for one in self.steps if one["type"] == "member.merged"][-3:]
        if not made:
            return self._merge()
        merge = self.random.choice(made)
        first, second = merge["member"], merge["with"]
        if self.random.random() < 0.1:
            first, second = second, first
        return self._step("member.unmerged", first, **{"with": second})


class CaringKeeper(Keeper):
    """Counts what each cause has got, and knows whose account is whose."""

    facts: ClassVar[Known] = {"per": 1_000_000, "app": 0, "within": 60}

    def __init__(self) -> None:
        super().__init__()
        self.given = dict.fromkeys(CAUSES, 0)
        self.match = 1_200_55
        self.receipts: dict[int, int] = {}
        self.gifts: dict[str, dict[str, Any]] = {}

    def view_of_house(self) -> View:
        given = {f"given to {cause}": money for cause, money in self.given.items()}
        return {**given, "left to be added": self.match, **{f"receipts {y}": n for y, n in self.receipts.items()}}

    # Two accounts that become one ------------------------------------------------------------------------------------

    def join(self, at: dt.datetime) -> None:
        super().join(at)
        self.members[-1] |= {"into": None, "ends": None, "gone": []}

    def _home(self, number: int) -> int:
        """Who has the account of a member now."""
        while self.members[number]["into"] is not None:
            number = self.members[number]["into"]
        return number

    def handle(self, step: Step) -> str:
        if step["type"] != "member.unmerged":
            step = {**step, "member": self._home(step["member"])}
        for book in (self.sales, self.gifts):
            one = book.get(step.get("of", step["key"]))
            if one is not None:
                one["member"] = self._home(one.setdefault("owner", one["member"]))
        return super().handle(step)

    def _merge(self, step: Step, member: Member) -> str:
        other = self.members[step["with"]]
        if other is member:
            return "declined:merge_not_possible"
        if other["into"] is not None:
            return "declined:merged_already"
        other["into"], other["ends"] = step["member"], step["recorded"] + 30 * DAY
        other["gone"] = [self._move(other, lot, member) for lot in other["lots"] if lot["left"]]
        for period, times in other["used"].items():
            member["used"][period] = member["used"].get(period, 0) + times
        return "accepted"

    def _part(self, step: Step, member: Member) -> str:
        other = self.members[step["with"]]
        if other["into"] != step["member"]:
            return "declined:not_merged"
        if member["into"] is not None:
            return "declined:merged_already"
        if step["recorded"] > other["ends"]:
            return "declined:unmerge_window_closed"
        other["into"] = None
        for number in other["gone"]:
            if member["lots"][number]["left"]:
                self._move(member, member["lots"][number], other)
        for period, times in other["used"].items():
            member["used"][period] = max(member["used"].get(period, 0) - times, 0)
        return "accepted"

    @staticmethod
    def _move(giver: Member, lot: dict[str, Any], taker: Member, amount: int | None = None) -> int:
        """What is left of a lot, or ``amount`` of it that comes from elsewhere, becomes one of the taker's."""
        if amount is None:
            amount, lot["left"] = lot["left"], 0
        number = len(taker["lots"])
        taker["lots"].append({**lot, "amount": amount, "left": amount, "number": number})
        return number

    def _restore(self, member: Member, sale: dict[str, Any], amount: int, now: dt.datetime) -> None:
        owner = self.members[sale.get("owner", sale["member"])]
        if owner is member:
            super()._restore(member, sale, amount, now)
            return
        while amount:
            number, part = sale["taken"].pop()
            amount -= part
            made = self._move(owner, owner["lots"][number], member, part)
            if self.members[owner["into"]] is member:
                owner["gone"].append(made)

    # Gifts ------------------------------------------------------------------------------------------------------------

    def _own(self, step: Step, member: Member, facts: dict[str, Any], *, is_revision: bool) -> str:
        if step["type"] == "member.merged":
            return self._merge(step, member)
        if step["type"] == "member.unmerged":
            return self._part(step, member)
        if step["type"] == "points.donated":
            return self._donate(step, member)
        if step["type"] == "donation.cancelled":
            return self._cancel(step, member)
        return super()._own(step, member, facts, is_revision=is_revision)

    def _donate(self, step: Step, member: Member) -> str:
        cause, amount, at = step["cause"], step["amount"], step["occurred"]
        if cause not in CAUSES:
            return "declined:cause_unknown"
        if cause == "flood" and at >= midnight(dt.date(2025, 5, 1)):
            return "declined:cause_closed"
        least, every, worth = CAUSES[cause]
        found = max(self._can_spend(member), 0)
        if amount == "all":
            amount = max(found // every * every, least)
        if amount < least or amount % every:
            return "declined:donation_amount_wrong"
        if amount > found:
            return "declined:insufficient_balance"
        money = amount * worth
        added = min(money * 35 // 100, self.match) if cause == "school" else 0
        month, thanks = ("thanks", day_of(at).replace(day=1)), 0
        if money >= 500_00 and not member["used"].get(month, 0):
            thanks = 15
            self._give(member, thanks, at, step["key"], starts=None, ends=None, rule="thanks")
            member["used"][month] = 1
        self.gifts[step["key"]] = {
            "taken": self._take(self._open(member), amount), "amount": amount, "cause": cause, "money": money,
            "added": added, "thanks": thanks, "month": month, "member": step["member"], "void": False,
        }  # fmt: skip
        self.match -= added
        self.given[cause] += money + added
        year = day_of(at).year
        self.receipts[year] = self.receipts.get(year, 0) + 1
        self.say(gift=(amount, money, added, f"{year}-{self.receipts[year]:06}"))
        return "accepted"

    def _cancel(self, step: Step, member: Member) -> str:
        gift = self.gifts.get(step["of"])
        if gift is None:
            return "declined:donation_unknown"
        if gift["member"] != step["member"]:
            return "declined:receipt_of_other_member"
        if gift["void"]:
            return "declined:already_returned"
        gift["void"] = True
        self._restore(member, gift, gift["amount"], step["recorded"])
        self._take_back(member, gift["thanks"], step["of"], "thanks", "within_balance")
        if gift["thanks"] and day_of(step["recorded"]).replace(day=1) == gift["month"][1]:
            for number in {step["member"], gift["owner"]}:
                used = self.members[number]["used"]
                used[gift["month"]] = max(used.get(gift["month"], 0) - 1, 0)
        self.match += gift["added"]
        self.given[gift["cause"]] -= gift["money"] + gift["added"]
        return "accepted"

    def _plain_answer(self, asked: dict[str, Any], body: Any) -> dict[str, Any]:
        earns, _, total = self._price(asked["facts"], "", body, 0)
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
        back = old.get("total", 0) - new.get("total", 0)
        if back:
            self.say(refund=[("money", back)])


CARING = Theme("caring", TEXT, CaringShop, CaringKeeper)
