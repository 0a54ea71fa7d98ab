"""Which database a verb works on, and what is wired to it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict

from setia.app import Services, open_services
from setia.plumbing import db, embedded
from setia.plumbing.settings import Settings
from setia.values.faults import Fault, NotFound

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="DSN|NAME",
        help="A PostgreSQL connection string, or the name of a database on the embedded server (such as "
        "setia_demo_1). Without it: DATABASE_URL, else the embedded server's database `setia`.",
    ),
]


class BadDsn(Fault):
    """A word of the command line that looks like a connection string, and is none."""

    code = "bad_dsn"


@contextmanager
def opened(settings: Settings, database: str | None) -> Iterator[str]:
    """The connection string of the database that ``--database`` means, with all tables, while the block lasts.

    Raises ``NotFound`` for a name that the server does not know, ``DatabaseUnavailable``, ``EmbeddedDatabaseError``.
    """
    if database is None:
        with embedded.database(settings) as dsn:
            db.migrate(dsn)
            yield dsn
    elif "=" in database or "://" in database:
        check_dsn(database)
        db.migrate(database)
        yield database
    else:
        with embedded.server(settings) as server:
            with db.reporting_unavailable(), psycopg.connect(server.dsn) as connection:
                found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).fetchone()
            if found is None:
                raise NotFound("database on this server", database)
            dsn = server.dsn_for(database)
            db.migrate(dsn)
            yield dsn


def check_dsn(dsn: str) -> None:
    """Refuse what is no connection string. Raises ``BadDsn``."""
    try:
        conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        raise BadDsn(f"--database: this is no connection string of PostgreSQL: {str(error).strip()}") from None


@asynccontextmanager
async def services(settings: Settings, dsn: str) -> AsyncIterator[Services]:
    """Everything wired to ``dsn``, by the clock that the book lives by."""
    async with open_services(settings, dsn, application=f"setia command {os.getpid()}") as found:
        yield found
