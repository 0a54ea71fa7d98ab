"""The door of the API: how a route is declared, and what happens before and after its handler.

    door = Door("/v1/till", "Till")

    @door.post("/quotes", Scope.TILL_QUOTE, "What a purchase would earn", sends="Purchase", ...)
    async def quote(call: Call) -> Response: ...

The declaration is the documentation: OpenAPI is written from it, and a request is checked against it. Handlers get a
``Call`` that has been let in, with its query read and its body parsed; what they raise becomes a problem.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from fastapi import APIRouter
from psycopg_pool import PoolTimeout
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from setia.api import problems
from setia.api.access import Access
from setia.api.faults import ScopeMissing, TimedOut, VersionUnknown
from setia.api.keys import Key
from setia.api.meters import Meters
from setia.api.reading import Problems, read_bytes, read_json, unknown
from setia.api.scopes import Scope
from setia.app import Services
from setia.flow.merges import find_home
from setia.flow.requests import RequestKey
from setia.plumbing.db import reporting_unavailable
from setia.values.faults import Broken, Fault, NotFound, Problem

VERSION: Final = "2026-11-01"
SECONDS: Final = 30.0
LONGEST_KEY: Final = 255
BULK: Final = "bulk"
_LONGEST_PART: Final = 260

_log = structlog.get_logger(__name__)

Handler = Callable[["Call"], Awaitable[Response]]
Reader = Callable[[str, str, Problems], Any]


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter: how its text is read, and how it is documented."""

    name: str
    read: Reader
    schema: Mapping[str, Any]
    about: str
    otherwise: Any = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A declared route. ``sends`` and ``gives`` name schemas of the document; ``fails`` lists problem codes."""

    method: str
    path: str
    scope: Scope | None
    name: str
    tag: str
    summary: str
    about: str
    sends: str | None
    example: Any
    gives: str | None
    answer: Any
    status: int
    queries: tuple[Query, ...]
    fails: tuple[str, ...]
    size: str
    seconds: float


@dataclass(slots=True)
class Call:
    """A request that was let in."""

    request: Request
    operation: Operation
    services: Services
    key: Key
    query: dict[str, Any]
    body: Any
    raw: bytes
    language: str
    idempotency_key: str | None
    headers: dict[str, str] = field(default_factory=dict)
    home: UUID | None = None

    @property
    def path(self) -> dict[str, str]:
        """What the braces of the path stand for."""
        return self.request.path_params

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing is to be recorded."""
        return bool(self.query.get("dry_run"))

    @property
    def programme(self) -> str:
        """The programme of a till's or a member's key; for admin keys the one in the path."""
        return self.key.programme or self.path["programme"]

    @property
    def member_id(self) -> UUID:
        """The member of a member's key, or whoever they were merged into."""
        if self.home is None:
            raise ScopeMissing(str(self.operation.scope), self.key.audience.value)
        return self.home

    @property
    def access(self) -> Access:
        """Where keys are remembered."""
        found = self.request.app.state.access
        assert isinstance(found, Access)
        return found

    @property
    def meters(self) -> Meters:
        """Where things are counted."""
        found = self.request.app.state.meters
        assert isinstance(found, Meters)
        return found

    def request_key(self) -> RequestKey | None:
        """What makes this request count once: key, address and body together."""
        if self.idempotency_key is None:
            return None
        said = f"{self.request.method} {self.request.url.path}?{self.request.url.query}\n".encode()
        return RequestKey(self.key.id.hex, self.idempotency_key, hashlib.sha256(said + self.raw).digest())


class Door:
    """The routes of one audience."""

    def __init__(self, prefix: str, tag: str) -> None:
        self.router = APIRouter(prefix=prefix)
        self.prefix = prefix
        self.tag = tag
        self.operations: list[Operation] = []

    def route(
        self,
        method: str,
        path: str,
        scope: Scope,
        summary: str,
        *,
        about: str = "",
        sends: str | None = None,
        example: Any = None,
        gives: str | None = None,
        answer: Any = None,
        status: int = 200,
        queries: tuple[Query, ...] = (),
        fails: tuple[str, ...] = (),
        size: str = "",
        seconds: float = SECONDS,
    ) -> Callable[[Handler], Handler]:
        """Declare a route. ``size`` ``BULK``: its body may be as large as that of a batch."""

        def declare(handler: Handler) -> Handler:
            operation = Operation(
                method, self.prefix + path, scope, handler.__name__, self.tag, summary,
                about or (handler.__doc__ or "").strip(), sends, example, gives, answer, status, queries, fails, size,
                seconds,
            )  # fmt: skip
            self.operations.append(operation)

            async def endpoint(request: Request) -> Response:
                return await serve(operation, handler, request)

            name = f"{self.tag.lower()}_{handler.__name__}"
            self.router.add_api_route(
                path, endpoint, methods=[method], name=name, summary=summary, include_in_schema=False,
                response_model=None,
            )  # fmt: skip
            return handler

        return declare

    def get(self, path: str, scope: Scope, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare a question."""
        return self.route("GET", path, scope, summary, **more)

    def post(self, path: str, scope: Scope, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare something that is done or made."""
        return self.route("POST", path, scope, summary, **more)

    def put(self, path: str, scope: Scope, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare something that is put in a place."""
        return self.route("PUT", path, scope, summary, **more)

    def patch(self, path: str, scope: Scope, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare a change of a part."""
        return self.route("PATCH", path, scope, summary, **more)

    def delete(self, path: str, scope: Scope, summary: str, **more: Any) -> Callable[[Handler], Handler]:
        """Declare something that is taken away."""
        return self.route("DELETE", path, scope, summary, **more)


# Serving --------------------------------------------------------------------------------------------------------------


async def serve(operation: Operation, handler: Handler, request: Request) -> Response:
    """Let a request in, have it answered, and turn whatever goes wrong into a problem."""
    started = time.perf_counter()
    meters: Meters = request.app.state.meters
    headers = {"Setia-Version": VERSION}
    language = problems.language_of(request.headers.get("accept-language", ""))
    try:
        async with asyncio.timeout(operation.seconds):
            with reporting_unavailable():
                response = await _answer(operation, handler, request, language, headers)
    except Exception as error:
        response = failure(error, language, f"{operation.method} {operation.path}")
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    meters.requests.labels(operation.method, operation.path, response.status_code).inc()
    meters.seconds.labels(operation.path).observe(time.perf_counter() - started)
    if response.status_code >= 400:
        meters.problems.labels(response.headers.get("Setia-Problem", "")).inc()
    return response


async def _answer(
    operation: Operation, handler: Handler, request: Request, language: str, headers: dict[str, str]
) -> Response:
    wanted = request.headers.get("setia-version")
    if wanted is not None and wanted != VERSION:
        raise VersionUnknown(wanted, VERSION)
    services: Services = request.app.state.services
    access: Access = request.app.state.access
    assert operation.scope is not None
    key, bucket = await access.admit(request, operation.scope)
    headers.update(bucket.headers())
    for name, value in request.path_params.items():
        if not value.isprintable() or len(value) > _LONGEST_PART:
            raise NotFound(name, "".join(letter if letter.isprintable() else "?" for letter in value[:60]))
    named = request.path_params.get("programme")
    if named is not None and key.programme is not None and named != key.programme:
        raise NotFound("programme", named)
    found = Problems()
    query = _query(operation, request, found)
    once = _idempotency_key(request, found)
    found.raise_any()
    raw, body = b"", None
    if operation.sends is not None:
        settings = services.settings
        most = settings.max_batch_body_bytes if operation.size == BULK else settings.max_body_bytes
        raw = await read_bytes(request, most)
        body = read_json(raw, request.headers.get("content-type", ""))
    home = key.member_id
    if home is not None and key.programme is not None:
        async with services.pool.connection() as conn:
            home = await find_home(conn, key.programme, home)
    return await handler(Call(request, operation, services, key, query, body, raw, language, once, headers, home))


def failure(error: Exception, language: str, where: str) -> Response:
    """The problem that an exception becomes; one that nobody expected is logged under a reference."""
    if isinstance(error, TimeoutError) and not isinstance(error, PoolTimeout):
        error = TimedOut(SECONDS)
    if isinstance(error, ClientDisconnect):
        return Response(status_code=499)
    if not isinstance(error, Fault):
        reference = os.urandom(6).hex()
        _log.error("request_failed", reference=reference, route=where, exc_info=error)
        error = Broken(reference)
    body = problems.of_fault(error, language)
    return problem(body, problems.headers_of(error))


def problem(body: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """An answer that is a problem; its code stands in a header too, for logs and meters on the way."""
    return problems.response(body, {"Setia-Problem": body["code"], **(headers or {})})


def reply(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(orjson.dumps(data), status_code=status, media_type="application/json", headers=dict(headers or {}))


def _query(operation: Operation, request: Request, found: Problems) -> dict[str, Any]:
    known = {query.name: query for query in operation.queries}
    values: dict[str, Any] = {query.name: query.otherwise for query in operation.queries}
    seen: set[str] = set()
    for name, text in request.query_params.multi_items():
        query = known.get(name)
        if query is None:
            said = unknown(name, known) if known else f"this address takes no parameters, so no '{name[:60]}'"
            found.append(Problem(f"?{name[:60]}", said, "unknown_field"))
        elif name in seen:
            found.append(Problem(f"?{name}", "this parameter stands twice", "conflicting_fields"))
        else:
            seen.add(name)
            values[name] = query.read(text, f"?{name}", found)
    return values


def _idempotency_key(request: Request, found: Problems) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is None or request.method == "GET":
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        said = f"an Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters; this one has {len(key)}"
        found.append(Problem("Idempotency-Key", said, "bad_text"))
    return key
