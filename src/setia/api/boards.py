"""What members are shown of leaderboards."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

import orjson

from setia.api.goals import avatar_json
from setia.api.reads import Picture
from setia.api.views import metric_json
from setia.api.writing import Json, text
from setia.flow.boards import find_place, list_around, list_best
from setia.language.model import Leaderboard
from setia.plumbing.db import AsyncConnection
from setia.rules.avatars import worn
from setia.rules.boards import NICKNAME, current, is_shown, ranked
from setia.state.progress import progress_from_json
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
    shown_members = {who for _, who, _ in (*best, *near)}
    names = await _nicknames(conn, shown_members)
    pictures = await _avatars(conn, picture, shown_members, language)
    metric = programme.metrics[board.metric]

    def shown(rows: list[tuple[int, UUID, int]]) -> list[Json]:
        return [
            {
                "rank": rank,
                "nickname": names.get(who),
                "avatar": pictures.get(who),
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


async def _avatars(conn: AsyncConnection, picture: Picture, members: set[UUID], language: str) -> dict[UUID, Json]:
    """What each of them is shown by now."""
    if not picture.programme.avatars:
        return {}
    cursor = await conn.execute(
        "SELECT member_id, progress::text FROM member_states WHERE programme_id = %s AND member_id = ANY (%s)",
        [picture.edition.id, list(members)],
    )
    found: dict[UUID, Json] = {}
    for who, stored in await cursor.fetchall():
        avatar = avatar_json(worn(picture.programme, progress_from_json(orjson.loads(stored)), picture.now), language)
        if avatar is not None:
            found[who] = avatar
    return found
