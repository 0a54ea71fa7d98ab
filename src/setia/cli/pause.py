"""Pause a programme: nothing is earned until it is resumed."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from setia.cli._database import DatabaseOption, opened, services
from setia.plumbing.settings import Settings, load_settings
from setia.programmes import store
from setia.values.pauses import Pause


class Spending(StrEnum):
    """Whether members can spend while it lasts."""

    ALLOWED = "allowed"
    REFUSED = "refused"


class Expiry(StrEnum):
    """Whether units go on ending while it lasts."""

    CONTINUES = "continues"
    PAUSES = "pauses"


def run(
    programme: Annotated[str, typer.Option("--programme", "-p", metavar="NAME", help="Which programme.")],
    spending: Annotated[
        Spending, typer.Option(help="Whether what was earned can be spent meanwhile.")
    ] = Spending.ALLOWED,
    expiry: Annotated[
        Expiry, typer.Option(help="Whether units go on ending, or end later by as much as the pause lasts.")
    ] = Expiry.CONTINUES,
    by: Annotated[str, typer.Option(help="Who pauses it.")] = "",
    database: DatabaseOption = None,
) -> None:
    """Pause a programme: nothing is earned until it is resumed.

    Earning is refused with 423. Returns, cancellations and corrections go on, and so do reading and tier reviews.
    Pausing a paused programme again changes its switches from now on.

    \b
    setia pause -p grocery-tiers
    setia pause -p grocery-tiers --spending refused --expiry pauses --by dewi
    setia resume -p grocery-tiers
    """
    settings = load_settings()
    with opened(settings, database) as dsn:
        pause = asyncio.run(_pause(settings, dsn, programme, spending is Spending.ALLOWED, expiry is Expiry.PAUSES, by))
    can = "can" if pause.may_spend else "cannot"
    dates = "dates stand still" if pause.stops_expiry else "dates go on"
    typer.echo(f"{programme}: paused since {pause.begun_at:%Y-%m-%d %H:%M:%S} UTC; members {can} spend, {dates}")


async def _pause(settings: Settings, dsn: str, name: str, may_spend: bool, stops: bool, by: str) -> Pause:
    async with services(settings, dsn) as found, found.pool.connection() as conn:
        return await store.pause(conn, name, found.clock, may_spend=may_spend, stops_expiry=stops, by=by)
