"""The composition root: from settings to what the surfaces work with, built once and handed on as plain arguments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from setia.flow.cashier import Cashier
from setia.flow.handle import Engine
from setia.games.seeds import Seeds
from setia.language.model import Programme
from setia.language.parse import load_programme
from setia.plumbing.book_clock import load_clock
from setia.plumbing.clock import Clock
from setia.plumbing.db import Pool, open_pool
from setia.plumbing.payments import MANUAL, Manual, Provider
from setia.plumbing.settings import Settings
from setia.plumbing.stripe import NAME as STRIPE
from setia.plumbing.stripe import Stripe
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
    cashier: Cashier

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


def providers(settings: Settings) -> dict[str, Provider]:
    """The payment providers of this installation, by name: people always, Stripe where there is a key."""
    found: dict[str, Provider] = {MANUAL: Manual()}
    if settings.stripe_secret_key is not None:
        said = settings.stripe_webhook_secrets.get_secret_value() if settings.stripe_webhook_secrets else ""
        found[STRIPE] = Stripe(
            settings.stripe_secret_key.get_secret_value(),
            [secret.strip() for secret in said.split(",") if secret.strip()],
            url=settings.stripe_url,
            seconds=settings.payment_timeout_seconds,
        )
    return found


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
        engine = Engine(pool, running, catalogue, seeds=seeds)
        found = providers(settings)
        try:
            yield Services(settings, pool, running, catalogue, engine, Cashier(engine, found))
        finally:
            for provider in found.values():
                await provider.aclose()
    finally:
        await pool.close()
