"""Reading ``partners:`` and ``budgets:``: who else earns and burns the units, at what price, and what may be given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final, Literal

from setia.language.contracts import Budget, BurnTerms, EarnTerms, Pack, Partner
from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.nodes import Entry, Mapping, Node, Sequence
from setia.language.sections import Section, number_of, scalar_of, wrong_shape
from setia.language.words import read_choice, read_local_instant
from setia.values.money import LARGEST
from setia.values.stakes import PRICE_DECIMALS, Owed

_Over = Literal["trim", "reject", "overdraw"]
EARNS: Final = "earns: {points: 0.010, owed: when_burned}"
BURNS: Final = "burns: {points: 0.009}"
PACK: Final = "pack: {points: 1_000, over: trim}"
BUDGET: Final = "budget: {points: 100_000, over: trim}"
MONEY: Final = "money"
OPERATOR: Final = "operator"
"""How an ``issuer`` names the operator itself."""
OWED: Final = {
    "when_burned": Owed.WHEN_BURNED,
    "when_burned_or_expired": Owed.WHEN_BURNED_OR_EXPIRED,
    "when_earned": Owed.WHEN_EARNED,
    "when_earned_unless_expired": Owed.WHEN_EARNED_UNLESS_EXPIRED,
}


def read_partners(top: Section, draft: Draft) -> None:
    """Read all partners into the draft."""
    for name, section in top.named("partners", "partner", "partner", is_word=False):
        section.close()
        if name == OPERATOR:
            message = f"'{name}' is whoever runs the programme"
            draft.findings.error(DiagnosticCode.RESERVED_NAME, message, section.place, "give the partner another name")
        earns = tuple(_read_earns(section, draft))
        burns = tuple(_read_burns(section, draft))
        if not section.is_broken and not section.has("earns") and not section.has("burns"):
            message = f"partner '{name}' neither earns nor burns"
            hint = f"add `{EARNS}`, `{BURNS}`, or both"
            draft.findings.error(DiagnosticCode.MISSING_KEY, message, section.place, hint)
        pack = _read_pack(section, draft)
        if pack is not None and any(
            pack.unit not in terms.prices for terms in earns or (EarnTerms(None, {}, Owed(0)),)
        ):
            message = f"a pack of {pack.unit}, but the partner does not earn {pack.unit} all the time"
            hint = f"add it: earns: {{{pack.unit}: 0.010}}"
            section.error(DiagnosticCode.PACK_WITHOUT_EARNING, message, "pack", hint)
        draft.partners[name] = Partner(name, section.titled("title", name), earns, burns, pack)


def read_budgets(top: Section, draft: Draft) -> None:
    """Read the budgets that several rules may share into the draft."""
    for name, section in top.named("budgets", "budget", "budget", is_word=False):
        budget = read_budget(name, section, draft)
        if budget is not None:
            draft.budgets[name] = budget


def read_budget(name: str, section: Section, draft: Draft) -> Budget | None:
    """Read one budget, of a unit or of money."""
    found = _only_unit(section, draft, BUDGET)
    over = section.read("over", lambda text: read_choice(text, ["trim", "reject"]))
    if not section.has(MONEY):
        return None if found is None else Budget(name, *found, "reject" if over == "reject" else "trim")
    if found is not None:
        message = "a budget is of one unit or of money"
        section.error(DiagnosticCode.CONFLICTING_KEYS, message, MONEY, "keep one of the two")
    amount = section.integer(MONEY, 1, LARGEST, draft.currency_decimals)
    if amount is None:
        return None
    scale: int = 10 ** (PRICE_DECIMALS - draft.currency_decimals)
    return Budget(name, None, amount * scale, "reject" if over == "reject" else "trim")


def _read_earns(section: Section, draft: Draft) -> Iterator[EarnTerms]:
    for inner, start in _dated(section, "earns", EARNS, draft):
        owed = inner.read("owed", lambda text: read_choice(text, OWED))
        if owed is not None and section.has("pack"):
            message = "what comes out of a pack is paid for already, and what goes beyond it is owed when earned"
            inner.error(DiagnosticCode.OWED_WITH_PACK, message, "owed", "take `owed` out, or the pack")
        yield EarnTerms(start, _prices(inner, EARNS, draft), OWED[owed or "when_burned"])


def _read_burns(section: Section, draft: Draft) -> Iterator[BurnTerms]:
    for inner, start in _dated(section, "burns", BURNS, draft):
        yield BurnTerms(start, _prices(inner, BURNS, draft))


def _dated(section: Section, key: str, example: str, draft: Draft) -> Iterator[tuple[Section, dt.datetime | None]]:
    """The terms of a contract: one mapping, or a list of them, each but the first with the day from which it holds."""
    node = section.find(key)
    if node is None:
        return
    items: list[Node] = node.items if isinstance(node, Sequence) else [node]
    if not items:
        wrong_shape(node, draft.findings, f"'{key}'", f"terms such as {example}")
    before: dt.datetime | None = None
    for number, item in enumerate(items):
        if not isinstance(item, Mapping):
            wrong_shape(item, draft.findings, f"'{key}'", f"a mapping or a list of them, for example {example}")
            continue
        inner = Section(key, item, section.at(key) if item is node else item.place, draft.findings, f"'{key}'")
        start = None
        if number or inner.has("from"):
            local = inner.read("from", read_local_instant, f"{{from: 2026-07-01, {example[8:-1]}}}")
            start = None if local is None else local.replace(tzinfo=draft.zone).astimezone(dt.UTC)
        if start is not None and before is not None and start <= before:
            message = "these terms do not begin after those before them"
            inner.error(DiagnosticCode.TERMS_NOT_ASCENDING, message, "from", "put them in the order of their days")
        before = start or before
        yield inner, start


def _prices(section: Section, example: str, draft: Draft) -> dict[str, int]:
    prices: dict[str, int] = {}
    for name, entry in _units(section, draft):
        scalar = scalar_of(entry.value, draft.findings, f"'{name}'")
        if scalar is not None:
            prices[name] = number_of(scalar, f"'{name}'", 0, LARGEST, PRICE_DECIMALS, draft.findings) or 0
    if not prices and not any(section.others()):
        message = f"{section.what} does not say at what price"
        draft.findings.error(DiagnosticCode.MISSING_KEY, message, section.place, f"for example {example}")
    return prices


def _read_pack(section: Section, draft: Draft) -> Pack | None:
    inner = section.section("pack", "pack", "'pack'")
    if inner is None:
        return None
    found = _only_unit(inner, draft, PACK)
    over = inner.read("over", lambda text: read_choice(text, ["trim", "reject", "overdraw"]))
    chosen: _Over = "reject" if over == "reject" else "overdraw" if over == "overdraw" else "trim"
    return None if found is None else Pack(*found, chosen)


def _units(section: Section, draft: Draft) -> list[tuple[str, Entry]]:
    found = []
    for name, entry in section.others():
        known = [*draft.units, *section.known]
        if draft.check_known(name, known, "unit or setting", DiagnosticCode.UNKNOWN_UNIT, entry.key.place):
            found.append((name, entry))
    return found


def _only_unit(section: Section, draft: Draft, example: str) -> tuple[str, int] | None:
    units = _units(section, draft)
    if not units:
        if not any(section.others()) and not (MONEY in section.known and section.has(MONEY)):
            message = f"{section.what} does not say how much"
            draft.findings.error(DiagnosticCode.MISSING_KEY, message, section.place, f"for example {example}")
        return None
    for _, entry in units[1:]:
        message = f"{section.what} is for one unit"
        draft.findings.error(DiagnosticCode.CONFLICTING_KEYS, message, entry.key.place, "write one for each unit")
    name, entry = units[0]
    scalar = scalar_of(entry.value, draft.findings, f"'{name}'")
    if scalar is None:
        return None
    amount = number_of(scalar, f"'{name}'", 1, LARGEST, draft.units[name].decimals, draft.findings)
    return None if amount is None else (name, amount)
