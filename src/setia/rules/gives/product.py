"""``product: CAP-01`` or ``product_where: …``: one piece of a matching line is free."""

from __future__ import annotations

from setia.language.model import Gives
from setia.rules.order import LineEnv, Order, number


def apply(order: Order, source: str, gives: Gives, most: int | None) -> int:
    """Give a piece of a matching line: the cheapest, so that the promise costs what it says."""
    best: LineEnv | None = None
    best_price = 0
    for line in order.spread():
        if not matches(line, gives) or number(line, "line.quantity") < 1000:
            continue
        price = number(line, "line.amount") * 1000 // number(line, "line.quantity")
        if best is None or price < best_price:
            best, best_price = line, price
    if best is None:
        return 0
    order.free_piece(source, best, best_price)
    return max(best_price, 1)


def matches(line: LineEnv, gives: Gives) -> bool:
    """Whether the free product of a reward may be this line."""
    if gives.product_where is not None:
        return gives.product_where.test(line)
    return line["line.sku"] == gives.product
