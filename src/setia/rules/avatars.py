"""Avatars: which of them a member may choose, and which one they are shown by."""

from __future__ import annotations

import datetime as dt

from setia.language.model import Avatar, Programme
from setia.rules.facts import member_env
from setia.rules.rulebook import rulebook
from setia.state.progress import Progress


def may_choose(programme: Programme, avatar: Avatar, progress: Progress, at: dt.datetime) -> bool:
    """Whether the avatar is one of those that the member can choose at ``at``."""
    if avatar.badge is not None and avatar.badge not in progress.badges:
        return False
    if avatar.when is None:
        return True
    env = member_env(programme, progress.joined_on, progress.attributes, at)
    return avatar.when.test(env | rulebook(programme).tier_env.get(progress.tier_at(at), {}))


def worn(programme: Programme, progress: Progress, at: dt.datetime) -> Avatar | None:
    """What the member is shown by: what they chose, as long as the programme has it and lets them wear it."""
    avatar = programme.avatars.get(progress.avatar)
    if avatar is None or (avatar.is_while_held and not may_choose(programme, avatar, progress, at)):
        return None
    return avatar
