"""The form of requests: keys, limits, malformed and misspelt ones, the same one twice, a database that is away."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi.routing import APIRoute

from setia.api import access, door
from setia.api.door import VERSION
from setia.api.scopes import SCOPES, Audience, Scope
from setia.api.server import create_app, doors
from setia.app import open_services
from setia.plumbing.settings import Settings
from setia.programmes import store
from setia.values.ids import parse_public_id
from tests.api.conftest import Api

SALE = {"member": {"card": "CARD1"}, "source": "t", "external_id": "R", "amount": "10"}
OPERATIONS = [operation for found in doors() for operation in found.operations]


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert answer.headers["Setia-Version"] == VERSION
    return answer.status_code, answer.json()["code"]


# Keys -----------------------------------------------------------------------------------------------------------------


async def test_without_a_key_nothing_is_told(api: Api) -> None:
    answer = await api.call("", "GET", "/v1/admin/members")
    assert code(answer) == (401, "key_missing")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    for bad in ("setia_admin_nothing", "setia_admin_" + "0" * 32, "x"):
        headers = {"Authorization": f"Bearer {bad}"}
        assert code(await api.call("", "GET", "/v1/admin/members", headers=headers)) == (401, "key_invalid")
    headers = {"Authorization": "Basic abc"}
    assert code(await api.call("", "GET", "/v1/admin/members", headers=headers)) == (401, "key_missing")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
def test_every_route_declares_a_scope_of_its_audience(operation: door.Operation) -> None:
    assert operation.scope is not None
    assert operation.path.startswith(f"/v1/{operation.scope.audience}/")
    assert operation.summary
    assert operation.about
    assert (operation.sends is None) == (operation.example is None)
    assert (operation.gives is None) == (operation.answer is None)
    assert operation.gives is not None or operation.status == 204


async def test_every_route_refuses_keys_without_its_scope(api: Api) -> None:
    made = await api.till("/members", {"card": "C"})
    member = made.json()["member"]["id"]
    keys: dict[Scope, str] = {}
    for scope in Scope:
        others = [other for other in SCOPES[scope.audience] if other is not scope]
        audience = scope.audience
        wrong = others or list(SCOPES[Audience.TILL])
        audience = wrong[0].audience
        more = {"programme": "shop"} if audience is not Audience.ADMIN else {}
        if audience is Audience.MEMBER:
            more["member_id"] = parse_public_id("mem", member)  # type: ignore[assignment]
        keys[scope] = await api.key(audience, f"no {scope}", scopes=wrong, **more)
    for operation in OPERATIONS:
        assert operation.scope is not None
        path = operation.path.replace("{programme}", "shop").replace("{member}", member)
        headers = {"Authorization": f"Bearer {keys[operation.scope]}"}
        answer = await api.call("", operation.method, path, {} if operation.sends else None, headers=headers)
        assert code(answer) == (403, "scope_missing"), f"{operation.method} {operation.path}"
        assert answer.json()["data"]["scope"] == operation.scope.value


async def test_a_path_outside_of_the_declarations_is_served_to_nobody(api: Api) -> None:
    routes = [route for found in doors() for route in found.router.routes if isinstance(route, APIRoute)]
    assert len(routes) == sum(len(found.router.routes) for found in doors())
    served = {(method, route.path) for route in routes for method in route.methods or ()}
    assert served == {(operation.method, operation.path) for operation in OPERATIONS}
    assert len(served) == len(OPERATIONS)
    document = (await api.call("", "GET", "/openapi.json")).json()
    written = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert written == served


async def test_a_key_of_one_programme_opens_no_other(api: Api) -> None:
    await api.key(Audience.TILL, "elsewhere", programme="other")
    answer = await api.call("elsewhere", "POST", "/v1/till/purchases", SALE)
    assert code(answer) == (404, "not_found")


async def test_a_revoked_key_opens_nothing_here_at_once_and_elsewhere_soon(
    api: Api, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await api.admin("POST", "/keys", {"audience": "till", "name": "till 9", "programme": "shop"})
    assert made.status_code == 201, made.text
    api.keys["till 9"] = made.json()["secret"]
    dsn = settings.database_url
    assert dsn is not None
    other = create_app(lambda: open_services(settings, dsn, clock=api.clock))
    async with other.router.lifespan_context(other):
        transport = httpx.ASGITransport(app=other)
        async with httpx.AsyncClient(transport=transport, base_url="http://other") as elsewhere:
            headers = {"Authorization": f"Bearer {api.keys['till 9']}"}
            quote = {"amount": "1"}
            assert (await elsewhere.post("/v1/till/quotes", json=quote, headers=headers)).status_code == 202
            revoked = await api.admin("DELETE", f"/keys/{made.json()['id']}")
            assert revoked.json()["revoked_at"] is not None
            assert code(await api.call("till 9", "POST", "/v1/till/quotes", quote)) == (401, "key_invalid")
            moment = time.monotonic()
            monkeypatch.setattr(time, "monotonic", lambda: moment + access.KEY_SECONDS + 0.1)
            assert code(await elsewhere.post("/v1/till/quotes", json=quote, headers=headers)) == (401, "key_invalid")


async def test_a_key_ends_by_itself(api: Api) -> None:
    ends = (api.clock.now() + dt.timedelta(days=1)).isoformat()
    made = await api.admin("POST", "/keys", {"audience": "admin", "name": "for a day", "expires_at": ends})
    api.keys["day"] = made.json()["secret"]
    assert (await api.call("day", "GET", "/v1/admin/keys")).status_code == 200
    api.clock.advance(dt.timedelta(days=2))
    assert code(await api.call("day", "GET", "/v1/admin/keys")) == (401, "key_invalid")


async def test_only_the_digest_of_a_secret_is_kept_and_none_is_logged(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        made = await api.admin("POST", "/keys", {"audience": "admin", "name": "k"}, headers={"Idempotency-Key": "make"})
        secret = made.json()["secret"]
        await api.call("admin", "GET", "/v1/admin/keys")
        again = await api.admin(
            "POST", "/keys", {"audience": "admin", "name": "k"}, headers={"Idempotency-Key": "make"}
        )
    assert again.json()["id"] == made.json()["id"]
    assert again.json()["secret"] is None
    assert secret not in caplog.text
    async with api.services.pool.connection() as conn:
        for table in ("api_keys", "requests"):
            cursor = await conn.execute(f"SELECT t::text FROM {table} t".encode())  # noqa: S608
            assert secret not in str(await cursor.fetchall())
    listed = await api.admin("GET", "/keys")
    assert secret not in listed.text
    assert all("secret" not in key for key in listed.json()["keys"])


async def test_when_a_key_was_last_used_is_written_down(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment + access.USE_SECONDS + 1)
    await api.admin("GET", "/keys")
    await api.app.state.access.close()
    keys = (await api.admin("GET", "/keys")).json()["keys"]
    assert {key["name"]: key["last_used_at"] for key in keys}["admin"] == "2026-03-02T10:00:00Z"


async def test_a_key_that_asks_too_often_is_told_when_to_come_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await api.admin("GET", "/keys")
    assert answer.headers["RateLimit-Policy"] == f'"default";q={access.BURST};w=5'
    assert answer.headers["RateLimit"].startswith('"default";r=49')
    monkeypatch.setattr(access, "BURST", 0)
    answer = await api.admin("GET", "/keys")
    assert code(answer) == (429, "rate_limited")
    assert answer.headers["Retry-After"] == "1"


# Bodies ---------------------------------------------------------------------------------------------------------------


async def test_malformed_json_is_told_with_its_place(api: Api) -> None:
    places = {b'{"source": "t",\n "amount": }': (2, 12), b"{'a': 1}": (1, 2), b"[1, 2": (1, 6)}
    for body, (line, column) in places.items():
        answer = await api.till("/purchases", body)
        assert code(answer) == (400, "malformed_json")
        assert answer.json()["data"] == {"line": line, "column": column}
    assert code(await api.till("/purchases", b'{"a": "\xff"}')) == (400, "malformed_json")


async def test_no_body_and_a_body_of_another_kind_are_told(api: Api) -> None:
    assert code(await api.till("/purchases", b"")) == (400, "malformed_json")
    answer = await api.till("/purchases", b"a=1", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert code(answer) == (415, "media_type_unknown")


async def test_a_body_that_is_nested_too_deep_is_refused(api: Api) -> None:
    for body in (b"[" * 500 + b"]" * 500, b'{"a":' * 2000 + b"1" + b"}" * 2000):
        assert code(await api.till("/purchases", body)) == (400, "malformed_json")


async def test_ten_megabytes_are_refused_without_being_read(api: Api) -> None:
    chunks = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal chunks
        while chunks < 1_000:
            chunks += 1
            yield b"x" * 10_240

    headers = {"Authorization": f"Bearer {api.keys['till']}", "Content-Type": "application/json"}
    request = api.client.build_request("POST", "/v1/till/purchases", content=b"x" * 10_000_000, headers=headers)
    assert code(await api.client.send(request)) == (413, "body_too_large")
    answer = await api.client.post("/v1/till/purchases", content=endless(), headers=headers)
    assert code(answer) == (413, "body_too_large")
    assert await api.rows("requests") == 0


WRONG: list[tuple[dict[str, object], str, str, str]] = [
    ({"amuont": "1"}, "/amuont", "unknown_field", "did you mean 'amount'"),
    ({"amount": "-5"}, "/amount", "out_of_range", "below zero"),
    ({"amount": "1.234"}, "/amount", "bad_number", "decimals"),
    ({"amount": True}, "/amount", "wrong_type", "expected a number"),
    ({"amount": {"amount": "1", "currency": "XYZ"}}, "/amount/currency", "wrong_currency", "USD"),
    ({"occurred_at": "yesterday"}, "/occurred_at", "bad_instant", "offset"),
    ({"occurred_at": "2026-03-02T10:00:00"}, "/occurred_at", "bad_instant", "offset"),
    ({"occurred_at": "2026-02-30T10:00:00Z"}, "/occurred_at", "bad_instant", "offset"),
    ({"source": ""}, "/source", "bad_text", "1 to 100"),
    ({"source": "clock"}, "/source", "bad_choice", "reserved"),
    ({"external_id": "a\u0000b"}, "/external_id", "bad_text", "printable"),
    ({"external_id": "x" * 201}, "/external_id", "bad_text", "200"),
    ({"external_id": 7}, "/external_id", "wrong_type", "a text"),
    ({"member": {"card": "1", "phone": "2"}}, "/member", "conflicting_fields", "exactly one"),
    ({"member": {"crad": "1"}}, "/member/crad", "unknown_field", "did you mean 'card'"),
    ({"member": "someone"}, "/member", "bad_id", "mem_"),
    ({"member": {"phone": "abc"}}, "/member/phone", "bad_identifier", "phone number"),
    ({"member": {"email": 3}}, "/member/email", "wrong_type", "text"),
    ({"member": 5}, "/member", "wrong_type", "an object"),
    ({"revision": -1}, "/revision", "wrong_type", "whole number"),
    ({"revision": True}, "/revision", "wrong_type", "whole number"),
]


async def test_what_cannot_be_meant_is_told_with_a_pointer_and_nothing_is_stored(api: Api) -> None:
    await api.join()
    before = [await api.rows(table) for table in ("activities", "parked", "requests")]
    for change, pointer, field, words in WRONG:
        answer = await api.till("/purchases", SALE | change, headers={"Idempotency-Key": "k"})
        assert code(answer) == (422, "invalid"), answer.text
        found = {problem["pointer"]: problem for problem in answer.json()["errors"]}
        assert (found[pointer]["code"], words in found[pointer]["message"]) == (field, True), found
    assert [await api.rows(table) for table in ("activities", "parked", "requests")] == before


async def test_all_that_is_wrong_is_told_at_once(api: Api) -> None:
    answer = await api.till("/purchases", {"lines": [{"amount": "x"}, {"amount": "1", "quantity": -1}], "tpye": 1})
    assert {problem["pointer"] for problem in answer.json()["errors"]} == {
        "/source", "/external_id", "/lines/0/amount", "/lines/1/quantity", "/tpye",
    }  # fmt: skip


async def test_a_body_of_another_shape_is_no_error_of_ours(api: Api) -> None:
    await api.join()
    for operation in OPERATIONS:
        if operation.sends is None:
            continue
        assert operation.scope is not None
        path = operation.path.replace("{programme}", "shop")
        for name, prefix in (("member", "mem_"), ("hold", "hld_"), ("key", "key_"), ("endpoint", "whk_")):
            path = path.replace(f"{{{name}}}", prefix + "0" * 26)
        for body in (b"[]", b"null", b"1", b'"text"', b"true", b'{"": {}}'):
            answer = await api.call(operation.scope.audience.value, operation.method, path, body)
            assert 400 <= answer.status_code < 500, f"{operation.method} {path} {body!r}: {answer.text}"
            assert answer.headers["content-type"] == "application/problem+json"


async def test_parameters_and_versions_that_there_are_not_are_told(api: Api) -> None:
    answer = await api.admin("GET", "/members", limti="3")
    assert code(answer) == (422, "invalid")
    assert "did you mean 'limit'" in answer.text
    assert code(await api.admin("GET", "/members", limit="0")) == (422, "invalid")
    assert code(await api.admin("GET", "/members", cursor="$$$")) == (422, "invalid")
    assert code(await api.admin("GET", "/members", headers={"Setia-Version": "2020-01-01"})) == (400, "version_unknown")
    assert (await api.admin("GET", "/members", headers={"Setia-Version": VERSION})).status_code == 200


async def test_addresses_and_methods_that_there_are_not_are_told(api: Api) -> None:
    assert code(await api.call("", "GET", "/v1/nothing")) == (404, "route_unknown")
    answer = await api.call("", "DELETE", "/v1/till/purchases")
    assert code(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"
    assert code(await api.admin("GET", "/programmes/%00/draft")) == (404, "not_found")


# The same request twice -----------------------------------------------------------------------------------------------


async def test_the_same_request_five_times_at_once_is_answered_once_and_replayed(api: Api) -> None:
    await api.join()
    tries = [api.till("/purchases", SALE, headers={"Idempotency-Key": "k-1"}) for _ in range(5)]
    answers = await asyncio.gather(*tries)
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 4
    assert {answer.json()["status"] for answer in answers} == {"accepted"}
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 30


async def test_a_key_with_another_body_is_refused(api: Api) -> None:
    await api.join()
    await api.till("/purchases", SALE, headers={"Idempotency-Key": "k-1"})
    entries = await api.rows("entries")
    other = await api.till("/purchases", SALE | {"amount": "11"}, headers={"Idempotency-Key": "k-1"})
    assert code(other) == (422, "idempotency_mismatch")
    elsewhere = await api.till("/quotes", SALE, headers={"Idempotency-Key": "k-1"})
    assert elsewhere.status_code == 200, "a quote keeps nothing, so it needs no key"
    assert await api.rows("entries") == entries


async def test_a_decline_is_replayed_with_its_status(api: Api) -> None:
    await api.join()
    claim = {"member": {"card": "CARD1"}, "reward": "mug"}
    first = await api.till("/redemptions", claim, headers={"Idempotency-Key": "k-1"})
    await api.buy({"card": "CARD1"}, "100")
    again = await api.till("/redemptions", claim, headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code) == (422, 422)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (await api.till("/redemptions", claim, headers={"Idempotency-Key": "k-2"})).status_code == 200


async def test_a_key_that_cannot_be_kept_is_refused(api: Api) -> None:
    for key in ("", "x" * 256, "a\tb"):
        answer = await api.till("/purchases", SALE, headers={"Idempotency-Key": key})
        assert code(answer) == (422, "invalid")


async def test_joining_twice_under_one_key_makes_one_member(api: Api) -> None:
    one, two = [
        await api.till("/members", {"phone": "+12025550143"}, headers={"Idempotency-Key": "j"}) for _ in range(2)
    ]
    assert one.json()["member"] == two.json()["member"]
    assert two.headers["Idempotent-Replayed"] == "true"
    assert await api.rows("members") == 1
    taken = await api.till("/members", {"phone": "+12025550143"})
    assert code(taken) == (409, "identifier_taken")


# When things are away -------------------------------------------------------------------------------------------------


async def test_a_paused_programme_takes_nothing_in_but_still_answers(api: Api) -> None:
    await api.join()
    await api.admin("POST", "/programmes/shop/pause")
    assert code(await api.till("/purchases", SALE)) == (423, "programme_paused")
    assert (await api.member("/balance")).status_code == 200
    await api.admin("POST", "/programmes/shop/resume")
    assert (await api.till("/purchases", SALE)).status_code == 200


async def test_a_pause_has_switches_and_says_how_it_is(api: Api) -> None:
    await api.join()
    await api.till("/purchases", SALE)
    asked = await api.admin("POST", "/programmes/shop/pause", spending="refused", expiry="pauses")
    told = asked.json()["pause"]
    assert (asked.status_code, told["spending"], told["expiry"]) == (200, "refused", "pauses")
    claim = {"reward": "mug"}
    assert code(await api.call("member", "POST", "/v1/member/redemptions", claim)) == (423, "programme_paused")
    assert code(await api.admin("POST", "/programmes/shop/pause", spending="sometimes")) == (422, "invalid")
    (entry, *_) = (await api.member("/history")).json()["entries"]
    assert (entry["ends_at"], entry["expires_at"] is None) == (None, False)
    assert (await api.member("/balance")).json()["balances"][0]["expiring"] == []
    resumed = (await api.admin("POST", "/programmes/shop/resume")).json()
    assert (resumed["is_paused"], resumed["pause"]) == (False, None)


async def test_a_database_that_is_away_is_told_and_comes_back(api: Api) -> None:
    await api.join()
    pool = api.services.pool
    conninfo = pool.conninfo
    pool.conninfo = "host=/nowhere"
    pool.timeout = 0.2
    connections = [await pool.getconn() for _ in range(pool.get_stats()["pool_available"])]
    for conn in connections:
        await conn.close()
        await pool.putconn(conn)
    answer = await api.till("/purchases", SALE)
    assert code(answer) == (503, "database_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert (await api.call("", "GET", "/ready")).status_code == 503
    assert (await api.call("", "GET", "/health")).status_code == 200
    pool.conninfo, pool.timeout = conninfo, 10.0
    assert (await api.till("/purchases", SALE)).status_code == 200


async def test_an_answer_that_takes_too_long_is_given_up(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: object) -> None:
        await asyncio.sleep(60)

    at_once = asyncio.timeout
    monkeypatch.setattr(door, "_answer", slow)
    monkeypatch.setattr(asyncio, "timeout", lambda _: at_once(0.01))
    answer = await api.admin("GET", "/keys")
    assert code(answer) == (503, "timed_out")
    assert answer.headers["Retry-After"] == "2"


async def test_an_error_of_ours_has_a_reference_and_tells_nothing_else(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the password is sesame")

    monkeypatch.setattr(store, "list_programmes", broken)
    answer = await api.admin("GET", "/programmes")
    assert code(answer) == (500, "internal_error")
    assert "sesame" not in answer.text
    assert answer.json()["data"]["reference"]


async def test_health_metrics_and_documentation_are_open(api: Api) -> None:
    await api.join()
    for path in ("/health", "/ready", "/docs", "/openapi.json"):
        assert (await api.call("", "GET", path)).status_code == 200, path
    metrics = (await api.call("", "GET", "/metrics")).text
    assert 'setia_requests_total{method="POST",route="/v1/till/members",status="201"} 1.0' in metrics
    assert "setia_database_connections" in metrics
    assert "CARD1" not in metrics
