"""Webhooks: who hears of which events, what became of the deliveries, and delivering again."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, Query, reply
from setia.api.keeping import pack, unpack
from setia.api.queries import PAGE
from setia.api.reading import (
    Problems,
    read_id,
    read_instant,
    read_object,
    read_text,
    unknown,
    write_cursor,
)
from setia.api.scopes import Scope
from setia.api.writing import Json, instant
from setia.flow.notify import event_id
from setia.language.body_values import kind_of
from setia.plumbing import endpoints, outbox
from setia.plumbing.db import AsyncConnection
from setia.plumbing.endpoints import OVERLAP_HOURS, Endpoint
from setia.plumbing.outbox import Delivery, number_of, numbered_id
from setia.plumbing.sending import UrlRefused, check_host, check_url
from setia.programmes.store import fetch_programme
from setia.values.codes import EventName
from setia.values.faults import Conflict, EditConflict, NotFound
from setia.values.ids import IdError, public_id

MOST_ENDPOINTS: Final = 100
LONGEST_OVERLAP: Final = 168
_PREFIX: Final = "whk"
_STATES: Final = ("pending", "delivered", "dead")
_NAMES: Final = [name.value for name in EventName]

door = Door("/v1/admin", "Admin")

_ID: Final = "whk_06ghz0k1x8e7jv2m3n4p5q6r7s"
_EVENT_ID: Final = "evt_06ghz0k1x8e7jv2m3n4p5q6r7t"
_ENDPOINT: Final[Json] = {
    "id": _ID,
    "url": "https://hooks.example.com/setia",
    "programme": None,
    "events": ["points.earned", "tier.changed"],
    "description": "The CRM",
    "state": "active",
    "state_reason": None,
    "state_at": examples.Z,
    "dead_letters_in_a_row": 0,
    "previous_secret_until": None,
    "created_at": examples.Z,
    "updated_at": examples.Z,
    "revision": 1,
}
_DELIVERY: Final[Json] = {
    "endpoint": _ID,
    "event": _EVENT_ID,
    "type": "points.earned",
    "member": examples.MEMBER,
    "sequence": 7,
    "recorded_at": examples.Z,
    "state": "dead",
    "attempts": 9,
    "first_attempt_at": examples.Z,
    "last_attempt_at": examples.Z,
    "next_attempt_at": None,
    "status": 500,
    "error": "HTTP 500: out of order",
}
_SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="


class TooManyEndpoints(Conflict):
    """There are as many webhook endpoints as this installation serves."""

    def __init__(self) -> None:
        super().__init__(f"there are {MOST_ENDPOINTS} webhook endpoints already; delete one first")


# Endpoints ------------------------------------------------------------------------------------------------------------


@door.post(
    "/webhooks", Scope.ADMIN_WEBHOOKS, "Send events to an address",
    sends="NewWebhook", example={"url": "https://hooks.example.com/setia", "events": ["points.earned", "tier.changed"]},
    gives="WebhookWithSecret", answer={**_ENDPOINT, "secret": _SECRET}, status=201,
    fails=("invalid", "not_found", "conflict", "idempotency_mismatch"),
)  # fmt: skip
async def create_webhook(call: Call) -> Response:
    """Every event that is recorded from now on and that the endpoint asks for. The secret is shown only here."""
    found = Problems()
    sent = read_object(call.body, ("url", "events", "programme", "description"), found)
    if "url" not in sent:
        found.say("/url", "say where events are to be sent", "missing_field")
    url = _read_url(call, sent["url"], found) if "url" in sent else ""
    events = _read_events(sent.get("events"), found)
    description = _read_description(sent.get("description"), found)
    programme = read_text(sent["programme"], "/programme", found) if sent.get("programme") is not None else None
    found.raise_any()
    await _check_host(call, url)

    async def work(conn: AsyncConnection) -> bytes:
        if len(await endpoints.list_endpoints(conn)) >= MOST_ENDPOINTS:
            raise TooManyEndpoints
        programme_id = None if programme is None else (await fetch_programme(conn, programme)).id
        made = await endpoints.insert_endpoint(
            conn, url, programme_id=programme_id, events=events, description=description
        )
        return pack({**endpoint_json(made), "secret": made.secrets[0]}, 201, _etag(made))

    return await _once(call, work)


@door.get("/webhooks", Scope.ADMIN_WEBHOOKS, "Who hears of events?", gives="Webhooks", answer={"webhooks": [_ENDPOINT]})
async def list_webhooks(call: Call) -> Response:
    """All endpoints, oldest first, without their secrets."""
    async with call.services.pool.connection() as conn:
        found = await endpoints.list_endpoints(conn)
    return reply({"webhooks": [endpoint_json(endpoint) for endpoint in found]})


@door.get(
    "/webhooks/{endpoint}", Scope.ADMIN_WEBHOOKS, "One endpoint", gives="Webhook", answer=_ENDPOINT,
    fails=("not_found",),
)  # fmt: skip
async def get_webhook(call: Call) -> Response:
    """With its state, and why it was disabled if it was."""
    number = _number(call)
    async with call.services.pool.connection() as conn:
        found = await _fetch(conn, call, number)
    return reply(endpoint_json(found), headers=_etag(found))


@door.patch(
    "/webhooks/{endpoint}", Scope.ADMIN_WEBHOOKS, "Change, pause or resume an endpoint",
    sends="WebhookChange", example={"state": "paused"}, gives="Webhook", answer=_ENDPOINT,
    fails=("invalid", "not_found", "edit_conflict", "idempotency_mismatch"),
)  # fmt: skip
async def change_webhook(call: Call) -> Response:
    """What is not said stays. A paused endpoint gets no new events; resume it, and replay since it was paused.

    With `If-Match` the change is made only to the revision that was read.
    """
    number = _number(call)
    found = Problems()
    sent = read_object(call.body, ("url", "events", "description", "state"), found)
    url = _read_url(call, sent["url"], found) if "url" in sent else None
    events = _read_events(sent.get("events"), found)
    description = _read_description(sent.get("description"), found)
    state = sent.get("state")
    if "state" in sent and state not in ("active", "paused"):
        found.say("/state", f"expected 'active' or 'paused', found {kind_of(state)}", "not_one_of")
    found.raise_any()
    if url is not None:
        await _check_host(call, url)
    wanted = call.request.headers.get("if-match")

    async def work(conn: AsyncConnection) -> bytes:
        before = await _fetch(conn, call, number)
        if wanted is not None and wanted != _etag(before)["ETag"]:
            raise EditConflict("the webhook endpoint", None, before.revision)
        after = await endpoints.update_endpoint(
            conn,
            number,
            url=before.url if url is None else url,
            description=description if "description" in sent else before.description,
            events=events if "events" in sent else before.events,
            state=before.state if state is None else state,
            revision=before.revision,
        )
        return pack(endpoint_json(after), headers=_etag(after))

    return await _once(call, work)


@door.post(
    "/webhooks/{endpoint}/secret", Scope.ADMIN_WEBHOOKS, "Give an endpoint a new secret",
    sends="SecretRotation", example={"overlap_hours": 24}, gives="WebhookWithSecret",
    answer={**_ENDPOINT, "secret": _SECRET}, fails=("invalid", "not_found", "idempotency_mismatch"),
)  # fmt: skip
async def rotate_webhook_secret(call: Call) -> Response:
    """While the old one is still good (`overlap_hours`), deliveries carry a signature by each. Shown only here."""
    number = _number(call)
    found = Problems()
    hours = read_object(call.body, ("overlap_hours",), found).get("overlap_hours", OVERLAP_HOURS)
    if isinstance(hours, bool) or not isinstance(hours, int) or not 0 <= hours <= LONGEST_OVERLAP:
        found.say("/overlap_hours", f"expected a whole number from 0 to {LONGEST_OVERLAP}", "out_of_range")
    found.raise_any()

    async def work(conn: AsyncConnection) -> bytes:
        await _fetch(conn, call, number)
        after = await endpoints.rotate_secret(conn, number, overlap_hours=hours)
        return pack({**endpoint_json(after), "secret": after.secrets[0]}, headers=_etag(after))

    return await _once(call, work)


@door.delete(
    "/webhooks/{endpoint}", Scope.ADMIN_WEBHOOKS, "Send nothing to an endpoint any more",
    gives="WebhookDeleted", answer={"id": _ID, "deleted": True}, fails=("not_found", "idempotency_mismatch"),
)  # fmt: skip
async def delete_webhook(call: Call) -> Response:
    """It is gone at once, with all that was still to be delivered to it."""
    number = _number(call)

    async def work(conn: AsyncConnection) -> bytes:
        await _fetch(conn, call, number)
        await endpoints.delete_endpoint(conn, number)
        return pack({"id": call.path["endpoint"], "deleted": True})

    return await _once(call, work)


# Deliveries -----------------------------------------------------------------------------------------------------------


def _query_endpoint(text: str, pointer: str, problems: Problems) -> int | None:
    return _read_number(_PREFIX, text, pointer, problems)


def _query_event(text: str, pointer: str, problems: Problems) -> int | None:
    return _read_number("evt", text, pointer, problems)


def _query_member(text: str, pointer: str, problems: Problems) -> UUID | None:
    return read_id("mem", text, pointer, problems)


def _query_state(text: str, pointer: str, problems: Problems) -> str:
    if text not in _STATES:
        problems.say(pointer, f"expected one of {', '.join(_STATES)}, found '{text[:40]}'", "not_one_of")
    return text


def _query_type(text: str, pointer: str, problems: Problems) -> str:
    if text not in _NAMES:
        problems.say(pointer, unknown(text, _NAMES).replace("field", "event"), "not_one_of")
    return text


_FILTERS: Final = (
    Query("endpoint", _query_endpoint, {"type": "string", "pattern": "^whk_[0-9a-z]{26}$"}, "To this endpoint only."),
    Query("state", _query_state, {"type": "string", "enum": list(_STATES)}, "In this state only; `dead`: given up."),
    Query("member", _query_member, {"type": "string", "pattern": "^mem_[0-9a-z]{26}$"}, "About this member only."),
    Query("type", _query_type, {"type": "string", "enum": _NAMES}, "Of this event only."),
    Query("event", _query_event, {"type": "string", "pattern": "^evt_[0-9a-z]{26}$"}, "Of this one event only."),
)


@door.get(
    "/deliveries", Scope.ADMIN_WEBHOOKS, "What became of the deliveries?", gives="WebhookDeliveries",
    answer={"deliveries": [_DELIVERY], "next": None}, queries=(*_FILTERS, *PAGE), fails=("invalid",),
)  # fmt: skip
async def list_deliveries(call: Call) -> Response:
    """Newest event first. `?state=dead` are the dead letters: tried for a day, and given up."""
    before = _cursor(call)
    limit = int(call.query["limit"])
    async with call.services.pool.connection() as conn:
        known = {endpoint.id: endpoint for endpoint in await endpoints.list_endpoints(conn)}
        found = await outbox.list_deliveries(
            conn,
            endpoint_id=call.query["endpoint"],
            state=call.query["state"],
            member_id=call.query["member"],
            name=call.query["type"],
            event_id=call.query["event"],
            before=before,
            limit=limit + 1,
        )
    page = found[:limit]
    last = page[-1] if page else None
    return reply(
        {
            "deliveries": [delivery_json(one, known[one.endpoint_id]) for one in page if one.endpoint_id in known],
            "next": write_cursor(f"{last.event.id}.{last.endpoint_id}") if last and len(found) > limit else None,
        }
    )


@door.post(
    "/webhooks/{endpoint}/replay", Scope.ADMIN_WEBHOOKS, "Deliver again",
    sends="Replay", example={"since": examples.AT}, gives="Replayed", answer={"replayed": 12},
    fails=("invalid", "not_found", "idempotency_mismatch"),
)  # fmt: skip
async def replay(call: Call) -> Response:
    """One event (`event`), all recorded since an instant (`since`, `until`), or all `dead_letters`.

    They arrive under the ids they had, in the order of each member; what is still on its way is left alone.
    """
    number = _number(call)
    found = Problems()
    sent = read_object(call.body, ("event", "since", "until", "dead_letters"), found)
    if sum(name in sent for name in ("event", "since", "dead_letters")) != 1:
        found.say("", "say what to deliver again: one of event, since, dead_letters", "conflicting_fields")
    if "until" in sent and "since" not in sent:
        found.say("/until", "until what is only said together with since", "conflicting_fields")
    event = _read_number("evt", sent["event"], "/event", found) if "event" in sent else None
    since = read_instant(sent["since"], "/since", found) if "since" in sent else None
    until = read_instant(sent["until"], "/until", found) if "until" in sent else None
    if "dead_letters" in sent and sent["dead_letters"] is not True:
        found.say("/dead_letters", f"expected true, found {kind_of(sent['dead_letters'])}")
    found.raise_any()

    async def work(conn: AsyncConnection) -> bytes:
        await _fetch(conn, call, number)
        return pack({"replayed": await _replay(conn, number, event, since, until)})

    return await _once(call, work)


async def _replay(
    conn: AsyncConnection, number: int, event: int | None, since: dt.datetime | None, until: dt.datetime | None
) -> int:
    if event is not None:
        if not await outbox.replay_one(conn, number, event):
            raise NotFound("event", str(event))
        return 1
    if since is not None:
        return await outbox.replay_since(conn, number, since, until)
    return await outbox.replay_dead(conn, number)


# Reading and writing --------------------------------------------------------------------------------------------------


def endpoint_json(endpoint: Endpoint) -> Json:
    """An endpoint without its secret."""
    return {
        "id": numbered_id(_PREFIX, endpoint.id, endpoint.created_at),
        "url": endpoint.url,
        "programme": endpoint.programme,
        "events": None if endpoint.events is None else list(endpoint.events),
        "description": endpoint.description,
        "state": endpoint.state,
        "state_reason": endpoint.state_reason or None,
        "state_at": instant(endpoint.state_at),
        "dead_letters_in_a_row": endpoint.failed_in_a_row,
        "previous_secret_until": instant(endpoint.previous_until),
        "created_at": instant(endpoint.created_at),
        "updated_at": instant(endpoint.updated_at),
        "revision": endpoint.revision,
    }


def delivery_json(delivery: Delivery, endpoint: Endpoint) -> Json:
    """A delivery and what became of its last attempt."""
    event = delivery.event
    return {
        "endpoint": numbered_id(_PREFIX, endpoint.id, endpoint.created_at),
        "event": event_id(event),
        "type": event.name,
        "member": public_id("mem", event.member_id),
        "sequence": event.seq,
        "recorded_at": instant(event.created_at),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "first_attempt_at": instant(delivery.first_at),
        "last_attempt_at": instant(delivery.last_at),
        "next_attempt_at": instant(delivery.next_at) if delivery.state == "pending" else None,
        "status": delivery.status,
        "error": delivery.error,
    }


async def _once(call: Call, work: Any) -> Response:
    done = await call.services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)


async def _fetch(conn: AsyncConnection, call: Call, number: int) -> Endpoint:
    try:
        return await endpoints.fetch_endpoint(conn, number)
    except NotFound:
        raise NotFound("webhook endpoint", call.path["endpoint"]) from None


def _number(call: Call) -> int:
    try:
        return min(number_of(_PREFIX, call.path["endpoint"]), 2**31 - 1)
    except IdError:
        raise NotFound("webhook endpoint", call.path["endpoint"][:60]) from None


def _read_number(prefix: str, value: Any, pointer: str, problems: Problems) -> int | None:
    if read_id(prefix, value, pointer, problems) is None:
        return None
    return min(number_of(prefix, value), 2**31 - 1 if prefix == _PREFIX else 2**62)


def _etag(endpoint: Endpoint) -> dict[str, str]:
    return {"ETag": f'"{endpoint.revision}"'}


def _cursor(call: Call) -> tuple[int, int] | None:
    place = call.query["cursor"]
    if place is None:
        return None
    event, _, endpoint = place.partition(".")
    if not (event.isdecimal() and endpoint.isdecimal() and len(event) < 19 and len(endpoint) < 10):
        found = Problems()
        found.say(
            "?cursor", "this is no cursor of deliveries; send the 'next' of the page before, as it is", "bad_cursor"
        )
        found.raise_any()
    return int(event), int(endpoint)


def _read_url(call: Call, value: Any, problems: Problems) -> str:
    if not isinstance(value, str):
        problems.say("/url", f"expected a URL, found {kind_of(value)}")
        return ""
    try:
        check_url(value, allow_private=call.services.settings.webhook_allow_private)
    except UrlRefused as error:
        problems.say("/url", str(error), "bad_url")
    return value


async def _check_host(call: Call, url: str) -> None:
    try:
        await check_host(url, allow_private=call.services.settings.webhook_allow_private)
    except UrlRefused as error:
        found = Problems()
        found.say("/url", str(error), "bad_url")
        found.raise_any()


def _read_events(value: Any, problems: Problems) -> list[str] | None:
    """Names of events without doubles; None: all."""
    if value is None:
        return None
    if not isinstance(value, list) or not value:
        problems.say("/events", "expected a list of at least one event, or null for all")
        return None
    for place, name in enumerate(value):
        if name not in _NAMES:
            said = unknown(name, _NAMES).replace("field", "event") if isinstance(name, str) else kind_of(name)
            problems.say(f"/events/{place}", said, "not_one_of")
    return list(dict.fromkeys(str(name) for name in value))


def _read_description(value: Any, problems: Problems) -> str:
    return "" if value in (None, "") else read_text(value, "/description", problems)


# For the document -----------------------------------------------------------------------------------------------------

_TEXT: Final[Json] = {"type": "string"}
_INSTANT: Final[Json] = {"type": "string", "format": "date-time"}
_INSTANT_OR_NULL: Final[Json] = {"type": ["string", "null"], "format": "date-time"}
_EVENT_LIST: Final[Json] = {
    "type": ["array", "null"], "items": {"type": "string", "enum": _NAMES}, "minItems": 1,
    "description": "Which events; null: all.",
}  # fmt: skip
_URL: Final[Json] = {"type": "string", "format": "uri", "maxLength": 2000, "description": "Where to send, by https."}
_WEBHOOK: Final[Json] = {
    "id": _TEXT,
    "url": _TEXT,
    "programme": {"type": ["string", "null"], "description": "Of which programme; null: of all."},
    "events": _EVENT_LIST,
    "description": _TEXT,
    "state": {
        "type": "string", "enum": ["active", "paused", "disabled"],
        "description": "disabled: it failed for too long, see state_reason.",
    },
    "state_reason": {"type": ["string", "null"]},
    "state_at": _INSTANT,
    "dead_letters_in_a_row": {"type": "integer"},
    "previous_secret_until": _INSTANT_OR_NULL,
    "created_at": _INSTANT,
    "updated_at": _INSTANT,
    "revision": {"type": "integer"},
}  # fmt: skip


def _object(properties: Json, *, required: tuple[str, ...] | None = None) -> Json:
    wanted = list(properties) if required is None else list(required)
    found: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": wanted} if wanted else found


SCHEMAS: Final[dict[str, Json]] = {
    "NewWebhook": _object(
        {
            "url": _URL,
            "events": _EVENT_LIST,
            "programme": {"type": ["string", "null"], "minLength": 1, "maxLength": 200},
            "description": {"type": ["string", "null"], "maxLength": 200},
        },
        required=("url",),
    ),
    "WebhookChange": _object(
        {
            "url": _URL,
            "events": _EVENT_LIST,
            "description": {"type": ["string", "null"], "maxLength": 200},
            "state": {"type": "string", "enum": ["active", "paused"]},
        },
        required=(),
    ),
    "Webhook": _object(_WEBHOOK),
    "WebhookWithSecret": _object({**_WEBHOOK, "secret": {**_TEXT, "description": "Shown only here: `whsec_…`."}}),
    "Webhooks": _object({"webhooks": {"type": "array", "items": {"$ref": "#/components/schemas/Webhook"}}}),
    "SecretRotation": _object(
        {"overlap_hours": {"type": "integer", "minimum": 0, "maximum": LONGEST_OVERLAP, "default": OVERLAP_HOURS}},
        required=(),
    ),
    "WebhookDeleted": _object({"id": _TEXT, "deleted": {"type": "boolean"}}),
    "WebhookDelivery": _object(
        {
            "endpoint": _TEXT,
            "event": {**_TEXT, "description": "The `webhook-id`."},
            "type": {"type": "string", "enum": _NAMES},
            "member": _TEXT,
            "sequence": {"type": "integer"},
            "recorded_at": _INSTANT,
            "state": {"type": "string", "enum": list(_STATES)},
            "attempts": {"type": "integer"},
            "first_attempt_at": _INSTANT_OR_NULL,
            "last_attempt_at": _INSTANT_OR_NULL,
            "next_attempt_at": _INSTANT_OR_NULL,
            "status": {"type": ["integer", "null"], "description": "Of HTTP, at the last attempt; null: no answer."},
            "error": {"type": ["string", "null"]},
        }
    ),
    "WebhookDeliveries": _object(
        {
            "deliveries": {"type": "array", "items": {"$ref": "#/components/schemas/WebhookDelivery"}},
            "next": {"type": ["string", "null"], "description": "The cursor of the page after this one."},
        }
    ),
    "Replay": {
        "oneOf": [
            _object({"event": {**_TEXT, "pattern": "^evt_[0-9a-z]{26}$"}}),
            _object({"since": _INSTANT, "until": _INSTANT}, required=("since",)),
            _object({"dead_letters": {"type": "boolean", "const": True}}),
        ]
    },
    "Replayed": _object({"replayed": {"type": "integer"}}),
}
"""The bodies of these routes, in the form of OpenAPI."""
