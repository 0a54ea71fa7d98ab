"""Chance: a wheel with stocks, a slot machine, a daily check-in and a lucky rule, each number drawn once more here.

The algorithm is that of ``docs/guides/chance.md``. The seed is the one that the simulated book has committed to.
"""

import datetime as dt
import hashlib
import hmac
from typing import Any, ClassVar

from tests.simulation.auditor import Member, Step, day_of
from tests.simulation.programmes import Known
from tests.simulation.shop import Shop
from tests.simulation.themes.theme import Keeper, Theme, View
from tests.simulation.themes.tills import purse

TEXT = """
programme: fair
title: The Fair
currency: IDR
timezone: Asia/Jakarta
purchases: {eligible: 'line.category != "FUEL"'}
late: {accept: 90 days}
refunds: {within: 60 days}
units: {points: {worth: 10}, spins: {}}
rewards: {mug: {gives: {experience: A mug}, stock: 4}}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible / 10_000}}
  spin: {on: purchase.completed, when: purchase.total >= 100_000, give: {spins: 1}}
  app: {on: purchase.completed, chance: 20 %, give: {points: 50}, budget: {points: 620, over: trim}}
games:
  wheel:
    kind: wheel
    costs: {spins: 1}
    free: {times: 1, per: day}
    limit: {times: 3, per: day}
    pause: 30 minutes
    prizes:
      jackpot: {weight: 6, give: {points: 500}, stock: 2, otherwise: mug}
      mug: {weight: 12, give: {reward: mug}, otherwise: ten}
      ten: {weight: 40, give: {points: 10, spins: 1}}
      nothing: {weight: 42}
  slots:
    kind: slots
    costs: {points: 15}
    reels: 3
    symbols: {cherry: 5, bell: 3, seven: 1}
    prizes:
      sevens: {line: [seven, seven, any], give: {points: 300}, stock: 3}
      cherries: {line: [cherry, cherry, any], give: {points: 30}}
  daily:
    kind: check_in
    prizes:
      first: {day: 1, give: {points: 1}}
      third: {day: 3, give: {points: 9}}
"""
SEED = hashlib.sha256(b"memory").digest()
WEIGHTS = {"jackpot": 6, "mug": 12, "ten": 40, "nothing": 42}
OTHERWISE = {"jackpot": "mug", "mug": "ten"}
SYMBOLS = ["cherry"] * 5 + ["bell"] * 3 + ["seven"]
GIVES = {
    "jackpot": {"points": 500}, "mug": {}, "ten": {"points": 10, "spins": 1}, "nothing": {}, "sevens": {"points": 300},
    "cherries": {"points": 30}, "first": {"points": 1}, "third": {"points": 9},
}  # fmt: skip


def draw(what: str, who: str, nonce: str, own: str, below: list[int]) -> list[int]:
    """One number below each of ``below``, from the blocks of one sequence."""
    numbers: list[int] = []
    i = 0
    for most in below:
        while True:
            text = "\n".join([what, who, nonce, own, str(i)])
            block = int(hmac.new(SEED, text.encode(), hashlib.sha256).hexdigest(), 16)
            i += 1
            if block < (1 << 256) // most * most:
                numbers.append(block % most)
                break
    return numbers


class FairShop(Shop):
    """A shop in which everybody plays."""

    weights: ClassVar[dict[str, int]] = {
        "purchase": 24, "late": 3, "return": 10, "early_return": 1, "revise": 1, "play": 46, "adjust": 4, "jump": 2,
        "again": 5, "tick": 2,
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
        step["key"], step["occurred"] = key, step["occurred"] - dt.timedelta(days=5)
        self.sales.append(step)
        return step

    def _play(self) -> Step:
        chance = self.random
        if chance.random() < 0.7:  # soon after the last thing: the same day, and perhaps too soon
            self.now = self.steps[-1].get("recorded", self.now) + dt.timedelta(minutes=chance.randrange(1, 400))
        game = chance.choice(["wheel", "wheel", "slots", "daily"])
        member = chance.choice([0, 1, 1, 2])
        return self._step("game.played", member, game=game, client_seed=chance.choice(["", "", "mine", "a-1"]))


class FairKeeper(Keeper):
    """Turns every wheel once more."""

    facts: ClassVar[Known] = {"per": 1_000_000, "app": 0, "within": 60, "budget": 620}

    def __init__(self) -> None:
        super().__init__()
        self.stocks = {"wheel/jackpot": 2, "slots/sevens": 3, "mug": 4}
        self.key = ""

    def join(self, at: dt.datetime) -> None:
        super().join(at)
        self.members[-1] |= {"spins": purse(), "plays": 0, "played": {}, "last": {}, "streak": (None, 0), "mugs": 0}

    def view_of(self, who: str, member: Member) -> View:
        return {f"{who}: spins": sum(lot["left"] for lot in member["spins"]["lots"]), f"{who}: mugs": member["mugs"]}

    def view_of_house(self) -> View:
        return {"budget of app": self.budget, **{f"stock of {name}": left for name, left in self.stocks.items()}}

    # Purchases --------------------------------------------------------------------------------------------------------

    def _question(self, member: Member, facts: dict[str, Any], at: dt.datetime) -> dict[str, Any]:
        drawn = draw("rule app", member["id"], f"shop/{self.key}", "", [1_000_000])
        return {**super()._question(member, facts, at), "lucky": drawn[0] < 200_000}

    def _plain_answer(self, asked: dict[str, Any], body: Any) -> dict[str, Any]:
        earns, _, total = self._price(asked["facts"], "", body, 0)
        awards = {"earn": earns // asked["facts"]["per"], "app": min(50, asked["budget"]) if asked["lucky"] else 0}
        gross = sum(line["amount"] for line in body["lines"])
        return {
            "awards": {rule: amount for rule, amount in awards.items() if amount}, "paid": 0, "takes": 0,
            "spend": earns, "is_short": False, "total": total, "discount": gross - total, "issues": 0,
            "spin": total >= 100_000_00,
        }  # fmt: skip

    def _purchase(self, step: Step, member: Member, facts: dict[str, Any]) -> str:
        self.key = step["key"]
        status = super()._purchase(step, member, facts)
        answer = self.sales[self.key]["answer"]
        self.say(total=answer["total"], discount=answer["discount"])
        if answer["spin"]:
            self._give(member["spins"], 1, step["occurred"], self.key, starts=None, ends=None, rule="spin")
        return status

    def _ask_again(self, key: str, sale: dict[str, Any], member: Member, body: Any, now: dt.datetime) -> None:
        old = sale["answer"]
        super()._ask_again(key, sale, member, body, now)
        new = sale["answer"]
        if old.get("spin") and not new.get("spin"):
            self._take_back(member["spins"], 1, key, "spin", "within_balance")
        if body["lines"]:
            self.say(total=new["total"], discount=new["discount"])
        back = old["total"] - new.get("total", 0)
        if back:
            self.say(refund=[("money", back)])

    # Games ------------------------------------------------------------------------------------------------------------

    def _own(self, step: Step, member: Member, facts: dict[str, Any], *, is_revision: bool) -> str:
        if step["type"] != "game.played":
            return super()._own(step, member, facts, is_revision=is_revision)
        game, at = step["game"], step["recorded"]
        day = day_of(at)
        played = member["played"].get((game, day), 0)
        if played >= {"wheel": 3, "daily": 1, "slots": 10**9}[game]:
            return "declined:play_limit_reached"
        last = member["last"].get(game)
        if game == "wheel" and last is not None and at < last + dt.timedelta(minutes=30):
            return "declined:played_too_soon"
        if game == "wheel" and played:
            if not sum(lot["left"] for lot in member["spins"]["lots"]):
                return "declined:insufficient_balance"
            self._take(self._open(member["spins"]), 1)
        if game == "slots" and self._can_spend(member) < 15:
            return "declined:insufficient_balance"
        prize = getattr(self, f"_{game}")(member, step, day)
        self._win(member, game, prize, at, step["key"])
        if game == "slots":
            self._take(self._open(member), 15)
        member["plays"] += 1
        member["played"][game, day] = played + 1
        member["last"][game] = at
        self.say(prize=prize)
        return "accepted"

    def _wheel(self, member: Member, step: Step, day: dt.date) -> str | None:
        nonce = str(member["plays"] + 1)
        number = draw("game wheel", member["id"], nonce, step["client_seed"], [100])[0]
        line = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
        prize = line[number]
        while self.stocks.get("mug" if prize == "mug" else f"wheel/{prize}", 1) <= 0:
            prize = OTHERWISE[prize]
        return prize

    def _slots(self, member: Member, step: Step, day: dt.date) -> str | None:
        nonce = str(member["plays"] + 1)
        numbers = draw("game slots", member["id"], nonce, step["client_seed"], [len(SYMBOLS)] * 3)
        shown = [SYMBOLS[number] for number in numbers]
        if shown[:2] == ["cherry", "cherry"]:
            return "cherries"
        return "sevens" if shown[:2] == ["seven", "seven"] and self.stocks["slots/sevens"] else None

    def _daily(self, member: Member, step: Step, day: dt.date) -> str | None:
        before, streak = member["streak"]
        streak = streak + 1 if before == day - dt.timedelta(days=1) else 1
        member["streak"] = (day, streak)
        return {1: "first", 0: "third"}.get(streak % 3)

    def _win(self, member: Member, game: str, prize: str | None, at: dt.datetime, key: str) -> None:
        account = "mug" if prize == "mug" else f"{game}/{prize}"
        if account in self.stocks:
            self.stocks[account] -= 1
        member["mugs"] += prize == "mug"
        for unit, amount in GIVES.get(prize or "", {}).items():
            into = member if unit == "points" else member["spins"]
            self._give(into, amount, at, key, starts=None, ends=None, rule=str(prize))


FAIR = Theme("fair", TEXT, FairShop, FairKeeper)
