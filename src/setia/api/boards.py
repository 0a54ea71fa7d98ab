"""What members are shown of leaderboards."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from setia.api.reads import Picture
from setia.api.views import metric_json
from setia.api.writing import Json, text
from setia.flow.boards import find_place, list_around, list_best
from setia.language.model import Leaderboard
from setia.plumbing.db import AsyncConnection
from setia.rules.boards import NICKNAME, current, is_shown, ranked
from setia.values.instants import local_date

AROUND: Final = 2
"""How many above and below the member are shown."""


async def board_json(conn: AsyncConnection, picture: Picture, board: Leaderboard, language: str) -> Json:
    """The best of the period under way, and those around the member."""
    programme, programme_id, me = picture.programme, picture.edition.id, picture.member.id
    period = current(programme, board, picture.now)
    place = await find_place(conn, programme_id, board, period, me)
    best = ranked(board, await list_best(conn, programme_id, board, period, board.top))
    near: list[tuple[int, UUID, int]] = []
    if place is not None:
        rows = await list_around(conn, programme_id, board, period, me, AROUND)
        for who, score in rows:
            found = await find_place(conn, programme_id, board, period, who)
            near.append((found[0] if found is not None else place[0], who, score))
    names = await _nicknames(conn, {who for _, who, _ in (*best, *near)})
    metric = programme.metrics[board.metric]

    def shown(rows: list[tuple[int, UUID, int]]) -> list[Json]:
        return [
            {
                "rank": rank,
                "nickname": names.get(who),
                "score": metric_json(programme, metric, score),
                "is_me": who == me,
            }
            for rank, who, score in rows
        ]

    day = local_date(picture.now, programme.zone)
    return {
        "leaderboard": board.name,
        "title": text(board.title, language, board.name),
        "is_shown": is_shown(picture.progress),
        "since": dt.date.fromordinal(period).isoformat() if period else None,
        "until": metric.window.end(day, dt.date.min).isoformat() if period else None,
        "best": shown(best),
        "around": shown(near),
        "rank": None if place is None else place[0],
    }


async def _nicknames(conn: AsyncConnection, members: set[UUID]) -> dict[UUID, str | None]:
    cursor = await conn.execute(
        "SELECT member_id, attributes->>%s FROM members WHERE member_id = ANY (%s)", [NICKNAME, list(members)]
    )
    return dict(await cursor.fetchall())
