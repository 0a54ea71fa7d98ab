import datetime as dt

from setia.flow.clock import due_at
from setia.flow.decide import MOST_TICKS
from setia.flow.work import Gathered, MemberWork
from setia.ledger.lots import Lot, Wallet
from setia.state.progress import Progress
from setia.values.codes import Built, EventName
from tests.pure.flow.shop import DAY, EARN, HEAD, NOBODY, OPENED, Corner, code, version


def test_what_was_not_gathered_is_not_forgotten_when_something_nearer_is_worked_off() -> None:
    gathered = Gathered([version(HEAD + EARN)])
    progress = Progress(dt.date(2026, 1, 1), OPENED, settled_at=OPENED, version=1)
    member = MemberWork(NOBODY, Wallet(), progress, due_at=OPENED + 30 * DAY, has_all_lots=False)
    late = Lot(1, "points", 5, 5, True, OPENED, OPENED + DAY, OPENED + 90 * DAY, NOBODY)
    member.wallet.lots[1] = late
    member.due_at = due_at(gathered, member, OPENED)
    assert member.due_at == OPENED + DAY
    late.is_pending, late.activates_at = False, None
    assert due_at(gathered, member, OPENED + 2 * DAY) == OPENED + 30 * DAY


LADDER = """
metrics: {spend: {sum: purchase.eligible, over: lifetime}}
tiers: {by: spend, levels: {bronze: {from: 0}, gold: {from: 100}}, keep: KEEP}
"""
FOREVER = LADDER.replace("KEEP", "while_reached")


def test_before_the_programme_the_clock_brings_nothing_and_places_nobody() -> None:
    corner = Corner(HEAD + EARN + FOREVER)
    early = corner.book.join(OPENED - 9 * DAY)
    assert corner.tick(-5) == []
    assert early.progress.tier == ""
    corner.tick(0)
    assert early.progress.tier == "bronze"


def test_a_till_whose_clock_is_ahead_may_sell_at_the_moment_of_the_opening() -> None:
    corner = Corner(HEAD + EARN + FOREVER + "late: {re_rate: 1 month}")
    minute = 1 / 1440
    assert code(corner.buy(120, day=minute, late=-2 * minute)) == "accepted"
    assert corner.balance() == (120, 0, 0, 0)
    corner.buy(1, day=1)
    assert corner.member().progress.tier == "gold"


def test_a_very_long_sleep_is_worked_off_in_pieces() -> None:
    rules = "rules: {daily: {on: day.ended, give: {points: 1}, limit: {points: 5, per: lifetime, over: trim}}}"
    corner = Corner(HEAD + rules, members=1)
    days = MOST_TICKS + 100
    due = []
    for _ in range(2):
        corner.tick(days)
        due.append(corner.member().due_at)
    assert due == [OPENED + (MOST_TICKS + 1) * DAY, OPENED + (days + 1) * DAY]
    assert corner.balance() == (5, 0, 0, 0)


def test_a_card_that_stays_full_is_looked_at_daily_and_told_once() -> None:
    corner = Corner(
        HEAD
        + """
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
  card: {on: points.reached, when: wallet.points >= 10, take: {points: 10}, give: {reward: cup},
         limit: {times: 1, per: calendar_week}}
rewards: {cup: {gives: {experience: A cup}}}
""",
        members=1,
    )
    corner.buy(25, day=4)  # a Monday
    events = [event.name for decision in corner.book.decisions for event in decision.events]
    assert events.count(EventName.LIMIT_REACHED) == 1
    assert corner.balance() == (15, 0, 0, 0)
    assert corner.tick(10.9) == []
    assert [decision.activity.occurred_at for decision in corner.tick(11.5)] == [OPENED + 11 * DAY]
    events = [event.name for decision in corner.book.decisions for event in decision.events]
    assert events.count(EventName.LIMIT_REACHED) == 1
    assert corner.balance() == (5, 0, 0, 0)


def test_who_was_never_exempt_loses_an_idle_wallet_at_the_usual_time() -> None:
    idle = HEAD.replace(
        "worth: 0.01",
        "worth: 0.01, expires: {inactive_for: 30 days, exempt: member.vip, after_exemption: 9 days, until: instant}",
    )
    corner = Corner(idle + EARN + "members: {fields: {vip: boolean}}")
    corner.buy(5)
    corner.buy(5, member=1)
    corner.send(Built.UPDATED.value, {"attributes": {"vip": True}}, member=1, day=1)
    assert corner.tick(29.9) == []
    corner.tick(30.1)
    assert corner.balance() == (0, 0, 0, 0)
    assert corner.balance(member=1) == (5, 0, 0, 0)


def test_the_exemption_is_lost_by_the_update_that_ends_it_and_by_no_other() -> None:
    exempt = "worth: 0.01, expires: {inactive_for: 1 day, exempt: member.vip, after_exemption: 9 days, until: instant}"
    corner = Corner(HEAD.replace("worth: 0.01", exempt) + EARN + "members: {fields: {vip: boolean, city: text}}")
    corner.buy(5)
    for day, told in ((0.1, {"vip": True}), (20, {"city": "Bogor"}), (30, {"vip": False})):
        corner.send(Built.UPDATED.value, {"attributes": told}, day=day)
    assert corner.member().progress.exemption_lost_at == {"points": OPENED + 30 * DAY}
    corner.tick(38.9)
    assert corner.balance() == (5, 0, 0, 0)
    corner.tick(39.1)
    assert corner.balance() == (0, 0, 0, 0)


def test_what_ends_by_idleness_as_a_version_begins_that_knows_none_has_ended() -> None:
    idle = HEAD.replace("worth: 0.01", "worth: 0.01, expires: {inactive_for: 100 days, until: instant}")
    corner = Corner(idle + EARN, HEAD + EARN, members=1)
    corner.buy(5)
    corner.tick(100)
    assert corner.balance() == (0, 0, 0, 0)


def test_a_changed_birthday_is_no_second_one_in_a_year() -> None:
    corner = Corner(HEAD + "rules: {gift: {on: member.birthday, give: {points: 7}}}", members=1)
    corner.send(Built.UPDATED.value, {"birthday": "1990-02-01"})
    corner.tick(40)
    assert corner.balance() == (7, 0, 0, 0)
    corner.send(Built.UPDATED.value, {"birthday": "1990-06-01"}, day=41)
    corner.tick(364)
    assert corner.balance() == (7, 0, 0, 0)
    corner.tick(365 + 160)
    assert corner.balance() == (14, 0, 0, 0)


def test_a_version_published_later_is_met_on_its_day_and_nobody_is_looked_at_sooner() -> None:
    corner = Corner(HEAD + EARN)
    corner.buy(120)
    corner.tick(1)
    corner.member(1).due_at = OPENED + 3 * DAY
    corner.book.publish(version(HEAD + EARN + FOREVER + "rewards: {cup: {costs: {points: 1}, stock: 4, gives: "
                                "{experience: A cup}}}", 2, OPENED + 50 * DAY))  # fmt: skip
    assert [member.due_at for member in corner.members] == [OPENED + 50 * DAY, OPENED + 3 * DAY]
    assert corner.book.gathered.house["stock:cup"] == 4
    corner.tick(51)
    assert [member.progress.tier for member in corner.members] == ["bronze", "bronze"]
    corner.buy(100, day=52)
    assert corner.member().progress.tier == "gold"


def test_a_level_that_a_full_card_leads_to_is_told_with_it() -> None:
    corner = Corner(
        HEAD
        + """
  stamps: {}
rules:
  stamp: {on: purchase.completed, give: {stamps: 1}}
  card: {on: stamps.reached, when: wallet.stamps >= 1, take: {stamps: 1}, give: {points: 100}}
tiers: {by: balance.points, levels: {bronze: {from: 0}, gold: {from: 100}}, keep: while_reached}
"""
    )
    (told,) = corner.buy(1).answer["set_off"]
    assert (told["tier"], told["gave"], told["took"]) == ("gold", [["points", 100, "card"]], [["stamps", 1, "card"]])
