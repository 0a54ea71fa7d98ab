"""The worker: everything due happens once, however many work on it and whatever becomes of them."""

import asyncio
import datetime as dt
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from setia.flow.handle import Incoming
from setia.plumbing import endpoints
from setia.plumbing.book_clock import keep_offset
from setia.plumbing.settings import Settings, load_settings
from setia.worker import Worker
from tests.store.receiver import OPENED, Answer, House, Receiver, house, receiving


@pytest.fixture
def settings(dsn: str) -> Settings:
    return load_settings(database_url=dsn, webhook_allow_private=True, worker_poll_seconds=0.05)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
async def shop(settings: Settings) -> AsyncIterator[House]:
    async with house(settings) as found:
        yield found


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 30.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.01)


async def has_got(receiver: Receiver, count: int) -> bool:
    return len(receiver.got) >= count


async def all_delivered(shop: House) -> bool:
    return set(await shop.states()) == {"delivered"}


def start(settings: Settings, *words: str) -> subprocess.Popen[str]:
    """`setia worker` as a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SETIA_")} | {
        "DATABASE_URL": str(settings.database_url),
        "SETIA_WEBHOOK_ALLOW_PRIVATE": "true",
        "SETIA_WEBHOOK_TIMEOUT_SECONDS": str(settings.webhook_timeout_seconds),
        "SETIA_WORKER_POLL_SECONDS": "0.05",
        "SETIA_LOG_FORMAT": "json",
    }
    return subprocess.Popen(
        [Path(sys.executable).parent / "setia", "worker", *words],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


async def clock_activities(shop: House) -> Counter[tuple[Any, ...]]:
    rows = await shop.rows("SELECT member_id, type, external_id FROM activities WHERE source = 'clock'")
    return Counter(rows)


async def test_two_workers_on_one_clock_do_each_thing_once(settings: Settings, shop: House) -> None:
    members = [await shop.join() for _ in range(60)]
    for _ in range(3):
        await shop.visit(*members)
        shop.clock.advance(dt.timedelta(hours=5))
    async with house(settings) as other:
        for days in (1, 3, 30, 60):
            now = OPENED + dt.timedelta(days=days)
            shop.clock.set(now)
            other.clock.set(now)
            workers = [Worker(shop.services), Worker(other.services), Worker(other.services)]
            await asyncio.gather(*(worker.run_until_idle() for worker in workers))
    happened = await clock_activities(shop)
    assert set(happened.values()) == {1}
    # In Jakarta the third visit was on the next day: two days for each of 60 members.
    assert Counter(kind for _, kind, _ in happened) == {"balance.activated": 120, "balance.expired": 120}
    assert await shop.rows("SELECT sum(available), sum(pending) FROM balances WHERE unit = 'points'") == [(0, 0)]
    assert await shop.rows("SELECT count(*) FROM member_states WHERE due_at IS NOT NULL") == [(0,)]
    gaps = await shop.rows(
        "SELECT member_id FROM outbox GROUP BY member_id HAVING count(*) <> max(seq) OR count(DISTINCT seq) <> count(*)"
    )
    assert gaps == []


async def test_working_off_twice_changes_nothing_the_second_time(shop: House, receiver: Receiver) -> None:
    async with shop.services.pool.connection() as conn:
        await endpoints.insert_endpoint(conn, receiver.url())
    for _ in range(4):
        await shop.visit(await shop.join())
    shop.clock.advance(dt.timedelta(days=40))
    first = await Worker(shop.services).run_until_idle()
    before = await shop.rows("SELECT (SELECT count(*) FROM activities), (SELECT count(*) FROM entries)")
    second = await Worker(shop.services).run_until_idle()
    assert await shop.rows("SELECT (SELECT count(*) FROM activities), (SELECT count(*) FROM entries)") == before
    assert (first.settled, first.delivered, first.waiting) == (4, 16, 0)
    assert (second.settled, second.delivered, second.failed, second.dead) == (0, 0, 0, 0)
    assert len(receiver.got) == 16


async def test_a_worker_sends_what_happens_while_it_runs_and_stops_when_told(
    settings: Settings, receiver: Receiver
) -> None:
    async with house(settings.model_copy(update={"worker_poll_seconds": 60.0})) as shop:
        async with shop.services.pool.connection() as conn:
            await endpoints.insert_endpoint(conn, receiver.url())
        worker = Worker(shop.services)
        running = asyncio.create_task(worker.run())
        listening = "SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND datname = current_database()"
        await until(lambda: shop.rows(listening))
        started = time.monotonic()
        await shop.visit(await shop.join())
        await until(lambda: has_got(receiver, 2))
        assert time.monotonic() - started < 30, "it was told, and did not wait for its next look"
        worker.stop()
        await asyncio.wait_for(running, 30)
    assert receiver.types() == ["points.earned", "points.earned"]


async def test_a_worker_wakes_when_the_next_thing_is_due(shop: House) -> None:
    await shop.visit(await shop.join())
    worker = Worker(shop.services)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0.1)
    assert await clock_activities(shop) == {}
    shop.clock.advance(dt.timedelta(days=2))
    await until(lambda: clock_activities(shop))
    worker.stop()
    await asyncio.wait_for(running, 30)


async def test_returns_that_nobody_matched_become_events_of_their_members(shop: House, receiver: Receiver) -> None:
    async with shop.services.pool.connection() as conn:
        await endpoints.insert_endpoint(conn, receiver.url())
    member = await shop.join()
    body = {"of": {"source": "pos", "external_id": "never-came"}}
    await shop.services.engine.handle("visits", [Incoming("purchase.returned", "pos", "R-1", member, None, body)])
    assert (await Worker(shop.services).run_until_idle()).delivered == 0
    shop.clock.advance(dt.timedelta(days=3))
    await Worker(shop.services).run_until_idle()
    await Worker(shop.services).run_until_idle()
    assert receiver.types() == ["return.unmatched"]
    assert receiver.got[0].body["data"] == {
        "source": "pos",
        "external_id": "R-1",
        "of": {"source": "pos", "external_id": "never-came"},
    }


async def test_old_requests_and_old_events_are_forgotten(shop: House) -> None:
    await shop.visit(await shop.join())
    for days in (6, 8):
        await shop.rows(
            """INSERT INTO requests (key_id, idempotency_key, body_hash, created_at)
               VALUES ('till', %s, '', %s) RETURNING 1""",
            f"{days} days",
            OPENED - dt.timedelta(days=days),
        )
    first = await Worker(shop.services).run_until_idle()
    assert first.forgotten == 1
    assert await shop.rows("SELECT idempotency_key FROM requests") == [("6 days",)]
    shop.clock.advance(dt.timedelta(days=shop.services.settings.event_retention_days + 1))
    await Worker(shop.services).run_until_idle()
    left = await shop.rows("SELECT DISTINCT name FROM outbox ORDER BY name")
    assert left == [("points.activated",), ("points.expired",)], "what the clock has just announced is new"


async def test_a_killed_worker_loses_no_delivery(settings: Settings, shop: House, receiver: Receiver) -> None:
    async with shop.services.pool.connection() as conn:
        await endpoints.insert_endpoint(conn, receiver.url())
        await keep_offset(conn, OPENED - dt.datetime.now(dt.UTC))
    members = [await shop.join() for _ in range(30)]
    await shop.visit(*members)
    await shop.visit(*members)
    receiver.answer = lambda _: Answer(after=0.02)
    # What it has in hand when it dies is anybody's again after three times its patience.
    process = start(settings.model_copy(update={"webhook_timeout_seconds": 1.0}))
    try:
        await until(lambda: has_got(receiver, 20), 60)
    finally:
        process.kill()
        process.communicate()
    assert len(receiver.got) < 120
    assert "pending" in await shop.states()
    following = Worker(shop.services)
    running = asyncio.create_task(following.run())
    await until(lambda: all_delivered(shop), 60)
    following.stop()
    await running
    for member in members:
        came = receiver.of(member)
        assert list(dict.fromkeys(came)) == [1, 2, 3, 4], "in order; a double is allowed, a loss is not"
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 120


async def test_a_worker_that_is_asked_to_stop_finishes_what_it_has_begun(
    settings: Settings, shop: House, receiver: Receiver
) -> None:
    async with shop.services.pool.connection() as conn:
        await endpoints.insert_endpoint(conn, receiver.url())
        await keep_offset(conn, OPENED - dt.datetime.now(dt.UTC))
    await shop.visit(*[await shop.join() for _ in range(4)])
    receiver.answer = lambda _: Answer(after=0.3)
    process = start(settings)
    try:
        await until(lambda: has_got(receiver, 4), 60)
        process.send_signal(signal.SIGTERM)
        _, log = await asyncio.to_thread(process.communicate, timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, log
    assert [line for line in log.splitlines() if "worker_stopped" in line]
    assert Counter(await shop.states()) == {"delivered": 4, "pending": 4}
    assert await shop.rows("SELECT count(*) FROM deliveries WHERE leased_until IS NOT NULL") == [(0,)]


async def test_once_prints_one_line_of_what_it_did(settings: Settings, shop: House, receiver: Receiver) -> None:
    async with shop.services.pool.connection() as conn:
        await endpoints.insert_endpoint(conn, receiver.url())
        # The book lives 20 days after its last visit: activation is due, expiry is not.
        await keep_offset(conn, OPENED + dt.timedelta(days=20) - dt.datetime.now(dt.UTC))
    await shop.visit(await shop.join())
    process = start(settings, "--once")
    said, log = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0, log
    assert re.fullmatch(
        r"members settled 1, events delivered 3, attempts failed 0, dead letters 0, waiting 0, forgotten \d+\n", said
    ), said
    assert receiver.types() == ["points.earned", "points.earned", "points.activated"]


async def test_a_worker_waits_for_a_database_that_is_away(settings: Settings, shop: House, receiver: Receiver) -> None:
    async with shop.services.pool.connection() as conn:
        await endpoints.insert_endpoint(conn, receiver.url())
    worker = Worker(shop.services)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0.1)
    # As a crash of the server does: every connection of ours is gone.
    with psycopg.connect(str(settings.database_url), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    await shop.visit(await shop.join())
    await until(lambda: has_got(receiver, 2))
    worker.stop()
    await asyncio.wait_for(running, 30)
