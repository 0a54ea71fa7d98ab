"""Folding a result into the memory of the rules, and taking it out again."""

from __future__ import annotations

import datetime as dt

from setia.language.model import Metric, Programme
from setia.rules.facts import own_zone, run_before
from setia.rules.rulebook import limit_window
from setia.state import streak
from setia.state.progress import Progress, StreakState
from setia.values.instants import Calendar, local_date
from setia.values.outcomes import Result

KEPT_DAYS = 800
"""How long daily buckets are kept when no window of the programme needs them longer (late activities find theirs)."""


MOST_KEYS = 40
"""For how many texts a metric by a field is kept; beyond, the one with the least is forgotten."""


def fold(
    programme: Programme,
    progress: Progress,
    result: Result,
    occurred_at: dt.datetime,
    *,
    sign: int = 1,
    only_limits_of: dt.datetime | None = None,
) -> None:
    """Add what ``result`` counts (``sign`` −1: take it out) at the day on which the activity occurred.

    ``only_limits_of``: give the use of limits back only where the period of that instant is still the activity's own:
    what was capped in May stays May's.
    """
    day = local_date(occurred_at, programme.zone)
    for name, amount in result.metrics.items():
        metric = programme.metrics.get(name)
        if metric is not None:
            count(metric, progress, day, sign * amount)
        else:
            _count_by_key(programme, progress, name, occurred_at, sign * amount)
    for badge in result.badges:
        held, since = progress.badges.get(badge, (0, occurred_at))
        progress.badges[badge] = (held + sign, since)
        if held + sign <= 0:
            del progress.badges[badge]
    worth = result.totals.get("benefit", 0)
    if worth and progress.membership is not None:
        progress.membership.use(occurred_at, sign * worth)
    now = None if only_limits_of is None else local_date(only_limits_of, programme.zone)
    for key, (bucket, amount) in result.limits.items():
        if now is not None and limit_window(programme, key).bucket(now, progress.joined_on) != bucket:
            continue
        _add(progress.limits.setdefault(key, {}), bucket, sign * amount)


def count(metric: Metric, progress: Progress, day: dt.date, amount: int) -> None:
    """Add ``amount`` to what ``metric`` has counted on local ``day``."""
    if not amount:
        return
    # Days are counted one by one, whatever the window, so that a second visit on a day is not a second day.
    bucket = day.toordinal() if metric.kind == "days" else metric.window.bucket(day, progress.joined_on)
    _add(progress.metrics.setdefault(metric.name, {}), bucket, amount)


def count_all(
    programme: Programme, metrics: list[Metric], progress: Progress, result: Result, at: dt.datetime, sign: int
) -> None:
    """Add what ``result`` counted for ``metrics`` at ``at`` (``sign`` −1: take it out), and nothing else."""
    day = local_date(at, programme.zone)
    for metric in metrics:
        count(metric, progress, day, sign * result.metrics.get(metric.name, 0))


def _count_by_key(programme: Programme, progress: Progress, name: str, at: dt.datetime, amount: int) -> None:
    """Add to a metric that is kept by days of its own or by texts: ``name`` is ``<metric>/<day or text>``."""
    metric_name, _, key = name.partition("/")
    metric = programme.metrics[metric_name]
    if metric.kind == "streak":
        _add(progress.metrics.setdefault(metric_name, {}), int(key), amount)
        last = progress.streaks.get(metric_name)
        zone = own_zone(programme, progress.attributes)
        if amount > 0 and last is None:
            progress.streaks[metric_name] = StreakState(at, zone, int(key))
        elif amount > 0 and last is not None and at > last.at and int(key) != last.day:
            last.at, last.zone, last.day = at, zone, int(key)
        _sum_up(metric, progress)
        return
    day = local_date(at, programme.zone)
    bucket = metric.window.bucket(day, progress.joined_on)
    kept = progress.metrics.setdefault(name, {})
    if amount > 0 or bucket in kept:  # what was forgotten to make room is not owed
        _add(kept, bucket, amount)
    others = [found for found in progress.metrics if found.partition("/")[0] == metric_name]
    if len(others) > MOST_KEYS:
        least = min(others, key=lambda found: (found == name, sum(progress.metrics[found].values()), found))
        del progress.metrics[least]


def prune(programme: Programme, progress: Progress, today: dt.date) -> None:
    """Forget buckets that no window and no late activity can reach any more."""
    for name, buckets in progress.metrics.items():
        metric = programme.metrics.get(name) or programme.metrics.get(name.partition("/")[0])
        if metric is None or metric.window.calendar in (Calendar.LIFETIME, Calendar.EVERY):
            continue
        oldest = today.toordinal() - KEPT_DAYS
        if metric.window.calendar is Calendar.ROLLING:
            start = metric.window.start(today, progress.joined_on).toordinal()
            oldest = start - KEPT_DAYS // 8 if metric.by is not None else min(oldest, start - KEPT_DAYS // 2)
        elif metric.window.calendar is not Calendar.DAY:
            oldest = 0  # few: one a week at the most
        for bucket in [bucket for bucket in buckets if bucket < oldest]:
            del buckets[bucket]
    for buckets in progress.limits.values():
        for bucket in [bucket for bucket in buckets if 0 < bucket < today.toordinal() - KEPT_DAYS]:
            del buckets[bucket]


def _sum_up(metric: Metric, progress: Progress) -> None:
    """Keep the older days of a streak as the run that they led to."""
    state, buckets = progress.streaks.get(metric.name), progress.metrics[metric.name]
    if len(buckets) <= streak.KEPT_DAYS or state is None:
        return
    older = sorted(buckets)[: -streak.OPEN_DAYS]
    run = streak.walk(run_before(state), [day for day in older if buckets[day] > 0], metric.freeze)
    state.run, state.frozen = (run.length, run.start, run.last), run.frozen
    for day in older:
        del buckets[day]


def _add(buckets: dict[int, int], bucket: int, amount: int) -> None:
    total = buckets.get(bucket, 0) + amount
    if total:
        buckets[bucket] = total
    else:
        buckets.pop(bucket, None)
