"""Units that pay: holds in two steps, and rewards that are claimed at the counter."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door
from setia.api.queries import DRY_RUN
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.values.codes import Built
from setia.values.faults import Invalid, Problem

door = Door("/v1/till", "Till")

_WRITE: Final = ("invalid", "not_found", "idempotency_mismatch", "programme_paused", "member_blocked")
_SETTLED: Final = ("hold_unknown", "already_committed", "already_released", "hold_lapsed", "hold_declined")
SOURCE: Final = "till"


@door.post(
    "/holds", Scope.TILL_HOLD, "Set units aside for a payment",
    sends="Hold", example={"member": {"card": "4000123412341234"}, "unit": "points", "amount": 100}, gives="Decision",
    answer=examples.decided("hold.placed", hold={"id": examples.HOLD, "lapses_at": examples.Z},
                            changes={"points": {"available": -100, "held": 100}}),
    queries=(DRY_RUN,), fails=(*_WRITE, "insufficient_balance"),
)  # fmt: skip
async def hold(call: Call) -> Response:
    """Held units cannot be spent otherwise; the hold lapses by itself at `hold.lapses_at` unless it is settled."""
    sent, data = split(call.body, Built.HOLD.value)
    return await submit(call, Built.HOLD.value, data, sent=sent, source=SOURCE)


@door.post(
    "/holds/{hold}/commit", Scope.TILL_HOLD, "Spend a hold, all or a part of it",
    sends="Commit", example={"member": {"card": "4000123412341234"}, "amount": 60}, gives="Decision",
    answer=examples.decided("hold.committed", changes={"points": {"available": 40, "held": -100}}),
    queries=(DRY_RUN,), fails=(*_WRITE, *_SETTLED, "hold_exceeded"),
)  # fmt: skip
async def commit(call: Call) -> Response:
    """Without `amount` all of it. What is not spent is free at once; a hold is settled once."""
    sent, data = split(_with_hold(call), Built.COMMIT.value)
    return await submit(call, Built.COMMIT.value, data, sent=sent, source=SOURCE)


@door.post(
    "/holds/{hold}/release", Scope.TILL_HOLD, "Let a hold go",
    sends="Release", example={"member": {"card": "4000123412341234"}}, gives="Decision",
    answer=examples.decided("hold.released", changes={"points": {"available": 100, "held": -100}}),
    queries=(DRY_RUN,), fails=(*_WRITE, *_SETTLED),
)  # fmt: skip
async def release(call: Call) -> Response:
    """All of it is free again."""
    sent, data = split(_with_hold(call), Built.RELEASE.value)
    return await submit(call, Built.RELEASE.value, data, sent=sent, source=SOURCE)


@door.post(
    "/redemptions", Scope.TILL_REDEEM, "Claim a reward for units",
    sends="Redemption", example={"member": {"card": "4000123412341234"}, "reward": "five-off"}, gives="Decision",
    answer=examples.decided(
        "reward.claimed", spent=[{"unit": "points", "amount": 500, "for": "reward:five-off"}],
        rewards=[examples.VOUCHER], changes={"points": {"available": -500}},
    ),
    queries=(DRY_RUN,),
    fails=(*_WRITE, "reward_unknown", "reward_not_eligible", "reward_limit_reached", "out_of_stock",
           "insufficient_balance"),
)  # fmt: skip
async def redeem(call: Call) -> Response:
    """The units are taken and the voucher is handed over, both or neither."""
    sent, data = split(call.body, Built.CLAIM.value)
    return await submit(call, Built.CLAIM.value, data, sent=sent, source=SOURCE)


def _with_hold(call: Call) -> Any:
    """The body with the hold of the address in it; one that names a hold itself is left to be refused."""
    if not isinstance(call.body, dict):
        return call.body
    if "hold" in call.body:
        raise Invalid([Problem("/hold", "the address names the hold; leave it out of the body", "conflicting_fields")])
    return {**call.body, "hold": call.path["hold"]}
