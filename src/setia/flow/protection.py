"""What a level costs that is only kept because it is protected. Pure."""

from __future__ import annotations

from setia.flow.apply import balances
from setia.flow.work import Decision, MemberWork, Version
from setia.rules import ladder
from setia.rules.evaluate import Question, evaluate
from setia.rules.rulebook import rulebook
from setia.values.instants import local_date


def note_benefit_cost(member: MemberWork, version: Version, decision: Decision) -> None:
    """Note what a level costs that is only kept because it is protected: money off and units beyond those due."""
    activity, programme, progress = decision.activity, version.programme, member.progress
    day = local_date(activity.recorded_at, programme.zone)
    due = ladder.below_protection(programme, progress, balances(member.wallet), day)
    if due is None or decision.facts.get("t") != progress.tier:
        return
    facts = {**decision.facts, "t": due.name}
    book = rulebook(programme)
    asked = Question(
        book, activity.type, activity.body, activity.occurred_at, facts, activity.source, True, version.programmes
    )
    without = evaluate(asked)
    result = decision.result
    units = {unit: result.earned(unit) - without.earned(unit) for unit in programme.units}
    decision.answer["benefit_cost"] = {
        "tier": progress.tier,
        "due": due.name,
        "money": result.totals["discount"] - without.totals.get("discount", 0),
        "units": {unit: more for unit, more in units.items() if more},
    }
