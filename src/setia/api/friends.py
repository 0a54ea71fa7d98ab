"""Members who bring friends: at the till, in the member's app, and for whoever reviews what was held."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from setia.api import examples
from setia.api.admin.members import fetch, path_member
from setia.api.door import Call, Door, Query, reply
from setia.api.queries import DRY_RUN, PAGE
from setia.api.reading import Problems, version_at, write_cursor
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.api.writing import Json, instant
from setia.language.body_values import kind_of
from setia.language.friends import Referral
from setia.members.store import fetch_member
from setia.programmes.model import Edition
from setia.referrals.store import (
    ReferralRow,
    count_friends,
    ensure_code,
    find_codes,
    find_referral,
    list_friends,
    list_referrals,
)
from setia.state.bringing import HELD, OPEN, QUALIFIED, REFUSED
from setia.values.codes import Built
from setia.values.faults import NotFound
from setia.values.ids import public_id
from setia.values.secret_codes import canonical, shown

till = Door("/v1/till", "Till")
member = Door("/v1/member", "Member")
admin = Door("/v1/admin/programmes/{programme}", "Admin")

_DECLINES: Final = (
    "referral_code_unknown", "referrer_not_permitted_to_redeem", "referrer_not_eligible", "referral_already_claimed",
    "referral_window_closed",
)  # fmt: skip
_WRITE: Final = ("invalid", "not_found", "idempotency_mismatch", "programme_paused", "member_blocked")
_STATES: Final = (OPEN, HELD, REFUSED, QUALIFIED)
_CODE: Final = "KQ4M-9XT2"
_FRIEND: Final = {"state": "waiting", "since": examples.Z, "until": "2026-11-16T05:00:00Z"}
_OWN: Final[Json] = {
    "code": _CODE,
    "link": f"https://shop.example/join?code={_CODE}",
    "counts": {"waiting": 1, "qualified": 2},
    "friends": [_FRIEND],
    "came": {"state": "qualified", "since": examples.Z, "until": None},
}
_HELD: Final[Json] = {
    "member": examples.MEMBER,
    "referrer": examples.MEMBER,
    "state": "held",
    "why": ["same_device"],
    "claimed_at": examples.Z,
    "due_at": None,
    "settled_at": None,
}


def _state(text: str, pointer: str, problems: Problems) -> str:
    if text not in _STATES:
        problems.say(pointer, f"expected one of {', '.join(_STATES)}, found {kind_of(text)}", "bad_choice")
    return text


STATE: Final = Query(
    "state", _state, {"type": "string", "enum": list(_STATES), "default": HELD}, "Which referrals.", HELD
)


@till.post(
    "/referrals", Scope.TILL_JOIN, "A member brings the code of whoever brought them",
    sends="ReferralIn", example={"member": {"card": "4000123412341234"}, "code": _CODE}, gives="Decision",
    answer=examples.decided("referral.claimed", referral={"state": "open"}), queries=(DRY_RUN,),
    fails=(*_WRITE, *_DECLINES),
)  # fmt: skip
async def bring_code(call: Call) -> Response:
    """Each member has one referrer. `prints`: what friend and referrer must not share; it is kept as a hash only."""
    sent, data = split(call.body, Built.REFERRED.value)
    return await submit(call, Built.REFERRED.value, data, sent=sent, source="till")


@till.get(
    "/referral-codes/{code}", Scope.TILL_JOIN, "Is this a code of a member?", gives="CodeChecked",
    answer={"code": _CODE, "valid": True}, fails=("not_found", "programme_not_published"),
)  # fmt: skip
async def check_code(call: Call) -> Response:
    """However it is typed. Who the member is, is not told."""
    await _policy(call)
    code = canonical(call.path["code"])
    async with call.services.pool.connection() as conn:
        found = await find_codes(conn, [code])
        is_valid = code in found and not (await fetch_member(conn, found[code])).is_blocked
    return reply({"code": shown(code), "valid": is_valid})


@member.get(
    "/referral", Scope.MEMBER_READ, "My code, and the friends I brought", gives="OwnReferral", answer=_OWN,
    fails=("not_found", "programme_not_published"),
)  # fmt: skip
async def own_referral(call: Call) -> Response:
    """Friends are told by their state and dates alone, newest first: who they are is theirs to tell."""
    edition, policy = await _policy(call)
    async with call.services.pool.connection() as conn:
        await fetch_member(conn, call.member_id)
        code = shown(await ensure_code(conn, call.member_id))
        counts = await count_friends(conn, edition.id, call.member_id)
        friends = await list_friends(conn, edition.id, call.member_id)
        came = await find_referral(conn, edition.id, call.member_id)
    return reply({
        "code": code,
        "link": policy.link.replace("{code}", code) or None,
        "counts": {_said(state): count for state, count in sorted(counts.items())},
        "friends": [_for_member(row) for row in friends],
        "came": None if came is None else _for_member(came),
    })  # fmt: skip


@member.post(
    "/referral", Scope.MEMBER_REDEEM, "Bring the code of whoever brought me",
    sends="MemberReferralIn", example={"code": _CODE}, gives="Decision",
    answer=examples.decided("referral.claimed", referral={"state": "open"}), queries=(DRY_RUN,),
    fails=("invalid", "idempotency_mismatch", "programme_paused", "member_blocked", *_DECLINES),
)  # fmt: skip
async def bring_own_code(call: Call) -> Response:
    """Within the time after joining that the programme says, and before the first purchase."""
    _, data = split(call.body, Built.REFERRED.value)
    return await submit(call, Built.REFERRED.value, data, member_id=call.member_id, source="member")


@admin.get(
    "/referrals", Scope.ADMIN_MEMBERS_READ, "Who brought whom; what waits for review", gives="Referrals",
    answer={"referrals": [_HELD], "next": None}, queries=(STATE, *PAGE),
    fails=("invalid", "not_found", "programme_not_published"),
)  # fmt: skip
async def referrals(call: Call) -> Response:
    """`why` is for staff alone: what the friend and the referrer share, a ring, or too many friends at once."""
    edition, _ = await _policy(call)
    after = _after(call.query["cursor"])
    limit = call.query["limit"]
    async with call.services.pool.connection() as conn:
        rows = await list_referrals(conn, edition.id, call.query["state"], after=after, limit=limit + 1)
    more = write_cursor(rows[limit - 1].member_id.hex) if len(rows) > limit else None
    return reply({"referrals": [_for_staff(row) for row in rows[:limit]], "next": more})


@admin.get(
    "/members/{member}/referral", Scope.ADMIN_MEMBERS_READ, "How a member came, and whom they brought",
    gives="MemberReferrals", answer={"came": _HELD, "friends": []},
    fails=("invalid", "not_found", "programme_not_published"),
)  # fmt: skip
async def referrals_of(call: Call) -> Response:
    """With the reasons of what was held."""
    edition, _ = await _policy(call)
    member_id = (await fetch(call, path_member(call))).id
    async with call.services.pool.connection() as conn:
        came = await find_referral(conn, edition.id, member_id)
        friends = await list_friends(conn, edition.id, member_id)
    out = {"came": None if came is None else _for_staff(came), "friends": [_for_staff(row) for row in friends]}
    return reply(out)


@admin.post(
    "/members/{member}/referral/review", Scope.ADMIN_BALANCES_ADJUST, "Release or refuse a referral that is held",
    sends="ReferralReview", example={"action": "release", "reason": "A family with one tablet", "by": "Dewi"},
    gives="Decision", answer=examples.decided("referral.reviewed", referral={"state": "open"}), queries=(DRY_RUN,),
    fails=("invalid", "not_found", "idempotency_mismatch", "programme_paused", "referral_not_held"),
)  # fmt: skip
async def review(call: Call) -> Response:
    """Released, it goes on where it was; refused, it is over. Who did it and why stands in the book."""
    member_id = (await fetch(call, path_member(call))).id
    _, data = split(call.body, Built.REFERRAL_REVIEWED.value)
    return await submit(call, Built.REFERRAL_REVIEWED.value, data, member_id=member_id, source="admin")


async def _policy(call: Call) -> tuple[Edition, Referral]:
    """How members bring friends here; raises ``NotFound`` where they do not."""
    edition = await call.services.edition(call.programme)
    policy = version_at(edition, call.services.clock.now()).referral
    if policy is None:
        raise NotFound("referral", call.programme)
    return edition, policy


def _after(cursor: str | None) -> UUID | None:
    if not cursor:
        return None
    found = Problems()
    try:
        return UUID(hex=cursor)
    except ValueError:
        found.say("?cursor", "this is no cursor; send the 'next' of the page before, as it is", "bad_cursor")
    found.raise_any()
    return None


def _said(state: str) -> str:
    """A state as members read it: why something is looked at is for staff."""
    return {HELD: "under_review", REFUSED: "not_accepted", OPEN: "joined"}.get(state, state)


def _for_member(row: ReferralRow) -> Json:
    is_waiting = row.state == OPEN and row.due_at is not None
    until: dt.datetime | None = row.due_at if is_waiting else None
    return {
        "state": "waiting" if is_waiting else _said(row.state),
        "since": instant(row.claimed_at),
        "until": instant(until),
    }


def _for_staff(row: ReferralRow) -> dict[str, Any]:
    return {
        "member": public_id("mem", row.member_id),
        "referrer": public_id("mem", row.referrer_id),
        "state": row.state,
        "why": row.why,
        "claimed_at": instant(row.claimed_at),
        "due_at": instant(row.due_at),
        "settled_at": instant(row.settled_at),
    }
