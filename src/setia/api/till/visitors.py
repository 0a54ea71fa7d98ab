"""Visitors who play before they join: the shop's web page asks in their name."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door
from setia.api.keeping import pack, unpack
from setia.api.member.games import PLAYED
from setia.api.reading import Problems, read_object, read_text
from setia.api.scopes import Scope
from setia.api.submitting import batch_json, finish, render_one
from setia.api.till.people import fetch_member_id
from setia.flow.visitors import claim_visits, play_visit
from setia.plumbing.db import AsyncConnection
from setia.values.chance import is_client_seed

door = Door("/v1/till", "Till")

SHORTEST_TOKEN: Final = 16


@door.post(
    "/visitors/plays", Scope.TILL_VISITORS, "Let a visitor play before joining",
    sends="VisitorPlay", example={"visitor": "b3f1c7d2e9a84c55", "address": "203.0.113.7", "game": "lucky-wheel"},
    gives="Decision", status=202,
    answer={"status": "parked", "activity": examples.ACTIVITY, "type": "game.played", "play": PLAYED,
            "claimable_until": examples.Z},
    fails=("invalid", "not_found", "play_limit_reached", "played_before_as_member", "idempotency_mismatch",
           "chance_key_missing"),
)  # fmt: skip
async def visitor_plays(call: Call) -> Response:
    """`visitor` is a random token that the page keeps; neither it nor the address is kept here, only their hashes.

    The prize is set aside and waits for `/v1/till/visitors/claims`.
    """
    found = Problems()
    sent = read_object(call.body, ("visitor", "address", "game", "client_seed"), found)
    token = read_text(sent.get("visitor"), "/visitor", found)
    if len(token) < SHORTEST_TOKEN:
        found.say(
            "/visitor", f"a token has at least {SHORTEST_TOKEN} characters, so that nobody guesses it", "bad_text"
        )
    address = read_text(sent.get("address"), "/address", found)
    game = read_text(sent.get("game"), "/game", found)
    client_seed = read_text(sent["client_seed"], "/client_seed", found) if "client_seed" in sent else ""
    if not is_client_seed(client_seed):
        found.say("/client_seed", "up to 64 letters, digits, dots, hyphens and underscores", "bad_text")
    found.raise_any()
    services = call.services

    async def work(conn: AsyncConnection) -> bytes:
        edition = await services.catalogue.load(conn, call.programme)
        decision = await play_visit(services.engine, conn, edition, game, token, address, client_seed)
        return render_one(call, [decision])

    done = await services.engine.once(call.request_key(), work)
    response = unpack(done.response, is_replay=done.is_replay)
    if response.status_code >= 400:
        response.headers["Setia-Problem"] = "declined"
    return response


@door.post(
    "/visitors/claims", Scope.TILL_VISITORS, "Give a new member what they won as a visitor",
    sends="VisitorClaim", example={"visitor": "b3f1c7d2e9a84c55", "member": {"card": "4000123412341234"}},
    gives="BatchAnswer",
    answer={"counts": {"accepted": 1}, "answers": [{"index": 0, **examples.decided("game.played", play=PLAYED)}]},
    fails=("invalid", "not_found", "played_before_as_member", "idempotency_mismatch", "programme_paused"),
)  # fmt: skip
async def claim_visit(call: Call) -> Response:
    """All that waits for this visitor, once; only for who joined after playing."""
    found = Problems()
    sent = read_object(call.body, ("visitor", "member"), found)
    token = read_text(sent.get("visitor"), "/visitor", found)
    found.raise_any()
    member_id = await fetch_member_id(call, sent.get("member"), "/member")
    answers = await claim_visits(
        call.services.engine, call.programme, member_id, token, request=call.request_key(),
        render=lambda given: pack(batch_json(call, given)),
    )  # fmt: skip
    return finish(call, answers)
