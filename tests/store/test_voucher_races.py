"""Scarce uses on real connections: the last use of a code, of a voucher, of a pool; carts that reserve at once."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from setia.flow.handle import Answers
from setia.flow.rooms import publish
from setia.flow.work import Decision
from setia.plumbing.settings import Settings
from setia.rewards.store import insert_codes
from tests.store.shop import OPENED, Shop, compiled, decided, open_shop

SOURCE = """
programme: corner-shop
title: {en: The Corner Shop}
currency: EUR
timezone: UTC
units: {points: {name: {en: points}}}
rules:
  earn: {on: purchase.completed, give: {points: floor(purchase.eligible)}}
rewards:
  three: {code: THREE10, gives: {percent_off: 10}, stock: 3}
  credit: {costs: {points: 100}, gives: {amount_off: 20, keep_rest: true}}
  ticket: {costs: {points: 10}, codes: pool, gives: {partner: A ticket}}
  leaflet: {codes: bearer, gives: {amount_off: 5}}
"""
MEMBERS = 12


@pytest.fixture
async def shop(dsn: str, settings: Settings) -> AsyncIterator[Shop]:
    """A shop with many members, codes of a pool and printed ones."""
    async with open_shop(dsn, settings, members=MEMBERS, source=SOURCE) as found:
        async with found.pool.connection() as conn:
            assert not await insert_codes(conn, 1, "ticket", ["TA1", "TB2", "TC3"], is_pool=True, at=OPENED)
            assert not await insert_codes(conn, 1, "leaflet", ["LF1"], is_pool=False, at=OPENED)
        yield found


def codes(*said: str) -> list[dict[str, Any]]:
    return [{"code": code, "quantity": 1} for code in said]


async def outcomes(*calls: Awaitable[Answers]) -> Counter[str]:
    found: list[Decision] = [decided(answer) for given in await asyncio.gather(*calls) for answer in given]
    return Counter(
        decision.status if decision.result.declined is None else decision.result.declined.code.value
        for decision in found
    )


async def test_the_last_uses_of_a_public_code_go_to_three(shop: Shop) -> None:
    sales = [
        shop.send(shop.sale(member, 10, f"S-{member}", body={"vouchers": codes("THREE10")}))
        for member in range(MEMBERS)
    ]
    assert await outcomes(*sales) == {"accepted": 3, "quantity_exceeded": 9}
    assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'stock:three'") == [(0,)]
    assert await shop.findings() == []


async def test_a_printed_code_is_used_by_exactly_one(shop: Shop) -> None:
    sales = [
        shop.send(shop.sale(member, 10, f"S-{member}", body={"vouchers": codes("LF1")})) for member in range(MEMBERS)
    ]
    assert await outcomes(*sales) == {"accepted": 1, "quantity_exceeded": 11}
    winner = (await shop.rows("SELECT external_id, member_id FROM activities WHERE status = 'accepted'"))[0]
    # It comes back once, however often the sale is returned at the same time.
    member = shop.members.index(winner[1])
    refunds = [shop.send(shop.refund(member, winner[0], f"B-{n}")) for n in range(6)]
    assert await outcomes(*refunds) == {"accepted": 1, "already_returned": 5}
    assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'code:LF1'") == [(1,)]
    assert await shop.findings() == []


async def test_a_voucher_that_keeps_its_rest_is_never_used_twice(shop: Shop) -> None:
    await shop.send(shop.gift(0, 100, "A-0"))
    (claimed,) = await shop.tell(shop.of(0, "reward.claimed", {"reward": "credit", "quantity": 1}, "C-1"))
    code = claimed.vouchers[0].code
    sales = [shop.send(shop.sale(0, 6, f"S-{n}", body={"vouchers": codes(code)})) for n in range(8)]
    answers = [decided(answer) for given in await asyncio.gather(*sales) for answer in given]
    paid = Counter(answer.result.totals["discount"] for answer in answers if answer.result.declined is None)
    assert paid == {600: 3, 200: 1}  # 20.00 are three times 6.00 and the last 2.00
    assert sum(1 for answer in answers if answer.result.declined is not None) == 4
    assert await shop.rows("SELECT state, left_ FROM vouchers") == [("used", 0)]
    assert await shop.findings() == []


async def test_each_code_of_a_pool_is_handed_out_once(shop: Shop) -> None:
    await shop.send(*(shop.gift(member, 10, f"A-{member}") for member in range(MEMBERS)))
    claims = [
        shop.send(shop.of(member, "reward.claimed", {"reward": "ticket", "quantity": 1}, f"C-{member}"))
        for member in range(MEMBERS)
    ]
    assert await outcomes(*claims) == {"accepted": 3, "out_of_stock": 9}
    assert await shop.rows("SELECT code FROM vouchers ORDER BY code") == [("TA1",), ("TB2",), ("TC3",)]
    assert await shop.rows("SELECT DISTINCT state FROM codes WHERE reward = 'ticket'") == [("out",)]
    spent = await shop.rows("SELECT count(*) FROM entries WHERE reason = 'reward:ticket'")
    assert spent == [(3,)]  # no voucher without its price, and no price without a voucher
    assert await shop.findings() == []


async def test_carts_that_reserve_at_once_take_no_more_than_there_is(shop: Shop) -> None:
    def reserve(member: int, session: str, key: str) -> Awaitable[Answers]:
        body = {"codes": codes("THREE10"), "session": session}
        return shop.send(shop.of(member, "voucher.reserved", body, key))

    held = await outcomes(*(reserve(member, f"cart-{member}", f"R-{member}") for member in range(MEMBERS)))
    assert held == {"accepted": 3, "quantity_exceeded": 9}
    owners = [row[0] for row in await shop.rows("SELECT member_id FROM reservations")]
    other = next(n for n in range(MEMBERS) if shop.members[n] not in owners)
    first = shop.members.index(owners[0])
    # The same cart again takes no second piece; nobody else gets one; time lets go of all of them.
    assert await outcomes(*(reserve(first, f"cart-{first}", f"AGAIN-{n}") for n in range(4))) == {"accepted": 4}
    assert await shop.rows("SELECT sum(quantity) FROM reservations") == [(3,)]
    refused = shop.sale(other, 10, "S-1", body={"vouchers": codes("THREE10")})
    assert await outcomes(shop.send(refused)) == {"quantity_exceeded": 1}
    shop.clock.advance(dt.timedelta(minutes=15))
    sales = [
        shop.send(shop.sale(member, 10, f"T-{member}", body={"vouchers": codes("THREE10")}))
        for member in range(MEMBERS)
    ]
    assert await outcomes(*sales) == {"accepted": 3, "quantity_exceeded": 9}
    assert await shop.findings() == []


async def test_one_checkout_completed_twice_at_once_is_one_order_and_one_use(shop: Shop) -> None:
    for number in range(3):
        sale = shop.sale(number, 10, f"S-{number}", body={"vouchers": codes("THREE10")})
        counted = await outcomes(*(shop.send(sale) for _ in range(4)))
        assert counted == {"accepted": 1, "duplicate": 3}
    assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'stock:three'") == [(0,)]
    assert await shop.rows("SELECT count(*) FROM activities WHERE type = 'purchase.returned'") == [(0,)]
    used = await shop.rows("SELECT count(*) FROM outbox WHERE name = 'voucher.used'")
    assert used == [(3,)]
    assert await shop.findings() == []


async def test_what_a_new_version_promises_leaves_vouchers_in_hand_as_they_are(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, source=SOURCE) as shop:
        await shop.send(shop.gift(0, 100, "A-0"))
        (claimed,) = await shop.tell(shop.of(0, "reward.claimed", {"reward": "credit", "quantity": 1}, "C-1"))
        changed = SOURCE.replace("amount_off: 20, keep_rest: true", "amount_off: 1")

        async with shop.pool.connection() as conn:
            await publish(conn, changed, compiled(changed), at=shop.clock.now())
        shop.clock.advance(dt.timedelta(days=1))
        sale = shop.sale(0, 15, "S-1", body={"vouchers": codes(claimed.vouchers[0].code)})
        (used,) = await shop.tell(sale)
        assert used.result.totals["discount"] == 1500
        assert used.version == 2
        assert await shop.rows("SELECT state, left_ FROM vouchers") == [("issued", 500)]
        (returned,) = await shop.tell(shop.refund(0, "S-1", "B-1"))
        assert returned.status == "accepted"
        assert await shop.rows("SELECT state, left_ FROM vouchers") == [("issued", 2000)]
