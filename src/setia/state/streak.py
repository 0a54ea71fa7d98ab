"""Days in a row: how long a member's run is, which day an activity is credited to, and what a freeze saves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from setia.language.model import Freeze, Metric
from setia.values.instants import local_date

REST: Final = dt.timedelta(hours=20)
"""How long after the last credit in another time zone a day can be credited: changing the zone brings no day."""
KEPT_DAYS: Final = 70
"""How many credited days are kept one by one; older ones are summed up in the run that they led to."""
OPEN_DAYS: Final = 40
"""How many of the latest days stay open for late activities when the older ones are summed up."""


@dataclass(frozen=True, slots=True)
class Run:
    """Days in a row up to ``last``: ``length`` of them since the day ``start``, those in ``frozen`` saved by a freeze.

    All days are ordinals; ``frozen`` also has those of earlier runs, as far as they still count against the freeze.
    """

    length: int = 0
    start: int = 0
    last: int = 0
    frozen: tuple[int, ...] = ()


def walk(run: Run, days: Iterable[int], freeze: Freeze | None) -> Run:
    """Go on from ``run`` through ``days``, ascending; those that ``run`` knows already are passed over."""
    for day in days:
        if day <= run.last:
            continue
        missed = range(run.last + 1, day)
        frozen = run.frozen if not run.length else _frozen(run.frozen, missed, freeze)
        if run.length and frozen is not None:
            run = Run(run.length + len(missed) + 1, run.start, day, frozen)
        else:
            run = Run(1, day, day, run.frozen)
    return run


def length_on(run: Run, day: int, freeze: Freeze | None) -> int:
    """How long the run is on ``day``: 0 once more days were missed than a freeze can save."""
    missed = range(run.last + 1, day) if run.length else range(0)
    return run.length if _frozen(run.frozen, missed, freeze) is not None else 0


def _frozen(frozen: tuple[int, ...], missed: range, freeze: Freeze | None) -> tuple[int, ...] | None:
    """The frozen days after saving all that were ``missed``; None when there are not so many freezes."""
    for day in missed:
        if freeze is None:
            return None
        since = freeze.every.subtract_from_date(dt.date.fromordinal(day)).toordinal()
        frozen = tuple(old for old in frozen if old > since)
        if len(frozen) >= freeze.times:
            return None
        frozen = (*frozen, day)
    return frozen


def credited_day(metric: Metric, facts: dict[str, Any], at: dt.datetime, zone: ZoneInfo) -> int | None:
    """The local day that an activity at ``at`` is credited to; None when a change of zone would bring an extra one.

    ``facts``: what is stored under "z", the member's own zone ("" for the programme's) and the last credit by metric.
    """
    own = facts.get("zone") or zone.key
    day = local_date(at, ZoneInfo(own)).toordinal()
    last = facts.get(metric.name)
    if last is None:
        return day
    last_at, last_zone, last_day = last
    is_soon = abs(at - dt.datetime.fromisoformat(last_at)) < REST
    return None if last_zone != own and day != last_day and is_soon else day
