"""Pools that close, and what debt does to moves."""

from setia.flow.explain import Case, explain
from setia.values.codes import Account, Built
from tests.pure.flow.shop import DAY, HEAD, OPENED, Corner

POOLS = (
    HEAD.replace("worth: 0.01", "worth: 0.01, pools: {card: {expires: never, closed: 10 days}, gift: {expires: never}}")
    + """
rules:
  card: {on: purchase.completed, when: purchase.channel == "card", give: {points: purchase.eligible}, pool: card}
  gift: {on: purchase.completed, when: purchase.channel == "gift", give: {points: purchase.eligible}, pool: gift}
refunds: {when_spent: unlimited}
"""
)


def test_a_pool_that_closes_lets_its_units_live_as_long_as_it_grants_however_often_it_closes() -> None:
    corner = Corner(POOLS)
    corner.buy(5, channel="card")
    for day in (1, 2):
        assert corner.send(Built.POOL_CLOSED.value, {"pool": "card"}, day=day).status == "accepted"
    assert corner.member().progress.closed_pools == ["card"]
    (lot,) = corner.member().wallet.open_lots("points")
    assert lot.expires_at == OPENED + 12 * DAY
    corner.tick(13)
    assert corner.balance() == (0, 0, 0, 0)


def test_a_pool_that_grants_its_units_their_time_changes_nothing_when_it_closes() -> None:
    corner = Corner(POOLS)
    corner.buy(5, channel="gift")
    closed = corner.send(Built.POOL_CLOSED.value, {"pool": "gift"}, day=1)
    assert (closed.status, closed.entries) == ("accepted", [])
    assert corner.balance() == (5, 0, 0, 0)


def test_what_a_debt_covers_stays_in_its_pool() -> None:
    corner = Corner(POOLS)
    corner.buy(5, channel="card")
    corner.member().wallet.balance("points").debt = -3
    closed = corner.send(Built.POOL_CLOSED.value, {"pool": "card"}, day=1)
    assert (closed.status, closed.entries) == ("accepted", [])
    assert corner.balance() == (5, 0, 0, -3)


def test_units_that_repay_a_debt_are_explained_without_a_lot() -> None:
    corner = Corner(POOLS)
    corner.buy(5, channel="gift", key="sale")
    corner.send(Built.HOLD.value, {"unit": "points", "amount": 5}, key="hold")
    corner.give_back("sale")
    assert corner.balance() == (0, 0, 5, -5)
    decision = corner.buy(3, channel="gift")
    (entry,) = decision.entries
    assert (entry.credit, entry.lot, entry.amount) == (Account.DEBT, None, 3)
    case = Case(
        corner.book.versions[0], decision.activity, decision.status, decision.facts, decision.result, decision.entries
    )
    text = explain(case).text()
    assert "3 points" in text
    assert "lot" not in text.splitlines()[-1]
