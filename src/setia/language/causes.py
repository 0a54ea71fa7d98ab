"""Reading ``causes:``: to what members can give units, what the programme pays for them, and who adds to it."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from setia.language.contracts import Cause, Match
from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.rules import read_schedule
from setia.language.sections import Section
from setia.language.units import read_money_per_unit
from setia.values.money import LARGEST

_PERCENT_DECIMALS: Final = 2
_MOST_PERCENT: Final = 1_000 * 10**_PERCENT_DECIMALS


def read_causes(top: Section, draft: Draft) -> None:
    """Read all causes into the draft."""
    for name, section in top.named("causes", "cause", "cause", is_word=False):
        section.close()
        cause = _read(name, section, draft)
        if cause is not None:
            draft.causes[name] = cause


def _read(name: str, section: Section, draft: Draft) -> Cause | None:
    title = section.titled("title", name)
    unit = section.text("takes", "takes: points")
    worth = read_money_per_unit(section, "worth", draft, "worth: 0.01")
    schedule = read_schedule(section, draft)
    when = section.condition("when", draft.vocabulary.common_scope())
    match = _read_match(section, draft)
    if unit is None or not draft.check_unit(unit, section.value_at("takes")) or worth is None:
        return None
    decimals = draft.units[unit].decimals
    step = section.integer("step", 1, LARGEST, decimals) or 1
    least = section.integer("least", 1, LARGEST, decimals) or step
    if least % step:
        message = "the least gift is no multiple of the step"
        section.error(
            DiagnosticCode.CONFLICTING_KEYS, message, "least", "write a multiple of it: {least: 500, step: 100}"
        )
    cause = Cause(name, title, unit, worth, least, step, schedule, when, match)
    if cause.money(least, decimals) < 1:
        message = "the least gift is worth less than the smallest coin: the cause would get nothing for it"
        section.error(
            DiagnosticCode.OUT_OF_RANGE, message, "least" if section.has("least") else "worth", "raise `least`"
        )
    return cause


def _read_match(section: Section, draft: Draft) -> Match | None:
    inner = section.section("match", "match", "'match'")
    if inner is None:
        return None
    inner.close()
    example = "match: {by: Kopi Kita, percent: 100, up_to: 5_000.00}"
    inner.find("by", example)
    inner.find("up_to", example)
    by = inner.titled("by", "")
    percent = inner.integer("percent", 1, _MOST_PERCENT, _PERCENT_DECIMALS) or 100 * 10**_PERCENT_DECIMALS
    up_to = inner.integer("up_to", 1, LARGEST, draft.currency_decimals)
    return None if up_to is None else Match(by, Fraction(percent, 100 * 10**_PERCENT_DECIMALS), up_to)
