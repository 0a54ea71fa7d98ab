"""``delivery: free``, ``fast`` or ``free_fast``: what delivery of the order becomes."""

from __future__ import annotations

from setia.language.model import Gives
from setia.rules.order import Order


def apply(order: Order, source: str, gives: Gives, most: int | None) -> int:
    """Better the delivery; worth 1 where it was not as good already: what delivery costs is not the order's to know."""
    is_better = (gives.is_free and not order.free_delivery) or (gives.speed is not None and gives.speed != order.speed)
    order.free_delivery = order.free_delivery or gives.is_free
    order.speed = gives.speed or order.speed
    return int(is_better)
