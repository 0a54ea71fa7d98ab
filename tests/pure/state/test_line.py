"""The line of a drop: fair, and never a piece too many."""

import datetime as dt
import hmac
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from setia.flow.lines import IN_USE, Line
from setia.language.model import ProductDrop
from setia.state.line import Admit, Lapse, LineState, advance, commitment, lobby_order, lot
from setia.values.instants import Span, Step

OPENS = dt.datetime(2026, 6, 6, 3, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
DROP = ProductDrop(
    "runner", {}, "runner", OPENS, Span(30, Step.MINUTES), 50, Span(1, Step.MINUTES), Span(10, Step.MINUTES),
    Span(5, Step.MINUTES),
)  # fmt: skip
SEED = bytes(range(32))
STEPS = ("enter", "hold", "leave", "claim", "return")


def person(number: int) -> UUID:
    return UUID(int=number)


def test_the_commitment_and_the_lots_can_be_recomputed_by_anybody() -> None:
    assert commitment(SEED) == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
    own = hmac.new(SEED, b"runner\x00" + person(7).bytes, sha256).digest()
    assert lot(SEED, "runner", person(7)) == own
    order = lobby_order(SEED, "runner", map(person, range(100)))
    assert order == sorted(map(person, range(100)), key=lambda who: lot(SEED, "runner", who))
    assert order != lobby_order(bytes(32), "runner", map(person, range(100)))


def test_nobody_is_admitted_before_the_drop_opens() -> None:
    state = LineState(None, 0, 500, 0, 9, {})
    assert advance(DROP, state, OPENS - dt.timedelta(microseconds=1)) == ([], 0)


def test_each_turn_admits_so_many_and_never_more_than_there_are_pieces() -> None:
    steps, used = advance(DROP, LineState(None, 0, 120, 120, 1_000, {}), OPENS + 3 * MINUTE)
    admitted = [(step.count, step.at - OPENS) for step in steps if isinstance(step, Admit)]
    assert admitted == [(50, 0 * MINUTE), (50, MINUTE), (20, 2 * MINUTE)]
    assert used == 0  # in the turn that has just begun


def test_a_pass_that_ends_between_two_turns_lets_the_next_in_at_that_instant() -> None:
    ends = OPENS + 20 * MINUTE + dt.timedelta(seconds=30)
    steps, used = advance(DROP, LineState(OPENS + 20 * MINUTE, 50, 1, 1, 9, {ends: 1}), OPENS + 30 * MINUTE)
    assert steps == [
        Lapse(ends),
        Admit(1, OPENS + 21 * MINUTE, OPENS + 31 * MINUTE),
    ]  # the turn of that minute was used up
    assert used == 0
    steps, _ = advance(DROP, LineState(OPENS + 20 * MINUTE, 49, 1, 1, 9, {ends: 1}), OPENS + 30 * MINUTE)
    assert steps == [Lapse(ends), Admit(1, ends, ends + 10 * MINUTE)]


def test_a_piece_that_was_brought_back_is_offered_from_now_on() -> None:
    now = OPENS + 90 * MINUTE
    steps, _ = advance(DROP, LineState(OPENS + 20 * MINUTE, 0, 1, 0, 9, {}), now)
    assert steps == [Admit(1, now, now + 10 * MINUTE)]


def test_looking_often_and_looking_late_come_to_the_same() -> None:
    late, often = (Line(DROP, SEED) for _ in range(2))
    for number in range(400):
        for line in (late, often):
            line.enter(person(number), 60, OPENS - MINUTE)
    for second in range(0, 3_600, 7):
        often.advance(60, OPENS + dt.timedelta(seconds=second))
    end = OPENS + dt.timedelta(seconds=3_600)
    late.advance(60, end)
    often.advance(60, end)
    assert late.places == often.places
    assert sum(place.state == "lapsed" for place in late.places.values()) == 350


def test_five_hundred_pieces_and_twenty_thousand_people() -> None:
    """J13: fifty a minute, a tenth abandon their pass, and 500 are sold, each to another."""
    line, left, sold = Line(DROP, SEED), 500, Counter[UUID]()
    for number in range(20_000):
        line.enter(person(number), left, OPENS - 5 * MINUTE)
    for minute in range(60):
        now = OPENS + minute * MINUTE
        line.advance(left, now)
        holders = [place for place in line.places.values() if place.state in IN_USE]
        assert len(holders) <= left
        for place in holders:
            assert place.number is not None
            if place.number % 10:  # every tenth lets it lapse
                place.state, place.until = "taken", None
                sold[place.member] += 1
                left -= 1
    assert (left, len(sold), max(sold.values())) == (0, 500, 1)
    assert max(line.places[who].number or 0 for who in sold) <= 560
    line.advance(left, OPENS + 60 * MINUTE)
    assert Counter(place.state for place in line.places.values()) == {"taken": 500, "lapsed": 55, "waiting": 19_445}


def test_a_place_is_kept_given_up_and_held_once() -> None:
    line = Line(replace(DROP, admit=1), SEED)
    assert line.enter(person(1), 1, OPENS - 31 * MINUTE) is None
    assert line.hold(person(1), 1, OPENS) is None
    assert line.leave(person(1), 1, OPENS) is None
    first = line.enter(person(1), 1, OPENS)
    assert first is not None
    assert line.enter(person(1), 1, OPENS + MINUTE) is first
    line.enter(person(2), 1, OPENS + MINUTE)
    held = line.hold(person(1), 1, OPENS + 2 * MINUTE)
    again = line.hold(person(1), 1, OPENS + 4 * MINUTE)
    assert held is again is first
    assert first.until == OPENS + 7 * MINUTE
    assert line.hold(person(2), 1, OPENS + 4 * MINUTE) is None
    assert line.leave(person(1), 1, OPENS + 5 * MINUTE) is first
    assert (line.places[person(2)].state, first.state) == ("admitted", "left")
    back = line.enter(person(1), 1, OPENS + 6 * MINUTE)
    assert back is not None
    assert (back.number, back.state) == (3, "waiting")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["enter", "hold", "leave", "claim", "return"]), st.integers(0, 6), st.integers(0, 400)
        ),
        max_size=60,
    )
)
def test_there_is_never_a_pass_too_many(steps: list[tuple[str, int, int]]) -> None:
    line, left, now = Line(replace(DROP, admit=2), SEED), 3, OPENS - 10 * MINUTE
    for what, who, seconds in steps:
        now += dt.timedelta(seconds=seconds)
        if what in ("enter", "hold", "leave"):
            {"enter": line.enter, "hold": line.hold, "leave": line.leave}[what](person(who), left, now)
        line.advance(left, now)
        place = line.places.get(person(who))
        if what == "claim" and place is not None and place.state in IN_USE:
            place.state, place.until = "taken", None
            left -= 1
        if what == "return" and place is not None and place.state == "taken":
            place.state = "left"
            left += 1
        assert left >= sum(found.state in IN_USE for found in line.places.values())
        numbers = [found.number for found in line.places.values() if found.number is not None]
        assert len(set(numbers)) == len(numbers)
