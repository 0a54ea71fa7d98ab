"""Play a programme over past activities in memory: what it would have given, and who gains by a change."""

from __future__ import annotations

import asyncio
import csv as files
import datetime as dt
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console
from rich.table import Table

from setia.cli._database import DatabaseOption, opened, services
from setia.cli._diagnostics import load_good
from setia.cli._processes import share_out
from setia.cli._progress import Bar
from setia.cli._replaying import JOURNEY, Order, Played, play
from setia.cli.ingest import FileFormat
from setia.connectors.complete_journey.data import CompleteJourney
from setia.connectors.files.rows import Format
from setia.flow.history import Part, has_pairs
from setia.flow.replay import Change, Difference, Tally, compare, links
from setia.language.model import Programme
from setia.ledger.plan import Entry
from setia.plumbing.settings import Settings, load_settings
from setia.values.codes import Account
from setia.values.money import format_scaled

_SHOWN: Final = 10


@dataclass(slots=True)
class _Found:
    """What all processes told."""

    results: list[dict[UUID, Tally]]
    declined: list[Counter[str]]
    names: dict[UUID, str] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    compared: int = 0
    activities: int = 0
    seconds: float = 0.0
    peak_bytes: int = 0

    def add(self, told: Played) -> None:
        """Count in what a process told."""
        self.activities += told.activities
        for number, found in enumerate(told.results):
            self.results[number] |= found
            self.declined[number] += told.declined[number]
        self.names |= told.names
        self.skipped += told.skipped
        self.differences += told.differences
        self.compared += told.compared
        self.peak_bytes = max(self.peak_bytes, told.peak_bytes)


def run(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[PROGRAMME.yaml]", help="What to play. Left out: the versions that the book has."),
    ] = None,
    over: Annotated[
        str,
        typer.Option(
            "--over",
            metavar="FILE",
            help="Past sales: CSV, JSON Lines or Parquet as of `setia ingest`, or "
            "`complete-journey`. Without it: what the book of --programme has taken in.",
        ),
    ] = "",
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="FILE", help="Play this one as well, and show what the first would change."),
    ] = None,
    programme: Annotated[
        str | None, typer.Option("--programme", "-p", metavar="NAME", help="Play over the book of this programme.")
    ] = None,
    since: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Count from this day on; over a book, PROGRAMME.yaml holds from then."),
    ] = None,
    until: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Play up to the end of this day.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", metavar="FILE", help="What the file's columns mean, as YAML.")
    ] = None,
    format_: Annotated[
        FileFormat | None, typer.Option("--format", help="Where the file's name does not say it.")
    ] = None,
    baskets: Annotated[
        int | None, typer.Option("--baskets", min=1, metavar="N", help="The first N baskets of complete-journey.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, help="How many; without it, one for each core.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a line for each member to FILE.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the table to FILE as JSON.")
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """Play a programme over past activities in memory: what it would have given, and who gains by a change.

    Nothing is written to any book. Over a book and without a PROGRAMME.yaml, its own versions are played again and
    every entry is compared with the one that is booked.

    \b
    setia replay draft.yaml --over sales.csv                  a draft over past sales, before launch
    setia replay draft.yaml --over sales.csv --against live.yaml
    setia replay draft.yaml -p toko-setia --since 2026-03-01  what March would have been
    setia replay -p toko-setia                                is every entry what its version says?
    setia replay examples/grocery-tiers/programme.yaml --over complete-journey

    Exit code 1: an entry of the book is another one, or it could not be begun.
    """
    for option, path in (("--csv", csv), ("--json", json)):
        _must_be_writable(option, path)
    if since is not None and until is not None and until < since:
        raise typer.BadParameter("it ends before it begins", param_hint="--until")
    console = Console()
    settings = load_settings()
    texts: list[str] = []
    programmes: list[Programme] = []
    for path in (file, against):
        if path is not None:
            text, compiled = load_good(path)
            texts.append(text)
            programmes.append(compiled)
    if programme is None:
        if not over or not texts:
            raise typer.BadParameter(
                "say what to play and over what: `setia replay draft.yaml --over sales.csv`, or name a book: "
                "`setia replay -p NAME`", param_hint="PROGRAMME.yaml",
            )  # fmt: skip
        zone = programmes[0].zone
        kind: Format | None = format_.value if format_ else None
        order = Order(over, tuple(texts), Part(), mapping=mapping, format=kind, first=baskets)
        found = _play(console, order, _span(since, until, zone), programmes, processes)
    elif over:
        raise typer.BadParameter("past sales are in a file or in a book: leave out one of the two", param_hint="--over")
    else:
        with opened(settings, database) as dsn:
            live, is_paired = _live(settings, dsn, programme)
            programmes = [*programmes, *([live[-1]] if against is None else ())]
            sources = (*texts, *([""] if against is None else ()))
            order = Order("", sources, Part(), dsn=dsn, programme=programme, checks=not texts)
            more = ["activities of two members"] if is_paired else []
            found = _play(console, order, _span(since, until, live[-1].zone), [*programmes, *live], processes, more)
    _show(console, found, programmes, _titles(file, against), is_checked=not texts)
    if csv is not None:
        _write_members(csv, found, programmes)
    if json is not None:
        json.write_bytes(orjson.dumps(_data(found, programmes), option=orjson.OPT_INDENT_2) + b"\n")
    if found.differences:
        raise typer.Exit(1)


def _must_be_writable(option: str, path: Path | None) -> None:
    """Say now that a file cannot be written, and not when everything was played."""
    try:
        if path is not None:
            path.touch()
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}", param_hint=option) from None


def _titles(*paths: Path | None) -> list[str]:
    """The files by their names; by their whole paths, where the names are the same."""
    given = [path for path in paths if path is not None]
    names = [path.name for path in given]
    return names if len(set(names)) == len(names) else [str(path) for path in given]


_Span = tuple[dt.datetime | None, dt.datetime | None]


def _span(since: dt.datetime | None, until: dt.datetime | None, zone: ZoneInfo) -> _Span:
    """Local days as instants; the last one is whole."""
    return (
        None if since is None else since.replace(tzinfo=zone),
        None if until is None else (until + dt.timedelta(days=1)).replace(tzinfo=zone),
    )


def _live(settings: Settings, dsn: str, name: str) -> tuple[list[Programme], bool]:
    """The versions of a book's programme, and whether it has activities of two members at once."""

    async def read() -> tuple[list[Programme], bool]:
        async with services(settings, dsn) as found, found.pool.connection() as conn:
            edition = await found.catalogue.load(conn, name)
            return [version.programme for version in edition.versions], await has_pairs(conn, edition.id)

    return asyncio.run(read())


def _play(
    console: Console,
    order: Order,
    span: _Span,
    programmes: Sequence[Programme],
    processes: int | None,
    more_links: Sequence[str] = (),
) -> _Found:
    """Play it on as many processes as members allow."""
    count = processes or len(os.sched_getaffinity(0))
    linked = list(dict.fromkeys([*(link for one in programmes for link in links(one)), *more_links]))
    if linked and count > 1:
        console.print(
            f"On one process: members depend on each other by {', '.join(linked)}.", highlight=False, soft_wrap=True
        )
        count = 1
    since, before = span
    orders = [replace(order, part=Part(number, count), since=since, before=before) for number in range(count)]
    found = _Found([{} for _ in order.sources], [Counter() for _ in order.sources])
    total = None
    if order.over == JOURNEY:
        total = CompleteJourney(order.first).count_baskets()
    started = time.monotonic()
    with Bar(console, "baskets" if total else "activities", total, verb="playing") as bar:
        for told in share_out(play, orders, at_once=count, advice="Nothing was written; play it again."):
            found.add(told)
            bar.advance(told.sales if total else told.activities)
    found.seconds = time.monotonic() - started
    return found


# What came of it ------------------------------------------------------------------------------------------------------


def _sum(results: dict[UUID, Tally]) -> Tally:
    total = Tally()
    for tally in results.values():
        total.add(tally)
    return total


def _figures(results: dict[UUID, Tally], programme: Programme) -> dict[str, Any]:
    """Name → figure, of one programme; money in minor units, units in steps."""
    total = _sum(results)
    figures: dict[str, Any] = {"members": len(results), "purchases": total.sales, "turnover": total.turnover}
    for unit in programme.units.values():
        figures[f"{unit.name} issued"] = total.issued(unit.name)
        figures[f"{unit.name} redeemed"] = total.net(unit.name, Account.REDEEMED)
        figures[f"{unit.name} expired"] = total.net(unit.name, Account.EXPIRED)
        figures[f"{unit.name} taken back"] = total.net(unit.name, Account.REVERSED)
        figures[f"{unit.name} outstanding"] = total.outstanding(unit.name)
    figures["discounts"] = total.discounts
    figures["given in all"] = round(total.benefit(programme))
    for reward in programme.rewards:
        if total.rewards[reward]:
            figures[f"reward {reward}"] = total.rewards[reward]
    tiers = Counter(tally.tier for tally in results.values())
    for level in programme.tiers.levels if programme.tiers is not None else ():
        figures[f"members in {level.name}"] = tiers[level.name]
    return figures


_MONEY: Final = ("turnover", "discounts", "given in all")


def _text(name: str, value: int, programme: Programme) -> str:
    """A figure as people write it."""
    if name in _MONEY:
        return f"{_grouped(value, programme.currency_decimals)} {programme.currency}"
    unit = programme.units.get(name.partition(" ")[0])
    return _grouped(value, 0 if unit is None else unit.decimals)


def _grouped(value: int, decimals: int) -> str:
    """A scaled number with its thousands set apart."""
    whole, point, rest = format_scaled(value, decimals).partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.removeprefix('-')):,}{point}{rest}"


def _show(
    console: Console, found: _Found, programmes: Sequence[Programme], titles: Sequence[str], *, is_checked: bool
) -> None:
    heads = [*titles, *(["as it is booked"] if len(titles) < len(found.results) else [])]
    columns = [_figures(results, one) for results, one in zip(found.results, programmes, strict=False)]
    table = Table(show_header=len(columns) > 1)
    table.add_column("")
    for head in heads[: len(columns)]:
        table.add_column(head, justify="right", overflow="fold")
    if len(columns) > 1:
        table.add_column("difference", justify="right")
    for name in dict.fromkeys(name for column in columns for name in column):
        values = [column.get(name) for column in columns]
        cells = ["" if v is None else _text(name, v, p) for v, p in zip(values, programmes, strict=False)]
        if len(columns) > 1:
            gap = (values[0] or 0) - (values[1] or 0)
            cells.append(("+" if gap > 0 else "") + _text(name, gap, programmes[0]) if gap else "")
        table.add_row(name, *cells)
    console.print(table)
    if len(columns) > 1:
        _show_changes(console, _changes(found, programmes), found, programmes[0])
    for number, declined in enumerate(found.declined):
        if declined:
            told = ", ".join(f"{many:,} {code}" for code, many in declined.most_common(5))
            console.print(f"Declined by {heads[number]}: {told}.", highlight=False, soft_wrap=True)
    for why, many in found.skipped.most_common(5):
        console.print(f"Not played, {many:,} times: {why}", highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"{found.activities:,} activities in {found.seconds:,.1f} s: {found.activities / found.seconds:,.0f} a second.",
        highlight=False,
    )
    if is_checked:
        _show_differences(console, found)


def _changes(found: _Found, programmes: Sequence[Programme]) -> list[Change]:
    return compare(found.results[1], found.results[0], programmes[1], programmes[0])


def _show_changes(console: Console, changes: list[Change], found: _Found, programme: Programme) -> None:
    """Who gains and who loses: how many, and those by whom it is most."""
    gaining = [change for change in changes if change.gain > 0]
    losing = [change for change in reversed(changes) if change.gain < 0]
    moved = sum(change.tier_before != change.tier_after for change in changes)
    console.print(
        f"{len(gaining):,} members gain, {len(losing):,} lose, {len(changes) - len(gaining) - len(losing):,} have the "
        f"same; {moved:,} end in another level.",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    for title, some in (("They gain most", gaining), ("They lose most", losing)):
        if not some:
            continue
        table = Table(title=title, title_justify="left")
        table.add_column("member")
        for head in ("was given", "would be given", "difference"):
            table.add_column(head, justify="right")
        table.add_column("level")
        for change in some[:_SHOWN]:
            level = change.tier_after
            if change.tier_before != level:
                level = f"{change.tier_before or 'none'} → {level or 'none'}"
            amounts = (round(amount) for amount in (change.before, change.after, change.gain))
            cells = (_grouped(amount, programme.currency_decimals) for amount in amounts)
            table.add_row(found.names.get(change.member_id, ""), *cells, level)
        console.print(table)


def _money(amount: Fraction, programme: Programme) -> str:
    return format_scaled(round(amount), programme.currency_decimals)


def _show_differences(console: Console, found: _Found) -> None:
    if not found.differences:
        console.print(f"All {found.compared:,} entries are what their version says.", highlight=False)
        return
    console.print(f"{len(found.differences):,} members have other entries:", highlight=False)
    for difference in found.differences[:_SHOWN]:
        console.print(
            f"  {found.names.get(difference.member_id, '')}: booked {_entry(difference.booked)}, played "
            f"{_entry(difference.replayed)}",
            highlight=False, soft_wrap=True,
        )  # fmt: skip


def _entry(entry: Entry | None) -> str:
    if entry is None:
        return "nothing more"
    return (
        f"no. {entry.no}: {entry.amount} {entry.unit} {entry.debit.name.lower()} → {entry.credit.name.lower()} "
        f"({entry.rule or entry.reason or 'no rule'}, {entry.effective_at.isoformat()})"
    )


def _write_members(path: Path, found: _Found, programmes: Sequence[Programme]) -> None:
    """A line for each member; of two programmes, what the first would change."""
    with path.open("w", encoding="utf-8", newline="") as opened_file:
        out = files.writer(opened_file)
        if len(found.results) > 1:
            out.writerow(["member", "was_given", "would_be_given", "difference", "level_was", "level_would_be"])
            for change in _changes(found, programmes):
                amounts = (_money(amount, programmes[0]) for amount in (change.before, change.after, change.gain))
                out.writerow([found.names.get(change.member_id, ""), *amounts, change.tier_before, change.tier_after])
            return
        units = list(programmes[0].units.values())
        heads = [f"{unit.name}_{what}" for unit in units for what in ("issued", "redeemed", "expired", "outstanding")]
        out.writerow(["member", "purchases", "turnover", "discounts", "level", *heads])
        for member_id, tally in sorted(found.results[0].items(), key=lambda item: found.names.get(item[0], "")):
            steps = [
                format_scaled(value, unit.decimals)
                for unit in units
                for value in (
                    tally.issued(unit.name), tally.net(unit.name, Account.REDEEMED),
                    tally.net(unit.name, Account.EXPIRED), tally.outstanding(unit.name),
                )
            ]  # fmt: skip
            money = (
                format_scaled(amount, programmes[0].currency_decimals) for amount in (tally.turnover, tally.discounts)
            )
            out.writerow([found.names.get(member_id, ""), tally.sales, *money, tally.tier, *steps])


def _data(found: _Found, programmes: Sequence[Programme]) -> dict[str, Any]:
    return {
        "figures": [_figures(results, one) for results, one in zip(found.results, programmes, strict=False)],
        "declined": [dict(declined) for declined in found.declined],
        "activities": found.activities,
        "seconds": round(found.seconds, 3),
        "per_second": round(found.activities / found.seconds, 1),
        "peak_bytes": found.peak_bytes,
        "entries_compared": found.compared,
        "members_with_other_entries": len(found.differences),
    }
