"""Members, whatever programmes they are in: who they are, and what leads to them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, reply
from setia.api.joining import join_programme, read_about, read_new_member
from setia.api.keeping import pack, unpack
from setia.api.queries import PAGE, SEARCH
from setia.api.reading import (
    MEMBER_KINDS,
    Problems,
    read_id,
    read_identifier,
    read_object,
    read_text,
    region_of,
    version_at,
    write_cursor,
)
from setia.api.reads import find_edition
from setia.api.scopes import Scope
from setia.api.views import member_json
from setia.api.writing import Json
from setia.flow.handle import Incoming
from setia.language.body_values import kind_of
from setia.language.model import Programme
from setia.members import store
from setia.members.model import Member
from setia.plumbing.db import AsyncConnection
from setia.programmes.store import list_programmes
from setia.values.activities import Body
from setia.values.codes import Built
from setia.values.faults import EditConflict, NotFound
from setia.values.ids import public_id

door = Door("/v1/admin", "Admin")

_READ, _WRITE = Scope.ADMIN_MEMBERS_READ, Scope.ADMIN_MEMBERS_WRITE
_CHANGES: Final = ("name", "email", "phone", "birthday", "attributes", "is_blocked", "programme")


@door.get(
    "/members", _READ, "Members", gives="Members", answer={"members": [examples.PROFILE], "next": None},
    queries=(*PAGE, SEARCH), fails=("invalid",),
)  # fmt: skip
async def members(call: Call) -> Response:
    """A page of members by id; `search` finds beginnings of names, e-mail addresses and phone numbers."""
    limit = call.query["limit"]
    after = _after(call.query["cursor"])
    async with call.services.pool.connection() as conn:
        found = await store.list_members(conn, after=after, limit=limit + 1, search=call.query["search"])
    more = write_cursor(public_id("mem", found[limit - 1].id)) if len(found) > limit else None
    return reply({"members": [member_json(member) for member in found[:limit]], "next": more})


@door.post(
    "/members", _WRITE, "A new member",
    sends="AdminNewMember", example={"name": "Siti Rahma", "email": "siti@example.com", "programme": "grocery-tiers"},
    gives="Joined", answer={"member": examples.PROFILE, "welcome": examples.decided("member.joined"), "claimable": []},
    status=201, fails=("invalid", "not_found", "identifier_taken", "idempotency_mismatch"),
)  # fmt: skip
async def create_member(call: Call) -> Response:
    """With `programme` the member joins it at once, and gets what joining gives; else with their first activity."""
    name = await _named_programme(call, call.body)
    programme = await _programme(call, name) if name else None
    new = read_new_member(call.body, programme, more=("programme",))

    async def work(conn: AsyncConnection) -> bytes:
        return pack(await new.write(conn, call.services.clock.now()), 201)

    done = await call.services.engine.once(call.request_key(), work)
    made = unpack(done.response, is_replay=done.is_replay)
    return await join_programme(call, made, name, new.body)


@door.get(
    "/members/{member}", _READ, "One member", gives="MemberProfile", answer=examples.PROFILE,
    fails=("invalid", "not_found"),
)  # fmt: skip
async def member(call: Call) -> Response:
    """Who it is, and what leads to them; the ETag is needed to change it."""
    return _with_tag(await fetch(call, path_member(call)))


@door.patch(
    "/members/{member}", _WRITE, "Change, block or unblock a member",
    sends="MemberChange", example={"is_blocked": True}, gives="MemberProfile",
    answer={**examples.PROFILE, "is_blocked": True},
    fails=("invalid", "not_found", "edit_conflict", "identifier_taken", "idempotency_mismatch"),
)  # fmt: skip
async def change_member(call: Call) -> Response:
    """Only what is sent changes; null takes away. With `If-Match`: only if nobody else changed it meanwhile."""
    member_id = path_member(call)
    changes = await _read_changes(call)
    revision = _revision(call)

    async def work(conn: AsyncConnection) -> bytes:
        now = call.services.clock.now()
        try:
            changed = await store.update_member(conn, member_id, changes, at=now, revision=revision)
        except NotFound:
            raise NotFound("member", public_id("mem", member_id)) from None
        return pack(member_json(changed), headers={"ETag": f'"{changed.revision}"'})

    done = await call.services.engine.once(call.request_key(), work)
    await _tell_programmes(call, member_id, changes)
    return unpack(done.response, is_replay=done.is_replay)


@door.post(
    "/members/{member}/identifiers", _WRITE, "Let something lead to a member",
    sends="IdentifierIn", example={"kind": "card", "value": "4000123412341234"}, gives="MemberProfile",
    answer=examples.PROFILE, fails=("invalid", "not_found", "identifier_taken", "idempotency_mismatch"),
)  # fmt: skip
async def add_identifier(call: Call) -> Response:
    """A card, phone, e-mail address or external id; each leads to one member only."""
    found = Problems()
    sent = read_object(call.body, ("kind", "value"), found)
    if sent.get("kind") not in MEMBER_KINDS:
        found.say(
            "/kind", f"expected one of {', '.join(MEMBER_KINDS)}, found {kind_of(sent.get('kind'))}", "bad_choice"
        )
    found.raise_any()
    known = read_identifier(MEMBER_KINDS[sent["kind"]], sent.get("value"), "/value", found, None)
    found.raise_any()
    assert known is not None
    member_id = path_member(call)

    async def work(conn: AsyncConnection) -> bytes:
        await _fetch(conn, member_id)
        await store.add_identifiers(conn, [(member_id, known)])
        return pack(member_json(await _fetch(conn, member_id)))

    done = await call.services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)


@door.delete(
    "/members/{member}/identifiers/{kind}/{value}", _WRITE, "Let something lead to nobody", status=204,
    fails=("invalid", "not_found"),
)  # fmt: skip
async def remove_identifier(call: Call) -> Response:
    """A lost card, a number that belongs to somebody else now."""
    found = Problems()
    kind = MEMBER_KINDS.get(call.path["kind"])
    if kind is None:
        raise NotFound("kind of identifier", call.path["kind"])
    known = read_identifier(kind, call.path["value"], "{value}", found, None)
    found.raise_any()
    assert known is not None
    async with call.services.pool.connection() as conn:
        if not await store.remove_identifier(conn, path_member(call), known):
            raise NotFound("identifier", known.value)
    return Response(status_code=204)


def path_member(call: Call) -> UUID:
    """The member in the path. Raises ``Invalid``."""
    found = Problems()
    member_id = read_id("mem", call.path["member"], "{member}", found)
    found.raise_any()
    assert member_id is not None
    return member_id


async def fetch(call: Call, member_id: UUID) -> Member:
    """A member; raises ``NotFound`` with the public id."""
    async with call.services.pool.connection() as conn:
        return await _fetch(conn, member_id)


async def _fetch(conn: AsyncConnection, member_id: UUID) -> Member:
    try:
        return await store.fetch_member(conn, member_id)
    except NotFound:
        raise NotFound("member", public_id("mem", member_id)) from None


async def _read_changes(call: Call) -> Json:
    found = Problems()
    sent = read_object(call.body, _CHANGES, found)
    name = await _named_programme(call, call.body)
    programme = await _programme(call, name) if name else None
    changes: Json = {}
    if "name" in sent:
        changes["name"] = None if sent["name"] is None else read_text(sent["name"], "/name", found)
    region = region_of(programme) if programme else None
    for kind in ("email", "phone"):
        if kind in sent:
            known = None if sent[kind] is None else read_identifier(kind, sent[kind], f"/{kind}", found, region)
            changes[kind] = known.value if known else None
    if "is_blocked" in sent:
        if not isinstance(sent["is_blocked"], bool):
            found.say("/is_blocked", f"expected true or false, found {kind_of(sent['is_blocked'])}")
        changes["is_blocked"] = sent["is_blocked"]
    body = read_about(sent, programme, found)
    if "birthday" in sent:
        changes["birthday"] = dt.date.fromisoformat(body["birthday"]) if body.get("birthday") else None
    if "attributes" in body:
        changes["attributes"] = body["attributes"]
    found.raise_any()
    return changes


async def _tell_programmes(call: Call, member_id: UUID, changes: Json) -> None:
    """Birthday and attributes matter to rules: each programme learns of them by an activity of its own.

    Its natural key is the revision of the member, so that a repeated request tells it once.
    """
    if not {"birthday", "attributes"} & changes.keys():
        return
    async with call.services.pool.connection() as conn:
        changed = await _fetch(conn, member_id)
        cursor = await conn.execute(
            "SELECT p.name FROM member_states s JOIN programmes p ON p.id = s.programme_id WHERE s.member_id = %s"
            " AND s.progress IS NOT NULL ORDER BY p.name",
            [member_id],
        )
        joined = {row[0] for row in await cursor.fetchall()}
        names = [row.name for row in await list_programmes(conn) if row.name in joined and not row.is_paused]
        editions = {name: await find_edition(call.services, conn, name) for name in names}
    for name, edition in editions.items():
        declared = version_at(edition, call.services.clock.now()).member_fields
        attributes = {key: value for key, value in changed.attributes.items() if key in declared}
        body: Body = {"birthday": changed.birthday.isoformat() if changed.birthday else None, "attributes": attributes}
        key = f"{member_id.hex}:{changed.revision}"
        told = Incoming(Built.UPDATED.value, "members", key, member_id, None, body)
        await call.services.engine.handle(name, [told])


async def _named_programme(call: Call, body: Any) -> str | None:
    found = Problems()
    name = body.get("programme") if isinstance(body, dict) else None
    if name is not None:
        read_text(name, "/programme", found)
    found.raise_any()
    return name


async def _programme(call: Call, name: str) -> Programme:
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, name)
    return version_at(edition, call.services.clock.now())


def _revision(call: Call) -> int | None:
    wanted = call.request.headers.get("if-match", "").strip()
    if not wanted or wanted == "*":
        return None
    number = wanted.removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdecimal() or len(number) > 9:
        raise EditConflict("the member", None, None)
    return int(number)


def _after(cursor: str | None) -> UUID | None:
    found = Problems()
    after = read_id("mem", cursor, "?cursor", found) if cursor is not None else None
    found.raise_any()
    return after


def _with_tag(found: Member) -> Response:
    return reply(member_json(found), headers={"ETag": f'"{found.revision}"'})
