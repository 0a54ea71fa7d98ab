"""Two accounts of one person become one, and for a time two again. Pure.

What is open goes over lot by lot, with its dates, its issuer and where it came from; what is remembered stays with
whoever it was of, so that it can be taken up again. Whatever comes in for the one who is gone is the other's.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from setia.flow.apply import announce, announce_badges, balances, note_tier, watch
from setia.flow.work import CONSEQUENCE, Decision, Gathered, MemberWork, Version, Voucher
from setia.ledger.lots import FAR, HoldState, Lot
from setia.ledger.plan import plan_put_in, plan_take_out
from setia.rules import ladder
from setia.rules.facts import metric_value
from setia.state.bringing import HELD, OPEN
from setia.state.merged import Merged, count_with
from setia.state.progress import Progress
from setia.values.activities import Activity
from setia.values.card_codes import is_card
from setia.values.codes import Account, DeclineCode, EventName
from setia.values.instants import local_date
from setia.values.outcomes import Declined, Result

ABSORBED: Final = "member.absorbed"
RESTORED: Final = "member.restored"
"""What stands in the history of whoever goes, and comes back."""
REVERSE: Final = "reverse"
MOVED: Final = "moved"
"""The state of a voucher that went over to another member."""


def merge(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Take another account of the same person into this one."""
    other = gathered.members.get(UUID(hex=decision.activity.body["with"]))
    why = _hindrance(member, other, decision.activity.recorded_at)
    if why is not None or other is None:
        return why or Declined(DeclineCode.MERGE_NOT_POSSIBLE, {"why": "unknown"})
    now = decision.activity.recorded_at
    theirs = _beside(decision, other, ABSORBED, {"into": member.id.hex})
    merged = Merged(member.id.hex, now)
    told: dict[str, Any] = {"other": other.id.hex, "until": merged.until.isoformat()}
    told["duplicates"] = _settle_duplicates(gathered, member, other, decision, theirs, merged)
    told["lots"] = _hand_over_lots(member, other, decision, theirs, merged)
    for _, voucher in sorted(other.vouchers.items()):
        if voucher.state != "issued":
            continue
        number = _hand_over(other, member, theirs, decision, voucher, now)
        merged.vouchers.append((voucher.no, number))
        told.setdefault("vouchers", []).append([number, voucher.reward])
    _hand_over_reservations(gathered, member, other, decision)
    before = (member.progress.tier, member.progress.tier_since, member.progress.tier_until)
    _remember_both(version, member, other.progress, decision, merged, now)
    level = _raise(version, member, other, decision, now)
    after = (member.progress.tier, member.progress.tier_since, member.progress.tier_until)
    if after != before:
        since, ends = (None if at is None else at.isoformat() for at in before[1:])
        merged.tier = (before[0], since, ends)
    until = member.progress.tier_until
    told["tier"] = [before[0], level, None if until is None else until.isoformat()]
    other.progress.merged = merged
    if member.id.hex not in other.progress.homes:
        other.progress.homes.append(member.id.hex)
    other.due_at, other.is_touched = None, True
    decision.answer["merged"] = told
    announce(decision, member, EventName.MEMBER_MERGED, {"other": other.id.hex})
    announce(theirs, other, EventName.MEMBER_MERGED, {"other": member.id.hex})
    return None


def part(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Part two accounts again: what is left of the other's goes back, and what came since stays."""
    now = decision.activity.recorded_at
    other = gathered.members.get(UUID(hex=decision.activity.body["with"]))
    merged = None if other is None else other.progress.merged
    if other is None or merged is None or merged.into != member.id.hex:
        return Declined(DeclineCode.NOT_MERGED, {"into": "" if merged is None else merged.into})
    if member.progress.merged is not None:  # what was the other's is with a third by now: that merge is undone first
        return Declined(DeclineCode.MERGED_ALREADY, {"into": member.progress.merged.into})
    if now > merged.until:
        return Declined(DeclineCode.UNMERGE_WINDOW_CLOSED, {"until": merged.until.isoformat()})
    other.progress.merged = None
    theirs = _beside(decision, other, RESTORED, {"from": member.id.hex})
    lots = 0
    for _, number in merged.lots:
        lot = member.wallet.lots.get(number)
        if lot is not None and lot.left:
            lots += lot.left
            _move_lot(member, other, decision, theirs, lot, now, "unmerged")
    for number, amount in merged.reversed:
        lot = other.wallet.lots[number]
        theirs.entries += plan_put_in(other.wallet, lot, amount, now, source=Account.ADJUSTED, reason="unmerged")
    for _, number in merged.vouchers:
        voucher = member.vouchers.get(number)
        if voucher is not None and voucher.state == "issued":
            _hand_over(member, other, decision, theirs, voucher, now)
    _remember_one(version, member, other.progress, decision, merged, now)
    other.progress.settled_at = now
    for kind, day in member.progress.marks.items():  # what has a day had it here
        other.progress.marks[kind] = max(day, other.progress.marks.get(kind, day))
    if version.programme.tiers is not None:
        note_tier(theirs, other, ladder.after_activity(version.programme, other.progress, balances(other.wallet), now))
    other.is_touched = True
    decision.answer["parted"] = {"other": other.id.hex, "steps": lots, "tier": member.progress.tier}
    announce(decision, member, EventName.MEMBER_UNMERGED, {"other": other.id.hex})
    announce(theirs, other, EventName.MEMBER_UNMERGED, {"other": member.id.hex})
    return None


def _hindrance(member: MemberWork, other: MemberWork | None, now: dt.datetime) -> Declined | None:
    """What has to be settled before, if anything."""
    if other is None or is_card(other.id) or is_card(member.id):
        return Declined(DeclineCode.MERGE_NOT_POSSIBLE, {"why": "unknown"})
    if other.id == member.id:
        return Declined(DeclineCode.MERGE_NOT_POSSIBLE, {"why": "same_member"})
    if other.progress.merged is not None:
        return Declined(DeclineCode.MERGED_ALREADY, {"into": other.progress.merged.into})
    plan, brought = other.progress.membership, other.progress.brought
    if plan is not None and (plan.renews is not None or plan.invoice is not None or plan.at(now) is not None):
        return Declined(DeclineCode.PLAN_IN_THE_WAY, {"plan": "" if plan.last is None else plan.last.plan})
    why = ""
    if other.is_blocked:
        why = "blocked"
    elif any(hold.state is HoldState.PLACED for hold in other.wallet.holds.values()):
        why = "open_holds"
    elif any(balance.debt for who in (member, other) for balance in who.wallet.balances.values()):
        why = "debt"
    elif brought is not None and brought.by is not None and brought.state in (OPEN, HELD):
        why = "open_referral"
    return Declined(DeclineCode.MERGE_NOT_POSSIBLE, {"why": why}) if why else None


def _beside(decision: Decision, other: MemberWork, kind: str, body: dict[str, Any]) -> Decision:
    cause = decision.activity
    told = Activity(
        UUID(int=cause.id.int ^ 1), kind, CONSEQUENCE, f"{kind}:{cause.id.hex}", other.id, cause.occurred_at,
        cause.recorded_at, body,
    )  # fmt: skip
    found = Decision(told, "accepted", decision.version, Result(), of=cause.id)
    decision.beside.append(found)
    return found


def _settle_duplicates(
    gathered: Gathered, member: MemberWork, other: MemberWork, decision: Decision, theirs: Decision, merged: Merged
) -> list[list[Any]]:
    """Bonuses that are given once and both had: told, and where that is asked taken out of the other's lots."""
    mine, yours = gathered.once.get(member.id, {}), gathered.once.get(other.id, {})
    takes = decision.activity.body.get("duplicates") == REVERSE
    now, told = decision.activity.recorded_at, []
    for key in sorted(mine.keys() & yours.keys()):
        for origin, rule, unit, amount in yours[key]:
            taken = 0
            lots = [
                lot for lot in other.wallet.lots.values() if (lot.origin, lot.rule, lot.unit) == (origin, rule, unit)
            ]
            for lot in sorted(lots, key=lambda lot: lot.no) if takes else ():
                steps = min(lot.left, amount - taken)
                if steps:
                    theirs.entries.append(
                        plan_take_out(other.wallet, lot, steps, now, into=Account.ADJUSTED, reason="duplicate")
                    )
                    merged.reversed.append((lot.no, steps))
                    taken += steps
            told.append([rule, unit, amount, taken])
    return told


def _hand_over_lots(
    member: MemberWork, other: MemberWork, decision: Decision, theirs: Decision, merged: Merged
) -> list[list[Any]]:
    told: list[list[Any]] = []
    now = decision.activity.recorded_at
    for lot in sorted(other.wallet.lots.values(), key=lambda lot: lot.no):
        if lot.left:
            amount = lot.left
            merged.lots.append((lot.no, _move_lot(other, member, theirs, decision, lot, now, "merged")))
            told.append([lot.unit, amount, None if lot.expires_at is None else lot.expires_at.isoformat()])
    return told


def _move_lot(
    giver: MemberWork, taker: MemberWork, giving: Decision, taking: Decision, lot: Lot, now: dt.datetime, reason: str
) -> int:
    """All that is left of a lot becomes a lot of the taker's; returns its number."""
    amount = lot.left
    giving.entries.append(plan_take_out(giver.wallet, lot, amount, now, into=Account.TRANSFERRED, reason=reason))
    entries = plan_put_in(taker.wallet, lot, amount, now, source=Account.TRANSFERRED, reason=reason)
    taking.entries += entries
    return entries[0].no


def _hand_over(
    giver: MemberWork, taker: MemberWork, giving: Decision, taking: Decision, voucher: Voucher, now: dt.datetime
) -> int:
    """A voucher goes into other hands: it keeps its code, and gets a number there."""
    taker.wallet.seq += 1
    there = replace(voucher, no=taker.wallet.seq)
    voucher.state, voucher.code = MOVED, ""
    for who, told, kept in ((giver, giving, voucher), (taker, taking, there)):
        who.vouchers[kept.no] = kept
        told.vouchers.append(kept)
        watch(who, kept, now)
    return there.no


def _hand_over_reservations(gathered: Gathered, member: MemberWork, other: MemberWork, decision: Decision) -> None:
    """What was set aside for a cart of the other's is set aside for the same cart of the one who stays."""
    for kept in [kept for kept in gathered.reservations if kept.member_id == other.id]:
        gathered.reservations.remove(kept)
        decision.freed.append(kept)
        theirs = replace(kept, member_id=member.id)
        gathered.reservations.append(theirs)
        decision.reserved.append(theirs)


def _remember_both(
    version: Version, member: MemberWork, other: Progress, decision: Decision, merged: Merged, now: dt.datetime
) -> None:
    programme, progress = version.programme, member.progress
    day = local_date(now, programme.zone)
    for name, state in other.streaks.items():
        metric = programme.metrics.get(name)
        if metric is not None and metric_value(metric, other, day) > metric_value(metric, progress, day):
            progress.streaks[name] = replace(state)
    count_with(programme, progress, other, 1)
    held = set(progress.badges)
    for name, (count, since) in other.badges.items():
        if name in progress.badges:
            progress.badges[name] = (progress.badges[name][0], min(since, progress.badges[name][1]))
        else:
            progress.badges[name] = (count, since)
            merged.badges.append(name)
    announce_badges(decision, member, held)
    for unit, at in other.active_at.items():
        progress.active_at[unit] = max(at, progress.active_at.get(unit, at))
    for kind, mark in other.marks.items():
        progress.marks[kind] = max(mark, progress.marks.get(kind, mark))
    for kind, prints in other.prints.items():
        progress.prints[kind] = list(dict.fromkeys((*prints, *progress.prints.get(kind, ()))))
    if other.care.until is not None:
        progress.care.until = max(other.care.until, progress.care.until or other.care.until)
    progress.care.limit = progress.care.limit or other.care.limit
    if other.last_occurred_at is not None:
        progress.last_occurred_at = max(other.last_occurred_at, progress.last_occurred_at or other.last_occurred_at)


def _raise(version: Version, member: MemberWork, other: MemberWork, decision: Decision, now: dt.datetime) -> str:
    """The better level of both with the later end; and a higher one, where both together reach it."""
    tiers = version.programme.tiers
    progress, theirs = member.progress, other.progress
    if tiers is None:
        return ""
    mine, better = ladder.level_of(tiers, progress), ladder.level_of(tiers, theirs)
    if better.rank > mine.rank:
        if progress.tier_since is not None:
            progress.tier_history.append((progress.tier_since, progress.tier))
        progress.tier, progress.tier_since, progress.tier_until = better.name, now, theirs.tier_until
        progress.noticed_for = theirs.noticed_for
        until = None if theirs.tier_until is None else theirs.tier_until.isoformat()
        data = {"from": mine.name, "to": better.name, "is_up": True, "until": until}
        announce(decision, member, EventName.TIER_CHANGED, data)
    elif better.rank == mine.rank and (theirs.tier_until or FAR) > (progress.tier_until or FAR):
        progress.tier_until, progress.noticed_for = theirs.tier_until, theirs.noticed_for
    note_tier(decision, member, ladder.after_activity(version.programme, progress, balances(member.wallet), now))
    return progress.tier


def _remember_one(
    version: Version, member: MemberWork, other: Progress, decision: Decision, merged: Merged, now: dt.datetime
) -> None:
    """Take the other's counts out again. A level that came by the merge goes, unless it is reached without it."""
    programme, progress = version.programme, member.progress
    count_with(programme, progress, other, -1)
    held = set(progress.badges)
    for name in merged.badges:
        progress.badges.pop(name, None)
    announce_badges(decision, member, held)
    if merged.tier is None or programme.tiers is None:
        return
    name, since, until = merged.tier
    was = progress.tier
    progress.tier_history.append((progress.tier_since or now, was))
    progress.tier, progress.tier_since = name, now if since is None or name != was else dt.datetime.fromisoformat(since)
    progress.tier_until = None if until is None else dt.datetime.fromisoformat(until)
    progress.noticed_for = None
    ladder.after_activity(programme, progress, balances(member.wallet), now)
    if progress.tier != was:
        ends = None if progress.tier_until is None else progress.tier_until.isoformat()
        data = {"from": was, "to": progress.tier, "is_up": False, "until": ends}
        announce(decision, member, EventName.TIER_CHANGED, data)
