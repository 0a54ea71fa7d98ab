"""Reading one mapping of a scenario file, and the days and instants in it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final
from zoneinfo import ZoneInfo

from setia.language.diagnostics import DiagnosticCode, Findings, Place
from setia.language.nodes import Mapping, Node, Sequence
from setia.language.sections import Section
from setia.language.words import Misread
from setia.values.instants import DAY, day_start

_INTEGER: Final = re.compile(r"-?\d+(_\d{3})*", re.ASCII)


class Part(Section):
    """A mapping whose known settings are given: the same reading and the same messages as in a programme."""

    def __init__(self, what: str, known: tuple[str, ...], node: Mapping, place: Place, findings: Findings) -> None:
        super().__init__("programme", node, place, findings, what)
        self.kind, self.known = what, known


def local_instant(text: str, zone: ZoneInfo) -> dt.datetime:
    """The instant of a local time: "2026-03-01 10:00", or "2026-03-01" for the start of the day.

    A time that the clock shows twice is the first of the two; "2026-10-25 02:30+01:00" says which is meant.
    """
    try:
        found = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        hint = "write a day and a local time: 2026-03-01 10:00"
        raise Misread(DiagnosticCode.BAD_DATE, f"'{text[:60]}' is not a time of the calendar", hint) from None
    return (found.replace(tzinfo=zone) if found.tzinfo is None else found).astimezone(dt.UTC)


def read_day(text: str) -> dt.date:
    """A day of the calendar."""
    try:
        return dt.datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        hint = "write year-month-day: 2026-03-31"
        raise Misread(DiagnosticCode.BAD_DATE, f"'{text[:60]}' is not a day of the calendar", hint) from None


def last_day_end(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The instant at which something is over whose last day is ``day``."""
    return day_start(day + DAY, zone)


def last_day(over_at: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The last local day of something that is over at ``over_at``: the day of the moment before."""
    return (over_at - dt.timedelta(microseconds=1)).astimezone(zone).date()


def payload(node: Node | None) -> Any:
    """What a node of a scenario means as JSON: numbers, true and false without quotes are such, the rest is text."""
    if isinstance(node, Mapping):
        return {name: payload(entry.value) for name, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [payload(item) for item in node.items]
    if node is None or (node.is_plain and not node.text):
        return None
    if node.is_plain and _INTEGER.fullmatch(node.text) and not re.match(r"-?0\d", node.text):
        return int(node.text.replace("_", ""))
    if node.is_plain and node.text in ("true", "false"):
        return node.text == "true"
    return node.text
