"""Games and draws over HTTP: what is shown, what is booked, what everybody can check."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx

from setia.games.seeds import period_of
from setia.values.draws import check_play, check_proof, check_record
from tests.api.conftest import Api

TOKEN = "visitor-0123456789"


async def play(api: Api, game: str, **more: Any) -> httpx.Response:
    return await api.call("member", "POST", "/v1/member/plays", {"game": game, **more})


async def public(api: Api, path: str) -> httpx.Response:
    return await api.call("", "GET", f"/public/shop{path}")


async def test_a_play_is_booked_listed_and_can_be_recomputed_when_the_day_is_over(api: Api) -> None:
    await api.join()
    answer = await play(api, "wheel", client_seed="mine")
    assert answer.status_code == 200, answer.text
    played = answer.json()["play"]
    assert played["prize"] in ("mug", "ten")
    assert played["free"]
    (listed,) = (await api.member("/plays")).json()["plays"]
    assert {name: listed[name] for name in played} == played
    assert "not revealed yet" in check_play(listed["proof"])[0]
    period = listed["proof"]["period"]
    (today,) = [c for c in (await public(api, "/commitments")).json()["commitments"] if c["period"] == period]
    assert (today["commitment"], today["seed"]) == (listed["proof"]["commitment"], None)
    api.clock.advance(dt.timedelta(hours=16))
    (listed,) = (await api.member("/plays")).json()["plays"]
    assert check_play(listed["proof"]) == []
    assert listed["proof"]["client_seed"] == "mine"
    assert check_play(listed["proof"] | {"numbers": [listed["proof"]["numbers"][0] ^ 1]})
    (told,) = [c for c in (await public(api, "/commitments")).json()["commitments"] if c["period"] == period]
    assert told["seed"] == listed["proof"]["seed"]


async def test_a_request_that_comes_again_does_not_play_again(api: Api) -> None:
    await api.join()
    headers = {"Idempotency-Key": "spin-1"}
    first = await api.call("member", "POST", "/v1/member/plays", {"game": "wheel"}, headers=headers)
    again = await api.call("member", "POST", "/v1/member/plays", {"game": "wheel"}, headers=headers)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert len((await api.member("/plays")).json()["plays"]) == 1


async def test_games_are_shown_with_exact_odds_and_without_the_right_answers(api: Api) -> None:
    await api.join()
    shown = {game["game"]: game for game in (await api.member("/games")).json()["games"]}
    odds = {share["prize"]: (share["exact"], share["percent"]) for share in shown["wheel"]["odds"]}
    assert odds == {"mug": ("1/10", "10.00"), "ten": ("9/10", "90.00")}
    assert (shown["wheel"]["free_left"], shown["wheel"]["can_play"]) == (1, True)
    assert shown["club"]["why_not"]["code"] == "game_not_eligible"
    assert shown["quiz"]["odds"] is None
    assert "right" not in str(shown["quiz"]["questions"])
    async with api.services.pool.connection() as conn:
        await conn.execute("UPDATE house_accounts SET left_ = 0 WHERE account = 'prize:wheel/mug'")
    shown = {game["game"]: game for game in (await api.member("/games")).json()["games"]}
    assert [share["exact"] for share in shown["wheel"]["odds"]] == ["1/1"]


async def test_a_game_cannot_be_tried_and_a_quote_draws_nothing(api: Api) -> None:
    member = await api.join()
    item = {"type": "game.played", "member": member, "source": "x", "external_id": "1", "data": {"game": "wheel"}}
    answer = await api.till("/activities", {"activities": [item]}, dry_run="true")
    assert answer.json()["answers"][0]["problem"]["code"] == "invalid", answer.text
    assert (await api.member("/plays")).json()["plays"] == []


async def test_a_quiz_is_scored_here_and_counts_once(api: Api) -> None:
    await api.join()
    first = await play(api, "quiz", answers={"sum": "four"})
    assert first.json()["play"]["prize"] == "right"
    assert (await play(api, "quiz", answers={"sum": "four"})).json()["code"] == "play_limit_reached"
    missing, unknown = await play(api, "quiz"), await play(api, "quiz", answers={"sum": "five", "product": "x"})
    assert missing.json()["errors"][0]["pointer"] == "/answers"
    assert {error["pointer"] for error in unknown.json()["errors"]} == {"/answers/sum", "/answers/product"}
    seed = await play(api, "wheel", client_seed="a b")
    assert seed.json()["errors"][0]["pointer"] == "/client_seed"


async def test_a_visitor_plays_joins_and_claims_once(api: Api) -> None:
    body = {"visitor": TOKEN, "address": "203.0.113.7", "game": "wheel"}
    answer = await api.till("/visitors/plays", body)
    assert answer.status_code == 202, answer.text
    won = answer.json()["play"]["prize"]
    assert (await api.till("/visitors/plays", body)).json()["code"] == "play_limit_reached"
    assert TOKEN not in str(await _parked(api))
    assert "203.0.113.7" not in str(await _parked(api))
    member = await api.join()
    claim = {"visitor": TOKEN, "member": member}
    claimed = (await api.till("/visitors/claims", claim)).json()
    assert (claimed["counts"], claimed["answers"][0]["play"]["prize"]) == ({"accepted": 1}, won)
    again = (await api.till("/visitors/claims", claim)).json()
    assert again["counts"] == {"duplicate": 1}
    other = await api.join()
    assert (await api.till("/visitors/claims", {"visitor": TOKEN, "member": other})).json()["counts"] == {
        "duplicate": 1
    }
    assert (await api.till("/visitors/plays", body)).json()["code"] == "played_before_as_member"
    assert (await api.till("/visitors/claims", {"visitor": "nobody-0123456789", "member": other})).status_code == 404
    short = await api.till("/visitors/plays", {**body, "visitor": "short", "client_seed": "a b"})
    assert {error["pointer"] for error in short.json()["errors"]} == {"/visitor", "/client_seed"}
    assert (await api.till("/visitors/plays", {**body, "game": "quiz"})).status_code == 404


async def _parked(api: Api) -> list[Any]:
    async with api.services.pool.connection() as conn:
        cursor = await conn.execute("SELECT contact::text, activity::text FROM parked")
        return await cursor.fetchall()


async def settle(api: Api, draw: str, **more: Any) -> httpx.Response:
    return await api.admin("POST", "/programmes/shop/draws/settle", {"draw": draw, **more})


async def test_a_draw_closes_waits_for_its_beacon_and_is_drawn_once(api: Api) -> None:
    codes = []
    for tickets in (2, 1, 5):
        await api.join()
        entered = await api.call("member", "POST", "/v1/member/entries", {"draw": "summer", "tickets": tickets})
        assert entered.json()["entry"]["entered"] == tickets
        codes.append(entered.json()["activity"])
    assert (await settle(api, "summer")).json()["code"] == "draw_open"
    assert (await settle(api, "autumn")).json()["code"] == "not_found"
    assert (await public(api, "/draws/summer")).json()["code"] == "not_found"
    api.clock.set(dt.datetime(2026, 11, 25, 0, 5, tzinfo=dt.UTC))
    waiting = await settle(api, "summer")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "beacon_missing")
    closed = (await public(api, "/draws/summer")).json()
    assert (closed["seed"], closed["places"]) == (None, [])
    assert sorted(entry["entry"] for entry in closed["entries"]) == sorted(codes)
    record = (await settle(api, "summer", beacon="7a1e")).json()
    assert check_record(record) == []
    assert record["root"] == closed["root"]
    assert [place["state"] for place in record["places"]] == ["issued"]
    assert (await settle(api, "summer", beacon="beef")).json()["code"] == "draw_settled"
    assert (await public(api, "/draws/summer")).json() == record
    for code in codes:
        assert check_proof((await public(api, f"/draws/summer/entries/{code}")).json())
    assert (await public(api, "/draws/summer/entries/act_x")).json()["code"] == "not_found"
    mine = {draw["draw"]: draw for draw in (await api.member("/draws")).json()["draws"]}["summer"]
    assert (mine["entry"], mine["entered"], mine["state"]) == (codes[-1], 5, "settled")
    assert check_proof(mine["proof"])
    listed = (await api.admin("GET", "/programmes/shop/draws")).json()
    assert ([found["draw"] for found in listed["draws"]], listed["open"]) == (["summer"], ["family", "spring"])
    assert (await api.call("member", "POST", "/v1/member/offers", {"draw": "summer"})).status_code == 404


async def test_a_key_that_is_gone_stops_the_wheel_and_nothing_else(api: Api) -> None:
    await api.join()
    api.clock.advance(dt.timedelta(days=1))
    async with api.services.pool.connection() as conn:
        await conn.execute(
            """INSERT INTO chance_seeds (programme_id, period, salt, commitment, published_at)
               SELECT id, %s, %s, %s, now() FROM programmes""",
            [period_of(api.clock.now()), bytes(32), "ab" * 32],
        )
    answer = await play(api, "wheel")
    assert (answer.status_code, answer.json()["code"]) == (500, "chance_key_missing")
    assert (await api.member("/balance")).status_code == 200
