"""Members bring friends: a wait until the purchase cannot go back, rings, too many at once, and a look by somebody."""

import datetime as dt
from typing import Any, ClassVar

from tests.simulation.auditor import DAY, Member, Step, day_of, midnight
from tests.simulation.programmes import Known
from tests.simulation.shop import Shop
from tests.simulation.themes.theme import Keeper, Theme, View

TEXT = """
programme: friends
title: The Friends
currency: IDR
timezone: Asia/Jakarta
purchases: {eligible: 'line.category != "FUEL"'}
late: {accept: 90 days}
refunds: {within: 30 days}
units: {points: {worth: 10}}
referral:
  when: purchase.total >= 120_000
  wait: 14 days
  claim_within: 300 days
  hold: {same: none, ring: 5, friends: 1, per: month}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible / 10_000}}
  hello: {on: referral.joined, give: {points: 20}}
  stays: {on: referral.qualified, give: {points: 200}}
  thanks: {on: friend.qualified, give: {points: 500}, limit: {times: 2, per: year}}
  pair: {on: friend.qualified, when: friend.number % 2 == 0, give: {points: 50}}
"""
CROWD = 10


class FriendsShop(Shop):
    """A shop that people come to by and by, most of them by somebody's code."""

    crowd = CROWD
    weights: ClassVar[dict[str, int]] = {
        "purchase": 30, "late": 3, "return": 16, "early_return": 1, "revise": 6, "arrive": 9, "review": 7, "adjust": 4,
        "jump": 4, "again": 5, "tick": 4,
    }  # fmt: skip

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.people = 2

    def _step(self, kind: str, member: int | None = None, **more: Any) -> Step:
        number = self.random.randrange(self.people) if member is None else member
        return super()._step(kind, number, **more)

    def _body(self) -> dict[str, Any]:
        body = super()._body()
        for name in ("claims", "spend"):
            body.pop(name, None)
        return body

    def _arrive(self) -> Step:
        chance = self.random
        if self.people == CROWD or chance.random() < 0.2:
            # Who is there already tries it too: another code, their own, one that nobody has.
            by = chance.choice([None, *range(self.people)])
            return self._step("referral.claimed", by=by)
        self.people += 1
        by = chance.choice([None, self.people - 1]) if chance.random() < 0.06 else chance.randrange(min(self.people, 4))
        return self._step("referral.claimed", self.people - 1, by=by)

    def _review(self) -> Step:
        brought = [one["member"] for one in self.steps if one["type"] == "referral.claimed"]
        member = self.random.choice(brought) if brought else 0
        return self._step("referral.reviewed", member, action=self.random.choice(["release", "release", "refuse"]))


class FriendsKeeper(Keeper):
    """Keeps who brought whom by hand."""

    facts: ClassVar[Known] = {"per": 1_000_000, "app": 0, "within": 30}

    def __init__(self) -> None:
        super().__init__()
        self.onward: list[tuple[Member, dt.datetime, dt.datetime, bool]] = []

    def join(self, at: dt.datetime) -> None:
        super().join(at)
        self.members[-1] |= {
            "by": None, "state": "", "claimed": None, "waiting": [], "bought": 0, "not_before": None, "friends": 0,
            "greeted": False, "excused": set(), "why": [], "came": {}, "thanked": {},
        }  # fmt: skip

    def view_of(self, who: str, member: Member) -> View:
        return {f"{who}: referral": (member["state"], sorted(member["why"]), member["friends"])}

    # What is set off at others ----------------------------------------------------------------------------------------

    def tell(self, step: Step) -> tuple[str, dict[str, Any]]:
        said = super().tell(step)
        self._thank(step["recorded"])
        return said

    def advance_rest(self, now: dt.datetime) -> None:
        self._thank(now)

    def _thank(self, now: dt.datetime) -> None:
        while self.onward:
            member, at, recorded, has_qualified = self.onward.pop(0)
            self.advance(self.members.index(member), recorded)
            if not has_qualified:
                continue
            member["friends"] += 1
            year = day_of(at).year
            if member["thanked"].get(year, 0) < 2:
                member["thanked"][year] = member["thanked"].get(year, 0) + 1
                self._give(member, 500, at, "", starts=None, ends=None, rule="thanks")
            if member["friends"] % 2 == 0:
                self._give(member, 50, at, "", starts=None, ends=None, rule="pair")

    # The clock --------------------------------------------------------------------------------------------------------

    def _dues(self, member: Member) -> list[Any]:
        if member["state"] != "open" or not member["waiting"]:
            return super()._dues(member)
        due = min(safe for _, safe in member["waiting"])
        if member["not_before"] is not None:
            due = max(due, member["not_before"])
        return [*super()._dues(member), (due, 5, self._qualify)]

    def advance(self, number: int, now: dt.datetime) -> None:
        self.now = now
        super().advance(number, now)

    def _qualify(self, member: Member, at: dt.datetime) -> None:
        if self._is_ring(member, member["by"]):
            member["state"], member["why"] = "held", ["ring"]
            return
        member["state"], member["waiting"] = "qualified", []
        self._give(member, 200, at, "", starts=None, ends=None, rule="stays")
        self.onward.append((self.members[member["by"]], at, self.now, True))

    def _is_ring(self, friend: Member, by: int) -> bool:
        """Whether the friend is among the four above the one who brought them."""
        if "ring" in friend["excused"]:
            return False
        above: int | None = by
        for _ in range(4):
            above = None if above is None else self.members[above]["by"]
            if above is not None and self.members[above] is friend:
                return True
        return False

    # Steps ------------------------------------------------------------------------------------------------------------

    def _own(self, step: Step, member: Member, facts: dict[str, Any], *, is_revision: bool) -> str:
        if step["type"] == "referral.claimed":
            return self._come(step, member)
        if step["type"] == "referral.reviewed":
            return self._look_at(step, member)
        return super()._own(step, member, facts, is_revision=is_revision)

    def _come(self, step: Step, member: Member) -> str:
        if step["by"] is None:
            return "declined:referral_code_unknown"
        referrer = self.members[step["by"]]
        if referrer is member:
            return "declined:referrer_not_permitted_to_redeem"
        if member["by"] is not None:
            return "declined:referral_already_claimed"
        if member["bought"] or step["occurred"] >= midnight(dt.date(2025, 1, 1) + 301 * DAY):
            return "declined:referral_window_closed"
        member["by"], member["state"], member["claimed"] = step["by"], "open", step["occurred"]
        why = ["ring"] if self._is_ring(member, step["by"]) else []
        month = day_of(step["occurred"]).replace(day=1)
        if referrer["came"].get(month, 0) >= 1:
            why.append("velocity")
        referrer["came"][month] = referrer["came"].get(month, 0) + 1
        if why:
            member["state"], member["why"] = "held", why
        else:
            self._greet(member, step)
        self.onward.append((referrer, step["occurred"], step["recorded"], False))
        return "accepted"

    def _greet(self, member: Member, step: Step) -> None:
        member["greeted"] = True
        self._give(member, 20, step["occurred"], step["key"], starts=None, ends=None, rule="hello")

    def _look_at(self, step: Step, member: Member) -> str:
        if member["state"] != "held":
            return "declined:referral_not_held"
        if step["action"] == "refuse":
            member["state"] = "refused"
            return "accepted"
        member["excused"] |= set(member["why"])
        member["state"], member["why"], member["not_before"] = "open", [], step["recorded"]
        if not member["greeted"]:
            self._greet(member, step)
        return "accepted"

    # Purchases --------------------------------------------------------------------------------------------------------

    def _plain_answer(self, asked: dict[str, Any], body: Any) -> dict[str, Any]:
        earns, _, total = self._price(asked["facts"], "", body, 0)
        gross = sum(line["amount"] for line in body["lines"])
        points = earns // asked["facts"]["per"]
        return {
            "awards": {"earn": points} if points else {}, "paid": 0, "takes": 0, "spend": earns, "is_short": False,
            "total": total, "discount": gross - total, "issues": 0, "brings": asked["may"] and total >= 120_000_00,
        }  # fmt: skip

    def _question(self, member: Member, facts: dict[str, Any], at: dt.datetime) -> dict[str, Any]:
        may = member["state"] in ("open", "held") and at >= member["claimed"] and not member["bought"]
        return {**super()._question(member, facts, at), "may": may}

    def _purchase(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        status = super()._purchase(step, member, facts)
        sale = self.sales[step["key"]]
        member["bought"] += 1
        if sale["answer"]["brings"]:
            self._wait(member, step["key"], sale)
        self.say(total=sale["answer"]["total"], discount=sale["answer"]["discount"])
        return status

    @staticmethod
    def _wait(member: Member, key: str, sale: dict[str, Any]) -> None:
        member["waiting"].append((key, midnight(day_of(sale["at"]) + 14 * DAY)))

    def _ask_again(self, key: str, sale: dict[str, Any], member: Member, body: Any, now: dt.datetime) -> None:
        old, was_void = sale["answer"], sale["void"]
        super()._ask_again(key, sale, member, body, now)
        new, is_void = sale["answer"], not body["lines"]
        member["bought"] = max(member["bought"] - (is_void and not was_void), 0)
        if not new.get("brings"):
            member["waiting"] = [kept for kept in member["waiting"] if kept[0] != key]
        elif not old.get("brings"):
            self._wait(member, key, sale)
        if not is_void:
            self.say(total=new["total"], discount=new["discount"])
        back = old.get("total", 0) - new.get("total", 0)
        if back:
            self.say(refund=[("money", back)])


FRIENDS = Theme("friends", TEXT, FriendsShop, FriendsKeeper)
