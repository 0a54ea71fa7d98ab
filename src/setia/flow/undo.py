"""Taking back what a sale had set off: a card that it filled, a bonus for the level that it led to. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from uuid import UUID

from setia.flow import plans
from setia.flow.apply import announce, announce_badges, apply_house, drawn_by, withdraw
from setia.flow.work import Decision, Gathered, MemberWork, Standing, Voucher, owner_of
from setia.ledger.plan import Entry, plan_restoration, plan_restoration_elsewhere, plan_reversal
from setia.rules.fold import fold
from setia.rules.rulebook import TIER_CHANGED
from setia.values.codes import CHALLENGE_COMPLETED, Account, EventName
from setia.values.outcomes import Issue
from setia.values.stakes import Stake


def free_units(
    gathered: Gathered, member: MemberWork, decision: Decision, standing: Standing, gone: dict[str, int]
) -> None:
    """Undo, latest first, what spent units that the sale now takes back, as long as there are not enough of them.

    ``gone``: unit → steps to be taken back. Only what is wholly there is undone: a reward that was used stays, and is
    told with those that the answer names as kept.
    """
    for unit, amount in gone.items():
        for cause in reversed(_open(gathered, standing)):
            if amount <= _within_reach(member, standing, unit):
                break
            if not cause.result.spent(unit):
                continue
            if _is_whole(member, cause):
                take_back(gathered, member, decision, standing, cause, "within_balance")
            else:
                kept = [issue.reward for issue in cause.result.issues]
                decision.answer.setdefault("kept", []).extend(kept)


def undo_plays(
    gathered: Gathered,
    member: MemberWork,
    decision: Decision,
    standing: Standing,
    gone: dict[str, int],
    when_spent: str,
) -> Counter[str]:
    """Undo, latest first, the plays that units of the sale paid for, where their game takes prizes back.

    ``gone``: unit → steps that the sale gives no more. What a play cost is there again, to be taken back. Returns what
    could not be taken back of the prizes, by unit.
    """
    missing: Counter[str] = Counter()
    for unit, amount in gone.items():
        for play in reversed(_plays(gathered, member, standing)):
            own = sum(
                lot.left
                for lot in member.wallet.lots.values()
                if lot.unit == unit and lot.origin == standing.activity.id
            )
            if amount > own and play.result.spent(unit):
                missing += take_back(gathered, member, decision, standing, play, when_spent)
                told = {"game": play.result.play["game"], "prize": play.result.play["prize"]}
                decision.answer.setdefault("taken_back", []).append(told)
                owner = owner_of(gathered, member, play.activity.member_id) or member
                owner.is_touched = True
                owner.progress.played = [one for one in owner.progress.played if one[3] != play.activity.id.hex]
    return missing


def _plays(gathered: Gathered, member: MemberWork, standing: Standing) -> list[Decision]:
    """The plays for which units of the sale were used and that can be undone, in their order."""
    found: dict[str, Decision] = {}
    owner = owner_of(gathered, member, standing.activity.member_id) or member
    both = {one.id: one for one in (owner, member)}.values()  # whose sale it was, and who has taken them in
    for who, (number, game, _, id_) in [(one, item) for one in both for item in one.progress.played]:
        lot, play = who.wallet.lots.get(number), gathered.plays.get(UUID(hex=id_))
        if lot is None or play is None or lot.origin != standing.activity.id:
            continue
        version = next(version for version in gathered.versions if version.number == play.version)
        if version.programme.games[game].takes_back:
            found[id_] = play
    return sorted(found.values(), key=lambda play: play.activity.id)


def give_up_levels(
    gathered: Gathered, member: MemberWork, decision: Decision, standing: Standing, lost: set[str], when_spent: str
) -> dict[str, int]:
    """Undo what the sale set off by leading to levels that would not have been reached without it.

    Returns what could not be taken back, by unit.
    """
    missing: Counter[str] = Counter()
    for cause in reversed(_open(gathered, standing)):
        body = cause.activity.body
        if cause.activity.type == TIER_CHANGED and body["is_up"] and body["to"] in lost:
            missing += take_back(gathered, member, decision, standing, cause, when_spent)
    return dict(missing)


def _open(gathered: Gathered, standing: Standing) -> list[Decision]:
    causes = gathered.consequences.get(standing.activity.id, {}).values()
    return [
        cause
        for cause in causes
        if cause.activity.id.hex not in standing.undone and cause.activity.type != CHALLENGE_COMPLETED
    ]


def _within_reach(member: MemberWork, standing: Standing, unit: str) -> int:
    pending = sum(
        lot.left
        for lot in member.wallet.lots.values()
        if lot.unit == unit and lot.is_pending and lot.origin == standing.activity.id
    )
    return member.wallet.balance(unit).spendable + pending


def _is_whole(member: MemberWork, cause: Decision) -> bool:
    """Whether everything that ``cause`` gave is still there."""
    given: Counter[str] = Counter()
    for award in cause.result.awards:
        given[award.unit] += award.amount
    left: Counter[str] = Counter()
    for lot in member.wallet.lots.values():
        if lot.origin == cause.activity.id:
            left[lot.unit] += lot.left
    return given <= left and all(_unused(member, cause, issue) is not None for issue in cause.result.issues)


def _unused(member: MemberWork, cause: Decision, issue: Issue) -> Voucher | None:
    return next(
        (
            voucher
            for voucher in member.vouchers.values()
            if voucher.activity_id == cause.activity.id and voucher.reward == issue.reward and voucher.is_whole
        ),
        None,
    )


def restore(
    gathered: Gathered,
    member: MemberWork,
    owner_id: UUID,
    unit: str,
    amount: int,
    now: dt.datetime,
    taken: list[tuple[int, int]],
    stake: Stake,
    *,
    source: Account = Account.REDEEMED,
) -> list[Entry]:
    """Give back what an activity of ``owner_id`` took: into the lots it took it from, or into new ones like them where
    these are of somebody who was merged into the member. ``source``: where it had gone."""
    owner = owner_of(gathered, member, owner_id)
    if owner is None or owner is member:
        return plan_restoration(member.wallet, unit, amount, now, taken=taken, source=source, stake=stake)
    entries = plan_restoration_elsewhere(
        member.wallet, owner.wallet, amount, now, taken=taken, source=source, stake=stake
    )
    if owner.progress.merged is not None and owner.progress.merged.into == member.id.hex:
        made = [entry.lot for entry in entries if entry.lot is not None and entry.lot == entry.no]
        owner.progress.merged.lots += [(0, lot) for lot in made]  # should they part, these are the owner's
        owner.is_touched = True
    return entries


def take_back(
    gathered: Gathered, member: MemberWork, decision: Decision, standing: Standing, cause: Decision, when_spent: str
) -> Counter[str]:
    """Undo one consequence; returns what of it could not be taken back, by unit."""
    now: dt.datetime = decision.activity.recorded_at
    standing.undone.append(cause.activity.id.hex)
    for issue in cause.result.issues:
        voucher = _unused(member, cause, issue)
        if voucher is None:
            decision.answer.setdefault("kept", []).append(issue.reward)
        else:
            withdraw(gathered, member, decision, voucher)
    for unit, stake in dict.fromkeys((take.unit, take.stake) for take in cause.result.takes):
        taken = [
            (entry.lot, entry.amount)
            for entry in cause.entries
            if entry.credit is Account.REDEEMED and (entry.unit, entry.stake) == (unit, stake) and entry.lot is not None
        ]
        back = sum(amount for _, amount in taken)
        decision.entries += restore(gathered, member, cause.activity.member_id, unit, back, now, taken, stake)
        announce(decision, member, EventName.RESTORED, {"unit": unit, "amount": back})
    missing: Counter[str] = Counter()
    reversed_: Counter[str] = Counter()
    version = next(version for version in gathered.versions if version.number == cause.version)
    for award in cause.result.awards:
        entries, short = plan_reversal(
            member.wallet, award.unit, award.amount, now, origin=cause.activity.id, when_spent=when_spent,
            into=Account.BUDGET if award.is_budgeted else Account.REVERSED, rule=award.rule,
            stake=award.stake,
        )  # fmt: skip
        decision.entries += entries
        reversed_[award.unit] += award.amount - short
        missing[award.unit] += short
        drawn, kept = drawn_by(version.programme, award), drawn_by(version.programme, replace(award, amount=short))
        apply_house(gathered, decision, {account: drawn[account] - kept[account] for account in drawn})
    for unit, amount in (+reversed_).items():
        announce(decision, member, EventName.REVERSED, {"unit": unit, "amount": amount})
    prize = cause.result.play.get("account")
    if prize in gathered.house:
        apply_house(gathered, decision, {prize: 1})
    plans.take_back(member, version, decision, cause.activity, cause.result.plans)
    held = set(member.progress.badges)
    fold(version.programme, member.progress, cause.result, cause.activity.occurred_at, sign=-1, only_limits_of=now)
    announce_badges(decision, member, held)
    return +missing
