"""The places at the end of a leaderboard's period or of a contest, as activities. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from setia.flow.work import ONWARD
from setia.language.model import Contest, Leaderboard
from setia.rules.boards import ranked
from setia.values.activities import Activity, Body
from setia.values.codes import Built
from setia.values.contests import Counted
from setia.values.ids import public_id, uuid7

Row = tuple[UUID, UUID, int]
"""An entry of a contest that takes part: which, whose, and its votes."""


def placings(
    board: Leaderboard, period: int, ended_at: dt.datetime, now: dt.datetime, rows: list[tuple[UUID, int]]
) -> list[Activity]:
    """An activity for each of the best: their place, and with which score."""
    made: list[Activity] = []
    for rank, member_id, score in ranked(board, rows):
        if rank > board.top:
            break
        body = {"leaderboard": board.name, "rank": rank, "score": score, "period": period}
        made.append(_of(Built.PLACED, f"{board.name}:{period}:{member_id.hex}", member_id, ended_at, now, body))
    return made


def counted(rows: Sequence[Row]) -> list[Counted]:
    """The list of a contest as it is published: members by numbers."""
    numbers: dict[UUID, int] = {}
    return [
        Counted(public_id("act", entry), numbers.setdefault(member_id, len(numbers) + 1), votes)
        for entry, member_id, votes in rows
    ]


def closings(
    contest: Contest, rows: Sequence[Row], places: Sequence[int], ended_at: dt.datetime, now: dt.datetime
) -> list[Activity]:
    """An activity for everybody who took part in a contest, that it is closed, and one for each who has a place.

    ``places``: the indices of the rows that have one, the first place first.
    """
    place_of = {rows[index][1]: place for place, index in enumerate(places, 1)}
    made: list[Activity] = []
    for member_id in dict.fromkeys(member_id for _, member_id, _ in rows):
        body = {"contest": contest.name, "place": place_of.get(member_id)}
        key = f"{Built.CONTEST_CLOSED.value}:{contest.name}:{member_id.hex}"
        made.append(_of(Built.CONTEST_CLOSED, key, member_id, ended_at, now, body))
    for place, index in enumerate(places, 1):
        entry, member_id, votes = rows[index]
        body = {"contest": contest.name, "place": place, "entry": entry.hex, "votes": votes}
        key = f"{Built.CONTEST_PLACED.value}:{contest.name}:{member_id.hex}"
        made.append(_of(Built.CONTEST_PLACED, key, member_id, ended_at, now, body))
    return sorted(made, key=lambda activity: activity.id)  # in which order those of one member are decided, too


def _of(
    kind: Built, external_id: str, member_id: UUID, ended_at: dt.datetime, now: dt.datetime, body: Body
) -> Activity:
    milliseconds = max(int(ended_at.timestamp() * 1000), 0)
    return Activity(
        uuid7(milliseconds, sha256(external_id.encode()).digest()),
        kind.value, ONWARD, external_id, member_id, ended_at, max(now, ended_at), body,
    )  # fmt: skip
