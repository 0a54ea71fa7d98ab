"""Make, list and revoke keys to the API."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import psycopg
import typer
from rich.console import Console
from rich.table import Table

from setia.api.keys import Key, create_key, list_keys, revoke_key
from setia.api.scopes import Audience, Scope
from setia.cli._database import DatabaseOption, opened
from setia.members.store import fetch_member
from setia.plumbing.db import AsyncConnection, reporting_unavailable
from setia.plumbing.settings import load_settings
from setia.programmes.store import fetch_programme
from setia.values.faults import Fault, NotFound
from setia.values.ids import IdError, parse_public_id, public_id

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, add_completion=False)

MOST_SHOWN = 1_000


class BadId(Fault):
    """A word of the command line that is no id."""

    code = "bad_id"


@app.command()
def create(
    audience: Annotated[Audience, typer.Argument(help="Whom the key is for.")],
    name: Annotated[str, typer.Option(help="What to call it: who has it, where.")],
    programme: Annotated[str | None, typer.Option(help="The programme it is for (till and member).")] = None,
    partner: Annotated[str | None, typer.Option(help="The partner that the till speaks for, and no other.")] = None,
    member: Annotated[str | None, typer.Option(help="The member it is for (member): mem_…")] = None,
    scope: Annotated[list[Scope] | None, typer.Option(help="A scope; without any it has all of its audience.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="After how many days it opens nothing.")] = None,
    by: Annotated[str, typer.Option(help="Who makes it.")] = "",
    database: DatabaseOption = None,
) -> None:
    """Make a key. Its secret is shown now and never again."""

    async def work(conn: AsyncConnection) -> tuple[Key, str]:
        member_id = None if member is None else _id("mem", member)
        if programme is not None:
            await fetch_programme(conn, programme)
        if member_id is not None:
            await _check(conn, member_id)
        now = dt.datetime.now(dt.UTC)
        ends = now + dt.timedelta(days=days) if days is not None else None
        return await create_key(
            conn, audience, name, at=now, programme=programme, member_id=member_id, scopes=scope or (),
            expires_at=ends, by=by, partner=partner,
        )  # fmt: skip

    key, secret = _with(database, work)
    typer.echo(f"{key.public_id}  {key.audience}  {key.name}", err=True)
    typer.echo(secret)


@app.command("list")
def list_(database: DatabaseOption = None) -> None:
    """All keys, oldest first; never their secrets."""
    keys = _with(database, lambda conn: list_keys(conn, limit=MOST_SHOWN))
    table = Table("id", "audience", "name", "programme", "member", "state", "last used")
    for key in keys:
        member = "" if key.member_id is None else public_id("mem", key.member_id)
        used = key.last_used_at.isoformat(timespec="minutes") if key.last_used_at else "never"
        table.add_row(key.public_id, key.audience, key.name, key.programme or "", member, _state(key), used)
    Console().print(table)


@app.command()
def revoke(key: Annotated[str, typer.Argument(help="key_…")], database: DatabaseOption = None) -> None:
    """Make a key worthless, for good; running servers refuse it within five seconds."""
    key_id = _id("key", key)
    revoked = _with(database, lambda conn: revoke_key(conn, key_id, at=dt.datetime.now(dt.UTC)))
    typer.echo(f"{revoked.public_id} ({revoked.name}) opens nothing any more")


def _with(database: str | None, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    async def connected(dsn: str) -> T:
        with reporting_unavailable():
            async with await psycopg.AsyncConnection.connect(dsn) as conn:
                return await work(conn)

    with opened(load_settings(), database) as dsn:
        return asyncio.run(connected(dsn))


def _id(prefix: str, text: str) -> UUID:
    try:
        return parse_public_id(prefix, text)
    except IdError as error:
        raise BadId(str(error)) from None


def _state(key: Key) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "good" if key.is_good(dt.datetime.now(dt.UTC)) else "over"


async def _check(conn: AsyncConnection, member_id: UUID) -> None:
    try:
        await fetch_member(conn, member_id)
    except NotFound:
        raise NotFound("member", public_id("mem", member_id)) from None
