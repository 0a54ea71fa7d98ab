"""Two accounts of one person: what is brought together, what has to be settled before, and what goes back."""

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from setia.flow.again import ERASED
from setia.flow.explain import Case, explain
from setia.flow.work import Decision
from setia.ledger.lots import Balance, Hold, HoldState, Lot, Wallet
from setia.ledger.plan import plan_restoration_elsewhere
from setia.state.bringing import OPEN, Brought
from setia.state.membership import Membership
from setia.state.merged import Merged, count_with, merged_from_json, merged_to_json
from setia.state.progress import Care, OwnLimit, Progress, StreakState
from setia.values.card_codes import FIRST_CARD
from setia.values.codes import Account, Built, EventName
from setia.values.stakes import NOBODY
from tests.pure.flow.shop import DAY, EARN, HEAD, OPENED, Corner, code, compiled

RICH = (
    HEAD.replace("points: {worth: 0.01}", "points: {worth: 0.01, pays: 0.01, transfer: {expires: keep}}")
    + """
activities: {app.opened: {title: {en: Opened}}}
badges: {early: {title: {en: Early}}, late: {title: {en: Late}}}
metrics:
  spend: {sum: purchase.eligible, over: year}
  days_here: {streak: app.opened}
tiers: {by: spend, levels: {basic: {from: 0}, gold: {from: 1_000}}, keep: 12 months}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
  cake: {on: member.birthday, give: {points: 5}}
  early: {on: app.opened, give: {badge: early}}
"""
)


def merge(corner: Corner, day: float = 1, *, undo: bool = False, to: int = 0, other: int = 1, **more: Any) -> Decision:
    body = {"with": corner.member(other).id.hex, "reason": "one person", **more}
    return corner.send(Built.UNMERGED.value if undo else Built.MERGED.value, body, day=day, member=to)


def why(decision: Decision) -> Any:
    assert decision.result.declined is not None
    return decision.result.declined.facts.get("why")


def test_what_has_to_be_settled_before() -> None:
    corner = Corner(RICH)
    mine, theirs = corner.member(), corner.member(1)
    corner.tick(0)
    assert why(merge(corner, other=0)) == "same_member"
    unknown = corner.send(Built.MERGED.value, {"with": UUID(int=5).hex, "reason": "?"}, day=1)
    assert why(unknown) == "unknown"
    gone = corner.send(Built.UNMERGED.value, {"with": UUID(int=5).hex, "reason": "?"}, day=1)
    assert code(gone) == "not_merged"
    card = corner.book.join(OPENED, member_id=UUID(int=FIRST_CARD.int + 1))
    assert why(corner.send(Built.MERGED.value, {"with": card.id.hex, "reason": "?"}, day=1)) == "unknown"
    theirs.is_blocked = True
    assert why(merge(corner)) == "blocked"
    theirs.is_blocked = False
    hold = Hold(UUID(int=9), "points", 5, HoldState.PLACED, OPENED + 300 * DAY)
    theirs.wallet.holds[hold.id] = hold
    assert why(merge(corner)) == "open_holds"
    del theirs.wallet.holds[hold.id]
    mine.wallet.balances["points"] = Balance(debt=-1)
    assert why(merge(corner)) == "debt"
    del mine.wallet.balances["points"]
    theirs.progress.brought = Brought(mine.id, OPEN, OPENED)
    assert why(merge(corner)) == "open_referral"
    theirs.progress.brought = Brought()
    theirs.progress.membership = Membership(renews=("plus", "year"))
    assert code(merge(corner)) == "plan_in_the_way"
    theirs.progress.membership = Membership()
    assert code(merge(corner)) == "accepted"
    assert theirs.due_at is None


def test_what_is_remembered_of_both() -> None:
    corner = Corner(RICH)
    mine, theirs = corner.member().progress, corner.member(1).progress
    corner.tick(0)
    for day in (1, 2, 3):
        corner.send("app.opened", {}, day=day, member=1)
    corner.send("app.opened", {}, day=3)
    theirs.badges["late"] = (1, OPENED)
    theirs.streaks["gone"] = StreakState(OPENED, "UTC", 1)
    mine.badges["early"] = (1, OPENED + 9 * DAY)
    theirs.active_at["points"] = OPENED + 2 * DAY
    theirs.marks["member.birthday"] = 739_000
    theirs.prints["device"] = ["a1"]
    theirs.care = Care(until=dt.date(2026, 5, 1), limit=OwnLimit(1, "day"))
    theirs.last_occurred_at = None
    theirs.birthday = dt.date(1990, 4, 12)
    made = merge(corner, 4)
    assert mine.badges == {"early": (1, OPENED + 1 * DAY), "late": (1, OPENED)}
    assert (mine.marks["member.birthday"], mine.prints) == (739_000, {"device": ["a1"]})
    assert mine.active_at == {"points": OPENED + 2 * DAY}
    assert mine.care == Care(until=dt.date(2026, 5, 1), limit=OwnLimit(1, "day"))
    assert mine.streaks["days_here"].day == theirs.streaks["days_here"].day
    assert [event.name for event in made.events] == [EventName.BADGE_AWARDED, EventName.MEMBER_MERGED]
    corner.tick(200)  # a birthday of whoever is part of another is none
    merge(corner, 20, undo=True)
    assert mine.badges == {"early": (1, OPENED + 1 * DAY)}
    assert theirs.marks["member.birthday"] == 739_000
    assert theirs.merged is None
    assert code(merge(corner, 210)) == "accepted"
    assert theirs.homes == [corner.member().id.hex]


def test_the_same_level_is_kept_to_the_later_day_and_goes_back_to_its_own() -> None:
    corner = Corner(RICH)
    mine, theirs = corner.member().progress, corner.member(1).progress
    corner.tick(0)
    mine.tier = theirs.tier = "gold"
    mine.tier_until, theirs.tier_until = OPENED + 100 * DAY, OPENED + 200 * DAY
    merge(corner)
    assert (mine.tier, mine.tier_until) == ("gold", OPENED + 200 * DAY)
    merge(corner, 2, undo=True)
    assert (mine.tier, mine.tier_until) == ("gold", OPENED + 100 * DAY)
    assert (theirs.tier, theirs.tier_until) == ("gold", OPENED + 200 * DAY)


def test_a_level_that_both_reach_together_goes_when_they_part() -> None:
    corner = Corner(RICH)
    corner.buy(600)
    corner.buy(600, member=1)
    corner.member().progress.tier_since = None
    made = merge(corner)
    assert made.result.tier is not None
    assert made.result.tier.level == "gold"
    apart = merge(corner, 2, undo=True)
    assert [event.data["to"] for event in apart.events if event.name is EventName.TIER_CHANGED] == ["basic"]
    assert corner.member(1).progress.tier == "basic"


def test_a_better_level_of_somebody_without_a_beginning() -> None:
    corner = Corner(RICH)
    corner.tick(0)
    corner.member().progress.tier_since = None
    corner.member(1).progress.tier = "gold"
    made = merge(corner)
    told = next(event.data for event in made.events if event.name is EventName.TIER_CHANGED)
    assert told == {"from": "basic", "to": "gold", "is_up": True, "until": None}
    corner.member().progress.tier_since = None
    merge(corner, 2, undo=True)
    assert corner.member().progress.tier == "basic"


def test_without_levels_nothing_is_said_of_them() -> None:
    corner = Corner(HEAD + EARN)
    corner.buy(10, member=1)
    assert merge(corner).answer["merged"]["tier"] == ["", "", None]
    assert merge(corner, 2, undo=True).answer["parted"]["tier"] == ""


ONCE = """
rules:
  cake: {on: member.birthday, give: {points: 5}}
  first: {on: purchase.completed, give: {points: 50}, limit: {times: 1, per: lifetime}}
  weekly: {on: purchase.completed, give: {points: 1}, limit: {times: 2, per: week}}
rewards: {mug: {costs: {points: 52}, gives: {product: MUG}}}
"""


def test_a_bonus_is_taken_back_as_far_as_it_is_there() -> None:
    corner = Corner(HEAD + ONCE)
    for number in (0, 1):
        corner.member(number).progress.birthday = dt.date(1990, 1, 5)
        corner.buy(1, member=number)
    corner.tick(6)
    corner.send(Built.CLAIM.value, {"reward": "mug", "quantity": 1}, day=7, member=1)
    made = merge(corner, 8, duplicates="reverse")
    assert sorted(made.answer["merged"]["duplicates"]) == [["cake", "points", 5, 4], ["first", "points", 50, 0]]
    assert corner.balance() == (56, 0, 0, 0)
    assert merge(corner, 9, undo=True).answer["parted"]["steps"] == 0
    assert (corner.balance(), corner.balance(member=1)) == ((56, 0, 0, 0), (4, 0, 0, 0))


def test_a_voucher_that_was_used_in_between_stays_used() -> None:
    corner = Corner(HEAD + ONCE)
    corner.buy(1, member=1)
    corner.gift(60, member=1)
    corner.send(Built.CLAIM.value, {"reward": "mug", "quantity": 1}, day=1, member=1)
    merge(corner, 2)
    (voucher,) = [v for v in corner.member().vouchers.values() if v.state == "issued"]
    corner.send(Built.USE.value, {"vouchers": [{"code": voucher.code, "quantity": 1}]}, day=3)
    merge(corner, 4, undo=True)
    assert [v.state for v in corner.member(1).vouchers.values()] == ["moved"]


def test_what_is_sent_to_one_who_is_part_of_another_is_the_others() -> None:
    corner = Corner(RICH, members=3)
    corner.buy(100, member=2)
    merge(corner)
    sent = {"unit": "points", "amount": 40, "to": corner.member(1).id.hex}
    assert code(corner.send(Built.TRANSFER.value, sent, day=2, member=2)) == "accepted"
    assert corner.balance()[0] == 40


def test_what_a_friend_sets_off_goes_to_the_one_who_stays() -> None:
    rules = "rules: {thanks: {on: friend.qualified, give: {points: 5}}}\nreferral: {wait: 5 days}"
    corner = Corner(HEAD + rules, members=3)
    from_bea = next(c for c, m in corner.book.gathered.referrers.items() if m == corner.member(1).id)
    corner.send(Built.REFERRED.value, {"code": from_bea}, member=2)
    corner.buy(10, member=2, day=1)
    merge(corner, 2)
    corner.tick(10)
    assert corner.balance()[0] == 5


def test_a_return_through_two_merges_gives_back_what_was_spent() -> None:
    corner = Corner(RICH, members=3)
    corner.gift(100, member=1)
    corner.buy(50, key="S-1", member=1, spend={"points": 30})
    merge(corner, 1)
    merge(corner, 2, to=2, other=0)
    back = corner.give_back("S-1", day=3)
    assert (back.activity.member_id, back.answer["restored"]) == (corner.member(2).id, {"points": 30})
    assert corner.balance(member=2)[0] == 100
    refused = corner.give_back("S-1", day=4, member=1)
    assert code(refused) == "already_returned"
    corner.buy(5, key="S-2", member=2, day=5)
    assert code(
        corner.send(Built.UNMERGED.value, {"with": corner.member(0).id.hex, "reason": "?"}, day=6, member=2)
    ) == ("accepted")
    assert code(corner.give_back("S-2", day=7)) == "receipt_of_other_member"


def test_periods_from_the_day_of_joining_are_those_of_the_one_who_stays() -> None:
    programme = compiled(
        HEAD + "metrics: {spend: {sum: purchase.eligible, over: {every: 3 months, from: joining}}}\n" + EARN
    )
    mine = Progress(dt.date(2026, 1, 10), OPENED, metrics={})
    theirs = Progress(dt.date(2026, 2, 1), OPENED, metrics={"spend": {dt.date(2026, 2, 1).toordinal(): 7}})
    theirs.limits = {"earn:0": {0: 1}}
    count_with(programme, mine, theirs, 1)
    assert mine.metrics == {"spend": {dt.date(2026, 1, 10).toordinal(): 7}}
    assert mine.limits == {"earn:0": {0: 1}}
    count_with(programme, mine, replace(theirs, metrics={"spend": {dt.date(2026, 2, 1).toordinal(): 9}}), -1)
    assert mine.metrics == {"spend": {}}


@pytest.mark.parametrize("tier", [None, ("gold", OPENED.isoformat(), None)])
def test_a_merge_survives_json(tier: Any) -> None:
    merged = Merged("ab", OPENED, [(1, 2)], [(3, 4)], tier, ["early"], [(5, 6)])
    stored = merged_to_json(merged)
    stored[2] = [list(pair) for pair in stored[2]]
    assert merged_from_json(stored) == merged


def test_only_what_was_taken_last_comes_back() -> None:
    theirs, mine = Wallet(), Wallet()
    for number in (1, 2):
        theirs.lots[number] = Lot(number, "points", 50, 0, False, OPENED, None, None, UUID(int=1), "")
    entries = plan_restoration_elsewhere(mine, theirs, 20, OPENED, taken=[(1, 30), (2, 40)], stake=NOBODY)
    assert [(entry.amount, entry.debit) for entry in entries] == [
        (20, Account.REDEEMED), (20, Account.TRANSFERRED),
    ]  # fmt: skip


def test_joining_again_gives_nothing() -> None:
    corner = Corner(HEAD + "rules: {welcome: {on: member.joined, give: {points: 20}}}")
    corner.send(Built.JOINED.value, {"returning": True, "referred_by": "ABCDEFGH"})
    corner.send(Built.JOINED.value, {}, member=1)
    assert (corner.balance()[0], corner.balance(member=1)[0]) == (0, 20)


def test_who_is_erased_has_no_plan_and_no_payment_under_way() -> None:
    corner = Corner(RICH)
    corner.buy(100)
    corner.member().progress.membership = Membership(renews=("plus", "year"))
    assert code(corner.send(Built.ERASED.value, {"points": "forfeit"}, day=1)) == "plan_in_the_way"
    corner.member().progress.membership = Membership()
    corner.send(Built.HOLD.value, {"unit": "points", "amount": 40, "lapses_after": 600}, day=1)
    assert corner.balance() == (60, 0, 40, 0)
    erased = corner.send(Built.ERASED.value, {"points": "forfeit"}, day=1.1)
    assert corner.balance() == (0, 0, 0, 0)
    assert {e.data["unit"]: e.data["amount"] for e in erased.events if "amount" in e.data} == {"points": 100}


def test_a_decision_without_its_person_is_told_as_it_was_booked() -> None:
    corner = Corner(RICH)
    bought = corner.buy(10)
    version = corner.book.versions[0]
    case = Case(version, bought.activity, "accepted", {ERASED: True}, bought.result, bought.entries)
    told = explain(case)
    assert told.differs == []
    assert "is erased" in told.text()
    standing = replace(corner.book.gathered.standings[bought.activity.id], facts={ERASED: True})
    again = explain(replace(case, facts={}, amended=standing))
    assert "is erased" in again.text()


GIVING = """
rules: {thanks: {on: points.donated, give: {points: 5}, limit: {times: 1, per: lifetime}}}
causes: {school: {takes: points, least: 1, step: 1, worth: 0.01}}
exchanges: {swap: {take: {points: 10}, give: {grams: 1}, cancel: {within: 30 days}, limit: {at_most: 50, per: year}}}
"""


def undone(corner: Corner, kind: Built, *, day: float, member: int = 0) -> str:
    return code(corner.send(kind.value, {"of": {"source": "memory", "external_id": "X"}}, day=day, member=member))


@pytest.mark.parametrize("door", [0, 1])
def test_a_gift_of_the_other_is_cancelled_by_whoever_stays(door: int) -> None:
    corner = Corner(HEAD + GIVING.replace("exchanges", "# exchanges"), members=3)
    corner.gift(100, member=1)
    corner.send(Built.DONATED.value, {"cause": "school", "amount": 40}, key="X", member=1)
    merge(corner)
    assert undone(corner, Built.UNDONATE, day=2, member=2) == "receipt_of_other_member"
    assert undone(corner, Built.UNDONATE, day=2, member=door) == "accepted"
    assert corner.balance() == (100, 0, 0, 0)
    assert corner.book.gathered.house["given:school"] == 0
    merge(corner, 3, undo=True)
    assert (corner.balance()[0], corner.balance(member=1)[0]) == (0, 100)
    assert corner.member(1).progress.limits == corner.member().progress.limits


def test_an_exchange_of_the_other_is_undone_by_whoever_stays() -> None:
    corner = Corner(HEAD + "  grams: {worth: 1}\n" + GIVING)
    corner.gift(100, member=1)
    corner.send(Built.EXCHANGE.value, {"exchange": "swap", "amount": 50}, key="X", member=1)
    merge(corner)
    assert undone(corner, Built.UNEXCHANGE, day=2) == "accepted"
    assert (corner.balance(), corner.balance("grams")) == ((100, 0, 0, 0), (0, 0, 0, 0))
    merge(corner, 3, undo=True)
    assert (corner.balance()[0], corner.balance(member=1)[0]) == (0, 100)
    for number in (0, 1):  # the limit is free again, at both
        corner.gift(50, day=4, member=number)
        again = corner.send(Built.EXCHANGE.value, {"exchange": "swap", "amount": 50}, day=5, member=number)
        assert code(again) == "accepted"


def test_a_return_that_waited_for_its_sale_is_of_whoever_has_the_account_then() -> None:
    corner = Corner(HEAD + EARN, members=3)
    assert corner.give_back("S-1", member=1).status == "parked"
    merge(corner, 1)
    merge(corner, 2, to=2, other=0)
    corner.buy(50, key="S-1", member=1, day=3)
    assert corner.balance(member=2) == (0, 0, 0, 0)
    assert corner.book.gathered.standings[corner.book.gathered.recorded["memory", "S-1"].activity_id].is_void


def test_of_accounts_merged_one_into_the_next_the_last_merge_is_undone_first() -> None:
    corner = Corner(HEAD + EARN, members=3)
    corner.buy(10, member=0)
    merge(corner, 1, to=1, other=0)
    merge(corner, 2, to=2, other=1)
    refused = merge(corner, 3, undo=True, to=1, other=0)
    assert code(refused) == "merged_already"
    assert corner.balance(member=2) == (10, 0, 0, 0)
    merge(corner, 4, undo=True, to=2, other=1)
    merge(corner, 5, undo=True, to=1, other=0)
    # What went over twice is a lot of the middle one's by now.
    assert [corner.balance(member=number)[0] for number in range(3)] == [0, 10, 0]


def test_a_voucher_that_was_given_back_before_stays_where_it_was() -> None:
    rewards = "rewards: {cup: {costs: {points: 3}, gives: {experience: A cup}}}\n"
    corner = Corner(HEAD + EARN + rewards)
    corner.buy(10, member=1)
    for _ in range(2):
        corner.send(Built.CLAIM.value, {"reward": "cup", "quantity": 1}, member=1)
    first = min(corner.member(1).vouchers)
    corner.send(Built.UNCLAIM.value, {"voucher": first}, member=1)
    told = merge(corner).answer["merged"]
    assert [reward for _, reward in told["vouchers"]] == ["cup"]
    assert corner.member(1).vouchers[first].state == "cancelled"
    assert [voucher.state for voucher in corner.member(0).vouchers.values()] == ["issued"]
