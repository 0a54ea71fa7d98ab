"""Vouchers and codes through the API: looked up, set aside, used with a purchase, imported, revoked."""

from tests.api.conftest import Api

CARD = {"card": "CARD1"}


async def _voucher(api: Api, reward: str = "treat") -> str:
    claimed = await api.till("/redemptions", {"member": CARD, "reward": reward})
    assert claimed.status_code == 200, claimed.text
    code: str = claimed.json()["rewards"][0]["code"]
    return code


async def test_a_code_is_looked_up_however_it_is_typed(api: Api) -> None:
    member = await api.join()
    code = await _voucher(api)
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("-", " ")):
        found = (await api.call("till", "GET", f"/v1/till/vouchers/{typed}")).json()
        assert (found["kind"], found["reward"], found["usable"]) == ("voucher", "treat", True)
        assert (found["member"], found["code"], found["left"]) == (member, code, 1)
    await api.till("/vouchers/use", {"member": CARD, "vouchers": [code]})
    after = (await api.call("till", "GET", f"/v1/till/vouchers/{code}")).json()
    assert (after["usable"], after["why_not"], after["left"]) == (False, {"code": "voucher_used"}, 0)
    missing = await api.call("till", "GET", "/v1/till/vouchers/NONESUCH")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


async def test_a_public_code_says_how_often_it_can_still_be_used(api: Api) -> None:
    await api.join()
    found = (await api.call("till", "GET", "/v1/till/vouchers/once-10")).json()
    assert (found["kind"], found["left"], found["usable"]) == ("public", 1, True)
    await api.till("/vouchers/reserve", {"member": CARD, "codes": ["ONCE10"], "session": "cart"})
    held = (await api.call("till", "GET", "/v1/till/vouchers/ONCE10")).json()
    assert (held["left"], held["why_not"]) == (0, {"code": "quantity_exceeded"})
    freed = await api.till("/vouchers/release", {"member": CARD, "codes": ["ONCE10"], "session": "cart"})
    assert freed.json()["released"] == ["ONCE10"]
    assert (await api.call("till", "GET", "/v1/till/vouchers/ONCE10")).json()["left"] == 1
    early = (await api.call("till", "GET", "/v1/till/vouchers/SEASON")).json()
    late = (await api.call("till", "GET", "/v1/till/vouchers/PAST")).json()
    assert (early["why_not"], late["why_not"]) == ({"code": "voucher_not_active"}, {"code": "voucher_expired"})


async def test_a_purchase_says_what_became_of_each_code(api: Api) -> None:
    await api.join()
    code = await _voucher(api, "credit")
    quoted = await api.till("/quotes", {"member": CARD, "amount": "8", "vouchers": [code, "ONCE10"]})
    assert quoted.json()["totals"]["total"] == {"amount": "2.70", "currency": "USD"}
    bought = await api.buy(CARD, "4", vouchers=[code, "ONCE10"], expect_total="0")
    assert [(use["reward"], use["is_used"], use["amount"]["amount"]) for use in bought.json()["vouchers"]] == [
        ("credit", True, "4.00"), ("once", False, "0.00"),
    ]  # fmt: skip
    held = (await api.member("/vouchers")).json()["vouchers"][0]
    assert (held["state"], held["left"], held["code"]) == ("issued", {"amount": "1.00", "currency": "USD"}, code)
    changed = await api.buy(CARD, "4", "S-9", vouchers=[code], expect_total="2")
    assert (changed.status_code, changed.json()["code"]) == (409, "quote_changed")
    assert changed.json()["data"]["total"] == {"amount": "3.00", "currency": "USD"}
    paid = await api.buy(CARD, "4", "S-9", vouchers=[code], expect_total="3")
    assert paid.json()["totals"]["total"]["amount"] == "3.00"


async def test_codes_are_imported_handed_out_and_revoked(api: Api) -> None:
    await api.join()
    body = {"reward": "cinema", "codes": ["KINO-1A", "kino 2B", "KINO-1A"]}
    made = await api.admin("POST", "/programmes/shop/codes", body)
    assert (made.status_code, made.json()) == (201, {"imported": 2, "known": []})
    again = await api.admin("POST", "/programmes/shop/codes", {"reward": "cinema", "codes": ["KINO2B", "KINO-3C"]})
    assert again.json() == {"imported": 1, "known": ["KINO2B"]}
    assert await _voucher(api, "cinema") == "KINO1A"
    quoted = await api.till("/redemptions", {"member": CARD, "reward": "cinema"}, dry_run="true")
    assert quoted.json()["rewards"][0]["code"] is None  # a quote shows nobody's code
    left = (await api.admin("GET", "/programmes/shop/codes")).json()["codes"]
    assert left == [{"reward": "cinema", "free": 2, "out": 1, "revoked": 0}]
    assert (await api.admin("POST", "/programmes/shop/codes/revoke", {"codes": ["KINO2B", "KINO1A"]})).json() == {
        "revoked": 1
    }
    assert await _voucher(api, "cinema") == "KINO3C"
    empty = await api.till("/redemptions", {"member": CARD, "reward": "cinema"})
    assert (empty.status_code, empty.json()["code"]) == (409, "out_of_stock")
    verdict = (await api.admin("POST", "/programmes/shop/verify")).json()
    assert verdict["clean"], verdict


async def test_an_imported_code_is_had_by_whoever_brings_it(api: Api) -> None:
    await api.join()
    await api.admin("POST", "/programmes/shop/codes", {"reward": "leaflet", "codes": ["LF-23", "LF-24"]})
    found = (await api.call("till", "GET", "/v1/till/vouchers/lf23")).json()
    assert (found["kind"], found["left"], found["usable"]) == ("imported", 1, True)
    assert (await api.buy(CARD, "10", vouchers=["LF-23"])).json()["totals"]["total"]["amount"] == "8.00"
    assert (await api.buy(CARD, "10", vouchers=["LF-23"])).json()["code"] == "quantity_exceeded"
    await api.admin("POST", "/programmes/shop/codes/revoke", {"codes": ["LF-24"]})
    assert (await api.buy(CARD, "10", vouchers=["LF-24"])).json()["code"] == "voucher_revoked"
    assert not (await api.call("till", "GET", "/v1/till/vouchers/LF24")).json()["usable"]


async def test_what_cannot_be_imported_is_told_all_at_once(api: Api) -> None:
    wrong = await api.admin("POST", "/programmes/shop/codes", {"reward": "mug", "codes": ["A", 7]})
    assert [(error["pointer"], error["code"]) for error in wrong.json()["errors"]] == [
        ("/codes/0", "bad_code"), ("/codes/1", "bad_code"), ("/reward", "unknown_reward"),
    ]  # fmt: skip
    none = await api.admin("POST", "/programmes/shop/codes", {"reward": "cinema", "codes": []})
    assert none.json()["errors"][0]["pointer"] == "/codes"
