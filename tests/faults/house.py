"""A whole installation of its own: PostgreSQL, server and worker, which a test may kill, and tills that call.

PostgreSQL writes through to the disk (fsync), as it does where it counts.
"""

import asyncio
import contextlib
import http.client
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from setia.api.keys import create_key
from setia.api.scopes import Audience
from setia.app import Services, compile_source, open_services
from setia.flow.handle import Incoming
from setia.flow.rooms import publish
from setia.ledger.verify import Finding, verify
from setia.members.model import Identifier, Member
from setia.members.store import insert_members
from setia.plumbing import db, embedded
from setia.plumbing.settings import Settings, load_settings
from setia.values.ids import public_id, uuid7

T = TypeVar("T")

NAME = "tough-shop"
PROGRAMME = """
programme: tough-shop
title: {en: The Tough Shop}
currency: EUR
timezone: UTC
units:
  points: {name: {en: points}, worth: 0.01, pays: 0.01, expires: {after: 12 months}}
rules:
  earn: {on: purchase.completed, give: {points: floor(purchase.eligible)}}
rewards:
  mug: {title: {en: A mug}, costs: {points: 10}, gives: {product: MUG}}
refunds: {method: ask_again, when_spent: within_balance, unmatched_after: 30 days}
guests: {claim_within: 14 days}
"""
PATIENCE = 60.0
"""Seconds after which something that should have happened never will."""
SETTINGS = {
    "SETIA_LOG_FORMAT": "json",
    "SETIA_LOG_LEVEL": "warning",
    "SETIA_POOL_TIMEOUT_SECONDS": "2",
    "SETIA_CONNECT_TIMEOUT_SECONDS": "2",
    "SETIA_WORKER_POLL_SECONDS": "0.2",
    "SETIA_WEBHOOK_ALLOW_PRIVATE": "true",
    "SETIA_WEBHOOK_TIMEOUT_SECONDS": "1",
}


class Unanswered(Exception):
    """No answer came: whether the request was recorded is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``seconds``: how long it took."""

    status: int
    headers: dict[str, str]
    raw: bytes
    seconds: float

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def is_replay(self) -> bool:
        return self.headers.get("idempotent-replayed") == "true"


class Till:
    """One connection to the server, which is made anew when it breaks."""

    def __init__(self, port: int, key: str) -> None:
        self._key = key
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        once: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request; ``once``: its Idempotency-Key. Bytes are sent as they are. Raises ``Unanswered``."""
        sent = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json", **(headers or {})}
        if once is not None:
            sent["Idempotency-Key"] = once
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        started = time.monotonic()
        try:
            self._connection.request(method, path, data, sent)
            response = self._connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            if time.monotonic() - started > PATIENCE - 1:
                raise AssertionError(f"{method} {path} hangs") from error
            raise Unanswered(repr(error)) from error
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, raw, time.monotonic() - started)

    def post(self, path: str, body: Any, **more: Any) -> Answer:
        return self.ask("POST", f"/v1/till{path}", body, **more)

    def close(self) -> None:
        self._connection.close()


@dataclass
class House:
    """The installation. ``till_key`` and ``admin_key`` open its API; members are numbered from 0."""

    root: Path
    settings: Settings
    dsn: str
    database: str
    port: int
    till_key: str
    admin_key: str
    members: list[UUID] = field(default_factory=list)
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    tills: list[Till] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    # Processes --------------------------------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        mine = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return {**mine, **SETTINGS, "SETIA_STATE_DIR": str(self.root)}

    def spawn(self, *words: str) -> "subprocess.Popen[bytes]":
        """Start a verb in a process group of its own; what it says goes to a file."""
        log = (self.root / f"{self.database}-{words[0]}.log").open("ab")
        with log:
            process = subprocess.Popen(
                [Path(sys.executable).with_name("setia"), *words, "--database", self.database],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def run(self, *words: str, seconds: float = PATIENCE) -> "subprocess.CompletedProcess[str]":
        """Run a verb to its end."""
        return subprocess.run(
            [Path(sys.executable).with_name("setia"), *words], env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=seconds, start_new_session=True, check=False,
        )  # fmt: skip

    def serve(self) -> "subprocess.Popen[bytes]":
        """Start a server, and wait until it is ready."""
        process = self.spawn("serve", "--port", str(self.port))
        self.await_ready(process)
        return process

    def await_ready(self, process: "subprocess.Popen[bytes] | None" = None) -> float:
        """Wait until the server takes requests; how many seconds that took."""
        started = time.monotonic()
        while time.monotonic() - started < PATIENCE:
            if process is not None and process.poll() is not None:
                raise AssertionError(f"the server ended:\n{self.log('serve')}")
            with contextlib.suppress(Unanswered):
                if self.till().ask("GET", "/ready").status == 200:
                    return time.monotonic() - started
            time.sleep(0.05)
        raise AssertionError(f"the server is not ready:\n{self.log('serve')}")

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """Kill a process with its group, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def backends(self) -> list[int]:
        """PostgreSQL's processes, the postmaster first."""
        postmaster = embedded.status(self.settings).pid
        assert postmaster is not None
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]

    def kill_postgres(self) -> None:
        """Kill the postmaster and all that it has started, at once."""
        for pid in self.backends():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_a_backend(self, number: int) -> None:
        """Kill one session's process: PostgreSQL ends all the others and recovers by itself."""
        with psycopg.connect(self.dsn) as conn:
            sessions = conn.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()
        if sessions:
            with contextlib.suppress(ProcessLookupError):
                os.kill(sessions[number % len(sessions)][0], signal.SIGKILL)

    def start_postgres(self) -> None:
        embedded.start(self.settings)

    def log(self, verb: str) -> str:
        path = self.root / f"{self.database}-{verb}.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def close(self) -> None:
        for till in self.tills:
            till.close()
        for process in self.processes:
            self.kill(process)

    # The book ---------------------------------------------------------------------------------------------------------

    def work(self, doing: Callable[[Services], Awaitable[T]]) -> T:
        """Do something with the database in this process."""

        async def opened() -> T:
            async with open_services(self.settings, self.dsn) as services:
                return await doing(services)

        return asyncio.run(opened())

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as conn:
            return conn.execute(query.encode(), values).fetchall()

    def findings(self) -> list[Finding]:
        async def checked(services: Services) -> list[Finding]:
            async with services.pool.connection() as conn:
                return await verify(conn)

        return self.work(checked)

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        with psycopg.connect(self.dsn) as conn:
            tables = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
            return {
                table: conn.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()[0][0]  # noqa: S608
                for (table,) in tables
            }

    def is_busy(self) -> bool:
        """Whether somebody else's transaction is under way that has written something."""
        query = """SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL"""
        return self.rows(query) != [(0,)]

    # The people -------------------------------------------------------------------------------------------------------

    def till(self) -> Till:
        return self._caller(self.till_key)

    def admin(self) -> Till:
        return self._caller(self.admin_key)

    def _caller(self, key: str) -> Till:
        self.tills.append(Till(self.port, key))
        return self.tills[-1]

    def name(self, member: int) -> str:
        return public_id("mem", self.members[member])

    def join(self, count: int, points: int = 0) -> list[int]:
        """New members, each with so many points; their numbers."""
        first = len(self.members)
        numbers = list(range(first, first + count))

        async def joined(services: Services) -> None:
            now = services.clock.now()
            began = int(now.timestamp() * 1000)
            ids = {number: uuid7(began, number.to_bytes(10, "big")) for number in numbers}
            new = [
                Member(id_, None, None, None, None, {}, False, now, now, now,
                       identifiers=(Identifier("card", f"CARD{number:06}"),))
                for number, id_ in ids.items()
            ]  # fmt: skip
            async with services.pool.connection() as conn:
                await insert_members(conn, new)
            self.members += [member.id for member in new]
            body = {"unit": "points", "amount": points, "reason": "welcome", "by": "ana", "approved_by": None}
            gifts = [
                Incoming("balance.adjusted", "welcome", f"W-{number}", self.members[number], None, body)
                for number in numbers
            ]
            if points:
                for answer in await services.engine.handle(NAME, gifts):
                    assert not isinstance(answer, Exception), answer

        self.work(joined)
        return numbers

    def balance(self, member: int) -> tuple[int, int]:
        """Available and held points."""
        found = self.rows("SELECT available, held FROM balances WHERE member_id = %s", self.members[member])
        return found[0] if found else (0, 0)

    def number(self) -> int:
        """A number that was not there yet, for external ids and keys."""
        return next(self._numbers)


def sale(house: House, member: int, amount: int, key: str, **more: Any) -> dict[str, Any]:
    """A purchase of so many whole euros."""
    return {"member": house.name(member), "source": "till-7", "external_id": key, "amount": f"{amount}.00", **more}


@dataclass
class Installation:
    """A PostgreSQL with a database that is set up, of which every house gets a copy."""

    settings: Settings
    server: embedded.Server
    till_key: str = ""
    admin_key: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @contextlib.contextmanager
    def house(self) -> Iterator[House]:
        """A house on a fresh database, with neither server nor worker yet."""
        embedded.start(self.settings)
        name = f"house_{next(self.numbers)}"
        with psycopg.connect(self.server.dsn, autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE setia STRATEGY FILE_COPY".encode())
        state_dir = self.settings.state_dir
        assert state_dir is not None
        house = House(
            state_dir, self.settings, self.server.dsn_for(name), name, _free_port(), self.till_key, self.admin_key
        )
        try:
            yield house
        finally:
            house.close()


@contextlib.contextmanager
def installation() -> Iterator[Installation]:
    """An installation of its own, which nothing is left of afterwards."""
    root = Path(tempfile.mkdtemp(prefix="setia-faults-", dir="/tmp"))
    root.chmod(0o755)
    settings = load_settings(state_dir=root, database_url=None, pool_timeout_seconds=10)
    try:
        embedded.start(settings)
        with embedded.server(settings) as server:
            found = Installation(settings, server)
            dsn = server.create_database("setia")
        db.migrate(dsn)

        async def open_up() -> None:
            async with open_services(settings, dsn) as services, services.pool.connection() as conn:
                now = services.clock.now()
                await publish(conn, PROGRAMME, compile_source(PROGRAMME), at=now)
                _, found.till_key = await create_key(conn, Audience.TILL, "till", at=now, programme=NAME)
                _, found.admin_key = await create_key(conn, Audience.ADMIN, "admin", at=now)

        asyncio.run(open_up())
        yield found
    finally:
        embedded.stop(settings, force=True)
        shutil.rmtree(root)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def await_that(what: str, is_so: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until something is so; fails when it never is."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


def statuses(answers: Sequence[Answer]) -> list[int]:
    return sorted(answer.status for answer in answers)
