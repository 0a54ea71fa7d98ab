"""Choosing an avatar. Pure."""

from __future__ import annotations

from setia.flow.apply import announce
from setia.flow.work import Decision, Gathered, MemberWork, Version
from setia.rules.avatars import may_choose
from setia.values.codes import DeclineCode, EventName
from setia.values.outcomes import Declined


def choose(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Be shown by an avatar from now on; without one, by none."""
    name, at = decision.activity.body.get("avatar", ""), decision.activity.recorded_at
    avatar = version.programme.avatars.get(name)
    if name and avatar is None:
        return Declined(DeclineCode.AVATAR_UNKNOWN, {"avatar": name})
    if avatar is not None and not may_choose(version.programme, avatar, member.progress, at):
        when = None if avatar.when is None else avatar.when.source
        return Declined(DeclineCode.AVATAR_LOCKED, {"avatar": name, "badge": avatar.badge, "when": when})
    member.progress.avatar = name
    announce(decision, member, EventName.AVATAR_CHOSEN, {"avatar": name or None})
    return None
