"""An expression explains itself: the formula with values in it, what was read, and the result."""

import datetime as dt

import pytest

from tests.pure.expressions.sample import ENV, compiled

TEXTS = [
    ("floor(purchase.eligible / 10_000) * 1", "floor(130_000.00 / 10_000) * 1", "13"),
    ("floor(purchase.eligible / 10_000) * tier.rate", "floor(130_000.00 / 10_000) * 1.5", "19.5"),
    ("purchase.total / points", "123.45 / 7", "2_469/140"),
    ("-purchase.total / points", "-123.45 / 7", "-2_469/140"),
    ("purchase.total - 1_000", "123.45 - 1_000", "-876.55"),
    ("vip || points / zero > 1", "true || 7 / 0 > 1", "true"),
    ("vip && purchase.tags.exists(t, t == 'web')", "true && true", "true"),
    ("size(purchase.tags) + size(tier.name)", "2 + 4", "6"),
    ("streak(month_spend >= 1_000_000) >= 3", "2 >= 3", "false"),
    ("has(purchase.channel) && purchase.channel == 'app'", "false && \"\" == 'app'", "false"),
    ("purchase.lines.map(l, l.amount).sum() * 3", "23.45 * 3", "70.35"),
    ("purchase.lines.all(l, l.amount < purchase.total)", "true", "true"),
    ("purchase.counts.map(c, c + 1)", "[1, 2, 3].map(c, c + 1)", "[2, 3, 4]"),
    ("purchase.lines.filter(l, l.quantity > 2)", "[3 elements].filter(l, l.quantity > 2)", "[1 element]"),
    ("'web' in purchase.tags", '\'web\' in ["new", "web"]', "true"),
    ('purchase.on >= date("2026-05-01")', '2026-05-01 >= date("2026-05-01")', "true"),
    ("month_spend", "0.05", "0.05"),
    ("tier.name", '"gold"', '"gold"'),
    (r"'a\\\"\n'", r"'a\\\"\n'", r'"a\\\"\n"'),
    ("0.001", "0.001", "0.001"),
    ("1 / 10_000_000_000", "1 / 10_000_000_000", "1/10_000_000_000"),
]


@pytest.mark.parametrize(("source", "text", "result"), TEXTS)
def test_an_explanation_shows_values_in_the_formula(source: str, text: str, result: str) -> None:
    explained = compiled(source).explain(ENV)
    assert (explained.source, explained.text, explained.result) == (source, text, result)


def test_what_was_read_is_listed_by_path() -> None:
    source = "streak(month_spend > tier.rate) > 1 && has(purchase.channel) && purchase.lines.all(l, l.amount > zero)"
    assert compiled(source).explain(ENV).inputs == {
        "month_spend in each calendar_month": "[1_200_000.00, 1_000_000.00, 999_999.99]",
        "purchase.channel": "absent",
        "purchase.lines": "[3 elements]",
        "tier.rate": "1.5",
        "zero": "0",
    }


def test_long_lists_are_cut() -> None:
    explained = compiled("size(purchase.counts)").explain({**ENV, "purchase.counts": list(range(1000))})
    assert explained.inputs == {"purchase.counts": "[0, 1, 2, 3, 4, … 995 more]"}
    assert explained.text == explained.result == "1_000"


def test_a_side_that_was_not_taken_and_has_no_value_keeps_its_formula() -> None:
    source = "zero == 0 || sum(purchase.counts.map(c, c / zero)) > 1"
    assert compiled(source).explain(ENV).text == "0 == 0 || sum(purchase.counts.map(c, c / zero)) > 1"


def test_dates_and_absent_values_are_readable() -> None:
    explained = compiled("purchase.paid_on == purchase.on").explain({**ENV, "purchase.paid_on": dt.date(2026, 6, 1)})
    assert explained.text == "2026-06-01 == 2026-05-01"
    assert compiled("purchase.gift || vip").explain(ENV).inputs == {"purchase.gift": "absent", "vip": "true"}


def test_a_sum_of_a_thousand_quotients_stays_readable() -> None:
    env = {**ENV, "purchase.counts": [10**17 + 2 * number + 1 for number in range(1000)]}
    assert compiled("sum(purchase.counts.map(c, -points / c))").explain(env).result == "about -0.000000"
    numerator, denominator = compiled("sum(purchase.counts.map(c, points / (c % 9 + 1)))").amount(env)
    assert denominator <= 2520
    assert numerator > 0
