"""Ladders that several metrics measure together."""

import pytest

from setia.language.model import Level
from setia.language.parse import load_programme
from tests.pure.language.sample import EARN, HEAD, codes, load

METRICS = """units: {points: {}}
metrics:
  visits: {count: purchase.completed, over: year}
  spend: {sum: purchase.eligible, over: year}
"""


def shop(levels: str, more: str = "", by: str = "[visits, spend]", metrics: str = METRICS) -> str:
    return f"{HEAD}{metrics}{EARN}tiers:\n  by: {by}\n  levels: {{member: {{from: 0}}, {levels}}}\n{more}"


def levels_of(text: str) -> tuple[Level, ...]:
    tiers = load(text).tiers
    assert tiers is not None
    return tiers.levels


def test_a_level_asks_for_all_of_its_metrics_or_for_one_of_several_ways() -> None:
    text = shop(
        "gold: {from: {visits: 30, spend: 3_000}}, top: {from: {any: [{visits: 60, spend: 6_000}, {spend: 9_000}]}}"
    )
    member, gold, top = levels_of(text)
    assert member.needs == ((0, 0),)
    assert gold.needs == ((30, 300_000),)
    assert top.needs == ((60, 600_000), (0, 900_000))
    assert [gold.is_reached(seen) for seen in ((30, 300_000), (29, 900_000), (99, 299_999))] == [True, False, False]
    assert top.is_reached((0, 900_000))
    assert top.missing((50, 500_000)) == ((10, 100_000), (0, 400_000))


def test_one_way_alone_needs_no_list() -> None:
    assert levels_of(shop("gold: {from: {any: {spend: 10}}}"))[1].needs == ((0, 1_000),)


def test_a_list_of_one_metric_is_that_metric() -> None:
    text = shop("gold: {from: 30, to: 40}, top: {from: 60}", by="[visits]")
    assert [level.start for level in levels_of(text)] == [0, 30, 60]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ("gold: {from: {visit: 30}}", "unknown_metric"),
        ("gold: {from: {visits: 0}}", "zero_is_not_unlimited"),
        ("gold: {from: {visits: }}", "wrong_shape"),
        ("gold: {from: 30}", "wrong_shape"),
        ("gold: {from: {}}", "wrong_shape"),
        ("gold: {}", "missing_key"),
        ("gold: {from: {any: [30]}}", "wrong_shape"),
        ("gold: {from: {any: [{visits: 3}], spend: 4}}", "conflicting_keys"),
        ("gold: {from: {visits: 3}, to: 9}", "conflicting_keys"),
        # Nobody would stand on silver: whoever reaches it is gold already.
        ("silver: {from: {visits: 3}}, gold: {from: {visits: 3}}", "levels_not_ascending"),
        ("silver: {from: {visits: 3, spend: 9}}, gold: {from: {any: [{visits: 2}]}}", "levels_not_ascending"),
        # No way to gold leads through silver.
        ("silver: {from: {visits: 3}}, gold: {from: {spend: 9}}", "levels_not_ascending"),
    ],
)  # fmt: skip
def test_a_level_that_cannot_be_is_told(levels: str, expected: str) -> None:
    assert expected in codes(shop(levels))


def test_the_first_level_is_everybodys() -> None:
    text = shop("gold: {from: {visits: 2}}").replace("member: {from: 0}", "member: {from: {visits: 1}}")
    assert codes(text) == ["first_level_above_zero"]


def test_an_unknown_metric_among_several_is_told_at_its_place() -> None:
    (found,) = load_programme(shop("gold: {from: {visits: 9}}", by="[visits, money]")).diagnostics[:1]
    assert (found.code, found.line) == ("unknown_metric", 11)


def test_a_next_window_is_one_of_all_metrics() -> None:
    mixed = METRICS.replace("purchase.eligible, over: year", "purchase.eligible, over: month")
    text = shop("gold: {from: {visits: 9}}", "  keep: {through: next_window}\n", metrics=mixed)
    assert codes(text) == ["keep_without_period"]
    assert codes(text.replace("over: month", "over: year")) == []
    assert codes(text.replace("over: month", "over: 30 days").replace("over: year", "over: 30 days")) == [
        "keep_without_period"
    ]


def test_a_gift_for_a_level_that_counts_for_levels_is_refused() -> None:
    earned = METRICS + "  status: {earned: points, over: year}\n"
    rule = EARN + "  gift: {on: tier.changed, give: {points: 10}, qualifying: true}\n"
    text = shop("gold: {from: {visits: 9, status: 10}}", by="[visits, status, spend]", metrics=earned)
    assert "tier_cascade" in codes(text.replace(EARN, rule))
    assert codes(text.replace(EARN, rule.replace(", qualifying: true", ", qualifying: false"))) == []
