"""Import, make, count and revoke codes of rewards."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from setia.app import Services
from setia.cli._choice import chosen_edition
from setia.cli._database import DatabaseOption, opened, services
from setia.plumbing.db import AsyncConnection
from setia.plumbing.settings import load_settings
from setia.programmes.model import Edition
from setia.rewards.store import count_codes, insert_codes, revoke_codes
from setia.rules.in_force import in_force
from setia.values.faults import Fault
from setia.values.secret_codes import canonical, make_code, shown

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, add_completion=False)

AT_ONCE = 10_000
_FILE = typer.Argument(
    metavar="FILE", exists=True, dir_okay=False, help="One code a line; of a CSV file the first column."
)
_REWARD = typer.Option("--reward", "-r", help="The reward, which says `codes: pool` or `codes: bearer`.")
_PROGRAMME = typer.Option("--programme", "-p", help="Which programme, where there are several.")


class NoCodesWanted(Fault):
    """The reward has no imported codes, or there is none of this name."""

    code = "no_codes_wanted"


@app.command("import")
def import_(
    file: Annotated[Path, _FILE],
    reward: Annotated[str, _REWARD],
    programme: Annotated[str | None, _PROGRAMME] = None,
    database: DatabaseOption = None,
) -> None:
    """Take codes in. Those that are known already stay as they are, so that a file can be imported again."""
    codes = _read(file)

    async def work(conn: AsyncConnection, edition: Edition, services: Services) -> int:
        return await _insert(conn, edition, services, reward, codes)

    new = _with(database, programme, work)
    typer.echo(f"{new:,} codes imported, {len(codes) - new:,} were known or stood in the file twice")


@app.command()
def make(
    count: Annotated[int, typer.Argument(min=1, max=1_000_000, help="How many.")],
    reward: Annotated[str, _REWARD],
    programme: Annotated[str | None, _PROGRAMME] = None,
    database: DatabaseOption = None,
) -> None:
    """Make codes that nobody can guess, take them in, and print them, one a line."""
    secret = os.urandom(32)
    codes = [make_code(secret, str(number)) for number in range(count)]

    async def work(conn: AsyncConnection, edition: Edition, services: Services) -> int:
        return await _insert(conn, edition, services, reward, codes)

    _with(database, programme, work)
    for code in codes:
        typer.echo(shown(code))


@app.command("list")
def list_(programme: Annotated[str | None, _PROGRAMME] = None, database: DatabaseOption = None) -> None:
    """How many imported codes of each reward are free, handed out, revoked."""

    async def work(conn: AsyncConnection, edition: Edition, services: Services) -> list[tuple[str, str, int]]:
        return await count_codes(conn, edition.id)

    table = Table("reward", "state", "codes")
    for reward, state, count in _with(database, programme, work):
        table.add_row(reward, state, f"{count:,}")
    Console().print(table)


@app.command()
def revoke(
    file: Annotated[Path, _FILE],
    programme: Annotated[str | None, _PROGRAMME] = None,
    database: DatabaseOption = None,
) -> None:
    """Make codes worthless that were not handed out yet."""
    codes = _read(file)

    async def work(conn: AsyncConnection, edition: Edition, services: Services) -> int:
        return sum([await revoke_codes(conn, edition.id, part) for part in _parts(codes)])

    typer.echo(f"{_with(database, programme, work):,} of {len(codes):,} codes are good for nothing any more")


async def _insert(conn: AsyncConnection, edition: Edition, services: Services, name: str, codes: list[str]) -> int:
    now = services.clock.now()
    version = in_force(edition.versions, now)
    reward = None if version is None else version.programme.rewards.get(name)
    if reward is None or reward.codes is None:
        raise NoCodesWanted(f"no reward '{name}' has `codes: pool` or `codes: bearer` in {edition.name}")
    known = 0
    for part in _parts(codes):
        known += len(await insert_codes(conn, edition.id, name, part, is_pool=reward.codes == "pool", at=now))
    return len(set(codes)) - known


def _with(
    database: str | None, programme: str | None, work: Callable[[AsyncConnection, Edition, Services], Awaitable[T]]
) -> T:
    async def wired(dsn: str) -> T:
        async with services(load_settings(), dsn) as found:
            edition = await chosen_edition(found, programme)
            async with found.pool.connection() as conn:
                return await work(conn, edition, found)

    with opened(load_settings(), database) as dsn:
        return asyncio.run(wired(dsn))


def _read(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    codes = [canonical(line.partition(",")[0].partition(";")[0]) for line in lines]
    return [code for code in codes if code]


def _parts(codes: list[str]) -> Iterable[list[str]]:
    unique = list(dict.fromkeys(codes))
    return (unique[start : start + AT_ONCE] for start in range(0, len(unique), AT_ONCE))
