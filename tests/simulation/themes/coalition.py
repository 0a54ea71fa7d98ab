"""Partners: earned with one, burned with another, a pack that runs out, a budget in money, and the statement.

A stake is (partner, price in millionths of a rupiah, when it is owed); what each movement means to whom is noted as it
happens, and priced once in the end.
"""

import datetime as dt
from collections import Counter
from typing import Any, ClassVar

from tests.simulation.auditor import DAY, Member, Step, day_of, midnight
from tests.simulation.programmes import Known
from tests.simulation.shop import Shop
from tests.simulation.themes.theme import Keeper, Theme, View

TEXT = """
programme: coalition
title: The Coalition
currency: IDR
timezone: Asia/Jakarta
purchases: {eligible: 'line.category != "FUEL"'}
late: {accept: 90 days}
holds: {lapse_after: 3 days}
refunds: {within: 60 days}
units: {points: {worth: 10, pays: 10, transfer: allowed, expires: {after: 60 days}}}
partners:
  fuel: {earns: {points: 8.5}, burns: {points: 7}}
  cafe: {earns: {points: 12, owed: when_earned}, burns: {points: 9}}
  club: {earns: {points: 9, owed: when_burned_or_expired}}
  tour: {earns: {points: 11.25, owed: when_earned_unless_expired}, burns: {points: 10}}
  corner: {earns: {points: 10}, pack: {points: 180, over: trim}, burns: {points: 9.5}}
budgets: {spring: {money: 4_000, over: trim}}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible / 10_000}}
  some: {on: purchase.completed, when: purchase.total >= 60_000, give: {points: 30}, budget: spring}
  other: {on: purchase.completed, when: '"HELLO" in purchase.codes', give: {points: 7}, issuer: tour}
"""
WHEN_BURNED, WHEN_BURNED_OR_EXPIRED, WHEN_EARNED, WHEN_EARNED_UNLESS_EXPIRED, PREPAID = range(5)
EARNS = {
    "": ("", 10_000_000, WHEN_BURNED),
    "fuel": ("fuel", 8_500_000, WHEN_BURNED),
    "cafe": ("cafe", 12_000_000, WHEN_EARNED),
    "club": ("club", 9_000_000, WHEN_BURNED_OR_EXPIRED),
    "tour": ("tour", 11_250_000, WHEN_EARNED_UNLESS_EXPIRED),
    "corner": ("corner", 10_000_000, PREPAID),
}
BURNS = {"": 0, "fuel": 7_000_000, "cafe": 9_000_000, "tour": 10_000_000, "corner": 9_500_000}
Stake = tuple[str, int, int]


class CoalitionShop(Shop):
    """Many shops with one currency."""

    weights: ClassVar[dict[str, int]] = {
        "purchase": 34, "late": 4, "return": 14, "early_return": 2, "revise": 1, "hold": 7, "settle_hold": 7,
        "transfer": 6, "adjust": 5, "jump": 6, "again": 5, "tick": 3,
    }  # fmt: skip

    def _body(self) -> dict[str, Any]:
        body, chance = super()._body(), self.random
        body.pop("claims", None)
        where = chance.choice(["", *EARNS])
        if where:
            body["partner"] = where
        if chance.random() < 0.3:
            body["spend"] = {"points": chance.choice([1, 20, 75, "max"])}
        return body

    def _revise(self) -> Step:
        if not self.announced:
            return self._purchase()
        key, member = self.announced.pop()
        step = self._step("purchase.completed", member, body=self._body(), revision=0)
        step["key"], step["occurred"] = key, step["occurred"] - 5 * DAY
        self.sales.append(step)
        return step

    def _hold(self) -> Step:
        step = super()._hold()
        step["amount"] = self.random.choice([1, 10, 40, 120])
        step["partner"] = self.random.choice(list(EARNS))
        return step


class CoalitionKeeper(Keeper):
    """Notes whose points go where."""

    facts: ClassVar[Known] = {"per": 1_000_000, "app": 0, "within": 60, "worth": 1_000, "transfer": True}

    def __init__(self) -> None:
        super().__init__()
        self.spring, self.pack = 4_000_000_000, 180
        self.lines: Counter[tuple[str, str, str, str, int, int]] = Counter()

    def view_of_house(self) -> View:
        return {"spring": self.spring, "pack": self.pack}

    def statement(self) -> View:
        """All lines up to now, as (units, money), with what each partner owes in all and what is left in between."""
        found: View = {}
        owes: Counter[str] = Counter()
        for key, quantity in self.lines.items():
            partner, month, kind, other, price, owed = key
            exact = _share(kind, owed) * quantity * price  # millionths of a rupiah, so ten thousandths of a sen
            money = (abs(exact) + 5_000) // 10_000 * (1 if exact > 0 else -1)
            owes[partner] += money
            if quantity or money:
                found[f"{partner} {month} {kind} {other} {price} {owed}"] = (quantity, money)
        found |= {f"{partner} owes": money for partner, money in owes.items() if money}
        return {**found, "margin": sum(owes.values())}

    def _note(self, kind: str, stake: Stake, other: str, quantity: int, at: dt.datetime) -> None:
        if stake[0] and quantity:
            self.lines[stake[0], f"{day_of(at):%Y-%m}", kind, other, stake[1], stake[2]] += quantity

    def _spent(self, member: Member, parts: list[tuple[int, int]], where: str, sign: int, at: dt.datetime) -> None:
        for number, part in parts:
            lot = self._stake(member, number)
            self._note("burned", lot, where, sign * part, at)
            self._note("redeemed", (where, BURNS[where], 0), lot[0], sign * part, at)

    @staticmethod
    def _stake(member: Member, number: int) -> Stake:
        stake: Stake = member["lots"][number].setdefault("stake", EARNS[""])
        return stake

    # What ends --------------------------------------------------------------------------------------------------------

    def _terms(self, facts: dict[str, Any], at: dt.datetime) -> tuple[Any, Any]:
        return None, midnight(day_of(at) + 61 * DAY)

    def _end(self, member: Member, at: dt.datetime) -> None:
        for lot in member["lots"]:
            if lot["ends"] == at:
                self._note("expired", self._stake(member, lot["number"]), "", lot["left"], at)
        super()._end(member, at)

    def _put_back(self, member: Member, parts: list[tuple[int, int]], at: dt.datetime) -> bool:  # type: ignore[override]
        before = [lot["expired"] for lot in member["lots"]]
        is_over = super()._put_back(member, parts, at)
        for lot, was in zip(member["lots"], before, strict=True):
            self._note("expired", self._stake(member, lot["number"]), "", lot["expired"] - was, at)
        return is_over

    # Sales ------------------------------------------------------------------------------------------------------------

    def _plain_answer(self, asked: dict[str, Any], body: Any) -> dict[str, Any]:
        earns, paid, total = self._price(asked["facts"], "", body, asked["wallet"])
        stake = EARNS[body.get("partner", "")]
        awards = {"earn": (earns // asked["facts"]["per"], stake), "some": (0, stake), "other": (0, EARNS["tour"])}
        if total >= 60_000_00:
            awards["some"] = (min(30, asked["spring"] // stake[1]), stake)
        if "HELLO" in body.get("codes", []):
            awards["other"] = (7, EARNS["tour"])
        if stake[2] == PREPAID:
            earn = min(awards["earn"][0], asked["pack"])
            awards["earn"] = (earn, stake)
            awards["some"] = (min(awards["some"][0], asked["pack"] - earn), stake)
        gross = sum(line["amount"] for line in body["lines"])
        return {
            "awards": {rule: award for rule, award in awards.items() if award[0]}, "paid": paid, "takes": paid,
            "total": total, "discount": gross - total,
        }  # fmt: skip

    def _draw(self, rule: str, stake: Stake, amount: int) -> None:
        if rule == "some":
            self.spring -= amount * stake[1]
        if stake[2] == PREPAID:
            self.pack -= amount

    def _award(self, member: Member, amount: int, sale: dict[str, Any], key: str, rule: str, stake: Stake) -> None:
        self._give(member, amount, sale["at"], key, starts=None, ends=self._terms({}, sale["at"])[1], rule=rule)
        member["lots"][-1]["stake"] = stake
        self._note("earned", stake, "", amount, sale["at"])
        self._draw(rule, stake, amount)

    def _purchase(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        body, key = step["body"], step["key"]
        asked = self._question(member, facts, step["occurred"])
        asked |= {"spring": self.spring, "pack": self.pack}
        answer = self._answer(asked, body)
        where = body.get("partner", "")
        if answer["paid"] and where not in BURNS:
            return "declined:partner_cannot_burn"
        if answer["paid"] > max(asked["can_spend"], 0):
            return "declined:insufficient_balance"
        if "spend" in body:
            body = {**body, "spend": {"points": answer["paid"]}}
        sale = self.sales[key] = {
            "asked": asked, "body": body, "first": body, "answer": answer, "taken": [], "returned": {}, "void": False,
            "member": step["member"], "at": step["occurred"], "where": where,
        }  # fmt: skip
        for rule, (amount, stake) in answer["awards"].items():
            self._award(member, amount, sale, key, rule, stake)
        sale["taken"] = self._take(self._open(member), answer["paid"])
        self._spent(member, sale["taken"], where, 1, step["recorded"])
        self._say(answer)
        return "accepted"

    def _say(self, answer: dict[str, Any]) -> None:
        paid = answer["paid"] * 1_000
        said = {"paid_money": paid, "payable": answer["total"] - paid} if paid else {}
        self.say(total=answer["total"], discount=answer["discount"], **said)

    def _restore(self, member: Member, sale: dict[str, Any], amount: int, now: dt.datetime) -> None:
        before = Counter(dict(sale["taken"]))
        super()._restore(member, sale, amount, now)
        back = before - Counter(dict(sale["taken"]))
        self._spent(member, list(back.items()), sale["where"], -1, now)

    def _ask_again(self, key: str, sale: dict[str, Any], member: Member, body: Any, now: dt.datetime) -> None:
        old = sale["answer"]
        nothing: dict[str, Any] = {"awards": {}, "paid": 0, "takes": 0, "total": 0, "discount": 0}
        new = self._borne(sale["asked"], old, body) if body["lines"] else nothing
        self._restore(member, sale, sum(part for _, part in sale["taken"]) - new["paid"], now)
        changes = {
            rule: new["awards"].get(rule, (0,))[0] - old["awards"].get(rule, (0,))[0]
            for rule in dict.fromkeys((*old["awards"], *new["awards"]))
        }
        for rule, change in sorted(changes.items(), key=lambda item: item[1] > 0):
            stake = (old["awards"].get(rule) or new["awards"][rule])[1]
            if change > 0:
                self._award(member, change, sale, key, rule, stake)
            elif change < 0:
                self._draw(rule, stake, change + self._reverse(member, -change, key, rule, stake, now))
        sale["answer"], sale["body"], sale["void"] = new, body, not body["lines"]
        if body["lines"]:
            self._say(new)
        self._refund(old, new)

    def _borne(self, asked: dict[str, Any], old: dict[str, Any], body: Any) -> dict[str, Any]:
        """What others have drawn on budget and pack since is not there any more: what is left, and what it drew."""
        new = self._plain_answer(asked, body)
        own, wanted = _drawn(old), _drawn(new)
        there = {"spring": self.spring + own["spring"], "pack": self.pack + own["pack"]}
        short = {name: left for name, left in there.items() if wanted[name] > left}
        asked |= short
        return self._plain_answer(asked, body) if short else new

    def _refund(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        points = old["paid"] - new["paid"]
        money = old["total"] - new["total"] - points * 1_000
        refund = [("points", points * 1_000)] if points else []
        refund += [("money", money)] if money else []
        if refund:
            self.say(refund=refund)

    def _reverse(self, member: Member, amount: int, key: str, rule: str, stake: Stake, now: dt.datetime) -> int:
        """Take back what a rule gave, from its own lots first; what cannot be taken back."""
        left = {lot["number"]: (lot["left"], lot["expired"]) for lot in member["lots"]}
        missing = self._take_back(member, amount, key, rule, "within_balance")
        for lot in member["lots"]:
            was_left, was_expired = left[lot["number"]]
            own = self._stake(member, lot["number"])
            ended = was_expired - lot["expired"]
            self._note("expired", own, "", -ended, now)
            part = was_left - lot["left"] + ended
            if own == stake:
                self._note("reversed", own, "", -part, now)
            else:  # somebody else's stand in for what was spent
                self._note("burned", own, stake[0], part, now)
                self._note("reversed_spent", stake, own[0], -part, now)
        return missing

    # Moves ------------------------------------------------------------------------------------------------------------

    def _adjust(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        before = [lot["left"] for lot in member["lots"]]
        status = super()._adjust(step, member, facts)
        for lot, was in zip(member["lots"], before, strict=False):
            self._note("reversed", self._stake(member, lot["number"]), "", lot["left"] - was, step["recorded"])
        return status

    def _transfer(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        before, other = [lot["left"] for lot in member["lots"]], self.members[step["to"]]
        had = len(other["lots"])
        status = super()._transfer(step, member, facts)
        gone = [lot["number"] for lot, was in zip(member["lots"], before, strict=False) if lot["left"] < was]
        gone.sort(key=lambda n: (member["lots"][n]["ends"], member["lots"][n]["earned"], n))
        for number, lot in zip(gone, other["lots"][had:], strict=True):
            lot["stake"] = self._stake(member, number)
        return status

    def _hold(self, step: Step, member: Member) -> str:
        if step["type"] == "hold.placed":
            if step["partner"] not in BURNS:
                return "declined:partner_cannot_burn"
            status = super()._hold(step, member)
            member["holds"][step["key"]]["partner"] = step["partner"]
            return status
        hold = member["holds"].get(step["of"], {"taken": []})
        status = super()._hold(step, member)
        if step["type"] == "hold.committed" and status == "accepted":
            amount = hold["amount"] if step["amount"] is None else step["amount"]
            parts = []
            for number, part in hold["taken"]:
                parts.append((number, min(part, amount)))
                amount -= parts[-1][1]
            self._spent(member, parts, hold["partner"], 1, step["recorded"])
        return status


def _drawn(answer: dict[str, Any]) -> dict[str, int]:
    """What the awards of a sale draw on the budget, in money, and on the pack."""
    some, stake = answer["awards"].get("some", (0, EARNS[""]))
    pack = sum(amount for amount, stake in answer["awards"].values() if stake[2] == PREPAID)
    return {"spring": some * stake[1], "pack": pack}


def _share(kind: str, owed: int) -> int:
    """Whether a unit on such a line is owed for (1), paid out (-1), or only told (0)."""
    if kind in ("earned", "reversed"):
        return int(owed in (WHEN_EARNED, WHEN_EARNED_UNLESS_EXPIRED))
    if kind == "burned":
        return int(owed in (WHEN_BURNED, WHEN_BURNED_OR_EXPIRED))
    if kind == "expired":
        return {WHEN_BURNED_OR_EXPIRED: 1, WHEN_EARNED_UNLESS_EXPIRED: -1}.get(owed, 0)
    return -1 if kind == "redeemed" else int(owed != PREPAID)


COALITION = Theme("coalition", TEXT, CoalitionShop, CoalitionKeeper)
