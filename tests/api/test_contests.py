"""Contests through the door: entering, a look by staff, voting, the gallery, the result that anyone can recompute."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx

from setia.values.contests import check_contest
from tests.api.conftest import START, Api

ADMIN = "/programmes/shop/contests"
AFTER = dt.datetime(2026, 4, 10, tzinfo=dt.UTC)


async def ask(api: Api, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
    return await api.call("member", method, f"/v1/member/contests{path}", body, **more)


async def enter(api: Api, contest: str = "photos", **fields: str) -> str:
    api.clock.set(api.clock.now() + dt.timedelta(seconds=1))  # what is entered later stands above
    answer = await ask(api, "POST", f"/{contest}/entries", {"fields": fields or {"caption": "Sunday"}})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["contest"]["entry"])


async def review(api: Api, entry: str, verdict: str, contest: str = "photos", **more: str) -> httpx.Response:
    return await api.admin("POST", f"{ADMIN}/{contest}/entries/{entry}/review", {"verdict": verdict, **more})


async def public(api: Api, path: str, **query: str) -> httpx.Response:
    return await api.call("", "GET", f"/public/shop/contests{path}", **query)


async def test_an_entry_waits_is_shown_voted_for_and_wins(api: Api) -> None:
    owner = await api.join(attributes={"recognition": True, "nickname": "Kopi"})
    entry = await enter(api, caption="Sunday", photo="https://img.example/1.jpg")
    (mine,) = [c for c in (await api.member("/contests")).json()["contests"] if c["contest"] == "photos"]
    assert (mine["state"], mine["title"], mine["left"], mine["entries"][0]["state"]) == ("open", "Photos", 1, "waiting")
    assert (await ask(api, "GET", "/photos/entries")).json() == {"entries": [], "next": None}
    (waiting,) = (await api.admin("GET", f"{ADMIN}/photos/entries")).json()["entries"]
    assert (waiting["entry"], waiting["member"], waiting["name"]) == (entry, owner, "Kopi")
    assert (await review(api, entry, "approve")).json()["contest"]["state"] == "shown"
    await api.join()
    other = await enter(api, caption="Monday")
    await review(api, other, "approve")
    assert (await ask(api, "POST", f"/photos/entries/{entry}/vote")).status_code == 200
    first, second = (await ask(api, "GET", "/photos/entries")).json()["entries"]
    assert (first["entry"], first["name"], first["is_mine"], first["is_voted"]) == (other, None, True, False)
    assert (second["name"], second["votes"], second["is_mine"], second["is_voted"]) == ("Kopi", None, False, True)
    (mine,) = [c for c in (await api.member("/contests")).json()["contests"] if c["contest"] == "photos"]
    assert (mine["voting"]["used"], mine["voting"]["used_today"]) == (1, 1)
    assert (await ask(api, "GET", "/photos/result")).json()["code"] == "not_found"
    api.clock.set(AFTER)
    await api.services.engine.tick("shop")
    record = (await ask(api, "GET", "/photos/result")).json()
    assert check_contest(record) == []
    assert record["places"] == [{"place": 1, "entry": entry, "votes": 1}]
    assert (await public(api, "/photos")).json() == record
    (mine,) = [c for c in (await api.member("/contests")).json()["contests"] if c["contest"] == "photos"]
    assert (mine["state"], mine["places"]) == ("closed", record["places"])
    told = (await api.admin("GET", ADMIN)).json()
    assert sorted(result["contest"] for result in told["results"]) == ["past", "photos"]
    assert told["open"] == ["drawings", "family"]


async def test_the_gallery_is_read_page_by_page_without_a_key_and_names_only_who_agreed(api: Api) -> None:
    await api.join(attributes={"recognition": False, "nickname": "Teh"})
    entries = [await enter(api, caption=text) for text in ("One", "Two")]
    for entry in entries:
        await review(api, entry, "approve")
    page = (await ask(api, "GET", "/photos/entries", limit="1")).json()
    assert [found["entry"] for found in page["entries"]] == [entries[1]]
    rest = (await ask(api, "GET", "/photos/entries", cursor=page["next"])).json()
    assert [found["entry"] for found in rest["entries"]] == [entries[0]]
    shown = (await public(api, "/photos/entries")).json()
    assert [(found["fields"]["caption"], found["name"]) for found in shown["entries"]] == [("Two", None), ("One", None)]
    assert "is_mine" not in shown["entries"][0]
    assert (await public(api, "/photos/entries", cursor=page["next"])).json()["entries"][0]["entry"] == entries[0]
    for cursor in ("x", page["next"][:-4]):
        assert (await public(api, "/photos/entries", cursor=cursor)).json()["code"] == "invalid"
    assert (await public(api, "/poems/entries")).json()["code"] == "not_found"
    assert (await public(api, "/photos")).json()["code"] == "not_found"


async def test_what_is_entered_is_read_field_by_field(api: Api) -> None:
    await api.join()
    sent = {"caption": "x" * 21, "photo": "http://img.example/1.jpg", "sound": "loud"}
    answer = await ask(api, "POST", "/photos/entries", {"fields": sent})
    assert answer.status_code == 422
    wrong = {error["pointer"]: error["code"] for error in answer.json()["errors"]}
    assert {pointer.rpartition("/")[2]: code for pointer, code in wrong.items()} == {
        "caption": "too_long", "photo": "bad_text", "sound": "unknown_field",
    }  # fmt: skip
    assert (await ask(api, "POST", "/photos/entries", {"photo": "x"})).json()["code"] == "invalid"
    assert (await ask(api, "POST", "/photos/entries/act_1/vote")).json()["code"] == "invalid"


async def test_a_refusal_tells_why_and_what_it_cost_comes_back(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "40")
    entry = await enter(api, "drawings", picture="https://img.example/d.png")
    (shown,) = (await ask(api, "GET", "/drawings/entries")).json()["entries"]
    assert shown["entry"] == entry
    refused = await review(api, entry, "remove", "drawings")
    assert refused.json()["errors"][0]["pointer"].endswith("/reason")
    done = await review(api, entry, "remove", "drawings", reason="A copy", by="Dewi")
    assert (done.status_code, done.json()["restored"]) == (200, {"points": 5}), done.text
    (mine,) = [c for c in (await api.member("/contests")).json()["contests"] if c["contest"] == "drawings"]
    assert [(own["state"], own["reason"]) for own in mine["entries"]] == [("removed", "A copy")]
    (kept,) = (await api.admin("GET", f"{ADMIN}/drawings/entries", state="removed")).json()["entries"]
    assert (kept["by"], kept["reason"]) == ("Dewi", "A copy")
    assert (await api.admin("GET", f"{ADMIN}/drawings/entries", state="lost")).json()["code"] == "invalid"
    other = examples_of("act")
    assert (await review(api, other, "approve")).json()["code"] == "not_found"


async def test_an_entry_is_withdrawn_and_sent_once_however_often(api: Api) -> None:
    await api.join()
    sent = {"fields": {"caption": "Once"}}
    key = {"Idempotency-Key": "entry-1"}
    first = await ask(api, "POST", "/photos/entries", sent, headers=key)
    again = await ask(api, "POST", "/photos/entries", sent, headers=key)
    assert first.json()["contest"] == again.json()["contest"]
    assert await api.rows("contest_entries") == 1
    entry = first.json()["contest"]["entry"]
    await review(api, entry, "approve")
    await api.join()
    vote = f"/photos/entries/{entry}/vote"
    assert (await ask(api, "POST", vote)).status_code == 200
    assert (await ask(api, "DELETE", f"/photos/entries/{entry}")).json()["code"] == "contest_entry_unknown"
    assert (await ask(api, "DELETE", vote)).json()["contest"]["state"] == "shown"
    assert await api.rows("contest_votes") == 0
    assert (await ask(api, "DELETE", vote)).json()["code"] == "contest_not_voted"


async def test_a_jury_ranks_once_after_the_end(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "40")
    first = await enter(api, "drawings", picture="https://img.example/1.png")
    await api.join()
    await api.buy({"card": "CARD2"}, "40")
    second = await enter(api, "drawings", picture="https://img.example/2.png")
    path = f"{ADMIN}/drawings/ranking"
    early = await api.admin("POST", path, {"places": [first]})
    assert (early.status_code, early.json()["code"]) == (409, "contest_open")
    api.clock.set(dt.datetime(2026, 3, 20, tzinfo=dt.UTC))
    for wrong in ({"places": "first"}, {"places": []}, {"places": [first, first]}, {"places": [examples_of("act")]}):
        assert (await api.admin("POST", path, wrong)).json()["code"] == "invalid"
    assert (await api.admin("POST", f"{ADMIN}/photos/ranking", {"places": [first]})).json()["code"] == "invalid"
    assert (await api.admin("POST", f"{ADMIN}/poems/ranking", {"places": [first]})).json()["code"] == "not_found"
    record = (await api.admin("POST", path, {"places": [second, first]})).json()
    assert [place["entry"] for place in record["places"]] == [second, first]
    assert (await api.admin("POST", path, {"places": [first]})).json()["code"] == "contest_closed"
    events = (await api.admin("GET", "/programmes/shop/events", type="contest.placed")).json()
    assert await api.rows("onward") == 0, events


async def test_the_phases_of_a_contest_are_told(api: Api) -> None:
    await api.join()
    seen: dict[str, str] = {}
    for at in (START - dt.timedelta(days=4), START, dt.datetime(2026, 4, 5, tzinfo=dt.UTC), AFTER):
        api.clock.set(at)
        for contest in (await api.member("/contests")).json()["contests"]:
            seen[f"{contest['contest']} {at:%m-%d}"] = contest["state"]
    assert (seen["drawings 02-26"], seen["drawings 03-02"], seen["drawings 04-05"]) == ("announced", "open", "over")
    assert (seen["photos 03-02"], seen["photos 04-05"], seen["photos 04-10"]) == ("open", "voting", "over")


async def test_who_is_erased_takes_entries_along(api: Api) -> None:
    owner = await api.join(attributes={"recognition": True, "nickname": "Kopi"})
    entry = await enter(api, caption="My own house")
    await review(api, entry, "approve")
    kept = await api.admin("GET", f"/members/{owner}/export")
    assert kept.json()["contest_entries"][0]["fields"] == {"caption": "My own house"}
    assert (await api.admin("POST", f"/members/{owner}/erasure", {"confirm": owner})).status_code == 200
    assert (await public(api, "/photos/entries")).json()["entries"] == []
    async with api.services.pool.connection() as conn:
        cursor = await conn.execute("SELECT fields::text FROM contest_entries")
        assert await cursor.fetchall() == [("{}",)]
        cursor = await conn.execute("SELECT body::text FROM activities WHERE type = 'contest.entered'")
        assert "My own house" not in str(await cursor.fetchall())


def examples_of(prefix: str) -> str:
    """An id that nobody has."""
    return f"{prefix}_06ghz0k1x8e7jv2m3n4p5q6r7t"
