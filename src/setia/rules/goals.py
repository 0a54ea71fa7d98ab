"""Challenges: which goals are reached, how often, and which completions no longer hold."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from setia.language.model import Challenge, Goal, Metric, Programme
from setia.rules.facts import metric_value, run_of
from setia.state.progress import Done, GoalState, Progress
from setia.state.streak import length_on
from setia.values.instants import Calendar, local_date


def value(programme: Programme, progress: Progress, goal: Goal, day: dt.date) -> int:
    """What the goal stands at on local ``day``, in steps of its metric."""
    metric = programme.metrics[goal.metric]
    if metric.kind == "streak":
        return length_on(run_of(metric, progress, day.toordinal()), day.toordinal(), metric.freeze)
    return metric_value(metric, progress, day)


def rounds(programme: Programme, progress: Progress, challenge: Challenge, day: dt.date) -> tuple[int, int]:
    """The round that ``day`` belongs to, and how often all goals are reached in it.

    A round is a period of the challenge, a run of days, or (0) all the time. Without ``repeat`` once is all; in a
    period of its own a challenge is completed once.
    """
    times = min(value(programme, progress, goal, day) // goal.target for goal in challenge.goals)
    metrics = [programme.metrics[goal.metric] for goal in challenge.goals]
    row = next((metric for metric in metrics if metric.kind == "streak"), None)
    if row is not None:
        period = run_of(row, progress, day.toordinal()).start
        return period, times if challenge.repeat else min(times, 1)
    window = metrics[0].window
    period = 0 if window.calendar is Calendar.ROLLING else window.bucket(day, progress.joined_on)
    return period, times if challenge.repeat and not period else min(times, 1)


def newly_completed(
    programme: Programme, progress: Progress, counted: Iterable[str], day: dt.date
) -> list[tuple[Challenge, Done]]:
    """The challenges that are reached by what was ``counted`` on local ``day`` (names of a result's metrics), once for
    each completion that is new. Its ids are still empty."""
    found: list[tuple[Challenge, Done]] = []
    asked: set[str] = set()
    for name in counted:
        base, _, key = name.partition("/")
        metric = programme.metrics.get(base)
        if metric is None or not metric.goal or metric.goal in asked:
            continue
        asked.add(metric.goal)
        challenge = programme.challenges[metric.goal]
        for on in _days(metric, progress, key, day, programme):
            found += _new_on(programme, progress, challenge, on, found)
    return found


def _days(metric: Metric, progress: Progress, key: str, day: dt.date, programme: Programme) -> list[dt.date]:
    """The days on which the goal may be reached by it: its own, and where it came late the latest one."""
    if metric.kind == "streak":
        last = max(progress.metrics.get(metric.name, {}), default=int(key))
        return [dt.date.fromordinal(number) for number in sorted({int(key), last})]
    last_at = progress.last_occurred_at or progress.joined_at
    return sorted({day, max(day, local_date(last_at, programme.zone))})


def _new_on(
    programme: Programme, progress: Progress, challenge: Challenge, day: dt.date, found: list[tuple[Challenge, Done]]
) -> list[tuple[Challenge, Done]]:
    state = progress.goals.get(challenge.name)
    times: Counter[int] = Counter() if state is None else state.times.copy()
    times.update(done.round for other, done in found if other is challenge)
    if times.total() and not challenge.repeat:
        return []
    period, reached = rounds(programme, progress, challenge, day)
    return [(challenge, Done("", "", day.toordinal(), period))] * max(reached - times[period], 0)


def first_lost(programme: Programme, progress: Progress) -> tuple[Challenge, Done] | None:
    """The latest completion that what is counted now would not bring, where the challenge takes it back."""
    for name, state in progress.goals.items():
        challenge = programme.challenges.get(name)
        if challenge is None or not challenge.rollback:
            continue
        for done in reversed(state.last):
            _, times = rounds(programme, progress, challenge, dt.date.fromordinal(done.day))
            if times < state.times[done.round]:
                return challenge, done
    return None


def deadline(challenge: Challenge, state: GoalState) -> dt.datetime | None:
    """When it is too late to complete the challenge; None: never, or nothing is known to end it yet."""
    return min((at for at in (challenge.end, state.over_at) if at is not None), default=None)
