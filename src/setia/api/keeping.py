"""Answers that are kept for an Idempotency-Key: status and headers travel with the body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from setia.api.problems import MEDIA_TYPE


def pack(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """An answer as it is kept: a line of JSON with status and headers, then the body."""
    return orjson.dumps([status, dict(headers or {})]) + b"\n" + (b"" if data is None else orjson.dumps(data))


def unpack(kept: bytes, *, is_replay: bool) -> Response:
    """The answer again; one that was given before says so."""
    head, _, body = kept.partition(b"\n")
    status, headers = orjson.loads(head)
    if is_replay:
        headers["Idempotent-Replayed"] = "true"
    return Response(
        body, status_code=status, headers=headers, media_type=MEDIA_TYPE if status >= 400 else "application/json"
    )
