"""From a result to the book: entries, vouchers, memory and events of an accepted activity. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from setia.flow.work import Decision, Event, Gathered, MemberWork, Version, Voucher, stands_at
from setia.language.model import ExpiresIdle, Programme
from setia.ledger.lots import Wallet
from setia.ledger.plan import Entry, Shortfall, Terms, plan_award, plan_spend
from setia.rules import ladder
from setia.rules.fold import fold
from setia.values.activities import Activity
from setia.values.card_codes import is_card
from setia.values.codes import OF_OTHERS, Account, EventName
from setia.values.instants import local_date
from setia.values.outcomes import Award, Issue, Result, Take, TierChange
from setia.values.stakes import Owed, money


def balances(wallet: Wallet) -> dict[str, int]:
    """Unit → what a ladder by balance counts: what the member can spend, and what a payment under way holds."""
    return {unit: balance.spendable + balance.held for unit, balance in wallet.balances.items()}


def wallet_facts(wallet: Wallet) -> dict[str, tuple[int, int]]:
    """Unit → (spendable, pending)."""
    return {unit: (balance.spendable, balance.pending) for unit, balance in wallet.balances.items()}


def announce(decision: Decision, member: MemberWork, name: EventName, data: dict[str, Any]) -> None:
    """Add an event to the decision, with the member's next number."""
    member.event_seq += 1
    member.is_touched = True
    decision.events.append(Event(member.id, member.event_seq, name, decision.activity.occurred_at, data))


def book_awards(member: MemberWork, awards: list[Award], activity: Activity, *, reason: str = "") -> list[Entry]:
    """Entries for what is given."""
    entries: list[Entry] = []
    for award in awards:
        entries += plan_award(
            member.wallet,
            award.unit,
            award.amount,
            origin=activity.id,
            earned_at=activity.occurred_at,
            terms=Terms(award.activates_at, award.expires_at, award.pool, award.stake),
            source=_source(award),
            rule=award.rule,
            reason=reason,
        )
    return entries


def _source(award: Award) -> Account:
    """What no rule gives was bought with money."""
    if award.is_budgeted:
        return Account.BUDGET
    return Account.ISSUED if award.rule else Account.SOLD


def book_takes(member: MemberWork, takes: list[Take], at: dt.datetime) -> list[Entry]:
    """Entries for what is spent. The rules have found the wallet sufficient; anything else is a bug."""
    entries: list[Entry] = []
    for take in takes:
        if not take.amount:
            continue
        planned = plan_spend(
            member.wallet,
            take.unit,
            take.amount,
            at,
            into=take.into,
            rule=take.rule,
            reason=take.reason,
            stake=take.stake,
        )
        assert not isinstance(planned, Shortfall), f"rules allowed a spend that the wallet cannot bear: {planned}"
        entries += planned
    return entries


def house_changes(programme: Programme, result: Result, accounts: dict[str, int], *, sign: int = -1) -> dict[str, int]:
    """What ``result`` takes from the constrained house accounts (``sign`` 1: gives back)."""
    changes: dict[str, int] = {}
    for award in result.awards:
        for account, drawn in drawn_by(programme, award).items():
            changes[account] = changes.get(account, 0) + sign * drawn
    for issue in result.issues:
        account = f"stock:{issue.reward}"
        if account in accounts:
            changes[account] = changes.get(account, 0) + sign * issue.quantity
    for use in result.uses:
        if use.account in accounts:
            changes[use.account] = changes.get(use.account, 0) + sign * use.quantity
    if result.gift is not None:
        gift = result.gift
        changes[f"given:{gift.cause}"] = -sign * (gift.money + gift.match)  # it counts up what the cause gets
        changes[f"match:{gift.cause}"] = sign * gift.match
    if "account" in result.play:
        changes[result.play["account"]] = sign
    for account in result.play.get("reserved", ()):  # what was set aside when it was won is not drawn again
        changes[account] = changes.get(account, 0) - sign * (account in changes)
    return changes


def drawn_by(programme: Programme, award: Award) -> dict[str, int]:
    """What an award draws on the house: its budget, in units or in money, and the pack of its issuer."""
    drawn: dict[str, int] = {}
    if award.is_budgeted:
        drawn[award.budget] = award.amount
    elif award.budget:
        drawn[award.budget] = money(award.amount, award.stake.price, programme.units[award.unit].decimals)
    if award.stake.owed is Owed.PREPAID:
        drawn[f"pack:{award.stake.partner}"] = award.amount
    elif award.stake.owed is Owed.OVERDRAWN:
        drawn[f"overdrawn:{award.stake.partner}"] = -award.amount  # it counts up what the partner owes
    return drawn


def apply_house(gathered: Gathered, decision: Decision, changes: dict[str, int]) -> None:
    """Change the house accounts, and remember by how much."""
    for account, change in changes.items():
        if change:
            gathered.house[account] = gathered.house.get(account, 0) + change
            assert gathered.house[account] >= 0, f"{account} would fall to {gathered.house[account]}"
            decision.house[account] = decision.house.get(account, 0) + change


def apply_result(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> None:
    """Book an accepted result: entries, vouchers, metrics, limits, tier, house accounts and events."""
    activity, result, programme = decision.activity, decision.result, version.programme
    progress = member.progress
    member.is_touched = True
    # What is given is decided by the version of its day, the level that it leads to by the ladder of today.
    now = stands_at(activity)
    today = (gathered.version_at(now, member) or version).programme
    awarded = book_awards(member, result.awards, activity)
    spent = book_takes(member, result.takes, now)
    decision.entries += awarded + spent
    issue_vouchers(member, decision, result.issues)
    book_uses(gathered, member, decision, Result(), result)
    if "session" in activity.body:
        end_promise(gathered, decision, activity.body["session"])
    held = set(progress.badges)
    fold(programme, progress, result, activity.occurred_at)
    announce_badges(decision, member, held)
    progress.carry.update(result.carry)
    apply_house(gathered, decision, house_changes(programme, result, gathered.house))
    _announce_result(decision, member, result)
    _announce_exhausted(gathered, decision, member)
    if today.tiers is not None:
        change = ladder.after_activity(today, progress, balances(member.wallet), now)
        note_tier(decision, member, change)
        if local_date(activity.occurred_at, today.zone) < local_date(now, today.zone):
            note_tier(decision, member, ladder.proven(today, progress, activity.occurred_at, now))


def announce_badges(decision: Decision, member: MemberWork, held: set[str]) -> None:
    """Announce the badges that a member has since, and those of ``held`` that they have no more."""
    now = set(member.progress.badges)
    for badge in sorted(now - held):
        announce(decision, member, EventName.BADGE_AWARDED, {"badge": badge})
    for badge in sorted(held - now):
        announce(decision, member, EventName.BADGE_REVOKED, {"badge": badge})


def follow_balance(gathered: Gathered, member: MemberWork, decision: Decision) -> None:
    """A level that is measured by a balance follows whatever moved it: an adjustment, a transfer, the clock."""
    at = stands_at(decision.activity)
    version = gathered.version_at(at, member)
    tiers = None if version is None else version.programme.tiers
    if (
        version is None
        or tiers is None
        or is_card(member.id)
        or all(entry.unit != tiers.unit for entry in decision.entries)
    ):
        return
    change = ladder.after_activity(version.programme, member.progress, balances(member.wallet), at)
    note_tier(decision, member, change)


def announce_expired(decision: Decision, member: MemberWork, entries: list[Entry]) -> None:
    """Announce what ended as it came back: it had been held or spent beyond its last day."""
    totals: dict[str, int] = {}
    for entry in entries:
        if entry.credit is Account.EXPIRED:
            totals[entry.unit] = totals.get(entry.unit, 0) + entry.amount
    for unit, amount in totals.items():
        announce(decision, member, EventName.EXPIRED, {"unit": unit, "amount": amount})


def issue_vouchers(member: MemberWork, decision: Decision, issues: list[Issue], *, origin: UUID | None = None) -> None:
    """Put what was issued into the member's hand; what was used inside the order leaves no voucher.

    ``origin``: the activity that gives them, where the decision amends it.
    """
    for issue in issues:
        if issue.in_order:
            continue
        member.wallet.seq += 1  # vouchers and entries share one numbering within the member
        voucher = Voucher(
            member.wallet.seq, issue.reward, issue.quantity, origin or decision.activity.id, issue.rule,
            decision.activity.occurred_at, issue.valid_until, cost=dict(issue.cost), left=issue.worth or issue.quantity,
            worth=issue.worth, activates_at=issue.activates_at, version=decision.version,
        )  # fmt: skip
        member.vouchers[voucher.no] = voucher
        watch(member, voucher, decision.activity.recorded_at)
        decision.vouchers.append(voucher)


def book_uses(gathered: Gathered, member: MemberWork, decision: Decision, old: Result, new: Result) -> None:
    """Change the member's vouchers from what ``old`` used to what ``new`` uses, and end the cart's reservations."""
    before, after = {use.code: use for use in old.uses}, {use.code: use for use in new.uses}
    session = decision.activity.body.get("session")
    for code in dict.fromkeys((*before, *after)):
        use = after.get(code) or before[code]
        change = (after[code].quantity if code in after else 0) - (before[code].quantity if code in before else 0)
        free(gathered, decision, code, session)
        if not change and code in before:
            continue
        data: dict[str, Any] = {"code": code, "reward": use.reward, "amount": use.amount}
        if use.no is not None:
            voucher = member.vouchers[use.no]
            voucher.left -= change
            if voucher.state in ("issued", "used") or (voucher.state == "lapsed" and not voucher.left):
                voucher.state = "issued" if voucher.left else "used"  # what was revoked or is over stays so
            watch(member, voucher, decision.activity.recorded_at)
            data |= {"voucher": use.no, "left": voucher.left}
        announce(decision, member, EventName.VOUCHER_RETURNED if change < 0 else EventName.VOUCHER_USED, data)


def free(gathered: Gathered, decision: Decision, code: str, session: str | None) -> None:
    """End the reservation of a code by the member's cart ``session``, if there is one."""
    for kept in list(gathered.reservations):
        if (kept.code, kept.session, kept.member_id) == (code, session, decision.activity.member_id):
            gathered.reservations.remove(kept)
            decision.freed.append(kept)


def kept_for_others(gathered: Gathered, member_id: UUID, session: str | None, now: dt.datetime) -> dict[str, int]:
    """House account → what the carts of others have set aside of it. ``session``: the member's own cart."""
    found: dict[str, int] = {}
    for kept in gathered.reservations:
        if kept.until > now and (kept.member_id, kept.session) != (member_id, session):
            found[kept.account] = found.get(kept.account, 0) + kept.quantity
    return found


def end_promise(gathered: Gathered, decision: Decision, session: str) -> None:
    """End what was promised to the member's cart ``session``, if anything was."""
    free(gathered, decision, "", session)


def is_of_pool(gathered: Gathered, voucher: Voucher) -> bool:
    """Whether its code was imported and handed out: it was seen, so that nobody else can have it."""
    programme = gathered.versions[0].programmes.get(voucher.version)
    reward = None if programme is None else programme.rewards.get(voucher.reward)
    return reward is not None and reward.codes == "pool"


def watch(member: MemberWork, voucher: Voucher, now: dt.datetime) -> None:
    """Let the clock look at the dates of the voucher that are to come, as long as it is in the member's hand."""
    start = voucher.activates_at if voucher.activates_at is not None and voucher.activates_at > now else None
    if voucher.state == "issued" and (start is not None or voucher.valid_until is not None):
        member.progress.vouchers[voucher.no] = (voucher.reward, start, voucher.valid_until)
    else:
        member.progress.vouchers.pop(voucher.no, None)
    member.is_touched = True


def withdraw(gathered: Gathered, member: MemberWork, decision: Decision, voucher: Voucher) -> None:
    """Take an unused voucher back; what it stood for is there again for others."""
    voucher.state = "cancelled"
    decision.vouchers.append(voucher)
    watch(member, voucher, decision.activity.recorded_at)
    if f"stock:{voucher.reward}" in gathered.house and not is_of_pool(gathered, voucher):
        apply_house(gathered, decision, {f"stock:{voucher.reward}": voucher.quantity})
    announce(decision, member, EventName.REWARD_CANCELLED, {"reward": voucher.reward, "voucher": voucher.no})


def note_tier(decision: Decision, member: MemberWork, change: TierChange | None) -> None:
    """Write a change of tier into the decision and announce it."""
    if change is None:
        return
    decision.result.tier = change
    member.is_touched = True
    announce(
        decision,
        member,
        EventName.TIER_CHANGED,
        {
            "from": change.before,
            "to": change.level,
            "is_up": change.is_up,
            "until": None if change.until is None else change.until.isoformat(),
        },
    )


def note_activity(member: MemberWork, version: Version, activity: Activity) -> None:
    """Being active keeps wallets that end by inactivity alive; what others do for a member is no activity of theirs."""
    if activity.type in OF_OTHERS:
        return
    for unit in version.programme.units.values():
        policy = unit.expires
        if isinstance(policy, ExpiresIdle) and (not policy.activities or activity.type in policy.activities):
            last = member.progress.active_at.get(unit.name)
            if last is None or activity.occurred_at > last:
                member.progress.active_at[unit.name] = activity.occurred_at
                member.is_touched = True


def _announce_result(decision: Decision, member: MemberWork, result: Result) -> None:
    totals: dict[str, list[int]] = {}
    for award in result.awards:
        pair = totals.setdefault(award.unit, [0, 0])
        pair[award.activates_at is not None] += award.amount
    for unit, (usable, pending) in totals.items():
        rules = list(dict.fromkeys(award.rule for award in result.awards if award.unit == unit))
        data = {"unit": unit, "amount": usable + pending, "pending": pending, "rules": rules}
        announce(decision, member, EventName.EARNED, data)
    for unit in dict.fromkeys(take.unit for take in result.takes):
        announce(decision, member, EventName.SPENT, {"unit": unit, "amount": result.spent(unit)})
    for issue in result.issues:
        data = {"reward": issue.reward, "quantity": issue.quantity, "rule": issue.rule, "in_order": issue.in_order}
        announce(decision, member, EventName.REWARD_ISSUED, data)


def _announce_exhausted(gathered: Gathered, decision: Decision, member: MemberWork) -> None:
    if not decision.house and not decision.result.exhausted:
        return
    empty = {account for account, change in decision.house.items() if change < 0 and not gathered.house[account]}
    # What is promised to others is not given yet: its end is announced once it is, or once it is free and used up.
    kept = kept_for_others(gathered, member.id, None, stands_at(decision.activity))
    for account in sorted(empty | {name for name in decision.result.exhausted if name not in kept}):
        notice = notice_of(account)
        if gathered.house.get(notice, 0) <= 0:
            continue
        apply_house(gathered, decision, {notice: -1})
        left = gathered.house.get(account, 0)
        kind, _, name = account.partition(":")
        if kind == "pack":
            units = [a.unit for a in decision.result.awards if a.stake.partner == name]
            data = {"partner": name, "left": left, **({"unit": units[0]} if units else {})}
            announce(decision, member, EventName.PACK_EXHAUSTED, data)
        else:
            announce(decision, member, EventName.BUDGET_EXHAUSTED, {"rule": name, "left": left})


def notice_of(account: str) -> str:
    """The account that is 1 until the end of a budget or of a pack has been announced."""
    kind, _, name = account.partition(":")
    return {"budget": f"notice:{name}", "money": f"notice:{name}", "pack": f"notice:pack/{name}"}.get(kind, "")
