"""Say why an activity or an entry is as it is: version, rule, inputs, arithmetic, rounding, caps."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import orjson
import typer

from setia.api.histories import explanation_json, fetch_case
from setia.app import Services
from setia.cli._choice import chosen_edition
from setia.cli._database import DatabaseOption, opened, services
from setia.flow.explain import Explanation, explain
from setia.flow.stored import find_by_key
from setia.ledger.store import list_entries
from setia.plumbing.db import AsyncConnection
from setia.plumbing.settings import Settings, load_settings
from setia.values.faults import NotFound
from setia.values.ids import IdError, parse_public_id


class Language(StrEnum):
    """In which language to speak."""

    EN = "en"
    ID = "id"
    MS = "ms"


def run(
    what: Annotated[
        str,
        typer.Argument(
            metavar="ENTRY|ACTIVITY",
            help="An activity (act_…), what it is called where it came from (till-7/R-10001), or an entry of a member "
            "(mem_…/ent_42).",
        ),
    ],
    programme: Annotated[
        str | None, typer.Option("--programme", "-p", metavar="NAME", help="Needed where there are several.")
    ] = None,
    language: Annotated[Language, typer.Option("--language", "-l", help="In which language.")] = Language.EN,
    json: Annotated[bool, typer.Option("--json", help="The text and the parts it was made from, as JSON.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Say why an activity or an entry is as it is: version, rule, inputs, arithmetic, rounding, caps.

    The decision is run again from what was stored with it; if that gave another amount, it is said.

    \b
    setia explain till-7/R-10001
    setia explain complete-journey/31198570044 --database setia_demo_1
    setia explain act_… --language id

    Exit code 1: there is no such thing, or running it again gave something else.
    """
    settings = load_settings()
    with opened(settings, database) as dsn:
        explanation = asyncio.run(_explain(settings, dsn, what, programme))
    if json:
        found = explanation_json(explanation, language.value)
        typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2, default=str).decode())
    else:
        typer.echo(explanation.text(language.value))
        for difference in explanation.differs:
            typer.echo(f"run again, this differs from the book: {difference}", err=True)
    if explanation.differs:
        raise typer.Exit(1)


async def _explain(settings: Settings, dsn: str, what: str, programme: str | None) -> Explanation:
    async with services(settings, dsn) as found:
        edition = await chosen_edition(found, programme)
        async with found.pool.connection() as conn:
            activity, member, number = await _find(found, conn, edition.id, what)
            return explain(await fetch_case(conn, edition, activity, member), number)


async def _find(
    found: Services, conn: AsyncConnection, programme: int, what: str
) -> tuple[UUID, UUID | None, int | None]:
    """The activity that is meant, its member where that is known, and the number of the entry where one is meant."""
    head, slash, rest = what.partition("/")
    try:
        if not slash:
            return parse_public_id("act", what), None, None
        if head.startswith("mem_"):
            member = parse_public_id("mem", head)
            number = rest.removeprefix("ent_")
            if number.isascii() and number.isdecimal() and 0 < len(number) < 10:
                rows = await list_entries(conn, programme, member, before=int(number) + 1, limit=1)
                if rows and rows[0][2].no == int(number):
                    return rows[0][0], member, int(number)
            raise NotFound("entry", what)
    except IdError as error:
        raise typer.BadParameter(f"{error}; or name it by where it came from: till-7/R-10001") from None
    activity = await find_by_key(conn, programme, head, rest)
    if activity is None:
        raise NotFound("activity", what)
    return activity, None, None
