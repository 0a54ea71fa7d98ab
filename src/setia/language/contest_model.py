"""Contests, as frozen types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from setia.language.contracts import Text
from setia.language.expressions import Expression


@dataclass(frozen=True, slots=True)
class ContestField:
    """A part of an entry. ``kind``: a ``text`` of up to ``at_most`` characters, the https address of a ``link`` or of a
    ``picture``, or a ``choice`` of ``one_of``."""

    name: str
    title: Text
    kind: Literal["text", "link", "picture", "choice"]
    at_most: int = 0
    one_of: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class Ballot:
    """``votes:`` of a contest, from ``start`` until ``end`` (instants, end exclusive).

    A member has ``at_most`` votes in all and ``per_day`` of them a day (None: one for each entry). ``shown``: whether
    members see how many votes an entry has before the contest is closed.
    """

    start: dt.datetime
    end: dt.datetime
    at_most: int | None = None
    per_day: int | None = None
    when: Expression | None = None
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Contest:
    """``contests:``. Entries of ``fields`` are taken from ``start`` until ``end`` (instants, end exclusive).

    ``at_most``: entries of a member. ``slots``: of all members together (None: without end). ``costs``: of an entry.
    ``moderated``: an entry waits until staff have approved it. The first ``winners`` are placed at the end: by votes,
    where equal numbers are in the order of entering (``first``) or drawn (``chance``), or as a jury ranks them.
    """

    name: str
    title: Text
    fields: Mapping[str, ContestField]
    start: dt.datetime | None
    end: dt.datetime
    at_most: int = 1
    slots: int | None = None
    when: Expression | None = None
    costs: Mapping[str, int] = field(default_factory=dict)
    moderated: bool = False
    votes: Ballot | None = None
    by: Literal["votes", "jury"] = "votes"
    winners: int = 1
    ties: Literal["first", "chance"] = "first"

    @property
    def over_at(self) -> dt.datetime:
        """From when on nothing can be entered or voted for any more."""
        return self.end if self.votes is None else max(self.end, self.votes.end)
