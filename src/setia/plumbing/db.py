"""Connections, migrations, and what it means when the database is away."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from setia.plumbing.settings import Settings
from setia.values.faults import Fault

Connection = psycopg.Connection[TupleRow]
AsyncConnection = psycopg.AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[AsyncConnection]

T = TypeVar("T")

_MIGRATION_LOCK = 0x5E71A  # One number for every Setia, so that two migrations of one database never run together.
_ATTEMPTS = 6


class DatabaseUnavailable(Fault):
    """The database cannot answer now: nothing was recorded, or the same request may safely be sent again to find out.

    `reason` is `unreachable` (refused, shut down, crashed), `busy` (a connection, a lock or a statement took too
    long, or the transaction lost against others again and again) or `full` (no space or memory left).
    """

    code = "database_unavailable"

    def __init__(
        self, reason: Literal["unreachable", "busy", "full"], detail: str, retry_after_seconds: int = 2
    ) -> None:
        super().__init__(f"the database is {reason}: {detail}", reason=reason, retry_after_seconds=retry_after_seconds)
        self.reason = reason
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds


@contextmanager
def reporting_unavailable() -> Iterator[None]:
    """Turn the driver's operational errors into `DatabaseUnavailable`; all else passes through as it is."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise _unavailable(error) from error


def _unavailable(error: psycopg.OperationalError) -> DatabaseUnavailable:
    detail = str(error).strip().partition("\n")[0]
    if isinstance(error, errors.DiskFull | errors.OutOfMemory):
        return DatabaseUnavailable("full", detail, 30)
    busy = (
        PoolTimeout,
        errors.LockNotAvailable,
        errors.QueryCanceled,
        errors.TooManyConnections,
        errors.DeadlockDetected,
        errors.SerializationFailure,
        errors.IdleInTransactionSessionTimeout,
    )
    return DatabaseUnavailable("busy" if isinstance(error, busy) else "unreachable", detail)


def _conninfo(dsn: str, settings: Settings, application: str) -> str:
    """The DSN with our limits; what the DSN itself says about `options` comes later and wins."""
    given = conninfo_to_dict(dsn)
    limits = {
        "statement_timeout": int(settings.statement_timeout_seconds * 1000),
        "lock_timeout": int(settings.lock_timeout_seconds * 1000),
        # A transaction of ours never waits for a person or a network: one that idles is a dead client.
        "idle_in_transaction_session_timeout": int(settings.statement_timeout_seconds * 1000),
        "timezone": "UTC",
    }
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return make_conninfo(
        dsn,
        options=f"{options} {given.get('options') or ''}".strip(),
        connect_timeout=given.get("connect_timeout") or settings.connect_timeout_seconds,
        application_name=given.get("application_name") or application,
    )


async def open_pool(dsn: str, settings: Settings, *, application: str = "setia", size: int | None = None) -> Pool:
    """An open pool of autocommit-off connections with our timeouts; the caller closes it (`await pool.close()`).

    Connections are tried when they are taken out, so a database that was restarted costs no request an error.
    Raises `DatabaseUnavailable` when the first connection cannot be made.
    """
    conninfo = _conninfo(dsn, settings, application)
    pool: Pool = AsyncConnectionPool(
        conninfo,
        min_size=1,
        max_size=size or settings.pool_size,
        open=False,
        name=application,
        timeout=settings.pool_timeout_seconds,
        reconnect_timeout=settings.pool_timeout_seconds,
        check=AsyncConnectionPool.check_connection,
        kwargs={"prepare_threshold": 2},
    )
    try:
        with reporting_unavailable():
            # The pool's own error says only that it waited; a first connection by hand says why.
            await (await psycopg.AsyncConnection.connect(conninfo)).close()
            await pool.open(wait=True, timeout=settings.pool_timeout_seconds)
    except BaseException:
        await pool.close()
        raise
    return pool


def connect(dsn: str, settings: Settings, *, application: str = "setia", autocommit: bool = False) -> Connection:
    """One synchronous connection with our timeouts, for commands. Raises `DatabaseUnavailable`."""
    with reporting_unavailable():
        return psycopg.connect(_conninfo(dsn, settings, application), autocommit=autocommit)


async def retrying(work: Callable[[], Awaitable[T]], *, attempts: int = _ATTEMPTS) -> T:
    """The result of `work`, which must be one whole transaction, begun anew at each attempt.

    A deadlock or a serialization failure means that others went first: wait a little, ever longer, and try again.
    Raises `DatabaseUnavailable` when every attempt lost, or when the database is away.
    """
    with reporting_unavailable():
        for attempt in range(1, attempts):
            try:
                return await work()
            except (errors.DeadlockDetected, errors.SerializationFailure):
                await asyncio.sleep(random.uniform(0.5, 1.0) * 0.005 * 2**attempt)
        return await work()


def migrate(dsn: str) -> None:
    """Bring the database's tables up to this release. Safe to call twice, and by two at once.

    Raises `DatabaseUnavailable`.
    """
    if _is_current(dsn):
        return
    # Slow imports, which a start on tables of this release is spared.
    import sqlalchemy
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.pool import NullPool

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations").replace("%", "%%"))
    with reporting_unavailable(), psycopg.connect(dsn, autocommit=True, application_name="setia migrate") as gate:
        # The lock belongs to this connection: it is free again when we are done, and when we die.
        gate.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        engine = sqlalchemy.create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool
        )
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _is_current(dsn: str) -> bool:
    """Whether the newest migration there is has been made."""
    newest = max(file.name[:4] for file in (Path(__file__).parent.parent / "migrations" / "versions").glob("*.py"))
    with reporting_unavailable(), psycopg.connect(dsn, application_name="setia migrate") as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except errors.UndefinedTable:
            return False
    return row is not None and row[0] == newest
