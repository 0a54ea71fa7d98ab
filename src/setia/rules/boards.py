"""Leaderboards: who is shown, with which score, and who stands where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from typing import Final, TypeVar

from setia.language.model import Leaderboard, Programme
from setia.state.progress import Progress
from setia.values.instants import Calendar, day_start, local_date

RECOGNITION: Final = "recognition"
"""The member field that says whether a member wants to be shown."""
NICKNAME: Final = "nickname"
"""The member field that says by which name."""
LATEST: Final = 4
"""How many periods of a board are kept up to date; older ones stay as they were."""

Who = TypeVar("Who", bound=Hashable)


def is_shown(progress: Progress) -> bool:
    """Whether the member has agreed to be shown."""
    return progress.attributes.get(RECOGNITION) is True


def scores(progress: Progress, board: Leaderboard) -> dict[int, int]:
    """Period (ordinal of its first day; 0: all the time) → score, of the latest periods; nothing of who is hidden."""
    if not is_shown(progress):
        return {}
    buckets = progress.metrics.get(board.metric, {})
    return {bucket: buckets[bucket] for bucket in sorted(buckets)[-LATEST:] if buckets[bucket] > 0}


def end_of(programme: Programme, board: Leaderboard, period: int) -> dt.datetime | None:
    """The instant at which a period of the board is over; None: it never ends."""
    window = programme.metrics[board.metric].window
    if window.calendar is Calendar.LIFETIME:
        return None
    return day_start(window.end(dt.date.fromordinal(period), dt.date.min), programme.zone)


def current(programme: Programme, board: Leaderboard, now: dt.datetime) -> int:
    """The period that is under way."""
    return programme.metrics[board.metric].window.bucket(local_date(now, programme.zone), dt.date.min)


def ranked(board: Leaderboard, rows: Sequence[tuple[Who, int]], first: int = 1) -> list[tuple[int, Who, int]]:
    """Rank, who and score of ``rows``, which are sorted; equal scores share a rank unless who was first wins."""
    found: list[tuple[int, Who, int]] = []
    for number, (who, score) in enumerate(rows, first):
        is_tie = board.ties == "shared" and bool(found) and found[-1][2] == score
        found.append((found[-1][0] if is_tie else number, who, score))
    return found
