"""What a programme remembers of a member besides the wallet: tier, metrics, use of limits, carried fractions."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from setia.state.bringing import Brought, brought_from_json, brought_to_json
from setia.state.membership import Membership, membership_from_json, membership_to_json
from setia.state.merged import Merged, merged_from_json, merged_to_json


@dataclass(frozen=True, slots=True)
class Done:
    """A completion of a challenge: which activity led to it (``cause``, hex), which one it is (``id``, hex), at which
    local day (ordinal), in which round of the challenge."""

    cause: str
    id: str
    day: int
    round: int


@dataclass(slots=True)
class GoalState:
    """What is remembered of a challenge. ``times``: completions by round. ``last``: the latest, which may be undone."""

    joined_at: dt.datetime | None = None
    over_at: dt.datetime | None = None
    times: Counter[int] = field(default_factory=Counter)
    last: list[Done] = field(default_factory=list)

    def complete(self, done: Done) -> None:
        """Count a completion."""
        self.times[done.round] += 1
        self.last.append(done)
        del self.last[:-MOST_UNDONE]

    def forget(self, done: Done) -> None:
        """Take a completion out again."""
        self.last.remove(done)
        self.times[done.round] -= 1
        if not self.times[done.round]:
            del self.times[done.round]


@dataclass(slots=True)
class StreakState:
    """What is remembered of a streak beside its days: the last credit (instant, zone, day), and the run (length, first
    day, last day) with its frozen days up to where days are not kept one by one any more."""

    at: dt.datetime
    zone: str
    day: int
    run: tuple[int, int, int] = (0, 0, 0)
    frozen: tuple[int, ...] = ()


MOST_UNDONE = 20
"""How many completions of a challenge can be taken back, the latest first."""


@dataclass(slots=True)
class Before:
    """The last play of a game: when, the ordinal of its local day, and how long a streak it made."""

    at: dt.datetime
    day: int
    streak: int = 0


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """How often a member wants to play at most: ``times`` per day, week or month."""

    times: int
    per: str


@dataclass(slots=True)
class Care:
    """What a member has asked for their own care. ``until``: the last day of an exclusion. ``later``: what takes the
    place of ``limit`` from ``later_at`` on (None: no limit any more)."""

    until: dt.date | None = None
    limit: OwnLimit | None = None
    later: OwnLimit | None = None
    later_at: dt.datetime | None = None

    def limit_at(self, at: dt.datetime) -> OwnLimit | None:
        """The limit in force at ``at``."""
        return self.later if self.later_at is not None and self.later_at <= at else self.limit


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
    have a date to come. ``streaks`` and ``goals``: by metric, by challenge. ``badges``: how
    often each was given and not taken back, and since when it is held. ``settled_at``: up to where the clock has been
    worked off.
    ``card``: of a gift card's wallet, once there was money on it: ``last`` characters of its code, and ``state`` (live,
    blocked, withdrawn); of one that is a reward ``owner`` (hex), whose it is, and which ``reward``.
    ``avatar``: the one that was chosen last, or "".
    ``plays``: how many games were played; ``games``: the last play of each;
    ``played``: (lot, game, prize, id of the play) of what lots paid for, in its order. ``visitor``: whose plays
    before joining became the member's. ``entered``: draw → tickets.
    ``giving``: the cause that gets a share of what is earned, and hundredths of a percent.
    ``reached`` rules continue on the next day. ``prints``: kind → what the member could be known by
    (``values.prints``), latest last. ``brought``: who brought the member, and whom they brought. ``settled_at``: up to
    where the clock has been worked off.
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
    streaks: dict[str, StreakState] = field(default_factory=dict)
    goals: dict[str, GoalState] = field(default_factory=dict)
    badges: dict[str, tuple[int, dt.datetime]] = field(default_factory=dict)
    birthday_changed_on: dt.date | None = None
    settled_at: dt.datetime | None = None
    last_occurred_at: dt.datetime | None = None
    membership: Membership | None = None  # the plan, once there was one
    card: dict[str, str] | None = None
    avatar: str = ""
    prints: dict[str, list[str]] = field(default_factory=dict)
    brought: Brought | None = None
    version: int = 0  # the programme version whose ladder the tier belongs to
    plays: int = 0
    games: dict[str, Before] = field(default_factory=dict)
    played: list[tuple[int, str, str | None, str]] = field(default_factory=list)
    care: Care = field(default_factory=Care)
    visitor: str = ""
    entered: dict[str, int] = field(default_factory=dict)
    merged: Merged | None = None  # into whom, while it lasts
    homes: list[str] = field(default_factory=list)  # all into whom there was a merge: their books speak of this one too
    erased_at: dt.datetime | None = None  # since then nobody knows whose this is
    giving: tuple[str, int] | None = None

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
    if progress.streaks:
        out["qs"] = {
            name: [_at(found.at), found.zone, found.day, [*found.run, *found.frozen]]
            for name, found in progress.streaks.items()
        }
    if progress.goals:
        out["qg"] = {
            name: [
                _at(found.joined_at), _at(found.over_at), _buckets(found.times),
                [[done.cause, done.id, done.day, done.round] for done in found.last],
            ]
            for name, found in progress.goals.items()
        }  # fmt: skip
    if progress.birthday_changed_on:
        out["qc"] = progress.birthday_changed_on.isoformat()
    if progress.badges:
        out["qb"] = {name: [count, _at(since)] for name, (count, since) in progress.badges.items()}
    if progress.settled_at:
        out["s"] = _at(progress.settled_at)
    if progress.last_occurred_at:
        out["o"] = _at(progress.last_occurred_at)
    if progress.membership:
        out["pl"] = membership_to_json(progress.membership)
    if progress.card:
        out["gc"] = progress.card
    if progress.avatar:
        out["av"] = progress.avatar
    if progress.prints:
        out["pr"] = progress.prints
    if progress.brought:
        out["bf"] = brought_to_json(progress.brought)
    if progress.version:
        out["v"] = progress.version
    if progress.plays:
        out["n"] = progress.plays
    if progress.games:
        out["g"] = {name: [_at(before.at), before.day, before.streak] for name, before in progress.games.items()}
    if progress.played:
        out["gl"] = [list(played) for played in progress.played]
    care = progress.care
    if care != Care():
        out["gx"] = [None if care.until is None else care.until.isoformat(), _own(care.limit), _own(care.later),
                     _at(care.later_at)]  # fmt: skip
    if progress.visitor:
        out["gv"] = progress.visitor
    if progress.entered:
        out["ge"] = progress.entered
    if progress.merged:
        out["mg"] = merged_to_json(progress.merged)
    if progress.homes:
        out["mh"] = progress.homes
    if progress.erased_at:
        out["er"] = _at(progress.erased_at)
    if progress.giving:
        out["gg"] = list(progress.giving)
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
        streaks={
            name: StreakState(dt.datetime.fromisoformat(at), zone, day, tuple(run[:3]), tuple(run[3:]))
            for name, (at, zone, day, run) in data.get("qs", {}).items()
        },
        goals={
            name: GoalState(
                _instant(joined),
                _instant(over),
                Counter(dict(zip(times[::2], times[1::2], strict=True))),
                [Done(*done) for done in last],
            )
            for name, (joined, over, times, last) in data.get("qg", {}).items()
        },
        birthday_changed_on=dt.date.fromisoformat(data["qc"]) if "qc" in data else None,
        badges={name: (count, dt.datetime.fromisoformat(since)) for name, (count, since) in data.get("qb", {}).items()},
        settled_at=_instant(data.get("s")),
        last_occurred_at=_instant(data.get("o")),
        membership=membership_from_json(data["pl"]) if "pl" in data else None,
        card=data.get("gc"),
        avatar=data.get("av", ""),
        prints=data.get("pr", {}),
        brought=brought_from_json(data["bf"]) if "bf" in data else None,
        version=data.get("v", 0),
        plays=data.get("n", 0),
        games={name: Before(dt.datetime.fromisoformat(at), day, n) for name, (at, day, n) in data.get("g", {}).items()},
        played=[(lot, game, prize, id_) for lot, game, prize, id_ in data.get("gl", ())],
        care=_care(data["gx"]) if "gx" in data else Care(),
        visitor=data.get("gv", ""),
        entered=dict(data.get("ge", {})),
        merged=merged_from_json(data["mg"]) if "mg" in data else None,
        homes=list(data.get("mh", ())),
        erased_at=_instant(data.get("er")),
        giving=(data["gg"][0], data["gg"][1]) if "gg" in data else None,
    )


def _own(limit: OwnLimit | None) -> list[Any] | None:
    return None if limit is None else [limit.times, limit.per]


def _care(stored: list[Any]) -> Care:
    until, limit, later, later_at = stored
    return Care(
        None if until is None else dt.date.fromisoformat(until),
        None if limit is None else OwnLimit(*limit),
        None if later is None else OwnLimit(*later),
        _instant(later_at),
    )


def _buckets(buckets: dict[int, int]) -> list[int]:
    """Buckets as one flat list (key, amount, key, amount …): shorter than a mapping, and JSON keys stay numbers."""
    return [number for pair in buckets.items() for number in pair]
