"""How much of an award is left after the rule's limits, the wallet's cap and the rule's budget."""

from __future__ import annotations

from dataclasses import dataclass, field

from setia.language.contracts import Partner
from setia.language.model import Rule, Unit
from setia.rules.facts import Facts
from setia.values.stakes import Owed, Stake, affordable, money


@dataclass(frozen=True, slots=True)
class Cut:
    """One thing that lowered an award: ``what`` (limit, at_most, budget, pack), how much was left, what was given."""

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
    rule: Rule,
    unit: Unit,
    amount: int,
    facts: Facts,
    usage: Usage,
    *,
    is_pending: bool,
    stake: Stake,
    issuer: Partner | None = None,
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
    budget = rule.budget
    if budget is not None and budget.unit in (unit.name, None):
        left = facts.get("h", {}).get(budget.account, budget.amount) - usage.house.get(budget.account, 0)
        if budget.unit is None:
            left = affordable(left, stake.price, unit.decimals) if stake.price else amount
        amount = _cut(cuts, "budget", budget.account, left, amount, budget.over)
    pack = None if issuer is None else issuer.pack
    if issuer is not None and pack is not None and pack.unit == unit.name and pack.over != "overdraw":
        amount = _cut(cuts, "pack", f"pack:{issuer.name}", pack_left(issuer, facts, usage), amount, pack.over)
    return amount, cuts


def pack_left(issuer: Partner, facts: Facts, usage: Usage) -> int:
    """What the pack of a partner that has one still holds."""
    assert issuer.pack is not None
    account = f"pack:{issuer.name}"
    return max(int(facts.get("h", {}).get(account, issuer.pack.amount)) - usage.house.get(account, 0), 0)


def split_by_pack(
    issuer: Partner | None, unit: Unit, amount: int, stake: Stake, facts: Facts, usage: Usage
) -> list[tuple[int, Stake]]:
    """An award as it is owed: what comes out of the issuer's pack is paid for, what goes beyond it is not."""
    if issuer is None or issuer.pack is None or issuer.pack.unit != unit.name:
        return [(amount, stake)]
    inside = min(amount, pack_left(issuer, facts, usage))
    account = f"pack:{issuer.name}"
    usage.house[account] = usage.house.get(account, 0) + inside
    parts = [
        (inside, Stake(stake.partner, stake.price, Owed.PREPAID)),
        (amount - inside, Stake(stake.partner, stake.price, Owed.OVERDRAWN)),
    ]
    return [part for part in parts if part[0]]


def use(rule: Rule, unit: Unit, amount: int, usage: Usage, stake: Stake) -> None:
    """Note that ``amount`` of ``unit`` was given."""
    for index, limit in enumerate(rule.limits):
        if limit.unit == unit.name:
            key = f"{rule.name}:{index}"
            usage.limits[key] = usage.limits.get(key, 0) + amount
    if unit.limit is not None:
        key = f"unit/{unit.name}"
        usage.limits[key] = usage.limits.get(key, 0) + amount
    if rule.budget is not None and rule.budget.unit in (unit.name, None):
        account = rule.budget.account
        used = amount if rule.budget.unit is not None else money(amount, stake.price, unit.decimals)
        usage.house[account] = usage.house.get(account, 0) + used


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
