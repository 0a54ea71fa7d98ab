import datetime as dt
from collections import Counter
from dataclasses import fields
from uuid import UUID

import orjson

from setia.state.bringing import Brought
from setia.state.membership import Invoice, Membership, Payment, Period
from setia.state.merged import Merged
from setia.state.progress import (
    Before,
    Care,
    Done,
    GoalState,
    OwnLimit,
    Progress,
    StreakState,
    progress_from_json,
    progress_to_json,
)

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MEMBERSHIP = Membership(
    ("plus", "year"),
    [Period("plus", "paid", AT, AT, "year", 3999, 1, 2, "ab", "cd", AT), Period("plus", "trial", AT, AT)],
    AT, Invoice("ef", "change", "plus", "year", 3999, 5, AT, AT, 7, 2),
    [Invoice("12", "start", "a", "b", 1, 0, AT, AT)],
    [Payment("ab", 3999, AT, 4, ("till", "S-1", "2"), True), Payment("cd", 1, AT)],
    9, AT, 3, AT, 4, ["plus"], AT, False, 6, 8,
)  # fmt: skip
DAY = dt.timedelta(days=1)
BROUGHT = Brought(
    UUID(int=7), "held", AT, ["ring"], [("a1", AT)], bought=2, not_before=AT, settled_at=AT, friends=3, is_greeted=True,
    excused=["same_device"],
)  # fmt: skip


def test_a_full_and_an_empty_memory_survive_json() -> None:
    full = Progress(
        AT.date(), AT, birthday=dt.date(1990, 2, 3), attributes={"city": "Bogor"}, tier="gold", tier_since=AT,
        tier_until=AT, tier_history=[(AT, "bronze")], noticed_for=AT, protected_for=AT,
        metrics={"spend": {1: 2, 3: 4}},
        limits={"earn:0": {0: 1}},
        carry={"points": (1, 3)}, active_at={"miles": AT}, exemption_lost_at={"miles": AT},
        closed_pools=["card"], marks={"day.ended": 5}, deferred=["stamps"],
        vouchers={7: ("cup", None, AT), 8: ("mug", AT, None)}, settled_at=AT, last_occurred_at=AT,
        membership=MEMBERSHIP, card={"last": "WHJP", "state": "live"},
        prints={"device": ["a1"]}, brought=BROUGHT,
        version=3, plays=4, games={"wheel": Before(AT, 7, 2)}, played=[(9, "wheel", None, "ab")],
        care=Care(AT.date(), OwnLimit(3, "day"), OwnLimit(5, "week"), AT), visitor="vis_1", entered={"raffle": 2},
        giving=("school", 1_000),
        streaks={"daily": StreakState(AT, "Asia/Jakarta", 739_000, (3, 738_990, 738_992), (738_991,))},
        goals={"five": GoalState(AT, AT, Counter({0: 1}), [Done("ab", "cd", 739_000, 0)]), "two": GoalState()},
        badges={"regular": (1, AT)}, birthday_changed_on=AT.date(), avatar="owl", erased_at=AT,
        merged=Merged("ab", AT), homes=["ab"],
    )  # fmt: skip
    empty = Progress(AT.date(), AT)
    # The test names every field, so that a new one that is not stored is found here.
    assert [field.name for field in fields(full) if getattr(full, field.name) == getattr(empty, field.name)] == [
        "joined_on", "joined_at",
    ]  # fmt: skip
    assert [f.name for f in fields(MEMBERSHIP) if getattr(MEMBERSHIP, f.name) == getattr(Membership(), f.name)] == []
    for progress in (full, empty, Progress(AT.date(), AT, membership=Membership())):
        assert progress_from_json(orjson.loads(orjson.dumps(progress_to_json(progress)))) == progress


def test_the_tier_of_an_instant_is_that_of_its_time() -> None:
    history = [(AT, "bronze"), (AT + 5 * DAY, "silver")]
    progress = Progress(AT.date(), AT, tier="gold", tier_since=AT + 9 * DAY, tier_history=history)
    assert [progress.tier_at(AT + days * DAY) for days in (-1, 0, 6, 9)] == ["bronze", "bronze", "silver", "gold"]
    assert Progress(AT.date(), AT, tier="gold", tier_since=AT).tier_at(AT - DAY) == "gold"
    assert Progress(AT.date(), AT).tier_at(AT) == ""
