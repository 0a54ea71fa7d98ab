"""Reading ``exchanges:``: units that become other units, of the programme or of a partner."""

from __future__ import annotations

from typing import Final

from setia.language.contracts import Exchange
from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.sections import Section, check_name, number_of, scalar_of
from setia.language.units import read_quota
from setia.values.money import LARGEST

_EXAMPLE: Final = "{take: {points: 1_000}, give: {miles: 500}}"
_Side = tuple[str, int]


def read_exchanges(top: Section, draft: Draft) -> None:
    """Read all exchanges into the draft."""
    for name, section in top.named("exchanges", "exchange", "exchange", is_word=False):
        section.close()
        exchange = _read(name, section, draft)
        if exchange is not None:
            draft.exchanges[name] = exchange


def _read(name: str, section: Section, draft: Draft) -> Exchange | None:
    partner = section.text("partner")
    if partner is not None and not draft.check_partner(partner, section.value_at("partner")):
        return None
    taken = _side(section, "take", partner is not None, draft)
    given = _side(section, "give", partner is not None, draft)
    cancel = section.section("cancel", "exchange_cancel", "'cancel'")
    within = None
    if cancel is not None:
        cancel.close()
        within = cancel.span("within", required="cancel: {within: 14 days}")
    if taken is None or given is None:
        return None
    if partner is not None and len({taken[0], given[0]}.intersection(draft.units)) != 1:
        message = f"one side of an exchange with '{partner}' is a unit of the programme, and one the partner's own"
        hint = "name the partner's unit as the partner calls it, or take `partner` out"
        section.error(DiagnosticCode.EXCHANGE_WITHOUT_OUTSIDE, message, "partner", hint)
        return None
    if taken[0] == given[0]:
        hint = f"for example {_EXAMPLE}"
        section.error(DiagnosticCode.CONFLICTING_KEYS, f"{taken[0]} would become {taken[0]}", "give", hint)
        return None
    if partner is not None:
        section.refuse_with("partner", ("cancel",))
    if taken[0] not in draft.units:
        section.refuse_with("partner", ("fee",))
    decimals = draft.units[taken[0]].decimals if taken[0] in draft.units else 0
    fee = _side(section, "fee", False, draft) if taken[0] in draft.units and section.has("fee") else None
    if fee is not None and fee[0] != taken[0]:
        hint = f"write fee: {{{taken[0]}: {fee[1]}}}"
        section.error(DiagnosticCode.UNKNOWN_UNIT, f"the fee is paid in {taken[0]}", "fee", hint)
    return Exchange(
        name, section.titled("title", name), *taken, *given, partner, 0 if fee is None else fee[1],
        section.integer("at_least", 1, LARGEST, decimals), read_quota(section, "limit", decimals), within,
    )  # fmt: skip


def _side(section: Section, key: str, may_be_outside: bool, draft: Draft) -> _Side | None:
    section.find(key, _EXAMPLE)
    inner = section.section(key, "exchange_side", f"'{key}'")
    if inner is None:
        return None
    entries = list(inner.others())
    if len(entries) != 1:
        message = f"'{key}' names one unit and how much of it"
        inner.findings.error(DiagnosticCode.WRONG_SHAPE, message, inner.place, f"for example {_EXAMPLE}")
        return None
    name, entry = entries[0]
    if not may_be_outside and not draft.check_unit(name, entry.key.place):
        return None
    if not check_name(name, entry.key.place, "unit", True, draft.findings):
        return None
    scalar = scalar_of(entry.value, draft.findings, f"'{name}'")
    if scalar is None:
        return None
    decimals = draft.units[name].decimals if name in draft.units else 0
    amount = number_of(scalar, f"'{name}'", 1, LARGEST, decimals, draft.findings)
    return None if amount is None else (name, amount)
