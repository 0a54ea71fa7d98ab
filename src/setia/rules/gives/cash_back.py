"""``cash_back: 5 %`` or ``cash_back: 10.00``: money that the buyer gets back afterwards. It lowers nothing."""

from __future__ import annotations

from setia.language.model import Gives
from setia.rules.order import Order, share


def apply(order: Order, source: str, gives: Gives, most: int | None) -> int:
    """Note what is given back: never more than the order comes to."""
    back = gives.amount if gives.percent is None else share(order.worth(gives.lines), gives.percent)
    assert back is not None
    if gives.at_most is not None:
        back = min(back, gives.at_most)
    back = min(back, max(order.total - order.cash_back, 0))
    order.cash_back += back
    return back
