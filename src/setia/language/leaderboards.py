"""Reading ``leaderboards:``."""

from __future__ import annotations

from typing import Final

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.model import FieldKind, Leaderboard
from setia.language.sections import Section
from setia.language.words import read_choice
from setia.values.instants import Calendar

NEEDED: Final = {"recognition": FieldKind.BOOLEAN, "nickname": FieldKind.TEXT}
"""Member fields without which nobody could be shown: the consent, and the name to be shown by."""


def read_leaderboards(top: Section, draft: Draft) -> None:
    """Read all leaderboards into the draft."""
    for name, section in top.named("leaderboards", "leaderboard", "leaderboard", is_word=False):
        section.close()
        board = _read(name, section, draft)
        if board is not None:
            draft.leaderboards[name] = board
    if top.has("leaderboards"):
        for field, kind in NEEDED.items():
            found = draft.member_fields.get(field)
            if found is None or found.kind is not kind:
                message = f"a leaderboard shows who agreed, by the name they chose: members need a field '{field}'"
                hint = "write members: {fields: {recognition: boolean, nickname: text}}"
                top.error(DiagnosticCode.MISSING_KEY, message, "leaderboards", hint)


def _read(name: str, section: Section, draft: Draft) -> Leaderboard | None:
    scalar = section.scalar("by", "by: month_spend")
    best = section.integer("top", 1, 1_000) or 10
    ties = section.read("ties", lambda text: read_choice(text, ["shared", "first"]))
    title = section.titled("title", name)
    if scalar is None or not draft.check_known(
        scalar.text, draft.metrics, "metric", DiagnosticCode.UNKNOWN_METRIC, scalar.place
    ):
        return None
    metric = draft.metrics[scalar.text]
    if metric.window.calendar in (Calendar.ROLLING, Calendar.EVERY) or metric.by is not None or metric.kind in (
        "streak", "days",
    ):  # fmt: skip
        message = f"'{metric.name}' is not counted for all members over the same time"
        hint = "rank by a sum, a count or what is earned over day, week, month, quarter, year or lifetime"
        draft.findings.error(DiagnosticCode.BAD_CHOICE, message, scalar.place, hint)
        return None
    return Leaderboard(name, title, metric.name, best, "first" if ties == "first" else "shared")
