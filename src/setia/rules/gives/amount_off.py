"""``amount_off: 5.00``: money off the order, or off its chosen ``lines``; with ``keep_rest`` as much as it absorbs."""

from __future__ import annotations

from setia.language.model import Gives
from setia.rules.order import Order


def apply(order: Order, source: str, gives: Gives, most: int | None) -> int:
    """Take the amount off, or what the voucher has left of it."""
    assert gives.amount is not None
    return order.lower(source, gives.amount if most is None else most, gives.lines)
