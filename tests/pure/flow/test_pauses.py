"""A programme that is paused: what is taken, what is given, and what becomes of dates."""

import datetime as dt

import pytest

from setia.flow.again import MemberCheck
from setia.flow.clock import idle_deadline
from setia.flow.explain import Case, explain
from setia.flow.kinds import is_taken_in
from setia.ledger.lots import FAR, Lot, spend_order
from setia.values.codes import Account, Built, EventName
from setia.values.outcomes import Result
from setia.values.pauses import Pause, Pauses
from tests.pure.flow.shop import DAY, HEAD, NOBODY, OPENED, Corner, code

EARN = """
activities: {visit.made: {}}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
  late: {on: visit.made, give: {points: 1}}
  birthday: {on: member.birthday, give: {points: 50}}
  daily: {on: day.ended, give: {points: 1}}
rewards: {mug: {costs: {points: 10}, gives: {product: MUG}}}
"""
QUIET = "rules: {earn: {on: purchase.completed, give: {points: purchase.eligible}}}"
LIVES = "worth: 0.01, expires: {after: 30 days}, transfer: {expires: keep, min_life: 5 days}"
MONTH = HEAD.replace("worth: 0.01", LIVES)


def at(day: float) -> dt.datetime:
    return OPENED + day * DAY


@pytest.mark.parametrize(
    ("kind", "spends", "stays"),
    [
        (Built.PURCHASE, False, False), (Built.JOINED, False, False), (Built.CLAIM, True, False),
        (Built.USE, True, False), (Built.HOLD, True, False), (Built.TRANSFER, True, False),
        (Built.COMMIT, True, True), (Built.RETURN, True, True), (Built.ADJUST, True, True),
        (Built.UNCLAIM, True, True),
    ],
)  # fmt: skip
def test_what_is_taken_while_a_programme_is_paused(kind: Built, spends: bool, stays: bool) -> None:
    assert is_taken_in(Pause(OPENED), kind.value) is spends
    assert is_taken_in(Pause(OPENED, may_spend=False), kind.value) is stays


def test_a_declared_activity_earns_and_so_it_waits() -> None:
    corner = Corner(HEAD + EARN)
    corner.book.pause(at(1))
    assert code(corner.send("visit.made", {}, day=2)) == "programme_paused"
    corner.book.resume(at(3))
    corner.book.resume(at(3))
    assert code(corner.send("visit.made", {}, day=4)) == "accepted"


def test_no_rule_gives_anything_in_a_pause() -> None:
    corner = Corner(HEAD + EARN, members=1)
    bought = corner.buy(40)
    corner.tick(1)
    assert corner.balance() == (41, 0, 0, 0)
    corner.book.pause(at(1.5))
    corner.send(Built.CLAIM.value, {"reward": "mug", "quantity": 1}, day=2)
    assert corner.balance() == (31, 0, 0, 0)
    corner.tick(4.5)
    corner.book.resume(at(4.5))
    corner.tick(6)
    assert corner.balance() == (33, 0, 0, 0)  # of the days 5 and 6 alone
    facts = {**bought.facts, "pz": True}
    told = explain(Case(corner.book.versions[0], bought.activity, "accepted", facts, Result(), []))
    assert "earn: nothing, the programme was paused." in told.text()


def test_lots_are_spent_in_the_order_of_the_ends_that_a_pause_gives_them() -> None:
    pauses = Pauses([Pause(at(5), at(25), stops_expiry=True)])
    before = Lot(1, "points", 5, 5, False, at(0), None, at(30), NOBODY, pauses=pauses)
    during = Lot(2, "points", 5, 5, False, at(15), None, at(32), NOBODY, pauses=pauses)
    undated = Lot(3, "points", 5, 5, False, at(0), None, None, NOBODY, pauses=pauses)
    assert (before.ends_at, during.ends_at, undated.ends_at) == (at(50), at(42), None)
    assert undated.ends_by(at(40)) is None
    assert sorted((undated, before, during), key=spend_order) == [during, before, undated]
    assert spend_order(undated)[0] == FAR


def test_a_transfer_keeps_the_end_that_a_pause_has_moved_also_while_it_lasts() -> None:
    corner = Corner(MONTH + QUIET)
    corner.buy(40)
    corner.book.pause(at(20), stops_expiry=True)
    body = {"unit": "points", "amount": 15, "to": corner.member(1).id.hex}
    corner.send(Built.TRANSFER.value, body, day=24)
    corner.book.resume(at(26))
    ends = [lot.ends_at for number in (0, 1) for lot in corner.member(number).wallet.lots.values()]
    assert ends == [at(37), at(37)]  # to the end of the thirtieth day, and six days more
    corner.tick(36.9)
    assert (corner.balance(), corner.balance(member=1)) == ((25, 0, 0, 0), (15, 0, 0, 0))
    corner.tick(37)
    assert (corner.balance(), corner.balance(member=1)) == ((0, 0, 0, 0), (0, 0, 0, 0))


def test_a_pool_that_closes_after_a_pause_lets_its_units_live_just_as_long_as_it_grants() -> None:
    pools = HEAD.replace("worth: 0.01", "worth: 0.01, pools: {card: {expires: never, closed: 10 days}}")
    rules = "rules: {card: {on: purchase.completed, give: {points: purchase.eligible}, pool: card}}"
    corner = Corner(pools + rules, members=1)
    corner.buy(40)
    corner.book.pause(at(5), stops_expiry=True)
    corner.book.resume(at(25))
    corner.send(Built.POOL_CLOSED.value, {"pool": "card"}, day=26)
    corner.send(Built.POOL_CLOSED.value, {"pool": "card"}, day=27)
    (lot,) = [lot for lot in corner.member().wallet.lots.values() if lot.left]
    assert lot.ends_at == at(37)


IDLE = HEAD.replace("worth: 0.01", "worth: 0.01, expires: {inactive_for: 30 days, until: instant}")
EXEMPT = """
members: {fields: {has_card: boolean}}
units:
  points: {expires: {inactive_for: 30 days, until: instant, exempt: member.has_card, after_exemption: 60 days}}
"""


def test_inactivity_is_not_counted_while_the_clock_of_expiry_stands_still() -> None:
    corner = Corner(IDLE + QUIET, members=1)
    corner.buy(40)
    corner.book.pause(at(10), stops_expiry=True)
    corner.tick(60)
    assert corner.balance() == (40, 0, 0, 0)
    corner.book.resume(at(60))
    corner.tick(79.9)
    assert corner.balance() == (40, 0, 0, 0)
    corner.tick(80)
    assert corner.balance() == (0, 0, 0, 0)


def test_a_lost_exemption_is_not_counted_either() -> None:
    text = "programme: corner\ntitle: Corner\ncurrency: EUR\ntimezone: UTC" + EXEMPT
    corner = Corner(text + QUIET, members=1)
    member, programme = corner.member(), corner.book.versions[0].programme
    member.progress.exemption_lost_at["points"] = OPENED
    unit = programme.units["points"]
    assert idle_deadline(programme, unit, member) == at(60)
    corner.book.pause(at(40), stops_expiry=True)
    assert idle_deadline(programme, unit, member) is None  # the later of the two stands still
    corner.book.resume(at(45))
    assert idle_deadline(programme, unit, member) == at(65)


def test_reminders_follow_the_end_that_a_pause_has_moved() -> None:
    remind = MONTH.replace("worth: 0.01", "worth: 0.01, remind: 3 days")
    corner = Corner(remind + QUIET, members=1)
    corner.buy(40)
    corner.book.pause(at(20), stops_expiry=True)
    assert corner.tick(35) == []
    corner.book.resume(at(40))
    made = corner.tick(50)
    (told,) = [event.data for decision in made for event in decision.events if event.name is EventName.EXPIRING]
    assert told["expires_at"] == at(51).isoformat()


def test_what_comes_back_into_a_lot_that_a_pause_has_kept_alive_stays() -> None:
    corner = Corner(MONTH + QUIET, members=1)
    corner.buy(40)
    corner.send(Built.HOLD.value, {"unit": "points", "amount": 10}, day=19.99, key="H")
    corner.book.pause(at(20), stops_expiry=True)
    corner.tick(40)
    assert corner.balance()[2] == 0  # it has lapsed, on a day that was the last of its lot
    corner.book.resume(at(40))
    corner.tick(50.9)
    assert corner.balance()[0] >= 40


def test_an_explanation_tells_how_a_pause_has_moved_the_end_and_the_proof_knows_it() -> None:
    corner = Corner(MONTH + QUIET, members=1)
    bought = corner.buy(40)
    pauses = corner.book.gathered.pauses

    def told() -> str:
        case = Case(
            corner.book.versions[0], bought.activity, "accepted", bought.facts, bought.result, bought.entries,
            pauses=pauses,
        )  # fmt: skip
        return explain(case).text()

    assert "paused" not in told()
    corner.book.pause(at(20), stops_expiry=True)
    assert "lot 1, promised until 2026-02-01 00:00, does not end before it goes on" in told()
    corner.book.resume(at(22))
    assert "lot 1, promised until 2026-02-01 00:00, ends 2026-02-03 00:00" in told()
    corner.tick(33)
    programme, entries = corner.book.versions[0].programme, corner.book.entries(corner.member().id)
    ended = [entry for entry in entries if entry.credit is Account.EXPIRED]
    assert [entry.effective_at for entry in ended][:1] == [at(33)]
    assert MemberCheck(programme, pauses).check(entries) == []
    assert "expires another amount or at another time" in MemberCheck(programme).check(entries)[0]
