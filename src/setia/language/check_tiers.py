"""Checks of the ladder."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from setia.language.diagnostics import Diagnostic, DiagnosticCode
from setia.language.model import Programme, Tiers
from setia.language.nodes import Places
from setia.values.money import format_scaled


def measure_decimals(programme: Programme, tiers: Tiers) -> tuple[int, ...]:
    """The decimals of each of the measures that the tiers are ranked by."""
    if tiers.unit is not None:
        return (programme.units[tiers.unit].decimals,)
    return tuple(programme.metrics[name].decimals for name in tiers.metrics)


def levels(programme: Programme, places: Places) -> list[Diagnostic]:
    """The levels begin at 0 and rise; what is written as their end does not reach into the next."""
    tiers = programme.tiers
    if tiers is None:
        return []
    found: list[Diagnostic] = []
    first, last = tiers.levels[0], tiers.levels[-1]
    if any(first.needs[0]) or len(first.needs) > 1:
        message = f"the first level '{first.name}' starts above 0: a new member would have no level"
        path = ("tiers", "levels", first.name, "from")
        found.append(places.error(DiagnosticCode.FIRST_LEVEL_ABOVE_ZERO, message, path, "write `from: 0`"))
    if len(tiers.metrics) > 1:
        return found + [
            places.error(
                DiagnosticCode.LEVELS_NOT_ASCENDING,
                f"'{upper.name}' does not lie above '{lower.name}'",
                ("tiers", "levels", upper.name, "from"),
                f"let it ask for all that '{lower.name}' asks for, and for more; put other ways to it below `any`",
            )
            for lower, upper in pairwise(tiers.levels)
            if not any(map(lower.is_reached, upper.needs)) or any(map(upper.is_reached, lower.needs))
        ]
    (decimals,) = measure_decimals(programme, tiers)
    for lower, upper in pairwise(tiers.levels):
        if upper.start <= lower.start:
            start = format_scaled(lower.start, decimals)
            message = f"'{upper.name}' does not start above '{lower.name}', which starts at {start}"
            hint = "list the levels from the lowest to the highest, each with a start of its own"
            path = ("tiers", "levels", upper.name, "from")
            found.append(places.error(DiagnosticCode.LEVELS_NOT_ASCENDING, message, path, hint))
        elif lower.up_to is not None and not lower.start <= lower.up_to < upper.start:
            message = (
                f"'{lower.name}' cannot end there: it begins at {format_scaled(lower.start, decimals)}, "
                f"and '{upper.name}' begins at {format_scaled(upper.start, decimals)}"
            )
            path = ("tiers", "levels", lower.name, "to")
            hint = "leave `to` out: a level goes on until the next begins"
            found.append(places.error(DiagnosticCode.LEVELS_OVERLAP, message, path, hint))
    if last.up_to is not None:
        message = f"above the end of '{last.name}' there is no level to go to"
        path = ("tiers", "levels", last.name, "to")
        found.append(places.error(DiagnosticCode.LAST_LEVEL_ENDS, message, path, "leave `to` out"))
    return found


def keeping(programme: Programme, places: Places) -> list[Diagnostic]:
    """Grace, notice and windows that never come to bear."""
    tiers = programme.tiers
    if tiers is None:
        return []
    found: list[Diagnostic] = []
    reason = ""
    if tiers.drop.by == "never":
        reason = "with `drop: never` nobody ever loses a level"
    elif tiers.keep.kind == "while_reached":
        reason = "without `keep` a level follows the measure at once and is never reviewed"
    hint = "add `keep: 12 months`, or take it out" if tiers.drop.by != "never" else "take it out"
    if reason and tiers.drop.grace is not None:
        path = ("tiers", "drop", "grace")
        found.append(places.error(DiagnosticCode.GRACE_WITHOUT_DROP, f"{reason}: there is no grace", path, hint))
    if reason and tiers.drop.notice is not None:
        message = f"{reason}: there is nothing to give notice of"
        found.append(places.error(DiagnosticCode.NOTICE_WITHOUT_REVIEW, message, ("tiers", "drop", "notice"), hint))
    if tiers.keep.kind == "next_window":
        windows = {programme.metrics[name].window for name in tiers.metrics}
        if len(windows) > 1:
            message = "there is no one next window: what ranks the tiers is counted in periods of several kinds"
            path = ("tiers", "keep", "through")
            hint = "count all of the metrics over the same time, or keep: 12 months"
            found.append(places.error(DiagnosticCode.KEEP_WITHOUT_PERIOD, message, path, hint))
        elif not all(window.is_period for window in windows) or not windows:
            message = "there is no next window: what ranks the tiers is not counted in periods that end"
            hint = (
                "count the metric over year, {year_from: 03-01} or {every: 6 months, from: joining}; or keep: 12 months"
            )
            path = ("tiers", "keep", "through")
            found.append(places.error(DiagnosticCode.KEEP_WITHOUT_PERIOD, message, path, hint))
    return found


CHECKS: Final = (levels, keeping)
