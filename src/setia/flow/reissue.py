"""What becomes of the vouchers that a sale gave when it is asked again. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from setia.flow.apply import announce, apply_house, issue_vouchers, withdraw
from setia.flow.work import Decision, Gathered, MemberWork, Standing
from setia.values.codes import EventName
from setia.values.outcomes import Issue, Result


def settle_vouchers(
    gathered: Gathered,
    member: MemberWork,
    decision: Decision,
    standing: Standing,
    old: Result,
    new: Result,
    *,
    gives_more: bool,
) -> Result:
    """``new`` with what it truly gives.

    Unused vouchers that the activity no longer gives are taken back; the others stay and are told. What it gives
    beyond those that it gave before is handed out where it ``gives_more`` (a revision, which replaces the record);
    the rules have looked whether the house has it.
    """
    still = Counter(issue.reward for issue in new.issues if not issue.in_order)
    kept: list[str] = []
    for issue in old.issues:
        if issue.in_order:
            continue
        if still[issue.reward]:
            still[issue.reward] -= 1
            continue
        voucher = next(
            (
                voucher
                for voucher in member.vouchers.values()
                if voucher.activity_id == standing.activity.id and voucher.reward == issue.reward and voucher.is_whole
            ),
            None,
        )  # fmt: skip
        if voucher is None:
            kept.append(issue.reward)
            continue
        withdraw(gathered, member, decision, voucher)
    if kept:
        decision.answer.setdefault("kept", []).extend(kept)
    had = Counter(
        voucher.reward
        for voucher in member.vouchers.values()
        if voucher.activity_id == standing.activity.id and voucher.state != "cancelled"
    )
    given: list[Issue] = []
    more: list[Issue] = []
    for issue in new.issues:
        if not issue.in_order:
            if had[issue.reward]:
                had[issue.reward] -= 1
            elif gives_more:
                more.append(issue)
            else:
                continue
        given.append(issue)
    drawn: Counter[str] = Counter()
    for issue in more:
        drawn[f"stock:{issue.reward}"] += issue.quantity
    apply_house(gathered, decision, {account: -drawn[account] for account in drawn if account in gathered.house})
    issue_vouchers(member, decision, more, origin=standing.activity.id)
    for issue in more:
        data = {"reward": issue.reward, "quantity": issue.quantity, "rule": issue.rule, "in_order": False}
        announce(decision, member, EventName.REWARD_ISSUED, data)
    return replace(new, issues=given)
