"""A quote that is promised: what a purchase would draw on the house is set aside for its cart. Pure.

A promise is a reservation like that of a code: a row beside each account with the instant at which it ends. Whoever
looks at the account counts those that live, and the purchase that names the cart sees its own.
"""

from __future__ import annotations

from dataclasses import replace

from setia.flow.apply import announce, end_promise, house_changes
from setia.flow.asking import ask
from setia.flow.work import Decision, Gathered, MemberWork, Reservation, Version
from setia.values.codes import Built, EventName
from setia.values.instants import Span, Step, add_span
from setia.values.outcomes import Declined, result_to_json


def promise(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Set aside what the purchase would draw on budgets, packs and stocks. The same cart has one promise: a new one
    takes the place of the one before. What chance would bring is not promised."""
    activity = decision.activity
    body = {name: value for name, value in activity.body.items() if name != "lapses_after"}
    session = body.setdefault("session", activity.id.hex)
    asked = replace(activity, type=Built.PURCHASE.value, body=body)
    _, result = ask(gathered, member, version, asked, None)
    if result.declined is not None:
        return result.declined
    lapse = version.programme.hold_lapses
    if "lapses_after" in activity.body:
        lapse = Span(activity.body["lapses_after"], Step.MINUTES)
    until = add_span(activity.recorded_at, lapse, version.programme.zone)
    end_promise(gathered, decision, session)
    drawn = house_changes(version.programme, result, gathered.house)
    for account, change in sorted(drawn.items()):
        if change < 0:
            kept = Reservation(account, "", session, member.id, -change, activity.recorded_at, until)
            gathered.reservations.append(kept)
            decision.reserved.append(kept)
    new = {kept.account for kept in decision.reserved}
    decision.freed = [kept for kept in decision.freed if kept.account not in new]
    decision.answer["promise"] = {
        "session": session,
        "until": until.isoformat(),
        "reserved": {kept.account: kept.quantity for kept in decision.reserved},
    }
    decision.answer["quoted"] = result_to_json(result)
    announce(decision, member, EventName.QUOTE_PROMISED, {"session": session, "until": until.isoformat()})
    return None
