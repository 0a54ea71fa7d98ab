"""Moves that the rules have no say in: holds, adjustments, transfers, pools that close. Pure.

Each takes the decision that is being made, books its entries on the wallet and returns a decline or None.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from setia.flow.apply import announce, announce_expired, apply_house
from setia.flow.needs import goodwill_account, person
from setia.flow.work import Decision, Gathered, MemberWork, Version
from setia.language.model import Unit
from setia.language.unit_model import Quota
from setia.ledger.lots import Hold, HoldState, Lot
from setia.ledger.plan import (
    Entry,
    Shortfall,
    Terms,
    plan_award,
    plan_commit,
    plan_hold,
    plan_release,
    plan_spend,
)  # fmt: skip
from setia.rules.terms import expiry, expiry_rule
from setia.values.activities import Activity, Body
from setia.values.card_codes import is_card
from setia.values.codes import Account, DeclineCode, EventName
from setia.values.instants import Span, Step, Until, add_span, deadline, local_date
from setia.values.outcomes import Declined
from setia.values.stakes import NOBODY

_FINAL = {
    HoldState.COMMITTED: DeclineCode.ALREADY_COMMITTED,
    HoldState.RELEASED: DeclineCode.ALREADY_RELEASED,
    HoldState.LAPSED: DeclineCode.HOLD_LAPSED,
    HoldState.DECLINED: DeclineCode.HOLD_DECLINED,
}


def place_hold(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Set units aside until the payment is settled."""
    activity, body = decision.activity, decision.activity.body
    lapse = version.programme.hold_lapses
    if "lapses_after" in body:
        lapse = Span(body["lapses_after"], Step.MINUTES)
    lapses_at = add_span(activity.recorded_at, lapse, version.programme.zone)
    partner = body.get("partner", "")
    hold = Hold(activity.id, body["unit"], body["amount"], HoldState.PLACED, lapses_at, partner=partner)
    if version.programme.burning(partner, hold.unit, activity.occurred_at) is None:
        return Declined(DeclineCode.PARTNER_CANNOT_BURN, {"partner": partner, "unit": hold.unit})
    planned = plan_hold(member.wallet, hold, activity.recorded_at)
    decision.answer["hold"] = {"id": activity.id.hex, "lapses_at": lapses_at.isoformat()}
    if isinstance(planned, Shortfall):
        return _insufficient(planned)
    decision.entries += planned
    data = {"hold": activity.id.hex, "unit": hold.unit, "amount": hold.amount}
    announce(decision, member, EventName.HOLD_PLACED, data)
    return None


def release_hold(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Let go of what was set aside."""
    activity, body = decision.activity, decision.activity.body
    hold = _placed_hold(member, body)
    if isinstance(hold, Declined):
        return hold
    freed = plan_release(member.wallet, hold, activity.recorded_at, HoldState.RELEASED)
    decision.entries += freed
    data = {"hold": body["hold"], "unit": hold.unit, "amount": hold.amount}
    announce(decision, member, EventName.HOLD_RELEASED, data)
    announce_expired(decision, member, freed)
    return None


def commit_hold(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Spend what was set aside, all or a part; the rest is free again."""
    activity, body = decision.activity, decision.activity.body
    hold = _placed_hold(member, body)
    if isinstance(hold, Declined):
        return hold
    amount = body.get("amount", hold.amount)
    if amount > hold.amount:
        return Declined(DeclineCode.HOLD_EXCEEDED, {"hold": body["hold"], "wanted": amount, "held": hold.amount})
    stake = version.programme.burning(hold.partner, hold.unit, activity.occurred_at) or NOBODY
    entries = plan_commit(member.wallet, hold, amount, activity.recorded_at, stake=stake)
    decision.entries += entries
    decision.answer["freed"] = hold.amount - amount
    data = {"hold": body["hold"], "unit": hold.unit, "amount": amount, "freed": hold.amount - amount}
    announce(decision, member, EventName.HOLD_COMMITTED, data)
    announce_expired(decision, member, entries)
    return None


def _placed_hold(member: MemberWork, body: Body) -> Hold | Declined:
    hold = member.wallet.holds.get(UUID(hex=body["hold"]))
    if hold is None or body.get("partner", hold.partner) != hold.partner:
        return Declined(DeclineCode.HOLD_UNKNOWN, {"hold": body["hold"]})
    if hold.state is not HoldState.PLACED:
        return Declined(_FINAL[hold.state], {"hold": body["hold"]})
    return hold


def adjust(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Correct a balance by hand: a gift is a lot like any other, a charge takes only what is there."""
    activity, body = decision.activity, decision.activity.body
    unit = version.programme.units[body["unit"]]
    amount = body["amount"]
    if amount > 0 and body.get("by_member") == member.id.hex:
        return Declined(DeclineCode.SELF_CREDIT, {"unit": unit.name, "amount": amount})
    limit = version.programme.adjustments.approve_above.get(unit.name)
    if not _is_approved(body):
        if limit is not None and abs(amount) > limit:
            return Declined(DeclineCode.APPROVAL_NEEDED, {"unit": unit.name, "left": limit, "amount": abs(amount)})
        account, per_day = goodwill_account(version.programme, activity)
        if per_day is not None:
            left = gathered.house[account]
            if amount > left:
                return Declined(DeclineCode.APPROVAL_NEEDED, {"unit": unit.name, "left": left, "amount": amount})
            apply_house(gathered, decision, {account: -amount})
    if amount > 0:
        partner = body.get("partner", "")
        stake = version.programme.earning(partner, unit.name, activity.occurred_at)
        if stake is None:
            return Declined(DeclineCode.PARTNER_CANNOT_EARN, {"partner": partner, "unit": unit.name})
        ends = expiry(version.programme, expiry_rule(unit, None, ""), activity.occurred_at, None)
        decision.entries += plan_award(
            member.wallet, unit.name, amount, origin=activity.id, earned_at=activity.occurred_at,
            terms=Terms(None, ends, stake=stake), source=Account.ADJUSTED, reason="adjusted",
        )  # fmt: skip
    else:
        planned = plan_spend(
            member.wallet, unit.name, -amount, activity.recorded_at, into=Account.ADJUSTED, reason="adjusted"
        )
        if isinstance(planned, Shortfall):
            return _insufficient(planned)
        decision.entries += planned
    announce(decision, member, EventName.ADJUSTED, {"unit": unit.name, "amount": amount, "reason": body["reason"]})
    return None


def _is_approved(body: Body) -> bool:
    """Whether somebody else than who adjusts has approved."""
    names = [person(body.get(name)) for name in ("by", "approved_by")]
    return bool(names[1]) and names[0] != names[1]


def transfer(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Send units to another member, whose own decision stands beside."""
    activity, body = decision.activity, decision.activity.body
    unit = version.programme.units[body["unit"]]
    policy = unit.transfer
    receiver = gathered.members.get(UUID(hex=body["to"]))
    if policy is None or receiver is None or receiver.id == member.id or receiver.is_blocked or is_card(receiver.id):
        return Declined(DeclineCode.TRANSFER_NOT_ALLOWED, {"unit": unit.name})
    amount, now = body["amount"], activity.recorded_at
    for who, quota, way in ((member, policy.send, "send"), (receiver, policy.receive, "receive")):
        left = _quota_left(who, version, quota, f"{way}/{unit.name}", now)
        if left is not None and amount > left:
            facts = {"unit": unit.name, "way": way, "left": left}
            return Declined(DeclineCode.TRANSFER_LIMIT_REACHED, facts)
    lots = member.wallet.open_lots(unit.name)
    if policy.min_life is not None:
        earliest = add_span(now, policy.min_life, version.programme.zone)
        lots = [lot for lot in lots if (ends := lot.ends_by(now)) is None or ends >= earliest]
    planned = plan_spend(member.wallet, unit.name, amount, now, into=Account.TRANSFERRED, reason="sent", lots=lots)
    if isinstance(planned, Shortfall):
        return _insufficient(planned)
    decision.entries += planned
    got = Activity(
        _receipt_id(activity), "balance.received", activity.source, f"{activity.external_id}:received",
        receiver.id, activity.occurred_at, now, {"unit": unit.name, "amount": amount, "from": member.id.hex},
    )  # fmt: skip
    received = Decision(got, "accepted", version.number, decision.result.__class__(), of=activity.id)
    received.entries = _receive(member, receiver, version, unit, planned, got)
    for who, quota, way in ((member, policy.send, "send"), (receiver, policy.receive, "receive")):
        if quota is not None:
            key = f"{way}/{unit.name}"
            bucket = quota.window.bucket(local_date(now, version.programme.zone), who.progress.joined_on)
            buckets = who.progress.limits.setdefault(key, {})
            buckets[bucket] = buckets.get(bucket, 0) + amount
    data = {"unit": unit.name, "amount": -amount, "to": receiver.id.hex}
    announce(decision, member, EventName.TRANSFERRED, data)
    announce(received, receiver, EventName.TRANSFERRED, {"unit": unit.name, "amount": amount, "from": member.id.hex})
    decision.beside.append(received)
    return None


def _receive(
    sender: MemberWork, receiver: MemberWork, version: Version, unit: Unit, sent: list[Entry], got: Activity
) -> list[Entry]:
    """The receiver's lots, one for each piece of the sender's, with the dates that the policy says."""
    assert unit.transfer is not None
    entries: list[Entry] = []
    for piece in sent:
        assert piece.lot is not None
        lot = sender.wallet.lots[piece.lot]
        entries += plan_award(
            receiver.wallet, unit.name, piece.amount, origin=got.id, earned_at=got.occurred_at,
            terms=Terms(None, _received_end(version, unit, lot, got.recorded_at), lot.pool, lot.stake),
            source=Account.TRANSFERRED, reason="received",
        )  # fmt: skip
    return entries


def _received_end(version: Version, unit: Unit, lot: Lot, now: dt.datetime) -> dt.datetime | None:
    policy = unit.transfer
    assert policy is not None
    if policy.expiry == "keep":
        return lot.ends_by(now)
    if policy.expiry == "lives":
        assert policy.lives is not None
        return deadline(now, policy.lives, Until.END_OF_DAY, version.programme.zone)
    return expiry(version.programme, expiry_rule(unit, None, lot.pool), now, None)


def close_pool(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A source is closed: what came from it lives only as long as the pool grants, if it would live longer."""
    activity = decision.activity
    name = activity.body["pool"]
    found = False
    for unit in version.programme.units.values():
        pool = unit.pools.get(name)
        if pool is None:
            continue
        found = True
        if pool.closed is None:
            continue
        ends = deadline(activity.occurred_at, pool.closed, Until.END_OF_DAY, version.programme.zone)
        lots = [lot for lot in member.wallet.lots.values() if lot.unit == unit.name and lot.pool == name and lot.left]
        for lot in sorted(lots, key=lambda lot: lot.no):
            over = lot.ends_by(activity.recorded_at)
            if lot.is_pending or (over is not None and over <= ends):
                continue
            # What is dated anew is not moved once more by pauses that are over.
            is_moved = lot.pauses.stopped_before(activity.recorded_at) > lot.pauses.stopped_before(lot.earned_at)
            taken = plan_spend(
                member.wallet, unit.name, lot.left, activity.recorded_at,
                into=Account.TRANSFERRED, reason="pool_closed", lots=[lot],
            )  # fmt: skip
            if isinstance(taken, Shortfall):
                continue  # what a debt covers stays where it is
            decision.entries += taken
            decision.entries += plan_award(
                member.wallet, unit.name, sum(entry.amount for entry in taken), origin=lot.origin,
                earned_at=activity.recorded_at if is_moved else lot.earned_at,
                terms=Terms(None, ends, name, lot.stake), source=Account.TRANSFERRED,
                rule=lot.rule, reason="pool_closed",
            )  # fmt: skip
    if not found:
        return Declined(DeclineCode.POOL_UNKNOWN, {"pool": name})
    if name not in member.progress.closed_pools:
        member.progress.closed_pools.append(name)
    return None


def _quota_left(member: MemberWork, version: Version, quota: Quota | None, key: str, now: dt.datetime) -> int | None:
    if quota is None:
        return None
    buckets = member.progress.limits.get(key, {})
    used = quota.window.value(buckets, local_date(now, version.programme.zone), member.progress.joined_on)
    return max(quota.amount - used, 0)


def _insufficient(short: Shortfall) -> Declined:
    facts = {"unit": short.unit, "wanted": short.wanted, "found": short.found}
    return Declined(DeclineCode.INSUFFICIENT_BALANCE, facts)


def _receipt_id(activity: Activity) -> UUID:
    """The receiver's side of a transfer: the sender's id with its last bit turned."""
    return UUID(int=activity.id.int ^ 1)
