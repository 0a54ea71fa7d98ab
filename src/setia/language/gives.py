"""Reading ``gives:`` of a reward: a kind is an entry of ``GIVES``, one of ``FORMS``, and a file of ``rules/gives``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.keys import GIVES
from setia.language.model import Gives
from setia.language.nodes import Scalar
from setia.language.sections import Section
from setia.language.words import is_percent, read_percent
from setia.values.money import LARGEST

EXAMPLE: Final = "gives: {product: CAP-01}"
_NOT_OF_CARDS: Final = ("code", "codes", "valid", "pending")
"""What a reward that is a gift card cannot say: its money lives as its unit does, and has a code of its own."""
DELIVERIES: Final = {"free": (True, None), "fast": (False, "fast"), "free_fast": (True, "fast")}
"""What ``delivery:`` may say: whether it is free, and how fast."""


def read_gives(section: Section, draft: Draft) -> Gives:
    """Read what a reward hands over."""
    section.find("gives", EXAMPLE)
    inner = section.section("gives", "gives", "'gives'")
    if inner is None:
        return Gives("experience", text="")
    inner.close()
    form = inner.only_one(GIVES, EXAMPLE)
    if form is None:
        return Gives("experience", text="")
    for other in ("lines", "from", "at_most", "keep_rest"):
        if inner.has(other) and other not in GIVES[form]:
            _refuse(inner, form, other)
    if form == "gift_card":
        section.refuse_with("gives", _NOT_OF_CARDS)
    return FORMS[form](inner, draft)


def _refuse(inner: Section, form: str, other: str) -> None:
    if other == "at_most":
        message = "'at_most' bounds a percentage, and this is none"
        inner.error(DiagnosticCode.DISCOUNT_CAP_WITHOUT_PERCENT, message, "at_most", "take it out")
    else:
        inner.refuse_with(form, (other,))


def _money(inner: Section, key: str, draft: Draft) -> int | None:
    return inner.integer(key, 1, LARGEST, draft.currency_decimals)


def _product(inner: Section, draft: Draft) -> Gives:
    return Gives("product", product=inner.text("product"))


def _product_where(inner: Section, draft: Draft) -> Gives:
    return Gives("product", product_where=inner.condition("product_where", draft.vocabulary.line_scope()))


def _percent_off(inner: Section, draft: Draft) -> Gives:
    return Gives(
        "percent_off",
        percent=inner.read("percent_off", read_percent),
        at_most=_money(inner, "at_most", draft),
        lines=inner.condition("lines", draft.vocabulary.line_scope()),
        threshold=_money(inner, "from", draft),
    )


def _amount_off(inner: Section, draft: Draft) -> Gives:
    return Gives(
        "amount_off",
        amount=_money(inner, "amount_off", draft),
        lines=inner.condition("lines", draft.vocabulary.line_scope()),
        threshold=_money(inner, "from", draft),
        keep_rest=inner.flag("keep_rest"),
    )


def _cheapest_of(inner: Section, draft: Draft) -> Gives:
    return Gives(
        "cheapest_of",
        every=inner.integer("cheapest_of", 2, 1_000),
        lines=inner.condition("lines", draft.vocabulary.line_scope()),
        threshold=_money(inner, "from", draft),
    )


def _delivery(inner: Section, draft: Draft) -> Gives:
    word = inner.word("delivery", DELIVERIES) or "free"
    is_free, speed = DELIVERIES[word]
    return Gives("delivery", text=word, is_free=is_free, speed=speed, threshold=_money(inner, "from", draft))


def _cash_back(inner: Section, draft: Draft) -> Gives:
    node = inner.find("cash_back")
    is_share = isinstance(node, Scalar) and is_percent(node.text.strip())
    if not is_share and inner.has("at_most"):
        _refuse(inner, "cash_back", "at_most")
    return Gives(
        "cash_back",
        percent=inner.read("cash_back", read_percent) if is_share else None,
        amount=None if is_share else _money(inner, "cash_back", draft),
        at_most=_money(inner, "at_most", draft),
        lines=inner.condition("lines", draft.vocabulary.line_scope()),
        threshold=_money(inner, "from", draft),
    )


def _gift_card(inner: Section, draft: Draft) -> Gives:
    most = None
    if draft.gift_cards is None:
        message = "'gift_card' hands over a gift card, but the programme has none"
        hint = "declare them: gift_cards: {unit: card_money}"
        inner.error(DiagnosticCode.NO_GIFT_CARDS, message, "gift_card", hint)
    else:
        most = draft.gift_cards.most
    amount = inner.integer("gift_card", 1, most or LARGEST, draft.currency_decimals)
    return Gives("gift_card", amount=amount, keep_rest=True)


def _badge(inner: Section, draft: Draft) -> Gives:
    name = inner.text("badge")
    if name is not None:
        draft.check_badge(name, inner.value_at("badge"))
    return Gives("badge", text=name)


def _choice(inner: Section, draft: Draft) -> Gives:
    names = [scalar.text for scalar in inner.texts("choice") if draft.check_reward(scalar.text, scalar.place)]
    if len(names) < 2:
        message = "'choice' names one reward: there is nothing to choose from"
        inner.error(DiagnosticCode.CHOICE_OF_ONE, message, "choice", "name two rewards or more: choice: [tea, cake]")
    return Gives("choice", choice=tuple(names))


def _handed_over(kind: str) -> Callable[[Section, Draft], Gives]:
    return lambda inner, draft: Gives(kind, text=inner.text(kind))


FORMS: Final[dict[str, Callable[[Section, Draft], Gives]]] = {
    "product": _product,
    "product_where": _product_where,
    "percent_off": _percent_off,
    "amount_off": _amount_off,
    "cheapest_of": _cheapest_of,
    "delivery": _delivery,
    "cash_back": _cash_back,
    "gift_card": _gift_card,
    "badge": _badge,
    "choice": _choice,
    "access": _handed_over("access"),
    "event": _handed_over("event"),
    "experience": _handed_over("experience"),
    "partner": _handed_over("partner"),
}
"""How each form is read."""
