"""Contests: how they are read, what an entry may be, who is placed, and the corners of taking back."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest

from setia.flow.contests import changes_of, undone_by
from setia.flow.needs import accounts_played, house_accounts, house_initials
from setia.flow.work import Decision
from setia.language.bodies import parse_body
from setia.language.play_bodies import is_https
from setia.values.chance import commitment
from setia.values.codes import Built, DeclineCode
from setia.values.contests import CONTEST_ALGORITHM, Counted, check_contest, ranking
from setia.values.draws import Entry, winners
from setia.values.ids import public_id
from tests.pure.flow.shop import EARN, HEAD, NOBODY, Corner, compiled, version
from tests.pure.language.sample import codes

SEED = bytes(range(32))
END = "until: 2026-01-10"
OPEN = f"from: 2026-01-01, {END}, fields: {{}}"
FIELDS = """{caption: {type: text, at_most: 5}, photo: {type: picture, required: false},
  taste: {type: choice, one_of: [a, b], required: false}}"""
VOTES = "votes: {from: 2026-01-01, until: 2026-01-20, at_most: 2, per_day: 1}"
CUP = f"contests: {{cup: {{{END}, fields: {FIELDS}, slots: 3, {VOTES}, result: {{by: votes, winners: 2}}}}}}\n"
JURY = """contests: {cup: {from: 2026-01-02, until: 2026-01-10, fields: {}, at_most: 2, when: member.tenure_days >= 3,
  result: {by: jury}}}
"""


def contest(text: str) -> str:
    """A programme with one contest."""
    return f"{HEAD}{EARN}contests: {{cup: {{{text}}}}}\n"


# The file -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fields: {}, result: {by: jury}", "missing_key"),
        ("until: 2026-01-10, result: {by: jury}", "missing_key"),
        (f"{END}, fields: {{}}", "missing_key"),
        (f"{END}, fields: {{}}, result: {{by: votes}}", "missing_key"),
        (f"{END}, fields: {{}}, result: {{by: fame}}", "bad_choice"),
        (f"{END}, fields: {{}}, result: {{by: jury, ties: first}}", "conflicting_keys"),
        ("from: 2026-01-11, until: 2026-01-10, fields: {}, result: {by: jury}", "schedule_backwards"),
        (f"{END}, fields: {{}}, votes: {{until: 2026-01-12}}, result: {{}}", "missing_key"),
        (f"{OPEN}, votes: {{until: 2026-01-09}}, result: {{}}", "schedule_backwards"),
        (f"{OPEN}, votes: {{at_most: 1, per_day: 2}}, result: {{}}", "out_of_range"),
        (f"{OPEN}, votes: 3, result: {{}}", "wrong_shape"),
        (f"{END}, fields: {{a: {{type: sound}}}}, result: {{by: jury}}", "bad_choice"),
        (f"{END}, fields: {{a: {{type: text}}}}, result: {{by: jury}}", "missing_key"),
        (f"{END}, fields: {{a: {{type: choice}}}}, result: {{by: jury}}", "missing_key"),
        (f"{END}, fields: {{a: {{type: link, at_most: 5}}}}, result: {{by: jury}}", "conflicting_keys"),
        (f"{END}, fields: {{a: {{type: text, at_most: 5, one_of: [x]}}}}, result: {{by: jury}}", "conflicting_keys"),
        (f"{END}, fields: {{}}, costs: {{stars: 1}}, result: {{by: jury}}", "unknown_unit"),
    ],
)  # fmt: skip
def test_a_contest_that_cannot_be_is_told(text: str, expected: str) -> None:
    assert expected in codes(contest(text))


def test_a_contest_is_read_with_its_defaults() -> None:
    cup = compiled(contest(f"{OPEN}, votes: {{}}, result: {{}}")).contests["cup"]
    assert (cup.at_most, cup.slots, cup.by, cup.winners, cup.ties, cup.moderated) == (
        1,
        None,
        "votes",
        1,
        "first",
        False,
    )
    assert cup.votes is not None
    assert (cup.votes.start, cup.votes.end, cup.votes.shown) == (cup.start, cup.end, True)
    assert cup.over_at == cup.end
    jury = compiled(HEAD + EARN + JURY).contests["cup"]
    assert (jury.votes, jury.over_at) == (None, jury.end)


# Bodies ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({}, "/fields/caption", "missing_field"),
        ({"caption": " "}, "/fields/caption", "bad_text"),
        ({"caption": "longer"}, "/fields/caption", "too_long"),
        ({"caption": "ok", "photo": "http://a.example/x"}, "/fields/photo", "bad_text"),
        ({"caption": "ok", "taste": "c"}, "/fields/taste", "bad_choice"),
        ({"caption": "ok", "sound": "x"}, "/fields/sound", "unknown_field"),
        ("caption", "/fields", "wrong_type"),
        ({str(number): "x" for number in range(101)}, "/fields", "too_many"),
        ({"caption": 5}, "/fields", "wrong_type"),
    ],
)
def test_an_entry_is_checked_field_by_field(fields: object, pointer: str, code: str) -> None:
    found = parse_body(compiled(HEAD + EARN + CUP), Built.CONTEST_ENTERED.value, {"contest": "cup", "fields": fields})
    assert isinstance(found, list)
    assert (pointer, code) in [(problem.pointer, problem.code) for problem in found]


def test_what_is_sent_to_a_contest_that_is_none_is_for_the_decision() -> None:
    shop = compiled(HEAD + EARN + CUP)
    assert parse_body(shop, Built.CONTEST_ENTERED.value, {"contest": "none"}) == {"contest": "none"}
    good = {"contest": "cup", "fields": {"caption": "ok", "photo": "https://a.example/x", "taste": "a"}}
    assert parse_body(shop, Built.CONTEST_ENTERED.value, good) == good


def test_who_is_refused_is_told_why() -> None:
    shop, body = compiled(HEAD + EARN + CUP), {"contest": "cup", "entry": NOBODY.hex}
    found = parse_body(shop, Built.CONTEST_REVIEWED.value, {**body, "verdict": "refuse"})
    assert isinstance(found, list)
    assert [(problem.pointer, problem.code) for problem in found] == [("/reason", "missing_field")]
    assert isinstance(parse_body(shop, Built.CONTEST_REVIEWED.value, {**body, "verdict": "approve"}), dict)


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("https://a.example/x.jpg?size=2#top", True),
        ("https://a.example:8443/x", True),
        ("http://a.example/x", False),
        ("https://localhost/x", False),
        ("https://user:word@a.example/x", False),
        ("https://a.example/a b", False),
        ("https://a.example/ä", False),
        ("https://a.example:port/x", False),
        ("https://[::1/x", False),
        ("https:///x", False),
        ("javascript:alert(1)", False),
        ("https://a.example/" + "x" * 500, False),
    ],
)
def test_an_address_is_plain_https(text: str, is_good: bool) -> None:
    assert is_https(text) is is_good


# The result -----------------------------------------------------------------------------------------------------------

LIST = [Counted("a", 1, 2), Counted("b", 2, 3), Counted("c", 3, 2), Counted("d", 2, 2), Counted("e", 4, 0)]


def test_more_votes_stand_first_and_a_member_has_one_place() -> None:
    assert ranking("cup", LIST, 9, None) == [1, 0, 2]
    assert ranking("cup", LIST, 2, None) == [1, 0]


def test_ties_are_drawn_from_the_seed() -> None:
    order = winners("contest cup 2", [Entry(code, 1) for code in "acd"], SEED, "", 3)
    drawn = [(0, 2, 3)[at] for at in order if at != 2]
    assert ranking("cup", LIST, 9, SEED) == [1, *drawn]


def record(**more: object) -> dict[str, object]:
    """A record that is right."""
    return {
        "algorithm": CONTEST_ALGORITHM, "contest": "cup", "by": "votes", "ties": "first", "winners": 2, "seed": None,
        "commitment": None,
        "entries": [{"entry": e.code, "participant": e.participant, "votes": e.votes} for e in LIST],
        "places": [{"place": 1, "entry": "b"}, {"place": 2, "entry": "a"}], **more,
    }  # fmt: skip


def test_a_record_is_recomputed() -> None:
    assert check_contest(record()) == []
    drawn = [{"place": n, "entry": LIST[i].code} for n, i in enumerate(ranking("cup", LIST, 2, SEED), 1)]
    by_chance = record(ties="chance", seed=SEED.hex(), commitment=commitment(SEED), places=drawn)
    assert check_contest(by_chance) == []
    assert "the seed hashes to" in check_contest({**by_chance, "commitment": "ab"})[0]
    assert "not revealed" in check_contest({**by_chance, "seed": None})[0]
    assert check_contest(record(places=[{"place": 1, "entry": "c"}])) == [
        "the places go to b, a, but the record says c"
    ]
    assert "says nobody" in check_contest(record(places=[]))[0]
    assert "nobody, but" in check_contest(record(entries=[]))[0]
    assert check_contest({"algorithm": "other"}) == [f"this is no record of {CONTEST_ALGORITHM}"]
    assert check_contest(record(by="jury", places=[{"place": 1, "entry": "e"}])) == []
    assert check_contest(record(by="jury", places=[{"place": 1, "entry": "z"}])) == [
        "entry z has a place and is not in the list"
    ]


# Deciding -------------------------------------------------------------------------------------------------------------


def declined(decision: Decision) -> str:
    """Why not, or that it was accepted."""
    return decision.status if decision.result.declined is None else decision.result.declined.code.value


def enter(corner: Corner, member: int = 0, day: float = 0, key: str = "") -> Decision:
    body = {"contest": "cup", "fields": {"caption": "ok"}}
    return corner.send(Built.CONTEST_ENTERED.value, body, member=member, day=day, key=key)


def of(decision: Decision, **more: str) -> dict[str, str]:
    """What is said of an entry."""
    return {"contest": "cup", "entry": decision.activity.id.hex, **more}


def test_what_no_contest_or_entry_is_known_for_is_declined() -> None:
    corner = Corner(HEAD + EARN + CUP)
    nobody = {"contest": "none", "entry": NOBODY.hex}
    for kind in (Built.VOTED, Built.UNVOTED):
        assert declined(corner.send(kind.value, nobody)) == DeclineCode.CONTEST_UNKNOWN
    assert declined(corner.send(Built.CONTEST_ENTERED.value, {"contest": "none", "fields": {}})) == "contest_unknown"
    for kind in (Built.CONTEST_WITHDRAWN, Built.VOTED):
        assert declined(corner.send(kind.value, {**nobody, "contest": "cup"})) == DeclineCode.CONTEST_ENTRY_UNKNOWN
    assert declined(corner.send(Built.UNVOTED.value, {**nobody, "contest": "cup"})) == DeclineCode.CONTEST_NOT_VOTED
    other = of(enter(corner), verdict="remove")
    assert declined(corner.send(Built.CONTEST_REVIEWED.value, other, member=1)) == "contest_entry_unknown"
    assert declined(corner.send(Built.VOTED.value, {**of(enter(corner, 1)), "contest": "none"})) == "contest_unknown"
    facts = corner.send(Built.CONTEST_WITHDRAWN.value, {**nobody, "contest": "cup"}).result.declined
    assert facts is not None
    assert facts.facts["entry"] == public_id("act", NOBODY)


def test_a_contest_has_its_time_its_members_and_its_limit() -> None:
    corner = Corner(HEAD + EARN + JURY)
    assert declined(enter(corner, day=0.5)) == "contest_not_open"
    assert declined(enter(corner, day=1)) == "contest_not_eligible"
    assert [declined(enter(corner, day=4)) for _ in range(3)] == ["accepted", "accepted", "contest_limit_reached"]
    assert declined(enter(corner, day=9)) == "contest_not_open"


def test_a_vote_has_its_time_its_members_and_its_limits() -> None:
    shop = HEAD + EARN + CUP.replace("per_day: 1", "per_day: 1, when: member.tenure_days >= 2")
    corner = Corner(shop, members=5)
    first, second, third = (enter(corner, member) for member in range(3))
    assert declined(enter(corner, 3)) == "contest_full"

    def vote(entry: Decision, day: float, kind: Built = Built.VOTED) -> str:
        return declined(corner.send(kind.value, of(entry), member=4, day=day))

    assert vote(first, 1) == "contest_not_eligible"
    assert vote(first, 3) == "accepted"
    assert vote(second, 3) == "contest_limit_reached"
    assert vote(second, 4) == "accepted"
    assert vote(third, 5) == "contest_limit_reached"
    assert vote(second, 5, Built.UNVOTED) == "accepted"
    assert vote(third, 5) == "accepted"
    assert vote(third, 19, Built.UNVOTED) == "contest_not_open"
    corner.tick(25)
    assert vote(first, 25, Built.UNVOTED) == "contest_not_open"
    assert declined(corner.send(Built.CONTEST_WITHDRAWN.value, of(second), member=1, day=26)) == "contest_not_open"


def test_votes_without_a_limit_are_one_for_each_entry() -> None:
    corner = Corner(HEAD + EARN + CUP.replace(", at_most: 2, per_day: 1", ""), members=4)
    entries = [enter(corner, member) for member in range(3)]
    for entry in entries:
        assert declined(corner.send(Built.VOTED.value, of(entry), member=3)) == "accepted"
    assert declined(corner.send(Built.VOTED.value, of(entries[0]), member=3)) == "contest_voted_already"
    assert declined(corner.send(Built.VOTED.value, of(entries[0]), member=0)) == "contest_own_entry"


def test_what_was_not_approved_before_the_end_is_not_approved_after_it() -> None:
    corner = Corner(HEAD + EARN + CUP.replace("slots: 3", "slots: 3, moderated: true"))
    entry = enter(corner)
    corner.tick(30)
    late = corner.send(Built.CONTEST_REVIEWED.value, of(entry, verdict="approve"), day=31)
    assert declined(late) == "contest_not_open"
    refused = corner.send(Built.CONTEST_REVIEWED.value, of(entry, verdict="refuse", reason="late"), day=31)
    assert declined(refused) == "accepted"
    assert corner.book.gathered.house["contest:cup"] == 3


def test_the_clock_counts_once_and_draws_ties_from_a_seed() -> None:
    text = HEAD + EARN + CUP.replace("winners: 2", "winners: 2, ties: chance").replace("slots: 3, ", "")
    corner = Corner(text, members=4)
    entries = [enter(corner, member) for member in range(3)]
    for entry, voter in zip(entries, (1, 2, 3), strict=True):
        corner.send(Built.VOTED.value, of(entry), member=voter)
    corner.book.gathered.members[corner.members[3].id].is_blocked = True
    made = [decision.activity for decision in corner.tick(25)]
    assert sorted(activity.type for activity in made) == ["contest.closed"] * 3 + ["contest.placed"] * 2
    assert {UUID(hex=a.body["entry"]) for a in made if a.type == "contest.placed"} == {
        e.activity.id for e in entries[:2]
    }
    assert corner.tick(26) == []


def test_what_is_written_of_decisions_is_what_they_changed() -> None:
    corner = Corner(HEAD + EARN + CUP)
    entered, refused = enter(corner), corner.send(Built.VOTED.value, {"contest": "cup", "entry": NOBODY.hex}, member=1)
    voted = corner.send(Built.VOTED.value, of(entered), member=1)
    gathered = corner.book.gathered
    entries, votes, gone = changes_of(gathered, [entered, refused, voted, corner.buy(5)])
    assert ([entry.id for entry in entries], [vote.id for vote in votes], gone) == (
        [entered.activity.id], [voted.activity.id], [],
    )  # fmt: skip
    assert undone_by(gathered, voted.activity) is None
    gone = corner.book.activity(
        Built.CONTEST_WITHDRAWN.value, corner.members[0], voted.activity.occurred_at, of(entered)
    )
    assert undone_by(gathered, gone) == entered.activity.id
    back = corner.book.activity(
        Built.UNVOTED.value, corner.members[1], dt.datetime(2026, 1, 2, tzinfo=dt.UTC), of(entered)
    )
    assert undone_by(gathered, back) == voted.activity.id
    unvoted = corner.send(Built.UNVOTED.value, of(entered), member=1)
    assert changes_of(gathered, [unvoted])[2] == [(corner.members[1].id, entered.activity.id)]
    assert undone_by(gathered, back) is None


def test_an_entry_looks_at_the_slots_and_what_takes_one_back_at_all_that_it_may_have_drawn_on() -> None:
    shop = version(HEAD + EARN + CUP)
    corner = Corner(HEAD + EARN + CUP)
    entered = enter(corner).activity
    assert accounts_played(shop.programme, entered) == ["contest:cup"]
    assert house_accounts([shop], [entered]) == {"contest:cup"}
    gone = corner.book.activity(
        Built.CONTEST_WITHDRAWN.value, corner.members[0], entered.occurred_at, {"contest": "cup"}
    )
    assert house_accounts([shop], [gone]) == set(house_initials(shop.programme))
