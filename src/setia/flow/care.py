"""What members ask for their own care: to be kept from games until a day, or to play less often. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

from setia.flow.apply import announce
from setia.flow.work import Decision, Gathered, MemberWork, Version
from setia.state.progress import OwnLimit
from setia.values.codes import DeclineCode, EventName
from setia.values.instants import local_date
from setia.values.outcomes import Declined

COOLING: Final = dt.timedelta(hours=24)
"""How long it takes until a limit is looser; a tighter one holds at once."""


def limit(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Note an exclusion or an own limit. An exclusion can be made longer and never shorter."""
    body, at, care = decision.activity.body, decision.activity.recorded_at, member.progress.care
    if "until" in body:
        until = dt.date.fromisoformat(body["until"])
        today = local_date(at, version.programme.zone)
        in_force = care.until is not None and care.until >= today
        if (in_force and care.until is not None and until < care.until) or until < today:
            least = max(today, care.until) if care.until is not None else today
            return Declined(DeclineCode.EXCLUSION_NOT_SHORTENED, {"until": least.isoformat()})
        care.until = until
    if "limit" in body:
        wanted = None if body["limit"] is None else OwnLimit(body["limit"]["times"], body["limit"]["per"])
        now = care.limit_at(at)
        is_tighter = now is None or (wanted is not None and wanted.per == now.per and wanted.times <= now.times)
        care.limit = wanted if is_tighter else now
        care.later, care.later_at = (None, None) if is_tighter else (wanted, at + COOLING)
    data = {"until": None if care.until is None else care.until.isoformat()}
    decision.answer["care"] = data | {
        "limit": _told(care.limit),
        "later": _told(care.later),
        "later_at": None if care.later_at is None else care.later_at.isoformat(),
    }
    announce(decision, member, EventName.PLAY_LIMITED, data)
    return None


def _told(limit: OwnLimit | None) -> dict[str, object] | None:
    return None if limit is None else {"times": limit.times, "per": limit.per}
