"""What a member's app asks. The key names the member, so no address does."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from setia.api import examples, gift_cards
from setia.api.boards import board_json
from setia.api.door import Call, Door, reply
from setia.api.goals import avatars_json, badges_json, challenges_json
from setia.api.histories import explain_entry, history_page
from setia.api.pages import page_json
from setia.api.queries import DRY_RUN, PAGE
from setia.api.reading import Problems, read_number_id, read_object
from setia.api.reads import look
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.till.sales import split
from setia.api.views import (
    balances_json,
    holds_json,
    levels_json,
    member_json,
    rewards_json,
    tier_json,
    vouchers_json,
)
from setia.api.writing import instant
from setia.rules.in_force import in_force
from setia.values.codes import Built

door = Door("/v1/member", "Member")

_READ: Final = ("not_found", "programme_not_published")
SOURCE: Final = "member"

ENTRY: Final = {
    "id": "ent_42",
    "kind": "earned_pending",
    "unit": "points",
    "title": "points",
    "amount": 23,
    "moved": 23,
    "from": "issued",
    "to": "pending",
    "reason": "Points for every dollar, usable from 2026-11-16",
    "rule": "earn",
    "at": examples.Z,
    "recorded_at": examples.Z,
    "activates_at": "2026-11-16T14:30:00Z",
    "expires_at": "2027-06-01T04:00:00Z",
    "lot": "ent_42",
    "activity": {
        "id": examples.ACTIVITY,
        "type": "purchase.completed",
        "source": "till-7",
        "external_id": "R-10001",
        "occurred_at": examples.Z,
    },
}
CHALLENGE: Final = {
    "challenge": "autumn", "title": "The autumn challenge", "state": "open",
    "goals": [{"step": "taste", "title": "Three different orders", "at": {"amount": 2}, "target": {"amount": 3},
               "is_reached": False}],
    "done": 0, "can_repeat": False, "joined_at": examples.Z, "from": None, "until": "2026-12-02T05:00:00Z",
}  # fmt: skip
AVATAR: Final = {"avatar": "owl", "title": "The owl", "picture": "https://shop.example/owl.svg"}
_PLACE: Final = {"rank": 1, "nickname": "Kopi Susu", "avatar": AVATAR, "score": examples.usd("120.00"), "is_me": False}
BOARD: Final = {
    "leaderboard": "month", "title": "This month", "is_shown": True, "since": "2026-11-01", "until": "2026-12-01",
    "best": [_PLACE], "around": [{**_PLACE, "rank": 17, "nickname": "Teh Tarik", "is_me": True}], "rank": 17,
}  # fmt: skip
BADGE: Final = {"badge": "explorer", "title": "Explorer", "is_held": False, "since": None}
EXPLAINED: Final = {
    "entry": ENTRY,
    "explanation": {
        "text": ["Purchase R-10001, decided by version 1", "earn: purchase.eligible * tier.rate = 23.75 * 1 = 23.75"],
        "version": 1,
        "rules": [],
        "differs": [],
    },
}


@door.get(
    "/balance", Scope.MEMBER_READ, "What do I have?", gives="Balances",
    answer={"as_of": examples.Z, "balances": [examples.BALANCE], "holds": []}, fails=_READ,
)  # fmt: skip
async def balance(call: Call) -> Response:
    """Each unit: spendable, pending and until when, held, owed, and what expires when, to the instant."""
    picture = await look(call.services, call.programme, call.member_id)
    balances, holds = balances_json(picture, call.language), holds_json(picture)
    return reply({"as_of": instant(picture.now), "balances": balances, "holds": holds})


@door.get(
    "/history", Scope.MEMBER_READ, "What happened to my points?", gives="History",
    answer={"entries": [ENTRY], "next": "NDI"}, queries=PAGE, fails=("invalid", *_READ),
)  # fmt: skip
async def history(call: Call) -> Response:
    """Newest first, each entry with its reason in words."""
    return reply(await history_page(call, call.member_id, call.programme))


@door.get(
    "/history/{entry}/explanation", Scope.MEMBER_READ, "Why did I get this?", gives="EntryExplained",
    answer=EXPLAINED, fails=("invalid", *_READ),
)  # fmt: skip
async def explanation(call: Call) -> Response:
    """Version, rule, inputs, arithmetic, rounding, limits, and the rules that did not fire."""
    found = Problems()
    number = read_number_id("ent", call.path["entry"], "{entry}", found)
    found.raise_any()
    return reply(await explain_entry(call, call.member_id, call.programme, number))


@door.get(
    "/tiers", Scope.MEMBER_READ, "Where do I stand?", gives="Tiers",
    answer={"tier": examples.TIER, "levels": [{"level": "bronze", "title": "bronze", "from": examples.usd("0.00"),
                                               "benefits": examples.TIER["benefits"]}]},
    fails=_READ,
)  # fmt: skip
async def tiers(call: Call) -> Response:
    """The level, until when it is kept, what is missing to keep it and for the next one; and all levels."""
    picture = await look(call.services, call.programme, call.member_id)
    return reply({"tier": tier_json(picture, call.language), "levels": levels_json(picture, call.language)})


@door.get(
    "/rewards", Scope.MEMBER_READ, "What can I get?", gives="Rewards", answer={"rewards": [examples.REWARD]},
    fails=_READ,
)  # fmt: skip
async def rewards(call: Call) -> Response:
    """What can be claimed now comes first; the others say why not and what is missing."""
    picture = await look(call.services, call.programme, call.member_id)
    return reply({"rewards": rewards_json(picture, call.language)})


@door.post(
    "/redemptions", Scope.MEMBER_REDEEM, "Claim a reward",
    sends="MemberRedemption", example={"reward": "five-off", "quantity": 1}, gives="Decision",
    answer=examples.decided(
        "reward.claimed", spent=[{"unit": "points", "amount": 500, "for": "reward:five-off"}],
        rewards=[examples.VOUCHER], changes={"points": {"available": -500}},
    ),
    queries=(DRY_RUN,),
    fails=("invalid", "idempotency_mismatch", "programme_paused", "member_blocked", "reward_unknown",
           "reward_not_eligible", "reward_limit_reached", "out_of_stock", "insufficient_balance"),
)  # fmt: skip
async def redeem(call: Call) -> Response:
    """The units are taken and the voucher is handed over, both or neither."""
    _, data = split(call.body, Built.CLAIM.value)
    return await submit(call, Built.CLAIM.value, data, member_id=call.member_id, source=SOURCE)


@door.post(
    "/exchanges", Scope.MEMBER_REDEEM, "Exchange units for others",
    sends="Exchange", example={"exchange": "to-the-airline", "amount": 2000}, gives="Decision",
    answer=examples.decided("units.exchanged", changes={"points": {"available": -2000}, "miles": {"available": 1000}}),
    queries=(DRY_RUN,),
    fails=("invalid", "idempotency_mismatch", "programme_paused", "member_blocked", "exchange_unknown",
           "exchange_amount_wrong", "exchange_limit_reached", "partner_cannot_burn", "insufficient_balance"),
)  # fmt: skip
async def exchange(call: Call) -> Response:
    """So many for so many, of the programme's units or for a partner's own; the answer says what was `exchanged`."""
    _, data = split(call.body, Built.EXCHANGE.value)
    return await submit(call, Built.EXCHANGE.value, data, member_id=call.member_id, source=SOURCE)


@door.post(
    "/gift-cards", Scope.MEMBER_REDEEM, "Put what is on a gift card into my wallet",
    sends="CardCode", example={"code": gift_cards.CODE}, gives="Decision",
    answer=examples.decided("card.attached", changes={"card_money": {"available": "35.00"}}), queries=(DRY_RUN,),
    fails=("invalid", "idempotency_mismatch", "programme_paused", "member_blocked", "card_unknown", "card_blocked",
           "insufficient_balance"),
)  # fmt: skip
async def attach(call: Call) -> Response:
    """All of it, with its dates; from then on the wallet pays, and the card is empty."""
    found = Problems()
    sent = read_object(call.body, ("code",), found)
    found.raise_any()
    data = {"gift_card": sent["code"]} if "code" in sent else {}
    return await submit(call, Built.CARD_ATTACHED.value, data, member_id=call.member_id, source=SOURCE)


@door.get(
    "/gift-cards", Scope.MEMBER_READ, "Which gift cards did I get as rewards?", gives="GiftCards",
    answer={"gift_cards": [gift_cards.ANSWER]}, fails=_READ,
)  # fmt: skip
async def cards(call: Call) -> Response:
    """Newest first, with what is on each; one whose `last` is empty waits for its code."""
    picture = await look(call.services, call.programme, call.member_id)
    mine = [voucher.card for voucher in picture.vouchers if voucher.card is not None]
    return reply({"gift_cards": [await gift_cards.card_json(call, card) for card in mine]})


@door.post(
    "/gift-cards/codes", Scope.MEMBER_REDEEM, "Draw a code for a gift card that I got",
    sends="CodesWanted", example={"count": 1}, gives="Codes", answer={"codes": [gift_cards.CODE]}, fails=("invalid",),
)  # fmt: skip
async def codes(call: Call) -> Response:
    """Nothing is kept: keep it before you open a card with it, for nobody can show it again."""
    return gift_cards.draw(call)


@door.post(
    "/gift-cards/open", Scope.MEMBER_REDEEM, "Give a gift card that I got its code",
    sends="OpenCard", example={"card": gift_cards.CARD, "code": gift_cards.CODE}, gives="Decision",
    answer=examples.decided("card.opened"), queries=(DRY_RUN,),
    fails=("invalid", "not_found", "idempotency_mismatch", "programme_paused", "card_unknown", "card_already_issued"),
)  # fmt: skip
async def open_card(call: Call) -> Response:
    """Once: from then on whoever has the code has the money. Sent again with its key it is answered as before."""
    found = Problems()
    sent = read_object(call.body, ("card", "code"), found)
    found.raise_any()
    wallet = await gift_cards.find(call, {name: sent[name] for name in ("card",) if name in sent}, found)
    await gift_cards.owned(call, wallet)
    data = {"gift_card": sent["code"]} if "code" in sent else {}
    return await gift_cards.change(call, Built.CARD_OPENED.value, data, wallet, SOURCE)


@door.get(
    "/vouchers", Scope.MEMBER_READ, "Which rewards do I hold?", gives="Vouchers",
    answer={"vouchers": [{**examples.VOUCHER, "gives": examples.REWARD["gives"], "cost": {"points": 500}}]},
    fails=_READ,
)  # fmt: skip
async def vouchers(call: Call) -> Response:
    """Newest first, with their state and last day."""
    picture = await look(call.services, call.programme, call.member_id)
    return reply({"vouchers": vouchers_json(picture, picture.vouchers, call.language)})


@door.get(
    "/pages/{page}", Scope.MEMBER_READ, "What are the terms, and how does it work?", gives="Page",
    answer={"page": "how", "language": "en", "version": 3, "effective_at": examples.Z, "title": "How it works",
            "markdown": "# How it works", "html": "<!DOCTYPE html>"},
    fails=_READ,
)  # fmt: skip
async def page(call: Call) -> Response:
    """`terms`, `faq` or `how`, written from the version that holds for the member, in the language asked for."""
    picture = await look(call.services, call.programme, call.member_id)
    version = in_force(picture.edition.versions, picture.now, picture.progress) or picture.edition.versions[0]
    return reply(page_json(version, call.path["page"], call.language))


@door.get(
    "/challenges", Scope.MEMBER_READ, "What can I reach?", gives="Challenges",
    answer={"challenges": [CHALLENGE], "badges": [BADGE]}, fails=_READ,
)  # fmt: skip
async def challenges(call: Call) -> Response:
    """How far each goal is, until when, how often it was reached; and the badges that can be collected."""
    picture = await look(call.services, call.programme, call.member_id)
    return reply({"challenges": challenges_json(picture, call.language), "badges": badges_json(picture, call.language)})


@door.post(
    "/challenges", Scope.MEMBER_REDEEM, "Join a challenge",
    sends="ChallengeJoin", example={"challenge": "autumn"}, gives="Decision",
    answer=examples.decided("challenge.joined"), queries=(DRY_RUN,),
    fails=("invalid", "idempotency_mismatch", "programme_paused", "member_blocked", "challenge_unknown",
           "challenge_closed", "challenge_joined_already"),
)  # fmt: skip
async def join_challenge(call: Call) -> Response:
    """What happens from now on counts for it."""
    _, data = split(call.body, Built.CHALLENGE_JOINED.value)
    return await submit(call, Built.CHALLENGE_JOINED.value, data, member_id=call.member_id, source=SOURCE)


@door.get(
    "/avatars", Scope.MEMBER_READ, "What can I be shown by?", gives="Avatars",
    answer={"avatars": [{**AVATAR, "badge": "explorer", "can_choose": True, "is_worn": False}]}, fails=_READ,
)  # fmt: skip
async def avatars(call: Call) -> Response:
    """All avatars of the programme: those that can be chosen now, what the others need, and which one is worn."""
    picture = await look(call.services, call.programme, call.member_id)
    return reply({"avatars": avatars_json(picture, call.language)})


@door.post(
    "/avatar", Scope.MEMBER_REDEEM, "Choose an avatar",
    sends="AvatarChoice", example={"avatar": "owl"}, gives="Decision", answer=examples.decided("avatar.chosen"),
    queries=(DRY_RUN,),
    fails=("invalid", "idempotency_mismatch", "programme_paused", "member_blocked", "avatar_unknown", "avatar_locked"),
)  # fmt: skip
async def choose_avatar(call: Call) -> Response:
    """It is shown beside the nickname on leaderboards. Without `avatar` nothing is."""
    _, data = split(call.body, Built.AVATAR_CHOSEN.value)
    return await submit(call, Built.AVATAR_CHOSEN.value, data, member_id=call.member_id, source=SOURCE)


@door.get(
    "/leaderboards", Scope.MEMBER_READ, "Who is ahead?", gives="Leaderboards", answer={"leaderboards": [BOARD]},
    fails=_READ,
)  # fmt: skip
async def leaderboards(call: Call) -> Response:
    """The best of each leaderboard and those around the member, by the names they chose; only of who agreed."""
    picture = await look(call.services, call.programme, call.member_id)
    async with call.services.pool.connection() as conn:
        found = [
            await board_json(conn, picture, board, call.language) for board in picture.programme.leaderboards.values()
        ]
    return reply({"leaderboards": found})


@door.get(
    "/profile", Scope.MEMBER_READ, "Who am I here?", gives="MemberProfile", answer=examples.PROFILE, fails=_READ,
)  # fmt: skip
async def profile(call: Call) -> Response:
    """What is kept about the member."""
    picture = await look(call.services, call.programme, call.member_id)
    return reply(member_json(picture.member))
