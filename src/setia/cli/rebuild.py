"""Compute balances, lots and the other caches again from the entries."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from setia.cli._database import DatabaseOption, opened, services
from setia.ledger.rebuild import Mended, rebuild
from setia.plumbing.settings import Settings, load_settings
from setia.programmes.store import fetch_programme


def run(
    programme: Annotated[
        str | None, typer.Option("--programme", "-p", metavar="NAME", help="Only this programme's book.")
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """Compute balances, lots and the other caches again from the entries.

    The entries themselves are never touched. It works beside a running server, some members at a time.

    \b
    setia verify || setia rebuild

    Exit code 0 whether something was mended or not; what was mended is told.
    """
    settings = load_settings()
    with opened(settings, database) as dsn:
        mended = asyncio.run(_rebuild(settings, dsn, programme))
    for what in mended:
        typer.echo(str(what))
    typer.echo("everything is as the entries say" if not mended else "everything is now as the entries say")


async def _rebuild(settings: Settings, dsn: str, name: str | None) -> list[Mended]:
    async with services(settings, dsn) as found, found.pool.connection() as conn:
        number = None if name is None else (await fetch_programme(conn, name)).id
        await conn.rollback()
        return await rebuild(conn, number)
