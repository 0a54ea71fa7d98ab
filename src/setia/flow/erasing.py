"""The end of a person in the book: what becomes of the units of whoever asked to be forgotten. Pure.

Names and addresses are no part of this; see ``flow.erasure``.
"""

from __future__ import annotations

from setia.flow.apply import announce, announce_expired
from setia.flow.work import Decision, Gathered, MemberWork, Version
from setia.ledger.lots import HoldState
from setia.ledger.plan import plan_expiry, plan_release
from setia.values.codes import DeclineCode, EventName
from setia.values.outcomes import Declined

KEEP = "keep"
FORFEIT = "forfeit"
WHAT_BECOMES = (KEEP, FORFEIT)
"""Of the units of whoever is erased: they end when they would have ended anyway, or at once."""


def close(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Forget what is known of the member. What they have is left to end by itself, or is over at once.

    A plan that is renewed would go on asking for money: it has to be cancelled first.
    """
    progress, now = member.progress, decision.activity.recorded_at
    plan = progress.membership
    if plan is not None and plan.renews is not None:
        return Declined(DeclineCode.PLAN_IN_THE_WAY, {"plan": plan.renews[0]})
    what = decision.activity.body.get("points", KEEP)
    if what == FORFEIT:
        for hold in [hold for hold in member.wallet.holds.values() if hold.state is HoldState.PLACED]:
            decision.entries += plan_release(member.wallet, hold, now, HoldState.RELEASED)
        for lot in sorted(member.wallet.lots.values(), key=lambda lot: lot.no):
            decision.entries += plan_expiry(member.wallet, lot, now, reason="erased")
        announce_expired(decision, member, decision.entries)
    progress.birthday = progress.birthday_changed_on = None
    progress.attributes, progress.prints, progress.visitor = {}, {}, ""
    progress.erased_at = progress.erased_at or now
    member.is_blocked = True
    announce(decision, member, EventName.MEMBER_ERASED, {"points": what})
    return None
