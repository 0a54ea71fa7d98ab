"""Reading ``plans:``."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final, Literal

from setia.language.benefits import BenefitValue, CancelPolicy, Delivery, LineDiscount, Plan, PlanChange, Price
from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.nodes import Mapping, Node, Scalar, Sequence
from setia.language.scope import PLAN_NAMES
from setia.language.sections import Section, check_name, mapping_of, number_of, read_scalar, scalar_of, wrong_shape
from setia.language.tiers import check_benefit_kinds, first_kinds, read_benefit
from setia.language.words import read_calendar_span, read_choice, read_percent, read_period
from setia.values.instants import Span, Step
from setia.values.money import LARGEST

REFUNDS: Final = ("full", "pro_rata", "less_benefits", "none")
ENDS: Final = ("at_once", "at_period_end")


def read_plans(top: Section, draft: Draft) -> None:
    """Read all plans into the draft."""
    for rank, (name, section) in enumerate(top.named("plans", "plan", "plan", is_word=False)):
        section.close()
        draft.plans[name] = _read_plan(name, rank, section, draft)
    named = [(name, ("plans", name, "benefits"), plan.benefits) for name, plan in draft.plans.items()]
    check_benefit_kinds(named, "plan", top, draft)
    # So that conditions can be typed though kinds are mixed: what differs from the first is left away.
    first = first_kinds([plan.benefits for plan in draft.plans.values()])
    for name, plan in draft.plans.items():
        kept = {benefit: value for benefit, value in plan.benefits.items() if type(value) is first[benefit]}
        draft.plans[name] = replace(plan, benefits=kept)


def _read_plan(name: str, rank: int, section: Section, draft: Draft) -> Plan:
    prices = _read_prices(section, draft)
    costs = _read_costs(section, draft)
    if not any(section.has(key) for key in ("fee", "costs", "lasts")) and not section.is_broken:
        message = f"plan '{name}' can be had for nothing and lasts for no time"
        hint = "add fee: {month: 5.00, year: 48.00}; or lasts: 12 months, with costs: {points: 5_000} or a rule"
        draft.findings.error(DiagnosticCode.MISSING_KEY, message, section.place, f"{hint} that gives it")
    inner = section.section("benefits", "plan_benefits", "'benefits'")
    section.find("benefits", "benefits: {discount: 10 %, delivery: free}")
    discounts: tuple[LineDiscount, ...] = ()
    benefits: dict[str, BenefitValue] = {}
    delivery, worth = None, 0
    if inner is not None:
        discounts = tuple(_read_discounts(inner, draft))
        delivery, worth = _read_delivery(inner, draft)
        benefits = _read_benefits(inner, draft)
    return Plan(
        name=name,
        title=section.titled("title", name),
        rank=rank,
        prices=prices,
        costs=costs,
        lasts=section.read("lasts", read_calendar_span),
        trial=section.read("trial", read_calendar_span),
        notice=section.read("notice", read_calendar_span),
        dunning=_read_dunning(section, draft),
        grace=section.read("grace", read_calendar_span),
        discounts=discounts,
        delivery=delivery,
        delivery_worth=worth,
        benefits=benefits,
        with_tier="best" if section.read("with_tier", lambda t: read_choice(t, ["both", "best"])) == "best" else "both",
        cancel=_read_cancel(section),
        change=_read_change(section),
        is_closed=section.flag("closed"),
        tax=section.read("tax", read_percent) or Fraction(0),
    )


def _read_prices(section: Section, draft: Draft) -> dict[str, Price]:
    node = section.find("fee")
    prices: dict[str, Price] = {}
    if node is None:
        return prices
    what = "'fee'"
    if not isinstance(node, Mapping) or not node.entries:
        wrong_shape(node, draft.findings, what, "for each time what it costs, for example {month: 5.00, year: 48.00}")
        return prices
    for every, entry in mapping_of(node, draft.findings, what).items():
        span = read_scalar(Scalar(every, entry.key.place), read_period, draft.findings)
        scalar = scalar_of(entry.value, draft.findings, f"the fee for '{every}'")
        if span is None or scalar is None:
            continue
        said = f"the fee for '{every}'"
        amount = number_of(scalar, said, 1, LARGEST, draft.currency_decimals, draft.findings)
        same = next((price for price in prices.values() if _months(price.span) == _months(span)), None)
        if same is not None:
            message = f"'{every}' is as long as '{same.every}'"
            draft.findings.error(DiagnosticCode.SAID_TWICE, message, entry.key.place, "keep one of the two")
        elif amount is not None:
            prices[every] = Price(every, span, amount)
    return prices


def _read_costs(section: Section, draft: Draft) -> dict[str, int]:
    node = section.find("costs")
    costs: dict[str, int] = {}
    for name, entry in mapping_of(node, draft.findings, "'costs'").items() if node is not None else ():
        known = draft.check_unit(name, entry.key.place)
        scalar = scalar_of(entry.value, draft.findings, f"'{name}'")
        if known and scalar is not None:
            decimals = draft.units[name].decimals
            costs[name] = number_of(scalar, f"'{name}'", 1, LARGEST, decimals, draft.findings) or 1
    return costs


def _months(span: Span) -> tuple[int, bool]:
    """Spans of the same length are equal; months and days never are."""
    if span.step in (Step.MONTHS, Step.YEARS):
        return span.count * (12 if span.step is Step.YEARS else 1), True
    return span.count * (7 if span.step is Step.WEEKS else 1), False


def _read_dunning(section: Section, draft: Draft) -> tuple[Span, ...]:
    found = [read_scalar(scalar, read_calendar_span, draft.findings) for scalar in section.texts("dunning")]
    return tuple(span for span in found if span is not None)


def _read_discounts(section: Section, draft: Draft) -> list[LineDiscount]:
    node = section.find("discount")
    if node is None:
        return []
    if isinstance(node, Scalar):
        off = section.read("discount", read_percent)
        return [LineDiscount(off)] if off is not None else []
    found: list[LineDiscount] = []
    wanted = 'a percentage, or a list such as [{off: 20 %, lines: line.category == "own-brand"}]'
    items: list[Node] = node.items if isinstance(node, Sequence) else []
    if not items:
        wrong_shape(node, draft.findings, "'discount'", wanted)
    for item in items:
        if not isinstance(item, Mapping):
            wrong_shape(item, draft.findings, "an item of 'discount'", "{off: 20 %, lines: <a condition>}")
            continue
        inner = Section("plan_discount", item, item.place, draft.findings, "an item of 'discount'")
        inner.close()
        off = inner.read("off", read_percent, "off: 20 %")
        lines = inner.condition("lines", draft.vocabulary.line_scope())
        if found and found[-1].lines is None:
            message = "no line is left for it: the one before it is off all lines"
            hint = "put the discount without `lines` last"
            draft.findings.error(DiagnosticCode.UNREACHABLE_DISCOUNT, message, item.place, hint)
        elif off is not None:
            found.append(LineDiscount(off, lines))
    return found


def _read_delivery(section: Section, draft: Draft) -> tuple[Delivery | None, int]:
    if isinstance(section.find("delivery"), Scalar):
        found = section.read("delivery", lambda text: read_choice(text, ["free"]))
        return Delivery(free_from=0) if found else None, 0
    inner = section.section("delivery", "plan_delivery", "'delivery'")
    if inner is None:
        return None, 0
    inner.close()
    free_from = inner.integer("free_from", 0, LARGEST, draft.currency_decimals)
    worth = inner.integer("worth", 1, LARGEST, draft.currency_decimals)
    return Delivery(free_from or 0, inner.text("speed") or "standard"), worth or 0


def _read_benefits(section: Section, draft: Draft) -> dict[str, BenefitValue]:
    benefits: dict[str, BenefitValue] = {}
    for key, entry in section.others():
        if key in PLAN_NAMES:
            message = f"'{key}' is what plan.{key} reads already"
            draft.findings.error(DiagnosticCode.RESERVED_NAME, message, entry.key.place, "give it another name")
        elif check_name(key, entry.key.place, "benefit", True, draft.findings):
            value = read_benefit(entry, draft)
            if value is not None:
                benefits[key] = value
    return benefits


def _read_cancel(section: Section) -> CancelPolicy:
    inner = section.section("cancel", "plan_cancel", "'cancel'")
    if inner is None:
        return CancelPolicy()
    inner.close()
    said = inner.read("refund", lambda text: read_choice(text, REFUNDS))
    refund: Literal["full", "pro_rata", "less_benefits", "none"] = "none"
    if said == "full" or said == "pro_rata" or said == "less_benefits":
        refund = "full" if said == "full" else "pro_rata" if said == "pro_rata" else "less_benefits"
    ends = inner.read("ends", lambda text: read_choice(text, ENDS))
    default: Literal["at_once", "at_period_end"] = "at_period_end" if refund == "none" else "at_once"
    within = inner.read("within", read_calendar_span)
    if within is not None and refund == "none":
        message = "'within' bounds a refund, and nothing is refunded"
        inner.error(DiagnosticCode.REFUND_WINDOW_WITHOUT_REFUND, message, "within", "add `refund: full`")
    if ends is None:
        return CancelPolicy(refund, within, default)
    return CancelPolicy(refund, within, "at_once" if ends == "at_once" else "at_period_end")


def _read_change(section: Section) -> PlanChange:
    inner = section.section("change", "plan_change", "'change'")
    if inner is None:
        return PlanChange()
    inner.close()
    when = inner.read("when", lambda text: read_choice(text, ENDS))
    credit = inner.read("credit", lambda text: read_choice(text, ["pro_rata", "none"]))
    if when == "at_period_end" and credit is not None:
        message = "nothing is left of a period that has come to its end: there is nothing to credit"
        inner.error(DiagnosticCode.CREDIT_WITHOUT_REST, message, "credit", "take it out, or write `when: at_once`")
    return PlanChange(
        "at_period_end" if when == "at_period_end" else "at_once", "none" if credit == "none" else "pro_rata"
    )
