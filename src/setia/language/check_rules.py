"""Checks of rules, one by one and in their groups."""

from __future__ import annotations

import datetime as dt
from typing import Final

from setia.language.diagnostics import Diagnostic, DiagnosticCode
from setia.language.expressions import EvaluationError, Expression
from setia.language.model import Limit, Programme, Rule
from setia.language.nodes import Path, Places
from setia.language.scope import REACHED
from setia.values.codes import Tick
from setia.values.instants import Calendar
from setia.values.money import format_scaled

_SEVEN_DAYS: Final = dt.timedelta(days=7)
_ONCE: Final = {
    Tick.DAY_ENDED.value: (Calendar.DAY,),
    Tick.WEEK_ENDED.value: (Calendar.DAY, Calendar.WEEK),
    Tick.MONTH_ENDED.value: (Calendar.DAY, Calendar.MONTH),
    Tick.QUARTER_ENDED.value: (Calendar.DAY, Calendar.WEEK, Calendar.MONTH, Calendar.QUARTER),
    Tick.YEAR_ENDED.value: (Calendar.DAY, Calendar.WEEK, Calendar.MONTH, Calendar.QUARTER, Calendar.YEAR),
    Tick.BIRTHDAY.value: (Calendar.DAY, Calendar.WEEK, Calendar.MONTH, Calendar.QUARTER),
    Tick.ANNIVERSARY.value: (Calendar.DAY, Calendar.WEEK, Calendar.MONTH, Calendar.QUARTER),
}
"""In which windows a clock activity comes at most once."""


def reached_units(rule: Rule, programme: Programme) -> list[str]:
    """The units whose ``<unit>.reached`` the rule is on."""
    return [name for name in programme.units if name + REACHED in rule.on]


def steps_of(amount: Expression | None, decimals: int, env: dict[str, object]) -> int | None:
    """What an amount gives in whole steps, when ``env`` holds all that it reads."""
    if amount is None or not amount.paths <= env.keys():
        return None
    try:
        number, over = amount.amount(env)
    except EvaluationError:
        return None
    scale: int = 10**decimals
    return number * scale // over


def does_nothing(programme: Programme, places: Places) -> list[Diagnostic]:
    """Rules that neither give nor take."""
    message = "the rule neither gives nor takes anything"
    hint = "add `give: {points: 10}`, or take the rule out"
    return [
        places.error(DiagnosticCode.RULE_DOES_NOTHING, message, ("rules", name), hint)
        for name, rule in programme.rules.items()
        if not rule.gives and not rule.takes
    ]


def limits(programme: Programme, places: Places) -> list[Diagnostic]:
    """Limits and budgets of what the rule does not give, and limits that it can never reach."""
    found: list[Diagnostic] = []
    for name, rule in programme.rules.items():
        given = {give.unit for give in rule.gives if give.unit is not None}
        gives = ", ".join(sorted(given)) or "no units"
        for number, limit in enumerate(rule.limits):
            path: Path = ("rules", name, "limit")
            if len(rule.limits) > 1:
                path = (*path, number)
            if limit.unit is None:
                continue
            if limit.unit not in given:
                message = f"the limit bounds {limit.unit}, but the rule gives {gives}"
                hint = "bound what the rule gives, or how often: {times: 1, per: day}"
                found.append(places.error(DiagnosticCode.LIMIT_WITHOUT_GIVING, message, path, hint))
            elif (most := _most_in_window(programme, rule, limit)) is not None and most <= limit.amount:
                decimals = programme.units[limit.unit].decimals
                message = (
                    f"the limit is never reached: the rule gives at most {format_scaled(most, decimals)} in that time"
                )
                hint = "lower the limit, or take it out"
                found.append(places.error(DiagnosticCode.LIMIT_NEVER_REACHED, message, path, hint))
        if rule.budget is not None and not given.intersection([rule.budget.unit] if rule.budget.unit else given):
            message = f"the budget is of {rule.budget.unit or 'money'}, but the rule gives {gives}"
            hint = "make it a budget of what the rule gives, or take it out"
            found.append(places.error(DiagnosticCode.BUDGET_WITHOUT_GIVING, message, ("rules", name, "budget"), hint))
    return found


def _most_in_window(programme: Programme, rule: Rule, limit: Limit) -> int | None:
    """The most that a rule with a fixed amount can give in the limit's window; None if that is not known."""
    decimals = programme.units[limit.unit].decimals if limit.unit is not None else 0
    amounts = [steps_of(give.amount, decimals, {}) for give in rule.gives if give.unit == limit.unit]
    if len(amounts) != 1 or amounts[0] is None:
        return None
    if all(limit.window.calendar in _ONCE.get(type_, ()) for type_ in rule.on):
        return amounts[0] * len(rule.on)
    times = [other.amount for other in rule.limits if other.unit is None and other.window == limit.window]
    return amounts[0] * min(times) if times else None


def groups(programme: Programme, places: Places) -> list[Diagnostic]:
    """Groups with nothing to choose from, and rules that an earlier one always beats."""
    found: list[Diagnostic] = []
    for name, group in programme.groups.items():
        members = sorted((r for r in programme.rules.values() if r.group == name), key=lambda rule: rule.position)
        rewards = [reward for reward in programme.rewards.values() if reward.group == name]
        if members and rewards:
            message = "rules and rewards are in this group, and neither can win over the other"
            hint = "make two groups of it"
            found.append(places.error(DiagnosticCode.GROUP_OF_BOTH, message, ("groups", name), hint))
        if len(members) + len(rewards) < 2:
            noun = "reward" if rewards else "rule"
            message = f"the group has {len(members) + len(rewards) or 'no'} {noun}: there is nothing to choose from"
            hint = f"add `group: {name}` to the {noun}s that compete, or take the group out"
            found.append(places.error(DiagnosticCode.GROUP_OF_ONE, message, ("groups", name), hint))
        if group.pick != "first":
            continue
        for index, rule in enumerate(members):
            winner = next((earlier for earlier in members[:index] if _always_wins(earlier, rule)), None)
            if winner is not None:
                message = f"the rule can never give: '{winner.name}' stands before it in '{name}' and always applies"
                hint = f"put it before '{winner.name}', or give that one a condition"
                found.append(places.error(DiagnosticCode.UNREACHABLE_RULE, message, ("rules", rule.name), hint))
    return found


def _always_wins(earlier: Rule, rule: Rule) -> bool:
    is_open = earlier.when is None and earlier.lines is None and earlier.schedule is None
    return is_open and set(rule.on) <= set(earlier.on)


def schedules(programme: Programme, places: Places) -> list[Diagnostic]:
    """Schedules that end before they start, or whose days never come."""
    found: list[Diagnostic] = []
    for name, rule in programme.rules.items():
        schedule = rule.schedule
        if schedule is None or schedule.start is None or schedule.end is None:
            continue
        if schedule.end <= schedule.start:
            path: Path = ("rules", name, "schedule", "until")
            hint = "`until` is the first day on which it is closed again: write a later one"
            message = "the schedule ends before it starts"
            found.append(places.error(DiagnosticCode.SCHEDULE_BACKWARDS, message, path, hint))
        elif schedule.weekdays and schedule.end - schedule.start < _SEVEN_DAYS:
            first = schedule.start.astimezone(programme.zone).date()
            last = (schedule.end - dt.timedelta(microseconds=1)).astimezone(programme.zone).date()
            days = {(first + dt.timedelta(days=n)).isoweekday() for n in range((last - first).days + 1)}
            if not days & schedule.weekdays:
                path = ("rules", name, "schedule", "days")
                message = f"none of these days falls between {first} and {last}: the rule is never open"
                hint = "choose other days or a longer time"
                found.append(places.error(DiagnosticCode.SCHEDULE_NEVER_OPEN, message, path, hint))
    return found


def terms(programme: Programme, places: Places) -> list[Diagnostic]:
    """Settings about units on rules that give none, or to which they make no difference."""
    found: list[Diagnostic] = []
    earned = {metric.unit for metric in programme.metrics.values() if metric.kind == "earned"}
    for name, rule in programme.rules.items():
        given = [give.unit for give in rule.gives if give.unit is not None]
        where: Path = ("rules", name)
        if rule.in_order and not reached_units(rule, programme):
            hint = "write `on: stamps.reached`, or take it out"
            message = "'in_order' lets an order use what it fills up, but the rule waits for no wallet to be full"
            found.append(places.error(DiagnosticCode.ORDER_WITHOUT_REACHING, message, (*where, "in_order"), hint))
        elif rule.in_order and given:
            hint = "give the units by a rule of their own"
            message = f"'in_order' lets an order use a reward, but the rule gives {', '.join(given)}"
            found.append(places.error(DiagnosticCode.ORDER_GIVES_UNITS, message, (*where, "in_order"), hint))
        if rule.pending is not None and not given:
            message = "'pending' is about units, but the rule gives none"
            found.append(places.error(DiagnosticCode.PENDING_WITHOUT_UNIT, message, (*where, "pending"), "take it out"))
        elif rule.pending == "none" and all(programme.units[unit].pending is None for unit in given):
            message = f"'pending: none' changes nothing: {', '.join(given)} are active at once anyway"
            found.append(places.error(DiagnosticCode.PENDING_ALREADY_NONE, message, (*where, "pending"), "take it out"))
        if rule.expires is not None and not given:
            message = "'expires' is about units, but the rule gives none"
            hint = "take it out; how long a reward is valid is said at the reward: `valid: 30 days`"
            found.append(places.error(DiagnosticCode.EXPIRY_WITHOUT_UNIT, message, (*where, "expires"), hint))
        if places.has("rules", name, "qualifying") and not earned.intersection(given):
            message = "'qualifying' says whether a metric of earned units counts them, but there is no such metric"
            hint = "take it out, or add a metric such as {earned: points, over: year}"
            path = (*where, "qualifying")
            found.append(places.error(DiagnosticCode.QUALIFYING_WITHOUT_METRIC, message, path, hint))
    return found


def reached(programme: Programme, places: Places) -> list[Diagnostic]:
    """Rules that a full wallet sets off: they have to empty it, and not to ask for more than is in it."""
    found: list[Diagnostic] = []
    for name, rule in programme.rules.items():
        for unit in reached_units(rule, programme):
            takes = [take for take in rule.takes if take.unit == unit]
            has_times = any(limit.unit is None for limit in rule.limits)
            if not takes and not has_times:
                message = f"the rule leaves the {unit} in the wallet, so that it would apply again without end"
                hint = f"add `take: {{{unit}: …}}`, or bound it: `limit: {{times: 1, per: lifetime}}`"
                found.append(places.error(DiagnosticCode.REACHED_WITHOUT_TAKING, message, ("rules", name), hint))
            decimals = programme.units[unit].decimals
            for take in takes:
                amount = steps_of(take.amount, decimals, {})
                if amount is None or amount <= 0 or not holds_at(rule, unit, amount - 1):
                    continue
                words = format_scaled(amount, decimals)
                message = f"the rule takes {words} {unit} though its condition holds with less in the wallet"
                hint = f"write `when: wallet.{unit} >= {words}`"
                path: Path = ("rules", name, "take", unit)
                found.append(places.warning(DiagnosticCode.TAKES_TOO_MUCH, message, path, hint))
    return found


def holds_at(rule: Rule, unit: str, amount: int) -> bool:
    """Whether the condition holds with ``amount`` steps in the wallet, as far as that alone decides it."""
    if rule.when is None:
        return True
    env: dict[str, object] = {f"wallet.{unit}": amount}
    if not rule.when.paths <= env.keys():
        return False
    try:
        return rule.when.test(env)
    except EvaluationError:
        return False


CHECKS: Final = (does_nothing, limits, groups, schedules, terms, reached)
