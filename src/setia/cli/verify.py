"""Check the book: every sum, every balance, every lot, and with --explain every decision again."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import orjson
import typer

from setia.cli._database import DatabaseOption, opened, services
from setia.flow.prove import verify_decisions
from setia.ledger.verify import Finding, verify
from setia.plumbing.settings import Settings, load_settings
from setia.programmes.store import fetch_programme


def run(
    programme: Annotated[
        str | None, typer.Option("--programme", "-p", metavar="NAME", help="Only this programme's book.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Write the findings as a JSON list to standard output.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Decide every activity again from what is stored, too. Slower.")
    ] = False,
    database: DatabaseOption = None,
) -> None:
    """Check the book: every sum, every balance, every lot, and with --explain every decision again.

    It reads one moment of the book and changes nothing; `setia rebuild` mends what is only a cache.

    \b
    setia verify
    setia verify --explain --database setia_demo_1

    Exit code 1: something is wrong.
    """
    settings = load_settings()
    with opened(settings, database) as dsn:
        findings = asyncio.run(_verify(settings, dsn, programme, explain, quiet=json))
    if json:
        told = [{"code": found.code, "message": found.message, **found.data} for found in findings]
        typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2, default=str).decode())
    else:
        for found in findings:
            typer.echo(str(found))
        typer.echo("clean" if not findings else f"{len(findings)} findings")
    if findings:
        raise typer.Exit(1)


async def _verify(settings: Settings, dsn: str, name: str | None, explain: bool, *, quiet: bool) -> list[Finding]:
    is_shown = not quiet and sys.stderr.isatty()

    def progress(done: int, total: int, title: str) -> None:
        if is_shown:
            typer.echo(f"\r\033[K{done}/{total} {title}", nl=not title, err=True)

    async with services(settings, dsn) as found, found.pool.connection() as conn:
        number = None if name is None else (await fetch_programme(conn, name)).id
        await conn.rollback()
        again = verify_decisions(found.catalogue) if explain else None
        return await verify(conn, number, progress, again=again)
