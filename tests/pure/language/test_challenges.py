"""Challenges, streaks and metrics by a field in a programme file: what is wrong with them is told."""

import pytest

from setia.language.bodies import parse_body
from setia.language.parse import load_programme
from setia.language.scope import Vocabulary
from tests.pure.language.sample import HEAD, codes, load

UNITS = "units: {points: {}}\nactivities: {app.opened: }\nbadges: {one: {}}\n"
EARN = "rules:\n  earn: {on: purchase.completed, give: {points: 1, badge: one}}\n"


def challenge(settings: str, name: str = "five") -> str:
    return f"{HEAD}{UNITS}{EARN}challenges: {{{name}: {{{settings}}}}}\n"


COUNT = "count: purchase.completed, target: 5, gives: {points: 1}"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("count: purchase.completed, target: 5", ["missing_key"]),
        ("count: purchase.completed, gives: {points: 1}", ["missing_key"]),
        ("target: 5, gives: {points: 1}", ["missing_key"]),
        (f"{COUNT}, from: 2026-03-01, until: 2026-02-01", ["schedule_backwards"]),
        (f"{COUNT}, over: 30 days", ["bad_window"]),
        (f"{COUNT}, within: 30 days, over: month", ["conflicting_keys"]),
        (f"{COUNT}, within: 30 days, repeat: true", ["conflicting_keys"]),
        (f"{COUNT}, within: [30 days]", ["wrong_shape"]),
        (f"{COUNT}, steps: {{a: {{count: app.opened, target: 1}}}}", ["conflicting_keys", "conflicting_keys"]),
        ("streak: app.opened, target: 5, over: week, gives: {points: 1}", ["conflicting_keys"]),
        ("steps: {a: {count: app.opened}}, gives: {points: 1}", ["missing_key"]),
        (f"{COUNT}, freeze: 30 days", ["conflicting_keys"]),
    ],
)
def test_a_challenge_that_cannot_be_is_told(settings: str, expected: list[str]) -> None:
    assert codes(challenge(settings)) == expected


def test_a_challenge_and_a_rule_have_names_of_their_own() -> None:
    assert codes(challenge(COUNT, "earn")) == ["reserved_name"]
    assert "bad_name" in codes(challenge(COUNT, "Five!"))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("streak: app.opened, freeze: {times: 2}", ["missing_key"]),
        ("streak: app.opened, freeze: [30 days]", ["wrong_shape"]),
        ("streak: app.opened, over: month", ["conflicting_keys"]),
        ("sum: purchase.total, by: line.category, over: month", ["conflicting_keys"]),
    ],
)
def test_a_streak_or_a_habit_that_cannot_be_is_told(settings: str, expected: list[str]) -> None:
    assert codes(f"{HEAD}{UNITS}{EARN}metrics: {{row: {{{settings}}}}}\n") == expected


FAVOURITE = "metrics: {favourite: {count: purchase.completed, by: line.category, over: 90 days}}\n"


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("favourite > 2", "is not one value"),
        ("habit(favourite) > 2", "takes 2 values"),
        ("habit(favourite, 3) > 2", "not for a number"),
        ("habit(purchase.total, 'a') > 2", "kept by a field"),
        ("habit(wallet, 'a') > 2", "kept by a field"),
        ("habit(nothing, 'a') > 2", "unknown name"),
        ("top() == 'a'", "takes 1 value"),
        ("top(nothing) == 'a'", "unknown name"),
        ("habit(favourite, purchase.nothing) > 2", "no field"),
        ("[favourite].size() > 2", "is not one value"),
    ],
)
def test_a_habit_is_asked_for_one_text(when: str, words: str) -> None:
    rule = f'rules:\n  earn: {{on: purchase.completed, when: "{when}", give: {{points: 1}}}}\n'
    found = load_programme(f"{HEAD}units: {{points: {{}}}}\n{FAVOURITE}{rule}").diagnostics
    assert any(words in one.message for one in found), found


def test_a_time_zone_is_one_of_the_list() -> None:
    programme = load(f"{HEAD}{UNITS}members: {{fields: {{zone: timezone, city: text}}}}\n{EARN}")
    assert parse_body(programme, "member.updated", {"attributes": {"zone": "Asia/Makassar"}}) == {
        "attributes": {"zone": "Asia/Makassar"}
    }
    (problem,) = parse_body(programme, "member.updated", {"attributes": {"zone": "Java"}})
    assert "time zone" in str(problem)


FOUNDING = "units: {points: {}}\nrules: {a: {on: brand.anniversary, give: {points: 1}}}\n"


FOUNDING = "units: {points: {}}\nrules: {a: {on: brand.anniversary, give: {points: 1}}}\n"


def test_a_day_of_founding_is_a_day() -> None:
    assert codes(f"{HEAD}founded: someday\n{FOUNDING}") == ["bad_date"]
    assert codes(f"{HEAD}{FOUNDING}") == ["missing_key"]


def test_what_a_place_brings_can_be_named() -> None:
    vocabulary = Vocabulary.of(load(f"{HEAD}{UNITS}{EARN}"))
    assert set(vocabulary.activity_names("leaderboard.placed")) == {"leaderboard.name", "leaderboard.rank"}
