"""Reading ``drops:``: moments at which a scarce reward can be had by whoever stands in line for it."""

from __future__ import annotations

import datetime as dt

from setia.language.diagnostics import DiagnosticCode
from setia.language.draft import Draft
from setia.language.model import ProductDrop
from setia.language.sections import Section
from setia.language.words import read_local_instant
from setia.values.instants import Span, Step

LOBBY = Span(30, Step.MINUTES)
EVERY = Span(1, Step.MINUTES)
PASS = Span(10, Step.MINUTES)
HOLD = Span(5, Step.MINUTES)


def read_drops(top: Section, draft: Draft) -> None:
    """Read all drops into the draft; the rewards have been read."""
    rewards: dict[str, str] = {}
    for name, section in top.named("drops", "drop_of", "drop", is_word=False):
        section.close()
        reward = section.text("reward", "reward: sneakers") or ""
        opens = section.read("opens", read_local_instant, "opens: 2026-06-01 10:00")
        admit = section.integer("admit", 1, 10**6)
        section.find("admit", "admit: 50")
        place = section.value_at("reward")
        if reward and draft.check_reward(reward, place):
            _check_reward(draft, section, reward, rewards)
            rewards[reward] = name
        begins = (opens or dt.datetime(2000, 1, 1)).replace(tzinfo=draft.zone).astimezone(dt.UTC)  # noqa: DTZ001
        draft.drops[name] = ProductDrop(
            name=name,
            title=section.titled("title", name),
            reward=reward,
            opens=begins,
            lobby=_exact(section, "lobby", LOBBY),
            admit=admit or 1,
            every=_exact(section, "every", EVERY),
            pass_for=_exact(section, "pass", PASS),
            hold=_exact(section, "hold", HOLD),
        )


def _exact(section: Section, key: str, default: Span) -> Span:
    """A span of minutes or hours."""
    span = section.span(key)
    if span is not None and span.is_calendar:
        message = f"'{key}' is counted on the clock, not on the calendar"
        section.error(DiagnosticCode.BAD_SPAN, message, key, "write minutes or hours: 10 minutes")
        return default
    return span or default


def _check_reward(draft: Draft, section: Section, reward: str, others: dict[str, str]) -> None:
    found = draft.rewards.get(reward)
    if found is not None and found.stock is None:
        message = f"there is no end to '{reward}', so that nobody has to stand in line for it"
        hint = f"give it a stock: rewards: {{{reward}: {{stock: 500}}}}"
        section.error(DiagnosticCode.DROP_WITHOUT_STOCK, message, "reward", hint)
    if reward in others:
        message = f"'{reward}' is given away by drop '{others[reward]}' already"
        section.error(DiagnosticCode.SAID_TWICE, message, "reward", "make it a reward of its own for each drop")
