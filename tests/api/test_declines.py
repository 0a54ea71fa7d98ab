"""Every decline there is, provoked through the API: its status, its words, its facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from setia.api.kinds import DECLINES
from setia.api.scopes import Audience
from setia.api.writing import decision_json
from setia.flow.handle import Incoming
from setia.flow.work import Decision
from setia.plumbing.clock import FixedClock
from setia.values.card_codes import draw_code
from setia.values.codes import DeclineCode
from setia.values.ids import parse_public_id
from setia.values.secret_codes import shown
from tests.api.conftest import START, Api

CARD = {"card": "CARD1"}
CARDS = "/programmes/shop/gift-cards"
RECEIPT = {"source": "till-1", "external_id": "R"}
Provoke = Callable[[Api], Awaitable[httpx.Response]]


async def _at(api: Api, when: dt.timedelta) -> httpx.Response:
    return await api.buy(CARD, "1", occurred_at=(START + when).isoformat())


async def _block(api: Api) -> httpx.Response:
    found = (await api.till("/members/identify", CARD)).json()
    await api.admin("PATCH", f"/members/{found['member']['id']}", {"is_blocked": True})
    return await api.buy(CARD, "1")


async def _pause(api: Api) -> httpx.Response:
    await api.admin("POST", "/programmes/shop/pause")
    return await api.buy(CARD, "1")


async def _return(api: Api, lines: list[Any] | None = None, **more: Any) -> httpx.Response:
    body: dict[str, Any] = {"source": "till-1", "external_id": f"B{api.count}", "of": RECEIPT, **more}
    api.count += 1
    return await api.till("/returns", body if lines is None else body | {"lines": lines})


async def _of_other(api: Api) -> httpx.Response:
    await api.buy(CARD, "10", "R")
    await api.join()
    return await _return(api, member={"card": f"CARD{api.count}"})


async def _of_other_partner(api: Api) -> httpx.Response:
    await api.buy(CARD, "10", "R", partner="garage")
    return await _return(api, partner="hotel")


async def _returned(api: Api) -> httpx.Response:
    await api.buy(CARD, "10", "R")
    await _return(api)
    return await _return(api)


async def _too_late(api: Api) -> httpx.Response:
    await api.buy(CARD, "10", "R")
    api.clock.advance(dt.timedelta(days=31))
    return await _return(api)


async def _not_on_it(api: Api) -> httpx.Response:
    await api.buy(CARD, "10", "R")
    return await _return(api, [{"id": "9", "quantity": 1}])


async def _guest(api: Api) -> httpx.Response:
    await api.buy({"email": "x@example.com"}, "10", "R")
    api.clock.advance(dt.timedelta(days=15))
    return await api.till("/claims", {"member": CARD, "of": RECEIPT})


async def _hold(api: Api, *then: tuple[str, Any], wait: int = 0, amount: int = 10) -> httpx.Response:
    held = await api.till("/holds", {"member": CARD, "unit": "points", "amount": amount})
    hold = (held.json().get("hold") or held.json()["decision"]["hold"])["id"]
    api.clock.advance(dt.timedelta(minutes=wait))
    answer = held
    for what, more in then:
        answer = await api.till(f"/holds/{hold}/{what}", {"member": CARD, **more})
    return answer


async def _nobodys_hold(api: Api) -> httpx.Response:
    return await api.till("/holds/hld_00000000000000000000000000/release", {"member": CARD})


async def _claim(api: Api, reward: str, quantity: int = 1, spent: str = "0") -> httpx.Response:
    if spent != "0":
        await api.buy(CARD, spent)
    return await api.till("/redemptions", {"member": CARD, "reward": reward, "quantity": quantity})


async def _twice(api: Api) -> httpx.Response:
    await _claim(api, "treat")
    return await _claim(api, "treat")


async def _no_voucher(api: Api) -> httpx.Response:
    return await api.till("/cancellations", {"member": CARD, "voucher": "vch_99"})


async def _given_voucher(api: Api) -> httpx.Response:
    await api.buy(CARD, "1200")  # makes silver, and silver gives a gift
    vouchers = (await api.member("/vouchers")).json()["vouchers"]
    return await api.till("/cancellations", {"member": CARD, "voucher": vouchers[0]["id"]})


async def _send(api: Api, unit: str, amount: int) -> httpx.Response:
    other = (await api.till("/members", {"card": "OTHER"})).json()["member"]["id"]
    item = {"type": "balance.transferred", "member": CARD, "source": "app", "external_id": "T",
            "data": {"unit": unit, "amount": amount, "to": other}}  # fmt: skip
    return await api.till("/activities", {"activities": [item]})


async def _choose(api: Api, avatar: str) -> httpx.Response:
    return await api.call("member", "POST", "/v1/member/avatar", {"avatar": avatar})


async def _join(api: Api, *challenges: str) -> httpx.Response:
    answers = [
        await api.call("member", "POST", "/v1/member/challenges", {"challenge": challenge}) for challenge in challenges
    ]
    return answers[-1]


async def _pool(api: Api) -> httpx.Response:
    member = (await api.till("/members/identify", CARD)).json()["member"]["id"]
    closed = Incoming("pool.closed", "ops", "P", parse_public_id("mem", member), None, {"pool": "cobrand"})
    answer = (await api.services.engine.handle("shop", [closed]))[0]
    assert isinstance(answer, Decision)
    edition = await api.services.edition("shop")
    return httpx.Response(200, json={"answers": [decision_json(edition, answer)]})


async def _code(api: Api) -> str:
    code: str = (await api.member("/referral")).json()["code"]
    return code


async def _bring(api: Api, *, days: int = 0, times: int = 1, own: bool = False, **about: Any) -> httpx.Response:
    """A new member brings the code of the first one."""
    await api.till("/members", {"card": "OTHER", **about})
    if not own:
        await api.key(Audience.MEMBER, "member", programme="shop", member_id=await _id(api, "OTHER"))
    code, friend = await _code(api), {"card": "OTHER" if own else "CARD1"}
    api.clock.advance(dt.timedelta(days=days))
    for _ in range(times - 1):
        await api.till("/referrals", {"member": friend, "code": code})
    return await api.till("/referrals", {"member": friend, "code": code})


async def _id(api: Api, card: str) -> UUID:
    found = (await api.till("/members/identify", {"card": card})).json()
    return parse_public_id("mem", found["member"]["id"])


async def _own_code(api: Api) -> httpx.Response:
    return await api.till("/referrals", {"member": CARD, "code": await _code(api)})


async def _review(api: Api) -> httpx.Response:
    member = (await api.till("/members/identify", CARD)).json()["member"]["id"]
    body = {"action": "refuse", "reason": "nobody there", "by": "dewi"}
    return await api.admin("POST", f"/programmes/shop/members/{member}/referral/review", body)


async def _adjust(api: Api) -> httpx.Response:
    body = {"member": CARD, "unit": "points", "amount": 501, "reason": "goodwill", "by": "dewi", "approved_by": "Dewi"}
    return await api.admin("POST", "/programmes/shop/adjustments", body)


async def _give_oneself(api: Api) -> httpx.Response:
    body = {"member": CARD, "unit": "points", "amount": 1, "reason": "goodwill", "by": CARD["card"].lower()}
    return await api.admin("POST", "/programmes/shop/adjustments", body | {"approved_by": "rahmat"})


async def _use(api: Api, *codes: Any, spent: str = "10", **more: Any) -> httpx.Response:
    return await api.buy(CARD, spent, vouchers=list(codes), **more)


async def _voucher(api: Api, reward: str = "treat") -> str:
    claimed = (await _claim(api, reward)).json()
    code: str = claimed["rewards"][0]["code"]
    return code


async def _of_somebody(api: Api) -> httpx.Response:
    code = await _voucher(api)
    await api.join()
    return await api.buy({"card": f"CARD{api.count}"}, "10", vouchers=[code])


async def _revoked(api: Api) -> httpx.Response:
    member = (await api.till("/members/identify", CARD)).json()["member"]["id"]
    code = await _voucher(api)
    number = (await api.member("/vouchers")).json()["vouchers"][0]["id"]
    revoked = await api.admin("POST", f"/programmes/shop/members/{member}/vouchers/{number}/revoke", {"reason": "x"})
    assert revoked.json()["rewards"][0]["state"] == "revoked"
    return await _use(api, code)


async def _used(api: Api) -> httpx.Response:
    code = await _voucher(api)
    body = {"member": CARD, "vouchers": [code]}
    assert (await api.till("/vouchers/use", body)).json()["vouchers"][0]["is_used"]
    return await api.till("/vouchers/use", body)


async def _reserved(api: Api) -> httpx.Response:
    code = await _voucher(api)
    held = await api.till("/vouchers/reserve", {"member": CARD, "codes": [code], "session": "phone"})
    assert held.json()["reserved"]["codes"] == [code.replace("-", "")]
    return await _use(api, code)


async def _exceeded(api: Api) -> httpx.Response:
    assert (await _use(api, "once-10")).json()["totals"]["total"]["amount"] == "9.00"
    return await _use(api, "ONCE10")


async def _changed(api: Api) -> httpx.Response:
    await _use(api, "ONCE10")
    return await _use(api, "ONCE10", expect_total="9.00")


CODE = shown(draw_code(b"a card of the tests"))
OTHER = shown(draw_code(b"another card"))


async def _card(api: Api, *then: tuple[str, Any]) -> httpx.Response:
    answer = await api.admin("POST", f"{CARDS}", {"code": CODE, "amount": 20, "reason": "a gift"})
    for path, body in then:
        answer = await api.admin("POST", f"{CARDS}{path}", body)
    return answer


async def _blocked_card(api: Api) -> httpx.Response:
    await _card(api, ("/block", {"code": CODE, "reason": "lost"}))
    return await api.buy(CARD, "10", gift_cards=[CODE])


async def _bought_by_a_card(api: Api) -> httpx.Response:
    await _card(api)
    return await api.buy({"gift_card": CODE}, "10")


async def _exchange(api: Api, exchange: str, amount: int) -> httpx.Response:
    body = {"exchange": exchange, "amount": amount}
    return await api.call("member", "POST", "/v1/member/exchanges", body)


async def _donate(api: Api, cause: str, amount: int = 5) -> httpx.Response:
    return await api.till("/donations", {"member": CARD, "cause": cause, "amount": amount})


async def _undo_donation(api: Api) -> httpx.Response:
    undo = {"type": "donation.cancelled", "member": CARD, "source": "app", "external_id": "Y",
            "data": {"of": {"source": "app", "external_id": "none"}}}  # fmt: skip
    return await api.till("/activities", {"activities": [undo]})


async def _undo_paid_out(api: Api) -> httpx.Response:
    await api.buy(CARD, "100")
    await _donate(api, "school")
    await api.admin("POST", "/programmes/shop/causes/school/payouts", {})
    return await api.call("member", "POST", "/v1/member/donations/2026-000001/cancel", {})


async def _undo_exchange(api: Api) -> httpx.Response:
    item = {"type": "units.exchanged", "member": CARD, "source": "app", "external_id": "X",
            "data": {"exchange": "to-later", "amount": 10}}  # fmt: skip
    await api.till("/activities", {"activities": [item]})
    undo = {"type": "exchange.cancelled", "member": CARD, "source": "app", "external_id": "Y",
            "data": {"of": {"source": "app", "external_id": "X"}}}  # fmt: skip
    return await api.till("/activities", {"activities": [undo]})


async def _adjust_hotel(api: Api) -> httpx.Response:
    body = {"member": CARD, "unit": "points", "amount": 5, "reason": "goodwill", "by": "dewi", "partner": "hotel"}
    return await api.admin("POST", "/programmes/shop/adjustments", body)


async def _play(api: Api, game: str, times: int = 1, **more: Any) -> httpx.Response:
    for _ in range(times - 1):
        await api.call("member", "POST", "/v1/member/plays", {"game": game, **more})
    return await api.call("member", "POST", "/v1/member/plays", {"game": game, **more})


async def _limit(api: Api, **body: Any) -> httpx.Response:
    return await api.call("member", "POST", "/v1/member/play-limits", body)


async def _excluded(api: Api) -> httpx.Response:
    await _limit(api, until="2027-12-31")
    return await _play(api, "wheel")


async def _shortened(api: Api) -> httpx.Response:
    await _limit(api, until="2027-12-31")
    return await _limit(api, until="2027-12-30")


async def _own_limit(api: Api) -> httpx.Response:
    await _limit(api, limit={"times": 1, "per": "day"})
    return await _play(api, "wheel", 2)


async def _as_member(api: Api) -> httpx.Response:
    token = "visitor-0123456789"
    api.clock.advance(dt.timedelta(minutes=1))
    body = {"visitor": token, "address": "203.0.113.7", "game": "wheel"}
    assert (await api.till("/visitors/plays", body)).status_code == 202
    return await api.till("/visitors/claims", {"visitor": token, "member": CARD})


async def _show(api: Api, contest: str, fields: dict[str, str] | None = None, *, times: int = 1) -> httpx.Response:
    """The answer to the last of several entries."""
    sent = {"fields": {"caption": "Sunday"} if fields is None else fields}
    for _ in range(times - 1):
        await api.call("member", "POST", f"/v1/member/contests/{contest}/entries", sent)
    return await api.call("member", "POST", f"/v1/member/contests/{contest}/entries", sent)


async def _entry(api: Api) -> str:
    return str((await _show(api, "photos")).json()["contest"]["entry"])


async def _approve(api: Api, entry: str) -> httpx.Response:
    path = f"/programmes/shop/contests/photos/entries/{entry}/review"
    return await api.admin("POST", path, {"verdict": "approve"})


async def _not_seen(api: Api) -> httpx.Response:
    entry = await _entry(api)
    await api.join()
    return await api.call("member", "POST", f"/v1/member/contests/photos/entries/{entry}/vote")


async def _full_contest(api: Api) -> httpx.Response:
    await _show(api, "photos", times=2)
    await api.join()
    return await _show(api, "photos", times=2)


async def _voted(api: Api, *methods: str, is_own: bool = False) -> httpx.Response:
    entry = await _entry(api)
    await _approve(api, entry)
    if not is_own:
        await api.join()
    for method in methods[:-1]:
        await api.call("member", method, f"/v1/member/contests/photos/entries/{entry}/vote")
    return await api.call("member", (methods or ("POST",))[-1], f"/v1/member/contests/photos/entries/{entry}/vote")


async def _reviewed_twice(api: Api) -> httpx.Response:
    entry = await _entry(api)
    await _approve(api, entry)
    return await _approve(api, entry)


async def _enter(api: Api, draw: str, tickets: int = 1) -> httpx.Response:
    return await api.call("member", "POST", "/v1/member/entries", {"draw": draw, "tickets": tickets})


def _plan(*steps: tuple[str, dict[str, Any]]) -> Provoke:
    """What the last of several steps of a plan comes to."""

    async def provoke(api: Api) -> httpx.Response:
        answer: httpx.Response | None = None
        for name, body in steps:
            if name == "refund":
                who = (await api.till("/members/identify", CARD)).json()["member"]["id"]
                answer = await api.admin("POST", f"/programmes/shop/members/{who}/plan/refund", body)
            else:
                answer = await api.till(f"/plans/{name}", {"member": CARD, **body})
        assert answer is not None
        return answer

    return provoke


async def _erase_with_plan(api: Api) -> httpx.Response:
    await _plan(*_BEGUN)(api)
    who = (await api.till("/members/identify", CARD)).json()["member"]["id"]
    return await api.admin("POST", f"/members/{who}/erasure", {"confirm": who})


async def _merging(api: Api, *steps: str | int) -> httpx.Response:
    """What the last of some steps comes to: a verb, and the numbers of two members each."""
    members = [(await api.till("/members/identify", CARD)).json()["member"]["id"], await api.join(), await api.join()]
    answer: httpx.Response | None = None
    for verb, one, other in zip(steps[::3], steps[1::3], steps[2::3], strict=True):
        body = {"with": members[int(other) - 1], "reason": "one person"}
        answer = await api.admin("POST", f"/programmes/shop/members/{members[int(one) - 1]}/{verb}", body)
    assert answer is not None
    return answer


async def _part_too_late(api: Api) -> httpx.Response:
    mine, theirs = (await api.till("/members/identify", CARD)).json()["member"]["id"], await api.join()
    body = {"with": theirs, "reason": "one person"}
    assert (await api.admin("POST", f"/programmes/shop/members/{mine}/merge", body)).status_code == 200
    assert isinstance(api.clock, FixedClock)
    api.clock.set(api.clock.now() + dt.timedelta(days=31))
    return await api.admin("POST", f"/programmes/shop/members/{mine}/unmerge", body)


_BEGUN: tuple[tuple[str, dict[str, Any]], ...] = (("start", {"plan": "plus", "every": "month"}), ("pay", {}))
CASES: dict[DeclineCode, tuple[Provoke, str]] = {
    DeclineCode.PROGRAMME_NOT_IN_FORCE: (lambda a: _at(a, dt.timedelta(days=-31)), "takes effect at"),
    DeclineCode.OCCURRED_IN_FUTURE: (lambda a: _at(a, dt.timedelta(hours=1)), "at the latest"),
    DeclineCode.OCCURRED_TOO_LONG_AGO: (lambda a: _at(a, dt.timedelta(days=-21)), "20 days"),
    DeclineCode.PROGRAMME_PAUSED: (_pause, "is paused"),
    DeclineCode.MEMBER_BLOCKED: (_block, "unblock"),
    DeclineCode.RECEIPT_OF_OTHER_MEMBER: (_of_other, "another member"),
    DeclineCode.RECEIPT_OF_OTHER_PARTNER: (_of_other_partner, "the partner 'garage'"),
    DeclineCode.ALREADY_RETURNED: (_returned, "returned before"),
    DeclineCode.REFUND_WINDOW_CLOSED: (_too_late, "could be returned until"),
    DeclineCode.NOT_ON_RECEIPT: (_not_on_it, "'9' is not on the receipt"),
    DeclineCode.CLAIM_WINDOW_CLOSED: (_guest, "could be claimed until"),
    DeclineCode.REFERRAL_CODE_UNKNOWN: (
        lambda a: a.till("/referrals", {"member": CARD, "code": "kq4m-9xt2"}),
        "no member has the code 'KQ4M9XT2'",
    ),
    DeclineCode.REFERRER_NOT_PERMITTED_TO_REDEEM: (_own_code, "the member's own code"),
    DeclineCode.REFERRER_NOT_ELIGIBLE: (
        lambda a: _bring(a, attributes={"household_size": 13}),
        "cannot bring friends",
    ),
    DeclineCode.REFERRAL_ALREADY_CLAIMED: (lambda a: _bring(a, times=2), "each comes by one"),
    DeclineCode.REFERRAL_WINDOW_CLOSED: (lambda a: _bring(a, days=12), "could be brought until"),
    DeclineCode.REFERRAL_NOT_HELD: (_review, "nothing is held"),
    DeclineCode.HOLD_UNKNOWN: (_nobodys_hold, "no such hold"),
    DeclineCode.ALREADY_COMMITTED: (lambda a: _hold(a, ("commit", {}), ("release", {})), "committed before"),
    DeclineCode.ALREADY_RELEASED: (lambda a: _hold(a, ("release", {}), ("commit", {})), "released before"),
    DeclineCode.HOLD_LAPSED: (lambda a: _hold(a, ("commit", {}), wait=16), "lapsed"),
    DeclineCode.HOLD_DECLINED: (lambda a: _hold(a, ("commit", {}), amount=999), "declined when"),
    DeclineCode.HOLD_EXCEEDED: (
        lambda a: _hold(a, ("commit", {"unit": "points", "amount": 11})),
        "at most what is held",
    ),
    DeclineCode.REWARD_UNKNOWN: (lambda a: _claim(a, "gift"), "no reward 'gift'"),
    DeclineCode.REWARD_NOT_ELIGIBLE: (lambda a: _claim(a, "family-box"), "member.household_size >= 3"),
    DeclineCode.REWARD_LIMIT_REACHED: (_twice, "0 more of reward 'treat'"),
    DeclineCode.PASS_NEEDED: (lambda a: _claim(a, "pair"), "in the line of 'pair'"),
    DeclineCode.OUT_OF_STOCK: (lambda a: _claim(a, "mug", 3, "400"), "not in stock"),
    DeclineCode.CLAIM_BY_ITSELF: (
        lambda a: a.buy(CARD, "10", claims=[{"reward": "credit"}]),
        "claim it by itself",
    ),
    DeclineCode.VOUCHER_OF_OTHER_MEMBER: (_of_somebody, "another member's"),
    DeclineCode.VOUCHER_REVOKED: (_revoked, "was taken back"),
    DeclineCode.VOUCHER_USED: (_used, "was used before"),
    DeclineCode.VOUCHER_EXPIRED: (lambda a: _use(a, "PAST"), "until 2026-03-01"),
    DeclineCode.VOUCHER_NOT_ACTIVE: (lambda a: _use(a, "SEASON"), "from 2026-04-01"),
    DeclineCode.VOUCHER_RESERVED: (_reserved, "another cart"),
    DeclineCode.CHOICE_NEEDED: (lambda a: a.buy(CARD, "10", claims=[{"reward": "either"}]), "one of mug, treat"),
    DeclineCode.QUANTITY_EXCEEDED: (_exceeded, "of the code ONCE10 0 can be used"),
    DeclineCode.QUOTE_CHANGED: (_changed, "it is 10.00 USD now"),
    DeclineCode.VOUCHER_UNKNOWN: (_no_voucher, "vch_99"),
    DeclineCode.VOUCHER_NOT_CANCELLABLE: (_given_voucher, "given by a rule"),
    DeclineCode.GAME_UNKNOWN: (lambda a: _play(a, "roulette"), "no game 'roulette'"),
    DeclineCode.GAME_NOT_ELIGIBLE: (lambda a: _play(a, "club"), "member.household_size >= 3"),
    DeclineCode.EXCLUDED_FROM_PLAY: (_excluded, "2027-12-31"),
    DeclineCode.OWN_LIMIT_REACHED: (_own_limit, "1 times a day"),
    DeclineCode.EXCLUSION_NOT_SHORTENED: (_shortened, "2027-12-31 or later"),
    DeclineCode.PLAY_LIMIT_REACHED: (lambda a: _play(a, "wheel", 3), "2 times (day)"),
    DeclineCode.PLAYED_TOO_SOON: (lambda a: _play(a, "card", 2), "played again at"),
    DeclineCode.PLAYED_BEFORE_AS_MEMBER: (_as_member, "for who joins afterwards"),
    DeclineCode.DRAW_UNKNOWN: (lambda a: _enter(a, "autumn"), "no draw 'autumn'"),
    DeclineCode.DRAW_NOT_OPEN: (lambda a: _enter(a, "spring"), "until 2026-02-28"),
    DeclineCode.DRAW_NOT_ELIGIBLE: (lambda a: _enter(a, "family"), "member.household_size >= 3"),
    DeclineCode.DRAW_LIMIT_REACHED: (lambda a: _enter(a, "summer", 6), "5 more tickets"),
    DeclineCode.CONTEST_UNKNOWN: (lambda a: _show(a, "poems"), "no contest 'poems'"),
    DeclineCode.CONTEST_ENTRY_UNKNOWN: (_not_seen, "has no entry act_"),
    DeclineCode.CONTEST_NOT_OPEN: (lambda a: _show(a, "past", {}), "until 2026-02-28"),
    DeclineCode.CONTEST_NOT_ELIGIBLE: (lambda a: _show(a, "family"), "member.household_size >= 3"),
    DeclineCode.CONTEST_LIMIT_REACHED: (lambda a: _show(a, "photos", times=3), "allows 2 entries"),
    DeclineCode.CONTEST_FULL: (_full_contest, "all 3 entries"),
    DeclineCode.CONTEST_OWN_ENTRY: (lambda a: _voted(a, is_own=True), "own entry"),
    DeclineCode.CONTEST_VOTED_ALREADY: (lambda a: _voted(a, "POST", "POST"), "has voted for act_"),
    DeclineCode.CONTEST_NOT_VOTED: (lambda a: _voted(a, "DELETE"), "no vote for act_"),
    DeclineCode.CONTEST_REVIEWED_ALREADY: (_reviewed_twice, "is shown"),
    DeclineCode.AVATAR_UNKNOWN: (lambda a: _choose(a, "dragon"), "no avatar 'dragon'"),
    DeclineCode.AVATAR_LOCKED: (lambda a: _choose(a, "owl"), "avatar 'owl'"),
    DeclineCode.CHALLENGE_UNKNOWN: (lambda a: _join(a, "three-reviews"), "no challenge 'three-reviews'"),
    DeclineCode.CHALLENGE_CLOSED: (lambda a: _join(a, "next-year"), "open from 2027-01-01"),
    DeclineCode.CHALLENGE_JOINED_ALREADY: (lambda a: _join(a, "two-reviews", "two-reviews"), "was joined at"),
    DeclineCode.UNIT_CANNOT_PAY: (lambda a: a.buy(CARD, "10", spend={"later": 1}), "later cannot pay"),
    DeclineCode.CARD_UNKNOWN: (lambda a: a.buy(CARD, "10", gift_cards=[OTHER]), f"…{OTHER[-4:]}"),
    DeclineCode.CARD_BLOCKED: (_blocked_card, "unblock or replace"),
    DeclineCode.CARD_AMOUNT_WRONG: (lambda a: _claim(a, "any-card", 4, "400"), "5.00 USD to 500.00 USD"),
    DeclineCode.CARD_ALREADY_ISSUED: (
        lambda a: _card(a, ("", {"code": CODE, "amount": 20, "reason": "again"})),
        "draw a fresh code",
    ),
    DeclineCode.CARD_IS_NO_MEMBER: (_bought_by_a_card, "for members"),
    DeclineCode.CAUSE_UNKNOWN: (lambda a: _donate(a, "whales"), "no cause 'whales'"),
    DeclineCode.CAUSE_CLOSED: (lambda a: _donate(a, "past"), "takes no gifts at that time"),
    DeclineCode.CAUSE_NOT_ELIGIBLE: (lambda a: _donate(a, "others"), "member.tenure_days >= 100"),
    DeclineCode.DONATION_AMOUNT_WRONG: (lambda a: _donate(a, "tens", 15), "in steps of 10, and at least 20"),
    DeclineCode.DONATION_UNKNOWN: (_undo_donation, "nothing was given under 'none'"),
    DeclineCode.ALREADY_PAID_OUT: (_undo_paid_out, "2026-000001 was paid out"),
    DeclineCode.EXCHANGE_UNKNOWN: (lambda a: _exchange(a, "to-the-moon", 1), "no exchange 'to-the-moon'"),
    DeclineCode.EXCHANGE_AMOUNT_WRONG: (lambda a: _exchange(a, "to-later", 11), "in steps of 10"),
    DeclineCode.EXCHANGE_LIMIT_REACHED: (lambda a: _exchange(a, "to-later", 60), "50 points can still be exchanged"),
    DeclineCode.EXCHANGE_NOT_CANCELLABLE: (_undo_exchange, "too late"),
    DeclineCode.PARTNER_CANNOT_EARN: (_adjust_hotel, "not earned with 'hotel'"),
    DeclineCode.PARTNER_CANNOT_BURN: (
        lambda a: a.buy(CARD, "10", spend={"points": 5}, partner="garage"),
        "cannot be spent with 'garage'",
    ),
    DeclineCode.TRANSFER_NOT_ALLOWED: (lambda a: _send(a, "later", 1), "cannot be sent"),
    DeclineCode.TRANSFER_LIMIT_REACHED: (lambda a: _send(a, "points", 51), "50 points can still be moved"),
    DeclineCode.POOL_UNKNOWN: (_pool, "no unit of the programme has a pool 'cobrand'"),
    DeclineCode.PLAN_UNKNOWN: (_plan(("start", {"plan": "plus", "every": "week"})), "cannot be paid by 'week'"),
    DeclineCode.PLAN_CLOSED: (_plan(("start", {"plan": "old"})), "nobody can start plan 'old'"),
    DeclineCode.MERGE_NOT_POSSIBLE: (lambda a: _merging(a, "merge", 1, 1), "one and the same member"),
    DeclineCode.MERGED_ALREADY: (lambda a: _merging(a, "merge", 1, 2, "merge", 3, 2), "is part of mem_"),
    DeclineCode.NOT_MERGED: (lambda a: _merging(a, "unmerge", 1, 2), "not part of this one"),
    DeclineCode.UNMERGE_WINDOW_CLOSED: (_part_too_late, "could be parted until"),
    DeclineCode.PLAN_IN_THE_WAY: (_erase_with_plan, "plan 'plus' of programme 'shop' goes on"),
    DeclineCode.PLAN_RUNNING: (_plan(*_BEGUN, ("start", {"plan": "plus", "every": "year"})), "until 2026-04-02"),
    DeclineCode.PLAN_NOT_RUNNING: (_plan(("cancel", {})), "has no plan"),
    DeclineCode.PLAN_ALREADY_CANCELLED: (
        _plan(("start", {"plan": "slow"}), ("pay", {}), ("cancel", {}), ("cancel", {})),
        "was cancelled before",
    ),
    DeclineCode.INVOICE_NOT_OPEN: (_plan(*_BEGUN, ("pay", {})), "no open invoice"),
    DeclineCode.PAYMENT_UNKNOWN: (_plan(_BEGUN[0], ("refund", {})), "nothing was paid"),
    DeclineCode.PAYMENT_MISMATCH: (_plan(_BEGUN[0], ("pay", {"amount": "4.99"})), "5.00 USD and 4.99 USD came in"),
    DeclineCode.REFUND_EXCEEDED: (_plan(*_BEGUN, ("refund", {"amount": "5.01"})), "5.00 USD is left"),
    DeclineCode.SELF_CREDIT: (_give_oneself, "to themselves"),
    DeclineCode.APPROVAL_NEEDED: (_adjust, "somebody else than 'by'"),
    DeclineCode.INSUFFICIENT_BALANCE: (lambda a: _claim(a, "mug"), "50 points are wanted and 20 are there"),
}


def test_every_decline_has_a_case_here_and_a_row_in_the_table() -> None:
    assert set(CASES) == set(DeclineCode)
    assert set(DECLINES) == {code.value for code in DeclineCode}


@pytest.mark.parametrize("code", list(DeclineCode))
async def test_a_decline_says_what_and_why_and_moves_nothing(api: Api, code: DeclineCode) -> None:
    await api.join()
    provoke, words = CASES[code]
    answer = await provoke(api)
    body = answer.json()
    if "answers" in body:
        declined = body["answers"][0]["declined"]
        assert (declined["code"], words in declined["message"]) == (code.value, True), declined
        return
    assert (answer.status_code, body["code"]) == (DECLINES[code].status, code.value), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in body["detail"]
    assert "?" not in body["detail"], "a fact that the message needs is missing"
    assert body["type"] == f"/problems/{code}"
    entries = await api.rows("entries")
    again = await api.call("", "GET", body["type"])
    assert code.value in again.text
    assert await api.rows("entries") == entries


async def test_a_declined_receipt_that_comes_again_is_declined_again(api: Api) -> None:
    await api.join()
    first = await api.buy({"card": "CARD1"}, "10", "R", claims=[{"reward": "mug"}])
    again = await api.buy({"card": "CARD1"}, "10", "R", claims=[{"reward": "mug"}])
    assert (first.status_code, again.status_code) == (422, 422)
    assert again.json()["decision"]["status"] == "duplicate"
    assert again.json()["decision"]["activity"] == first.json()["decision"]["activity"]
