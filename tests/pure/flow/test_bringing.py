"""Members who bring friends: corners that the scenarios of the example do not come to."""

import datetime as dt
from uuid import UUID

import pytest

from setia.flow import bringing
from setia.flow.work import Decision, Gathered, Peek, peek, send_onward
from setia.rules.evaluate import Question, evaluate
from setia.rules.rulebook import rulebook
from setia.state.bringing import (
    Brought,
    brought_from_json,
    brought_to_json,
    code_of,
    may_count,
    note_return,
    safe_at,
)
from setia.state.progress import Progress
from setia.values.codes import Built
from setia.values.outcomes import Result
from setia.values.secret_codes import is_well_made
from tests.pure.flow.shop import DAY, HEAD, OPENED, Corner, code, compiled

RULES = "rules: {thanks: {on: friend.qualified, give: {points: 5}}, hi: {on: referral.joined, give: {points: 1}}}\n"
FRIENDS = HEAD + RULES + "referral: {wait: 5 days, hold: {friends: 1, per: month}}"
WITHOUT = HEAD + "rules: {earn: {on: purchase.completed, give: {points: 1}}}"


def bring(corner: Corner, friend: int = 1, **more: float) -> Decision:
    return corner.send(Built.REFERRED.value, {"code": code_of(corner.member().id)}, member=friend, **more)  # type: ignore[arg-type]


def onward(corner: Corner, member: int, kind: str, body: dict[str, object]) -> Decision:
    """What another member's activity sets off, by itself."""
    cause = Decision(corner.book.activity("x", corner.member(), OPENED, {}), "accepted", 1, Result())
    send_onward(cause, corner.member(member).id, kind, body)
    return next(d for d in corner.book.handle(cause.onward[0]) if d.activity is cause.onward[0])


def brought(corner: Corner, member: int = 1) -> Brought:
    found = corner.member(member).progress.brought
    assert found is not None
    return found


def test_every_member_has_another_code_that_can_be_checked() -> None:
    codes = {code_of(UUID(int=number), attempt) for number in range(100) for attempt in (0, 1)}
    assert len(codes) == 200
    assert all(is_well_made(one, 8) for one in codes)


def test_where_members_bring_no_friends_there_is_nothing_to_bring() -> None:
    corner = Corner(WITHOUT)
    corner.book.gathered.referrers["A"] = corner.member().id
    assert code(corner.send(Built.REFERRED.value, {"code": "A"}, member=1)) == "referral_code_unknown"
    assert corner.buy(5, member=1, prints={"device": "d"}).status == "accepted"
    assert (corner.member(1).progress.brought, corner.member(1).progress.prints) == (None, {})
    assert onward(corner, 0, Built.FRIEND_JOINED.value, {"friend": UUID(int=9).hex}).onward == []


def test_a_programme_that_gives_friends_up_still_lets_those_go_through_who_wait() -> None:
    corner = Corner(FRIENDS, WITHOUT)
    bring(corner)
    corner.buy(5, member=1, day=99)
    corner.tick(120)
    assert (brought(corner).state, brought(corner, 0).friends) == ("qualified", 1)
    assert corner.balance(member=1)[0] == 1  # for coming; what friends brought is no rule any more
    corner.give_back(corner.book.decisions[-1].activity.external_id, member=1, day=121)


def test_one_friend_too_many_is_found_by_the_referrer_when_two_come_at_once() -> None:
    corner = Corner(FRIENDS, members=3)
    assert bring(corner).answer["referral"] == {"state": "open"}
    second = corner.book.activity(Built.REFERRED.value, corner.member(2), OPENED, {"code": code_of(corner.member().id)})
    corner.member().progress.limits.clear()  # as it stood a moment before the first one was counted
    made = corner.book.handle(second)
    assert brought(corner, 2).state == "open"
    corner.member().progress.limits["referral/friends"] = {OPENED.date().replace(day=1).toordinal(): 1}
    assert onward(corner, 0, Built.FRIEND_JOINED.value, {"friend": corner.member(2).id.hex}).onward
    assert (brought(corner, 2).state, brought(corner, 2).why) == ("held", ["velocity"])
    assert made
    # Told once more, it is held already; and whoever came by nobody's code is not held at all.
    assert onward(corner, 2, Built.REFERRAL_FLAGGED.value, {"why": ["ring"]}).events == []
    assert onward(corner, 0, Built.REFERRAL_FLAGGED.value, {"why": ["ring"]}).events == []
    assert brought(corner, 2).why == ["velocity"]


def test_a_blocked_referrer_brings_nobody_and_a_lost_one_nothing() -> None:
    corner = Corner(FRIENDS, members=3)
    corner.member().is_blocked = True
    assert code(bring(corner)) == "referrer_not_eligible"
    corner.member().is_blocked = False
    bring(corner, 2)
    del corner.book.gathered.members[corner.member().id]
    assert code(bring(corner)) == "referral_code_unknown"
    assert bringing.suspicions(corner.book.gathered, corner.book.versions[0], corner.member(2)) == []


def test_who_may_bring_friends_can_be_a_matter_of_the_level() -> None:
    tiers = "tiers: {by: balance.points, levels: {bronze: {from: 0}, gold: {from: 10}}}\n"
    text = HEAD + RULES + tiers + 'referral: {wait: 5 days, who: tier.name == "gold"}'
    corner = Corner(text, members=3)
    assert code(bring(corner)) == "referrer_not_eligible"
    corner.gift(20)
    assert bring(corner).status == "accepted"


def test_review_needs_something_that_is_held() -> None:
    corner = Corner(FRIENDS)
    body = {"action": "release", "reason": "looked", "by": "Ana"}
    assert code(corner.send(Built.REFERRAL_REVIEWED.value, body, member=1)) == "referral_not_held"
    bring(corner)
    declined = corner.send(Built.REFERRAL_REVIEWED.value, body, member=1).result.declined
    assert declined is not None
    assert declined.facts == {"state": "open"}


def test_a_revision_can_make_a_purchase_one_that_counts_and_take_that_back() -> None:
    corner = Corner(FRIENDS.replace("wait: 5 days", "wait: 5 days, when: purchase.total >= 50"))
    bring(corner)
    corner.buy(10, member=1, key="S")
    assert (brought(corner).sales, brought(corner).bought) == ([], 1)
    corner.buy(60, member=1, key="S", revision=1)
    assert (len(brought(corner).sales), brought(corner).bought) == (1, 1)
    corner.buy(20, member=1, key="S", revision=2)
    assert brought(corner).sales == []


def test_a_condition_that_cannot_be_computed_does_not_hold() -> None:
    corner = Corner(FRIENDS.replace("wait: 5 days", "wait: 5 days, when: 10 / (purchase.total - 10) > 0"))
    bring(corner)
    corner.buy(10, member=1)
    assert brought(corner).sales == []


def test_facts_of_another_time_bring_nothing_where_there_is_nobody_to_bring() -> None:
    book = rulebook(compiled(WITHOUT))
    body = {"lines": [{"id": "1", "quantity": 1000, "amount": 100}]}
    assert evaluate(Question(book, Built.PURCHASE.value, body, OPENED, {"bf": True})).brings is False


def test_prints_are_remembered_latest_last_and_only_a_few() -> None:
    corner = Corner(FRIENDS)
    for number in range(12):
        corner.buy(1, prints={"device": f"d{number}"})
    corner.buy(1, prints={"device": "d5"})
    assert corner.member().progress.prints == {"device": [*(f"d{n}" for n in (2, 3, 4, 6, 7, 8, 9, 10, 11)), "d5"]}


def test_a_wait_in_hours_ends_to_the_minute_and_what_is_released_not_before() -> None:
    policy = compiled(FRIENDS.replace("wait: 5 days", "wait: 36 hours")).referral
    zone = compiled(FRIENDS).zone
    assert policy is not None
    assert safe_at(policy, OPENED, zone) == OPENED + 1.5 * DAY
    waiting = Brought(UUID(int=1), "open", OPENED, sales=[("a", OPENED + DAY), ("b", OPENED)])
    assert waiting.due_at == OPENED
    waiting.not_before = OPENED + 3 * DAY
    assert waiting.due_at == OPENED + 3 * DAY
    assert not may_count(policy, waiting, OPENED - DAY, OPENED, zone)
    assert not may_count(policy, None, OPENED, OPENED, zone)
    note_return(waiting, UUID(int=5), is_void=True, counts=True)
    assert waiting.bought == 0


def test_another_member_is_looked_at_as_gathered_or_as_they_are() -> None:
    corner = Corner(FRIENDS)
    member = corner.member()
    there = peek(corner.book.gathered, member.id)
    assert there is not None
    assert there.progress is member.progress
    seen = Peek(Progress(dt.date(2026, 1, 1), OPENED), is_blocked=False)
    assert peek(Gathered([], peeks={UUID(int=4): seen}), UUID(int=4)) is seen
    assert peek(Gathered([]), UUID(int=4)) is None


@pytest.mark.parametrize("kind", ["referral.flagged", "friend.joined"])
def test_what_others_do_is_no_activity_of_the_member(kind: str) -> None:
    idle = FRIENDS.replace("{worth: 0.01}", "{worth: 0.01, expires: {inactive_for: 9 days}}")
    corner = Corner(idle)
    onward(corner, 1, kind, {"why": [], "friend": corner.member().id.hex})
    assert corner.member(1).progress.active_at == {}


def test_a_purchase_with_prints_of_nobody_else_is_not_held() -> None:
    corner = Corner(FRIENDS)
    corner.buy(1, prints={"device": "theirs"})
    bring(corner)
    corner.buy(10, member=1, prints={"device": "own"})
    assert brought(corner).shown_state == "waiting"


def test_an_empty_memory_of_friends_survives_json() -> None:
    for memory in (Brought(), Brought(bought=1), Brought(UUID(int=1), "open", OPENED)):
        assert brought_from_json(brought_to_json(memory)) == memory
