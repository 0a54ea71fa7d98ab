"""Members who bring friends, through the API: codes, joining by one, what each side sees, and the review list."""

from __future__ import annotations

import datetime as dt
from typing import Any

from setia.api.scopes import Audience
from setia.values.ids import parse_public_id
from tests.api.conftest import Api


async def as_member(api: Api, member: str) -> None:
    await api.key(Audience.MEMBER, "member", programme="shop", member_id=parse_public_id("mem", member))


async def own(api: Api, member: str) -> dict[str, Any]:
    await as_member(api, member)
    answer = await api.member("/referral")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def review(api: Api, member: str, action: str, **more: Any) -> Any:
    body = {"action": action, "reason": "looked at it", "by": "dewi"}
    return await api.admin("POST", f"/programmes/shop/members/{member}/referral/review", body, **more)


async def test_a_friend_joins_by_a_code_and_both_see_how_it_goes(api: Api) -> None:
    ana = await api.join(name="Ana")
    mine = await own(api, ana)
    assert mine["link"] == f"https://shop.example/join?code={mine['code']}"
    assert (mine["counts"], mine["friends"], mine["came"]) == ({}, [], None)
    assert (await own(api, ana))["code"] == mine["code"]
    checked = await api.call("till", "GET", f"/v1/till/referral-codes/{mine['code'].lower()}")
    assert checked.json() == {"code": mine["code"], "valid": True}
    joined = await api.till("/members", {"card": "BUDI", "referred_by": mine["code"], "prints": {"device": "phone-2"}})
    assert joined.json()["welcome"]["referral"] == {"state": "open"}
    budi = joined.json()["member"]["id"]
    await api.buy({"card": "BUDI"}, "60", "R-1")
    safe = {"state": "waiting", "since": "2026-03-02T10:00:00Z", "until": "2026-04-02T00:00:00Z"}
    assert (await own(api, ana))["friends"] == [safe]
    assert (await own(api, budi))["came"] == safe
    api.clock.advance(dt.timedelta(days=31))
    await api.services.engine.tick("shop")
    mine = await own(api, ana)
    assert (mine["counts"], mine["friends"][0]["state"]) == ({"qualified": 1}, "qualified")
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 50


async def test_what_is_held_tells_its_reason_to_staff_alone(api: Api) -> None:
    ana = await api.join(email="ana.s@gmail.com")
    code = (await own(api, ana))["code"]
    joined = await api.till("/members", {"card": "BUDI", "email": "AnaS+shop@gmail.com", "referred_by": code})
    budi = joined.json()["member"]["id"]
    assert joined.json()["welcome"]["referral"] == {"state": "held"}
    assert "same_email" not in joined.text
    mine = await api.member("/referral")
    assert mine.json()["friends"][0]["state"] == "under_review"
    assert "same_email" not in mine.text
    held = (await api.admin("GET", "/programmes/shop/referrals")).json()
    assert [(row["member"], row["referrer"], row["state"], row["why"]) for row in held["referrals"]] == [
        (budi, ana, "held", ["same_email"])
    ]
    of_ana = (await api.admin("GET", f"/programmes/shop/members/{ana}/referral")).json()
    assert (of_ana["came"], of_ana["friends"]) == (None, held["referrals"])
    released = await review(api, budi, "release")
    assert (released.status_code, released.json()["referral"]) == (200, {"state": "open"})
    assert (await api.admin("GET", "/programmes/shop/referrals")).json()["referrals"] == []
    opened = (await api.admin("GET", "/programmes/shop/referrals", state="open")).json()
    assert opened["referrals"][0]["member"] == budi
    again = await review(api, budi, "refuse")
    assert (again.status_code, again.json()["code"]) == (409, "referral_not_held")
    rows = (await api.admin("GET", f"/programmes/shop/members/{budi}/activities")).json()["activities"]
    assert [row["type"] for row in rows].count("referral.reviewed") == 2


async def test_prints_are_kept_as_hashes_only(api: Api) -> None:
    await api.join(email="siti@example.com", prints={"payment": "tok_4711", "address": "Jl. Melati 5"})
    await api.buy({"card": "CARD1"}, "10", "R-1", prints={"device": "tablet-7"})
    async with api.services.pool.connection() as conn:
        cursor = await conn.execute("SELECT body::text FROM activities UNION SELECT progress::text FROM member_states")
        text = " ".join(row[0] for row in await cursor.fetchall())
    assert "prints" in text
    assert not [word for word in ("siti", "4711", "melati", "tablet") if word in text.lower()]


async def test_the_review_list_has_pages_and_refuses_what_is_no_cursor(api: Api) -> None:
    ana = await api.join(phone="+12025550143", prints={"device": "d"})
    code = (await own(api, ana))["code"]
    for number in range(3):
        await api.till("/members", {"card": f"F{number}", "referred_by": code, "prints": {"device": "d"}})
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = (await api.admin("GET", "/programmes/shop/referrals", limit="1", **cursor)).json()
        seen += [row["member"] for row in page["referrals"]]
        cursor = {"cursor": page["next"]} if page["next"] else {}
    assert (len(set(seen)), cursor) == (3, {})
    bad = await api.admin("GET", "/programmes/shop/referrals", cursor="bm90IGhleA")
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid")
    worse = await api.admin("GET", "/programmes/shop/referrals", state="lost")
    assert worse.status_code == 422


async def test_a_member_who_joins_no_programme_comes_by_no_code(api: Api) -> None:
    made = await api.admin("POST", "/members", {"name": "Siti", "referred_by": "KQ4M9XT2"})
    assert (made.status_code, made.json()["code"]) == (422, "invalid")


async def test_the_code_of_a_blocked_member_is_not_valid_and_of_nobody_neither(api: Api) -> None:
    ana = await api.join()
    code = (await own(api, ana))["code"]
    await api.admin("PATCH", f"/members/{ana}", {"is_blocked": True})
    for asked in (code, "KQ4M-9XT2"):
        checked = await api.call("till", "GET", f"/v1/till/referral-codes/{asked}")
        assert checked.json()["valid"] is False


async def test_a_member_brings_a_code_in_their_app(api: Api) -> None:
    ana = await api.join()
    code = (await own(api, ana))["code"]
    budi = await api.join()
    await as_member(api, budi)
    tried = await api.call("member", "POST", "/v1/member/referral", {"code": code}, dry_run="true")
    assert tried.json()["referral"] == {"state": "open"}
    assert (await own(api, budi))["came"] is None
    brought = await api.call("member", "POST", "/v1/member/referral", {"code": code})
    assert brought.json()["referral"] == {"state": "open"}
    assert (await own(api, budi))["came"]["state"] == "joined"
