"""Challenges, streaks and metrics by a field in their rarer moments."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from setia.language.model import Freeze
from setia.rules.facts import metric_value, run_of
from setia.rules.fold import MOST_KEYS, prune
from setia.rules.goals import deadline, first_lost, rounds
from setia.state.progress import Done, GoalState, Progress
from setia.state.streak import KEPT_DAYS, Run, credited_day, length_on, walk
from setia.values.codes import Built
from setia.values.instants import Span, Step
from tests.pure.flow.shop import DAY, EARN, HEAD, OPENED, Corner, compiled

JOINED = OPENED.date()
ONE = Freeze(1, Span(30, Step.DAYS))


def test_a_run_is_the_same_however_it_is_cut() -> None:
    first = JOINED.toordinal()
    days = [first + day for day in (1, 2, 3, 5, 6, 9, 10, 11, 40, 42, 43)]
    whole = walk(Run(), days, ONE)
    for cut in range(len(days)):
        assert walk(walk(Run(), days[:cut], ONE), days[max(cut - 2, 0) :], ONE) == whole
    assert (whole.length, whole.start) == (4, first + 40)


@pytest.mark.parametrize(
    ("day", "freeze", "expected"), [(7, None, 3), (8, None, 0), (8, ONE, 3), (9, ONE, 0), (5, None, 3)]
)
def test_a_run_is_over_when_more_days_were_missed_than_can_be_saved(
    day: int, freeze: Freeze | None, expected: int
) -> None:
    start = dt.date(2026, 1, 1).toordinal()
    assert length_on(Run(3, start + 4, start + 6), start + day, freeze) == expected
    assert length_on(Run(), start, freeze) == 0


def test_a_changed_zone_is_credited_after_twenty_hours() -> None:
    programme = compiled(f"{HEAD}activities: {{app.opened: }}\nmetrics: {{row: {{streak: app.opened}}}}\n{EARN}")
    metric, zone = programme.metrics["row"], ZoneInfo("UTC")
    day = OPENED.date().toordinal()
    assert credited_day(metric, {}, OPENED, zone) == day
    facts = {"zone": "Pacific/Auckland", "row": [OPENED.isoformat(), "UTC", day]}
    assert credited_day(metric, facts, OPENED + dt.timedelta(hours=9), zone) == day
    assert credited_day(metric, facts, OPENED + dt.timedelta(hours=19), zone) is None
    assert credited_day(metric, facts, OPENED + dt.timedelta(hours=20), zone) == day + 1


def test_the_days_of_a_streak_are_summed_up_and_go_on() -> None:
    programme = compiled(f"{HEAD}activities: {{app.opened: }}\nmetrics: {{row: {{streak: app.opened}}}}\n{EARN}")
    metric = programme.metrics["row"]
    first = JOINED.toordinal()
    corner = Corner(f"{HEAD}activities: {{app.opened: }}\nmetrics: {{row: {{streak: app.opened}}}}\n{EARN}")
    for day in range(KEPT_DAYS + 30):
        corner.send("app.opened", {}, day=day)
    progress = corner.member().progress
    assert len(progress.metrics["row"]) <= KEPT_DAYS
    assert run_of(metric, progress, first + KEPT_DAYS + 29).length == KEPT_DAYS + 30
    assert metric_value(metric, progress, JOINED + (KEPT_DAYS + 31) * DAY) == 0
    assert metric_value(metric, Progress(JOINED, OPENED), JOINED) == 0


HABITS = f"""{HEAD}metrics:
  favourite: {{count: purchase.completed, by: line.category, over: 90 days}}
  places: {{count: purchase.completed, by: purchase.place, over: month}}
rules:
  habit:
    on: purchase.completed
    lines: habit(favourite, line.category) >= 2
    give: {{points: lines.total}}
  top:
    on: purchase.completed
    when: top(favourite) == "tea" && habit(places, "here") >= 1
    give: {{points: 1}}
"""


def sale(*categories: str, amount: int = 100) -> dict[str, object]:
    lines = [
        {"id": str(number), "category": category, "quantity": 1000, "amount": amount}
        for number, category in enumerate(categories)
    ]
    return {"lines": lines, "place": "here"}


def test_a_habit_counts_purchases_by_what_was_in_them() -> None:
    corner = Corner(HABITS)
    kind = Built.PURCHASE.value
    corner.send(kind, sale("tea", "tea", "cake"), key="A")
    corner.send(kind, sale("tea"), key="B", day=1)
    assert corner.balance()[0] == 0
    corner.send(kind, sale("cake", "tea"), key="C", day=2)
    assert corner.balance()[0] == 2
    assert corner.member().progress.metrics["favourite/tea"] != {}
    for key in ("C", "B", "A"):
        corner.give_back(key, day=3)
    assert corner.balance() == (0, 0, 0, 0)
    assert all(not buckets for buckets in corner.member().progress.metrics.values())
    corner.send(kind, sale("", "tea"), day=4)
    assert "favourite/" not in corner.member().progress.metrics


def test_a_habit_is_kept_for_a_bounded_number_of_texts_and_days() -> None:
    corner = Corner(HABITS)
    for number in range(MOST_KEYS + 10):
        corner.send(Built.PURCHASE.value, sale("tea", f"c{number:02}"), key=str(number), day=number / 10)
    progress = corner.member().progress
    kept = [name for name in progress.metrics if name.startswith("favourite/")]
    assert len(kept) == MOST_KEYS
    assert "favourite/tea" in kept
    corner.give_back("0", day=9)  # what was forgotten is not owed
    assert "favourite/c00" not in progress.metrics or not progress.metrics["favourite/c00"]
    programme = compiled(HABITS)
    prune(programme, progress, JOINED + 400 * DAY)
    assert not any(progress.metrics[name] for name in progress.metrics if name.startswith("favourite/"))


GOAL = f"""{HEAD}{EARN}
badges: {{one: {{}}}}
challenges:
  two: {{count: purchase.completed, target: 2, rollback: true, gives: {{badge: one}}}}
  much:
    {{earned: points, target: 100, from: 2026-01-02, until: 2026-02-01, rollback: true, repeat: true,
      gives: {{points: 50}}}}
"""


def test_what_is_earned_counts_while_the_challenge_is_open() -> None:
    corner = Corner(GOAL)
    corner.buy(90, key="A", day=0.5)
    corner.buy(90, key="B", day=2)
    assert corner.balance()[0] == 180
    corner.buy(10, key="C", day=3)
    assert corner.balance()[0] == 240
    corner.buy(90, key="D", day=40)
    assert corner.balance()[0] == 330
    corner.give_back("C", day=41)
    assert corner.balance()[0] == 270
    assert list(corner.member().progress.badges) == ["one"]
    for key in ("A", "B", "D"):
        corner.give_back(key, day=42)
    assert corner.balance() == (0, 0, 0, 0)
    assert not corner.member().progress.badges


def test_a_challenge_of_an_older_version_is_left_alone() -> None:
    later = GOAL.replace(
        "challenges:\n", "challenges:\n  other: {count: purchase.completed, target: 9, gives: {points: 1}}\n"
    )
    two = "  two: {count: purchase.completed, target: 2, rollback: true, gives: {badge: one}}\n"
    corner = Corner(GOAL, later.replace(two, "").replace("badges: {one: {}}\n", ""))
    corner.buy(10, key="A", day=1)
    corner.buy(10, key="B", day=2)
    corner.give_back("A", day=120)
    assert list(corner.member().progress.badges) == ["one"]


def test_a_card_that_a_challenge_filled_is_emptied_with_it() -> None:
    corner = Corner(f"""{HEAD}  stamps: {{}}
rewards: {{cup: {{gives: {{product: CUP}}}}}}
challenges:
  one: {{count: purchase.completed, target: 1, repeat: true, rollback: true, gives: {{stamps: 6}}}}
rules: {{card: {{on: stamps.reached, when: wallet.stamps >= 6, take: {{stamps: 6}}, give: {{reward: cup}}}}}}
""")
    for number in range(3):
        corner.buy(5, key=f"A{number}", day=number)
        assert corner.balance("stamps")[0] == 0
        assert [v.state for v in corner.member().vouchers.values()].count("issued") == 1
        corner.give_back(f"A{number}", day=number + 0.5)
        assert corner.balance("stamps") == (0, 0, 0, 0)
        assert [v.state for v in corner.member().vouchers.values()].count("issued") == 0


def test_rounds_and_deadlines() -> None:
    programme = compiled(GOAL)
    progress = Progress(JOINED, OPENED, metrics={"goal:much": {0: 25_000}, "goal:two": {0: 5}})
    progress.last_occurred_at = OPENED
    assert rounds(programme, progress, programme.challenges["two"], JOINED) == (0, 1)
    much = programme.challenges["much"]
    assert deadline(much, GoalState()) == dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    assert deadline(much, GoalState(over_at=OPENED)) == OPENED
    assert deadline(programme.challenges["two"], GoalState()) is None
    progress.goals["two"] = GoalState()
    progress.goals["two"].complete(Done("a", "b", JOINED.toordinal(), 0))
    assert first_lost(programme, progress) is None
