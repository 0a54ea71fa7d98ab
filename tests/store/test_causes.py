"""Causes on real connections: the cap of a match is used to the cent, receipts have no gaps, a batch is final."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest

from setia.causes.store import Payout
from setia.flow import payouts
from setia.flow.handle import Engine
from setia.plumbing.settings import Settings
from setia.values.faults import NotFound
from tests.store.shop import NAME, PROGRAMME, Shop, decided, open_shop, statuses

CAUSES = PROGRAMME.replace("up_to: 1_000.00", "up_to: 3.50")


@pytest.fixture
async def crowd(dsn: str, settings: Settings) -> AsyncIterator[Shop]:
    """A dozen members, and a roaster who adds 3.50 in all."""
    async with open_shop(dsn, settings, members=12, source=CAUSES) as shop:
        await shop.send(*(shop.gift(member, 1_000, f"begin-{member}") for member in range(12)))
        yield shop


def donation(shop: Shop, member: int, amount: int, key: str):  # type: ignore[no-untyped-def]
    return shop.of(member, "points.donated", {"cause": "food-bank", "amount": amount}, key)


def taken_back(shop: Shop, member: int, of: str, key: str):  # type: ignore[no-untyped-def]
    body = {"of": {"source": "till", "external_id": of}}
    return shop.of(member, "donation.cancelled", body, key)


async def close(shop: Shop, cause: str = "food-bank") -> Payout:
    async with shop.pool.connection() as conn:
        edition = await shop.engine.catalogue.edition(conn, NAME)
        return await payouts.close(conn, edition, cause, at=shop.clock.now(), by="ana")


async def test_the_cap_of_the_match_is_used_to_the_cent_and_receipts_have_no_gaps(crowd: Shop) -> None:
    # Of every member one gift of 0.60 and one that is refused: what is refused takes no number.
    sent = [donation(crowd, member, 60, f"G-{member}") for member in range(12)]
    sent += [donation(crowd, member, 5_000, f"N-{member}") for member in range(12)]
    answers = await asyncio.gather(*(crowd.tell(one) for one in sent))
    assert [answer[0].status for answer in answers] == ["accepted"] * 12 + ["declined"] * 12
    rows = await crowd.rows("SELECT number, money, matched FROM donations ORDER BY number")
    assert [row[0] for row in rows] == list(range(1, 13))
    assert sum(row[1] for row in rows) == 12 * 60
    assert sum(row[2] for row in rows) == 350
    assert sorted(row[2] for row in rows) == [0] * 6 + [50] + [60] * 5
    assert await crowd.rows("SELECT left_ FROM house_accounts WHERE account = 'match:food-bank'") == [(0,)]
    assert await crowd.findings() == []


async def test_what_comes_back_to_the_match_is_there_for_others(crowd: Shop) -> None:
    await crowd.send(donation(crowd, 0, 350, "G-0"))
    await asyncio.gather(
        crowd.tell(taken_back(crowd, 0, "G-0", "C-0")),
        *(crowd.tell(donation(crowd, member, 200, f"G-{member}")) for member in range(1, 6)),
    )
    await crowd.send(donation(crowd, 6, 400, "G-6"))
    found = await crowd.rows("SELECT coalesce(sum(matched), 0)::int FROM donations WHERE voided_at IS NULL")
    assert found == [(350,)]
    assert (await crowd.balance(0)).available == 1_000
    assert await crowd.findings() == []


async def test_a_gift_is_in_a_batch_or_can_be_taken_back(crowd: Shop) -> None:
    await crowd.send(*(donation(crowd, member, 60, f"G-{member}") for member in range(12)))
    *answers, paid = await asyncio.gather(
        *(crowd.tell(taken_back(crowd, member, f"G-{member}", f"C-{member}")) for member in range(12)), close(crowd)
    )
    kept = {gift.member_id for gift in paid.gifts}
    for member, (answer,) in enumerate(answers):
        is_kept = crowd.members[member] in kept
        assert answer.status == ("declined" if is_kept else "accepted")
        assert (await crowd.balance(member)).available == (940 if is_kept else 1_000)
    assert await crowd.findings() == []


async def test_a_batch_that_is_closed_twice_at_once_is_closed_once(crowd: Shop) -> None:
    with pytest.raises(NotFound):
        await close(crowd)
    with pytest.raises(NotFound):
        await close(crowd, "whales")
    await crowd.send(*(donation(crowd, member, 60, f"G-{member}") for member in range(3)))
    found = await asyncio.gather(*(close(crowd) for _ in range(4)))
    assert {(one.no, len(one.gifts), one.money, one.match) for one in found} == {(1, 3, 180, 180)}
    await crowd.send(donation(crowd, 4, 100, "G-4"))
    later = await close(crowd)
    assert (later.no, later.money, later.match, later.units) == (2, 100, 100, {"points": 100})
    assert await crowd.findings() == []


async def test_the_same_gift_on_many_tills_is_given_once(crowd: Shop) -> None:
    answers = await asyncio.gather(*(crowd.send(donation(crowd, 0, 100, "G-1")) for _ in range(6)))
    assert sorted(status for answer in answers for status in statuses(answer)) == ["accepted", *["duplicate"] * 5]
    assert (await crowd.balance(0)).available == 900
    assert await crowd.count("donations") == 1


async def test_a_share_is_given_once_whoever_decides_it(crowd: Shop) -> None:
    await crowd.send(crowd.of(0, "giving.changed", {"cause": "food-bank", "percent": 1_000}, "P-1"))
    await crowd.send(crowd.sale(0, 100, "S-1"))
    await asyncio.gather(*(crowd.engine.forward(NAME) for _ in range(3)))
    assert (await crowd.balance(0)).available == 1_090
    (back,) = await crowd.tell(crowd.refund(0, "S-1", "R-1"))
    assert back.status == "accepted"
    assert (await crowd.balance(0)).available == 1_000
    assert await crowd.rows("SELECT number, amount, voided_at IS NULL FROM donations") == [(1, 10, False)]
    assert await crowd.findings() == []


async def test_a_sale_that_went_back_before_its_share_was_decided_gives_none(
    crowd: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> None:
        """As if the process had ended right after the sale."""

    await crowd.send(crowd.of(0, "giving.changed", {"cause": "food-bank", "percent": 1_000}, "P-1"))
    with monkeypatch.context() as patched:
        patched.setattr(Engine, "_send_onward", nothing)
        await crowd.send(crowd.sale(0, 100, "S-1"))
        await crowd.send(crowd.refund(0, "S-1", "R-1"))
    assert await crowd.engine.forward(NAME) == 1
    assert (await crowd.balance(0)).available == 1_000
    assert await crowd.count("donations") == 0
    assert await crowd.findings() == []


async def test_receipts_begin_anew_with_the_year(crowd: Shop) -> None:
    crowd.clock.set(dt.datetime(2026, 12, 31, 23, 59, 59, tzinfo=dt.UTC))
    (last,) = await crowd.tell(donation(crowd, 0, 100, "G-1"))
    crowd.clock.set(dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
    (first,) = await crowd.tell(donation(crowd, 1, 100, "G-2"))
    assert [decided(one).answer["gift"]["receipt"] for one in (last, first)] == ["2026-000001", "2027-000001"]
    assert await crowd.findings() == []
