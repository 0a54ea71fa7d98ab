"""Connections, migrations and faults on a real server."""

import asyncio
import os
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from setia.plumbing import db
from setia.plumbing.db import DatabaseUnavailable
from setia.plumbing.embedded import Server
from setia.plumbing.settings import Settings, load_settings


def test_two_migrations_at_once_both_find_the_tables_in_place(postgres: Server) -> None:
    name = f"migrated_twice_{os.getpid()}"
    dsn = postgres.create_database(name)
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(db.migrate, [dsn, dsn]))
        with psycopg.connect(dsn) as connection:
            tables = connection.execute("SELECT FROM pg_tables WHERE tablename = 'alembic_version'").fetchall()
        assert len(tables) == 1
    finally:
        with psycopg.connect(postgres.dsn, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


async def test_a_pool_gives_connections_with_our_limits(dsn: str, settings: Settings) -> None:
    pool = await db.open_pool(dsn, settings)
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('timezone')"
        )
        assert await cursor.fetchone() == ("30s", "10s", "UTC")
    await pool.close()


async def test_a_pool_outlives_the_loss_of_its_connections(dsn: str, settings: Settings) -> None:
    pool = await db.open_pool(dsn, settings, size=2)
    async with pool.connection() as connection:
        victim = connection.info.backend_pid
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [victim])
    async with pool.connection() as connection:
        assert connection.info.backend_pid != victim
        await connection.execute("SELECT 1")
    await pool.close()


async def test_a_pool_on_a_server_that_is_not_there_says_so(settings: Settings) -> None:
    with pytest.raises(DatabaseUnavailable, match="unreachable") as caught:
        await db.open_pool("host=/nowhere dbname=setia", settings)
    assert caught.value.reason == "unreachable"


async def test_a_lock_held_too_long_makes_the_database_busy(dsn: str) -> None:
    settings = load_settings(database_url=dsn, lock_timeout_seconds=0.05)
    with psycopg.connect(dsn) as holder, db.connect(dsn, settings) as waiter:
        holder.execute("CREATE TABLE held (n int)")
        holder.commit()
        holder.execute("LOCK held")
        with pytest.raises(DatabaseUnavailable) as caught, db.reporting_unavailable():
            waiter.execute("SELECT * FROM held")
    assert caught.value.reason == "busy"


async def test_two_transactions_that_deadlock_both_succeed_in_the_end(dsn: str, settings: Settings) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE pair (id int PRIMARY KEY, n int NOT NULL)")
        connection.execute("INSERT INTO pair VALUES (1, 0), (2, 0)")
    pool = await db.open_pool(dsn, settings)
    both_hold_one = asyncio.Barrier(2)

    def crossing(first: int, second: int) -> Awaitable[int]:
        tries = 0

        async def work() -> int:
            nonlocal tries
            tries += 1
            async with pool.connection() as connection:
                await connection.execute("UPDATE pair SET n = n + 1 WHERE id = %s", [first])
                if tries == 1:
                    await both_hold_one.wait()
                await connection.execute("UPDATE pair SET n = n + 1 WHERE id = %s", [second])
            return tries

        return db.retrying(work)

    attempts = await asyncio.gather(crossing(1, 2), crossing(2, 1))
    await pool.close()
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT n FROM pair ORDER BY id").fetchall()
    assert rows == [(2,), (2,)]
    assert sorted(attempts) == [1, 2]


async def test_a_transaction_that_always_loses_is_given_up(dsn: str) -> None:
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        raise psycopg.errors.SerializationFailure("others went first")

    with pytest.raises(DatabaseUnavailable) as caught:
        await db.retrying(work, attempts=3)
    assert tries == 3
    assert caught.value.reason == "busy"
