"""The part of a programme that is played: games, their prizes, and raffles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from setia.language.expressions import Expression
from setia.values.instants import Span

if TYPE_CHECKING:
    from setia.language.contracts import Text
    from setia.language.model import Limit, Rule


@dataclass(frozen=True, slots=True)
class Prize:
    """One line of a game's table. ``rule`` says what is given (nothing, where it gives nothing), in the game's name.

    ``weight``: its share of a wheel or of scratch cards. ``line``: the symbols of a slot machine that win it, "any"
    for each of them. ``least``: right answers of a quiz, or the day of a streak, from which it is won. ``stock`` None:
    without end; when it is gone, ``otherwise`` is given in its place (None: nothing).
    """

    name: str
    title: Text
    rule: Rule
    weight: int = 0
    line: tuple[str, ...] = ()
    least: int = 0
    stock: int | None = None
    otherwise: str | None = None


@dataclass(frozen=True, slots=True)
class QuizQuestion:
    """One question of a quiz: ``answers`` by their names, of which ``right`` is the right one."""

    name: str
    ask: Text
    answers: Mapping[str, Text]
    right: str


@dataclass(frozen=True, slots=True)
class Visitors:
    """``visitors:`` of a game: who is no member yet may play ``times`` a day and keep what they win by joining."""

    claim_within: Span
    times: int


@dataclass(frozen=True, slots=True)
class Game:
    """Something to play. ``kind`` names its way (see ``rules.games``); the settings of other kinds are empty.

    ``costs``: units that one play takes, where no ``free`` play is left. ``limit``: how often a member may play at all.
    ``pause``: the least time between two plays. ``reels`` and ``symbols`` (with their weights): of a slot machine.
    ``after``: what follows the last day of a streak: begin again, or stay on its last prize.
    """

    name: str
    title: Text
    kind: str
    prizes: Mapping[str, Prize]
    costs: Mapping[str, int] = field(default_factory=dict)
    free: Limit | None = None
    limit: Limit | None = None
    pause: Span | None = None
    when: Expression | None = None
    visitors: Visitors | None = None
    reels: int = 0
    symbols: Mapping[str, int] = field(default_factory=dict)
    questions: Mapping[str, QuizQuestion] = field(default_factory=dict)
    after: Literal["begin_again", "stay"] = "begin_again"


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
