"""Gift cards as the API speaks of them: by their code, which opens them, or by an id, which only names them."""

from __future__ import annotations

import os
from typing import Final
from uuid import UUID

from starlette.responses import Response

from setia.api.door import Call, reply
from setia.api.reading import Problems, read_card_code, read_id, read_object
from setia.api.reads import look
from setia.api.submitting import submit
from setia.api.writing import Json, instant, money
from setia.flow.merges import find_home
from setia.members.store import find_member_ids
from setia.values.card_codes import FIRST_CARD, draw_code, is_card
from setia.values.faults import NotFound
from setia.values.ids import public_id
from setia.values.secret_codes import shown

MOST_CODES: Final = 100
CARD: Final = public_id("crd", FIRST_CARD)
CODE: Final = "7Q4M-9XT2-KB8R-WHJP"
ANSWER: Final = {
    "card": CARD, "last": "WHJP", "state": "live", "left": {"amount": "35.00", "currency": "USD"},
    "held": {"amount": "0.00", "currency": "USD"}, "expires_at": "2029-03-03T05:00:00Z",
}  # fmt: skip


def draw(call: Call) -> Response:
    """Fresh codes: nobody remembers them before money is on them."""
    found = Problems()
    count = read_object(call.body, ("count",), found).get("count", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= MOST_CODES:
        found.say("/count", f"expected a whole number from 1 to {MOST_CODES}", "out_of_range")
    found.raise_any()
    return reply({"codes": [shown(draw_code(os.urandom(32))) for _ in range(count)]})


async def find(call: Call, sent: Json, found: Problems) -> UUID:
    """The wallet of the card that a body names by ``code`` or by ``card``; raises ``Invalid`` or ``NotFound``."""
    if ("code" in sent) == ("card" in sent):
        found.say("", "name the card by its 'code', or by the 'card' id that answers name", "conflicting_fields")
        found.raise_any()
    if "card" in sent:
        wallet = read_id("crd", sent["card"], "/card", found)
        found.raise_any()
        assert wallet is not None
        if not is_card(wallet):
            raise NotFound("gift card", str(sent["card"]))
        return wallet
    known = read_card_code(sent["code"], "/code", found)
    found.raise_any()
    assert known is not None
    async with call.services.pool.connection() as conn:
        owners = await find_member_ids(conn, [known])
    if known not in owners:
        raise NotFound("gift card", "with this code")
    return owners[known]


async def card_json(call: Call, wallet: UUID) -> Json:
    """What is on a card, and whether it can be used; raises ``NotFound`` where there was never money on it."""
    picture = await look(call.services, call.programme, wallet)
    policy, card = picture.programme.gift_cards, picture.progress.card
    if policy is None or card is None:
        raise NotFound("gift card", "with this code")
    balance = picture.balance(policy.unit)
    ends = [at for lot in picture.lots if lot.unit == policy.unit and (at := lot.ends_by(picture.now)) is not None]
    return {
        "card": public_id("crd", wallet),
        "last": card["last"],
        "state": card["state"],
        "left": money(picture.programme, balance.spendable),
        "held": money(picture.programme, balance.held),
        "expires_at": instant(min(ends, default=None)),
    }


async def owned(call: Call, wallet: UUID) -> None:
    """Raise ``NotFound`` where the card is not a reward of the member who asks."""
    picture = await look(call.services, call.programme, wallet)
    owner = (picture.progress.card or {}).get("owner")
    if owner is not None:
        async with call.services.pool.connection() as conn:
            owner = (await find_home(conn, call.programme, UUID(hex=owner))).hex
    if owner != call.member_id.hex:
        raise NotFound("gift card", public_id("crd", wallet))


async def change(call: Call, kind: str, data: Json, wallet: UUID, source: str) -> Response:
    """Send an activity of the card's own wallet."""
    return await submit(call, kind, data, member_id=wallet, source=source)
