"""Closing the books of a month: what members have, what it costs, and the journal for the general ledger.

A month is closed in two steps. The first draws the line: it stops the book for a moment, so that whatever is recorded
is before the line or after it. The second works out what was before it, while the book goes on. Where the second step
was never reached, whoever closes the month again takes it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from setia.flow.settlement import month_end, read_month
from setia.ledger import closings as store
from setia.ledger.closing import Rates, UnitClosed, close_unit
from setia.ledger.closings import Closing, exact
from setia.ledger.lots import FAR
from setia.plumbing.clock import Clock
from setia.plumbing.db import AsyncConnection, Pool, retrying
from setia.programmes.model import Edition
from setia.values.faults import MonthClosed, MonthNotOver
from setia.values.instants import day_start
from setia.values.stakes import PRICE_DECIMALS


@dataclass(frozen=True, slots=True)
class Closed:
    """A month's report. ``closing`` None: it is open, and this is how it stands."""

    month: str
    closing: Closing | None
    units: tuple[UnitClosed, ...]


_MOMENT: Final = dt.timedelta(microseconds=1)


async def look(conn: AsyncConnection, edition: Edition, month: str) -> Closed:
    """``month`` as it was closed, or as it stands.

    Raises ``Invalid`` for what is no month, ``MonthClosed`` where a later one was closed without it.
    """
    ends = month_end(edition, month)
    closings = await store.list_closings(conn, edition.id)
    known = next((closing for closing in closings if closing.month == month), None)
    if known is not None:
        units = await store.list_closed_units(conn, edition.id, month)
        return Closed(month, known, tuple(units or await _work_out(conn, edition, known, closings)))
    _check_order(closings, month)
    open_ = Closing(month, ends, FAR, "")
    return Closed(month, None, tuple(await _work_out(conn, edition, open_, closings)))


async def close(pool: Pool, edition: Edition, month: str, clock: Clock, *, by: str) -> Closed:
    """Close ``month`` for good; closing it again gives the same. Raises ``MonthNotOver``, and as ``look`` does."""
    ends = month_end(edition, month)

    async def draw_line() -> None:
        async with pool.connection() as conn:
            closings = await store.list_closings(conn, edition.id)
            if any(closing.month == month for closing in closings):
                return
            await store.stop_book(conn)
            now = clock.now()
            if ends > now:
                raise MonthNotOver(month, ends.isoformat())
            closings = await store.list_closings(conn, edition.id)
            if all(closing.month != month for closing in closings):
                _check_order(closings, month)
                if closings:  # what was recorded at the moment of the last one came after it
                    now = max(now, closings[-1].known_at + _MOMENT)
                await store.insert_closing(conn, edition.id, Closing(month, ends, now, by))

    async def write_down() -> Closed:
        async with pool.connection() as conn:
            await conn.execute("SELECT FROM programmes WHERE id = %s FOR NO KEY UPDATE", [edition.id])
            found = await look(conn, edition, month)
            scale = _scales(edition)
            if not await store.list_closed_units(conn, edition.id, month):
                for unit in found.units:
                    await store.insert_closed_unit(conn, edition.id, month, unit, scale[unit.unit])
            return found

    await retrying(draw_line)
    return await retrying(write_down)


def _check_order(closings: list[Closing], month: str) -> None:
    if closings and closings[-1].month > month:
        raise MonthClosed(month, closings[-1].month)


async def _work_out(
    conn: AsyncConnection, edition: Edition, closing: Closing, closings: list[Closing]
) -> list[UnitClosed]:
    """What ``closing`` comes to, by the entries and by the closing before it."""
    earlier = [other for other in closings if other.month < closing.month]
    before: Mapping[str, UnitClosed] = {}
    first = day_start(read_month(closing.month), edition.versions[-1].programme.zone)
    since = (first, closing.known_at)
    if earlier:
        last = await look(conn, edition, earlier[-1].month)
        before = {unit.unit: unit for unit in last.units}
        since = (earlier[-1].ends_at, earlier[-1].known_at)
    scale, rates = _scales(edition), _rates(edition, closing.ends_at)
    opening = await store.list_outstanding(conn, edition.id, *since, scale)
    moved = await store.list_moved(conn, edition.id, closing.ends_at, closing.known_at, since, scale)
    is_first = not earlier
    return [
        close_unit(unit, rates[unit], opening, moved, None if is_first else before.get(unit, _nothing(unit, rates)))
        for unit in sorted(rates)
    ]


def _nothing(unit: str, rates: Mapping[str, Rates]) -> UnitClosed:
    """A unit that the last closing did not know."""
    return UnitClosed(unit, rates[unit], 0, 0, 0, 0, 0, 0)


def _scales(edition: Edition) -> dict[str, Fraction]:
    """Unit → minor units of money a step, at a price of a millionth of whole money."""
    minor = edition.versions[-1].programme.currency_decimals
    return {
        name: Fraction(10**minor, 10 ** (PRICE_DECIMALS + unit.decimals))
        for version in edition.versions
        for name, unit in version.programme.units.items()
    }


def _rates(edition: Edition, ends_at: dt.datetime) -> dict[str, Rates]:
    """Unit → what a step is worth, and its breakage, by the version in force at the end; one that is gone keeps those
    that it had."""
    found: dict[str, Rates] = {}
    for version in edition.versions:
        if version.effective_at < ends_at or not found:
            for name, unit in version.programme.units.items():
                worth = Fraction(exact(unit.worth / 10**unit.decimals))
                found[name] = Rates(worth, Fraction(exact(unit.breakage)))
    return found
