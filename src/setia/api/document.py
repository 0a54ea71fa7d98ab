"""The OpenAPI document, written from the declared routes and the table of problems."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from setia.api.admin.webhooks import SCHEMAS as WEBHOOK_SCHEMAS
from setia.api.door import VERSION, Operation
from setia.api.kinds import KINDS
from setia.api.schemas import SCHEMAS
from setia.api.schemas_of_causes import CAUSE_SCHEMAS
from setia.api.schemas_of_contests import CONTEST_SCHEMAS
from setia.api.scopes import SCOPES

Json = dict[str, Any]

_ALWAYS: Final = (
    "version_unknown", "key_missing", "key_invalid", "scope_missing", "rate_limited", "internal_error",
    "database_unavailable", "timed_out", "invalid",
)  # fmt: skip
_WITH_BODY: Final = ("malformed_json", "body_too_large", "media_type_unknown")
_BRACES: Final = re.compile(r"\{(\w+)\}")
_PATHS: Final[dict[str, Json]] = {
    "hold": {
        "schema": {"type": "string", "pattern": "^hld_[0-9a-z]{26}$"},
        "example": "hld_06ghz0k1x8e7jv2m3n4p5q6r7v",
    },
    "page": {"schema": {"type": "string", "enum": ["terms", "faq", "how"]}, "example": "how"},
    "order": {"schema": {"type": "integer", "minimum": 1}, "example": 17},
    "entry": {"schema": {"type": "string", "pattern": "^ent_[0-9]{1,9}$"}, "example": "ent_42"},
    "drop": {"schema": {"type": "string"}, "example": "batik-runner"},
    "contest": {"schema": {"type": "string"}, "example": "best-cup"},
    "code": {"schema": {"type": "string"}, "example": "KQ4M-9XT2-2RWB"},
    "voucher": {"schema": {"type": "string", "pattern": "^vch_[0-9]{1,9}$"}, "example": "vch_7"},
    "member": {
        "schema": {"type": "string", "pattern": "^mem_[0-9a-z]{26}$"},
        "example": "mem_06ghz0k1x8e7jv2m3n4p5q6r7s",
    },
    "activity": {
        "schema": {"type": "string", "pattern": "^act_[0-9a-z]{26}$"},
        "example": "act_06ghz0k1x8e7jv2m3n4p5q6r7t",
    },
    "key": {"schema": {"type": "string", "pattern": "^key_[0-9a-z]{26}$"}, "example": "key_06ghz0k1x8e7jv2m3n4p5q6r7w"},
    "endpoint": {
        "schema": {"type": "string", "pattern": "^whk_[0-9a-z]{26}$"},
        "example": "whk_06ghz0k1x8e7jv2m3n4p5q6r7s",
    },
    "programme": {"schema": {"type": "string", "minLength": 1, "maxLength": 60}, "example": "grocery-tiers"},
    "event": {
        "schema": {"type": "string", "pattern": "^evt_[0-9a-z]{26}$"},
        "example": "evt_06ghz0k1x8e7jv2m3n4p5q6r7t",
    },
    "number": {"schema": {"type": "integer", "minimum": 1}, "example": 1},
    "month": {"schema": {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}, "example": "2026-03"},
    "cause": {"schema": {"type": "string", "minLength": 1, "maxLength": 60}, "example": "school"},
    "receipt": {"schema": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{6,9}$"}, "example": "2026-000017"},
    "exchange": {"schema": {"type": "string", "minLength": 1, "maxLength": 60}, "example": "to-the-airline"},
    "dispute": {"schema": {"type": "integer", "minimum": 1}, "example": 1},
    "kind": {"schema": {"type": "string", "enum": ["card", "phone", "email", "external_id"]}, "example": "card"},
    "value": {"schema": {"type": "string", "minLength": 1, "maxLength": 254}, "example": "4000123412341234"},
}


def document(operations: Iterable[Operation]) -> Json:
    """The whole document."""
    paths: Json = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Setia",
            "version": VERSION,
            "summary": "A loyalty engine: every point enters as an activity, is decided, recorded and explained.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "Three audiences with keys of their own: till, member, admin. Errors are problem+json.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in ("Till", "Member", "Admin")],
        "paths": paths,
        "components": {
            "schemas": {**SCHEMAS, **CAUSE_SCHEMAS, **CONTEST_SCHEMAS, **WEBHOOK_SCHEMAS},
            "securitySchemes": {
                audience.value: {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": f"setia_{audience.value}_…",
                    "description": f"Scopes: {', '.join(SCOPES[audience])}.",
                }
                for audience in SCOPES
            },
            "examples": {
                code: {"summary": kind.titles[0], "description": kind.meaning, "value": _example(code)}
                for code, kind in KINDS.items()
            },
        },
    }


def _operation(operation: Operation) -> Json:
    assert operation.scope is not None
    out: Json = {
        "operationId": f"{operation.tag.lower()}_{operation.name}",
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"{operation.about}\n\nScope: `{operation.scope.value}`.",
        "x-scope": operation.scope.value,
        "security": [{operation.scope.audience.value: []}],
        "parameters": _parameters(operation),
        "responses": {**_answers(operation), **_failures(operation)},
    }
    if operation.sends is not None:
        content = {"schema": {"$ref": f"#/components/schemas/{operation.sends}"}, "example": operation.example}
        out["requestBody"] = {"required": True, "content": {"application/json": content}}
    return out


def _parameters(operation: Operation) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, **_PATHS.get(name, {"schema": {"type": "string"}})}
        for name in _BRACES.findall(operation.path)
    ]
    found += [
        {"name": query.name, "in": "query", "description": query.about, "schema": dict(query.schema)}
        for query in operation.queries
    ]
    if operation.method != "GET":
        about = "The same request under the same key is answered once, and the answer is given again."
        schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
        found.append({"name": "Idempotency-Key", "in": "header", "description": about, "schema": schema})
    if operation.path.endswith("/draft") and operation.method == "PUT":
        about = "The ETag of the draft that was edited, or `*` in If-None-Match for a new one."
        found.append({"name": "If-Match", "in": "header", "description": about, "schema": {"type": "string"}})
        found.append({"name": "If-None-Match", "in": "header", "description": about, "schema": {"type": "string"}})
    return found


def _answers(operation: Operation) -> Json:
    answer: Json = {"description": operation.summary}
    if operation.gives is not None:
        schema = {"$ref": f"#/components/schemas/{operation.gives}"}
        answer["content"] = {"application/json": {"schema": schema, "example": operation.answer}}
    answer["headers"] = {
        "Setia-Version": {"schema": {"type": "string"}, "example": VERSION},
        "RateLimit": {"schema": {"type": "string"}, "example": '"default";r=4999;t=1'},
        "Idempotent-Replayed": {"schema": {"type": "string", "enum": ["true"]}},
    }
    found = {str(operation.status): answer}
    if operation.gives == "Decision":
        found["202"] = {**answer, "description": "Kept, to be decided when its member or its sale is known."}
    return found


def _failures(operation: Operation) -> Json:
    codes = [*_ALWAYS, *(_WITH_BODY if operation.sends else ()), *operation.fails]
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(KINDS[code].status, []).append(code)
    found: Json = {}
    for status, names in sorted(by_status.items()):
        examples = {name: {"$ref": f"#/components/examples/{name}"} for name in names}
        content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
        found[str(status)] = {"description": ", ".join(names), "content": {"application/problem+json": content}}
    return found


def _example(code: str) -> Json:
    kind = KINDS[code]
    found: Json = {
        "type": f"/problems/{code}",
        "title": kind.titles[0],
        "status": kind.status,
        "code": code,
        "detail": kind.remedy,
    }
    if code == "invalid":
        message = "there is no field 'amuont'; did you mean 'amount'?"
        found["errors"] = [{"pointer": "/lines/0/amuont", "code": "unknown_field", "message": message}]
    return found
