"""Gift cards for the operator: cards of the house, lost cards, and their replacements."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from setia.api import examples, gift_cards
from setia.api.door import Call, Door, reply
from setia.api.queries import DRY_RUN
from setia.api.reading import Problems, read_card_code, read_object
from setia.api.scopes import Scope
from setia.api.writing import Json
from setia.values.card_codes import card_id
from setia.values.codes import Built

door = Door("/v1/admin/programmes/{programme}", "Admin")

_FAILS: Final = ("invalid", "not_found", "programme_not_published", "idempotency_mismatch", "programme_paused")
_NAMED: Final = {"code": gift_cards.CODE, "reason": "lost on the bus"}


@door.post(
    "/gift-cards/codes", Scope.ADMIN_BALANCES_ADJUST, "Draw codes for gift cards",
    sends="CodesWanted", example={"count": 1}, gives="Codes", answer={"codes": [gift_cards.CODE]}, fails=("invalid",),
)  # fmt: skip
async def codes(call: Call) -> Response:
    """Nothing is kept: a code becomes a card when it is issued."""
    return gift_cards.draw(call)


@door.post(
    "/gift-cards", Scope.ADMIN_BALANCES_ADJUST, "Issue a gift card without a sale",
    sends="IssueCard", example={"code": gift_cards.CODE, "amount": "25.00", "reason": "an apology"}, gives="Decision",
    answer=examples.decided("card.issued", changes={"card_money": {"available": "25.00"}}), queries=(DRY_RUN,),
    fails=(*_FAILS, "card_already_issued"),
)  # fmt: skip
async def issue(call: Call) -> Response:
    """A gift of the house, or a card of an earlier system; sold cards come with their purchase."""
    found = Problems()
    sent = read_object(call.body, ("code", "amount", "reason", "by"), found)
    known = read_card_code(sent.get("code"), "/code", found)
    found.raise_any()
    assert known is not None
    data: Json = {"gift_card" if name == "code" else name: value for name, value in sent.items()}
    data.setdefault("by", call.key.name)
    return await gift_cards.change(call, Built.CARD_ISSUED.value, data, card_id(known.value), "admin")


@door.post(
    "/gift-cards/balance", Scope.ADMIN_MEMBERS_READ, "What is on a gift card?",
    sends="CardNamed", example={"card": gift_cards.CARD}, gives="GiftCard", answer=gift_cards.ANSWER,
    fails=("invalid", "not_found", "programme_not_published"),
)  # fmt: skip
async def balance(call: Call) -> Response:
    """By its code, or by the id that a purchase's answer gives it."""
    found = Problems()
    sent = read_object(call.body, ("code", "card"), found)
    found.raise_any()
    return reply(await gift_cards.card_json(call, await gift_cards.find(call, sent, found)))


@door.post(
    "/gift-cards/block", Scope.ADMIN_BALANCES_ADJUST, "Block a lost gift card",
    sends="CardChange", example=_NAMED, gives="Decision", answer=examples.decided("card.blocked"),
    queries=(DRY_RUN,), fails=(*_FAILS, "card_unknown"),
)  # fmt: skip
async def block(call: Call) -> Response:
    """It pays nothing from now on; what is on it stays there, and a refund still finds it."""
    return await _change(call, Built.CARD_BLOCKED.value, ("reason",))


@door.post(
    "/gift-cards/unblock", Scope.ADMIN_BALANCES_ADJUST, "Let a blocked gift card pay again",
    sends="CardChange", example=_NAMED, gives="Decision", answer=examples.decided("card.unblocked"),
    queries=(DRY_RUN,), fails=(*_FAILS, "card_unknown"),
)  # fmt: skip
async def unblock(call: Call) -> Response:
    """It was found again."""
    return await _change(call, Built.CARD_UNBLOCKED.value, ("reason",))


@door.post(
    "/gift-cards/replace", Scope.ADMIN_BALANCES_ADJUST, "Give a gift card a new code",
    sends="ReplaceCard", example={"card": gift_cards.CARD, "by_code": "M2W8-3FHK-TT9C-5XQB", "reason": "lost"},
    gives="Decision", answer=examples.decided("card.replaced"), queries=(DRY_RUN,),
    fails=(*_FAILS, "card_unknown", "card_already_issued"),
)  # fmt: skip
async def replace(call: Call) -> Response:
    """The new code opens the card's wallet and the old one nothing; refunds to the lost card are on the new one."""
    return await _change(call, Built.CARD_REPLACED.value, ("reason", "by_code"))


async def _change(call: Call, kind: str, names: tuple[str, ...]) -> Response:
    found = Problems()
    sent = read_object(call.body, ("code", "card", *names), found)
    found.raise_any()
    wallet = await gift_cards.find(call, sent, found)
    data = {"gift_card" if name == "by_code" else name: sent[name] for name in names if name in sent}
    return await gift_cards.change(call, kind, data, wallet, "admin")
