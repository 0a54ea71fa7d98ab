"""What is sold and what comes back: quotes, purchases, returns, cancellations, and batches of anything."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from setia.api import examples
from setia.api.door import BULK, Call, Door
from setia.api.queries import DRY_RUN
from setia.api.reading import ENVELOPE, Problems, Read, read_activity, read_id, read_number_id, read_object, read_text
from setia.api.scopes import Scope
from setia.api.submitting import nobody, submit, submit_batch
from setia.api.writing import Json
from setia.programmes.model import Edition
from setia.values.codes import Built
from setia.values.faults import Problem

door = Door("/v1/till", "Till")

MOST_ITEMS: Final = 1_000
_NOT_AT_TILLS: Final = frozenset(
    (
        Built.ADJUST.value,
        Built.REVOKE.value,
        Built.POOL_CLOSED.value,
        Built.PLAN_FAILED.value,
        Built.PLAN_REFUNDED.value,
        Built.PLAN_DISPUTED.value,
        Built.CONTEST_REVIEWED.value,
        Built.JOINED.value,
        Built.UPDATED.value,
        Built.ERASED.value,
        Built.MERGED.value,
        Built.UNMERGED.value,
        Built.RERATED.value,
        Built.CARD_ISSUED.value,
        Built.CARD_OPENED.value,
        Built.CARD_BLOCKED.value,
        Built.CARD_UNBLOCKED.value,
        Built.CARD_REPLACED.value,
    )
)
_CODES: Final = ("voucher_unknown", "voucher_of_other_member", "voucher_revoked", "voucher_used", "voucher_expired",
                 "voucher_not_active", "voucher_reserved", "quantity_exceeded")  # fmt: skip
_WRITE: Final = ("invalid", "not_found", "idempotency_mismatch", "programme_paused", "occurred_in_future",
                 "occurred_too_long_ago", "programme_not_in_force", "member_blocked")  # fmt: skip


@door.post(
    "/quotes", Scope.TILL_QUOTE, "What would this purchase earn and cost?",
    sends="Quote", example=examples.QUOTE, gives="Decision",
    answer={**examples.DECISION, "activity": examples.ACTIVITY},
    fails=("invalid", "not_found", "programme_paused", "insufficient_balance", "reward_unknown"),
)  # fmt: skip
async def quote(call: Call) -> Response:
    """The very path of a purchase, recording nothing. `source` and `external_id` may be left out."""
    sent, data = split(call.body, "purchase.completed")
    return await submit(call, Built.PURCHASE.value, data, sent=sent, source="quote", dry_run=True)


@door.post(
    "/quotes/promise", Scope.TILL_PURCHASE, "Quote a purchase, and keep for it what it would draw on budgets",
    sends="Promise", example={**examples.QUOTE, "session": "cart-17", "lapses_after": 10}, gives="Decision",
    answer={**examples.decided("quote.promised"), "promise": {
        "session": "cart-17", "until": examples.Z, "reserved": [{"account": "budget:double-week", "steps": 120}],
    }},
    queries=(DRY_RUN,), fails=(*_WRITE, "insufficient_balance", "reward_unknown", "out_of_stock"),
)  # fmt: skip
async def promise(call: Call) -> Response:
    """The purchase that names the same `session` until then gets it, whatever others draw meanwhile.

    It lapses by itself; promising the same `session` again takes the place of what was promised before.
    """
    sent, data = split(call.body, Built.PROMISED.value)
    return await submit(call, Built.PROMISED.value, data, sent=sent, source="till")


@door.post(
    "/purchases", Scope.TILL_PURCHASE, "Take in a purchase",
    sends="Purchase", example=examples.PURCHASE, gives="Decision", answer=examples.DECISION, queries=(DRY_RUN,),
    fails=(*_WRITE, "insufficient_balance", "reward_unknown", "out_of_stock", "unit_cannot_pay", *_CODES,
           "choice_needed", "claim_by_itself", "quote_changed", "card_unknown",
           "card_blocked", "card_already_issued"),
)  # fmt: skip
async def purchase(call: Call) -> Response:
    """Counts once for each `source` and `external_id`; a higher `revision` replaces what was recorded.

    `vouchers` are used up with it; what lowers nothing stays unused. `expect_total` is the total that the buyer saw.
    Without a member, or with a contact that leads to nobody yet, it is kept (202) and can be claimed later.
    """
    sent, data = split(call.body, "purchase.completed")
    return await submit(call, Built.PURCHASE.value, data, sent=sent)


@door.post(
    "/returns", Scope.TILL_RETURN, "Take back all or a part of a purchase",
    sends="Return",
    example={"source": "till-7", "external_id": "B-10001", "of": {"source": "till-7", "external_id": "R-10001"},
             "lines": [{"id": "2", "quantity": 1}]},
    gives="Decision", answer=examples.decided("purchase.returned", changes={"points": {"pending": -20}}),
    queries=(DRY_RUN,),
    fails=(*_WRITE, "already_returned", "not_on_receipt", "refund_window_closed", "receipt_of_other_member"),
)  # fmt: skip
async def give_back(call: Call) -> Response:
    """Without `lines`: all that is left. A return whose purchase has not come yet waits for it (202)."""
    sent, data = split(call.body, "purchase.returned")
    return await submit(call, Built.RETURN.value, data, sent=sent)


@door.post(
    "/cancellations", Scope.TILL_RETURN, "Cancel a purchase, or a claimed reward",
    sends="Cancellation",
    example={"source": "till-7", "external_id": "C-10001", "of": {"source": "till-7", "external_id": "R-10001"}},
    gives="Decision", answer=examples.decided("purchase.cancelled", changes={"points": {"pending": -23}}),
    queries=(DRY_RUN,), fails=(*_WRITE, "already_returned", "voucher_unknown", "voucher_not_cancellable"),
)  # fmt: skip
async def cancel(call: Call) -> Response:
    """With `of`: the whole purchase, as if it had never been. With `voucher`: the claim, and its units come back."""
    kind = Built.UNCLAIM if isinstance(call.body, dict) and "voucher" in call.body else Built.CANCEL
    sent, data = split(call.body, kind.value)
    return await submit(call, kind.value, data, sent=sent, source="till")


@door.post(
    "/activities", Scope.TILL_ACTIVITIES, "Take in up to 1,000 activities of any kind",
    sends="Batch",
    example={
        "activities": [
            {"type": "purchase.completed", "member": {"card": "4000123412341234"}, "source": "till-7",
             "external_id": "R-10002", "occurred_at": examples.AT, "data": {"amount": "12.50"}},
            {"type": "purchase.returned", "source": "till-7", "external_id": "B-10002",
             "data": {"of": {"source": "till-7", "external_id": "R-10002"}}},
        ]
    },
    gives="BatchAnswer",
    answer={"counts": {"accepted": 1, "failed": 1},
            "answers": [{"index": 0, **examples.DECISION},
                        {"index": 1, "status": "failed",
                         "problem": {"type": "/problems/invalid", "title": "The request cannot be meant", "status": 422,
                                     "code": "invalid", "detail": "/type: 'type' is missing", "errors": []}}]},
    queries=(DRY_RUN,), fails=("invalid", "body_too_large", "idempotency_mismatch", "programme_paused"), size=BULK,
)  # fmt: skip
async def activities(call: Call) -> Response:
    """They are decided in their order, in one transaction; each has its own answer, and a bad one stops no other."""
    found = Problems()
    items = read_object(call.body, ("activities",), found).get("activities")
    if not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS:
        found.say("/activities", f"expected a list of 1 to {MOST_ITEMS:,} activities", "too_many")
    found.raise_any()
    assert isinstance(items, list)
    now = call.services.clock.now()
    return await submit_batch(
        call, items, lambda edition, number, item, problems: read_item(edition, number, item, problems, now)
    )


def split(body: Any, kind: str) -> tuple[Json, Json]:
    """The envelope and the rest of a flat body, with references as the engine wants them. Raises ``Invalid``."""
    found = Problems()
    if not isinstance(body, dict):
        read_object(body, (), found)
        found.raise_any()
    sent = {name: value for name, value in body.items() if name in ENVELOPE}
    data = inside(kind, {name: value for name, value in body.items() if name not in ENVELOPE}, "", found)
    found.raise_any()
    return sent, data


def inside(kind: str, data: Any, pointer: str, found: Problems) -> Any:
    """Public ids in the body of an activity become what the language knows: hexadecimal digits and numbers."""
    if not isinstance(data, dict):
        return data
    prefixes = {Built.COMMIT.value: ("hold", "hld"), Built.RELEASE.value: ("hold", "hld"),
                Built.TRANSFER.value: ("to", "mem"), Built.ADJUST.value: ("by_member", "mem"),
                Built.MERGED.value: ("with", "mem"), Built.UNMERGED.value: ("with", "mem"),
                Built.PLAN_PAID.value: ("invoice", "inv"), Built.PLAN_FAILED.value: ("invoice", "inv"),
                Built.PLAN_REFUNDED.value: ("invoice", "inv"),
                Built.CONTEST_WITHDRAWN.value: ("entry", "act"), Built.VOTED.value: ("entry", "act"),
                Built.UNVOTED.value: ("entry", "act"),
                Built.PLAN_DISPUTED.value: ("invoice", "inv")}  # fmt: skip
    if kind == Built.PLAN_PAID.value and "provider" in data:
        found.say(
            f"{pointer}/provider", "a payment that a provider took is told by the provider itself", "unknown_field"
        )
    name, prefix = prefixes.get(kind, ("", ""))
    if name in data:
        value: UUID | None = read_id(prefix, data[name], f"{pointer}/{name}", found)
        return {**data, name: value.hex if value else "0" * 32}
    if kind == Built.UNCLAIM.value and isinstance(data.get("voucher"), str):
        number = read_number_id("vch", data["voucher"], f"{pointer}/voucher", found)
        return {**data, "voucher": number or 1}
    return data


def read_item(edition: Edition, number: int, item: Any, found: Problems, now: Any) -> Read:
    """One activity of a batch: an envelope with its ``type``, and the rest under ``data``."""
    sent = read_object(item, ("type", "data", *ENVELOPE), found)
    kind = read_text(sent["type"], "/type", found) if "type" in sent else ""
    if sent and "type" not in sent:
        found.say("/type", "'type' is missing", "missing_field")
    if kind in _NOT_AT_TILLS:
        found.append(Problem("/type", f"'{kind}' is not for tills; the operator does it", "not_from_outside"))
    if found:
        return nobody()
    data = inside(kind, sent.get("data", {}), "/data", found)
    return read_activity(edition, kind, sent, data, found, now=now, data_pointer="/data")
