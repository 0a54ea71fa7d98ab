"""What a reward does to a purchase: one small file a kind, and one line here.

Each file has a function ``apply(order, source, gives, most)``. It changes the order and returns what that is worth in
minor units of money, 0 for nothing. ``source`` is named by the discount; ``most`` bounds what is left of a voucher that
keeps its rest. How a kind is written is said in ``language.gives``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from setia.language.model import Gives
from setia.rules.gives import amount_off, cash_back, cheapest_of, delivery, gift_card, handed_over, percent_off, product
from setia.rules.order import Order

Apply = Callable[[Order, str, Gives, int | None], int]

KINDS: Final[dict[str, Apply]] = {
    "percent_off": percent_off.apply,
    "amount_off": amount_off.apply,
    "product": product.apply,
    "cheapest_of": cheapest_of.apply,
    "delivery": delivery.apply,
    "cash_back": cash_back.apply,
    "gift_card": gift_card.apply,
    "badge": handed_over.apply,
    "choice": handed_over.apply,
    "access": handed_over.apply,
    "event": handed_over.apply,
    "experience": handed_over.apply,
    "partner": handed_over.apply,
}
"""Every kind of reward."""


def use(order: Order, source: str, gives: Gives, most: int | None = None) -> int:
    """Use a reward once on ``order``, if the order reaches its threshold; returns what it was worth."""
    if not order.reaches(gives.threshold, gives.lines):
        return 0
    return KINDS[gives.kind](order, source, gives, most)
