"""``percent_off: 10``: a share of the order, or of its chosen ``lines``, up to ``at_most``."""

from __future__ import annotations

from setia.language.model import Gives
from setia.rules.order import Order, share


def apply(order: Order, source: str, gives: Gives, most: int | None) -> int:
    """Take the share off: never more than there is, so that 100 % comes to exactly zero."""
    assert gives.percent is not None
    off = share(order.worth(gives.lines), gives.percent)
    if gives.at_most is not None:
        off = min(off, gives.at_most)
    if gives.lines is None:
        off = min(off, max(order.eligible, 0))
    return order.lower(source, off, gives.lines)
