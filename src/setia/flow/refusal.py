"""What cannot be taken at all, and so is not recorded: out of its time, or while the programme is paused. Pure."""

from __future__ import annotations

from setia.flow.kinds import is_taken_in
from setia.flow.work import ONWARD, Gathered, Version
from setia.values.activities import Activity
from setia.values.codes import DeclineCode
from setia.values.instants import add_span
from setia.values.outcomes import Declined


def refusal(gathered: Gathered, activity: Activity) -> Declined | None:
    """Why ``activity`` cannot be taken; it may come again, and be right then."""
    version = gathered.version_at(activity.occurred_at, gathered.members[activity.member_id])
    if version is None:
        begins = min((v.effective_at for v in gathered.versions), default=None)
        return Declined(DeclineCode.PROGRAMME_NOT_IN_FORCE, {"begins": None if begins is None else begins.isoformat()})
    late = _untimely(version, activity)
    if late is not None:
        return late
    pause = None if activity.source == ONWARD else gathered.pauses.at(activity.recorded_at)
    if pause is None or is_taken_in(pause, activity.type):
        return None
    return Declined(DeclineCode.PROGRAMME_PAUSED, {"since": pause.begun_at.isoformat(), "may_spend": pause.may_spend})


def _untimely(version: Version, activity: Activity) -> Declined | None:
    if activity.occurred_at == activity.recorded_at or activity.source == ONWARD:
        return None
    late = version.programme.late
    ahead = add_span(activity.recorded_at, late.future, version.programme.zone)
    if activity.occurred_at > ahead:
        return Declined(DeclineCode.OCCURRED_IN_FUTURE, {"latest": ahead.isoformat()})
    if late.accept is not None and add_span(activity.occurred_at, late.accept, version.programme.zone) < (
        activity.recorded_at
    ):
        return Declined(DeclineCode.OCCURRED_TOO_LONG_AGO, {"accept": str(late.accept)})
    return None
