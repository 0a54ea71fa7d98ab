"""Keys to this API: made, listed, revoked."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, reply
from setia.api.keeping import pack, unpack
from setia.api.keys import Key, create_key, list_keys, revoke_key
from setia.api.queries import PAGE
from setia.api.reading import Problems, read_id, read_instant, read_object, read_text, write_cursor
from setia.api.reads import find_edition
from setia.api.scopes import Audience, Scope
from setia.api.writing import Json, instant
from setia.language.body_values import kind_of
from setia.members.store import fetch_member
from setia.plumbing.db import AsyncConnection
from setia.programmes.store import fetch_programme
from setia.values.faults import Invalid, NotFound, Problem
from setia.values.ids import public_id

door = Door("/v1/admin", "Admin")

_FIELDS: Final = ("audience", "name", "scopes", "programme", "partner", "member", "expires_at", "by")
_KEY: Final = {
    "id": examples.KEY, "audience": "till", "name": "till 7", "scopes": ["till:purchase", "till:quote"],
    "programme": "grocery-tiers", "partner": None, "member": None, "created_at": examples.Z, "created_by": "dewi",
    "expires_at": None, "revoked_at": None, "last_used_at": None,
}  # fmt: skip


@door.get("/keys", Scope.ADMIN_KEYS, "Keys", gives="Keys", answer={"keys": [_KEY], "next": None}, queries=PAGE,
          fails=("invalid",))  # fmt: skip
async def keys(call: Call) -> Response:
    """Oldest first, revoked ones too; never their secrets."""
    found = Problems()
    cursor, limit = call.query["cursor"], call.query["limit"]
    after = read_id("key", cursor, "?cursor", found) if cursor is not None else None
    found.raise_any()
    async with call.services.pool.connection() as conn:
        rows = await list_keys(conn, after=after, limit=limit + 1)
    more = write_cursor(rows[limit - 1].public_id) if len(rows) > limit else None
    return reply({"keys": [key_json(key) for key in rows[:limit]], "next": more})


@door.post(
    "/keys", Scope.ADMIN_KEYS, "Make a key",
    sends="NewKey", example={"audience": "till", "name": "till 7", "programme": "grocery-tiers"}, gives="Key",
    answer={**_KEY, "secret": "setia_till_…"}, status=201, fails=("invalid", "not_found", "idempotency_mismatch"),
)  # fmt: skip
async def make_key(call: Call) -> Response:
    """The secret is in this answer only. Without `scopes` the key has all of its audience."""
    wanted = _read(call)

    async def work(conn: AsyncConnection) -> bytes:
        if wanted["programme"] is not None:
            await fetch_programme(conn, wanted["programme"])
        await _check_member(conn, wanted["member_id"])
        if wanted["partner"] is not None and wanted["programme"] is not None:
            edition = await find_edition(call.services, conn, wanted["programme"])
            if not any(wanted["partner"] in version.programme.partners for version in edition.versions):
                message = f"the programme has no partner '{wanted['partner']}'"
                raise Invalid([Problem("/partner", message, "unknown_partner")])
        key, secret = await create_key(conn, at=call.services.clock.now(), **wanted)
        made.append({**key_json(key), "secret": secret})
        # What is kept for the Idempotency-Key has no secret in it.
        return pack({**key_json(key), "secret": None}, 201)

    made: list[Json] = []
    done = await call.services.engine.once(call.request_key(), work)
    return reply(made[-1], 201) if not done.is_replay else unpack(done.response, is_replay=True)


@door.delete("/keys/{key}", Scope.ADMIN_KEYS, "Revoke a key", gives="Key", answer={**_KEY, "revoked_at": examples.Z},
             fails=("invalid", "not_found"))  # fmt: skip
async def revoke(call: Call) -> Response:
    """For good. This process refuses it at once, others within five seconds."""
    found = Problems()
    key_id = read_id("key", call.path["key"], "{key}", found)
    found.raise_any()
    assert key_id is not None
    async with call.services.pool.connection() as conn:
        key = await revoke_key(conn, key_id, at=call.services.clock.now())
    call.access.forget()
    return reply(key_json(key))


def key_json(key: Key) -> Json:
    """A key without its secret."""
    return {
        "id": key.public_id,
        "audience": key.audience.value,
        "name": key.name,
        "scopes": sorted(scope.value for scope in key.scopes),
        "programme": key.programme,
        "partner": key.partner,
        "member": None if key.member_id is None else public_id("mem", key.member_id),
        "created_at": instant(key.created_at),
        "created_by": key.created_by,
        "expires_at": instant(key.expires_at),
        "revoked_at": instant(key.revoked_at),
        "last_used_at": instant(key.last_used_at),
    }


def _read(call: Call) -> dict[str, Any]:
    found = Problems()
    sent = read_object(call.body, _FIELDS, found)
    audience = sent.get("audience")
    if audience not in set(Audience):
        known = ", ".join(Audience)
        found.say("/audience", f"expected one of {known}, found {kind_of(audience)}", "bad_choice")
        audience = "till"
    scopes = sent.get("scopes") or []
    if (
        not isinstance(scopes, list)
        or any(scope not in set(Scope) for scope in scopes if isinstance(scope, str))
        or (not all(isinstance(scope, str) for scope in scopes))
    ):
        found.say("/scopes", f"expected a list of {', '.join(Scope)}", "bad_choice")
        scopes = []
    wanted: dict[str, Any] = {
        "audience": Audience(audience),
        "name": read_text(sent.get("name"), "/name", found),
        "scopes": [Scope(scope) for scope in scopes],
        "programme": read_text(sent["programme"], "/programme", found) if sent.get("programme") is not None else None,
        "partner": read_text(sent["partner"], "/partner", found) if sent.get("partner") is not None else None,
        "member_id": read_id("mem", sent["member"], "/member", found) if sent.get("member") is not None else None,
        "expires_at": None,
        "by": read_text(sent["by"], "/by", found) if sent.get("by") is not None else call.key.name,
    }
    if sent.get("expires_at") is not None:
        wanted["expires_at"] = read_instant(sent["expires_at"], "/expires_at", found)
    found.raise_any()
    return wanted


async def _check_member(conn: AsyncConnection, member_id: UUID | None) -> None:
    if member_id is None:
        return
    try:
        await fetch_member(conn, member_id)
    except NotFound:
        raise NotFound("member", public_id("mem", member_id)) from None
