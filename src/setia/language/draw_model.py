"""Raffles, as frozen types."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from setia.language.contracts import Text
from setia.language.expressions import Expression
from setia.values.instants import Span


@dataclass(frozen=True, slots=True)
class DrawPrize:
    """What a raffle gives away: ``reward`` to each of ``winners``."""

    reward: str
    winners: int


@dataclass(frozen=True, slots=True)
class Raffle:
    """``draws:``: tickets (``unit``) are entered from ``start`` until ``end`` (instants, end exclusive).

    ``at_most``: tickets a member may enter. ``alternates``: who moves up when a winner does not answer within
    ``answer_within`` (None: prizes are handed over at once). ``beacon``: a public random value, named beforehand, that
    is waited for.
    """

    name: str
    title: Text
    unit: str
    start: dt.datetime | None
    end: dt.datetime
    prizes: tuple[DrawPrize, ...]
    at_most: int | None = None
    when: Expression | None = None
    alternates: int = 0
    answer_within: Span | None = None
    beacon: str | None = None
