"""Settle a month between the partners of a programme: who owes whom, line by line."""

from __future__ import annotations

import asyncio
import csv as files
import datetime as dt
import io
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from setia.cli._database import DatabaseOption, opened, services
from setia.flow import settlement
from setia.flow.settlement import Settled
from setia.language.model import Programme
from setia.partners.settle import Line, LineKind
from setia.plumbing.settings import Settings, load_settings
from setia.values.money import format_scaled
from setia.values.stakes import PRICE_DECIMALS

_COLUMNS = ("line", "partner", "month", "kind", "unit", "quantity", "other", "price", "owed", "money")


def run(
    programme: Annotated[str, typer.Option("--programme", "-p", metavar="NAME", help="Whose month.")],
    month: Annotated[str, typer.Option("--month", "-m", metavar="MONTH", help="Which one, as 2026-03.")],
    close: Annotated[
        bool, typer.Option("--close", help="Close it for good. Closing it again changes nothing.")
    ] = False,
    partner: Annotated[str | None, typer.Option(metavar="NAME", help="Only this partner's lines.")] = None,
    by: Annotated[str, typer.Option(help="Who closes it.")] = "",
    csv: Annotated[bool, typer.Option("--csv", help="Write the lines as CSV to standard output.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Write the statement as JSON to standard output.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Settle a month between the partners of a programme: who owes whom, line by line.

    Without --close it shows the statement as it stands. What a partner owes is positive, what it gets negative; with
    the margin, which is left with the programme, all of it nets to zero. What is recorded after a month was closed
    is in the next statement, under the month in which it happened.

    \b
    setia settle -p sister-club -m 2026-03
    setia settle -p sister-club -m 2026-03 --close --by dewi
    setia settle -p sister-club -m 2026-03 --partner fuel-one --csv > fuel-one.csv
    """
    settings = load_settings()
    with opened(settings, database) as dsn:
        found, newest = asyncio.run(_settle(settings, dsn, programme, month, by if close else None))
    lines = [
        (number, line)
        for number, line in enumerate(found.statement.lines, 1)
        if partner is None or line.key.partner == partner
    ]
    if json:
        typer.echo(orjson.dumps(_data(found, lines, newest), option=orjson.OPT_INDENT_2).decode())
    elif csv:
        typer.echo(_csv(lines, newest), nl=False)
    else:
        _show(found, lines, newest)


async def _settle(settings: Settings, dsn: str, name: str, month: str, by: str | None) -> tuple[Settled, Programme]:
    async with services(settings, dsn) as found, found.pool.connection() as conn:
        edition = await found.catalogue.load(conn, name)
        if by is None:
            settled = await settlement.look(conn, edition, month)
        else:
            settled = await settlement.close(conn, edition, month, at=dt.datetime.now(dt.UTC), by=by)
        return settled, edition.versions[-1].programme


def _row(number: int, line: Line, programme: Programme) -> dict[str, str]:
    key = line.key
    unit = programme.units.get(key.unit)
    is_priced = key.kind is not LineKind.DISPUTE
    return {
        "line": str(number),
        "partner": key.partner,
        "month": key.month,
        "kind": key.kind.value,
        "unit": key.unit,
        "quantity": format_scaled(line.quantity, unit.decimals if unit is not None else 0),
        "other": key.other or (f"dispute {key.dispute}" if key.dispute else ""),
        "price": format_scaled(key.price, PRICE_DECIMALS).rstrip("0").rstrip(".") if is_priced else "",
        "owed": key.owed.name.lower() if is_priced and key.kind is not LineKind.REDEEMED else "",
        "money": format_scaled(line.money, programme.currency_decimals),
    }


def _csv(lines: list[tuple[int, Line]], programme: Programme) -> str:
    out = io.StringIO()
    writer = files.DictWriter(out, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for number, line in lines:
        writer.writerow(_row(number, line, programme))
    return out.getvalue()


def _data(found: Settled, lines: list[tuple[int, Line]], programme: Programme) -> dict[str, object]:
    statement = found.statement
    return {
        "programme": programme.name,
        "month": statement.month,
        "currency": programme.currency,
        "closed_at": None if statement.closed_at is None else statement.closed_at.isoformat(),
        "lines": [_row(number, line, programme) for number, line in lines],
        "owes": {
            name: format_scaled(statement.balance(name), programme.currency_decimals) for name in statement.partners()
        },
        "margin": format_scaled(statement.margin, programme.currency_decimals),
        "liability": {
            name: format_scaled(held.money, programme.currency_decimals)
            for name, held in sorted(found.liability.items())
        },
    }


def _show(found: Settled, lines: list[tuple[int, Line]], programme: Programme) -> None:
    statement = found.statement
    state = "open, as it stands" if statement.closed_at is None else f"closed {statement.closed_at:%Y-%m-%d %H:%M} UTC"
    table = Table(*_COLUMNS, title=f"{programme.name} {statement.month}, {programme.currency} ({state})")
    for number, line in lines:
        table.add_row(*_row(number, line, programme).values())
    console = Console()
    console.print(table)
    for name in statement.partners():
        owed = statement.balance(name)
        verb = "owes" if owed >= 0 else "gets"
        console.print(f"{name} {verb} {format_scaled(abs(owed), programme.currency_decimals)}", highlight=False)
    console.print(f"margin {format_scaled(statement.margin, programme.currency_decimals)}", highlight=False)
