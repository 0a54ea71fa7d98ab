"""Who stands at the till: identify a member, take in a new one, hand over purchases made before joining."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, reply
from setia.api.joining import claimable, join_programme, read_new_member, waiting_json
from setia.api.keeping import pack, unpack
from setia.api.reading import Problems, Who, read_member, read_object, read_text, region_of, version_at
from setia.api.reads import Picture, look
from setia.api.scopes import Scope
from setia.api.submitting import batch_json, finish, render_one
from setia.api.views import balances_json, greeting_json, holds_json, rewards_json, tier_json, vouchers_json
from setia.api.writing import Json
from setia.flow.handle import Answer
from setia.members.store import find_member_ids
from setia.plumbing.db import AsyncConnection
from setia.values.card_codes import is_card
from setia.values.faults import Fault, NotFound

door = Door("/v1/till", "Till")


@door.post(
    "/members/identify", Scope.TILL_IDENTIFY, "Who is this, and what do they have?",
    sends="MemberReference", example={"card": "4000123412341234"}, gives="Identified", answer=examples.IDENTIFIED,
    fails=("invalid", "not_found"),
)  # fmt: skip
async def identify(call: Call) -> Response:
    """By card, phone, e-mail, external id or member id: who it is, tier, balances, and what can be claimed."""
    member_id = await fetch_member_id(call, call.body, "")
    picture = await look(call.services, call.programme, member_id)
    return reply(await identified_json(call, picture))


@door.post(
    "/members", Scope.TILL_JOIN, "Take in a new member",
    sends="NewMember", example={"name": "Siti Rahma", "phone": "+12025550143", "card": "4000123412341234"},
    gives="Joined", answer={"member": examples.PROFILE, "welcome": examples.decided("member.joined"), "claimable": []},
    status=201, fails=("invalid", "identifier_taken", "idempotency_mismatch"),
)  # fmt: skip
async def join(call: Call) -> Response:
    """The member joins the programme of the key; purchases that were made with the same contact wait to be claimed."""
    edition = await call.services.edition(call.programme)
    programme = version_at(edition, call.services.clock.now())
    new = read_new_member(call.body, programme)

    async def work(conn: AsyncConnection) -> bytes:
        return pack(await new.write(conn, call.services.clock.now()), 201)

    done = await call.services.engine.once(call.request_key(), work)
    return await join_programme(call, unpack(done.response, is_replay=done.is_replay), call.programme, new.body)


@door.post(
    "/claims", Scope.TILL_JOIN, "Give a purchase made before joining to its member",
    sends="Claim", example={"member": {"card": "4000123412341234"}, "of": {"source": "till-7", "external_id": "R-9"}},
    gives="Decision", answer=examples.DECISION,
    fails=("invalid", "not_found", "claim_window_closed", "idempotency_mismatch", "programme_paused"),
)  # fmt: skip
async def claim(call: Call) -> Response:
    """The purchase is decided as of when it occurred. Without `of`: all that wait for the member's contacts."""
    found = Problems()
    sent = read_object(call.body, ("member", "of"), found)
    of = _receipt(sent, found) if "of" in sent else None
    found.raise_any()
    member_id = await fetch_member_id(call, sent.get("member"), "/member")
    if of is None:
        return reply(await _claim_all(call, member_id))
    return finish(
        call,
        await call.services.engine.claim(
            call.programme, member_id, *of, request=call.request_key(), render=lambda given: render_one(call, given)
        ),
    )


async def _claim_all(call: Call, member_id: UUID) -> Json:
    answers: list[Answer | Fault] = []
    for parked in await claimable(call, member_id):
        activity = parked.activity
        answers += await call.services.engine.claim(call.programme, member_id, activity.source, activity.external_id)
    return batch_json(call, answers)


def _receipt(sent: dict[str, Any], found: Problems) -> tuple[str, str]:
    of = read_object(sent["of"], ("source", "external_id"), found, "/of")
    source = read_text(of.get("source"), "/of/source", found, longest=100)
    return source, read_text(of.get("external_id"), "/of/external_id", found)


async def fetch_member_id(call: Call, value: Any, pointer: str) -> UUID:
    """The member that a reference leads to. Raises ``Invalid`` or ``NotFound``."""
    found = Problems()
    edition = await call.services.edition(call.programme)
    if value is None:
        found.say(pointer, "say which member", "missing_field")
    region = region_of(version_at(edition, call.services.clock.now()))
    who: Who = read_member(value, pointer, found, region) if value is not None else Who()
    found.raise_any()
    if who.id is not None:
        return who.id
    assert who.identifier is not None
    async with call.services.pool.connection() as conn:
        owners = await find_member_ids(conn, [who.identifier])
    if who.identifier not in owners or is_card(owners[who.identifier]):
        raise NotFound("member", who.identifier.value)
    return owners[who.identifier]


async def identified_json(call: Call, picture: Picture) -> Json:
    """All that a till shows of a member."""
    waiting = await claimable(call, picture.member.id)
    issued = [voucher for voucher in picture.vouchers if voucher.state == "issued"]
    vouchers = [v for v in vouchers_json(picture, issued, call.language) if v["state"] == "issued"]
    return {
        "member": greeting_json(picture.member),
        "tier": tier_json(picture, call.language),
        "balances": balances_json(picture, call.language),
        "holds": holds_json(picture),
        "rewards": rewards_json(picture, call.language),
        "vouchers": vouchers,
        "claimable": [waiting_json(picture.edition, parked) for parked in waiting],
    }
