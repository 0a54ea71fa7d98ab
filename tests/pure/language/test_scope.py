"""Which names expressions may use, and where in the file a problem of theirs stands."""

import pytest

from setia.language.diagnostics import Findings, Place
from setia.language.expressions import BOOL, DATE, INT, STRING, ListOf, PeriodMetric, Record, number
from setia.language.nodes import Mapping, Places, Scalar, read_nodes
from setia.language.scope import Vocabulary, paths, window_name
from setia.values.instants import LIFETIME, Calendar, Span, Step, Window
from tests.pure.language.sample import everything


def test_a_rule_on_purchases_can_read_all_of_this() -> None:
    found = paths(everything(), "purchase.completed")
    money = number(100)
    assert found["purchase.total"] == found["line.amount"] == found["purchase.fare"] == money
    assert found["purchase.quantity"] == found["line.quantity"] == number(1000)
    assert found["purchase.local_date"] == found["member.joined_on"] == DATE
    assert found["purchase.local_time.hour"] == found["tier.rank"] == INT
    assert found["line.is_tip"] == found["member.has_card"] == found["tier.lounge"] == BOOL
    assert found["line.weight"] == number(10**6)
    assert found["tier.rate"] == number(2)
    assert found["tier.discount"] == number(40)
    assert found["tier.colour"] == STRING
    assert found["tier.perks"] == ListOf(STRING)
    assert found["wallet.stars"] == number(10)
    assert found["month_spend"] == found["year_spend"] == money
    assert isinstance(found["purchase.lines"], ListOf)
    assert isinstance(found["purchase.lines"].element, Record)


def test_other_activities_bring_their_own_names() -> None:
    programme = everything()
    assert paths(programme, "review.written")["review.words"] == ListOf(STRING)
    assert paths(programme, "month.ended")["month.local_date"] == DATE
    assert paths(programme, "tier.changed")["change.is_up"] == BOOL
    assert "stamps.local_date" not in paths(programme, "stamps.reached")


def test_a_rule_on_several_types_reads_what_all_of_them_have() -> None:
    vocabulary = Vocabulary.of(everything())
    assert "review" not in vocabulary.rule_scope(["review.written", "visit.checked"])
    assert "review" in vocabulary.rule_scope(["review.written"])
    assert "lines" in vocabulary.rule_scope(["purchase.completed"])
    assert "lines" not in vocabulary.rule_line_scope(["purchase.completed"])
    assert list(vocabulary.line_scope()) == ["line"]
    assert list(vocabulary.member_scope()) == ["member"]
    assert "line" not in vocabulary.common_scope()


def test_metrics_of_periods_can_be_looked_back_on() -> None:
    scope = Vocabulary.of(everything()).common_scope()
    assert scope["month_spend"].type == PeriodMetric(number(100), "month")
    assert scope["year_spend"].type == number(100)


@pytest.mark.parametrize(
    ("window", "name"),
    [
        (Window(Calendar.MONTH), "month"),
        (Window(Calendar.YEAR), "year"),
        (Window(Calendar.YEAR, year_from=(3, 1)), "year_from_03_01"),
        (Window(Calendar.EVERY, Span(6, Step.MONTHS)), "every_6_months"),
        (Window(Calendar.ROLLING, Span(12, Step.MONTHS)), "last_12_months"),
        (LIFETIME, "lifetime"),
    ],
)
def test_windows_have_canonical_names(window: Window, name: str) -> None:
    assert window_name(window) == name


@pytest.mark.parametrize(
    ("text", "word", "place"),
    [
        ("a: one two", "two", Place(1, 8)),
        ("a: 'one two'", "two", Place(1, 9)),
        ("a: 'it''s two'", "two", Place(1, 11)),
        ('a: "one \\u00e9 two"', "two", Place(1, 16)),
        ('a: "one\\ntwo"', "two", Place(1, 10)),
        ("a: one\n   two", "two", Place(2, 4)),
        ("a: >-\n  one\n   two\n  three", "three", Place(4, 3)),
        ("a: |\n    one\n    two", "two", Place(3, 5)),
        ("a:\n  - one\n", "one", Place(2, 5)),
    ],
)
def test_a_place_in_a_text_is_found_in_the_file(text: str, word: str, place: Place) -> None:
    root = read_nodes(text, Findings("a.yaml"))
    assert isinstance(root, Mapping)
    node = root.entries["a"].value
    scalar = node if isinstance(node, Scalar) else node.items[0] if not isinstance(node, Mapping) else None
    assert isinstance(scalar, Scalar)
    assert scalar.at(scalar.text.index(word)) == place


def test_settings_are_found_by_their_path() -> None:
    root = read_nodes("a:\n  b: [1, {c: 2}]\n", Findings("a.yaml"))
    assert root is not None
    places = Places(root)
    assert places.at() == Place(1, 1)
    assert places.at("a", "b") == Place(2, 3)
    assert places.at("a", "b", 1, "c") == Place(2, 11)
    assert places.at("a", "b", 7) == places.at("a", "b", "x") == Place(2, 3)
    assert places.has("a", "b")
    assert not places.has("a", "b", 1)
    assert not places.has("x")
