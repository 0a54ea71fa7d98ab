"""The OpenAPI document is whole, its examples are what they claim to be, and whatever it allows is answered."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import jsonschema_rs
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

from setia.api.door import Operation
from setia.api.scopes import Audience
from setia.api.server import doors, reference
from setia.values.ids import parse_public_id
from tests.api.conftest import Api

ROOT = Path(__file__).parent.parent.parent
OPERATIONS = [operation for found in doors() for operation in found.operations]


def _check(document: dict[str, Any], schema: dict[str, Any], value: Any, where: str) -> None:
    whole = {**schema, "components": document["components"]}
    errors = [error.message for error in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)]
    assert errors == [], f"{where}: {errors}"


async def test_every_route_is_documented_with_summary_scope_and_examples_that_fit(api: Api) -> None:
    document = (await api.call("", "GET", "/openapi.json")).json()
    for operation in OPERATIONS:
        written = document["paths"][operation.path][operation.method.lower()]
        where = f"{operation.method} {operation.path}"
        assert written["summary"], where
        assert operation.scope is not None
        assert written["x-scope"] == operation.scope.value
        assert written["security"] == [{operation.scope.audience.value: []}]
        for parameter in written["parameters"]:
            assert parameter["in"] != "path" or "example" in parameter, f"{where}: {parameter['name']}"
        if operation.sends:
            content = written["requestBody"]["content"]["application/json"]
            _check(document, content["schema"], content["example"], where)
        for status, answer in written["responses"].items():
            for content in answer.get("content", {}).values():
                examples = [content["example"]] if "example" in content else []
                named = [found["$ref"].rpartition("/")[2] for found in content.get("examples", {}).values()]
                examples += [document["components"]["examples"][name]["value"] for name in named]
                assert examples, f"{where} {status}"
                for example in examples:
                    _check(document, content["schema"], example, f"{where} {status}")


def test_the_written_document_is_what_the_routes_say() -> None:
    written = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(reference())), "run `make docs`"


async def test_what_is_answered_fits_what_is_documented(api: Api) -> None:
    document = (await api.call("", "GET", "/openapi.json")).json()
    member = await api.join(name="Siti", phone="+12025550143")
    await api.buy({"card": "CARD1"}, "150")
    claimed = await api.till("/redemptions", {"member": {"card": "CARD1"}, "reward": "mug"})
    code = claimed.json()["rewards"][0]["code"]
    entry = (await api.member("/history")).json()["entries"][0]["id"]
    activity = (await api.admin("GET", f"/programmes/shop/members/{member}/activities")).json()["activities"][0]
    await api.call("member", "POST", "/v1/member/drops/pair/place")
    names = {"programme": "shop", "member": member, "entry": entry, "page": "how", "activity": activity["activity"],
             "number": "1", "code": code, "drop": "pair"}  # fmt: skip
    await api.till("/donations", {"member": {"card": "CARD1"}, "cause": "school", "amount": 1})
    await api.admin("POST", "/programmes/shop/causes/school/payouts", {})
    names |= {"receipt": "2026-000001", "cause": "school"}
    names |= {"month": "2026-03", "exchange": "to-nights", "contest": "past"}
    await api.services.engine.tick("shop")  # the contest is over, and has its result
    seen = 0
    for operation in OPERATIONS:
        if operation.method != "GET" or "endpoint" in operation.path or "event" in operation.path:
            continue
        assert operation.scope is not None
        path = operation.path.format_map(names) if "/draft" not in operation.path else ""
        if not path:
            continue
        answer = await api.call(operation.scope.audience.value, "GET", path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        written = document["paths"][operation.path]["get"]["responses"]["200"]["content"]["application/json"]
        _check(document, written["schema"], answer.json(), path)
        seen += 1
    assert seen > 15
    sale = {"source": "t", "external_id": "R", "member": member, "amount": "10"}
    for path, body in (("/purchases", sale), ("/members/identify", {"card": "CARD1"}), ("/quotes", {"amount": "5"})):
        answer = await api.till(path, body)
        written = document["paths"][f"/v1/till{path}"]["post"]["responses"][str(answer.status_code)]
        _check(document, written["content"]["application/json"]["schema"], answer.json(), path)


async def test_nothing_that_the_document_allows_is_an_error_of_ours(api: Api) -> None:
    """Requests made up from the schemas, in-process; each route gets a few, and no answer is a 5xx."""
    document = (await api.call("", "GET", "/openapi.json")).json()
    member = await api.join(name="Siti")
    await api.key(Audience.MEMBER, "member", programme="shop", member_id=_uuid(member))
    schema = schemathesis.openapi.from_dict(document)
    loop = asyncio.get_running_loop()
    asked = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        found = next(o for o in OPERATIONS if (o.method, o.path) == (operation.method.upper(), operation.path))
        cases = await loop.run_in_executor(None, _cases, operation)
        for case in cases:
            answer = await _send(api, found, case, member)
            asked += 1
            assert answer.status_code < 500, f"{found.method} {found.path} {case}: {answer.text}"
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json"
    assert asked > len(OPERATIONS)


def _cases(operation: Any) -> list[Any]:
    cases: list[Any] = []

    @settings(max_examples=4, database=None, deadline=None, phases=[Phase.generate], derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(), other=st.booleans())
    def collect(case: Any, other: bool) -> None:
        cases.append(
            (dict(case.path_parameters or {}), dict(case.query or {}), dict(case.headers or {}), case.body, other)
        )

    collect()
    return cases


async def _send(api: Api, operation: Operation, case: Any, member: str) -> Any:
    names, query, headers, body, is_known = case
    assert operation.scope is not None
    path = operation.path
    for name, value in names.items():
        known = {"programme": "shop", "member": member}.get(name) if is_known else None
        path = path.replace(f"{{{name}}}", _quoted(str(known or value)))
    sent = {name: value for name, value in headers.items() if name in ("If-Match", "If-None-Match", "Idempotency-Key")}
    sent = {name: value for name, value in sent.items() if value.isascii() and value.isprintable()}
    if operation.sends is not None:
        headers_ = {"Content-Type": "application/json", **sent}
        raw = json.dumps(body).encode()
        return await api.call(operation.scope.audience.value, operation.method, path, raw, headers=headers_)
    return await api.client.request(
        operation.method, path, params={name: str(value) for name, value in query.items()},
        headers={**sent, "Authorization": f"Bearer {api.keys[operation.scope.audience.value]}"},
    )  # fmt: skip


def _quoted(text: str) -> str:
    return quote(text, safe="") or "x"


def _uuid(member: str) -> UUID:
    return parse_public_id("mem", member)
