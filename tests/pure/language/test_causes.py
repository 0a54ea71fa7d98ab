"""Causes as they are written, what is refused of them, and what comes in for them."""

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest

from setia.language.bodies import parse_body
from setia.language.parse import load_programme

HEAD = """
programme: shop
currency: EUR
timezone: UTC
units: {points: {worth: 0.01}, dust: {decimals: 2}}
rules: {earn: {on: purchase.completed, give: {points: 1, dust: 1}, limit: {times: 1, per: day}}}
causes:
"""


def codes(text: str) -> list[str]:
    return [found.code for found in load_programme(f"{HEAD}  x: {{{text}}}").diagnostics if found.severity == "error"]


def test_a_cause_is_read() -> None:
    text = "takes: dust, worth: 0.5, least: 3, step: 1.5, schedule: {until: 2026-05-01}, when: member.tenure_days > 3"
    loaded = load_programme(f"{HEAD}  x: {{{text}, match: {{by: The roaster, percent: 50, up_to: 10}}}}").programme
    assert loaded is not None
    cause = loaded.causes["x"]
    assert (cause.unit, cause.worth, cause.least, cause.step) == ("dust", 50, 300, 150)
    assert cause.schedule is not None
    assert cause.schedule.end == dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    assert cause.match is not None
    assert (cause.match.share, cause.match.up_to, cause.match.of(101)) == (Fraction(1, 2), 1_000, 50)
    assert (cause.money(199, 2), cause.given, cause.matched) == (99, "given:x", "match:x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("takes: points, worth: 0.01", []),
        ("takes: points", ["missing_key"]),
        ("worth: 0.01", ["missing_key"]),
        ("takes: stars, worth: 0.01", ["unknown_unit"]),
        ("takes: points, worth: 0", ["out_of_range"]),
        ("takes: points, worth: 0.001", ["out_of_range"]),
        ("takes: points, worth: 0.001, least: 9", ["out_of_range"]),
        ("takes: points, worth: 0.001, least: 10", []),
        ("takes: points, worth: 0.01, least: 15, step: 10", ["conflicting_keys"]),
        ("takes: points, worth: 0.01, match: {by: Us}", ["missing_key"]),
        ("takes: points, worth: 0.01, match: {up_to: 5}", ["missing_key"]),
        ("takes: points, worth: 0.01, match: none", ["wrong_shape"]),
        ("takes: points, worth: 0.01, wen: 3", ["unknown_key"]),
    ],
)
def test_what_is_wrong_is_told(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("points.donated", {"cause": "x", "amount": "1.5"}, {"cause": "x", "amount": 150}),
        ("points.donated", {"cause": "x", "amount": "all"}, {"cause": "x", "amount": "all"}),
        ("points.donated", {"cause": "y", "amount": 3}, {"cause": "y", "amount": 3}),
        ("points.donated", {"cause": "x", "amount": 0}, "/amount"),
        ("points.donated", {"cause": "x", "amount": 1, "sale": "ab"}, "/sale"),
        ("giving.changed", {"cause": "x", "percent": "7.5"}, {"cause": "x", "percent": 750}),
        ("giving.changed", {"cause": "x", "percent": 101}, "/percent"),
        ("giving.changed", {"cause": "x", "percent": -1}, "/percent"),
        ("donation.cancelled", {}, "/of"),
    ],
)
def test_what_comes_in_is_read(kind: str, body: dict[str, Any], expected: object) -> None:
    programme = load_programme(f"{HEAD}  x: {{takes: dust, worth: 1}}").programme
    assert programme is not None
    found = parse_body(programme, kind, body)
    assert (found if isinstance(found, dict) else found[0].pointer) == expected


def test_a_programme_without_causes_takes_no_gifts() -> None:
    programme = load_programme(HEAD.replace("causes:\n", "")).programme
    assert programme is not None
    found = parse_body(programme, "points.donated", {"cause": "x", "amount": 1})
    assert isinstance(found, list)
    assert found[0].code == "unknown_type"
