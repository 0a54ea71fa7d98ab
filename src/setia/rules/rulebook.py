"""A programme seen by activity type: which rules, metrics and facts an activity of a type can need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm

from setia.language.benefits import BenefitValue
from setia.language.expressions import Expression
from setia.language.model import (
    ExpiresIdle,
    FieldKind,
    Give,
    Level,
    Metric,
    ProductDrop,
    Programme,
    RoundAt,
    Rule,
    Unit,
)
from setia.language.scope import noun_of
from setia.rules.games import KINDS
from setia.values.activities import NUMBER_DECIMALS
from setia.values.codes import Built, Tick
from setia.values.instants import EVERY_DAY, Calendar, Window
from setia.values.stakes import Stake

PURCHASE = Built.PURCHASE.value
GIVING = (Built.DONATED.value, Built.GIVING.value)
"""What is asked with the conditions of causes."""
REACHED = Tick.REACHED_AGAIN.value
TIER_CHANGED = "tier.changed"
_ENDED = {
    Tick.DAY_ENDED.value: "day",
    Tick.WEEK_ENDED.value: "week",
    Tick.MONTH_ENDED.value: "month",
    Tick.QUARTER_ENDED.value: "quarter",
    Tick.YEAR_ENDED.value: "year",
}


@dataclass(frozen=True, slots=True)
class TypePlan:
    """What an activity of one type involves, worked out once for each programme.

    ``facts_*`` name what must be gathered before deciding: metrics, wallet units, member fields, limits; ``periods``
    maps the name of a calendar period to the metrics whose ended periods a streak looks back on, with how many.
    """

    type: str
    noun: str
    rules: tuple[Rule, ...]
    metrics: tuple[Metric, ...]
    paths: frozenset[str]
    metric_facts: tuple[Metric, ...]
    period_facts: dict[str, tuple[Metric, ...]]
    wallet_facts: tuple[str, ...]
    needs_local_time: bool
    needs_lines: bool
    line_reads: tuple[str, ...]
    """The fields of a line that something reads, besides its number, pieces and money."""
    eligible_reads: tuple[str, ...] | None
    """The fields of a line that decide whether it earns, where they all are names of things; else None."""
    eligible: dict[object, bool]
    """Answers of ``purchases.eligible`` by those fields, filled as lines come up."""
    line_rules: frozenset[str]
    """The rules that read ``lines.…``."""
    needs_joining: bool
    needs_plan: bool
    """Whether the member's plan makes a difference."""
    given: tuple[str, ...]
    """The units that its rules give."""
    capped: tuple[str, ...]
    """Those of them that have a cap."""
    taken: frozenset[str]
    """The units that its rules take."""
    limits: tuple[tuple[str, Window], ...]
    """The key and window of each limit of its rules."""
    accounts: tuple[str, ...]
    """The house accounts that its rules draw on, where they are constrained."""
    is_period_end: bool
    is_goal: bool
    """Whether it is counted for a challenge or a streak."""
    habits: tuple[Metric, ...]
    """The metrics by a field that its rules look into."""
    chances: tuple[str, ...] = ()
    """The rules that give by chance."""


@dataclass(slots=True)
class Rulebook:
    """The programme with its plans by activity type, filled as types come up."""

    programme: Programme
    plans: dict[str, TypePlan] = field(default_factory=dict)
    tier_env: dict[str, dict[str, object]] = field(default_factory=dict)
    plan_env: dict[str, dict[str, object]] = field(default_factory=dict)
    """Plan → what its benefits read as; "": without a plan."""
    reached: dict[str, tuple[Rule, ...]] = field(default_factory=dict)
    """Unit → rules ``on`` its ``reached``."""
    in_order: tuple[Rule, ...] = ()
    heard: frozenset[str] = frozenset()
    """The activity types that some rule or metric is ``on``."""
    periods_heard: tuple[str, ...] = ()
    """The clock activities at the end of a calendar period among them."""
    idle_units: tuple[Unit, ...] = ()
    dropped: dict[str, ProductDrop] = field(default_factory=dict)
    """Reward → the drop at which alone it can be had."""
    reminding: dict[str, Unit] = field(default_factory=dict)
    """The units whose end members are reminded of."""
    earned: tuple[Metric, ...] = ()
    """The metrics that add up awards."""
    has_takes: bool = False
    """Whether some rule takes units, whatever it is on."""
    has_chance: bool = False
    """Whether anything is drawn: a rule with a chance, or a game that needs numbers."""
    codes: dict[str, str] = field(default_factory=dict)
    """Public code → the reward that it leads to."""
    own_stakes: dict[str, Stake] = field(default_factory=dict)
    """Unit → the stake of what the operator itself gives."""

    def __post_init__(self) -> None:
        rules = sorted(self.programme.rules.values(), key=lambda rule: rule.position)
        for unit in self.programme.units:
            found = tuple(rule for rule in rules if f"{unit}.reached" in rule.on and not rule.in_order)
            if found:
                self.reached[unit] = found
        self.in_order = tuple(rule for rule in rules if rule.in_order)
        heard = {kind for rule in rules for kind in rule.on}
        self.heard = frozenset(heard.union(*(metric.on for metric in self.programme.metrics.values())))
        self.periods_heard = tuple(kind for kind in _ENDED if kind in self.heard)
        self.dropped = {drop.reward: drop for drop in self.programme.drops.values()}
        self.reminding = {name: unit for name, unit in self.programme.units.items() if unit.remind is not None}
        self.earned = tuple(metric for metric in self.programme.metrics.values() if metric.kind == "earned")
        self.has_takes = any(rule.takes for rule in rules)
        self.codes = {reward.code: name for name, reward in self.programme.rewards.items() if reward.code is not None}
        self.own_stakes = {name: self.programme.own_stake(name) for name in self.programme.units}
        games = self.programme.games.values()
        self.has_chance = any(rule.chance for rule in rules) or any(KINDS[game.kind].is_chance(game) for game in games)
        self.idle_units = tuple(unit for unit in self.programme.units.values() if isinstance(unit.expires, ExpiresIdle))
        if self.programme.tiers is not None:
            self.tier_env = _tier_env(self.programme.tiers.levels)
        if self.programme.plans:
            self.plan_env = _benefits("plan", {"": {}} | {p.name: p.benefits for p in self.programme.plans.values()})

    def plan(self, kind: str) -> TypePlan:
        """The plan for activities of type ``kind``; for ``balance.reached:<unit>`` that of its rules."""
        found = self.plans.get(kind)
        if found is None:
            found = self.plans[kind] = self._plan(kind)
        return found

    def listens_to(self, kind: str) -> bool:
        """Whether any rule or metric is ``on`` type ``kind``."""
        return kind in self.heard

    def _plan(self, kind: str) -> TypePlan:
        programme = self.programme
        unit = kind.removeprefix(f"{REACHED}:") if kind.startswith(f"{REACHED}:") else None
        wanted = f"{unit}.reached" if unit else kind
        rules = tuple(
            sorted(
                (rule for rule in programme.rules.values() if wanted in rule.on and not rule.in_order),
                key=lambda rule: rule.position,
            )
        )
        metrics = tuple(metric for metric in programme.metrics.values() if kind in metric.on)
        expressions = list(_expressions(rules))
        expressions += [e for metric in metrics for e in (metric.amount, metric.when) if e is not None]
        if kind in (PURCHASE, Built.CLAIM.value):
            for reward in programme.rewards.values():
                expressions += [
                    e for e in (reward.when, reward.gives.product_where, reward.gives.lines) if e is not None
                ]
        played = [prize.rule for game in programme.games.values() for prize in game.prizes.values()]
        if kind == Built.PLAYED.value:
            expressions += [game.when for game in programme.games.values() if game.when is not None]
            expressions += _expressions(played)
        if kind == Built.ENTERED.value:
            expressions += [raffle.when for raffle in programme.draws.values() if raffle.when is not None]
        for contest in programme.contests.values():
            asked = contest.when if kind == Built.CONTEST_ENTERED.value else None
            if kind == Built.VOTED.value and contest.votes is not None:
                asked = contest.votes.when
            expressions += [] if asked is None else [asked]
        if kind in GIVING:
            expressions += [cause.when for cause in programme.causes.values() if cause.when is not None]
        if kind == PURCHASE:
            expressions += [e for rule in self.in_order for e in _expressions((rule,))]
            if programme.eligible is not None:
                expressions.append(programme.eligible)
            expressions += [d.lines for p in programme.plans.values() for d in p.discounts if d.lines is not None]
            if programme.referral is not None and programme.referral.when is not None:
                expressions.append(programme.referral.when)
        paths = frozenset(path for expression in expressions for path in expression.paths)
        paths |= {metric.by for metric in metrics if metric.by is not None}
        periods: dict[str, dict[str, Metric]] = {}
        for expression in expressions:
            for period, path in expression.metrics:
                periods.setdefault(period, {})[path] = programme.metrics[path]
        noun = noun_of(wanted)
        rounded = {name: unit.rounding for name, unit in programme.units.items()}
        windows = [limit.window for rule in (*rules, *self.in_order) for limit in rule.limits]
        windows += [unit.limit.window for unit in programme.units.values() if unit.limit is not None]
        windows += [reward.limit.window for reward in programme.rewards.values() if reward.limit is not None]
        solved = (*rules, *self.in_order) if kind == PURCHASE else rules
        giving = (*rules, *played) if kind == Built.PLAYED.value else rules
        given = tuple(sorted(given_units(give for rule in giving for give in rule.gives)))
        unit_limits = [(f"unit/{name}", found) for name in given if (found := programme.units[name].limit) is not None]
        return TypePlan(
            type=kind,
            noun=noun,
            rules=rules,
            metrics=metrics,
            paths=paths,
            metric_facts=tuple(m for name, m in programme.metrics.items() if name in paths and m.by is None),
            period_facts={period: tuple(found.values()) for period, found in periods.items()},
            wallet_facts=tuple(name for name in programme.units if f"wallet.{name}" in paths),
            needs_local_time=any(path.startswith((f"{noun}.local_time.", f"{noun}.local_date")) for path in paths),
            needs_lines=any(path.startswith(("line.", "lines.")) for path in paths)
            or f"{noun}.lines" in paths
            or any(rounded[name].at is RoundAt.LINE for name in given_units(g for rule in rules for g in rule.gives))
            or any(reward.gives.looks_at_lines for reward in programme.rewards.values())
            or any(d.lines is not None for p in programme.plans.values() for d in p.discounts),
            line_reads=_line_reads(programme, paths, f"{noun}.lines"),
            eligible_reads=_eligible_reads(programme),
            eligible={},
            line_rules=frozenset(
                rule.name
                for rule in rules
                if any(path.startswith("lines.") for found in _expressions((rule,)) for path in found.paths)
            ),
            needs_joining=any(path.startswith("member.") for path in paths)
            or any(window.calendar is Calendar.EVERY for window in windows),
            needs_plan=bool(programme.plans)
            and (kind in (PURCHASE, Built.CLAIM.value) or any(path.startswith("plan.") for path in paths)),
            given=given,
            capped=tuple(name for name in given if programme.units[name].at_most is not None),
            taken=frozenset(give.unit for rule in solved for give in rule.takes if give.unit is not None),
            limits=(
                *((f"{rule.name}:{index}", limit.window) for rule in solved for index, limit in enumerate(rule.limits)),
                *((key, found.window) for key, found in unit_limits),
            ),
            accounts=tuple(_accounts(solved)),
            is_period_end=kind in _ENDED,
            chances=tuple(rule.name for rule in rules if rule.chance is not None),
            is_goal=any(metric.goal or metric.kind == "streak" for metric in (*metrics, *self.earned)),
            habits=tuple(metric for name, metric in programme.metrics.items() if name in paths and metric.by),
        )


def with_whole_lines(programme: Programme, plan: TypePlan) -> TypePlan:
    """``plan`` for an order of which every field of every line may be looked at, as older promises do."""
    fields = ("sku", "category", "kind", "discount", *programme.activities[PURCHASE].lines)
    return replace(plan, needs_lines=True, line_reads=fields)


_BOOKS: dict[str, Rulebook] = {}
_BOOKS_KEPT = 256


def rulebook(programme: Programme) -> Rulebook:
    """The rulebook of ``programme``; the same text gives the same one."""
    found = _BOOKS.get(programme.digest)
    if found is None:
        if len(_BOOKS) >= _BOOKS_KEPT:
            _BOOKS.clear()
        found = _BOOKS[programme.digest] = Rulebook(programme)
    return found


def limit_window(programme: Programme, key: str) -> Window:
    """The window of a limit of the programme by its key.

    Keys are ``<rule>:<index>``, ``unit/<unit>`` (what all rules together may give), ``reward/<reward>``, and of games
    ``play/<game>``, ``free/<game>`` and ``plays/chance`` (all games of chance, day by day); transfers
    keep theirs under ``send/<unit>`` and ``receive/<unit>``, and are not asked for here.
    """
    kind, slash, name = key.partition("/")
    if kind in ("play", "free", "plays"):
        return _play_window(programme, kind, name)
    if slash:
        limit = programme.rewards[name].limit if kind == "reward" else programme.units[name].limit
        assert limit is not None
        return limit.window
    rule, _, index = key.rpartition(":")
    return programme.rules[rule].limits[int(index)].window


def _play_window(programme: Programme, kind: str, game: str) -> Window:
    if kind == "plays":
        return EVERY_DAY
    limit = programme.games[game].limit if kind == "play" else programme.games[game].free
    assert limit is not None
    return limit.window


def ended_period(kind: str) -> str | None:
    """The calendar period whose end a clock activity of type ``kind`` announces."""
    return _ENDED.get(kind)


def scale_of(kind: FieldKind, currency_decimals: int) -> int:
    """10^decimals of the integers that stand for a declared field of ``kind``."""
    if kind is FieldKind.MONEY:
        return int(10**currency_decimals)
    return int(10**NUMBER_DECIMALS) if kind is FieldKind.NUMBER else 1


def _expressions(rules: Iterable[Rule]) -> Iterable[Expression]:
    for rule in rules:
        if rule.lines is not None:
            yield rule.lines
        if rule.when is not None:
            yield rule.when
        for give in (*rule.gives, *rule.takes):
            if give.amount is not None:
                yield give.amount


def _eligible_reads(programme: Programme) -> tuple[str, ...] | None:
    """The fields that ``purchases.eligible`` reads, if all of them are texts or flags of the line."""
    if programme.eligible is None:
        return None
    declared = programme.activities[PURCHASE].lines
    plain = {"sku", "category", "kind"}
    plain |= {name for name, found in declared.items() if found.kind in (FieldKind.TEXT, FieldKind.BOOLEAN)}
    names = tuple(sorted(path.removeprefix("line.") for path in programme.eligible.paths))
    return names if plain.issuperset(names) else None


def _line_reads(programme: Programme, paths: frozenset[str], whole: str) -> tuple[str, ...]:
    fields = ["sku", "category", "kind", "discount", *programme.activities[PURCHASE].lines]
    if whole in paths:
        return tuple(fields)
    named = {path.removeprefix("line.") for path in paths if path.startswith("line.")}
    if any(reward.gives.kind == "product" for reward in programme.rewards.values()):
        named.add("sku")
    return tuple(name for name in fields if name in named)


def _accounts(rules: Iterable[Rule]) -> Iterable[str]:
    for rule in rules:
        if rule.budget is not None:
            yield rule.budget.account
        if rule.issuer:
            yield f"pack:{rule.issuer}"
        yield from (f"stock:{give.reward}" for give in rule.gives if give.reward is not None)


def _tier_env(levels: tuple[Level, ...]) -> dict[str, dict[str, object]]:
    """Level name → what ``tier.…`` reads there."""
    discount = lcm(*(level.discount.denominator for level in levels))
    env = _benefits("tier", {level.name: level.benefits for level in levels})
    for level in levels:
        env[level.name] |= {
            "tier.name": level.name,
            "tier.rank": level.rank,
            "tier.discount": int(level.discount * discount),
        }
    return env


def _benefits(noun: str, owners: Mapping[str, Mapping[str, BenefitValue]]) -> dict[str, dict[str, object]]:
    """Owner → what ``<noun>.<benefit>`` reads as. Numbers of a benefit share the least common denominator."""
    numbers: dict[str, int] = {}
    names: dict[str, object] = {}
    for benefits in owners.values():
        for name, value in benefits.items():
            if isinstance(value, Fraction):
                names.setdefault(name, 0)
                numbers[name] = lcm(numbers.get(name, 1), value.denominator)
            else:
                names.setdefault(name, type(value)())
    env: dict[str, dict[str, object]] = {}
    for owner, benefits in owners.items():
        found: dict[str, object] = {}
        for name, zero in names.items():
            benefit = benefits.get(name)
            if benefit is None:
                found[f"{noun}.{name}"] = zero
            elif isinstance(benefit, Fraction):
                found[f"{noun}.{name}"] = int(benefit * numbers[name])
            else:
                found[f"{noun}.{name}"] = benefit
        env[owner] = found
    return env


def given_units(gives: Iterable[Give]) -> set[str]:
    """The units among ``gives``."""
    return {give.unit for give in gives if give.unit is not None}
