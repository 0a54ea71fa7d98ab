"""What is given once: by which it is told that two accounts of one person both had it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from setia.flow.work import Version
from setia.language.model import Programme
from setia.state.progress import Progress
from setia.values.activities import Activity
from setia.values.codes import Built, Tick
from setia.values.instants import Calendar, local_date
from setia.values.outcomes import Result

_ONCE = (Built.JOINED.value, Built.REFERRED.value, "referral.joined", "referral.qualified")
_YEARLY = (Tick.BIRTHDAY.value, Tick.ANNIVERSARY.value, Tick.BRAND_ANNIVERSARY.value)

Got = dict[str, list[tuple[UUID, str, str, int]]]
"""What was given once, by what it was given for: activity, rule, unit, steps."""


def given_once(versions: Iterable[Version], progress: Progress, booked: Iterable[tuple[Activity, int, Result]]) -> Got:
    """Of what a member got, that which nobody gets twice: for joining or by a friend, for a birthday in a year, by a
    rule that gives one time in a period. ``booked``: activities, their version, and what they are booked as."""
    programmes = {version.number: version.programme for version in versions}
    found: Got = {}
    for activity, number, result in booked:
        for award in result.awards:
            key = _key(programmes[number], award.rule, activity.type, activity.occurred_at, progress)
            if key:
                found.setdefault(key, []).append((activity.id, award.rule, award.unit, award.amount))
    return found


def _key(programme: Programme, name: str, kind: str, at: dt.datetime, progress: Progress) -> str:
    day = local_date(at, programme.zone)
    if kind in _ONCE:
        return name
    if kind in _YEARLY:
        return f"{name}/{day.year}"
    rule = programme.rules.get(name)
    for limit in () if rule is None else rule.limits:
        if limit.unit is None and limit.amount == 1 and limit.window.calendar not in (Calendar.EVERY, Calendar.ROLLING):
            return f"{name}/{limit.window.bucket(day, progress.joined_on)}"
    return ""
