"""A real receiver of webhooks on loopback, and a small shop whose visits make events."""

import datetime as dt
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from setia.app import Services, compile_source, open_services
from setia.flow.handle import Incoming
from setia.flow.rooms import publish
from setia.members.model import NewMember
from setia.members.store import insert_member
from setia.plumbing.clock import FixedClock
from setia.plumbing.settings import Settings
from setia.values.ids import public_id, uuid7

OPENED = dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC)
PROGRAMME = """
programme: visits
title: The House of Visits
currency: IDR
timezone: Asia/Jakarta
units:
  points: {decimals: 1, worth: 10, pending: {for: 2 days}, expires: {after: 30 days}}
  stamps: {expires: never}
activities:
  visit.checked:
rules:
  point: {on: visit.checked, give: {points: 12.5}}
  stamp: {on: visit.checked, give: {stamps: 1}}
refunds: {unmatched_after: 3 days}
"""
EVENTS_A_VISIT = 2


@dataclass
class Got:
    """A delivery that arrived."""

    path: str
    headers: dict[str, str]
    text: str
    at: float = field(default_factory=time.monotonic)

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.text)
        return body


@dataclass
class Answer:
    """What the receiver answers, after how many seconds, or when it is let to."""

    status: int = 200
    after: float = 0.0
    body: bytes = b"thanks"
    headers: dict[str, str] = field(default_factory=dict)
    when: threading.Event | None = None


class Receiver:
    """Keeps what arrives, and answers as ``answer`` says."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.got: list[Got] = []
        self.answer: Callable[[Got], Answer] = lambda _: Answer()
        self.lock = threading.Lock()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def types(self) -> list[str]:
        return [got.body["type"] for got in self.got]

    def of(self, member: UUID) -> list[int]:
        """The sequences that arrived for a member, in the order in which they came."""
        return [got.body["sequence"] for got in self.got if got.body["member"] == public_id("mem", member)]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            sent = self.rfile.read(length)
            if len(sent) < length:  # the sender died while it sent: nothing has arrived
                self.close_connection = True
                return
            text = sent.decode()
            got = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, text)
            with receiver.lock:
                receiver.got.append(got)
                answer = receiver.answer(got)
            time.sleep(answer.after)
            if answer.when is not None:
                answer.when.wait(60)
            try:
                self.send_response(answer.status)
                self.send_header("content-length", str(len(answer.body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            """A sender that was killed is no error here."""

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


class House:
    """The shop: its members visit, and every visit makes ``EVENTS_A_VISIT`` events."""

    def __init__(self, services: Services, clock: FixedClock) -> None:
        self.services = services
        self.clock = clock
        self._visits = 0
        self._members = 0

    async def join(self) -> UUID:
        self._members += 1
        member = uuid7(int(OPENED.timestamp() * 1000), self._members.to_bytes(10, "big"))
        async with self.services.pool.connection() as conn:
            await insert_member(conn, member, NewMember(), at=self.clock.now())
        return member

    async def visit(self, *members: UUID) -> None:
        """All of them at once, in one transaction."""
        incoming = []
        for member in members:
            self._visits += 1
            incoming.append(Incoming("visit.checked", "door", f"v{self._visits}", member, None, {}))
        for answer in await self.services.engine.handle("visits", incoming):
            assert not isinstance(answer, Exception), answer

    async def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.services.pool.connection() as conn:
            return await (await conn.execute(query.encode(), values)).fetchall()

    async def states(self) -> list[str]:
        """The states of all deliveries, in the order of their events."""
        return [row[0] for row in await self.rows("SELECT state FROM deliveries ORDER BY event_id, endpoint_id")]


@asynccontextmanager
async def house(settings: Settings) -> AsyncIterator[House]:
    """The shop on the database of the settings, open since ``OPENED``; published where nobody did yet."""
    clock = FixedClock(OPENED)
    assert settings.database_url is not None
    async with open_services(settings, settings.database_url, clock=clock) as services:
        async with services.pool.connection() as conn:
            cursor = await conn.execute("SELECT FROM programmes")
            if await cursor.fetchone() is None:
                await publish(conn, PROGRAMME, compile_source(PROGRAMME), at=OPENED)
        yield House(services, clock)
