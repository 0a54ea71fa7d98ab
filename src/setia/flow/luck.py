"""Whether a programme draws anything, and from which seed."""

from __future__ import annotations

import datetime as dt

from setia.flow.contest_results import drawn_contests
from setia.games.seeds import Seeds
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.rules.rulebook import rulebook
from setia.values.chance import Luck


def has_chance(edition: Edition) -> bool:
    """Whether some version of the programme leaves something to chance."""
    return any(rulebook(version.programme).has_chance for version in edition.versions)


async def luck_of(seeds: Seeds, conn: AsyncConnection, edition: Edition, now: dt.datetime) -> Luck | None:
    """The seed of today, if there is anything to draw. Raises ``ChanceKeyMissing``."""
    return await seeds.luck(conn, edition.id, now) if has_chance(edition) else None


async def publish_ahead(seeds: Seeds, conn: AsyncConnection, edition: Edition, now: dt.datetime) -> int:
    """Commit to the seeds of the coming days and of the draws; returns how many commitments are new."""
    draws = {raffle for version in edition.versions for raffle in version.programme.draws}
    draws.update(drawn_contests(edition))
    if not draws and not has_chance(edition):
        return 0
    return await seeds.publish_ahead(conn, edition.id, sorted(draws), now)
