"""Exchanges: units that become other units, of the programme or of a partner, and undoing that. Pure."""

from __future__ import annotations

from dataclasses import replace

from setia.flow.amend import taken_lots
from setia.flow.apply import announce, announce_expired, apply_house
from setia.flow.needs import referred_key
from setia.flow.undo import restore
from setia.flow.work import Decision, Gathered, MemberWork, Standing, Version, owner_of
from setia.language.contracts import Exchange
from setia.ledger.plan import Entry, Shortfall, Terms, plan_award, plan_reversal, plan_spend
from setia.rules.terms import expiry, expiry_rule
from setia.values.codes import Account, Built, DeclineCode, EventName
from setia.values.instants import Until, deadline, local_date
from setia.values.outcomes import Declined, Result
from setia.values.stakes import NOBODY

_EXCHANGE = "exchange"


def exchange(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Take units of one kind and give those of another; what belongs to a partner outside is only counted."""
    activity, body, programme = decision.activity, decision.activity.body, version.programme
    found = programme.exchanges.get(body[_EXCHANGE])
    if found is None:
        return Declined(DeclineCode.EXCHANGE_UNKNOWN, {_EXCHANGE: body[_EXCHANGE]})
    amount = body["amount"]
    least = max(found.at_least or 0, found.taken)
    if amount % found.taken or amount < least:
        facts = {_EXCHANGE: found.name, "unit": found.take, "step": found.taken, "at_least": least, "wanted": amount}
        return Declined(DeclineCode.EXCHANGE_AMOUNT_WRONG, facts)
    left = _left(member, version, found, decision)
    if left is not None and amount > left:
        facts = {_EXCHANGE: found.name, "unit": found.take, "left": left}
        return Declined(DeclineCode.EXCHANGE_LIMIT_REACHED, facts)
    got = amount // found.taken * found.given
    if found.take in programme.units:
        refused = _take(member, version, found, decision, amount)
        if refused is not None:
            return refused
    if found.give in programme.units:
        refused = _give(member, version, found, decision, got)
        if refused is not None:
            return refused
    else:
        apply_house(gathered, decision, {f"sent:{found.name}": got})
    _count(member, version, found, decision, amount)
    decision.answer["exchanged"] = {
        "exchange": found.name, "took": amount, "unit": found.take, "fee": found.fee, "gave": got, "as": found.give,
        "partner": found.partner,
    }  # fmt: skip
    data = {_EXCHANGE: found.name, "took": amount, "from": found.take, "gave": got, "to": found.give}
    announce(decision, member, EventName.EXCHANGED, data)
    gathered.standings[activity.id] = Standing(
        activity, version.number, body, {}, Result(), taken=taken_lots(decision.entries)
    )
    return None


def _take(member: MemberWork, version: Version, found: Exchange, decision: Decision, amount: int) -> Declined | None:
    activity = decision.activity
    stake = version.programme.burning(found.partner or "", found.take, activity.occurred_at)
    if stake is None:
        return Declined(DeclineCode.PARTNER_CANNOT_BURN, {"partner": found.partner, "unit": found.take})
    wanted = amount + found.fee
    spendable = member.wallet.balance(found.take).spendable
    if wanted > spendable:
        short = {"unit": found.take, "wanted": wanted, "found": max(spendable, 0)}
        return Declined(DeclineCode.INSUFFICIENT_BALANCE, short)
    # The fee goes to the operator, whoever gets the rest.
    for part, reason, place in ((amount, _EXCHANGE, stake), (found.fee, "fee", NOBODY)):
        if part:
            planned = plan_spend(
                member.wallet,
                found.take,
                part,
                activity.recorded_at,
                into=Account.EXCHANGED,
                reason=reason,
                stake=place,
            )
            assert not isinstance(planned, Shortfall), "what is spendable can be spent"
            decision.entries += planned
    return None


def _give(member: MemberWork, version: Version, found: Exchange, decision: Decision, got: int) -> Declined | None:
    activity, programme = decision.activity, version.programme
    stake = programme.earning(found.partner or "", found.give, activity.occurred_at)
    if stake is None:
        return Declined(DeclineCode.PARTNER_CANNOT_EARN, {"partner": found.partner, "unit": found.give})
    unit = programme.units[found.give]
    ends = expiry(programme, expiry_rule(unit, None, ""), activity.occurred_at, None)
    decision.entries += plan_award(
        member.wallet, unit.name, got, origin=activity.id, earned_at=activity.occurred_at,
        terms=Terms(None, ends, stake=stake), source=Account.EXCHANGED, reason=_EXCHANGE,
    )  # fmt: skip
    return None


def undo_exchange(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Give back what was taken, fee and all, as long as what was given is wholly there."""
    key = referred_key(decision.activity)
    assert key is not None
    known = gathered.recorded.get(key)
    standing = None if known is None else gathered.standings.get(known.activity_id)
    if standing is None or standing.activity.type != Built.EXCHANGE.value:
        return Declined(DeclineCode.EXCHANGE_UNKNOWN, {_EXCHANGE: key[1]})
    original = standing.activity
    owner = owner_of(gathered, member, original.member_id)
    if owner is None:
        return Declined(DeclineCode.RECEIPT_OF_OTHER_MEMBER, {"receipt": key[1]})
    if standing.is_void:
        return Declined(DeclineCode.ALREADY_RETURNED, {"receipt": key[1]})
    rated = next(one for one in gathered.versions if one.number == standing.version)
    found = rated.programme.exchanges[original.body[_EXCHANGE]]
    now = decision.activity.recorded_at
    got = original.body["amount"] // found.taken * found.given
    lots = [lot for lot in member.wallet.lots.values() if lot.origin == original.id and lot.unit == found.give]
    is_late = found.cancel_within is None or decision.activity.occurred_at >= deadline(
        original.occurred_at, found.cancel_within, Until.END_OF_DAY, rated.programme.zone
    )
    if is_late or sum(lot.left for lot in lots) < got:
        facts = {_EXCHANGE: found.name, "why": "too late" if is_late else "spent"}
        return Declined(DeclineCode.EXCHANGE_NOT_CANCELLABLE, facts)
    decision.version = rated.number
    stake = lots[0].stake
    back, missing = plan_reversal(
        member.wallet, found.give, got, now, origin=original.id, when_spent="within_balance", stake=stake
    )
    assert not missing, "all of it is there"
    restored: list[Entry] = []
    for taken in standing.taken.values():
        amount = sum(part for _, part in taken)
        restored += restore(
            gathered, member, owner.id, found.take, amount, now, taken, NOBODY, source=Account.EXCHANGED
        )
    decision.entries += back + restored
    announce(decision, member, EventName.REVERSED, {"unit": found.give, "amount": got})
    total = sum(part for parts in standing.taken.values() for _, part in parts)
    announce(decision, member, EventName.RESTORED, {"unit": found.take, "amount": total})
    announce_expired(decision, member, restored)
    for who in (member,) if owner is member else (member, owner):
        _count(who, rated, found, replace(decision, activity=original), -original.body["amount"])
        who.is_touched = True
    after = replace(standing, is_void=True, taken={})
    gathered.standings[original.id] = after
    decision.of, decision.standing = original.id, after
    decision.answer["restored"] = {found.take: total}
    return None


def _key(found: Exchange) -> str:
    return f"exchange/{found.name}"


def _left(member: MemberWork, version: Version, found: Exchange, decision: Decision) -> int | None:
    if found.limit is None:
        return None
    buckets = member.progress.limits.get(_key(found), {})
    day = local_date(decision.activity.occurred_at, version.programme.zone)
    return max(found.limit.amount - found.limit.window.value(buckets, day, member.progress.joined_on), 0)


def _count(member: MemberWork, version: Version, found: Exchange, decision: Decision, amount: int) -> None:
    if found.limit is None:
        return
    day = local_date(decision.activity.occurred_at, version.programme.zone)
    bucket = found.limit.window.bucket(day, member.progress.joined_on)
    buckets = member.progress.limits.setdefault(_key(found), {})
    buckets[bucket] = buckets.get(bucket, 0) + amount
