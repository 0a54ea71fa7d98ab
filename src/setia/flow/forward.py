"""Deciding what was gathered, and going on with what that sets off at other members."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import traceback
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from psycopg import errors

from setia.flow.codes import name_vouchers, wanted_of_pools
from setia.flow.decide import decide
from setia.flow.gather import Batch, gather
from setia.flow.onward import delete_onward, postpone_onward, take_onward
from setia.flow.record import UNWRITTEN, record
from setia.flow.work import Decision
from setia.plumbing.clock import Clock
from setia.plumbing.db import AsyncConnection, Pool
from setia.programmes.model import Edition
from setia.programmes.store import Catalogue
from setia.rewards.store import take_codes
from setia.values.activities import Activity
from setia.values.chance import Luck
from setia.values.faults import Broken

_log = structlog.get_logger(__name__)


def decide_one(batch: Batch, activity: Activity, decisions: list[Decision]) -> Decision:
    """Decide ``activity``, add all that comes of it to ``decisions``, and return its own decision."""
    gathered = batch.gathered
    last = batch.recorded_at.get(activity.member_id)
    if last is not None and activity.recorded_at < last:
        activity.recorded_at = last  # time never goes back within a member
    key = (activity.source, activity.external_id)
    known = gathered.recorded.get(key)
    made = decide(gathered, activity)
    own = next(decision for decision in made if decision.activity is activity)
    before = None
    if own.status == "duplicate" and known is not None:
        declined = known.declined.get((activity.member_id, activity.revision))
        before = declined if declined is not None and declined.activity.id == own.of else known.decision
    if before is not None:
        own.version, own.facts, own.answer = before.version, before.facts, before.answer
        own.entries, own.vouchers = before.entries, before.vouchers
        activity.occurred_at, activity.recorded_at = before.activity.occurred_at, before.activity.recorded_at
    if own.status not in UNWRITTEN:
        batch.recorded_at[activity.member_id] = activity.recorded_at
    decisions += made
    return own


async def name_new_vouchers(conn: AsyncConnection, batch: Batch, decisions: list[Decision]) -> None:
    """Give the vouchers that ``decisions`` issued their codes, imported ones where the reward has a pool of them."""
    wanted = wanted_of_pools(batch.gathered, decisions)
    pools = {reward: await take_codes(conn, batch.programme_id, reward, n) for reward, n in sorted(wanted.items())}
    name_vouchers(batch.gathered, decisions, batch.code_secret, pools)


def onward_of(decisions: Iterable[Decision]) -> list[Activity]:
    return [activity for found in decisions if found.status not in UNWRITTEN for activity in found.onward]


@dataclass(slots=True)
class Forwarding:
    """Activities that others have set off, decided in one transaction; those that these set off are in ``onward``."""

    pool: Pool
    clock: Clock
    catalogue: Catalogue
    programme: str
    only: Sequence[UUID] | None
    limit: int
    luck_of: Callable[[AsyncConnection, Edition], Awaitable[Luck | None]]
    onward: list[Activity] = field(default_factory=list)

    async def run(self) -> int:
        """One attempt; returns how many were decided."""
        self.onward = []
        now = self.clock.now()
        async with self.pool.connection() as conn:
            edition = await self.catalogue.edition(conn, self.programme)
            luck = await self.luck_of(conn, edition)
            waiting = await take_onward(conn, edition.id, now, self.limit, self.only)
            if not waiting:
                return 0
            try:
                async with conn.transaction():
                    return await self._decide(conn, edition, waiting, luck)
            except errors.OperationalError:
                raise
            except Exception as error:
                _log.warning("onward_taken_one_by_one", programme=self.programme, size=len(waiting), error=repr(error))
            count = 0
            for activity in waiting:
                try:
                    async with conn.transaction():
                        count += await self._decide(conn, edition, [activity], luck)
                except errors.OperationalError:
                    raise
                except Exception as error:
                    broken = broken_by(activity, error)
                    _log.error("onward_failed", programme=self.programme, reference=broken.data["reference"])
                    await postpone_onward(conn, activity, now + dt.timedelta(hours=1))
            return count

    async def _decide(
        self, conn: AsyncConnection, edition: Edition, waiting: Sequence[Activity], luck: Luck | None
    ) -> int:
        places = [(activity.member_id, activity.id) for activity in waiting]  # whoever it is turned to
        batch = await gather(conn, edition, waiting)
        if batch.latest != edition.latest:
            edition = await self.catalogue.load(conn, edition.name)
        if len(edition.versions) != len(batch.gathered.versions):
            batch = await gather(conn, edition, waiting)
        if batch.gathered.pauses.at(self.clock.now()) is not None:
            return 0
        batch.gathered.luck = luck or await self.luck_of(conn, edition)
        decisions: list[Decision] = []
        for activity in waiting:
            if activity.member_id in batch.gathered.members:  # whoever is gone has nothing set off any more
                decide_one(batch, activity, decisions)
        await name_new_vouchers(conn, batch, decisions)
        async with conn.pipeline():
            await record(conn, batch, decisions)
            await delete_onward(conn, places)
        self.onward += onward_of(decisions)
        return len(waiting)


def broken_by(activity: Activity, error: Exception) -> Broken:
    reference = hashlib.sha256(activity.id.bytes + os.urandom(8)).hexdigest()[:12]
    _log.error(
        "activity_failed",
        reference=reference,
        type=activity.type,
        source=activity.source,
        external_id=activity.external_id,
        member=str(activity.member_id),
        exception=traceback_of(error),
    )
    return Broken(reference)


def traceback_of(error: Exception) -> str:
    """Where it happened, without the values of variables: those are people's data."""
    return "".join(traceback.format_exception(error))
