"""Members who join and change: what the programme remembers of them. Pure."""

from __future__ import annotations

import datetime as dt

from setia.flow import bringing
from setia.flow.apply import announce
from setia.flow.clock import is_exempt
from setia.flow.work import Decision, Gathered, MemberWork, Version
from setia.language.model import ExpiresIdle
from setia.state.progress import Progress
from setia.values.codes import EventName
from setia.values.instants import local_date
from setia.values.outcomes import Declined


def join(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A member joins."""
    declined = update(gathered, member, version, decision)
    body = decision.activity.body
    code = None if body.get("returning") else body.get("referred_by")
    if code is not None:
        # Whoever joins is a member, whatever is wrong with the code.
        refused = bringing.come(gathered, member, version, decision, code)
        if refused is not None:
            decision.answer["referral"] = {"refused": refused.code.value}
    announce(decision, member, EventName.MEMBER_JOINED, {"joined_at": member.progress.joined_at.isoformat()})
    return declined


def _change_birthday(progress: Progress, birthday: dt.date | None, day: dt.date) -> None:
    """A birthday that is known changes once in 365 days; more often it stays as it is."""
    changed_on = progress.birthday_changed_on
    if birthday == progress.birthday or (changed_on is not None and (day - changed_on).days < 365):
        return
    if progress.birthday is not None:
        progress.birthday_changed_on = day
    progress.birthday = birthday


def update(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """What is known of the member changes; exemptions that end with it are noted."""
    activity, progress = decision.activity, member.progress
    body = activity.body
    exempt = {
        unit.name: unit.expires
        for unit in version.programme.units.values()
        if isinstance(unit.expires, ExpiresIdle) and is_exempt(version.programme, unit.expires, progress)
    }
    if "birthday" in body:
        birthday = None if body["birthday"] is None else dt.date.fromisoformat(body["birthday"])
        _change_birthday(progress, birthday, local_date(activity.occurred_at, version.programme.zone))
    bringing.note_prints(member, version, body)
    progress.attributes = {**progress.attributes, **body.get("attributes", {})}
    for name, policy in exempt.items():
        if not is_exempt(version.programme, policy, progress):
            progress.exemption_lost_at[name] = activity.occurred_at
    return None
