"""Who asks: bearer keys, looked up seldom, and how often each of them may ask."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from starlette.requests import Request

from setia.api.faults import KeyInvalid, KeyMissing, RateLimited, ScopeMissing
from setia.api.keys import Key, digest, find_key, looks_like_secret, note_uses
from setia.api.scopes import Scope
from setia.plumbing.clock import Clock
from setia.plumbing.db import Pool, reporting_unavailable

_log = structlog.get_logger(__name__)

KEY_SECONDS: Final = 5.0
"""How long a key is believed without asking the database: a revoked key opens nothing after that."""
USE_SECONDS: Final = 60.0
MOST_KEPT: Final = 10_000
REQUESTS_PER_SECOND: Final = 1_000
BURST: Final = 5_000


@dataclass(slots=True)
class Bucket:
    """A token bucket: ``left`` requests at the instant ``at`` of the monotonic clock."""

    left: float
    at: float

    def take(self, now: float) -> bool:
        """Take one request out, unless there is none."""
        self.left = min(self.left + (now - self.at) * REQUESTS_PER_SECOND, BURST)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def headers(self) -> dict[str, str]:
        """What the key has left, in the form of the IETF's RateLimit fields."""
        return {
            "RateLimit-Policy": f'"default";q={BURST};w={BURST // REQUESTS_PER_SECOND}',
            "RateLimit": f'"default";r={int(self.left)};t=1',
        }


@dataclass(slots=True)
class _Known:
    key: Key | None
    until: float


class Access:
    """Lets requests in. Keys are remembered for ``KEY_SECONDS``, their uses written down once a minute."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._known: dict[bytes, _Known] = {}
        self._buckets: dict[UUID, Bucket] = {}
        self._uses: dict[UUID, dt.datetime] = {}
        self._written = time.monotonic()
        self._writing: asyncio.Task[None] | None = None

    async def admit(self, request: Request, scope: Scope) -> tuple[Key, Bucket]:
        """The key that asks, and its bucket with one request less.

        Raises ``KeyMissing``, ``KeyInvalid``, ``ScopeMissing``, ``RateLimited`` or ``DatabaseUnavailable``.
        """
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret:
            raise KeyMissing
        key = await self._find(secret.strip())
        now = self._clock.now()
        if key is None or not key.is_good(now):
            raise KeyInvalid
        bucket = self._buckets.get(key.id)
        moment = time.monotonic()
        if bucket is None:
            bucket = self._buckets[key.id] = Bucket(BURST, moment)
        if not bucket.take(moment):
            raise RateLimited(1)
        if scope not in key.scopes:
            raise ScopeMissing(scope.value, key.audience.value)
        self._note(key, now, moment)
        return key, bucket

    def forget(self) -> None:
        """Ask the database again about every key: one was revoked here."""
        self._known.clear()

    async def close(self) -> None:
        """Write down what is left to write."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await self._write(self._uses)

    async def _find(self, secret: str) -> Key | None:
        if not looks_like_secret(secret):
            return None
        name, moment = digest(secret), time.monotonic()
        known = self._known.get(name)
        if known is not None and known.until > moment:
            return known.key
        with reporting_unavailable():
            async with self._pool.connection() as conn:
                key = await find_key(conn, secret)
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
            self._buckets.clear()
        self._known[name] = _Known(key, moment + KEY_SECONDS)
        return key

    def _note(self, key: Key, now: dt.datetime, moment: float) -> None:
        self._uses[key.id] = now
        if moment - self._written > USE_SECONDS and (self._writing is None or self._writing.done()):
            uses, self._uses, self._written = self._uses, {}, moment
            self._writing = asyncio.create_task(self._write(uses))

    async def _write(self, uses: dict[UUID, dt.datetime]) -> None:
        if not uses:
            return
        try:
            with reporting_unavailable():
                async with self._pool.connection() as conn:
                    await note_uses(conn, uses)
        except Exception as error:
            # When a key was last used is never worth a request; it is written with the next ones.
            self._uses = {**uses, **self._uses}
            _log.warning("key_uses_not_written", count=len(uses), error=type(error).__name__)
