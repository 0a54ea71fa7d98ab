"""Reading ``gift_cards:``, and what buying money has to do with what earns."""

from __future__ import annotations

from typing import Final

from setia.language.draft import Draft
from setia.language.expressions import Expression, compile_condition
from setia.language.model import GiftCards
from setia.language.nodes import Mapping, Scalar
from setia.language.sections import Section
from setia.language.words import read_choice
from setia.values.card_codes import CARD_KIND, TOP_UP_KIND
from setia.values.money import LARGEST

GIFT_CARDS: Final = "gift_cards"
"""How ``paid_with:`` names all cards together, and a purchase those that pay for it."""
_EXAMPLE: Final = "gift_cards: {unit: card_money, most: 500}"


def unit_of_cards(top: Section) -> str | None:
    """The unit that gift cards hold, before the units are read."""
    node = top.find("gift_cards")
    entry = node.entries.get("unit") if isinstance(node, Mapping) else None
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else None


def read_gift_cards(top: Section, draft: Draft) -> None:
    """Read the section into the draft; the units are there already."""
    section = top.section("gift_cards", "gift_cards", "'gift_cards'")
    if section is None:
        return
    section.close()
    unit = section.scalar("unit", _EXAMPLE)
    if unit is None or not draft.check_unit(unit.text, unit.place):
        return
    least, most = read_bounds(section, draft)
    bought_with = section.read("bought_with", lambda text: read_choice(text, ["money", "units"]))
    draft.gift_cards = GiftCards(
        unit=unit.text,
        least=least,
        most=most,
        refund_extends=section.span("refund_extends") or GiftCards(unit.text).refund_extends,
        reload=section.flag("reload"),
        earns=section.flag("earns"),
        by_units=bought_with == "units",
    )


def read_bounds(section: Section, draft: Draft) -> tuple[int | None, int | None]:
    """Read ``least`` and ``most`` of what one line may sell, in minor units."""
    least = section.integer("least", 1, LARGEST, draft.currency_decimals)
    most = section.integer("most", least or 1, LARGEST, draft.currency_decimals)
    return least, most


def without_money(said: Expression | None, draft: Draft) -> Expression | None:
    """``purchases.eligible`` without the lines that only turn money into other money."""
    kinds: list[str] = []
    if draft.gift_cards is not None and not draft.gift_cards.earns:
        kinds.append(CARD_KIND)
    if any(unit.top_up is not None and not unit.top_up.earns for unit in draft.units.values()):
        kinds.append(TOP_UP_KIND)
    if not kinds:
        return said
    parts = [f'line.kind != "{kind}"' for kind in kinds]
    if said is not None:
        parts.insert(0, f"({said.source})")
    compiled = compile_condition(" && ".join(parts), draft.vocabulary.line_scope())
    assert isinstance(compiled, Expression), compiled
    return compiled
