"""Resume a programme that was paused."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from setia.cli._database import DatabaseOption, opened, services
from setia.plumbing.settings import Settings, load_settings
from setia.programmes import store


def run(
    programme: Annotated[str, typer.Option("--programme", "-p", metavar="NAME", help="Which programme.")],
    by: Annotated[str, typer.Option(help="Who resumes it.")] = "",
    database: DatabaseOption = None,
) -> None:
    """Resume a programme that was paused.

    Where the pause stopped the dates of units, they end later by as much as it lasted.

    \b
    setia resume -p grocery-tiers --by dewi
    """
    settings = load_settings()
    with opened(settings, database) as dsn:
        asyncio.run(_resume(settings, dsn, programme, by))
    typer.echo(f"{programme}: activities come in again")


async def _resume(settings: Settings, dsn: str, name: str, by: str) -> None:
    async with services(settings, dsn) as found, found.pool.connection() as conn:
        await store.resume(conn, name, found.clock, by=by)
