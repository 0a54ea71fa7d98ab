"""Gift cards at the till: codes for cards that are to be sold, and what is on a card."""

from __future__ import annotations

from starlette.responses import Response

from setia.api import gift_cards
from setia.api.door import Call, Door, reply
from setia.api.reading import Problems, read_object
from setia.api.scopes import Scope

door = Door("/v1/till", "Till")


@door.post(
    "/gift-cards/codes", Scope.TILL_PURCHASE, "Draw codes for gift cards that are to be sold",
    sends="CodesWanted", example={"count": 2}, gives="Codes",
    answer={"codes": [gift_cards.CODE, "M2W8-3FHK-TT9C-5XQB"]}, fails=("invalid",),
)  # fmt: skip
async def codes(call: Call) -> Response:
    """Nothing is kept: a code becomes a card when a purchase sells it. Whoever has the code has the money."""
    return gift_cards.draw(call)


@door.post(
    "/gift-cards/balance", Scope.TILL_IDENTIFY, "What is on a gift card?",
    sends="CardCode", example={"code": gift_cards.CODE}, gives="GiftCard", answer=gift_cards.ANSWER,
    fails=("invalid", "not_found"),
)  # fmt: skip
async def balance(call: Call) -> Response:
    """By its code, which stands in the body and not in an address that is written down somewhere."""
    found = Problems()
    sent = read_object(call.body, ("code",), found)
    found.raise_any()
    return reply(await gift_cards.card_json(call, await gift_cards.find(call, sent, found)))
