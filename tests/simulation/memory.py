"""Tells the steps of a shop to a book in memory."""

from typing import Any
from uuid import UUID

from setia.flow.memory import MemoryBook
from setia.flow.work import Decision, Version
from setia.language.parse import load_programme
from tests.simulation.programmes import SHOPS
from tests.simulation.shop import Step

SOURCE = "shop"


def versions(name: str) -> list[Version]:
    """The versions of the shop as the engine takes them."""
    found = []
    for number, (effective_at, text, _) in enumerate(SHOPS[name], 1):
        loaded = load_programme(text)
        assert loaded.programme is not None, loaded.diagnostics
        found.append(Version(number, effective_at, loaded.programme))
    return found


def body_of(step: Step, members: list[UUID], hold: UUID | None, voucher: int | None) -> dict[str, Any]:
    """The canonical body of a step, with the ids that the engine gave."""
    kind = step["type"]
    if kind == "purchase.completed":
        return dict(step["body"])
    if kind in ("purchase.returned", "purchase.cancelled"):
        of = {"of": {"source": SOURCE, "external_id": step["of"]}}
        if step["lines"] is None:
            return of
        return {**of, "lines": [{"id": line, "quantity": quantity} for line, quantity in step["lines"]]}
    if kind == "reward.claimed":
        return {"reward": "cup", "quantity": step["quantity"]}
    if kind == "reward.cancelled":
        return {"voucher": 0 if voucher is None else voucher}
    if kind == "balance.transferred":
        return {"unit": "points", "amount": step["amount"], "to": members[step["to"]].hex}
    if kind == "balance.adjusted":
        return {"unit": "points", "amount": step["amount"], "reason": "by hand", "by": "Ana", "approved_by": "Budi"}
    if kind == "hold.placed":
        more = {} if step["minutes"] is None else {"lapses_after": step["minutes"]}
        return {"unit": "points", "amount": step["amount"], **more}
    found = {"hold": (UUID(int=0) if hold is None else hold).hex}
    return found if step.get("amount") is None else {**found, "amount": step["amount"]}


def told(decision: Decision) -> str:
    """The status of a decision, with the code of a decline behind a colon."""
    declined = decision.result.declined
    if decision.status == "declined" and declined is not None:
        return f"declined:{declined.code.value}"
    return decision.status


class MemoryShop:
    """The engine on a book in memory, as the simulation talks to it."""

    def __init__(self, name: str) -> None:
        self.book = MemoryBook(versions(name))
        self.members: list[UUID] = []
        self.holds: dict[str, UUID] = {}
        self.claims: dict[str, UUID] = {}

    def join(self, step: Step) -> None:
        """Take in a member."""
        self.members.append(self.book.join(step["at"]).id)

    def tick(self, step: Step) -> None:
        """Work off the clock of everybody."""
        self.book.tick(step["at"])

    def body(self, step: Step) -> dict[str, Any]:
        """The canonical body of the step."""
        member = self.book.gathered.members[self.members[step["member"]]]
        claim = self.claims.get(str(step.get("of")))
        voucher = next((v.no for v in member.vouchers.values() if v.activity_id == claim), None)
        return body_of(step, self.members, self.holds.get(str(step.get("of"))), voucher)

    def handle(self, step: Step) -> str:
        """Handle one activity; the status that the caller is told."""
        member = self.book.gathered.members[self.members[step["member"]]]
        body = self.body(step)
        activity = self.book.activity(
            step["type"], member, step["occurred"], body,
            external_id=step["key"], source=SOURCE, recorded_at=step["recorded"], revision=step.get("revision", 0),
        )  # fmt: skip
        decisions = self.book.handle(activity)
        own = next(decision for decision in decisions if decision.activity is activity)
        if own.status != "duplicate" and step["type"] == "hold.placed":
            self.holds[step["key"]] = activity.id
        if own.status != "duplicate" and step["type"] == "reward.claimed":
            self.claims[step["key"]] = activity.id
        return told(own)
