"""Which rules apply: the schedule, the lines, the condition."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from setia.language.model import Rule, Schedule
from setia.rules.order import LineEnv

Env = dict[str, object]


def is_open(schedule: Schedule, at: dt.datetime, zone: ZoneInfo) -> bool:
    """Whether ``schedule`` is open at ``at``."""
    if schedule.start is not None and at < schedule.start:
        return False
    if schedule.end is not None and at >= schedule.end:
        return False
    if not schedule.weekdays and not schedule.hours:
        return True
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    weekday = local.isoweekday()
    if not schedule.hours:
        return weekday in schedule.weekdays
    for start, end in schedule.hours:
        if start < end:
            inside, opened = start <= minute < end, weekday
        else:  # over midnight: the small hours belong to the evening before
            inside = minute >= start or minute < end
            opened = weekday if minute >= start else (weekday - 2) % 7 + 1
        if inside and (not schedule.weekdays or opened in schedule.weekdays):
            return True
    return False


def matching_lines(rule: Rule, lines: list[LineEnv], env: Env) -> list[LineEnv]:
    """The eligible lines that the rule's ``lines:`` condition chooses; the rule has one."""
    assert rule.lines is not None
    if all(path.startswith("line.") for path in rule.lines.paths):
        return [line for line in lines if rule.lines.test(line)]
    return [line for line in lines if rule.lines.test({**env, **line})]


def lines_env(env: Env, lines: list[LineEnv]) -> None:
    """Write what ``lines.…`` reads for the matched lines into ``env``."""
    total = gross = quantity = 0
    for line in lines:
        total += line["line.amount"]  # type: ignore[operator]
        gross += line["line.gross"]  # type: ignore[operator]
        quantity += line["line.quantity"]  # type: ignore[operator]
    env["lines.total"], env["lines.gross"] = total, gross
    env["lines.quantity"], env["lines.count"] = quantity, len(lines)
