"""What expressions give: tables of source and value."""

import datetime as dt
from fractions import Fraction

import pytest

from setia.language.expressions import (
    BOOL,
    DATE,
    INT,
    STRING,
    EvaluationCode,
    EvaluationError,
    Expression,
    ListOf,
    compile_amount,
    compile_condition,
    number,
)
from tests.pure.expressions.sample import ENV, LINE, SCOPE, compiled

NUMBERS = [
    ("7", "7"),
    ("10_000", "10000"),
    ("2.50", "5/2"),
    ("-3", "-3"),
    ("- -3", "3"),
    ("-(1 + 2)", "-3"),
    ("7 / 2", "7/2"),
    ("1 + 2 * 3 - 4 / 8", "13/2"),
    ("(1 + 2) * 3", "9"),
    ("10 - 3 - 2", "5"),
    ("100 / 5 / 2", "10"),
    ("7 % 4", "3"),
    ("-7 % 4", "1"),
    ("points % 4", "3"),
    ("points % points", "0"),
    ("-points", "-7"),
    ("purchase.total", "123.45"),
    ("floor(purchase.eligible / 10_000)", "13"),
    ("floor(purchase.eligible / 10_000) * tier.rate", "19.5"),
    ("purchase.total + tier.rate", "124.95"),
    ("purchase.total - tier.rate", "121.95"),
    ("1 - tier.rate", "-1/2"),
    ("tier.rate - 1", "1/2"),
    ("purchase.total * tier.rate", "185.175"),
    ("0.15 * purchase.total", "18.5175"),
    ("2 * points", "14"),
    ("0 * purchase.total", "0"),
    ("purchase.total / 0.5", "246.9"),
    ("purchase.total / tier.rate", "82.3"),
    ("points / -points", "-1"),
    ("purchase.total / points", "123.45/7"),
    ("purchase.total / points + 1", "130.45/7"),
    ("1 - purchase.total / points", "-116.45/7"),
    ("purchase.total / points - tier.rate", "112.95/7"),
    ("purchase.total / points * points", "123.45"),
    ("3 * (1 / points)", "3/7"),
    ("1 / (points / 2)", "2/7"),
    ("points / 2 / points", "1/2"),
    ("-(purchase.total / points)", "-123.45/7"),
    ("abs(-(points / points))", "1"),
    ("abs(-2.5)", "2.5"),
    ("abs(3 - points)", "4"),
    ("abs(1 - purchase.total)", "122.45"),
    ("floor(2.5)", "2"),
    ("ceil(2.5)", "3"),
    ("round(2.5)", "3"),
    ("floor(-2.5)", "-3"),
    ("ceil(-2.5)", "-2"),
    ("round(-2.5)", "-2"),
    ("floor(points)", "7"),
    ("floor(purchase.total)", "123"),
    ("ceil(purchase.total)", "124"),
    ("round(purchase.total)", "123"),
    ("round(tier.rate)", "2"),
    ("round(-tier.rate)", "-1"),
    ("floor(points / points / 2)", "0"),
    ("ceil(points / (points * 2))", "1"),
    ("round(points / (points * 2))", "1"),
    ("min(3, 2.5)", "2.5"),
    ("max(3, 2.5)", "3"),
    ("min(points, tier.rate, 9)", "1.5"),
    ("max(points, tier.rate)", "7"),
    ("min(points / points, 2, 1 / points)", "1/7"),
    ("max(points / points, 2, 1 / points)", "2"),
    ("vip ? 1.5 : points", "1.5"),
    ("!vip ? 1.5 : points", "7"),
    ("vip ? 1 / points : points", "1/7"),
    ("points > 8 ? 1 : points > 6 ? 2 : 3", "2"),
    ("size('four')", "4"),
    ("size(tier.name)", "4"),
    ("purchase.tags.size()", "2"),
    ("size(purchase.lines)", "3"),
    ("size([1, 2])", "2"),
    ("sum([1, 2.5, points])", "10.5"),
    ("sum(purchase.prices)", "4"),
    ("sum(purchase.counts)", "6"),
    ("sum(vip ? purchase.counts : purchase.prices)", "6"),
    ("sum(vip ? purchase.counts : purchase.counts)", "6"),
    ("sum(vip ? purchase.counts.map(c, c / points) : purchase.prices)", "6/7"),
    ("purchase.lines.map(l, l.amount).sum()", "23.45"),
    ("purchase.lines.map(l, l.amount / l.quantity).sum()", "16.2"),
    ('purchase.lines.filter(l, l.category == "tea").map(l, l.amount).sum()', "13.5"),
    ('purchase.lines.filter(l, l.category == "tea").size()', "2"),
    ("size(vip ? purchase.lines : purchase.lines.filter(l, l.quantity > 1))", "3"),
    ("purchase.counts.map(c, c * points).sum()", "42"),
    ("purchase.tip + 1", "1"),
    ("purchase.delivery.fee", "0"),
    ("streak(month_spend >= 1_000_000)", "2"),
    ("streak(month_spend >= 1_000_000 && month_visits > 0)", "1"),
    ("streak(month_visits >= zero)", "3"),
    ("month_spend", "0.05"),
]
CONDITIONS = [
    ("vip", True),
    ("!vip", False),
    ("vip && points > 8", False),
    ("vip || points > 8", True),
    ("vip && !vip || vip", True),
    ("points == 7", True),
    ("points != 7", False),
    ("points < 7", False),
    ("points <= 7", True),
    ("points > 6.99", True),
    ("points >= 7.01", False),
    ("purchase.total == 123.45", True),
    ("123 < purchase.total", True),
    ("purchase.total > tier.rate", True),
    ("purchase.total / points < 18", True),
    ("points / points == 1", True),
    ("1 / points != purchase.total / points", True),
    ("tier.name == 'gold'", True),
    ("tier.name != purchase.channel", True),
    ("vip == purchase.gift", False),
    ('purchase.on == date("2026-05-01")', True),
    ('purchase.on < date("2026-05-02")', True),
    ('purchase.paid_on < date("1900-01-01")', True),
    ('purchase.on in [date("2026-04-30"), date("2026-05-01")]', True),
    ("purchase.local_time.hour in [7, 8, 9]", True),
    ("points in [7.5, 8]", False),
    ("points in [zero, points]", True),
    ("points / 2 in [3.5]", True),
    ("points / points in [2, 1]", True),
    ("purchase.total in purchase.prices", False),
    ("2.5 in purchase.prices", True),
    ("points in purchase.prices", False),
    ("1.5 in purchase.counts", False),
    ("points / points in purchase.counts", True),
    ("2 in purchase.lines.map(l, l.quantity / 2)", False),
    ("'web' in purchase.tags", True),
    ("tier.name in ['gold', 'silver']", True),
    ("'gold' in [tier.name]", True),
    ("vip in [purchase.gift]", False),
    ("tier.name.startsWith('go')", True),
    ("tier.name.endsWith('go')", False),
    ("tier.name.contains('ol')", True),
    ("'golden'.contains(tier.name)", True),
    ("has(purchase.channel)", False),
    ("has(purchase.channel) && purchase.channel == 'app'", False),
    ("has(purchase.delivery.fee)", False),
    ("has(purchase.extra.colour)", True),
    ("purchase.extra.colour == 'red'", True),
    ("purchase.extra.size == 4", True),
    ("purchase.channel == ''", True),
    ("purchase.gift", False),
    ("'x' in purchase.coupons", False),
    ("purchase.lines.exists(l, l.category == 'cake')", True),
    ("purchase.lines.all(l, l.amount > 3)", False),
    ("purchase.lines.exists_one(l, has(l.note))", True),
    ("purchase.lines.exists_one(l, l.category == 'tea')", False),
    ("purchase.lines.exists(l, l.note == 'big')", True),
    ("purchase.lines.all(l, l.maker.country in ['ID', 'MY'])", True),
    ("purchase.lines.exists(l, l.colours.exists(c, c == 'tan'))", True),
    ("purchase.tags.all(t, t.startsWith('n') || t == 'web')", True),
    ("streak(month_spend >= 1_000_000) >= 3", False),
    ("streak(month_visits in [4] || month_spend > 2) > 0", True),
]


def exactly(text: str) -> Fraction:
    above, _, below = text.partition("/")
    return Fraction(above) / Fraction(below or 1)


@pytest.mark.parametrize(("source", "wanted"), NUMBERS)
def test_a_number_is_exact(source: str, wanted: str) -> None:
    expression = compile_amount(source, SCOPE)
    assert isinstance(expression, Expression), expression
    numerator, denominator = expression.amount(ENV)
    assert denominator > 0
    assert Fraction(numerator, denominator) == expression.value(ENV) == exactly(wanted)
    with pytest.raises(TypeError, match="not a condition"):
        expression.test(ENV)


@pytest.mark.parametrize(("source", "wanted"), CONDITIONS)
def test_a_condition_is_true_or_false(source: str, wanted: bool) -> None:
    expression = compile_condition(source, SCOPE)
    assert isinstance(expression, Expression), expression
    assert expression.test(ENV) is wanted
    assert expression.value(ENV) is wanted
    with pytest.raises(TypeError, match="not a number"):
        expression.amount(ENV)


def test_values_of_other_types() -> None:
    assert compiled(r"'a\n\t\r\\\'\"\u00e9'").value(ENV) == "a\n\t\r\\'\"é"
    assert compiled("true").value(ENV) is True
    assert compiled("vip ? 'yes' : tier.name").value(ENV) == "yes"
    assert compiled('date("2024-02-29")').value(ENV) == dt.date(2024, 2, 29)
    assert compiled("purchase.paid_on").value(ENV) == dt.date.min
    assert compiled("[1, 2.5]").value(ENV) == [1, Fraction(5, 2)]
    assert compiled("purchase.lines.map(l, l.quantity / l.quantity)").value(ENV) == [1, 1, 1]
    assert compiled("purchase.lines.map(l, l.category)").value(ENV) == ["tea", "cake", "tea"]
    assert compiled("purchase.coupons").value(ENV) == []


def test_present_optional_fields_are_read() -> None:
    env = {**ENV, "purchase.channel": "app", "purchase.tip": 250}
    assert compiled("has(purchase.channel) && purchase.channel == 'app'").test(env)
    assert compiled("purchase.tip").amount(env) == (250, 100)


def test_the_type_of_a_result_is_known() -> None:
    assert compiled("purchase.total + 1").type == number(100)
    assert compiled("floor(purchase.total)").type == INT
    assert compiled("purchase.total / points").type == number(1).__class__(None)
    assert compiled("vip").type == BOOL
    assert compiled("tier.name").type == STRING
    assert compiled("purchase.on").type == DATE
    assert compiled("purchase.lines").type == ListOf(LINE)


def test_an_expression_tells_what_it_reads() -> None:
    expression = compiled(
        "streak(month_spend > tier.rate) > 2 && has(purchase.channel)"
        " && purchase.lines.exists(l, l.amount > purchase.total)"
    )
    wanted = {"periods.calendar_month", "tier.rate", "purchase.channel", "purchase.lines", "purchase.total"}
    assert expression.paths == wanted
    assert expression.metrics == {("calendar_month", "month_spend")}
    assert compiled("month_spend > 1").paths == {"month_spend"}
    assert repr(expression).startswith("Expression('streak(")


def test_conditions_are_looked_at_no_further_than_needed() -> None:
    assert compiled("zero > 0 && 1 / zero > 1").test(ENV) is False
    assert compiled("zero == 0 || 1 / zero > 1").test(ENV) is True
    assert compiled("zero > 0 ? 1 / zero : 0").amount(ENV)[0] == 0


@pytest.mark.parametrize("source", ["1 / zero", "points % zero", "(points / 2) / (zero / points)", "1 / zero > 2"])
def test_dividing_by_a_field_that_is_zero_is_an_error_of_its_own(source: str) -> None:
    with pytest.raises(EvaluationError, match="division by zero: guard it") as caught:
        compiled(source).value(ENV)
    assert caught.value.code is EvaluationCode.DIVISION_BY_ZERO


@pytest.mark.parametrize(
    ("source", "path", "length"),
    [
        ("size(purchase.tags) > 1", "purchase.tags", 1001),
        ("'a' in purchase.tags", "purchase.tags", 1001),
        ("streak(month_spend > 1)", "periods.calendar_month", 1001),
    ],
)
def test_a_list_that_is_longer_than_allowed_is_refused(source: str, path: str, length: int) -> None:
    metric = {"month_spend": 200}
    long: list[object] = [metric if path.startswith("periods") else "a"] * length
    with pytest.raises(EvaluationError, match=r"has 1_001 elements; at most 1_000") as caught:
        compiled(source).value({**ENV, path: long})
    assert caught.value.code is EvaluationCode.LIST_TOO_LONG
    assert compiled(source).value({**ENV, path: long[1:]})


def test_a_short_list_inside_a_list_is_bounded_too() -> None:
    lines = [{"colours": ["a", "b", "c", "d"]}]
    with pytest.raises(EvaluationError, match="'colours' has 4 elements; at most 3"):
        compiled("purchase.lines.exists(l, 'z' in l.colours)").test({**ENV, "purchase.lines": lines})


def test_money_by_a_constant_is_one_integer_division() -> None:
    expression = compiled("floor(purchase.eligible / 10_000)")
    assert expression.amount({"purchase.eligible": 10**30 * 1_000_000 + 999_999}) == (10**30, 1)
