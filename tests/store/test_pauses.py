"""A pause on a real database: what it refuses, what it moves, and two at once."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest
from typer.testing import CliRunner

from setia.cli.main import app
from setia.flow.faults import NotFound, Paused
from setia.flow.prove import verify_decisions
from setia.ledger.verify import verify
from setia.plumbing.settings import Settings
from setia.programmes import store as programmes
from setia.values.pauses import Pause
from tests.store.shop import NAME, Shop, open_shop, statuses

MONTH = dt.timedelta(days=31)


async def pause(shop: Shop, *, may_spend: bool = True, stops_expiry: bool = False) -> Pause:
    async with shop.pool.connection() as conn:
        return await programmes.pause(conn, NAME, shop.clock, may_spend=may_spend, stops_expiry=stops_expiry)


async def resume(shop: Shop) -> None:
    async with shop.pool.connection() as conn:
        await programmes.resume(conn, NAME, shop.clock)


async def assert_proven(shop: Shop) -> None:
    async with shop.pool.connection() as conn:
        assert await verify(conn, again=verify_decisions(shop.engine.catalogue)) == []


async def test_earning_is_refused_and_what_is_taken_back_is_not(shop: Shop) -> None:
    await shop.send(shop.sale(0, 300, "S-1"), shop.sale(0, 100, "S-2"))
    await pause(shop)
    with pytest.raises(Paused):
        await shop.send(shop.refund(0, "S-2", "R-2"), shop.sale(0, 10, "S-3"))
    with pytest.raises(Paused):
        await shop.send(shop.sale(None, 10, "S-4"))
    assert await shop.count("parked") == 0
    assert statuses(await shop.send(shop.refund(0, "S-2", "R-2"), shop.hold(0, 20, "H-1"))) == ["accepted"] * 2
    assert (await shop.balance(0)).available == 280
    await pause(shop, may_spend=False)
    with pytest.raises(Paused):
        await shop.send(shop.hold(0, 20, "H-2"))
    assert statuses(await shop.send(shop.gift(0, 5, "A-1"))) == ["accepted"]
    await resume(shop)
    await resume(shop)
    assert statuses(await shop.send(shop.sale(0, 10, "S-3"))) == ["accepted"]
    await assert_proven(shop)


async def test_the_end_of_a_lot_moves_by_the_pause_and_the_worker_looks_again(shop: Shop) -> None:
    await shop.send(shop.sale(0, 300, "S-1"))
    await shop.send(shop.sale(1, 100, "S-2"))
    shop.clock.advance(11 * MONTH)
    await pause(shop, stops_expiry=True)
    shop.clock.advance(2 * MONTH)
    await shop.engine.tick(NAME)
    await shop.send(shop.hold(0, 300, "H-1"))
    assert (await shop.balance(1)).available == 100
    await resume(shop)
    shop.clock.advance(dt.timedelta(days=20))
    await shop.engine.tick(NAME)
    assert (await shop.balance(1)).available == 100
    shop.clock.advance(dt.timedelta(days=10))
    await shop.engine.tick(NAME)
    assert ((await shop.balance(0)).available, (await shop.balance(1)).available) == (0, 0)
    ends = await shop.rows("SELECT DISTINCT e.effective_at - m.expires_at FROM entries e JOIN entries m ON m.no = e.lot"
                           " AND m.member_id = e.member_id WHERE e.credit = 13")  # fmt: skip
    assert ends == [(2 * MONTH,)]
    await assert_proven(shop)


async def test_two_pauses_at_once_are_one_and_another_kind_follows_it(shop: Shop) -> None:
    await shop.send(shop.sale(0, 1, "S-1"))
    first = await asyncio.gather(*(pause(shop) for _ in range(4)))
    assert len(set(first)) == 1
    await asyncio.gather(*(pause(shop, stops_expiry=True) for _ in range(4)))
    shop.clock.advance(MONTH)
    await pause(shop)
    await asyncio.gather(*(resume(shop) for _ in range(4)))
    rows = await shop.rows("SELECT ended_at - begun_at, stops_expiry FROM pauses ORDER BY begun_at")
    assert rows == [(MONTH, True), (dt.timedelta(), False)]


async def test_a_programme_that_is_not_there_cannot_be_paused(shop: Shop) -> None:
    async with shop.pool.connection() as conn:
        with pytest.raises(NotFound):
            await programmes.pause(conn, "nowhere", shop.clock)


@pytest.fixture
async def dsn_of_shop(dsn: str, settings: Settings) -> AsyncIterator[str]:
    async with open_shop(dsn, settings):
        yield dsn


async def test_the_command_pauses_and_resumes(dsn_of_shop: str) -> None:
    def setia(*words: str) -> str:
        done = CliRunner().invoke(app, [*words, "-p", NAME, "--database", dsn_of_shop])
        assert done.exit_code == 0, done.output
        return done.output

    told = await asyncio.to_thread(setia, "pause", "--spending", "refused", "--expiry", "pauses")
    assert "members cannot spend, dates stand still" in told
    assert "members can spend, dates go on" in await asyncio.to_thread(setia, "pause")
    assert "activities come in again" in await asyncio.to_thread(setia, "resume", "--by", "dewi")
