"""Metrics with a goal, as frozen types: freezes, challenges, badges, leaderboards; and avatars."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from setia.language.contracts import Text
from setia.language.expressions import Expression
from setia.values.instants import Span


@dataclass(frozen=True, slots=True)
class Freeze:
    """``freeze: 30 days`` of a streak: of so many days ``times`` may be missed without breaking it."""

    times: int
    every: Span


@dataclass(frozen=True, slots=True)
class Goal:
    """A step of a challenge: ``metric`` has to reach ``target``, in its steps. ``name`` is "" of the only one."""

    name: str
    title: Text
    metric: str
    target: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """Metrics with a goal. What it gives is the rule of its name, on ``challenge.completed``.

    ``start`` and ``end``: when it is open, end exclusive. ``within``: the days in which all has to happen, any so many
    in a row, or (``joins``) from joining it. ``repeat``: it can be completed again. ``rollback``: a return that takes
    a goal away takes what was given for it, too.
    """

    name: str
    title: Text
    goals: tuple[Goal, ...]
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    within: Span | None = None
    joins: bool = False
    repeat: bool = False
    rollback: bool = False


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Members who agreed to it, ranked by ``metric`` in each of its periods; the ``top`` so many are placed at the end.

    ``ties``: equal scores have a ``shared`` rank, or who had the score ``first`` stands above.
    """

    name: str
    title: Text
    metric: str
    top: int = 10
    ties: Literal["shared", "first"] = "shared"


@dataclass(frozen=True, slots=True)
class Badge:
    """Something that a member has or has not, and shows."""

    name: str
    title: Text


@dataclass(frozen=True, slots=True)
class Avatar:
    """A picture that a member can be shown by. ``badge`` and ``when``: who may choose it (None: everybody).

    ``picture``: where it is, as the operator's pages find it. ``is_while_held``: it is worn only as long as the member
    could choose it; else it stays who chose it once.
    """

    name: str
    title: Text
    picture: str
    badge: str | None = None
    when: Expression | None = None
    is_while_held: bool = False
