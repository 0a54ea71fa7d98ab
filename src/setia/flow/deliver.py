"""Deliver: carry the outbox's events to the webhook endpoints, at least once and in the order of each member.

Each endpoint has a number of slots, and in each slot the events of one member go one after the other. An endpoint
that is slow or away therefore holds up neither the others nor, as long as it has slots, its own other members.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from setia.flow import notify
from setia.plumbing import outbox
from setia.plumbing.db import AsyncConnection, Pool
from setia.plumbing.endpoints import Endpoint, disable_endpoint, list_endpoints
from setia.plumbing.outbox import StoredEvent, Taken
from setia.plumbing.sending import Reply, Sender, sign
from setia.plumbing.settings import Settings
from setia.programmes.model import Edition
from setia.programmes.store import Catalogue, list_programmes
from setia.values.faults import Fault

DELAYS: Final = (5.0, 30.0, 120.0, 600.0, 3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0)
"""Seconds between one attempt and the next; the last one repeats until the time for trying is over."""
SLOTS: Final = 8
DISABLE_AFTER: Final = 10
"""Dead letters in a row after which an endpoint is disabled."""

_LEASE_FACTOR = 3  # A delivery in hand is anybody's again after three times as long as a receiver may take.

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Counts:
    """What a courier did so far: deliveries that arrived, attempts that failed, dead letters."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0


class Courier:
    """Takes due deliveries in hand and carries them. Any number of couriers may work on one database.

    ``delays``: seconds before each further attempt; ``slots``: members of one endpoint that are served at once;
    ``disable_after``: dead letters in a row that disable an endpoint. ``woken`` is set when there may be more to take.
    """

    def __init__(
        self,
        pool: Pool,
        catalogue: Catalogue,
        settings: Settings,
        *,
        delays: Sequence[float] = DELAYS,
        slots: int = SLOTS,
        disable_after: int = DISABLE_AFTER,
    ) -> None:
        self.counts = Counts()
        self.woken = asyncio.Event()
        self._pool = pool
        self._catalogue = catalogue
        self._settings = settings
        self._delays = tuple(delays)
        self._slots = slots
        self._disable_after = disable_after
        self._lease = _LEASE_FACTOR * settings.webhook_timeout_seconds
        self._endpoints: dict[int, Endpoint] = {}
        self._senders: dict[tuple[int, str], Sender] = {}
        self._editions: dict[int, Edition] = {}
        self._busy: Counter[int] = Counter()
        self._chains: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    async def dispatch(self) -> int:
        """Take what is due into the free slots and set it going; returns how many deliveries were taken."""
        async with self._pool.connection() as conn:
            endpoints = {endpoint.id: endpoint for endpoint in await list_endpoints(conn, active_only=True)}
            await self._refresh(endpoints)
            slots = {number: self._slots - self._busy[number] for number in endpoints}
            slots = {number: free for number, free in slots.items() if free > 0}
            if not slots:
                return 0
            taken = await outbox.take(conn, slots, self._lease)
            if taken:
                await self._refresh_editions(conn)
        for delivery in taken:
            self._busy[delivery.endpoint_id] += 1
            chain = asyncio.create_task(self._carry(delivery))
            self._chains.add(chain)
            chain.add_done_callback(self._chains.discard)
        return len(taken)

    async def drain(self) -> None:
        """Wait until nothing is in hand."""
        while self._chains:
            await asyncio.wait(self._chains)

    async def stop(self) -> None:
        """Finish the attempts under way, begin no others, and close all connections."""
        self._is_stopping = True
        await self.drain()
        for sender in self._senders.values():
            await sender.aclose()
        self._senders.clear()

    async def _refresh(self, endpoints: dict[int, Endpoint]) -> None:
        self._endpoints = endpoints
        for number, url in list(self._senders):
            endpoint = endpoints.get(number)
            if not self._busy[number] and (endpoint is None or endpoint.url != url):
                await self._senders.pop((number, url)).aclose()

    async def _refresh_editions(self, conn: AsyncConnection) -> None:
        for row in await list_programmes(conn):
            edition = self._editions.get(row.id)
            if not row.latest or (edition is not None and edition.latest == row.latest):
                continue
            try:
                self._editions[row.id] = await self._catalogue.load(conn, row.name)
            except Fault as fault:
                # The others' events go on; those of this programme are tried again later.
                _log.error("programme_unreadable", programme=row.name, error=str(fault))

    async def _carry(self, taken: Taken) -> None:
        """Deliver one event, then the member's next one, until there is none or one fails."""
        number = taken.endpoint_id
        following: Taken | None = taken
        try:
            while following is not None:
                following = await self._deliver(following)
        except Exception as error:
            # Nothing is lost: it is anybody's again when the lease is over.
            _log.error("delivery_interrupted", endpoint=number, event_id=notify.event_id(taken.event), exc_info=error)
        finally:
            self._busy[number] -= 1
            self.woken.set()

    async def _deliver(self, taken: Taken) -> Taken | None:
        endpoint = self._endpoints.get(taken.endpoint_id)
        if self._is_stopping or endpoint is None:
            async with self._pool.connection() as conn:
                await outbox.put_back(conn, taken)
            return None
        event = taken.event
        edition = await self._edition(event)
        if edition is None:
            await self._failed(
                taken, Reply(None, "not sent: the programme's version cannot be read; publish a mended one")
            )
            return None
        text = notify.body(event, edition)
        # Receivers compare this instant with their own clocks, so it is the real one.
        headers = sign(endpoint.secrets, notify.event_id(event), dt.datetime.now(dt.UTC), text)
        reply = await self._sender(endpoint).send(text, headers)
        if reply.is_delivered:
            self.counts.delivered += 1
            async with self._pool.connection() as conn:
                return await outbox.mark_delivered(conn, taken, reply.status or 0, self._lease)
        await self._failed(taken, reply)
        return None

    async def _failed(self, taken: Taken, reply: Reply) -> None:
        self.counts.failed += 1
        delay = None if reply.is_gone else self._delay(taken)
        event = notify.event_id(taken.event)
        async with self._pool.connection() as conn:
            if delay is not None:
                await outbox.mark_failed(conn, taken, reply.status, reply.error, delay)
                return
            in_a_row = await outbox.mark_dead(conn, taken, reply.status, reply.error)
            if not in_a_row:
                return
            self.counts.dead += 1
            _log.warning(
                "webhook_dead_letter", endpoint=taken.endpoint_id, event_id=event, attempts=taken.attempts + 1,
                error=reply.error,
            )  # fmt: skip
            if reply.is_gone:
                reason = "the receiver answered 410 Gone"
            elif in_a_row >= self._disable_after:
                reason = f"{in_a_row} dead letters in a row; the last: {reply.error}"
            else:
                return
            if await disable_endpoint(conn, taken.endpoint_id, reason):
                self._endpoints.pop(taken.endpoint_id, None)
                _log.error("webhook_disabled", endpoint=taken.endpoint_id, reason=reason)

    def _delay(self, taken: Taken) -> float | None:
        """Seconds until the next attempt, spread so that not all come at once; None: the time for trying is over."""
        delay = self._delays[min(taken.attempts, len(self._delays) - 1)] * random.uniform(0.8, 1.0)
        is_over = taken.age_seconds + delay > self._settings.webhook_retry_hours * 3600
        return None if is_over else delay

    async def _edition(self, event: StoredEvent) -> Edition | None:
        edition = self._editions.get(event.programme_id)
        if edition is not None and not notify.is_known_to(event, edition):
            async with self._pool.connection() as conn:
                edition = self._editions[event.programme_id] = await self._catalogue.load(conn, edition.name)
        return edition

    def _sender(self, endpoint: Endpoint) -> Sender:
        key = (endpoint.id, endpoint.url)
        sender = self._senders.get(key)
        if sender is None:
            sender = self._senders[key] = Sender(
                endpoint.url,
                seconds=self._settings.webhook_timeout_seconds,
                connections=self._slots,
                allow_private=self._settings.webhook_allow_private,
            )
        return sender
