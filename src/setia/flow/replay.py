"""A programme played over past activities, in memory: what every member would have, and who gains by a change. Pure.

The book that it plays on is ``flow.memory``: the same decisions as of a live one, so that a history that is played
again under its own versions gives the very entries that are in the book.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final
from uuid import UUID

from setia.flow.history import Beside
from setia.flow.memory import MemoryBook
from setia.flow.needs import house_initials
from setia.flow.work import ONWARD, Decision, Version, stands_at
from setia.language.model import Programme
from setia.ledger.plan import Entry
from setia.values.activities import Activity
from setia.values.chance import Luck
from setia.values.codes import MEMBER_ACCOUNTS, Account, Built
from setia.values.outcomes import Discount

GIVEN: Final = (Account.ISSUED, Account.BUDGET)
"""Where units come from that a rule gives."""

Moves = dict[tuple[str, Account, Account], int]
"""(unit, debit, credit) → steps that went from the one to the other."""


@dataclass(slots=True)
class Tally:
    """What a replay came to for one member, or for all of them.

    ``sales``: purchases that were taken, ``turnover`` what they came to after discounts, ``discounts`` what of that the
    programme took off: minor units, returns taken back. ``rewards``: vouchers and gifts by the reward's name.
    ``entries``: the lines of the book, where they are kept.
    """

    moves: Moves = field(default_factory=dict)
    sales: int = 0
    turnover: int = 0
    discounts: int = 0
    rewards: Counter[str] = field(default_factory=Counter)
    tier: str = ""
    entries: list[Entry] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count another member in."""
        for key, amount in other.moves.items():
            self.moves[key] = self.moves.get(key, 0) + amount
        self.sales += other.sales
        self.turnover += other.turnover
        self.discounts += other.discounts
        self.rewards.update(other.rewards)

    def issued(self, unit: str) -> int:
        """Steps that rules gave."""
        return sum(amount for (name, debit, _), amount in self.moves.items() if name == unit and debit in GIVEN)

    def net(self, unit: str, account: Account) -> int:
        """Steps that went to ``account`` and did not come back."""
        return sum(
            amount * ((credit is account) - (debit is account))
            for (name, debit, credit), amount in self.moves.items()
            if name == unit
        )

    def outstanding(self, unit: str) -> int:
        """Steps that members have, pending and held ones too, less what they owe."""
        return sum(self.net(unit, account) for account in MEMBER_ACCOUNTS)

    def benefit(self, programme: Programme) -> Fraction:
        """What the programme gave, in minor units: discounts, and units at their worth, less what was taken back."""
        found = Fraction(self.discounts)
        for unit in programme.units.values():
            steps = self.issued(unit.name) - self.net(unit.name, Account.REVERSED)
            found += Fraction(steps, 10**unit.decimals) * unit.worth
        return found


def links(programme: Programme) -> list[str]:
    """What makes members depend on each other, so that their activities can only be played in one common order."""
    accounts = {account.partition(":")[0] for account in house_initials(programme)} - {"notice"}
    shared = {
        "referral": programme.referral is not None,
        "gift cards": programme.gift_cards is not None,
        "leaderboards": bool(programme.leaderboards),
        "contests": bool(programme.contests),
        "causes": bool(programme.causes),
        "transfers": any(unit.transfer is not None for unit in programme.units.values()),
        "adjustments": bool(programme.adjustments.per_day),
    }
    return sorted(accounts) + [name for name, is_there in shared.items() if is_there]


def _no_luck(at: dt.datetime) -> Luck | None:
    return None


@dataclass(slots=True)
class Replay:
    """Plays activities, in the order in which they were recorded, and counts what comes of them.

    ``versions``: as they would be in force. ``luck_at``: where random numbers come from at an instant; None: nothing is
    drawn. ``since``: only what stands in the book from then on is counted. ``keeps_entries``: the entries that count
    are kept, to be compared with those of a book. ``beside``: what happened to a book beside its activities, in order.
    """

    versions: list[Version]
    luck_at: Callable[[dt.datetime], Luck | None] = _no_luck
    since: dt.datetime | None = None
    keeps_entries: bool = False
    beside: deque[Beside] = field(default_factory=deque)
    tallies: dict[UUID, Tally] = field(default_factory=dict)
    declined: Counter[str] = field(default_factory=Counter)
    played: int = 0
    book: MemoryBook = field(init=False)
    _given: dict[UUID, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.book = MemoryBook(self.versions, luck=None, keeps_decisions=False)

    def play(self, activity: Activity) -> None:
        """Decide one activity. What one member set off at another comes of itself, and counts once."""
        recorded = self.book.gathered.recorded
        key = (activity.source, activity.external_id)
        if activity.source == ONWARD and key in recorded:
            return
        self.played += 1
        self._catch_up(activity.recorded_at)
        self.book.gathered.luck = self.luck_at(activity.recorded_at)
        self._count(self.book.handle(activity))
        known = recorded.get(key)
        if known is not None and known.decision is not None and known.decision.status == "accepted":
            known.decision = None  # its answer is never asked for again

    def finish(self, until: dt.datetime, members: Sequence[UUID] | None = None) -> None:
        """Work off the clock of everybody, or of ``members``, up to ``until``."""
        self._catch_up(until)
        self.book.gathered.luck = self.luck_at(until)
        self._count(self.book.tick(until, members))

    def _catch_up(self, at: dt.datetime) -> None:
        """What happened beside the activities up to ``at``."""
        while self.beside and self.beside[0].at <= at:
            found, known = self.beside.popleft(), self.book.gathered
            if found.begun is not None:
                self.book.pause(found.at, may_spend=found.begun.may_spend, stops_expiry=found.begun.stops_expiry)
            elif found.is_resumed:
                self.book.resume(found.at)
            elif found.closed:
                known.contests.closed.add(found.closed)
            known.paid_out.update(found.paid_out)

    def results(self) -> dict[UUID, Tally]:
        """What came of it, by member."""
        for member_id, member in self.book.gathered.members.items():
            self._of(member_id).tier = member.progress.tier
        return self.tallies

    def _of(self, member_id: UUID) -> Tally:
        tally = self.tallies.get(member_id)
        if tally is None:
            tally = self.tallies[member_id] = Tally()
        return tally

    def _count(self, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            if decision.status == "declined" and decision.result.declined is not None:
                self.declined[decision.result.declined.code.value] += 1
                continue
            if decision.status != "accepted":
                continue
            if self.since is not None and stands_at(decision.activity) < self.since:
                continue
            tally = self._of(decision.activity.member_id)
            moves = tally.moves
            for entry in decision.entries:
                key = (entry.unit, entry.debit, entry.credit)
                moves[key] = moves.get(key, 0) + entry.amount
            if self.keeps_entries:
                tally.entries += decision.entries
            self._count_sale(tally, decision)
            for issue in decision.result.issues:
                tally.rewards[issue.reward] += issue.quantity

    def _count_sale(self, tally: Tally, decision: Decision) -> None:
        """A purchase counts as it stands after what was returned of it."""
        standing = decision.standing
        if decision.activity.type == Built.PURCHASE.value and decision.of is None:
            sale, result = decision.activity.id, decision.result
            tally.sales += 1
        elif decision.of is not None and standing is not None and decision.of in self._given:
            sale, result = decision.of, standing.result
        else:
            return
        before = self._given.get(sale, (0, 0))
        after = (result.totals.get("total", 0), _sum(result.discounts))
        tally.turnover += after[0] - before[0]
        tally.discounts += after[1] - before[1]
        self._given[sale] = after


def _sum(discounts: Iterable[Discount]) -> int:
    return sum(discount.amount for discount in discounts)


@dataclass(frozen=True, slots=True)
class Change:
    """How one member fares under another version. ``before``, ``after``: what the programme gave, in minor units."""

    member_id: UUID
    before: Fraction
    after: Fraction
    tier_before: str
    tier_after: str

    @property
    def gain(self) -> Fraction:
        """What the member has more."""
        return self.after - self.before


def compare(before: dict[UUID, Tally], after: dict[UUID, Tally], was: Programme, would_be: Programme) -> list[Change]:
    """Every member under both, whoever gains most first."""
    nothing = Tally()
    changes = [
        Change(
            member_id,
            before.get(member_id, nothing).benefit(was),
            after.get(member_id, nothing).benefit(would_be),
            before.get(member_id, nothing).tier,
            after.get(member_id, nothing).tier,
        )
        for member_id in before.keys() | after.keys()
    ]
    return sorted(changes, key=lambda change: (-change.gain, change.member_id))


@dataclass(frozen=True, slots=True)
class Difference:
    """The first entry in which a member's book differs from the replay; None: there is none there."""

    member_id: UUID
    booked: Entry | None
    replayed: Entry | None


def first_differences(booked: dict[UUID, list[Entry]], replayed: dict[UUID, Tally]) -> list[Difference]:
    """Members whose entries in the book are not those of the replay, each with the first that differs."""
    found: list[Difference] = []
    for member_id in sorted(booked.keys() | replayed.keys()):
        ours = booked.get(member_id, [])
        theirs = replayed[member_id].entries if member_id in replayed else []
        for number in range(max(len(ours), len(theirs))):
            one = ours[number] if number < len(ours) else None
            other = theirs[number] if number < len(theirs) else None
            if one != other:
                found.append(Difference(member_id, one, other))
                break
    return found
