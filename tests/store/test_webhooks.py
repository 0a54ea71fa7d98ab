"""Webhooks, from an activity to a real receiver: signed, in order, at least once."""

import asyncio
import base64
import datetime as dt
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from setia.flow.deliver import Courier
from setia.flow.events import EVENTS
from setia.flow.notify import event_id, reference
from setia.plumbing import endpoints, outbox, sending
from setia.plumbing.endpoints import Endpoint
from setia.plumbing.outbox import Delivery
from setia.plumbing.settings import Settings, load_settings
from setia.values.codes import EventName
from setia.values.ids import public_id
from tests.store.receiver import Answer, House, Receiver, house, receiving


@pytest.fixture
def settings(dsn: str) -> Settings:
    return load_settings(database_url=dsn, webhook_allow_private=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
async def shop(settings: Settings) -> AsyncIterator[House]:
    async with house(settings) as found:
        yield found


async def listen(shop: House, url: str, **more: Any) -> Endpoint:
    async with shop.services.pool.connection() as conn:
        return await endpoints.insert_endpoint(conn, url, **more)


async def deliver(
    shop: House, *, rounds: int = 1, pause: float = 0.0, retry_seconds: float = 24 * 3600.0, **more: Any
) -> Courier:
    """Deliver all that is due, ``rounds`` times; failed attempts are repeated for ``retry_seconds``."""
    settings = shop.services.settings.model_copy(update={"webhook_retry_hours": retry_seconds / 3600})
    courier = Courier(shop.services.pool, shop.services.catalogue, settings, **more)
    for _ in range(rounds):
        while await courier.dispatch():
            await courier.drain()
        await asyncio.sleep(pause)
    await courier.stop()
    return courier


async def deliveries(shop: House, **more: Any) -> list[Delivery]:
    async with shop.services.pool.connection() as conn:
        return await outbox.list_deliveries(conn, **more)


async def test_a_delivery_is_signed_and_says_what_happened(shop: House, receiver: Receiver) -> None:
    endpoint = await listen(shop, receiver.url())
    member = await shop.join()
    await shop.visit(member)
    await deliver(shop)
    first, second = receiver.got
    assert first.headers["content-type"] == "application/json"
    assert Webhook(endpoint.secrets[0]).verify(first.text, first.headers) == first.body
    assert first.headers["webhook-id"] == first.body["id"]
    assert first.body == {
        "id": first.body["id"],
        "type": "points.earned",
        "programme": "visits",
        "member": public_id("mem", member),
        "sequence": 1,
        "occurred_at": "2026-03-01T09:00:00Z",
        "data": {"unit": "points", "amount": "12.5", "pending": "12.5", "rules": ["point"]},
    }
    assert second.body["data"] == {"unit": "stamps", "amount": 1, "pending": 0, "rules": ["stamp"]}
    assert second.body["id"] != first.body["id"]
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secrets[0]).verify(first.text.replace("12.5", "99.5"), first.headers)
    assert await shop.states() == ["delivered", "delivered"]


async def test_a_failed_delivery_is_tried_again_under_the_same_id(shop: House, receiver: Receiver) -> None:
    endpoint = await listen(shop, receiver.url(), events=["points.earned"])
    await shop.visit(await shop.join())
    answers = [Answer(500, body=b"not today"), Answer(404)]
    receiver.answer = lambda _: answers.pop(0) if answers else Answer()
    await deliver(shop)
    tried = (await deliveries(shop))[-1]
    assert (tried.state, tried.attempts, tried.status, tried.error) == ("pending", 1, 500, "HTTP 500: not today")
    assert dt.timedelta(seconds=3) < tried.next_at - dt.datetime.now(dt.UTC) < dt.timedelta(seconds=5)
    await shop.rows("UPDATE deliveries SET next_at = now() RETURNING 1")
    await deliver(shop, rounds=3, pause=0.06, delays=[0.05])
    assert [got.body["sequence"] for got in receiver.got] == [1, 1, 1, 2]
    assert len({got.headers["webhook-id"] for got in receiver.got[:3]}) == 1
    assert len({got.text for got in receiver.got[:3]}) == 1
    for got in receiver.got:
        Webhook(endpoint.secrets[0]).verify(got.text, got.headers)
    assert (await deliveries(shop))[-1].attempts == 3


async def test_the_pauses_between_attempts_grow_for_a_day_and_then_it_is_over(shop: House, receiver: Receiver) -> None:
    await listen(shop, receiver.url())
    await shop.visit(await shop.join())
    receiver.answer = lambda _: Answer(503)
    pauses = []
    for _ in range(20):
        await deliver(shop)
        first = (await deliveries(shop))[-1]
        if first.state != "pending":
            break
        assert first.last_at is not None
        pauses.append((first.next_at - first.last_at).total_seconds())
        # As if the whole pause had gone by.
        await shop.rows(
            "UPDATE deliveries SET next_at = now(), first_at = first_at - %s * interval '1 second' RETURNING 1",
            pauses[-1],
        )
    assert first.state == "dead"
    assert 8 <= len(pauses) <= 9
    assert pauses[:7] == sorted(pauses[:7])
    assert 60_000 < sum(pauses) <= 24 * 3600


async def test_events_of_a_member_arrive_in_order_and_wait_behind_one_that_fails(
    shop: House, receiver: Receiver
) -> None:
    await listen(shop, receiver.url())
    unlucky, others = await shop.join(), [await shop.join() for _ in range(5)]
    for _ in range(3):
        await shop.visit(unlucky, *others)
    refused = public_id("mem", unlucky)
    receiver.answer = lambda got: Answer(500 if got.body["member"] == refused and got.body["sequence"] == 3 else 200)
    await deliver(shop, rounds=3)
    assert receiver.of(unlucky) == [1, 2, 3]
    for other in others:
        assert receiver.of(other) == [1, 2, 3, 4, 5, 6]
    await shop.visit(unlucky, others[0])
    await deliver(shop)
    assert receiver.of(unlucky) == [1, 2, 3]
    assert receiver.of(others[0]) == [1, 2, 3, 4, 5, 6, 7, 8]
    receiver.answer = lambda _: Answer()
    await shop.rows("UPDATE deliveries SET next_at = now() RETURNING 1")
    await deliver(shop)
    assert receiver.of(unlucky) == [1, 2, 3, 3, 4, 5, 6, 7, 8]


async def test_a_dead_letter_lets_the_next_one_go_and_can_be_replayed(shop: House, receiver: Receiver) -> None:
    endpoint = await listen(shop, receiver.url())
    member = await shop.join()
    await shop.visit(member)
    receiver.answer = lambda got: Answer(500 if got.body["sequence"] == 1 else 200)
    courier = await deliver(shop, rounds=8, pause=0.03, delays=[0.03], retry_seconds=0.1)
    assert await shop.states() == ["dead", "delivered"]
    assert courier.counts.dead == 1
    assert receiver.of(member)[-1] == 2
    (dead,) = await deliveries(shop, state="dead")
    receiver.answer = lambda _: Answer()
    async with shop.services.pool.connection() as conn:
        assert await outbox.replay_one(conn, endpoint.id, dead.event.id)
        assert not await outbox.replay_one(conn, endpoint.id, 10_000)
    await deliver(shop)
    assert await shop.states() == ["delivered", "delivered"]
    assert receiver.got[-1].headers["webhook-id"] == receiver.got[0].headers["webhook-id"] == event_id(dead.event)


async def test_everything_since_an_instant_can_be_replayed_to_an_endpoint_made_later(
    shop: House, receiver: Receiver
) -> None:
    member = await shop.join()
    await shop.visit(member)
    shop.clock.advance(dt.timedelta(hours=1))
    await shop.visit(member)
    endpoint = await listen(shop, receiver.url())
    await deliver(shop)
    assert receiver.got == []
    async with shop.services.pool.connection() as conn:
        assert await outbox.replay_since(conn, endpoint.id, shop.clock.now()) == 2
    await deliver(shop)
    assert receiver.of(member) == [3, 4]
    async with shop.services.pool.connection() as conn:
        assert await outbox.replay_since(conn, endpoint.id, shop.clock.now() - dt.timedelta(hours=1)) == 4
        assert await outbox.replay_since(conn, endpoint.id, shop.clock.now()) == 0, "they are on their way already"
    await deliver(shop)
    assert receiver.of(member) == [3, 4, 1, 2, 3, 4]


async def test_while_a_secret_is_rotated_both_secrets_fit(shop: House, receiver: Receiver) -> None:
    before = await listen(shop, receiver.url())
    async with shop.services.pool.connection() as conn:
        during = await endpoints.rotate_secret(conn, before.id)
    assert during.secrets[1] == before.secrets[0] != during.secrets[0]
    member = await shop.join()
    await shop.visit(member)
    await deliver(shop)
    for secret in during.secrets:
        Webhook(secret).verify(receiver.got[0].text, receiver.got[0].headers)
    await shop.rows("UPDATE webhook_endpoints SET previous_until = now() RETURNING 1")
    await shop.visit(member)
    await deliver(shop)
    Webhook(during.secrets[0]).verify(receiver.got[-1].text, receiver.got[-1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(before.secrets[0]).verify(receiver.got[-1].text, receiver.got[-1].headers)


def test_a_secret_is_as_long_as_standard_webhooks_want_it() -> None:
    secret = endpoints.new_secret()
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64


async def test_a_slow_receiver_keeps_nobody_else_waiting(shop: House, receiver: Receiver) -> None:
    await listen(shop, receiver.url("/slow"))
    await listen(shop, receiver.url("/quick"))
    await shop.visit(*[await shop.join() for _ in range(20)])
    released = threading.Event()
    receiver.answer = lambda got: Answer(when=released if got.path == "/slow" else None)
    courier = Courier(shop.services.pool, shop.services.catalogue, shop.services.settings, slots=4)
    try:
        async with asyncio.timeout(60):
            for _ in iter(lambda: [got.path for got in receiver.got].count("/quick") == 40, True):
                await courier.dispatch()
                await asyncio.sleep(0.01)
        assert [got.path for got in receiver.got].count("/slow") == 4, "as many as it has slots, and no more"
    finally:
        released.set()
        await courier.stop()


async def test_an_answer_that_does_not_come_in_time_is_a_failed_attempt(shop: House, receiver: Receiver) -> None:
    released = threading.Event()
    receiver.answer = lambda _: Answer(when=released)
    sender = sending.Sender(receiver.url(), seconds=0.1, connections=1, allow_private=True)
    reply = await sender.send("{}", {})
    await sender.aclose()
    released.set()
    assert (reply.status, reply.error) == (None, "no answer within 0.1 seconds")


async def test_an_endpoint_is_disabled_after_dead_letters_in_a_row(
    shop: House, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = await listen(shop, receiver.url())
    members = [await shop.join() for _ in range(12)]
    await shop.visit(*members)
    receiver.answer = lambda _: Answer(500)
    await deliver(shop, disable_after=3, slots=1, retry_seconds=0)
    async with shop.services.pool.connection() as conn:
        found = await endpoints.fetch_endpoint(conn, endpoint.id)
        assert (found.state, found.state_reason) == ("disabled", "3 dead letters in a row; the last: HTTP 500: thanks")
        await shop.visit(members[0])
        waiting = [state for state in await shop.states() if state == "pending"]
        assert len(waiting) == 12 * 2 - 3, "a disabled endpoint gets no new events and loses none of the old"
        await endpoints.update_endpoint(
            conn, endpoint.id, url=found.url, description="", events=None, state="active", revision=found.revision
        )
    receiver.answer = lambda _: Answer()
    await deliver(shop)
    assert sorted(await shop.states()) == ["dead"] * 3 + ["delivered"] * 21


async def test_one_success_forgives_the_dead_letters_before_it(shop: House, receiver: Receiver) -> None:
    endpoint = await listen(shop, receiver.url())
    member = await shop.join()
    for _ in range(4):
        await shop.visit(member)
    receiver.answer = lambda got: Answer(500 if got.body["sequence"] % 3 else 200)
    await deliver(shop, disable_after=3, retry_seconds=0)
    async with shop.services.pool.connection() as conn:
        assert (await endpoints.fetch_endpoint(conn, endpoint.id)).state == "active"
    assert receiver.of(member) == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_receiver_that_is_gone_is_asked_no_more(shop: House, receiver: Receiver) -> None:
    endpoint = await listen(shop, receiver.url())
    await shop.visit(await shop.join())
    receiver.answer = lambda _: Answer(410)
    await deliver(shop, rounds=2)
    async with shop.services.pool.connection() as conn:
        found = await endpoints.fetch_endpoint(conn, endpoint.id)
    assert (found.state, found.state_reason) == ("disabled", "the receiver answered 410 Gone")
    assert len(receiver.got) == 1


async def test_an_endpoint_hears_only_what_it_asked_for(shop: House, receiver: Receiver) -> None:
    await shop.visit(await shop.join())
    await listen(shop, receiver.url("/expired"), events=["points.expired", "points.activated"])
    await listen(shop, receiver.url("/other"), programme_id=77)
    await listen(shop, receiver.url("/paused"))
    await shop.rows("UPDATE webhook_endpoints SET state = 'paused' WHERE url LIKE '%%paused' RETURNING 1")
    member = await shop.join()
    await shop.visit(member)
    await shop.services.engine.tick(now=shop.clock.now() + dt.timedelta(days=40))
    await deliver(shop)
    assert sorted((got.path, got.body["type"]) for got in receiver.got) == [
        ("/expired", "points.activated"),
        ("/expired", "points.activated"),
        ("/expired", "points.expired"),
        ("/expired", "points.expired"),
    ]
    assert [got.body["data"] for got in receiver.got if got.body["type"] == "points.expired"] == [
        {"unit": "points", "amount": "12.5"}
    ] * 2


async def test_redirects_are_not_followed_and_long_answers_not_read(shop: House, receiver: Receiver) -> None:
    await listen(shop, receiver.url("/moved"))
    await shop.visit(await shop.join())
    receiver.answer = lambda _: Answer(302, headers={"location": receiver.url("/elsewhere")})
    await deliver(shop)
    assert {got.path for got in receiver.got} == {"/moved"}
    assert (await deliveries(shop))[-1].error == (
        "HTTP 302: redirects are not followed; give the endpoint its final URL"
    )
    receiver.answer = lambda _: Answer(200, body=b"x" * 3_000_000)
    await shop.rows("UPDATE deliveries SET next_at = now() RETURNING 1")
    await deliver(shop)
    assert await shop.states() == ["delivered", "delivered"]


async def test_a_receiver_that_is_away_is_a_failed_attempt(shop: House) -> None:
    with receiving() as gone:
        url = gone.url()
    await listen(shop, url)
    await shop.visit(await shop.join())
    await deliver(shop)
    failed = (await deliveries(shop))[-1]
    assert failed.status is None
    assert failed.error is not None
    assert failed.error.startswith("ConnectError: ")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/hook", "not encrypted"),
        ("ftp://example.com/hook", "expected a URL like"),
        ("https:///hook", "expected a URL like"),
        ("not a url", "no spaces"),
        ("https://example.com:99999/", "no URL"),
        ("https://me:secret@example.com/", "name or password"),
        ("https://example.com/#part", "after '#'"),
        ("https://localhost/", "private network"),
        ("https://127.0.0.1/", "private network"),
        ("https://10.1.2.3/", "private network"),
        ("https://169.254.169.254/latest/meta-data", "private network"),
        ("https://[::1]/", "private network"),
        ("https://[::ffff:192.168.0.1]/", "private network"),
        ("https://[64:ff9b::10.0.0.1]/", "private network"),
        ("https://[2002:7f00:1::]/", "private network"),
        ("https://224.0.0.1/", "private network"),
        ("https://example.com/" + "x" * 2_000, "at most 2000"),
    ],
)
def test_a_url_that_leads_nowhere_good_is_refused(url: str, why: str) -> None:
    with pytest.raises(sending.UrlRefused, match=why):
        sending.check_url(url, allow_private=False)


def test_a_public_https_url_is_accepted() -> None:
    sending.check_url("https://hooks.example.com:8443/setia?shop=1", allow_private=False)
    sending.check_url("https://93.184.215.14/", allow_private=False)


def _names(monkeypatch: pytest.MonkeyPatch, **addresses: str) -> None:
    """A name server that knows these names below example.com."""

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        address = addresses[host.removesuffix(".example.com")]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


async def _send(url: str, *, allow_private: bool) -> sending.Reply:
    sender = sending.Sender(url, seconds=2, connections=1, allow_private=allow_private)
    reply = await sender.send("{}", {})
    await sender.aclose()
    return reply


async def test_a_name_that_leads_into_the_private_network_is_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    _names(monkeypatch, inside="127.0.0.1", outside="93.184.215.14")
    url = f"https://inside.example.com:{receiver.port}/"
    assert "private network" in (await _send(url, allow_private=False)).error
    assert "use https" in (await _send(receiver.url(), allow_private=False)).error
    with pytest.raises(sending.UrlRefused, match="private network"):
        await sending.check_host(url, allow_private=False)
    await sending.check_host("https://outside.example.com/", allow_private=False)
    assert receiver.got == []


async def test_the_connection_goes_to_the_address_that_was_looked_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    _names(monkeypatch, hooks="127.0.0.1")
    reply = await _send(f"http://hooks.example.com:{receiver.port}/hook", allow_private=True)
    assert reply.is_delivered
    assert receiver.got[0].headers["host"] == f"hooks.example.com:{receiver.port}"


def test_the_page_of_events_is_what_the_table_says() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "events.md"
    assert page.read_text(encoding="utf-8") == reference(), "run `make docs`"
    for name in EventName:
        assert f"## {name.value}\n" in reference()


def test_every_event_is_described() -> None:
    assert set(EVENTS) == set(EventName)
    for name, announced in EVENTS.items():
        assert announced.when.endswith("."), name
        for key, data in announced.fields.items():
            assert data.meaning.endswith("."), (name, key)
