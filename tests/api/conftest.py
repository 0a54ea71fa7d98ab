"""The API in-process, on a real database: a published programme, a clock that the test moves, keys, and a client."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from setia.api.keys import create_key
from setia.api.scopes import Audience
from setia.api.server import create_app
from setia.app import Services, compile_source, open_services
from setia.flow.rooms import publish
from setia.plumbing.clock import FixedClock
from setia.plumbing.settings import Settings
from setia.values.ids import parse_public_id

START = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
PROGRAMME = (Path(__file__).parent / "shop.yaml").read_text(encoding="utf-8")


@dataclass
class Api:
    """A running API. Calls go by audience: ``api.till("POST", "/purchases", {...})``."""

    app: FastAPI
    client: httpx.AsyncClient
    clock: FixedClock
    keys: dict[str, str] = field(default_factory=dict)
    count: int = 0

    @property
    def services(self) -> Services:
        """What the API works with."""
        services: Services = self.app.state.services
        return services

    async def call(
        self,
        audience: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> httpx.Response:
        """One request with the key of an audience ("" for none)."""
        sent = dict(headers or {})
        if audience:
            sent["Authorization"] = f"Bearer {self.keys[audience]}"
        if isinstance(body, bytes):
            return await self.client.request(method, path, content=body, headers=sent, params=query)
        return await self.client.request(method, path, json=body, headers=sent, params=query)

    async def till(self, path: str, body: Any, **more: Any) -> httpx.Response:
        """POST as the till."""
        return await self.call("till", "POST", f"/v1/till{path}", body, **more)

    async def member(self, path: str, **more: Any) -> httpx.Response:
        """GET as the member."""
        return await self.call("member", "GET", f"/v1/member{path}", **more)

    async def admin(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """Ask as the operator."""
        return await self.call("admin", method, f"/v1/admin{path}", body, **more)

    async def key(self, audience: Audience, name: str = "a key", **more: Any) -> str:
        """A new key's secret; kept under its name too."""
        async with self.services.pool.connection() as conn:
            _, secret = await create_key(conn, audience, name, at=self.clock.now(), **more)
        self.keys[name] = secret
        return secret

    async def join(self, **about: Any) -> str:
        """A new member of the shop; the member key is for the last one that joined."""
        self.count += 1
        made = await self.till("/members", {"card": f"CARD{self.count}", **about})
        assert made.status_code == 201, made.text
        member_id: str = made.json()["member"]["id"]
        await self.key(Audience.MEMBER, "member", programme="shop", member_id=parse_public_id("mem", member_id))
        return member_id

    async def buy(self, member: Any, amount: str, external_id: str | None = None, **more: Any) -> httpx.Response:
        """A purchase of one line."""
        self.count += 1
        sale: dict[str, Any] = {"source": "till-1", "external_id": external_id or f"R-{self.count}", "amount": amount}
        if member is not None:
            sale["member"] = member
        return await self.till("/purchases", sale | more)

    async def rows(self, table: str) -> int:
        """How many rows a table has."""
        async with self.services.pool.connection() as conn:
            cursor = await conn.execute(f"SELECT count(*) FROM {table}".encode())  # noqa: S608
            row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


@asynccontextmanager
async def running(settings: Settings, clock: FixedClock) -> AsyncIterator[Api]:
    """The API on the database of ``settings``."""
    assert settings.database_url is not None
    dsn = settings.database_url
    # A crowd of tests on a slow machine waits for a connection instead of being sent away.
    settings = settings.model_copy(update={"pool_timeout_seconds": 60.0})
    app = create_app(lambda: open_services(settings, dsn, clock=clock))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Api(app, client, clock)


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands until the test moves it."""
    return FixedClock(START)


@pytest.fixture
async def api(settings: Settings, clock: FixedClock) -> AsyncIterator[Api]:
    """The API with the programme ``shop`` in force since a month, and keys ``till`` and ``admin``."""
    async with running(settings, clock) as found:
        async with found.services.pool.connection() as conn:
            since = START - dt.timedelta(days=30)
            await publish(conn, PROGRAMME, compile_source(PROGRAMME), at=since, by="dewi")
        await found.key(Audience.TILL, "till", programme="shop")
        await found.key(Audience.ADMIN, "admin")
        yield found
