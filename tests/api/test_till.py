"""What a till asks, and what it is answered."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter

import pytest

from tests.api.conftest import START, Api


async def test_a_purchase_earns_and_its_member_sees_it(api: Api) -> None:
    member = await api.join(name="Siti", phone="+12025550143")
    bought = await api.buy({"card": "CARD1"}, "25.00")
    assert bought.status_code == 200, bought.text
    assert bought.json()["earned"][0] == {
        "unit": "points",
        "amount": 25,
        "rule": "earn",
        "title": "A point for every dollar",
        "activates_at": None,
        "expires_at": "2026-09-03T00:00:00Z",
    }
    assert bought.json()["member"] == member
    seen = (await api.member("/balance")).json()["balances"][0]
    assert seen["spendable"] == 45
    assert seen["worth"] == {"amount": "0.45", "currency": "USD"}


async def test_a_member_is_identified_by_whatever_leads_to_them(api: Api) -> None:
    member = await api.join(name="Siti", phone="+12025550143", email="siti@example.com", external_id="crm-9")
    ways = ({"card": "card-1"}, {"phone": "(202) 555-0143"}, {"email": "SITI@example.com"}, {"external_id": "crm-9"})
    for reference in (*ways, {"id": member}):
        found = await api.till("/members/identify", reference)
        assert found.status_code == 200, found.text
        assert found.json()["member"]["id"] == member
    found = await api.till("/members/identify", member)
    assert found.json()["tier"]["level"] == "bronze"
    assert found.json()["balances"][0]["spendable"] == 20
    offers = {offer["reward"]: offer for offer in found.json()["rewards"]}
    assert offers["treat"]["can_claim"]
    assert offers["mug"]["why_not"]["code"] == "insufficient_balance"
    assert offers["mug"]["missing"] == {"points": 30}
    assert "gift" not in offers


async def test_nobody_is_found_under_an_unknown_card(api: Api) -> None:
    found = await api.till("/members/identify", {"card": "0000"})
    assert found.status_code == 404
    assert found.json()["code"] == "not_found"


async def test_a_quote_records_nothing_and_says_what_the_purchase_then_does(api: Api) -> None:
    await api.join()
    before = await api.rows("activities")
    lines = [
        {"sku": "TEA", "amount": "10.50", "quantity": 2},
        {"sku": "CAKE", "amount": {"amount": "4.60", "currency": "USD"}},
    ]
    quoted = (await api.till("/quotes", {"member": {"card": "CARD1"}, "lines": lines})).json()
    assert await api.rows("activities") == before
    bought = await api.till(
        "/purchases", {"member": {"card": "CARD1"}, "source": "till-1", "external_id": "R", "lines": lines}
    )
    for part in ("earned", "totals", "changes", "rewards", "spent"):
        assert quoted[part] == bought.json()[part], part


async def test_a_dry_run_takes_the_same_path_and_leaves_no_trace(api: Api) -> None:
    await api.join()
    tables = ("activities", "entries", "natural_keys", "outbox", "requests")
    before = [await api.rows(table) for table in tables]
    tried = await api.till(
        "/purchases", {"member": {"card": "CARD1"}, "source": "t", "external_id": "R", "amount": 12},
        headers={"Idempotency-Key": "k"}, dry_run="true",
    )  # fmt: skip
    assert tried.json()["earned"][0]["amount"] == 12
    assert [
        await api.rows(table) for table in ("activities", "entries", "natural_keys", "outbox", "requests")
    ] == before


async def test_a_receipt_that_comes_twice_counts_once(api: Api) -> None:
    await api.join()
    first = (await api.buy({"card": "CARD1"}, "10", "R-1")).json()
    again = await api.buy({"card": "CARD1"}, "10", "R-1")
    assert again.status_code == 200
    assert again.json()["status"] == "duplicate"
    assert again.json()["activity"] == first["activity"]
    assert again.json()["earned"] == first["earned"]
    for when in ("occurred_at", "recorded_at"):
        assert again.json()[when] == first[when]
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 30


async def test_a_returned_line_takes_back_what_it_earned(api: Api) -> None:
    await api.join()
    lines = [{"id": "1", "amount": "30"}, {"id": "2", "amount": "12"}]
    await api.till("/purchases", {"member": {"card": "CARD1"}, "source": "t", "external_id": "R", "lines": lines})
    back = await api.till(
        "/returns",
        {
            "source": "t",
            "external_id": "B",
            "of": {"source": "t", "external_id": "R"},
            "lines": [{"id": "2", "quantity": 1}],
        },
    )
    assert back.status_code == 200, back.text
    assert back.json()["changes"] == {"points": {"available": -12}}
    cancelled = await api.till("/cancellations", {"of": {"source": "t", "external_id": "R"}})
    assert cancelled.json()["changes"] == {"points": {"available": -30}}
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 20


async def test_a_return_before_its_purchase_waits_for_it(api: Api) -> None:
    await api.join()
    early = await api.till("/returns", {"source": "t", "external_id": "B", "of": {"source": "t", "external_id": "R"}})
    assert early.status_code == 202
    assert early.json()["status"] == "parked"
    await api.till("/purchases", {"member": {"card": "CARD1"}, "source": "t", "external_id": "R", "amount": 50})
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 20


async def test_a_hold_is_committed_in_part_and_the_rest_is_free_at_once(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "103")
    held = await api.till("/holds", {"member": {"card": "CARD1"}, "unit": "points", "amount": 123})
    assert held.status_code == 200, held.text
    assert held.json()["hold"]["lapses_at"] == "2026-03-02T10:15:00Z"
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 0
    path = f"/holds/{held.json()['hold']['id']}"
    part = await api.till(f"{path}/commit", {"member": {"card": "CARD1"}, "unit": "points", "amount": 100})
    assert part.json()["changes"] == {"points": {"available": 23, "held": -123}}
    again = await api.till(f"{path}/commit", {"member": {"card": "CARD1"}, "unit": "points", "amount": 23})
    assert (again.status_code, again.json()["code"]) == (409, "already_committed")
    release = await api.till(f"{path}/release", {"member": {"card": "CARD1"}})
    assert (release.status_code, release.json()["code"]) == (409, "already_committed")


async def test_a_hold_lapses_by_itself(api: Api) -> None:
    await api.join()
    held = await api.till("/holds", {"member": {"card": "CARD1"}, "unit": "points", "amount": 20, "lapses_after": 5})
    api.clock.advance(dt.timedelta(minutes=6))
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 20
    late = await api.till(f"/holds/{held.json()['hold']['id']}/commit", {"member": {"card": "CARD1"}})
    assert (late.status_code, late.json()["code"]) == (409, "hold_lapsed")


async def test_a_reward_is_claimed_and_its_claim_cancelled(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "40")
    claimed = await api.till("/redemptions", {"member": {"card": "CARD1"}, "reward": "mug"})
    assert claimed.status_code == 200, claimed.text
    voucher = claimed.json()["rewards"][0]
    assert voucher["valid_until"] == "2026-04-02T00:00:00Z"
    assert (await api.member("/vouchers")).json()["vouchers"][0]["state"] == "issued"
    back = await api.till("/cancellations", {"member": {"card": "CARD1"}, "voucher": voucher["id"]})
    assert back.json()["restored"] == {"points": 50}
    assert (await api.member("/vouchers")).json()["vouchers"][0]["state"] == "cancelled"


async def test_one_bad_activity_of_a_batch_stops_no_other(api: Api) -> None:
    await api.join()
    sale = {"type": "purchase.completed", "member": {"card": "CARD1"}, "source": "pos", "data": {"amount": "10"}}
    review = {"type": "review.written", "source": "web", "data": {"stars": 5}}
    sent = [
        {**sale, "external_id": "1"},
        {**sale, "external_id": "2", "data": {"amuont": "10"}},
        {**sale, "external_id": "1"},
        {
            "type": "review.written",
            "member": {"card": "CARD1"},
            "source": "web",
            "external_id": "3",
            "data": {"stars": 5},
        },
        {**sale, "external_id": "4", "type": "balance.adjusted"},
        {**sale, "external_id": "5", "member": "mem_00000000000000000000000000"},
        {
            "type": "reward.claimed",
            "member": {"card": "CARD1"},
            "source": "pos",
            "external_id": "6",
            "data": {"reward": "mug"},
        },
        {
            "type": "review.written",
            "member": {"card": "nobody"},
            "source": "web",
            "external_id": "7",
            "data": {"stars": 5},
        },
        "what?",
        {**review, "external_id": "8"},
    ]
    answer = await api.till("/activities", {"activities": sent})
    assert answer.status_code == 200, answer.text
    answers = answer.json()["answers"]
    assert [item["status"] for item in answers] == [
        "accepted", "failed", "duplicate", "accepted", "failed", "failed", "declined", "failed", "failed", "failed",
    ]  # fmt: skip
    assert answers[1]["problem"]["errors"][0]["pointer"] == "/data/amuont"
    assert "did you mean 'amount'" in answers[1]["problem"]["errors"][0]["message"]
    assert answers[4]["problem"]["errors"][0]["code"] == "not_from_outside"
    assert answers[5]["problem"]["code"] == "not_found"
    assert answers[6]["declined"]["code"] == "insufficient_balance"
    assert answers[7]["problem"]["data"] == {"what": "member", "key": "NOBODY"}
    assert answer.json()["counts"] == {"accepted": 2, "failed": 6, "duplicate": 1, "declined": 1}
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 35


async def test_a_thousand_activities_go_in_one_call_and_one_more_does_not(api: Api) -> None:
    await api.join()
    sale = {"type": "purchase.completed", "member": {"card": "CARD1"}, "source": "pos", "data": {"amount": "1"}}
    many = [{**sale, "external_id": str(number)} for number in range(1_001)]
    assert (await api.till("/activities", {"activities": many})).status_code == 422
    answer = await api.till("/activities", {"activities": many[:1_000]})
    assert answer.json()["counts"] == {"accepted": 1_000}


@pytest.mark.parametrize(("days", "earned"), [(5, 40), (15, None)])
async def test_a_guest_purchase_is_claimed_within_the_window_and_counts_as_of_its_day(
    api: Api, days: int, earned: int | None
) -> None:
    kept = await api.buy({"email": "siti@example.com"}, "40.00", "G-1")
    assert (kept.status_code, kept.json()["status"]) == (202, "parked")
    assert kept.json()["claimable_until"] == "2026-03-16T10:00:00Z"
    api.clock.advance(dt.timedelta(days=days))
    member = await api.join(email="siti@example.com")
    of = {"source": "till-1", "external_id": "G-1"}
    claimed = await api.till("/claims", {"member": member, "of": of})
    if earned is None:
        assert (claimed.status_code, claimed.json()["code"]) == (422, "claim_window_closed")
        return
    assert claimed.status_code == 200, claimed.text
    assert claimed.json()["earned"][0]["amount"] == earned
    assert claimed.json()["occurred_at"] == "2026-03-02T10:00:00Z"
    assert claimed.json()["earned"][0]["expires_at"] == "2026-09-03T00:00:00Z"


async def test_who_joins_is_told_what_can_be_claimed_and_claims_all_of_it(api: Api) -> None:
    await api.buy({"phone": "+12025550143"}, "40.00", "G-1")
    await api.buy({"phone": "+12025550143"}, "2.00", "G-2")
    joined = await api.till("/members", {"phone": "202 555 0143"})
    waiting = joined.json()["claimable"]
    assert [(w["external_id"], w["amount"]["amount"]) for w in waiting] == [("G-1", "40.00"), ("G-2", "2.00")]
    claimed = await api.till("/claims", {"member": {"phone": "+12025550143"}})
    assert claimed.json()["counts"] == {"accepted": 2}
    assert (await api.till("/members/identify", {"phone": "+12025550143"})).json()["claimable"] == []


async def test_two_hundred_tills_that_spend_the_last_points_have_one_winner(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "30")
    tries = [api.till("/redemptions", {"member": {"card": "CARD1"}, "reward": "mug"}) for _ in range(200)]
    codes = Counter(answer.status_code for answer in await asyncio.gather(*tries))
    assert codes == {200: 1, 422: 199}
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 0


async def test_a_newer_revision_replaces_a_purchase(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "10", "R-1")
    mended = await api.buy({"card": "CARD1"}, "15", "R-1", revision=1)
    assert mended.json()["changes"] == {"points": {"available": 5}}
    assert mended.json()["stands"][0]["amount"] == 15


async def test_points_pay_for_a_purchase(api: Api) -> None:
    await api.join()
    paid = await api.buy({"card": "CARD1"}, "10.00", spend={"points": "max"})
    assert paid.json()["spent"] == [{"unit": "points", "amount": 20, "for": "payment"}]
    assert paid.json()["totals"]["paid"] == {"amount": "0.20", "currency": "USD"}


async def test_a_till_that_was_offline_sends_its_day_again_and_it_counts_once(api: Api) -> None:
    await api.join()
    sale = {"type": "purchase.completed", "member": {"card": "CARD1"}, "source": "pos", "data": {"amount": "1"}}
    at = (START - dt.timedelta(hours=3)).isoformat()
    day = [{**sale, "external_id": str(number), "occurred_at": at} for number in range(30)]
    await api.till("/activities", {"activities": day[:17]})
    answer = await api.till("/activities", {"activities": day})
    assert answer.json()["counts"] == {"duplicate": 17, "accepted": 13}
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 50


async def test_what_a_purchase_sets_off_is_told_at_once(api: Api) -> None:
    await api.join()
    bought = (await api.buy({"card": "CARD1"}, "1200.00")).json()
    assert bought["tier"]["to"] == "silver"
    (told,) = bought["set_off"]
    assert told["type"] == "tier.changed"
    assert [reward["reward"] for reward in told["rewards"]] == ["gift"]
    again = (await api.buy({"card": "CARD1"}, "10.00")).json()
    assert "set_off" not in again


async def test_a_quote_can_be_promised_to_a_cart(api: Api) -> None:
    await api.join()
    asked = {"member": {"card": "CARD1"}, "amount": "10.00", "session": "cart-1", "lapses_after": 10}
    first = await api.till("/quotes/promise", asked)
    told = first.json()
    assert (first.status_code, told["promise"]["session"], told["type"]) == (200, "cart-1", "quote.promised")
    assert (
        told["earned"] == (await api.till("/quotes", {"member": {"card": "CARD1"}, "amount": "10.00"})).json()["earned"]
    )
    assert told["changes"] == {}
    bad = await api.till("/quotes/promise", {**asked, "lapses_after": 0})
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid")
    bought = await api.buy({"card": "CARD1"}, "10.00", "B-1", session="cart-1")
    assert bought.status_code == 200


async def test_three_channels_that_take_in_one_person_at_once_make_one_member(api: Api) -> None:
    about = {"name": "Siti Rahma", "phone": "+6281234567890", "card": "4000123412341234"}
    answers = await asyncio.gather(
        api.till("/members", about),
        api.admin("POST", "/members", {**about, "programme": "shop"}),
        api.till("/members", {"phone": "+62 812-3456-7890", "email": "siti@example.com"}),
    )
    made = [answer.json()["member"]["id"] for answer in answers if answer.status_code == 201]
    refused = [answer.json()["code"] for answer in answers if answer.status_code != 201]
    assert (len(made), refused) == (1, ["identifier_taken"] * 2)
    assert (await api.till("/members/identify", {"phone": about["phone"]})).json()["member"]["id"] == made[0]
    assert await api.rows("members") == 1


async def test_one_request_to_join_sent_twice_at_once_makes_one_member_with_one_welcome(api: Api) -> None:
    about, key = {"name": "Siti Rahma", "phone": "+6281234567890"}, {"Idempotency-Key": "join-7"}
    answers = await asyncio.gather(*(api.till("/members", about, headers=key) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    (member,) = {answer.json()["member"]["id"] for answer in answers}
    assert await api.rows("members") == 1
    found = (await api.till("/members/identify", {"id": member})).json()["balances"]
    assert next(row["available"] for row in found if row["unit"] == "points") == 20
