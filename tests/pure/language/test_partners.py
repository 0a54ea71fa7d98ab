"""Partners, budgets and exchanges as they are written, and what is refused of them."""

import pytest

from setia.language.contracts import EarnTerms, Pack
from setia.language.parse import load_programme
from setia.values.stakes import Owed

HEAD = """
programme: shop
currency: EUR
timezone: UTC
units: {points: {worth: 0.01, pays: {worth: 0.01, earn_on_paid: true}}, miles: {worth: 0.02}, dust: {decimals: 2}}
"""
RULES = """
rules: {earn: {on: purchase.completed, give: {points: 1, miles: 1, dust: 1}, limit: {times: 1, per: day}}}
"""


def codes(text: str, rules: str = RULES) -> list[str]:
    return [found.code for found in load_programme(HEAD + text + rules).diagnostics]


def test_contracts_are_read() -> None:
    text = """
partners:
  one: {title: One, earns: [{points: 0.01}, {from: 2026-07-01, points: 0.02, miles: 0, owed: when_earned}],
        burns: {points: 1}}
  two: {earns: {points: 0.5}, pack: {points: 10, over: overdraw}}
  three: {earns: {points: 0.5}, pack: {points: 10, over: reject}}
"""
    loaded = load_programme(HEAD + text + RULES).programme
    assert loaded is not None
    one = loaded.partners["one"]
    assert one.earns[0] == EarnTerms(None, {"points": 10_000}, Owed.WHEN_BURNED)
    assert one.earns[1].prices == {"points": 20_000, "miles": 0}
    assert one.earns[1].owed is Owed.WHEN_EARNED
    assert [partner.pack for partner in loaded.partners.values()] == [
        None, Pack("points", 10, "overdraw"), Pack("points", 10, "reject")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("partners: {one: {title: One}}", ["missing_key"]),
        ("partners: {one: 5}", ["wrong_shape"]),
        ("partners: {operator: {earns: {points: 1}}}", ["reserved_name"]),
        ("partners: {one: {earns: {}}}", ["missing_key"]),
        ("partners: {one: {earns: []}}", ["wrong_shape"]),
        ("partners: {one: {earns: 5}}", ["wrong_shape"]),
        ("partners: {one: {earns: {points: {}}}}", ["wrong_shape"]),
        ("partners: {one: {earns: {stars: 1}}}", ["unknown_unit"]),
        ("partners: {one: {earns: [{points: 1}, {points: 2}]}}", ["missing_key"]),
        ("partners: {one: {earns: {points: 1, owed: never}}}", ["bad_choice"]),
        ("partners: {one: {earns: {points: 1}, pack: 5}}", ["wrong_shape"]),
        ("partners: {one: {earns: {points: 1}, pack: {}}}", ["missing_key"]),
        ("partners: {one: {earns: {points: 1}, pack: {stars: 5}}}", ["unknown_unit"]),
        ("partners: {one: {earns: {points: 1}, pack: {points: 5, miles: 5}}}", ["conflicting_keys"]),
        ("partners: {one: {earns: {points: 1}, pack: {points: [5]}}}", ["wrong_shape"]),
        ("partners: {one: {earns: {points: 1}, pack: {points: 0}}}", ["zero_is_not_unlimited"]),
        ("partners: {one: {burns: {points: 1}, pack: {points: 5}}}", ["pack_without_earning"]),
        ("budgets: {b: {money: 5, points: 5}}", ["conflicting_keys"]),
        ("budgets: {b: {money: 0}}", ["zero_is_not_unlimited"]),
        ("budgets: {b: {money: 5, over: reject}}", ["budget_not_used"]),
        ("budgets: {b: {}}", ["missing_key"]),
        ("budgets: {earn: {points: 5}}", ["budget_not_used"]),
        ("exchanges: {x: {give: {miles: 1}}}", ["missing_key"]),
        ("exchanges: {x: {take: {points: 1}, give: {miles: 1, dust: 1}}}", ["wrong_shape"]),
        ("exchanges: {x: {take: {points: 1}, give: {stars: 1}}}", ["unknown_unit"]),
        ("exchanges: {x: {take: {points: 1}, give: {points: 1}}}", ["conflicting_keys"]),
        ("exchanges: {x: {take: {points: 1}, give: {miles: []}}}", ["wrong_shape"]),
        ("exchanges: {x: {take: {points: 1}, give: {miles: 0}}}", ["zero_is_not_unlimited"]),
        ("exchanges: {x: {take: {points: 2}, give: {miles: 1}, fee: {miles: 1}}}", ["unknown_unit"]),
        ("exchanges: {x: {take: {points: 2}, give: {miles: 1}, partner: air}}", ["unknown_partner"]),
        ("exchanges: {x: {take: {points: 2}, give: {miles: 1}, cancel: {}}}", ["missing_key"]),
        ("exchanges: {x: {take: {points: 2}, give: {miles: 1}}, y: {take: {miles: 1}, give: {points: 2}}}", []),
        (
            "exchanges: {x: {take: {points: 2}, give: {miles: 1}}, y: {take: {miles: 1}, give: {points: 3}}}",
            ["money_loop", "money_loop"],
        ),
        (
            ("exchanges: {x: {take: {points: 2}, give: {dust: 1}}, y: {take: {dust: 1}, give: {miles: 2}}, "
             "z: {take: {miles: 1}, give: {points: 2}}}"),
            ["money_loop", "money_loop", "money_loop"],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


AIR = "partners: {air: {earns: {points: 0.01}, burns: {points: 0.01}}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x: {take: {points: 2}, give: {nights: 1}, partner: air}", []),
        ("x: {take: {nights: 2}, give: {points: 1}, partner: air, at_least: 4, limit: {at_most: 8, per: year}}", []),
        ("x: {take: {points: 2}, give: {nights: 1}, partner: air, cancel: {within: 3 days}}", ["conflicting_keys"]),
        ("x: {take: {nights: 2}, give: {points: 1}, partner: air, fee: {points: 1}}", ["conflicting_keys"]),
        ("x: {take: {points: 2}, give: {'2x': 1}, partner: air}", ["bad_name"]),
        ("x: {take: {nights: 2}, give: {miles: 1}, partner: air}", ["exchange_not_priced"]),
        (
            ("x: {take: {points: 2}, give: {nights: 1}, partner: air}, "
             "y: {take: {nights: 1}, give: {points: 3}, partner: air}"),
            ["money_loop", "money_loop"],
        ),
    ],
)  # fmt: skip
def test_exchanges_with_a_partner(text: str, expected: list[str]) -> None:
    assert codes(AIR + "exchanges: {" + text + "}") == expected


def test_what_is_given_may_not_become_what_paid_for_it() -> None:
    rules = """
rules:
  earn: {on: purchase.completed, give: {miles: purchase.eligible}}
  some: {on: purchase.completed, when: purchase.total > 5, give: {reward: cup}}
rewards: {cup: {gives: {product: CUP}}}
"""
    bare = "programme: s\ncurrency: EUR\ntimezone: UTC\n"
    bare += "units: {points: {pays: {worth: 0.01, earn_on_paid: true}}, miles: {}}"
    for rate, expected in ((99, []), (100, ["money_loop"])):
        text = f"{bare}\nexchanges: {{x: {{take: {{miles: 1}}, give: {{points: {rate}}}}}}}{rules}"
        assert [found.code for found in load_programme(text).diagnostics] == expected


def test_a_budget_of_its_own_may_not_have_the_name_of_a_shared_one() -> None:
    rules = "rules: {b: {on: purchase.completed, give: {points: 1}, budget: {points: 5}}}"
    assert "reserved_name" in codes("budgets: {b: {points: 5}}\n", rules)


def test_an_issuer_may_be_the_operator_itself() -> None:
    rules = "rules: {b: {on: purchase.completed, give: {points: 1}, issuer: operator, limit: {times: 1, per: day}}}"
    loaded = load_programme(HEAD + "partners: {one: {burns: {points: 1}}}\n" + rules)
    assert loaded.programme is not None
    assert loaded.programme.rules["b"].issuer == ""


def test_a_budget_of_money_is_counted_at_what_the_issuer_pays() -> None:
    free = (
        "rules: {b: {on: purchase.completed, give: {dust: 1}, issuer: one, budget: {money: 5}},"
        " c: {on: purchase.completed, give: {points: 1, miles: 1}, limit: {times: 1, per: day}}}"
    )
    assert codes("partners: {one: {earns: {dust: 0.01}}}\n", free) == []
    assert codes("partners: {one: {earns: {dust: 0}}}\n", free) == ["budget_without_cost"]
