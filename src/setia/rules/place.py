"""Where units are spent: with which partner, and what that one gets for them."""

from __future__ import annotations

from setia.rules.question import Question
from setia.values.codes import DeclineCode
from setia.values.outcomes import Declined
from setia.values.stakes import NOBODY, Stake


def where(question: Question, unit: str, provider: str | None = None) -> Stake | None:
    """Where ``unit`` is spent (with ``provider``, else where the activity happens); None: it cannot be spent there."""
    programme = question.book.programme
    if unit not in programme.units:
        return NOBODY
    return programme.burning(provider or question.body.get("partner", ""), unit, question.at)


def not_here(question: Question, unit: str, stake: Stake | None, provider: str | None = None) -> Declined | None:
    """The refusal where ``where`` found that ``unit`` cannot be spent."""
    if stake is not None:
        return None
    partner = provider or question.body.get("partner", "")
    return Declined(DeclineCode.PARTNER_CANNOT_BURN, {"partner": partner, "unit": unit})
