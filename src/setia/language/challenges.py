"""Reading ``badges:`` and ``challenges:``: metrics with a goal, and what reaching it gives."""

from __future__ import annotations

from typing import Final

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.expressions import compile_condition
from setia.language.metrics import FORMS, read_counted
from setia.language.model import Badge, Challenge, Goal, Rule
from setia.language.nodes import Scalar
from setia.language.rules import in_zone, read_gives
from setia.language.sections import Section, check_name, compiled
from setia.language.units import read_window_of
from setia.language.words import read_calendar_span, read_local_instant
from setia.values.codes import CHALLENGE_COMPLETED
from setia.values.instants import LIFETIME, Calendar, Window
from setia.values.money import LARGEST

EXAMPLE: Final = "count: purchase.completed"


def read_badges(top: Section, draft: Draft) -> None:
    """Read all badges into the draft."""
    for name, section in top.named("badges", "badge", "badge", is_word=False):
        section.close()
        draft.badges[name] = Badge(name, section.titled("title", name))


def read_challenges(top: Section, draft: Draft) -> None:
    """Read all challenges into the draft: their metrics and the rules that give for them stand with the others."""
    for name, section in top.named("challenges", "challenge", "challenge", is_word=False):
        section.close()
        if name in draft.rules:
            message = f"there is a rule '{name}' already, and what a challenge gives is a rule of its name"
            draft.findings.error(DiagnosticCode.RESERVED_NAME, message, section.place, "give one of them another name")
        goals = _read_goals(name, section, draft)
        challenge = _read_challenge(name, section, goals, draft)
        if goals:
            draft.challenges[name] = challenge
        _read_gift(challenge, section, draft)


def _read_challenge(name: str, section: Section, goals: tuple[Goal, ...], draft: Draft) -> Challenge:
    start = in_zone(section.read("from", read_local_instant), draft)
    end = in_zone(section.read("until", read_local_instant), draft)
    if start is not None and end is not None and end <= start:
        message = "the challenge ends before it begins"
        hint = "'until' is the first moment at which it is closed"
        section.error(DiagnosticCode.SCHEDULE_BACKWARDS, message, "until", hint)
    return Challenge(
        name=name,
        title=section.titled("title", name),
        goals=goals,
        start=start,
        end=end,
        within=section.read("within", read_calendar_span),
        joins=section.flag("join"),
        repeat=section.flag("repeat"),
        rollback=section.flag("rollback"),
    )


def _read_goals(name: str, section: Section, draft: Draft) -> tuple[Goal, ...]:
    window = _read_window(section)
    if not section.has("steps"):
        goal = _read_goal(name, "", section, window, draft)
        return () if goal is None else (goal,)
    section.refuse_with("steps", (*FORMS, "on", "when", "freeze", "target"))
    found = []
    for step, inner in section.named("steps", "challenge_step", "step", is_word=False):
        inner.close()
        found.append(_read_goal(name, step, inner, window, draft))
    return tuple(goal for goal in found if goal is not None)


def _read_goal(challenge: str, step: str, section: Section, window: Window, draft: Draft) -> Goal | None:
    metric = read_counted(
        f"goal:{challenge}:{step}" if step else f"goal:{challenge}", section, window, draft, challenge
    )
    if metric.kind == "streak" and window != LIFETIME:
        message = "a streak goes on until it breaks; it is not counted over a time"
        section.findings.error(DiagnosticCode.CONFLICTING_KEYS, message, section.place, "take `over` or `within` out")
    section.find("target", "target: 5")
    target = section.integer("target", 1, LARGEST, metric.decimals)
    draft.metrics[metric.name] = metric
    return None if target is None else Goal(step, section.titled("title", step or challenge), metric.name, target)


def _read_window(section: Section) -> Window:
    """Over what a challenge counts: a period, the last so many days, or (with ``join``) all since it was joined."""
    over = read_window_of(section, "over")
    if over is not None and over.calendar is Calendar.ROLLING:
        message = "'over' is a period that ends, and begins anew"
        section.error(DiagnosticCode.BAD_WINDOW, message, "over", f"write within: {over.span}, or over: month")
    if not section.has("within"):
        return over or LIFETIME
    section.refuse_with("within", ("over", "repeat"))
    span = None
    scalar = section.find("within")
    if isinstance(scalar, Scalar):
        span = section.read("within", read_calendar_span)
    if span is None or section.flag("join"):
        return LIFETIME
    return Window(Calendar.ROLLING, span)


def _read_gift(challenge: Challenge, section: Section, draft: Draft) -> None:
    """``gives``, as a rule on the completion of this challenge."""
    section.find("gives", "gives: {points: 100}")
    scope = draft.vocabulary.rule_scope((CHALLENGE_COMPLETED,))
    gives = tuple(read_gives(section, "gives", scope, draft))
    place = section.at("gives")
    if not check_name(challenge.name, place, "challenge", False, draft.findings) or not gives:
        return
    when = compiled(Scalar(f'challenge.name == "{challenge.name}"', place), compile_condition, scope, draft.findings)
    draft.rules[challenge.name] = Rule(
        name=challenge.name,
        title=challenge.title,
        on=(CHALLENGE_COMPLETED,),
        position=len(draft.rules),
        when=when,
        gives=gives,
        is_qualifying=False,
    )
