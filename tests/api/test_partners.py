"""Partners through the API: a till that speaks for one, statements, disputes."""

from __future__ import annotations

import datetime as dt

from setia.api.scopes import Audience
from tests.api.conftest import START, Api

PATH = "/programmes/shop"
CARD = {"card": "CARD1"}


async def _garage(api: Api) -> None:
    await api.join()
    await api.key(Audience.TILL, "garage", programme="shop", partner="garage")


async def test_a_partners_till_speaks_for_its_partner_alone(api: Api) -> None:
    await _garage(api)
    sale = {"member": CARD, "source": "g", "external_id": "1", "amount": "10"}
    sold = await api.call("garage", "POST", "/v1/till/purchases", sale)
    assert sold.status_code == 200, sold.text
    other = await api.call("garage", "POST", "/v1/till/purchases", {**sale, "external_id": "2", "partner": "hotel"})
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "partner_of_key")
    own = await api.buy(CARD, "10", "R")
    assert own.status_code == 200
    back = {"source": "g", "external_id": "3", "of": {"source": "till-1", "external_id": "R"}}
    returned = await api.call("garage", "POST", "/v1/till/returns", back)
    assert (returned.status_code, returned.json()["code"]) == (409, "receipt_of_other_partner")
    items = [{"type": "purchase.completed", "data": {"amount": "1", "partner": partner}, "member": CARD, "source": "g",
              "external_id": f"B{partner}"} for partner in ("garage", "hotel")]  # fmt: skip
    batch = (await api.call("garage", "POST", "/v1/till/activities", {"activities": items})).json()
    assert [answer["status"] for answer in batch["answers"]] == ["accepted", "failed"]
    assert batch["answers"][1]["problem"]["errors"][0]["code"] == "partner_of_key"
    statement = (await api.admin("GET", f"{PATH}/settlements/2026-03")).json()
    assert [(line["partner"], line["kind"], line["quantity"]) for line in statement["lines"]] == [
        ("garage", "earned", 11)
    ]  # fmt: skip


async def test_a_till_of_a_partner_that_is_gone_opens_nothing(api: Api) -> None:
    await api.join()
    await api.key(Audience.TILL, "lost", programme="shop", partner="lost")
    sale = {"member": CARD, "source": "g", "external_id": "1", "amount": "10"}
    answer = await api.call("lost", "POST", "/v1/till/purchases", sale)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "partner_of_key")


async def test_a_key_is_made_for_a_partner(api: Api) -> None:
    wanted = {"audience": "till", "name": "pump 1", "programme": "shop", "partner": "garage"}
    made = await api.admin("POST", "/keys", wanted)
    assert (made.status_code, made.json()["partner"]) == (201, "garage")
    unknown = await api.admin("POST", "/keys", {**wanted, "partner": "nobody"})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "unknown_partner")
    admin = await api.admin("POST", "/keys", {"audience": "admin", "name": "x", "partner": "garage"})
    assert admin.json()["errors"][0]["pointer"] == "/partner"


async def test_what_was_sent_to_a_partner_is_listed(api: Api) -> None:
    member = await api.join()
    await api.buy(CARD, "2500")
    done = await api.call("member", "POST", "/v1/member/exchanges", {"exchange": "to-nights", "amount": 2000})
    assert done.status_code == 200, done.text
    assert done.json()["exchanged"] == {
        "exchange": "to-nights", "took": {"unit": "points", "amount": 2000}, "fee": 0,
        "gave": {"unit": "nights", "amount": 2}, "partner": "hotel",
    }  # fmt: skip
    told = (await api.admin("GET", f"{PATH}/exchanges/to-nights/sent")).json()
    assert (told["total"], told["unit"], [row["member"] for row in told["sent"]]) == (2, "nights", [member])
    before = await api.admin("GET", f"{PATH}/exchanges/to-nights/sent", month="2026-02")
    assert before.json()["sent"] == []
    assert (await api.admin("GET", f"{PATH}/exchanges/to-later/sent")).status_code == 404
    assert (await api.admin("GET", f"{PATH}/exchanges/to-nights/sent", month="x")).status_code == 422


async def test_a_month_is_looked_at_closed_and_disputed(api: Api) -> None:
    await _garage(api)
    await api.buy(CARD, "200", partner="garage")
    spent = await api.buy(CARD, "1", spend={"points": 100}, partner="hotel")
    assert spent.status_code == 200, spent.text
    open_ = (await api.admin("GET", f"{PATH}/settlements/2026-03")).json()
    assert (open_["state"], open_["closed_at"]) == ("open", None)
    early = await api.admin("POST", f"{PATH}/settlements/2026-03/close", {})
    assert (early.status_code, early.json()["code"]) == (409, "month_not_over")
    api.clock.advance(dt.timedelta(days=40))
    closed = await api.admin("POST", f"{PATH}/settlements/2026-03/close", {}, headers={"Idempotency-Key": "k"})
    assert closed.status_code == 200, closed.text
    replay = await api.admin("POST", f"{PATH}/settlements/2026-03/close", {}, headers={"Idempotency-Key": "k"})
    assert replay.headers["Idempotent-Replayed"] == "true"
    statement = (await api.admin("GET", f"{PATH}/settlements/2026-03")).json()
    assert statement == closed.json() == replay.json()
    assert (statement["state"], statement["closed_by"]) == ("closed", "admin")
    owes = {row["partner"]: row["owes"]["amount"] for row in statement["partners"]}
    total = sum(round(float(amount) * 100) for amount in owes.values())
    assert total == round(float(statement["margin"]["amount"]) * 100)
    assert owes["hotel"] == "-0.90"
    line = next(line for line in statement["lines"] if (line["partner"], line["other"]) == ("hotel", "garage"))
    assert (line["kind"], line["price"], line["owed"]) == ("redeemed", "0.009000", None)
    (listed,) = (await api.admin("GET", f"{PATH}/settlements")).json()["settlements"]
    assert (listed["month"], listed["margin"]) == ("2026-03", statement["margin"])
    earlier = await api.admin("GET", f"{PATH}/settlements/2026-02")
    assert (earlier.status_code, earlier.json()["code"]) == (409, "month_closed")
    disputes = f"{PATH}/settlements/2026-03/disputes"
    for wrong in ({"line": "x", "reason": "y"}, {"line": 1}, {"line": line["line"], "reason": "y", "amount": "1.005"},
                  {"line": line["line"], "reason": "y", "amount": "-99"}):  # fmt: skip
        assert (await api.admin("POST", disputes, wrong)).status_code == 422
    assert (await api.admin("POST", disputes, {"line": 99, "reason": "y"})).status_code == 404
    made = await api.admin("POST", disputes, {"line": line["line"], "reason": "twice", "amount": "-0.40"})
    assert (made.status_code, made.json()["state"], made.json()["money"]["amount"]) == (201, "open", "-0.40")
    path = f"{PATH}/disputes/{made.json()['number']}/answer"
    assert (await api.admin("POST", path, {"accepted": "yes", "answer": "x"})).status_code == 422
    answered = await api.admin("POST", path, {"accepted": True, "answer": "you are right"})
    assert (answered.json()["state"], answered.json()["answer"]) == ("accepted", "you are right")
    assert (
        await api.admin("POST", f"{PATH}/disputes/nine/answer", {"accepted": True, "answer": "x"})
    ).status_code == 404
    (kept,) = (await api.admin("GET", f"{PATH}/disputes")).json()["disputes"]
    assert kept["state"] == "accepted"
    now = (await api.admin("GET", f"{PATH}/settlements/2026-04")).json()
    back = next(line for line in now["lines"] if line["kind"] == "dispute")
    assert (back["money"]["amount"], back["month"], back["dispute"], back["price"]) == ("0.40", "2026-03", 1, None)
    assert START.month == 3
