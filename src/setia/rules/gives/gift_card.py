"""``gift_card: 20.00``: a gift card with so much on it, issued as it is claimed or given; no order changes by it."""

from __future__ import annotations

from setia.language.model import Gives
from setia.rules.order import Order


def apply(order: Order, source: str, gives: Gives, most: int | None) -> int:
    """Nothing: what is on the card pays for a purchase like money, once it is there."""
    return 0
