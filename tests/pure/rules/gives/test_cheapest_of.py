"""One of so many is free: the cheapest of all, for every full set."""

import pytest

from tests.pure.rules.gives.orders import order, used

BOOKS = '{cheapest_of: %d, lines: line.category == "books"}'


@pytest.mark.parametrize(("every", "off"), [(2, 1_100), (3, 550), (5, 550), (6, 0)])
def test_for_every_full_set_the_cheapest_pieces_are_free(every: int, off: int) -> None:
    assert used(order(), BOOKS % every) == off


def test_part_of_a_piece_is_in_no_set() -> None:
    made = order(("A", "books", 2500, 500), ("B", "books", 900, 90))
    assert used(made, BOOKS % 2) == 200
    assert used(order(("A", "books", 900, 500), ("B", "books", 900, 90)), BOOKS % 2) == 0
