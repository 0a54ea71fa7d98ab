"""Tiers: who stands on which level, since when and until when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from setia.language.model import Level, Measure, Metric, Programme, Tiers
from setia.rules.facts import metric_value
from setia.state.progress import Progress
from setia.values.instants import (
    DAY,
    Calendar,
    Span,
    Until,
    add_span,
    day_start,
    day_start_after,
    deadline,
    local_date,
)
from setia.values.outcomes import TierChange


def place(programme: Programme, progress: Progress, at: dt.datetime, version: int) -> None:
    """Put a member who has no level yet on the first one."""
    if programme.tiers is not None and not progress.tier:
        progress.tier = programme.tiers.levels[0].name
        progress.tier_since = at
        progress.version = version


def level_of(tiers: Tiers, progress: Progress) -> Level:
    """The level the member stands on; the first one if a new version took theirs away."""
    return tiers.level(progress.tier) or tiers.levels[0]


def measure(programme: Programme, progress: Progress, balances: dict[str, int], day: dt.date) -> Measure:
    """What the ladder measures, on local ``day``: its metrics, or the spendable balance of its unit."""
    tiers = programme.tiers
    assert tiers is not None
    if tiers.unit is not None:
        return (balances.get(tiers.unit, 0),)
    return tuple([metric_value(programme.metrics[name], progress, day) for name in tiers.metrics])


def after_activity(
    programme: Programme,
    progress: Progress,
    balances: dict[str, int],
    at: dt.datetime,
    *,
    before: Measure | None = None,
) -> TierChange | None:
    """Move up at once when a higher level is reached; confirm; follow down where the ladder says so.

    ``before``: of a refund, what the ladder measured before it.
    """
    tiers = programme.tiers
    assert tiers is not None
    now = measure(programme, progress, balances, local_date(at, programme.zone))
    current, reached = level_of(tiers, progress), tiers.reached(now)
    if reached.rank > current.rank:
        return _move(programme, progress, reached, at, kept_until(programme, progress, reached, at))
    if reached.rank == current.rank:
        _confirm(programme, progress, current, at)
        return None
    if tiers.keep.kind == "while_reached" and tiers.drop.by != "never":
        if progress.tier_until is not None and at < progress.tier_until:
            return None  # promised to that day by a version that kept its levels
        return _move(programme, progress, _dropped(tiers, current, reached), at, None)
    if before is not None and tiers.refunds == "follow" and current.is_reached(before):
        return _move(programme, progress, reached, at, kept_until(programme, progress, reached, at))
    return None


def proven(programme: Programme, progress: Progress, since: dt.datetime, at: dt.datetime) -> TierChange | None:
    """What a late activity of ``since`` shows of a period that is over: a level that would be kept still is had now.

    In periods that end each one counts for itself. A time of keeping begins when the level is reached, so there only a
    level above the one of that day shows anything.
    """
    tiers = programme.tiers
    assert tiers is not None
    if tiers.unit is not None:
        return None
    day = local_date(since, programme.zone)
    reached, current = tiers.reached(measure(programme, progress, {}, day)), level_of(tiers, progress)
    until = kept_until(programme, progress, reached, since)
    if until is None or until <= at:
        return None
    then = tiers.level(progress.tier_at(since)) or tiers.levels[0]
    if tiers.keep.kind == "span" and then.rank >= reached.rank:
        return None
    if reached.rank > current.rank:
        return _move(programme, progress, reached, at, until)
    if reached.rank == current.rank and progress.tier_until is not None and until > progress.tier_until:
        progress.tier_until, progress.noticed_for = until, None
    return None


def review(programme: Programme, progress: Progress, balances: dict[str, int], at: dt.datetime) -> TierChange | None:
    """Look at a level whose time is over: confirm it, or drop as the ladder says."""
    tiers = programme.tiers
    if tiers is None:
        return None
    current = level_of(tiers, progress)
    if tiers.keep.kind == "while_reached":
        if progress.tier_until is not None and at >= progress.tier_until:
            progress.tier_until = None
        return after_activity(programme, progress, balances, at)
    if progress.tier_until is None or at < progress.tier_until:
        return None
    reached = tiers.reached(measure(programme, progress, balances, _deciding_day(programme, at)))
    if reached.rank >= current.rank or tiers.drop.by == "never":
        progress.tier_until = _renewed(programme, progress, progress.tier_until, at)
        progress.noticed_for = None
        return None
    lower = _dropped(tiers, current, reached)
    return _move(programme, progress, lower, at, _renewed(programme, progress, at, at) if lower.rank else None)


def adopt(
    programme: Programme, progress: Progress, balances: dict[str, int], at: dt.datetime, version: int
) -> TierChange | None:
    """Take a member over to the ladder of a new version.

    A dated level may rise and is never lowered by the edit; an undated one goes where the metric says; whoever
    stands on a level that is gone falls to the best one that is reached.
    """
    tiers = programme.tiers
    if tiers is None or progress.version == version:
        progress.version = version
        return None
    progress.version = version
    standing = tiers.level(progress.tier)
    reached = tiers.reached(measure(programme, progress, balances, local_date(at, programme.zone)))
    if standing is not None and standing.name == reached.name:
        if progress.tier_until is None:  # a level that followed the metric may be kept for a time from now on
            progress.tier_until = kept_until(programme, progress, reached, at)
        return None
    if standing is not None and reached.rank < standing.rank and progress.tier_until is not None:
        return None
    return _move(programme, progress, reached, at, kept_until(programme, progress, reached, at))


def notice(
    programme: Programme, progress: Progress, balances: dict[str, int], at: dt.datetime
) -> tuple[Level, tuple[Measure, ...]] | None:
    """The level that is about to be lost and what is missing to keep it, each way; None when it is reached again.

    What counts is what the metrics will be when the level is looked at, if nothing more comes in.
    """
    tiers = programme.tiers
    assert tiers is not None
    day = _deciding_day(programme, next_review(programme, progress) or at)
    progress.noticed_for = progress.tier_until
    current = level_of(tiers, progress)
    then = measure(programme, progress, balances, day)
    if current.is_reached(then) or tiers.drop.by == "never":
        return None
    return current, current.missing(then)


def below_protection(programme: Programme, progress: Progress, balances: dict[str, int], day: dt.date) -> Level | None:
    """The level that the member would stand on, were theirs not protected from a return; None when it is reached."""
    tiers = programme.tiers
    if tiers is None or progress.protected_for is None or progress.protected_for != progress.tier_until:
        return None
    reached = tiers.reached(measure(programme, progress, balances, day))
    return reached if reached.rank < level_of(tiers, progress).rank else None


def next_notice(programme: Programme, progress: Progress) -> dt.datetime | None:
    """When the notice of a possible downgrade is due."""
    tiers = programme.tiers
    if tiers is None or tiers.drop.notice is None or progress.tier_until is None:
        return None
    if progress.noticed_for == progress.tier_until:
        return None
    before = Span(-tiers.drop.notice.count, tiers.drop.notice.step)
    return day_start_after(local_date(progress.tier_until, programme.zone), before, programme.zone)


def next_review(programme: Programme, progress: Progress) -> dt.datetime | None:
    """When the level must be looked at again if nothing happens before."""
    tiers = programme.tiers
    if tiers is None:
        return None
    if tiers.keep.kind == "while_reached":
        return progress.tier_until or _decay(programme, progress)
    if progress.tier_until is None or tiers.drop.grace is None:
        return progress.tier_until
    return add_span(progress.tier_until, tiers.drop.grace, programme.zone)


def _dropped(tiers: Tiers, current: Level, reached: Level) -> Level:
    if tiers.drop.by == "to_balance":
        return reached
    return tiers.levels[max(current.rank - 1, reached.rank)]


def _move(
    programme: Programme, progress: Progress, level: Level, at: dt.datetime, until: dt.datetime | None
) -> TierChange:
    assert programme.tiers is not None
    before = progress.tier
    old = programme.tiers.level(before)
    if progress.tier_since is not None:
        progress.tier_history.append((progress.tier_since, before))
        del progress.tier_history[:-50]
    progress.tier, progress.tier_since, progress.tier_until = level.name, at, until
    progress.noticed_for = None
    return TierChange(before, level.name, until, is_up=old is None or level.rank > old.rank)


def _confirm(programme: Programme, progress: Progress, current: Level, at: dt.datetime) -> None:
    """A level reached anew is kept longer: in a later period, or within its days of grace."""
    tiers = programme.tiers
    assert tiers is not None
    if progress.tier_until is None:
        return
    if tiers.keep.kind == "next_window" or at >= progress.tier_until:
        until = kept_until(programme, progress, current, at)
        if until is not None and until > progress.tier_until:
            progress.tier_until, progress.noticed_for = until, None


def kept_until(programme: Programme, progress: Progress, level: Level, at: dt.datetime) -> dt.datetime | None:
    """Until when a level reached at ``at`` is kept; the first level, and one that follows the metric, have no end."""
    tiers = programme.tiers
    assert tiers is not None
    if not level.rank or tiers.keep.kind == "while_reached":
        return None
    if tiers.keep.kind == "span":
        assert tiers.keep.span is not None
        return deadline(at, tiers.keep.span, Until.END_OF_DAY, programme.zone)
    return _window_end(programme, progress, local_date(at, programme.zone))


def _renewed(programme: Programme, progress: Progress, until: dt.datetime, at: dt.datetime) -> dt.datetime | None:
    tiers = programme.tiers
    assert tiers is not None
    if tiers.keep.kind == "span":
        assert tiers.keep.span is not None
        return day_start(tiers.keep.span.add_to_date(local_date(until, programme.zone)), programme.zone)
    return _window_end(programme, progress, _deciding_day(programme, at))


def _window_end(programme: Programme, progress: Progress, day: dt.date) -> dt.datetime:
    """The end of the period after the one of ``day``, and the ladder's extra time after it."""
    tiers = programme.tiers
    assert tiers is not None
    window = programme.metrics[tiers.metrics[0]].window  # that of all of them
    end = window.end(window.end(day, progress.joined_on), progress.joined_on)
    if tiers.keep.plus is not None:
        end = tiers.keep.plus.add_to_date(end)
    return day_start(end, programme.zone)


def _deciding_day(programme: Programme, at: dt.datetime) -> dt.date:
    """The day whose value decides a review at ``at``: the last day of the period (or of the keeping) that ended."""
    tiers = programme.tiers
    assert tiers is not None
    day = local_date(at, programme.zone)
    if tiers.keep.kind == "next_window":
        for extra in (tiers.drop.grace, tiers.keep.plus):
            if extra is not None:
                day = extra.subtract_from_date(day)
    return day - DAY


def _decay(programme: Programme, progress: Progress) -> dt.datetime | None:
    """When a level that follows its metrics falls below its start if nothing more comes in."""
    tiers = programme.tiers
    assert tiers is not None
    current = level_of(tiers, progress)
    if tiers.unit is not None or not current.rank or tiers.drop.by == "never":
        return None
    for gone in sorted({day for name in tiers.metrics for day in _days_gone(programme.metrics[name], progress)}):
        if not current.is_reached(measure(programme, progress, {}, gone)):
            return day_start(gone, programme.zone)
    return None


def _days_gone(metric: Metric, progress: Progress) -> Iterator[dt.date]:
    """The days on which something that is counted now leaves the window of the metric."""
    if metric.window.calendar is Calendar.LIFETIME:
        return
    for bucket in progress.metrics.get(metric.name, {}):
        day = dt.date.fromordinal(bucket)
        if metric.window.calendar is Calendar.ROLLING:
            assert metric.window.span is not None
            gone = metric.window.span.add_to_date(day)
            while metric.window.start(gone, progress.joined_on) <= day:
                gone += DAY
            yield gone
        else:
            yield metric.window.end(day, progress.joined_on)
