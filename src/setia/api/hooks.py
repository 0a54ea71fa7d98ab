"""Where payment providers tell us what happened: no key opens this door, a signature does.

A message is kept first and answered 200, then worked off; it counts once, however often it is delivered.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from setia.api import problems
from setia.api.door import failure, reply
from setia.api.faults import NoProvider, SignatureInvalid
from setia.api.reading import read_bytes
from setia.app import Services
from setia.plumbing.db import reporting_unavailable
from setia.plumbing.payments import Forged

SECONDS: Final = 25.0

router = APIRouter()
_log = structlog.get_logger(__name__)


@router.post("/v1/providers/{provider}/events", include_in_schema=False, response_model=None)
async def hear(request: Request) -> Response:
    """Check who sends it, keep it, work it off."""
    language = problems.language_of(request.headers.get("accept-language", ""))
    try:
        async with asyncio.timeout(SECONDS):
            with reporting_unavailable():
                return await _hear(request)
    except Exception as error:
        return failure(error, language, "POST /v1/providers/{provider}/events")


async def _hear(request: Request) -> Response:
    services: Services = request.app.state.services
    provider = services.cashier.providers.get(request.path_params["provider"])
    if provider is None:
        raise NoProvider
    body = await read_bytes(request, services.settings.max_body_bytes)
    try:
        # The sender signs by the real time, whatever the book's clock says.
        heard = provider.read(body, request.headers, time.time())
    except Forged as error:
        _log.warning("provider_event_refused", provider=provider.name, reason=str(error))
        raise SignatureInvalid(str(error)) from None
    is_new = await services.cashier.hear(provider.name, heard)
    return reply({"received": True, "known": not is_new})
