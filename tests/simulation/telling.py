"""Tells the steps of a shop with a theme to a book in memory, and looks at what came of them."""

from typing import Any
from uuid import UUID

from setia.flow.memory import MemoryBook
from setia.flow.work import MemberWork, Version
from setia.language.model import Programme
from setia.language.parse import load_programme
from tests.simulation.memory import SOURCE, body_of, told
from tests.simulation.programmes import OPENED
from tests.simulation.shop import Step
from tests.simulation.themes.theme import View


def compiled(text: str) -> Programme:
    """A programme that has to be right."""
    loaded = load_programme(text)
    assert loaded.programme is not None, loaded.diagnostics
    return loaded.programme


class Teller:
    """The engine on a book in memory, as the themes talk to it."""

    def __init__(self, text: str) -> None:
        self.book = MemoryBook([Version(1, OPENED, compiled(text))])
        self.members: list[UUID] = []
        self.ids: dict[str, UUID] = {}  # key of a step → its activity
        self.keys: dict[UUID, str] = {}

    def join(self, step: Step) -> None:
        """Take in a member."""
        self.members.append(self.book.join(step["at"]).id)

    def tick(self, step: Step) -> None:
        """Work off the clock of everybody."""
        self.book.tick(step["at"])

    def member(self, number: int) -> MemberWork:
        """A member as they stand."""
        return self.book.gathered.members[self.members[number]]

    def body(self, step: Step) -> dict[str, Any]:
        """The canonical body of the step."""
        kind = step["type"]
        if kind == "reward.claimed":
            return {"reward": step["reward"], "quantity": step["quantity"]}
        if kind in ("reward.cancelled", "voucher.revoked"):
            reason = {"reason": "lost"} if kind == "voucher.revoked" else {}
            return {"voucher": self.voucher(step["of"], step["member"]), **reason}
        body = body_of(step, self.members, self.ids.get(str(step.get("of"))), None)
        if "vouchers" in body:
            body["vouchers"] = [{"code": self.code(name), "quantity": pieces} for name, pieces in body["vouchers"]]
        return body

    def voucher(self, name: str, number: int) -> int:
        """The number of a member's voucher; 0: there is none."""
        return next((v.no for v in self.member(number).vouchers.values() if self.name_of(v) == name), 0)

    def code(self, name: str) -> str:
        """What is typed for a voucher, or for a code."""
        for member in self.book.gathered.members.values():
            for voucher in member.vouchers.values():
                if self.name_of(voucher) == name:
                    return str(voucher.code)
        return name.upper().replace("/", "")

    def name_of(self, voucher: Any) -> str:
        """A voucher as a theme calls it."""
        key = self.keys[voucher.activity_id]
        if not voucher.rule:
            return key
        holders = (member.vouchers for member in self.book.gathered.members.values())
        like = [
            other.no
            for held in holders
            for other in held.values()
            if (other.activity_id, other.reward) == (voucher.activity_id, voucher.reward)
        ]
        return f"{key}/{voucher.reward}{sorted(like).index(voucher.no) + 1}"

    def handle(self, step: Step) -> tuple[str, dict[str, Any]]:
        """Handle one activity; the status that the caller is told, and what the receipt says."""
        activity = self.book.activity(
            step["type"], self.member(step["member"]), step["occurred"], self.body(step),
            external_id=step["key"], source=SOURCE, recorded_at=step["recorded"], revision=step.get("revision", 0),
        )  # fmt: skip
        self.keys[activity.id] = step["key"]
        own = next(decision for decision in self.book.handle(activity) if decision.activity is activity)
        if own.status != "duplicate":
            self.ids[step["key"]] = activity.id
        totals = {name: own.result.totals[name] for name in ("total", "discount") if name in own.result.totals}
        return told(own), totals if own.status == "accepted" else {}

    def view(self) -> View:
        """Everything as it is now, as ``Keeper.view`` calls it."""
        found: View = {}
        for number in range(len(self.members)):
            member = self.member(number)
            balance = member.wallet.balance("points")
            names = ("available", "pending", "held", "debt")
            found[f"member {number}: points"] = {name: getattr(balance, name) for name in names}
            found[f"member {number}: lots"] = [
                (lot.amount, lot.left, lot.expired, lot.is_pending, lot.expires_at)
                for lot in member.wallet.lots.values()
                if lot.unit == "points"
            ]
            for voucher in member.vouchers.values():
                name = f"member {number}: voucher {self.name_of(voucher)}"
                found[name] = (voucher.state, voucher.left)
        for account, left in self.book.gathered.house.items():
            kind, _, name = account.partition(":")
            if kind == "stock":
                found[f"stock of {name}"] = left
        return found


def first_difference(engine: View, keeper: View) -> str:
    """Where two views differ first, in words; "" where they do not."""
    for name in (*keeper, *engine):
        if engine.get(name) != keeper.get(name):
            return f"{name}: the engine has {engine.get(name)}, the auditor {keeper.get(name)}"
    return ""
