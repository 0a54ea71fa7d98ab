"""Two accounts of one person: made one, and for a time two again."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from setia.api import examples
from setia.api.admin.members import path_member
from setia.api.door import Call, Door
from setia.api.queries import DRY_RUN
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.values.codes import Built

door = Door("/v1/admin/programmes/{programme}", "Admin")

_OTHER: Final = "mem_01k9q3v7m8e2r6t0x4b5c6d7f8"
_FAILS: Final = ("invalid", "not_found", "programme_not_published", "idempotency_mismatch", "programme_paused",
                 "member_blocked")  # fmt: skip
_MERGED: Final = {
    "other": _OTHER, "until": "2026-12-02T10:00:00Z",
    "tier": {"before": "silver", "level": "gold", "until": "2027-01-01T05:00:00Z"},
    "lots": [{"unit": "points", "amount": 80, "expires_at": "2027-06-01T04:00:00Z"}], "vouchers": [],
    "duplicates": [{"rule": "welcome", "unit": "points", "amount": 20, "taken_back": 0}],
}  # fmt: skip


@door.post(
    "/members/{member}/merge", Scope.ADMIN_MEMBERS_WRITE, "Take another account of the same person into this one",
    sends="MergeIn", example={"with": _OTHER, "reason": "two cards, one person", "duplicates": "flag"},
    gives="Decision", answer=examples.decided("member.merged", merged=_MERGED), queries=(DRY_RUN,),
    fails=(*_FAILS, "merge_not_possible", "merged_already", "plan_in_the_way"),
)  # fmt: skip
async def merge(call: Call) -> Response:
    """With `dry_run` it tells what would happen: lots, level, and bonuses that both had. These are told (`flag`), or
    taken out of what is left of the other's (`reverse`). All that led to the other one leads here; for 30 days it can
    be undone."""
    return await _send(call, Built.MERGED)


@door.post(
    "/members/{member}/unmerge", Scope.ADMIN_MEMBERS_WRITE, "Part two accounts that were merged",
    sends="UnmergeIn", example={"with": _OTHER, "reason": "mother and daughter"}, gives="Decision",
    answer=examples.decided("member.unmerged", parted={"other": _OTHER, "tier": "silver"}), queries=(DRY_RUN,),
    fails=(*_FAILS, "not_merged", "unmerge_window_closed"),
)  # fmt: skip
async def unmerge(call: Call) -> Response:
    """What is left of the other's lots and vouchers goes back, counts and level are their own again; what came in
    since stays here, and what was spent stays spent."""
    return await _send(call, Built.UNMERGED)


async def _send(call: Call, kind: Built) -> Response:
    sent, data = split(call.body, kind.value)
    data = {"by": call.key.name, **data}
    return await submit(call, kind.value, data, sent=sent, member_id=path_member(call), source="admin")
