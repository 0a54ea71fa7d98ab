"""What the operator does."""

from __future__ import annotations

import datetime as dt

import pytest

from setia.app import compile_source
from setia.flow.rooms import publish
from tests.api.conftest import PROGRAMME, START, Api

NEXT = PROGRAMME.replace("give: {points: purchase.eligible * tier.rate}", "give: {points: purchase.eligible * 3}")


async def test_a_draft_is_saved_by_whoever_read_the_last_one(api: Api) -> None:
    path = "/programmes/shop/draft"
    assert (await api.admin("GET", path)).status_code == 404
    missing = await api.admin("PUT", path, {"source": PROGRAMME})
    assert (missing.status_code, missing.json()["code"]) == (428, "revision_missing")
    made = await api.admin("PUT", path, {"source": PROGRAMME, "by": "dewi"}, headers={"If-None-Match": "*"})
    assert made.status_code == 200, made.text
    assert made.headers["ETag"] == '"1"'
    again = await api.admin("PUT", path, {"source": PROGRAMME}, headers={"If-None-Match": "*"})
    assert (again.status_code, again.json()["code"]) == (412, "edit_conflict")
    saved = await api.admin("PUT", path, {"source": "programme: ["}, headers={"If-Match": '"1"'})
    assert saved.json()["revision"] == 2
    assert saved.json()["diagnostics"][0]["code"] == "bad_yaml"
    late = await api.admin("PUT", path, {"source": NEXT}, headers={"If-Match": '"1"'})
    assert late.json()["data"] == {"what": "the draft of programme 'shop'", "wanted": 1, "found": 2}
    assert (await api.admin("GET", path)).headers["ETag"] == '"2"'
    assert (await api.admin("DELETE", path)).status_code == 204


async def test_everything_wrong_with_a_definition_is_told_and_none_of_it_is_an_error_of_ours(api: Api) -> None:
    answer = await api.admin("POST", "/check", {"source": PROGRAMME.replace("units:", "uints:")})
    assert answer.status_code == 200
    assert not answer.json()["ok"]
    found = answer.json()["diagnostics"]
    assert any("did you mean" in item["hint"] and item["line"] > 1 for item in found)
    nested = "programme: x\nrules: {r: {on: purchase.completed, when: '" + "(" * 2000 + "1" + ")" * 2000 + "'}}"
    for source in ("", "- a", "a: &x [*x]", "\t", "{", "programme: shop\n" * 3, nested, "x: !!python/object 1"):
        answer = await api.admin("POST", "/check", {"source": source})
        assert (answer.status_code, answer.json()["ok"]) == (200, False), source[:40]
    assert (await api.admin("POST", "/check", {"source": PROGRAMME})).json()["ok"]


async def test_a_definition_with_errors_or_another_name_is_not_published(api: Api) -> None:
    path = "/programmes/shop/publish"
    broken = await api.admin("POST", path, {"source": "programme: shop"})
    assert (broken.status_code, broken.json()["code"]) == (422, "programme_invalid")
    assert broken.json()["data"]["diagnostics"]
    other = await api.admin("POST", path, {"source": PROGRAMME.replace("programme: shop", "programme: shap")})
    assert (other.status_code, other.json()["code"]) == (409, "name_mismatch")
    none = await api.admin("POST", path, {})
    assert (none.status_code, none.json()["code"]) == (404, "not_found")
    assert len((await api.admin("GET", "/programmes/shop/versions")).json()["versions"]) == 1


async def test_a_version_that_takes_away_too_soon_is_told_from_when_it_may(api: Api) -> None:
    await api.join()
    path = "/programmes/shop/publish"
    promised = PROGRAMME + "\nchanges: {notice: 10 days}\n"
    assert (await api.admin("POST", path, {"source": promised})).status_code == 201
    refused = await api.admin("POST", path, {"source": PROGRAMME})
    assert (refused.status_code, refused.json()["code"]) == (422, "notice_too_short")
    assert refused.json()["data"]["losses"] == ["changes.notice: 10 days → none"]
    again = await api.admin("POST", path, {"source": PROGRAMME, "effective_at": refused.json()["data"]["earliest"]})
    assert (again.status_code, again.json()["state"]) == (201, "scheduled")


async def test_a_version_is_scheduled_takes_effect_and_is_rolled_back(api: Api) -> None:
    await api.join()
    at = (START + dt.timedelta(days=2)).isoformat()
    made = await api.admin(
        "POST", "/programmes/shop/publish", {"source": NEXT, "effective_at": at, "by": "dewi", "note": "triple"}
    )
    assert made.status_code == 201, made.text
    assert (made.json()["number"], made.json()["state"]) == (2, "scheduled")
    assert (await api.buy({"card": "CARD1"}, "10")).json()["earned"][0]["amount"] == 10
    api.clock.advance(dt.timedelta(days=3))
    assert (await api.buy({"card": "CARD1"}, "10")).json()["earned"][0]["amount"] == 30
    late = await api.buy({"card": "CARD1"}, "10", occurred_at=START.isoformat())
    assert (late.json()["version"], late.json()["earned"][0]["amount"]) == (1, 10)
    back = await api.admin("POST", "/programmes/shop/rollback", {"version": 1, "by": "dewi"})
    assert (back.status_code, back.json()["number"]) == (201, 3)
    assert (await api.buy({"card": "CARD1"}, "10")).json()["earned"][0]["amount"] == 10
    versions = (await api.admin("GET", "/programmes/shop/versions")).json()["versions"]
    assert [(row["number"], row["state"]) for row in versions] == [(3, "in_force"), (2, "past"), (1, "past")]
    assert (await api.admin("GET", "/programmes/shop/versions/2")).json()["source"] == NEXT
    assert (await api.admin("GET", "/programmes/shop/versions/9")).status_code == 404


async def test_a_field_that_another_process_published_is_known_here_at_once(api: Api) -> None:
    await api.join()
    source = PROGRAMME.replace("activities:", "activities:\n  purchase.completed:\n    fields: {table: text}")
    async with api.services.pool.connection() as conn:
        await publish(conn, source, compile_source(source), at=api.clock.now())
    bought = await api.buy({"card": "CARD1"}, "10", table="7")
    assert bought.status_code == 200, bought.text
    assert bought.json()["version"] == 2


async def test_a_programme_that_is_only_a_draft_takes_nothing_in(api: Api) -> None:
    async with api.services.pool.connection() as conn:
        await conn.execute("INSERT INTO programmes (name, created_at) VALUES ('empty', now())")
    answer = await api.admin("GET", "/programmes/empty/rewards")
    assert (answer.status_code, answer.json()["code"]) == (409, "programme_not_published")


async def test_a_published_text_that_this_release_cannot_read_is_told(api: Api) -> None:
    async with api.services.pool.connection() as conn:
        await conn.execute(
            """INSERT INTO programme_versions SELECT id, 2, 'programme: [', 'x', now(), now(), '', ''
               FROM programmes WHERE name = 'shop'"""
        )
    answer = await api.admin("GET", "/programmes/shop/rewards")
    assert (answer.status_code, answer.json()["code"]) == (500, "programme_broken")


async def test_programmes_are_listed_with_their_state(api: Api) -> None:
    await api.admin("PUT", "/programmes/new/draft", {"source": "programme: new"}, headers={"If-None-Match": "*"})
    await api.admin("POST", "/programmes/shop/pause")
    rows = (await api.admin("GET", "/programmes")).json()["programmes"]
    assert [(row["name"], row["latest"], row["is_paused"], row["has_draft"]) for row in rows] == [
        ("new", 0, False, True), ("shop", 1, True, False),
    ]  # fmt: skip
    assert (await api.admin("GET", "/programmes/shop")).json()["is_paused"]
    rewards = (await api.admin("GET", "/programmes/shop/rewards")).json()["rewards"]
    assert {row["reward"]: row["stock"] for row in rewards}["mug"] == 2


async def test_members_are_made_found_and_changed(api: Api) -> None:
    made = await api.admin(
        "POST", "/members",
        {"name": "Siti Rahma", "email": "Siti@Example.com", "programme": "shop", "attributes": {"household_size": 2}},
    )  # fmt: skip
    assert made.status_code == 201, made.text
    member = made.json()["member"]["id"]
    assert made.json()["welcome"]["earned"][0]["amount"] == 20
    for number in range(3):
        assert (await api.admin("POST", "/members", {"name": f"Other {number}"})).status_code == 201
    found = (await api.admin("GET", "/members", search="siti@")).json()["members"]
    assert [row["id"] for row in found] == [member]
    first = (await api.admin("GET", "/members", limit="3")).json()
    rest = (await api.admin("GET", "/members", limit="3", cursor=first["next"])).json()
    assert (len(first["members"]), len(rest["members"]), rest["next"]) == (3, 1, None)
    tag = (await api.admin("GET", f"/members/{member}")).headers["ETag"]
    changed = await api.admin("PATCH", f"/members/{member}", {"name": "Siti R."}, headers={"If-Match": tag})
    assert changed.json()["name"] == "Siti R."
    stale = await api.admin("PATCH", f"/members/{member}", {"name": "X"}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "edit_conflict")
    wrong = await api.admin("PATCH", f"/members/{member}", {"is_blocked": "yes", "nmae": 1})
    assert {problem["pointer"] for problem in wrong.json()["errors"]} == {"/is_blocked", "/nmae"}
    assert (await api.admin("GET", "/members/mem_00000000000000000000000000")).status_code == 404


async def test_what_a_programme_knows_of_a_member_follows_the_change(api: Api) -> None:
    member = await api.join(attributes={"household_size": 2})
    offers = (await api.member("/rewards")).json()["rewards"]
    assert not {offer["reward"]: offer["can_claim"] for offer in offers}["family-box"]
    change = {"attributes": {"household_size": 4}, "birthday": "1990-04-12", "programme": "shop"}
    changed = await api.admin("PATCH", f"/members/{member}", change)
    assert changed.status_code == 200, changed.text
    offers = (await api.member("/rewards")).json()["rewards"]
    assert {offer["reward"]: offer["can_claim"] for offer in offers}["family-box"]


async def test_identifiers_are_added_and_taken_away(api: Api) -> None:
    member = await api.join()
    path = f"/members/{member}/identifiers"
    added = await api.admin("POST", path, {"kind": "card", "value": "9999-8888"})
    assert {"kind": "card", "value": "99998888"} in added.json()["identifiers"]
    other = await api.join()
    taken = await api.admin("POST", f"/members/{other}/identifiers", {"kind": "card", "value": "99998888"})
    assert (taken.status_code, taken.json()["code"]) == (409, "identifier_taken")
    assert (await api.admin("DELETE", f"{path}/card/99998888")).status_code == 204
    assert (await api.admin("DELETE", f"{path}/card/99998888")).status_code == 404
    assert (await api.till("/members/identify", {"card": "99998888"})).status_code == 404


async def test_a_balance_is_known_as_of_any_instant_by_what_was_known_at_any_other(api: Api) -> None:
    member = await api.join()
    await api.buy({"card": "CARD1"}, "10", occurred_at=START.isoformat())
    api.clock.advance(dt.timedelta(days=2))
    await api.buy({"card": "CARD1"}, "7", occurred_at=(START + dt.timedelta(hours=1)).isoformat())
    path = f"/programmes/shop/members/{member}/balances"
    then = (START + dt.timedelta(days=1)).isoformat()

    async def points(**query: str) -> int:
        answer = await api.admin("GET", path, **query)
        assert answer.status_code == 200, answer.text
        found: int = answer.json()["balances"][0]["spendable"]
        return found

    assert await points() == 37
    assert await points(as_of=then) == 37
    assert await points(as_of=then, known_at=then) == 30
    assert await points(as_of=(START - dt.timedelta(days=1)).isoformat()) == 0


async def test_an_adjustment_has_a_reason_and_above_the_limit_four_eyes(api: Api) -> None:
    member = await api.join()
    path = "/programmes/shop/adjustments"
    body = {"member": member, "unit": "points", "amount": 500, "reason": "late delivery", "by": "dewi"}
    assert (await api.admin("POST", path, body)).json()["changes"] == {"points": {"available": 500}}
    refused = await api.admin("POST", path, body | {"amount": -501})
    assert (refused.status_code, refused.json()["code"]) == (422, "approval_needed")
    done = await api.admin("POST", path, body | {"amount": -501, "approved_by": "budi"})
    assert done.json()["changes"] == {"points": {"available": -501}}
    assert "reason" in (await api.admin("POST", path, {**body, "reason": ""})).text
    history = (await api.admin("GET", f"/programmes/shop/members/{member}/history")).json()["entries"]
    assert history[-1]["reason"]
    assert {entry["reason"] for entry in history if entry["kind"] == "adjusted"} == {"Corrected by hand: late delivery"}


async def test_activities_are_listed_and_explained(api: Api) -> None:
    member = await api.join()
    bought = (await api.buy({"card": "CARD1"}, "10", "R-1")).json()
    rows = (await api.admin("GET", f"/programmes/shop/members/{member}/activities", limit="1")).json()
    assert rows["activities"][0]["activity"] == bought["activity"]
    assert rows["activities"][0]["earned"] == bought["earned"]
    more = await api.admin("GET", f"/programmes/shop/members/{member}/activities", limit="1", cursor=rows["next"])
    assert more.json()["activities"][0]["type"] == "member.joined"
    one = await api.admin("GET", f"/programmes/shop/activities/{bought['activity']}")
    assert one.json()["body"]["lines"][0]["amount"] == 1000
    told = await api.admin("GET", f"/programmes/shop/activities/{bought['activity']}/explanation")
    assert told.json()["explanation"]["differs"] == []
    entry = (await api.member("/history")).json()["entries"][0]["id"]
    same = await api.admin("GET", f"/programmes/shop/members/{member}/history/{entry}/explanation")
    assert same.json()["entry"]["activity"]["id"] == bought["activity"]
    assert (await api.admin("GET", "/programmes/shop/activities/act_00000000000000000000000000")).status_code == 404
    seen = (await api.admin("GET", f"/programmes/shop/members/{member}")).json()
    assert seen["balances"][0]["spendable"] == 30


async def test_events_are_read_from_where_one_left_off(api: Api) -> None:
    member = await api.join()
    await api.buy({"card": "CARD1"}, "10")
    page = (await api.admin("GET", "/programmes/shop/events")).json()
    earned = [event for event in page["events"] if event["type"] == "points.earned"]
    assert [event["data"]["amount"] for event in earned] == [20, 10]
    assert {event["member"] for event in page["events"]} == {member}
    nothing = (await api.admin("GET", "/programmes/shop/events", cursor=page["next"])).json()
    assert (nothing["events"], nothing["next"]) == ([], page["next"])
    await api.buy({"card": "CARD1"}, "3")
    news = (await api.admin("GET", "/programmes/shop/events", cursor=page["next"])).json()["events"]
    assert [event["data"]["amount"] for event in news if event["type"] == "points.earned"] == [3]


async def test_the_book_is_verified_and_a_wrong_one_is_found(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "10")
    assert (await api.admin("POST", "/programmes/shop/verify")).json() == {"clean": True, "findings": []}
    async with api.services.pool.connection() as conn:
        await conn.execute("UPDATE balances SET available = available + 1 WHERE unit = 'points'")
    verdict = (await api.admin("POST", "/programmes/shop/verify")).json()
    assert not verdict["clean"]
    assert verdict["findings"][0]["message"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"audience": "boss", "name": "x"}, "/audience"),
        ({"audience": "till", "name": "x"}, "/programme"),
        ({"audience": "admin", "name": "x", "programme": "shop"}, "/programme"),
        ({"audience": "member", "name": "x", "programme": "shop"}, "/member"),
        ({"audience": "till", "name": "x", "programme": "shop", "scopes": ["admin:keys"]}, "/scopes"),
        ({"audience": "till", "name": "", "programme": "shop"}, "/name"),
        ({"audience": "admin", "name": "x", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
    ],
)
async def test_a_key_that_makes_no_sense_is_not_made(api: Api, body: dict[str, object], pointer: str) -> None:
    answer = await api.admin("POST", "/keys", body)
    assert answer.status_code == 422, answer.text
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]


async def test_a_preview_counts_who_would_move_and_publishes_nothing(api: Api) -> None:
    for amount in ("10", "60", "1500"):
        await api.join()
        assert (await api.buy({"card": f"CARD{api.count}"}, amount)).status_code == 200
    path = "/programmes/shop/preview"
    lower = PROGRAMME.replace("silver: {from: 1_000, rate: 2}", "silver: {from: 50, rate: 2}")
    seen = (await api.admin("POST", path, {"source": lower})).json()
    assert (seen["members"], seen["up"], seen["down"], seen["removed"]) == (3, 1, 0, 0)
    assert seen["moves"] == [{"before": "bronze", "after": "silver", "way": "up", "members": 1}]
    # A dated level is never lowered by an edit; one that is gone leads to the best that is left.
    higher = PROGRAMME.replace("silver: {from: 1_000, rate: 2}", "silver: {from: 9_000, rate: 2}")
    assert (await api.admin("POST", path, {"source": higher})).json()["moves"] == []
    without = PROGRAMME.replace("silver: {from: 1_000, rate: 2}", "gold: {from: 9_000, rate: 2}")
    gone = (await api.admin("POST", path, {"source": without})).json()
    assert gone["moves"] == [{"before": "silver", "after": "bronze", "way": "removed", "members": 1}]
    flat = PROGRAMME[: PROGRAMME.index("tiers:")] + PROGRAMME[PROGRAMME.index("rules:") :].replace("* tier.rate", "")
    flat = flat.replace("  risen:\n    on: tier.changed\n    give: {reward: gift}\n", "")
    assert (await api.admin("POST", path, {"source": flat})).json()["moves"] == []
    broken = await api.admin("POST", path, {"source": "programme: shop"})
    assert (broken.status_code, broken.json()["code"]) == (422, "programme_invalid")
    nothing = await api.admin("POST", path, {"effective_at": "soon"})
    assert (nothing.status_code, nothing.json()["code"]) == (422, "invalid"), nothing.text
    assert len((await api.admin("GET", "/programmes/shop/versions")).json()["versions"]) == 1
    assert (await api.member("/tiers")).json()["tier"]["level"] == "silver"


async def test_a_month_of_the_books_is_closed_once_and_stays(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "25.00")
    month = f"{START:%Y-%m}"
    path = f"/programmes/shop/closings/{month}"
    open_ = (await api.admin("GET", path)).json()
    assert (open_["state"], open_["known_at"]) == ("open", None)
    early = await api.admin("POST", f"{path}/close", {"by": "dewi"})
    assert (early.status_code, early.json()["code"]) == (409, "month_not_over")
    api.clock.advance(dt.timedelta(days=40))
    first, again = [await api.admin("POST", f"{path}/close", {"by": "dewi"}) for _ in range(2)]
    assert (first.status_code, first.json()) == (200, again.json())
    (points, *_) = [unit for unit in first.json()["units"] if unit["unit"] == "points"]
    assert points["closing"] == 45
    assert points["liability"] == {"amount": "0.45", "currency": "USD"}
    assert {line["credit"] for line in points["journal"]} == {"liability"}
    listed = (await api.admin("GET", "/programmes/shop/closings")).json()["closings"]
    assert [(row["month"], row["closed_by"]) for row in listed] == [(month, "dewi")]
