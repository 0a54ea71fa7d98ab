"""The scope and the types it is made of."""

import pytest

from setia.language.expressions import BOOL, INT, STRING, Field, ListOf, PeriodMetric, Record, Scope, in_words, number


def test_dotted_names_become_records() -> None:
    scope = Scope({"a.b.c": INT, "a.b.d": STRING, "a.e": BOOL, "f": Field(INT, optional=True)})
    assert list(scope) == ["a", "f"]
    assert len(scope) == 2
    assert scope["a"].type == Record("a", {"b": Record("a.b", {"c": INT, "d": STRING}), "e": BOOL})
    assert scope["f"].optional


def test_dotted_names_join_a_record_that_is_there() -> None:
    scope = Scope({"a": Record("a", {"b": INT}, open=True), "a.c": INT})
    assert scope["a"].type == Record("a", {"b": INT, "c": INT}, open=True)


def test_a_name_cannot_mean_two_things() -> None:
    with pytest.raises(ValueError, match=r"'a\.b' twice"):
        Scope({"a": Record("a", {"b": INT}), "a.b": STRING})
    with pytest.raises(ValueError, match="'a' is not a record: it cannot have the field 'b'"):
        Scope({"a": INT, "a.b": STRING})


def test_a_denominator_is_at_least_one() -> None:
    assert number() == INT
    with pytest.raises(ValueError, match="at least 1, not 0"):
        number(0)


def test_types_have_words() -> None:
    assert in_words(ListOf(ListOf(INT))) == "a list of lists"
    assert in_words(ListOf(Record("line", {}))) == "a list of records"
    assert in_words(PeriodMetric(number(100), "week")) == "a number"
    assert in_words(Record("line", {})) == "the record 'line'"
