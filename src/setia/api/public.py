"""What everybody may read, without a key: commitments and told seeds, and the records of draws.

`/public/{programme}/commitments`, `/public/{programme}/draws/{draw}`, and of an entry the proof that it is in the list:
`/public/{programme}/draws/{draw}/entries/{entry}`. Nothing in them names anybody: an entry is known by a code that only
its owner has.

`/public/{programme}/contests/{contest}/entries` is the gallery of a contest, with the names of who agreed to be shown,
and `/public/{programme}/contests/{contest}` its result.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from setia.api import problems
from setia.api.contests import fetch_result, read_after, read_gallery
from setia.api.door import failure, reply
from setia.api.gaming import committed_json
from setia.api.reading import Problems, read_cursor
from setia.api.reads import find_edition
from setia.app import Services
from setia.flow.raffles import fetch_proof, fetch_record
from setia.plumbing.db import reporting_unavailable

router = APIRouter(prefix="/public")

Page = Callable[[Request, Services], Awaitable[object]]
COMMITMENTS = 60
ENTRIES = 50


def _add(path: str, page: Page) -> None:
    async def endpoint(request: Request) -> Response:
        language = problems.language_of(request.headers.get("accept-language", ""))
        try:
            with reporting_unavailable():
                return reply(await page(request, request.app.state.services))
        except Exception as error:
            return failure(error, language, f"GET {path}")

    router.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False, response_model=None)


async def _commitments(request: Request, services: Services) -> object:
    async with services.pool.connection() as conn:
        edition = await find_edition(services, conn, request.path_params["programme"])
        found = await services.engine.seeds.list_committed(conn, edition.id, services.clock.now(), limit=COMMITMENTS)
    return {"algorithm": "setia-chance-1", "commitments": [committed_json(item) for item in found]}


async def _record(request: Request, services: Services) -> object:
    async with services.pool.connection() as conn:
        edition = await find_edition(services, conn, request.path_params["programme"])
        return await fetch_record(services.engine, conn, edition, request.path_params["draw"])


async def _proof(request: Request, services: Services) -> object:
    names = request.path_params
    async with services.pool.connection() as conn:
        edition = await find_edition(services, conn, names["programme"])
        return await fetch_proof(services.engine, conn, edition, names["draw"], names["entry"])


async def _contest(request: Request, services: Services) -> object:
    async with services.pool.connection() as conn:
        edition = await find_edition(services, conn, request.path_params["programme"])
        return await fetch_result(conn, edition, request.path_params["contest"])


async def _gallery(request: Request, services: Services) -> object:
    """At most so many a page; `?cursor=` is the `next` of the page before."""
    found = Problems()
    cursor = read_cursor(request.query_params.get("cursor", ""), "?cursor", found)
    found.raise_any()
    name, now = request.path_params["contest"], services.clock.now()
    async with services.pool.connection() as conn:
        edition = await find_edition(services, conn, request.path_params["programme"])
        return await read_gallery(conn, edition, name, now, limit=ENTRIES, after=read_after(cursor))


_add("/{programme}/contests/{contest}", _contest)
_add("/{programme}/contests/{contest}/entries", _gallery)
_add("/{programme}/commitments", _commitments)
_add("/{programme}/draws/{draw}", _record)
_add("/{programme}/draws/{draw}/entries/{entry}", _proof)
