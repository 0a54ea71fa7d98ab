"""Replays spread over processes: each plays its share of the members, and tells what came of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import resource
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from setia.api.reading import region_of
from setia.app import compile_source, open_services
from setia.cli._intake import reward_to_claim
from setia.connectors.complete_journey.activities import activities as journey_activities
from setia.connectors.complete_journey.activities import external_id, member_id
from setia.connectors.complete_journey.data import CompleteJourney, Share
from setia.connectors.files.activities import Item, Reader
from setia.connectors.files.mapping import Columns, check_columns, load_columns
from setia.connectors.files.rows import FORMATS, Format, open_rows
from setia.flow import history
from setia.flow.handle import Incoming
from setia.flow.history import Newcomer, Opening, Part
from setia.flow.replay import Difference, Replay, Tally, first_differences
from setia.flow.work import Version
from setia.games.seeds import period_of
from setia.language.model import Programme
from setia.members.model import Identifier
from setia.plumbing.settings import load_settings
from setia.programmes.model import Edition
from setia.values.activities import Activity
from setia.values.chance import Chance, Luck
from setia.values.codes import Built
from setia.values.ids import public_id, uuid7
from setia.values.instants import DAY, day_start, local_date

JOURNEY: Final = "complete-journey"
_TELL_EVERY: Final = 2_000
_LONG_AGO: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_CHANCE: Final = Chance("replay", sha256(b"replay").digest())


@dataclass(frozen=True, slots=True)
class Order:
    """What one process plays.

    ``over``: the year of purchases of the demo ("complete-journey"), a file (``mapping``, ``format``), or a book (""
    with ``dsn`` and ``programme``). ``sources``: the texts of what is to be played over it; "" stands for the versions
    that the book has. ``since``, ``before``: what counts; a text that is played over a book takes effect at ``since``.
    ``checks``: the first of them is compared with the book, entry by entry.
    """

    over: str
    sources: tuple[str, ...]
    part: Part
    dsn: str = ""
    programme: str = ""
    mapping: Path | None = None
    format: Format | None = None
    since: dt.datetime | None = None
    before: dt.datetime | None = None
    first: int | None = None
    checks: bool = False


@dataclass(slots=True)
class Played:
    """How far a process is: so many ``activities`` more, ``sales`` of them; at its end what came of each source."""

    activities: int = 0
    sales: int = 0
    results: list[dict[UUID, Tally]] = field(default_factory=list)
    declined: list[Counter[str]] = field(default_factory=list)
    names: dict[UUID, str] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    compared: int = 0
    peak_bytes: int = 0


def play(order: Order, tell: Callable[[Played], None]) -> None:
    """Play an order and tell how far it is."""
    # Much is kept and little thrown away: looking for cycles at the usual pace costs a fifth of the time.
    gc.set_threshold(100_000, 50, 100)
    if not order.over:
        asyncio.run(_play_book(order, tell))
        return
    programmes = [compile_source(source) for source in order.sources]
    last = Played()
    if order.over == JOURNEY:
        ends, past = CompleteJourney(order.first).last_at(), _journey(order, programmes)
    else:
        items = _read(order, programmes[0], last)
        ends, past = items[-1][0] if items else _LONG_AGO, _file(order, items, last)
    replays = [Replay([_version(programme)], lambda at: _CHANCE, order.since) for programme in programmes]
    _run(replays, past, order, last, tell)
    zone = programmes[0].zone
    until = order.before or day_start(local_date(ends, zone) + DAY, zone)  # the last day is whole
    for replay in replays:
        replay.finish(until)
    if order.part.number:
        last.skipped.clear()  # every process reads the whole file; the first one tells
    _tell_results(last, replays, tell)


def _version(programme: Programme) -> Version:
    """A programme that has been in force for ever."""
    return Version(1, dt.datetime(1970, 1, 1, tzinfo=programme.zone), programme)


@dataclass(slots=True)
class _Past:
    """What happened: who came, with the name they are known by, and what they did."""

    newcomer: Newcomer | None = None
    name: str = ""
    incoming: Incoming | None = None


def _run(
    replays: list[Replay], past: Iterable[_Past], order: Order, last: Played, tell: Callable[[Played], None]
) -> None:
    """Play it all."""
    number = sales = told = told_sales = 0
    for item in past:
        if item.newcomer is not None:
            last.names[item.newcomer.member_id] = item.name
            for replay in replays:
                _join(replay, item.newcomer)
        incoming = item.incoming
        if incoming is None:
            continue
        at = incoming.occurred_at
        assert at is not None
        assert incoming.member_id is not None
        if order.before is not None and at >= order.before:
            continue
        number += 1
        sales += incoming.type == Built.PURCHASE.value
        for replay in replays:
            body = incoming.body if replay is replays[-1] else dict(incoming.body)  # what it spends is written into it
            replay.play(
                Activity(
                    uuid7(max(int(at.timestamp() * 1000), 0), number.to_bytes(10, "big")),
                    incoming.type, incoming.source, incoming.external_id, incoming.member_id, at, at, body,
                    incoming.revision,
                )
            )  # fmt: skip
        if number - told >= _TELL_EVERY:
            tell(Played(number - told, sales - told_sales))
            told, told_sales = number, sales
    tell(Played(number - told, sales - told_sales))


def _join(replay: Replay, newcomer: Newcomer) -> None:
    replay.book.join(
        newcomer.joined_at, birthday=newcomer.birthday, attributes=newcomer.attributes, member_id=newcomer.member_id
    )


def _tell_results(last: Played, replays: list[Replay], tell: Callable[[Played], None]) -> None:
    for replay in replays:
        found = replay.results()
        for tally in found.values():
            tally.entries.clear()
        last.results.append(found)
        last.declined.append(replay.declined)
    last.peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    tell(last)


# The year of the demo -------------------------------------------------------------------------------------------------


def _journey(order: Order, programmes: list[Programme]) -> Iterator[_Past]:
    data = CompleteJourney(order.first)
    share = Share(order.part.number, order.part.count)
    households = data.households(share)
    members = {household.number: member_id(household) for household in households}
    for household in households:
        yield _Past(Newcomer(members[household.number], household.first_at), external_id(household))
    batches = journey_activities(
        data, households, members, reward=reward_to_claim(programmes[0]), member_fields=programmes[0].member_fields,
        share=share, batch_size=4_000,
    )  # fmt: skip
    for batch, _ in batches:
        for incoming in batch:
            yield _Past(incoming=incoming)


# A file ---------------------------------------------------------------------------------------------------------------


def _read(order: Order, programme: Programme, last: Played) -> list[tuple[dt.datetime, Item]]:
    """The rows of a file, in the order of time. What cannot be read is counted by its reason."""
    columns = load_columns(order.mapping) if order.mapping is not None else Columns()
    path = Path(order.over)
    items: list[tuple[dt.datetime, Item]] = []
    with open_rows(path, format=order.format, delimiter=columns.delimiter) as rows:
        check_columns(columns, rows.columns, programme, str(path))
        reader = Reader(
            lambda at: programme, columns, "file", programme.zone, region_of(programme),
            is_text=(order.format or FORMATS[path.suffix.lower()]) == "csv",
        )  # fmt: skip
        for item in reader.items(rows):
            if item.incoming is None or item.incoming.occurred_at is None:
                last.skipped["; ".join(item.problems) or "it does not say when it happened"] += 1
            else:
                items.append((item.incoming.occurred_at, item))
    items.sort(key=lambda found: found[0])
    return items


def _file(order: Order, items: list[tuple[dt.datetime, Item]], last: Played) -> Iterator[_Past]:
    """What the rows tell of the members of this part."""
    known: dict[Identifier, UUID] = {}
    buyers: dict[tuple[str, str], UUID] = {}
    for at, item in items:
        incoming = item.incoming
        assert incoming is not None
        found = item.member_id or next((known[one] for one in item.who if one in known), None)
        of = incoming.body.get("of") if incoming.type in (Built.RETURN, Built.CANCEL) else None
        if found is None and of is not None:
            found = buyers.get((of["source"], of["external_id"]))
        if found is None and not item.who:
            last.skipped["it names no member"] += 1
            continue
        if found is None:
            named = f"{item.who[0].kind}:{item.who[0].value}"
            found = uuid7(max(int(at.timestamp() * 1000), 0), sha256(named.encode()).digest())
        known.update(dict.fromkeys(item.who, found))
        buyers[incoming.source, incoming.external_id] = found
        if _is_of(found, order.part):
            incoming.member_id = found
            newcomer = None if found in last.names else Newcomer(found, at)
            yield _Past(newcomer, item.who[0].value if item.who else public_id("mem", found), incoming)


def _is_of(member: UUID, part: Part) -> bool:
    return (member.int & 0xFFFF) % part.count == part.number


# A book ---------------------------------------------------------------------------------------------------------------


async def _play_book(order: Order, tell: Callable[[Played], None]) -> None:
    async with open_services(load_settings(), order.dsn, application="setia replay") as services:
        edition = await services.edition(order.programme)
        async with services.pool.connection() as conn, history.snapshot(conn):
            opened = await history.opening(conn, edition, services.engine.seeds)
            people = await history.newcomers(conn, edition.id, order.part)
            last = Played(names={person.member_id: public_id("mem", person.member_id) for person in people})
            replays = [_of_book(order, edition, opened, source) for source in order.sources]
            beside = await history.beside(conn, edition.id)
            takes_back = await history.takes_duplicates_back(conn, edition.id)
            for replay in replays:
                replay.beside.extend(beside)
                replay.book.keeps_decisions = takes_back  # what both had is looked for in them
            replays[0].keeps_entries = order.checks
            for replay in replays:
                for person in people:
                    _join(replay, person)
            number = told = 0
            async for activity in history.activities(conn, edition.id, order.part, order.before):
                number += 1
                for replay in replays:
                    replay.play(replace(activity, body=dict(activity.body)))
                if number - told >= _TELL_EVERY:
                    tell(Played(number - told))
                    told = number
            tell(Played(number - told))
            for replay in replays:
                for person in people:
                    if person.until is not None:
                        until = person.until if order.before is None else min(order.before, person.until)
                        replay.finish(until, [person.member_id])
            if order.checks:
                members = [person.member_id for person in people]
                booked = await history.entries(conn, edition.id, members, order.since, order.before)
                last.differences = first_differences(booked, replays[0].results())
                last.compared = sum(map(len, booked.values()))
    _tell_results(last, replays, tell)


def _of_book(order: Order, edition: Edition, opened: Opening, source: str) -> Replay:
    """A replay that begins as the book began, under its own versions or with a text in their place."""
    versions = [Version(version.number, version.effective_at, version.programme) for version in edition.versions]
    if source:
        since = order.since or versions[0].effective_at
        versions = [version for version in versions if version.effective_at < since]
        versions.append(Version(edition.latest + 1, since, compile_source(source)))

    def luck_at(at: dt.datetime) -> Luck | None:
        return opened.seeds.get(period_of(at))

    replay = Replay(versions, luck_at, order.since)
    book = replay.book
    book.secret = opened.secret
    book.pools = {reward: list(codes) for reward, codes in opened.pools.items()}
    book.gathered.codes.update(opened.codes)
    if source:
        for account, initial in opened.house.items():
            book.gathered.house.setdefault(account, initial)
    else:
        book.gathered.house.update(opened.house)
    return replay
