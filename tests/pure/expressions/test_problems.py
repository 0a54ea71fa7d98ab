"""What is wrong with an expression is said where it is wrong, with a way out; one case for every code at least."""

import time
from fractions import Fraction

import pytest

from setia.language.expressions import Code, Problem, compile_amount, compile_condition
from tests.pure.expressions.sample import ENV, SCOPE, compiled, problems_of

LONG_SUM = "+".join(["points"] * 200)
CASES: list[tuple[Code, str, str, str]] = [
    # code, source, the stretch it points at, words of message and hint
    (Code.EMPTY, "", "", "write a condition"),
    (Code.EMPTY, " \n ", " \n ", "is empty"),
    (Code.TOO_LONG, "1" * 2_001, "1", "2_001 characters; at most 2_000"),
    (Code.TOO_DEEP, "(" * 2_000, "(", "more than 32 levels"),
    (Code.TOO_DEEP, "(" * 999 + ")" * 999, "(", "take brackets away"),
    (Code.TOO_DEEP, "!" * 40 + "vip", "!", "more than 32 levels"),
    (Code.TOO_DEEP, "a" + ".b" * 100, "a" + ".b" * 36, "more than 32 levels"),
    (Code.TOO_MANY_PARTS, LONG_SUM, "points", "more than 300 parts"),
    (
        Code.TOO_COSTLY,
        "purchase.tags.exists(t, purchase.tags.exists(u, u == t))",
        "purchase.tags.exists(t, purchase.tags.exists(u, u == t))",
        "at most 100_000",
    ),
    (Code.TOO_COSTLY, "purchase.tags.all(t, t in purchase.tags)", "purchase.tags.all(t, t in purchase.tags)", "steps"),
    (Code.UNEXPECTED_CHARACTER, "points > 1 ;", ";", "join conditions with &&"),
    (Code.UNEXPECTED_CHARACTER, "{1", "{", "[1, 2]"),
    (Code.UNEXPECTED_CHARACTER, "points > \x001", "\x00", "U+0000"),
    (Code.UNEXPECTED_CHARACTER, "é > 1", "é", "a-z"),
    (Code.WRONG_OPERATOR, "points = 7", "=", "write =="),
    (Code.WRONG_OPERATOR, "points === 7", "===", "write =="),
    (Code.WRONG_OPERATOR, "points <> 7", "<>", "write !="),
    (Code.WRONG_OPERATOR, "points ≥ 7", "≥", "write >="),
    (Code.WRONG_OPERATOR, "vip & vip", "&", "write &&"),
    (Code.WRONG_OPERATOR, "vip | vip", "|", "write ||"),
    (Code.WRONG_OPERATOR, "vip AND points > 1", "AND", "write && for 'AND'"),
    (Code.WRONG_OPERATOR, "vip or points > 1", "or", "write || for 'or'"),
    (Code.WRONG_OPERATOR, "not vip", "not", "write ! for 'not'"),
    (Code.WRONG_OPERATOR, "points not  in [1, 2]", "not  in", "write !(value in list)"),
    (Code.SMART_QUOTE, "tier.name == “gold”", "“gold”", "straight quotes: \"gold\" or 'gold'"),
    (Code.SMART_QUOTE, "tier.name == ‘gold", "‘gold", "straight quotes"),
    (Code.UNTERMINATED_TEXT, "tier.name == 'gold", "'gold", "close it with '"),
    (Code.UNTERMINATED_TEXT, "tier.name == 'go\nld'", "'go", "on the same line"),
    (Code.UNTERMINATED_TEXT, "tier.name == 'go\\", "'go\\", "close it"),
    (Code.BAD_ESCAPE, r"tier.name == 'a\d'", r"\d", r"write \\ for a backslash"),
    (Code.BAD_ESCAPE, r"tier.name == '\ud800'", r"\u", "not an escape"),
    (Code.BAD_ESCAPE, r"tier.name == '\u12'", r"\u", "not an escape"),
    (Code.BAD_NUMBER, "points > 1__0", "1__0", "10_000"),
    (Code.BAD_NUMBER, "points > 12abc", "12abc", "not a number"),
    (Code.BAD_NUMBER, "points > 1.", "1.", "not a number"),
    (Code.BAD_NUMBER, "points > 1.2.3", "1.2.3", "not a number"),
    (Code.NUMBER_TOO_LONG, "points > 1234567890_1234567890", "1234567890_1234567890", "more than 18 digits"),
    (Code.AMBIGUOUS_NUMBER, "points > 10.000", "10.000", "write 10 or 10_000"),
    (Code.AMBIGUOUS_NUMBER, "points > 1.250", "1.250", "write 1.25 or 1_250"),
    (Code.SYNTAX, "points >", "", "ends too early: a value is missing"),
    (Code.SYNTAX, "points 7", "7", "operator between two values; thousands"),
    (Code.SYNTAX, "points zero", "zero", "texts stand between quotes"),
    (Code.SYNTAX, "points 'a'", "'a'", "'a text' was not expected"),
    (Code.SYNTAX, "points + * 2", "*", "check the signs and brackets"),
    (Code.SYNTAX, "points * 15 %", "", "15 percent is written 0.15"),
    (Code.SYNTAX, "points * 15% + 1", "+", "15 percent is written 0.15"),
    (Code.SYNTAX, "(points * 15 %)", ")", "15 percent is written 0.15"),
    (Code.UNTERMINATED_TEXT, "tier.name.contains('gold", "'gold", "close it"),
    (Code.SYNTAX, ")", ")", "a value is missing"),
    (Code.SYNTAX, "in [1]", "in", "missing before 'in'"),
    (Code.SYNTAX, "vip ? 1", "", "condition ? this : that"),
    (Code.SYNTAX, "purchase.", "", "a name is missing after the dot"),
    (Code.SYNTAX, "max(1, )", ")", "missing after the comma"),
    (Code.SYNTAX, "max(1 2)", "2", "the ( is not closed yet"),
    (Code.UNCLOSED_BRACKET, "(points + 1", "(", "add the missing )"),
    (Code.UNCLOSED_BRACKET, "points in [1, 2", "[", "add the missing ]"),
    (Code.CHAINED_COMPARISON, "1 < points < 9", "<", "a < b && b < c"),
    (Code.NOT_SUPPORTED, "purchase.tags[0] == 'a'", "[", "exists, all, filter"),
    (Code.NOT_SUPPORTED, "purchase.channel == null", "null", "has(some.field)"),
    (Code.NOT_SUPPORTED, "tier.name.matches('a+')", "matches", "startsWith"),
    (Code.EMPTY_LIST, "points in []", "[]", "is empty"),
    (Code.MIXED_LIST, "points in [1, 'a']", "'a'", "a text is not a number"),
    (Code.MIXED_LIST, "[[1], [2]].size()", "[1]", "list of lists"),
    (Code.MIXED_LIST, "purchase.lines.map(l, l.colours).size()", "l.colours", "list of lists"),
    (Code.UNKNOWN_NAME, "purchse.total > 1", "purchse", "did you mean purchase?"),
    (Code.UNKNOWN_NAME, "total > 1", "total", "did you mean purchase.total?"),
    (Code.UNKNOWN_NAME, "qqq > 1", "qqq", "known names: month_spend"),
    (Code.UNKNOWN_FIELD, "purchase.totl > 1", "totl", "did you mean total? known fields: channel"),
    (Code.UNKNOWN_FIELD, "tier.zzz > 1", "zzz", "known fields: name, rate"),
    (Code.UNKNOWN_FIELD, "purchase.lines.exists(l, l.price > 1)", "price", "'line' has no field 'price'"),
    (Code.NO_FIELDS, "points.total > 1", "total", "a number has no field 'total'"),
    (Code.NO_FIELDS, "purchase.lines.amount > 1", "amount", "with exists, all"),
    (Code.NO_FIELDS, "month_spend.total > 1", "total", "a number has no field"),
    (Code.NO_FIELDS, "floor(points).total > 1", "floor(points)", "only names have fields"),
    (Code.UNKNOWN_FUNCTION, "flor(points)", "flor", "did you mean floor?"),
    (Code.UNKNOWN_FUNCTION, "exists(purchase.tags)", "exists", "subject.exists("),
    (Code.UNKNOWN_METHOD, "tier.name.starts_with('a')", "starts_with", "did you mean startsWith?"),
    (Code.UNKNOWN_METHOD, "points.floor()", "floor", "write it as floor("),
    (
        Code.WRONG_ARGUMENTS,
        "floor(points, 10,000)",
        "floor(points, 10,000)",
        "takes 1 value between its brackets, not 3",
    ),
    (Code.WRONG_ARGUMENTS, "floor(points, 10,000)", "floor(points, 10,000)", "thousands are written 10_000"),
    (Code.WRONG_ARGUMENTS, "floor()", "floor()", "write floor(amount)"),
    (Code.WRONG_ARGUMENTS, "min(points)", "min(points)", "at least 2 values"),
    (Code.WRONG_ARGUMENTS, "size()", "size()", "size(list)"),
    (Code.WRONG_ARGUMENTS, "purchase.tags.size(1)", "purchase.tags.size(1)", "list.size()"),
    (Code.WRONG_ARGUMENTS, "sum(points, 2)", "sum(points, 2)", "add single values with +"),
    (Code.WRONG_ARGUMENTS, "sum()", "sum()", "sum(list)"),
    (Code.WRONG_ARGUMENTS, "purchase.prices.sum(1)", "purchase.prices.sum(1)", "list.sum()"),
    (Code.WRONG_ARGUMENTS, "has()", "has()", "has(some.field)"),
    (Code.WRONG_ARGUMENTS, "date()", "date()", 'date("2026-05-01")'),
    (Code.WRONG_ARGUMENTS, "streak()", "streak()", "streak(month_spend"),
    (Code.WRONG_ARGUMENTS, "tier.name.contains()", "tier.name.contains()", 'text.contains("…")'),
    (Code.WRONG_ARGUMENTS, "purchase.tags.all(t)", "purchase.tags.all(t)", "list.all(x, … x …)"),
    (Code.WRONG_TYPE, "tier.name + 1", "tier.name", "'+' needs a number, not a text"),
    (Code.WRONG_TYPE, "points + '1'", "'1'", "without quotes"),
    (Code.WRONG_TYPE, "-tier.name", "tier.name", "- needs a number"),
    (Code.WRONG_TYPE, "!points", "points", "for example > 0"),
    (Code.WRONG_TYPE, "vip && tier.name", "tier.name", "&& needs true/false, not a text"),
    (Code.WRONG_TYPE, "points ? 1 : 2", "points", "? : needs true/false"),
    (Code.WRONG_TYPE, "vip ? 1 : 'a'", "vip ? 1 : 'a'", "one kind"),
    (
        Code.WRONG_TYPE,
        "vip ? purchase.tags : purchase.prices",
        "vip ? purchase.tags : purchase.prices",
        "list of texts",
    ),
    (
        Code.WRONG_TYPE,
        "vip ? purchase.tags : tier.name",
        "vip ? purchase.tags : tier.name",
        "a list of texts or a text",
    ),
    (Code.WRONG_TYPE, "purchase.total % 2", "purchase.total % 2", "floor(a) % b"),
    (Code.WRONG_TYPE, "points in points", "points", "needs a list on its right"),
    (Code.WRONG_TYPE, "'a' in tier.name", "tier.name", "text.contains(part)"),
    (Code.WRONG_TYPE, "floor(vip)", "vip", "floor needs a number, not true/false"),
    (Code.WRONG_TYPE, "max(points, tier.name)", "tier.name", "max needs a number"),
    (Code.WRONG_TYPE, "size(points)", "points", "not a number"),
    (Code.WRONG_TYPE, "sum(purchase.lines)", "purchase.lines", "not a list of records"),
    (Code.WRONG_TYPE, "sum(points)", "points", "pick the numbers first"),
    (Code.WRONG_TYPE, "points.contains('a')", "points", "is for texts, not a number"),
    (Code.WRONG_TYPE, "tier.name.contains(points)", "points", "is for texts"),
    (Code.WRONG_TYPE, "purchase.tags.contains('a')", "purchase.tags", "write value in list"),
    (Code.WRONG_TYPE, "tier.name.all(t, t == 'a')", "tier.name", "goes through a list, not a text"),
    (Code.CANNOT_COMPARE, "points > '7'", "points > '7'", "cannot compare a number with a text"),
    (Code.CANNOT_COMPARE, "vip == 1", "vip == 1", "values of one kind"),
    (Code.CANNOT_COMPARE, "purchase.on > '2026-01-01'", "purchase.on > '2026-01-01'", 'date("2026-05-01")'),
    (Code.CANNOT_COMPARE, "purchase.tags == 'a'", "purchase.tags == 'a'", "use 'in', exists or all"),
    (Code.CANNOT_COMPARE, "tier.name > 'a'", "tier.name > 'a'", "cannot order a text"),
    (Code.CANNOT_COMPARE, "1 == 'a'", "1 == 'a'", "cannot compare a number with a text"),
    (Code.CANNOT_COMPARE, "'a' in purchase.prices", "'a' in purchase.prices", "never in a list of numbers"),
    (Code.CANNOT_COMPARE, "purchase.tags in [1]", "purchase.tags in [1]", "a list of texts is never in"),
    (Code.WHOLE_RECORD, "purchase == points", "purchase", "name one of its fields: channel"),
    (Code.WHOLE_RECORD, "purchase", "purchase", "is not one value"),
    (Code.ALWAYS_TRUE, "1 == 1", "1 == 1", "leave it out"),
    (Code.ALWAYS_TRUE, "vip && 2 > 1", "2 > 1", "leave it out"),
    (Code.ALWAYS_TRUE, "vip || true", "true", "always true"),
    (Code.ALWAYS_TRUE, "'gold'.startsWith('g')", "'gold'.startsWith('g')", "always true"),
    (Code.ALWAYS_TRUE, "2 in [1, 2]", "2 in [1, 2]", "always true"),
    (Code.ALWAYS_TRUE, "!true", "true", "always true"),
    (Code.ALWAYS_TRUE, "1 <= 2", "1 <= 2", "always true"),
    (Code.ALWAYS_FALSE, "1 != 1", "1 != 1", "never hold"),
    (Code.ALWAYS_FALSE, "2 < 1", "2 < 1", "always false"),
    (
        Code.ALWAYS_FALSE,
        'date("2026-01-01") >= date("2026-01-02")',
        'date("2026-01-01") >= date("2026-01-02")',
        "never",
    ),
    (Code.ALWAYS_FALSE, "'gold'.endsWith('g')", "'gold'.endsWith('g')", "always false"),
    (Code.ALWAYS_FALSE, "'gold'.contains('x')", "'gold'.contains('x')", "always false"),
    (Code.ALWAYS_FALSE, "false ? 1 : 2", "false", "always false"),
    (Code.COMPARED_WITH_ITSELF, "points == points", "points == points", "with another value"),
    (Code.COMPARED_WITH_ITSELF, "purchase.total>( purchase . total )", "purchase.total>( purchase . total", "itself"),
    (Code.DIVISION_BY_ZERO, "points / 0", "0", "divide by something else"),
    (Code.DIVISION_BY_ZERO, "points % (1 - 1)", "1 - 1", "divides by zero"),
    (Code.BAD_DATE, 'purchase.on > date("2026-02-30")', '"2026-02-30"', "year-month-day"),
    (Code.BAD_DATE, 'purchase.on > date("20260201")', '"20260201"', "not a date of the calendar"),
    (Code.BAD_DATE, "purchase.on > date(2026)", "2026", "between quotes"),
    (Code.BAD_DATE, "purchase.on > date(tier.name)", "tier.name", "between quotes"),
    (Code.HAS_NEEDS_FIELD, "has(1)", "1", "one field"),
    (Code.HAS_NEEDS_FIELD, "has(purchase.delivery)", "purchase.delivery", "fields: fee"),
    (Code.HAS_ALWAYS_TRUE, "has(purchase.total)", "has(purchase.total)", "never absent"),
    (Code.BAD_VARIABLE, "purchase.tags.all('t', true)", "'t'", "a new name"),
    (Code.BAD_VARIABLE, "purchase.tags.all(points, points == 'a')", "points", "means nothing else"),
    (Code.BAD_VARIABLE, "purchase.lines.all(t, t.colours.all(t, t == 'a'))", "t", "means nothing else"),
    (Code.LISTS_TOO_DEEP, "[1].all(a, [2].all(b, [3].all(c, a + b + c > points)))", "all", "more than 2 levels"),
    (Code.STREAK_NEEDS_METRIC, "streak(points > 1)", "streak(points > 1)", "kept for each period"),
    (Code.STREAK_MIXES_PERIODS, "streak(month_visits > 1 && week_visits > 1)", "week_visits", "the streak counts"),
    (Code.STREAK_IN_STREAK, "streak(streak(month_visits > 1) > 1)", "streak(month_visits > 1)", "inside a streak"),
]
ONLY_FOR_CONDITIONS = {Code.NOT_A_CONDITION, Code.NOT_A_NUMBER}


def said(problem: Problem) -> str:
    return f"{problem.message}; {problem.hint}"


@pytest.mark.parametrize(("code", "source", "stretch", "words"), CASES)
def test_a_problem_says_what_where_and_what_to_do(code: Code, source: str, stretch: str, words: str) -> None:
    (problem, *others) = problems_of(source)
    assert problem.code is code, problem
    assert source[problem.offset : problem.offset + problem.length] == stretch
    assert words in said(problem)
    assert problem.hint
    assert not others, "one slip gives one problem"


def test_every_code_has_a_case() -> None:
    assert {code for code, *_ in CASES} | ONLY_FOR_CONDITIONS == set(Code)


def test_all_problems_are_told_at_once_in_the_order_of_the_text() -> None:
    source = "purchse.total > 3 && tier.rat = 4 and points == points or 'a' > 2"
    wanted = [
        (0, Code.UNKNOWN_NAME),
        (26, Code.UNKNOWN_FIELD),
        (30, Code.WRONG_OPERATOR),
        (34, Code.WRONG_OPERATOR),
        (38, Code.COMPARED_WITH_ITSELF),
        (55, Code.WRONG_OPERATOR),
        (58, Code.CANNOT_COMPARE),
    ]
    assert [(problem.offset, problem.code) for problem in problems_of(source)] == wanted


FOLLOWERS = [
    "nope + 1 > -nope * 2",
    "nope in [1]",
    "1 in nope",
    "points in [nope]",
    "!nope",
    "vip && nope",
    "nope ? 1 : 2",
    "vip ? nope : 2",
    "floor(nope)",
    "abs(nope)",
    "min(points, nope)",
    "size(nope)",
    "sum(nope)",
    "has(nope)",
    "streak(nope > 1)",
    "nope.contains('a')",
    "tier.name.contains(nope)",
    "nope.all(x, x > 1)",
    "nope.thing.other > 1",
    "purchase.tags.map(t, nope).size() > 1",
    "points % nope",
    "nope % 2 + 'a'",
]


@pytest.mark.parametrize("source", FOLLOWERS)
def test_an_unknown_name_silences_what_follows_from_it(source: str) -> None:
    found = [problem for problem in problems_of(source) if problem.code is not Code.WRONG_TYPE or "'a'" not in source]
    assert {problem.code for problem in found} == {Code.UNKNOWN_NAME}


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("points", Code.NOT_A_CONDITION, "this is a number; compare it with something"),
        ("tier.name", Code.NOT_A_CONDITION, "this is a text"),
        ("true", Code.ALWAYS_TRUE, "leave it out"),
        ("false", Code.ALWAYS_FALSE, "never hold"),
        ("1 == 1", Code.ALWAYS_TRUE, "leave it out"),
    ],
)
def test_a_condition_has_to_be_true_or_false(source: str, code: Code, words: str) -> None:
    found = compile_condition(source, SCOPE)
    assert isinstance(found, list)
    assert [problem.code for problem in found] == [code]
    assert words in said(found[0])
    assert (found[0].offset, found[0].length) == (0, len(source))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("'10'", "take the quotes away"),
        ("vip", "this is true/false; write condition ? amount : 0"),
        ("purchase.lines", "this is a list of records"),
    ],
)
def test_an_amount_has_to_be_a_number(source: str, words: str) -> None:
    found = compile_amount(source, SCOPE)
    assert isinstance(found, list)
    assert [problem.code for problem in found] == [Code.NOT_A_NUMBER]
    assert words in said(found[0])


def test_a_long_list_of_names_is_cut_in_hints() -> None:
    (problem,) = problems_of("purchase.zzzzz > 1")
    assert problem.hint.endswith(" and 3 more")


@pytest.mark.parametrize("opening", ["(", "[", "!", "-", "floor(", "a.b(", "vip ? ", "1 + (", "{", "'", "\\"])
def test_hopeless_nesting_is_refused_at_once(opening: str) -> None:
    source = (opening * 2_000)[:2_000]
    started = time.process_time()
    assert problems_of(source)
    assert time.process_time() - started < 0.5


def test_the_largest_allowed_expressions_compile() -> None:
    assert compiled("+".join(["points"] * 150)).amount(ENV) == (7 * 150, 1)
    assert compiled("+".join(["1/points"] * 75)).value(ENV) == Fraction(75, 7)
    assert compiled("*".join(["points"] * 150)).amount(ENV) == (7**150, 1)
    assert compiled(" && ".join(["vip"] * 149)).test(ENV)
    assert compiled("(" * 31 + "vip" + ")" * 31).test(ENV)
    assert compiled("-" * 31 + "points").amount(ENV) == (-7, 1)
    numbers = ",".join(str(number) for number in range(500))
    assert compiled(f"points in [{numbers}]").test(ENV)
    assert compiled("purchase.lines.all(l, l.category in ['tea', 'cake'])").test(ENV)
