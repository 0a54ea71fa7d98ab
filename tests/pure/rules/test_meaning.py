"""What the rarer words of a programme mean, each by a life in which it matters."""

import dataclasses
import datetime as dt
from typing import Any

from setia.language.model import FieldKind
from setia.rules.fold import KEPT_DAYS, prune
from setia.rules.rulebook import rulebook, scale_of
from setia.values.codes import Built
from tests.pure.flow.shop import HEAD, Corner, code, compiled, line

UNITS = """
programme: corner
title: Corner
currency: EUR
timezone: UTC
units:
  points: {worth: 0.01, pays: {worth: 0.01}}
  stamps: {}
"""


def test_a_streak_looks_back_on_ended_periods_and_days_are_counted_once() -> None:
    corner = Corner(
        UNITS
        + """
metrics:
  visits: {days: purchase.completed, over: calendar_month}
  ever: {days: purchase.completed, over: lifetime}
rules:
  loyal: {on: month.ended, when: streak(visits >= 2) >= 2, give: {points: 50}}
  buy: {on: purchase.completed, when: streak(visits >= 2) >= 1 && ever >= 4, give: {stamps: 1}}
"""
    )
    for day in (1, 1.2, 5, 33, 40):
        corner.buy(1, day=day)
    assert corner.balance() == (0, 0, 0, 0)
    corner.buy(1, day=60)
    assert corner.balance() == (50, 0, 0, 0)
    assert corner.balance("stamps") == (1, 0, 0, 0)


def test_members_are_known_by_what_they_told_of_themselves() -> None:
    corner = Corner(
        UNITS
        + """
members: {fields: {city: text, since: date}}
activities:
  review.written: {fields: {seen_on: date}}
  purchase.completed: {fields: {fare: money}, lines: {weight: number}}
rules:
  near: {on: review.written, when: 'member.city == "Bogor" && member.since < review.seen_on', give: {points: 1}}
  old: {on: review.written, when: member.tenure_months >= 2 && member.tenure_days >= 60, give: {points: 10}}
  fare: {on: purchase.completed, when: has(purchase.fare), give: {points: purchase.fare}}
  heavy: {on: purchase.completed, lines: line.weight * purchase.quantity > 2.5, give: {stamps: lines.count}}
"""
    )
    corner.send(Built.UPDATED.value, {"attributes": {"city": "Bogor", "since": "2026-01-02"}})
    corner.send("review.written", {"seen_on": "2026-01-03"}, day=2)
    assert corner.balance() == (1, 0, 0, 0)
    corner.send("review.written", {"seen_on": "2026-01-01"}, day=70)
    assert corner.balance() == (11, 0, 0, 0)
    lines = [line("1", 100, weight=2_000_000), line("2", 100, weight=1_000_000)]
    corner.send(Built.PURCHASE.value, {"lines": lines, "fare": 700}, day=71)
    assert corner.balance() == (18, 0, 0, 0)
    assert corner.balance("stamps") == (1, 0, 0, 0)


REWARDS = """
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
rewards:
  tea: {costs: {points: 1}, gives: {product: TEA}}
  cake: {costs: {points: 1}, gives: {product_where: line.category == "cake"}}
  tenth: {costs: {points: 1}, gives: {percent_off: 10, at_most: 2.00}}
  off: {costs: {points: 1}, gives: {amount_off: 3.00}, limit: {times: 2, per: month}}
  ship: {costs: {points: 1}, gives: {delivery: free}}
"""


def bought(claim: str, *lines: dict[str, Any], quantity: int = 1) -> Any:
    corner = Corner(UNITS + REWARDS)
    corner.gift(5)
    claims = [{"reward": claim, "quantity": quantity}]
    return corner.send(Built.PURCHASE.value, {"lines": list(lines), "claims": claims}).result


def test_each_kind_of_reward_takes_off_what_it_says() -> None:
    tea, cake = line("1", 1500, quantity=3000), line("2", 400, category="cake", sku="CAKE")
    assert bought("tea", tea, cake).totals["total"] == 1400
    assert bought("cake", tea, cake).totals["total"] == 1500
    assert bought("cake", tea).totals["total"] == 1500
    assert bought("tea", line("1", 100, quantity=500)).totals["total"] == 100
    assert bought("tenth", tea).totals["total"] == 1350
    assert bought("tenth", line("1", 9000)).totals["total"] == 8800
    assert bought("off", line("1", 200)).totals["total"] == 0
    assert bought("ship", tea).delivery == (True, "standard")


def test_the_cheaper_of_two_pieces_is_the_free_one() -> None:
    cheap, dear = line("1", 300), line("2", 500)
    assert bought("tea", dear, cheap).totals["total"] == 500
    assert bought("tea", cheap, dear, quantity=3).totals["total"] == 0


def test_the_use_of_a_reward_is_counted_in_its_period() -> None:
    corner = Corner(UNITS + REWARDS)
    corner.gift(9)
    claim = {"reward": "off", "quantity": 2}
    assert code(corner.send(Built.CLAIM.value, claim, day=2)) == "accepted"
    assert code(corner.send(Built.CLAIM.value, {**claim, "quantity": 1}, day=3)) == "reward_limit_reached"
    assert code(corner.send(Built.CLAIM.value, claim, day=35)) == "accepted"


def test_a_card_that_the_order_fills_is_used_inside_it() -> None:
    corner = Corner(
        UNITS
        + """
rules:
  stamp: {on: purchase.completed, lines: 'line.category == "tea"', give: {stamps: lines.quantity}}
  card: {on: stamps.reached, when: wallet.stamps >= 3, in_order: true, take: {stamps: 3}, give: {reward: cup}}
rewards: {cup: {gives: {product_where: line.category == "tea"}, stock: 5}}
"""
    )
    decision = corner.send(Built.PURCHASE.value, {"lines": [line("1", 1000, quantity=4000)]})
    assert decision.result.totals["total"] == 750
    assert corner.balance("stamps") == (0, 0, 0, 0)
    assert corner.book.gathered.house["stock:cup"] == 4


def test_memories_that_nothing_can_reach_any_more_are_forgotten() -> None:
    programme = compiled(
        HEAD
        + """
metrics:
  weekly: {sum: purchase.eligible, over: calendar_week}
  daily: {sum: purchase.eligible, over: calendar_day}
  rolling: {sum: purchase.eligible, over: 30 days}
  life: {sum: purchase.eligible, over: lifetime}
rules: {earn: {on: purchase.completed, give: {points: weekly + daily + rolling + life}}}
"""
    )
    corner = Corner(HEAD + "rules: {earn: {on: purchase.completed, give: {points: 1}}}")
    progress = corner.member().progress
    today = dt.date(2030, 1, 1)
    old, new = today.toordinal() - KEPT_DAYS - 1, today.toordinal()
    for name in ("weekly", "daily", "rolling", "life", "gone"):
        progress.metrics[name] = {old: 1, new: 2}
    progress.limits["earn:0"] = {0: 1, old: 1, new: 2}
    prune(programme, progress, today)
    assert {name for name, buckets in progress.metrics.items() if old in buckets} == {"weekly", "life", "gone"}
    assert progress.limits["earn:0"] == {0: 1, new: 2}


def test_fields_are_kept_in_the_steps_of_their_kind() -> None:
    assert [scale_of(kind, 2) for kind in (FieldKind.MONEY, FieldKind.NUMBER, FieldKind.INTEGER)] == [100, 10**6, 1]


def test_a_metric_stands_before_the_activity_and_for_what_it_sets_off_after_it() -> None:
    corner = Corner(
        UNITS
        + """
metrics: {spend: {sum: purchase.eligible, over: lifetime}}
tiers: {by: spend, levels: {bronze: {from: 0}, gold: {from: 100}}, keep: while_reached}
rules:
  spent: {on: purchase.completed, give: {points: spend}}
  up: {on: tier.changed, give: {stamps: spend}}
"""
    )
    corner.buy(60)
    assert (corner.balance()[0], corner.balance("stamps")[0]) == (0, 0)
    corner.buy(70)
    assert (corner.balance()[0], corner.balance("stamps")[0]) == (60, 130)


def test_a_late_activity_counts_for_its_own_day() -> None:
    corner = Corner(
        HEAD
        + """
metrics: {spend: {sum: purchase.eligible, over: calendar_month}}
rules: {more: {on: purchase.completed, when: spend >= 100, give: {points: 7}}}
"""
    )
    corner.buy(100, day=40)
    corner.buy(1, day=20, late=25)
    assert corner.balance() == (0, 0, 0, 0)
    corner.buy(1, day=46)
    assert corner.balance() == (7, 0, 0, 0)


def test_a_rule_may_look_at_all_lines_and_at_fields_that_some_have() -> None:
    corner = Corner(
        UNITS
        + """
activities: {purchase.completed: {fields: {weather: text, fare: money}, lines: {sweetness: number}}}
rules:
  tea: {on: purchase.completed, when: 'purchase.lines.exists(l, l.sku == "TEA")', give: {points: 1}}
  rain: {on: purchase.completed, when: 'has(purchase.weather) && purchase.weather == "rain"', give: {points: 10}}
  sweet: {on: purchase.completed, lines: has(line.sweetness) && line.sweetness > 3, give: {stamps: lines.count}}
"""
    )
    lines = [line("1", 100, sweetness=4_000_000), line("2", 100), line("3", 100, sweetness=2_000_000)]
    corner.send(Built.PURCHASE.value, {"lines": lines, "fare": 5})
    assert (corner.balance()[0], corner.balance("stamps")[0]) == (1, 1)
    corner.send(Built.PURCHASE.value, {"lines": [{**line("1", 100), "sku": "CUP"}], "weather": "rain"})
    assert (corner.balance()[0], corner.balance("stamps")[0]) == (11, 1)


def test_the_hour_of_a_sale_is_known_without_knowing_the_member() -> None:
    corner = Corner(UNITS + "rules: {early: {on: purchase.completed, when: purchase.local_time.hour < 9, "
                            "give: {points: 1}}}")  # fmt: skip
    corner.buy(1, day=0.25)
    corner.buy(1, day=0.5)
    assert corner.balance()[0] == 1


METRICS = """
activities: {review.written: {fields: {stars: integer, of: integer}}}
metrics:
  large: {count: purchase.completed, when: purchase.total >= 20, over: lifetime}
  spend: {sum: purchase.eligible, over: lifetime}
  rated: {sum: review.stars / review.of, on: review.written, over: lifetime}
rules:
  all: {on: purchase.completed, when: large >= 1 && spend >= 20 && rated >= 0, give: {points: 1}}
"""


def test_a_metric_counts_what_its_condition_holds_for_and_what_can_be_computed() -> None:
    corner = Corner(UNITS + METRICS)
    corner.buy(5)
    assert corner.member().progress.metrics["spend"] == {0: 500}
    assert "large" not in corner.member().progress.metrics
    corner.buy(30)
    assert corner.member().progress.metrics["large"] == {0: 1}
    for body in ({"stars": 4}, {"stars": 4, "of": 0}, {"stars": 4, "of": 2}):
        assert corner.send("review.written", body).status == "accepted"
    assert corner.member().progress.metrics["rated"] == {0: 2_000_000}  # six decimals


def test_an_order_that_costs_nothing_counts_nothing_and_leaves_nothing_to_take_off() -> None:
    corner = Corner(UNITS + METRICS + "rewards: {off: {costs: {stamps: 1}, gives: {amount_off: 2.00}}}")
    corner.gift(1, unit="stamps")
    free = corner.buy(5, discounts=[{"amount": 500, "code": "X"}], claims=[{"reward": "off", "quantity": 1}])
    assert (free.status, free.result.totals["total"], free.result.discounts) == ("accepted", 0, [])
    assert corner.member().progress.metrics == {}


def test_a_gift_that_is_out_of_stock_is_given_to_nobody() -> None:
    corner = Corner(UNITS + "rules: {gift: {on: purchase.completed, give: {reward: cup}}}\n"
                            "rewards: {cup: {gives: {experience: A cup}, stock: 1}}")  # fmt: skip
    assert [issue.reward for issue in corner.buy(1).result.issues] == ["cup"]
    assert corner.buy(1, member=1).result.issues == []
    assert (len(corner.member(0).vouchers), len(corner.member(1).vouchers)) == (1, 0)


def test_a_fraction_that_waits_concerns_only_what_gives_its_unit() -> None:
    text = UNITS.replace("stamps: {}", "stamps: {rounding: {mode: floor, carry: true}}") + """
activities: {review.written: {}}
rules:
  stamp: {on: purchase.completed, give: {stamps: purchase.eligible / 10}}
  review: {on: review.written, give: {points: 1}}
"""  # fmt: skip
    corner = Corner(text)
    corner.buy(6)
    assert corner.send("review.written", {}).facts == {}
    assert "c" in corner.buy(6).facts
    assert (corner.balance()[0], corner.balance("stamps")[0]) == (1, 1)


def test_a_rule_that_takes_less_than_a_step_takes_nothing() -> None:
    corner = Corner(UNITS + "rules: {fee: {on: purchase.completed, take: {points: purchase.total / 10}, "
                            "give: {stamps: 1}}}")  # fmt: skip
    corner.gift(5)
    assert corner.buy(9).entries[0].unit == "stamps"
    assert corner.balance() == (5, 0, 0, 0)
    corner.buy(20)
    assert corner.balance() == (3, 0, 0, 0)


def test_rulebooks_of_many_programmes_do_not_pile_up() -> None:
    programme = compiled(HEAD + "rules: {earn: {on: purchase.completed, give: {points: 1}}}")
    first = rulebook(programme)
    assert rulebook(programme) is first
    for number in range(300):
        rulebook(dataclasses.replace(programme, digest=str(number)))
    again = rulebook(programme)
    assert again is not first
    assert again.plan(Built.PURCHASE.value) == first.plan(Built.PURCHASE.value)


EARNING = (
    UNITS
    + """
activities: {purchase.completed: {lines: {organic: boolean, weight: number}}}
purchases: {eligible: "CONDITION"}
rules: {earn: {on: purchase.completed, give: {points: purchase.eligible}}}
"""
)


def test_which_lines_earn_may_hang_on_what_they_are_and_on_what_they_cost() -> None:
    lines = [line("1", 300, organic=True), line("2", 900, organic=False), {**line("3", 2000), "sku": "CUP"}]
    for condition, earned in (
        ("line.sku != 'CUP'", 12),
        ("has(line.organic) && line.organic", 3),
        ("line.amount >= 9", 29),
        ("!has(line.weight) || line.weight > 2", 32),
    ):
        corner = Corner(EARNING.replace("CONDITION", condition))
        for times in (1, 2):
            corner.send(Built.PURCHASE.value, {"lines": lines})
            assert corner.balance()[0] == earned * times, condition


def test_however_many_things_a_shop_sells_each_earns_as_it_should() -> None:
    corner = Corner(UNITS + "purchases: {eligible: line.sku != 'T7'}\n"
                            "rules: {earn: {on: purchase.completed, give: {points: purchase.eligible}}}")  # fmt: skip
    lines = [{**line(str(number), 100), "sku": f"T{number}"} for number in range(10_500)]
    corner.send(Built.PURCHASE.value, {"lines": [*lines, lines[7], lines[8]]})
    assert corner.balance()[0] == 10_500
