"""Quotes that are promised: what is set aside, for whom, and for how long."""

from typing import Any

import pytest

from setia.language.bodies import BodyProblem, parse_body
from setia.values.card_codes import draw_code
from setia.values.codes import Built
from tests.pure.flow.shop import HEAD, Corner, code, compiled, line

RULES = """
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}, budget: {points: 100, over: trim}}
  mug: {on: purchase.completed, when: purchase.total >= 50.00, give: {reward: mug}}
rewards: {mug: {gives: {product: MUG}, stock: 2}, cup: {costs: {points: 500}, gives: {product: CUP}}}
"""
MINUTE = 1 / 1440


def promise(corner: Corner, euros: int, minute: float = 0, **more: Any) -> Any:
    member = more.pop("member", 0)
    body = {"lines": [line("1", euros * 100)], **more}
    return corner.send(Built.PROMISED.value, body, day=minute * MINUTE, member=member)


def test_a_promise_moves_nothing_and_says_what_it_keeps() -> None:
    corner = Corner(HEAD + RULES)
    made = promise(corner, 60, session="cart", lapses_after=10)
    assert (made.entries, made.house, corner.balance()) == ([], {}, (0, 0, 0, 0))
    assert made.answer["promise"]["reserved"] == {"budget:earn": 60, "stock:mug": 1}
    assert made.answer["promise"]["until"].endswith("00:10:00+00:00")
    assert corner.book.gathered.house["budget:earn"] == 100


def test_without_a_cart_the_promise_names_one_and_lasts_as_long_as_a_hold() -> None:
    corner = Corner(HEAD + RULES)
    made = promise(corner, 60)
    session = made.answer["promise"]["session"]
    assert session == made.activity.id.hex
    assert corner.buy(60, member=1, day=MINUTE).result.earned("points") == 40
    assert corner.buy(60, day=2 * MINUTE, session=session).result.earned("points") == 60
    assert corner.book.gathered.reservations == []


def test_the_same_cart_has_one_promise() -> None:
    corner = Corner(HEAD + RULES)
    promise(corner, 60, session="cart")
    again = promise(corner, 30, 1, session="cart")
    assert again.answer["promise"]["reserved"] == {"budget:earn": 30}
    assert [(kept.account, kept.quantity) for kept in corner.book.gathered.reservations] == [("budget:earn", 30)]
    assert [kept.account for kept in again.freed] == ["stock:mug"]  # the budget's is written over


def test_what_cannot_be_bought_cannot_be_promised() -> None:
    corner = Corner(HEAD + RULES)
    refused = promise(corner, 60, claims=[{"reward": "cup", "quantity": 1}])
    assert code(refused) == "insufficient_balance"
    assert corner.book.gathered.reservations == []


def test_what_only_counts_up_is_not_set_aside() -> None:
    """A pack that is used up goes on, and its partner owes more: nobody else can be left without."""
    partner = """
partners: {fuel: {earns: {points: 0.01}, pack: {points: 20, over: overdraw}}}
rules: {earn: {on: purchase.completed, give: {points: purchase.eligible}}}
"""
    corner = Corner(HEAD + partner)
    made = promise(corner, 50, session="cart", partner="fuel")
    assert made.answer["promise"]["reserved"] == {"pack:fuel": 20}


def test_a_revision_takes_nothing_that_is_promised_to_others() -> None:
    corner = Corner(HEAD + RULES)
    corner.buy(10, key="R")
    promise(corner, 40, member=1, session="cart")
    revised = corner.buy(90, key="R", revision=1, day=MINUTE)
    assert revised.standing is not None
    assert revised.standing.result.earned("points") == 60
    assert corner.buy(40, member=1, day=2 * MINUTE, session="cart").result.earned("points") == 40


@pytest.mark.parametrize(
    ("payload", "pointer"),
    [
        ({"amount": "1.00", "lapses_after": 0}, "/lapses_after"),
        ({"amount": "1.00", "lapses_after": "soon"}, "/lapses_after"),
        ({"lapses_after": 5}, "/lines"),
        ([], ""),
        ({"lines": [{"kind": "gift_card", "amount": "5.00", "gift_cards": ["6011000990139424"]}]}, "/lines"),
        ({"lines": [{"kind": "gift_card", "amount": "5.00", "gift_cards": [draw_code(bytes(16))]}]}, "/lines"),
    ],
)
def test_what_is_no_promise_is_told(payload: Any, pointer: str) -> None:
    cards = "\ngift_cards: {unit: card_money}\n"
    head = HEAD.replace("units:", "units:\n  card_money: {decimals: 2, pays: 1}")
    found = parse_body(compiled(head + cards), Built.PROMISED.value, payload)
    assert isinstance(found, list)
    assert all(isinstance(problem, BodyProblem) for problem in found)
    assert found[0].pointer.startswith(pointer)
