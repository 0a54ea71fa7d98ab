"""Publish a programme file as the next version."""

from __future__ import annotations

import asyncio
import datetime as dt
import getpass
from pathlib import Path
from typing import Annotated

import typer

from setia.cli._database import DatabaseOption, opened, services
from setia.cli._diagnostics import load_good
from setia.flow import preview as previewing
from setia.flow import rooms
from setia.language.model import Programme
from setia.plumbing.settings import Settings, load_settings
from setia.programmes.model import PublishedVersion


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The programme's file.")],
    at: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANT",
            help="When it takes effect, such as 2026-03-01 or 2026-03-01T06:00 (in the programme's time zone, unless "
            "it has an offset). Without it: now. Before the programme's first activity it may lie in the past.",
        ),
    ] = None,
    note: Annotated[str, typer.Option(help="Why; it stays with the version.")] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Only tell how many members its ladder would move; publish nothing.")
    ] = False,
    database: DatabaseOption = None,
) -> None:
    """Publish a programme file as the next version.

    A version never changes afterwards. What was promised under the one before stays as it was.

    \b
    setia publish programme.yaml
    setia publish programme.yaml --at 2026-04-01 --note "double points in April"
    setia publish programme.yaml --preview

    Exit code 1: the file has errors, or the database cannot be had.
    """
    source, programme = load_good(file)
    effective_at = None if at is None else _instant(at, programme)
    settings = load_settings()
    with opened(settings, database) as dsn:
        if preview:
            _tell(asyncio.run(_preview(settings, dsn, programme, effective_at)))
            return
        version = asyncio.run(_publish(settings, dsn, source, programme, effective_at, note))
    local = version.effective_at.astimezone(programme.zone)
    typer.echo(
        f"{programme.name}: version {version.number}, in force from {local:%Y-%m-%d %H:%M} ({programme.zone.key})"
    )


async def _publish(
    settings: Settings, dsn: str, source: str, programme: Programme, effective_at: dt.datetime | None, note: str
) -> PublishedVersion:
    async with services(settings, dsn) as found, found.pool.connection() as conn:
        return await rooms.publish(
            conn, source, programme, at=found.clock.now(), effective_at=effective_at, by=_who(), note=note
        )


async def _preview(
    settings: Settings, dsn: str, programme: Programme, effective_at: dt.datetime | None
) -> previewing.Preview:
    async with services(settings, dsn) as found, found.pool.connection() as conn:
        return await previewing.preview(conn, programme, effective_at or found.clock.now())


def _tell(tried: previewing.Preview) -> None:
    for move in tried.moves:
        typer.echo(f"{move.members:,} from {move.before or 'no level'} to {move.after} ({move.way})")
    moved = sum(move.members for move in tried.moves)
    typer.echo(f"{moved:,} of {tried.members:,} members would change their level; nothing was published")


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _instant(text: str, programme: Programme) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no day or instant; write 2026-03-01 or 2026-03-01T06:00",
                                 param_hint="--at") from None  # fmt: skip
    return at if at.tzinfo is not None else at.replace(tzinfo=programme.zone)
