"""Folding a result into the memory of the rules, and taking it out again."""

from __future__ import annotations

import datetime as dt

from setia.language.model import Metric, Programme
from setia.rules.progress import Progress
from setia.rules.rulebook import limit_window
from setia.values.instants import Calendar, local_date
from setia.values.outcomes import Result

KEPT_DAYS = 800
"""How long daily buckets are kept when no window of the programme needs them longer (late activities find theirs)."""


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
        count(programme.metrics[name], progress, day, sign * amount)
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


def prune(programme: Programme, progress: Progress, today: dt.date) -> None:
    """Forget buckets that no window and no late activity can reach any more."""
    for name, buckets in progress.metrics.items():
        metric = programme.metrics.get(name)
        if metric is None or metric.window.calendar in (Calendar.LIFETIME, Calendar.EVERY):
            continue
        oldest = today.toordinal() - KEPT_DAYS
        if metric.window.calendar is Calendar.ROLLING:
            oldest = min(oldest, metric.window.start(today, progress.joined_on).toordinal() - KEPT_DAYS // 2)
        elif metric.window.calendar is not Calendar.DAY:
            oldest = 0  # few: one a week at the most
        for bucket in [bucket for bucket in buckets if bucket < oldest]:
            del buckets[bucket]
    for buckets in progress.limits.values():
        for bucket in [bucket for bucket in buckets if 0 < bucket < today.toordinal() - KEPT_DAYS]:
            del buckets[bucket]


def _add(buckets: dict[int, int], bucket: int, amount: int) -> None:
    total = buckets.get(bucket, 0) + amount
    if total:
        buckets[bucket] = total
    else:
        buckets.pop(bucket, None)
