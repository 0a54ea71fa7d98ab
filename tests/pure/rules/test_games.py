"""Each kind of game: every way in which it can come out, counted; and what is given when a prize is gone."""

from collections import Counter
from fractions import Fraction
from itertools import product
from math import factorial

import pytest

from setia.language.games import SETTINGS_OF
from setia.language.model import Game
from setia.language.parse import load_programme
from setia.rules.games import KINDS
from setia.rules.games.kind import Turn, by_weight
from setia.rules.games.scratch import FIELDS
from setia.rules.playing import drawn_on, gone, in_force, odds

HEAD = """
programme: fair
currency: EUR
timezone: UTC
units: {points: {}, spins: {}}
rules: {earn: {on: purchase.completed, give: {points: 1, spins: 1}}}
rewards: {mug: {gives: {experience: A mug}, stock: 2}}
games:
  wheel:
    kind: wheel
    prizes: {jackpot: {weight: 1, give: {points: 100}, stock: 1, otherwise: mug}, mug: {weight: 2, give: {reward: mug}, otherwise: five},
             five: {weight: 4, give: {points: 5}, stock: 3}, nothing: {weight: 3}}
  card:
    kind: scratch
    prizes: {ten: {weight: 1, give: {points: 10}}, five: {weight: 2, give: {points: 5}}, four: {weight: 1, give: {points: 4}},
             three: {weight: 1, give: {points: 3}}, two: {weight: 1, give: {points: 2}}, nothing: {weight: 4}}
  fruit:
    kind: slots
    reels: 3
    symbols: {cherry: 3, bell: 2, seven: 1}
    prizes: {sevens: {line: [seven, seven, seven], give: {points: 50}}, cherries: {line: [cherry, cherry, any], give: {points: 2}},
             ends: {line: [bell, any, bell], give: {points: 4}}}
  quiz:
    kind: quiz
    questions:
      a: {ask: "1 + 1?", answers: {one: "1", two: "2"}, right: two}
      b: {ask: "2 + 2?", answers: {three: "3", four: "4"}, right: four}
    prizes: {both: {from: 2, give: {points: 9}}, one: {from: 1, give: {points: 3}}}
  daily:
    kind: check_in
    prizes: {first: {day: 1, give: {points: 1}}, third: {day: 3, give: {points: 5}}}
  daily-stay:
    kind: check_in
    after: stay
    prizes: {first: {day: 1, give: {points: 1}}, third: {day: 3, give: {points: 5}}}
"""  # noqa: E501


@pytest.fixture(scope="module")
def games() -> dict[str, Game]:
    loaded = load_programme(HEAD)
    assert loaded.programme is not None, loaded.diagnostics
    return dict(loaded.programme.games)


def counted(game: Game) -> dict[str | None, Fraction]:
    """The share of all numbers that land on each prize."""
    kind = KINDS[game.kind]
    below = kind.below(game)[: 1 if game.kind == "scratch" else None]
    rest = (0,) if game.kind == "scratch" else ()
    found = Counter(kind.land(game, Turn((*n, *rest))).prize for n in product(*(range(count) for count in below)))
    return {prize: Fraction(count, found.total()) for prize, count in found.items()}


@pytest.mark.parametrize("name", ["wheel", "card", "fruit"])
def test_the_odds_are_the_counted_shares_of_all_numbers(games: dict[str, Game], name: str) -> None:
    game = games[name]
    expected = KINDS[game.kind].odds(game)
    assert expected is not None
    found = counted(game)
    none = found.pop(None, Fraction(0))
    assert found == {prize: share for prize, share in expected.items() if share}
    assert none == 1 - sum(expected.values())
    assert sum(odds(game, {}).values()) == 1  # type: ignore[union-attr]


def test_the_shares_of_the_fruit_machine_are_those_of_pen_and_paper(games: dict[str, Game]) -> None:
    assert counted(games["fruit"]) == {
        "sevens": Fraction(1, 216), "cherries": Fraction(1, 4), "ends": Fraction(1, 9), None: Fraction(137, 216),
    }  # fmt: skip


def test_a_number_beyond_the_weights_is_an_error_of_ours(games: dict[str, Game]) -> None:
    with pytest.raises(AssertionError):
        by_weight(games["wheel"], 10)
    with pytest.raises(AssertionError):
        KINDS["slots"].land(games["fruit"], Turn((6, 0, 0)))


def test_a_wheel_shows_the_segment(games: dict[str, Game]) -> None:
    assert KINDS["wheel"].land(games["wheel"], Turn((3,))).shown == {"segment": 2, "of": 4}


@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("order", [0, 1, 77, factorial(FIELDS) - 1])
def test_a_card_shows_three_of_what_is_won_and_never_three_of_anything_else(
    games: dict[str, Game], number: int, order: int
) -> None:
    card = games["card"]
    landing = KINDS["scratch"].land(card, Turn((number, order)))
    fields = Counter(landing.shown["fields"])
    assert fields.total() == FIELDS
    three = [prize for prize, count in fields.items() if prize and count >= 3]
    assert landing.prize is not None
    assert three == ([landing.prize] if card.prizes[landing.prize].rule.gives else [])


def test_the_fields_of_a_card_lie_in_every_order(games: dict[str, Game]) -> None:
    shown = {tuple(KINDS["scratch"].land(games["card"], Turn((0, n))).shown["fields"]) for n in range(0, 362_880, 997)}
    assert len(shown) > 300


@pytest.mark.parametrize(
    ("answers", "prize", "right"),
    [({"a": "two", "b": "four"}, "both", 2), ({"a": "two", "b": "three"}, "one", 1), ({}, None, 0)],
)
def test_a_quiz_counts_right_answers(
    games: dict[str, Game], answers: dict[str, str], prize: str | None, right: int
) -> None:
    landing = KINDS["quiz"].land(games["quiz"], Turn(answers=answers))
    assert (landing.prize, landing.shown["right"]) == (prize, right)
    assert "two" not in str(landing.shown)
    assert odds(games["quiz"], {}) is None


@pytest.mark.parametrize(
    ("name", "days"),
    [("daily", ["first", None, "third", "first", None, "third", "first"]),
     ("daily-stay", ["first", None, "third", "third", "third", "third", "third"])],
)  # fmt: skip
def test_a_streak_begins_again_or_stays(games: dict[str, Game], name: str, days: list[str | None]) -> None:
    game = games[name]
    assert [KINDS["check_in"].land(game, Turn(streak=day)).prize for day in range(1, 8)] == days


def test_what_is_gone_is_given_by_what_stands_in_and_counted_so(games: dict[str, Game]) -> None:
    wheel = games["wheel"]
    house = {"prize:wheel/jackpot": 1, "stock:mug": 1, "prize:wheel/five": 3}
    assert gone(wheel, house) == []
    assert drawn_on(wheel, "jackpot", house) == ["prize:wheel/jackpot"]
    assert drawn_on(wheel, "mug", house) == ["stock:mug"]
    assert drawn_on(wheel, None, house) == []
    empty = dict.fromkeys(house, 0)
    assert gone(wheel, empty) == ["jackpot", "mug", "five"]
    assert in_force(wheel, "jackpot", ["jackpot"]) == "mug"
    assert in_force(wheel, "jackpot", ["jackpot", "mug", "five"]) is None
    assert odds(wheel, {**house, "stock:mug": 0}) == {
        "jackpot": Fraction(1, 10), "five": Fraction(6, 10), "nothing": Fraction(3, 10),
    }  # fmt: skip
    assert odds(wheel, empty) == {None: Fraction(7, 10), "nothing": Fraction(3, 10)}


def test_every_kind_has_its_settings() -> None:
    assert set(KINDS) == set(SETTINGS_OF)
    for game in load_programme(HEAD).programme.games.values():  # type: ignore[union-attr]
        assert KINDS[game.kind].is_chance(game) == SETTINGS_OF[game.kind].is_chance
