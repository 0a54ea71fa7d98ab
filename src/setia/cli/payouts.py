"""Pay causes out: what each has got since its last batch, gift by gift."""

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

from setia.causes.store import Payout
from setia.cli._database import DatabaseOption, opened, services
from setia.flow import payouts
from setia.language.model import Programme
from setia.plumbing.settings import Settings, load_settings
from setia.values.ids import public_id
from setia.values.money import format_scaled

_COLUMNS = ("cause", "batch", "receipt", "given_on", "member", "unit", "amount", "money", "match", "total")


def run(
    programme: Annotated[str, typer.Option("--programme", "-p", metavar="NAME", help="Whose causes.")],
    cause: Annotated[str | None, typer.Option(metavar="NAME", help="Only this one.")] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, metavar="NUMBER", help="A batch that is closed, of one cause.")
    ] = None,
    close: Annotated[
        bool, typer.Option("--close", help="Close it for good. Where nothing was given since, the last batch is shown.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who closes it.")] = "",
    csv: Annotated[bool, typer.Option("--csv", help="Write the gifts as CSV to standard output.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Write the statements as JSON to standard output.")] = False,
    database: DatabaseOption = None,
) -> None:
    """Pay causes out: what each has got since its last batch, gift by gift.

    Without --close it shows what is open. A batch is final: its gifts cannot be taken back any more.

    \b
    setia payouts -p causes
    setia payouts -p causes --cause school --close --by dewi
    setia payouts -p causes --cause school --batch 1 --csv > school-1.csv
    """
    if (close or batch is not None) and cause is None:
        raise typer.BadParameter("name one with --cause", param_hint="--close" if close else "--batch")
    settings = load_settings()
    with opened(settings, database) as dsn:
        found, newest = asyncio.run(_pay_out(settings, dsn, programme, cause, batch, by if close else None))
    if json:
        typer.echo(orjson.dumps([_data(one, newest) for one in found], option=orjson.OPT_INDENT_2).decode())
    elif csv:
        typer.echo(_csv(found, newest), nl=False)
    else:
        _show(found, newest)


async def _pay_out(
    settings: Settings, dsn: str, name: str, cause: str | None, batch: int | None, by: str | None
) -> tuple[list[Payout], Programme]:
    async with services(settings, dsn) as found, found.pool.connection() as conn:
        edition = await found.catalogue.load(conn, name)
        if cause is not None and by is not None:
            shown = [await payouts.close(conn, edition, cause, at=found.clock.now(), by=by)]
        elif cause is not None:
            shown = [await payouts.look(conn, edition, cause, batch)]
        else:
            shown = [await payouts.look(conn, edition, one.name) for one in payouts.all_causes(edition)]
        return shown, edition.versions[-1].programme


def _rows(payout: Payout, programme: Programme) -> list[dict[str, str]]:
    return [
        {
            "cause": gift.cause,
            "batch": "" if payout.no is None else str(payout.no),
            "receipt": gift.receipt,
            "given_on": gift.given_on.isoformat(),
            "member": public_id("mem", gift.member_id),
            "unit": gift.unit,
            "amount": _units(gift.unit, gift.amount, programme),
            "money": format_scaled(gift.money, programme.currency_decimals),
            "match": format_scaled(gift.match, programme.currency_decimals),
            "total": format_scaled(gift.money + gift.match, programme.currency_decimals),
        }
        for gift in payout.gifts
    ]


def _units(unit: str, amount: int, programme: Programme) -> str:
    known = programme.units.get(unit)
    return format_scaled(amount, 0 if known is None else known.decimals)


def _csv(found: list[Payout], programme: Programme) -> str:
    out = io.StringIO()
    writer = files.DictWriter(out, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for payout in found:
        writer.writerows(_rows(payout, programme))
    return out.getvalue()


def _data(payout: Payout, programme: Programme) -> dict[str, object]:
    decimals = programme.currency_decimals
    return {
        "programme": programme.name,
        "cause": payout.cause,
        "batch": payout.no,
        "currency": programme.currency,
        "closed_at": None if payout.closed_at is None else payout.closed_at.astimezone(dt.UTC).isoformat(),
        "closed_by": payout.closed_by,
        "units": {unit: _units(unit, amount, programme) for unit, amount in payout.units.items()},
        "money": format_scaled(payout.money, decimals),
        "match": format_scaled(payout.match, decimals),
        "total": format_scaled(payout.money + payout.match, decimals),
        "gifts": _rows(payout, programme),
    }


def _show(found: list[Payout], programme: Programme) -> None:
    console = Console()
    for payout in found:
        state = "open" if payout.closed_at is None else f"batch {payout.no}, closed {payout.closed_at:%Y-%m-%d %H:%M}"
        table = Table(*_COLUMNS[2:], title=f"{programme.name} {payout.cause}, {programme.currency} ({state})")
        for row in _rows(payout, programme):
            table.add_row(*(row[name] for name in _COLUMNS[2:]))
        console.print(table)
        told = _data(payout, programme)
        console.print(
            f"{payout.cause} gets {told['total']}: {told['money']} and {told['match']} added", highlight=False
        )
