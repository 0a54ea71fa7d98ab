"""Members who bring friends: what is remembered of it, and which purchase of a friend counts. Pure.

It all stands with the friend: who brought them, and which purchases wait. The referrer only counts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from setia.language.friends import Referral
from setia.values.instants import Until, day_start_after, deadline, local_date
from setia.values.secret_codes import make_code

CODE_LENGTH = 8
OPEN, HELD, REFUSED, QUALIFIED = "open", "held", "refused", "qualified"
WAITING_FOR_PURCHASE = (OPEN, HELD)
STATES = ("joined", "waiting", HELD, REFUSED, QUALIFIED)
"""How a referral is shown: one that is open has joined only, or waits until a purchase cannot go back."""


@dataclass(slots=True)
class Brought:
    """What is remembered of a member who may have been brought, and who may bring others.

    ``by``: the referrer (None: nobody). ``state``: open, held (for review), refused, or qualified; ``why``: what was
    found, for staff. ``sales``: purchases that count unless they go back, (activity id in hex, when they are safe).
    ``bought``: purchases that stand. ``not_before``: the release of one that was held. ``settled_at``: when it was
    refused or qualified. ``friends``: how many friends of this member have qualified. ``is_greeted``: what a friend
    gets for coming was given. ``excused``: what was found, and released.
    """

    by: UUID | None = None
    state: str = ""
    claimed_at: dt.datetime | None = None
    why: list[str] = field(default_factory=list)
    sales: list[tuple[str, dt.datetime]] = field(default_factory=list)
    bought: int = 0
    not_before: dt.datetime | None = None
    settled_at: dt.datetime | None = None
    friends: int = 0
    is_greeted: bool = False
    excused: list[str] = field(default_factory=list)

    @property
    def due_at(self) -> dt.datetime | None:
        """When the friend qualifies, if nothing goes back and nothing is held; None: nothing was bought yet."""
        if self.state not in WAITING_FOR_PURCHASE or not self.sales:
            return None
        first = min(due for _, due in self.sales)
        return first if self.not_before is None else max(first, self.not_before)

    @property
    def shown_state(self) -> str:
        """One of ``STATES``; "" for a member whom nobody brought."""
        return self.state if self.state != OPEN else "waiting" if self.sales else "joined"


def code_of(member_id: UUID, attempt: int = 0) -> str:
    """The member's own code: eight characters that say nothing about them. A later ``attempt`` where one is taken."""
    return make_code(b"referral", f"{member_id.hex}/{attempt}", CODE_LENGTH)


def may_count(
    policy: Referral, brought: Brought | None, at: dt.datetime, joined_at: dt.datetime, zone: ZoneInfo
) -> bool:
    """Whether a purchase at ``at`` is one that the referral waits for."""
    if brought is None or brought.state not in WAITING_FOR_PURCHASE or brought.claimed_at is None:
        return False
    if at < brought.claimed_at or (policy.first and brought.bought):
        return False
    return policy.within is None or at < deadline(joined_at, policy.within, Until.END_OF_DAY, zone)


def note_purchase(
    policy: Referral, brought: Brought, sale: UUID, at: dt.datetime, zone: ZoneInfo, *, counts: bool
) -> None:
    """Remember a purchase; one that ``counts`` waits until it cannot go back."""
    brought.bought += 1
    if counts:
        brought.sales.append((sale.hex, safe_at(policy, at, zone)))


def note_return(brought: Brought, sale: UUID, *, is_void: bool, counts: bool) -> None:
    """Remember that a purchase went back: all of it, or so much that it does not count any more."""
    brought.bought = max(brought.bought - is_void, 0)
    if not counts:
        brought.sales = [kept for kept in brought.sales if kept[0] != sale.hex]


def safe_at(policy: Referral, at: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """When a purchase at ``at`` cannot go back any more; spans in days end as that local day begins."""
    if policy.wait.is_calendar:
        return day_start_after(local_date(at, zone), policy.wait, zone)
    return at + policy.wait.timedelta()


def brought_to_json(brought: Brought) -> dict[str, Any]:
    """The compact form that is stored: empty parts are left out."""
    out: dict[str, Any] = {}
    if brought.by is not None:
        out |= {"b": brought.by.hex, "s": brought.state, "c": _at(brought.claimed_at)}
    if brought.why:
        out["w"] = brought.why
    if brought.sales:
        out["p"] = [[sale, due.isoformat()] for sale, due in brought.sales]
    if brought.bought:
        out["n"] = brought.bought
    if brought.not_before is not None:
        out["r"] = _at(brought.not_before)
    if brought.settled_at is not None:
        out["e"] = _at(brought.settled_at)
    if brought.friends:
        out["f"] = brought.friends
    if brought.is_greeted:
        out["g"] = True
    if brought.excused:
        out["x"] = brought.excused
    return out


def brought_from_json(data: dict[str, Any]) -> Brought:
    """Read back ``brought_to_json``."""
    return Brought(
        by=UUID(hex=data["b"]) if "b" in data else None,
        state=data.get("s", ""),
        claimed_at=_instant(data.get("c")),
        why=list(data.get("w", ())),
        sales=[(sale, dt.datetime.fromisoformat(due)) for sale, due in data.get("p", ())],
        bought=data.get("n", 0),
        not_before=_instant(data.get("r")),
        settled_at=_instant(data.get("e")),
        friends=data.get("f", 0),
        is_greeted=data.get("g", False),
        excused=list(data.get("x", ())),
    )


def _at(value: dt.datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _instant(value: str | None) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(value)
