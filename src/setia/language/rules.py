"""Reading ``groups:`` and ``rules:``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction
from typing import Final, Literal

from setia.language.contracts import Budget
from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import RULED, Draft
from setia.language.expressions import Expression, Scope
from setia.language.model import Expiry, Give, Group, Limit, Rule, Schedule
from setia.language.nodes import Entry, Mapping, Node, Scalar, Sequence
from setia.language.partners import OPERATOR, read_budget
from setia.language.scope import REACHED, TIER_CHANGED
from setia.language.sections import (
    Section,
    compiled_amount,
    mapping_of,
    number_of,
    read_scalar,
    scalar_of,
    scalars_of,
    wrong_shape,
)
from setia.language.units import read_expiry, read_window_of
from setia.language.words import DAYS, listed, read_choice, read_hours, read_local_instant, read_percent, read_span
from setia.values.codes import CHALLENGE_COMPLETED, Built
from setia.values.instants import Span
from setia.values.money import LARGEST

REWARD_KEYS: Final = ("reward", "voucher", "badge")
PLAN_KEY: Final = "plan"
LIMIT_EXAMPLE: Final = "limit: {points: 100, per: day, over: trim}"
_Over = Literal["trim", "reject"]


def read_groups(top: Section, draft: Draft) -> None:
    """Read all groups into the draft."""
    for name, section in top.named("groups", "group", "group", is_word=False):
        section.close()
        pick = section.read("pick", lambda text: read_choice(text, ["first", "best", "all"]), "pick: first")
        draft.groups[name] = Group(name, "best" if pick == "best" else "all" if pick == "all" else "first")


def read_rules(top: Section, draft: Draft) -> None:
    """Read all rules into the draft."""
    for position, (name, section) in enumerate(top.named("rules", "rule", "rule", is_word=False)):
        section.close()
        draft.rules[name] = _read_rule(name, position, section, draft)


def _read_rule(name: str, position: int, section: Section, draft: Draft) -> Rule:
    built_in = [*RULED, TIER_CHANGED, CHALLENGE_COMPLETED, *(unit + REACHED for unit in draft.units)]
    on = draft.known_types(section.texts("on", "on: purchase.completed"), built_in)
    scope = draft.vocabulary.rule_scope(on) if on else None
    group = section.text("group")
    if group is not None:
        hint = "" if draft.groups else f"declare it: groups: {{{group}: {{pick: first}}}}"
        draft.check_known(group, draft.groups, "group", DiagnosticCode.UNKNOWN_GROUP, section.value_at("group"), hint)
    gives = tuple(read_gives(section, "give", scope, draft))
    takes = tuple(read_gives(section, "take", scope, draft))
    expires: Expiry | None = None
    expires_node = section.find("expires")
    if expires_node is not None:
        expires = read_expiry(expires_node, section, draft)
    is_qualifying = section.flag("qualifying", default=not {TIER_CHANGED, CHALLENGE_COMPLETED} & set(on))
    return Rule(
        name=name,
        title=section.titled("title", name),
        on=on,
        position=position,
        lines=_read_lines(section, on, draft),
        when=section.condition("when", scope) if scope else None,
        gives=gives,
        takes=takes,
        limits=tuple(_read_limits(section, draft)),
        budget=_read_budget(name, section, draft),
        schedule=read_schedule(section, draft),
        group=group,
        pending=_read_pending(section),
        expires=expires,
        pool=_read_pool(section, gives, draft),
        issuer=_read_issuer(section, draft),
        is_qualifying=is_qualifying,
        in_order=section.flag("in_order"),
        chance=_read_chance(section),
    )


def _read_chance(section: Section) -> Fraction | None:
    """How likely the rule is to give, above 0 % and below 100 %."""
    chance = section.read("chance", read_percent)
    if chance is not None and chance in (0, 1):
        message = f"a chance of {'100' if chance else '0'} % leaves nothing to chance"
        section.error(DiagnosticCode.CHANCE_CERTAIN, message, "chance", "write a chance such as 5 %, or take it out")
        return None
    if chance is not None and section.has("in_order"):
        section.refuse_with("in_order", ("chance",))
    return chance


def _read_lines(section: Section, on: tuple[str, ...], draft: Draft) -> Expression | None:
    if not section.has("lines") or not on:
        return None
    if any(type_ != Built.PURCHASE for type_ in on):
        message = f"'lines' chooses lines of a purchase, but the rule is on {listed(on)}"
        hint = f"write on: {Built.PURCHASE}, or take it out"
        section.error(DiagnosticCode.LINES_WITHOUT_PURCHASE, message, "lines", hint)
        return None
    return section.condition("lines", draft.vocabulary.rule_line_scope(on))


def read_gives(section: Section, key: str, scope: Scope | None, draft: Draft) -> Iterable[Give]:
    """Read what ``give:`` or ``take:`` says, thing by thing."""
    node = section.find(key)
    if node is None:
        return
    for name, entry in mapping_of(node, draft.findings, f"'{key}'").items():
        if key != "take" and name in REWARD_KEYS:
            for scalar in scalars_of(entry.value, draft.findings, f"'{name}'"):
                if name == "badge" and draft.check_badge(scalar.text, scalar.place):
                    yield Give(badge=scalar.text)
                elif name != "badge" and draft.check_reward(scalar.text, scalar.place):
                    yield Give(reward=scalar.text)
            continue
        if key == "give" and name == PLAN_KEY:
            for scalar in scalars_of(entry.value, draft.findings, f"'{name}'"):
                if draft.check_known(scalar.text, draft.plans, "plan", DiagnosticCode.UNKNOWN_PLAN, scalar.place):
                    yield Give(plan=scalar.text)
            continue
        known = draft.check_unit(name, entry.key.place)
        scalar_amount = scalar_of(entry.value, draft.findings, f"'{name}'")
        if known and scalar_amount is not None and scope is not None:
            amount = compiled_amount(scalar_amount, scope, draft.findings)
            yield Give(unit=name, amount=amount)


def _read_limits(section: Section, draft: Draft) -> Iterable[Limit]:
    node = section.find("limit")
    if node is None:
        return
    items: list[Node] = node.items if isinstance(node, Sequence) else [node]
    for item in items:
        if not isinstance(item, Mapping):
            wrong_shape(item, draft.findings, "'limit'", f"a mapping or a list of them, for example {LIMIT_EXAMPLE}")
            continue
        place = section.at("limit") if item is node else item.place
        inner = Section("limit", item, place, draft.findings, "'limit'")
        limit = _read_limit(inner, draft)
        if limit is not None:
            yield limit


def _read_limit(section: Section, draft: Draft) -> Limit | None:
    window = read_window_of(section, "per", LIMIT_EXAMPLE)
    units = _units_of(section, draft)
    over = _read_over(section)
    if section.has("times"):
        for _, entry in units:
            message = "'times' and an amount cannot stand in one limit"
            hint = "write two limits: limit: [{times: 3, per: day}, {points: 100, per: month}]"
            draft.findings.error(DiagnosticCode.CONFLICTING_KEYS, message, entry.key.place, hint)
        section.refuse_with("times", ("over",))
        times = section.integer("times", 1, 10**9)
        return None if times is None or window is None else Limit(None, times, window, "reject")
    unit, amount = _only_unit(section, units, LIMIT_EXAMPLE, draft)
    if unit is None or amount is None or window is None:
        return None
    return Limit(unit, amount, window, over)


def _units_of(section: Section, draft: Draft) -> list[tuple[str, Entry]]:
    found = []
    for name, entry in section.others():
        if name in draft.units:
            found.append((name, entry))
        else:
            known = [*draft.units, *section.known]
            draft.check_known(name, known, "unit or setting", DiagnosticCode.UNKNOWN_UNIT, entry.key.place)
    return found


def _only_unit(
    section: Section, units: list[tuple[str, Entry]], example: str, draft: Draft
) -> tuple[str | None, int | None]:
    if not units:
        if not any(section.others()):
            message = f"{section.what} does not say how much"
            draft.findings.error(DiagnosticCode.MISSING_KEY, message, section.place, f"for example {example}")
        return None, None
    for _, entry in units[1:]:
        message = f"{section.what} is for one unit"
        draft.findings.error(DiagnosticCode.CONFLICTING_KEYS, message, entry.key.place, "write one for each unit")
    name, entry = units[0]
    scalar = scalar_of(entry.value, draft.findings, f"'{name}'")
    if scalar is None:
        return name, None
    return name, number_of(scalar, f"'{name}'", 1, LARGEST, draft.units[name].decimals, draft.findings)


def _read_over(section: Section) -> _Over:
    over = section.read("over", lambda text: read_choice(text, ["trim", "reject"]))
    return "reject" if over == "reject" else "trim"


def _read_budget(name: str, section: Section, draft: Draft) -> Budget | None:
    """A budget of the rule's own, or the name of one under ``budgets:``."""
    if isinstance(section.find("budget"), Scalar):
        shared = section.text("budget") or ""
        hint = "" if draft.budgets else f"declare it: budgets: {{{shared[:60]}: {{points: 100_000}}}}"
        place = section.value_at("budget")
        draft.check_known(shared, draft.budgets, "budget", DiagnosticCode.UNKNOWN_BUDGET, place, hint)
        return draft.budgets.get(shared)
    inner = section.section("budget", "budget", "'budget'")
    if inner is None:
        return None
    if name in draft.budgets:
        message = f"the rule has a budget of its own, and there is a shared one called '{name}'"
        section.error(DiagnosticCode.RESERVED_NAME, message, "budget", "give the shared budget another name")
    return read_budget(name, inner, draft)


def _read_issuer(section: Section, draft: Draft) -> str | None:
    issuer = section.text("issuer")
    if issuer == OPERATOR and draft.partners:
        return ""  # the operator itself, wherever it is earned
    if issuer is None or not draft.check_partner(issuer, section.value_at("issuer")):
        return None
    return issuer


def read_schedule(section: Section, draft: Draft) -> Schedule | None:
    """Read ``schedule:`` of a rule or a reward."""
    inner = section.section("schedule", "schedule", "'schedule'")
    if inner is None:
        return None
    inner.close()
    if not inner.node.entries:
        wrong_shape(inner.node, draft.findings, "'schedule'", "from, until, days or hours")
    start = inner.read("from", read_local_instant)
    end = inner.read("until", read_local_instant)
    weekdays = frozenset(
        DAYS.index(day) + 1
        for scalar in inner.texts("days")
        if (day := read_scalar(scalar, lambda text: read_choice(text, DAYS), draft.findings))
    )
    hours = [read_scalar(scalar, read_hours, draft.findings) for scalar in inner.texts("hours")]
    kept = tuple(pair for pair in hours if pair is not None)
    return Schedule(in_zone(start, draft), in_zone(end, draft), weekdays, kept)


def read_in_zone(section: Section, key: str, draft: Draft, required: str = "") -> dt.datetime | None:
    """Read a local time of the programme as an instant."""
    return in_zone(section.read(key, read_local_instant, required), draft)


def in_zone(local: dt.datetime | None, draft: Draft) -> dt.datetime | None:
    """The instant of a local time of the programme."""
    return None if local is None else local.replace(tzinfo=draft.zone).astimezone(dt.UTC)


def read_costs(section: Section, draft: Draft) -> dict[str, int]:
    """Read ``costs:``: unit → steps."""
    node = section.find("costs")
    costs: dict[str, int] = {}
    for name, entry in {}.items() if node is None else mapping_of(node, draft.findings, "'costs'").items():
        known = draft.check_unit(name, entry.key.place)
        scalar = scalar_of(entry.value, draft.findings, f"'{name}'")
        if known and scalar is not None:
            decimals = draft.units[name].decimals
            costs[name] = number_of(scalar, f"'{name}'", 1, LARGEST, decimals, draft.findings) or 1
    return costs


def _read_pending(section: Section) -> Span | Literal["none"] | None:
    if isinstance(section.find("pending"), Scalar):
        scalar = section.scalar("pending")
        if scalar is not None and scalar.text == "none":
            return "none"
        return section.read("pending", read_span)
    inner = section.section("pending", "pending", "'pending'")
    if inner is None:
        return None
    inner.close()
    return inner.span("for", required="pending: {for: 14 days}")


def _read_pool(section: Section, gives: tuple[Give, ...], draft: Draft) -> str | None:
    pool = section.text("pool")
    if pool is None:
        return None
    known = [name for give in gives if give.unit for name in draft.units[give.unit].pools]
    hint = "" if known else "declare it: units: {points: {pools: {" + pool + ": {expires: never}}}}"
    draft.check_known(pool, known, "pool", DiagnosticCode.UNKNOWN_POOL, section.value_at("pool"), hint)
    return pool
