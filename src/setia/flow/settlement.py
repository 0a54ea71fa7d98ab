"""Settling a month between the partners of a programme: looking, closing for good, disputing.

Whoever closes or disputes locks the programme's row, so that two of them follow one another.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from setia.language.contracts import Exchange
from setia.partners import store
from setia.partners.settle import Liability, Line, Statement, Terms, liability, settle
from setia.partners.store import Dispute
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.values.faults import Invalid, MonthClosed, MonthNotOver, NotFound, Problem
from setia.values.instants import day_start

_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Settled:
    """A statement, with what members had at the end of its month by issuer, as far as is known by now."""

    statement: Statement
    liability: dict[str, Liability]


def read_month(text: str) -> dt.date:
    """The first day of a month written as 2026-03; raises ``Invalid``."""
    try:
        return dt.datetime.strptime(text, "%Y-%m").replace(tzinfo=dt.UTC).date()
    except ValueError:
        raise Invalid([Problem("/month", f"'{text[:20]}' is not a month such as 2026-03", "bad_date")]) from None


def month_end(edition: Edition, month: str) -> dt.datetime:
    """The first instant after the month, on the programme's clock."""
    first = read_month(month)
    following = (first + dt.timedelta(days=32)).replace(day=1)
    return day_start(following, edition.versions[-1].programme.zone)


async def sent(conn: AsyncConnection, edition: Edition, exchange: str, month: str) -> tuple[Exchange, list[store.Sent]]:
    """What an exchange sent to its partner in a month, by the instant of recording, so that no list changes later.

    Raises ``NotFound`` for what is no exchange with a partner.
    """
    first, ends = read_month(month), month_end(edition, month)
    for version in reversed(edition.versions):
        found = version.programme.exchanges.get(exchange)
        if found is not None and found.give not in version.programme.units:
            since = day_start(first, version.programme.zone)
            return found, await store.list_sent(conn, edition.id, exchange, since, ends)
    raise NotFound("exchange with a partner", exchange)


async def look(conn: AsyncConnection, edition: Edition, month: str) -> Settled:
    """The statement of ``month``: as it was closed, or else as it would be closed now.

    Raises ``Invalid`` for what is no month, ``MonthClosed`` for one that a later statement has taken in.
    """
    ends = month_end(edition, month)
    movements = await store.list_movements(conn, edition.id, _zone(edition), ends)
    terms = _terms(edition)
    closed = await store.list_statements(conn, edition.id)
    held = liability(movements, terms)
    for statement in closed:
        if statement.month == month:
            return Settled(statement, held)
    if closed and closed[-1].month > month:
        raise MonthClosed(month, closed[-1].month)
    disputes = store.agreed(await store.list_disputes(conn, edition.id))
    lines = [line for statement in closed for line in statement.lines]
    return Settled(settle(month, movements, lines, disputes, terms), held)


async def close(conn: AsyncConnection, edition: Edition, month: str, *, at: dt.datetime, by: str) -> Settled:
    """Close the statement of ``month`` for good; closing it again gives the same.

    Raises ``MonthNotOver`` before its end, and as ``look`` does.
    """
    ends = month_end(edition, month)
    if ends > at:
        raise MonthNotOver(month, ends.isoformat())
    await store.lock_settlements(conn, edition.id)
    settled = await look(conn, edition, month)
    if settled.statement.closed_at is not None:
        return settled
    statement = Statement(month, settled.statement.lines, at, by)
    await store.insert_statement(conn, edition.id, statement)
    return Settled(statement, settled.liability)


async def dispute(
    conn: AsyncConnection,
    edition: Edition,
    month: str,
    line: int,
    *,
    money: int | None,
    reason: str,
    at: dt.datetime,
    by: str,
) -> Dispute:
    """Complain about line ``line`` (from 1) of a closed statement; ``money`` None: all of it.

    Raises ``NotFound`` when there is no such line, ``Invalid`` when more is disputed than the line has left.
    """
    await store.lock_settlements(conn, edition.id)
    found = await find_statement(conn, edition, month)
    if not 0 < line <= len(found.lines):
        raise NotFound("line of the statement", f"{month} {line}")
    disputes = await store.list_disputes(conn, edition.id)
    about = found.lines[line - 1]
    said = [d.money for d in disputes if (d.month, d.line) == (month, line)]
    left = about.money - sum(said)
    wanted = left if money is None else money
    if not _is_part(wanted, left):
        message = f"the line has {left} minor units left to be disputed, of which {wanted} are no part"
        raise Invalid([Problem("/amount", message, "out_of_range")])
    if not reason.strip() or len(reason) > _LONGEST:
        raise Invalid([Problem("/reason", f"say why, in 1 to {_LONGEST:,} characters", "bad_text")])
    made = Dispute(
        len(disputes) + 1, month, line, about.key.partner, about.key.unit, wanted, "open", reason.strip(), "", at, by,
        None, "",
    )  # fmt: skip
    await store.insert_dispute(conn, edition.id, made)
    return made


async def answer(
    conn: AsyncConnection, edition: Edition, number: int, *, is_accepted: bool, text: str, at: dt.datetime, by: str
) -> Dispute:
    """Answer a dispute. What is accepted is given back in the next statement that is closed, and stays accepted.

    Raises ``NotFound``, and ``Invalid`` when it was accepted before and is not to be any more.
    """
    await store.lock_settlements(conn, edition.id)
    found = next((d for d in await store.list_disputes(conn, edition.id) if d.no == number), None)
    if found is None:
        raise NotFound("dispute", str(number))
    if found.state == "accepted":
        if is_accepted:
            return found
        message = "it was accepted before, and what was accepted is given back: complain about that line instead"
        raise Invalid([Problem("/accepted", message, "conflicting_fields")])
    state = "accepted" if is_accepted else "answered"
    await store.answer_dispute(conn, edition.id, number, state, text.strip(), at=at, by=by)
    return next(d for d in await store.list_disputes(conn, edition.id) if d.no == number)


async def find_statement(conn: AsyncConnection, edition: Edition, month: str) -> Statement:
    """The closed statement of ``month``; raises ``NotFound``."""
    read_month(month)
    for statement in await store.list_statements(conn, edition.id):
        if statement.month == month:
            return statement
    raise NotFound("closed statement", month)


def number_of(statement: Statement, line: Line) -> int:
    """The number under which the line is disputed."""
    return statement.lines.index(line) + 1


def _is_part(wanted: int, left: int) -> bool:
    return 0 < wanted <= left or left <= wanted < 0


def _terms(edition: Edition) -> Terms:
    decimals: dict[str, int] = {}
    for version in edition.versions:
        decimals |= {name: unit.decimals for name, unit in version.programme.units.items()}
    return Terms(decimals, edition.versions[-1].programme.currency_decimals)


def _zone(edition: Edition) -> str:
    return edition.versions[-1].programme.zone.key
