"""The composition root: from settings to what the surfaces work with, built once and handed on as plain arguments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from setia.flow.handle import Engine
from setia.games.seeds import Seeds
from setia.language.model import Programme
from setia.language.parse import load_programme
from setia.plumbing.book_clock import load_clock
from setia.plumbing.clock import Clock
from setia.plumbing.db import Pool, open_pool
from setia.plumbing.settings import Settings
from setia.programmes.model import Edition
from setia.programmes.store import Catalogue
from setia.values.faults import Fault


class ProgrammeBroken(Fault):
    """A published text no longer compiles: this release reads the language differently from the one it was made for."""

    code = "programme_broken"


@dataclass(frozen=True, slots=True)
class Services:
    """What every surface needs: settings, connections, the clock, compiled programmes and the engine."""

    settings: Settings
    pool: Pool
    clock: Clock
    catalogue: Catalogue
    engine: Engine

    async def edition(self, programme: str, *, is_fresh: bool = False) -> Edition:
        """The programme with its compiled versions; ``is_fresh``: read anew what is published.

        Raises ``NotFound`` or ``NotPublished``.
        """
        known = self.catalogue.known(programme)
        if known is not None and not is_fresh:
            return known
        async with self.pool.connection() as conn:
            return await self.catalogue.load(conn, programme)


def compile_source(source: str) -> Programme:
    """The programme of a published text; raises ``ProgrammeBroken`` with what is wrong with it."""
    loaded = load_programme(source)
    if loaded.programme is None:
        found = "\n  ".join(str(diagnostic) for diagnostic in loaded.diagnostics)
        raise ProgrammeBroken(f"a published version cannot be read any more; publish a mended one:\n  {found}")
    return loaded.programme


@asynccontextmanager
async def open_services(
    settings: Settings, dsn: str, *, clock: Clock | None = None, application: str = "setia"
) -> AsyncIterator[Services]:
    """Everything wired to the database ``dsn`` (already migrated), for as long as the block lasts.

    ``clock`` None: the one that the book lives by.

    Raises ``DatabaseUnavailable``.
    """
    pool = await open_pool(dsn, settings, application=application)
    try:
        running = clock
        if running is None:
            async with pool.connection() as conn:
                running = await load_clock(conn)
        catalogue = Catalogue(compile_source)
        seeds = Seeds([key.strip() for key in settings.chance_keys.split(",") if key.strip()])
        yield Services(settings, pool, running, catalogue, Engine(pool, running, catalogue, seeds=seeds))
    finally:
        await pool.close()
