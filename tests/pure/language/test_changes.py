"""What a new version takes away from members, setting by setting."""

import datetime as dt
from dataclasses import fields, is_dataclass

import pytest

from setia.language import model
from setia.language.changes import SENSES, losses
from setia.language.model import Programme
from setia.language.parse import load_programme
from tests.pure.language.sample import EVERYTHING

AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
SHOP = """
programme: shop
currency: EUR
timezone: UTC
"""
REST = {
    "units": "{points: {worth: 0.01}}",
    "rules": "{earn: {on: purchase.completed, give: {points: purchase.eligible}}}",
}


def programme(**sections: str) -> Programme:
    parts = {**REST, **sections}
    loaded = load_programme(SHOP + "\n".join(f"{name}: {text}" for name, text in parts.items() if text))
    assert loaded.programme is not None, loaded.diagnostics
    return loaded.programme


def lost(old: dict[str, str], new: dict[str, str]) -> list[str]:
    return [str(loss) for loss in losses(programme(**old), programme(**new), AT)]


EARN = "{on: purchase.completed, give: {points: %s}}"


def rule(text: str) -> dict[str, str]:
    return {"rules": "{earn: {on: purchase.completed, " + text + "}}"}


def give(amount: str) -> dict[str, str]:
    return rule(f"give: {{points: '{amount}'}}")


def unit(text: str) -> dict[str, str]:
    return {"units": "{points: {" + text + "}}"}


def reward(text: str) -> dict[str, str]:
    return {"rewards": "{tea: {gives: {product: TEA}, " + text + "}}"}


def tiers(levels: str, rest: str = "keep: 12 months") -> dict[str, str]:
    return {
        "metrics": "{spent: {sum: purchase.total, over: year}}",
        "tiers": "{by: spent, levels: {" + levels + "}, " + rest + "}",
    }


PAIRS = [
    (give("purchase.eligible"), give("purchase.eligible / 2"), "rules.earn.gives.points.amount"),
    (give("purchase.eligible"), give("purchase.eligible > 500 ? purchase.eligible : 0"), "rules.earn.gives.points.amount"),  # noqa: E501
    (rule("give: {points: 5}"), rule("when: purchase.total > 20, give: {points: 5}"), "rules.earn.when"),
    (
        rule("when: purchase.channel == \"web\" || purchase.channel == \"app\", give: {points: 5}"),
        rule("when: purchase.channel == \"web\", give: {points: 5}"),
        "rules.earn.when",
    ),
    (rule("give: {points: 5}"), rule("give: {points: 5}, limit: {times: 1, per: day}"), "rules.earn.limits.times per day"),  # noqa: E501
    (
        rule("give: {points: 5}, limit: {times: 2, per: day}"),
        rule("give: {points: 5}, limit: {times: 1, per: day}"),
        "rules.earn.limits.times per day.amount",
    ),
    (
        rule("give: {points: 5}, schedule: {hours: ['17:00-19:00', '22:00-02:00']}"),
        rule("give: {points: 5}, schedule: {hours: 22:00-02:00}"),
        "rules.earn.schedule",
    ),
    (
        rule("give: {points: 5}, schedule: {until: 2026-09-01}"),
        rule("give: {points: 5}, schedule: {until: 2026-08-01}"),
        "rules.earn.schedule",
    ),
    (rule("give: {points: 5}"), rule("give: {points: 5}, schedule: {from: 2026-08-01}"), "rules.earn.schedule"),
    (
        rule("give: {points: 5}, schedule: {from: 2026-07-01}"),
        rule("give: {points: 5}, schedule: {from: 2026-08-01}"),
        "rules.earn.schedule",
    ),
    (
        rule("give: {points: 5}, schedule: {days: [mon, tue]}"),
        rule("give: {points: 5}, schedule: {days: [mon]}"),
        "rules.earn.schedule",
    ),
    (unit("worth: 0.01"), unit("worth: 0.005"), "units.points.worth"),
    (unit("expires: never"), unit("expires: {after: 12 months}"), "units.points.expires"),
    (unit("expires: {after: 12 months}"), unit("expires: {after: 300 days}"), "units.points.expires.after"),
    (
        unit("expires: {after: 1 year, until: end_of_year}"),
        unit("expires: {after: 1 year, until: end_of_month}"),
        "units.points.expires.until",
    ),
    (unit("expires: {on: [03-31]}"), unit("expires: {on: [03-31, 09-30]}"), "units.points.expires.on"),
    (unit("expires: {inactive_for: 2 years}"), unit("expires: {inactive_for: 1 year}"), "units.points.expires.inactive_for"),  # noqa: E501
    (unit("pending: 7 days"), unit("pending: 14 days"), "units.points.pending"),
    (unit("decimals: 0"), unit("pending: 14 days"), "units.points.pending"),
    (unit("rounding: half_up"), unit("rounding: floor"), "units.points.rounding.mode"),
    (unit("decimals: 1"), unit("at_most: 100, decimals: 1"), "units.points.at_most"),
    (reward("costs: {points: 400}"), reward("costs: {points: 500}"), "rewards.tea.costs.points"),
    (reward("costs: {points: 400}, valid: 30 days"), reward("costs: {points: 400}, valid: 3 weeks"), "rewards.tea.valid"),  # noqa: E501
    (reward("costs: {points: 400}"), {}, "rewards.tea"),
    (
        {"rewards": "{tea: {gives: {product: TEA}, costs: {points: 4}}}"},
        {"rewards": "{tea: {gives: {product: COFFEE}, costs: {points: 4}}}"},
        "rewards.tea.gives.product",
    ),
    (
        tiers("blue: {from: 0}, gold: {from: 100, discount: 10 %}"),
        tiers("blue: {from: 0}, gold: {from: 120, discount: 10 %}"),
        "tiers.levels.gold.needs",
    ),
    (
        tiers("blue: {from: 0}, gold: {from: 100, discount: 10 %}"),
        tiers("blue: {from: 0}, gold: {from: 100, discount: 7.5 %}"),
        "tiers.levels.gold.discount",
    ),
    (tiers("blue: {from: 0}, gold: {from: 100, discount: 5 %}"), tiers("blue: {from: 0}"), "tiers.levels.gold"),
    (
        tiers("blue: {from: 0}, gold: {from: 100, perks: [lounge, wifi]}"),
        tiers("blue: {from: 0}, gold: {from: 100, perks: [lounge]}"),
        "tiers.levels.gold.benefits.perks",
    ),
    (tiers("blue: {from: 0}, gold: {from: 100, rate: 2}"), tiers("blue: {from: 0}, gold: {from: 100, rate: 1.5}"),
     "tiers.levels.gold.benefits.rate"),
    (
        tiers("blue: {from: 0}, gold: {from: 100, lounge: any}"),
        tiers("blue: {from: 0}, gold: {from: 100, lounge: domestic}"),
        "tiers.levels.gold.benefits.lounge",
    ),
    (
        rule('when: purchase.channel == "web" || member.joined_on < date("2026-03-01"), give: {points: 5}'),
        rule('when: member.joined_on < date("2026-03-01"), give: {points: 5}'),
        "rules.earn.when",
    ),
    (
        {"members": "{fields: {vip: boolean}}", **give("member.vip ? purchase.total + purchase.gross + purchase.discounts : 1")},  # noqa: E501
        {"members": "{fields: {vip: boolean}}", **give("member.vip ? purchase.total + purchase.gross - 1 : 1")},
        "rules.earn.gives.points.amount",
    ),
    ({"guests": "{claim_within: 14 days}"}, {}, "guest_claims"),
    ({"changes": "{notice: 30 days}"}, {"changes": "{notice: 2 weeks}"}, "changes.notice"),
    ({"purchases": ""}, {"purchases": "{eligible: line.kind != \"tip\"}"}, "eligible"),
    (
        {"members": "{fields: {vip: boolean}}", **rule("when: member.vip, give: {points: 5}")},
        {"members": "{fields: {vip: boolean, city: text}}", **rule("when: member.vip && member.city == \"Bandung\", give: {points: 5}")},  # noqa: E501
        "rules.earn.when",
    ),
    (
        rule("when: member.joined_on < date(\"2026-03-01\"), give: {points: 5}"),
        rule("when: member.joined_on < date(\"2026-02-01\"), give: {points: 5}"),
        "rules.earn.when",
    ),
    (
        rule("when: '\"A\" in purchase.codes || \"B\" in purchase.codes', give: {points: 5}"),
        rule("when: '\"A\" in purchase.codes', give: {points: 5}"),
        "rules.earn.when",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path"), PAIRS)
def test_what_is_worse_is_named_by_its_place(old: dict[str, str], new: dict[str, str], path: str) -> None:
    found = lost(old, new)
    assert [line.partition(":")[0] for line in found] == [path]


@pytest.mark.parametrize(
    ("new", "old", "path"), [pair for pair in PAIRS if not pair[2].endswith(("product", "lounge"))]
)
def test_the_way_back_takes_nothing_away(new: dict[str, str], old: dict[str, str], path: str) -> None:
    assert lost(old, new) == []


def test_both_values_are_shown() -> None:
    assert lost(reward("costs: {points: 400}"), reward("costs: {points: 500}")) == [
        "rewards.tea.costs.points: 400 → 500"
    ]
    assert lost(unit("expires: never"), unit("expires: {on: [03-31]}"))[0].startswith(
        "units.points.expires: never → days"
    )
    assert lost(rule("give: {points: 5}"), rule("when: purchase.total > 20, give: {points: 5}")) == [
        "rules.earn.when: none → purchase.total > 20"
    ]


def test_titles_order_and_new_things_take_nothing_away() -> None:
    old = {"rules": "{a: {on: purchase.completed, give: {points: 1}}, b: {on: purchase.completed, give: {points: 2}}}"}
    new = {
        "title": "A shop",
        "rules": "{b: {title: B, on: purchase.completed, give: {points: 2}}, a: {on: purchase.completed, give: {points: 1}},"  # noqa: E501
        " c: {on: purchase.completed, give: {points: 3}}}",
    }  # fmt: skip
    assert lost(old, new) == []


def test_a_rule_whose_time_is_over_or_that_only_takes_may_go() -> None:
    over = rule("give: {points: 5}, schedule: {until: 2026-06-01}")
    assert lost(over, {"rules": "{other: {on: purchase.completed, give: {points: 1}}}"}) == []
    running = rule("give: {points: 5}, schedule: {until: 2026-06-02}")
    assert lost(running, {"rules": "{other: {on: purchase.completed, give: {points: 1}}}"}) != []


def test_a_rule_that_begins_to_take_is_worse_and_one_that_stops_is_not() -> None:
    gives = rule("give: {points: 5}")
    takes = rule("give: {points: 5}, take: {points: 1}")
    more = rule("give: {points: 5}, take: {points: 2}")
    assert [line.partition(":")[0] for line in lost(gives, takes)] == ["rules.earn.takes.points"]
    assert [line.partition(":")[0] for line in lost(takes, more)] == ["rules.earn.takes.points.amount"]
    assert lost(more, takes) == lost(takes, gives) == []


def test_in_a_group_whose_first_rule_wins_the_order_counts() -> None:
    rules = {
        name: f"{name}: {{on: purchase.completed, when: purchase.total > {n}, group: g, give: {{points: {n}}}}}"
        for name, n in (("a", 1), ("b", 2))
    }
    groups = {"groups": "{g: {pick: first}}"}
    old = {**groups, "rules": "{" + f"{rules['a']}, {rules['b']}" + "}"}
    new = {**groups, "rules": "{" + f"{rules['b']}, {rules['a']}" + "}"}
    assert lost(old, new) == ["groups.g: a, b → b, a"]
    assert lost(old, {**new, "groups": "{g: {pick: all}}"}) == []
    assert lost({**new, "groups": "{g: {pick: all}}"}, new) == ["groups.g.pick: all → first"]


def test_what_cannot_be_tried_counts_as_worse_when_it_changes() -> None:
    listed = 'purchase.lines.exists(line, line.sku == "{}")'
    old, new = (
        rule(f"when: '{listed.format('A')}', give: {{points: 5}}"),
        rule(f"when: '{listed.format('B')}', give: {{points: 5}}"),
    )
    assert [line.partition(":")[0] for line in lost(old, new)] == ["rules.earn.when"]
    assert lost(old, old) == []
    streaks = [
        {
            "metrics": "{spent: {sum: purchase.total, over: month}}",
            **rule(f"when: streak(spent >= 10) >= {n}, give: {{points: 5}}"),
        }
        for n in (3, 2)
    ]
    assert lost(streaks[0], streaks[1]) != []


def test_an_amount_that_cannot_be_computed_gives_nothing() -> None:
    assert lost(give("10 / purchase.quantity"), give("10 / purchase.quantity")) == []
    assert lost(give("10 / purchase.quantity"), give("11 / purchase.quantity")) == []
    assert lost(give("11 / purchase.quantity"), give("10 / purchase.quantity")) != []


def test_a_programme_loses_nothing_to_itself() -> None:
    one, again = (load_programme(EVERYTHING.read_text(encoding="utf-8")).programme for _ in range(2))
    assert one is not None
    assert again is not None
    assert losses(one, again, AT) == ()


def test_the_table_names_nothing_that_the_model_does_not_have() -> None:
    known = {name: found for name, found in vars(model).items() if is_dataclass(found)}
    for kind, senses in SENSES.items():
        assert set(senses) <= {setting.name for setting in fields(known[kind])}, kind


def ladder(gold: str) -> dict[str, str]:
    return {
        "metrics": "{spent: {sum: purchase.total, over: year}, visits: {count: purchase.completed, over: year}}",
        "tiers": f"{{by: [spent, visits], levels: {{blue: {{from: 0}}, gold: {{from: {gold}}}}}, keep: 12 months}}",
    }


def test_another_way_to_a_level_is_no_loss_and_a_way_that_closes_is_one() -> None:
    one, two = ladder("{spent: 100, visits: 3}"), ladder("{any: [{spent: 100, visits: 3}, {spent: 300}]}")
    assert lost(one, two) == []
    assert [line.partition(":")[0] for line in lost(two, one)] == ["tiers.levels.gold.needs"]
    assert [line.partition(":")[0] for line in lost(one, ladder("{spent: 101, visits: 2}"))] == [
        "tiers.levels.gold.needs"
    ]
