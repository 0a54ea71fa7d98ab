"""Erase who a member is, for good."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from setia.cli._database import DatabaseOption, opened, services
from setia.flow.erasing import FORFEIT, KEEP
from setia.flow.erasure import Erased, StillBound, erase
from setia.plumbing.settings import Settings, load_settings
from setia.values.faults import Fault
from setia.values.ids import IdError, parse_public_id


class BadMember(Fault):
    """What was typed is no member's id."""

    code = "bad_id"


class NotErased(Fault):
    """Something stands in the way of the erasure."""

    code = "not_erased"


class Points(StrEnum):
    """What becomes of the units of whoever is erased."""

    KEEP = KEEP
    FORFEIT = FORFEIT


def run(
    member: Annotated[str, typer.Argument(metavar="MEMBER", help="Whom: mem_…")],
    points: Annotated[Points, typer.Option(help="Whether the units end when they would have, or now.")] = Points.KEEP,
    by: Annotated[str, typer.Option(help="Who does it.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Erase who a member is, for good: name, addresses, cards, and what people wrote about them.

    What was booked stays, and nobody can tell whose it was. With SETIA_ERASURE_PEPPER a mark is kept, so that a new
    account with the same e-mail address or phone gets no second welcome.

    \b
    setia erase mem_01890a5dac96774bbcceb302099a --by dewi
    """
    try:
        member_id = parse_public_id("mem", member)
    except IdError as error:
        raise BadMember(f"'{member[:60]}' is no member's id: {error}") from None
    if not yes:
        typer.confirm(f"Erase {member} for good?", abort=True)
    settings = load_settings()

    async def work(settings: Settings, dsn: str) -> Erased:
        pepper = settings.erasure_pepper
        secret = b"" if pepper is None else pepper.get_secret_value().encode()
        async with services(settings, dsn) as found:
            try:
                return await erase(found.engine, member_id, points=points.value, by=by, pepper=secret)
            except StillBound as bound:
                raise NotErased(str(bound)) from None

    with opened(settings, database) as dsn:
        done = asyncio.run(work(settings, dsn))
    typer.echo(f"erased; {done.rows} rows changed, {done.marks} marks kept")
