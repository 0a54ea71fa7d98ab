"""Webhooks through the admin API, on a real database with a real receiver."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from setia.api.keys import create_key
from setia.api.scopes import Audience
from setia.api.server import create_app
from setia.app import Services
from setia.plumbing.settings import Settings, load_settings
from setia.values.ids import public_id
from setia.worker import Worker
from tests.store.receiver import Answer, House, Receiver, house, receiving

ELSEWHERE = "whk_06ghz0k1x8e7jv2m3n4p5q6r7s"


@dataclass
class Console:
    """Somebody with an admin key, and the shop."""

    shop: House
    client: httpx.AsyncClient
    receiver: Receiver

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        answer = await self.client.request(method, f"/v1/admin{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def register(self, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.ask("POST", "/webhooks", {"url": self.receiver.url(), **more}, 201)
        return made

    async def work(self) -> None:
        await Worker(self.shop.services, delays=[0.01]).run_until_idle()


@pytest.fixture
def settings(dsn: str) -> Settings:
    return load_settings(database_url=dsn, webhook_allow_private=True, webhook_retry_hours=1e-9)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
async def console(settings: Settings, receiver: Receiver) -> AsyncIterator[Console]:
    async with house(settings) as shop:

        @asynccontextmanager
        async def opening() -> AsyncIterator[Services]:
            yield shop.services

        async with shop.services.pool.connection() as conn:
            _, secret = await create_key(conn, Audience.ADMIN, "console", at=shop.clock.now())
        app = create_app(opening)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://setia",
                headers={"authorization": f"Bearer {secret}"},
            ) as client,
        ):
            yield Console(shop, client, receiver)


async def test_an_endpoint_is_registered_and_its_deliveries_can_be_followed(console: Console) -> None:
    made = await console.register(events=["points.earned"], programme="visits", description="CRM")
    assert (made["state"], made["events"], made["programme"]) == ("active", ["points.earned"], "visits")
    shown = await console.ask("GET", f"/webhooks/{made['id']}")
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert await console.ask("GET", "/webhooks") == {"webhooks": [shown]}
    member = await console.shop.join()
    await console.shop.visit(member)
    await console.work()
    for got in console.receiver.got:
        Webhook(made["secret"]).verify(got.text, got.headers)
    listed = await console.ask("GET", f"/deliveries?member={public_id('mem', member)}&limit=1")
    (latest,) = listed["deliveries"]
    assert (latest["state"], latest["status"], latest["attempts"]) == ("delivered", 200, 1)
    assert latest["event"] == console.receiver.got[-1].headers["webhook-id"]
    following = await console.ask("GET", f"/deliveries?cursor={listed['next']}&endpoint={made['id']}")
    assert [one["event"] for one in following["deliveries"]] == [console.receiver.got[0].headers["webhook-id"]]
    assert following["next"] is None


async def test_dead_letters_are_found_and_delivered_again(console: Console) -> None:
    made = await console.register()
    await console.shop.visit(await console.shop.join())
    console.receiver.answer = lambda _: Answer(503)
    await console.work()
    dead = (await console.ask("GET", "/deliveries?state=dead"))["deliveries"]
    assert [(one["status"], one["error"]) for one in dead] == [(503, "HTTP 503: thanks")] * 2
    console.receiver.answer = lambda _: Answer()
    replay = f"/webhooks/{made['id']}/replay"
    assert await console.ask("POST", replay, {"event": dead[0]["event"]}) == {"replayed": 1}
    assert await console.ask("POST", replay, {"dead_letters": True}) == {"replayed": 1}
    await console.work()
    assert await console.shop.states() == ["delivered", "delivered"]
    assert await console.ask("POST", replay, {"since": "2026-01-01T00:00:00Z"}) == {"replayed": 2}
    before = {"since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
    assert await console.ask("POST", replay, before) == {"replayed": 0}


async def test_the_secret_is_rotated_once_for_each_key(console: Console) -> None:
    made = await console.register()
    path = f"/webhooks/{made['id']}/secret"
    first = await console.ask("POST", path, {"overlap_hours": 2}, **{"idempotency-key": "rotate-1"})
    again = await console.ask("POST", path, {"overlap_hours": 2}, **{"idempotency-key": "rotate-1"})
    assert first == again
    assert first["secret"] != made["secret"]
    assert first["previous_secret_until"] is not None
    await console.shop.visit(await console.shop.join())
    await console.work()
    for secret in (made["secret"], first["secret"]):
        Webhook(secret).verify(console.receiver.got[0].text, console.receiver.got[0].headers)


async def test_an_endpoint_is_paused_changed_resumed_and_deleted(console: Console) -> None:
    made = await console.register()
    path = f"/webhooks/{made['id']}"
    paused = await console.ask("PATCH", path, {"state": "paused"}, **{"if-match": '"1"'})
    assert (paused["state"], paused["url"]) == ("paused", made["url"])
    stale = await console.ask("PATCH", path, {"state": "active"}, 412, **{"if-match": '"1"'})
    assert stale["code"] == "edit_conflict"
    await console.shop.visit(await console.shop.join())
    resumed = await console.ask(
        "PATCH", path, {"state": "active", "url": console.receiver.url("/new"), "events": None, "description": "new"}
    )
    assert resumed["events"] is None
    await console.shop.visit(await console.shop.join())
    await console.work()
    assert [got.path for got in console.receiver.got] == ["/new", "/new"]
    assert await console.ask("DELETE", path) == {"id": made["id"], "deleted": True}
    for method, where, body in (
        ("GET", path, None), ("DELETE", path, None), ("PATCH", path, {}), ("POST", f"{path}/secret", {}),
        ("POST", f"{path}/replay", {"dead_letters": True}), ("GET", f"/webhooks/{ELSEWHERE}", None),
        ("GET", "/webhooks/17", None),
    ):  # fmt: skip
        assert (await console.ask(method, where, body, 404))["code"] == "not_found"
    await console.work()
    assert (await console.ask("GET", "/deliveries"))["deliveries"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/url"),
        ({"url": 7}, "/url"),
        ({"url": "ftp://example.com"}, "/url"),
        ({"url": "https://example.com", "events": []}, "/events"),
        ({"url": "https://example.com", "events": ["points.earned", "point.spent"]}, "/events/1"),
        ({"url": "https://example.com", "events": [None]}, "/events/0"),
        ({"url": "https://example.com", "description": 3}, "/description"),
        ({"url": "https://example.com", "secret": "mine"}, "/secret"),
    ],
)
async def test_a_wrong_endpoint_is_refused_and_nothing_is_kept(
    console: Console, body: dict[str, Any], pointer: str
) -> None:
    refused = await console.ask("POST", "/webhooks", body, 422)
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert await console.ask("GET", "/webhooks") == {"webhooks": []}


async def test_wrong_replays_and_filters_are_refused(console: Console) -> None:
    made = await console.register()
    for body, pointer in (
        ({}, ""), ({"since": "2026-01-01T00:00:00Z", "dead_letters": True}, ""),
        ({"event": "evt_1", "until": "2026-01-01T00:00:00Z"}, "/until"), ({"since": "yesterday"}, "/since"),
        ({"dead_letters": False}, "/dead_letters"),
    ):  # fmt: skip
        refused = await console.ask("POST", f"/webhooks/{made['id']}/replay", body, 422)
        assert pointer in [error["pointer"] for error in refused["errors"]]
    unknown = ELSEWHERE.replace("whk", "evt")
    assert (await console.ask("POST", f"/webhooks/{made['id']}/replay", {"event": unknown}, 404))["code"] == "not_found"
    for query in ("state=lost", "type=point.spent", "endpoint=7", "event=7", "member=7", "cursor=MQ", "limit=0"):
        await console.ask("GET", f"/deliveries?{query}", status=422)


async def test_a_private_address_is_refused_where_the_setting_does_not_allow_it(dsn: str, receiver: Receiver) -> None:
    async with house(load_settings(database_url=dsn)) as shop:

        @asynccontextmanager
        async def opening() -> AsyncIterator[Services]:
            yield shop.services

        async with shop.services.pool.connection() as conn:
            _, secret = await create_key(conn, Audience.ADMIN, "console", at=shop.clock.now())
        app = create_app(opening)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://setia",
                headers={"authorization": f"Bearer {secret}"},
            ) as client,
        ):
            for url in (receiver.url(), "https://127.0.0.1/", "https://localhost/"):
                answer = await client.post("/v1/admin/webhooks", json={"url": url})
                assert answer.status_code == 422
                assert answer.json()["errors"][0]["pointer"] == "/url"
