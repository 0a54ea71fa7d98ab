"""Running decisions again from what was stored with them, and comparing: the proof behind every explanation. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from setia.flow.work import Version
from setia.language.model import Programme
from setia.ledger.plan import Entry
from setia.rules.evaluate import Question, evaluate
from setia.rules.rulebook import rulebook
from setia.rules.trace import Trace
from setia.values.activities import Activity
from setia.values.codes import MEMBER_ACCOUNTS, Account, Built, EventName, Tick
from setia.values.outcomes import Result
from setia.values.pauses import NEVER_PAUSED, Pauses

ERASED = "erased"
"""Stands among the facts of a decision from which what it knew of a person has been erased: it cannot be made again."""

_MECHANICAL = frozenset(
    (
        Built.HOLD.value,
        Built.COMMIT.value,
        Built.RELEASE.value,
        Built.ADJUST.value,
        Built.TRANSFER.value,
        Built.EXCHANGE.value,
        Built.UNEXCHANGE.value,
        Built.UNDONATE.value,
        Built.POOL_CLOSED.value,
        Built.CHALLENGE_JOINED.value,
        Built.CONTEST_WITHDRAWN.value,
        Built.CONTEST_REVIEWED.value,
        Built.UNVOTED.value,
        Built.AVATAR_CHOSEN.value,
        Built.UNCLAIM.value,
        Built.RETURN.value,
        Built.CANCEL.value,
        Built.PLAN_FAILED.value,
        Built.PLAN_REFUNDED.value,
        Built.PLAN_DISPUTED.value,
        Tick.PLAN_NOTICED.value,
        Tick.PLAN_DUE.value,
        Tick.PLAN_REMINDED.value,
        Built.RERATED.value,
        Built.PROMISED.value,
        Built.RESERVE.value,
        Built.UNRESERVE.value,
        Built.REVOKE.value,
        Built.LIMITED.value,
        Built.ERASED.value,
        Built.MERGED.value,
        Built.UNMERGED.value,
        "member.absorbed",
        "member.restored",
        Built.REFERRED.value,
        Built.REFERRAL_REVIEWED.value,
        Built.REFERRAL_FLAGGED.value,
        Built.FRIEND_JOINED.value,
        Tick.REFERRAL_DUE.value,
        "balance.received",
        Built.CARD_ISSUED.value,
        Built.CARD_OPENED.value,
        Built.CARD_ATTACHED.value,
        Built.CARD_BLOCKED.value,
        Built.CARD_UNBLOCKED.value,
        Built.CARD_REPLACED.value,
        EventName.CARD_CHARGED.value,
        EventName.CARD_REFUNDED.value,
        EventName.CARD_WITHDRAWN.value,
        Tick.HOLD_LAPSED.value,
        Tick.ACTIVATED.value,
        Tick.EXPIRED.value,
        Tick.EXPIRING.value,
        Tick.VOUCHER_ACTIVATED.value,
        Tick.VOUCHER_EXPIRED.value,
        Tick.TIER_NOTICED.value,
        Tick.TIER_REVIEWED.value,
    )
)
"""Activities that no rule decides: their entries follow from the wallet, which ``check_entries`` follows."""


def is_decided_by_rules(kind: str) -> bool:
    """Whether the evaluator decides activities of type ``kind``."""
    return kind not in _MECHANICAL


def run_again(
    version: Version, activity: Activity, facts: dict[str, Any], *, trace: Trace | None = None, kind: str = ""
) -> Result:
    """Decide the activity once more from its stored body and facts."""
    book = rulebook(version.programme)
    return evaluate(
        Question(
            book, kind or activity.type, activity.body, activity.occurred_at, facts, activity.source, True,
            version.programmes,
        ),
        trace,
    )  # fmt: skip


def differences(stored: Result, again: Result) -> list[str]:
    """In which amounts two results differ, in words; empty when they are the same."""
    found: list[str] = []
    for what, left, right in (
        ("awards", _awards(stored), _awards(again)),
        ("takes", _takes(stored), _takes(again)),
        ("rewards", _issues(stored), _issues(again)),
        ("discounts", _discounts(stored), _discounts(again)),
        ("plans", _plans(stored), _plans(again)),
        ("gift cards", _cards(stored), _cards(again)),
        ("badges", _badges(stored), _badges(again)),
        ("causes", _causes(stored), _causes(again)),
    ):
        found += [
            f"{what} {'/'.join(key)}: booked {left[key]}, again {right[key]}"
            for key in sorted({*left, *right})
            if left[key] != right[key]
        ]
    return found


def entry_differences(result: Result, entries: Iterable[Entry]) -> list[str]:
    """Whether the entries of an activity that the rules decided book what its result says, rule by rule."""
    earned: Counter[tuple[str, ...]] = Counter()
    spent: Counter[tuple[str, ...]] = Counter()
    found: list[str] = []
    for entry in entries:
        if entry.debit in (Account.ISSUED, Account.BUDGET, Account.SOLD):
            earned[entry.rule, entry.unit] += entry.amount
        elif entry.credit in (Account.REDEEMED, Account.DONATED):
            spent[entry.rule, entry.unit] += entry.amount
        else:
            found.append(f"entry {entry.no}: {entry.debit.name} to {entry.credit.name}, which no rule decides")
    for what, left, right in (("earned", _awards(result), earned), ("spent", _takes(result), spent)):
        found += [
            f"{what} {'/'.join(key)}: decided {left[key]}, booked {right[key]}"
            for key in sorted({*left, *right})
            if left[key] != right[key]
        ]
    return found


def _causes(result: Result) -> Counter[tuple[str, ...]]:
    gift = result.gift
    return (
        Counter() if gift is None else Counter({(gift.cause, "money"): gift.money, (gift.cause, "match"): gift.match})
    )


@dataclass(slots=True)
class _LotLeft:
    amount: int
    is_pending: bool
    entry: Entry
    held: int = 0


@dataclass(slots=True)
class MemberCheck:
    """Follows a member's entries in order and tells each one that does not follow from those before it."""

    programme: Programme
    pauses: Pauses = NEVER_PAUSED
    lots: dict[int, _LotLeft] = field(default_factory=dict)
    debt: Counter[str] = field(default_factory=Counter)

    def check(self, entries: Iterable[Entry]) -> list[str]:
        """Problems of ``entries``, which continue those checked before."""
        found: list[str] = []
        for entry in entries:
            problem = self._follow(entry)
            if problem:
                found.append(f"entry {entry.no}: {problem}")
        return found

    def _follow(self, entry: Entry) -> str:
        if entry.debit is Account.DEBT:
            self.debt[entry.unit] -= entry.amount
            return ""
        if entry.lot is None:
            if entry.credit is Account.DEBT:
                self.debt[entry.unit] += entry.amount
                return "more repaid than owed" if self.debt[entry.unit] > 0 else ""
            return ""
        if entry.lot == entry.no:
            pending = entry.credit is Account.PENDING
            self.lots[entry.no] = _LotLeft(entry.amount, pending, entry)
            return ""
        lot = self.lots.get(entry.lot)
        if lot is None:
            return f"moves lot {entry.lot}, which no entry made"
        if entry.credit is Account.DEBT:
            self.debt[entry.unit] += entry.amount
        return self._move(entry, lot)

    def _end(self, made: Entry) -> dt.datetime | None:
        return None if made.expires_at is None else self.pauses.end_of(made.effective_at, made.expires_at)

    def _move(self, entry: Entry, lot: _LotLeft) -> str:
        if entry.debit is Account.HELD:
            lot.held -= entry.amount
            if entry.credit is Account.AVAILABLE:
                lot.amount += entry.amount
            return "frees more than was held" if lot.held < 0 else ""
        if entry.credit is Account.HELD:
            lot.held += entry.amount
        if entry.debit in MEMBER_ACCOUNTS:
            if (entry.debit is Account.PENDING) is not lot.is_pending:
                return f"takes from {entry.debit.name.lower()}, where the lot is not"
            if entry.debit is Account.PENDING and entry.credit is Account.AVAILABLE:
                lot.is_pending = False
                if entry.amount != lot.amount or entry.effective_at != lot.entry.activates_at:
                    return f"activates {entry.amount} of {lot.amount} at another time than agreed"
                return ""
            lot.amount -= entry.amount
            if lot.amount < 0:
                return "takes more than the lot had left"
            is_dated = entry.credit is Account.EXPIRED and not entry.reason
            if is_dated and (lot.amount or entry.effective_at != self._end(lot.entry)):
                return "expires another amount or at another time than agreed"
        elif entry.credit in MEMBER_ACCOUNTS:
            lot.amount += entry.amount
        return ""


def _awards(result: Result) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for award in result.awards:
        found[award.rule, award.unit] += award.amount
    return found


def _takes(result: Result) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for take in result.takes:
        found[take.rule, take.unit] += take.amount
    return +found


def _issues(result: Result) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for issue in result.issues:
        found[issue.rule, issue.reward] += issue.quantity
    return found


def _plans(result: Result) -> Counter[tuple[str, ...]]:
    return Counter((gift.rule, gift.plan) for gift in result.plans)


def _cards(result: Result) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for what, cards in (("pays", result.cards), ("sold", result.sold)):
        for card in cards:
            found[what, card.last] += card.amount
    return found


def _badges(result: Result) -> Counter[tuple[str, ...]]:
    return Counter((rule, badge) for badge, rule in result.badges.items())


def _discounts(result: Result) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for discount in result.discounts:
        found[discount.source,] += discount.amount
    return found
