"""A percentage: of what is left, of chosen lines, of the initial amount, at most so much, and exactly all."""

from tests.pure.rules.gives.orders import order, used


def test_a_percentage_is_of_what_earlier_ones_left() -> None:
    made = order()
    assert [used(made, "{percent_off: 10}"), used(made, "{percent_off: 20}")] == [1_670, 3_006]
    assert (made.total, made.eligible) == (12_024, 12_024)


def test_a_percentage_of_the_initial_amount_never_takes_more_than_there_is() -> None:
    made = order(is_initial=True)
    assert [used(made, "{percent_off: 60}") for _ in range(3)] == [10_020, 6_680, 0]
    assert made.total == 0
    lines = order(is_initial=True)
    chairs = '{percent_off: 75, lines: line.category == "chairs"}'
    assert [used(lines, chairs) for _ in range(2)] == [9_000, 3_000]


def test_what_does_not_earn_is_not_lowered() -> None:
    made = order(tip=500)
    assert used(made, "{percent_off: 100}") == 16_700
    assert made.total == 500


def test_chosen_lines_are_lowered_alone_and_to_the_cent() -> None:
    made = order(("A", "a", 1000, 333), ("B", "a", 1000, 333), ("C", "c", 1000, 1_000))
    assert used(made, '{percent_off: 50, lines: line.category == "a"}') == 333
    assert [line["line.amount"] for line in made.spread()] == [167, 166, 1_000]
    assert made.eligible == 1_333


def test_a_cap_and_a_threshold_bound_it() -> None:
    assert used(order(), "{percent_off: 10, at_most: 9.00}") == 900
    assert used(order(), "{percent_off: 10, from: 167.00}") == 1_670
    assert used(order(), "{percent_off: 10, from: 167.01}") == 0
    books = '{percent_off: 10, lines: line.category == "books", from: '
    assert used(order(), books + "47.00}") == 470
    assert used(order(), books + "47.01}") == 0


def test_nothing_is_taken_off_nothing() -> None:
    assert used(order(), '{percent_off: 10, lines: line.category == "tables"}') == 0
