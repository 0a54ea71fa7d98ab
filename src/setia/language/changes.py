"""What a new version of a programme takes away from members: settings that are worse for them than before.

One table says of each setting which way is better. A setting that it does not name counts as worse whenever it changes:
the doubt is the member's.
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from fractions import Fraction
from typing import Any, Final

from setia.language.expressions import Expression
from setia.language.model import ExpiresOn, NeverExpires, Programme, Rule, Schedule
from setia.language.probes import is_at_least
from setia.values.instants import Span, Step


@dataclass(frozen=True, slots=True)
class Loss:
    """A setting that is worse for members: where it stands ("rewards.cappuccino.costs.points"), and both values."""

    path: str
    was: str
    becomes: str

    def __str__(self) -> str:
        return f"{self.path}: {self.was} → {self.becomes}"


class Better(Enum):
    """Which way a setting is better for members."""

    MORE = "more"  # the larger number, the longer time, the wider condition, the setting that is there
    LESS = "less"
    FREE = "free"  # it makes no difference to them
    SAME = "same"  # any change may be one for the worse


@dataclass(frozen=True, slots=True)
class Sense:
    """``better``, and what leaving the setting out is (``none_is_best``: no limit, no condition). ``order``: of words,
    from the worst to the best."""

    better: Better
    none_is_best: bool = False
    order: tuple[str, ...] = ()


MORE: Final = Sense(Better.MORE)
LESS: Final = Sense(Better.LESS)
FREE: Final = Sense(Better.FREE)
SAME: Final = Sense(Better.SAME)
BOUND: Final = Sense(Better.MORE, none_is_best=True)
WAIT: Final = Sense(Better.LESS, none_is_best=True)

_OVER: Final = Sense(Better.MORE, order=("reject", "trim"))
SENSES: Final[dict[str, dict[str, Sense]]] = {
    "Programme": {
        "digest": FREE, "activities": FREE, "member_fields": FREE, "adjustments": FREE, "eligible": BOUND,
        "hold_lapses": MORE, "guest_claims": MORE, "tiers": MORE, "units": MORE, "rewards": MORE, "rules": MORE,
        "metrics": MORE, "groups": MORE, "refunds": MORE, "late": MORE, "changes": MORE, "badges": MORE,
        "avatars": MORE, "challenges": MORE, "leaderboards": MORE, "founded": FREE, "contests": MORE,
        "causes": MORE,
    },
    "Unit": {
        "worth": MORE, "breakage": FREE, "pays": MORE, "pending": WAIT, "rounding": MORE, "at_most": BOUND,
        "limit": BOUND, "transfer": MORE, "pools": MORE, "expires": MORE, "remind": MORE,
    },
    "Pays": {"worth": MORE, "earn_on_paid": MORE, "same_order": MORE},
    "Pool": {"closed": BOUND, "expires": MORE},
    "RoundingPolicy": {
        "mode": Sense(Better.MORE, order=("floor", "half_even", "half_up", "ceiling")), "carry": MORE,
        "at": Sense(Better.MORE, order=("line", "rule", "order")),
    },
    "Limit": {"amount": MORE, "over": _OVER, "unit": FREE, "window": FREE},
    "Quota": {"amount": MORE},
    "TransferPolicy": {"send": BOUND, "receive": BOUND, "min_life": WAIT, "lives": MORE},
    "ExpiresAfter": {
        "after": MORE, "from_activation": MORE,
        "until": Sense(
            Better.MORE, order=("instant", "end_of_day", "end_of_month", "end_of_quarter", "end_of_year")
        ),
    },
    "ExpiresOn": {"min_life": MORE},
    "ExpiresIdle": {
        "inactive_for": MORE, "exempt": MORE, "after_exemption": MORE,
        "until": Sense(
            Better.MORE, order=("instant", "end_of_day", "end_of_month", "end_of_quarter", "end_of_year")
        ),
    },
    "Metric": {"amount": MORE, "when": BOUND, "decimals": FREE, "freeze": MORE, "goal": FREE},
    "Freeze": {"times": MORE, "every": LESS},
    "Challenge": {
        "goals": LESS, "start": WAIT, "end": BOUND, "within": BOUND, "joins": LESS, "repeat": MORE, "rollback": LESS,
    },
    "Leaderboard": {"top": MORE},
    "Contest": {
        "start": WAIT, "end": MORE, "fields": FREE, "at_most": MORE, "slots": BOUND, "when": BOUND, "costs": LESS,
        "moderated": LESS, "votes": MORE, "winners": MORE,
    },
    "Ballot": {
        "start": LESS, "end": MORE, "at_most": BOUND, "per_day": BOUND, "when": BOUND, "shown": FREE,
    },
    "Avatar": {"picture": FREE, "badge": BOUND, "when": BOUND, "is_while_held": LESS},
    "Goal": {"target": LESS, "metric": FREE},
    "Tiers": {"levels": MORE, "keep": MORE, "drop": MORE, "refunds": Sense(Better.MORE, order=("follow", "protect"))},
    "Level": {"needs": LESS, "rank": FREE, "discount": MORE, "delivery": MORE, "benefits": MORE, "up_to": FREE},
    "Delivery": {"free_from": LESS},
    "Keep": {"span": MORE, "plus": MORE},
    "Drop": {
        "by": Sense(Better.MORE, order=("to_balance", "one_level", "never")), "grace": MORE, "notice": MORE,
    },
    "Rule": {
        "gives": MORE, "takes": LESS, "limits": LESS, "when": BOUND, "lines": BOUND, "budget": BOUND,
        "schedule": BOUND, "expires": BOUND, "is_qualifying": MORE, "position": FREE,
    },
    "Give": {"amount": MORE, "unit": FREE, "reward": FREE, "badge": FREE},
    "Group": {"pick": Sense(Better.MORE, order=("first", "best", "all"))},
    "Budget": {"amount": MORE, "over": _OVER},
    "Reward": {
        "gives": MORE, "costs": LESS, "per": MORE, "stock": FREE, "valid": BOUND, "when": BOUND, "limit": BOUND,
    },
    "Cause": {"worth": MORE, "least": LESS, "step": LESS, "schedule": BOUND, "when": BOUND, "match": MORE},
    "Match": {"by": FREE, "share": MORE, "up_to": MORE},
    "Gives": {"percent": MORE, "amount": MORE, "at_most": BOUND, "product_where": MORE},
    "RefundPolicy": {
        "when_spent": Sense(Better.MORE, order=("unlimited", "within_balance", "only_pending")),
        "net_shortfall": LESS, "within": FREE, "unmatched_after": FREE,
    },
    "LatePolicy": {"accept": BOUND, "future": FREE, "re_rate": FREE},
    "ChangePolicy": {"notice": MORE, "old_terms": FREE},
}  # fmt: skip
"""Of each type of the model, which way its settings are better. Names and titles are ``FREE`` everywhere."""

_KEYS: Final[dict[str, Callable[[Any], str]]] = {
    "Give": lambda give: give.unit or give.reward or give.badge or "",
    "Goal": lambda goal: goal.name,
    "Limit": lambda limit: f"{limit.unit or 'times'} per {_window(limit.window)}",
    "Level": lambda level: level.name,
}
"""How the items of a list are told apart."""


def losses(old: Programme, new: Programme, at: dt.datetime) -> tuple[Loss, ...]:
    """What ``new``, in force from ``at``, takes away of ``old``; empty when members lose nothing."""
    found: list[Loss] = []
    ended = {name: rule for name, rule in old.rules.items() if _is_over(rule, at) and name not in new.rules}
    for setting in fields(old):
        left, right = getattr(old, setting.name), getattr(new, setting.name)
        if setting.name == "rules":
            left = {name: rule for name, rule in left.items() if name not in ended}
        found += _compare(f"{setting.name}", left, right, _sense("Programme", setting.name))
    found += _order_losses(old, new)
    return tuple(found)


def _is_over(rule: Rule, at: dt.datetime) -> bool:
    """Whether nothing more is promised by ``rule``: it gives nothing, or its time has passed."""
    return not rule.gives or (rule.schedule is not None and rule.schedule.end is not None and rule.schedule.end <= at)


def _order_losses(old: Programme, new: Programme) -> Iterator[Loss]:
    """Groups of which the first rule wins, in another order."""
    for name, group in old.groups.items():
        orders = [
            [rule.name for rule in programme.rules.values() if rule.group == name and rule.name in old.rules]
            for programme in (old, new)
        ]
        kept = [rule for rule in orders[0] if rule in orders[1]]
        standing = new.groups.get(name)
        if group.pick == "first" and standing is not None and standing.pick == "first" and kept != orders[1]:
            yield Loss(f"groups.{name}", ", ".join(kept), ", ".join(orders[1]))


def _sense(kind: str, name: str) -> Sense:
    if name in ("name", "title", "forms"):
        return FREE
    return SENSES.get(kind, {}).get(name, SAME)


def _compare(path: str, old: Any, new: Any, sense: Sense) -> Iterator[Loss]:
    if sense.better is Better.FREE or old == new:
        return
    if isinstance(old, Expression) and isinstance(new, Expression) and old.source == new.source:
        return
    if isinstance(old, Mapping) or (isinstance(old, tuple) and old + new and is_dataclass((old + new)[0])):
        yield from _compare_all(path, _by_key(old), _by_key(new), sense)
    elif old is None or new is None:
        if sense.better is Better.SAME or (new is None) is not sense.none_is_best:
            yield Loss(path, show(old), show(new))
    elif is_dataclass(old) and is_dataclass(new) and not isinstance(old, Span):
        yield from _compare_parts(path, old, new, sense)
    elif sense.better is Better.SAME or not _is_as_good(old, new, sense):
        yield Loss(path, show(old), show(new))


def _compare_all(path: str, old: Mapping[str, Any], new: Mapping[str, Any], sense: Sense) -> Iterator[Loss]:
    """Things by name: what is gone is lost, or where less is better what is new."""
    is_cost = sense.better is Better.LESS
    for name in dict.fromkeys((*old, *new)):
        if name not in new or name not in old:
            if (name in new) is is_cost:
                yield Loss(f"{path}.{name}", show(old.get(name)), show(new.get(name)))
            continue
        left, right = old[name], new[name]
        # A limit bounds: that there is none is better, but a higher one is, too.
        inner = MORE if is_cost and not isinstance(left, int) and type(left).__name__ == "Limit" else sense
        yield from _compare(f"{path}.{name}", left, right, inner)


def _compare_parts(path: str, old: Any, new: Any, sense: Sense) -> Iterator[Loss]:
    if type(old) is not type(new):
        if not isinstance(new, NeverExpires):
            yield Loss(path, show(old), show(new))
        return
    if isinstance(old, Schedule):
        if not _opens_as_long(old, new):
            yield Loss(path, show(old), show(new))
        return
    if isinstance(old, ExpiresOn) and set(new.days) - set(old.days):
        yield Loss(f"{path}.on", show(old.days), show(new.days))
    kind = type(old).__name__
    for setting in fields(old):
        inner = _sense(kind, setting.name)
        if isinstance(old, ExpiresOn) and setting.name == "days":
            continue
        if sense.better is Better.LESS and inner.better is Better.MORE:
            inner = LESS
        yield from _compare(f"{path}.{setting.name}", getattr(old, setting.name), getattr(new, setting.name), inner)


def _is_as_good(old: Any, new: Any, sense: Sense) -> bool:
    if isinstance(old, tuple) and all(isinstance(way, tuple) for way in old):  # ways to a level: each is enough still
        return all(any(all(map(operator.ge, way, need)) for need in new) for way in old)
    if sense.better is Better.LESS:
        old, new = new, old
    if sense.order:
        return sense.order.index(str(new)) >= sense.order.index(str(old))
    if isinstance(old, Expression):
        return isinstance(new, Expression) and is_at_least(new, old)
    if isinstance(old, Span):
        return length(new) >= length(old)
    if isinstance(old, tuple | frozenset):
        return set(old) <= set(new)
    if isinstance(old, str) or type(old) is not type(new):
        return False
    return bool(new >= old)


def _opens_as_long(old: Schedule, new: Schedule) -> bool:
    if new.start is not None and (old.start is None or new.start > old.start):
        return False
    if new.end is not None and (old.end is None or new.end < old.end):
        return False
    days = frozenset(range(1, 8))
    return (new.weekdays or days) >= (old.weekdays or days) and _minutes(new) >= _minutes(old)


def _minutes(schedule: Schedule) -> set[int]:
    """The minutes of a day that are open; those after midnight count from 1440."""
    found: set[int] = set()
    for start, end in schedule.hours or ((0, 1_440),):
        found |= set(range(start, end if end > start else end + 1_440))
    return found


_SECONDS: Final = {
    Step.MINUTES: 60, Step.HOURS: 3_600, Step.DAYS: 86_400, Step.WEEKS: 604_800, Step.MONTHS: 2_629_746,
    Step.YEARS: 31_556_952,
}  # fmt: skip
"""Of a mean Gregorian month and year (365.2425 days)."""


def length(span: Span) -> int:
    """About how long ``span`` is, in seconds: months and years at their mean length."""
    return span.count * _SECONDS[span.step]


def _by_key(found: Any) -> Mapping[str, Any]:
    if isinstance(found, Mapping):
        return found
    return {_KEYS.get(type(item).__name__, show)(item): item for item in found}


def _window(window: Any) -> str:
    return str(window.span or window.calendar)


def show(value: Any) -> str:
    """A value in words, as near to how it is written as can be."""
    if value is None:
        return "none"
    if isinstance(value, Expression):
        return value.source
    if isinstance(value, NeverExpires):
        return "never"
    if isinstance(value, Fraction):
        return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
    if isinstance(value, Span | Enum | str | int | dt.datetime):
        return str(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {show(item)}" for name, item in value.items())
    if isinstance(value, tuple | frozenset):
        return ", ".join(show(item) for item in value)
    parts = ((setting.name, getattr(value, setting.name)) for setting in fields(value))
    return ", ".join(f"{name} {show(item)}" for name, item in parts if item not in (None, (), {}, frozenset()))
