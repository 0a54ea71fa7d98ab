"""Gift cards through the API: drawn, sold, looked at, charged, given back to, lost, replaced, attached."""

from typing import Any

from setia.ledger.verify import verify
from setia.values.ids import parse_public_id, public_id
from tests.api.conftest import Api

CARDS = "/programmes/shop/gift-cards"
BUYER = {"card": "CARD1"}


async def drawn(api: Api, count: int = 1) -> list[str]:
    """Fresh codes."""
    answer = await api.till("/gift-cards/codes", {"count": count})
    assert answer.status_code == 200, answer.text
    codes: list[str] = answer.json()["codes"]
    return codes


async def sold(api: Api, *codes: str, amount: str = "50", external_id: str = "S") -> dict[str, Any]:
    """A sale of cards with ``amount`` on all of them together."""
    line = {"id": "1", "kind": "gift_card", "quantity": len(codes), "amount": amount, "gift_cards": list(codes)}
    sale = {"source": "till-1", "external_id": external_id, "member": BUYER, "lines": [line]}
    answer = await api.till("/purchases", sale)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def balance(api: Api, code: str) -> dict[str, Any]:
    """What the till sees of a card."""
    answer = await api.till("/gift-cards/balance", {"code": code})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_code_is_money_once_it_is_sold(api: Api) -> None:
    await api.join()
    (code,) = await drawn(api)
    assert (await api.till("/gift-cards/balance", {"code": code})).status_code == 404
    answer = await sold(api, code)
    (card,) = answer["sold_cards"]
    assert (card["last"], card["amount"]) == (code[-4:], {"amount": "50.00", "currency": "USD"})
    assert answer["earned"] == []
    found = await balance(api, code.lower().replace("-", " "))
    assert (found["card"], found["state"], found["left"]["amount"]) == (card["card"], "live", "50.00")
    again = await api.admin("POST", f"{CARDS}/balance", {"card": card["card"]})
    assert again.json() == found


async def test_no_code_is_kept_anywhere(api: Api) -> None:
    await api.join()
    (code,) = await drawn(api)
    await sold(api, code)
    await api.buy(BUYER, "10", gift_cards=[code])
    plain = code.replace("-", "")
    async with api.services.pool.connection() as conn:
        for table in ("activities", "member_identifiers", "members", "member_states", "outbox", "entries", "parked"):
            cursor = await conn.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s OR t::text LIKE %s".encode(),  # noqa: S608
                [f"%{plain}%", f"%{code}%"],
            )
            assert await cursor.fetchone() == (0,), table


async def test_a_card_pays_and_gets_its_part_back(api: Api) -> None:
    await api.join()
    (code,) = await drawn(api)
    await sold(api, code, amount="65")
    sale = {"source": "till-1", "external_id": "R", "member": BUYER, "gift_cards": [code],
            "lines": [{"id": "1", "amount": "54"}, {"id": "2", "amount": "36"}]}  # fmt: skip
    quote = (await api.till("/quotes", {**sale, "external_id": "Q"})).json()
    answer = (await api.till("/purchases", sale)).json()
    for found in (quote, answer):
        assert found["gift_cards"][0]["amount"]["amount"] == "65.00"
        assert (found["totals"]["cards"]["amount"], found["totals"]["payable"]["amount"]) == ("65.00", "25.00")
    assert (await balance(api, code))["left"]["amount"] == "0.00"
    back = await api.till("/returns", {"source": "till-1", "external_id": "B", "lines": [{"id": "2"}],
                                       "of": {"source": "till-1", "external_id": "R"}})  # fmt: skip
    parts = {part["tender"]: (part.get("last"), part["money"]["amount"]) for part in back.json()["refund"]}
    assert parts == {"gift_cards": (code[-4:].replace("-", ""), "26.00"), "money": (None, "10.00")}
    assert (await balance(api, code))["left"]["amount"] == "26.00"
    async with api.services.pool.connection() as conn:
        assert await verify(conn) == []


async def test_a_lost_card_is_blocked_and_replaced(api: Api) -> None:
    await api.join()
    code, other = await drawn(api, 2)
    card = (await sold(api, code))["sold_cards"][0]["card"]
    blocked = await api.admin("POST", f"{CARDS}/block", {"card": card, "reason": "lost"})
    assert blocked.status_code == 200, blocked.text
    refused = await api.buy(BUYER, "10", gift_cards=[code])
    assert (refused.status_code, refused.json()["code"]) == (409, "card_blocked")
    held = await api.till("/holds", {"member": {"gift_card": code}, "unit": "card_money", "amount": 10})
    assert held.json()["code"] == "card_blocked"
    replaced = await api.admin("POST", f"{CARDS}/replace", {"card": card, "by_code": other, "reason": "lost"})
    assert replaced.status_code == 200, replaced.text
    assert (await api.till("/gift-cards/balance", {"code": code})).status_code == 404
    assert (await api.buy(BUYER, "10", gift_cards=[code])).json()["code"] == "card_unknown"
    assert (await balance(api, other))["card"] == card
    assert (await api.buy(BUYER, "10", gift_cards=[other])).json()["totals"]["payable"]["amount"] == "0.00"
    assert (await api.admin("POST", f"{CARDS}/unblock", {"code": other, "reason": "x"})).status_code == 200
    twice = await api.admin("POST", f"{CARDS}/replace", {"card": card, "by_code": other})
    assert twice.json()["code"] == "card_already_issued"


async def test_a_card_is_held_for_somebody_nobody_knows(api: Api) -> None:
    await api.join()
    (code,) = await drawn(api)
    await sold(api, code)
    held = await api.till("/holds", {"member": {"gift_card": code}, "unit": "card_money", "amount": 20})
    hold = held.json()["hold"]["id"]
    assert (await balance(api, code))["held"]["amount"] == "20.00"
    body = {"member": {"gift_card": code}, "unit": "card_money", "amount": "12.50"}
    committed = await api.till(f"/holds/{hold}/commit", body)
    assert committed.status_code == 200, committed.text
    assert (await balance(api, code))["left"]["amount"] == "37.50"


async def test_a_member_takes_a_card_into_the_own_wallet(api: Api) -> None:
    await api.join()
    (code,) = await drawn(api)
    await sold(api, code)
    attached = await api.call("member", "POST", "/v1/member/gift-cards", {"code": code})
    assert attached.status_code == 200, attached.text
    assert attached.json()["changes"] == {"card_money": {"available": "50.00"}}
    assert (await balance(api, code))["left"]["amount"] == "0.00"
    paid = await api.buy(BUYER, "60", spend={"card_money": "max"})
    assert paid.json()["totals"]["payable"]["amount"] == "10.00"
    empty = await api.call("member", "POST", "/v1/member/gift-cards", {"code": code})
    assert empty.json()["code"] == "insufficient_balance"


async def test_a_card_is_reached_by_its_code_alone(api: Api) -> None:
    await api.join()
    (code,) = await drawn(api)
    card = (await sold(api, code))["sold_cards"][0]["card"]
    wallet = public_id("mem", parse_public_id("crd", card))
    for named in (wallet, {"id": wallet}):
        refused = await api.till("/holds", {"member": named, "unit": "card_money", "amount": 20})
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "bad_identifier")
    assert (await api.till("/members/identify", {"gift_card": code})).status_code == 404
    found = (await api.admin("GET", "/members")).json()["members"]
    assert wallet not in [member["id"] for member in found]
    assert len(found) == 1


async def test_what_cannot_be_meant_is_told(api: Api) -> None:
    await api.join()
    (code,) = await drawn(api)
    line = {"kind": "gift_card", "amount": "50"}
    for body, pointer in (
        ({"amount": "10", "gift_cards": ["7Q4M"]}, "/gift_cards/0"),
        ({"amount": "10", "gift_cards": [code, code]}, "/gift_cards/1"),
        ({"amount": "10", "gift_cards": [{"code": code, "amount": "0"}]}, "/gift_cards/0/amount"),
        ({"amount": "10", "gift_cards": [{"amount": "1"}]}, "/gift_cards/0"),
        ({"lines": [line]}, "/lines/0/gift_cards"),
        ({"lines": [{**line, "quantity": 2, "gift_cards": [code]}]}, "/lines/0/gift_cards"),
        ({"lines": [{**line, "amount": "4", "gift_cards": [code]}]}, "/lines/0/amount"),
        ({"lines": [{**line, "amount": "501", "gift_cards": [code]}]}, "/lines/0/amount"),
        ({"lines": [{**line, "kind": "goods", "gift_cards": [code]}]}, "/lines/0/gift_cards"),
    ):
        sale = {"source": "till-1", "external_id": "X", "member": BUYER, **body}
        refused = await api.till("/purchases", sale)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer), refused.text
    nobody = await api.till("/purchases", {"source": "t", "external_id": "X", "amount": "1", "gift_cards": [code]})
    assert nobody.json()["errors"][0]["pointer"] == "/member"
    for sent, status in (
        ({}, 422),
        ({"code": code, "card": "x"}, 422),
        ({"card": "crd_00000000000000000000000000"}, 404),
    ):
        assert (await api.admin("POST", f"{CARDS}/balance", sent)).status_code == status
    assert (await api.till("/gift-cards/codes", {"count": 101})).status_code == 422
    unknown = await api.till("/holds", {"member": {"gift_card": code}, "unit": "card_money", "amount": 20})
    assert unknown.status_code == 404


async def test_points_become_a_card_that_its_owner_opens_once(api: Api) -> None:
    await api.join()
    await api.buy(BUYER, "100", "S")
    (_, offer) = sorted((await api.member("/rewards")).json()["rewards"], key=lambda offer: offer["reward"])[:2]
    assert (offer["reward"], offer["gives"]["kind"], offer["can_claim"]) == ("card-of-10", "gift_card", True)
    body = {"reward": "card-of-10", "quantity": 1}
    claimed = await api.call("member", "POST", "/v1/member/redemptions", body, headers={"Idempotency-Key": "claim-1"})
    again = await api.call("member", "POST", "/v1/member/redemptions", body, headers={"Idempotency-Key": "claim-1"})
    assert claimed.status_code == 200, claimed.text
    assert again.json() == claimed.json()
    (voucher,) = claimed.json()["rewards"]
    assert (voucher["code"], voucher["left"]["amount"]) == (None, "10.00")
    (found,) = (await api.member("/gift-cards")).json()["gift_cards"]
    assert (found["card"], found["last"], found["left"]["amount"]) == (voucher["gift_card"], "", "10.00")

    drawn = await api.call("member", "POST", "/v1/member/gift-cards/codes", {"count": 1})
    (code,) = drawn.json()["codes"]
    opening = {"card": voucher["gift_card"], "code": code}
    opened = await api.call(
        "member", "POST", "/v1/member/gift-cards/open", opening, headers={"Idempotency-Key": "open-1"}
    )
    assert opened.status_code == 200, opened.text
    again = await api.call(
        "member", "POST", "/v1/member/gift-cards/open", opening, headers={"Idempotency-Key": "open-1"}
    )
    assert again.json() == opened.json()
    other = await api.call("member", "POST", "/v1/member/gift-cards/open", opening)
    assert (other.status_code, other.json()["code"]) == (409, "card_already_issued")
    assert (await balance(api, code))["last"] == code[-4:]

    assert (await api.buy(BUYER, "4", gift_cards=[code])).json()["totals"]["payable"]["amount"] == "0.00"
    back = await api.till(
        "/cancellations", {"source": "t", "external_id": "U", "member": BUYER, "voucher": voucher["id"]}
    )
    assert back.status_code == 200, back.text
    assert back.json()["restored"] == {"points": 60}
    plain = code.replace("-", "")
    async with api.services.pool.connection() as conn:
        cursor = await conn.execute("SELECT count(*) FROM requests t WHERE t::text LIKE %s OR t::text LIKE %s",
                                    [f"%{plain}%", f"%{code}%"])  # fmt: skip
        assert await cursor.fetchone() == (0,)
        assert await verify(conn) == []


async def test_a_card_is_opened_by_its_owner_alone(api: Api) -> None:
    await api.join()
    (sold_code, code) = await drawn(api, 2)
    card = (await sold(api, sold_code))["sold_cards"][0]["card"]
    for sent, status in (
        ({"card": card, "code": code}, 404),
        ({"card": "crd_00000000000000000000000000", "code": code}, 404),
        ({"code": code}, 422),
        ({"card": "x", "code": code}, 422),
    ):
        refused = await api.call("member", "POST", "/v1/member/gift-cards/open", sent)
        assert refused.status_code == status, refused.text


async def test_a_card_of_any_amount_shows_what_the_least_one_costs(api: Api) -> None:
    await api.join()
    offers = {offer["reward"]: offer for offer in (await api.member("/rewards")).json()["rewards"]}
    assert (offers["any-card"]["can_claim"], offers["any-card"]["missing"]) == (False, {"points": 30})
    assert offers["card-of-10"]["missing"] == {"points": 80}
    await api.buy(BUYER, "30", "S")
    offers = {offer["reward"]: offer for offer in (await api.member("/rewards")).json()["rewards"]}
    assert (offers["any-card"]["can_claim"], offers["any-card"]["missing"]) == (True, {})
