"""The programmes of the simulated shop: as the engine reads them, and as the auditor knows them."""

import datetime as dt
from typing import Any

Known = dict[str, Any]
OPENED = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)

_HEAD = """
programme: {name}
title: The Shop
currency: IDR
timezone: Asia/Jakarta
purchases: {{eligible: 'line.category != "FUEL"'}}
late: {{accept: {accept} days}}
holds: {{lapse_after: 3 days}}
refunds: {{when_spent: {when_spent}, within: 60 days}}
units:
  points: {{worth: 10, {unit}}}
rewards:
  cup: {{costs: {{points: {cup}}}, gives: {{experience: A cup}}, stock: {stock}}}
  off: {{costs: {{points: 40}}, gives: {{amount_off: 5_000}}}}
"""

_PLAIN_RULES = """
rules:
  earn: {{on: purchase.completed, give: {{points: 'purchase.eligible / {per}'}}}}
  code: {{on: purchase.completed, when: '"HELLO" in purchase.codes', give: {{points: 25}}}}
  app: {{on: purchase.completed, when: 'purchase.channel == "app"', give: {{points: 5}}}}
"""

_TIER_RULES = """
metrics: {{year_spend: {{sum: purchase.eligible, over: 12 months}}}}
tiers:
  by: year_spend
  levels:
    bronze: {{from: 0, rate: 1}}
    silver: {{from: {silver}, rate: 1.5, discount: 5 %}}
    gold: {{from: 3_000_000, rate: 3, discount: 10 %}}
  keep: 4 months
  drop: {{by: one_level, grace: 7 days, notice: 30 days}}
rules:
  earn: {{on: purchase.completed, give: {{points: 'purchase.eligible / {per} * tier.rate'}}}}
  code: {{on: purchase.completed, when: '"HELLO" in purchase.codes', give: {{points: 25}}}}
  app: {{on: purchase.completed, when: 'purchase.channel == "app"', give: {{points: 5}}}}
"""

_TIGHT_RULES = """
rules:
  earn:
    on: purchase.completed
    give: {{points: 'purchase.eligible / {per}'}}
    limit: {{points: 200, per: day, over: trim}}
  code:
    on: purchase.completed
    when: '"HELLO" in purchase.codes'
    give: {{points: 25}}
    limit: {{times: 1, per: week}}
  app:
    on: purchase.completed
    when: 'purchase.channel == "app"'
    give: {{points: 15}}
    budget: {{points: 200, over: trim}}
"""

COMMON: Known = {
    "per": 100_000, "cup": 60, "stock": 8, "worth": 0, "pending": 0, "expires": 0, "tiers": [], "day_limit": None,
    "week_times": None, "at_most": None, "budget": None, "when_spent": "within_balance", "app": 5, "transfer": False,
    "accept": 90, "within": 60,
}  # fmt: skip


def _plain(per: int) -> tuple[str, Known]:
    unit = "pays: {worth: 10}, transfer: allowed"
    head = _HEAD.format(name="plain", accept=90, when_spent="within_balance", unit=unit, cup=60, stock=8)
    known = {**COMMON, "per": per * 100, "worth": 1_000, "transfer": True}
    return head + _PLAIN_RULES.format(per=per), known


def _tiers(per: int, silver: int) -> tuple[str, Known]:
    unit = "pending: {for: 14 days}, expires: {after: 3 months, from: earned, until: end_of_month}"
    head = _HEAD.format(name="tiers", accept=90, when_spent="within_balance", unit=unit, cup=60, stock=8)
    levels = [("bronze", 0, (1, 1), 0), ("silver", silver * 100, (3, 2), 5), ("gold", 300_000_000, (3, 1), 10)]
    known = {**COMMON, "per": per * 100, "pending": 14, "expires": 3, "tiers": levels}
    return head + _TIER_RULES.format(per=per, silver=silver), known


def _tight(per: int) -> tuple[str, Known]:
    unit = "at_most: 700"
    head = _HEAD.format(name="tight", accept=30, when_spent="unlimited", unit=unit, cup=90, stock=5)
    known = {
        **COMMON, "per": per * 100, "day_limit": 200, "week_times": 1, "at_most": 700, "budget": 200, "app": 15,
        "when_spent": "unlimited", "cup": 90, "stock": 5, "accept": 30,
    }  # fmt: skip
    return head + _TIGHT_RULES.format(per=per), known


CHANGED = dt.datetime(2025, 5, 14, 17, tzinfo=dt.UTC)  # a midnight in Jakarta
SHOPS: dict[str, list[tuple[dt.datetime, str, Known]]] = {
    "plain": [(OPENED, *_plain(1_000)), (CHANGED, *_plain(700))],
    "tiers": [(OPENED, *_tiers(1_000, 800_000)), (CHANGED, *_tiers(900, 1_200_000))],
    "tight": [(OPENED, *_tight(1_000)), (CHANGED, *_tight(600))],
}
