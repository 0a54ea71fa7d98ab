"""Games and draws in the flow: who may not, what is remembered, what comes in wrong."""

from typing import Any

import pytest

from setia.flow.playing import MOST_PLAYED
from setia.flow.visits import visit
from setia.language.bodies import parse_body
from setia.values.chance import Chance
from setia.values.codes import Built
from tests.pure.flow.shop import Corner, code, compiled

TEXT = """
programme: corner
currency: EUR
timezone: UTC
units: {points: {}, spins: {}}
members: {fields: {city: text}}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible, spins: purchase.eligible}}
  told: {on: draw.entered, when: draw.name == "raffle", give: {spins: 1}}
  won: {on: draw.won, when: draw.name == "raffle", give: {spins: 5}}
rewards: {mug: {gives: {experience: A mug}}}
games:
  wheel:
    kind: wheel
    costs: {spins: 1}
    pause: 1 minute
    prizes: {mug: {weight: 1, give: {points: 1}, stock: 1}, none: {weight: 9}}
  near: {kind: wheel, when: has(member.city), prizes: {one: {weight: 1, give: {points: 1, reward: mug}}}}
  quiz: {kind: quiz, questions: {q: {ask: Yes?, answers: {a: "Yes"}, right: a}}, prizes: {all: {from: 1}}}
draws:
  raffle: {tickets: points, from: 2026-01-05, until: 2026-02-01, at_most: 3, prizes: [{reward: mug}]}
  near-draw: {tickets: points, until: 2026-02-01, when: has(member.city), prizes: [{reward: mug}]}
"""


@pytest.fixture
def corner() -> Corner:
    found = Corner(TEXT)
    found.buy(200, key="sale")
    return found


def play(corner: Corner, game: str, day: float = 6, **more: Any) -> str:
    return code(corner.send(Built.PLAYED.value, {"game": game, **more}, day=day))


def enter(corner: Corner, draw: str, day: float = 6, tickets: int = 1) -> str:
    return code(corner.send(Built.ENTERED.value, {"draw": draw, "tickets": tickets}, day=day))


def test_who_may_not_play_or_enter_is_told_why(corner: Corner) -> None:
    assert play(corner, "roulette") == "game_unknown"
    assert play(corner, "near") == "game_not_eligible"
    assert enter(corner, "lottery") == "draw_unknown"
    assert enter(corner, "near-draw") == "draw_not_eligible"
    assert enter(corner, "raffle", day=1) == "draw_not_open"
    assert enter(corner, "raffle", day=6, tickets=4) == "draw_limit_reached"
    assert enter(corner, "raffle", day=40) == "draw_not_open"
    corner.send(Built.LIMITED.value, {"until": "2026-03-09"}, day=41)
    assert enter(corner, "raffle", day=41) == "excluded_from_play"
    assert code(corner.send(Built.LIMITED.value, {"until": "2026-01-09"}, day=70)) == "exclusion_not_shortened"
    assert (
        code(corner.send(Built.LIMITED.value, {"until": "2026-01-09"}, day=70, member=1)) == "exclusion_not_shortened"
    )


def test_tickets_have_to_be_there_and_rules_hear_of_entries_and_prizes(corner: Corner) -> None:
    assert enter(corner, "raffle") == "accepted"
    assert corner.balance("spins")[0] == 201
    corner.gift(-199, day=7)
    assert enter(corner, "raffle", day=8) == "insufficient_balance"
    won = corner.send(Built.WON.value, {"draw": "raffle", "place": 1, "reward": "mug"}, day=40)
    assert [voucher.reward for voucher in won.vouchers] == ["mug"]
    assert corner.balance("spins")[0] == 206


def test_a_prize_may_give_several_things_and_a_pause_ends(corner: Corner) -> None:
    corner.send(Built.UPDATED.value, {"attributes": {"city": "Bogor"}})
    near = corner.send(Built.PLAYED.value, {"game": "near"}, day=6)
    assert ([award.amount for award in near.result.awards], [v.reward for v in near.vouchers]) == ([1], ["mug"])
    assert play(corner, "wheel", day=6) == "accepted"
    assert play(corner, "wheel", day=6) == "played_too_soon"
    assert play(corner, "wheel", day=6.5) == "accepted"


def test_it_is_remembered_for_so_many_lots_what_was_played(corner: Corner) -> None:
    for number in range(MOST_PLAYED + 3):
        corner.buy(1, key=f"S-{number}", day=2)
    corner.gift(-200, unit="spins", day=3)
    for number in range(MOST_PLAYED + 2):
        assert play(corner, "wheel", day=4 + number / 100) == "accepted"
    assert len(corner.member().progress.played) == MOST_PLAYED
    returned = corner.give_back(f"S-{MOST_PLAYED}", day=9)
    assert returned.answer["played"][0]["game"] == "wheel"


def test_a_play_happens_when_it_comes_in(corner: Corner) -> None:
    late = corner.send(Built.PLAYED.value, {"game": "wheel"}, day=3, late=2)
    assert late.activity.occurred_at == late.activity.recorded_at


def test_the_seed_of_a_visitor_enters_the_draw() -> None:
    game = compiled(TEXT).games["wheel"]
    at = Corner(TEXT).member().progress.joined_at
    first = visit(game, Chance("d", bytes(32)), {"prize:wheel/mug": 1}, "vis_1", 1, "", at)
    second = visit(game, Chance("d", bytes(32)), {"prize:wheel/mug": 0}, "vis_1", 1, "mine", at)
    assert ("client_seed" in first.body, second.body["client_seed"]) == (False, "mine")
    assert (first.body["drawn"]["gone"], second.body["drawn"]["gone"]) == ([], ["mug"])


@pytest.mark.parametrize(
    ("kind", "payload", "pointer"),
    [
        (Built.PLAYED, {"game": "wheel", "client_seed": "a b"}, "/client_seed"),
        (Built.PLAYED, {"game": "quiz"}, "/answers"),
        (Built.PLAYED, {"game": "quiz", "answers": 3}, "/answers"),
        (Built.PLAYED, {"game": "quiz", "answers": {str(n): "a" for n in range(101)}}, "/answers"),
        (Built.PLAYED, {"game": "quiz", "answers": {"x": "a"}}, "/answers/x"),
        (Built.PLAYED, {"game": "quiz", "answers": {"q": "z"}}, "/answers/q"),
        (Built.LIMITED, {}, "/until"),
        (Built.LIMITED, {"limit": {"times": 1}}, "/limit"),
        (Built.LIMITED, {"limit": {"times": 1, "per": "hour"}}, "/limit"),
        (Built.WON, {}, ""),
    ],
)
def test_what_comes_in_wrong_is_told_where(kind: Built, payload: dict[str, Any], pointer: str) -> None:
    found = parse_body(compiled(TEXT), kind.value, payload)
    assert isinstance(found, list)
    assert [problem.pointer for problem in found] == [pointer]


def test_what_comes_in_right_is_read() -> None:
    programme = compiled(TEXT)
    assert parse_body(programme, Built.PLAYED.value, {"game": "none"}) == {"game": "none"}
    quiz = {"game": "quiz", "answers": {"q": "a"}, "client_seed": "mine"}
    assert parse_body(programme, Built.PLAYED.value, quiz) == quiz
    assert parse_body(programme, Built.ENTERED.value, {"draw": "raffle"}) == {"draw": "raffle", "tickets": 1}
    for limit in (None, {"times": 2, "per": "week"}):
        assert parse_body(programme, Built.LIMITED.value, {"limit": limit}) == {"limit": limit}
