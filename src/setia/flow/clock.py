"""Time as a source of activities: what is due for a member, and when. Pure.

Each due thing becomes a clock activity with a key of its own (type, member, instant), so that it happens exactly once
however often or late the clock is worked off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from setia.flow.work import CLOCK, Gathered, MemberWork, Version
from setia.language.model import ExpiresIdle, Programme, Unit
from setia.ledger.lots import FAR, HoldState
from setia.ledger.plan import Entry
from setia.rules import ladder
from setia.rules.facts import member_env
from setia.rules.rulebook import rulebook
from setia.state import plans
from setia.state.bringing import OPEN
from setia.state.progress import Progress
from setia.values.activities import Activity
from setia.values.card_codes import is_card
from setia.values.codes import TICK_ORDER, Tick
from setia.values.ids import uuid7
from setia.values.instants import DAY, Calendar, Until, Window, add_span, birthday_in, day_start, local_date

PERIODS: Final = {
    Tick.DAY_ENDED.value: (Tick.DAY_ENDED, Window(Calendar.DAY)),
    Tick.WEEK_ENDED.value: (Tick.WEEK_ENDED, Window(Calendar.WEEK)),
    Tick.MONTH_ENDED.value: (Tick.MONTH_ENDED, Window(Calendar.MONTH)),
    Tick.QUARTER_ENDED.value: (Tick.QUARTER_ENDED, Window(Calendar.QUARTER)),
    Tick.YEAR_ENDED.value: (Tick.YEAR_ENDED, Window(Calendar.YEAR)),
}
PLAN_TICKS: Final = (
    Tick.PLAN_ENDED,
    Tick.PLAN_NOTICED,
    Tick.PLAN_DUE,
    Tick.PLAN_REMINDED,
    Tick.PLAN_LAPSED,
    Tick.PLAN_MONTH,
)
_MOVING = (Tick.HOLD_LAPSED, Tick.ACTIVATED, Tick.EXPIRED, Tick.VOUCHER_ACTIVATED, Tick.VOUCHER_EXPIRED)


@dataclass(frozen=True, slots=True)
class Due:
    """Something for the clock to do: which tick, when, for which unit (where it is one unit's)."""

    at: dt.datetime
    tick: Tick
    unit: str = ""


_Candidate = tuple[dt.datetime, int, str]
"""When, which tick (its place in the declared order), which unit: sorts as dues are worked off."""
_TICKS: Final = tuple(Tick)
(
    _HOLD_LAPSED,
    _ACTIVATED,
    _EXPIRED,
    _VOUCHER_ACTIVATED,
    _VOUCHER_EXPIRED,
    _TIER_NOTICED,
    _TIER_REVIEWED,
    _BIRTHDAY,
    _ANNIVERSARY,
    _REACHED_AGAIN,
    _EXPIRING,
    _BRAND,
) = (
    TICK_ORDER[tick.value]
    for tick in (
        Tick.HOLD_LAPSED,
        Tick.ACTIVATED,
        Tick.EXPIRED,
        Tick.VOUCHER_ACTIVATED,
        Tick.VOUCHER_EXPIRED,
        Tick.TIER_NOTICED,
        Tick.TIER_REVIEWED,
        Tick.BIRTHDAY,
        Tick.ANNIVERSARY,
        Tick.REACHED_AGAIN,
        Tick.EXPIRING,
        Tick.BRAND_ANNIVERSARY,
    )
)


def next_due(gathered: Gathered, member: MemberWork) -> Due | None:
    """The first thing that the clock has to do for ``member``, whenever that is.

    Dues are worked off by instant, then in the declared order of ticks.
    """
    found = _candidates(gathered, member) if member.progress.merged is None else []
    if not found:
        return None
    at, order, unit = min(found)
    return Due(at, _TICKS[order], unit)


def due_at(gathered: Gathered, member: MemberWork, now: dt.datetime) -> dt.datetime | None:
    """When to look at ``member`` again. Where not all lots are known, never later than was known before."""
    return look_again_at(member, next_due(gathered, member), now)


def look_again_at(member: MemberWork, found: Due | None, now: dt.datetime) -> dt.datetime | None:
    """``due_at``, where the next due is ``found`` already."""
    at = None if found is None else found.at
    unseen = member.unseen_due_at
    if not member.has_all_lots and unseen is not None and unseen > now:
        return unseen if at is None else min(at, unseen)
    return at


def due_after_giving(gathered: Gathered, member: MemberWork, entries: Iterable[Entry]) -> dt.datetime | None:
    """``due_at`` after an activity that was settled up to its instant and brought no lot back: never too late.

    Nothing that was due before can be due sooner by it, so only its own ``entries`` and what is no lot are looked at.
    """
    at = member.due_at
    for entry in entries:
        for due in (entry.activates_at, entry.expires_at):
            if due is not None and (at is None or due < at):
                at = due
    version = gathered.version_at(member.progress.settled_at or member.progress.joined_at, member)
    is_reminding = version is not None and bool(rulebook(version.programme).reminding)
    for due, _, _ in (_candidates if is_reminding else _beside_lots)(gathered, member):
        if at is None or due < at:
            at = due
    return at


def clock_activity(member: MemberWork, due: Due, now: dt.datetime) -> Activity:
    """The activity for ``due``: its key and id follow from the member, the tick and the instant.

    Where lots are moved the number of the last entry is part of it: what comes in late may bring more to move at an
    instant that was worked off before.
    """
    kind = f"{due.tick.value}:{due.unit}" if due.unit and due.tick is Tick.REACHED_AGAIN else due.tick.value
    external_id = f"{kind}:{due.unit}:{due.at.isoformat()}:{member.id.hex}"
    if due.tick in _MOVING:
        external_id += f":{member.wallet.seq}"
    if due.tick in PLAN_TICKS and member.progress.membership is not None:
        external_id += f":{member.progress.membership.told}"
    milliseconds = int(due.at.timestamp() * 1000)
    return Activity(
        uuid7(max(milliseconds, 0), sha256(external_id.encode()).digest()),
        kind, CLOCK, external_id, member.id, due.at, max(now, due.at),
        {"unit": due.unit} if due.unit else {},
    )  # fmt: skip


def idle_deadline(programme: Programme, unit: Unit, member: MemberWork) -> dt.datetime | None:
    """When a wallet that ends by inactivity is over if nothing happens; None: it is exempt, or the programme's pause
    stops the clock of expiry."""
    policy = unit.expires
    progress = member.progress
    assert isinstance(policy, ExpiresIdle)
    last = progress.active_at.get(unit.name, progress.joined_at)
    pauses = member.wallet.pauses
    usual = pauses.end_of(last, _rounded(add_span(last, policy.inactive_for, programme.zone), policy.until, programme))
    if policy.exempt is None:
        return usual
    if is_exempt(programme, policy, progress):
        return None
    lost = progress.exemption_lost_at.get(unit.name)
    if lost is None or policy.after_exemption is None or usual is None:
        return usual
    longer = _rounded(add_span(lost, policy.after_exemption, programme.zone), policy.until, programme)
    moved = pauses.end_of(lost, longer)
    return None if moved is None else max(usual, moved)


def is_exempt(programme: Programme, policy: ExpiresIdle, progress: Progress) -> bool:
    """Whether the member is exempt from ending by inactivity."""
    return policy.exempt is not None and policy.exempt.test(
        member_env(programme, progress.joined_on, progress.attributes, progress.joined_at)
    )


def _rounded(at: dt.datetime, until: Until, programme: Programme) -> dt.datetime:
    return at if until is Until.INSTANT else day_start(local_date(at, programme.zone) + DAY, programme.zone)


def _candidates(gathered: Gathered, member: MemberWork) -> list[_Candidate]:
    found = _beside_lots(gathered, member)
    activates = expires = FAR
    for lot in member.wallet.lots.values():
        if not lot.left:
            continue
        if lot.is_pending and lot.activates_at is not None and lot.activates_at < activates:
            activates = lot.activates_at
        ends = lot.ends_at
        if ends is not None and ends < expires:
            expires = ends
    if activates is not FAR:
        found.append((activates, _ACTIVATED, ""))
    if expires is not FAR:
        found.append((expires, _EXPIRED, ""))
    version = gathered.version_at(member.progress.settled_at or member.progress.joined_at, member)
    if version is not None and rulebook(version.programme).reminding:
        days = [day for day, _, _, _ in reminders(version, member)]
        if days:
            found.append((day_start(min(days), version.programme.zone), _EXPIRING, ""))
    return found


def reminders(version: Version, member: MemberWork) -> list[tuple[dt.date, str, int, dt.datetime]]:
    """What the member has to be reminded of: the local day, the unit, how much ends, and when.

    What lives shorter than the reminder is told on the day after it was earned, what was there before reminders were,
    on the day after they began.
    """
    programme, progress, wallet = version.programme, member.progress, member.wallet
    zone, last = programme.zone, progress.marks.get(Tick.EXPIRING.value)
    begun = local_date(version.effective_at, zone) + DAY
    ending: list[tuple[Unit, int, dt.datetime, dt.datetime]] = []
    for unit in rulebook(programme).reminding.values():
        idle = idle_deadline(programme, unit, member) if isinstance(unit.expires, ExpiresIdle) else None
        for lot in wallet.lots.values():
            ends = lot.ends_at if lot.expires_at is not None else idle
            if lot.unit == unit.name and lot.left and ends is not None:
                ending.append((unit, lot.left, lot.earned_at, ends))
    found: list[tuple[dt.date, str, int, dt.datetime]] = []
    for unit, amount, earned_at, ends in ending:
        assert unit.remind is not None
        day = max(unit.remind.subtract_from_date(local_date(ends, zone)), local_date(earned_at, zone) + DAY)
        if last is None:
            day = max(day, begun)
        elif day.toordinal() <= last:
            continue
        if day_start(day, zone) < ends:
            found.append((day, unit.name, amount, ends))
    return found


def _beside_lots(gathered: Gathered, member: MemberWork) -> list[_Candidate]:
    progress = member.progress
    found: list[_Candidate] = [
        (hold.lapses_at, _HOLD_LAPSED, "") for hold in member.wallet.holds.values() if hold.state is HoldState.PLACED
    ]
    for _, start, end in progress.vouchers.values():
        found.append((end or FAR, _VOUCHER_EXPIRED, "") if start is None else (start, _VOUCHER_ACTIVATED, ""))
    if is_card(member.id):
        return found
    brought = progress.brought
    if brought is not None and brought.state == OPEN and (safe_at := brought.due_at) is not None:
        found.append((safe_at, TICK_ORDER[Tick.REFERRAL_DUE.value], ""))
    settled = progress.settled_at or progress.joined_at
    change = gathered.next_change(settled)
    if change is not None:
        found.append((change, _TIER_REVIEWED, ""))
    version = gathered.version_at(settled, member)
    if version is not None:
        _add_by_programme(found, version, member, settled)
    return found


def _add_by_programme(found: list[_Candidate], version: Version, member: MemberWork, settled: dt.datetime) -> None:
    programme, progress = version.programme, member.progress
    book = rulebook(programme)
    for unit in book.idle_units:
        balance = member.wallet.balances.get(unit.name)
        deadline = idle_deadline(programme, unit, member)
        if deadline is not None and balance is not None and (balance.available or balance.pending):
            found.append((deadline, _EXPIRED, unit.name))
    found += [(_recurring(kind, version, progress), TICK_ORDER[kind], "") for kind in book.periods_heard]
    if progress.birthday is not None and book.listens_to(Tick.BIRTHDAY):
        since = _mark(progress, Tick.BIRTHDAY, version, programme)
        day = _yearly(progress.birthday, since)
        last = progress.marks.get(Tick.BIRTHDAY.value)
        if last is not None and dt.date.fromordinal(last).year == day.year:
            day = birthday_in(day.year + 1, progress.birthday)  # a changed birthday is no second one in a year
        found.append((day_start(day, programme.zone), _BIRTHDAY, ""))
    if book.listens_to(Tick.ANNIVERSARY):
        since = max(_mark(progress, Tick.ANNIVERSARY, version, programme), progress.joined_on)
        found.append((day_start(_yearly(progress.joined_on, since), programme.zone), _ANNIVERSARY, ""))
    if programme.founded is not None:
        since = max(_mark(progress, Tick.BRAND_ANNIVERSARY, version, programme), progress.joined_on)
        found.append((day_start(_yearly(programme.founded, since), programme.zone), _BRAND, ""))
    noticed = ladder.next_notice(programme, progress)
    if noticed is not None:
        found.append((noticed, _TIER_NOTICED, ""))
    reviewed = ladder.next_review(programme, progress)
    if reviewed is not None:
        found.append((reviewed, _TIER_REVIEWED, ""))
    if progress.membership is not None:
        found += [(at, TICK_ORDER[tick.value], "") for at, tick in plans.dues(programme, progress.membership)]
    if progress.deferred:
        tomorrow = day_start(local_date(settled, programme.zone) + DAY, programme.zone)
        found += [(tomorrow, _REACHED_AGAIN, unit) for unit in progress.deferred]


def _recurring(kind: str, version: Version, progress: Progress) -> dt.datetime:
    tick, window = PERIODS[kind]
    since = _mark(progress, tick, version, version.programme)
    return day_start(window.end(since, progress.joined_on), version.programme.zone)


def mark(progress: Progress, due: Due, programme: Programme) -> None:
    """Remember that a recurring tick has happened."""
    progress.marks[due.tick.value] = local_date(due.at, programme.zone).toordinal()


def _mark(progress: Progress, tick: Tick, version: Version, programme: Programme) -> dt.date:
    """From which local day on ``tick`` is looked for: its last time, the joining, or the version that asks for it."""
    last = progress.marks.get(tick.value)
    since = progress.joined_on if last is None else dt.date.fromordinal(last)
    return max(since, local_date(version.effective_at, programme.zone))


def _yearly(day: dt.date, after: dt.date) -> dt.date:
    found = birthday_in(after.year, day)
    return found if found > after else birthday_in(after.year + 1, day)
