"""Money off: the order, chosen lines, or as much as is left of a voucher."""

from tests.pure.rules.gives.orders import order, used


def test_an_amount_is_never_more_than_the_order() -> None:
    made = order(("A", "a", 1000, 700))
    assert [used(made, "{amount_off: 5.00}") for _ in range(3)] == [500, 200, 0]


def test_an_amount_off_chosen_lines_is_never_more_than_they_are() -> None:
    made = order()
    assert used(made, '{amount_off: 50.00, lines: line.category == "books"}') == 4_700
    assert made.eligible == 12_000


def test_a_voucher_that_keeps_its_rest_gives_what_it_has_left() -> None:
    assert used(order(), "{amount_off: 20.00, keep_rest: true}", most=350) == 350
