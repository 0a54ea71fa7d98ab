"""A database of its own for every demo, so that two may run at once and a crash leaves nothing in the way."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from typing import Final

import psycopg
from psycopg import sql

from setia.plumbing.db import reporting_unavailable
from setia.plumbing.embedded import Server
from setia.values.faults import Fault

_PREFIX: Final = "setia_demo_"
_MOST: Final = 100
_KEPT: Final = "kept by setia demo --keep"


class NoRoomForDemo(Fault):
    """All names of demo databases are taken by kept or running ones."""

    code = "no_room_for_demo"


@contextlib.contextmanager
def demo_database(server: Server, *, keep: bool) -> Iterator[str]:
    """The name of a fresh database, ours for as long as the block lasts.

    Whoever uses a demo database holds a lock of its name, which ends with the process however it ends. An earlier
    demo's database stays to be looked at, until another demo takes its place; ``keep`` sees to it that none does.
    """
    with reporting_unavailable(), psycopg.connect(server.dsn, autocommit=True, application_name="setia demo") as conn:
        name = _take(conn)
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        if keep:
            conn.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), _KEPT))
        yield name


def _take(conn: psycopg.Connection) -> str:
    """Lock the first free name; what a demo left under it is dropped."""
    for number in range(1, _MOST):
        name = f"{_PREFIX}{number}"
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        row = conn.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()
        if row is None or not row[0]:
            continue
        found = conn.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if found is not None and found[0] == _KEPT:
            conn.execute("SELECT pg_advisory_unlock(%s)", [key])
            continue
        # By force: what a killed demo's processes still do there is of no use to anybody.
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        return name
    raise NoRoomForDemo(
        f"{_MOST - 1} demo databases are running or kept. Drop one (DROP DATABASE {_PREFIX}1), "
        "or name a database of yours with --database."
    )
