"""What members are shown of their challenges and badges."""

from __future__ import annotations

import datetime as dt

from setia.api.reads import Picture
from setia.api.views import metric_json
from setia.api.writing import Json, instant, text
from setia.language.model import Avatar, Challenge
from setia.rules.avatars import may_choose, worn
from setia.rules.facts import metric_value
from setia.rules.goals import deadline
from setia.state.progress import GoalState
from setia.values.instants import local_date


def challenges_json(picture: Picture, language: str) -> list[Json]:
    """All challenges: how far each goal is, until when, and how often the challenge was completed."""
    programme = picture.programme
    return [
        _challenge(picture, challenge, picture.progress.goals.get(challenge.name) or GoalState(), language)
        for challenge in programme.challenges.values()
        if challenge.end is None or challenge.end > picture.now or challenge.name in picture.progress.goals
    ]


def _challenge(picture: Picture, challenge: Challenge, state: GoalState, language: str) -> Json:
    programme, now = picture.programme, picture.now
    day = local_date(now, programme.zone)
    goals = []
    for goal in challenge.goals:
        metric = programme.metrics[goal.metric]
        at = metric_value(metric, picture.progress, day)
        goals.append(
            {
                "step": goal.name or None,
                "title": text(goal.title, language, goal.name or challenge.name),
                "at": metric_json(programme, metric, at),
                "target": metric_json(programme, metric, goal.target),
                "is_reached": at >= goal.target,
            }
        )
    over = deadline(challenge, state)
    return {
        "challenge": challenge.name,
        "title": text(challenge.title, language, challenge.name),
        "state": _state(challenge, state, over, now),
        "goals": goals,
        "done": state.times.total(),
        "can_repeat": challenge.repeat,
        "joined_at": instant(state.joined_at),
        "from": instant(challenge.start),
        "until": instant(over),
    }


def _state(challenge: Challenge, state: GoalState, over: dt.datetime | None, now: dt.datetime) -> str:
    if state.times and not challenge.repeat:
        return "done"
    if challenge.start is not None and now < challenge.start:
        return "upcoming"
    if over is not None and now >= over:
        return "over"
    return "to_join" if challenge.joins and state.joined_at is None else "open"


def avatar_json(avatar: Avatar | None, language: str) -> Json | None:
    """What somebody is shown by."""
    if avatar is None:
        return None
    return {"avatar": avatar.name, "title": text(avatar.title, language, avatar.name), "picture": avatar.picture}


def avatars_json(picture: Picture, language: str) -> list[Json]:
    """All avatars: whether the member can choose them, and which one is worn."""
    programme, progress, now = picture.programme, picture.progress, picture.now
    chosen = worn(programme, progress, now)
    return [
        {
            **(avatar_json(avatar, language) or {}),
            "badge": avatar.badge,
            "can_choose": may_choose(programme, avatar, progress, now),
            "is_worn": avatar is chosen,
        }
        for avatar in programme.avatars.values()
    ]


def badges_json(picture: Picture, language: str) -> list[Json]:
    """All badges of the programme, those that the member has with since when."""
    return [
        {
            "badge": badge.name,
            "title": text(badge.title, language, badge.name),
            "is_held": badge.name in picture.progress.badges,
            "since": instant(picture.progress.badges[badge.name][1]) if badge.name in picture.progress.badges else None,
        }
        for badge in picture.programme.badges.values()
    ]
