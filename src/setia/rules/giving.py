"""Giving units to a cause: whether the member may, how many, and what the cause gets for them. Pure."""

from __future__ import annotations

from typing import Final

from setia.language.contracts import Cause
from setia.rules.match import Env, is_open
from setia.rules.question import Question
from setia.values.codes import Built, DeclineCode
from setia.values.outcomes import Declined, Gift, Result, Take

DONATED: Final = Built.DONATED.value
ALL: Final = "all"
"""As ``amount``: all that the member has, as far as the steps of the cause go."""


def donate(question: Question, env: Env, result: Result) -> Declined | None:
    """Note on ``result`` what a donation takes and gives; for a member who always wants to give, whether they may.

    A share of what was earned (``percent``) is given as it comes, without the cause's least and step.
    """
    programme, body = question.book.programme, question.body
    cause = programme.causes.get(body["cause"])
    if cause is None:
        return Declined(DeclineCode.CAUSE_UNKNOWN, {"cause": body["cause"]})
    is_ended = question.kind != DONATED and not body["percent"]
    if is_ended:
        return None
    if cause.schedule is not None and not is_open(cause.schedule, question.at, programme.zone):
        return Declined(DeclineCode.CAUSE_CLOSED, {"cause": cause.name})
    if cause.when is not None and not cause.when.test(env):
        return Declined(DeclineCode.CAUSE_NOT_ELIGIBLE, {"cause": cause.name, "when": cause.when.source})
    return _give(question, cause, env, result) if question.kind == DONATED else None


def _give(question: Question, cause: Cause, env: Env, result: Result) -> Declined | None:
    body = question.body
    is_share = "percent" in body
    found = max(int(question.facts["w"].get(cause.unit, 0)), 0)
    wanted = body["amount"]
    if wanted == ALL:
        wanted = max(found // cause.step * cause.step, cause.least)
    if not is_share and (wanted < cause.least or wanted % cause.step):
        facts = {
            "cause": cause.name, "unit": cause.unit, "step": cause.step, "at_least": cause.least, "wanted": wanted,
        }  # fmt: skip
        return Declined(DeclineCode.DONATION_AMOUNT_WRONG, facts)
    if wanted > found:
        return Declined(DeclineCode.INSUFFICIENT_BALANCE, {"unit": cause.unit, "wanted": wanted, "found": found})
    money = cause.money(wanted, question.book.programme.units[cause.unit].decimals)
    added = 0
    if cause.match is not None:
        added = min(cause.match.of(money), int(question.facts["h"][cause.matched]))
    env["donation.cause"], env["donation.money"], env["donation.match"] = cause.name, money, added
    env["donation.is_share"] = is_share
    result.takes.append(Take(cause.unit, wanted, "", f"cause:{cause.name}"))
    result.gift = Gift(cause.name, cause.unit, wanted, money, added)
    return None


def share(amount: int, percent: int) -> int:
    """The part of ``amount`` steps that hundredths of a percent are, rounded down."""
    return amount * percent // 10_000
