"""Closed months on a real database: late records, two at once, what is immutable and what verify finds."""

import asyncio
import csv
import datetime as dt
import io
import json
from collections.abc import AsyncIterator

import pytest
from psycopg import errors
from typer.testing import CliRunner

from setia.cli.main import app
from setia.flow import closing
from setia.flow.closing import Closed
from setia.flow.faults import MonthClosed, MonthNotOver
from setia.ledger.closing import UnitClosed
from setia.plumbing.settings import Settings
from tests.store.shop import NAME, Shop, open_shop

SOURCE = """
programme: corner-shop
title: {en: The Corner Shop}
currency: EUR
timezone: Europe/Berlin
units:
  points: {worth: 0.0075, pays: 0.0075, breakage: 12.5 %, expires: {after: 2 months}}
rules:
  earn: {on: purchase.completed, give: {points: floor(purchase.eligible)}}
rewards:
  mug: {costs: {points: 100}, gives: {product: MUG}}
"""
CHRISTMAS = dt.datetime(2026, 12, 24, 12, tzinfo=dt.UTC)
NEW_YEAR = dt.datetime(2027, 1, 2, 9, tzinfo=dt.UTC)


@pytest.fixture
async def shop(dsn: str, settings: Settings) -> AsyncIterator[Shop]:
    async with open_shop(dsn, settings, source=SOURCE) as found:
        yield found


async def look(shop: Shop, month: str) -> Closed:
    async with shop.pool.connection() as conn:
        edition = await shop.engine.catalogue.edition(conn, NAME)
        return await closing.look(conn, edition, month)


async def close(shop: Shop, month: str) -> Closed:
    async with shop.pool.connection() as conn:
        edition = await shop.engine.catalogue.edition(conn, NAME)
    return await closing.close(shop.pool, edition, month, shop.clock, by="dewi")


def points(found: Closed) -> UnitClosed:
    (unit,) = found.units
    return unit


def figures(found: Closed) -> dict[str, tuple[int, int]]:
    return {
        f"prior {line.movement}" if line.is_prior else line.movement: (line.steps, line.money)
        for line in points(found).lines
    }


async def december(shop: Shop) -> Closed:
    shop.clock.set(CHRISTMAS)
    await shop.send(shop.sale(0, 1_001, "S-1"), shop.sale(1, 333, "S-2"))
    await shop.send(shop.of(0, "reward.claimed", {"reward": "mug", "quantity": 1}, "C-1"))
    shop.clock.set(NEW_YEAR)
    await shop.send(shop.sale(1, 40, "S-3"))  # January's already
    return await close(shop, "2026-12")


async def ledger(shop: Shop) -> int:
    """The balance of the liability in a general ledger that has taken in every journal line."""
    ((balance,),) = await shop.rows(
        "SELECT sum(abs(money) * ((credit = 'liability')::int - (debit = 'liability')::int))::bigint FROM closing_lines"
    )
    return int(balance)


async def value(shop: Shop, ends: dt.datetime, known: dt.datetime) -> int:
    """Σ lots × cost − breakage, by the entries alone."""
    ((steps,),) = await shop.rows(
        """SELECT coalesce(sum(amount * ((credit < 5)::int - (debit < 5)::int)), 0)::bigint FROM entries
           WHERE effective_at < %s AND recorded_at <= %s""",
        ends, known,
    )  # fmt: skip
    gross = int(steps) * 75  # hundredths of a cent
    return gross // 100 - gross * 125 // 100_000


async def test_a_late_december_sale_leaves_december_and_is_a_prior_period_of_january(shop: Shop) -> None:
    first = await december(shop)
    assert first.closing is not None
    # 1,234 points at 0.75 cents are 925.5 cents, of which an eighth is never expected to be spent.
    assert (points(first).closing, points(first).closing_money, points(first).breakage) == (1_234, 925, 115)
    assert figures(first) == {"issued": (1_334, 1_000), "redeemed": (-100, -75), "breakage": (0, -115)}
    assert await ledger(shop) == points(first).liability == 810

    shop.clock.set(dt.datetime(2027, 1, 5, 9, tzinfo=dt.UTC))
    await shop.send(shop.sale(0, 50, "S-4", at=dt.datetime(2026, 12, 30, 15, tzinfo=dt.UTC)))
    assert await look(shop, "2026-12") == first
    assert figures(await look(shop, "2027-01"))["prior issued"] == (50, 38)

    shop.clock.set(dt.datetime(2027, 2, 1, 9, tzinfo=dt.UTC))
    second = await close(shop, "2027-01")
    assert second.closing is not None
    assert (points(second).opening, points(second).closing) == (1_234, 1_324)
    assert figures(second)["prior issued"][0] == 50
    assert figures(second)["issued"][0] == 40
    for closed in (first, second):
        assert closed.closing is not None
        assert points(closed).liability == await value(shop, closed.closing.ends_at, closed.closing.known_at)
    assert await ledger(shop) == points(second).liability
    assert await shop.findings() == []


async def test_what_is_recorded_at_the_very_moment_of_the_closing_comes_after_it(shop: Shop) -> None:
    first = await december(shop)
    late = shop.sale(0, 9, "S-9", at=CHRISTMAS)
    await shop.send(late)  # by a clock that has not moved since
    assert await look(shop, "2026-12") == first
    assert figures(await look(shop, "2027-01"))["prior issued"][0] == 9
    assert await shop.findings() == []


async def test_two_at_once_close_once_beside_a_busy_till(shop: Shop) -> None:
    shop.clock.set(CHRISTMAS)
    await shop.send(shop.sale(0, 100, "S-0"))
    shop.clock.set(NEW_YEAR)
    sales = [shop.send(shop.sale(n % 2, 10, f"S-{n}", at=CHRISTMAS)) for n in range(1, 12)]
    found = await asyncio.gather(*(close(shop, "2026-12") for _ in range(3)), *sales)
    assert found[0] == found[1] == found[2]
    assert await shop.count("closings") == 1
    assert await look(shop, "2026-12") == found[0]
    assert await shop.findings() == []


async def test_a_closing_that_was_cut_off_is_made_up_for(shop: Shop) -> None:
    first = await december(shop)
    await shop.tamper("DELETE FROM closing_lines", "DELETE FROM closing_units")
    await shop.send(shop.sale(0, 9, "S-9", at=CHRISTMAS))
    assert await look(shop, "2026-12") == first
    assert await close(shop, "2026-12") == first
    assert await shop.count("closing_units") == 1


async def test_months_are_closed_in_order_and_when_they_are_over(shop: Shop) -> None:
    await december(shop)
    with pytest.raises(MonthNotOver):
        await close(shop, "2027-01")
    for month in ("2026-11", "2025-12"):
        with pytest.raises(MonthClosed):
            await close(shop, month)
        with pytest.raises(MonthClosed):
            await look(shop, month)
    shop.clock.set(dt.datetime(2027, 4, 1, 9, tzinfo=dt.UTC))
    await shop.engine.tick(NAME)
    march = await close(shop, "2027-03")  # takes in January and February
    assert figures(march)["expired"] == (-1_274, -955)
    assert (points(march).closing, await ledger(shop)) == (0, 0)
    assert await shop.findings() == []


async def test_a_closed_month_cannot_be_changed_and_a_changed_past_is_found(shop: Shop) -> None:
    await december(shop)
    with pytest.raises(errors.IntegrityConstraintViolation):
        await shop.rows("UPDATE closing_units SET closing = 1")
    await shop.tamper("UPDATE closing_units SET closing_money = closing_money + 1")
    assert [finding.code for finding in await shop.findings()] == ["closing_wrong"]


async def test_the_command_shows_closes_and_exports(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, source=SOURCE) as shop:
        await shop.send(shop.sale(0, 1_000, "S-1"))

    def setia(*words: str, wrong: int = 0) -> str:
        done = CliRunner(env={"COLUMNS": "200"}).invoke(
            app, ["close", "-p", NAME, "-m", "2026-01", *words, "--database", dsn]
        )
        assert done.exit_code == wrong, done.output
        return done.output

    assert "liability" in await asyncio.to_thread(setia)
    closed = json.loads(await asyncio.to_thread(setia, "--final", "--by", "dewi", "--json"))
    assert (closed["state"], closed["units"]["points"]["liability"]) == ("closed", "6.57")
    told = await asyncio.to_thread(setia, "--csv", "--account", "liability=2450")
    rows = list(csv.DictReader(io.StringIO(told)))
    assert [(row["movement"], row["debit"], row["credit"], row["amount"]) for row in rows] == [
        ("issued", "deferred_revenue", "2450", "7.50"), ("breakage", "2450", "breakage_income", "0.93"),
    ]  # fmt: skip
    await asyncio.to_thread(setia, "--account", "nothing=1", wrong=2)
