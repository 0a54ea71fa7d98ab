"""Giving to causes: donations with their receipts, cancelling them, and the share that a member always gives. Pure.

What a donation takes and what the cause gets is decided by the rules (``rules.giving``). Here it gets its receipt, and
here it is undone: when the member cancels it, or when the sale of which it was a share is amended.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from setia.flow.amend import amend
from setia.flow.apply import announce, apply_house
from setia.flow.needs import receipts_account, referred_key
from setia.flow.work import CONSEQUENCE, Decision, Gathered, MemberWork, Standing, Version, owner_of, send_onward
from setia.ledger.lots import Lot
from setia.rules.giving import DONATED, share
from setia.rules.match import is_open
from setia.rules.rulebook import PURCHASE
from setia.values.activities import Activity, Body
from setia.values.codes import Built, DeclineCode, EventName
from setia.values.instants import local_date
from setia.values.outcomes import Award, Declined, Result

NOTED: Final = (DONATED, Built.GIVING.value)
"""What is noted after the rules have allowed it."""


def give(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Settle how much a share of a sale is by now: what was given of it before is taken off."""
    activity = decision.activity
    if "sale" not in activity.body:
        return None
    sale = gathered.standings.get(UUID(hex=activity.body["sale"]))
    due = 0 if sale is None else _due(gathered, version, sale, activity.body, activity.recorded_at)
    if due <= 0:
        cause = activity.body["cause"]
        return Declined(DeclineCode.DONATION_AMOUNT_WRONG, {"cause": cause, "unit": "", "step": 1, "at_least": 1})
    activity.body = {**activity.body, "amount": due}
    return None


def _due(gathered: Gathered, version: Version, sale: Standing, body: Body, now: dt.datetime) -> int:
    cause = version.programme.causes.get(body["cause"])
    if cause is None:
        return 1  # the rules say what is wrong with it
    given = (gathered.standings[gift] for gift in gathered.gifts.get(sale.activity.id, ()))
    before = sum(gift.result.spent(cause.unit) for gift in given)
    return _share(sale.result, cause.unit, body["percent"], now) - before


def _share(result: Result, unit: str, percent: int, now: dt.datetime) -> int:
    """The share of what a sale has given by ``now``, as far as it can be spent."""
    return share(sum(award.amount for award in result.awards if award.unit == unit and _is_there(award, now)), percent)


def _is_there(award: Award, now: dt.datetime) -> bool:
    return award.activates_at is None or award.activates_at <= now


def note(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> None:
    """Give a donation its receipt; of a member who always wants to give, remember what."""
    if decision.activity.type != DONATED:
        _note_share(member, decision)
        return
    activity, gift = decision.activity, decision.result.gift
    assert gift is not None
    account = receipts_account(activity.recorded_at, version.programme.zone)
    apply_house(gathered, decision, {account: 1})
    year, number = int(account.partition(":")[2]), gathered.house[account]
    receipt = f"{year}-{number:06}"
    activity.body = {**activity.body, "amount": gift.amount, "receipt": receipt}
    sale = activity.body.get("sale")
    if sale is not None:
        gathered.gifts.setdefault(UUID(hex=sale), []).append(activity.id)
    data = {
        "cause": gift.cause, "unit": gift.unit, "amount": gift.amount, "money": gift.money, "match": gift.match,
        "receipt": receipt,
    }  # fmt: skip
    announce(decision, member, EventName.DONATED, data)
    day = local_date(activity.recorded_at, version.programme.zone)
    decision.answer["gift"] = {**data, "year": year, "number": number, "on": day.isoformat()}


def _note_share(member: MemberWork, decision: Decision) -> None:
    body = decision.activity.body
    member.progress.giving = (body["cause"], body["percent"]) if body["percent"] else None
    decision.answer["giving"] = {"cause": body["cause"], "percent": body["percent"]}
    announce(decision, member, EventName.GIVING_CHANGED, {"cause": body["cause"], "percent": body["percent"]})


def cancel(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """Take a donation back, as long as it was not paid out: its units return, its receipt is void."""
    key = referred_key(decision.activity)
    assert key is not None
    known = gathered.recorded.get(key)
    standing = None if known is None else gathered.standings.get(known.activity_id)
    if standing is None or standing.activity.type != DONATED:
        return Declined(DeclineCode.DONATION_UNKNOWN, {"donation": key[1]})
    if owner_of(gathered, member, standing.activity.member_id) is None:
        return Declined(DeclineCode.RECEIPT_OF_OTHER_MEMBER, {"receipt": key[1]})
    if standing.is_void:
        return Declined(DeclineCode.ALREADY_RETURNED, {"receipt": key[1]})
    if standing.activity.id in gathered.paid_out:
        return Declined(DeclineCode.ALREADY_PAID_OUT, {"receipt": standing.activity.body["receipt"]})
    _void(gathered, member, decision, standing)
    return None


def _void(gathered: Gathered, member: MemberWork, decision: Decision, standing: Standing) -> None:
    rated = next(one for one in gathered.versions if one.number == standing.version)
    decision.version = rated.number
    gift, body = standing.result.gift, standing.activity.body
    assert gift is not None
    amend(gathered, member, rated, decision, standing, {}, is_void=True)
    decision.answer["void"] = {"gift": standing.activity.id.hex, "receipt": body["receipt"], "cause": gift.cause}
    data = {"cause": gift.cause, "unit": gift.unit, "amount": gift.amount, "receipt": body["receipt"]}
    announce(decision, member, EventName.DONATION_CANCELLED, data)


# A share of what is earned --------------------------------------------------------------------------------------------


def follow(member: MemberWork, version: Version, decision: Decision) -> None:
    """Let a purchase set off the donation of the member's share, if it gave anything of the kind."""
    giving, now = member.progress.giving, decision.activity.recorded_at
    cause = None if giving is None else version.programme.causes.get(giving[0])
    if giving is not None and cause is not None and _share(decision.result, cause.unit, giving[1], now):
        _send(member, version, decision, decision.activity.id, giving)


def follow_activation(member: MemberWork, version: Version, decision: Decision, lots: list[Lot]) -> None:
    """Let units that a purchase gave for later, and that can be spent now, set it off."""
    giving = member.progress.giving
    cause = None if giving is None else version.programme.causes.get(giving[0])
    if giving is None or cause is None:
        return
    bought = [lot for lot in lots if lot.unit == cause.unit and _is_bought(version, lot)]
    for origin in dict.fromkeys(lot.origin for lot in bought):
        _send(member, version, decision, origin, giving)


def _is_bought(version: Version, lot: Lot) -> bool:
    rule = version.programme.rules.get(lot.rule)
    return rule is not None and PURCHASE in rule.on


def _send(member: MemberWork, version: Version, decision: Decision, sale: UUID, giving: tuple[str, int]) -> None:
    cause = version.programme.causes[giving[0]]
    if cause.schedule is None or is_open(cause.schedule, decision.activity.occurred_at, version.programme.zone):
        body = {"cause": cause.name, "percent": giving[1], "sale": sale.hex}
        send_onward(decision, member.id, DONATED, body, part=sale.hex)


def withdraw(gathered: Gathered, member: MemberWork, decision: Decision, sale: Standing) -> None:
    """Take back the shares that were given of a sale that is amended; what was paid out stays with its cause.

    What is left of the sale is shared anew afterwards, under a receipt of its own.
    """
    for gift in gathered.gifts.get(sale.activity.id, ()):
        standing = gathered.standings[gift]
        if standing.is_void or gift in gathered.paid_out:
            continue
        cause, kind = decision.activity, Built.UNDONATE.value
        activity = Activity(
            UUID(int=cause.id.int ^ len(decision.beside) + 1), kind, CONSEQUENCE, f"{kind}:{cause.id.hex}:{gift.hex}",
            member.id, cause.occurred_at, cause.recorded_at, {"of_sale": sale.activity.id.hex},
        )  # fmt: skip
        part = Decision(activity, "accepted", standing.version, Result())
        given = standing.activity.body
        _void(gathered, member, part, standing)
        decision.beside.append(part)
        body = {name: given[name] for name in ("cause", "percent", "sale")}
        if sale.activity.member_id != member.id:  # a sale of somebody who is part of the member now
            body["buyer"] = sale.activity.member_id.hex
        send_onward(decision, member.id, DONATED, body, part=given["cause"])
