"""Gather: lock the members of a batch, then read everything that deciding it can need.

All statements of the first part travel in one round trip. The lock comes first and every later statement takes a new
snapshot (READ COMMITTED), so what is read is what the lock protects. Only amendments, duplicates and late activities
cost further round trips.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from setia.contests.store import gather_contests
from setia.flow import needs
from setia.flow.amend import taken_lots
from setia.flow.card_codes import ask_codes_of_cards, open_cards, others_of
from setia.flow.cards import cards_of
from setia.flow.contests import undone_by
from setia.flow.merges import bring_in, entered_by, homes_of, newest_standing, read_of_merges
from setia.flow.passing import read_passes
from setia.flow.peeking import look_at_referrers
from setia.flow.recalling import recall, recall_declined
from setia.flow.stored import (
    ask_consequences,
    ask_standings,
    fetch_decisions,
    parked_of,
    row_of,
    standing_of,
    voucher,
)
from setia.flow.used import HOUSE, brought, keep_voucher, played_by, read_gifts, read_plays, read_used
from setia.flow.work import (
    CLOCK,
    CONSEQUENCE,
    ONWARD,
    Decision,
    Gathered,
    KnownCode,
    MemberWork,
    NaturalKey,
    Recorded,
    Reservation,
    Version,
    owner_of,
    redirect,
)
from setia.ledger.lots import Balance, Wallet
from setia.ledger.store import (
    ask_balances,
    ask_holds,
    ask_later_lots,
    ask_lots,
    ask_lots_of,
    ask_open_lots,
    ask_placed_holds,
    hold_of,
    lot_of,
)
from setia.plumbing.arrays import columns, ints, texts, uuids
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.rewards.store import (
    ask_codes,
    ask_reservations,
    ask_vouchers,
    ask_vouchers_by_code,
    ask_vouchers_of,
    voucher_of,
)
from setia.state.progress import Progress, progress_from_json
from setia.values.activities import Activity
from setia.values.codes import Built
from setia.values.ids import uuid7
from setia.values.instants import Span, add_span, local_date
from setia.values.outcomes import Result
from setia.values.pauses import Pause

RESERVED_SOURCES = frozenset((CLOCK, CONSEQUENCE, ONWARD))
"""Sources of activities that are made here; what comes in may not use them."""


@dataclass(slots=True)
class Batch:
    """What was gathered, and what recording must know besides.

    ``incoming``: natural keys of the activities that came in. ``known``: those that are in the book already, with the
    activity, its revision and whose it is. ``seqs``: number of each member's last activity, ``recorded_at``: when.
    ``waiting``: activities that were parked before, with their natural keys. ``guests``: keys of the batch under which
    a purchase without a member waits. ``vouchers``: state and what is left of each gathered voucher, as it was.
    ``floor``: nothing is recorded before it. ``code_secret``: what codes of vouchers are made from. ``card_codes``:
    digests of the gift-card codes that opened a wallet.
    """

    programme_id: int
    gathered: Gathered
    latest: int = 0
    seqs: dict[UUID, int] = field(default_factory=dict)
    recorded_at: dict[UUID, dt.datetime] = field(default_factory=dict)
    incoming: set[NaturalKey] = field(default_factory=set)
    known: dict[NaturalKey, tuple[UUID, int, UUID]] = field(default_factory=dict)
    waiting: dict[UUID, NaturalKey] = field(default_factory=dict)
    guests: set[NaturalKey] = field(default_factory=set)
    vouchers: dict[tuple[UUID, int], tuple[str, int]] = field(default_factory=dict)
    code_secret: bytes = b""
    floor: dt.datetime | None = None
    card_codes: frozenset[str] = frozenset()


# The tables grow under prepared plans: a plan made on an empty table must not scan it when it is full. For the same
# reason everything is looked up key by key; see ``ledger.store``.
_NO_SCANS = "SELECT set_config('enable_seqscan', 'off', true)"
_PROGRAMME = """
    SELECT code_secret, (SELECT max(number) FROM programme_versions v WHERE v.programme_id = p.id),
           (SELECT json_agg(json_build_array(begun_at, ended_at, may_spend, stops_expiry) ORDER BY begun_at)::text
            FROM pauses q WHERE q.programme_id = p.id),
           (SELECT max(known_at) FROM closings c WHERE c.programme_id = p.id)
    FROM programmes p WHERE id = %s"""
_NEW_STATES = """
    INSERT INTO member_states (member_id, programme_id)
    SELECT m.member_id, %s FROM unnest(%s::uuid[]) AS q (member_id)
    CROSS JOIN LATERAL (SELECT m.member_id FROM members m WHERE m.member_id = q.member_id OFFSET 0) m
    WHERE NOT EXISTS (
        SELECT FROM member_states s WHERE s.member_id = q.member_id AND s.programme_id = %s OFFSET 0
    )
    ON CONFLICT DO NOTHING"""
# Row by row in the order of the array, which is sorted: everybody locks in the same order.
_LOCK = """
    SELECT q.member_id, s.*, m.*
    FROM unnest(%s::uuid[]) AS q (member_id)
    CROSS JOIN LATERAL (
        SELECT s.seq, s.event_seq, s.activity_seq, s.due_at, s.recorded_at, s.progress::text FROM member_states s
        WHERE s.member_id = q.member_id AND s.programme_id = %s FOR UPDATE
    ) s
    CROSS JOIN LATERAL (
        SELECT m.is_blocked, m.joined_at, m.birthday, m.attributes::text FROM members m
        WHERE m.member_id = q.member_id OFFSET 0
    ) m"""
_KEYS = """
    SELECT k.* FROM unnest(%s::text[], %s::text[]) AS q (source, external_id) CROSS JOIN LATERAL (
        SELECT k.source, k.external_id, k.activity_id, k.member_id, k.type, k.revision FROM natural_keys k
        WHERE k.programme_id = %s AND k.source = q.source AND k.external_id = q.external_id OFFSET 0
    ) k"""
_PARKED = """
    SELECT p.* FROM unnest(%s::text[], %s::text[]) AS q (source, external_id) CROSS JOIN LATERAL (
        SELECT p.id, p.member_id, p.reason, p.source, p.external_id, p.of_source, p.of_external_id, p.activity::text
        FROM parked p
        WHERE p.programme_id = %s AND p.source = q.source AND p.external_id = q.external_id
          AND p.state IN ('waiting', 'unmatched', 'lapsed') OFFSET 0
    ) p"""
_RETURNS = """
    SELECT p.* FROM unnest(%s::text[], %s::text[]) AS q (source, external_id) CROSS JOIN LATERAL (
        SELECT p.id, p.member_id, p.source, p.external_id, p.of_source, p.of_external_id, p.activity::text FROM parked p
        WHERE p.programme_id = %s AND p.of_source = q.source AND p.of_external_id = q.external_id
          AND p.state IN ('waiting', 'unmatched')
          -- A return without a member has no natural key before its sale is there. Should something else have taken it,
          -- the return counts as sent already.
          AND (p.member_id IS NOT NULL OR NOT EXISTS (
              SELECT FROM natural_keys k WHERE k.programme_id = p.programme_id AND k.source = p.source
                AND k.external_id = p.external_id))
        ORDER BY p.parked_at, p.id
    ) p"""
_OPEN = """
    INSERT INTO house_accounts (programme_id, account, initial, left_)
    SELECT %s, account, initial, initial FROM unnest(%s::text[], %s::bigint[]) AS q (account, initial)
    ON CONFLICT DO NOTHING"""
_LATER = """
    SELECT a.id FROM activities a
    WHERE a.member_id = %s AND a.id > %s AND a.programme_id = %s AND a.type = %s AND a.status = 'accepted'
      AND a.of_id IS NULL AND a.occurred_at > %s
    ORDER BY a.occurred_at, a.no"""


async def gather(conn: AsyncConnection, edition: Edition, activities: Sequence[Activity]) -> Batch:
    """Lock and read for ``activities``; begins the transaction's work, and ends nothing.

    Members that do not exist are missing from ``Batch.gathered.members``.
    """
    versions = [Version(version.number, version.effective_at, version.programme) for version in edition.versions]
    gathered = Gathered(versions)
    batch = Batch(edition.id, gathered, incoming={(a.source, a.external_id) for a in activities})
    if any(version.programme.gift_cards is not None for version in versions):
        gathered.cards = await open_cards(conn, activities)
    until = _until(gathered, activities)
    await _lock_and_read(conn, batch, versions, activities, until)
    if [activity for activity in activities if redirect(gathered, activity)]:
        return await gather(conn, edition, activities)  # again, for whoever they are part of now
    await read_of_merges(conn, batch, versions, activities, lock_more)
    gathered.contests = await gather_contests(conn, edition.id, activities)
    await bring_in(conn, batch, versions, entered_by(gathered, activities), lock_more)
    await _look_back(conn, batch, activities, until)
    gathered.passes |= await read_passes(conn, edition.id, versions, activities)
    return batch


async def gather_members(conn: AsyncConnection, edition: Edition, members: Iterable[UUID]) -> Batch:
    """Lock and read for the clock alone: all that is open of these members."""
    versions = [Version(version.number, version.effective_at, version.programme) for version in edition.versions]
    batch = Batch(edition.id, Gathered(versions))
    until: dict[UUID, dt.datetime | None] = dict.fromkeys(members)
    await _lock_and_read(conn, batch, versions, (), until)
    await _look_back(conn, batch, (), until)
    return batch


async def lock_members(conn: AsyncConnection, programme_id: int, activities: Sequence[Activity]) -> None:
    """Lock the members of ``activities`` in the order in which everybody locks, and read nothing."""
    members = {activity.member_id for activity in activities}
    codes = await open_cards(conn, activities)
    for activity in activities:
        members |= others_of(codes, activity)
    wanted = uuids(sorted(members))
    await conn.execute(_NEW_STATES, [programme_id, wanted, programme_id])
    await conn.execute(_LOCK, [wanted, programme_id], binary=True)


def _until(gathered: Gathered, activities: Sequence[Activity]) -> dict[UUID, dt.datetime | None]:
    """Up to when the clock is worked off for each member; None: open lots are needed whatever is due."""
    until: dict[UUID, dt.datetime | None] = {}
    needs_all = needs.clock_needs_lots(gathered.versions)
    # Who keeps the old terms is only known when the member has been read.
    is_kept = any(version.programme.changes.old_terms is not None for version in gathered.versions)
    for activity in activities:
        member_id = activity.member_id
        version = gathered.version_at(activity.occurred_at)
        meant = gathered.versions if is_kept else () if version is None else (version,)
        if needs_all or any(needs.needs_lots(version, activity) for version in meant):
            until[member_id] = None
        else:
            known = until.get(member_id, activity.recorded_at)
            until[member_id] = None if known is None else max(known, activity.recorded_at)
        for other in others_of(gathered.cards, activity):
            until[other] = None
    return until


async def _lock_and_read(
    conn: AsyncConnection,
    batch: Batch,
    versions: list[Version],
    activities: Sequence[Activity],
    until: dict[UUID, dt.datetime | None],
) -> None:
    programme_id, gathered = batch.programme_id, batch.gathered
    own = {(activity.source, activity.external_id) for activity in activities}
    referred = {key for activity in activities if (key := needs.referred_key(activity)) is not None}
    # Of several under one key the first counts, so that the returns that wait for it are its member's.
    sales = {(a.source, a.external_id): a for a in reversed(activities) if a.type == Built.PURCHASE}
    opened = sorted(needs.house_on_demand(versions, activities).items())
    accounts = sorted({*needs.house_accounts(versions, activities), *(account for account, _ in opened)})
    codes = sorted({item["code"] for activity in activities for item in needs.codes_of(activity)})
    holds = [(a.member_id, hold) for a in activities if (hold := needs.referred_hold(a)) is not None]
    vouchers = [(a.member_id, no) for a in activities if (no := needs.referred_voucher(a)) is not None]

    until = dict(sorted(until.items()))
    members = uuids(until)
    looked_at = "{" + ",".join(["infinity" if at is None else at.isoformat() for at in until.values()]) + "}"
    own_keys = columns(sorted(own), (texts, texts))
    async with conn.pipeline():
        await conn.execute(_NO_SCANS)
        await conn.execute(_NEW_STATES, [programme_id, members, programme_id])
        states = await conn.execute(_LOCK, [members, programme_id], binary=True)
        # After the members are locked: whoever pauses the programme locks them too.
        programme = await conn.execute(_PROGRAMME, [programme_id])
        keys = await conn.execute(
            _KEYS, [*columns(sorted(own | referred), (texts, texts)), programme_id], binary=True
        ) if own or referred else None  # fmt: skip
        parked = await conn.execute(_PARKED, [*own_keys, programme_id], binary=True) if own else None
        returns = await conn.execute(
            _RETURNS, [*columns(sorted(sales), (texts, texts)), programme_id], binary=True
        ) if sales else None  # fmt: skip
        balances = await ask_balances(conn, programme_id, members)
        lots = await ask_open_lots(conn, programme_id, members, looked_at)
        later = await ask_later_lots(conn, programme_id, members, looked_at)
        placed = await ask_placed_holds(conn, programme_id, members, looked_at)
        named_holds = await ask_holds(conn, programme_id, holds) if holds else None
        named_vouchers = await ask_vouchers(conn, programme_id, vouchers) if vouchers else None
        if opened:
            await conn.execute(_OPEN, [programme_id, *columns(opened, (texts, ints))])
        house = await conn.execute(HOUSE, [programme_id, texts(accounts)]) if accounts else None
        by_code = await ask_vouchers_by_code(conn, programme_id, codes) if codes else None
        imported = await ask_codes(conn, programme_id, codes) if codes else None
        # After the accounts are locked, so that nobody reserves a piece of them in the meantime.
        reservations = await ask_reservations(conn, programme_id, accounts) if accounts else None
        cards = await ask_codes_of_cards(conn, gathered.cards) if gathered.cards else None

    found = await programme.fetchone()
    if found is not None:
        batch.code_secret, batch.latest, paused, closed_at = found
        gathered.pauses.all = [_pause(*parts) for parts in orjson.loads(paused or "[]")]
        if closed_at is not None:  # whatever is recorded from now on was not known when that month was closed
            batch.floor = closed_at + dt.timedelta(microseconds=1)
    zone = versions[0].programme.zone
    for (
        member_id, seq, event_seq, activity_seq, due_at, recorded_at, progress, is_blocked, joined_at, birthday,
        attributes,
    ) in await states.fetchall():  # fmt: skip
        memory = (
            progress_from_json(orjson.loads(progress))
            if progress is not None
            else Progress(local_date(joined_at, zone), joined_at, birthday, orjson.loads(attributes))
        )
        looked = until[member_id]
        if looked is not None and recorded_at is not None and recorded_at > looked:
            looked = recorded_at
        gathered.members[member_id] = MemberWork(
            member_id,
            Wallet(seq, pauses=gathered.pauses),
            memory,
            event_seq,
            due_at,
            is_blocked or memory.erased_at is not None,
            is_new=progress is None,
            has_all_lots=looked is None or progress is None,
        )
        if looked is not None and due_at is not None and due_at <= looked:
            gathered.members[member_id].unseen_due_at = None  # all that is due was gathered; the rest follows below
        batch.seqs[member_id] = activity_seq
        last = max((at for at in (recorded_at, batch.floor) if at is not None), default=None)
        if last is not None:
            batch.recorded_at[member_id] = last
    for member_id, unit, *amounts in await balances.fetchall():
        gathered.members[member_id].wallet.balances[unit] = Balance(*amounts)
    for member_id, unseen_due_at in await later.fetchall():
        gathered.members[member_id].unseen_due_at = unseen_due_at
    for row in await lots.fetchall():
        member_id, lot = lot_of(row)
        lot.pauses = gathered.pauses
        gathered.members[member_id].wallet.lots[lot.no] = lot
    for cursor in (placed, named_holds):
        for row in await cursor.fetchall() if cursor is not None else ():
            member_id, kept = hold_of(row)
            if member_id in gathered.members:
                gathered.members[member_id].wallet.holds[kept.id] = kept
    for row in await named_vouchers.fetchall() if named_vouchers is not None else ():
        keep_voucher(batch, row[0], voucher(voucher_of(row)))
    for code, reward, state in await imported.fetchall() if imported is not None else ():
        gathered.codes[code] = KnownCode(reward, is_revoked=state == "revoked")
    for row in await by_code.fetchall() if by_code is not None else ():
        found_voucher = voucher(voucher_of(row))
        gathered.codes[found_voucher.code] = KnownCode(found_voucher.reward, row[0], found_voucher.no)
        keep_voucher(batch, row[0], found_voucher)
    for row in await reservations.fetchall() if reservations is not None else ():
        gathered.reservations.append(Reservation(*row))
    for source, external_id, activity_id, member_id, type_, revision in await keys.fetchall() if keys else ():
        gathered.recorded[source, external_id] = Recorded(activity_id, member_id, type_, revision)
    batch.known |= {k: (kept.activity_id, kept.revision, kept.member_id) for k, kept in gathered.recorded.items()}
    for row in await parked.fetchall() if parked else ():
        _meet_parked(batch, activities, row)
    strangers: dict[UUID, dt.datetime | None] = {}
    for id_, member_id, source, external_id, of_source, of_id, stored in await returns.fetchall() if returns else ():
        sale = sales[of_source, of_id]
        waiting = parked_of(id_, member_id or sale.member_id, source, external_id, stored)
        waiting.recorded_at = max(waiting.recorded_at, sale.recorded_at)
        batch.waiting[id_] = (source, external_id)
        if member_id is None:
            batch.incoming.add((source, external_id))  # its natural key is kept from now on
        elif member_id not in gathered.members:
            strangers[member_id] = None
        gathered.parked.setdefault((of_source, of_id), []).append(waiting)
    if cards is not None and activities:  # under the lock: a code may have been taken away in the meantime
        gathered.cards = dict(await cards.fetchall())
        batch.card_codes = frozenset(gathered.cards)
    for account, left in await house.fetchall() if house is not None else ():
        gathered.house[account] = left
    if strangers:
        # Returns of these sales wait in the name of others, who are told so. Out of order, so that two may meet in a
        # circle: then one of them begins anew.
        await _lock_and_read(conn, batch, versions, (), strangers)


def _pause(begun_at: str, ended_at: str | None, may_spend: bool, stops_expiry: bool) -> Pause:
    ended = None if ended_at is None else dt.datetime.fromisoformat(ended_at)
    return Pause(dt.datetime.fromisoformat(begun_at), ended, may_spend, stops_expiry)


def _meet_parked(batch: Batch, activities: Sequence[Activity], row: Sequence[Any]) -> None:
    """An activity of the batch whose natural key waits already: as a guest's purchase, or as a return.

    A purchase is the guest's, claimed. A return that was parked without a member goes on where it waited if its sale
    is there by now. Whatever else comes under that key came before.
    """
    id_, member_id, reason, source, external_id, of_source, of_external_id, stored = row
    gathered, key = batch.gathered, (source, external_id)
    recorded = gathered.recorded.get(key)
    arriving = [activity for activity in activities if (activity.source, activity.external_id) == key]
    is_guest = reason == "guest" and all(activity.type == Built.PURCHASE for activity in arriving)
    if is_guest or (reason == "visitor" and all("drawn" in activity.body for activity in arriving)):
        batch.guests.add(key)
        return
    if recorded is None and (of_source, of_external_id) in gathered.recorded:
        batch.waiting[id_] = key
        for activity in arriving:
            activity.id = id_
        return
    owner = member_id or arriving[0].member_id
    waiting = parked_of(id_, owner, source, external_id, stored)
    if recorded is None:
        recorded = gathered.recorded[key] = Recorded(id_, owner, waiting.type, waiting.revision)
        batch.known[key] = (id_, waiting.revision, owner)
    recorded.decision = Decision(waiting, "parked", 0, Result())


async def lock_more(conn: AsyncConnection, batch: Batch, versions: list[Version], members: Iterable[UUID]) -> None:
    """Lock and read members that are found to be concerned only now."""
    await _lock_and_read(conn, batch, versions, (), dict.fromkeys(members))


async def _look_back(
    conn: AsyncConnection, batch: Batch, activities: Sequence[Activity], until: dict[UUID, dt.datetime | None]
) -> None:
    """What only some batches need: answers given before, sales that are amended, later sales, lots that are gone."""
    programme_id, gathered = batch.programme_id, batch.gathered
    if any(version.programme.referral is not None for version in gathered.versions):
        await look_at_referrers(conn, programme_id, gathered, activities)
    standings: dict[tuple[UUID, UUID], None] = {}
    repeated: dict[tuple[UUID, UUID], NaturalKey] = {}
    goals: dict[tuple[UUID, UUID], None] = {}
    plays: dict[tuple[UUID, UUID], None] = {}
    incomplete: set[UUID] = set()
    for activity in activities:
        member = gathered.members.get(activity.member_id)
        if member is None:
            continue
        key = (activity.source, activity.external_id)
        recorded = gathered.recorded.get(key)
        if recorded is not None and activity.revision > recorded.revision:
            standings[recorded.member_id, recorded.activity_id] = None
            await recall_declined(conn, batch, recorded, activity)
        if recorded is not None and recorded.decision is None:
            repeated[recorded.member_id, recorded.activity_id] = key
        of = needs.referred_key(activity)
        sale = gathered.recorded.get(of) if of is not None else None
        if sale is not None:
            standings[sale.member_id, sale.activity_id] = None
        undone = undone_by(gathered, activity)
        if undone is not None:
            entry = gathered.contests.entries.get(undone)
            standings[activity.member_id if entry is None else entry.member_id, undone] = None
        if sale is not None or undone is not None or key in gathered.parked or activity.revision:
            # What completed a challenge may have to be taken back with what goes back.
            done = (one for state in member.progress.goals.values() for one in state.last)
            goals.update(((member.id, UUID(hex=one.cause)), None) for one in done)
            plays |= played_by(gathered, member)
            buyer = gathered.members.get(sale.member_id) if sale is not None else None
            plays |= {} if buyer is None else played_by(gathered, buyer)
        if key in gathered.parked:
            incomplete.update(waiting.member_id for waiting in gathered.parked[key])
        if "sale" in activity.body and activity.type == Built.DONATED:
            buyer_id = UUID(hex=activity.body.get("buyer", activity.member_id.hex))
            standings[buyer_id, UUID(hex=activity.body["sale"])] = None
        number = needs.referred_voucher(activity)
        if number is not None and number in member.vouchers:
            owners = [id_ for id_ in gathered.members if owner_of(gathered, member, id_) is not None]
            standings.update(((id_, member.vouchers[number].activity_id), None) for id_ in owners)
        late = await _later(conn, batch, member, activity) if recorded is None else []
        for later_id in late:
            standings[activity.member_id, later_id] = None
        if late:
            incomplete.add(activity.member_id)
    if repeated:
        await recall(conn, batch, repeated)
    if standings and any(version.programme.causes for version in gathered.versions):
        await read_gifts(conn, gathered, standings, homes_of(gathered, standings))
    taken = await _read_standings(conn, batch, list(standings)) if standings else set()
    used = [
        (standing.activity.member_id, use)
        for standing in gathered.standings.values()
        for use in (*standing.result.uses, *brought(standing))
    ]
    await read_used(conn, batch, used)
    amended = list({**standings, **goals, **plays})
    if plays:
        taken |= await read_plays(conn, batch, list(plays))
    amended += homes_of(gathered, amended)  # what was another's is in the lots of whoever they are part of
    for member in gathered.members.values():
        merged = member.progress.merged
        taken |= {(member.id, lot) for lot, _ in (() if merged is None else merged.reversed)}
    cards = {card for id_ in gathered.standings for card in cards_of(gathered.standings[id_])}
    unlocked = dict.fromkeys(sorted(card for card in cards if card not in gathered.members))
    if unlocked:  # cards sort after all members, so that everybody still locks in one order
        await _lock_and_read(conn, batch, batch.gathered.versions, (), unlocked)
    if amended:
        taken |= await _read_consequences(conn, batch, amended)
        caused = (d for sale in batch.gathered.consequences.values() for d in sale.values())
        amended += [(cause.activity.member_id, cause.activity.id) for cause in caused]
    for member in gathered.members.values():
        taken |= {(member.id, lot) for hold in member.wallet.holds.values() for lot, _ in hold.taken}
    incomplete = {
        member_id
        for member_id in incomplete
        if member_id in gathered.members and not gathered.members[member_id].has_all_lots
    }
    missing = [
        (m, no) for m, no in sorted(taken) if m in gathered.members and no not in gathered.members[m].wallet.lots
    ]
    if not (amended or incomplete or missing):
        return
    infinity = "{" + ",".join(["infinity"] * len(incomplete)) + "}"
    async with conn.pipeline():
        gone = await ask_lots(conn, programme_id, missing) if missing else None
        earned = await ask_lots_of(conn, programme_id, amended) if amended else None
        still_open = await ask_open_lots(conn, programme_id, uuids(incomplete), infinity) if incomplete else None
        issued = await ask_vouchers_of(conn, programme_id, amended) if amended else None
    for cursor in (gone, earned, still_open):
        for row in await cursor.fetchall() if cursor is not None else ():
            member_id, lot = lot_of(row)
            lot.pauses = gathered.pauses
            if member_id in gathered.members:
                gathered.members[member_id].wallet.lots.setdefault(lot.no, lot)
    for row in await issued.fetchall() if issued is not None else ():
        keep_voucher(batch, row[0], voucher(voucher_of(row)))
    given = {v.card for member in gathered.members.values() for v in member.vouchers.values() if v.card is not None}
    unlocked = dict.fromkeys(sorted(card for card in given if card not in gathered.members))
    if unlocked:  # rewards that are gift cards: what is on them may have to come back
        await _lock_and_read(conn, batch, gathered.versions, (), unlocked)


async def _later(conn: AsyncConnection, batch: Batch, member: MemberWork, activity: Activity) -> list[UUID]:
    """Later sales of the member that a late activity may change, oldest first; kept in ``Gathered.later``."""
    last = member.progress.last_occurred_at
    if last is None or activity.occurred_at >= last:
        return []
    version = batch.gathered.version_at(activity.recorded_at, member)
    if version is None or version.programme.late.re_rate is None:
        return []
    late = version.programme.late
    # Nothing is recorded much before it occurred, and ids begin with the instant of recording.
    earliest = add_span(activity.occurred_at, Span(-late.future.count, late.future.step), version.programme.zone)
    since = int(earliest.timestamp() * 1000)
    cursor = await conn.execute(
        _LATER,
        [
            member.id,
            uuid7(max(since, 0), bytes(10)),
            batch.programme_id,
            Built.PURCHASE.value,
            activity.occurred_at,
        ],
    )
    found = [row[0] for row in await cursor.fetchall()]
    kept = batch.gathered.later.get(member.id, [])
    if len(found) > len(kept):  # of several late activities the earliest one has the most after it
        batch.gathered.later[member.id] = found
    return found


async def _read_consequences(
    conn: AsyncConnection, batch: Batch, wanted: list[tuple[UUID, UUID]]
) -> set[tuple[UUID, int]]:
    """Read what the activities have set off; the lots that this took are returned as (member, lot)."""
    cursor = await ask_consequences(conn, wanted)
    rows = [row_of(row) for row in await cursor.fetchall()]
    decisions = await fetch_decisions(conn, batch.programme_id, rows) if rows else {}
    taken: set[tuple[UUID, int]] = set()
    for row in rows:
        decision = decisions[row.activity.id]
        assert row.of_id is not None
        batch.gathered.consequences.setdefault(row.of_id, {})[row.activity.id] = decision
        taken |= {(row.activity.member_id, lot) for parts in taken_lots(decision.entries).values() for lot, _ in parts}
    return taken


async def _read_standings(
    conn: AsyncConnection, batch: Batch, wanted: list[tuple[UUID, UUID]]
) -> set[tuple[UUID, int]]:
    """Read how the activities are booked now; the lots that their spending took are returned as (member, lot)."""
    taken: set[tuple[UUID, int]] = set()
    cursor = await ask_standings(conn, wanted)
    for *row, latest in await cursor.fetchall():
        booked = row_of(row)
        if booked.status == "declined":
            continue  # nothing was booked that could be amended
        found = orjson.loads(latest) if latest is not None else None
        owner = batch.gathered.members.get(booked.activity.member_id)
        if owner is not None and owner.progress.homes:
            found = await newest_standing(conn, owner, booked.activity.id)
        standing = standing_of(booked, found)
        batch.gathered.standings[standing.activity.id] = standing
        member_id = standing.activity.member_id
        taken |= {(member_id, lot) for parts in standing.taken.values() for lot, _ in parts}
        taken |= {(UUID(hex=card), lot) for card, parts in standing.cards.items() for lot, _ in parts}
    return taken
