"""A book in memory: the same decisions without a database, for scenario tests, replay and what-if."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from setia.flow.codes import name_vouchers
from setia.flow.decide import decide, settle
from setia.flow.lines import IN_USE, Line, asked_drops
from setia.flow.needs import house_initials, house_on_demand, issued_codes, other_members
from setia.flow.once import given_once
from setia.flow.placing import Row, closings, counted, placings
from setia.flow.work import Decision, Gathered, KnownCode, MemberWork, Standing, Version, redirect
from setia.language.model import Contest, Leaderboard, ProductDrop
from setia.ledger.lots import Wallet
from setia.ledger.plan import Entry
from setia.rules.boards import end_of, scores
from setia.rules.contests import SHOWN
from setia.state.bringing import code_of
from setia.state.progress import Progress
from setia.values.activities import Activity, Body
from setia.values.card_codes import card_id
from setia.values.chance import Chance, Luck
from setia.values.codes import Built
from setia.values.contests import ranking
from setia.values.ids import uuid7
from setia.values.instants import local_date
from setia.values.pauses import Pause
from setia.values.secret_codes import canonical

SECRET = b"memory"
"""What codes are made from in memory, so that the same activities give the same codes."""


@dataclass(slots=True)
class MemoryBook:
    """Members, entries and decisions of one programme, kept in memory.

    Everything is gathered all the time; what ``decide`` changes is the book itself. Ids are made from a counter, so
    that the same activities give the same book. ``luck``: where numbers are drawn from; None: nothing is drawn.
    ``secret``: what codes are made from.
    ``keeps_decisions`` False: what was decided is forgotten once it was told, for a long history.
    """

    versions: list[Version]
    gathered: Gathered = field(init=False)
    decisions: list[Decision] = field(default_factory=list)
    pools: dict[str, list[str]] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    count: int = 0
    luck: Luck | None = field(default_factory=lambda: Chance("memory", sha256(b"memory").digest()))
    closed: set[tuple[str, int]] = field(default_factory=set)
    keeps_decisions: bool = True
    secret: bytes = SECRET

    def __post_init__(self) -> None:
        self.gathered = Gathered(self.versions, luck=self.luck)
        for version in self.versions:
            for account, initial in house_initials(version.programme).items():
                self.gathered.house.setdefault(account, initial)

    def publish(self, version: Version) -> None:
        """Add a version; every member is looked at again when it takes effect."""
        self.versions.append(version)
        self.gathered.know_versions()
        for account, initial in house_initials(version.programme).items():
            self.gathered.house.setdefault(account, initial)
        for member in self.gathered.members.values():
            if member.due_at is None or member.due_at > version.effective_at:
                member.due_at = version.effective_at

    def import_codes(self, reward: str, codes: Sequence[str]) -> None:
        """Take in codes of a reward: to be handed out with it, or for whoever brings one, as the reward says."""
        is_pool = any(
            version.programme.rewards[reward].codes == "pool"
            for version in self.versions
            if reward in version.programme.rewards
        )
        for code in map(canonical, codes):
            account = f"stock:{reward}" if is_pool else f"code:{code}"
            self.gathered.house[account] = self.gathered.house.get(account, 0) + 1
            if is_pool:
                self.pools.setdefault(reward, []).append(code)
            else:
                self.gathered.codes[code] = KnownCode(reward)

    def join(
        self,
        joined_at: dt.datetime,
        *,
        birthday: dt.date | None = None,
        attributes: dict[str, Any] | None = None,
        member_id: UUID | None = None,
    ) -> MemberWork:
        """Take in a new member."""
        zone = self.versions[0].programme.zone
        progress = Progress(local_date(joined_at, zone), joined_at, birthday, dict(attributes or {}))
        wallet = Wallet(pauses=self.gathered.pauses)
        member = MemberWork(member_id or self.new_id(joined_at), wallet, progress, is_new=True)
        self.gathered.members[member.id] = member
        if any(version.programme.referral is not None for version in self.versions):
            self.gathered.referrers[code_of(member.id)] = member.id
        return member

    def pause(self, at: dt.datetime, *, may_spend: bool = True, stops_expiry: bool = False) -> None:
        """Pause the programme, or go on pausing it in another way."""
        self.resume(at)
        self.gathered.pauses.all.append(Pause(at, None, may_spend, stops_expiry))

    def resume(self, at: dt.datetime) -> None:
        """Let the programme go on; every member is looked at again."""
        pauses = self.gathered.pauses.all
        if pauses and pauses[-1].ended_at is None:
            pauses[-1] = replace(pauses[-1], ended_at=at)
            for member in self.gathered.members.values():
                member.due_at = at if member.due_at is None else min(member.due_at, at)

    def new_id(self, at: dt.datetime) -> UUID:
        """The next id."""
        self.count += 1
        return uuid7(max(int(at.timestamp() * 1000), 0), sha256(b"%d" % self.count).digest())

    def activity(
        self,
        kind: str,
        member: MemberWork,
        occurred_at: dt.datetime,
        body: Body,
        *,
        external_id: str = "",
        source: str = "memory",
        recorded_at: dt.datetime | None = None,
        revision: int = 0,
    ) -> Activity:
        """Make an activity of ``member``."""
        activity_id = self.new_id(occurred_at)
        return Activity(
            activity_id, kind, source, external_id or activity_id.hex, member.id, occurred_at,
            recorded_at or occurred_at, body, revision,
        )  # fmt: skip

    def handle(self, activity: Activity) -> list[Decision]:
        """Decide ``activity`` and keep what comes of it."""
        self._open_accounts(activity)
        self._open_cards(activity)
        while redirect(self.gathered, activity):
            pass  # into somebody who was merged themselves
        for waiting in self.gathered.parked.get((activity.source, activity.external_id), ()):
            while redirect(self.gathered, waiting):
                pass
        self._gather_once(activity)
        self._gather_later(activity)
        self._gather_passes(activity)
        decisions = decide(self.gathered, activity)
        self._record(decisions)
        return decisions + self._send_onward(decisions)

    def line(self, name: str, at: dt.datetime) -> Line:
        """The line of a drop, brought up to ``at``."""
        if name not in self.lines:
            drop = next(v.programme.drops[name] for v in reversed(self.versions) if name in v.programme.drops)
            self.lines[name] = Line(drop, sha256(name.encode()).digest())
        line = self.lines[name]
        line.advance(self.pieces(line.drop), at)
        return line

    def pieces(self, drop: ProductDrop) -> int:
        """How many pieces of a drop have not been handed over."""
        return self.gathered.house[f"stock:{drop.reward}"]

    def tick(self, now: dt.datetime, members: Sequence[UUID] | None = None) -> list[Decision]:
        """Work off the clock of all members (or of ``members``) up to ``now``."""
        decisions: list[Decision] = []
        for member_id in sorted(self.gathered.members) if members is None else members:
            decisions += settle(self.gathered, member_id, now)
        self._record(decisions)
        return decisions + self._send_onward(decisions) + self._close_boards(now) + self._close_contests(now)

    def _close_boards(self, now: dt.datetime) -> list[Decision]:
        """Place the best of every leaderboard whose period has ended since."""
        version = self.gathered.version_at(now)
        made: list[Decision] = []
        for board in () if version is None else version.programme.leaderboards.values():
            assert version is not None
            periods = {p for member in self.gathered.members.values() for p in scores(member.progress, board)}
            for period in sorted(periods):
                over = end_of(version.programme, board, period)
                if over is None or over > now or (board.name, period) in self.closed:
                    continue
                self.closed.add((board.name, period))
                if over > version.effective_at:
                    for activity in placings(board, period, over, now, self.best(board, period)):
                        made += self.handle(activity)
        return made

    def _close_contests(self, now: dt.datetime) -> list[Decision]:
        """Count every contest by votes that is over."""
        version = self.gathered.version_at(now)
        made: list[Decision] = []
        for contest in () if version is None else version.programme.contests.values():
            if contest.by == "votes" and contest.over_at <= now and contest.name not in self.gathered.contests.closed:
                rows = self.taking_part(contest)
                seed = sha256(contest.name.encode()).digest() if contest.ties == "chance" else None
                places = ranking(contest.name, counted(rows), contest.winners, seed)
                made += self.place(contest, rows, places, contest.over_at, now)
        return made

    def place(
        self, contest: Contest, rows: list[Row], places: list[int], ended_at: dt.datetime, now: dt.datetime
    ) -> list[Decision]:
        """Close a contest with these places."""
        self.gathered.contests.closed.add(contest.name)
        closing = closings(contest, rows, places, ended_at, now)
        return [decision for activity in closing for decision in self.handle(activity)]

    def taking_part(self, contest: Contest) -> list[Row]:
        """The entries that take part, in the order of entering, with their votes."""
        known, members = self.gathered.contests, self.gathered.members
        shown = [
            entry
            for entry in sorted(known.entries.values(), key=lambda entry: (entry.entered_at, entry.id))
            if (entry.contest, entry.state) == (contest.name, SHOWN) and not members[entry.member_id].is_blocked
        ]
        voted = [entry for voter, entry in known.votes if not members[voter].is_blocked]
        return [(entry.id, entry.member_id, voted.count(entry.id)) for entry in shown]

    def best(self, board: Leaderboard, period: int) -> list[tuple[UUID, int]]:
        """Who is shown on the board in a period, best first."""
        everybody = self.gathered.members.values()
        found = [(member.id, scores(member.progress, board).get(period, 0)) for member in everybody]
        return sorted((row for row in found if row[1]), key=lambda row: (-row[1], row[0]))

    def entries(self, member_id: UUID) -> list[Entry]:
        """All entries of a member, in order."""
        return [e for decision in self.decisions if decision.activity.member_id == member_id for e in decision.entries]

    def _send_onward(self, decisions: list[Decision]) -> list[Decision]:
        """Decide what was set off at other members, and what that sets off."""
        made: list[Decision] = []
        waiting = [activity for decision in decisions for activity in decision.onward]
        while waiting:
            activity = waiting.pop(0)
            while redirect(self.gathered, activity):
                pass
            self._open_accounts(activity)
            found = decide(self.gathered, activity)
            self._record(found)
            made += found
            waiting += [activity for decision in found for activity in decision.onward]
        return made

    def _open_accounts(self, activity: Activity) -> None:
        for account, initial in house_on_demand(self.versions, (activity,)).items():
            self.gathered.house.setdefault(account, initial)

    def pay_out(self, cause: str) -> list[Standing]:
        """Close all gifts of a cause that were not paid out; they stay given from now on."""
        gifts = [
            found
            for id_, found in self.gathered.standings.items()
            if found.result.gift is not None and found.result.gift.cause == cause and id_ not in self.gathered.paid_out
        ]
        self.gathered.paid_out |= {gift.activity.id for gift in gifts}
        return gifts

    def _gather_passes(self, activity: Activity) -> None:
        self.gathered.passes.clear()
        for name in {drop.name for version in self.versions for drop in asked_drops(version, activity)}:
            place = self.line(name, activity.recorded_at).places.get(activity.member_id)
            if place is not None and place.state in IN_USE and place.until is not None:
                self.gathered.passes[name, activity.member_id] = place.until

    def _record(self, decisions: list[Decision]) -> None:
        name_vouchers(self.gathered, decisions, self.secret, self.pools)
        for decision in decisions:
            for voucher in (voucher for voucher in decision.vouchers if voucher.card is None):
                known = KnownCode(voucher.reward, decision.activity.member_id, voucher.no)
                self.gathered.codes[voucher.code] = known
        for decision in decisions:
            for name in decision.answer.get("drops", ()) if decision.status == "accepted" else ():
                place = self.lines[name].places[decision.activity.member_id]
                place.state, place.until = "taken", None
        if self.keeps_decisions:
            self.decisions += [decision for decision in decisions if decision.status not in ("duplicate", "refused")]
        for member in self.gathered.members.values() if len(self.gathered.members) < 8 else ():
            _forget_touched(member.wallet)

    def _gather_once(self, activity: Activity) -> None:
        self.gathered.once.clear()
        for member_id in (activity.member_id, *other_members(activity)) if activity.type == Built.MERGED else ():
            member = self.gathered.members.get(member_id)
            own = [d for d in self.decisions if d.activity.member_id == member_id and d.status == "accepted"]
            booked = [
                (d.activity, d.version, standing.result if (standing := self._standing(d)) is not None else d.result)
                for d in own
                if d.standing is None
            ]
            if member is not None:
                self.gathered.once[member_id] = given_once(self.versions, member.progress, booked)

    def _standing(self, decision: Decision) -> Standing | None:
        return self.gathered.standings.get(decision.activity.id)

    def _open_cards(self, activity: Activity) -> None:
        """A code that is to be sold or issued opens a new wallet."""
        if all(version.programme.gift_cards is None for version in self.versions):
            return
        for code in sorted(issued_codes(activity) - self.gathered.cards.keys()):
            wallet = card_id(code)
            if wallet not in self.gathered.members:  # one that is there was opened by this code before: never again
                self.gathered.cards[code] = wallet
                self.join(activity.recorded_at, member_id=wallet)

    def _gather_later(self, activity: Activity) -> None:
        self.gathered.later.clear()
        member = self.gathered.members.get(activity.member_id)
        version = self.gathered.version_at(activity.recorded_at, member)
        if version is None or version.programme.late.re_rate is None or member is None:
            return
        last = member.progress.last_occurred_at
        if last is None or activity.occurred_at >= last:
            return
        self.gathered.later[member.id] = [
            standing.activity.id
            for standing in self.gathered.standings.values()
            if standing.activity.member_id == member.id
            and standing.activity.type == Built.PURCHASE.value
            and standing.activity.occurred_at > activity.occurred_at
        ]


def _forget_touched(wallet: Wallet) -> None:
    wallet.new_lots.clear()
    wallet.touched_lots.clear()
    wallet.touched_units.clear()
    wallet.touched_holds.clear()
