"""A gift card changes no order: what is on it pays for one, once it is there."""

from setia.language.model import Gives
from setia.rules.gives import KINDS
from tests.pure.rules.gives.orders import order


def test_an_order_stays_as_it_is() -> None:
    made = order()
    before = made.total
    assert KINDS["gift_card"](made, "reward:it", Gives("gift_card", amount=2_000, keep_rest=True), None) == 0
    assert (made.total, made.discount) == (before, 0)
