"""What the flow asks of rooms beside activities: publishing, which opens budgets and stocks, and rolling back."""

from __future__ import annotations

import datetime as dt

from setia.drops.store import open_drops
from setia.flow.faults import Invalid, NoticeTooShort, Problem
from setia.flow.needs import house_initials
from setia.language.changes import losses
from setia.language.model import Programme
from setia.language.parse import load_programme
from setia.plumbing.db import AsyncConnection
from setia.programmes import store
from setia.programmes.model import PublishedVersion
from setia.values.instants import add_span


async def publish(
    conn: AsyncConnection,
    source: str,
    programme: Programme,
    *,
    at: dt.datetime,
    effective_at: dt.datetime | None = None,
    by: str = "",
    note: str = "",
) -> PublishedVersion:
    """Publish ``source`` (compiled: ``programme``) as the next version, in force from ``effective_at`` (None: now).

    An ``effective_at`` in the past is taken as it is only before the programme's first activity, so that history can
    be taken in; a version never changes the past of a running programme.

    Raises ``NoticeTooShort`` where members would lose something sooner than the version before it promised them, and
    ``Invalid`` for old terms that nobody could keep.
    """
    ground = await store.lock_ground(conn, programme.name, at, effective_at)
    _check_old_terms(programme, ground)
    if ground.is_felt and ground.before is not None:
        before = load_programme(ground.before[1]).programme
        if before is not None:
            _check_notice(before, programme, at, ground.since)
    version = await store.publish(
        conn,
        source,
        programme,
        house=house_initials(programme),
        at=at,
        effective_at=effective_at,
        by=by,
        note=note,
    )
    if programme.drops:
        row = await store.fetch_programme(conn, programme.name)
        await open_drops(conn, row.id, programme.drops, at)
    return version


def _check_notice(before: Programme, programme: Programme, at: dt.datetime, since: dt.datetime) -> None:
    """Refuse to take something away from members sooner than ``before`` promised."""
    notice, terms = before.changes.notice, programme.changes.old_terms
    if notice is None:
        return
    earliest = add_span(at, notice, before.zone)
    # Who joined under the old terms and keeps them for so long loses nothing sooner.
    is_kept = terms is not None and terms.who is None and (terms.until is None or terms.until >= earliest)
    if since >= earliest or is_kept:
        return
    lost = losses(before, programme, since)
    if lost:
        day = earliest.astimezone(before.zone).isoformat(timespec="seconds")
        raise NoticeTooShort(programme.name, str(notice), [str(loss) for loss in lost], day)


def _check_old_terms(programme: Programme, ground: store.Ground) -> None:
    """Refuse old terms without effect."""
    terms = programme.changes.old_terms
    if terms is None:
        return
    if ground.before is None:
        message = "there is no version before this one whose terms could be kept: take `old_terms` out"
        raise Invalid([Problem("/changes/old_terms", message, "setting_without_effect")])
    if terms.until is not None and terms.until <= ground.since:
        message = "the old terms are kept until a day that is over when the version takes effect"
        raise Invalid([Problem("/changes/old_terms/until", message, "setting_without_effect")])


async def roll_back(
    conn: AsyncConnection, name: str, number: int, compile_source: store.Compile, *, at: dt.datetime, by: str = ""
) -> PublishedVersion:
    """Publish the text of an earlier version again, as a new one; raises ``NotFound``."""
    source = await store.fetch_source(conn, name, number)
    note = f"rolled back to version {number}"
    return await publish(conn, source, compile_source(source), at=at, by=by, note=note)
