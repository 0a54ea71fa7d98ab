"""A real PostgreSQL for every test that asks for one.

`dsn` is the connection string of a database of the test's own, with all tables and nothing in them. The databases are
clones of a template, which is migrated once and kept for as long as the migrations stay the same.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from setia.plumbing import db, embedded
from setia.plumbing.embedded import Server
from setia.plumbing.settings import Settings, load_settings

_MIGRATIONS = Path(db.__file__).parent.parent / "migrations"
_ENOUGH = 2 * 1024**3


def _test_settings() -> Settings:
    """A server apart from the developer's own; in memory where there is room, as tests make and drop many databases."""
    settings = load_settings()
    if settings.database_url is not None or settings.state_dir is not None:
        return settings
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ENOUGH:
        installed = hashlib.sha256(os.fsencode(Path(sys.prefix).resolve())).hexdigest()[:10]
        return load_settings(state_dir=memory / f"setia-tests-{os.geteuid()}-{installed}")
    usual = embedded.status(settings).data_dir.parent
    return load_settings(state_dir=usual.with_name(f"{usual.name}-tests"))


def _key(name: str) -> int:
    """A number for PostgreSQL's advisory locks: whoever uses a database holds its number, shared."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _sweep(connection: psycopg.Connection, but: str) -> None:
    """Drop what sessions that died left behind, and templates of migrations that are no more."""
    ours = r"SELECT datname FROM pg_database WHERE datname LIKE 'setia\_test\_%%' AND datname <> %s"
    found = connection.execute(ours, [but]).fetchall()
    for (name,) in found:
        owner = name.rsplit("_", 1)[0]
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_key(owner)]).fetchone()
        if row is not None and row[0]:
            _drop(connection, name)
            connection.execute("SELECT pg_advisory_unlock(%s)", [_key(owner)])


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server that the tests use: DATABASE_URL's, else an embedded one of their own."""
    settings = _test_settings()
    with embedded.server(settings) as server:
        if settings.database_url is None:
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                # These databases need to outlive a killed process, but never a power cut.
                for setting in ("fsync = off", "max_wal_size = '256MB'", "min_wal_size = '64MB'"):
                    connection.execute(sql.SQL("ALTER SYSTEM SET " + setting))
                connection.execute("SELECT pg_reload_conf()")
        yield server


@pytest.fixture(scope="session")
def _template(postgres: Server) -> Iterator[str]:
    state = hashlib.sha256()
    for file in sorted(path for path in _MIGRATIONS.rglob("*") if path.suffix in {".py", ".sql"}):
        state.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    name = f"setia_test_{state.hexdigest()[:12]}_template"
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock_shared(%s)", [_key(name.rsplit("_", 1)[0])])
        connection.execute("SELECT pg_advisory_lock(%s)", [_key("setia_test")])
        _sweep(connection, but=name)
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            unfinished = f"{name}_unfinished"
            _drop(connection, unfinished)
            db.migrate(postgres.create_database(unfinished))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))
        connection.execute("SELECT pg_advisory_unlock(%s)", [_key("setia_test")])
        yield name


@pytest.fixture(scope="session")
def _clone(postgres: Server, _template: str) -> Iterator[Callable[[], str]]:
    """Makes databases; each is a copy of the template."""
    ours = f"setia_test_{os.getpid()}{os.urandom(3).hex()}"
    numbers = count(1)
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock_shared(%s)", [_key(ours)])

        def clone() -> str:
            name = f"{ours}_{next(numbers)}"
            # A checkpoint and a plain copy: a quarter of the time that writing a small database through the WAL takes.
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(_template)))
            return name

        yield clone


@pytest.fixture
def new_database(postgres: Server, _clone: Callable[[], str]) -> Iterator[Callable[[], str]]:
    """A function that makes a fresh database, with all tables, and tells its connection string."""
    made: list[str] = []

    def new() -> str:
        made.append(_clone())
        return postgres.dsn_for(made[-1])

    yield new
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        for name in made:
            _drop(connection, name)


@pytest.fixture
def dsn(new_database: Callable[[], str]) -> str:
    """The connection string of a fresh database, with all tables and nothing in them."""
    return new_database()


@pytest.fixture
def settings(dsn: str) -> Settings:
    """Settings as a process would have that serves the test's database."""
    return load_settings(database_url=dsn)
