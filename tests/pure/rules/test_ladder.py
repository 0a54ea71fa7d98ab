"""Where a member stands in the rarer moments of a ladder."""

import datetime as dt

from setia.rules import ladder
from setia.state.progress import Progress
from tests.pure.flow.shop import DAY, EARN, HEAD, OPENED, compiled

JOINED = OPENED.date()


def shop(over: str, keep: str) -> str:
    return f"""{HEAD}{EARN}
metrics: {{spend: {{sum: purchase.eligible, over: {over}}}}}
tiers: {{by: spend, levels: {{bronze: {{from: 0}}, gold: {{from: 100}}}}, keep: {keep}}}
"""


def day_of(month: int, day: int) -> dt.datetime:
    return dt.datetime(2026, month, day, tzinfo=dt.UTC)


def test_who_stands_nowhere_yet_leaves_no_level_behind() -> None:
    programme = compiled(shop("lifetime", "12 months"))
    progress = Progress(JOINED, OPENED, metrics={"spend": {0: 15_000}})
    change = ladder.adopt(programme, progress, {}, OPENED + DAY, 2)
    assert change is not None
    assert (change.before, change.level, change.is_up) == ("", "gold", True)
    assert progress.tier_history == []


def test_a_level_by_a_rolling_month_holds_until_its_last_day_has_left_the_window() -> None:
    programme = compiled(shop("1 month", "while_reached"))
    for bought in (day_of(1, 31), day_of(2, 28), day_of(3, 31)):
        buckets = {bought.date().toordinal(): 15_000}
        progress = Progress(JOINED, OPENED, tier="gold", tier_since=bought, metrics={"spend": buckets})
        due = ladder.next_review(programme, progress)
        assert due is not None
        assert ladder.measure(programme, progress, {}, (due - DAY).date()) == (15_000,)
        assert ladder.measure(programme, progress, {}, due.date()) == (0,)


def test_a_level_that_nothing_was_bought_for_is_not_lost_by_waiting() -> None:
    programme = compiled(shop("1 month", "while_reached"))
    progress = Progress(JOINED, OPENED, tier="gold", tier_since=OPENED)
    assert ladder.next_review(programme, progress) is None


def test_protection_ends_when_the_level_is_earned_anew() -> None:
    programme = compiled(shop("lifetime", "12 months"))
    until = OPENED + 300 * DAY
    progress = Progress(JOINED, OPENED, tier="gold", tier_since=OPENED, tier_until=until, protected_for=until)
    below = ladder.below_protection(programme, progress, {}, JOINED)
    assert below is not None
    assert below.name == "bronze"
    progress.tier_until = until + 365 * DAY
    assert ladder.below_protection(programme, progress, {}, JOINED) is None


def test_what_is_late_shows_nothing_of_a_balance_nor_of_a_level_below() -> None:
    held = compiled(shop("year", "12 months").replace("by: spend", "by: balance.points"))
    progress = Progress(JOINED, OPENED, tier="bronze", tier_since=OPENED)
    assert ladder.proven(held, progress, OPENED, OPENED + 400 * DAY) is None
    levels = "levels: {bronze: {from: 0}, silver: {from: 50}, gold: {from: 100}}"
    yearly = shop("year", "{through: next_window}").replace("levels: {bronze: {from: 0}, gold: {from: 100}}", levels)
    until = day_of(12, 31) + 366 * DAY
    bought = {day_of(1, 1).date().toordinal(): 6_000}
    progress = Progress(
        JOINED, OPENED, tier="gold", tier_since=OPENED, tier_until=until, metrics={"spend": bought}
    )  # fmt: skip
    assert ladder.proven(compiled(yearly), progress, day_of(3, 1), day_of(12, 31) + DAY) is None
    assert (progress.tier, progress.tier_until) == ("gold", until)
