"""Checks of a whole programme: what feeds itself, and what undoes its own promise."""

import pytest

from setia.language.diagnostics import Diagnostic
from setia.language.parse import load_programme
from tests.pure.language.sample import EARN, HEAD, codes


def only(text: str, code: str) -> Diagnostic:
    (found,) = load_programme(text).diagnostics
    assert found.code == code
    return found


def paying(rules: str, pays: str = "{worth: 10, earn_on_paid: true}", more: str = "") -> str:
    return f"{HEAD}units:\n  points: {{pays: {pays}}}\n{more}rules:\n{rules}"


LADDER = """tiers:
  by: balance.points
  levels: {bronze: {from: 0, rate: 1, perk: tea}, gold: {from: 1_000, rate: 10, perk: cake}}
"""
ON = "on: purchase.completed"


def test_a_money_loop_is_printed_as_a_cycle() -> None:
    found = only(paying(f"  earn: {{{ON}, give: {{points: purchase.eligible / 10}}}}\n"), "money_loop")
    assert "100 points pay for a purchase of 1000 IDR, which gives 100 points (earn)" in found.message


@pytest.mark.parametrize(
    "rules",
    [
        # Two rules together.
        f"  a: {{{ON}, give: {{points: purchase.total / 20}}}}\n  b: {{{ON}, give: {{points: lines.total / 20}}}}\n",
        # With a bonus that anybody can have: a code, or a large order.
        (
            f"  a: {{{ON}, give: {{points: purchase.total / 20}}}}\n"
            f"  b: {{{ON}, when: purchase.channel == 'web', give: {{points: purchase.total / 20}}}}\n"
        ),
        f"  a: {{{ON}, when: purchase.total > 500, give: {{points: purchase.total / 10}}}}\n",
        f"  a: {{{ON}, schedule: {{days: mon}}, give: {{points: purchase.total / 10}}}}\n",
    ],
)
def test_rules_that_pay_for_themselves_are_refused(rules: str) -> None:
    assert codes(paying(rules)) == ["money_loop"]


@pytest.mark.parametrize(
    "rules",
    [
        f"  a: {{{ON}, give: {{points: purchase.total / 11}}}}\n",
        # A limit or a budget ends the loop.
        f"  a: {{{ON}, give: {{points: purchase.total}}, limit: {{points: 100, per: day}}}}\n",
        f"  a: {{{ON}, give: {{points: purchase.total}}, limit: {{times: 1, per: day}}}}\n",
        f"  a: {{{ON}, give: {{points: purchase.total}}, budget: {{points: 100}}}}\n",
        # Not for purchases.
        "  a: {on: month.ended, give: {points: 1_000}}\n",
        # Never for a purchase like this, never for anybody, or never anything.
        f"  a: {{{ON}, when: purchase.total < 0, give: {{points: purchase.total}}}}\n",
        f"  a: {{{ON}, when: 1 / purchase.discounts > 0, give: {{points: purchase.total}}}}\n",
        f"  a: {{{ON}, give: {{points: purchase.discounts}}}}\n",
        f"  a: {{{ON}, give: {{points: 1 / purchase.discounts}}}}\n",
        # How much depends on what only members know.
        f"  a: {{{ON}, give: {{points: member.tenure_days * purchase.total}}}}\n",
    ],
)
def test_rules_that_cost_more_than_they_bring_are_fine(rules: str) -> None:
    assert codes(paying(rules)) == []


def test_a_loop_at_one_level_is_found() -> None:
    rules = f"  earn: {{{ON}, give: {{points: purchase.eligible / 100 * tier.rate}}}}\n"
    found = only(paying(rules, more=LADDER), "money_loop")
    assert "as gold" in found.message


def test_what_is_paid_with_points_does_not_loop_when_it_earns_nothing() -> None:
    rules = f"  earn: {{{ON}, give: {{points: purchase.eligible}}}}\n"
    assert codes(paying(rules, pays="{worth: 10}")) == []


def test_another_unit_does_not_close_the_loop() -> None:
    text = f"{HEAD}units: {{points: {{pays: {{worth: 10, earn_on_paid: true}}}}, stars: {{}}}}\nrules:\n"
    text += f"  earn: {{{ON}, give: {{points: 1, stars: purchase.total}}}}\n"
    assert codes(text) == []


def test_a_starved_tier_is_shown_in_two_steps() -> None:
    rule = "  auto: {on: points.reached, when: wallet.points >= 600, take: {points: 600}}\n"
    found = only(f"{HEAD}units: {{points: {{}}}}\n{LADDER}{EARN}{rule}", "starved_tier")
    assert "1: a member reaches 1000 points and would be gold" in found.message
    assert "2: this rule takes 600 at once, 400 are left, and the member is bronze" in found.message


@pytest.mark.parametrize(
    "rule",
    [
        # It waits for more than the tier needs.
        "on: points.reached, when: wallet.points >= 2_000, take: {points: 600}",
        # It is not the wallet that sets it off, or not that wallet which it takes.
        "on: purchase.completed, take: {points: 600}",
        "on: points.reached, limit: {times: 1, per: lifetime}, give: {points: 1}",
    ],
)
def test_a_rule_that_leaves_the_tier_alone_is_fine(rule: str) -> None:
    assert codes(f"{HEAD}units: {{points: {{}}}}\n{LADDER}{EARN}  it: {{{rule}}}\n") == []


def test_a_rule_that_takes_an_unknown_amount_is_taken_to_take_all() -> None:
    rule = "  auto: {on: points.reached, take: {points: member.tenure_days}}\n"
    found = only(f"{HEAD}units: {{points: {{}}}}\n{LADDER}{EARN}{rule}", "starved_tier")
    assert "0 are left" in found.message


def test_a_gift_for_a_new_level_must_not_lift_a_ladder_by_balance() -> None:
    rule = "  up: {on: tier.changed, when: change.is_up, give: {points: 5}}\n"
    found = only(f"{HEAD}units: {{points: {{}}}}\n{LADDER}{EARN}{rule}", "tier_cascade")
    assert found.hint == "give another unit"


def test_a_gift_for_a_new_level_that_does_not_qualify_is_fine() -> None:
    ladder = "metrics:\n  status: {earned: points, over: year}\n"
    ladder += "tiers: {by: status, levels: {bronze: {from: 0}, gold: {from: 9}}}\n"
    rule = "  up: {on: tier.changed, when: change.is_up, give: {points: 5}}\n"
    assert codes(f"{HEAD}units: {{points: {{}}}}\n{ladder}{EARN}{rule}") == []


def test_a_group_for_which_two_rules_may_win_is_fine() -> None:
    rules = f"""rules:
  a: {{{ON}, group: base, schedule: {{days: mon}}, give: {{points: 2}}}}
  b: {{{ON}, group: base, when: purchase.total > 5, give: {{points: 2}}}}
  c: {{{ON}, group: base, lines: line.kind == "x", give: {{points: 2}}}}
  d: {{on: month.ended, group: base, give: {{points: 2}}}}
  e: {{{ON}, group: base, give: {{points: 1}}}}
"""
    assert codes(f"{HEAD}units: {{points: {{}}}}\ngroups: {{base: {{pick: first}}}}\n{rules}") == []


def test_limits_on_the_calendar_know_how_often_it_rings() -> None:
    rules = "rules:\n  a: {on: [month.ended, quarter.ended], give: {points: 5}, limit: {points: 9, per: month}}\n"
    assert codes(f"{HEAD}units: {{points: {{}}}}\n{rules}") == []
    assert codes(f"{HEAD}units: {{points: {{}}}}\n{rules.replace('9', '10')}") == ["limit_never_reached"]


def test_expiry_from_activation_is_fine_where_a_rule_makes_things_pending() -> None:
    text = f"{HEAD}units:\n  points: {{expires: {{after: 12 months, from: activated}}}}\n"
    assert codes(f"{text}rules:\n  a: {{{ON}, give: {{points: 1}}, pending: 3 days}}\n") == []
    expires = "expires: {after: 3 days, from: activated}"
    text = f"{HEAD}units:\n  points: {{}}\nrules:\n  a: {{{ON}, give: {{points: 1}}, {expires}}}\n"
    assert codes(text) == ["activation_without_pending"]


def test_what_is_short_can_be_taken_off_money_where_a_unit_pays() -> None:
    assert codes(f"{HEAD}units: {{points: {{pays: 1}}}}\n{EARN}refunds: {{net_shortfall: true}}\n") == []


def test_a_limit_of_adjustments_that_is_no_amount_is_refused() -> None:
    limits = "adjustments: {approve_above: {points: -5, stars: 1}}\n"
    assert codes(f"{HEAD}units: {{points: {{}}}}\n{EARN}{limits}") == ["out_of_range", "unknown_unit"]
    assert codes(f"{HEAD}units: {{points: {{}}}}\n{EARN}adjustments: {{}}\n") == ["missing_key"]
    smaller = "adjustments: {approve_above: {points: 50}, per_day: {points: 49}}\n"
    assert codes(f"{HEAD}units: {{points: {{}}}}\n{EARN}{smaller}") == ["limit_never_reached"]


def test_a_limit_of_a_unit_needs_its_amount() -> None:
    text = f"{HEAD}units:\n  points: {{limit: {{per: month}}}}\n{EARN}"
    assert only(text, "missing_key").message.startswith("'limit' needs")


PLAN_SHAPES = {
    "fee: 39.99": "wrong_shape",
    "fee: {}": "wrong_shape",
    "fee: {fortnight: 5}": "bad_span",
    "fee: {year: }": "wrong_shape",
    "fee: {year: 10, 12 months: 11}": "said_twice",
    "fee: {week: 10, 7 days: 11}": "said_twice",
    "fee: {year: 0}": "zero_is_not_unlimited",
    "fee: {year: 10}, benefits: {discount: }": "wrong_shape",
    "fee: {year: 10}, benefits: {discount: {off: 5 %}}": "wrong_shape",
    "fee: {year: 10}, benefits: {discount: many}": "bad_percent",
    "fee: {year: 10}, benefits: {discount: [5 %]}": "wrong_shape",
    "fee: {year: 10}, benefits: {discount: [{off: many}]}": "bad_percent",
    "fee: {year: 10}, benefits: {delivery: sometimes}": "bad_choice",
    "fee: {year: 10}, benefits: {delivery: [free]}": "wrong_shape",
    "fee: {year: 10}, benefits: {name: x}": "reserved_name",
    "fee: {year: 10}, benefits: {in: x}": "reserved_name",
    "fee: {year: 10}, benefits: {perk: {a: b}}": "wrong_shape",
    "benefits: {delivery: free}": "missing_key",
    "fee: {year: 10}, benefits: 5": "wrong_shape",
    "fee: {year: 10}, benefits: {delivery: free}, cancel: full": "wrong_shape",
}


@pytest.mark.parametrize("text", PLAN_SHAPES)
def test_a_plan_of_another_shape_is_told(text: str) -> None:
    rest = "" if "benefits" in text else ", benefits: {delivery: free}"
    programme = f"""
programme: shop
currency: USD
timezone: UTC
units: {{points: {{}}}}
rules: {{earn: {{on: purchase.completed, give: {{points: 1}}}}}}
plans: {{plus: {{{text}{rest}}}}}
"""
    assert [found.code for found in load_programme(programme).diagnostics] == [PLAN_SHAPES[text]]


def test_benefits_of_plans_are_of_one_kind() -> None:
    programme = """
programme: shop
currency: USD
timezone: UTC
units: {points: {}}
rules: {earn: {on: purchase.completed, when: plan.rate > 1, give: {points: 1}}}
plans:
  one: {fee: {year: 10}, benefits: {rate: 2}}
  two: {fee: {year: 20}, benefits: {rate: true}}
"""
    assert [found.code for found in load_programme(programme).diagnostics] == ["mixed_benefit"]


def own_fields(type_: str, fields: str) -> list[str]:
    return codes(f"{HEAD}units: {{points: {{}}}}\nactivities: {{{type_}: {{fields: {{{fields}}}}}}}\n{EARN}")


@pytest.mark.parametrize(
    "name", ["vouchers", "gift_cards", "session", "expect_total", "member", "external_id", "partner"]
)
def test_fields_of_purchases_are_not_called_as_a_part_of_theirs(name: str) -> None:
    assert own_fields("purchase.completed", f"{name}: text") == ["reserved_name"]


def test_fields_of_other_activities_are_called_as_they_like_except_for_what_all_have() -> None:
    names = "spend lines claims codes gift_cards gift_card vouchers reward session prints referred_by".split()
    assert own_fields("flight.flown", ", ".join(f"{name}: text" for name in names)) == []
    assert own_fields("flight.flown", "partner: text") == ["reserved_name"]
