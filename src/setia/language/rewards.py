"""Reading ``rewards:``."""

from __future__ import annotations

from typing import Final

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.model import Gives, Limit, Reward
from setia.language.sections import Section, mapping_of, number_of, scalar_of
from setia.language.units import read_window_of
from setia.language.words import read_choice, read_percent
from setia.values.money import LARGEST

FORMS: Final = ("product", "product_where", "percent_off", "amount_off", "delivery", "experience")


def read_rewards(top: Section, draft: Draft) -> None:
    """Read all rewards into the draft."""
    for name, section in top.named("rewards", "reward", "reward", is_word=False):
        section.close()
        limit = section.section("limit", "reward_limit", "'limit'")
        draft.rewards[name] = Reward(
            name=name,
            title=section.titled("title", name),
            gives=_read_gives(section, draft),
            costs=_read_costs(section, draft),
            per=section.integer("per", 1, 10**6) or 1,
            stock=section.integer("stock", 1, LARGEST),
            valid=section.span("valid"),
            when=section.condition("when", draft.vocabulary.common_scope()),
            limit=None if limit is None else _read_limit(limit),
        )


def _read_costs(section: Section, draft: Draft) -> dict[str, int]:
    node = section.find("costs")
    costs: dict[str, int] = {}
    if node is None:
        return costs
    for name, entry in mapping_of(node, draft.findings, "'costs'").items():
        known = draft.check_unit(name, entry.key.place)
        scalar = scalar_of(entry.value, draft.findings, f"'{name}'")
        if known and scalar is not None:
            decimals = draft.units[name].decimals
            costs[name] = number_of(scalar, f"'{name}'", 1, LARGEST, decimals, draft.findings) or 1
    return costs


def _read_limit(section: Section) -> Limit | None:
    section.close()
    example = "limit: {times: 1, per: month}"
    section.find("times", example)
    times = section.integer("times", 1, 10**9)
    window = read_window_of(section, "per", example)
    return None if times is None or window is None else Limit(None, times, window, "reject")


def _read_gives(section: Section, draft: Draft) -> Gives:
    fallback = Gives("experience", text="")
    section.find("gives", "gives: {product: CAP-01}")
    inner = section.section("gives", "gives", "'gives'")
    if inner is None:
        return fallback
    inner.close()
    form = inner.only_one(FORMS, "gives: {product: CAP-01}")
    if form != "percent_off" and inner.has("at_most"):
        message = "'at_most' bounds a percentage, and this is none"
        inner.error(DiagnosticCode.DISCOUNT_CAP_WITHOUT_PERCENT, message, "at_most", "take it out")
    if form == "product":
        return Gives("product", product=inner.text("product"))
    if form == "product_where":
        return Gives("product", product_where=inner.condition("product_where", draft.vocabulary.line_scope()))
    if form == "percent_off":
        at_most = inner.integer("at_most", 1, LARGEST, draft.currency_decimals)
        return Gives("percent_off", percent=inner.read("percent_off", read_percent), at_most=at_most)
    if form == "amount_off":
        return Gives("amount_off", amount=inner.integer("amount_off", 1, LARGEST, draft.currency_decimals))
    if form == "delivery":
        return Gives("delivery", text=inner.read("delivery", lambda text: read_choice(text, ["free"])))
    if form == "experience":
        return Gives("experience", text=inner.text("experience"))
    return fallback
