"""Examples of the documentation: they fit the programme of examples/grocery-tiers, and a test sends them."""

from __future__ import annotations

from typing import Any, Final

MEMBER: Final = "mem_06ghz0k1x8e7jv2m3n4p5q6r7s"
ACTIVITY: Final = "act_06ghz0k1x8e7jv2m3n4p5q6r7t"
HOLD: Final = "hld_06ghz0k1x8e7jv2m3n4p5q6r7v"
KEY: Final = "key_06ghz0k1x8e7jv2m3n4p5q6r7w"
AT: Final = "2026-11-02T09:30:00-05:00"
Z: Final = "2026-11-02T14:30:00Z"


def usd(amount: str) -> dict[str, str]:
    """An amount of dollars."""
    return {"amount": amount, "currency": "USD"}


LINES: Final = [
    {"id": "1", "sku": "APPLES", "category": "PRODUCE", "quantity": "1.2", "amount": "3.60"},
    {"id": "2", "sku": "CAKE", "category": "BAKERY", "quantity": 1, "amount": "21.40"},
]
PURCHASE: Final[dict[str, Any]] = {
    "member": {"card": "4000123412341234"},
    "source": "till-7",
    "external_id": "R-10001",
    "occurred_at": AT,
    "lines": LINES,
}
QUOTE: Final[dict[str, Any]] = {"member": {"card": "4000123412341234"}, "lines": LINES}
DECISION: Final[dict[str, Any]] = {
    "status": "accepted",
    "activity": ACTIVITY,
    "type": "purchase.completed",
    "member": MEMBER,
    "source": "till-7",
    "external_id": "R-10001",
    "occurred_at": Z,
    "recorded_at": Z,
    "version": 1,
    "earned": [
        {
            "unit": "points",
            "amount": 23,
            "rule": "earn",
            "title": "Points for every dollar",
            "activates_at": "2026-11-16T14:30:00Z",
            "expires_at": "2027-06-01T04:00:00Z",
        }
    ],
    "spent": [],
    "rewards": [],
    "totals": {"gross": usd("25.00"), "discount": usd("1.25"), "total": usd("23.75"), "eligible": usd("23.75")},
    "discounts": [{"for": "tier:bronze", "amount": usd("1.25")}],
    "changes": {"points": {"pending": 23}},
}


def decided(kind: str, **more: Any) -> dict[str, Any]:
    """A decision about an activity of type ``kind``."""
    head = {name: DECISION[name] for name in ("status", "activity", "member", "source", "external_id")}
    times = {name: DECISION[name] for name in ("occurred_at", "recorded_at", "version")}
    return {**head, "type": kind, **times, "earned": [], "spent": [], "rewards": [], "changes": {}, **more}


VOUCHER: Final[dict[str, Any]] = {
    "id": "vch_7",
    "reward": "five-off",
    "title": "5 dollars off",
    "quantity": 1,
    "state": "issued",
    "issued_at": Z,
    "valid_until": "2027-01-02T05:00:00Z",
    "code": "KQ4M-9XT2-2RWB",
    "activates_at": None,
    "left": 1,
    "gift_card": None,
}
BALANCE: Final[dict[str, Any]] = {
    "unit": "points",
    "title": "points",
    "spendable": 620,
    "available": 620,
    "pending": 23,
    "held": 0,
    "debt": 0,
    "worth": usd("6.20"),
    "activating": [{"amount": 23, "at": "2026-11-16T14:30:00Z"}],
    "expiring": [{"amount": 620, "at": "2027-05-01T04:00:00Z"}],
}
TIER: Final[dict[str, Any]] = {
    "level": "bronze",
    "title": "bronze",
    "since": "2026-01-10T15:00:00Z",
    "until": None,
    "counts": "year_spend",
    "value": usd("1240.00"),
    "missing_to_keep": None,
    "benefits": {"rate": "1", "discount_percent": "5", "delivery": {"free_from": usd("50.00"), "speed": "standard"}},
    "next": {"level": "silver", "title": "silver", "from": usd("1500.00"), "missing": usd("260.00")},
}
REWARD: Final[dict[str, Any]] = {
    "reward": "five-off",
    "title": "5 dollars off",
    "gives": {"kind": "amount_off", "amount": usd("5.00")},
    "costs": {"points": 500},
    "per": 1,
    "can_claim": True,
    "why_not": None,
    "missing": {},
    "stock": None,
    "valid_for": "60 days",
}
WHO: Final[dict[str, Any]] = {
    "id": MEMBER,
    "name": "Siti Rahma",
    "is_blocked": False,
    "joined_at": "2026-01-10T15:00:00Z",
}
PROFILE: Final[dict[str, Any]] = {
    **WHO,
    "email": "siti@example.com",
    "phone": "+12025550143",
    "birthday": "1990-04-12",
    "attributes": {"household_size": 3},
    "identifiers": [
        {"kind": "card", "value": "4000123412341234"},
        {"kind": "email", "value": "siti@example.com"},
        {"kind": "phone", "value": "+12025550143"},
    ],
    "revision": 1,
}
IDENTIFIED: Final[dict[str, Any]] = {
    "member": WHO,
    "tier": TIER,
    "balances": [BALANCE],
    "holds": [],
    "rewards": [REWARD],
    "vouchers": [],
    "claimable": [],
}
