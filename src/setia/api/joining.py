"""New members: read, written, taken into a programme, and the purchases that waited for them."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from starlette.responses import Response

from setia.api.door import Call
from setia.api.reading import (
    Problems,
    read_identifier,
    read_instant,
    read_object,
    read_text,
    region_of,
    version_at,
)
from setia.api.standings import money
from setia.api.views import member_json
from setia.api.writing import Json, decision_json, instant
from setia.flow.erasure import is_marked
from setia.flow.guests import Parked, list_claimable
from setia.flow.handle import Incoming
from setia.language.bodies import parse_body
from setia.language.body_values import kind_of
from setia.language.model import Programme
from setia.members.model import Member, NewMember
from setia.members.store import fetch_member, insert_member
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.values.activities import Body
from setia.values.codes import Built
from setia.values.faults import Fault, NotFound, Problem
from setia.values.ids import parse_public_id, public_id, uuid7
from setia.values.prints import print_of

ABOUT: Final = ("birthday", "attributes", "referred_by", "prints")
FIELDS: Final = ("name", "email", "phone", *ABOUT, "card", "cards", "external_id", "joined_at")
SOURCE: Final = "joining"
_MOST_CARDS: Final = 20


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who is about to join, read and checked. ``body``: of the activity ``member.joined``."""

    new: NewMember
    body: Body
    region: str | None

    async def write(self, conn: AsyncConnection, at: dt.datetime) -> Json:
        """Insert the member; raises ``IdentifierTaken``."""
        member_id = uuid7(int(at.timestamp() * 1000), os.urandom(10))
        return member_json(await insert_member(conn, member_id, self.new, at=at, region=self.region))


async def _returns(call: Call, member: Member) -> bool:
    """Whether the member was one before, and was erased: joining gives nothing a second time."""
    pepper = call.services.settings.erasure_pepper
    if pepper is None:
        return False
    async with call.services.pool.connection() as conn:
        return await is_marked(conn, pepper.get_secret_value().encode(), member.identifiers)


def read_new_member(sent: Any, programme: Programme | None, *, more: tuple[str, ...] = ()) -> Newcomer:
    """Read a new member. Birthday and attributes are those that ``programme`` declares. Raises ``Invalid``."""
    found = Problems()
    fields = read_object(sent, (*FIELDS, *more), found)
    region = region_of(programme) if programme is not None else None
    new = NewMember()
    if fields.get("name") is not None:
        new.name = read_text(fields["name"], "/name", found)
    for kind in ("email", "phone"):
        if fields.get(kind) is not None:
            known = read_identifier(kind, fields[kind], f"/{kind}", found, region)
            setattr(new, kind, known.value if known else None)
    new.cards = _cards(fields, found)
    if fields.get("external_id") is not None:
        external = read_identifier("external", fields["external_id"], "/external_id", found, region)
        new.externals = (external.value,) if external else ()
    if fields.get("joined_at") is not None:
        new.joined_at = read_instant(fields["joined_at"], "/joined_at", found)
    body = read_about(fields, programme, found)
    found.raise_any()
    if body.get("birthday"):
        new.birthday = dt.date.fromisoformat(body["birthday"])
    new.attributes = body.get("attributes", {})
    return Newcomer(new, body, region)


def read_about(fields: Json, programme: Programme | None, found: Problems) -> Body:
    """Birthday and attributes as an activity body; attributes need the programme that declares them."""
    sent = {name: fields[name] for name in ABOUT if fields.get(name) is not None}
    if programme is None:
        if any(part in sent for part in ("referred_by", "prints")):
            found.say(
                "", "say for which 'programme' the member is: bringing friends is a matter of it", "missing_field"
            )
        if "attributes" in sent:
            message = "say for which 'programme' the member is: its definition declares the attributes"
            found.say("/attributes", message, "missing_field")
        return _birthday_alone(sent, found)
    body = parse_body(programme, Built.JOINED.value, sent)
    if isinstance(body, list):
        found += [Problem(bad.pointer, bad.message, bad.code.value) for bad in body]
        return {}
    return body


def _birthday_alone(sent: Json, found: Problems) -> Body:
    if "birthday" not in sent:
        return {}
    try:
        born = dt.date.fromisoformat(sent["birthday"] if len(sent["birthday"]) == 10 else "")
        if born.year >= 1880:
            return {"birthday": born.isoformat()}
    except (ValueError, TypeError):
        pass
    found.say("/birthday", f"expected a day like 1990-04-12, found {kind_of(sent['birthday'])}", "bad_date")
    return {}


def _cards(fields: Json, found: Problems) -> tuple[str, ...]:
    cards = fields.get("cards") or []
    if not isinstance(cards, list) or len(cards) > _MOST_CARDS:
        found.say("/cards", f"expected a list of at most {_MOST_CARDS} cards, found {kind_of(cards)}")
        cards = []
    named = [(f"/cards/{number}", card) for number, card in enumerate(cards)]
    if fields.get("card") is not None:
        named.append(("/card", fields["card"]))
    known = [read_identifier("card", card, pointer, found, None) for pointer, card in named]
    return tuple(card.value for card in known if card is not None)


async def join_programme(call: Call, made: Response, name: str | None, came: Body) -> Response:
    """Let the member of a 201 answer join programme ``name`` (None: none yet); what that gives is added to the answer.

    ``came``: what was sent besides the member: by whose code they come, and what they could be known by.

    The joining has a natural key of its own, so that a repeated request, or one whose first attempt was cut off
    between the two steps, joins once.
    """
    answer = orjson.loads(bytes(made.body))
    headers = {name: value for name, value in made.headers.items() if name != "content-length"}
    if name is None:
        return Response(orjson.dumps({"member": answer}), status_code=made.status_code, headers=headers)
    member_id = parse_public_id("mem", answer["id"])
    async with call.services.pool.connection() as conn:
        member = await fetch_member(conn, member_id)
    body: Body = {"attributes": member.attributes} if member.attributes else {}
    if member.birthday is not None:
        body["birthday"] = member.birthday.isoformat()
    edition = await call.services.edition(name)
    if version_at(edition, member.joined_at).referral is not None:
        body |= {part: came[part] for part in ("referred_by",) if part in came}
        contacts = {"email": member.email, "phone": member.phone}
        prints = {kind: print_of(kind, text, name) for kind, text in contacts.items() if text}
        body["prints"] = prints | came.get("prints", {})
    if await _returns(call, member):
        body["returning"] = True
    joined = Incoming(Built.JOINED.value, SOURCE, member_id.hex, member_id, member.joined_at, body)
    decided = (await call.services.engine.handle(name, [joined]))[0]
    if isinstance(decided, Fault):
        raise decided
    whole = {"member": answer, "welcome": decision_json(edition, decided, call.language)}
    whole["claimable"] = [waiting_json(edition, parked) for parked in await claimable(call, member_id, name)]
    return Response(orjson.dumps(whole), status_code=made.status_code, headers=headers)


async def claimable(call: Call, member_id: UUID, programme: str | None = None) -> list[Parked]:
    """Purchases without a member that were made with one of this member's contacts and can still be claimed."""
    edition = await call.services.edition(programme or call.programme)
    async with call.services.pool.connection() as conn:
        try:
            member = await fetch_member(conn, member_id)
        except NotFound:
            raise NotFound("member", public_id("mem", member_id)) from None
        found: list[Parked] = []
        for known in member.identifiers:
            found += await list_claimable(conn, edition.id, {known.kind: known.value})
    now = call.services.clock.now()
    alive = [parked for parked in found if parked.due_at is not None and parked.due_at > now]
    return sorted(alive, key=lambda parked: (parked.activity.occurred_at, parked.activity.external_id))


def waiting_json(edition: Edition, parked: Parked) -> Json:
    """A purchase that waits to be claimed."""
    activity = parked.activity
    total = sum(line["amount"] - line.get("discount", 0) for line in activity.body["lines"])
    return {
        "source": activity.source,
        "external_id": activity.external_id,
        "occurred_at": instant(activity.occurred_at),
        "claimable_until": instant(parked.due_at),
        "amount": money(edition.versions[-1].programme, total),
    }
