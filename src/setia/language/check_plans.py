"""Checks of plans: terms that never come to bear, and plans that nobody can have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from setia.language.diagnostics import Diagnostic, DiagnosticCode
from setia.language.expressions import Expression
from setia.language.model import Programme
from setia.language.nodes import Places
from setia.values.instants import Span

_DAY: Final = dt.date(2027, 1, 1)
_FEE_TERMS: Final = ("tax", "trial", "notice", "dunning", "grace", "cancel", "change")


def fees(programme: Programme, places: Places) -> list[Diagnostic]:
    """What only a fee gives a meaning to, where there is none."""
    found: list[Diagnostic] = []
    for name, plan in programme.plans.items():
        for term in () if plan.prices else _FEE_TERMS:
            if places.has("plans", name, term):
                message = f"'{term}' says what becomes of a fee, and plan '{name}' has none"
                hint = "add a fee, or take it out"
                path = ("plans", name, term)
                found.append(places.error(DiagnosticCode.FEE_TERMS_WITHOUT_FEE, message, path, hint))
    return found


def lengths(programme: Programme, places: Places) -> list[Diagnostic]:
    """A length that nothing uses, and what is given for no length."""
    given = {give.plan for rule in programme.rules.values() for give in rule.gives}
    found: list[Diagnostic] = []
    for name, plan in programme.plans.items():
        is_given = name in given or bool(plan.costs)
        if plan.lasts is None and is_given:
            message = f"plan '{name}' is bought with units or given by a rule, and does not say for how long"
            hint = "add `lasts: 12 months`"
            found.append(places.error(DiagnosticCode.GIVING_WITHOUT_LENGTH, message, ("plans", name), hint))
        elif plan.lasts is not None and not is_given:
            message = f"'lasts' is for plans that units buy or rules give, and plan '{name}' is neither"
            hint = "a plan with a fee lasts as long as it is paid for: take it out, or add costs or a rule"
            path = ("plans", name, "lasts")
            found.append(places.error(DiagnosticCode.LENGTH_WITHOUT_GIVING, message, path, hint))
    return found


def times(programme: Programme, places: Places) -> list[Diagnostic]:
    """Dunning that comes after the plan has lapsed, and notices that come before the period."""
    found: list[Diagnostic] = []
    for name, plan in programme.plans.items():
        grace = _days(plan.grace)
        steps = [_days(span) for span in plan.dunning]
        if steps and (steps[-1] >= grace or any(later <= earlier for earlier, later in pairwise(steps))):
            message = f"dunning has to rise and to come before the grace of {grace} days is over: it lapses then"
            hint = "write a longer grace, or earlier steps: dunning: [3 days, 5 days] with grace: 7 days"
            path = ("plans", name, "dunning")
            found.append(places.error(DiagnosticCode.DUNNING_AFTER_LAPSE, message, path, hint))
        shortest = min((_days(price.span) for price in plan.prices.values()), default=0)
        if plan.prices and _days(plan.notice) >= shortest:
            message = f"the notice is as long as the shortest period of plan '{name}', {shortest} days, or longer"
            path = ("plans", name, "notice")
            hint = "an invoice is written so long before the period ends: make it shorter"
            found.append(places.error(DiagnosticCode.NOTICE_BEFORE_START, message, path, hint))
    return found


def effects(programme: Programme, places: Places) -> list[Diagnostic]:
    """Settings without effect: how discounts go together, changes, and plans that make no difference."""
    found: list[Diagnostic] = []
    levels = programme.tiers.levels if programme.tiers is not None else ()
    is_read = any(path.startswith("plan.") for expression in _expressions(programme) for path in expression.paths)
    for name, plan in programme.plans.items():
        if places.has("plans", name, "with_tier") and not (plan.discounts and any(level.discount for level in levels)):
            message = "'with_tier' says how two discounts go together, and there are not two"
            path = ("plans", name, "with_tier")
            found.append(places.error(DiagnosticCode.WITH_TIER_WITHOUT_DISCOUNTS, message, path, "take it out"))
        others = [other for other in programme.plans.values() if other.name != name and other.prices]
        if places.has("plans", name, "change") and plan.prices and len(plan.prices) < 2 and not others:
            message = f"there is nothing to change to from plan '{name}'"
            hint = "add another price or another plan, or take it out"
            found.append(places.error(DiagnosticCode.CHANGE_TO_NOTHING, message, ("plans", name, "change"), hint))
        if not (plan.discounts or plan.delivery or is_read or _is_heard(programme)):
            message = f"plan '{name}' makes no difference: no discount, no delivery, and nothing asks for it"
            hint = "give it a discount or delivery, or read it in a rule: when: plan.is_active"
            found.append(places.warning(DiagnosticCode.PLAN_WITHOUT_BENEFITS, message, ("plans", name), hint))
    return found


def _is_heard(programme: Programme) -> bool:
    return any(kind.startswith("plan.") for rule in programme.rules.values() for kind in rule.on)


def _expressions(programme: Programme) -> Iterable[Expression]:
    for rule in programme.rules.values():
        amounts = [give.amount for give in (*rule.gives, *rule.takes)]
        yield from (expression for expression in (rule.when, rule.lines, *amounts) if expression is not None)
    yield from (reward.when for reward in programme.rewards.values() if reward.when is not None)


def _days(span: Span | None) -> int:
    return 0 if span is None else (span.add_to_date(_DAY) - _DAY).days


CHECKS: Final = (fees, lengths, times, effects)
