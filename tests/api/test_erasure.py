"""Forgetting a person: nothing of them is left in any column, and the book is as right as before."""

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import errors
from pydantic import SecretStr

from setia.api.scopes import Audience
from setia.app import compile_source
from setia.flow.erasure import StillBound, erase
from setia.flow.prove import verify_decisions
from setia.flow.rooms import publish
from setia.ledger.store import list_totals
from setia.ledger.verify import Finding, verify
from setia.plumbing.clock import FixedClock
from setia.plumbing.settings import Settings
from setia.values.faults import NotFound
from setia.values.ids import parse_public_id
from tests.api.conftest import PROGRAMME, START, Api, running

NAME, EMAIL, PHONE, CARD = "Siti Rahmawati", "siti.rahma@example.com", "+6281234567890", "4000123412341234"
EXTERNAL, NICK, BORN = "crm-77123", "KopiSusu88", "1990-04-12"
WORDS = "call me on the other number, the house with the blue door"
ALL = (NAME, EMAIL, PHONE, CARD, EXTERNAL, NICK, BORN, WORDS)


@pytest.fixture
async def peppered(settings: Settings, clock: FixedClock) -> AsyncIterator[Api]:
    """The shop, with a secret for marks."""
    with_pepper = settings.model_copy(update={"erasure_pepper": SecretStr("a secret of this shop")})
    async with running(with_pepper, clock) as found:
        async with found.services.pool.connection() as conn:
            await publish(conn, PROGRAMME, compile_source(PROGRAMME), at=START - dt.timedelta(days=30), by="dewi")
        await found.key(Audience.TILL, "till", programme="shop")
        await found.key(Audience.ADMIN, "admin")
        yield found


async def _dump(api: Api) -> dict[str, str]:
    """Every row of every table as text, with what is kept as bytes in its letters."""
    found: dict[str, str] = {}
    async with api.services.pool.connection() as conn:
        cursor = await conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in await cursor.fetchall():
            cursor = await conn.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t'.encode())  # noqa: S608
            found[table] = "\n".join(row[0] for row in await cursor.fetchall())
        cursor = await conn.execute("SELECT response FROM requests")
        found["requests"] += "\n".join(bytes(row[0] or b"").decode() for row in await cursor.fetchall())
    return found


async def _where(api: Api) -> set[tuple[str, str]]:
    dump = await _dump(api)
    return {(table, said) for table, text in dump.items() for said in ALL if said.casefold() in text.casefold()}


async def _verdict(api: Api) -> list[Finding]:
    async with api.services.pool.connection() as conn:
        return await verify(conn, again=verify_decisions(api.services.catalogue))


async def _totals(api: Api) -> list[Any]:
    async with api.services.pool.connection() as conn:
        cursor = await conn.execute("SELECT id FROM programmes WHERE name = 'shop'")
        row = await cursor.fetchone()
        assert row is not None
        return list(await list_totals(conn, row[0]))


async def _life(api: Api) -> str:
    """Somebody who left traces wherever there are some to leave."""
    async with api.services.pool.connection() as conn:
        await conn.execute("INSERT INTO webhook_endpoints (url, secret) VALUES ('http://127.0.0.1:9/hook', 'whsec_x')")
    guest = await api.buy({"email": EMAIL}, "12.00", "R-guest")
    assert guest.status_code == 202, guest.text
    member = await _join(api)
    who = {"id": member}
    await api.till("/claims", {"member": who})
    await api.buy(who, "120.00", f"R-{EMAIL}")
    await api.buy(who, "80.00", "R-2")
    await api.till("/returns", {"source": "till-1", "external_id": "B-2", "member": who,
                                "of": {"source": "till-1", "external_id": "R-2"}, "reason": WORDS})  # fmt: skip
    review = {"type": "review.written", "source": "web", "external_id": "W-1", "member": who,
              "data": {"stars": 5, "words": WORDS}}  # fmt: skip
    assert (await api.till("/activities", {"activities": [review]})).json()["counts"] == {"accepted": 1}
    gift = {"member": who, "unit": "points", "amount": 30, "reason": f"{NAME} complained", "by": "dewi"}
    assert (await api.admin("POST", "/programmes/shop/adjustments", gift)).status_code == 200
    claimed = await api.till("/redemptions", {"member": who, "reward": "treat"})
    assert claimed.status_code == 200, claimed.text
    return member


async def _join(api: Api) -> str:
    made = await api.call(
        "till", "POST", "/v1/till/members",
        {"name": NAME, "email": EMAIL, "phone": PHONE, "card": CARD, "external_id": EXTERNAL, "birthday": BORN,
         "attributes": {"nickname": NICK, "recognition": True}},
        headers={"Idempotency-Key": "join-1"},
    )  # fmt: skip
    assert made.status_code == 201, made.text
    member: str = made.json()["member"]["id"]
    await api.key(Audience.MEMBER, "member", programme="shop", member_id=parse_public_id("mem", member))
    return member


async def test_nothing_of_a_person_is_left_in_any_table_and_the_book_is_right(peppered: Api) -> None:
    api = peppered
    member = await _life(api)
    before = await _where(api)
    tables = {table for table, _ in before}
    assert {"members", "member_identifiers", "member_states", "activities", "outbox", "requests", "parked",
            "natural_keys"} <= tables  # fmt: skip
    totals = await _totals(api)
    done = await api.admin("POST", f"/members/{member}/erasure", {"confirm": member})
    assert done.status_code == 200, done.text
    assert done.json()["marks"] == 2
    assert done.json()["rows"] > 8
    assert await _where(api) == set()
    assert await _totals(api) == totals
    assert await _verdict(api) == []
    again = await api.admin("POST", f"/members/{member}/erasure", {"confirm": member})
    assert again.json() == {"member": member, "rows": again.json()["rows"], "marks": 0}
    assert again.json()["rows"] <= 2  # the answers to requests that named the member by id


async def test_an_erased_member_is_there_without_a_name_and_takes_no_more_part(peppered: Api) -> None:
    api = peppered
    member = await _life(api)
    await api.admin("POST", f"/members/{member}/erasure", {"confirm": member})
    profile = (await api.admin("GET", f"/members/{member}")).json()
    assert (profile["name"], profile["email"], profile["identifiers"], profile["is_blocked"]) == (None, None, [], True)
    assert (await api.till("/members/identify", {"card": CARD})).status_code == 404
    refused = await api.buy({"id": member}, "10.00")
    assert (refused.status_code, refused.json()["code"]) == (409, "member_blocked")
    unblocked = await api.admin("PATCH", f"/members/{member}", {"is_blocked": False})
    assert unblocked.status_code == 200
    assert (await api.buy({"id": member}, "10.00", "R-again")).json()["code"] == "member_blocked"
    back = await api.till("/returns", {"source": "till-1", "external_id": "B-9",
                                       "of": {"source": "till-1", "external_id": "R-guest"}})  # fmt: skip
    assert back.status_code == 200, back.text
    explained = (await api.admin("GET", f"/programmes/shop/members/{member}/history")).json()["entries"]
    told = [
        (await api.admin("GET", f"/programmes/shop/members/{member}/history/{entry['id']}/explanation")).json()
        for entry in explained
    ]
    assert all(not one["explanation"]["differs"] for one in told)
    assert any("is erased" in line for one in told for line in one["explanation"]["text"])
    assert await _verdict(api) == []


async def test_a_new_account_gets_no_second_welcome_where_a_mark_is_kept(peppered: Api) -> None:
    api = peppered
    member = await _life(api)
    await api.admin("POST", f"/members/{member}/erasure", {"confirm": member})
    same = await api.till("/members", {"name": "Somebody", "email": EMAIL.upper()})
    assert same.status_code == 201
    assert same.json()["welcome"]["changes"] == {}
    other = await api.till("/members", {"name": "Somebody", "email": "other@example.com"})
    assert other.json()["welcome"]["changes"]["points"]["available"] == 20
    assert await _verdict(api) == []


async def test_without_a_pepper_nothing_is_kept_and_the_welcome_is_given_again(api: Api) -> None:
    member = await _join(api)
    done = await api.admin("POST", f"/members/{member}/erasure", {"confirm": member})
    assert done.json()["marks"] == 0
    assert await api.rows("erased_marks") == 0
    again = await api.till("/members", {"email": EMAIL})
    assert again.json()["welcome"]["changes"]["points"]["available"] == 20


async def test_points_are_kept_until_they_end_or_forfeited_at_once(api: Api) -> None:
    kept, gone = await api.join(name="Kept"), await api.join(name="Gone")
    for member in (kept, gone):
        await api.buy({"id": member}, "200.00")
    hold = {"member": {"id": gone}, "unit": "points", "amount": 50, "source": "till-1", "external_id": "H-1"}
    assert (await api.till("/holds", hold)).status_code == 200
    await api.admin("POST", f"/members/{kept}/erasure", {"confirm": kept})
    forfeited = {"confirm": gone, "points": "forfeit", "by": "dewi"}
    assert (await api.admin("POST", f"/members/{gone}/erasure", forfeited)).status_code == 200
    there = (await api.admin("GET", f"/programmes/shop/members/{kept}/balances")).json()["balances"]
    assert {row["unit"]: row["available"] for row in there} == {"points": 220, "later": 0, "card_money": "0.00"}
    none = (await api.admin("GET", f"/programmes/shop/members/{gone}/balances")).json()["balances"]
    assert [(row["available"], row["pending"], row["held"]) for row in none] == [(0, 0, 0), (0, 0, 0), ("0.00",) * 3]
    assert await _verdict(api) == []


async def test_members_erase_themselves_and_have_all_that_is_kept_before(api: Api) -> None:
    member = await _life(api)
    mine = (await api.member("/export")).json()
    assert mine["member"]["name"] == NAME
    assert {row["value"] for row in mine["identifiers"]} == {EMAIL, PHONE, CARD, EXTERNAL}
    assert {row["programme"] for row in mine["activities"]} == {"shop"}
    theirs = (await api.admin("GET", f"/members/{member}/export")).json()
    assert theirs["entries"] == mine["entries"]
    assert theirs["vouchers"]
    wrong = await api.call("member", "POST", "/v1/member/erasure", {"confirm": "me"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/confirm")
    done = await api.call("member", "POST", "/v1/member/erasure", {"confirm": member})
    assert done.status_code == 200
    assert await _where(api) == set()
    assert await _verdict(api) == []


async def test_who_has_a_plan_that_goes_on_cancels_it_first(api: Api) -> None:
    member = await api.join(name=NAME)
    started = await api.call("member", "POST", "/v1/member/plan", {"plan": "plus", "every": "month"})
    assert started.status_code == 200, started.text
    paid = {"member": {"id": member}, "amount": "5.00"}
    assert (await api.till("/plans/pay", paid)).status_code == 200
    refused = await api.admin("POST", f"/members/{member}/erasure", {"confirm": member})
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_in_the_way")
    assert (await api.admin("GET", f"/members/{member}")).json()["name"] == NAME
    with pytest.raises(StillBound, match="'plus'"):
        await erase(api.services.engine, parse_public_id("mem", member))
    cancelled = await api.call("member", "POST", "/v1/member/plan/cancel", {})
    assert cancelled.status_code == 200, cancelled.text
    done = await api.admin("POST", f"/members/{member}/erasure", {"confirm": member})
    assert done.status_code == 200, done.text


async def test_unknown_members_and_wrong_words_are_told(api: Api) -> None:
    nobody = "mem_01890a5dac96774bbcceb302099a"
    assert (await api.admin("GET", f"/members/{nobody}/export")).json()["code"] in ("not_found", "invalid")
    member = await api.join()
    wrong = await api.admin("POST", f"/members/{member}/erasure", {"confirm": member, "points": "burn"})
    assert wrong.json()["errors"][0]["pointer"] == "/points"
    stranger = parse_public_id("mem", member).int ^ 1
    with pytest.raises(NotFound):
        await erase(api.services.engine, type(parse_public_id("mem", member))(int=stranger))


async def test_the_book_lets_an_erasure_change_nothing_but_who_it_was(api: Api) -> None:
    await _join(api)
    async with api.services.pool.connection() as conn:
        for statement in (
            "UPDATE activities SET body = '{}'",
            "SET LOCAL setia.erasing = 'on'; UPDATE activities SET status = 'declined'",
            "SET LOCAL setia.erasing = 'on'; DELETE FROM activities",
        ):
            with pytest.raises(errors.IntegrityError):
                await conn.execute(statement.encode())
            await conn.rollback()
