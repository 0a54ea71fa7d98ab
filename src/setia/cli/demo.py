"""Take in a year of real purchases, show what became of them, and serve the result."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console

from setia.app import compile_source
from setia.cli import _figures
from setia.cli._database import check_dsn, services
from setia.cli._demo_database import demo_database
from setia.cli._intake import Order, Progress, take_in
from setia.cli._progress import Bar
from setia.cli._templates import template_text
from setia.connectors.complete_journey.data import ZONE, CompleteJourney, Share
from setia.flow.rooms import publish
from setia.plumbing import db, embedded
from setia.plumbing.book_clock import keep_offset
from setia.plumbing.clock import SystemClock
from setia.plumbing.settings import Settings, load_settings
from setia.values.faults import Fault

_TEMPLATE: Final = "grocery-tiers"
_PROCESSES: Final = 2


class NotEmpty(Fault):
    """The database that the demo was told to use has programmes already."""

    code = "not_empty"


def run(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after the table.")] = False,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the table to FILE as JSON, too.")
    ] = None,
    baskets: Annotated[
        int | None, typer.Option("--baskets", min=1, metavar="N", help="Take the first N baskets only.")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="DSN",
            help="Use this empty PostgreSQL database. Without it: a database of the demo's own, setia_demo_<n>, on the "
            "embedded server or on that of DATABASE_URL.",
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the demo's database for good; else the next demo may take its place.")
    ] = False,
    port: Annotated[int | None, typer.Option("--port", help="Where to serve; 0 takes a free port.")] = None,
) -> None:
    """Take in a year of real purchases, show what became of them, and serve the result.

    The purchases are The Complete Journey: 155,848 baskets of 2,469 households in 2017, taken in by the rules of
    examples/grocery-tiers. docs/guides/demo.md tells what is in the table.

    \b
    setia demo                                   all of it, then serve
    setia demo --no-serve --json table.json      all of it, for a script
    setia demo --baskets 5000                    a quick look

    Exit code 1: something went wrong, or `verify` found something.
    """
    console = Console()
    settings = load_settings()
    if json is not None:
        try:
            json.touch()
        except OSError as error:
            # Now, and not when a year of purchases has been taken in.
            raise typer.BadParameter(f"{json} cannot be written: {error.strerror}", param_hint="--json") from None
    with _place(settings, database, keep) as (dsn, name):
        console.print(f"The demo's database: [bold]{name}[/]", highlight=False)
        figures = _fill(console, settings, dsn, CompleteJourney(baskets))
        console.print(_figures.table(figures))
        if json is not None:
            json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2) + b"\n")
        if figures["verify"] != "clean":
            for finding in figures["verify"]:
                console.print(f"  {finding}", highlight=False)
            raise typer.Exit(1)
        if no_serve:
            return
        from setia.cli._demo_serve import serve_with_keys

        serve_with_keys(console, settings, dsn, port)


@contextlib.contextmanager
def _place(settings: Settings, database: str | None, keep: bool) -> Iterator[tuple[str, str]]:
    """Connection string and name of the demo's database."""
    if database is not None:
        check_dsn(database)
        db.migrate(database)
        yield database, database
        return
    with embedded.server(settings) as server, demo_database(server, keep=keep) as name:
        dsn = server.dsn_for(name)
        db.migrate(dsn)
        yield dsn, name


def _fill(console: Console, settings: Settings, dsn: str, data: CompleteJourney) -> dict[str, Any]:
    """Publish, take everything in, work off the clock, count and verify."""
    begins, until = _span(data)
    programme = asyncio.run(_publish(settings, dsn, begins))
    console.print(
        f"The purchases are of 2017, so this book lives by a clock of its own: from {begins:%d %B %Y} to "
        f"{until:%d %B %Y}, and on from there.",
        highlight=False,
        soft_wrap=True,
    )
    orders = [Order(dsn, programme, Share(number, _PROCESSES), data.first, until) for number in range(_PROCESSES)]
    answers, seconds = _watch(console, orders, data.count_baskets())
    faults = {kind: number for kind, number in answers.items() if kind not in ("accepted", "declined", "duplicate")}
    figures = asyncio.run(_count(settings, dsn, programme, until, answers, seconds))
    if faults:
        told = ", ".join(f"{number} {kind}" for kind, number in faults.items())
        figures["verify"] = [*(figures["verify"] if figures["verify"] != "clean" else ()), f"not taken in: {told}"]
    return figures


def _span(data: CompleteJourney) -> tuple[datetime, datetime]:
    """From the beginning of the data's year to the end of its last day, as the shop counts days."""
    zone = ZoneInfo(ZONE)
    last = data.last_at().astimezone(zone)
    until = datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1)
    return datetime(2017, 1, 1, tzinfo=zone), until


async def _publish(settings: Settings, dsn: str, begins: datetime) -> str:
    source = template_text(_TEMPLATE)
    programme = compile_source(source)
    async with services(settings, dsn) as found, found.pool.connection() as conn:
        row = await (await conn.execute("SELECT count(*) FROM programmes")).fetchone()
        if row is not None and row[0]:
            raise NotEmpty(
                "this database has programmes already, and the demo wants one to itself. Name an empty one with "
                "--database, or leave it out; `setia ingest complete-journey` adds the purchases to a programme."
            )
        await publish(conn, source, programme, at=begins, by="setia demo", note="the demo")
    return programme.name


def _watch(console: Console, orders: Sequence[Order], baskets: int) -> tuple[Counter[str], float]:
    """Show what the processes do; all answers, and the seconds from the first purchase to the last due expiry."""
    answers: Counter[str] = Counter()
    waiting = len(orders)
    started = time.monotonic()
    with Bar(console, "baskets", baskets) as bar:
        for told in take_in(orders):
            if told.stage == "ready":
                waiting -= 1
                started = time.monotonic() if not waiting else started
            elif told.stage == "baskets":
                bar.advance(told.baskets)
            _add(answers, told)
        return answers, time.monotonic() - started


def _add(answers: Counter[str], told: Progress) -> None:
    answers.update(told.answers)


async def _count(
    settings: Settings, dsn: str, programme: str, until: datetime, answers: Counter[str], seconds: float
) -> dict[str, Any]:
    from setia.ledger.verify import verify

    async with services(settings, dsn) as found:
        async with found.pool.connection() as conn:
            await keep_offset(conn, until - SystemClock().now())
        figures = await _figures.count(found, programme)
        figures["baskets_per_second"] = round(figures["purchases"] / seconds, 1)
        async with found.pool.connection() as conn:
            findings = await verify(conn)
        figures["verify"] = [str(finding) for finding in findings] or "clean"
    return figures
