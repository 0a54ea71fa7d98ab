"""To what a refund goes: to the cent, never more than was paid, and in the end all of it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setia.rules.tender import MONEY, Policy, Tender, payable_with, split
from tests.pure.language.sample import HEAD, load

POLICIES: list[Policy] = ["ratio", "last_first", "first_first"]
CARD_AND_CASH = [Tender("gift_cards", 6_500, card="c"), Tender(MONEY, 2_500)]


@pytest.mark.parametrize(
    ("policy", "back"), [("ratio", [2_600, 1_000]), ("last_first", [1_100, 2_500]), ("first_first", [3_600, 0])]
)
def test_of_90_paid_65_by_card_36_go_back(policy: Policy, back: list[int]) -> None:
    assert split(CARD_AND_CASH, 3_600, policy) == back


TENDERS = st.lists(st.integers(1, 10_000), min_size=1, max_size=5)


@given(TENDERS, st.lists(st.integers(1, 5_000), min_size=1, max_size=12), st.sampled_from(POLICIES))
def test_parts_of_money_come_to_the_cent(amounts: list[int], refunds: list[int], policy: Policy) -> None:
    tenders = [Tender(f"t{number}", amount) for number, amount in enumerate(amounts)]
    total = sum(amounts)
    gone = [0] * len(amounts)
    for refund in (*refunds, total):
        left = [Tender(t.name, t.steps - back) for t, back in zip(tenders, gone, strict=True)]
        wanted = min(refund, sum(tender.steps for tender in left))
        if not wanted:
            break
        back = split(left, wanted, policy)
        assert sum(back) == wanted
        assert all(0 <= steps <= tender.steps for steps, tender in zip(back, left, strict=True))
        gone = [before + steps for before, steps in zip(gone, back, strict=True)]
    if refund == total:
        assert gone == amounts


@given(st.integers(1, 5_000), st.integers(0, 5_000), st.integers(1, 9_000), st.sampled_from(POLICIES))
def test_units_go_back_in_whole_steps_and_money_makes_up_for_the_rest(
    points: int, cents: int, refund: int, policy: Policy
) -> None:
    tenders = [Tender("points", points, Fraction(7, 3)), *([Tender(MONEY, cents)] if cents else [])]
    worth = sum(tender.worth for tender in tenders)
    back = split(tenders, refund, policy)
    given_back = sum(steps * tender.step for steps, tender in zip(back, tenders, strict=True))
    assert given_back <= max(refund, worth) if refund >= worth else given_back <= refund
    if refund < worth and cents - (back[1] if cents else 0) > 3:
        assert refund - given_back < Fraction(7, 3)


def test_a_refund_of_more_than_was_paid_gives_all_back() -> None:
    assert split(CARD_AND_CASH, 10_000, "ratio") == [6_500, 2_500]


CARDS = """
units: {points: {pays: 10}, credit: {decimals: 2, pays: 1, top_up: allowed}, card_money: {decimals: 2, pays: 1}}
rules: {earn: {on: purchase.completed, give: {points: 1}}}
gift_cards: {unit: card_money, bought_with: %s}
"""


@pytest.mark.parametrize(
    ("bought_with", "tender", "paid", "left"),
    [
        ("money", "points", {}, 3_000),
        ("money", "gift_cards", {"points": 1_000}, 2_000),
        ("money", "gift_cards", {"points": 3_000}, 0),
        ("units", "points", {}, 8_000),  # goods and cards, but no top-up
        ("units", "gift_cards", {"points": 4_000}, 3_000),  # the points have paid for the cards
        ("units", "gift_cards", {"points": 6_000}, 2_000),
        ("units", "points", {"gift_cards": 3_000}, 5_000),
    ],
)
def test_what_is_bought_as_money_is_paid_with_money(
    bought_with: str, tender: str, paid: dict[str, int], left: int
) -> None:
    programme = load(HEAD + CARDS % bought_with)
    body = {
        "lines": [
            {"amount": 3_000},
            {"amount": 5_000, "kind": "gift_card"},
            {"amount": 2_000, "kind": "top_up"},
        ]
    }
    before = {name: Fraction(money) for name, money in paid.items()}
    assert payable_with(programme, body, 10_000, tender, before) == left
