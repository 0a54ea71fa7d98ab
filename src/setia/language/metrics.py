"""Reading ``metrics:``."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Final, Literal

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import RULED, Draft
from setia.language.expressions import Expression, Number
from setia.language.model import Freeze, Metric
from setia.language.nodes import Scalar
from setia.language.scope import ROOTS, noun_of
from setia.language.sections import Section, compiled_amount
from setia.language.units import read_window_of
from setia.language.words import listed, read_calendar_span
from setia.values.activities import NUMBER_DECIMALS
from setia.values.codes import Built
from setia.values.instants import LIFETIME, Window

FORMS: Final = ("sum", "count", "days", "earned", "streak")
_NOUN = re.compile(r"(?<![\w.])([a-z][a-z0-9_]*)\.")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def read_metrics(top: Section, draft: Draft) -> None:
    """Read all metrics into the draft."""
    nouns = set(ROOTS) | {noun_of(name) for name in (*RULED, *draft.activities)}
    found: dict[str, Metric] = {}
    for name, section in top.named("metrics", "metric", "metric", is_word=True):
        if name in nouns:
            message = f"'{name}' means something else in conditions"
            draft.findings.error(DiagnosticCode.RESERVED_NAME, message, section.place, "give the metric another name")
        section.close()
        metric = read_counted(name, section, _read_window(section), draft)
        if name not in nouns:
            found[name] = replace(metric, title=section.titled("title", name))
    # Only now: no metric is counted over another one.
    draft.metrics = found


def _read_window(section: Section) -> Window:
    if not section.has("streak"):
        return read_window_of(section, "over", "over: 12 months") or LIFETIME
    section.refuse_with("streak", ("over",))
    return LIFETIME


def read_counted(name: str, section: Section, window: Window, draft: Draft, goal: str = "") -> Metric:
    """Read what is counted over ``window``: of a metric, or of a goal of the challenge ``goal``."""
    form = section.only_one(FORMS, "count: purchase.completed" if goal else "sum: purchase.eligible")
    kind: Literal["sum", "count", "days", "earned", "streak"] = "count"
    amount: Expression | None = None
    unit: str | None = None
    decimals = 0
    on: tuple[str, ...] = ()
    if form == "sum":
        kind = "sum"
        on = _summed_types(section, draft)
        scalar = section.scalar("sum")
        if scalar is not None and on:
            amount = compiled_amount(scalar, draft.vocabulary.metric_scope(on), draft.findings)
        decimals = _decimals(amount, draft)
    elif form in ("count", "days", "streak"):
        kind = "days" if form == "days" else "streak" if form == "streak" else "count"
        section.refuse_with(form, ("on",))
        on = draft.known_types(section.texts(form))
    elif form == "earned":
        kind = "earned"
        section.refuse_with("earned", ("on", "when"))
        scalar = section.scalar("earned")
        if scalar is not None and draft.check_unit(scalar.text, scalar.place):
            unit = scalar.text
            decimals = draft.units[unit].decimals
    when = section.condition("when", draft.vocabulary.metric_scope(on)) if on else None
    by = None if goal else _read_by(section, form, on, draft)
    return Metric(name, kind, window, on, amount, when, unit, decimals, by, _read_freeze(section, form), goal)


def _read_by(section: Section, form: str | None, on: tuple[str, ...], draft: Draft) -> str | None:
    """The field whose texts are counted apart."""
    scalar = section.scalar("by")
    if scalar is None or not on:
        return None
    if form != "count":
        message = "'by' counts activities apart by a text of theirs, and nothing is counted here"
        section.error(DiagnosticCode.CONFLICTING_KEYS, message, "by", "write count: purchase.completed")
        return None
    known = draft.vocabulary.text_names(on)
    known_path = draft.check_known(scalar.text, known, "text field", DiagnosticCode.UNKNOWN_FIELD, scalar.place)
    return scalar.text if known_path else None


def _read_freeze(section: Section, form: str | None) -> Freeze | None:
    if not section.has("freeze"):
        return None
    if form != "streak":
        message = "'freeze' saves a streak, and there is none here"
        section.error(DiagnosticCode.CONFLICTING_KEYS, message, "freeze", "take it out")
    if isinstance(section.find("freeze"), Scalar):
        every = section.read("freeze", read_calendar_span)
        return None if every is None else Freeze(1, every)
    inner = section.section("freeze", "freeze", "'freeze'")
    if inner is None:
        return None
    inner.close()
    every = inner.read("every", read_calendar_span, "freeze: {times: 2, every: 30 days}")
    times = inner.integer("times", 1, 30)
    return None if every is None else Freeze(times or 1, every)


def _summed_types(section: Section, draft: Draft) -> tuple[str, ...]:
    if section.has("on"):
        return draft.known_types(section.texts("on"))
    scalar = section.scalar("sum")
    if scalar is None:
        return ()
    types = _types_of(_QUOTED.sub("", scalar.text), draft.activities)
    if len(types) != 1:
        message = "it is not clear which activities are summed"
        known = listed([*draft.activities])
        hint = f"add `on:` with an activity type, for example on: {Built.PURCHASE}; known: {known}"
        draft.findings.error(DiagnosticCode.UNCLEAR_ACTIVITY, message, scalar.place, hint)
        return ()
    return types


def _types_of(source: str, activities: Collection[str]) -> tuple[str, ...]:
    nouns = set(_NOUN.findall(source))
    return tuple(name for name in activities if noun_of(name) in nouns)


def _decimals(amount: Expression | None, draft: Draft) -> int:
    """Money is kept in the currency's smallest step, every other number with six decimals."""
    if amount is not None and isinstance(amount.type, Number) and amount.type == draft.vocabulary.money:
        return draft.currency_decimals
    return NUMBER_DECIMALS
