"""Asking again: returns, cancellations, revisions and re-ratings change what an earlier activity is booked as. Pure.

The earlier activity is decided once more with the facts of its time and a changed body; the difference to what is
booked now is booked, never more.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Any

from setia.flow import cards, challenges, plans, undo, vouchers
from setia.flow.apply import (
    announce,
    announce_badges,
    announce_expired,
    apply_house,
    balances,
    book_awards,
    book_takes,
    book_uses,
    drawn_by,
    house_changes,
    kept_for_others,
    note_tier,
)
from setia.flow.bringing import note_amendment
from setia.flow.playing import tell_played
from setia.flow.receipts import reduced_body
from setia.flow.refunds import less_share, refund_parts, scaled
from setia.flow.reissue import settle_vouchers
from setia.flow.work import Decision, Gathered, MemberWork, Standing, Version, owner_of
from setia.language.model import Level, Measure, Programme
from setia.ledger.plan import Entry, plan_reversal
from setia.rules import ladder
from setia.rules.evaluate import Question, evaluate
from setia.rules.fold import count_all, fold
from setia.rules.rulebook import rulebook
from setia.rules.tender import less, split, tenders_of, top_up_unit
from setia.state.progress import Progress
from setia.values.activities import Body
from setia.values.codes import Account, DeclineCode, EventName
from setia.values.instants import local_date
from setia.values.outcomes import Award, Declined, Result, Take
from setia.values.stakes import NOBODY, Stake

_SPENT = (Account.REDEEMED, Account.EXCHANGED, Account.DONATED)
_Key = tuple[str, str, str, Stake]
"""Rule, unit, budget and stake of awards that are booked together."""


def paid_less(
    version: Version,
    standing: Standing,
    whole: Body,
    booked: Result,
    rest: Body,
    facts: dict[str, Any],
    share_returned: Fraction | None = None,
) -> Body:
    """``rest`` of a purchase paid with what is left of its tenders, once they got their part of the money back.

    ``whole`` is what was paid for until now, and came to ``booked``.
    """
    if not any(rest.get(name) for name in ("spend", "gift_cards", "tenders")):
        return rest
    programme = version.programme
    if share_returned is None:
        total = _asked(version, standing, rest, facts).totals.get("total", 0)
    else:
        total = less_share((standing.first_result or standing.result).totals["total"], share_returned)
    tenders = tenders_of(programme, whole, booked)
    back = split(tenders, max(booked.totals.get("total", 0) - total, 0), programme.refunds.tenders)
    return less(rest, tenders, back)


def revised_body(
    gathered: Gathered, version: Version, standing: Standing, member: MemberWork, body: Body, facts: dict[str, Any]
) -> tuple[Body, Body, bool, Declined | None]:
    """The body of a revision, with "max" answered, what is left of it after returns, and whether nothing is; or why it
    cannot replace the record.

    What the record has spent stays affordable; what the revision spends beyond it must be there.
    """
    result = _asked(version, standing, body, facts)
    paid = {take.unit: take.amount for take in result.takes if take.reason == "payment"}
    for unit in paid:
        pays = version.programme.units.get(unit)
        if pays is None or pays.pays is None:
            return body, body, False, Declined(DeclineCode.UNIT_CANNOT_PAY, {"unit": unit})
    if result.declined is None and body.get("spend"):
        body = {**body, "spend": {unit: paid.get(unit, 0) for unit in body["spend"]}}
    changed = _unexpected(result, body)
    if result.declined is None and changed is not None:
        return body, body, False, changed
    if result.declined is None and body.get("gift_cards"):
        body = cards.answered(body, result)
    rest, is_void = reduced_body(version.programme, body, standing.returned)
    if result.declined is not None or is_void:
        return body, rest, is_void, result.declined
    if standing.returned:
        rest = paid_less(version, standing, body, result, rest, facts)
    left = _asked(version, standing, rest, facts) if standing.returned else result
    for unit in dict.fromkeys(take.unit for take in left.takes):
        more = left.spent(unit) - sum(part for _, part in _taken_of(standing, unit))
        found = max(member.wallet.balance(unit).spendable, 0)
        if more > found:
            short = Declined(DeclineCode.INSUFFICIENT_BALANCE, {"unit": unit, "wanted": more, "found": found})
            return body, rest, False, short
    return body, rest, False, left.declined or cards.short(gathered, version, left, standing)


def _unexpected(result: Result, body: Body) -> Declined | None:
    expected, total = body.get("expect_total"), result.totals.get("total")
    if expected is None or expected == total:
        return None
    return Declined(DeclineCode.QUOTE_CHANGED, {"expected": expected, "total": total, "lost": []})


def _asked(version: Version, standing: Standing, body: Body, facts: dict[str, Any]) -> Result:
    """The result of the standing activity with ``body``, by the version that decided it at first."""
    original = standing.activity
    book = rulebook(version.programme)
    asked = Question(book, original.type, body, original.occurred_at, facts, original.source, True, version.programmes)
    return evaluate(asked)


def _asked_where_borne(
    gathered: Gathered, version: Version, standing: Standing, body: Body, facts: dict[str, Any], now: dt.datetime
) -> tuple[Body, dict[str, Any], Result]:
    """The body, the facts and the result of asking again, as far as the house can bear it.

    Of a budget that others have used since, there is what is left of it and what the activity itself has drawn. A
    sale whose reward could not be claimed on the level that it is rated by now stays as it is.
    """
    new = _asked(version, standing, body, facts)
    there = house_there(gathered, version, standing, now)
    wanted = house_changes(version.programme, _drawing(new), gathered.house)
    short = {account: there[account] for account, change in wanted.items() if there[account] + change < 0}
    if short:
        facts = {**facts, "h": {**facts.get("h", {}), **short}}
        new = _asked(version, standing, body, facts)
    if new.declined is not None:
        return standing.body, standing.facts, standing.result
    return body, facts, new


def house_there(gathered: Gathered, version: Version, standing: Standing, now: dt.datetime) -> dict[str, int]:
    """House account → what the standing activity may draw on it in all: what is left and promised to nobody, and what
    it has drawn itself."""
    own = house_changes(version.programme, _drawing(standing.result), gathered.house, sign=1)
    kept = kept_for_others(gathered, standing.activity.member_id, None, now)
    return {
        account: max(left - kept.get(account, 0), 0) + own.get(account, 0) for account, left in gathered.house.items()
    }


def _drawing(result: Result) -> Result:
    """What of ``result`` draws on the house each time it is asked: vouchers are issued once."""
    return Result(
        awards=result.awards, issues=[i for i in result.issues if i.in_order], uses=result.uses, gift=result.gift
    )


def amend(
    gathered: Gathered,
    member: MemberWork,
    version: Version,
    decision: Decision,
    standing: Standing,
    body: Body,
    *,
    is_void: bool = False,
    facts: dict[str, Any] | None = None,
    share_returned: Fraction | None = None,
    first_body: Body | None = None,
) -> None:
    """Decide the standing activity again with ``body`` and book the difference on ``decision``.

    ``version`` is the one that decided it at first. ``share_returned``: of the whole order, under the proportional
    method. ``first_body``: of a revision, which replaces the record.
    """
    original, old = standing.activity, standing.result
    cards.look_at(gathered, member)
    facts = vouchers.as_they_are(gathered, member, standing, standing.facts if facts is None else facts)
    if is_void:
        new = Result()
    elif share_returned is not None:
        new = scaled(version.programme, old, standing, share_returned, body)
    else:
        now = decision.activity.recorded_at
        body, facts, new = _asked_where_borne(gathered, version, standing, body, facts, now)
    owner = owner_of(gathered, member, original.member_id) or member
    is_elses = owner is not member  # its vouchers have no numbers here
    if (version.programme.refunds.vouchers == "stay_used" and first_body is None) or is_elses:
        gone = {use.reward for use in old.uses} - {use.reward for use in new.uses}
        decision.answer.setdefault("kept", []).extend(sorted(gone))
        new = replace(new, uses=old.uses)
    now = decision.activity.recorded_at
    # Levels are those of today, whatever version the amended activity was decided by.
    ladder_now = gathered.version_at(now, member) or version
    before = _measure(ladder_now, member, now)
    tenders = tenders_of(version.programme, standing.body, old)
    sold_short = cards.move(gathered, version, decision, standing, old, new)
    short = _book_difference(gathered, member, version, decision, standing, new)
    held = set(member.progress.badges)
    for who in (member, owner) if is_elses else (member,):
        _refold(version, who, old, new, original.occurred_at, now)
        who.is_touched = True
    _recarry(owner, old, new)
    announce_badges(decision, member, held)
    new = settle_vouchers(gathered, member, decision, standing, old, new, gives_more=first_body is not None)
    book_uses(gathered, member, decision, old, new)
    plans.take_back(member, ladder_now, decision, original, [gift for gift in old.plans if gift not in new.plans])
    plans.give(member, ladder_now, decision, original, [gift for gift in new.plans if gift not in old.plans])
    undone = challenges.give_back(gathered, ladder_now, member, decision, standing)
    undone.update(_move_tier(gathered, ladder_now, member, decision, standing, before))
    short = dict(undone + Counter(short))
    tell_played((owner, member) if is_elses else (member,), decision, original.id)
    cards.hand_over(gathered, member, decision)
    cards.take_in(gathered, decision)
    is_gone = is_void and not standing.is_void
    note_amendment(member, version, original.id, original.occurred_at, old, new, is_void=is_gone)
    decision.answer["was"] = [[award.rule, award.unit, award.amount] for award in old.awards]
    first_result = standing.first_result or old
    if first_body is not None or facts is not standing.facts:
        first_result = _asked(version, standing, first_body or standing.first_body, facts)
    after = replace(standing, body=body, facts=facts, result=new, is_void=is_void, first_result=first_result)
    if first_body is not None:
        after.activity = replace(original, body=first_body)
    gathered.standings[original.id] = after
    decision.of, decision.standing, decision.result = original.id, after, replace(new, tier=decision.result.tier)
    bought = top_up_unit(version.programme)
    if bought is not None and bought.name in short:  # it was paid with money, and money makes up for it
        sold_short += short.pop(bought.name)
        standing.short.pop(bought.name, None)
    if sold_short:
        decision.answer["sold_short"] = sold_short
    refund = refund_parts(tenders, [] if is_void else tenders_of(version.programme, body, new))
    if refund:
        decision.answer["refund"] = refund
    if short:
        decision.answer["shortfall"] = short
        if version.programme.refunds.net_shortfall:
            decision.answer["shortfall_money"] = sum(
                int(amount * version.programme.units[unit].worth / 10 ** version.programme.units[unit].decimals)
                for unit, amount in short.items()
            )
        announce(decision, member, EventName.SHORTFALL, {"units": short})


def _book_difference(
    gathered: Gathered, member: MemberWork, version: Version, decision: Decision, standing: Standing, new: Result
) -> dict[str, int]:
    """Entries for what changed; returns what could not be taken back, by unit."""
    original, old = standing.activity, standing.result
    now = decision.activity.recorded_at
    reversed_: Counter[str] = Counter()
    programme = version.programme
    booked: Counter[_Key] = Counter()
    wanted: Counter[_Key] = Counter()
    for award in old.awards:
        booked[award.rule, award.unit, award.budget, award.stake] += award.amount
    for award in new.awards:
        wanted[award.rule, award.unit, award.budget, award.stake] += award.amount
    # What was spent comes back first, so that what was earned can be taken from it: nobody is left short by the order.
    restored = _restore(gathered, member, decision, standing, old, new, now)
    owed = dict(standing.short)
    if version.programme.refunds.when_spent != "only_pending":
        gone = {unit: old.earned(unit) - new.earned(unit) for unit in dict.fromkeys(key[1] for key in booked)}
        lost = undo.undo_plays(gathered, member, decision, standing, gone, version.programme.refunds.when_spent)
        owed = dict(Counter(owed) + lost)
        undo.free_units(gathered, member, decision, standing, gone)
    # What goes down first: what another rule gives instead makes up for what could not be taken back, now or before,
    # so that returning piece by piece leaves nobody with more than returning at once.
    for key in sorted(dict.fromkeys((*booked, *wanted)), key=lambda key: wanted[key] > booked[key]):
        rule, unit, budget, stake = key
        change = wanted[key] - booked[key]
        held = Award(unit, booked[key], rule, budget=budget, stake=stake)
        draws = bool(drawn_by(programme, held))
        if change > 0 and not draws:  # a budget gets back just what was drawn on it
            covered = min(change, owed.get(unit, 0))
            owed[unit] = owed.get(unit, 0) - covered
            change -= covered
        if change > 0:
            terms = next(a for a in new.awards if (a.rule, a.unit, a.budget, a.stake) == key)
            more = Award(unit, change, rule, terms.activates_at, terms.expires_at, terms.pool, True, budget, stake)
            if more.activates_at is not None and more.activates_at <= now:
                more.activates_at = None
            decision.entries += book_awards(member, [more], original, reason="asked_again")
            _draw(gathered, decision, programme, held, replace(held, amount=wanted[key]))
        elif change < 0:
            into = Account.BUDGET if held.is_budgeted else Account.REVERSED
            entries, missing = plan_reversal(
                member.wallet, unit, -change, now, origin=original.id,
                when_spent=version.programme.refunds.when_spent, into=into, rule=rule, stake=stake,
            )  # fmt: skip
            decision.entries += entries
            reversed_[unit] += -change - missing
            _draw(gathered, decision, programme, held, replace(held, amount=wanted[key] + missing))
            if missing:
                owed[unit] = owed.get(unit, 0) + missing
    short = {unit: left for unit, amount in owed.items() if (left := amount - standing.short.get(unit, 0)) > 0}
    # Where the rest is settled in money nothing stays open.
    is_settled = version.programme.refunds.net_shortfall
    standing.short = {} if is_settled else {unit: amount for unit, amount in owed.items() if amount}
    before, after = (replace(_drawing(result), awards=[]) for result in (old, new))
    stock = house_changes(programme, before, gathered.house, sign=1)
    for account, change in house_changes(programme, after, gathered.house).items():
        stock[account] = stock.get(account, 0) + change
    apply_house(gathered, decision, stock)
    for unit, amount in (+reversed_).items():
        announce(decision, member, EventName.REVERSED, {"unit": unit, "amount": amount})
    for unit, amount in restored.items():
        announce(decision, member, EventName.RESTORED, {"unit": unit, "amount": amount})
    member.is_touched = True
    return short


def _draw(gathered: Gathered, decision: Decision, programme: Programme, before: Award, after: Award) -> None:
    """Bring what an award draws on the house from what it drew to what it draws now."""
    was, now = drawn_by(programme, before), drawn_by(programme, after)
    apply_house(gathered, decision, {account: was[account] - now[account] for account in was})


def _restore(
    gathered: Gathered,
    member: MemberWork,
    decision: Decision,
    standing: Standing,
    old: Result,
    new: Result,
    now: dt.datetime,
) -> dict[str, int]:
    """Bring what the activity has taken to what it takes now; what it had not got is not given back."""
    restored: dict[str, int] = {}
    unpaid: dict[str, int] = {}
    for unit, stake, into in dict.fromkeys((take.unit, take.stake, take.into) for take in (*old.takes, *new.takes)):
        key = where(unit, stake, into)
        taken = standing.taken.get(key, [])
        wanted = sum(take.amount for take in new.takes if (take.unit, take.stake, take.into) == (unit, stake, into))
        back = sum(part for _, part in taken) - wanted
        if back > 0:
            entries = undo.restore(
                gathered, member, standing.activity.member_id, unit, back, now, taken, stake, source=into
            )
            decision.entries += entries
            announce_expired(decision, member, entries)
            standing.taken[key] = _less(taken, back)
            restored[unit] = restored.get(unit, 0) + back
        elif back < 0:
            more = min(-back, max(member.wallet.balance(unit).spendable, 0))
            if more:
                entries = book_takes(member, [Take(unit, more, "", "asked_again", stake)], now)
                standing.taken.setdefault(key, []).extend(_lots(entries))
                decision.entries += entries
            if more < -back:
                unpaid[unit] = unpaid.get(unit, 0) - back - more
    if unpaid:
        decision.answer["unpaid"] = unpaid
    if restored:
        decision.answer["restored"] = restored
    return restored


def taken_lots(entries: list[Entry]) -> dict[str, list[tuple[int, int]]]:
    """Unit and where it was spent (see ``where``) → (lot, steps) of what entries spent, in their order."""
    taken: dict[str, list[tuple[int, int]]] = {}
    for entry in entries:
        if entry.credit in _SPENT and entry.lot is not None:
            taken.setdefault(where(entry.unit, entry.stake, entry.credit), []).append((entry.lot, entry.amount))
    return taken


def where(unit: str, stake: Stake, into: Account = Account.REDEEMED) -> str:
    """A unit and where it was spent, as one text: the unit alone where no partner and no cause has a share in it."""
    if into is Account.DONATED:
        return f"{unit}@"
    return unit if stake == NOBODY else f"{unit}@{stake.partner}:{stake.price}"


def _taken_of(standing: Standing, unit: str) -> list[tuple[int, int]]:
    return [pair for key, pairs in standing.taken.items() if key.partition("@")[0] == unit for pair in pairs]


def _lots(entries: list[Entry]) -> list[tuple[int, int]]:
    return [pair for pairs in taken_lots(entries).values() for pair in pairs]


def _less(taken: list[tuple[int, int]], amount: int) -> list[tuple[int, int]]:
    """``taken`` without the last ``amount`` steps, which were given back."""
    left = list(taken)
    while amount:
        lot, part = left.pop()
        back = min(part, amount)
        amount -= back
        if part - back:
            left.append((lot, part - back))
    return left


def _refold(
    version: Version, member: MemberWork, old: Result, new: Result, occurred_at: dt.datetime, now: dt.datetime
) -> None:
    programme, progress = version.programme, member.progress
    fold(programme, progress, old, occurred_at, sign=-1, only_limits_of=now)
    fold(programme, progress, new, occurred_at, only_limits_of=now)


def _recarry(owner: MemberWork, old: Result, new: Result) -> None:
    """A fraction that rounding kept is with whoever earned it, also when they have become part of another."""
    progress = owner.progress
    for unit in dict.fromkeys((*old.carry, *new.carry)):
        carried = Fraction(*progress.carry.get(unit, (0, 1)))
        carried += Fraction(*new.carry.get(unit, (0, 1))) - Fraction(*old.carry.get(unit, (0, 1)))
        progress.carry[unit] = (carried.numerator, carried.denominator)


def _measure(version: Version, member: MemberWork, now: dt.datetime) -> Measure:
    if version.programme.tiers is None:
        return ()
    day = local_date(now, version.programme.zone)
    return ladder.measure(version.programme, member.progress, balances(member.wallet), day)


def _move_tier(
    gathered: Gathered, version: Version, member: MemberWork, decision: Decision, standing: Standing, before: Measure
) -> dict[str, int]:
    """Let the level follow, where it does, and take back what reaching it had given; returns what was missing."""
    programme = version.programme
    if programme.tiers is None:
        return {}
    now = decision.activity.recorded_at
    change = ladder.after_activity(programme, member.progress, balances(member.wallet), now, before=before)
    note_tier(decision, member, change)
    level = ladder.level_of(programme.tiers, member.progress)
    after = _measure(version, member, now)
    lost = {level.name for level in programme.tiers.levels if level.is_reached(before) and not level.is_reached(after)}
    if level.name in lost and change is None:
        decision.answer["tier_protected"] = {"tier": level.name}
        member.progress.protected_for = member.progress.tier_until
    return undo.give_up_levels(gathered, member, decision, standing, lost, programme.refunds.when_spent)


def proven_tiers(
    version: Version, progress: Progress, late: Decision, later: list[Standing]
) -> list[tuple[Standing, str]]:
    """For each later sale, the tier it would have had, had the late activity been known in time.

    The ladder's metrics are added up anew from the late activity on; a tier only rises by this, as long as it is kept.
    """
    programme = version.programme
    tiers = programme.tiers
    assert tiers is not None
    if not any(late.result.metrics.get(name) for name in tiers.metrics):
        return []  # it counts for no level
    metrics = [programme.metrics[name] for name in tiers.metrics]
    known = replace(progress, metrics={name: dict(progress.metrics.get(name, {})) for name in tiers.metrics})
    for standing in later:  # take them all out, then put them back one by one
        count_all(programme, metrics, known, standing.result, standing.activity.occurred_at, -1)
    found: list[tuple[Standing, str]] = []
    since = late.activity.occurred_at
    best = tiers.levels[0] if tiers.keep.kind == "while_reached" else _reached_on(programme, known, since)
    until = ladder.kept_until(programme, known, best, since)
    for standing in sorted(later, key=lambda standing: (standing.activity.occurred_at, standing.activity.id)):
        at = standing.activity.occurred_at
        if until is not None and at >= until:
            best, until = tiers.levels[0], None  # what it showed has ended since
        reached = _reached_on(programme, known, at)
        booked = tiers.level(standing.facts.get("t", "")) or tiers.levels[0]
        if reached.rank > best.rank:
            best, until = reached, ladder.kept_until(programme, known, reached, at)
        found.append((standing, max(best, booked, key=lambda level: level.rank).name))
        count_all(programme, metrics, known, standing.result, standing.activity.occurred_at, 1)
    return found


def _reached_on(programme: Programme, progress: Progress, at: dt.datetime) -> Level:
    """The level that the ladder's metrics reach on the local day of ``at``."""
    assert programme.tiers is not None
    return programme.tiers.reached(ladder.measure(programme, progress, {}, local_date(at, programme.zone)))
