"""From a fault or a decline to problem+json (RFC 9457), and the reference page of all of them."""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.responses import Response

from setia.api.kinds import DECLINES, FAULTS, KINDS, LANGUAGES, Kind
from setia.values.faults import Fault, Invalid

MEDIA_TYPE: Final = "application/problem+json"
_LONGEST: Final = 2_000


def language_of(accept: str) -> str:
    """The best of our languages for an ``Accept-Language`` header; English when it names none of them."""
    best, best_weight = "en", 0.0
    for part in accept[:200].split(","):
        tag, _, weight = part.partition(";q=")
        primary = tag.strip().lower().partition("-")[0]
        primary = "id" if primary == "in" else primary
        try:
            value = float(weight) if weight else 1.0
        except ValueError:
            continue
        if primary in LANGUAGES and value > best_weight:
            best, best_weight = primary, value
    return best


def document(
    code: str, detail: str, *, language: str = "en", data: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A problem as JSON. ``data``: the facts of the case; ``more``: further members, such as ``errors``."""
    kind = KINDS[code]
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": kind.title(language),
        "status": kind.status,
        "code": code,
        "detail": detail[:_LONGEST],
    }
    if data:
        body["data"] = data
    return body | more


def of_fault(fault: Fault, language: str = "en") -> dict[str, Any]:
    """The problem that a fault is."""
    data = dict(fault.data)
    if isinstance(fault, Invalid):
        return document(fault.code, _summary(data["problems"]), language=language, errors=data["problems"])
    data.pop("retry_after_seconds", None)
    code = fault.code if fault.code in KINDS else "internal_error"
    return document(code, fault.message, language=language, data=data)


def _summary(problems: list[dict[str, str]]) -> str:
    first = problems[0]
    where = f"{first['pointer']}: " if first["pointer"] else ""
    rest = f" (and {len(problems) - 1} more, see 'errors')" if len(problems) > 1 else ""
    return f"{where}{first['message']}{rest}"


def response(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """The answer that carries a problem."""
    return Response(orjson.dumps(body), status_code=body["status"], media_type=MEDIA_TYPE, headers=headers)


def headers_of(fault: Fault) -> dict[str, str]:
    """Headers that belong to a fault: when to come back, how to ask, what is allowed."""
    headers: dict[str, str] = {}
    if "retry_after_seconds" in fault.data:
        headers["Retry-After"] = str(fault.data["retry_after_seconds"])
    if KINDS.get(fault.code, FAULTS["internal_error"]).status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="setia"'
    if "allowed" in fault.data:
        headers["Allow"] = str(fault.data["allowed"])
    return headers


def page(code: str, kind: Kind) -> str:
    """One problem of the reference, as Markdown."""
    titles = f"{kind.titles[0]} · *id:* {kind.titles[1]} · *ms:* {kind.titles[2]}"
    return f"### {code}\n\n**{kind.status}** · {titles}\n\n{kind.meaning}\n{kind.remedy}\n"


def reference() -> str:
    """The page docs/reference/problems.md, written from the table."""
    parts = [
        "# Problems\n",
        "Errors are `application/problem+json` (RFC 9457): `type` links here, `code` is stable, `title` comes in the",
        "language of `Accept-Language` (en, id, ms), `detail` says what, why and what to do in this very case, `data`",
        "has its facts, and `errors` lists what is wrong with a body: a JSON pointer, a `code` and a message each.\n",
        "In a batch the same codes stand in each item's own answer, and the other items are not affected.\n",
        "## Declines\n",
        "An expected no. It is recorded like a yes, moves nothing, and the same natural key gives it again.\n",
        *(page(code, kind) for code, kind in DECLINES.items()),
        "## Faults\n",
        "The request or the world is wrong; nothing was recorded.\n",
        *(page(code, kind) for code, kind in FAULTS.items()),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    print(reference(), end="")
