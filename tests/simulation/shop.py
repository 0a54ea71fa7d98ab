"""A shop that lives through a year by chance: the steps of a seed are always the same.

A step is plain data that speaks of members by number and of earlier steps by key, so that any engine can be told it.
"""

import datetime as dt
from random import Random
from typing import Any, ClassVar

from tests.simulation.programmes import CHANGED, OPENED

Step = dict[str, Any]
MEMBERS = 5
_DAY = dt.timedelta(days=1)
_WEIGHTS = {
    "purchase": 34, "late": 5, "return": 12, "early_return": 3, "revise": 6, "hold": 7, "settle_hold": 7, "claim": 6,
    "unclaim": 4, "transfer": 5, "adjust": 4, "jump": 6, "again": 6, "tick": 3,
}  # fmt: skip


class Shop:
    """Draws the steps of a seed one after the other; ``steps`` has those drawn so far."""

    weights: ClassVar[dict[str, int]] = _WEIGHTS
    crowd: ClassVar[int] = MEMBERS

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now = OPENED + 10 * _DAY + dt.timedelta(hours=self.random.randrange(24))
        self.steps: list[Step] = [{"type": "join", "member": number, "at": OPENED} for number in range(self.crowd)]
        self.sales: list[Step] = []
        self.holds: list[str] = []
        self.claims: list[Step] = []
        self.announced: list[tuple[str, int]] = []
        self.count = 0

    def draw(self) -> Step:
        """The next step."""
        # Most things happen within hours; each shop has a pace of its own through the year.
        self.now += dt.timedelta(minutes=self.random.randrange(1, 60 * 36))
        kind = self.random.choices(list(self.weights), list(self.weights.values()))[0]
        step: Step = getattr(self, f"_{kind}")()
        self.steps.append(step)
        return step

    def _step(self, kind: str, member: int | None = None, **more: Any) -> Step:
        self.count += 1
        number = self.random.randrange(MEMBERS) if member is None else member
        step = {"type": kind, "key": f"k{self.count}", "member": number, "occurred": self.now, "recorded": self.now}
        return {**step, **more}

    def _body(self) -> dict[str, Any]:
        chance = self.random
        lines = []
        for number in range(chance.randrange(1, 5)):
            amount = chance.choice([0, 99, 5_000_00, 12_345_67, 40_000_00, 99_999_99, 250_000_00, 1_000_000_00])
            line = {
                "id": str(number + 1),
                "sku": chance.choice("ABC"),
                "category": chance.choice(["FOOD", "FOOD", "HOME", "FUEL"]),
                "quantity": 1000 * chance.randrange(1, 4) if chance.random() < 0.8 else chance.randrange(1, 3000),
                "amount": amount,
            }
            if chance.random() < 0.3:
                line["discount"] = chance.randrange(0, amount // 2 + 1)
            lines.append(line)
        body: dict[str, Any] = {"lines": lines}
        if chance.random() < 0.2:
            net = sum(line["amount"] - line.get("discount", 0) for line in lines)
            body["discounts"] = [{"amount": chance.randrange(0, net // 2 + 1), "code": "TEN"}]
        if chance.random() < 0.4:
            body["codes"] = chance.choice([["HELLO"], ["HELLO", "OTHER"], ["OTHER"]])
        if chance.random() < 0.6:
            body["channel"] = chance.choice(["app", "store"])
        if chance.random() < 0.15:
            body["spend"] = {"points": chance.choice([1, 20, 75, 400, "max"])}
        if chance.random() < 0.1:
            body["claims"] = [{"reward": "off", "quantity": chance.randrange(1, 3)}]
        return body

    def _purchase(self) -> Step:
        step = self._step("purchase.completed", body=self._body(), revision=0)
        self.sales.append(step)
        return step

    def _late(self) -> Step:
        step = self._purchase()
        step["occurred"] -= dt.timedelta(hours=self.random.randrange(1, 24 * 45))
        return step

    def _return(self) -> Step:
        if not self.sales:
            return self._purchase()
        sale = self.random.choice(self.sales[-12:])
        member = sale["member"] if self.random.random() < 0.93 else (sale["member"] + 1) % MEMBERS
        chance = self.random.random()
        if chance < 0.25:
            return self._step("purchase.cancelled", member, of=sale["key"], lines=None)
        lines: list[tuple[str, int]] | None = None
        if chance < 0.8:
            lines = []
            for line in sale["body"]["lines"]:
                if self.random.random() < 0.5:
                    part = line["quantity"] if self.random.random() < 0.6 else line["quantity"] // 2 or 1
                    lines.append((line["id"], part))
            if self.random.random() < 0.04:
                lines.append(("9", 1000))
            lines = lines or None
        return self._step("purchase.returned", member, of=sale["key"], lines=lines)

    def _early_return(self) -> Step:
        """A return of a sale that is not in the book yet and may come later."""
        key = f"s{self.count}"
        member = self.random.randrange(MEMBERS)
        self.announced.append((key, member))
        lines = None if self.random.random() < 0.5 else [("1", 1)]
        return self._step("purchase.returned", member, of=key, lines=lines)

    def _revise(self) -> Step:
        if self.announced and self.random.random() < 0.5:
            key, member = self.announced.pop()
            step = self._step("purchase.completed", member, body=self._body(), revision=0)
            step["occurred"] -= 5 * _DAY
            step["key"] = key
            self.sales.append(step)
            return step
        if not self.sales:
            return self._purchase()
        sale = self.random.choice(self.sales[-6:])
        step = self._step("purchase.completed", sale["member"], body=self._body(), revision=sale["revision"] + 1)
        step["key"], step["occurred"] = sale["key"], sale["occurred"]
        if self.random.random() < 0.85:
            sale["body"], sale["revision"] = step["body"], step["revision"]
        else:
            step["revision"] -= 1  # an old one again
        return step

    def _hold(self) -> Step:
        amount, minutes = self.random.choice([1, 30, 120, 600]), self.random.choice([None, None, 30, 60 * 24 * 20])
        step = self._step("hold.placed", amount=amount, minutes=minutes)
        self.holds.append(step["key"])
        self.announced_hold = step
        return step

    def _settle_hold(self) -> Step:
        held = [step for step in self.steps if step["type"] == "hold.placed"][-4:]
        if not held:
            return self._hold()
        hold = self.random.choice(held)
        if self.random.random() < 0.3:
            return self._step("hold.released", hold["member"], of=hold["key"])
        amount = self.random.choice([None, 1, hold["amount"] // 2 or 1, hold["amount"] + 1])
        return self._step("hold.committed", hold["member"], of=hold["key"], amount=amount)

    def _claim(self) -> Step:
        step = self._step("reward.claimed", quantity=self.random.choice([1, 1, 2, 30]))
        self.claims.append(step)
        return step

    def _unclaim(self) -> Step:
        if not self.claims:
            return self._claim()
        claim = self.random.choice(self.claims[-4:])
        return self._step("reward.cancelled", claim["member"], of=claim["key"])

    def _transfer(self) -> Step:
        return self._step(
            "balance.transferred", to=self.random.randrange(MEMBERS), amount=self.random.choice([1, 25, 100, 700])
        )

    def _adjust(self) -> Step:
        return self._step("balance.adjusted", amount=self.random.choice([-200, -30, 15, 100]))

    def _jump(self) -> Step:
        self.now += dt.timedelta(days=self.random.choice([1, 7, 14, 31, 62]), minutes=self.random.randrange(600))
        if self.random.random() < 0.2 and self.now < CHANGED:
            self.now = CHANGED + dt.timedelta(minutes=self.random.choice([-1, 0, 1]))
        return self._purchase()

    def _again(self) -> Step:
        """Something that came before comes once more, perhaps with another body."""
        before = [step for step in self.steps if "key" in step]
        if not before:
            return self._purchase()
        step = {**self.random.choice(before[-20:]), "recorded": self.now}
        if step["type"] == "purchase.completed" and self.random.random() < 0.5:
            step["body"] = self._body()
        return step

    def _tick(self) -> Step:
        return {"type": "tick", "at": self.now}
