"""Reading what holds for the whole programme: refunds, holds, guests, late activities, eligible lines, adjustments."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.expressions import Expression
from setia.language.gift_cards import GIFT_CARDS, without_money
from setia.language.model import AdjustmentPolicy, ChangePolicy, LatePolicy, OldTerms, RefundPolicy, Stacking
from setia.language.nodes import Scalar
from setia.language.sections import Section, mapping_of, number_of, scalar_of
from setia.language.words import did_you_mean, listed, read_calendar_span, read_choice, read_local_instant
from setia.values.instants import Span, Step
from setia.values.money import LARGEST


def read_refunds(top: Section) -> RefundPolicy:
    """Read ``refunds:``."""
    section = top.section("refunds", "refunds", "'refunds'")
    if section is None:
        return RefundPolicy()
    section.close()
    method = section.read("method", lambda text: read_choice(text, ["ask_again", "proportional"]))
    choices = ["only_pending", "within_balance", "unlimited"]
    spent = section.read("when_spent", lambda text: read_choice(text, choices))
    when_spent: Literal["only_pending", "within_balance", "unlimited"] = "within_balance"
    if spent == "only_pending":
        when_spent = "only_pending"
    elif spent == "unlimited":
        when_spent = "unlimited"
    return RefundPolicy(
        method="proportional" if method == "proportional" else "ask_again",
        when_spent=when_spent,
        net_shortfall=section.flag("net_shortfall"),
        within=section.span("within"),
        unmatched_after=section.span("unmatched_after") or RefundPolicy().unmatched_after,
        vouchers="stay_used" if section.word("vouchers", ("come_back", "stay_used")) == "stay_used" else "come_back",
        part_used="refuse" if section.word("part_used", ("share", "refuse")) == "refuse" else "share",
        tenders=_read_tenders(section),
    )


def read_stacking(top: Section) -> Stacking:
    """Read ``stacking:``: how several rewards lower one purchase."""
    section = top.section("stacking", "stacking", "'stacking'")
    if section is None:
        return Stacking()
    section.close()
    pick = section.word("pick", ("all", "best", "first"))
    return Stacking(
        pick="best" if pick == "best" else "first" if pick == "first" else "all",
        percent_of="initial" if section.word("percent_of", ("running", "initial")) == "initial" else "running",
        order="as_declared" if section.word("order", ("as_sent", "as_declared")) == "as_declared" else "as_sent",
        no_effect="force" if section.word("no_effect", ("prevent", "force")) == "force" else "prevent",
    )


def _read_tenders(section: Section) -> Literal["ratio", "last_first", "first_first"]:
    word = section.word("tenders", ("ratio", "last_first", "first_first"))
    if word == "last_first":
        return "last_first"
    return "first_first" if word == "first_first" else "ratio"


def read_holds(top: Section) -> Span:
    """Read ``holds:``: after how long a hold lapses."""
    section = top.section("holds", "holds", "'holds'")
    default = Span(15, Step.MINUTES)
    if section is None:
        return default
    section.close()
    return section.span("lapse_after", required="holds: {lapse_after: 15 minutes}") or default


def read_guests(top: Section) -> Span | None:
    """Read ``guests:``: how long a purchase without a member can be claimed."""
    section = top.section("guests", "guests", "'guests'")
    if section is None:
        return None
    section.close()
    return section.span("claim_within", required="guests: {claim_within: 14 days}")


def read_late(top: Section) -> LatePolicy:
    """Read ``late:``."""
    section = top.section("late", "late", "'late'")
    if section is None:
        return LatePolicy()
    section.close()
    return LatePolicy(
        accept=section.span("accept"),
        future=section.span("future") or LatePolicy().future,
        re_rate=section.read("re_rate", read_calendar_span),
    )


def read_adjustments(top: Section, draft: Draft) -> AdjustmentPolicy:
    """Read ``adjustments:``: up to how many steps of a unit one person corrects alone."""
    section = top.section("adjustments", "adjustments", "'adjustments'")
    if section is None:
        return AdjustmentPolicy()
    section.close()
    above = _read_limits(section, "approve_above", draft)
    per_day = _read_limits(section, "per_day", draft)
    if not section.node.entries:
        section.find("approve_above", "adjustments: {approve_above: {points: 500}}")
    for unit, limit in per_day.items():
        if unit in above and limit < above[unit]:
            message = f"nobody may give {limit} a day and {above[unit]} at once: the limit of a day is the smaller one"
            hint = "raise `per_day`, or lower `approve_above`"
            section.error(DiagnosticCode.LIMIT_NEVER_REACHED, message, "per_day", hint)
    return AdjustmentPolicy(above, per_day)


def _read_limits(section: Section, key: str, draft: Draft) -> dict[str, int]:
    found: dict[str, int] = {}
    node = section.find(key)
    for name, entry in () if node is None else mapping_of(node, draft.findings, f"'{key}'").items():
        known = draft.check_unit(name, entry.key.place)
        scalar = scalar_of(entry.value, draft.findings, f"'{name}'")
        if known and scalar is not None:
            limit = number_of(scalar, f"'{name}'", 0, LARGEST, draft.units[name].decimals, draft.findings)
            if limit is not None:
                found[name] = limit
    return found


def read_changes(top: Section, draft: Draft) -> ChangePolicy:
    """Read ``changes:``: what members are promised when the programme changes."""
    section = top.section("changes", "changes", "'changes'")
    if section is None:
        return ChangePolicy()
    section.close()
    return ChangePolicy(section.read("notice", read_calendar_span), _read_old_terms(section, draft))


def _read_old_terms(section: Section, draft: Draft) -> OldTerms | None:
    if isinstance(section.find("old_terms"), Scalar):
        return OldTerms() if section.read("old_terms", lambda text: read_choice(text, ["kept"])) else None
    inner = section.section("old_terms", "old_terms", "'old_terms'")
    if inner is None:
        return None
    inner.close()
    until = inner.read("until", read_local_instant)
    return OldTerms(
        inner.condition("for", draft.vocabulary.member_scope()),
        None if until is None else until.replace(tzinfo=draft.zone).astimezone(dt.UTC),
    )


def read_eligible(top: Section, draft: Draft) -> Expression | None:
    """Read ``purchases:``: which lines earn; what only turns money into other money does not."""
    section = top.section("purchases", "purchases", "'purchases'")
    said = None
    if section is not None:
        section.close()
        if not section.has("paid_with"):
            section.scalar("eligible", 'purchases: {eligible: line.category != "gift card"}')
        said = section.condition("eligible", draft.vocabulary.line_scope())
    return without_money(said, draft)


def read_paid_with(top: Section, draft: Draft) -> tuple[str, ...]:
    """Read in which order units and gift cards pay; those that are not named come after, as the file has them."""
    able = [name for name, unit in draft.units.items() if unit.pays is not None]
    if draft.gift_cards is not None:
        able.append(GIFT_CARDS)
    section = top.section("purchases", "purchases", "'purchases'")
    if section is None or not section.has("paid_with"):
        return tuple(able)
    named: list[str] = []
    for scalar in section.texts("paid_with"):
        if scalar.text in able:
            named.append(scalar.text)
            continue
        hint = f"{did_you_mean(scalar.text, able)}what pays: {listed(able)}"
        message = f"'{scalar.text[:60]}' pays for nothing"
        draft.findings.error(DiagnosticCode.TENDER_CANNOT_PAY, message, scalar.place, hint)
    if len(able) < 2:
        message = "there is one thing at most that pays, so there is no order to choose"
        section.error(DiagnosticCode.ORDER_OF_ONE_TENDER, message, "paid_with", "take it out")
    return tuple(dict.fromkeys((*named, *able)))
