"""What pays: points, store credit and gift cards together, and to what a refund goes.

Money, credit and what is on cards are in sen, and a point pays ten rupiah. A card is known by a name.
"""

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, ClassVar

from tests.simulation.auditor import DAY, FAR, Member, Step, day_of, midnight
from tests.simulation.programmes import Known
from tests.simulation.shop import Shop
from tests.simulation.themes.theme import Keeper, Theme, View

TEXT = """
programme: tills
title: The Tills
currency: IDR
timezone: Asia/Jakarta
purchases: {eligible: 'line.category != "FUEL"', paid_with: [points, credit, gift_cards]}
late: {accept: 90 days}
refunds: {within: 60 days, tenders: POLICY}
units:
  points: {worth: 10, pays: 10}
  credit: {decimals: 2, worth: 1, pays: 1, top_up: {least: 10_000}}
  card_money: {decimals: 2, worth: 1, pays: 1, expires: {after: 60 days}}
gift_cards: {unit: card_money, least: 10_000, refund_extends: 30 days}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible / 1_000}}
"""
POINT = 1_000
"""What a point pays, in sen."""
MONEY_KINDS = ("gift_card", "top_up")


class TillsShop(Shop):
    """A shop in which hardly anybody pays with money alone."""

    weights: ClassVar[dict[str, int]] = {
        "purchase": 32, "late": 3, "return": 20, "early_return": 2, "revise": 2, "issue": 8, "block": 3, "unblock": 3,
        "attach": 2, "adjust": 5, "jump": 4, "again": 4, "tick": 2,
    }  # fmt: skip

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.cards: list[str] = []
        self.issued: list[str] = []
        self.twins: dict[str, str] = {}

    def _card(self) -> str:
        self.cards.append(f"c{len(self.cards) + 1}")
        return self.cards[-1]

    def _body(self) -> dict[str, Any]:
        body, chance = super()._body(), self.random
        body.pop("claims", None)
        body.pop("spend", None)
        lines = body["lines"]
        if chance.random() < 0.12:
            sold = [self._card() for _ in range(chance.choice([1, 1, 2]))]
            self.twins |= dict.fromkeys(sold, sold[0])
            # No other two cards are alike, so that nobody has to guess which of them pays first.
            amount = (chance.choice([50_000_00, 150_000_00, 400_000_00]) + len(self.cards) * 7) * len(sold)
            lines.append(self._money_line(lines, "gift_card", amount, len(sold)) | {"gift_cards": sold})
        if chance.random() < 0.15:
            lines.append(self._money_line(lines, "top_up", chance.choice([50_000_00, 123_456_78, 600_000_00]), 1))
        spend: dict[str, Any] = {}
        if chance.random() < 0.4:
            spend["points"] = chance.choice([1, 20, 300, "max"])
        if chance.random() < 0.4:
            spend["credit"] = chance.choice([1, 2_345_67, 30_000_00, "max", "max"])
        if spend:
            body["spend"] = spend
        known = [*self.cards[-5:], *self.issued[-4:]]
        if known and chance.random() < 0.5:
            names: Iterable[str] = [chance.choice(known) for _ in range(chance.choice([1, 1, 2, 3]))]
            # Of twins it is not said which pays first.
            names = {self.twins.get(name, name): name for name in names}.values()
            body["gift_cards"] = [
                (name, None if chance.random() < 0.75 else chance.choice([1, 3_333_33, 20_000_00])) for name in names
            ]
        return body

    @staticmethod
    def _money_line(lines: list[Any], kind: str, amount: int, pieces: int) -> dict[str, Any]:
        return {
            "id": str(len(lines) + 1), "sku": "M", "category": "", "kind": kind, "quantity": 1000 * pieces,
            "amount": amount,
        }  # fmt: skip

    def _return(self) -> Step:
        step = super()._return()
        if step["type"] == "purchase.returned" and step["lines"]:
            sale = next(one for one in self.sales if one["key"] == step["of"])
            whole = {line["id"] for line in sale["body"]["lines"] if line.get("kind") in MONEY_KINDS}
            step["lines"] = [(one, 1000 if one in whole else part) for one, part in step["lines"]]
        return step

    def _revise(self) -> Step:
        key, member = self.announced.pop() if self.announced else ("", 0)
        if not key:
            return self._purchase()
        step = self._step("purchase.completed", member, body=self._body(), revision=0)
        step["key"], step["occurred"] = key, step["occurred"] - 5 * DAY
        self.sales.append(step)
        return step

    def _issue(self) -> Step:
        self.issued.append(self._card())
        amount = self.random.choice([20_000_00, 90_000_00, 250_000_00]) + len(self.cards) * 7
        return self._step("card.issued", 0, card=self.issued[-1], amount=amount)

    def _block(self) -> Step:
        return self._step("card.blocked", 0, card=self.random.choice(self.issued)) if self.issued else self._issue()

    def _unblock(self) -> Step:
        return self._step("card.unblocked", 0, card=self.random.choice(self.issued)) if self.issued else self._issue()

    def _attach(self) -> Step:
        return self._step("card.attached", card=self.random.choice(self.cards)) if self.cards else self._issue()


def purse() -> dict[str, Any]:
    """Something with lots: the units of one kind in one wallet."""
    return {"lots": [], "debt": 0, "events": 0}


class TillsKeeper(Keeper):
    """Keeps purses and cards by hand."""

    facts: ClassVar[Known] = {"per": 100_000, "app": 0, "within": 60, "worth": POINT}
    policy = "ratio"

    def __init__(self) -> None:
        super().__init__()
        self.cards: dict[str, dict[str, Any]] = {}

    def join(self, at: dt.datetime) -> None:
        super().join(at)
        self.members[-1] |= {"credit": purse(), "card_money": purse()}

    def view_of(self, who: str, member: Member) -> View:
        found: View = {}
        for unit in ("credit", "card_money"):
            found[f"{who}: {unit}"] = sum(lot["left"] for lot in member[unit]["lots"])
        return found

    def view_of_house(self) -> View:
        return {
            f"card {name}": (card["state"], [(lot["left"], lot["ends"]) for lot in card["lots"]])
            for name, card in self.cards.items()
        }

    # The clock --------------------------------------------------------------------------------------------------------

    def advance(self, number: int, now: dt.datetime) -> None:
        super().advance(number, now)
        self._end_lots(self.members[number]["card_money"], now)

    def advance_rest(self, now: dt.datetime) -> None:
        for card in self.cards.values():
            self._end_lots(card, now)

    @staticmethod
    def _end_lots(purse: dict[str, Any], now: dt.datetime) -> None:
        for lot in purse["lots"]:
            if lot["ends"] is not None and lot["ends"] <= now:
                lot["left"] = 0

    # Cards ------------------------------------------------------------------------------------------------------------

    @staticmethod
    def _left(purse: dict[str, Any]) -> int:
        return int(sum(lot["left"] for lot in purse["lots"]))

    def _put_on(self, name: str, amount: int, at: dt.datetime, key: str) -> None:
        card = self.cards.setdefault(name, {**purse(), "state": "withdrawn"})
        if card["state"] == "withdrawn":
            card["state"] = "live"
        self._give(card, amount, at, key, starts=None, ends=midnight(day_of(at) + 61 * DAY), rule="")

    def tell(self, step: Step) -> tuple[str, dict[str, Any]]:
        if step["type"] not in ("card.issued", "card.blocked", "card.unblocked"):
            return super().tell(step)
        name = step["card"]
        if step["key"] in self.keys:
            return "duplicate", {}
        self.keys[step["key"]] = (0, 0)
        if name in self.cards:
            self._end_lots(self.cards[name], step["recorded"])
        if step["type"] == "card.issued":
            if self.cards.get(name, {"state": "withdrawn"})["state"] != "withdrawn":
                return "declined:card_already_issued", {}
            self._put_on(name, step["amount"], step["occurred"], step["key"])
        else:
            self.cards[name]["state"] = "blocked" if step["type"] == "card.blocked" else "live"
        return "accepted", {}

    def _own(self, step: Step, member: Member, facts: dict[str, Any], *, is_revision: bool) -> str:
        sale = self.sales.get(step.get("of", ""))
        named = [name for name, _ in step.get("body", {}).get("gift_cards", ())]
        named += [step["card"]] if "card" in step else []
        named += [] if sale is None else [*sale["card_taken"], *sale["answer"].get("sold", {})]
        for name in named:
            if name in self.cards:
                self._end_lots(self.cards[name], step["recorded"])
        if step["type"] == "card.attached":
            return self._attach(step, member)
        return super()._own(step, member, facts, is_revision=is_revision)

    def _refusal(self, name: str) -> str:
        state = self.cards.get(name, {"state": "withdrawn"})["state"]
        return {"withdrawn": "declined:card_unknown", "blocked": "declined:card_blocked"}.get(state, "")

    def _attach(self, step: Step, member: Member) -> str:
        refused = self._refusal(step["card"])
        if refused:
            return refused
        card = self.cards[step["card"]]
        if not self._left(card):
            return "declined:insufficient_balance"
        for number, part in self._take(self._open(card), self._left(card)):
            ends = card["lots"][number]["ends"]
            self._give(member["card_money"], part, step["recorded"], step["key"], starts=None, ends=ends, rule="")
        return "accepted"

    # At the till ------------------------------------------------------------------------------------------------------

    def _purchase(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        body, at, key = step["body"], step["occurred"], step["key"]
        named = [name for name, _ in body.get("gift_cards", ())]
        for name in named:
            if self._refusal(name):
                return self._refusal(name)
        for line in body["lines"]:
            for name in line.get("gift_cards", ()):
                if not self._refusal(name) or self._refusal(name) == "declined:card_blocked":
                    return "declined:card_already_issued"
        asked = self._question(member, facts, at)
        asked["credit"] = self._left(member["credit"])
        asked["cards"] = {name: self._left(self.cards[name]) for name in named}
        asked["order"] = sorted(named, key=lambda name: (self._first_end(name), asked["cards"][name]))
        answer = self._answer(asked, body)
        paid = answer["steps"]
        if any(paid["cards"][name] > left for name, left in asked["cards"].items()):
            return "declined:insufficient_balance"
        if paid["points"] > max(asked["can_spend"], 0) or paid["credit"] > asked["credit"]:
            return "declined:insufficient_balance"
        body = self._answered(body, paid)
        sale = self.sales[key] = {
            "asked": asked, "body": body, "first": body, "answer": answer, "taken": [], "credit_taken": {"taken": []},
            "card_taken": {}, "returned": {}, "void": False, "member": step["member"], "at": at, "paying": True,
        }  # fmt: skip
        if answer["top_up"]:
            self._give(member["credit"], answer["top_up"], at, key, starts=None, ends=None, rule="top-up")
        for rule, amount in answer["awards"].items():
            self._give(member, amount, at, key, starts=None, ends=None, rule=rule)
        sale["taken"] = self._take(self._open(member), paid["points"])
        sale["credit_taken"]["taken"] = self._take(self._open(member["credit"]), paid["credit"])
        for name, amount in paid["cards"].items():
            if amount:
                sale["card_taken"][name] = self._take(self._open(self.cards[name]), amount)
        for name, amount in answer["sold"].items():
            self._put_on(name, amount, at, key)
        self._count(member, asked, answer, 1, None)
        self._say(answer)
        return "accepted"

    def _first_end(self, name: str) -> dt.datetime:
        return min((lot["ends"] or FAR for lot in self.cards[name]["lots"] if lot["left"]), default=FAR)

    @staticmethod
    def _answered(body: Any, paid: dict[str, Any]) -> Any:
        body = dict(body)
        if "spend" in body:
            body["spend"] = {unit: paid[unit] for unit in body["spend"]}
        if "gift_cards" in body:
            body["gift_cards"] = [(name, paid["cards"][name]) for name, _ in body["gift_cards"]]
        return body

    def _say(self, answer: dict[str, Any]) -> None:
        paid = {name: answer[name] for name in ("paid_money", "paid_cards") if answer[name]}
        said = {"total": answer["total"], "discount": answer["discount"], **paid}
        self.say(**said, **({"payable": answer["money"]} if paid else {}))

    def _plain_answer(self, asked: dict[str, Any], body: Any) -> dict[str, Any]:
        gross = total = earns = outside = top_up = 0
        sold: dict[str, int] = {}
        for line in body["lines"]:
            net = line["amount"] - line.get("discount", 0)
            gross, total = gross + line["amount"], total + net
            kind = line.get("kind")
            if kind in MONEY_KINDS:
                outside += net
                top_up += line["amount"] * (kind == "top_up")
                names = line.get("gift_cards", ())
                sold |= {name: line["amount"] // len(names) for name in names}
            elif line["category"] != "FUEL":
                earns += net
        given = sum(item["amount"] for item in body.get("discounts", []))
        total -= given
        earns -= min(given, max(earns, 0))
        due, wanted = max(total - outside, 0), body.get("spend", {})
        points = wanted.get("points", 0)
        points = min(max(asked["wallet"], 0) if points == "max" else points, due // POINT)
        due -= points * POINT
        credit = wanted.get("credit", 0)
        credit = min(asked["credit"] if credit == "max" else credit, due)
        due -= credit
        limits, cards = dict(body.get("gift_cards", ())), {}
        for name in asked["order"]:
            if name in limits:
                most = asked["cards"][name] if limits[name] is None else limits[name]
                cards[name] = min(most, due)
                due -= cards[name]
        earns = max(earns - points * POINT, 0)
        by_card = sum(cards.values())
        money = max(total - points * POINT - credit - by_card, 0)
        tenders = [("points", points, POINT), ("credit", credit, 1)]
        tenders += [(f"card {name}", amount, 1) for name, amount in cards.items()] + [("money", money, 1)]
        award = earns // asked["facts"]["per"]
        return {
            "awards": {"earn": award} if award else {}, "paid": points, "takes": points, "spend": earns,
            "is_short": False, "total": total, "discount": gross - total, "issues": 0, "top_up": top_up, "sold": sold,
            "steps": {"points": points, "credit": credit, "cards": cards}, "money": money,
            "paid_money": points * POINT + credit, "paid_cards": by_card,
            "tenders": [tender for tender in tenders if tender[1]],
        }  # fmt: skip

    # Returns ----------------------------------------------------------------------------------------------------------

    @staticmethod
    def _rest(body: Any, returned: dict[str, int]) -> Any:
        rest = Keeper._rest(body, returned)
        lines = [
            {**line, "gift_cards": line["gift_cards"][: line["quantity"] // 1000]} if "gift_cards" in line else line
            for line in rest["lines"]
        ]
        return {**rest, "lines": lines}

    def _paid_less(self, asked: dict[str, Any], before: dict[str, Any], rest: Any) -> Any:
        """What is left of a sale, with what is left of its tenders once each got its part of the money."""
        if not rest["lines"]:
            return rest
        back = before["total"] - self._plain_answer(asked, rest)["total"]
        parts = share(before["tenders"], max(back, 0), self.policy)
        left = {name: steps - part for (name, steps, _), part in zip(before["tenders"], parts, strict=True)}
        paid = {
            "points": left.get("points", 0), "credit": left.get("credit", 0),
            "cards": {name: left.get(f"card {name}", 0) for name, _ in rest.get("gift_cards", ())},
        }  # fmt: skip
        return self._answered(rest, paid)

    def _ask_again(self, key: str, sale: dict[str, Any], member: Member, body: Any, now: dt.datetime) -> None:
        old = sale["answer"]
        super()._ask_again(key, sale, member, body, now)
        new, is_void = sale["answer"], not body["lines"]
        steps = new.get("steps", {"credit": 0, "cards": {}})
        short = self._change_sold(old.get("sold", {}), new.get("sold", {}), sale["at"], key, now)
        for name, taken in sale["card_taken"].items():
            back = sum(part for _, part in taken) - steps["cards"].get(name, 0)
            self._back_on_card(name, taken, back, now)
        back = sum(part for _, part in sale["credit_taken"]["taken"]) - steps["credit"]
        self._restore(member["credit"], sale["credit_taken"], back, now)
        less = old.get("top_up", 0) - new.get("top_up", 0)
        short += self._take_back(member["credit"], less, key, "top-up", "within_balance")
        after = {name: (steps, step) for name, steps, step in ([] if is_void else new["tenders"])}
        refund = []
        for name, steps_before, step in old.get("tenders", []):
            change = steps_before - after.pop(name, (0, step))[0]
            if change:
                refund.append((_plain(name), change * step))
        refund += [(_plain(name), -steps_now * step) for name, (steps_now, step) in after.items()]
        if not is_void:
            self._say(new)
        if refund:
            self.say(refund=refund)
        if short:
            self.say(sold_short=short)

    def _change_sold(
        self, old: dict[str, int], new: dict[str, int], at: dt.datetime, key: str, now: dt.datetime
    ) -> int:
        """Take back what was put on cards that are not bought any more; what is not on them."""
        short = 0
        for name, amount in old.items():
            less = amount - new.get(name, 0)
            if less <= 0:
                continue
            card = self.cards[name]
            there = min(less, self._left(card))
            self._take(self._open(card), there)
            short += less - there
            if name not in new and not self._left(card):
                card["state"] = "withdrawn"
        return short

    def _back_on_card(self, name: str, taken: list[tuple[int, int]], back: int, now: dt.datetime) -> None:
        """Money comes back to where it was taken from, the last first; what would end too soon lives on."""
        card, least = self.cards[name], midnight(day_of(now) + 31 * DAY)
        while back:
            number, part = taken.pop()
            some = min(part, back)
            back -= some
            if part > some:
                taken.append((number, part - some))
            if card["lots"][number]["ends"] >= least:
                card["lots"][number]["left"] += some
            else:
                self._give(card, some, now, "", starts=None, ends=least, rule="")


def _plain(name: str) -> str:
    return "gift_cards" if name.startswith("card ") else name


def share(tenders: list[tuple[str, int, int]], amount: int, policy: str) -> list[int]:
    """How much of each tender (name, steps, what a step is worth) goes back with ``amount`` of the money."""
    whole = sum(steps * step for _, steps, step in tenders)
    if amount >= whole:
        return [steps for _, steps, _ in tenders]
    back, left = [0] * len(tenders), amount
    places = list(range(len(tenders)))
    if policy == "ratio":
        exact = [Fraction(steps * amount, whole) for _, steps, _ in tenders]
        back = [int(part) for part in exact]
        left -= sum(part * tender[2] for part, tender in zip(back, tenders, strict=True))
        # Cents that are left over go to the largest fractions, of equal ones to the last; a point is no cent.
        for place in sorted(places, key=lambda n: (back[n] - exact[n], -n)) * 2:
            if left and tenders[place][2] == 1 and back[place] < tenders[place][1]:
                back[place] += 1
                left -= 1
        places = [place for place in reversed(places) if tenders[place][2] == 1]
    elif policy == "last_first":
        places.reverse()
    for place in places:
        more = min(left // tenders[place][2], tenders[place][1] - back[place])
        back[place] += more
        left -= more * tenders[place][2]
    return back


class LastFirst(TillsKeeper):
    """The same where the last tender gets its money back first."""

    policy = "last_first"


TILLS = Theme("tills", TEXT.replace("POLICY", "ratio"), TillsShop, TillsKeeper)
OTHER_TEXT = TEXT.replace("POLICY", "last_first").replace("programme: tills", "programme: tills-last-first")
LAST_FIRST = Theme("tills-last-first", OTHER_TEXT, TillsShop, LastFirst)
