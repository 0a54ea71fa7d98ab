"""Causes through the API: looked at, given to, taken back, paid out."""

from typing import Any

import httpx

from tests.api.conftest import Api

CAUSES = "/programmes/shop/causes"


async def asked(api: Api, path: str, body: dict[str, Any], **query: str) -> httpx.Response:
    """POST as the member."""
    return await api.call("member", "POST", f"/v1/member{path}", body, **query)


async def test_a_gift_is_quoted_made_read_taken_back_and_paid_out(api: Api) -> None:
    await api.join()
    await api.buy({"card": "CARD1"}, "100")
    before = (await api.member("/causes")).json()
    (cause,) = [one for one in before["causes"] if one["cause"] == "school"]
    assert (cause["can_give"], cause["worth"]["amount"], cause["match"]["left"]["amount"]) == (True, "10.00", "50.00")
    assert [one["cause"] for one in before["causes"]] == ["school", "tens", "past"]  # others is not for this member
    quote = (await asked(api, "/donations", {"cause": "school", "amount": 10}, dry_run="true")).json()
    assert quote["gift"]["money"] == {"amount": "0.10", "currency": "USD"}
    made = (await asked(api, "/donations", {"cause": "school", "amount": 10})).json()
    assert made["gift"] == quote["gift"]
    number = made["gift"]["receipt"]
    assert number == "2026-000001"
    receipt = (await api.member(f"/donations/{number}")).json()
    assert (receipt["state"], receipt["amount"], receipt["text"][0]) == ("given", 10, f"Receipt {number} of 2026-03-02")
    gone = await asked(api, f"/donations/{number}/cancel", {})
    assert gone.json()["void"] == {"receipt": number, "cause": "school"}
    assert (await api.member(f"/donations/{number}")).json()["text"][-1].startswith("This receipt is void")
    till = await api.till("/donations", {"member": {"card": "CARD1"}, "cause": "school", "amount": "all"})
    assert till.status_code == 200, till.text
    listed = (await api.member("/donations")).json()["donations"]
    assert [(one["receipt"], one["state"]) for one in listed] == [("2026-000002", "given"), ("2026-000001", "void")]
    opened = (await api.admin("GET", CAUSES)).json()["payouts"]
    counts = [("others", 0), ("past", 0), ("school", 1), ("tens", 0)]
    assert [(one["cause"], one["count"]) for one in opened] == counts
    closed = (await api.admin("POST", f"{CAUSES}/school/payouts", {"by": "dewi"})).json()
    assert (closed["batch"], closed["state"], closed["closed_by"]) == (1, "closed", "dewi")
    assert (await api.admin("GET", f"{CAUSES}/school/payouts/1")).json() == closed
    assert (await api.admin("GET", f"{CAUSES}/school/payouts/0")).json()["count"] == 0
    assert len((await api.admin("GET", f"{CAUSES}/school/payouts")).json()["payouts"]) == 1
    late = await asked(api, "/donations/2026-000002/cancel", {})
    assert (late.status_code, late.json()["code"]) == (409, "already_paid_out")


async def test_what_is_no_receipt_and_no_batch_is_not_found(api: Api) -> None:
    await api.join()
    for path in ("/donations/2026-000009", "/donations/none"):
        assert (await api.member(path)).status_code == 404
    for path in ("school/payouts/9", "school/payouts/x", "whales/payouts"):
        assert (await api.admin("GET", f"{CAUSES}/{path}")).status_code == 404
    assert (await api.admin("POST", f"{CAUSES}/school/payouts", {})).status_code == 404


async def test_a_share_is_always_given_until_it_is_ended(api: Api) -> None:
    await api.join()
    assert (await asked(api, "/giving", {"cause": "school", "percent": "10"})).status_code == 200
    assert (await api.member("/causes")).json()["giving"] == {"cause": "school", "percent": "10.00"}
    await api.buy({"card": "CARD1"}, "100")
    (gift,) = (await api.member("/donations")).json()["donations"]
    assert gift["is_share"] is True
    assert (await asked(api, "/giving", {"cause": "school", "percent": 0})).status_code == 200
    assert (await api.member("/causes")).json()["giving"] is None
    refused = await asked(api, "/giving", {"cause": "others", "percent": 5})
    assert refused.json()["code"] == "cause_not_eligible"
