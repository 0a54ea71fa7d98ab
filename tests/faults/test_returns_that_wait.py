"""Returns and purchases that wait without a member: whatever order they come in, each counts once and none is lost."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from setia.flow.handle import Incoming
from setia.plumbing.settings import Settings
from tests.store.shop import NAME, Shop, open_shop, statuses


@pytest.fixture
async def shop(dsn: str, settings: Settings) -> AsyncIterator[Shop]:
    async with open_shop(dsn, settings, members=2) as found:
        yield found


def three_teas(shop: Shop, member: int | None, key: str, **more: Any) -> Incoming:
    """A sale of three pieces for 30 euros."""
    line = {"id": "1", "sku": "TEA", "category": "tea", "kind": "product", "quantity": 3000}
    return shop.of(member, "purchase.completed", {"lines": [{**line, "amount": 3000, "discount": 0}]}, key, **more)


def one_back(shop: Shop, member: int | None, of: str, key: str) -> Incoming:
    body = {"of": {"source": "till", "external_id": of}, "lines": [{"id": "1", "quantity": 1000}]}
    return shop.of(member, "purchase.returned", body, key)


async def points(shop: Shop, member: int = 0) -> int:
    assert await shop.findings() == []
    return (await shop.balance(member)).available


async def test_a_return_that_found_its_sale_counts_once_however_often_it_is_sent_again(shop: Shop) -> None:
    assert statuses(await shop.send(one_back(shop, None, "S-1", "R-1"))) == ["parked"]
    assert statuses(await shop.send(three_teas(shop, 0, "S-1"))) == ["accepted"]
    assert await points(shop) == 20
    for member in (None, 0):
        assert statuses(await shop.send(one_back(shop, member, "S-1", "R-1"))) == ["duplicate"]
    assert await points(shop) == 20


async def test_a_return_in_one_batch_with_its_sale_counts_once(shop: Shop) -> None:
    batch = [three_teas(shop, 0, "S-1"), one_back(shop, None, "S-1", "R-1")]
    await shop.send(*batch)
    assert await points(shop) == 20
    assert statuses(await shop.send(*batch)) == ["duplicate", "duplicate"]
    assert await points(shop) == 20


async def test_a_waiting_return_that_is_sent_again_with_a_member_waits_on(shop: Shop) -> None:
    await shop.send(one_back(shop, None, "S-1", "R-1"))
    assert statuses(await shop.send(one_back(shop, 0, "S-1", "R-1"))) == ["duplicate"]
    assert statuses(await shop.send(three_teas(shop, 0, "S-1"))) == ["accepted"]
    assert await points(shop) == 20


async def test_a_waiting_return_is_that_of_the_first_of_two_who_bring_its_sale(shop: Shop) -> None:
    await shop.send(one_back(shop, None, "S-1", "R-1"))
    answers = await shop.send(three_teas(shop, 0, "S-1"), three_teas(shop, 1, "S-1"))
    assert statuses(answers) == ["accepted", "duplicate"]
    assert await points(shop) == 20


async def test_a_sale_is_taken_in_though_its_return_waits_in_the_name_of_another(shop: Shop) -> None:
    assert statuses(await shop.send(one_back(shop, 1, "S-1", "R-1"))) == ["parked"]
    assert statuses(await shop.send(three_teas(shop, 0, "S-1"))) == ["accepted"]
    assert await points(shop) == 30
    told = await shop.rows("SELECT status FROM activities WHERE member_id = %s", shop.members[1])
    assert told == [("declined",)]


async def test_another_activity_under_the_key_of_a_waiting_purchase_does_not_stop_its_batch(shop: Shop) -> None:
    await shop.send(three_teas(shop, None, "K-1"))
    answers = await shop.send(one_back(shop, 0, "S-9", "K-1"), shop.sale(0, 5, "S-2"))
    assert statuses(answers) == ["duplicate", "accepted"]
    assert await points(shop) == 5


async def test_a_waiting_return_under_the_key_of_a_recorded_sale_does_not_stop_its_own_sale(shop: Shop) -> None:
    await shop.send(shop.sale(0, 5, "K-1"))
    assert statuses(await shop.send(one_back(shop, None, "S-1", "K-1"))) == ["duplicate"]
    assert statuses(await shop.send(three_teas(shop, 0, "S-1"))) == ["accepted"]
    assert await points(shop) == 35


async def test_a_purchase_that_nobody_got_can_still_be_claimed(shop: Shop) -> None:
    await shop.send(three_teas(shop, None, "S-1"))
    nobody = Incoming("purchase.completed", "till", "S-1", UUID(int=7), None, three_teas(shop, 0, "S-1").body)
    await shop.send(nobody, shop.sale(0, 5, "S-2"))
    assert await shop.rows("SELECT state FROM parked") == [("waiting",)]
    assert statuses(await shop.engine.claim(NAME, shop.members[0], "till", "S-1")) == ["accepted"]
    assert await points(shop) == 35


async def test_a_return_under_the_key_of_a_lapsed_purchase_does_not_stop_its_batch(shop: Shop) -> None:
    await shop.send(three_teas(shop, None, "K-1"))
    shop.clock.advance(dt.timedelta(days=15))
    await shop.engine.tick(NAME)
    assert await shop.rows("SELECT state FROM parked") == [("lapsed",)]
    answers = await shop.send(one_back(shop, 0, "K-1", "K-1"), shop.sale(0, 5, "S-2"))
    assert statuses(answers) == ["duplicate", "accepted"]
    assert await points(shop) == 5


async def test_a_return_that_missed_its_sale_by_a_moment_is_matched_by_the_clock(shop: Shop) -> None:
    """Both are under way at once: neither sees the other, and both are recorded."""
    numbers = range(12)
    for number in numbers:
        back, bought = one_back(shop, None, f"S-{number}", f"R-{number}"), three_teas(shop, 0, f"S-{number}")
        await asyncio.gather(shop.send(back), shop.send(bought))
    await shop.engine.tick(NAME)
    assert await points(shop) == 20 * len(numbers)
    assert set(await shop.rows("SELECT state FROM parked")) <= {("matched",)}
    for number in numbers:
        again = [one_back(shop, None, f"S-{number}", f"R-{number}"), three_teas(shop, 0, f"S-{number}", revision=1)]
        assert statuses(await shop.send(*again)) == ["duplicate", "accepted"]
    assert await points(shop) == 20 * len(numbers)
