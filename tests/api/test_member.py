"""What members are told about their own points."""

from __future__ import annotations

import asyncio
import datetime as dt

from tests.api.conftest import Api


async def test_a_member_sees_what_is_pending_until_when_and_what_expires_when(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "100.00")
    points, later, on_cards = (await api.member("/balance")).json()["balances"]
    assert (on_cards["unit"], on_cards["spendable"]) == ("card_money", "0.00")
    assert points["spendable"] == 120
    assert points["expiring"] == [{"amount": 120, "at": "2026-09-03T00:00:00Z"}]
    assert (later["spendable"], later["pending"]) == (0, 10)
    assert later["activating"] == [{"amount": 10, "at": "2026-03-16T00:00:00Z"}]
    api.clock.advance(dt.timedelta(days=15))
    assert (await api.member("/balance")).json()["balances"][1]["spendable"] == 10
    api.clock.set(dt.datetime(2026, 9, 2, 23, 59, 59, tzinfo=dt.UTC))
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 120
    api.clock.advance(dt.timedelta(seconds=1))
    assert (await api.member("/balance")).json()["balances"][0]["spendable"] == 0, "no worker runs, and yet it is over"


async def test_the_history_comes_in_pages_with_reasons_in_three_languages(api: Api) -> None:
    await api.join()
    for number in range(4):
        await api.buy({"card": "CARD1"}, "30.00", f"R-{number}")
    await api.till("/redemptions", {"member": {"card": "CARD1"}, "reward": "mug"})
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await api.member("/history", limit="2", **cursor)).json()
        assert len(page["entries"]) <= 2
        seen += [entry["id"] for entry in page["entries"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == sorted(seen, key=lambda text: -int(text[4:]))
    whole = (await api.member("/history")).json()["entries"]
    assert [entry["id"] for entry in whole] == seen
    assert whole[0]["reason"] == "Spent: reward mug"
    assert whole[0]["amount"] < 0
    bought = next(entry for entry in whole if entry["kind"] == "earned")
    assert bought["reason"] == "A point for every dollar"
    assert bought["activity"]["external_id"] == "R-3"
    indonesian = (await api.member("/history", headers={"Accept-Language": "id"})).json()["entries"]
    assert indonesian[0]["reason"] == "Dipakai: hadiah mug"
    assert any(entry["reason"] == "Satu poin tiap dolar" for entry in indonesian)
    assert (await api.member("/history", cursor="bm9uZQ")).json()["errors"][0]["code"] == "bad_cursor"


async def test_an_entry_explains_itself(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "30.00", "R-1")
    entry = (await api.member("/history")).json()["entries"][0]
    told = await api.member(f"/history/{entry['id']}/explanation")
    assert told.status_code == 200, told.text
    explanation = told.json()["explanation"]
    assert explanation["differs"] == []
    text = "\n".join(explanation["text"])
    assert "purchase.eligible * tier.rate" in text
    assert "30" in text
    outcomes = {rule["rule"]: rule["outcome"] for rule in explanation["rules"]}
    assert outcomes == {"earn": "gave", "later": "condition"}
    assert (await api.member("/history/ent_999/explanation")).status_code == 404
    assert (await api.member("/history/nonsense/explanation")).json()["errors"][0]["code"] == "bad_id"


async def test_a_return_explains_what_the_purchase_was_and_is(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "30.00", "R-1")
    await api.till("/returns", {"source": "t", "external_id": "B", "of": {"source": "till-1", "external_id": "R-1"}})
    entry = (await api.member("/history")).json()["entries"][0]
    assert (entry["kind"], entry["amount"], entry["reason"]) == ("reversed", -30, "Taken back: return B")
    told = (await api.member(f"/history/{entry['id']}/explanation")).json()
    assert told["explanation"]["differs"] == []
    assert any("R-1" in line for line in told["explanation"]["text"])


async def test_a_member_sees_the_tier_and_what_is_missing(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "400.00")
    seen = (await api.member("/tiers")).json()
    assert seen["tier"]["level"] == "bronze"
    assert seen["tier"]["value"] == {"amount": "400.00", "currency": "USD"}
    assert seen["tier"]["next"]["missing"] == {"amount": "600.00", "currency": "USD"}
    assert [level["level"] for level in seen["levels"]] == ["bronze", "silver"]
    await api.buy({"card": "CARD1"}, "700.00")
    silver = (await api.member("/tiers")).json()["tier"]
    assert (silver["level"], silver["until"], silver["next"]) == ("silver", "2027-03-03T00:00:00Z", None)


async def test_rewards_that_can_be_had_come_first_and_the_others_say_why_not(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "40.00")
    shown = (await api.member("/rewards")).json()["rewards"]
    rewards = [offer for offer in shown if offer["reward"] in ("treat", "mug", "family-box")]
    assert [(offer["reward"], offer["can_claim"]) for offer in rewards] == [
        ("treat", True), ("mug", True), ("family-box", False),
    ]  # fmt: skip
    assert rewards[1]["stock"] == 2
    assert rewards[2]["why_not"]["code"] == "reward_not_eligible"
    claimed = await api.call("member", "POST", "/v1/member/redemptions", {"reward": "mug"})
    assert claimed.status_code == 200, claimed.text
    after = {offer["reward"]: offer for offer in (await api.member("/rewards")).json()["rewards"]}
    assert after["mug"]["stock"] == 1
    assert after["mug"]["missing"] == {"points": 40}
    voucher = (await api.member("/vouchers")).json()["vouchers"][0]
    assert (voucher["state"], voucher["cost"]) == ("issued", {"points": 50})
    api.clock.advance(dt.timedelta(days=40))
    assert (await api.member("/vouchers")).json()["vouchers"][0]["state"] == "lapsed"


async def test_a_member_key_shows_its_member_and_nobody_else(api: Api) -> None:
    first = await api.join(name="Siti", birthday="1990-04-12", attributes={"household_size": 3})
    siti = api.keys["member"]
    second = await api.join(name="Dewi")
    assert (await api.member("/profile")).json()["id"] == second
    api.keys["member"] = siti
    profile = (await api.member("/profile")).json()
    assert (profile["id"], profile["birthday"], profile["attributes"]) == (first, "1990-04-12", {"household_size": 3})
    offers = {offer["reward"]: offer["can_claim"] for offer in (await api.member("/rewards")).json()["rewards"]}
    assert offers["family-box"]


async def test_the_pages_are_written_from_the_version_that_holds(api: Api) -> None:
    await api.join()
    terms = await api.member("/pages/terms")
    assert terms.status_code == 200
    seen = terms.json()
    assert (seen["page"], seen["language"], seen["version"]) == ("terms", "en", 1)
    assert seen["markdown"].startswith(f"# {seen['title']}\n")
    assert seen["html"].startswith('<!DOCTYPE html>\n<html lang="en">')
    indonesian = (await api.member("/pages/faq", headers={"Accept-Language": "id"})).json()
    assert indonesian["language"] == "id"
    assert "tanya jawab" in indonesian["title"]
    assert (await api.member("/pages/nothing")).status_code == 404


async def test_a_challenge_is_joined_followed_and_completed(api: Api) -> None:
    await api.join()
    seen = (await api.member("/challenges")).json()
    assert [(found["challenge"], found["state"]) for found in seen["challenges"]] == [
        ("two-reviews", "to_join"), ("next-year", "upcoming"),
    ]  # fmt: skip
    assert seen["badges"] == [{"badge": "reviewer", "title": "Reviewer", "is_held": False, "since": None}]
    joined = await api.call("member", "POST", "/v1/member/challenges", {"challenge": "two-reviews"})
    assert (joined.status_code, joined.json()["status"]) == (200, "accepted"), joined.text
    for number in (1, 2):
        item = {"type": "review.written", "member": {"card": "CARD1"}, "source": "app", "external_id": f"V{number}",
                "data": {"stars": 4}}  # fmt: skip
        answer = (await api.till("/activities", {"activities": [item]})).json()["answers"][0]
        found = (await api.member("/challenges")).json()["challenges"][0]
        assert found["goals"][0]["at"] == {"amount": number}
    assert [(told["challenge"], told["badges"]) for told in answer["set_off"]] == [("two-reviews", ["reviewer"])]
    assert (found["state"], found["done"], found["until"]) == ("done", 1, "2026-04-02T00:00:00Z")
    assert found["goals"][0]["target"] == {"amount": 2}
    assert (await api.member("/challenges")).json()["badges"][0]["is_held"]
    # A challenge that is over stays with whoever took part.
    await api.join()
    await api.call("member", "POST", "/v1/member/challenges", {"challenge": "two-reviews"})
    api.clock.advance(dt.timedelta(days=40))
    assert [found["state"] for found in (await api.member("/challenges")).json()["challenges"]] == ["over", "upcoming"]
    api.clock.advance(dt.timedelta(days=300))
    assert (await api.member("/challenges")).json()["challenges"][1]["state"] == "to_join"


async def test_a_leaderboard_shows_who_agreed_and_forgets_who_did_not(api: Api) -> None:
    first = ""
    for name, amount in (("Kopi", "30"), ("Teh", "20"), ("Susu", "20"), ("Air", "10"), ("Jus", "5")):
        joined = await api.join(attributes={"recognition": True, "nickname": name})
        first = first or joined
        await api.buy({"card": f"CARD{api.count}"}, amount)
        api.clock.advance(dt.timedelta(minutes=1))
    await api.join()
    await api.buy({"card": f"CARD{api.count}"}, "99")
    hidden = (await api.member("/leaderboards")).json()["leaderboards"][0]
    assert (hidden["is_shown"], hidden["rank"], hidden["around"]) == (False, None, [])
    assert [(row["rank"], row["nickname"]) for row in hidden["best"]] == [(1, "Kopi"), (2, "Teh"), (2, "Susu")]
    await api.join(attributes={"recognition": True, "nickname": "Madu"})
    await api.buy({"card": f"CARD{api.count}"}, "7")
    mine = (await api.member("/leaderboards")).json()["leaderboards"][0]
    assert (mine["rank"], mine["since"], mine["until"]) == (5, "2026-01-01", "2027-01-01")
    assert [(row["rank"], row["nickname"], row["is_me"]) for row in mine["around"]] == [
        (2, "Susu", False), (4, "Air", False), (5, "Madu", True), (6, "Jus", False),
    ]  # fmt: skip
    assert mine["around"][2]["score"] == {"amount": "7.00", "currency": "USD"}
    change = {"programme": "shop", "attributes": {"recognition": False}}
    changed = await api.admin("PATCH", f"/members/{first}", change)
    assert changed.status_code == 200, changed.text
    after = (await api.member("/leaderboards")).json()["leaderboards"][0]
    assert [row["nickname"] for row in after["best"]] == ["Teh", "Susu"]
    assert await api.rows("leaderboard_scores") == 5


async def test_an_avatar_stands_beside_the_nickname(api: Api) -> None:
    await api.join(attributes={"recognition": True, "nickname": "Kopi"})
    await api.buy({"card": f"CARD{api.count}"}, "30")
    assert (await api.call("member", "POST", "/v1/member/avatar", {"avatar": "bean"})).status_code == 200
    await api.join(attributes={"recognition": True, "nickname": "Teh"})
    member = {"card": f"CARD{api.count}"}
    await api.buy(member, "20")
    locked = await api.call("member", "POST", "/v1/member/avatar", {"avatar": "owl"})
    assert (locked.status_code, locked.json()["data"]["badge"]) == (422, "reviewer")
    claimed = await api.call("member", "POST", "/v1/member/redemptions", {"reward": "reviewer"})
    assert (await api.call("member", "POST", "/v1/member/avatar", {"avatar": "owl"})).status_code == 200
    found = (await api.member("/avatars")).json()["avatars"]
    assert [(one["avatar"], one["title"], one["picture"], one["badge"]) for one in found] == [
        ("bean", "The bean", "bean.svg", None), ("owl", "owl", "owl.svg", "reviewer"),
    ]  # fmt: skip
    assert [(one["can_choose"], one["is_worn"]) for one in found] == [(True, False), (True, True)]

    async def shown() -> list[tuple[str, str | None]]:
        board = (await api.member("/leaderboards")).json()["leaderboards"][0]
        return [(row["nickname"], (row["avatar"] or {}).get("picture")) for row in board["best"]]

    assert await shown() == [("Kopi", "bean.svg"), ("Teh", "owl.svg")]
    (offer,) = [one for one in (await api.member("/rewards")).json()["rewards"] if one["reward"] == "reviewer"]
    assert offer["gives"] == {"kind": "badge", "badge": "reviewer"}
    voucher = claimed.json()["rewards"][0]["id"]
    sent = {"source": "t", "external_id": "U", "member": member, "voucher": voucher}
    assert (await api.till("/cancellations", sent)).status_code == 200
    assert await shown() == [("Kopi", "bean.svg"), ("Teh", None)]
    assert (await api.call("member", "POST", "/v1/member/avatar", {})).status_code == 200


async def test_two_workers_at_once_place_the_best_once(api: Api) -> None:
    for name, amount in (("Kopi", "30"), ("Teh", "20"), ("Susu", "10")):
        await api.join(attributes={"recognition": True, "nickname": name})
        await api.buy({"card": f"CARD{api.count}"}, amount)
    api.clock.advance(dt.timedelta(days=310))
    await asyncio.gather(*(api.services.engine.tick("shop") for _ in range(4)))
    await api.services.engine.tick("shop")
    async with api.services.pool.connection() as conn:
        cursor = await conn.execute(
            "SELECT body->>'rank', count(*) FROM activities WHERE type = 'leaderboard.placed' GROUP BY 1 ORDER BY 1"
        )
        assert await cursor.fetchall() == [("1", 1), ("2", 1)]
