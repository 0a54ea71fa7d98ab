"""Lines of drops: who may claim, and the line as it stands in a book in memory. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from setia.flow.work import Decision, Gathered, Version
from setia.language.model import ProductDrop
from setia.rules.rulebook import rulebook
from setia.state.line import Admit, LineState, advance, is_open, lobby_order
from setia.values.activities import Activity, Body
from setia.values.codes import Built, DeclineCode
from setia.values.outcomes import Declined

IN_USE = ("admitted", "holding")
"""The states of a place that has a pass."""


def asked_drops(version: Version, activity: Activity) -> list[ProductDrop]:
    """The drops whose rewards ``activity`` asks for, one for each piece."""
    dropped = rulebook(version.programme).dropped
    if not dropped:
        return []
    is_claim, is_sale = activity.type == Built.CLAIM.value, activity.type == Built.PURCHASE
    claims: Sequence[Body] = [activity.body] if is_claim else activity.body.get("claims", ()) if is_sale else ()
    return [
        dropped[claim["reward"]] for claim in claims for _ in range(claim["quantity"]) if claim["reward"] in dropped
    ]


def pass_missing(gathered: Gathered, version: Version, activity: Activity) -> Declined | None:
    """Why a reward that is only had at a drop cannot be claimed: one pass is one piece, and it ends."""
    wanted = asked_drops(version, activity)
    for drop in wanted:
        until = gathered.passes.get((drop.name, activity.member_id))
        if until is None or until <= activity.recorded_at or wanted.count(drop) > 1:
            return Declined(DeclineCode.PASS_NEEDED, {"reward": drop.reward, "drop": drop.name})
    return None


def use_pass(gathered: Gathered, version: Version, decision: Decision) -> None:
    """Note which passes an accepted claim has used up."""
    for drop in asked_drops(version, decision.activity):
        gathered.passes.pop((drop.name, decision.activity.member_id), None)
        decision.answer.setdefault("drops", []).append(drop.name)


@dataclass(slots=True)
class Place:
    """A member's place. ``number`` in line: None in the lobby. ``until``: end of the pass.

    ``state``: waiting, admitted, holding (the piece is at the checkout), taken, lapsed, left.
    """

    member: UUID
    number: int | None
    state: str = "waiting"
    until: dt.datetime | None = None


@dataclass(slots=True)
class Line:
    """A line in memory, as ``drops`` keeps it in tables."""

    drop: ProductDrop
    seed: bytes
    places: dict[UUID, Place] = field(default_factory=dict)
    at: dt.datetime | None = None
    used: int = 0
    left: int = 0
    is_drawn: bool = False
    last: int = 0

    def advance(self, left: int, now: dt.datetime) -> None:
        """Bring the line up to ``now``; ``left`` pieces have not been handed over."""
        if now < self.drop.opens:
            return
        if not self.is_drawn:
            self.is_drawn = True
            lobby = [place.member for place in self.places.values() if place.state == "waiting"]
            for member in lobby_order(self.seed, self.drop.name, lobby):
                self._stand(self.places[member])
        passes = Counter(place.until for place in self.places.values() if place.until and place.state in IN_USE)
        waiting_count = sum(place.state == "waiting" and place.number is not None for place in self.places.values())
        steps, self.used = advance(
            self.drop, LineState(self.at, self.used, left, self.left, waiting_count, passes), now
        )
        self.at, self.left = now, left
        for step in steps:
            if isinstance(step, Admit):
                queue = [p for p in self.places.values() if p.state == "waiting" and p.number is not None]
                for place in sorted(queue, key=lambda place: place.number or 0)[: step.count]:
                    place.state, place.until = "admitted", step.until
            else:
                for place in self.places.values():
                    if place.state in IN_USE and place.until is not None and place.until <= step.at:
                        place.state, place.until = "lapsed", None

    def enter(self, member: UUID, left: int, now: dt.datetime) -> Place | None:
        """Stand in line; whoever stands there keeps the place. None before the lobby opens."""
        if not is_open(self.drop, now):
            return None
        self.advance(left, now)
        place = self.places.get(member)
        if place is None or place.state in ("lapsed", "left"):
            place = self.places[member] = Place(member, None)
            if self.is_drawn:
                self._stand(place)
                self.advance(left, now)
        return place

    def hold(self, member: UUID, left: int, now: dt.datetime) -> Place | None:
        """Take the piece to the checkout, once for each pass: it is held for so long. None without a pass."""
        self.advance(left, now)
        place = self.places.get(member)
        if place is None or place.state not in IN_USE:
            return None
        if place.state == "admitted":
            place.state, place.until = "holding", now + self.drop.hold.timedelta()
        return place

    def leave(self, member: UUID, left: int, now: dt.datetime) -> Place | None:
        """Give the place up; a pass is free for the next. None where there is none to give up."""
        self.advance(left, now)
        place = self.places.get(member)
        if place is None or place.state not in ("waiting", *IN_USE):
            return None
        place.state, place.until = "left", None
        self.advance(left, now)
        return place

    def _stand(self, place: Place) -> None:
        self.last += 1
        place.number = self.last
