"""Playing a scenario on a book in memory."""

from __future__ import annotations

import datetime as dt
import traceback
from dataclasses import dataclass, field, replace
from hashlib import sha256
from uuid import UUID

from setia.flow.memory import MemoryBook
from setia.flow.needs import PARTY
from setia.flow.scenarios.audit import audit
from setia.flow.scenarios.compare import Happened, compare
from setia.flow.scenarios.contesting import RANKED, entry_of, rank
from setia.flow.scenarios.describe import describe
from setia.flow.scenarios.luck import Scripted
from setia.flow.scenarios.model import GUEST, Action, Failure, Opening, Scenario, Step, card_digest
from setia.flow.visits import visit
from setia.flow.work import Decision, MemberWork, Standing
from setia.ledger.lots import Balance
from setia.state.bringing import code_of
from setia.values.activities import Activity, Body
from setia.values.card_codes import card_id, is_card
from setia.values.codes import Built, DeclineCode
from setia.values.draws import Entry, winners
from setia.values.instants import add_span
from setia.values.outcomes import Declined, Result
from setia.values.secret_codes import canonical

NOBODY = UUID(int=0)
MOST_SEEDS = 100_000
DRAWS = "draws"
"""The source of what was won in a draw."""
PAUSED, RESUMED = "programme.paused", "programme.resumed"
OPERATOR = "operator"
"""The source of what the operator does to the programme as a whole."""
OPENING = "opening"
"""The source of what a member has at the start."""


@dataclass(slots=True)
class Play:
    """One run of a scenario."""

    scenario: Scenario
    book: MemoryBook = field(init=False)
    members: dict[str, MemberWork] = field(default_factory=dict)
    holds: dict[str, UUID] = field(default_factory=dict)
    guests: dict[tuple[str, str], Activity] = field(default_factory=dict)
    activities: list[Activity] = field(default_factory=list)
    now: dt.datetime = dt.datetime.min.replace(tzinfo=dt.UTC)
    luck: Scripted = field(init=False)

    def __post_init__(self) -> None:
        versions = list(self.scenario.versions)
        self.luck = Scripted(versions[0].programme)
        self.book = MemoryBook(versions, luck=self.luck)
        for reward, codes in self.scenario.codes.items():
            self.book.import_codes(reward, codes)

    def run(self) -> list[Failure]:
        """Play all steps; everything that is not as expected."""
        for opening in self.scenario.members:
            if not opening.joins_by_step:
                self._open(opening)
        for card in self.scenario.cards:
            self._handle(self._of_card(card.name, Built.CARD_ISSUED.value, card.issued_at, card.body, OPENING))
        failures: list[Failure] = []
        before = self._balances()
        for step in self.scenario.steps:
            try:
                failures += self._step(step, before)
            except Exception as error:  # an error of ours belongs to its scenario: the others are played all the same
                trace = tuple("".join(traceback.format_exception(error)).splitlines())
                failure = Failure(
                    self.scenario.file, step.place, "an answer", f"{type(error).__name__}: {error}", trace
                )
                return [*failures, failure]
            before = self._balances()
        failures += audit(self.scenario, self.book, self.scenario.steps[-1].place)
        return failures

    def _open(self, opening: Opening) -> None:
        member = self.members[opening.name] = self.book.join(
            opening.joined_at, birthday=opening.birthday, attributes=opening.attributes
        )
        if opening.tier:
            self.book.tick(opening.joined_at, [member.id])
            member.progress.tier = opening.tier
            member.progress.tier_until = opening.tier_until
            member.is_new = True  # so that the clock looks at the member again
        for unit, amount in opening.wallet.items():
            body = {"unit": unit, "amount": amount, "reason": OPENING, "approved_by": OPENING}
            self._handle(
                self.book.activity(Built.ADJUST.value, member, opening.joined_at, body,
                                   external_id=f"{opening.name}:{unit}", source=OPENING)
            )  # fmt: skip

    def _of_card(
        self, card: str, kind: str, at: dt.datetime, body: Body, source: str, recorded_at: dt.datetime | None = None
    ) -> Activity:
        """An activity of a gift card's own wallet."""
        code = card_digest(self.scenario.file, card)
        wallet = self.book.gathered.cards.get(code) or card_id(code)
        id_ = self.book.new_id(at)
        return Activity(id_, kind, source, f"{kind}:{id_.hex}", wallet, at, recorded_at or at, dict(body))

    def _handle(self, activity: Activity) -> list[Decision]:
        self.activities.append(replace(activity, body=dict(activity.body)))
        return self.book.handle(activity)

    def _step(self, step: Step, before: dict[tuple[str, str], Balance]) -> list[Failure]:
        owns: list[Decision] = []
        decisions: list[Decision] = []
        standings: dict[UUID, Standing] = {}
        self.luck.wanted = step.chance
        for number, at in enumerate(step.repeats, 1):
            recorded_at = max(step.recorded_at or at, self.now)
            self.now = recorded_at
            version = self.book.gathered.version_at(recorded_at)
            self.luck.programme = (version or self.book.versions[0]).programme
            if step.action is not None and step.action.type == Built.JOINED.value:
                self._join(step, at)
            ticked = self.book.tick(
                recorded_at,
                [m.id for _, m in sorted(self.members.items()) if m.progress.joined_at <= recorded_at]
                + sorted(wallet for wallet in self.book.gathered.members if is_card(wallet)),
            )
            if step.action is None:
                decisions += ticked
                continue
            if number == 1:
                before = self._balances()
            standings = {**self.book.gathered.standings, **standings}
            own, all_ = self._act(step, step.action, at, recorded_at, number)
            owns.append(own)
            decisions += all_
        happened = Happened(self.book, self.members, before, standings, owns, decisions, self.now)
        found = compare(step, happened)
        if not found:
            return []
        failures = [Failure(self.scenario.file, *mismatch) for mismatch in found]
        # How the step came about is told once, below the last of its failures.
        failures[-1] = replace(failures[-1], trace=tuple(describe(self.book, decisions)))
        return failures

    def _join(self, step: Step, at: dt.datetime) -> None:
        if step.member in self.members:
            return
        opening = next(opening for opening in self.scenario.members if opening.name == step.member)
        self._open(replace(opening, joined_at=at))

    def _act(
        self, step: Step, action: Action, at: dt.datetime, recorded_at: dt.datetime, number: int
    ) -> tuple[Decision, list[Decision]]:
        if action.card:
            activity = self._of_card(action.card, action.type, at, action.body, step.source, recorded_at)
            decisions = self._handle(activity)
            return next(decision for decision in decisions if decision.activity is activity), decisions
        if action.type == Built.WON.value:
            return self._settle(action, recorded_at)
        if action.type in (PAUSED, RESUMED):
            return self._pause(action, recorded_at), []
        if step.member == GUEST and GUEST not in self.members:
            return self._guest(step, action, at, recorded_at)
        member = self.members[step.member]
        if action.claimed:
            return self._claim(member, step.source, action.claimed, recorded_at)
        if action.type == RANKED:
            return self._rank(action, recorded_at)
        if action.cause:
            return self._pay_out(action, member.id, recorded_at), []
        if action.drop:
            return self._stand(member, action, at, recorded_at), []
        body = dict(action.body)
        if action.entry:
            body["entry"] = entry_of(self.book, action.entry).hex
        if action.type in (Built.COMMIT.value, Built.RELEASE.value):
            body["hold"] = self.holds[action.hold].hex if action.hold in self.holds else body["hold"]
        if action.to:
            name = PARTY.get(action.type, "by_member")
            body[name] = self.members[action.to].id.hex
        if action.invoice:
            body["invoice"] = self._opened(member, action.invoice)
        if action.by:
            code = code_of(self.members[action.by].id)
            body["code" if action.type == Built.REFERRED.value else "referred_by"] = code
        if action.type == Built.CARD_OPENED.value:
            voucher = member.vouchers.get(_voucher(member, action.voucher))
            if voucher is not None and voucher.card is not None:
                member = self.book.gathered.members[voucher.card]
        elif action.voucher:
            body["voucher"] = _voucher(member, action.voucher)
        for key in ("vouchers", "codes"):
            if isinstance(body.get(key), list) and body[key] and isinstance(body[key][0], dict):
                body[key] = [{**item, "code": self._code(member, item["code"])} for item in body[key]]
        external_id = action.external_id
        if external_id and len(step.repeats) > 1:
            external_id = f"{external_id}-{number}"
        activity = self.book.activity(
            action.type, member, at, body, external_id=external_id, source=step.source, recorded_at=recorded_at,
            revision=action.revision,
        )  # fmt: skip
        decisions = self._handle(activity)
        own = next(decision for decision in decisions if decision.activity is activity)
        if action.type == Built.HOLD.value and external_id and own.status != "duplicate":
            self.holds.setdefault(external_id, activity.id)  # a hold that is sent again is the one that was placed
        return own, decisions

    def _code(self, member: MemberWork, said: str) -> str:
        """The code that a file means by the name of a reward, or of a member and a reward; else what it says."""
        holders = {"": member, **{canonical(name): found for name, found in self.members.items()}}
        for version in self.book.versions:
            for reward in version.programme.rewards:
                for name, holder in holders.items():
                    number = _voucher(holder, reward)
                    if said == name + canonical(reward) and number in holder.vouchers:
                        return holder.vouchers[number].code
        return said

    def _opened(self, member: MemberWork, name: str) -> str:
        """The invoice that the activity ``name`` opened, or, by "1" and so on, the member's first and later ones."""
        opened = [
            (decision.activity.external_id, invoice.id)
            for decision in self.book.decisions
            if decision.activity.member_id == member.id and decision.effects is not None
            for invoice, state in decision.effects.invoices
            if state == "open"
        ]
        by_name = dict(opened)
        if name in by_name:
            return by_name[name]
        return opened[int(name) - 1][1] if name.isdecimal() and 0 < int(name) <= len(opened) else UUID(int=0).hex

    def _pay_out(self, action: Action, member_id: UUID, now: dt.datetime) -> Decision:
        """A batch is closed: what the cause is paid."""
        gifts = [found.result.gift for found in self.book.pay_out(action.cause)]
        paid = {
            "gifts": len(gifts),
            "money": sum(gift.money for gift in gifts if gift is not None),
            "match": sum(gift.match for gift in gifts if gift is not None),
        }
        activity = Activity(self.book.new_id(now), action.type, "payouts", action.cause, member_id, now, now)
        return Decision(activity, "accepted", 0, Result(), answer={"payout": paid})

    def _stand(self, member: MemberWork, action: Action, at: dt.datetime, now: dt.datetime) -> Decision:
        """A step in the line of a drop; it is refused where there is no place, or no pass."""
        line = self.book.line(action.drop, now)
        left = self.book.pieces(line.drop)
        step = {"drop.entered": line.enter, "drop.held": line.hold, "drop.left": line.leave}[action.type]
        place = step(member.id, left, now)
        return Decision(
            Activity(self.book.new_id(at), action.type, "line", "", member.id, at, now, {"drop": action.drop}),
            "accepted" if place is not None else "refused", 0, Result(),
        )  # fmt: skip

    def _pause(self, action: Action, now: dt.datetime) -> Decision:
        """The operator pauses the programme, or lets it go on: no activity, for it moves nothing."""
        if action.type == PAUSED:
            self.book.pause(now, **action.body)
        else:
            self.book.resume(now)
        activity = Activity(self.book.new_id(now), action.type, OPERATOR, "", NOBODY, now, now, action.body)
        return Decision(activity, "accepted", 0, Result())

    def _guest(
        self, step: Step, action: Action, at: dt.datetime, recorded_at: dt.datetime
    ) -> tuple[Decision, list[Decision]]:
        """A purchase of somebody unknown waits to be claimed, and so does what they win in a game."""
        if action.type == Built.PLAYED.value:
            return self._visit(step, action, recorded_at)
        activity = Activity(
            self.book.new_id(at), action.type, step.source, action.external_id, NOBODY, at, recorded_at, action.body
        )
        self.guests[step.source, action.external_id] = activity
        decision = Decision(activity, "parked", 0, Result())
        return decision, [decision]

    def _visit(self, step: Step, action: Action, now: dt.datetime) -> tuple[Decision, list[Decision]]:
        game = self.luck.programme.games[action.body["game"]]
        house = self.book.gathered.house
        visited = visit(game, self.luck, house, GUEST, len(self.guests) + 1, "", now)
        for account in visited.reserved:
            house[account] -= 1
        activity = Activity(
            self.book.new_id(now), action.type, step.source, action.external_id, NOBODY, now, now, visited.body
        )
        self.guests[step.source, action.external_id] = activity
        decision = Decision(activity, "parked", 0, Result(), answer={"play": visited.told})
        return decision, [decision]

    def _settle(self, action: Action, now: dt.datetime) -> tuple[Decision, list[Decision]]:
        """Draw the winners; the seed is looked for that makes them those whom the file names."""
        raffle = self.luck.programme.draws[action.body["draw"]]
        assert now >= raffle.end, f"the draw is open until {raffle.end}"
        codes = {name: member.id.hex for name, member in self.members.items()}
        entries = [
            Entry(decision.activity.member_id.hex, 0)
            for decision in self.book.decisions
            if decision.result.play.get("draw") == raffle.name
        ]
        entries = [
            Entry(entry.code, self.book.gathered.members[UUID(hex=entry.code)].progress.entered[raffle.name])
            for entry in dict.fromkeys(entries)
        ]
        wanted = [codes[name] for name in action.winners]
        places = sum(prize.winners for prize in raffle.prizes)
        for number in range(MOST_SEEDS):
            drawn = winners(raffle.name, entries, sha256(b"%d" % number).digest(), "", places)
            if [entries[index].code for index in drawn][: len(wanted)] == wanted:
                break
        else:
            raise AssertionError(f"no seed makes {', '.join(action.winners)} win: did all of them enter?")
        rewards = [prize.reward for prize in raffle.prizes for _ in range(prize.winners)]
        decisions: list[Decision] = []
        for place, (index, reward) in enumerate(zip(drawn, rewards, strict=False), 1):
            member = self.book.gathered.members[UUID(hex=entries[index].code)]
            body = {"draw": raffle.name, "place": place, "reward": reward}
            activity = self.book.activity(
                Built.WON.value, member, now, body, external_id=f"{raffle.name}:{place}", source=DRAWS
            )
            decisions += self._handle(activity)
        own = decisions[0] if decisions else Decision(
            Activity(self.book.new_id(now), Built.WON.value, DRAWS, raffle.name, NOBODY, now, now), "accepted", 0,
            Result(),
        )  # fmt: skip
        return own, decisions

    def _rank(self, action: Action, now: dt.datetime) -> tuple[Decision, list[Decision]]:
        decisions = rank(self.book, action, self.luck.programme, now)
        return decisions[0], decisions

    def _claim(
        self, member: MemberWork, source: str, external_id: str, now: dt.datetime
    ) -> tuple[Decision, list[Decision]]:
        waiting = self.guests[source, external_id]
        version = self.book.gathered.version_at(waiting.occurred_at)
        assert version is not None
        within, zone = version.programme.guest_claims, version.programme.zone
        if waiting.type == Built.PLAYED.value:
            visitors = version.programme.games[waiting.body["game"]].visitors
            within = None if visitors is None else visitors.claim_within
        activity = replace(waiting, member_id=member.id, recorded_at=now)
        if within is None or add_span(waiting.occurred_at, within, zone) <= now:
            refused = Declined(DeclineCode.CLAIM_WINDOW_CLOSED, {})
            decision = Decision(activity, "refused", version.number, Result(declined=refused))
            return decision, [decision]
        decisions = self._handle(activity)
        return next(decision for decision in decisions if decision.activity is activity), decisions

    def _balances(self) -> dict[tuple[str, str], Balance]:
        return {
            (name, unit): replace(balance)
            for name, member in self.members.items()
            for unit, balance in member.wallet.balances.items()
        }


def play(scenario: Scenario) -> list[Failure]:
    """Play ``scenario``; everything that is not as expected, in the order of the file."""
    return Play(scenario).run()


def _voucher(member: MemberWork, reward: str) -> int:
    """The newest voucher of the reward in the member's hand; a number that nobody has when there is none."""
    numbers = [voucher.no for voucher in member.vouchers.values() if voucher.reward == reward]
    issued = [number for number in numbers if member.vouchers[number].state == "issued"]
    return max(issued or numbers, default=10**9)
