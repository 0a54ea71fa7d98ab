"""A drop through the door: standing in line, claiming with a pass, checking the draw."""

from __future__ import annotations

import datetime as dt
import hmac
from hashlib import sha256

from tests.api.conftest import START, Api

OPENS = START + dt.timedelta(minutes=30)


async def ask(api: Api, method: str, path: str) -> tuple[int, dict[str, object]]:
    answer = await api.call("member", method, f"/v1/member/drops{path}")
    return answer.status_code, answer.json()


async def test_a_member_stands_in_line_claims_and_can_check_the_draw(api: Api) -> None:
    await api.join()
    (drop,) = (await api.member("/drops", headers={"Accept-Language": "id"})).json()["drops"]
    assert (drop["title"], drop["state"], drop["seed"], drop["pieces_left"]) == ("Sepasang", "lobby", None, 1)
    status, place = await ask(api, "POST", "/pair/place")
    assert (status, place["state"], place["number"], place["drawn"]) == (200, "waiting", None, None)
    assert (await ask(api, "POST", "/pair/checkout"))[1]["code"] == "not_in_line"
    refused = await api.call("member", "POST", "/v1/member/redemptions", {"reward": "pair"})
    assert (refused.status_code, refused.json()["code"]) == (422, "pass_needed")
    api.clock.set(OPENS + dt.timedelta(minutes=1))
    status, place = await ask(api, "GET", "/pair/place")
    assert (status, place["state"], place["number"], place["until"]) == (200, "admitted", 1, "2026-03-02T10:40:00Z")
    drawn = place["drawn"]
    assert isinstance(drawn, dict)
    seed = bytes.fromhex(drawn["seed"])
    assert drop["commitment"] == drawn["commitment"] == sha256(seed).hexdigest()
    assert len(hmac.new(seed, b"pair", sha256).digest()) * 2 == len(drawn["lot"])
    assert (await ask(api, "POST", "/pair/checkout"))[1]["until"] == "2026-03-02T10:36:00Z"
    done = await api.call("member", "POST", "/v1/member/redemptions", {"reward": "pair"})
    assert (done.status_code, done.json()["rewards"][0]["reward"]) == (200, "pair"), done.text
    assert (await ask(api, "GET", "/pair/place"))[1]["state"] == "taken"
    assert (await ask(api, "DELETE", "/pair/place"))[1]["code"] == "not_in_line"
    (drop,) = (await api.member("/drops")).json()["drops"]
    assert (drop["state"], drop["pieces_left"], drop["seed"]) == ("gone", 0, seed.hex())


async def test_a_place_is_given_up_and_another_drop_is_not_found(api: Api) -> None:
    await api.join()
    assert (await ask(api, "GET", "/pair/place"))[1]["code"] == "not_in_line"
    assert (await ask(api, "POST", "/pair/place"))[0] == 200
    status, place = await ask(api, "DELETE", "/pair/place")
    assert (status, place["state"], place["until"]) == (200, "left", None)
    assert (await ask(api, "POST", "/mug/place"))[1]["code"] == "not_found"
