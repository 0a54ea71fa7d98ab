"""The waiting line of a drop: a scarce reward goes to whom it is offered, in a fair order, and to nobody twice. Pure.

Who arrives in the lobby, before the drop opens, is drawn: their order follows from a secret that was committed to
beforehand. Who arrives later stands behind them, in order of arrival. Every so often the next ones are admitted, never
more than there are pieces that nobody has been offered: whoever holds a pass finds a piece. A pass that lapses frees
its piece for the next in line.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from setia.language.model import ProductDrop


@dataclass(frozen=True, slots=True)
class Lapse:
    """Passes that end at ``at`` or earlier and were not used are over."""

    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Admit:
    """The next ``count`` of those who wait have a pass from ``at`` until ``until``."""

    count: int
    at: dt.datetime
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class LineState:
    """Where a line stands.

    ``at``: up to when it has been worked off (None: not yet). ``used``: how many were admitted in the turn of that
    instant. ``left``: pieces not handed over yet; ``left_before``: as many as there were at ``at``, so that one that
    was brought back since is offered from now on. ``waiting``: how many wait. ``passes``: end of a pass → how many
    passes that are in use end then.
    """

    at: dt.datetime | None
    used: int
    left: int
    left_before: int
    waiting: int
    passes: Mapping[dt.datetime, int]


def commitment(seed: bytes) -> str:
    """What is published before anybody arrives: SHA-256 of the seed, in hexadecimal digits."""
    return sha256(seed).hexdigest()


def lot(seed: bytes, drop: str, member: UUID) -> bytes:
    """The number that a member of the lobby draws: HMAC-SHA256 with the seed as key, over the drop's name, a zero byte
    and the 16 bytes of the member's id. The smallest is first."""
    return hmac.new(seed, drop.encode() + b"\0" + member.bytes, sha256).digest()


def lobby_order(seed: bytes, drop: str, members: Iterable[UUID]) -> list[UUID]:
    """The members of the lobby as they stand in line; anybody can compute it once the seed is revealed."""
    return sorted(members, key=lambda member: lot(seed, drop, member))


def is_open(drop: ProductDrop, now: dt.datetime) -> bool:
    """Whether one can arrive: from the beginning of the lobby on."""
    return now >= drop.opens - drop.lobby.timedelta()


def advance(drop: ProductDrop, state: LineState, now: dt.datetime) -> tuple[list[Lapse | Admit], int]:
    """What has happened in the line up to ``now``, in order, and how many have been admitted in the turn of ``now``.

    A turn begins when the drop opens and every so often after it; in each so many people are admitted, as soon as there
    is somebody who waits and a piece that is free. It takes as many steps as people are admitted or passes end, however
    long nobody looked.
    """
    done: list[Lapse | Admit] = []
    if now < drop.opens:
        return done, 0
    passes, waiting, used = dict(state.passes), state.waiting, state.used
    every, life = drop.every.timedelta(), drop.pass_for.timedelta()
    at = drop.opens if state.at is None else state.at
    turn = (at - drop.opens) // every
    while True:
        _end(passes, at, done)
        if (at - drop.opens) // every > turn:
            turn, used = (at - drop.opens) // every, 0
        left = state.left if at >= now or state.at is None else min(state.left, state.left_before)
        free = left - sum(passes.values())
        count = min(drop.admit - used, free, waiting)
        if count > 0:
            waiting, used = waiting - count, used + count
            passes[at + life] = passes.get(at + life, 0) + count
            done.append(Admit(count, at, at + life))
        if at >= now:
            return done, used
        at = min(now, _next(drop, at, passes, is_blocked=free <= count, waits=waiting > 0))


def _next(
    drop: ProductDrop, at: dt.datetime, passes: Mapping[dt.datetime, int], *, is_blocked: bool, waits: bool
) -> dt.datetime:
    """When something can change in the line by itself: a pass ends, or the next turn begins."""
    every = drop.every.timedelta()
    ends = min(passes, default=dt.datetime.max.replace(tzinfo=dt.UTC))
    turn = drop.opens + ((at - drop.opens) // every + 1) * every
    return ends if is_blocked or not waits else min(ends, turn)


def _end(passes: dict[dt.datetime, int], at: dt.datetime, done: list[Lapse | Admit]) -> None:
    ended = [until for until in passes if until <= at]
    for until in ended:
        del passes[until]
    if ended:
        done.append(Lapse(at))
