"""Record: write what was decided, one statement a table, all in one round trip.

Nothing is announced, counted or paid that is not in the same transaction as the activity that caused it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson

from setia.causes.store import apply_giving
from setia.contests.store import apply_contests
from setia.drops.store import apply_taken
from setia.flow.billing import billing_of
from setia.flow.boards import apply_scores
from setia.flow.card_codes import give_code, insert_cards
from setia.flow.contests import changes_of
from setia.flow.donations import giving_of
from setia.flow.gather import Batch
from setia.flow.merging import MOVED
from setia.flow.needs import referred_key
from setia.flow.onward import insert_onward
from setia.flow.stored import decision_json, parked_json, standing_json
from setia.flow.work import Decision, MemberWork, Reservation
from setia.ledger.plan import Entry
from setia.ledger.store import append_entries, apply_wallets
from setia.memberships.store import apply_billing
from setia.plumbing.arrays import columns, instants, ints, texts, uuids
from setia.plumbing.db import AsyncConnection
from setia.referrals.store import ReferralRow, apply_referrals
from setia.rewards.store import ReservationRow, VoucherRow, apply_reservations, apply_vouchers, lapse_vouchers
from setia.state.progress import progress_to_json
from setia.values.activities import Activity
from setia.values.instants import add_span

UNWRITTEN = frozenset(("duplicate", "refused"))
"""Decisions that answer the caller and leave no trace."""

_ACTIVITIES = """
    INSERT INTO activities (programme_id, member_id, id, no, version, revision, first_entry, entry_span, occurred_at,
                            recorded_at, of_id, type, source, external_id, status, body, decision, standing, house)
    SELECT %s, * FROM unnest(
        %s::uuid[], %s::uuid[], %s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::timestamptz[],
        %s::timestamptz[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::json[], %s::json[],
        %s::json[], %s::jsonb[])"""
_ACTIVITY_COLUMNS = (
    uuids, uuids, ints, ints, ints, ints, ints, instants, instants, uuids, texts, texts, texts, texts, texts, texts,
    texts, texts,
)  # fmt: skip
_KEYS = """
    INSERT INTO natural_keys (programme_id, source, external_id, member_id, activity_id, revision, type)
    SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::uuid[], %s::uuid[], %s::int[], %s::text[])"""
_REVISED = """
    UPDATE natural_keys SET activity_id = %s, revision = %s, member_id = %s
    WHERE programme_id = %s AND source = %s AND external_id = %s"""
_STATES = """
    INSERT INTO member_states AS s (programme_id, member_id, seq, event_seq, activity_seq, tier, due_at, recorded_at,
                                    progress)
    SELECT %s, * FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::int[], %s::text[], %s::timestamptz[],
                             %s::timestamptz[], %s::json[])
    ON CONFLICT (member_id, programme_id) DO UPDATE
    SET seq = excluded.seq, event_seq = excluded.event_seq, activity_seq = excluded.activity_seq,
        tier = excluded.tier, due_at = excluded.due_at,
        recorded_at = greatest(s.recorded_at, excluded.recorded_at), progress = excluded.progress"""
_OUTBOX = """
    INSERT INTO outbox (programme_id, member_id, activity_id, occurred_at, created_at, seq, name, data)
    SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::int[], %s::text[],
                             %s::json[])"""
_PARKED = """
    INSERT INTO parked (programme_id, id, member_id, reason, state, source, external_id, of_source, of_external_id,
                        contact, activity, parked_at, due_at)
    SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                             %s::text[], %s::jsonb[], %s::json[], %s::timestamptz[], %s::timestamptz[])"""
_PARKED_COLUMNS = (uuids, uuids, texts, texts, texts, texts, texts, texts, texts, texts, instants, instants)
_MATCHED = "UPDATE parked SET state = 'matched' WHERE id = ANY (%s::uuid[])"
_CLAIMED = """
    UPDATE parked p SET state = 'claimed'
    FROM unnest(%s::text[], %s::text[]) AS q (source, external_id)
    WHERE p.programme_id = %s AND p.source = q.source AND p.external_id = q.external_id
      AND p.reason IN ('guest', 'visitor')"""
_HOUSE = """
    UPDATE house_accounts h SET left_ = h.left_ + q.change FROM unnest(%s::text[], %s::bigint[]) AS q (account, change)
    WHERE h.programme_id = %s AND h.account = q.account"""


async def record(conn: AsyncConnection, batch: Batch, decisions: Sequence[Decision], *, announce: bool = True) -> None:
    """Queue all writes of ``decisions`` on the pipeline that the caller has opened; committing is the caller's.

    A natural key that somebody else recorded in the meantime raises ``UniqueViolation`` when the pipeline is synced.
    ``announce`` False leaves the outbox out, whose numbering would outlive a roll-back.
    """
    programme_id = batch.programme_id
    rows: list[tuple[Any, ...]] = []
    entries: list[tuple[UUID, UUID, dt.datetime, Entry]] = []
    parked: list[tuple[Any, ...]] = []
    matched: list[UUID] = []
    events: list[tuple[Any, ...]] = []
    vouchers: dict[tuple[UUID, int], VoucherRow] = {}
    house: dict[str, int] = {}
    onward: list[Activity] = []
    lapsed: list[tuple[UUID, int]] = []
    freed: list[ReservationRow] = []
    reserved: list[ReservationRow] = []
    last: dict[UUID, dt.datetime] = {}
    arrived: set[UUID] = set()
    # Wallets that were opened while deciding: gift cards that are rewards.
    opened = {m.id: m.progress.joined_at for m in batch.gathered.members.values() if m.id not in batch.seqs}
    batch.seqs |= dict.fromkeys(opened, 0)
    for decision in decisions:
        activity = decision.activity
        member_id, recorded_at = activity.member_id, activity.recorded_at
        if decision.status in UNWRITTEN:
            continue
        last[member_id] = max(recorded_at, last.get(member_id, recorded_at))
        if decision.status == "parked":
            parked.append(_parked(batch, decision))
            arrived.add(activity.id)
        else:
            batch.seqs[member_id] += 1
            rows.append(_row(batch, decision))
        entries += [(member_id, activity.id, recorded_at, entry) for entry in decision.entries]
        if activity.id in batch.waiting or (activity.id in arrived and decision.status != "parked"):
            matched.append(activity.id)
        events += [
            (
                event.member_id, activity.id, event.occurred_at, recorded_at, event.seq, event.name.value,
                orjson.dumps(event.data).decode(),
            )
            for event in decision.events
        ]  # fmt: skip
        for v in decision.vouchers:
            vouchers[member_id, v.no] = _voucher(member_id, v)
        for account, change in decision.house.items():
            house[account] = house.get(account, 0) + change
        onward += decision.onward
        lapsed += [(member_id, no) for no in decision.lapsed]
        freed += [_reservation(kept) for kept in decision.freed]
        reserved += [_reservation(kept) for kept in decision.reserved]
    taken = [
        (drop, decision.activity.member_id)
        for decision in decisions
        if decision.status not in UNWRITTEN
        for drop in decision.answer.get("drops", ())
    ]
    for (member_id, no), before in batch.vouchers.items():
        voucher = batch.gathered.members[member_id].vouchers[no]
        if (voucher.state, voucher.left) != before:
            vouchers[member_id, no] = _voucher(member_id, voucher)
    members = [member for member in batch.gathered.members.values() if member.is_touched or member.id in last]

    await insert_cards(conn, opened)
    await _write_keys(conn, batch)
    if rows:
        await conn.execute(_ACTIVITIES, [programme_id, *columns(rows, _ACTIVITY_COLUMNS)])
    await append_entries(conn, programme_id, entries)
    await apply_wallets(conn, programme_id, [(member.id, member.wallet) for member in members])
    await _write_states(conn, batch, members, last)
    await lapse_vouchers(conn, programme_id, lapsed)
    if freed or reserved:
        await apply_reservations(conn, programme_id, freed, reserved, max(last.values()))
    await apply_referrals(conn, programme_id, [found for member in members if (found := _referral(member))])
    # A code has one owner at a time: whoever gives a voucher away is written first.
    await apply_vouchers(conn, programme_id, sorted(vouchers.values(), key=lambda row: row.state != MOVED))
    if events and announce:
        encoders = (uuids, uuids, instants, instants, ints, texts, texts)
        await conn.execute(_OUTBOX, [programme_id, *columns(events, encoders)])
    await apply_contests(conn, programme_id, *changes_of(batch.gathered, decisions))
    if taken:
        await apply_taken(conn, programme_id, taken)
    if parked:
        await conn.execute(_PARKED, [programme_id, *columns(parked, _PARKED_COLUMNS)])
    if matched:
        await conn.execute(_MATCHED, [uuids(matched)])
    await insert_onward(conn, programme_id, onward)
    if last:
        at = max(last.values())
        version = batch.gathered.version_at(at)
        if version is not None and version.programme.leaderboards:
            await apply_scores(conn, programme_id, version.programme, members, at)
    claimed = [key for key in sorted(batch.guests) if key in batch.gathered.recorded]
    if claimed:
        await conn.execute(_CLAIMED, [*columns(claimed, (texts, texts)), programme_id])
    for code in sorted(set(batch.gathered.cards) - batch.card_codes):
        # A card got a new code, and no other opens it any more.
        await give_code(conn, code, batch.gathered.cards[code])
    changes = sorted((account, change) for account, change in house.items() if change)
    if changes:
        await conn.execute(_HOUSE, [*columns(changes, (texts, ints)), programme_id])
    await apply_giving(conn, programme_id, giving_of(decisions))
    await apply_billing(conn, programme_id, billing_of(decisions, batch.gathered.members))


async def _write_keys(conn: AsyncConnection, batch: Batch) -> None:
    """Keep the natural keys of what came in, and tell of those that are there already what they lead to now."""
    new: list[tuple[Any, ...]] = []
    for key in sorted(batch.incoming):  # in one order, so that two batches with the same keys never wait in a circle
        kept = batch.gathered.recorded.get(key)
        if kept is None:
            continue
        before = batch.known.get(key)
        if before is None:
            new.append((*key, kept.member_id, kept.activity_id, kept.revision, kept.type))
        elif before != (kept.activity_id, kept.revision, kept.member_id):
            changed = [kept.activity_id, kept.revision, kept.member_id]
            await conn.execute(_REVISED, [*changed, batch.programme_id, *key])
    if new:
        await conn.execute(_KEYS, [batch.programme_id, *columns(new, (texts, texts, uuids, uuids, ints, texts))])


def _row(batch: Batch, decision: Decision) -> tuple[Any, ...]:
    activity = decision.activity
    numbers = [entry.no for entry in decision.entries]
    first = min(numbers) if numbers else 0
    return (
        activity.member_id, activity.id, batch.seqs[activity.member_id], decision.version, activity.revision, first,
        max(numbers) - first + 1 if numbers else 0, activity.occurred_at, activity.recorded_at, decision.of,
        activity.type, activity.source, activity.external_id, decision.status, orjson.dumps(activity.body).decode(),
        decision_json(decision), standing_json(decision),
        orjson.dumps(decision.house).decode() if decision.house else None,
    )  # fmt: skip


def _parked(batch: Batch, decision: Decision) -> tuple[Any, ...]:
    activity = decision.activity
    of = referred_key(activity) or (None, None)
    version = batch.gathered.version_at(activity.occurred_at) or batch.gathered.versions[-1]
    due_at = add_span(activity.recorded_at, version.programme.refunds.unmatched_after, version.programme.zone)
    return (
        activity.id, activity.member_id, "unmatched_return", "waiting", activity.source, activity.external_id, *of,
        "{}", parked_json(activity), activity.recorded_at, due_at,
    )  # fmt: skip


def _referral(member: MemberWork) -> ReferralRow | None:
    brought = member.progress.brought
    if brought is None or brought.by is None or brought.claimed_at is None:
        return None
    return ReferralRow(
        member.id, brought.by, brought.state, brought.why, brought.claimed_at, brought.due_at, brought.settled_at
    )


def _voucher(member_id: UUID, v: Any) -> VoucherRow:
    return VoucherRow(
        member_id, v.no, v.reward, v.quantity, v.activity_id, v.rule, v.issued_at, v.valid_until, v.state, v.cost,
        v.code, v.left, v.worth, v.activates_at, v.version, v.card,
    )  # fmt: skip


def _reservation(kept: Reservation) -> ReservationRow:
    return ReservationRow(
        kept.account, kept.code, kept.session, kept.member_id, kept.quantity, kept.taken_at, kept.until
    )


async def _write_states(
    conn: AsyncConnection, batch: Batch, members: Iterable[MemberWork], last: dict[UUID, dt.datetime]
) -> None:
    values = [
        (
            member.id, member.wallet.seq, member.event_seq, batch.seqs[member.id], member.progress.tier, member.due_at,
            last.get(member.id), orjson.dumps(progress_to_json(member.progress)).decode(),
        )
        for member in members
    ]  # fmt: skip
    if values:
        encoders = (uuids, ints, ints, ints, texts, instants, instants, texts)
        await conn.execute(_STATES, [batch.programme_id, *columns(values, encoders)])
