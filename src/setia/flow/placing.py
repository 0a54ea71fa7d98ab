"""The places at the end of a leaderboard's period, as activities. Pure."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256
from uuid import UUID

from setia.flow.work import ONWARD
from setia.language.model import Leaderboard
from setia.rules.boards import ranked
from setia.values.activities import Activity
from setia.values.codes import Built
from setia.values.ids import uuid7


def placings(
    board: Leaderboard, period: int, ended_at: dt.datetime, now: dt.datetime, rows: list[tuple[UUID, int]]
) -> list[Activity]:
    """An activity for each of the best: their place, and with which score."""
    made: list[Activity] = []
    for rank, member_id, score in ranked(board, rows):
        if rank > board.top:
            break
        external_id = f"{board.name}:{period}:{member_id.hex}"
        milliseconds = int(ended_at.timestamp() * 1000)
        body = {"leaderboard": board.name, "rank": rank, "score": score, "period": period}
        made.append(
            Activity(
                uuid7(max(milliseconds, 0), sha256(external_id.encode()).digest()),
                Built.PLACED.value, ONWARD, external_id, member_id, ended_at, max(now, ended_at), body,
            )
        )  # fmt: skip
    return made
