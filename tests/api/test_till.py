"""What a till asks, and what it is answered."""

from __future__ import annotations

from tests.api.conftest import Api


async def test_a_purchase_earns_and_its_member_sees_it(api: Api) -> None:
    member = await api.join(name="Siti", phone="+12025550143")
    bought = await api.buy({"card": "CARD1"}, "25.00")
    assert bought.status_code == 200, bought.text
    assert bought.json()["earned"][0] == {
        "unit": "points", "amount": 25, "rule": "earn", "title": "A point for every dollar", "activates_at": None,
        "expires_at": "2026-09-03T00:00:00Z",
    }  # fmt: skip
    assert bought.json()["member"] == member
    seen = (await api.member("/balance")).json()["balances"][0]
    assert seen["spendable"] == 45
    assert seen["worth"] == {"amount": "0.45", "currency": "USD"}
