"""Delivery becomes free, fast, or both, from a threshold on."""

from setia.rules.gives import use
from tests.pure.rules.gives.orders import gives, order


def test_delivery_is_bettered_once() -> None:
    made = order()
    assert use(made, "reward:it", gives("{delivery: free}")) == 1
    assert use(made, "reward:it", gives("{delivery: free}")) == 0
    assert (made.free_delivery, made.speed) == (True, None)
    assert use(made, "reward:it", gives("{delivery: fast}")) == 1
    assert use(made, "reward:it", gives("{delivery: free_fast}")) == 0
    assert (made.free_delivery, made.speed, made.discount) == (True, "fast", 0)


def test_a_threshold_has_to_be_reached() -> None:
    made = order()
    assert use(made, "reward:it", gives("{delivery: free, from: 167.01}")) == 0
    assert not made.free_delivery
