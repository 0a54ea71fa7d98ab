"""A programme and a book in memory for tests of the flow."""

import datetime as dt
from typing import Any
from uuid import UUID

from setia.flow.memory import MemoryBook
from setia.flow.work import Decision, MemberWork, Version
from setia.language.model import Programme
from setia.language.parse import load_programme
from setia.values.codes import Built

OPENED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)

HEAD = """
programme: corner
title: Corner
currency: EUR
timezone: UTC
units:
  points: {worth: 0.01}
"""
EARN = """
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
"""


def compiled(text: str) -> Programme:
    """A programme that has to be right."""
    loaded = load_programme(text)
    assert loaded.programme is not None, loaded.diagnostics
    return loaded.programme


def version(text: str, number: int = 1, since: dt.datetime = OPENED) -> Version:
    """A published version."""
    return Version(number, since, compiled(text))


class Corner:
    """A book with members, and a short way to send activities to it; days count from the opening."""

    def __init__(self, *texts: str, members: int = 2) -> None:
        later = [version(text, number, OPENED + (number - 1) * 100 * DAY) for number, text in enumerate(texts, 1)]
        self.book = MemoryBook(later)
        self.members = [self.book.join(OPENED) for _ in range(members)]
        self.count = 0

    def send(
        self, kind: str, body: dict[str, Any], *, day: float = 0, member: int = 0, key: str = "", late: float = 0,
        revision: int = 0,
    ) -> Decision:  # fmt: skip
        """Handle an activity that occurred on ``day`` and is recorded ``late`` days after; its own decision."""
        at = OPENED + day * DAY
        activity = self.book.activity(
            kind, self.members[member], at, body, external_id=key, recorded_at=at + late * DAY, revision=revision
        )
        return next(decision for decision in self.book.handle(activity) if decision.activity is activity)

    def buy(self, euros: int, *, key: str = "", day: float = 0, **more: Any) -> Decision:
        """A purchase of one line."""
        names = ("member", "late", "revision")
        extra = {name: value for name, value in more.items() if name not in names}
        body = {"lines": [line("1", euros * 100)], **extra}
        return self.send(
            Built.PURCHASE.value, body, day=day, key=key, **{name: more[name] for name in names if name in more}
        )

    def give_back(self, of: str, *, day: float = 0, lines: Any = None, **more: Any) -> Decision:
        """A return."""
        body = {"of": {"source": "memory", "external_id": of}}
        return self.send(Built.RETURN.value, body if lines is None else {**body, "lines": lines}, day=day, **more)

    def gift(self, amount: int, *, unit: str = "points", day: float = 0, **more: Any) -> Decision:
        """An adjustment by hand."""
        body = {"unit": unit, "amount": amount, "reason": "goodwill", "by": "Ana", "approved_by": None}
        return self.send(Built.ADJUST.value, body, day=day, **more)

    def member(self, number: int = 0) -> MemberWork:
        """A member as they stand."""
        return self.members[number]

    def balance(self, unit: str = "points", member: int = 0) -> tuple[int, int, int, int]:
        """(available, pending, held, debt)."""
        found = self.members[member].wallet.balance(unit)
        return found.available, found.pending, found.held, found.debt

    def tick(self, day: float) -> list[Decision]:
        """Work off everybody's clock."""
        return self.book.tick(OPENED + day * DAY)


def line(line_id: str, amount: int, *, quantity: int = 1000, **more: Any) -> dict[str, Any]:
    """One line of a purchase; the amount in cents, the quantity × 1000."""
    return {"id": line_id, "sku": "TEA", "category": "tea", "kind": "", "quantity": quantity, "amount": amount, **more}


def code(decision: Decision) -> str:
    """Why it was declined, or its status."""
    declined = decision.result.declined
    return decision.status if declined is None else declined.code.value


NOBODY = UUID(int=0)
