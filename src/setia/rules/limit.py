"""How much of an award is left after the rule's limits, the wallet's cap and the rule's budget."""

from __future__ import annotations

from dataclasses import dataclass, field

from setia.language.model import Rule, Unit
from setia.rules.facts import Facts


@dataclass(frozen=True, slots=True)
class Cut:
    """One thing that lowered an award: ``what`` (limit, at_most, budget), how much there was left, what was given."""

    what: str
    key: str
    left: int
    wanted: int
    given: int


@dataclass(slots=True)
class Usage:
    """What the activity itself has used so far of limits, caps and budgets; ``blocked``: rules that a limit stopped."""

    limits: dict[str, int] = field(default_factory=dict)
    awarded: dict[tuple[str, bool], int] = field(default_factory=dict)
    house: dict[str, int] = field(default_factory=dict)
    blocked: list[str] = field(default_factory=list)


def times_left(rule: Rule, facts: Facts, usage: Usage) -> Cut | None:
    """The limit on how often the rule may give that is used up, if one is."""
    used = facts.get("l", {})
    for index, limit in enumerate(rule.limits):
        key = f"{rule.name}:{index}"
        if limit.unit is None and used.get(key, 0) + usage.limits.get(key, 0) >= limit.amount:
            return Cut("limit", key, 0, 1, 0)
    return None


def cut_award(
    rule: Rule, unit: Unit, amount: int, facts: Facts, usage: Usage, *, is_pending: bool
) -> tuple[int, list[Cut]]:
    """Trim ``amount`` of ``unit`` to what may be given; 0 where a limit rejects what it does not fit."""
    cuts: list[Cut] = []
    used = facts.get("l", {})
    for index, limit in enumerate(rule.limits):
        if limit.unit != unit.name:
            continue
        key = f"{rule.name}:{index}"
        amount = _cut(
            cuts, "limit", key, limit.amount - used.get(key, 0) - usage.limits.get(key, 0), amount, limit.over
        )
    if unit.limit is not None:
        key = f"unit/{unit.name}"
        left = unit.limit.amount - used.get(key, 0) - usage.limits.get(key, 0)
        amount = _cut(cuts, "limit", key, left, amount, unit.limit.over)
    if unit.at_most is not None and unit.name in facts.get("q", {}):
        spendable, pending = facts["q"][unit.name]
        # A pending award has to fit beside all that is still to come; an immediate one only beside what is there.
        standing = spendable + usage.awarded.get((unit.name, False), 0)
        if is_pending:
            standing += pending + usage.awarded.get((unit.name, True), 0)
        amount = _cut(cuts, "at_most", unit.name, unit.at_most - standing, amount, "trim")
    if rule.budget is not None and rule.budget.unit == unit.name:
        account = f"budget:{rule.name}"
        left = facts.get("h", {}).get(account, rule.budget.amount) - usage.house.get(account, 0)
        amount = _cut(cuts, "budget", account, left, amount, rule.budget.over)
    return amount, cuts


def use(rule: Rule, unit: Unit, amount: int, usage: Usage) -> None:
    """Note that ``amount`` of ``unit`` was given."""
    for index, limit in enumerate(rule.limits):
        if limit.unit == unit.name:
            key = f"{rule.name}:{index}"
            usage.limits[key] = usage.limits.get(key, 0) + amount
    if unit.limit is not None:
        key = f"unit/{unit.name}"
        usage.limits[key] = usage.limits.get(key, 0) + amount
    if rule.budget is not None and rule.budget.unit == unit.name:
        account = f"budget:{rule.name}"
        usage.house[account] = usage.house.get(account, 0) + amount


def use_time(rule: Rule, usage: Usage) -> None:
    """Note that the rule gave once more."""
    for index, limit in enumerate(rule.limits):
        if limit.unit is None:
            key = f"{rule.name}:{index}"
            usage.limits[key] = usage.limits.get(key, 0) + 1


def _cut(cuts: list[Cut], what: str, key: str, left: int, wanted: int, over: str) -> int:
    left = max(left, 0)
    if wanted <= left:
        return wanted
    given = left if over == "trim" else 0
    cuts.append(Cut(what, key, left, wanted, given))
    return given
