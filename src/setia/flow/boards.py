"""Leaderboards in the database: scores kept with the members' states, and the places at the end of a period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from setia.flow.onward import insert_onward
from setia.flow.placing import placings
from setia.flow.work import MemberWork
from setia.language.model import Leaderboard, Programme
from setia.plumbing.arrays import columns, instants, ints, texts, uuids
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.rules.boards import current, end_of, scores

_WRITE: Final = """
    INSERT INTO leaderboard_scores AS s (programme_id, member_id, board, period, score, reached_at)
    SELECT %s, * FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::bigint[], %s::timestamptz[])
    ON CONFLICT (member_id, programme_id, board, period) DO UPDATE
    SET score = excluded.score, reached_at = excluded.reached_at WHERE s.score <> excluded.score"""
_FORGET: Final = """
    DELETE FROM leaderboard_scores s USING unnest(%s::uuid[], %s::text[], %s::int[]) AS q (member_id, board, since)
    WHERE s.programme_id = %s AND s.member_id = q.member_id AND s.board = q.board AND s.period >= q.since
      AND NOT EXISTS (
          SELECT FROM unnest(%s::uuid[], %s::text[], %s::int[]) AS k (member_id, board, period)
          WHERE k.member_id = s.member_id AND k.board = s.board AND k.period = s.period)"""


async def apply_scores(
    conn: AsyncConnection, programme_id: int, programme: Programme, members: Iterable[MemberWork], at: dt.datetime
) -> None:
    """Bring the boards in line with the members' metrics and consents; who takes consent back is gone from them."""
    kept: list[tuple[UUID, str, int, int, dt.datetime]] = []
    since: list[tuple[UUID, str, int]] = []
    for member in members:
        for board in programme.leaderboards.values():
            found = scores(member.progress, board)
            kept += [(member.id, board.name, period, score, at) for period, score in found.items()]
            since.append((member.id, board.name, min(found, default=0)))
    if not since:
        return
    names = columns([row[:3] for row in kept], (uuids, texts, ints))
    await conn.execute(_FORGET, [*columns(since, (uuids, texts, ints)), programme_id, *names])
    if kept:
        await conn.execute(_WRITE, [programme_id, *columns(kept, (uuids, texts, ints, ints, instants))])


async def close_boards(conn: AsyncConnection, edition: Edition, now: dt.datetime) -> int:
    """Place the best of every period that has ended since, exactly once; returns how many members were placed."""
    version = max(
        (version for version in edition.versions if version.effective_at <= now),
        key=lambda version: (version.effective_at, version.number),
        default=None,
    )
    count = 0
    for board in () if version is None else version.programme.leaderboards.values():
        assert version is not None
        now_under_way = current(version.programme, board, now)
        cursor = await conn.execute(
            """INSERT INTO leaderboard_rounds (programme_id, board, period, closed_at)
               SELECT DISTINCT s.programme_id, s.board, s.period, %(now)s::timestamptz FROM leaderboard_scores s
               WHERE s.programme_id = %(programme)s AND s.board = %(board)s AND s.period < %(current)s
                 AND NOT EXISTS (SELECT FROM leaderboard_rounds r WHERE r.programme_id = s.programme_id
                                   AND r.board = s.board AND r.period = s.period)
               ON CONFLICT DO NOTHING RETURNING period""",
            {"now": now, "programme": edition.id, "board": board.name, "current": now_under_way},
        )
        for (period,) in sorted(await cursor.fetchall()):
            over = end_of(version.programme, board, period)
            if over is None or over <= version.effective_at:
                continue
            rows = await list_best(conn, edition.id, board, period, board.top)
            placed = placings(board, period, over, now, rows)
            await insert_onward(conn, edition.id, placed)
            count += len(placed)
    return count


async def list_best(
    conn: AsyncConnection, programme_id: int, board: Leaderboard, period: int, count: int
) -> list[tuple[UUID, int]]:
    """The best ``count`` of a period, and where ranks are shared all who have the score of the last of them."""
    cursor = await conn.execute(
        """SELECT member_id, score FROM leaderboard_scores
           WHERE programme_id = %(programme)s AND board = %(board)s AND period = %(period)s
             AND (%(is_cut)s OR score >= coalesce(
                 (SELECT score FROM leaderboard_scores
                  WHERE programme_id = %(programme)s AND board = %(board)s AND period = %(period)s
                  ORDER BY score DESC OFFSET %(count)s - 1 LIMIT 1), 0))
           ORDER BY score DESC, reached_at, member_id LIMIT CASE WHEN %(is_cut)s THEN %(count)s END""",
        {
            "programme": programme_id, "board": board.name, "period": period, "count": count,
            "is_cut": board.ties == "first",
        },
    )  # fmt: skip
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def find_place(
    conn: AsyncConnection, programme_id: int, board: Leaderboard, period: int, member_id: UUID
) -> tuple[int, int] | None:
    """The rank and the score of a member; None: not on the board."""
    cursor = await conn.execute(
        """SELECT me.score, 1 + (
               SELECT count(*) FROM leaderboard_scores s
               WHERE s.programme_id = me.programme_id AND s.board = me.board AND s.period = me.period
                 AND (s.score > me.score OR (%(is_first)s AND s.score = me.score
                      AND (s.reached_at, s.member_id) < (me.reached_at, me.member_id))))
           FROM leaderboard_scores me
           WHERE me.member_id = %(member)s AND me.programme_id = %(programme)s AND me.board = %(board)s
             AND me.period = %(period)s""",
        {
            "member": member_id, "programme": programme_id, "board": board.name, "period": period,
            "is_first": board.ties == "first",
        },
    )  # fmt: skip
    row = await cursor.fetchone()
    return None if row is None else (row[1], row[0])


async def list_around(
    conn: AsyncConnection, programme_id: int, board: Leaderboard, period: int, member_id: UUID, count: int
) -> list[tuple[UUID, int]]:
    """The member with up to ``count`` above and below, best first; nobody when the member is not on the board."""
    key = {"member": member_id, "programme": programme_id, "board": board.name, "period": period, "count": count}
    cursor = await conn.execute(
        """WITH me AS (SELECT score, reached_at, member_id FROM leaderboard_scores
                       WHERE member_id = %(member)s AND programme_id = %(programme)s AND board = %(board)s
                         AND period = %(period)s)
           SELECT member_id, score FROM (
               (SELECT s.member_id, s.score, s.reached_at FROM leaderboard_scores s, me
                WHERE s.programme_id = %(programme)s AND s.board = %(board)s AND s.period = %(period)s
                  AND (-s.score, s.reached_at, s.member_id) < (-me.score, me.reached_at, me.member_id)
                ORDER BY s.score, s.reached_at DESC, s.member_id DESC LIMIT %(count)s)
               UNION ALL
               (SELECT s.member_id, s.score, s.reached_at FROM leaderboard_scores s, me
                WHERE s.programme_id = %(programme)s AND s.board = %(board)s AND s.period = %(period)s
                  AND (-s.score, s.reached_at, s.member_id) >= (-me.score, me.reached_at, me.member_id)
                ORDER BY s.score DESC, s.reached_at, s.member_id LIMIT %(count)s + 1)
           ) q ORDER BY score DESC, reached_at, member_id""",
        key,
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]
