"""Activities that amend an earlier one: returns and cancellations, revisions, rewards given back. Pure."""

from __future__ import annotations

from typing import Any

from setia.flow import amend, cards, causes, plans, receipts, vouchers
from setia.flow.apply import announce, wallet_facts, watch
from setia.flow.needs import referred_key
from setia.flow.refunds import share_of
from setia.flow.work import Decision, Gathered, MemberWork, Recorded, Standing, Version, owner_of
from setia.rules.facts import collect
from setia.rules.rulebook import rulebook
from setia.values.codes import Built, DeclineCode, EventName
from setia.values.outcomes import Declined


def take_back(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A return or cancellation: the sale is asked again without what went back, or waited for if it is not there."""
    activity = decision.activity
    key = referred_key(activity)
    assert key is not None
    known = gathered.recorded.get(key)
    standing = None if known is None else gathered.standings.get(known.activity_id)
    if standing is None:
        if known is not None and known.member_id != member.id:
            return Declined(DeclineCode.RECEIPT_OF_OTHER_MEMBER, {"receipt": key[1]})
        if known is not None and known.type != Built.PURCHASE:
            return Declined(DeclineCode.NOT_ON_RECEIPT, {"line": key[1], "wanted": 0, "left": 0})
        decision.status = "parked"  # so it is, too, when the sale was declined and may yet be corrected
        gathered.parked.setdefault(key, []).append(activity)
        return None
    if standing.activity.type != Built.PURCHASE:
        return Declined(DeclineCode.NOT_ON_RECEIPT, {"line": key[1], "wanted": 0, "left": 0})
    version = _rated_by(gathered, standing)
    decision.version = version.number
    declined = receipts.decline_return(gathered, standing, activity, version)
    if declined is not None:
        return declined
    causes.withdraw(gathered, member, decision, standing)
    returned = receipts.returned_quantities(standing, activity)
    body, is_void = receipts.reduced_body(version.programme, standing.first_body, returned)
    standing.returned = returned
    share = None
    if version.programme.refunds.method == "proportional" and not is_void:
        share = share_of(standing, returned)
    if not is_void:
        body = amend.paid_less(version, standing, standing.body, standing.result, body, standing.facts, share)
    amend.amend(gathered, member, version, decision, standing, body, is_void=is_void, share_returned=share)
    plans.sale_returned(member, version, decision, gathered.standings[standing.activity.id])
    return None


def revise(gathered: Gathered, member: MemberWork, decision: Decision, known: Recorded) -> Declined | None:
    """A newer version of a recorded sale replaces it; what was returned of it stays returned."""
    standing = gathered.standings.get(known.activity_id)
    if standing is None or owner_of(gathered, member, standing.activity.member_id) is None:
        return Declined(DeclineCode.RECEIPT_OF_OTHER_MEMBER, {"receipt": decision.activity.external_id})
    version = _rated_by(gathered, standing)
    decision.version = version.number
    declined = cards.check(gathered, version, decision.activity.body, standing)
    if declined is not None:
        return declined
    facts = _facts_for_revision(gathered, member, version, decision, standing)
    refused = next((fact for fact in facts.get("v", ()) if "x" in fact), None)
    if refused is not None and "expect_total" not in decision.activity.body:
        return Declined(DeclineCode(refused["x"]), refused["f"])
    first, body, is_void, declined = amend.revised_body(
        gathered, version, standing, member, decision.activity.body, facts
    )
    if declined is not None:
        return declined
    standing.revision = decision.activity.revision
    causes.withdraw(gathered, member, decision, standing)
    amend.amend(gathered, member, version, decision, standing, body, is_void=is_void, facts=facts, first_body=first)
    return None


def unclaim(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """A claimed reward is given back: what it cost returns, and what it stood for is there for others."""
    number = decision.activity.body["voucher"]
    voucher = member.vouchers.get(number)
    if voucher is None:
        return Declined(DeclineCode.VOUCHER_UNKNOWN, {"voucher": number})
    cards.look_at(gathered, member)
    standing = gathered.standings.get(voucher.activity_id)
    is_part = voucher.state == "issued" and not voucher.is_whole
    refuses = is_part and (not voucher.worth or not voucher.left or version.programme.refunds.part_used == "refuse")
    if voucher.state != "issued" or standing is None or standing.is_void or refuses:
        return Declined(DeclineCode.VOUCHER_NOT_CANCELLABLE, {"voucher": number, "state": voucher.state})
    if standing.activity.type != Built.CLAIM:
        return Declined(DeclineCode.VOUCHER_NOT_CANCELLABLE, {"voucher": number, "state": "given by a rule"})
    version = _rated_by(gathered, standing)
    if not is_part:
        amend.amend(gathered, member, version, decision, standing, {}, is_void=True)
        return None
    # What was used stays paid, and the voucher is worth just that; the price of the rest comes back.
    if voucher.card is not None:
        cards.empty(gathered, decision, voucher, is_gone=False)
    given_back, worth = standing.body.get("kept", (0, voucher.worth))
    body = {**standing.body, "kept": [given_back + voucher.left, worth]}
    voucher.state, voucher.worth, voucher.left = "used", voucher.worth - voucher.left, 0
    decision.vouchers.append(voucher)
    watch(member, voucher, decision.activity.recorded_at)
    amend.amend(gathered, member, version, decision, standing, body)
    announce(decision, member, EventName.REWARD_CANCELLED, {"reward": voucher.reward, "voucher": voucher.no})
    return None


def _facts_for_revision(
    gathered: Gathered, member: MemberWork, version: Version, decision: Decision, standing: Standing
) -> dict[str, Any]:
    """The facts of the first record, and of what only the new body needs (a claim, a payment) those of now."""
    book = rulebook(version.programme)
    body, at = decision.activity.body, standing.activity.occurred_at
    plan = book.plan(standing.activity.type)
    wallet = wallet_facts(member.wallet)
    fresh = collect(book, plan, member.progress, wallet, gathered.house, body, at)
    facts = dict(standing.facts)
    facts.pop("v", None)
    if body.get("vouchers"):
        facts["v"] = vouchers.voucher_facts(gathered, member, version, decision.activity, facts, standing)
        facts = vouchers.as_they_are(gathered, member, standing, facts, is_revision=True)
        fresh["h"] = fresh.get("h", {}) | vouchers.drawn(facts["v"], gathered.house)
    for name in ("w", "h"):
        if name in fresh:
            facts[name] = {**fresh[name], **facts.get(name, {})}
    facts.pop("gc", None)
    if body.get("gift_cards"):
        facts["gc"] = cards.facts(gathered, version, body, standing)
    there = amend.house_there(gathered, version, standing, decision.activity.recorded_at)
    for issue in standing.result.issues:  # what it has given is there for it to go on giving
        if not issue.in_order and f"stock:{issue.reward}" in there:
            there[f"stock:{issue.reward}"] += issue.quantity
    if "h" in facts:  # others may have drawn on the house since
        facts["h"] = {account: there.get(account, left) for account, left in facts["h"].items()}
    return facts


def _rated_by(gathered: Gathered, standing: Standing) -> Version:
    """The version that decided the activity at first."""
    return next(version for version in gathered.versions if version.number == standing.version)
