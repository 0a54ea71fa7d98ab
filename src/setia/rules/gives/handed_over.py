"""``access``, ``badge``, ``event``, ``experience``, ``partner``: handed over beside the order, which stays as it is."""

from __future__ import annotations

from setia.language.model import Gives
from setia.rules.order import Order


def apply(order: Order, source: str, gives: Gives, most: int | None) -> int:
    """Nothing of the order changes; it is used all the same, so it counts as 1."""
    return 1
