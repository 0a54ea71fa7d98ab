"""What the rarer words of a programme mean, each by a life in which it matters."""

import datetime as dt
from typing import Any

from setia.language.model import FieldKind
from setia.rules.fold import KEPT_DAYS, prune
from setia.rules.rulebook import scale_of
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
