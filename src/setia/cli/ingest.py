"""Take in a file of activities; run again, it changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import datetime as dt
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any, Final, Self
from uuid import UUID

import orjson
import typer
from rich.console import Console

from setia.api.declines import message
from setia.api.reading import region_of, version_at
from setia.app import Services
from setia.cli import _intake
from setia.cli._database import DatabaseOption, opened, services
from setia.cli._progress import Bar
from setia.connectors.complete_journey.data import CompleteJourney, Share
from setia.connectors.files.activities import Item, Reader
from setia.connectors.files.mapping import Columns, check_columns, load_columns
from setia.connectors.files.rows import FORMATS, Format, Row, Source, open_rows
from setia.flow.handle import Answer, Incoming
from setia.flow.work import NaturalKey
from setia.members.model import Identifier, NewMember
from setia.members.store import find_member_ids, insert_member
from setia.plumbing.settings import Settings, load_settings
from setia.programmes.model import Edition
from setia.values.activities import Activity
from setia.values.codes import Built
from setia.values.faults import Fault, IdentifierTaken
from setia.values.ids import uuid7

COMPLETE_JOURNEY: Final = "complete-journey"
_BATCH: Final = 1_000
_SHOWN: Final = 20


class BookedAt(StrEnum):
    """Which instant activities are recorded at."""

    RECORDED = "recorded"
    FOLLOW = "follow"


class FileFormat(StrEnum):
    """The kinds of files."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def run(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A CSV, JSON Lines or Parquet file; or `complete-journey`.")
    ],
    programme: Annotated[str, typer.Option("--programme", "-p", metavar="NAME", help="Whose book they go into.")],
    mapping: Annotated[
        Path | None, typer.Option("--mapping", metavar="FILE", help="What the file's columns mean, as YAML.")
    ] = None,
    clock: Annotated[
        BookedAt,
        typer.Option(
            "--clock",
            help="`recorded`: they are recorded now, and what came too late by the programme's `late:` is refused. "
            "`follow`: history is taken in as if each had been recorded when it occurred.",
        ),
    ] = BookedAt.RECORDED,
    create_members: Annotated[
        bool, typer.Option("--create-members", help="Whoever is not known yet becomes a member, as of the first row.")
    ] = False,
    source: Annotated[str, typer.Option("--source", help="The `source` of rows that name none.")] = "file",
    format_: Annotated[
        FileFormat | None, typer.Option("--format", help="Where the file's name does not say it.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", metavar="FILE", help="Write the rows that were not taken in to FILE.")
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """Take in a file of activities; run again, it changes nothing.

    Bad rows are told by line with the reason, and the rest is taken in. docs/guides/ingest.md lists the columns.

    \b
    setia ingest sales.csv --programme toko-setia
    setia ingest pos.csv -p toko-setia --mapping pos.yaml --create-members --rejects bad.csv
    setia ingest history.parquet -p toko-setia --clock follow
    setia ingest complete-journey -p grocery-tiers --database setia_demo_1

    Exit code 1: a row was not taken in, or it could not be begun.
    """
    console, errors = Console(), Console(stderr=True)
    settings = load_settings()
    with opened(settings, database) as dsn:
        if file == COMPLETE_JOURNEY:
            report = _take_in_complete_journey(console, dsn, programme)
        else:
            wanted = _Wanted(Path(file), programme, mapping, clock, create_members, source, format_, rejects)
            report = asyncio.run(_take_in(console, errors, settings, dsn, wanted))
    report.show(console)
    if report.rejected:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the command line said."""

    file: Path
    programme: str
    mapping: Path | None
    clock: BookedAt
    create_members: bool
    source: str
    format: FileFormat | None
    rejects: Path | None


@dataclass(slots=True)
class Report:
    """What became of a file."""

    answers: Counter[str] = field(default_factory=Counter)
    declines: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    new_members: int = 0

    def show(self, console: Console) -> None:
        """Say it in a few lines."""
        there, total = self.answers["duplicate"], self.answers.total() + self.rejected
        taken = self.answers.total() - there
        console.print(f"{total:,} activities: {taken:,} taken in, {there:,} were there already, "
                      f"{self.rejected:,} not taken in.", highlight=False)  # fmt: skip
        if self.declines:
            told = ", ".join(f"{number:,} {code}" for code, number in self.declines.most_common())
            console.print(f"Of those taken in, {self.answers['declined']:,} are recorded as declined: {told}.",
                          highlight=False)  # fmt: skip
        elif self.answers["declined"]:
            console.print(f"Of those taken in, {self.answers['declined']:,} are recorded as declined.", highlight=False)
        if self.answers["parked"]:
            console.print(f"{self.answers['parked']:,} wait: for their sale, or for somebody to claim them.",
                          highlight=False)  # fmt: skip
        if self.new_members:
            console.print(f"{self.new_members:,} new members.", highlight=False)
        if there and not taken:
            console.print("Nothing changed: everything was in the book already.")


def _take_in_complete_journey(console: Console, dsn: str, programme: str) -> Report:
    data = CompleteJourney()
    report = Report()
    orders = [_intake.Order(dsn, programme, Share(number, 2), None, None) for number in range(2)]
    with Bar(console, "baskets", data.count_baskets()) as bar:
        for told in _intake.take_in(orders):
            if told.stage == "baskets":
                bar.advance(told.baskets)
            report.answers.update(told.answers)
    for kind in set(report.answers) - {"accepted", "declined", "duplicate", "parked"}:
        report.rejected += report.answers.pop(kind)
    return report


async def _take_in(console: Console, errors: Console, settings: Settings, dsn: str, wanted: _Wanted) -> Report:
    columns = load_columns(wanted.mapping) if wanted.mapping is not None else Columns()
    kind: Format | None = wanted.format.value if wanted.format else None
    with open_rows(wanted.file, format=kind, delimiter=columns.delimiter) as rows:
        return await _take_in_rows(console, errors, settings, dsn, wanted, columns, rows)


async def _take_in_rows(
    console: Console, errors: Console, settings: Settings, dsn: str, wanted: _Wanted, columns: Columns, rows: Source
) -> Report:
    async with services(settings, dsn) as found:
        edition = await found.edition(wanted.programme)
        newest = edition.versions[-1].programme
        check_columns(columns, rows.columns, newest, str(wanted.file))
        reader = Reader(
            lambda at: version_at(edition, at), columns, wanted.source, newest.zone, region_of(newest),
            is_text=_is_csv(wanted, rows),
        )  # fmt: skip
        with Bar(console, "activities", rows.size) as bar, _Rejects.opened(wanted.rejects, rows.columns) as rejects:
            intake = _Intake(found, edition, wanted, errors, rejects, Report())
            batch: list[Item] = []
            for item in reader.items(rows):
                batch.append(item)
                if len(batch) >= _BATCH:
                    await intake.take(batch)
                    bar.advance(len(batch), rows.place())
                    batch = []
            await intake.take(batch)
            bar.advance(len(batch), rows.size)
        if intake.report.rejected > _SHOWN:
            errors.print(f"… and {intake.report.rejected - _SHOWN:,} more", highlight=False)
        return intake.report


def _is_csv(wanted: _Wanted, rows: Source) -> bool:
    return rows.columns is not None and (
        wanted.format is FileFormat.CSV or (wanted.format is None and FORMATS[wanted.file.suffix.lower()] == "csv")
    )


@dataclass(slots=True)
class _Intake:
    services: Services
    edition: Edition
    wanted: _Wanted
    errors: Console
    rejects: _Rejects
    report: Report

    async def take(self, batch: Sequence[Item]) -> None:
        """Take in what can be, in one transaction, and tell what cannot."""
        for item in batch:
            if item.incoming is None:
                self._reject(item, "; ".join(item.problems))
        items = await self._with_members([item for item in batch if item.incoming is not None])
        if not items:
            return
        incoming = [item.incoming for item in items if item.incoming is not None]
        follows = self.wanted.clock is BookedAt.FOLLOW
        answers = await self.services.engine.handle(self.wanted.programme, incoming, clock_follows=follows)
        for item, answer in zip(items, answers, strict=True):
            self._note(item, answer)

    async def _with_members(self, items: list[Item]) -> list[Item]:
        """The items whose member is found or made; the others are rejected."""
        async with self.services.pool.connection() as conn:
            known = await find_member_ids(conn, {identifier for item in items for identifier in item.who})
            buyers: dict[NaturalKey, UUID] = {}
            kept = []
            for item in items:
                assert item.incoming is not None
                ids = {known[identifier] for identifier in item.who if identifier in known}
                if item.member_id is not None:
                    ids.add(item.member_id)
                if len(ids) > 1:
                    self._reject(item, "these identifiers lead to different members")
                    continue
                if not ids and item.who:
                    if not (self.wanted.create_members or item.incoming.type == Built.JOINED):
                        told = " or ".join(f"{one.kind} '{one.value}'" for one in item.who)
                        self._reject(item, f"nobody is known by the {told}; --create-members makes them members")
                        continue
                    try:
                        ids = {await self._join(conn, item)}
                    except IdentifierTaken as taken:
                        self._reject(item, taken.message)
                        continue
                    known.update(dict.fromkeys(item.who, next(iter(ids))))
                item.incoming.member_id = _member(item.incoming, next(iter(ids), None), buyers)
                kept.append(item)
            return kept

    async def _join(self, conn: Any, item: Item) -> Any:
        assert item.incoming is not None
        now = self.services.clock.now()
        at = item.incoming.occurred_at or now
        of = {kind: tuple(one.value for one in item.who if one.kind == kind) for kind in ("card", "external")}
        body = item.incoming.body
        new = NewMember(
            name=item.name,
            email=_first(item.who, "email"),
            phone=_first(item.who, "phone"),
            birthday=dt.date.fromisoformat(body["birthday"]) if body.get("birthday") else None,
            attributes=dict(body.get("attributes", {})),
            joined_at=at,
            cards=of["card"],
            externals=of["external"],
        )
        async with conn.transaction():
            id_ = uuid7(max(int(at.timestamp() * 1000), 0), os.urandom(10))
            await insert_member(conn, id_, new, at=now)
        self.report.new_members += 1
        return id_

    def _note(self, item: Item, answer: Answer) -> None:
        if isinstance(answer, Fault):
            self._reject(item, answer.message)
            return
        declined = answer.result.declined
        if answer.status == "refused" and declined is not None:
            programme = version_at(self.edition, answer.activity.occurred_at)
            self._reject(item, message(programme, declined.code, declined.facts) + _advice(answer.activity))
            return
        self.report.answers[answer.status] += 1
        if answer.status == "declined" and declined is not None:
            self.report.declines[declined.code.value] += 1

    def _reject(self, item: Item, why: str) -> None:
        self.report.rejected += 1
        if self.report.rejected <= _SHOWN:
            self.errors.print(f"{self.wanted.file}: {item.where}: {why}", highlight=False, markup=False, soft_wrap=True)
        self.rejects.write(item.rows, why)


def _member(incoming: Incoming, member_id: UUID | None, buyers: dict[NaturalKey, UUID]) -> UUID | None:
    """The member that a row names; of a return that names none, whoever bought further up in this batch."""
    if member_id is not None:
        buyers[incoming.source, incoming.external_id] = member_id
        return member_id
    of = incoming.body.get("of") if incoming.type in (Built.RETURN, Built.CANCEL) else None
    return None if of is None else buyers.get((of["source"], of["external_id"]))


def _advice(activity: Activity) -> str:
    return " (history is taken in with --clock follow)" if activity.recorded_at > activity.occurred_at else ""


def _first(who: Sequence[Identifier], kind: str) -> str | None:
    return next((one.value for one in who if one.kind == kind), None)


class _Rejects:
    """The file of rows that were not taken in: as they came, with a last field that says why."""

    def __init__(self, file: IO[str] | None, columns: tuple[str, ...] | None) -> None:
        self._file, self._columns = file, columns
        self._table: Any = None
        if file is not None and columns is not None:
            self._table = csv.writer(file)
            self._table.writerow([*columns, "problem"])

    @classmethod
    @contextlib.contextmanager
    def opened(cls, path: Path | None, columns: tuple[str, ...] | None) -> Iterator[Self]:
        """The file at ``path``, CSV where the rows have columns, else JSON Lines; None: nothing is written."""
        if path is None:
            yield cls(None, columns)
            return
        try:
            file = path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
        except OSError as error:
            raise typer.BadParameter(f"{path} cannot be written: {error.strerror}", param_hint="--rejects") from None
        with file:
            yield cls(file, columns)

    def write(self, rows: Sequence[Row], why: str) -> None:
        """Write the rows of one activity."""
        for row in rows if self._file is not None else ():
            if self._table is not None:
                self._table.writerow([*(row.values.get(name) for name in self._columns or ()), why])
            elif self._file is not None:
                self._file.write(orjson.dumps({**row.values, "problem": why}, default=str).decode() + "\n")
