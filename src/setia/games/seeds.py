"""Seeds of chance: one for each programme and day of UTC, and one for each draw.

A seed is HMAC-SHA256 of a random salt under a key of the installation (``SETIA_CHANCE_KEYS``): the salt lies in the
database, the key does not, and neither tells anything without the other. Why, see docs/decisions.
"""

from __future__ import annotations

import datetime as dt
import hmac
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from setia.plumbing.db import AsyncConnection
from setia.values.chance import Chance, commitment
from setia.values.faults import Fault

AHEAD_DAYS: Final = 7
"""For how many days commitments are published beforehand."""
GRACE: Final = dt.timedelta(hours=1)
"""How long after the end of a day its seed is told: what came in at its last moment has been decided by then."""
DRAW: Final = "draw/"
"""The period of a draw is ``draw/<name>``."""


class ChanceKeyMissing(Fault):
    """No key of this installation gives the seed that was committed to."""

    code = "chance_key_missing"


@dataclass(frozen=True, slots=True)
class Committed:
    """A commitment as it is published; ``seed`` (hexadecimal) once it is told."""

    period: str
    commitment: str
    published_at: dt.datetime
    ends_at: dt.datetime | None
    seed: str | None


def period_of(at: dt.datetime) -> str:
    """The day of UTC, such as 2026-11-21."""
    return at.astimezone(dt.UTC).date().isoformat()


def _end_of(period: str) -> dt.datetime | None:
    if period.startswith(DRAW):
        return None
    day = dt.datetime.fromisoformat(period).replace(tzinfo=dt.UTC)
    return day + dt.timedelta(days=1)


class Seeds:
    """The seeds of all programmes. ``keys``: those of the installation, the newest first."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = [key.encode() for key in keys] or [b""]
        self._known: dict[tuple[int, str], bytes] = {}

    async def luck(self, conn: AsyncConnection, programme_id: int, at: dt.datetime) -> Chance:
        """Where what is decided at ``at`` draws from; the commitment is published now if it was not before."""
        period = period_of(at)
        return Chance(period, await self.seed(conn, programme_id, period, at))

    async def seed(self, conn: AsyncConnection, programme_id: int, period: str, at: dt.datetime) -> bytes:
        """The seed of a period. Raises ``ChanceKeyMissing``."""
        known = self._known.get((programme_id, period))
        if known is not None:
            return known
        found = await self._find(conn, programme_id, period)
        if found is None:
            await self.publish(conn, programme_id, [period], at)
            # Not kept in mind yet: should this transaction be undone, the seed will be another one.
            found = await self._find(conn, programme_id, period)
            assert found is not None
            return found
        if len(self._known) > 1_000:
            self._known.clear()
        self._known[programme_id, period] = found
        return found

    async def publish(self, conn: AsyncConnection, programme_id: int, periods: Iterable[str], at: dt.datetime) -> int:
        """Commit to seeds for ``periods`` where that was not done before; returns how many are new."""
        count = 0
        for period in sorted(periods):
            salt = os.urandom(32)
            promised = commitment(_derived(self._keys[0], programme_id, period, salt))
            cursor = await conn.execute(
                """INSERT INTO chance_seeds (programme_id, period, salt, commitment, published_at, ends_at)
                   VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
                [programme_id, period, salt, promised, at, _end_of(period)],
            )
            count += cursor.rowcount
        return count

    async def publish_ahead(
        self, conn: AsyncConnection, programme_id: int, draws: Iterable[str], at: dt.datetime
    ) -> int:
        """Commit to the seeds of the coming days and of ``draws``; returns how many are new."""
        days = [period_of(at + dt.timedelta(days=number)) for number in range(AHEAD_DAYS + 1)]
        return await self.publish(conn, programme_id, [*days, *(f"{DRAW}{draw}" for draw in draws)], at)

    async def reveal(self, conn: AsyncConnection, programme_id: int, period: str, at: dt.datetime) -> None:
        """Tell the seed of a draw from now on."""
        await conn.execute(
            "UPDATE chance_seeds SET revealed_at = coalesce(revealed_at, %s) WHERE programme_id = %s AND period = %s",
            [at, programme_id, period],
        )

    async def list_committed(
        self, conn: AsyncConnection, programme_id: int, now: dt.datetime, *, period: str | None = None, limit: int = 60
    ) -> list[Committed]:
        """What was committed to, the newest period first, with the seeds that are told by now."""
        cursor = await conn.execute(
            """SELECT period, salt, commitment, published_at, ends_at, revealed_at FROM chance_seeds
               WHERE programme_id = %s AND (%s::text IS NULL OR period = %s) ORDER BY period DESC LIMIT %s""",
            [programme_id, period, period, limit],
        )
        found: list[Committed] = []
        for name, salt, promised, published_at, ends_at, revealed_at in await cursor.fetchall():
            is_told = revealed_at is not None or (ends_at is not None and ends_at + GRACE <= now)
            seed = self._seed_of(programme_id, name, bytes(salt), promised).hex() if is_told else None
            found.append(Committed(name, promised, published_at, ends_at, seed))
        return found

    async def _find(self, conn: AsyncConnection, programme_id: int, period: str) -> bytes | None:
        cursor = await conn.execute(
            "SELECT salt, commitment FROM chance_seeds WHERE programme_id = %s AND period = %s", [programme_id, period]
        )
        row = await cursor.fetchone()
        return None if row is None else self._seed_of(programme_id, period, bytes(row[0]), row[1])

    def _seed_of(self, programme_id: int, period: str, salt: bytes, promised: str) -> bytes:
        for key in (*self._keys, b""):
            seed = _derived(key, programme_id, period, salt)
            if commitment(seed) == promised:
                return seed
        raise ChanceKeyMissing(
            f"no key of SETIA_CHANCE_KEYS gives the seed of {period} that was committed to; keep the old key in the "
            "list, behind the new one"
        )


def _derived(key: bytes, programme_id: int, period: str, salt: bytes) -> bytes:
    return hmac.digest(key, f"setia-seed-1\n{programme_id}\n{period}\n".encode() + salt, "sha256")
