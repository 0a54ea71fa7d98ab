"""Partners: what a lot keeps of its contract, packs and budgets of money, whatever is returned."""

import pytest

from setia.flow.needs import house_accounts, house_initials
from setia.flow.work import Decision
from setia.rules.limit import Usage, pack_left
from setia.values.codes import Account, Built
from setia.values.stakes import NOBODY, Owed, Stake
from tests.pure.flow.shop import Corner, code, version

TEXT = """
programme: corner
title: Corner
currency: EUR
timezone: UTC
units:
  points: {worth: 0.01, pays: 0.01}
  grams: {decimals: 2, worth: 0.003}
partners:
  cafe: {earns: {points: 0.01}, pack: {points: 100, over: overdraw}}
  bank:
    earns: [{points: 0.02, from: 2026-01-02}, {points: 0.03, from: 2026-01-10}]
    burns: [{points: 0.01}, {points: 0.02, grams: 0.1, from: 2026-01-10}]
budgets:
  shared: {money: 1.00, over: trim}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
  gold: {on: purchase.completed, when: 'purchase.channel == "gold"', give: {grams: 7.77}, budget: shared}
  extra: {on: purchase.completed, when: 'purchase.channel == "gold"', give: {points: 10}, budget: shared}
  of-the-bank: {on: member.joined, give: {points: 5}, issuer: bank}
rewards:
  key: {partner: bank, costs: {points: 5}, gives: {experience: A key}}
"""


@pytest.fixture
def corner() -> Corner:
    return Corner(TEXT)


def test_terms_hold_from_their_day(corner: Corner) -> None:
    corner.buy(1, day=0.5, partner="bank")
    assert corner.book.entries(corner.member().id) == []
    corner.buy(1, day=1, partner="bank")
    corner.buy(1, day=9, partner="bank")
    prices = [lot.stake for lot in corner.member().wallet.lots.values()]
    assert prices == [Stake("bank", 20_000), Stake("bank", 30_000)]
    assert code(corner.send(Built.HOLD.value, {"unit": "grams", "amount": 1, "partner": "bank"}, day=8)) == (
        "partner_cannot_burn"
    )
    bank = corner.book.versions[0].programme.partners["bank"]
    assert bank.burning("points", corner.book.versions[0].effective_at) == Stake("bank", 10_000)
    assert corner.book.versions[0].programme.burning("nobody", "points", corner.book.versions[0].effective_at) is None
    cafe = corner.book.versions[0].programme.partners["cafe"]
    assert cafe.burning("points", corner.book.versions[0].effective_at) is None


def test_without_a_partner_the_operator_gives_at_worth(corner: Corner) -> None:
    corner.buy(3)
    (lot,) = corner.member().wallet.lots.values()
    assert lot.stake == Stake("", 10_000)


def test_an_overdrawn_pack_is_two_lots_and_comes_back_the_same(corner: Corner) -> None:
    corner.buy(130, key="S", partner="cafe")
    stakes = [(lot.amount, lot.stake.owed) for lot in corner.member().wallet.lots.values()]
    assert stakes == [(100, Owed.PREPAID), (30, Owed.OVERDRAWN)]
    house = corner.book.gathered.house
    assert (house["pack:cafe"], house["overdrawn:cafe"]) == (0, 30)
    corner.give_back("S", day=1)
    assert (house["pack:cafe"], house["overdrawn:cafe"]) == (100, 0)
    assert corner.member().wallet.balance("points").available == 0


def test_a_pack_gets_back_no_more_than_could_be_taken(corner: Corner) -> None:
    corner.buy(100, key="S", partner="cafe")
    corner.gift(-60)
    corner.give_back("S", day=1)
    assert corner.book.gathered.house["pack:cafe"] == 40


def test_a_budget_of_money_counts_every_unit_at_its_cost(corner: Corner) -> None:
    corner.buy(0, key="S", channel="gold")
    money = corner.book.gathered.house["money:shared"]
    assert money == 1_000_000 - 23_310 - 100_000
    for number in range(20):
        corner.buy(0, key=f"T{number}", channel="gold")
    assert 0 <= corner.book.gathered.house["money:shared"] < 30  # less than the smallest step of gold costs
    corner.give_back("S", day=1)
    assert 123_310 <= corner.book.gathered.house["money:shared"] < 123_340


def test_a_partner_pays_for_what_it_gives_elsewhere(corner: Corner) -> None:
    corner.send(Built.JOINED.value, {"attributes": {}}, day=2)
    (lot,) = corner.member().wallet.lots.values()
    assert lot.stake == Stake("bank", 20_000)


def test_spending_names_the_place_and_its_price(corner: Corner) -> None:
    corner.buy(50)
    claimed = corner.send(Built.CLAIM.value, {"reward": "key", "quantity": 2}, day=2)
    assert [entry.stake for entry in claimed.entries] == [Stake("bank", 10_000)]
    plain = corner.buy(1, day=3, spend={"points": 5})
    assert [entry.stake for entry in plain.entries if entry.credit is Account.REDEEMED] == [NOBODY]


def test_a_hold_is_settled_where_it_was_placed(corner: Corner) -> None:
    corner.buy(50)
    hold = corner.send(Built.HOLD.value, {"unit": "points", "amount": 20, "partner": "bank"}).activity.id.hex
    assert code(corner.send(Built.COMMIT.value, {"hold": hold, "partner": "cafe"})) == "hold_unknown"
    spent = corner.send(Built.COMMIT.value, {"hold": hold})
    assert [entry.stake for entry in spent.entries] == [Stake("bank", 10_000)]


def test_a_revision_moves_a_sale_to_another_partner(corner: Corner) -> None:
    corner.buy(50, key="S", partner="cafe")
    corner.buy(50, key="S", partner="bank", day=2, revision=1)  # rated as of its day, on which the bank gave nothing
    assert corner.member().wallet.balance("points").available == 0
    assert corner.book.gathered.house["pack:cafe"] == 100


def test_the_house_is_locked_for_packs_and_budgets_alone(corner: Corner) -> None:
    found = version(TEXT)
    assert house_initials(found.programme) == {
        "money:shared": 1_000_000, "notice:shared": 1, "pack:cafe": 100, "notice:pack/cafe": 1, "overdrawn:cafe": 0,
    }  # fmt: skip
    at_cafe = corner.book.activity(Built.CLAIM.value, corner.member(), corner.book.versions[0].effective_at,
                                   {"reward": "key", "quantity": 1, "partner": "cafe"})  # fmt: skip
    assert house_accounts([found], [at_cafe]) == {"pack:cafe", "overdrawn:cafe", "notice:pack/cafe"}


def test_what_a_pack_holds_is_never_below_nothing(corner: Corner) -> None:
    cafe = corner.book.versions[0].programme.partners["cafe"]
    assert pack_left(cafe, {"h": {"pack:cafe": 5}}, Usage(house={"pack:cafe": 9})) == 0


EXCHANGES = TEXT.replace(
    "budgets:",
    """exchanges:
  out: {take: {points: 10}, give: {coins: 1}, partner: bank}
  into: {take: {coins: 1}, give: {points: 10}, partner: bank}
  grams-out: {take: {grams: 0.5}, give: {coins: 1}, partner: bank}
  swap:
    take: {points: 10}
    give: {grams: 0.5}
    fee: {points: 1}
    cancel: {within: 3 days}
    limit: {at_most: 50, per: month}
budgets:""",
)


def swap(corner: Corner, exchange: str, amount: int, *, day: float = 0, key: str = "") -> Decision:
    return corner.send(Built.EXCHANGE.value, {"exchange": exchange, "amount": amount}, day=day, key=key)


def undo(corner: Corner, key: str, *, day: float = 0, member: int = 0) -> str:
    body = {"of": {"source": "memory", "external_id": key}}
    return code(corner.send(Built.UNEXCHANGE.value, body, day=day, member=member))


def test_an_exchange_with_a_partner_follows_its_contract_of_that_day() -> None:
    corner = Corner(EXCHANGES)
    corner.buy(100)
    corner.buy(0, channel="gold")
    assert code(swap(corner, "into", 1, day=0.5)) == "partner_cannot_earn"
    assert code(swap(corner, "grams-out", 50, day=0.5)) == "partner_cannot_burn"
    assert code(swap(corner, "into", 2, day=2)) == "accepted"
    assert code(swap(corner, "out", 50, day=2)) == "accepted"
    assert corner.book.gathered.house["sent:out"] == 5
    assert [lot.stake for lot in corner.member().wallet.lots.values()][-1] == Stake("bank", 20_000)


def test_an_exchange_is_undone_once_by_its_member_in_time() -> None:
    corner = Corner(EXCHANGES)
    corner.buy(100, key="sale")
    assert undo(corner, "nothing") == "exchange_unknown"
    assert undo(corner, "sale") == "exchange_unknown"
    assert code(swap(corner, "swap", 50, key="X")) == "accepted"
    assert corner.balance() == (49, 0, 0, 0)
    assert code(swap(corner, "swap", 10, day=1)) == "exchange_limit_reached"
    assert undo(corner, "X", member=1) == "receipt_of_other_member"
    assert code(corner.give_back("X")) == "not_on_receipt"
    assert undo(corner, "X", day=2) == "accepted"
    assert corner.balance() == (100, 0, 0, 0)
    assert corner.balance("grams") == (0, 0, 0, 0)
    assert undo(corner, "X", day=2) == "already_returned"
    assert code(swap(corner, "swap", 50, day=3, key="Y")) == "accepted"
    assert undo(corner, "Y", day=9) == "exchange_not_cancellable"


def test_a_reward_of_a_partner_waits_for_its_contract() -> None:
    corner = Corner(TEXT.replace("burns: [{points: 0.01}, ", "burns: [{points: 0.01, from: 2026-01-03}, "))
    corner.buy(50)
    assert code(corner.send(Built.CLAIM.value, {"reward": "key", "quantity": 1}, day=1)) == "partner_cannot_burn"
    assert code(corner.send(Built.CLAIM.value, {"reward": "key", "quantity": 1}, day=3)) == "accepted"


def test_a_unit_that_is_not_the_programmes_pays_nowhere(corner: Corner) -> None:
    assert code(corner.buy(1, spend={"beans": 1}, partner="cafe")) == "unit_cannot_pay"
