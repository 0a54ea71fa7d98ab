"""When a programme was paused, and what that does to the dates of units. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pause:
    """While it lasts nothing is earned. ``ended_at`` None: it goes on. ``may_spend``: spending goes on.
    ``stops_expiry``: no unit comes nearer to its end."""

    begun_at: dt.datetime
    ended_at: dt.datetime | None = None
    may_spend: bool = True
    stops_expiry: bool = False

    def covers(self, at: dt.datetime) -> bool:
        """Whether ``at`` lies in it; its end does not."""
        return self.begun_at <= at and (self.ended_at is None or at < self.ended_at)


@dataclass(slots=True, eq=False)
class Pauses:
    """All pauses of a programme, in their order; they never overlap."""

    all: list[Pause] = field(default_factory=list)

    def at(self, at: dt.datetime) -> Pause | None:
        """The pause that ``at`` lies in."""
        return next((pause for pause in self.all if pause.covers(at)), None)

    def stopped_before(self, at: dt.datetime) -> dt.timedelta:
        """How long the clock of expiry has stood still before ``at``."""
        spans = (
            (at if pause.ended_at is None else min(pause.ended_at, at)) - pause.begun_at
            for pause in self.all
            if pause.stops_expiry and pause.begun_at < at
        )
        return sum(spans, dt.timedelta())

    def end_of(self, since: dt.datetime, end: dt.datetime, now: dt.datetime | None = None) -> dt.datetime | None:
        """When something is over that was promised at ``since`` to be over at ``end``: later by the pauses between.

        None while the clock stands still; with ``now`` the end that it would have if it went on from then.
        """
        if not self.all or end <= since:
            return end
        found = end - self.stopped_before(since)
        for pause in self.all:
            if not pause.stops_expiry or pause.begun_at >= found:
                continue
            ended = pause.ended_at if pause.ended_at is not None else now
            if ended is None:
                return None
            found += max(ended - pause.begun_at, dt.timedelta())
        return found


NEVER_PAUSED = Pauses()
