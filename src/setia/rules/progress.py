"""What a programme remembers of a member besides the wallet: tier, metrics, use of limits, carried fractions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from setia.rules.membership import Membership, membership_from_json, membership_to_json


@dataclass(slots=True)
class Progress:
    """The memory of the rules for one member.

    ``metrics`` and ``limits``: name or limit key → bucket (see ``Window.bucket``) → amount. ``tier`` is "" in a
    programme without tiers. ``tier_history``: (since, level), oldest first, so that late activities find the tier of
    their time. ``protected_for``: the ``tier_until`` to which the level is kept though returns took it below its start.
    ``active_at``: last activity that counts, per unit that ends by inactivity. ``exempt_until``: when the
    exemption of such a unit was lost. ``noticed_for``: the ``tier_until`` a notice was given for. ``marks``: the
    last clock activity of each recurring kind, as the ordinal of its local day. ``deferred``: units whose
    ``reached`` rules continue on the next day. ``vouchers``: number → (reward, start, end) of those in hand that still
    have a date to come. ``settled_at``: up to where the clock has been worked off.
    ``card``: of a gift card's wallet, once there was money on it: ``last`` characters of its code, and ``state`` (live,
    blocked, withdrawn).
    """

    joined_on: dt.date
    joined_at: dt.datetime
    birthday: dt.date | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    tier: str = ""
    tier_since: dt.datetime | None = None
    tier_until: dt.datetime | None = None
    tier_history: list[tuple[dt.datetime, str]] = field(default_factory=list)
    noticed_for: dt.datetime | None = None
    protected_for: dt.datetime | None = None
    metrics: dict[str, dict[int, int]] = field(default_factory=dict)
    limits: dict[str, dict[int, int]] = field(default_factory=dict)
    carry: dict[str, tuple[int, int]] = field(default_factory=dict)
    active_at: dict[str, dt.datetime] = field(default_factory=dict)
    exemption_lost_at: dict[str, dt.datetime] = field(default_factory=dict)
    closed_pools: list[str] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)
    deferred: list[str] = field(default_factory=list)
    vouchers: dict[int, tuple[str, dt.datetime | None, dt.datetime | None]] = field(default_factory=dict)
    settled_at: dt.datetime | None = None
    last_occurred_at: dt.datetime | None = None
    membership: Membership | None = None  # the plan, once there was one
    card: dict[str, str] | None = None
    version: int = 0  # the programme version whose ladder the tier belongs to

    def tier_at(self, at: dt.datetime) -> str:
        """The tier in force at ``at``; the first known one for earlier instants."""
        if self.tier_since is None or at >= self.tier_since:
            return self.tier
        for since, level in reversed(self.tier_history):
            if since <= at:
                return level
        return self.tier_history[0][1] if self.tier_history else self.tier


def _at(value: dt.datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _instant(value: str | None) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(value)


def progress_to_json(progress: Progress) -> dict[str, Any]:
    """The compact form that is stored: empty parts are left out."""
    out: dict[str, Any] = {"j": progress.joined_on.isoformat(), "ja": _at(progress.joined_at)}
    if progress.birthday:
        out["b"] = progress.birthday.isoformat()
    if progress.attributes:
        out["a"] = progress.attributes
    if progress.tier:
        out["t"] = [progress.tier, _at(progress.tier_since), _at(progress.tier_until), _at(progress.noticed_for)]
    if progress.protected_for:
        out["tp"] = _at(progress.protected_for)
    if progress.tier_history:
        out["th"] = [[_at(since), level] for since, level in progress.tier_history]
    if progress.metrics:
        out["m"] = {name: _buckets(buckets) for name, buckets in progress.metrics.items()}
    if progress.limits:
        out["l"] = {name: _buckets(buckets) for name, buckets in progress.limits.items()}
    if progress.carry:
        out["c"] = {unit: list(rest) for unit, rest in progress.carry.items()}
    if progress.active_at:
        out["i"] = {unit: _at(at) for unit, at in progress.active_at.items()}
    if progress.exemption_lost_at:
        out["x"] = {unit: _at(at) for unit, at in progress.exemption_lost_at.items()}
    if progress.closed_pools:
        out["p"] = progress.closed_pools
    if progress.marks:
        out["k"] = progress.marks
    if progress.deferred:
        out["r"] = progress.deferred
    if progress.vouchers:
        out["w"] = [[no, reward, _at(start), _at(end)] for no, (reward, start, end) in progress.vouchers.items()]
    if progress.settled_at:
        out["s"] = _at(progress.settled_at)
    if progress.last_occurred_at:
        out["o"] = _at(progress.last_occurred_at)
    if progress.membership:
        out["pl"] = membership_to_json(progress.membership)
    if progress.card:
        out["gc"] = progress.card
    if progress.version:
        out["v"] = progress.version
    return out


def progress_from_json(data: dict[str, Any]) -> Progress:
    """Read back ``progress_to_json``."""
    tier = data.get("t", ("", None, None, None))
    return Progress(
        joined_on=dt.date.fromisoformat(data["j"]),
        joined_at=dt.datetime.fromisoformat(data["ja"]),
        birthday=dt.date.fromisoformat(data["b"]) if "b" in data else None,
        attributes=data.get("a", {}),
        tier=tier[0],
        tier_since=_instant(tier[1]),
        tier_until=_instant(tier[2]),
        noticed_for=_instant(tier[3]),
        protected_for=_instant(data.get("tp")),
        tier_history=[(dt.datetime.fromisoformat(since), level) for since, level in data.get("th", ())],
        metrics={name: dict(zip(pairs[::2], pairs[1::2], strict=True)) for name, pairs in data.get("m", {}).items()},
        limits={name: dict(zip(pairs[::2], pairs[1::2], strict=True)) for name, pairs in data.get("l", {}).items()},
        carry={unit: (n, d) for unit, (n, d) in data.get("c", {}).items()},
        active_at={unit: dt.datetime.fromisoformat(at) for unit, at in data.get("i", {}).items()},
        exemption_lost_at={unit: dt.datetime.fromisoformat(at) for unit, at in data.get("x", {}).items()},
        closed_pools=list(data.get("p", ())),
        marks=data.get("k", {}),
        deferred=list(data.get("r", ())),
        vouchers={no: (reward, _instant(start), _instant(end)) for no, reward, start, end in data.get("w", ())},
        settled_at=_instant(data.get("s")),
        last_occurred_at=_instant(data.get("o")),
        membership=membership_from_json(data["pl"]) if "pl" in data else None,
        card=data.get("gc"),
        version=data.get("v", 0),
    )


def _buckets(buckets: dict[int, int]) -> list[int]:
    """Buckets as one flat list (key, amount, key, amount …): shorter than a mapping, and JSON keys stay numbers."""
    return [number for pair in buckets.items() for number in pair]
