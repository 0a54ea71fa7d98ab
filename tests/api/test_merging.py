"""Two accounts of one person: previewed, merged, addressed by whatever led to either, and parted again."""

import asyncio
import datetime as dt
from typing import Any

import httpx
import pytest

from setia.api.scopes import Audience
from setia.flow.prove import verify_decisions
from setia.ledger.verify import verify
from setia.plumbing.clock import FixedClock
from setia.values.ids import parse_public_id
from tests.api.conftest import Api


async def _two(api: Api) -> tuple[str, str]:
    """Ana with 120 points and Bea with 80, besides their welcome; keys ``ana`` and ``bea``."""
    ana = await api.join(name="Ana", email="ana@example.com")
    bea = await api.join(name="Bea", email="bea@example.com", phone="+6281234567890")
    for name, member in (("ana", ana), ("bea", bea)):
        await api.key(Audience.MEMBER, name, programme="shop", member_id=parse_public_id("mem", member))
    assert (await api.buy({"id": ana}, "120.00", "A-1")).status_code == 200
    assert (await api.buy({"id": bea}, "80.00", "B-1")).status_code == 200
    return ana, bea


async def _merge(api: Api, member: str, other: str, *, undo: bool = False, **more: Any) -> httpx.Response:
    query = {"dry_run": "true"} if more.pop("dry", False) else {}
    verb = "unmerge" if undo else "merge"
    body = {"with": other, "reason": "one person", **more}
    return await api.admin("POST", f"/programmes/shop/members/{member}/{verb}", body, **query)


async def _points(api: Api, member: str) -> int:
    found = (await api.till("/members/identify", {"id": member})).json()["balances"]
    return next(int(row["available"]) for row in found if row["unit"] == "points")


async def _clean(api: Api) -> None:
    async with api.services.pool.connection() as conn:
        assert await verify(conn, again=verify_decisions(api.services.catalogue)) == []


async def test_a_merge_is_previewed_then_made_and_nothing_of_it_is_lost(api: Api) -> None:
    ana, bea = await _two(api)
    seen = (await _merge(api, ana, bea, dry=True)).json()["merged"]
    assert (await _points(api, ana), await _points(api, bea)) == (140, 100)
    made = (await _merge(api, ana, bea, by="dewi")).json()
    assert made["merged"] == seen
    assert seen["other"] == bea
    assert [(lot["unit"], lot["amount"]) for lot in seen["lots"]] == [("points", 20), ("points", 80)]
    assert seen["duplicates"] == [{"rule": "welcome", "unit": "points", "amount": 20, "taken_back": 0}]
    assert made["changes"]["points"] == {"available": 100}
    assert await _points(api, ana) == 240
    await _clean(api)


async def test_all_that_led_to_either_leads_to_the_one_who_stays(api: Api) -> None:
    ana, bea = await _two(api)
    await _merge(api, ana, bea)
    for known in ({"email": "bea@example.com"}, {"phone": "+6281234567890"}, {"card": "CARD2"}, {"id": bea}):
        found = (await api.till("/members/identify", known)).json()
        assert found["member"]["id"] == ana
    assert (await api.call("bea", "GET", "/v1/member/balance")).json()["balances"][0]["available"] == 240
    bought = (await api.buy({"card": "CARD2"}, "10.00", "B-2")).json()
    assert bought["member"] == ana
    late = await api.till("/activities", {"activities": [
        {"type": "review.written", "source": "web", "external_id": "W-1", "member": {"id": bea}, "data": {"stars": 5}},
    ]})  # fmt: skip
    assert late.json()["answers"][0]["member"] == ana
    sent = await api.call("ana", "POST", "/v1/member/transfers", {"unit": "points", "amount": 5, "to": bea})
    assert sent.json()["code"] in ("transfer_not_allowed", "route_unknown")
    assert await _points(api, ana) == 255
    assert (await api.admin("GET", f"/programmes/shop/members/{bea}")).json()["balances"][0]["available"] == 255
    await _clean(api)


async def test_a_return_of_what_the_other_bought_counts_once_for_both(api: Api) -> None:
    ana, bea = await _two(api)
    paid = await api.buy({"id": bea}, "50.00", "B-3", spend={"points": 30})
    assert paid.status_code == 200, paid.text
    before = await _points(api, bea)
    await _merge(api, ana, bea)
    of = {"source": "till-1", "external_id": "B-3"}
    back = await api.till("/returns", {"source": "till-1", "external_id": "R-1", "of": of})
    assert (back.status_code, back.json()["member"]) == (200, ana)
    assert back.json()["restored"] == {"points": 30}
    assert await _points(api, ana) == 140 + before - 49 + 30
    again = await api.till("/returns", {"source": "till-1", "external_id": "R-2", "member": {"id": bea}, "of": of})
    assert again.json()["code"] == "already_returned"
    assert (await _merge(api, ana, bea, undo=True)).status_code == 200
    assert await _points(api, bea) == 100
    third = await api.till("/returns", {"source": "till-1", "external_id": "R-3", "member": {"id": bea}, "of": of})
    assert third.json()["code"] == "already_returned"
    await _clean(api)


async def test_what_waits_for_a_sale_and_what_revises_one_finds_it_after_a_merge(api: Api) -> None:
    ana, bea = await _two(api)
    back = {
        "source": "till-1", "external_id": "R-9", "member": {"id": bea},
        "of": {"source": "till-1", "external_id": "B-9"},
    }  # fmt: skip
    assert (await api.till("/returns", back)).json()["status"] == "parked"
    await _merge(api, ana, bea)
    assert (await api.buy({"id": bea}, "30.00", "B-9")).status_code == 200
    assert await _points(api, ana) == 240
    assert (await api.till("/returns", back)).json()["member"] == ana
    assert (await api.buy({"id": bea}, "90.00", "B-1", revision=1)).json()["status"] == "accepted"
    assert await _points(api, ana) == 250
    await _clean(api)
    of = {"source": "till-1", "external_id": "B-1"}
    assert (await api.till("/returns", {"source": "till-1", "external_id": "R-1", "of": of})).json()["member"] == ana
    assert await _points(api, ana) == 160
    await _clean(api)


async def test_they_can_be_parted_for_thirty_days(api: Api, clock: FixedClock) -> None:
    ana, bea = await _two(api)
    await _merge(api, ana, bea, duplicates="reverse")
    assert await _points(api, ana) == 220
    await api.buy({"id": bea}, "10.00", "B-2")
    clock.set(clock.now() + dt.timedelta(days=30))
    tried = (await _merge(api, ana, bea, undo=True, dry=True)).json()
    assert tried["parted"] == {"other": bea, "tier": "bronze"}
    assert (await _merge(api, ana, bea, undo=True)).status_code == 200
    assert (await _points(api, ana), await _points(api, bea)) == (150, 100)
    assert (await _merge(api, ana, bea, undo=True)).json()["code"] == "not_merged"
    assert (await _merge(api, ana, bea)).status_code == 200
    clock.set(clock.now() + dt.timedelta(days=31))
    late = await _merge(api, ana, bea, undo=True)
    assert (late.status_code, late.json()["code"]) == (422, "unmerge_window_closed")
    await _clean(api)


async def test_vouchers_go_over_with_their_codes_and_come_back(api: Api) -> None:
    ana, bea = await _two(api)
    claimed = (await api.till("/redemptions", {"member": {"id": bea}, "reward": "treat"})).json()["rewards"][0]
    merged = (await _merge(api, ana, bea)).json()["merged"]
    assert [row["reward"] for row in merged["vouchers"]] == ["treat"]
    found = (await api.call("till", "GET", f"/v1/till/vouchers/{claimed['code']}")).json()
    assert (found["member"], found["usable"]) == (ana, True)
    await _merge(api, ana, bea, undo=True)
    found = (await api.call("till", "GET", f"/v1/till/vouchers/{claimed['code']}")).json()
    assert (found["member"], found["usable"]) == (bea, True)
    used = await api.till("/vouchers/use", {"member": {"id": bea}, "vouchers": [claimed["code"]]})
    assert used.status_code == 200, used.text
    await _clean(api)


async def test_what_has_to_be_settled_before_is_told(api: Api) -> None:
    ana, bea = await _two(api)
    hold = {"member": {"id": bea}, "unit": "points", "amount": 5, "source": "till-1", "external_id": "H-1"}
    held = await api.till("/holds", hold)
    assert held.status_code == 200, held.text
    told = await _merge(api, ana, bea)
    assert (told.json()["code"], told.json()["data"]) == ("merge_not_possible", {"why": "open_holds"})
    assert (await _merge(api, bea, bea)).json()["data"] == {"why": "same_member"}
    stranger = bea[:-1] + ("0" if bea[-1] != "0" else "1")
    assert (await _merge(api, ana, stranger)).json()["data"] == {"why": "unknown"}
    cid = await api.join(name="Cid")
    await api.admin("PATCH", f"/members/{cid}", {"is_blocked": True})
    assert (await _merge(api, ana, cid)).json()["data"] == {"why": "blocked"}
    assert (await _merge(api, cid, ana)).json()["code"] == "member_blocked"
    dan = await api.join(name="Dan")
    eve = await api.join(name="Eve")
    assert (await _merge(api, ana, dan)).status_code == 200
    other = await _merge(api, eve, dan)
    assert (other.json()["code"], other.json()["data"]) == ("merged_already", {"into": ana})


async def test_a_sale_at_the_moment_of_a_merge_finds_the_one_who_stays(api: Api) -> None:
    for _ in range(3):
        ana, bea = await api.join(), await api.join()
        answers = await asyncio.gather(
            _merge(api, ana, bea),
            *(api.buy({"id": bea}, "10.00", f"{bea}-{n}") for n in range(4)),
            _merge(api, bea, ana),
            *(api.buy({"id": ana}, "10.00", f"{ana}-{n}") for n in range(4)),
        )
        assert [answer.status_code for answer in answers].count(200) >= 9, [answer.text for answer in answers]
        assert {await _points(api, ana), await _points(api, bea)} == {40 + 80}
    await _clean(api)


async def test_erasing_a_member_erases_all_their_accounts(api: Api) -> None:
    ana, bea = await _two(api)
    await _merge(api, ana, bea)
    done = await api.admin("POST", f"/members/{bea}/erasure", {"confirm": bea})
    assert done.status_code == 200, done.text
    for member in (ana, bea):
        profile = (await api.admin("GET", f"/members/{member}")).json()
        assert (profile["name"], profile["email"], profile["identifiers"]) == (None, None, [])
    assert (await api.buy({"id": bea}, "10.00", "B-9")).json()["code"] == "member_blocked"
    assert (await _merge(api, ana, bea, undo=True)).json()["code"] == "member_blocked"
    await _clean(api)


@pytest.mark.parametrize("kind", ["member.merged", "member.unmerged", "member.erased"])
async def test_tills_neither_merge_nor_erase(api: Api, kind: str) -> None:
    ana, bea = await _two(api)
    item = {"type": kind, "source": "till-1", "external_id": "X", "member": {"id": ana}, "data": {"with": bea}}
    answer = (await api.till("/activities", {"activities": [item]})).json()["answers"][0]
    assert answer["problem"]["errors"][0]["code"] == "not_from_outside"
