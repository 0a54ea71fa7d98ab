"""Replays in memory: what they count, and how two of them are compared."""

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from uuid import UUID

from setia.flow.history import Beside, Newcomer
from setia.flow.memory import MemoryBook
from setia.flow.replay import Replay, Tally, compare, first_differences, links
from setia.flow.work import ONWARD, Version
from setia.language.model import Programme
from setia.language.parse import load_programme
from setia.values.activities import Activity
from setia.values.codes import Account, Built
from setia.values.ids import uuid7
from setia.values.pauses import Pause

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
ANA, BEN = UUID(int=7), UUID(int=8)


def programme(steps: str = "purchase.eligible", more: str = "") -> Programme:
    loaded = load_programme(
        f"""
programme: shop
currency: USD
timezone: UTC
units:
  points: {{worth: 0.01}}
metrics:
  spend: {{sum: purchase.eligible, over: lifetime}}
tiers:
  by: spend
  levels:
    plain: {{from: 0}}
    gold: {{from: 100, discount: 10 %}}
rewards:
  cake: {{costs: {{points: 50}}, gives: {{product: CAKE}}}}
rules:
  earn:
    on: purchase.completed
    give: {{points: {steps}}}
{more}"""
    )
    assert loaded.programme is not None, [str(found) for found in loaded.diagnostics]
    return loaded.programme


def replay(found: Programme, **more: object) -> Replay:
    made = Replay([Version(1, NOON - 10 * HOUR, found)], **more)  # type: ignore[arg-type]
    for member in (ANA, BEN):
        made.book.join(NOON - HOUR, member_id=member)
    return made


def act(number: int, member: UUID, body: dict[str, object], kind: str = Built.PURCHASE.value) -> Activity:
    at = NOON + number * HOUR
    return Activity(uuid7(number, bytes(10)), kind, "till", str(number), member, at, at, body)


def sale(number: int, member: UUID, amount: int) -> Activity:
    line = {"id": "1", "sku": "A", "quantity": 1000, "amount": amount}
    return act(number, member, {"lines": [line]})


def test_what_was_given_is_counted_as_it_stands_after_returns() -> None:
    played = replay(programme())
    played.play(sale(1, ANA, 200_00))
    played.play(sale(2, ANA, 100_00))  # gold: 10 % off
    played.play(act(3, ANA, {"of": {"source": "till", "external_id": "2"}}, Built.CANCEL.value))
    played.play(act(4, ANA, {"reward": "cake", "quantity": 2}, Built.CLAIM.value))
    played.play(sale(5, BEN, 30_00))
    played.play(act(6, BEN, {"reward": "cake", "quantity": 1}, Built.CLAIM.value))
    played.finish(NOON + 9 * HOUR)
    found = played.results()
    ana, ben = found[ANA], found[BEN]
    assert (ana.sales, ana.turnover, ana.discounts) == (2, 200_00, 0)
    assert (ana.issued("points"), ana.net("points", Account.REVERSED)) == (290, 90)
    assert (ana.net("points", Account.REDEEMED), ana.outstanding("points")) == (100, 100)
    assert ana.rewards == {"cake": 2}
    assert (ana.tier, ben.tier) == ("gold", "plain")
    assert ana.benefit(programme()) == Fraction(200)
    assert played.declined == {"insufficient_balance": 1}
    assert played.played == 6
    total = Tally()
    for tally in found.values():
        total.add(tally)
    assert (total.sales, total.turnover, total.issued("points")) == (3, 230_00, 320)
    assert total.rewards == {"cake": 2}


def test_only_what_stands_from_a_day_on_counts() -> None:
    played = replay(programme(), since=NOON + 2 * HOUR, keeps_entries=True)
    played.play(sale(1, ANA, 20_00))
    played.play(sale(2, ANA, 30_00))
    (tally,) = played.tallies.values()
    assert (tally.sales, tally.issued("points"), len(tally.entries)) == (1, 30, 1)


def test_what_one_member_sets_off_at_another_comes_of_itself() -> None:
    played = replay(programme())
    played.play(sale(1, ANA, 20_00))
    told = replace(sale(1, ANA, 20_00), source=ONWARD)
    played.book.gathered.recorded[ONWARD, "1"] = played.book.gathered.recorded["till", "1"]
    played.play(told)
    assert played.played == 1


def test_what_comes_again_counts_once() -> None:
    played = replay(programme())
    for _ in range(2):
        played.play(sale(1, ANA, 20_00))
    assert played.results()[ANA].sales == 1


def test_members_are_compared_by_what_they_would_have_more() -> None:
    was, would_be = programme(), programme("'purchase.eligible * (purchase.eligible > 50 ? 2 : 0)'")
    before, after = replay(was), replay(would_be)
    for made in (before, after):
        made.play(sale(1, ANA, 20_00))
        made.play(sale(2, BEN, 90_00))
    changes = compare(before.results(), after.results(), was, would_be)
    assert [(change.member_id, change.gain) for change in changes] == [(BEN, 90), (ANA, -20)]
    assert {(change.tier_before, change.tier_after) for change in changes} == {("plain", "plain")}


def test_a_member_who_is_in_one_of_two_replays_is_compared_with_nothing() -> None:
    found = replay(programme())
    found.play(sale(1, ANA, 20_00))
    (change, _) = compare({}, found.results(), programme(), programme())
    assert (change.member_id, change.before, change.after, change.tier_before) == (ANA, 0, 20, "")


def test_the_first_entry_that_differs_is_told_for_each_member() -> None:
    one, other = replay(programme(), keeps_entries=True), replay(programme("1"), keeps_entries=True)
    for made in (one, other):
        made.play(sale(1, ANA, 20_00))
        made.play(sale(2, BEN, 1_00))
    booked = {member: tally.entries for member, tally in one.results().items()}
    (difference,) = first_differences(booked, other.results())
    assert difference.member_id == ANA
    assert difference.booked is not None
    assert difference.replayed is not None
    assert (difference.booked.amount, difference.replayed.amount) == (20, 1)
    assert first_differences(booked, one.results()) == []
    assert [found.replayed for found in first_differences(booked, {})] == [None, None]
    assert [found.booked for found in first_differences({}, one.results())] == [None, None]


def test_what_makes_members_depend_on_each_other_is_named() -> None:
    assert links(programme()) == []
    limited = programme(more="    budget: {points: 100}\n")
    assert links(limited) == ["budget"]
    thanks = "  thanks: {on: friend.qualified, give: {points: 5}}\nreferral: {wait: 5 days}\n"
    assert links(programme(more=thanks)) == ["referral"]


def test_a_newcomer_has_nothing_but_the_day_of_joining() -> None:
    newcomer = Newcomer(ANA, NOON)
    assert (newcomer.birthday, newcomer.attributes, newcomer.until) == (None, {}, None)


def test_what_happened_beside_the_activities_happens_again() -> None:
    found = replay(programme())
    gift = UUID(int=9)
    found.beside.extend(
        [
            Beside(NOON + HOUR, begun=Pause(NOON + HOUR, None, may_spend=False, stops_expiry=True)),
            Beside(NOON + 2 * HOUR, is_resumed=True),
            Beside(NOON + 3 * HOUR, closed="cup"),
            Beside(NOON + 4 * HOUR, paid_out=(gift,)),
            Beside(NOON + 5 * HOUR, closed="later"),
        ]
    )
    found.finish(NOON + 4 * HOUR)
    known = found.book.gathered
    assert known.pauses.all == [Pause(NOON + HOUR, NOON + 2 * HOUR, may_spend=False, stops_expiry=True)]
    assert (known.contests.closed, known.paid_out, len(found.beside)) == ({"cup"}, {gift}, 1)


def test_a_book_that_keeps_no_decisions_gives_the_same_balances() -> None:
    kept, forgotten = (
        MemoryBook([Version(1, NOON - HOUR, programme())], keeps_decisions=keeps) for keeps in (True, False)
    )
    for book in (kept, forgotten):
        book.join(NOON, member_id=ANA)
        book.handle(sale(1, ANA, 20_00))
    assert (len(kept.decisions), len(forgotten.decisions)) == (1, 0)
    balances = [book.gathered.members[ANA].wallet.balances for book in (kept, forgotten)]
    assert balances[0] == balances[1]
