"""What members have in a programme, now and then, why, and corrections by hand."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from setia.api import examples
from setia.api.admin.members import fetch, path_member
from setia.api.door import Call, Door, reply
from setia.api.histories import explain_activity, explain_entry, history_page
from setia.api.member.routes import ENTRY, EXPLAINED
from setia.api.queries import AS_OF, DRY_RUN, KNOWN_AT, PAGE
from setia.api.reading import Problems, read_id, read_number_id, version_at, write_cursor
from setia.api.reads import find_edition, look
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.api.views import balances_json, holds_json, rewards_json, tier_json, vouchers_json
from setia.api.writing import decision_json, instant, units
from setia.flow.stored import fetch_activity, list_activities
from setia.ledger.store import fetch_balance_as_of
from setia.members.model import KINDS, Identifier, IdentifierError, identifier
from setia.members.store import find_member_ids
from setia.values.codes import Built
from setia.values.faults import NotFound

door = Door("/v1/admin/programmes/{programme}", "Admin")

_READ: Final = Scope.ADMIN_MEMBERS_READ
_FAILS: Final = ("invalid", "not_found", "programme_not_published")


@door.get(
    "/members/{member}", _READ, "A member in this programme", gives="Identified", answer=examples.IDENTIFIED,
    fails=_FAILS,
)  # fmt: skip
async def standing(call: Call) -> Response:
    """Tier, balances, holds, rewards and vouchers, as the till sees them."""
    picture = await look(call.services, call.programme, path_member(call))
    return reply({
        "member": {"id": call.path["member"], "name": picture.member.name, "is_blocked": picture.member.is_blocked,
                   "joined_at": instant(picture.member.joined_at)},
        "tier": tier_json(picture, call.language),
        "balances": balances_json(picture, call.language),
        "holds": holds_json(picture),
        "rewards": rewards_json(picture, call.language),
        "vouchers": vouchers_json(picture, picture.vouchers, call.language),
        "claimable": [],
    })  # fmt: skip


@door.get(
    "/members/{member}/balances", _READ, "What a member had, as of an instant", gives="BalanceAsOf",
    answer={"as_of": examples.Z, "known_at": examples.Z, "balances": [
        {name: value for name, value in examples.BALANCE.items() if name not in ("activating", "expiring", "worth")}
    ]},
    queries=(AS_OF, KNOWN_AT), fails=_FAILS,
)  # fmt: skip
async def balances(call: Call) -> Response:
    """`as_of`: at which instant (now); `known_at`: by what the book knew at which instant (now)."""
    member_id = (await fetch(call, path_member(call))).id
    now = call.services.clock.now()
    as_of, known_at = call.query["as_of"] or now, call.query["known_at"] or now
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        running = version_at(edition, now)
        found = {
            unit: await fetch_balance_as_of(conn, edition.id, member_id, unit, as_of=as_of, known_at=known_at)
            for unit in running.units
        }
    rows = [
        {"unit": unit, "spendable": units(running, unit, max(b.spendable, 0)),
         "available": units(running, unit, b.available), "pending": units(running, unit, b.pending),
         "held": units(running, unit, b.held), "debt": units(running, unit, -b.debt)}
        for unit, b in found.items()
    ]  # fmt: skip
    return reply({"as_of": instant(as_of), "known_at": instant(known_at), "balances": rows})


@door.get(
    "/members/{member}/history", _READ, "A member's entries", gives="History",
    answer={"entries": [ENTRY], "next": None}, queries=PAGE, fails=_FAILS,
)  # fmt: skip
async def history(call: Call) -> Response:
    """Newest first, each with its reason in words."""
    member_id = (await fetch(call, path_member(call))).id
    return reply(await history_page(call, member_id, call.programme))


@door.get(
    "/members/{member}/history/{entry}/explanation", _READ, "Why an entry is as it is", gives="EntryExplained",
    answer=EXPLAINED, fails=_FAILS,
)  # fmt: skip
async def explanation(call: Call) -> Response:
    """Version, rule, inputs, arithmetic, rounding, limits, and the rules that did not fire."""
    found = Problems()
    number = read_number_id("ent", call.path["entry"], "{entry}", found)
    found.raise_any()
    return reply(await explain_entry(call, path_member(call), call.programme, number))


@door.get(
    "/members/{member}/activities", _READ, "A member's activities", gives="Activities",
    answer={"activities": [examples.DECISION], "next": None}, queries=PAGE, fails=_FAILS,
)  # fmt: skip
async def activities(call: Call) -> Response:
    """Newest first, the clock's too, each with what it came to."""
    member_id = (await fetch(call, path_member(call))).id
    before, limit = _before(call.query["cursor"]), call.query["limit"]
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        rows = await list_activities(conn, edition.id, member_id, before=before, limit=limit + 1)
    more = write_cursor(str(rows[limit - 1][0].no)) if len(rows) > limit else None
    page = [decision_json(edition, decision, call.language) for _, decision in rows[:limit]]
    return reply({"activities": page, "next": more})


@door.get(
    "/activities/{activity}", _READ, "One activity", gives="Activity",
    answer={"decision": examples.DECISION, "body": {"lines": []}}, fails=_FAILS,
)  # fmt: skip
async def activity(call: Call) -> Response:
    """What came in (money in minor units, quantities × 1000), and what it came to."""
    activity_id = _activity(call)
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        try:
            row, decision = await fetch_activity(conn, edition.id, activity_id)
        except NotFound:
            raise NotFound("activity", call.path["activity"]) from None
    return reply({"decision": decision_json(edition, decision, call.language), "body": row.activity.body})


@door.get(
    "/activities/{activity}/explanation", _READ, "Why an activity came to what it came to", gives="ActivityExplained",
    answer={"activity": examples.ACTIVITY, "explanation": EXPLAINED["explanation"]}, fails=_FAILS,
)  # fmt: skip
async def activity_explanation(call: Call) -> Response:
    """All rules that were looked at, in the order of the file."""
    return reply(await explain_activity(call, call.programme, _activity(call)))


@door.post(
    "/adjustments", Scope.ADMIN_BALANCES_ADJUST, "Correct a balance by hand",
    sends="Adjustment",
    example={"member": examples.MEMBER, "unit": "points", "amount": 50, "reason": "late delivery", "by": "dewi"},
    gives="Decision", answer=examples.decided("balance.adjusted", changes={"points": {"available": 50}}),
    queries=(DRY_RUN,),
    fails=(
        *_FAILS, "self_credit", "approval_needed", "insufficient_balance", "idempotency_mismatch", "programme_paused",
    ),
)  # fmt: skip
async def adjust(call: Call) -> Response:
    """With a reason and whoever does it; above the limit of the programme a second person approves it."""
    sent, data = split(call.body, Built.ADJUST.value)
    if "by" not in data:
        data = {**data, "by": call.key.name}
    if "by_member" not in data and isinstance(data["by"], str):
        who = await _member_called(call, data["by"])
        data = data if who is None else {**data, "by_member": who.hex}
    return await submit(call, Built.ADJUST.value, data, sent=sent, source="admin")


async def _member_called(call: Call, name: str) -> UUID | None:
    """The member that whoever adjusts is, where they are called by an identifier of one."""
    wanted: list[Identifier] = []
    for kind in KINDS:
        with suppress(IdentifierError):
            wanted.append(identifier(kind, name))
    async with call.services.pool.connection() as conn:
        return next(iter((await find_member_ids(conn, wanted)).values()), None)


def _activity(call: Call) -> Any:
    found = Problems()
    activity_id = read_id("act", call.path["activity"], "{activity}", found)
    found.raise_any()
    return activity_id


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 9:
        found = Problems()
        found.say("?cursor", "this is no cursor; send the 'next' of the page before, as it is", "bad_cursor")
        found.raise_any()
    return int(cursor)
