"""Two accounts of one person become one: what is remembered of it, and how counts are brought together and parted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from setia.values.instants import Calendar

if TYPE_CHECKING:
    from setia.language.model import Programme
    from setia.state.progress import Progress

REVERSIBLE: Final = dt.timedelta(days=30)
"""So long two members that were merged can be parted again."""

Numbers = list[tuple[int, int]]
_Level = tuple[str, str | None, str | None]


@dataclass(slots=True)
class Merged:
    """What a member remembers who was merged ``into`` (hex) another at ``at``.

    ``lots`` and ``vouchers``: own number → that of the one who stays. ``tier``: the other's level before, with since
    and until (ISO), where the merge changed it. ``badges``: those that the other got by it. ``reversed``: own lot →
    steps of a bonus that both had.
    """

    into: str
    at: dt.datetime
    lots: Numbers = field(default_factory=list)
    vouchers: Numbers = field(default_factory=list)
    tier: _Level | None = None
    badges: list[str] = field(default_factory=list)
    reversed: Numbers = field(default_factory=list)

    @property
    def until(self) -> dt.datetime:
        """Up to when it can be undone."""
        return self.at + REVERSIBLE


def merged_to_json(merged: Merged) -> list[Any]:
    """The compact form that is stored."""
    return [
        merged.into, merged.at.isoformat(), merged.lots, merged.vouchers, merged.tier, merged.badges, merged.reversed,
    ]  # fmt: skip


def merged_from_json(stored: list[Any]) -> Merged:
    """Read back ``merged_to_json``."""
    into, at, lots, vouchers, tier, badges, reversed_ = stored
    return Merged(
        into,
        dt.datetime.fromisoformat(at),
        [(own, other) for own, other in lots],
        [(own, other) for own, other in vouchers],
        None if tier is None else (tier[0], tier[1], tier[2]),
        list(badges),
        [(lot, amount) for lot, amount in reversed_],
    )


def count_with(programme: Programme, progress: Progress, other: Progress, sign: int) -> None:
    """Add the metrics and the use of limits of ``other`` (``sign`` −1: take them out again), period by period.

    Nothing falls below zero: what was forgotten meanwhile is not owed.
    """
    for name, counted in other.metrics.items():
        metric = programme.metrics.get(name) or programme.metrics.get(name.partition("/")[0])
        mine = progress.metrics.setdefault(name, {})
        for bucket, amount in counted.items():
            if metric is not None and metric.window.calendar is Calendar.EVERY and metric.kind != "days":
                # Periods from the day of joining: what was counted in one counts where it began.
                bucket = metric.window.bucket(dt.date.fromordinal(bucket), progress.joined_on)
            _add(mine, bucket, sign * amount)
    for key, used in other.limits.items():
        mine = progress.limits.setdefault(key, {})
        for bucket, amount in used.items():
            _add(mine, bucket, sign * amount)


def _add(buckets: dict[int, int], bucket: int, amount: int) -> None:
    total = max(buckets.get(bucket, 0) + amount, 0)
    if total:
        buckets[bucket] = total
    else:
        buckets.pop(bucket, None)
