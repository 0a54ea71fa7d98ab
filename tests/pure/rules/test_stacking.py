"""Several rewards on one order: all, the first or the best, by groups, in which order."""

from typing import Any, Literal

import pytest

from setia.language.model import Gives, Group, Reward, Stacking
from setia.rules.stacking import Asked, use_rewards
from tests.pure.rules.gives.orders import gives, order

OFFS = {"tenth": "{percent_off: 10}", "twenty": "{amount_off: 20.00}", "dear": "{percent_off: 50, from: 1_000}"}


def asked(name: str, group: str | None = None, position: int = 0, what: Gives | None = None, count: int = 1) -> Asked:
    found = what or gives(OFFS[name])
    return Asked(Reward(name, {"": name}, found, group=group, position=position), found, count)


def used(wanted: list[Asked], groups: dict[str, Any] | None = None, **policy: Any) -> dict[str, int]:
    done = use_rewards(order(), wanted, Stacking(**policy), groups or {})
    return {item.asked.reward.name: item.amount for item in done if item.count}


@pytest.mark.parametrize(
    ("pick", "found"),
    [
        ("all", {"tenth": 1_670, "twenty": 2_000}),
        ("first", {"tenth": 1_670}),
        ("best", {"twenty": 2_000}),
    ],
)
def test_how_many_count_is_declared(pick: Literal["all", "first", "best"], found: dict[str, int]) -> None:
    assert used([asked("dear"), asked("tenth"), asked("twenty")], pick=pick) == found


def test_what_changes_nothing_wins_over_nobody() -> None:
    assert used([asked("dear"), asked("dear")], pick="first") == {}
    assert used([asked("dear"), asked("tenth")], pick="best") == {"tenth": 1_670}


def test_groups_pick_first_and_the_programme_among_the_winners() -> None:
    groups = {"coupons": Group("coupons", "best"), "open": Group("open", "all")}
    wanted = [asked("tenth", "coupons"), asked("twenty", "coupons"), asked("tenth", "open")]
    assert used(wanted, groups) == {"twenty": 2_000, "tenth": 1_470}
    assert used(wanted, groups, pick="first") == {"twenty": 2_000}


def test_what_is_handed_over_competes_with_nothing() -> None:
    walk = asked("walk", what=gives("{experience: A walk}"))
    done = use_rewards(order(), [walk, asked("tenth"), asked("twenty")], Stacking(pick="best"), {})
    assert [(item.count, item.is_chosen) for item in done] == [(1, True), (0, False), (1, True)]


def test_the_order_of_the_file_can_decide() -> None:
    wanted = [asked("tenth", position=2), asked("twenty", position=1)]
    assert used(wanted, order="as_declared") == {"twenty": 2_000, "tenth": 1_470}
    assert used(wanted) == {"tenth": 1_670, "twenty": 2_000}


def test_the_same_reward_several_times_is_each_time_of_what_is_left() -> None:
    assert used([asked("tenth", count=3)]) == {"tenth": 1_670 + 1_503 + 1_353}


def test_trying_the_best_leaves_no_trace() -> None:
    made = order()
    use_rewards(made, [asked("tenth"), asked("free", what=gives("{product: NOVEL}"))], Stacking(pick="best"), {})
    assert made.total == 16_700 - 1_670
    assert [line["line.quantity"] for line in made.spread()] == [2000, 3000, 2000]
