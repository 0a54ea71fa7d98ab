"""Vouchers and codes at the till: look one up, set it aside for a cart, use it without a purchase."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, reply
from setia.api.finding import find_code
from setia.api.queries import DRY_RUN
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.values.codes import Built

door = Door("/v1/till", "Till")

_CODES: Final = ("voucher_unknown", "voucher_of_other_member", "voucher_revoked", "voucher_used", "voucher_expired",
                 "voucher_not_active", "voucher_reserved", "quantity_exceeded")  # fmt: skip
_WRITE: Final = ("invalid", "not_found", "idempotency_mismatch", "programme_paused", "member_blocked")
SOURCE: Final = "till"
_CARD: Final = {"card": "4000123412341234"}


@door.get(
    "/vouchers/{code}", Scope.TILL_REDEEM, "What is this code?", gives="CodeFound",
    answer={"code": "KQ4M9XT22RWB", "kind": "voucher", "reward": "five-off", "title": "5 dollars off",
            "gives": examples.REWARD["gives"], "usable": True, "why_not": None, "member": examples.MEMBER,
            "state": "issued", "activates_at": None, "valid_until": "2027-01-02T05:00:00Z", "left": 1},
    fails=("not_found",),
)  # fmt: skip
async def look_up(call: Call) -> Response:
    """Whose it is, what it gives, whether it can be used now. Letters and digits count, however they are grouped."""
    return reply(await find_code(call.services, call.programme, call.path["code"], call.language))


@door.post(
    "/vouchers/reserve", Scope.TILL_REDEEM, "Set codes aside for a cart",
    sends="Reservation", example={"member": _CARD, "codes": ["SUMMER10"], "session": "cart-17", "lapses_after": 20},
    gives="Decision",
    answer=examples.decided("voucher.reserved", reserved={"codes": ["SUMMER10"], "until": examples.Z}),
    queries=(DRY_RUN,), fails=(*_WRITE, *_CODES),
)  # fmt: skip
async def reserve(call: Call) -> Response:
    """All of them or none. They lapse by themselves; the same `session` never takes a second piece of a code."""
    sent, data = split(call.body, Built.RESERVE.value)
    return await submit(call, Built.RESERVE.value, data, sent=sent, source=SOURCE)


@door.post(
    "/vouchers/release", Scope.TILL_REDEEM, "Let go of what a cart has reserved",
    sends="Unreservation", example={"member": _CARD, "codes": ["SUMMER10"], "session": "cart-17"}, gives="Decision",
    answer=examples.decided("voucher.released", released=["SUMMER10"]), queries=(DRY_RUN,), fails=_WRITE,
)  # fmt: skip
async def release(call: Call) -> Response:
    """What has lapsed, or was never reserved, is let go of as well."""
    sent, data = split(call.body, Built.UNRESERVE.value)
    return await submit(call, Built.UNRESERVE.value, data, sent=sent, source=SOURCE)


@door.post(
    "/vouchers/use", Scope.TILL_REDEEM, "Use vouchers without a purchase",
    sends="VouchersUsed", example={"member": _CARD, "vouchers": ["KQ4M-9XT2-2RWB"]}, gives="Decision",
    answer=examples.decided("voucher.used", vouchers=[
        {"code": "KQ4M9XT22RWB", "reward": "five-off", "is_used": True, "amount": examples.usd("0.00")}
    ]),
    queries=(DRY_RUN,), fails=(*_WRITE, *_CODES, "choice_needed", "reward_not_eligible", "reward_limit_reached"),
)  # fmt: skip
async def use(call: Call) -> Response:
    """A seat that is taken, a gift that is handed over. What lowers a purchase is sent with the purchase instead."""
    sent, data = split(call.body, Built.USE.value)
    return await submit(call, Built.USE.value, data, sent=sent, source=SOURCE)
