"""Reading ``contests:``: what is entered, who looks at it, who votes, and who wins."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.model import Ballot, Contest, ContestField
from setia.language.rules import read_costs, read_in_zone
from setia.language.sections import Section

KINDS: Final = ("text", "link", "picture", "choice")
LONGEST_ENTRY: Final = 2_000
"""The most characters of a text in an entry."""


def read_contests(top: Section, draft: Draft) -> None:
    """Read all contests into the draft."""
    for name, section in top.named("contests", "contest", "contest", is_word=False):
        section.close()
        contest = _read(name, section, draft)
        if contest is not None:
            draft.contests[name] = contest


def _read(name: str, section: Section, draft: Draft) -> Contest | None:
    start = read_in_zone(section, "from", draft)
    end = read_in_zone(section, "until", draft, "until: 2026-12-31")
    if start is not None and end is not None and start >= end:
        message = "the contest takes no entries: it ends before it begins"
        section.error(DiagnosticCode.SCHEDULE_BACKWARDS, message, "until", "`until` is when the last entry was taken")
    section.find("fields", "fields: {caption: {type: text, at_most: 200}, photo: {type: picture}}")
    fields = {
        inner: _read_field(inner, part) for inner, part in section.named("fields", "contest_field", "field", True)
    }
    votes = _read_votes(section, start, end, draft)
    by, winners, ties = _read_result(section)
    at_most = section.integer("at_most", 1, 1_000) or 1
    slots = section.integer("slots", 1, 10**9)
    when = section.condition("when", draft.vocabulary.common_scope())
    costs = read_costs(section, draft)
    if end is None:
        return None
    return Contest(
        name, section.titled("title", name), fields, start, end, at_most, slots, when, costs,
        section.flag("moderated"), votes, by, winners, ties,
    )  # fmt: skip


def _read_field(name: str, section: Section) -> ContestField:
    section.close()
    section.find("type", f"{name}: {{type: text, at_most: 200}}")
    kind = section.word("type", KINDS) or "text"
    at_most = section.integer("at_most", 1, LONGEST_ENTRY) or 0
    one_of = tuple(scalar.text for scalar in section.texts("one_of"))
    if kind == "text" and not section.has("at_most"):
        section.find("at_most", "at_most: 200")
    if kind == "choice" and not one_of:
        section.find("one_of", "one_of: [hot, iced]")
    for key, wanted in (("at_most", "text"), ("one_of", "choice")):
        if kind != wanted and section.has(key):
            message = f"'{key}' belongs to a {wanted}, and the field is a {kind}"
            section.error(DiagnosticCode.CONFLICTING_KEYS, message, key, "take it out")
    return ContestField(name, section.titled("title", name), kind, at_most, one_of, section.flag("required", True))  # type: ignore[arg-type]


def _read_votes(section: Section, start: dt.datetime | None, end: dt.datetime | None, draft: Draft) -> Ballot | None:
    inner = section.section("votes", "contest_votes", "'votes'")
    if inner is None:
        return None
    inner.close()
    begins = read_in_zone(inner, "from", draft) or start
    ends = read_in_zone(inner, "until", draft) or end
    at_most = inner.integer("at_most", 1, 10_000)
    per_day = inner.integer("per_day", 1, 10_000)
    when = inner.condition("when", draft.vocabulary.common_scope())
    if begins is None:
        inner.find("from", "from: 2026-12-01")
    if begins is None or ends is None:
        return None
    if begins >= ends or (end is not None and ends < end):
        message = "voting ends before it begins, or before the last entry was taken"
        inner.error(DiagnosticCode.SCHEDULE_BACKWARDS, message, "until", "vote up to the end of entries, or longer")
    if at_most is not None and per_day is not None and per_day > at_most:
        message = f"nobody can vote {per_day} times a day: a member has {at_most} votes in all"
        inner.error(DiagnosticCode.OUT_OF_RANGE, message, "per_day", "take it out, or make it smaller than `at_most`")
    return Ballot(begins, ends, at_most, per_day, when, inner.flag("shown", True))


def _read_result(section: Section) -> tuple[Literal["votes", "jury"], int, Literal["first", "chance"]]:
    section.find("result", "result: {by: votes, winners: 3}")
    inner = section.section("result", "contest_result", "'result'")
    if inner is None:
        return "votes", 1, "first"
    inner.close()
    is_jury = inner.word("by", ["votes", "jury"]) == "jury"
    winners = inner.integer("winners", 1, 1_000) or 1
    is_drawn = inner.word("ties", ["first", "chance"]) == "chance"
    if not is_jury and not section.has("votes"):
        section.find("votes", "votes: {until: 2026-12-31, at_most: 5}")
    if is_jury and inner.has("ties"):
        message = "a jury ranks its winners one after the other: there are no ties"
        inner.error(DiagnosticCode.CONFLICTING_KEYS, message, "ties", "take it out")
    return "jury" if is_jury else "votes", winners, "chance" if is_drawn else "first"
