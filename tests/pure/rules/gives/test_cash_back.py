"""Cash back: a share or an amount, given back later, so that the order costs and earns the same."""

from setia.rules.gives import use
from tests.pure.rules.gives.orders import gives, order


def test_cash_back_lowers_nothing() -> None:
    made = order()
    assert use(made, "reward:it", gives("{cash_back: 5 %}")) == 835
    assert use(made, "reward:it", gives("{cash_back: 5 %, at_most: 2.00}")) == 200
    assert (made.cash_back, made.total, made.eligible) == (1_035, 16_700, 16_700)


def test_no_more_comes_back_than_the_order_costs() -> None:
    made = order(("A", "a", 1000, 700))
    assert [use(made, "reward:it", gives("{cash_back: 5.00}")) for _ in range(3)] == [500, 200, 0]


def test_cash_back_of_chosen_lines() -> None:
    assert use(order(), "reward:it", gives('{cash_back: 10 %, lines: line.category == "books"}')) == 470
