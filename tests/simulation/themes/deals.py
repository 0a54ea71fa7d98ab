"""Vouchers at the till: claimed, given by a rule, public; used whole and in part, returned, cancelled, revoked, over.

Money is in sen. A voucher is known by the key of the claim that bought it, or of the sale that gave it.
"""

import datetime as dt
from typing import Any, ClassVar

from tests.simulation.auditor import DAY, Member, Step, day_of, midnight
from tests.simulation.programmes import Known
from tests.simulation.shop import Shop
from tests.simulation.themes.theme import Keeper, Theme, View

TEXT = """
programme: deals
title: The Deals
currency: IDR
timezone: Asia/Jakarta
purchases: {eligible: 'line.category != "FUEL"'}
late: {accept: 90 days}
refunds: {within: 60 days}
units: {points: {worth: 10}}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible / 1_000}}
  big: {on: purchase.completed, when: purchase.total >= 300_000, give: {voucher: fiver}}
rewards:
  tenth: {costs: {points: 120}, gives: {percent_off: 10, at_most: 25_000}, stock: 30, limit: {times: 4, per: month},
          valid: 30 days}
  cake: {costs: {points: 60}, gives: {product: A}, stock: 20, valid: 10 days}
  credit: {costs: {points: 250}, gives: {amount_off: 20_000, keep_rest: true}}
  fiver: {gives: {amount_off: 5_000, from: 20_000}, stock: 12, valid: 20 days}
  summer: {code: SUMMER, gives: {amount_off: 3_000}, stock: 9, limit: {times: 3, per: lifetime}}
"""

COSTS = {"tenth": 120, "cake": 60, "credit": 250}
VALID = {"tenth": 30, "cake": 10, "fiver": 20}
STOCK = {"tenth": 30, "cake": 20, "fiver": 12, "summer": 9}
CREDIT = 20_000_00


class DealsShop(Shop):
    """A shop whose buyers bring vouchers."""

    weights: ClassVar[dict[str, int]] = {
        "purchase": 30, "late": 3, "return": 14, "early_return": 2, "revise": 8, "claim": 14, "unclaim": 4,
        "revoke": 2, "adjust": 12, "jump": 4, "again": 4, "tick": 2,
    }  # fmt: skip

    def _body(self) -> dict[str, Any]:
        body = super()._body()
        body.pop("spend", None)
        body.pop("claims", None)
        return body

    def _purchase(self) -> Step:
        step = super()._purchase()
        self._bring(step)
        return step

    def _bring(self, step: Step) -> None:
        chance = self.random
        if chance.random() < 0.7:
            mine = [one["key"] for one in self.claims if one["member"] == step["member"]][-5:]
            mine += [
                f"{one['key']}/fiver1"
                for one in self.sales[-12:-1]
                if one["member"] == step["member"] and _net(one["body"]) >= 310_000_00
            ][-2:]
            others = [*(one["key"] for one in self.claims[-3:]), "NOBODYS"]
            picked = [chance.choice(mine if mine and chance.random() < 0.95 else others)]
            more = chance.choice([0, 0, 1, 2])
            picked += [chance.choice([*mine, *mine, "SUMMER", "SUMMER"]) for _ in range(more)]
            pieces = [1, 1, 1, 1, 1, 2]
            step["body"]["vouchers"] = [(one, chance.choice(pieces)) for one in dict.fromkeys(picked)]

    def _revise(self) -> Step:
        step = super()._revise()
        if "vouchers" not in step["body"] and step["type"] == "purchase.completed":
            before = next((one for one in self.steps[::-1] if one.get("key") == step["key"]), None)
            if before is not None and "vouchers" in before["body"] and self.random.random() < 0.6:
                step["body"]["vouchers"] = [
                    (name, self.random.choice([1, 1, 2])) for name, _ in before["body"]["vouchers"]
                ]
            else:
                self._bring(step)
        return step

    def _claim(self) -> Step:
        reward = self.random.choice([*COSTS, "cake", "credit"])
        step = self._step("reward.claimed", reward=reward, quantity=self.random.choice([1, 1, 1, 2, 3, 30]))
        self.claims.append(step)
        return step

    def _revoke(self) -> Step:
        if not self.claims:
            return self._claim()
        claim = self.random.choice(self.claims[-6:])
        return self._step("voucher.revoked", claim["member"], of=claim["key"])

    def _adjust(self) -> Step:
        return self._step("balance.adjusted", amount=self.random.choice([-200, 400, 900, 1_500]))


def _net(body: dict[str, Any]) -> int:
    return int(sum(line["amount"] - line.get("discount", 0) for line in body["lines"]))


class DealsKeeper(Keeper):
    """Keeps the vouchers by hand."""

    facts: ClassVar[Known] = {"per": 100_000, "app": 0, "within": 60}

    def __init__(self) -> None:
        super().__init__()
        self.stocks = dict(STOCK)
        self.owner: dict[str, Member] = {}  # voucher → who has it

    def join(self, at: dt.datetime) -> None:
        super().join(at)
        self.members[-1]["vouchers"] = {}

    def view_of(self, who: str, member: Member) -> View:
        return {f"{who}: voucher {key}": (v["state"], v["left"]) for key, v in sorted(member["vouchers"].items())}

    def view_of_house(self) -> View:
        return {f"stock of {name}": left for name, left in self.stocks.items()}

    # The clock --------------------------------------------------------------------------------------------------------

    def _dues(self, member: Member) -> list[Any]:
        ends = [v["ends"] for v in member["vouchers"].values() if v["state"] == "issued" and v["ends"] is not None]
        return [*super()._dues(member), (min(ends), 5, self._lapse_vouchers) if ends else None]

    @staticmethod
    def _lapse_vouchers(member: Member, at: dt.datetime) -> None:
        for voucher in member["vouchers"].values():
            if voucher["state"] == "issued" and voucher["ends"] == at:
                voucher["state"] = "lapsed"

    def _issue(self, member: Member, key: str, reward: str, quantity: int, at: dt.datetime) -> None:
        ends = midnight(day_of(at) + (VALID[reward] + 1) * DAY) if reward in VALID else None
        worth = CREDIT * quantity if reward == "credit" else quantity
        self.owner[key] = member
        member["vouchers"][key] = {
            "reward": reward, "quantity": quantity, "whole": worth, "left": worth, "ends": ends, "state": "issued",
        }  # fmt: skip

    # At the till ------------------------------------------------------------------------------------------------------

    def _look(self, member: Member, name: str, wanted: int, at: dt.datetime) -> Any:
        """What can be used of a code: a reason why not, or what is known of it."""
        if name == "SUMMER":
            if member["used"].get("summer", 0) + wanted > 3:
                return "reward_limit_reached"
            if wanted > self.stocks["summer"]:
                return "quantity_exceeded"
            return {"name": name, "reward": "summer", "wanted": wanted, "gone": False}
        if name not in self.owner:
            return "voucher_unknown"
        if self.owner[name] is not member:
            return "voucher_of_other_member"
        voucher = member["vouchers"][name]
        if voucher["state"] in ("revoked", "cancelled"):
            return "voucher_revoked"
        if voucher["state"] == "used":
            return "voucher_used"
        if voucher["ends"] is not None and at >= voucher["ends"]:
            return "voucher_expired"
        if wanted > (1 if voucher["reward"] == "credit" else voucher["left"]):
            return "quantity_exceeded"
        return {
            "name": name, "reward": voucher["reward"], "wanted": wanted, "left": voucher["left"], "gone": False,
        }  # fmt: skip

    def _purchase(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        body, at, key = step["body"], step["occurred"], step["key"]
        asked = self._question(member, facts, at)
        looks = [self._look(member, name, wanted, at) for name, wanted in body.get("vouchers", ())]
        refused = next((look for look in looks if isinstance(look, str)), None)
        if refused is not None:
            return f"declined:{refused}"
        asked["vouchers"], asked["fivers"] = looks, self.stocks["fiver"]
        answer = self._answer(asked, body)
        for rule, amount in answer["awards"].items():
            self._give(member, amount, at, key, starts=None, ends=None, rule=rule)
        self.sales[key] = {
            "asked": asked, "body": body, "first": body, "answer": answer, "taken": [], "returned": {}, "void": False,
            "member": step["member"], "at": at, "paying": False,
        }  # fmt: skip
        self._use(member, {}, answer["uses"])
        if answer["fiver"]:
            self._give_fiver(key, self.sales[key], member)
        self._count(member, asked, answer, 1, None)
        self._say(answer)
        return "accepted"

    def _revise(self, step: Step, member: Member) -> str:
        sale = self.sales.get(step["key"])
        if sale is None or self.members[sale["member"]] is not member:
            return "declined:receipt_of_other_member"
        own, body = sale["answer"].get("uses", {}), step["body"]
        looks = []
        for name, wanted in body.get("vouchers", ()):
            if name in own:
                before = next(look for look in sale["asked"]["vouchers"] if look["name"] == name)
                look = {**before, "wanted": wanted}
                if name == "SUMMER" and member["used"]["summer"] - own[name] + wanted > 3:
                    return "declined:reward_limit_reached"
                self._look_again(member, look, own[name])
                if look["gone"] or look["wanted"] < wanted:
                    return "declined:quantity_exceeded"
            else:
                look = self._look(member, name, wanted, step["occurred"])
                if (isinstance(look, dict) or look == "quantity_exceeded") and name.startswith(f"{step['key']}/"):
                    look = "voucher_not_active"  # it comes of this very sale
            if isinstance(look, str):
                return f"declined:{look}"
            looks.append(look)
        sale["asked"]["vouchers"], sale["first"] = looks, body
        sale["is_revised"] = True
        sale["asked"]["fivers"] = self.stocks["fiver"] + bool(sale["answer"].get("fiver"))
        self._ask_again(step["key"], sale, member, self._rest(body, sale["returned"]), step["recorded"])
        return "accepted"

    def _give_fiver(self, key: str, sale: dict[str, Any], member: Member) -> None:
        sale["fivers"] = sale.get("fivers", 0) + 1
        self._issue(member, f"{key}/fiver{sale['fivers']}", "fiver", 1, sale["at"])
        self.stocks["fiver"] -= 1

    def _say(self, answer: dict[str, Any]) -> None:
        self.say(total=answer["total"], discount=answer["gross"] - answer["total"])

    def _plain_answer(self, asked: dict[str, Any], body: Any) -> dict[str, Any]:
        order = _Order(body)
        before = order.total
        uses: dict[str, int] = {}
        for voucher in asked["vouchers"]:
            used = 0
            for _ in range(0 if voucher["gone"] else voucher["wanted"]):
                if voucher["reward"] == "credit":
                    used = order.lower(voucher["left"])
                    break
                if not order.use(voucher["reward"], before):
                    break
                used += 1
            if used:
                uses[voucher["name"]] = used
        earns = max(order.earns, 0)
        points = earns // asked["facts"]["per"]
        return {
            "awards": {"earn": points} if points else {}, "paid": 0, "takes": 0, "spend": earns, "is_short": False,
            "total": order.total, "gross": order.gross, "uses": uses, "issues": 0,
            "fiver": order.total >= 300_000_00 and asked["fivers"] > 0,
        }  # fmt: skip

    def _use(self, member: Member, before: dict[str, int], after: dict[str, int]) -> None:
        """Change what codes have left from what a sale used to what it uses now."""
        for name in dict.fromkeys((*before, *after)):
            change = after.get(name, 0) - before.get(name, 0)
            if name == "SUMMER":
                self.stocks["summer"] -= change
                member["used"]["summer"] = member["used"].get("summer", 0) + change
            elif change:
                voucher = member["vouchers"][name]
                voucher["left"] -= change
                if voucher["state"] in ("issued", "used"):
                    voucher["state"] = "issued" if voucher["left"] else "used"
                elif voucher["state"] == "lapsed" and not voucher["left"]:
                    voucher["state"] = "used"

    def _ask_again(self, key: str, sale: dict[str, Any], member: Member, body: Any, now: dt.datetime) -> None:
        before = sale["answer"].get("uses", {})
        paid = sale["answer"].get("total", 0)
        had_fiver, is_revision = sale["answer"].get("fiver", False), sale.pop("is_revised", False)
        for look in sale["asked"]["vouchers"]:
            self._look_again(member, look, before.get(look["name"], 0))
        super()._ask_again(key, sale, member, body, now)
        answer = sale["answer"]
        self._use(member, before, answer.get("uses", {}))
        latest = member["vouchers"].get(f"{key}/fiver{sale.get('fivers', 0)}", {"state": "cancelled"})
        if had_fiver and not answer.get("fiver") and latest["state"] == "issued":
            latest["state"] = "cancelled"
            self.stocks["fiver"] += 1
        if answer.get("fiver") and latest["state"] == "cancelled":
            answer["fiver"] = is_revision and self.stocks["fiver"] > 0
            if answer["fiver"]:
                self._give_fiver(key, sale, member)
        if body["lines"]:
            self._say(answer)
        if paid != answer.get("total", 0):
            self.say(refund=[("money", paid - answer.get("total", 0))])

    def _look_again(self, member: Member, look: dict[str, Any], own: int) -> None:
        """Others may have used the code since; what the sale itself uses it can go on using."""
        there = own
        if look["name"] == "SUMMER":
            there += self.stocks["summer"]
        else:
            voucher = member["vouchers"][look["name"]]
            there += voucher["left"] if voucher["state"] in ("issued", "lapsed") else 0
        if look["reward"] == "credit":
            look["left"] = min(look["left"], there)
        else:
            look["wanted"] = min(look["wanted"], there)
        look["gone"] = look["gone"] or not there

    # Claims -----------------------------------------------------------------------------------------------------------

    def _own(self, step: Step, member: Member, facts: dict[str, Any], *, is_revision: bool) -> str:
        if step["type"] == "voucher.revoked":
            voucher = member["vouchers"].get(step["of"])
            if voucher is None:
                return "declined:voucher_unknown"
            if voucher["state"] != "issued":
                return "declined:voucher_not_cancellable"
            voucher["state"] = "revoked"
            return "accepted"
        return super()._own(step, member, facts, is_revision=is_revision)

    def _claim(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        reward, quantity, at = step["reward"], step["quantity"], step["occurred"]
        month = ("tenth", day_of(at).replace(day=1))
        if reward == "tenth" and member["used"].get(month, 0) + quantity > 4:
            return "declined:reward_limit_reached"
        if reward in self.stocks and quantity > self.stocks[reward]:
            return "declined:out_of_stock"
        cost = COSTS[reward] * quantity
        if cost > self._can_spend(member):
            return "declined:insufficient_balance"
        self.claims[step["key"]] = {
            "taken": self._take(self._open(member), cost), "cost": cost, "given_back": 0, "month": month,
        }  # fmt: skip
        self._issue(member, step["key"], reward, quantity, at)
        if reward in self.stocks:
            self.stocks[reward] -= quantity
        member["used"][month] = member["used"].get(month, 0) + quantity * (reward == "tenth")
        return "accepted"

    def _unclaim(self, step: Step, member: Member) -> str:
        claim, voucher = self.claims.get(step["of"]), member["vouchers"].get(step["of"])
        if claim is None or voucher is None:
            return "declined:voucher_unknown"
        is_part = voucher["left"] < voucher["whole"]
        if voucher["state"] != "issued" or (is_part and voucher["reward"] != "credit"):
            return "declined:voucher_not_cancellable"
        paid = sum(part for _, part in claim["taken"])
        if is_part:
            # What was used stays paid: of the price the share that was never given back and never will be.
            claim["given_back"] += voucher["left"]
            kept = claim["cost"] - claim["cost"] * claim["given_back"] // (CREDIT * voucher["quantity"])
            self._restore(member, claim, paid - kept, step["recorded"])
            voucher["whole"] -= voucher["left"]
            voucher["left"], voucher["state"] = 0, "used"
            return "accepted"
        self._restore(member, claim, paid, step["recorded"])
        voucher["state"] = "cancelled"
        if voucher["reward"] in self.stocks:
            self.stocks[voucher["reward"]] += voucher["quantity"]
        if voucher["reward"] == "tenth" and day_of(step["recorded"]).replace(day=1) == claim["month"][1]:
            member["used"][claim["month"]] -= voucher["quantity"]
        return "accepted"


class _Order:
    """A basket that vouchers make cheaper. What is taken off it is spread over the lines that earn, to the last sen."""

    def __init__(self, body: Any) -> None:
        self.gross = sum(line["amount"] for line in body["lines"])
        self.total = sum(line["amount"] - line.get("discount", 0) for line in body["lines"])
        self.lines = [
            {"sku": line["sku"], "quantity": line["quantity"], "worth": line["amount"] - line.get("discount", 0)}
            for line in body["lines"]
            if line["category"] != "FUEL"
        ]
        given = sum(item["amount"] for item in body.get("discounts", []))
        self.total -= given
        self._spread(given)

    @property
    def earns(self) -> int:
        return int(sum(line["worth"] for line in self.lines))

    def _spread(self, amount: int) -> None:
        whole = self.earns
        amount = min(amount, max(whole, 0))
        done = running = 0
        for line in self.lines if amount else []:
            running += line["worth"]
            part = amount * running // whole - done
            done += part
            line["worth"] -= part

    def lower(self, amount: int) -> int:
        """Take up to ``amount`` off; how much it was."""
        amount = max(min(amount, self.total), 0)
        self.total -= amount
        self._spread(amount)
        return amount

    def use(self, reward: str, before: int) -> bool:
        """Use a reward once; whether it changed anything. ``before``: the total before all rewards."""
        if reward == "tenth":
            return self.lower(min((2 * self.earns * 10 + 100) // 200, 25_000_00, self.earns)) > 0
        if reward == "fiver":
            return before >= 20_000_00 and self.lower(5_000_00) > 0
        if reward == "summer":
            return self.lower(3_000_00) > 0
        found = [line for line in self.lines if line["sku"] == "A" and line["quantity"] >= 1000]
        if not found:
            return False
        line = min(found, key=lambda line: line["worth"] * 1000 // line["quantity"])
        price = line["worth"] * 1000 // line["quantity"]
        line["quantity"] -= 1000
        line["worth"] -= price
        self.total -= price
        return True


DEALS = Theme("deals", TEXT, DealsShop, DealsKeeper)
