"""What a programme file says is what the programme holds."""

import datetime as dt
import hashlib
from fractions import Fraction

import pytest

from setia.language.benefits import Delivery
from setia.language.model import (
    AdjustmentPolicy,
    Drop,
    ExpiresAfter,
    ExpiresIdle,
    ExpiresOn,
    GiftCards,
    Keep,
    LatePolicy,
    NeverExpires,
    Pays,
    Programme,
    Quota,
    RefundPolicy,
    RoundAt,
    Rounding,
    RoundingPolicy,
    Stacking,
    TopUp,
    TransferPolicy,
)
from setia.language.parse import load_programme
from setia.values.instants import LIFETIME, Calendar, Span, Step, Until, Window
from tests.pure.language.sample import EARN, EVERYTHING, GROCERY, HEAD, codes, everything, load, unit

MONTH = Window(Calendar.MONTH)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return everything()


def test_good_files_have_no_findings() -> None:
    for path in (EVERYTHING, GROCERY):
        assert load_programme(path.read_text(encoding="utf-8")).diagnostics == ()


def test_the_top_is_read(programme: Programme) -> None:
    assert programme.name == "toko-setia"
    assert programme.title == {"id": "Toko Setia", "ms": "Kedai Setia", "en": "The Loyal Shop"}
    assert (programme.currency, programme.currency_decimals) == ("IDR", 2)
    assert programme.zone.key == "Asia/Jakarta"
    assert programme.digest == hashlib.sha256(EVERYTHING.read_bytes()).hexdigest()
    assert programme.hold_lapses == Span(20, Step.MINUTES)
    assert programme.guest_claims == Span(14, Step.DAYS)
    assert programme.late == LatePolicy(Span(90, Step.DAYS), Span(5, Step.MINUTES), Span(60, Step.DAYS))
    assert programme.refunds == RefundPolicy(
        "proportional", "within_balance", True, Span(3, Step.MONTHS), Span(20, Step.DAYS), "stay_used", "refuse"
    )
    assert programme.stacking == Stacking("best", "initial", "as_declared", "force")
    assert programme.eligible is not None
    assert programme.eligible.paths == {"line.kind"}


def test_units_are_read(programme: Programme) -> None:
    points, stamps, stars = (programme.units[name] for name in ("points", "stamps", "stars"))
    assert points.worth == 1_000
    assert points.pays == Pays(Fraction(1_000), earn_on_paid=False, same_order=True)
    assert points.expires == ExpiresAfter(Span(12, Step.MONTHS), from_activation=True, until=Until.END_OF_MONTH)
    assert points.pending == Span(14, Step.DAYS)
    assert points.rounding == RoundingPolicy(Rounding.HALF_UP, RoundAt.ORDER, carry=True)
    assert points.at_most == 1_000_000
    year = Window(Calendar.YEAR)
    ninety = Span(90, Step.DAYS)
    assert points.transfer == TransferPolicy("lives", ninety, ninety, Quota(100_000, year), Quota(100_000, year))
    assert points.pools["card-x"].expires == NeverExpires()
    assert points.pools["card-y"].expires == ExpiresAfter(Span(5, Step.YEARS))
    assert points.pools["card-y"].closed == Span(60, Step.DAYS)
    assert stamps.title == {"id": "cap", "en": "stamps"}
    assert stamps.expires == NeverExpires()
    assert stars.decimals == 1
    assert stars.rounding == RoundingPolicy(Rounding.HALF_EVEN)
    assert stars.transfer == TransferPolicy()
    assert stars.pending == Span(2, Step.HOURS)
    assert stars.expires == ExpiresOn(((3, 31), (9, 30)), Span(30, Step.DAYS))


def test_expiry_by_inactivity_and_in_hours_are_read(programme: Programme) -> None:
    miles = programme.units["miles"]
    assert isinstance(miles.expires, ExpiresIdle)
    assert miles.expires.inactive_for == Span(24, Step.MONTHS)
    assert miles.expires.activities == ("purchase.completed", "review.written")
    assert miles.expires.exempt is not None
    assert miles.expires.exempt.paths == {"member.has_card"}
    assert miles.expires.after_exemption == Span(4, Step.MONTHS)
    assert miles.expires.until is Until.END_OF_DAY
    assert miles.pays == Pays(Fraction(500))
    assert miles.transfer == TransferPolicy("reset")
    assert programme.units["hours"].expires == ExpiresAfter(Span(12, Step.HOURS), until=Until.INSTANT)


def test_metrics_know_their_window_and_their_decimals(programme: Programme) -> None:
    metrics = programme.metrics
    assert metrics["year_spend"].window == Window(Calendar.ROLLING, Span(12, Step.MONTHS))
    assert metrics["year_spend"].on == ("purchase.completed",)
    assert metrics["year_spend"].decimals == 2
    assert metrics["month_spend"].window == MONTH
    assert metrics["visits"].window == Window(Calendar.EVERY, Span(6, Step.MONTHS))
    assert (metrics["visits"].kind, metrics["visits"].on) == ("days", ("purchase.completed", "visit.checked"))
    assert (metrics["reviews"].kind, metrics["reviews"].window) == ("count", LIFETIME)
    assert metrics["reviews"].when is not None
    assert (metrics["status"].unit, metrics["status"].decimals) == ("stars", 1)
    assert metrics["status"].window == Window(Calendar.YEAR, year_from=(3, 1))
    assert metrics["weight"].decimals == 6


def test_levels_and_their_benefits_are_read(programme: Programme) -> None:
    tiers = programme.tiers
    assert tiers is not None
    assert [(level.name, level.rank, level.start) for level in tiers.levels] == [
        ("bronze", 0, 0),
        ("silver", 1, 500_000_000),
        ("gold", 2, 2_000_000_000),
    ]
    bronze, silver, gold = tiers.levels
    assert bronze.up_to == 400_000_000
    assert (bronze.discount, silver.discount) == (Fraction(1, 20), Fraction(3, 40))
    assert bronze.delivery == Delivery(5_000_000)
    assert silver.delivery == Delivery(0)
    assert gold.delivery == Delivery(0, "fast")
    assert silver.title == {"": "Silver"}
    assert silver.benefits == {"rate": Fraction(3, 2), "perks": ("priority_service",), "lounge": True}
    assert gold.benefits == {"rate": 3, "bonus": Fraction(1, 8), "colour": "7"}
    assert (tiers.metrics, tiers.unit, tiers.refunds) == (("year_spend",), None, "follow")
    assert tiers.keep == Keep("span", Span(12, Step.MONTHS))
    assert tiers.drop == Drop("to_balance", Span(7, Step.DAYS), Span(30, Step.DAYS))


def test_rules_are_read(programme: Programme) -> None:
    rules = programme.rules
    assert [rule.position for rule in rules.values()] == list(range(len(rules)))
    happy = rules["happy-hour-coffee"]
    assert happy.lines is not None
    assert happy.when is not None
    assert [(give.unit, give.reward) for give in happy.gives] == [("points", None), ("stamps", None)]
    day, week = happy.limits
    assert (day.unit, day.amount, day.window, day.over) == ("points", 100, Window(Calendar.DAY), "trim")
    assert (week.unit, week.amount, week.window) == (None, 3, Window(Calendar.WEEK))
    assert happy.schedule is not None
    assert happy.schedule.start == dt.datetime(2025, 12, 31, 17, tzinfo=dt.UTC)
    assert happy.schedule.end == dt.datetime(2027, 12, 30, 17, tzinfo=dt.UTC)
    assert happy.schedule.weekdays == {1, 2}
    assert happy.schedule.hours == ((420, 600), (1320, 120))
    card = rules["card-y"]
    assert (card.pool, card.pending, card.is_qualifying) == ("card-y", Span(1, Step.DAYS), False)
    assert card.expires == ExpiresAfter(Span(3, Step.MONTHS))
    assert rules["launch"].pending == "none"
    assert rules["other"].pending == Span(3, Step.DAYS)
    assert rules["other"].budget is not None
    assert (rules["other"].budget.unit, rules["other"].budget.over) == ("points", "reject")
    cup = rules["seventh-cup"]
    assert cup.in_order
    assert cup.takes[0].unit == "stamps"
    assert cup.gives[0].reward == "free-cup"
    assert rules["up"].on == ("tier.changed",)


def test_what_a_change_of_tier_gives_does_not_qualify_by_default(programme: Programme) -> None:
    assert not programme.rules["up"].is_qualifying
    assert programme.rules["earn"].is_qualifying


def test_rewards_are_read(programme: Programme) -> None:
    rewards = programme.rewards
    cappuccino = rewards["cappuccino"]
    assert (cappuccino.costs, cappuccino.per, cappuccino.stock) == ({"points": 400}, 2, 500)
    assert cappuccino.gives.product == "CAP-01"
    assert cappuccino.limit is not None
    assert (cappuccino.limit.amount, cappuccino.limit.window) == (1, MONTH)
    assert cappuccino.when is not None
    assert cappuccino.when.paths == {"tier.rank"}
    assert rewards["free-cup"].gives.product_where is not None
    assert rewards["free-cup"].valid == Span(30, Step.DAYS)
    assert rewards["fifteen-off-next"].gives.percent == Fraction(3, 20)
    assert rewards["fifteen-off-next"].gives.at_most == 15_000_000
    assert rewards["cake"].gives.text == "A cake"
    assert rewards["ship"].gives.kind == "delivery"
    assert rewards["off"].gives.amount == 500_000


def test_a_small_programme_has_sensible_defaults() -> None:
    programme = load(HEAD + "units: {points: }\n" + EARN)
    assert programme.title == {"": "shop"}
    assert programme.tiers is None
    assert programme.refunds == RefundPolicy()
    assert programme.late == LatePolicy()
    assert programme.hold_lapses == Span(15, Step.MINUTES)
    assert programme.guest_claims is None
    assert programme.adjustments == AdjustmentPolicy()
    assert programme.eligible is None
    assert programme.units["points"].title == {"": "points"}


def test_on_and_no_stay_words() -> None:
    programme = load(HEAD + "title: {no: Butikk}\nunits: {points: {name: on}}\n" + EARN)
    assert programme.title == {"no": "Butikk"}
    assert programme.units["points"].title == {"": "on"}


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        ("keep: while_reached", Keep("while_reached")),
        ("keep: {for: 90 days}", Keep("span", Span(90, Step.DAYS))),
        ("keep: {through: next_window, plus: 1 month}", Keep("next_window", plus=Span(1, Step.MONTHS))),
        ("keep: {through: next_window}", Keep("next_window")),
        ("keep: 30", None),
        ("keep: []", None),
        ("keep: {for: 90 days, plus: 1 month}", None),
        ("keep: {}", None),
    ],
)
def test_keeping_a_level_is_said_in_three_ways(keep: str, expected: Keep | None) -> None:
    text = f"""{HEAD}units: {{points: {{}}}}
metrics:
  status: {{earned: points, over: {{year_from: 03-01}}}}
tiers:
  by: status
  levels: {{basic: {{from: 0}}, plus: {{from: 10}}}}
  {keep}
{EARN}"""
    loaded = load_programme(text).programme
    if expected is None:
        assert loaded is None
    else:
        assert loaded is not None
        assert loaded.tiers is not None
        assert loaded.tiers.keep == expected


@pytest.mark.parametrize(
    ("drop", "expected"),
    [("never", Drop("never")), ("one_level", Drop()), ("{by: to_balance}", Drop("to_balance")), ("[]", None)],
)
def test_dropping_is_one_word_or_a_mapping(drop: str, expected: Drop | None) -> None:
    text = f"""{HEAD}units: {{points: {{}}}}
tiers:
  by: balance.points
  levels: {{basic: {{from: 0}}, plus: {{from: 10}}}}
  keep: 30 days
  drop: {drop}
{EARN}"""
    loaded = load_programme(text).programme
    if expected is None:
        assert loaded is None
    else:
        assert loaded is not None
        assert loaded.tiers is not None
        assert loaded.tiers.drop == expected
        assert loaded.tiers.unit == "points"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("expires: soon", ["bad_choice"]),
        ("expires: [never]", ["wrong_shape"]),
        ("expires: {}", ["missing_key"]),
        ("expires: {after: soon}", ["bad_span"]),
        ("expires: {after: 12 months, activities: purchase.completed}", ["conflicting_keys"]),
        ("expires: {on: [03-31], until: end_of_day}", ["conflicting_keys"]),
        ("expires: {on: 31 March}", ["bad_date"]),
        ("expires: {on: []}", ["wrong_shape"]),
        ("expires: {inactive_for: 5 hours}", ["bad_span"]),
        ("expires: {inactive_for: 5 months, min_life: 3 days}", ["conflicting_keys"]),
        ("expires: {after: 0 months}", []),
        ("pending: []", ["wrong_shape"]),
        ("pending: {}", ["missing_key"]),
        ("pending: 0 days", ["bad_span"]),
        ("rounding: []", ["wrong_shape"]),
        ("rounding: {carry: yes}", ["bad_choice"]),
        ("pays: 0", ["out_of_range"]),
        ("pays: -1", ["out_of_range"]),
        ("pays: {}", ["missing_key"]),
        ("pays: []", ["wrong_shape"]),
        ("worth: much", ["bad_number"]),
        ("worth: 0.0000001", ["bad_number"]),
        ("at_most: 0", ["zero_is_not_unlimited"]),
        ("at_most: -5", ["out_of_range"]),
        ("at_most: 1.5", ["bad_number"]),
        ("transfer: free", ["bad_choice"]),
        ("transfer: []", ["wrong_shape"]),
        ("transfer: {expires: {}}", ["missing_key"]),
        ("transfer: {send: {per: day}}", ["missing_key"]),
        ("transfer: {send: {at_most: 5}}", ["missing_key"]),
        ("transfer: {send: 5}", ["wrong_shape"]),
        ("transfer: {min_life: 30 days}", ["transfer_without_expiry"]),
        ("pools: {card: {}}", ["missing_key"]),
        ("pools: {card: [a]}", ["wrong_shape"]),
        ("name: ''", ["wrong_shape"]),
        ("name: {en: ''}", ["wrong_shape"]),
        ("name: {en: }", ["wrong_shape"]),
        ("name: {en: {one: point, other: points}, id: poin}", []),
        ("name: {en: {one: point}}", ["missing_key"]),
        ("name: {en: {one: point, other: points, few: pts}}", ["missing_key"]),
        ("name: {en: {one: [a], other: points}}", ["wrong_shape"]),
        ("name: {id: {one: poin, other: poin}}", ["conflicting_keys"]),
        ("name: [a]", ["wrong_shape"]),
        ("decimals: ", ["wrong_shape"]),
        ("pools: {Card X: {expires: never}}", ["bad_name"]),
        ("expires: {inactive_for: 2 years, activities: [reward.claimed, purchase.returned]}", []),
        ("expires: {inactive_for: 2 years, activities: month.ended}", ["activity_not_ruled"]),
    ],
)
def test_settings_of_a_unit_are_strict(settings: str, expected: list[str]) -> None:
    assert codes(unit(settings)) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("on: [], give: {points: 1}", ["wrong_shape"]),
        ("on: purchase.completed, give: {points: 1}, schedule: {from: 2026-05-04, until: 2026-05-06, days: [tue]}", []),
        ("give: {points: 1}", ["missing_key"]),
        ("on: {a: b}, give: {points: 1}", ["wrong_shape"]),
        ("on: [purchase.completed, [a]], give: {points: 1}", ["wrong_shape"]),
        ("on: purchase.complete, lines: line.kind == 'a', give: {points: 1}", ["unknown_activity"]),
        ("on: purchase.completed, give: [points]", ["wrong_shape"]),
        ("on: purchase.completed, give: {points: [1]}", ["wrong_shape"]),
        ("on: purchase.completed, take: {reward: mug}", ["unknown_unit"]),
        ("on: purchase.completed, give: {points: 1}, limit: 5", ["wrong_shape"]),
        ("on: purchase.completed, give: {points: 1}, limit: {points: 5}", ["missing_key"]),
        ("on: purchase.completed, give: {points: 1}, limit: {per: day}", ["missing_key"]),
        ("on: purchase.completed, give: {points: 1}, limit: {point: 5, per: day}", ["unknown_unit"]),
        ("on: purchase.completed, give: {points: 1}, limit: {points: [5], per: day}", ["wrong_shape"]),
        ("on: purchase.completed, give: {points: 1}, limit: {times: 2, points: 5, per: day}", ["conflicting_keys"]),
        ("on: purchase.completed, give: {points: 1}, limit: {times: 2, per: day, over: trim}", ["conflicting_keys"]),
        ("on: purchase.completed, give: {points: 1}, limit: {points: 5, stars: 5, per: day}", ["conflicting_keys"]),
        ("on: purchase.completed, give: {points: 1}, limit: [{points: 5, per: day}, 5]", ["wrong_shape"]),
        (
            "on: purchase.completed, give: {points: 2}, limit: [{points: 9, per: day}, {times: 4, per: day}]",
            ["limit_never_reached"],
        ),
        ("on: purchase.completed, give: {points: 2}, limit: [{points: 7, per: day}, {times: 4, per: day}]", []),
        ("on: purchase.completed, give: {points: 1}, budget: {}", ["missing_key"]),
        ("on: purchase.completed, give: {points: 1}, budget: 5", ["unknown_budget"]),
        ("on: purchase.completed, give: {points: 1}, schedule: {}", ["wrong_shape"]),
        ("on: purchase.completed, give: {points: 1}, schedule: now", ["wrong_shape"]),
        ("on: purchase.completed, give: {points: 1}, schedule: {from: 2026-02-30}", ["bad_date"]),
        ("on: purchase.completed, give: {points: 1}, schedule: {days: [monday]}", ["bad_choice"]),
        ("on: purchase.completed, give: {points: 1}, schedule: {hours: '09:00-09:00'}", ["bad_hours"]),
        ("on: purchase.completed, give: {points: 1}, schedule: {from: 2026-05-04 10:00, days: mon}", []),
        ("on: purchase.completed, give: {points: 1}, pending: []", ["wrong_shape"]),
        ("on: purchase.completed, give: {points: 1}, pending: none", ["pending_already_none"]),
        ("on: [purchase.completed, month.ended], give: {points: month.local_date}", ["expression.unknown_name"]),
        ("on: points.reached, take: {points: 5}, in_order: true", ["takes_too_much"]),
        ("on: points.reached, take: {points: 5}, when: member.tenure_days > 5", []),
        ("on: points.reached, take: {points: wallet.points}", []),
        ("on: points.reached, when: 5 / wallet.points > 1, take: {points: 1}", []),
        ("on: points.reached, give: {stars: 1}, limit: {times: 1, per: lifetime}", []),
        ("on: points.reached, give: {stars: 1}", ["reached_without_taking"]),
    ],
)
def test_settings_of_a_rule_are_strict(rule: str, expected: list[str]) -> None:
    text = f"{HEAD}units: {{points: {{}}, stars: {{}}}}\n{EARN}"
    text += "  star: {on: purchase.completed, give: {stars: 1}}\n" + f"  it: {{{rule}}}\n"
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("it: {over: month}", ["missing_key"]),
        ("it: {count: purchase.completed}", ["missing_key"]),
        ("it: {count: purchase.completed, days: purchase.completed, over: month}", ["conflicting_keys"]),
        ("it: {count: purchase.completed, on: purchase.completed, over: month}", ["conflicting_keys"]),
        ("it: {count: purchase.returned, over: month}", ["activity_not_ruled"]),
        ("it: {earned: stars, over: month}", ["unknown_unit"]),
        ("it: {earned: points, when: 1 > 0, over: month}", ["conflicting_keys"]),
        ("it: {sum: , over: month}", ["wrong_shape"]),
        ("it: {sum: purchase.totl, over: month}", ["expression.unknown_field"]),
        ("it: {sum: wallet.points, on: purchase.completed, over: month}", ["expression.unknown_name"]),
        ("it: {sum: 1, on: purchase.completed, over: {year_from: 02-29}}", ["bad_date"]),
        ("it: {sum: 1, on: purchase.completed, over: {every: 6 months}}", ["missing_key"]),
        ("it: {sum: 1, on: purchase.completed, over: {every: 6 hours, from: joining}}", ["bad_span"]),
        ("it: {sum: 1, on: purchase.completed, over: {year_from: 03-01, from: joining}}", ["conflicting_keys"]),
        ("it: {sum: 1, on: purchase.completed, over: {}}", ["missing_key"]),
        ("it: {sum: 1, on: purchase.completed, over: 5 hours}", ["bad_window"]),
        ("it: month", ["wrong_shape"]),
        ("purchase: {count: purchase.completed, over: month}", ["reserved_name", "expression.unknown_name"]),
        ("min: {count: purchase.completed, over: month}", ["reserved_name", "expression.unknown_name"]),
    ],
)
def test_settings_of_a_metric_are_strict(metric: str, expected: list[str]) -> None:
    text = f"{HEAD}units: {{points: {{}}}}\nmetrics:\n  {metric}\n{EARN}"
    text += "  more: {on: purchase.completed, when: it > 1, give: {points: 1}}\n"
    assert sorted({*codes(text)} - {"expression.unknown_name"}) == sorted({*expected} - {"expression.unknown_name"})


@pytest.mark.parametrize(
    ("activities", "expected"),
    [
        ("activities: []", ["wrong_shape"]),
        ("activities: {review.written: [a]}", ["wrong_shape"]),
        ("activities: {review: {}}", ["bad_name"]),
        ("activities: {member.praised: {}}", ["reserved_name"]),
        ("activities: {purchase.praised: {}}", ["reserved_name"]),
        ("activities: {points.reached: {}}", ["reserved_name"]),
        ("activities: {floor.washed: {}}", ["reserved_name"]),
        ("activities: {review.written: {lines: {a: text}}}", ["lines_without_purchase"]),
        ("activities: {review.written: {fields: [a]}}", ["wrong_shape"]),
        ("activities: {review.written: {fields: {a: string}}}", ["bad_choice"]),
        ("activities: {review.written: {fields: {a: [text]}}}", ["wrong_shape"]),
        ("activities: {review.written: {fields: {a: {}}}}", ["missing_key"]),
        ("activities: {review.written: {fields: {source: text}}}", ["reserved_name"]),
        ("activities: {review.written: {fields: {A: text}}}", ["bad_name"]),
        ("activities: {review.written: {fields: {a: {type: integer, one_of: [1, 2]}}}}", ["conflicting_keys"]),
        ("activities: {purchase.completed: {fields: {total: money}}}", ["reserved_name"]),
        ("activities: {purchase.completed: {lines: {sku: text}}}", ["reserved_name"]),
        ("members: {fields: {joined_on: date}}", ["reserved_name"]),
        ("members: []", ["wrong_shape"]),
        ("title: {}", ["wrong_shape"]),
        ("title: ''", ["wrong_shape"]),
    ],
)
def test_declarations_are_strict(activities: str, expected: list[str]) -> None:
    assert codes(f"{HEAD}{activities}\nunits: {{points: {{}}}}\n{EARN}") == expected


@pytest.mark.parametrize(
    ("tiers", "expected"),
    [
        ("tiers: []", ["wrong_shape"]),
        ("tiers: {by: balance.points}", ["missing_key"]),
        ("tiers: {levels: {a: {from: 0}}}", ["missing_key"]),
        ("tiers: {by: balance.stars, levels: {a: {from: 0}}}", ["unknown_unit"]),
        ("tiers: {by: wallet.points, levels: {a: {from: 0}}}", ["unknown_metric"]),
        ("tiers: {by: balance.points, levels: {a: {}}}", ["missing_key"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0, name: 1}}}", ["reserved_name"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0, Rate: 1}}}", ["bad_name"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0, rate: }}}", ["wrong_shape"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0, rate: {a: 1}}}}", ["wrong_shape"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0, rate: 1.23456789}}}", ["bad_number"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0, delivery: paid}}}", ["bad_choice"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0, delivery: []}}}", ["wrong_shape"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0, delivery: {}}}}", ["wrong_shape"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0, discount: 5 percent}}}", ["bad_percent"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0, x: true}, b: {from: 5, x: 1}}}", ["mixed_benefit"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0, x: a}, b: {from: 5, x: [a]}}}", ["mixed_benefit"]),
        ("tiers: {by: balance.points, levels: {a: {from: 0}}, refunds: ignore}", ["bad_choice"]),
        (
            "tiers: {by: balance.points, levels: {a: {from: 0}, b: {from: 9}}, drop: {by: never, notice: 3 days}}",
            ["notice_without_review"],
        ),
        (
            "tiers: {by: balance.points, levels: {a: {from: 0}, b: {from: 9}}, keep: {through: next_window}}",
            ["keep_without_period"],
        ),
    ],
)
def test_settings_of_tiers_are_strict(tiers: str, expected: list[str]) -> None:
    assert codes(f"{HEAD}units: {{points: {{}}}}\n{tiers}\n{EARN}") == expected


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("rewards: {mug: {costs: {points: 5}}}", ["missing_key"]),
        ("rewards: {mug: {costs: {points: 5}, gives: mug}}", ["wrong_shape"]),
        ("rewards: {mug: {costs: {points: 5}, gives: {}}}", ["missing_key"]),
        ("rewards: {mug: {costs: {stars: 5}, gives: {product: A}}}", ["unknown_unit"]),
        ("rewards: {mug: {costs: {points: [5]}, gives: {product: A}}}", ["wrong_shape"]),
        ("rewards: {mug: {costs: 5, gives: {product: A}}}", ["wrong_shape"]),
        ("rewards: {mug: {costs: {points: 5}, gives: {product: A}, limit: {per: day}}}", ["missing_key"]),
        ("rewards: {mug: {costs: {points: 5}, gives: {product: " + "A" * 201 + "}}}", ["out_of_range"]),
        ("rewards: {mug: {costs: {points: 5}, gives: {product: A, at_most: 5}}}", ["discount_cap_without_percent"]),
        ("rewards: [mug]", ["wrong_shape"]),
        ("refunds: {when_spent: unlimited}", []),
        ("refunds: {when_spent: only_pending}", []),
        ("refunds: []", ["wrong_shape"]),
        ("holds: {}", ["missing_key"]),
        ("holds: []", ["wrong_shape"]),
        ("guests: {}", ["missing_key"]),
        ("guests: []", ["wrong_shape"]),
        ("late: []", ["wrong_shape"]),
        ("late: {future: 10 minutes}", []),
        ("purchases: {}", ["missing_key"]),
        ("purchases: []", ["wrong_shape"]),
        ("purchases: {eligible: purchase.total > 5}", ["expression.unknown_name"]),
        ("groups: {best: {pick: worst}}", ["bad_choice"]),
        ("groups: {all: {pick: all}}", ["group_of_one"]),
    ],
)
def test_policies_and_rewards_are_strict(rest: str, expected: list[str]) -> None:
    assert codes(f"{HEAD}units: {{points: {{}}}}\n{rest}\n{EARN}") == expected


def test_a_unit_cannot_be_called_like_a_setting_of_limits() -> None:
    assert codes(f"{HEAD}units: {{times: {{}}}}\nrules: {{a: {{on: month.ended, give: {{times: 1}}}}}}\n") == [
        "reserved_name"
    ]


def test_a_rule_has_a_name_that_commands_can_take() -> None:
    rule = "Happy Hour: {on: purchase.completed, give: {points: 1}}"
    assert codes(f"{HEAD}units: {{points: {{}}}}\nrules: {{{rule}}}\n") == ["bad_name"]


def test_without_its_first_settings_there_is_no_programme() -> None:
    assert codes("title: Shop") == ["missing_key"] * 4
    assert codes("programme: shop\ncurrency: \ntimezone: ../etc\nunits: 5") == [
        "wrong_shape",
        "unknown_timezone",
        "wrong_shape",
    ]


def test_limits_of_corrections_by_hand_are_read_in_steps() -> None:
    text = (
        "programme: shop\ncurrency: EUR\ntimezone: UTC\nunits: {points: {}, credit: {decimals: 2}}\n"
        "adjustments: {approve_above: {points: 500, credit: 0}, per_day: {points: 5_000}}\n"
    )
    programme = load_programme(text).programme
    assert programme is not None
    assert programme.adjustments == AdjustmentPolicy({"points": 500, "credit": 0}, {"points": 5_000})
    unknown = load_programme(text.replace("points: 500,", "poins: 500,"))
    assert [(found.code, found.line) for found in unknown.diagnostics] == [("unknown_unit", 5)]


MONEY_UNITS = "units: {points: {pays: 10}, card_money: {decimals: 2, pays: 1}, credit: {decimals: 2, pays: 1, %s}}\n"


def test_gift_cards_and_top_ups_are_read() -> None:
    cards = "gift_cards: {unit: card_money, least: 50, most: 5_000, reload: true, bought_with: units}\n"
    found = load(HEAD + MONEY_UNITS % "top_up: {least: 10, most: 100}" + EARN + cards)
    assert found.gift_cards == GiftCards("card_money", 5_000, 500_000, Span(30, Step.DAYS), True, False, True)
    assert found.units["credit"].top_up == TopUp(1_000, 10_000)
    assert found.paid_with == ("points", "card_money", "credit", "gift_cards")
    assert found.eligible is not None
    assert found.eligible.source == 'line.kind != "gift_card" && line.kind != "top_up"'
    # What was bought with money earns as money does; points, which were given, do not.
    earning = [name for name, one in found.units.items() if one.pays is not None and one.pays.earn_on_paid]
    assert earning == ["card_money", "credit"]


def test_what_only_changes_money_is_added_to_what_does_not_earn() -> None:
    said = "purchases: {eligible: 'line.kind != \"tip\" || line.quantity > 9', paid_with: [gift_cards, points]}\n"
    found = load(HEAD + MONEY_UNITS % "top_up: allowed" + EARN + said + "gift_cards: {unit: card_money}\n")
    assert found.eligible is not None
    assert found.eligible.source.startswith('(line.kind != "tip" || line.quantity > 9) && line.kind != ')
    assert found.paid_with == ("gift_cards", "points", "card_money", "credit")
    assert found.refunds.tenders == "ratio"


def test_gift_cards_of_an_unknown_unit_are_told() -> None:
    assert codes(HEAD + MONEY_UNITS % "top_up: allowed" + EARN + "gift_cards: {unit: gold}\n") == ["unknown_unit"]
    assert codes(HEAD + MONEY_UNITS % "top_up: allowed" + EARN + "gift_cards: {most: 5}\n") == ["missing_key"]


@pytest.mark.parametrize("policy", ["ratio", "last_first", "first_first"])
def test_to_what_refunds_go_is_read(policy: str) -> None:
    assert load(unit("") + f"refunds: {{tenders: {policy}}}\n").refunds.tenders == policy
