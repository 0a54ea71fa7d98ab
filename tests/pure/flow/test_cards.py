"""Gift cards as the flow decides them: who may do what with a card, and that no cent is made or lost."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setia.flow.again import MemberCheck, differences, run_again
from setia.flow.needs import card_codes, other_members
from setia.flow.work import Decision, MemberWork
from setia.values.activities import Activity, Body
from setia.values.card_codes import card_id, draw_code, is_card, read_code
from setia.values.codes import Account, Built, EventName
from tests.pure.flow.shop import DAY, OPENED, Corner, code, line

TEXT = """
programme: corner
title: Corner
currency: EUR
timezone: UTC
units:
  points: {worth: 0.01, pays: 0.01, transfer: allowed}
  card_money: {decimals: 2, worth: 1, pays: 1, transfer: allowed, expires: {after: 100 days}}
gift_cards: {unit: card_money}
metrics: {spend: {sum: purchase.eligible, over: month}}
tiers: {by: spend, levels: {basic: {from: 0}, gold: {from: 100}}, keep: 1 month}
rules:
  earn: {on: purchase.completed, give: {points: floor(purchase.eligible)}}
  month: {on: month.ended, give: {points: 1}}
  up: {on: tier.changed, give: {points: 5}}
refunds: {tenders: %s}
"""
RATIO = TEXT % "ratio"
PLAIN = TEXT.replace("  month: {on: month.ended, give: {points: 1}}\n  up: {on: tier.changed, give: {points: 5}}\n", "")


def card(name: str) -> dict[str, Any]:
    """The card that a test calls ``name``, as a body names it."""
    digest, last = read_code(draw_code(name.encode() * 16))
    return {"code": digest, "last": last}


def wallet_of(name: str) -> UUID:
    return card_id(card(name)["code"])


class Shop(Corner):
    """A corner shop with cards."""

    def of_card(self, name: str, kind: str, body: Body | None = None, *, day: float = 0) -> Decision:
        """An activity of a card's own wallet."""
        return self.of_wallet(self.book.gathered.cards.get(card(name)["code"], wallet_of(name)), kind, body, day=day)

    def of_wallet(self, wallet: UUID, kind: str, body: Body | None = None, *, day: float = 0) -> Decision:
        at = OPENED + day * DAY
        id_ = self.book.new_id(at)
        activity = Activity(id_, kind, "admin", id_.hex, wallet, at, at, dict(body or {"reason": "x"}))
        return next(decision for decision in self.book.handle(activity) if decision.activity is activity)

    def issue(self, name: str, cents: int, *, day: float = 0) -> Decision:
        body = {"gift_card": card(name), "amount": cents, "reason": "x"}
        return self.of_card(name, Built.CARD_ISSUED.value, body, day=day)

    def sell(self, *names: str, key: str, day: float = 0, **more: Any) -> Decision:
        """Cards of 50.00."""
        sold = line("1", 5_000 * len(names), quantity=1000 * len(names), kind="gift_card",
                    gift_cards=[card(name) for name in names])  # fmt: skip
        return self.buy(0, key=key, day=day, lines=[sold], **more)

    def card(self, name: str) -> MemberWork:
        return self.book.gathered.members[self.book.gathered.cards[card(name)["code"]]]

    def left(self, name: str) -> int:
        return self.card(name).wallet.balance("card_money").available


def test_a_sale_says_which_cards_it_needs() -> None:
    body = {"gift_cards": [card("x")], "lines": [line("1", 5_000, gift_cards=[card("y")])]}
    sale = Activity(UUID(int=1), Built.PURCHASE.value, "t", "1", UUID(int=2), OPENED, OPENED, body)
    assert card_codes(sale) == {card("x")["code"], card("y")["code"]}
    assert other_members(sale) == set()
    named = Activity(UUID(int=3), Built.CARD_ATTACHED.value, "t", "2", UUID(int=2), OPENED, OPENED, {})
    named.body = {"gift_card": {"card": wallet_of("x").hex, "last": "XXXX"}}
    assert other_members(named) == {wallet_of("x")}


def test_a_card_is_no_member_and_a_member_no_card() -> None:
    shop = Shop(RATIO)
    shop.issue("x", 5_000)
    assert code(shop.of_card("x", Built.CLAIM.value, {"reward": "mug", "quantity": 1})) == "card_is_no_member"
    assert code(shop.send(Built.CARD_BLOCKED.value, {"reason": "x"})) == "card_unknown"
    assert code(shop.of_card("x", Built.TRANSFER.value, {"unit": "points", "amount": 1, "to": UUID(int=3).hex})) == (
        "card_is_no_member"
    )
    shop.gift(10)
    body = {"unit": "points", "amount": 1, "to": wallet_of("x").hex}
    assert code(shop.send(Built.TRANSFER.value, body)) == "transfer_not_allowed"


def test_the_clock_passes_cards_by_except_for_what_ends() -> None:
    shop = Shop(RATIO)
    shop.issue("x", 5_000)
    shop.tick(99)
    assert shop.left("x") == 5_000
    shop.tick(150)
    assert shop.left("x") == 0
    own = [d for d in shop.book.decisions if is_card(d.activity.member_id)]
    assert [d.activity.type for d in own] == ["card.issued", "balance.expired"]
    assert (shop.card("x").progress.tier, shop.card("x").due_at) == ("", None)
    assert own[-1].entries[0].credit is Account.EXPIRED


def test_a_new_version_is_nothing_to_a_card() -> None:
    shop = Shop(RATIO, TEXT % "last_first")
    shop.issue("x", 5_000)
    assert shop.tick(120)
    shop.issue("y", 5_000, day=130)
    assert shop.left("y") == 5_000


def test_what_may_be_done_with_a_card_that_is_blocked() -> None:
    shop = Shop(RATIO)
    assert code(shop.of_wallet(shop.book.join(OPENED, member_id=wallet_of("n")).id, Built.CARD_BLOCKED.value)) == (
        "card_unknown"
    )
    shop.issue("x", 5_000)
    held = shop.of_card("x", Built.HOLD.value, {"unit": "card_money", "amount": 1_000})
    assert code(shop.of_card("x", Built.CARD_BLOCKED.value)) == "accepted"
    for kind, body in (
        (Built.HOLD.value, {"unit": "card_money", "amount": 1_000}),
        (Built.COMMIT.value, {"hold": held.activity.id.hex}),
    ):
        assert code(shop.of_card("x", kind, body)) == "card_blocked"
    assert code(shop.of_card("x", Built.RELEASE.value, {"hold": held.activity.id.hex})) == "accepted"
    assert code(shop.send(Built.CARD_ATTACHED.value, {"gift_card": card("x")})) == "card_blocked"
    assert code(shop.buy(10, gift_cards=[card("x")])) == "card_blocked"
    assert shop.left("x") == 5_000


def test_a_blocked_card_that_has_paid_stays_in_a_revision_and_pays_no_more() -> None:
    shop = Shop(RATIO)
    shop.issue("x", 5_000)
    shop.buy(10, key="s", gift_cards=[card("x")])
    shop.of_card("x", Built.CARD_BLOCKED.value)
    assert shop.buy(30, key="s", revision=1, gift_cards=[card("x")]).result.totals["cards"] == 1_000
    more = {**card("x"), "amount": 2_000}
    assert code(shop.buy(30, key="s", revision=2, gift_cards=[more])) == "insufficient_balance"
    assert code(shop.buy(30, key="s", revision=3, gift_cards=[card("unknown")])) == "card_unknown"
    back = shop.give_back("s", day=1)
    assert back.answer["blocked_cards"] == [card("x")["last"]]
    assert shop.left("x") == 5_000


def test_a_code_that_was_replaced_never_opens_anything_again() -> None:
    shop = Shop(RATIO)
    shop.issue("x", 5_000)
    assert code(shop.of_card("x", Built.CARD_REPLACED.value, {"gift_card": card("z")})) == "accepted"
    assert code(shop.sell("x", key="again")) == "card_already_issued"
    assert code(shop.issue("x", 100)) == "card_already_issued"
    assert code(shop.buy(10, gift_cards=[card("x")])) == "card_unknown"
    assert code(shop.of_card("z", Built.CARD_REPLACED.value, {"gift_card": card("z")})) == "card_already_issued"
    assert (shop.left("z"), card("x")["code"] in shop.book.gathered.cards) == (5_000, False)


def test_a_card_whose_sale_was_undone_can_be_sold_again() -> None:
    shop = Shop(RATIO)
    shop.sell("x", key="first")
    shop.give_back("first", day=1)
    assert shop.card("x").progress.card == {"last": card("x")["last"], "state": "withdrawn"}
    assert code(shop.of_card("x", Built.CARD_BLOCKED.value, day=1)) == "card_unknown"
    assert code(shop.sell("x", key="second", day=2)) == "accepted"
    assert shop.left("x") == 5_000


def test_of_two_cards_of_a_line_the_last_goes_back_first() -> None:
    shop = Shop(RATIO)
    shop.sell("x", "y", key="s")
    shop.give_back("s", day=1, lines=[{"id": "1", "quantity": 1000}])
    assert (shop.left("x"), shop.left("y")) == (5_000, 0)


def test_a_card_that_was_used_and_goes_back_is_short_and_stays_while_there_is_money_on_it() -> None:
    shop = Shop(RATIO)
    shop.sell("x", key="s")
    shop.buy(50, key="p", member=1, gift_cards=[card("x")])
    back = shop.give_back("s", day=1)
    assert back.answer["sold_short"] == 5_000
    shop.give_back("p", day=2, member=1)  # money that comes back to a card that was withdrawn stays on it
    assert shop.left("x") == 5_000


def test_a_revision_that_costs_something_else_than_was_shown_is_refused() -> None:
    shop = Shop(RATIO)
    shop.buy(10, key="s")
    assert code(shop.buy(20, key="s", revision=1, expect_total=1_000)) == "quote_changed"
    assert code(shop.sell("x", key="s", revision=2, expect_total=5_000)) == "accepted"


def test_more_comes_from_the_card_when_an_order_is_rated_dearer() -> None:
    shop = Shop(RATIO)
    shop.issue("x", 5_000)
    shop.buy(10, key="s", gift_cards=[card("x")])
    more = shop.buy(15, key="s", revision=1, gift_cards=[card("x")])
    assert [part.activity.type for part in more.beside] == ["card.charged"]
    assert [event.name for event in more.beside[0].events] == [EventName.CARD_CHARGED]
    assert shop.left("x") == 3_500


@pytest.mark.parametrize("policy", ["ratio", "last_first", "first_first"])
@settings(max_examples=25, deadline=None)
@given(
    cards=st.lists(st.integers(1, 4_000), min_size=1, max_size=3),
    points=st.integers(0, 2_000),
    lines=st.lists(st.tuples(st.integers(1, 3_000), st.integers(1, 2)), min_size=1, max_size=3),
    order=st.randoms(use_true_random=False),
    days=st.integers(0, 98),
)
def test_whatever_goes_back_piece_by_piece_all_is_as_before_in_the_end(
    policy: str, cards: list[int], points: int, lines: list[tuple[int, int]], order: Any, days: int
) -> None:
    shop = Shop(PLAIN % policy)
    if points:
        shop.gift(points)
    names = [f"c{number}" for number in range(len(cards))]
    for name, cents in zip(names, cards, strict=True):
        shop.issue(name, cents)
    body = [line(str(n), amount * count, quantity=1000 * count) for n, (amount, count) in enumerate(lines)]
    total = sum(item["amount"] for item in body)
    spend = {"spend": {"points": "max"}} if points else {}
    sale = shop.buy(0, key="s", day=1, lines=body, gift_cards=[card(name) for name in names], **spend)
    charged = sum(part.amount for part in sale.result.cards)
    paid = sale.result.totals.get("paid", 0)
    assert paid + charged + sale.result.totals["payable"] == total
    assert charged == min(total - paid, sum(cards))
    pieces = [item["id"] for item in body for _ in range(item["quantity"] // 1000)]
    order.shuffle(pieces)
    refunded = 0
    for piece in pieces:
        back = shop.give_back("s", day=1 + days, lines=[{"id": piece, "quantity": 1000}])
        assert code(back) == "accepted"
        money = [minor for _, _, minor, _ in back.answer.get("refund", ())]
        assert all(minor >= 0 for minor in money)
        refunded += sum(money)
        version = shop.book.versions[0]
        standing = back.standing
        assert standing is not None
        if not standing.is_void:
            asked = run_again(version, standing.activity, standing.facts)
            assert asked.totals["total"] == total
            again = Activity(standing.activity.id, Built.PURCHASE.value, "memory", "s", standing.activity.member_id,
                             standing.activity.occurred_at, OPENED, standing.body)  # fmt: skip
            assert differences(standing.result, run_again(version, again, standing.facts)) == []
    assert [shop.left(name) for name in names] == cards
    assert shop.balance()[0] == points
    assert abs(refunded - total) <= (len(pieces) if points else 0)
    for member in shop.book.gathered.members.values():
        assert MemberCheck(shop.book.versions[0].programme).check(shop.book.entries(member.id)) == []
