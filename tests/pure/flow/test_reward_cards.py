"""Gift cards that are rewards: issued as they are claimed or given, opened by their owner, taken back."""

from typing import Any

import pytest

from setia.flow.work import MemberWork, Voucher
from setia.state.progress import Progress
from setia.values.card_codes import is_card
from setia.values.codes import Account, Built
from tests.pure.flow.shop import code, line
from tests.pure.flow.test_cards import Shop, card

TEXT = """
programme: corner
title: Corner
currency: EUR
timezone: UTC
units:
  points: {worth: 0.01}
  stamps: {}
  card_money: {decimals: 2, worth: 1, pays: 1, expires: {after: 100 days}}
activities: {review.written: {}}
gift_cards: {unit: card_money, least: 5, most: 100, reload: %s}
rules:
  earn: {on: purchase.completed, give: {points: floor(purchase.eligible), stamps: 1}}
  full: {on: stamps.reached, when: wallet.stamps >= 3, take: {stamps: 3}, give: {reward: ten}}
  monthly: {on: month.ended, give: {reward: ten}}
  thanks: {on: review.written, give: {reward: ten}}
rewards:
  ten: {gives: {gift_card: 10}, stock: 50}
  one: {costs: {points: 10}, gives: {gift_card: 1}, stock: 30}
  pair: {costs: {points: 30}, per: 2, gives: {gift_card: 5}}
games:
  wheel: {kind: wheel, prizes: {card: {weight: 1, give: {reward: ten}}}}
"""


def shop(*, reload: bool = False) -> Shop:
    found = Shop(TEXT % str(reload).lower())
    found.gift(1_000)
    return found


def claim(shop: Shop, reward: str, quantity: int = 1, **more: Any) -> Voucher:
    decision = shop.send(Built.CLAIM.value, {"reward": reward, "quantity": quantity}, **more)
    assert code(decision) == "accepted"
    (voucher,) = decision.vouchers
    return voucher


def wallet(shop: Shop, voucher: Voucher) -> MemberWork:
    assert voucher.card is not None
    return shop.book.gathered.members[voucher.card]


def on_card(shop: Shop, voucher: Voucher) -> int:
    return wallet(shop, voucher).wallet.balance("card_money").available


def open_with(shop: Shop, voucher: Voucher, name: str, **more: Any) -> str:
    assert voucher.card is not None
    return code(shop.of_wallet(voucher.card, Built.CARD_OPENED.value, {"gift_card": card(name)}, **more))


def unclaim(shop: Shop, voucher: Voucher, **more: Any) -> str:
    return code(shop.send(Built.UNCLAIM.value, {"voucher": voucher.no}, **more))


def test_a_claim_issues_a_card_that_the_house_gives() -> None:
    corner = shop()
    voucher = claim(corner, "one", 7)
    assert (voucher.worth, voucher.left, voucher.code, voucher.state) == (700, 700, "", "issued")
    (issued,) = [d for d in corner.book.decisions if is_card(d.activity.member_id)]
    (entry,) = issued.entries
    assert (entry.debit, entry.credit, entry.amount) == (Account.ISSUED, Account.AVAILABLE, 700)
    assert issued.activity.type == "card.issued"
    found = wallet(corner, voucher).progress.card
    assert found == {"last": "", "state": "live", "owner": corner.members[0].id.hex, "reward": "one"}
    assert corner.book.gathered.house["stock:one"] == 23
    assert corner.balance()[0] == 930


@pytest.mark.parametrize(("quantity", "said"), [(4, "card_amount_wrong"), (5, "accepted"), (101, "card_amount_wrong")])
def test_a_card_is_no_smaller_and_no_larger_than_the_programme_lets_it(quantity: int, said: str) -> None:
    corner = Shop((TEXT % "false").replace(", stock: 30", ""))
    corner.gift(10_000)
    assert code(corner.send(Built.CLAIM.value, {"reward": "one", "quantity": quantity})) == said


def test_bounds_that_are_not_said_bound_nothing() -> None:
    corner = Shop((TEXT % "false").replace(", least: 5, most: 100", "").replace(", stock: 30", ""))
    corner.gift(10_000)
    assert on_card(corner, claim(corner, "one", 1)) == 100
    assert on_card(corner, claim(corner, "one", 900)) == 90_000


def test_the_price_is_for_so_many_pieces() -> None:
    corner = shop()
    voucher = claim(corner, "pair", 3)
    assert (on_card(corner, voucher), corner.balance()[0]) == (1_500, 940)


def test_rules_full_cards_games_and_the_clock_give_cards_too() -> None:
    corner = shop()
    corner.send("review.written", {})
    for _ in range(3):
        corner.buy(1)
    corner.send(Built.PLAYED.value, {"game": "wheel"})
    assert corner.tick(40)
    given = [voucher for voucher in corner.member().vouchers.values() if voucher.reward == "ten"]
    assert [on_card(corner, voucher) for voucher in given] == [1_000] * 4
    cards = {voucher.card for voucher in given}
    types = [d.activity.type for d in corner.book.decisions if d.activity.member_id in cards]
    assert types == ["card.issued"] * 4
    told = [item["type"] for d in corner.book.decisions for item in d.answer.get("set_off", ())]
    assert told == ["balance.reached:stamps"]


def test_what_a_limit_put_off_is_given_as_a_card_on_the_next_day() -> None:
    corner = Shop(
        (TEXT % "false").replace(
            "give: {reward: ten}}\n  monthly", "give: {reward: ten}, limit: {times: 1, per: day}}\n  monthly"
        )
    )
    for _ in range(6):
        corner.buy(1)
    cards = [voucher for voucher in corner.member().vouchers.values() if voucher.card is not None]
    assert len(cards) == 1
    corner.tick(2)
    cards = [voucher for voucher in corner.member().vouchers.values() if voucher.card is not None]
    assert [on_card(corner, voucher) for voucher in cards] == [1_000, 1_000]


def test_what_is_on_a_card_ends_with_its_unit() -> None:
    corner = shop()
    voucher = claim(corner, "one", 7)
    assert wallet(corner, voucher).due_at is not None
    corner.tick(101)
    assert on_card(corner, voucher) == 0
    assert unclaim(corner, voucher, day=102) == "voucher_not_cancellable"


def test_a_card_that_is_whole_goes_back_whole() -> None:
    corner = shop()
    voucher = claim(corner, "one", 7)
    assert open_with(corner, voucher, "x") == "accepted"
    assert unclaim(corner, voucher) == "accepted"
    assert (corner.balance()[0], on_card(corner, voucher), voucher.state) == (1_000, 0, "cancelled")
    assert corner.book.gathered.house["stock:one"] == 30
    assert (corner.card("x").progress.card or {})["state"] == "withdrawn"
    assert unclaim(corner, voucher) == "voucher_not_cancellable"
    assert corner.balance()[0] == 1_000
    withdrawn = corner.book.decisions[-2]
    assert [(e.debit, e.credit, e.amount) for e in withdrawn.entries] == [(Account.AVAILABLE, Account.REVERSED, 700)]


def test_a_card_used_in_part_keeps_its_part_of_the_price() -> None:
    corner = shop()
    voucher = claim(corner, "pair", 2)
    open_with(corner, voucher, "x")
    assert code(corner.buy(4, gift_cards=[card("x")])) == "accepted"
    assert unclaim(corner, voucher) == "accepted"
    assert corner.balance()[0] == 970 + 18 + 4
    assert (voucher.state, voucher.worth, voucher.left, on_card(corner, voucher)) == ("used", 400, 0, 0)
    assert (corner.card("x").progress.card or {})["state"] == "live"


def test_money_that_was_put_on_later_stays() -> None:
    corner = shop(reload=True)
    voucher = claim(corner, "one", 7)
    open_with(corner, voucher, "x")
    sold = line("1", 2_000, kind="gift_card", gift_cards=[card("x")])
    assert code(corner.buy(0, key="more", lines=[sold])) == "accepted"
    assert unclaim(corner, voucher) == "accepted"
    assert on_card(corner, voucher) == 2_000
    assert (corner.card("x").progress.card or {})["state"] == "live"


def test_the_owner_opens_a_card_once_and_with_a_fresh_code() -> None:
    corner = shop()
    corner.issue("used", 500)
    first, second = claim(corner, "one", 7), claim(corner, "one", 8)
    assert open_with(corner, first, "used") == "card_already_issued"
    assert open_with(corner, first, "x") == "accepted"
    assert open_with(corner, first, "y") == "card_already_issued"
    assert open_with(corner, second, "y") == "accepted"
    assert code(corner.of_card("x", Built.CARD_BLOCKED.value)) == "accepted"
    assert code(corner.of_card("x", Built.CARD_REPLACED.value, {"gift_card": card("z")})) == "accepted"
    assert (corner.card("z").progress.card or {})["owner"] == corner.members[0].id.hex


def test_a_voucher_that_is_a_card_is_not_revoked() -> None:
    corner = shop()
    voucher = claim(corner, "one", 7)
    revoked = corner.send(Built.REVOKE.value, {"voucher": voucher.no, "reason": "x"})
    assert (code(revoked), on_card(corner, voucher)) == ("voucher_not_cancellable", 700)


def test_a_return_takes_back_the_card_that_a_full_card_gave() -> None:
    corner = shop()
    for number in range(3):
        corner.buy(1, key=f"S-{number}")
    (voucher,) = corner.member().vouchers.values()
    corner.give_back("S-2")
    assert (voucher.state, on_card(corner, voucher)) == ("cancelled", 0)
    assert corner.balance("stamps")[0] == 2


def test_a_wallet_of_a_card_is_nobodys_profile() -> None:
    corner = shop()
    progress = wallet(corner, claim(corner, "one", 7)).progress
    assert isinstance(progress, Progress)
    assert (progress.birthday, progress.tier, progress.badges) == (None, "", {})
