"""The application: doors of three audiences, the pages around them, and what happens outside of any route."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from importlib import import_module
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

import setia
from setia.api import contests, friends, hooks, persons, problems, public
from setia.api.access import Access
from setia.api.admin import routes as admin
from setia.api.document import document
from setia.api.door import VERSION, Door, failure, problem, reply
from setia.api.faults import MethodNotAllowed, RouteUnknown
from setia.api.kinds import KINDS
from setia.api.member import drops
from setia.api.member import games as member_games
from setia.api.member.causes import door as member_causes
from setia.api.member.plans import door as member_plans
from setia.api.member.routes import door as member_door
from setia.api.meters import MEDIA_TYPE, Meters
from setia.api.till import causes as till_causes
from setia.api.till import gift_cards, payments, people, sales, visitors, vouchers
from setia.api.till import plans as till_plans
from setia.app import Services
from setia.plumbing.db import DatabaseUnavailable, reporting_unavailable

Opening = Callable[[], AbstractAsyncContextManager[Services]]
_WEBHOOKS = "setia.api.admin.webhooks"


@cache
def doors() -> tuple[Door, ...]:
    """All doors, in the order of the documentation."""
    found = [
        people.door,
        sales.door,
        payments.door,
        vouchers.door,
        gift_cards.door,
        till_plans.door,
        till_causes.door,
        visitors.door,
        friends.till,
        member_door,
        member_plans,
        member_causes,
        member_games.door,
        friends.member,
        drops.door,
        contests.member,
        persons.member,
        *admin.doors(),
        friends.admin,
        contests.admin,
        persons.admin,
    ]
    if importlib.util.find_spec(_WEBHOOKS) is not None:
        found.append(import_module(_WEBHOOKS).door)
    return tuple(found)


def create_app(opening: Opening) -> FastAPI:
    """The application. ``opening`` makes what it works with when it starts, and closes it when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opening() as services:
            app.state.services = services
            app.state.meters = Meters()
            app.state.access = Access(services.pool, services.clock)
            try:
                yield
            finally:
                await app.state.access.close()

    app = FastAPI(
        title="Setia", version=VERSION, lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None,
        redirect_slashes=False,
    )  # fmt: skip
    for door in doors():
        app.include_router(door.router)
    app.include_router(public.router)
    app.include_router(hooks.router)
    _add_pages(app)
    app.add_exception_handler(HTTPException, _outside)
    app.add_middleware(_LastLine)
    return app


class _LastLine:
    """What fails outside of any route (a path that cannot be decoded, say) is a problem too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watching(message: Any) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watching)
        except Exception as error:
            if begun:
                raise
            await failure(error, "en", str(scope.get("path", "")))(scope, receive, send)


async def _outside(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    language = problems.language_of(request.headers.get("accept-language", ""))
    allowed = (error.headers or {}).get("Allow") or (error.headers or {}).get("allow")
    fault = (
        MethodNotAllowed(request.method, allowed or "another method")
        if error.status_code == 405
        else RouteUnknown(request.url.path)
    )
    headers = {**problems.headers_of(fault), "Setia-Version": VERSION}
    return problem(problems.of_fault(fault, language), headers)


def _add_pages(app: FastAPI) -> None:
    """Health, metrics, the documentation: open to everybody, and telling nothing of anybody."""

    async def openapi(_: Request) -> Response:
        return Response(_written(), media_type="application/json")

    async def docs(_: Request) -> HTMLResponse:
        return get_swagger_ui_html(openapi_url="/openapi.json", title="Setia API")

    for path, page in (
        ("/health", _health), ("/ready", _ready), ("/metrics", _metrics), ("/openapi.json", openapi), ("/docs", docs),
        ("/problems/{code}", _problem_page),
    ):  # fmt: skip
        app.add_api_route(path, page, methods=["GET"], include_in_schema=False, response_model=None)


def reference() -> dict[str, Any]:
    """The OpenAPI document of all doors."""
    return document([operation for door in doors() for operation in door.operations])


@cache
def _written() -> bytes:
    return orjson.dumps(reference())


async def _health(_: Request) -> Response:
    return reply({"status": "ok", "version": setia.__version__, "api": VERSION})


async def _ready(request: Request) -> Response:
    services: Services = request.app.state.services
    try:
        with reporting_unavailable():
            async with services.pool.connection(timeout=2) as conn:
                await conn.execute("SELECT 1")
    except DatabaseUnavailable as fault:
        return problem(problems.of_fault(fault), problems.headers_of(fault))
    return reply({"status": "ready"})


async def _metrics(request: Request) -> Response:
    meters: Meters = request.app.state.meters
    return Response(meters.text(request.app.state.services.pool), media_type=MEDIA_TYPE)


async def _problem_page(request: Request) -> Response:
    code = request.path_params["code"]
    kind = KINDS.get(code)
    if kind is None:
        raise HTTPException(404)
    return PlainTextResponse(problems.page(code, kind), media_type="text/markdown; charset=utf-8")


if __name__ == "__main__":
    print(orjson.dumps(reference(), option=orjson.OPT_INDENT_2).decode())
