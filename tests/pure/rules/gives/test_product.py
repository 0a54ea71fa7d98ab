"""A free piece: the cheapest that matches, whole pieces only, and no purchase any more."""

from tests.pure.rules.gives.orders import order, used


def test_the_cheapest_matching_piece_is_free_and_neither_earns_nor_counts() -> None:
    made = order()
    assert used(made, '{product_where: line.category == "books"}') == 550
    assert (made.quantity, made.eligible) == (6_000, 16_150)


def test_a_product_is_named_by_its_sku() -> None:
    assert used(order(), "{product: NOVEL}") == 1_200
    assert used(order(), "{product: TEA}") == 0


def test_less_than_a_piece_is_not_given() -> None:
    assert used(order(("TEA", "tea", 500, 300)), "{product: TEA}") == 0
