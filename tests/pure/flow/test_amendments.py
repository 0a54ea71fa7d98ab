"""Revisions, returns by SKU, and what comes after them."""

from typing import Any

from setia.values.codes import Built
from tests.pure.flow.shop import EARN, HEAD, Corner, code, line

PAYS = HEAD.replace("{worth: 0.01}", "{worth: 0.01, pays: {worth: 0.01}}") + EARN
STOCKED = (
    PAYS
    + """
rewards:
  off: {costs: {points: 10}, gives: {amount_off: 1.00}, stock: 2}
  vip: {costs: {points: 10}, gives: {amount_off: 1.00}, when: wallet.points >= 5_000}
"""
)


def spending(points: Any) -> dict[str, Any]:
    return {"spend": {"points": points}}


def test_a_revision_pays_with_all_there_is_and_no_more() -> None:
    corner = Corner(PAYS)
    corner.gift(300)
    corner.buy(2, key="sale")
    assert corner.buy(2, key="sale", revision=1, **spending("max")).standing.body["spend"] == {"points": 200}  # type: ignore[union-attr]
    assert corner.balance() == (100, 0, 0, 0)
    assert code(corner.buy(9, key="sale", revision=2, **spending(900))) == "insufficient_balance"
    assert code(corner.buy(9, key="sale", revision=2, **spending(250))) == "accepted"
    assert corner.balance() == (300 - 250 + 6, 0, 0, 0)
    corner.give_back("sale")
    assert corner.balance() == (300, 0, 0, 0)


def test_a_revision_that_pays_with_what_pays_nothing_is_declined() -> None:
    corner = Corner(HEAD + EARN)
    corner.gift(300)
    corner.buy(2, key="sale")
    before = corner.balance()
    assert code(corner.buy(2, key="sale", revision=1, **spending(5))) == "unit_cannot_pay"
    assert corner.balance() == before


def test_a_revision_claims_only_what_is_there() -> None:
    corner = Corner(STOCKED)
    corner.gift(300)
    corner.buy(20, key="sale")
    before = corner.balance()
    for reward, quantity, no in (
        ("off", 3, "out_of_stock"),
        ("vip", 1, "reward_not_eligible"),
        ("x", 1, "reward_unknown"),
    ):
        claims = [{"reward": reward, "quantity": quantity}]
        assert code(corner.buy(20, key="sale", revision=1, claims=claims)) == no
        assert corner.balance() == before
    claims = [{"reward": "off", "quantity": 2}]
    assert code(corner.buy(20, key="sale", revision=1, claims=claims)) == "accepted"
    assert corner.book.gathered.house["stock:off"] == 0
    assert code(corner.buy(20, key="sale", revision=2)) == "accepted"
    assert corner.book.gathered.house["stock:off"] == 2
    assert corner.balance() == before


def test_a_revision_of_an_unknown_or_foreign_sale_changes_nothing() -> None:
    corner = Corner(PAYS)
    corner.buy(20, key="sale")
    assert code(corner.buy(50, key="sale", revision=1, member=1)) == "receipt_of_other_member"
    assert code(corner.buy(50, key="sale", revision=0)) == "duplicate"
    assert corner.balance() == (20, 0, 0, 0)


def test_a_declined_revision_counts_once_and_tries_again_with_another_body() -> None:
    corner = Corner(PAYS)
    corner.buy(2, key="sale")
    first = corner.buy(9, key="sale", revision=1, **spending(500))
    assert code(first) == "insufficient_balance"
    corner.gift(900)  # by now it could be paid; but it was answered
    count = len(corner.book.decisions)
    again = corner.buy(9, key="sale", revision=1, **spending(500))
    assert (again.status, again.of, again.result) == ("duplicate", first.activity.id, first.result)
    assert len(corner.book.decisions) == count
    assert code(corner.buy(30, key="sale", revision=3, **spending(2_000))) == "insufficient_balance"
    assert code(corner.buy(9, key="sale", revision=1, member=1, **spending(500))) == "receipt_of_other_member"
    assert code(corner.buy(9, key="sale", revision=1, **spending(400))) == "accepted"
    again = corner.buy(30, key="sale", revision=3, **spending(2_000))
    assert (again.status, code(again)) == ("duplicate", "insufficient_balance")


def test_a_return_by_sku_takes_from_one_line_after_the_other() -> None:
    corner = Corner(PAYS)
    lines = [line("1", 1000, quantity=2000), line("2", 900, quantity=1000)]
    corner.send(Built.PURCHASE.value, {"lines": lines}, key="sale")
    back = corner.give_back("sale", lines=[{"sku": "TEA", "quantity": 2500}])
    assert back.standing is not None
    assert back.standing.returned == {"1": 2000, "2": 500}
    assert code(corner.give_back("sale", lines=[{"sku": "TEA", "quantity": 1000}])) == "not_on_receipt"
    assert code(corner.give_back("sale", lines=[{"sku": "TEA"}])) == "accepted"
    assert code(corner.give_back("sale")) == "already_returned"
    assert corner.balance() == (0, 0, 0, 0)


def test_more_went_back_than_a_revision_has_left() -> None:
    corner = Corner(PAYS)
    corner.send(Built.PURCHASE.value, {"lines": [line("1", 1000, quantity=3000), line("2", 500)]}, key="sale")
    corner.give_back("sale", lines=[{"id": "1", "quantity": 2000}])
    corner.send(Built.PURCHASE.value, {"lines": [line("1", 400), line("2", 500)]}, key="sale", revision=1)
    assert corner.balance() == (5, 0, 0, 0)
    assert code(corner.give_back("sale", lines=[{"id": "1", "quantity": 1000}])) == "already_returned"


def test_a_return_of_something_that_is_no_sale_is_declined() -> None:
    corner = Corner(PAYS)
    corner.gift(50)
    corner.send(Built.HOLD.value, {"unit": "points", "amount": 5}, key="hold")
    assert code(corner.give_back("hold")) == "not_on_receipt"


def test_today_s_ladder_decides_whatever_version_a_sale_was_made_under() -> None:
    ladder = """
metrics: {spend: {sum: purchase.eligible, over: lifetime}}
tiers:
  by: spend
  levels: {bronze: {from: 0}, gold: {from: START}}
  keep: 12 months
"""
    corner = Corner(PAYS + ladder.replace("START", "300"), PAYS + ladder.replace("START", "500"))
    corner.buy(100, key="old", day=99)
    corner.buy(350, day=101)
    assert corner.member().progress.tier == "bronze"
    corner.give_back("old", day=102)
    assert corner.member().progress.tier == "bronze"
    corner.buy(100, day=99.5, late=4)
    assert corner.member().progress.tier == "bronze"
