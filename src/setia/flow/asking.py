"""Asking the rules about an activity: the facts about its member, and what the evaluator makes of them. Pure."""

from __future__ import annotations

from typing import Any, Final

from setia.flow import cards, contests, vouchers
from setia.flow.apply import wallet_facts
from setia.flow.work import ONWARD, Gathered, MemberWork, Version, stands_at
from setia.rules.evaluate import Question, evaluate
from setia.rules.facts import collect
from setia.rules.luck import add_luck
from setia.rules.rulebook import rulebook
from setia.values.activities import Activity
from setia.values.chance import Luck
from setia.values.codes import Built
from setia.values.outcomes import Result

_BRINGING: Final = (Built.PURCHASE.value, Built.USE.value)


def ask(
    gathered: Gathered, member: MemberWork, version: Version, activity: Activity, luck: Luck | None
) -> tuple[dict[str, Any], Result]:
    """The facts for ``activity``, and what it comes to; nothing is changed. ``luck`` None: nothing is drawn."""
    book = rulebook(version.programme)
    plan = book.plan(activity.type)
    house = vouchers.free_house(gathered, member, activity)
    facts = collect(
        book, plan, member.progress, wallet_facts(member.wallet), house, activity.body, activity.occurred_at
    )
    if activity.source != ONWARD and gathered.pauses.at(stands_at(activity)) is not None:
        facts["pz"] = True
    if activity.body.get("vouchers") and activity.type in _BRINGING:
        look = vouchers.voucher_facts(gathered, member, version, activity, facts)
        facts |= {"v": look, "h": facts.get("h", {}) | vouchers.drawn(look, house)}
    if activity.type == Built.PURCHASE and activity.body.get("gift_cards"):
        facts["gc"] = cards.facts(gathered, version, activity.body)
    add_luck(version.programme, plan, member.progress, luck, activity, facts)
    facts |= contests.facts(gathered, version, activity)
    question = Question(
        book, activity.type, activity.body, activity.occurred_at, facts, activity.source, programmes=version.programmes
    )
    return facts, evaluate(question)
