"""The worker: the clock's activities in, the outbox's events out, and what is too old forgotten.

There is no broker and no queue beside the database: what is due is written there (`due_at` of members, `next_at` of
deliveries) in the transaction that makes it due. So any number of workers may run, none of them is special, and one
that dies takes nothing with it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import psycopg
import structlog

from setia.app import Services
from setia.flow.deliver import DELAYS, DISABLE_AFTER, Courier
from setia.flow.luck import publish_ahead
from setia.flow.raffles import settle_due
from setia.flow.requests import sweep_requests
from setia.flow.visitors import give_back_lapsed
from setia.plumbing import outbox
from setia.plumbing.db import AsyncConnection, DatabaseUnavailable, reporting_unavailable
from setia.programmes.store import list_programmes
from setia.values.faults import Fault

BATCH: Final = 500
"""Members whose clock is worked off in one transaction."""
SWEEP_BATCH: Final = 5_000
SWEEP_SECONDS: Final = 3600.0
LOOK_AGAIN: Final = dt.timedelta(minutes=1)
"""How often commitments are published, and draws looked for in newer versions."""
HEARTBEAT_SECONDS: Final = 60.0

_PATIENCE = 30.0  # The longest pause, in seconds, before a loop that failed tries again.

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a worker did: members settled, deliveries that arrived, attempts that failed, dead letters, rows forgotten.

    ``waiting``: deliveries that will be tried again later.
    """

    settled: int
    delivered: int
    failed: int
    dead: int
    forgotten: int
    waiting: int

    def __str__(self) -> str:
        return (
            f"members settled {self.settled:,}, events delivered {self.delivered:,}, attempts failed {self.failed:,}, "
            f"dead letters {self.dead:,}, waiting {self.waiting:,}, forgotten {self.forgotten:,}"
        )


class Worker:
    """Works off whatever is due in the database of ``services``, whoever else does the same.

    ``delays`` and ``disable_after``: see ``Courier``. ``heartbeat_seconds``: how often the log says that all is well.
    """

    def __init__(
        self,
        services: Services,
        *,
        delays: Sequence[float] = DELAYS,
        disable_after: int = DISABLE_AFTER,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._services = services
        self._settings = services.settings
        self._courier = Courier(
            services.pool, services.catalogue, services.settings, delays=delays, disable_after=disable_after
        )
        self._heartbeat_seconds = heartbeat_seconds
        self._stop = asyncio.Event()
        self._settled = 0
        self._forgotten = 0
        self._looked: dict[str, dt.datetime] = {}

    def stop(self) -> None:
        """Finish what is under way and begin nothing else; ``run`` then returns."""
        self._stop.set()
        self._courier.woken.set()

    async def run(self) -> None:
        """Work until ``stop`` is called. A database that is away is waited for."""
        _log.info("worker_started", programmes=await self._programmes())
        loops = [
            asyncio.create_task(self._again_and_again("clock", self._clock_round)),
            asyncio.create_task(self._again_and_again("deliveries", self._delivery_round)),
            asyncio.create_task(self._again_and_again("payments", self._payment_round)),
            asyncio.create_task(self._again_and_again("sweep", self._sweep_round)),
            asyncio.create_task(self._again_and_again("heartbeat", self._heartbeat_round)),
        ]
        listener = asyncio.create_task(self._again_and_again("listen", self._listen))
        try:
            await asyncio.gather(*loops)
        finally:
            for task in (*loops, listener):
                task.cancel()
            await asyncio.gather(*loops, listener, return_exceptions=True)
            await self._courier.stop()
        _log.info("worker_stopped", **self._figures())

    async def run_until_idle(self) -> Summary:
        """Work off all that is due now, and return what that was. Raises ``DatabaseUnavailable``."""
        with reporting_unavailable():
            try:
                while not self._stop.is_set():
                    settled = await self.settle_clock()
                    settled += await self._services.cashier.work()
                    taken = await self._courier.dispatch()
                    while not self._stop.is_set() and taken:
                        await self._courier.drain()
                        taken = await self._courier.dispatch()
                    if not settled:
                        break
                await self.sweep()
                async with self._services.pool.connection() as conn:
                    waiting = await outbox.count_pending(conn)
            finally:
                await self._courier.stop()
        return Summary(**self._figures(), waiting=waiting)

    async def settle_clock(self) -> int:
        """Work off the clock of every member that is due, programme by programme; returns how many were settled."""
        before = self._settled
        for programme in await self._programmes():
            try:
                await self._settle_games(programme)
                while not self._stop.is_set():
                    count = await self._services.engine.tick(programme, limit=BATCH)
                    self._settled += count
                    # Whoever was settled may be due again at once; unmatched returns come in batches of their own.
                    if not count and not await self._has_due_returns(programme):
                        break
            except DatabaseUnavailable:
                raise
            except Fault as fault:
                # One programme that cannot be read does not stop the clock of the others.
                _log.error("clock_stands_still", programme=programme, error=str(fault))
        return self._settled - before

    async def _settle_games(self, programme: str) -> None:
        """Publish commitments beforehand, draw what is over, give back what visitors left."""
        services, now = self._services, self._services.clock.now()
        async with services.pool.connection() as conn:
            looked = self._looked.get(programme)
            if looked is None or not looked <= now < looked + LOOK_AGAIN:
                self._looked[programme] = now
                edition = await services.catalogue.load(conn, programme)
                await publish_ahead(services.engine.seeds, conn, edition, now)
            edition = await services.catalogue.edition(conn, programme)
            await give_back_lapsed(conn, edition.id, now, BATCH)
        await settle_due(services.engine, programme)

    async def sweep(self) -> int:
        """Forget what was kept long enough: requests, delivered events, endpoints that were deleted."""
        now = self._services.clock.now()
        requests_before = now - dt.timedelta(days=self._settings.idempotency_key_days)
        events_before = now - dt.timedelta(days=self._settings.event_retention_days)
        async with self._services.pool.connection() as conn:
            count = await sweep_requests(conn, requests_before)
        count += await self._in_batches(lambda conn: outbox.sweep_events(conn, events_before, SWEEP_BATCH))
        count += await self._in_batches(lambda conn: outbox.sweep_endpoints(conn, SWEEP_BATCH))
        self._forgotten += count
        return count

    # The loops -------------------------------------------------------------------------------------------------------

    async def _again_and_again(self, name: str, round_: Callable[[], Awaitable[float]]) -> None:
        """Rounds of one loop, each of which says how many seconds to pause; a failure is logged and tried again."""
        pause = 0.0
        failures = 0
        while not self._stop.is_set():
            try:
                with reporting_unavailable():
                    pause = await round_()
                failures = 0
            except DatabaseUnavailable as error:
                failures += 1
                _log.warning("worker_waits_for_the_database", loop=name, error=str(error))
            except Exception as error:
                failures += 1
                _log.error("worker_round_failed", loop=name, exc_info=error)
            if failures:
                pause = min(_PATIENCE, self._settings.worker_poll_seconds * 2.0 ** min(failures - 1, 10))
            woken = self._courier.woken if name == "deliveries" else self._stop
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), pause)
        # Whoever waits for the courier's bell only must hear that it is over.
        self._courier.woken.set()

    async def _clock_round(self) -> float:
        await self.settle_clock()
        return await self._seconds_until_due()

    async def _delivery_round(self) -> float:
        self._courier.woken.clear()
        await self._courier.dispatch()
        return self._settings.worker_poll_seconds

    async def _payment_round(self) -> float:
        return 0.0 if await self._services.cashier.work() else self._settings.worker_poll_seconds

    async def _sweep_round(self) -> float:
        await self.sweep()
        return SWEEP_SECONDS

    async def _heartbeat_round(self) -> float:
        async with self._services.pool.connection() as conn:
            waiting = await outbox.count_pending(conn)
        _log.info("worker_alive", waiting=waiting, **self._figures())
        return self._heartbeat_seconds

    async def _listen(self) -> float:
        """Ring the courier's bell when deliveries are written. Without this they are found at the next look."""
        conninfo = self._services.pool.conninfo
        assert isinstance(conninfo, str)
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
            await conn.execute(b"LISTEN " + outbox.CHANNEL.encode())
            async for _ in conn.notifies():
                self._courier.woken.set()
        return self._settings.worker_poll_seconds

    # What they ask ----------------------------------------------------------------------------------------------------

    async def _programmes(self) -> list[str]:
        async with self._services.pool.connection() as conn:
            return [row.name for row in await list_programmes(conn) if row.latest]

    async def _seconds_until_due(self) -> float:
        """Until the clock has something to do, or until the next look: something earlier may be written meanwhile."""
        async with self._services.pool.connection() as conn:
            cursor = await conn.execute(
                """SELECT min(q.due_at) FROM programmes p CROSS JOIN LATERAL (
                       SELECT due_at FROM member_states WHERE programme_id = p.id AND due_at > %s
                       ORDER BY due_at LIMIT 1) q""",
                [self._services.clock.now()],
            )
            row = await cursor.fetchone()
        poll = self._settings.worker_poll_seconds
        if row is None or row[0] is None:
            return poll
        due_in: dt.timedelta = row[0] - self._services.clock.now()
        return max(0.0, min(poll, due_in.total_seconds()))

    async def _has_due_returns(self, programme: str) -> bool:
        """Whether returns wait for a case to be opened, and nobody else is about to do it."""
        async with self._services.pool.connection() as conn:
            cursor = await conn.execute(
                """SELECT FROM parked p JOIN programmes g ON g.id = p.programme_id
                   WHERE g.name = %s AND p.state = 'waiting' AND p.due_at <= %s AND p.reason <> 'visitor'
                   LIMIT 1 FOR UPDATE OF p SKIP LOCKED""",
                [programme, self._services.clock.now()],
            )
            return await cursor.fetchone() is not None

    async def _in_batches(self, forget: Callable[[AsyncConnection], Awaitable[int]]) -> int:
        total = 0
        while not self._stop.is_set():
            async with self._services.pool.connection() as conn:
                count = await forget(conn)
            total += count
            if count < SWEEP_BATCH:
                break
        return total

    def _figures(self) -> dict[str, int]:
        counts = self._courier.counts
        return {
            "settled": self._settled,
            "delivered": counts.delivered,
            "failed": counts.failed,
            "dead": counts.dead,
            "forgotten": self._forgotten,
        }
