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


REWARDS = """
rewards:
  off: {costs: {points: 10}, gives: {amount_off: 1.00}}
  cup: {costs: {points: 10}, gives: {product: CUP}}
"""


def test_what_is_left_of_a_discounted_line_keeps_its_share_of_the_discount() -> None:
    corner = Corner(PAYS)
    corner.send(Built.PURCHASE.value, {"lines": [line("1", 900, quantity=3000, discount=300)]}, key="sale")
    back = corner.give_back("sale", lines=[{"id": "1", "quantity": 1000}])
    assert back.standing is not None
    (left,) = back.standing.body["lines"]
    assert (left["amount"], left["discount"]) == (600, 200)
    assert corner.balance() == (4, 0, 0, 0)


def test_only_what_went_back_is_not_claimed_any_more() -> None:
    corner = Corner(PAYS + REWARDS)
    corner.gift(100)
    lines = [line("1", 1500), line("2", 1500), {**line("3", 100), "sku": "CUP"}]
    claims = [{"reward": "off", "quantity": 1}, {"reward": "cup", "quantity": 1}]
    corner.send(Built.PURCHASE.value, {"lines": lines, "claims": claims}, key="sale")
    assert corner.balance() == (100 - 20 + 29, 0, 0, 0)
    back = corner.give_back("sale", lines=[{"sku": "CUP"}])
    assert back.standing is not None
    assert back.standing.body["claims"] == [{"reward": "off", "quantity": 1}]
    assert back.answer["restored"] == {"points": 10}
    corner.give_back("sale")
    assert corner.balance() == (100, 0, 0, 0)


FEE = PAYS.replace(
    "rules:", "rules:\n  fee: {on: purchase.completed, when: purchase.total < 20, take: {points: 8}}"
)  # fmt: skip


def test_what_a_rule_takes_from_the_rest_of_an_order_is_taken_as_far_as_it_is_there() -> None:
    for left, taken, unpaid in ((100, 8, None), (5, 5, {"points": 3}), (0, 0, {"points": 8})):
        corner = Corner(FEE + "refunds: {when_spent: only_pending}")
        corner.gift(100)
        corner.send(Built.PURCHASE.value, {"lines": [line("1", 1000), line("2", 1000)]}, key="sale")
        corner.gift(left - 120)
        back = corner.give_back("sale", lines=[{"id": "1"}])
        assert back.answer.get("unpaid") == unpaid
        assert corner.balance() == (left - taken, 0, 0, 0)
        assert corner.give_back("sale").answer.get("restored") == ({"points": taken} if taken else None)


BUDGET = (
    HEAD
    + """
rules:
  promo: {on: purchase.completed, give: {points: purchase.eligible}, budget: {points: 20}}
rewards:
  off: {costs: {points: 1}, gives: {amount_off: 1.00}, stock: 2}
"""
)


def test_a_revision_draws_no_more_on_a_budget_than_others_left() -> None:
    corner = Corner(BUDGET)
    house = corner.book.gathered.house
    corner.buy(7, key="sale")
    corner.buy(10, member=1)
    assert code(corner.buy(9, key="sale", revision=1)) == "accepted"
    assert (corner.balance()[0], house["budget:promo"]) == (9, 1)
    assert code(corner.buy(15, key="sale", revision=2)) == "accepted"
    assert (corner.balance()[0], house["budget:promo"]) == (10, 0)
    corner.give_back("sale")
    assert (corner.balance()[0], house["budget:promo"]) == (0, 10)


def test_a_revision_claims_no_more_of_a_stock_than_others_left() -> None:
    corner = Corner(BUDGET)
    house = corner.book.gathered.house
    corner.gift(10)
    corner.gift(10, member=1)
    claims = [{"reward": "off", "quantity": 1}]
    corner.buy(7, key="sale", claims=claims)
    corner.buy(7, claims=claims, member=1)
    assert house["stock:off"] == 0
    two = [{"reward": "off", "quantity": 2}]
    assert code(corner.buy(7, key="sale", revision=1, claims=two)) == "out_of_stock"
    assert code(corner.buy(8, key="sale", revision=1, claims=claims)) == "accepted"
    assert code(corner.buy(8, key="sale", revision=2)) == "accepted"
    assert house["stock:off"] == 1


SWITCH = BUDGET.replace("rules:", """groups: {one: {pick: first}}
rules:
  large: {on: purchase.completed, when: purchase.total >= 20, give: {points: 1}, group: one}""").replace(
    "promo: {", "promo: {group: one, "
)  # fmt: skip


def test_a_return_that_turns_to_a_budget_draws_no_more_than_others_left() -> None:
    corner = Corner(SWITCH)
    corner.send(Built.PURCHASE.value, {"lines": [line("1", 1500), line("2", 1500)]}, key="sale")
    corner.buy(8, member=1)
    assert (corner.balance()[0], corner.book.gathered.house["budget:promo"]) == (1, 12)
    corner.give_back("sale", lines=[{"id": "1"}])
    assert (corner.balance()[0], corner.book.gathered.house["budget:promo"]) == (12, 0)


def test_a_budget_gets_back_what_was_drawn_on_it_whatever_could_not_be_taken_back() -> None:
    corner = Corner(SWITCH.replace("points: 1}, group", "points: 10}, group"))
    house = corner.book.gathered.house
    corner.send(Built.PURCHASE.value, {"lines": [line("1", 1500), line("2", 1500)]}, key="sale")
    corner.gift(-10)
    corner.give_back("sale", lines=[{"id": "1"}])
    assert house["budget:promo"] == 5
    corner.give_back("sale")
    assert (corner.balance()[0], house["budget:promo"]) == (0, 20)


def test_a_share_of_an_order_goes_back_in_every_unit() -> None:
    two = HEAD + "  stars: {}\nrules: {earn: {on: purchase.completed, give: {points: 10, stars: 4}}}\n"
    corner = Corner(two + "refunds: {method: proportional}")
    corner.send(Built.PURCHASE.value, {"lines": [line("1", 500), line("2", 1500)]}, key="sale")
    corner.give_back("sale", lines=[{"id": "1"}])
    assert (corner.balance()[0], corner.balance("stars")[0]) == (8, 3)


LEVELS = """
metrics: {spend: {sum: purchase.eligible, over: lifetime}}
tiers:
  by: BY
  levels: {bronze: {from: 0, rate: 1}, gold: {from: 100, rate: 2}}
  keep: KEEP
late: {re_rate: 1 month}
"""
RATED = (
    HEAD.replace("worth: 0.01", "worth: 0.01, pending: 5 days")
    + """
rules: {earn: {on: purchase.completed, give: {points: purchase.eligible * tier.rate}}}
"""
)


def test_what_a_re_rated_sale_earns_more_does_not_wait_when_its_wait_is_over() -> None:
    corner = Corner(RATED + LEVELS.replace("BY", "spend").replace("KEEP", "12 months"))
    corner.buy(10, day=2)
    corner.buy(20, day=9)
    assert corner.balance() == (10, 20, 0, 0)
    corner.buy(100, day=1, late=9)
    assert corner.member().progress.tier == "gold"
    assert corner.balance() == (100 + 20, 40, 0, 0)


def test_a_reward_of_the_level_of_its_time_stays_in_a_re_rated_sale() -> None:
    reward = "rewards: {off: {costs: {points: 1}, gives: {amount_off: 1.00}, when: tier.rank == 0}}\n"
    corner = Corner(RATED + LEVELS.replace("BY", "spend").replace("KEEP", "12 months") + reward)
    corner.gift(1)
    corner.buy(11, day=2, claims=[{"reward": "off", "quantity": 1}])
    corner.buy(100, day=1, late=1.5)
    assert corner.member().progress.tier == "gold"
    assert corner.balance() == (0, 110, 0, 0)


def test_levels_by_balance_re_rate_nothing() -> None:
    corner = Corner(RATED.replace(", pending: 5 days", "") + LEVELS.replace("BY", "balance.points").replace(
        "metrics: {spend: {sum: purchase.eligible, over: lifetime}}", "").replace("KEEP", "while_reached"))  # fmt: skip
    corner.buy(10, day=2)
    assert corner.buy(100, day=1, late=9).status == "accepted"
    assert corner.member().progress.tier == "gold"
    assert corner.balance() == (110, 0, 0, 0)


GIFTS = """
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
  gift: {on: purchase.completed, when: purchase.total >= 50, give: {reward: cup}}
  level: {on: tier.changed, when: change.is_up, give: {reward: cup, points: 30}, budget: {points: 40}}
metrics: {spend: {sum: purchase.eligible, over: lifetime}}
tiers: {by: spend, levels: {bronze: {from: 0}, gold: {from: 100}}, keep: while_reached}
rewards: {cup: {gives: {experience: A cup}}}
"""


def test_a_voucher_that_was_used_is_kept_and_told() -> None:
    corner = Corner(HEAD + GIFTS)
    corner.buy(60, key="sale")
    (voucher,) = corner.member().vouchers.values()
    voucher.state = "used"
    assert corner.give_back("sale").answer["kept"] == ["cup"]
    assert voucher.state == "used"


def test_what_a_level_gave_goes_back_with_it_but_for_what_was_used() -> None:
    corner = Corner(HEAD + GIFTS)
    house = corner.book.gathered.house
    corner.buy(100, key="sale")
    given, level = corner.member().vouchers.values()
    assert (house["budget:level"], corner.balance()[0]) == (10, 130)
    level.state = "used"
    assert corner.give_back("sale").answer["kept"] == ["cup"]
    assert (given.state, level.state) == ("cancelled", "used")
    assert (house["budget:level"], corner.balance()[0]) == (40, 0)


def test_a_return_of_a_sale_that_was_declined_to_another_is_not_theirs() -> None:
    corner = Corner(STOCKED)
    assert code(corner.buy(5, key="sale", claims=[{"reward": "x", "quantity": 1}])) == "reward_unknown"
    assert code(corner.give_back("sale", member=1)) == "receipt_of_other_member"


def test_a_voucher_that_a_rule_gave_cannot_be_cancelled() -> None:
    corner = Corner(HEAD + GIFTS)
    corner.buy(60, key="sale")
    (given,) = corner.member().vouchers
    assert code(corner.send(Built.UNCLAIM.value, {"voucher": given})) == "voucher_not_cancellable"


def test_a_claim_by_itself_is_no_receipt() -> None:
    corner = Corner(STOCKED.replace("amount_off: 1.00}, stock", "experience: A seat}, stock"))
    corner.gift(10)
    corner.send(Built.CLAIM.value, {"reward": "off", "quantity": 1}, key="claim")
    assert code(corner.give_back("claim")) == "not_on_receipt"
