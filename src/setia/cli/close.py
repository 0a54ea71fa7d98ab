"""Close a month of the books: what members have, what it costs, and the journal for the general ledger."""

from __future__ import annotations

import asyncio
import csv as files
import io
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from setia.cli._database import DatabaseOption, opened, services
from setia.flow import closing
from setia.flow.closing import Closed
from setia.language.model import Programme
from setia.ledger.closing import ACCOUNTS
from setia.plumbing.settings import Settings, load_settings
from setia.values.money import format_scaled

_COLUMNS = ("month", "unit", "movement", "period", "units", "debit", "credit", "amount", "currency")


def run(
    programme: Annotated[str, typer.Option("--programme", "-p", metavar="NAME", help="Whose month.")],
    month: Annotated[str, typer.Option("--month", "-m", metavar="MONTH", help="Which one, as 2026-12.")],
    final: Annotated[
        bool, typer.Option("--final", help="Close it for good. Closing it again changes nothing.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who closes it.")] = "",
    account: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=CODE",
            help=f"What an account is called in your general ledger; again for each. Names: {', '.join(ACCOUNTS)}.",
        ),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write the journal as CSV to standard output.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Write the report as JSON to standard output.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Close a month of the books: what members have, what it costs, and the journal for the general ledger.

    Without --final it shows the month as it stands. What is recorded later for a closed month is in the next one, as an
    adjustment of a prior period.

    \b
    setia close -p grocery-tiers -m 2026-12
    setia close -p grocery-tiers -m 2026-12 --final --by dewi
    setia close -p grocery-tiers -m 2026-12 --csv --account liability=2450 > journal.csv
    """
    names = _names(account or [])
    settings = load_settings()
    with opened(settings, database) as dsn:
        found, newest = asyncio.run(_close(settings, dsn, programme, month, by if final else None))
    rows = _rows(found, newest, names)
    if json:
        typer.echo(orjson.dumps(_data(found, newest, rows), option=orjson.OPT_INDENT_2).decode())
    elif csv:
        typer.echo(_csv(rows), nl=False)
    else:
        _show(found, newest, rows)


async def _close(settings: Settings, dsn: str, name: str, month: str, by: str | None) -> tuple[Closed, Programme]:
    async with services(settings, dsn) as found:
        async with found.pool.connection() as conn:
            edition = await found.catalogue.load(conn, name)
            if by is None:
                return await closing.look(conn, edition, month), edition.versions[-1].programme
        return await closing.close(found.pool, edition, month, found.clock, by=by), edition.versions[-1].programme


def _names(said: list[str]) -> dict[str, str]:
    found = {name: name for name in ACCOUNTS}
    for text in said:
        name, equals, code = text.partition("=")
        if name not in found or not equals or not code.strip():
            raise typer.BadParameter(f"'{text}' is no NAME=CODE with one of {', '.join(ACCOUNTS)}")
        found[name] = code.strip()
    return found


def _rows(found: Closed, programme: Programme, names: dict[str, str]) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for unit in found.units:
        decimals = programme.units[unit.unit].decimals if unit.unit in programme.units else 0
        rows += [
            {
                "month": found.month,
                "unit": unit.unit,
                "movement": line.movement,
                "period": "prior" if line.is_prior else "current",
                "units": format_scaled(line.steps, decimals),
                "debit": names[line.debit],
                "credit": names[line.credit],
                "amount": format_scaled(abs(line.money), programme.currency_decimals),
                "currency": programme.currency,
            }
            for line in unit.lines
        ]
    return rows


def _csv(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = files.DictWriter(out, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _data(found: Closed, programme: Programme, rows: list[dict[str, str]]) -> dict[str, object]:
    minor = programme.currency_decimals
    return {
        "programme": programme.name,
        "month": found.month,
        "currency": programme.currency,
        "state": "open" if found.closing is None else "closed",
        "known_at": None if found.closing is None else found.closing.known_at.isoformat(),
        "units": {
            unit.unit: {
                "opening": format_scaled(unit.opening_money - unit.opening_breakage, minor),
                "outstanding": format_scaled(unit.closing_money, minor),
                "breakage": format_scaled(unit.breakage, minor),
                "liability": format_scaled(unit.liability, minor),
            }
            for unit in found.units
        },
        "journal": rows,
    }


def _show(found: Closed, programme: Programme, rows: list[dict[str, str]]) -> None:
    known = None if found.closing is None else found.closing.known_at
    state = "open, as it stands" if known is None else f"closed {known:%Y-%m-%d %H:%M} UTC"
    shown = _COLUMNS[1:]
    table = Table(*shown, title=f"{programme.name} {found.month} ({state})")
    for row in rows:
        table.add_row(*(row[name] for name in shown))
    console = Console()
    console.print(table)
    minor = programme.currency_decimals
    for unit in found.units:
        parts = [format_scaled(money, minor) for money in (unit.closing_money, unit.breakage, unit.liability)]
        console.print(
            f"{unit.unit}: outstanding {parts[0]}, less breakage {parts[1]}: liability {parts[2]} {programme.currency}",
            highlight=False,
        )
