"""Leaderboards in a programme file, and who stands where on them."""

import datetime as dt

import pytest

from setia.language.model import Leaderboard
from setia.rules.boards import current, end_of, is_shown, ranked, scores
from setia.state.progress import Progress
from tests.pure.flow.shop import OPENED
from tests.pure.language.sample import EARN, HEAD, codes, load

MEMBERS = "members: {fields: {recognition: boolean, nickname: text}}\n"
METRICS = """units: {points: {}}
metrics:
  spend: {sum: purchase.eligible, over: month}
  always: {count: purchase.completed, over: lifetime}
  rolling: {count: purchase.completed, over: 30 days}
"""


def shop(boards: str, members: str = MEMBERS) -> str:
    return f"{HEAD}{members}{METRICS}{EARN}leaderboards: {{{boards}}}\n"


def test_a_board_is_read_with_its_defaults() -> None:
    boards = load(shop("best: {by: spend}, all: {title: All, by: always, top: 3, ties: first}")).leaderboards
    assert boards["best"] == Leaderboard("best", {"": "best"}, "spend", 10, "shared")
    assert boards["all"] == Leaderboard("all", {"": "All"}, "always", 3, "first")


@pytest.mark.parametrize(
    ("boards", "expected"),
    [
        ("best: {by: spending}", "unknown_metric"),
        ("best: {top: 3}", "missing_key"),
        ("best: {by: rolling}", "bad_choice"),
        ("best: {by: spend, ties: mixed}", "bad_choice"),
        ("best: {by: spend, top: 0}", "zero_is_not_unlimited"),
    ],
)
def test_a_board_that_cannot_be_is_told(boards: str, expected: str) -> None:
    assert expected in codes(shop(boards))


@pytest.mark.parametrize("fields", ["recognition: text, nickname: text", "recognition: boolean"])
def test_nobody_is_shown_without_consent_and_name(fields: str) -> None:
    assert "missing_key" in codes(shop("best: {by: spend}", f"members: {{fields: {{{fields}}}}}\n"))


def test_equal_scores_share_a_rank_or_the_first_wins() -> None:
    rows = [("ana", 5), ("budi", 5), ("citra", 3)]
    shared = Leaderboard("best", {}, "spend", 10, "shared")
    assert ranked(shared, rows) == [(1, "ana", 5), (1, "budi", 5), (3, "citra", 3)]
    first = Leaderboard("best", {}, "spend", 10, "first")
    assert [rank for rank, _, _ in ranked(first, rows, first=4)] == [4, 5, 6]


def test_scores_are_those_of_the_latest_periods_of_who_agreed() -> None:
    programme = load(shop("best: {by: spend}, all: {by: always}"))
    months = {dt.date(2026, month, 1).toordinal(): month for month in range(1, 7)}
    progress = Progress(OPENED.date(), OPENED, metrics={"spend": months})
    board = programme.leaderboards["best"]
    assert not is_shown(progress)
    assert scores(progress, board) == {}
    progress.attributes["recognition"] = True
    assert list(scores(progress, board).values()) == [3, 4, 5, 6]
    june = dt.date(2026, 6, 1).toordinal()
    assert end_of(programme, board, june) == dt.datetime(2026, 6, 30, 17, tzinfo=dt.UTC)
    assert end_of(programme, programme.leaderboards["all"], 0) is None
    assert current(programme, board, dt.datetime(2026, 6, 12, tzinfo=dt.UTC)) == june
    assert current(programme, programme.leaderboards["all"], OPENED) == 0
