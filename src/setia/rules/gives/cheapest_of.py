"""``cheapest_of: 3``: for every so many pieces of the chosen ``lines``, one is free: the cheapest of all of them."""

from __future__ import annotations

from setia.language.model import Gives
from setia.rules.order import LineEnv, Order, number


def apply(order: Order, source: str, gives: Gives, most: int | None) -> int:
    """Give the cheapest pieces, one for every full set."""
    assert gives.every is not None
    pieces: list[tuple[int, int, LineEnv]] = []
    for place, line in enumerate(order.chosen(gives.lines)):
        quantity = number(line, "line.quantity")
        if quantity >= 1000:
            price = number(line, "line.amount") * 1000 // quantity
            pieces += [(price, place, line)] * (quantity // 1000)
    given = 0
    for price, _, line in sorted(pieces, key=lambda piece: piece[:2])[: len(pieces) // gives.every]:
        order.free_piece(source, line, price)
        given += price
    return given
