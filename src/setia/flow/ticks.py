"""What falls due by itself in a wallet: holds that lapse, units that can be spent, reminders, ends. Pure."""

from __future__ import annotations

import datetime as dt

from setia.flow import causes
from setia.flow.apply import announce, announce_expired
from setia.flow.clock import Due, mark, reminders
from setia.flow.work import Decision, MemberWork, Version
from setia.ledger.lots import HoldState, Lot
from setia.ledger.plan import plan_activation, plan_expiry, plan_release
from setia.values.codes import EventName
from setia.values.instants import local_date


def lapse_holds(member: MemberWork, decision: Decision, due: Due) -> None:
    """Holds that nobody committed end."""
    for hold in list(member.wallet.holds.values()):
        if hold.state is HoldState.PLACED and hold.lapses_at == due.at:
            freed = plan_release(member.wallet, hold, due.at, HoldState.LAPSED)
            decision.entries += freed
            data = {"hold": hold.id.hex, "unit": hold.unit, "amount": hold.amount}
            announce(decision, member, EventName.HOLD_LAPSED, data)
            announce_expired(decision, member, freed)


def activate(member: MemberWork, version: Version, decision: Decision, due: Due) -> None:
    """Units that waited can be spent."""
    totals: dict[str, int] = {}
    activated: list[Lot] = []
    for lot in sorted(member.wallet.lots.values(), key=lambda lot: lot.no):
        if lot.left and lot.is_pending and lot.activates_at == due.at:
            totals[lot.unit] = totals.get(lot.unit, 0) + lot.left
            decision.entries += plan_activation(member.wallet, lot, due.at)
            activated.append(lot)
    for unit, amount in totals.items():
        announce(decision, member, EventName.ACTIVATED, {"unit": unit, "amount": amount})
    causes.follow_activation(member, version, decision, activated)


def remind(member: MemberWork, version: Version, decision: Decision, due: Due) -> None:
    """Tell what will end, once for each unit and end."""
    programme = version.programme
    today = local_date(due.at, programme.zone)
    totals: dict[tuple[str, dt.datetime], int] = {}
    for day, unit, amount, ends in reminders(version, member):
        if day == today:
            totals[unit, ends] = totals.get((unit, ends), 0) + amount
    mark(member.progress, due, programme)
    for (unit, ends), amount in sorted(totals.items()):
        data = {"unit": unit, "amount": amount, "expires_at": ends.isoformat()}
        announce(decision, member, EventName.EXPIRING, data)


def expire(member: MemberWork, decision: Decision, due: Due) -> None:
    """Units end."""
    totals: dict[str, int] = {}
    for lot in sorted(member.wallet.lots.values(), key=lambda lot: lot.no):
        is_idle = bool(due.unit) and lot.unit == due.unit and lot.expires_at is None
        if lot.left and (lot.ends_at == due.at if not due.unit else is_idle):
            totals[lot.unit] = totals.get(lot.unit, 0) + lot.left
            decision.entries += plan_expiry(member.wallet, lot, due.at, reason="inactive" if is_idle else "")
    if due.unit:
        member.progress.active_at[due.unit] = due.at
    for unit_name, amount in totals.items():
        announce(decision, member, EventName.EXPIRED, {"unit": unit_name, "amount": amount})
