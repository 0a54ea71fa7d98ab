"""Promised quotes on real connections: never more than the budget, and everyone who was promised gets it."""

import asyncio
import datetime as dt
import random
from collections.abc import AsyncIterator

import pytest

from setia.plumbing.settings import Settings
from tests.store.shop import NAME, Shop, decided, open_shop

SOURCE = """
programme: corner-shop
title: {en: The Corner Shop}
currency: EUR
timezone: UTC
units: {points: {name: {en: points}}}
rules:
  campaign: {on: purchase.completed, give: {points: floor(purchase.eligible)}, budget: {points: 100_000, over: trim}}
"""
MEMBERS = 24
BUDGET = 100_000


@pytest.fixture
async def shop(dsn: str, settings: Settings) -> AsyncIterator[Shop]:
    async with open_shop(dsn, settings, members=MEMBERS, source=SOURCE) as found:
        yield found


async def promise(shop: Shop, member: int, amount: int, session: str) -> int:
    """How much of the budget was set aside for the cart."""
    sale = shop.sale(member, amount, f"Q-{session}", body={"session": session, "lapses_after": 10})
    sale.type = "quote.promised"
    (answer,) = await shop.send(sale)
    return int(decided(answer).answer["promise"]["reserved"].get("budget:campaign", 0))


async def buy(shop: Shop, member: int, amount: int, key: str, session: str | None = None) -> int:
    body = {} if session is None else {"session": session}
    (answer,) = await shop.send(shop.sale(member, amount, key, body=body))
    return decided(answer).result.earned("points")


async def test_everyone_who_was_promised_gets_it_and_the_budget_is_never_exceeded(shop: Shop) -> None:
    chance = random.Random(11)
    amounts = {member: chance.randrange(2_000, 9_000) for member in range(MEMBERS)}
    promised = dict(
        zip(
            range(12),
            await asyncio.gather(
                *(promise(shop, member, amounts[member], f"cart-{member}") for member in range(12)),
                *(buy(shop, member, amounts[member], f"P-{member}") for member in range(12, 18)),
            ),
            strict=False,
        )
    )
    await asyncio.gather(*(buy(shop, member, amounts[member], f"P-{member}") for member in range(18, MEMBERS)))
    given = await asyncio.gather(
        *(buy(shop, m, amounts[m] + chance.choice((0, 5_000)), f"R-{m}", f"cart-{m}") for m in range(12)),
        *(buy(shop, member, 9_000, f"X-{member}") for member in range(12, MEMBERS)),
    )
    assert [given[member] >= promised[member] > 0 for member in range(12)] == [True] * 12
    await asyncio.gather(*(buy(shop, member, 9_000, f"Y-{member}") for member in range(MEMBERS)))
    ((total,),) = await shop.rows("SELECT sum(amount)::bigint FROM entries")
    assert total == BUDGET
    assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'budget:campaign'") == [(0,)]
    assert await shop.rows("SELECT count(*) FROM outbox WHERE name = 'budget.exhausted'") == [(1,)]
    assert await shop.count("reservations") == 0
    assert await shop.findings() == []


async def test_a_promise_lapses_by_itself_and_leaves_exactly_what_it_held(shop: Shop) -> None:
    assert await promise(shop, 0, 60_000, "cart") == 60_000
    assert await buy(shop, 1, 50_000, "S-1") == 40_000
    assert await shop.rows("SELECT count(*) FROM outbox WHERE name = 'budget.exhausted'") == [(0,)]
    shop.clock.advance(dt.timedelta(minutes=10))
    assert await buy(shop, 0, 10_000, "S-0", "cart") == 10_000
    assert await buy(shop, 1, 90_000, "S-2") == 50_000
    assert await shop.rows("SELECT count(*) FROM outbox WHERE name = 'budget.exhausted'") == [(1,)]
    assert await shop.findings() == []


async def test_a_promise_that_is_sent_twice_is_one_and_a_quote_touches_nothing(shop: Shop) -> None:
    first = await promise(shop, 0, 60_000, "cart")
    assert await promise(shop, 0, 60_000, "cart") == first
    before = await shop.rows("SELECT * FROM reservations")
    sale = shop.sale(1, 50_000, "Q-9")
    (quoted,) = await shop.engine.handle(NAME, [sale], dry_run=True)
    assert decided(quoted).result.earned("points") == 40_000
    assert await shop.rows("SELECT * FROM reservations") == before
    assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'budget:campaign'") == [(BUDGET,)]
