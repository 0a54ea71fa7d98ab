"""Checks of partners, of what they issue and provide, and of budgets."""

from __future__ import annotations

from typing import Final

from setia.language.diagnostics import Diagnostic, DiagnosticCode
from setia.language.model import Programme, Rule
from setia.language.nodes import Places


def issuers(programme: Programme, places: Places) -> list[Diagnostic]:
    """Rules on account of a partner that does not earn what they give."""
    found: list[Diagnostic] = []
    for name, rule in programme.rules.items():
        if not rule.issuer:
            continue
        path = ("rules", name, "issuer")
        partner = programme.partners[rule.issuer]
        given = sorted({give.unit for give in rule.gives if give.unit is not None})
        missing = [unit for unit in given if not any(unit in terms.prices for terms in partner.earns)]
        if missing or not given:
            message = f"'{partner.name}' has no price for {', '.join(missing) or 'what the rule gives'}"
            hint = f"add it: partners: {{{partner.name}: {{earns: {{{(missing or ['points'])[0]}: 0.010}}}}}}"
            found.append(places.error(DiagnosticCode.ISSUER_DOES_NOT_EARN, message, path, hint))
    return found


def providers(programme: Programme, places: Places) -> list[Diagnostic]:
    """Rewards of a partner that gets nothing for the units that they cost."""
    found: list[Diagnostic] = []
    for name, reward in programme.rewards.items():
        if reward.partner is None:
            continue
        partner = programme.partners[reward.partner]
        missing = [unit for unit in reward.costs if not any(unit in terms.prices for terms in partner.burns)]
        if missing or not reward.costs:
            message = f"'{partner.name}' has no price for {', '.join(missing) or 'a reward that costs nothing'}"
            hint = f"add it: partners: {{{partner.name}: {{burns: {{{(missing or ['points'])[0]}: 0.009}}}}}}"
            path = ("rewards", name, "partner")
            found.append(places.error(DiagnosticCode.PARTNER_DOES_NOT_BURN, message, path, hint))
    return found


def budgets(programme: Programme, places: Places) -> list[Diagnostic]:
    """Budgets of money for what costs nothing, and shared ones on which nothing draws."""
    found: list[Diagnostic] = []
    for name, rule in programme.rules.items():
        if rule.budget is None or rule.budget.unit is not None:
            continue
        free = [give.unit for give in rule.gives if give.unit is not None and not _costs(programme, rule, give.unit)]
        if free:
            message = f"the budget is of money, but {free[0]} cost nothing"
            hint = f"say what they are worth: units: {{{free[0]}: {{worth: 0.01}}}}"
            found.append(places.error(DiagnosticCode.BUDGET_WITHOUT_COST, message, ("rules", name, "budget"), hint))
    used = {rule.budget.name for rule in programme.rules.values() if rule.budget is not None}
    for name in programme.budgets:
        if name not in used:
            message = f"no rule draws on the budget '{name}'"
            hint = f"add `budget: {name}` to a rule, or take it out"
            found.append(places.warning(DiagnosticCode.BUDGET_NOT_USED, message, ("budgets", name), hint))
    return found


def _costs(programme: Programme, rule: Rule, unit: str) -> bool:
    """Whether ``unit`` given by ``rule`` costs something wherever it is given."""
    if rule.issuer:
        return all(terms.prices.get(unit) for terms in programme.partners[rule.issuer].earns)
    return programme.units[unit].worth > 0


CHECKS: Final = (issuers, providers, budgets)
