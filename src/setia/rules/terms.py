"""When awarded units become usable, and when they end."""

from __future__ import annotations

import datetime as dt

from setia.language.model import ExpiresAfter, ExpiresOn, Expiry, Programme, Rule, Unit
from setia.values.instants import DAY, Span, Until, add_span, day_start, day_start_after, deadline, local_date


def activation(programme: Programme, unit: Unit, rule: Rule | None, at: dt.datetime) -> dt.datetime | None:
    """When units earned at ``at`` become usable; None: at once. Spans in days end as that local day begins."""
    pending: Span | None = unit.pending
    if rule is not None and rule.pending is not None:
        pending = None if rule.pending == "none" else rule.pending
    return start_after(programme, None if pending is None or pending.count == 0 else pending, at)


def expiry_rule(unit: Unit, rule: Rule | None, pool: str) -> Expiry:
    """Which expiry holds: the rule's own, the pool's, the unit's."""
    if rule is not None and rule.expires is not None:
        return rule.expires
    if pool:
        return unit.pools[pool].expires
    return unit.expires


def expiry(
    programme: Programme, expires: Expiry, at: dt.datetime, activates_at: dt.datetime | None
) -> dt.datetime | None:
    """The first instant at which units earned at ``at`` are over; None: never by date."""
    if isinstance(expires, ExpiresAfter):
        start = activates_at if expires.from_activation and activates_at is not None else at
        return deadline(start, expires.after, expires.until, programme.zone)
    if isinstance(expires, ExpiresOn):
        earned_on = local_date(at, programme.zone)
        # With min_life the units must live that long: the first fixed day that leaves them it.
        earliest = earned_on if expires.min_life is None else expires.min_life.add_to_date(earned_on)
        return day_start(_fixed_day(expires, earliest) + DAY, programme.zone)
    return None


def _fixed_day(expires: ExpiresOn, earliest: dt.date) -> dt.date:
    days = [
        dt.date(year, month, min(day, 28) if month == 2 else day)
        for year in (earliest.year, earliest.year + 1)
        for month, day in expires.days
    ]
    return min(day for day in days if day >= earliest)


def start_after(programme: Programme, pending: Span | None, at: dt.datetime) -> dt.datetime | None:
    """When what waits for ``pending`` can be used; None: at once. Spans in days end as that local day begins."""
    if pending is None:
        return None
    if pending.is_calendar:
        return day_start_after(local_date(at, programme.zone), pending, programme.zone)
    return at + pending.timedelta()


def voucher_end(programme: Programme, valid: Span | None, at: dt.datetime) -> dt.datetime | None:
    """The first instant at which a voucher issued at ``at`` is over."""
    if valid is None:
        return None
    return (
        deadline(at, valid, Until.END_OF_DAY, programme.zone)
        if valid.is_calendar
        else add_span(at, valid, programme.zone)
    )
