"""Checks of ``referral:`` and of the rules that it sets off."""

from __future__ import annotations

import datetime as dt
from typing import Final

from setia.language.diagnostics import Diagnostic, DiagnosticCode
from setia.language.model import Programme
from setia.language.nodes import Places
from setia.values.codes import REFERRAL_TYPES

_DAY: Final = dt.date(2026, 1, 1)


def referral(programme: Programme, places: Places) -> list[Diagnostic]:
    """Friends that bring nothing, rules that wait for friends in vain, and a wait that ends before returns do."""
    found: list[Diagnostic] = []
    policy = programme.referral
    if policy is None:
        heard = [("rules", rule.name, rule.on) for rule in programme.rules.values()]
        heard += [("metrics", metric.name, metric.on) for metric in programme.metrics.values()]
        message = "nobody brings friends in this programme, so this never happens"
        hint = "add `referral: {wait: 14 days}`, or take it out"
        return [
            places.error(DiagnosticCode.RULE_WITHOUT_REFERRAL, message, (section, name), hint)
            for section, name, on in heard
            if set(on).intersection(REFERRAL_TYPES)
        ]
    if not any(set(rule.on).intersection(REFERRAL_TYPES) for rule in programme.rules.values()):
        message = "members bring friends, but no rule gives anything for it"
        hint = f"add a rule on one of {', '.join(REFERRAL_TYPES)}"
        found.append(places.error(DiagnosticCode.REFERRAL_WITHOUT_GIVING, message, ("referral",), hint))
    within = programme.refunds.within
    if within is not None and within.is_calendar:
        ends = policy.wait.add_to_date(_DAY) if policy.wait.is_calendar else _DAY + policy.wait.timedelta()
        if ends <= within.add_to_date(_DAY):
            message = f"purchases can go back for {within}, but friends count after {policy.wait}"
            hint = "wait a day longer than purchases can go back, or a purchase that goes back has paid for nothing"
            found.append(places.warning(DiagnosticCode.WAIT_SHORTER_THAN_REFUNDS, message, ("referral", "wait"), hint))
    return found


CHECKS: Final = (referral,)
