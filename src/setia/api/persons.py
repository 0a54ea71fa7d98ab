"""What people may ask of us about themselves: all that is kept, and that it be erased."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.responses import Response

from setia.api import examples, problems
from setia.api.admin.members import path_member
from setia.api.door import Call, Door, problem, reply
from setia.api.reading import Problems, read_object, read_text
from setia.api.scopes import Scope
from setia.flow.erasing import KEEP, WHAT_BECOMES
from setia.flow.erasure import StillBound, erase
from setia.flow.export import export_member
from setia.language.body_values import kind_of
from setia.values.faults import NotFound
from setia.values.ids import public_id

admin = Door("/v1/admin", "Admin")
member = Door("/v1/member", "Member")

_FAILS: Final = ("invalid", "not_found", "plan_in_the_way", "programme_paused")
_ERASED: Final = {"member": examples.MEMBER, "rows": 41, "marks": 2}
_EXPORT: Final = {"member": {"name": "Siti Rahma"}, "identifiers": [{"kind": "card", "value": "4000123412341234"}]}


@admin.get(
    "/members/{member}/export", Scope.ADMIN_MEMBERS_READ, "All that is kept about a member", gives="Export",
    answer=_EXPORT, fails=("invalid", "not_found"),
)  # fmt: skip
async def export(call: Call) -> Response:
    """The rows of every table as they are kept, activities and entries of all programmes among them."""
    return await _export(call, path_member(call))


@member.get(
    "/export", Scope.MEMBER_READ, "All that is kept about me", gives="Export", answer=_EXPORT, fails=("not_found",)
)
async def own_export(call: Call) -> Response:
    """The same document that the operator can have."""
    return await _export(call, call.member_id)


@admin.post(
    "/members/{member}/erasure", Scope.ADMIN_MEMBERS_ERASE, "Erase who a member is",
    sends="ErasureIn", example={"confirm": examples.MEMBER, "points": "keep", "by": "dewi"}, gives="Erased",
    answer=_ERASED, fails=_FAILS,
)  # fmt: skip
async def erasure(call: Call) -> Response:
    """For good: name, addresses, cards, and what people wrote. Amounts stay, and nobody can tell whose they are.

    `confirm` repeats the member's id. `points`: `keep` (they end when they would have ended) or `forfeit`. Sent again
    it finds nothing left to do.
    """
    return await _erase(call, path_member(call), is_staff=True)


@member.post(
    "/erasure", Scope.MEMBER_ERASE, "Forget me",
    sends="OwnErasureIn", example={"confirm": examples.MEMBER}, gives="Erased", answer=_ERASED, fails=_FAILS,
)  # fmt: skip
async def own_erasure(call: Call) -> Response:
    """At once and for good. `confirm` repeats the member's own id; points are kept until they end, for nobody."""
    return await _erase(call, call.member_id, is_staff=False)


async def _export(call: Call, member_id: UUID) -> Response:
    async with call.services.pool.connection() as conn:
        try:
            return reply(await export_member(conn, member_id))
        except NotFound:
            raise NotFound("member", public_id("mem", member_id)) from None


async def _erase(call: Call, member_id: UUID, *, is_staff: bool) -> Response:
    found = Problems()
    sent = read_object(call.body, ("confirm", "points", "by") if is_staff else ("confirm",), found)
    if sent.get("confirm") != public_id("mem", member_id):
        found.say("/confirm", "an erasure cannot be undone: repeat the member's id here", "bad_choice")
    points = sent.get("points", KEEP)
    if points not in WHAT_BECOMES:
        found.say("/points", f"expected keep or forfeit, found {kind_of(points)}", "bad_choice")
    by = read_text(sent["by"], "/by", found) if "by" in sent else call.key.name if is_staff else ""
    found.raise_any()
    pepper = call.services.settings.erasure_pepper
    try:
        done = await erase(
            call.services.engine, member_id, points=points, by=by,
            pepper=b"" if pepper is None else pepper.get_secret_value().encode(),
        )  # fmt: skip
    except StillBound as bound:
        return problem(
            problems.document("plan_in_the_way", str(bound), language=call.language, data={"plan": bound.plan})
        )
    except NotFound:
        raise NotFound("member", public_id("mem", member_id)) from None
    return reply({"member": public_id("mem", done.member_id), "rows": done.rows, "marks": done.marks})
