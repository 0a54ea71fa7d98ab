"""Decide: one activity after the other, on what was gathered. Pure: no database, no wall clock, no chance.

Before an activity is decided, the clock of its member is worked off up to the moment of recording; afterwards come its
consequences (a tier that changed, a card that is full), the returns that waited for it, and the sales that it puts in
another light. Each of them is an activity of its own, with its own explanation.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from setia.flow import amend, bringing, cards, causes, contests, lines, plans, returns, ticks, vouchers
from setia.flow.apply import (
    announce,
    apply_result,
    balances,
    follow_balance,
    note_activity,
    note_tier,
)
from setia.flow.asking import ask
from setia.flow.clock import (
    PLAN_TICKS,
    Due,
    clock_activity,
    due_after_giving,
    due_at,
    look_again_at,
    mark,
    next_due,
)
from setia.flow.kinds import KINDS
from setia.flow.needs import PARTY
from setia.flow.playing import NOW_ONLY, note_play, tell_won
from setia.flow.protection import note_benefit_cost
from setia.flow.refusal import refusal
from setia.flow.work import CONSEQUENCE, Decision, Gathered, MemberWork, Recorded, Standing, Version, stands_at
from setia.rules import ladder
from setia.rules.fold import prune
from setia.rules.goals import newly_completed
from setia.rules.rulebook import REACHED, TIER_CHANGED, rulebook
from setia.state.progress import GoalState
from setia.values.activities import Activity
from setia.values.card_codes import is_card
from setia.values.codes import CHALLENGE_COMPLETED, Built, DeclineCode, EventName, Tick
from setia.values.ids import uuid7
from setia.values.instants import Span, add_span, local_date
from setia.values.outcomes import Declined, Result

MOST_CONSEQUENCES = 1_000
"""A bound on what one activity may set off; a programme that reaches it is cut off there and says so."""
MOST_TICKS = 10_000
"""How many dues of a member are worked off in one go; the clock comes back for the rest."""

# Plain texts: reading a member of an enumeration costs more than comparing it.
_PURCHASE: Final = Built.PURCHASE.value
_CLAIM: Final = Built.CLAIM.value
_UPDATED: Final = Built.UPDATED.value
_USE: Final = Built.USE.value
_STANDING: Final = contests.ASKED | {_PURCHASE, _CLAIM, Built.DONATED.value}
_WON: Final = Built.WON.value
_RERATED: Final = Built.RERATED.value


def decide(gathered: Gathered, activity: Activity) -> list[Decision]:
    """Decide ``activity`` and all that comes with it; its own decision is the one whose ``activity`` it is.

    A natural key that is in the book already gives one decision with status "duplicate"; an activity that cannot be
    taken at all (future, before the programme) one with status "refused", which is not recorded. A sale that
    was declined, or a revision that was, may come again under its key with another body: it is a new try, and decided
    as one; with the same body it is a duplicate.
    """
    cards.resolve(gathered, activity)
    key = (activity.source, activity.external_id)
    known = gathered.recorded.get(key)
    is_revision = known is not None and activity.type == _PURCHASE and activity.revision > known.revision
    before = known.declined.get((activity.member_id, activity.revision)) if known is not None and is_revision else None
    if before is not None and before.activity.body == activity.body:
        return [Decision(activity, "duplicate", 0, before.result, of=before.activity.id)]
    if known is not None and not is_revision and not _is_new_try(known, activity):
        earlier = known.decision.result if known.decision is not None else Result()
        return [Decision(activity, "duplicate", 0, earlier, of=known.activity_id)]
    member = gathered.members[activity.member_id]
    settled = member.progress.settled_at
    if settled is not None and activity.recorded_at < settled:
        activity.recorded_at = settled  # the book's clock never runs backwards
    if activity.type in NOW_ONLY and "drawn" not in activity.body:
        activity.occurred_at = activity.recorded_at
    refused = refusal(gathered, activity)
    if refused is not None:
        return [Decision(activity, "refused", 0, Result(declined=refused))]
    decisions = settle(gathered, member.id, activity.recorded_at)
    others = moves_others(gathered, activity)
    for other in others:
        decisions += settle(gathered, other.id, activity.recorded_at)
    # A sale that was declined is no sale: its correction is decided like a first one.
    is_correction = (
        known is not None
        and known.activity_id not in gathered.standings
        and (known.member_id == member.id or _is_new_try(known, activity))
    )
    own = _decide_own(gathered, member, activity, known if is_revision and not is_correction else None)
    undone = [part for part in own.beside if part.activity.member_id == member.id]  # booked first, so told first
    decisions += (*undone, own, *(part for part in own.beside if part.activity.member_id != member.id))
    for received in own.beside:
        receiver = gathered.members[received.activity.member_id]
        if is_card(receiver.id) or receiver.progress.merged is not None:
            continue  # a card has no rules of its own, and whoever is part of another has no more
        follow_balance(gathered, receiver, received)
        decisions += _consequences(gathered, receiver, received)
    if own.status == "accepted":
        # A newer version of a sale leads to the sale, in whoever's book that is.
        kept = activity if own.standing is None or not is_revision else own.standing.activity
        gathered.recorded[key] = Recorded(
            kept.id, kept.member_id, activity.type, activity.revision, own, {} if known is None else known.declined
        )
        more = _consequences(gathered, member, own)
        if more:
            own.answer["set_off"] = [_told(item) for item in more if not is_card(item.activity.member_id)]
        decisions += more
        if more or member.progress.deferred:
            member.due_at = due_at(gathered, member, activity.recorded_at)
        for parked in gathered.parked.pop(key, []):
            parked.recorded_at = activity.recorded_at
            gathered.recorded.pop((parked.source, parked.external_id), None)
            decisions += decide(gathered, parked)
        decisions += _re_rate(gathered, member, own)
    elif known is None or is_correction:
        gathered.recorded[key] = Recorded(activity.id, member.id, activity.type, activity.revision, own)
    else:
        known.declined[member.id, activity.revision] = own  # the sale stays what it was
    decisions += settle(gathered, member.id, activity.recorded_at)
    for other in others:
        other.due_at, other.is_touched = due_at(gathered, other, activity.recorded_at), True
    return decisions


def _is_new_try(known: Recorded, activity: Activity) -> bool:
    """Whether a sale under this key was declined and now asks for something else, or for somebody else."""
    earlier = known.decision
    return (
        activity.type == _PURCHASE
        and earlier is not None
        and earlier.status == "declined"
        and earlier.activity.type == _PURCHASE
        and (earlier.activity.body != activity.body or earlier.activity.member_id != activity.member_id)
    )


def settle(gathered: Gathered, member_id: UUID, now: dt.datetime) -> list[Decision]:
    """Work off the member's clock up to ``now``: each due thing once, in order, at its own instant."""
    member = gathered.members[member_id]
    is_quiet = member.due_at > now if member.due_at is not None else member.progress.settled_at is not None
    if (not member.is_new and is_quiet) or member.progress.merged is not None:
        return []
    decisions: list[Decision] = []
    progress = member.progress
    if not is_card(member_id) and (not progress.tier or not progress.version):
        first = gathered.version_at(now, member)
        if first is not None:
            ladder.place(first.programme, progress, progress.joined_at, first.number)
            progress.version = progress.version or first.number
            member.is_touched = True
    due = next_due(gathered, member)
    for _ in range(MOST_TICKS):
        if due is None or due.at > now:
            break
        decisions += _tick(gathered, member, due, now)
        due = next_due(gathered, member)
    before, progress.settled_at = progress.settled_at, now
    version = gathered.version_at(now, member)
    if version is not None:
        today = local_date(now, version.programme.zone)
        if before is None or local_date(before, version.programme.zone) != today:
            prune(version.programme, progress, today)
    member.is_new = False
    member.due_at, member.is_touched = look_again_at(member, due, now), True
    return decisions


def moves_others(gathered: Gathered, activity: Activity) -> list[MemberWork]:
    """The other wallets that the activity moves units of: of a member, or of gift cards."""
    if activity.type not in PARTY:
        return cards.wallets(gathered, activity)
    other = gathered.members.get(UUID(hex=activity.body[PARTY[activity.type]]))
    return [] if other is None else [other]


def _decide_own(gathered: Gathered, member: MemberWork, activity: Activity, revised: Recorded | None) -> Decision:
    version = gathered.version_at(activity.occurred_at, member)
    assert version is not None
    decision = Decision(activity, "accepted", version.number, Result())
    kind = KINDS.get(activity.type)
    refused = cards.refuse(member, activity)
    declined: Declined | None = None
    if refused is not None:
        declined = refused
    elif member.is_blocked and not (kind is not None and kind.is_open_to_blocked):
        declined = Declined(DeclineCode.MEMBER_BLOCKED, {})
    elif revised is not None:
        declined = returns.revise(gathered, member, decision, revised)
    elif (declined := lines.pass_missing(gathered, version, activity)) is None:
        if kind is not None:
            declined = kind.handle(gathered, member, version, decision)
        if declined is None and (kind is None or kind.is_rated):
            _evaluate(gathered, member, version, decision)
            declined = decision.result.declined
    member.is_touched = True
    if declined is not None:
        decision.status = "declined" if decision.status == "accepted" else decision.status
        decision.result = Result(declined=declined)
    elif decision.status == "accepted":
        note_activity(member, version, activity)
        lines.use_pass(gathered, version, decision)
        if kind is not None and kind.moves:
            follow_balance(gathered, member, decision)
        if activity.type == _UPDATED:
            _follow_version(gathered, member, decision)
        last = member.progress.last_occurred_at
        if last is None or activity.occurred_at > last:
            member.progress.last_occurred_at = activity.occurred_at
        if revised is not None or (kind is not None and kind.restores):
            member.due_at = due_at(gathered, member, activity.recorded_at)
        else:
            member.due_at = due_after_giving(gathered, member, decision.entries)
    return decision


def _follow_version(gathered: Gathered, member: MemberWork, decision: Decision) -> None:
    """What is known of the member now may put it under the old terms, or under the new ones."""
    at = decision.activity.recorded_at
    version = gathered.version_at(at, member)
    if version is not None and version.number != member.progress.version:
        change = ladder.adopt(version.programme, member.progress, balances(member.wallet), at, version.number)
        note_tier(decision, member, change)


def _evaluate(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> None:
    activity = decision.activity
    decision.facts, result = ask(gathered, member, version, activity, gathered.luck)
    decision.result = result
    if result.declined is not None:
        return
    if activity.type == _PURCHASE and activity.body.get("gift_cards"):
        activity.body = cards.answered(activity.body, result)
    if activity.type == _PURCHASE and activity.body.get("spend"):
        # "max" was answered: from now on the sale has spent just that much.
        paid = {take.unit: take.amount for take in result.takes if take.reason == "payment"}
        activity.body = {**activity.body, "spend": {unit: paid.get(unit, 0) for unit in activity.body["spend"]}}
    if activity.type == _PURCHASE and member.progress.protected_for is not None:
        note_benefit_cost(member, version, decision)
    apply_result(gathered, member, version, decision)
    plans.give(member, version, decision, activity, result.plans)
    cards.hand_over(gathered, member, decision)
    if "contest" in result.play:
        contests.note(gathered, member, version, decision)
    elif result.play:
        note_play(member, version, decision)
        gathered.plays[activity.id] = decision
    elif activity.type == _WON:
        tell_won(member, decision)
    if activity.type in causes.NOTED:
        causes.note(gathered, member, version, decision)
    if activity.type in _STANDING:
        gathered.standings[activity.id] = Standing(
            activity, version.number, activity.body, decision.facts, result, activity.revision,
            amend.taken_lots(decision.entries),
        )  # fmt: skip
        cards.move(gathered, version, decision, gathered.standings[activity.id], Result(), result)
    if activity.type == _PURCHASE:
        decision.answer["totals"] = result.totals
        bringing.note_purchase(gathered, member, version, decision)
        causes.follow(member, version, decision)


def _consequences(gathered: Gathered, member: MemberWork, cause: Decision) -> list[Decision]:
    """What an accepted decision sets off: rules on ``tier.changed`` and on ``<unit>.reached``, until nothing fires."""
    decisions: list[Decision] = []
    waiting = [cause]
    count = 0
    while waiting and count < MOST_CONSEQUENCES:
        current = waiting.pop(0)
        for decision in _one_round(gathered, member, current, cause.activity.id):
            decisions += (decision, *decision.beside)
            waiting.append(decision)
            count += 1
    return decisions


def _told(consequence: Decision) -> dict[str, Any]:
    """What the caller is told of a consequence: what it gave, took and handed over, and the tier it led to."""
    result = consequence.result
    told: dict[str, Any] = {
        "type": consequence.activity.type,
        "activity": consequence.activity.id.hex,
        "gave": [[award.unit, award.amount, award.rule] for award in result.awards],
        "took": [[take.unit, take.amount, take.rule] for take in result.takes],
        "vouchers": [
            [v.no, v.reward, v.quantity, None if v.valid_until is None else v.valid_until.isoformat(), v.code]
            for v in consequence.vouchers
        ],
    }
    if result.plans:
        told["plans"] = [gift.plan for gift in result.plans]
    if result.tier is not None:
        told["tier"] = result.tier.level
    if consequence.activity.type == CHALLENGE_COMPLETED:
        told["challenge"] = consequence.activity.body["challenge"]
    if result.badges:
        told["badges"] = list(result.badges)
    return told


def _one_round(gathered: Gathered, member: MemberWork, current: Decision, cause: UUID) -> list[Decision]:
    version = gathered.version_at(stands_at(current.activity), member)
    if version is None:
        return []
    book = rulebook(version.programme)
    change = current.result.tier
    if change is None and not book.reached and not current.follow and not version.programme.challenges:
        return []
    found: list[Decision] = []
    for kind, body in current.follow:
        found += _derive(gathered, member, version, kind, current.activity, cause, body, current)
    if change is not None and book.plan(TIER_CHANGED).rules:
        moved = {"from": change.before, "to": change.level, "is_up": change.is_up}
        found += _derive(gathered, member, version, TIER_CHANGED, current.activity, cause, moved, current)
    if version.programme.challenges and current.result.metrics:
        found += _complete(gathered, member, version, current, cause)
    touched = {entry.unit for entry in current.entries}
    for unit in book.reached:
        if unit in touched and member.wallet.balance(unit).spendable > 0:
            kind = f"{REACHED}:{unit}"
            found += _derive(gathered, member, version, kind, current.activity, cause, {"unit": unit}, current)
    return found


def _complete(
    gathered: Gathered, member: MemberWork, version: Version, current: Decision, cause: UUID
) -> list[Decision]:
    """The challenges that are completed by what ``current`` counts."""
    counting = current.activity if current.standing is None else current.standing.activity
    day = local_date(counting.occurred_at, version.programme.zone)
    found: list[Decision] = []
    for challenge, done in newly_completed(version.programme, member.progress, current.result.metrics, day):
        state = member.progress.goals.setdefault(challenge.name, GoalState())
        body = {"challenge": challenge.name, "times": state.times.total() + 1}
        (decision,) = _derive(
            gathered, member, version, CHALLENGE_COMPLETED, current.activity, cause, body, is_kept=True
        )
        state.complete(replace(done, cause=cause.hex, id=decision.activity.id.hex))
        found.append(decision)
    return found


def _derive(
    gathered: Gathered,
    member: MemberWork,
    version: Version,
    kind: str,
    current: Activity,
    cause: UUID,
    body: dict[str, Any],
    told: Decision | None = None,
    *,
    is_kept: bool = False,
) -> list[Decision]:
    """Decide a consequence; one that gives nothing leaves no trace but a deferral, which ``told`` announces.

    ``is_kept``: it leaves a trace even so, and can be taken back by whatever takes its reason away.
    """
    external_id = f"{kind}:{current.id.hex}"
    if is_kept:
        external_id += f":{body['challenge']}:{body['times']}"
    now = stands_at(current)
    milliseconds = int(now.timestamp() * 1000)
    activity = Activity(
        uuid7(milliseconds, sha256(external_id.encode()).digest()),
        kind, CONSEQUENCE, external_id, member.id, now, current.recorded_at, body,
    )  # fmt: skip
    decision = Decision(activity, "accepted", version.number, Result(), of=cause)
    if is_kept:
        announce(decision, member, EventName.CHALLENGE_COMPLETED, body)
    _evaluate(gathered, member, version, decision)
    unit = body.get("unit", "")
    result = decision.result
    if result.deferred and unit not in member.progress.deferred:
        member.progress.deferred.append(unit)
        # Everything up to now is settled: it goes on on the next day, not on the day after the last tick.
        member.progress.settled_at = max(member.progress.settled_at or now, now)
        member.is_touched = True
        if told is not None:
            announce(told, member, EventName.LIMIT_REACHED, {"unit": unit})
    if not (_is_something(result) or is_kept):
        return []
    if cause in gathered.standings or is_kept:
        gathered.consequences.setdefault(cause, {})[activity.id] = decision
    return [decision]


def _tick(gathered: Gathered, member: MemberWork, due: Due, now: dt.datetime) -> list[Decision]:
    version = gathered.version_at(due.at, member)
    assert version is not None
    programme, progress = version.programme, member.progress
    activity = clock_activity(member, due, now)
    decision = Decision(activity, "accepted", version.number, Result())
    progress.settled_at = due.at if progress.settled_at is None else max(progress.settled_at, due.at)
    member.is_touched = True
    is_told = True
    if due.tick is Tick.HOLD_LAPSED:
        ticks.lapse_holds(member, decision, due)
    elif due.tick is Tick.ACTIVATED:
        ticks.activate(member, version, decision, due)
    elif due.tick is Tick.EXPIRED:
        ticks.expire(member, decision, due)
    elif due.tick is Tick.VOUCHER_ACTIVATED:
        vouchers.activate(member, decision, due.at)
    elif due.tick is Tick.VOUCHER_EXPIRED:
        vouchers.expire(member, decision, due.at)
    elif due.tick is Tick.EXPIRING:
        ticks.remind(member, version, decision, due)
    elif due.tick is Tick.TIER_NOTICED:
        upcoming = ladder.notice(programme, progress, balances(member.wallet), due.at)
        is_told = upcoming is not None
        if upcoming is not None:
            level, missing = upcoming
            assert programme.tiers is not None
            names = programme.tiers.metrics
            told = [dict(zip(names, way, strict=True)) for way in missing] if len(names) > 1 else missing[0][0]
            announce(decision, member, EventName.TIER_DOWNGRADE_UPCOMING, {"tier": level.name, "missing": told})
    elif due.tick is Tick.TIER_REVIEWED:
        change = ladder.adopt(programme, progress, balances(member.wallet), due.at, version.number)
        change = change or ladder.review(programme, progress, balances(member.wallet), due.at)
        note_tier(decision, member, change)
        is_told = change is not None
    elif due.tick is Tick.REFERRAL_DUE:
        bringing.fall_due(gathered, member, version, decision)
    elif due.tick is Tick.REACHED_AGAIN:
        progress.deferred.remove(due.unit)
        return _consequences_of_deferral(gathered, member, version, activity, due.unit)
    elif due.tick in PLAN_TICKS:
        is_told = plans.tick(member, version, decision, due.tick)
        if rulebook(programme).listens_to(due.tick.value):
            _evaluate(gathered, member, version, decision)
            is_told = is_told or _is_something(decision.result)
    else:
        mark(progress, due, programme)
        _evaluate(gathered, member, version, decision)
        is_told = _is_something(decision.result)
    if not is_told:
        return []
    if due.tick in (Tick.HOLD_LAPSED, Tick.ACTIVATED, Tick.EXPIRED):
        follow_balance(gathered, member, decision)
    return [decision, *decision.beside, *_consequences(gathered, member, decision)]


def _is_something(result: Result) -> bool:
    return bool(result.awards or result.takes or result.issues or result.plans or result.badges)


def _consequences_of_deferral(
    gathered: Gathered, member: MemberWork, version: Version, activity: Activity, unit: str
) -> list[Decision]:
    found = _derive(gathered, member, version, f"{REACHED}:{unit}", activity, activity.id, {"unit": unit})
    return [part for own in found for part in (own, *own.beside, *_consequences(gathered, member, own))]


def _re_rate(gathered: Gathered, member: MemberWork, own: Decision) -> list[Decision]:
    """Decide later sales again when a late activity shows that another tier was in force."""
    version = gathered.version_at(own.activity.recorded_at, member)
    later = gathered.later.get(member.id, [])
    window = None if version is None else version.programme.late.re_rate
    if version is None or window is None or version.programme.tiers is None or not later:
        return []
    programme, progress = version.programme, member.progress
    earliest = add_span(own.activity.recorded_at, Span(-window.count, window.step), programme.zone)
    decisions: list[Decision] = []
    proven = amend.proven_tiers(version, progress, own, [gathered.standings[item] for item in later])
    for number, (standing, tier) in enumerate(proven):
        if standing.activity.occurred_at < earliest or standing.is_void or standing.facts.get("t") == tier:
            continue
        external_id = f"rerated:{standing.activity.id.hex}:{own.activity.id.hex}"
        milliseconds = int(own.activity.recorded_at.timestamp() * 1000)
        activity = Activity(
            uuid7(milliseconds, sha256(f"{external_id}:{number}".encode()).digest()),
            _RERATED, CONSEQUENCE, external_id, member.id,
            own.activity.recorded_at, own.activity.recorded_at, {"tier": tier},
        )  # fmt: skip
        decision = Decision(activity, "accepted", standing.version, Result())
        rated = next(v for v in gathered.versions if v.number == standing.version)
        facts = {**standing.facts, "t": tier}
        amend.amend(gathered, member, rated, decision, standing, standing.body, facts=facts)
        decisions += (decision, *decision.beside)
    return decisions
