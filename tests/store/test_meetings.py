"""Where features meet: merges with what a member had open, given, entered or been promised, on real connections."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest

from setia.cli._replaying import Order, Played, play
from setia.flow import payouts
from setia.flow.history import Part
from setia.flow.prove import verify_decisions
from setia.flow.replay import Difference
from setia.flow.work import Decision
from setia.ledger.verify import verify
from setia.plumbing.settings import Settings
from setia.programmes import store as programmes
from tests.store.shop import NAME, PROGRAMME, Shop, open_shop

DAY = dt.timedelta(days=1)
SOURCE = (
    PROGRAMME
    + """
contests:
  cup:
    until: 2026-06-10
    fields: {caption: {type: text, at_most: 50}}
    costs: {points: 30}
    slots: 5
    at_most: 2
    moderated: true
    votes: {from: 2026-01-01, until: 2026-07-20, at_most: 2}
    result: {by: votes, winners: 2, ties: chance}
"""
)
WHEEL = """
games:
  wheel:
    kind: wheel
    costs: {points: 10}
    prizes: {all: {weight: 1, give: {points: 40}}}
    prizes_on_return: take_back
"""


@pytest.fixture
async def shop(dsn: str, settings: Settings) -> AsyncIterator[Shop]:
    async with open_shop(dsn, settings, members=3, source=SOURCE) as found:
        yield found


async def told(shop: Shop, member: int, kind: str, key: str, **body: object) -> Decision:
    """One activity, a second after the one before."""
    shop.clock.advance(dt.timedelta(seconds=1))
    (decision,) = await shop.tell(shop.of(member, kind, body, key))
    return decision


async def merge(shop: Shop, to: int, other: int, *, undo: bool = False) -> Decision:
    kind = "member.unmerged" if undo else "member.merged"
    key = f"{kind}-{to}-{other}-{shop.clock.now().isoformat()}"
    made = await told(shop, to, kind, key, **{"with": shop.members[other].hex, "reason": "one person"})
    assert made.status == "accepted"
    return made


async def spendable(shop: Shop, *members: int) -> list[int]:
    return [(await shop.balance(member)).available for member in members]


async def assert_proven(shop: Shop) -> None:
    async with shop.pool.connection() as conn:
        assert await verify(conn, again=verify_decisions(shop.engine.catalogue)) == []


OF_G = {"of": {"source": "till", "external_id": "G"}}


async def test_a_donation_of_the_other_is_cancelled_by_the_one_who_stays(shop: Shop) -> None:
    await shop.send(shop.gift(1, 100, "A"))
    await told(shop, 1, "points.donated", "G", cause="food-bank", amount=60)
    await merge(shop, 0, 1)
    back = await told(shop, 0, "donation.cancelled", "C", **OF_G)
    assert (back.status, await spendable(shop, 0, 1)) == ("accepted", [100, 0])
    await assert_proven(shop)
    await merge(shop, 0, 1, undo=True)
    assert await spendable(shop, 0, 1) == [0, 100]
    again = await told(shop, 1, "donation.cancelled", "C-2", **OF_G)
    assert again.result.declined is not None
    assert again.result.declined.code == "already_returned"
    await assert_proven(shop)


async def test_a_donation_is_its_givers_again_after_parting(shop: Shop) -> None:
    await shop.send(shop.gift(1, 100, "A"))
    await told(shop, 1, "points.donated", "G", cause="food-bank", amount=60)
    await merge(shop, 0, 1)
    await merge(shop, 0, 1, undo=True)
    refused = await told(shop, 0, "donation.cancelled", "C-1", **OF_G)
    assert refused.status == "declined"
    await told(shop, 1, "donation.cancelled", "C-2", **OF_G)
    assert await spendable(shop, 0, 1) == [0, 100]
    await assert_proven(shop)


async def test_a_share_goes_back_with_a_sale_of_the_other(shop: Shop) -> None:
    await told(shop, 1, "giving.changed", "P", cause="food-bank", percent=1_000)
    await shop.send(shop.sale(1, 100, "S"))
    await shop.engine.forward("corner-shop")
    assert await spendable(shop, 1) == [90]
    await merge(shop, 0, 1)
    shop.clock.advance(DAY)
    (back,) = await shop.tell(shop.refund(0, "S", "R"))
    assert (back.status, await spendable(shop, 0, 1)) == ("accepted", [0, 0])
    assert await shop.rows("SELECT voided_at IS NULL FROM donations") == [(False,)]
    await assert_proven(shop)


async def test_an_entry_of_the_other_is_withdrawn_or_refused_and_its_cost_comes_back(shop: Shop) -> None:
    await shop.send(shop.gift(1, 100, "A"))
    made = [await told(shop, 1, "contest.entered", f"E-{n}", contest="cup", fields={"caption": "x"}) for n in (1, 2)]
    assert await spendable(shop, 1) == [40]
    await merge(shop, 0, 1)
    entry = made[0].activity.id.hex
    gone = await told(shop, 0, "contest.withdrawn", "W", contest="cup", entry=entry)
    assert (gone.status, await spendable(shop, 0, 1)) == ("accepted", [70, 0])
    refused = await told(
        shop, 1, "contest.reviewed", "V", contest="cup", entry=made[1].activity.id.hex, verdict="refuse", by="ana",
        reason="dull",
    )  # fmt: skip
    assert (refused.status, await spendable(shop, 0, 1)) == ("accepted", [100, 0])
    await assert_proven(shop)
    await merge(shop, 0, 1, undo=True)
    assert await spendable(shop, 0, 1) == [0, 100]
    await assert_proven(shop)


async def test_what_is_left_of_a_sale_of_the_other_is_shared_by_the_one_who_stays(shop: Shop) -> None:
    for member in (0, 1):
        await told(shop, member, "giving.changed", f"P-{member}", cause="food-bank", percent=1_000)
    sale = shop.sale(1, 100, "S")
    (one,) = sale.body["lines"]
    sale.body["lines"] = [{**one, "amount": 5_000}, {**one, "id": "2", "amount": 5_000}]
    await shop.send(sale)
    await shop.engine.forward("corner-shop")
    await merge(shop, 0, 1)
    shop.clock.advance(DAY)
    part = {"of": {"source": "till", "external_id": "S"}, "lines": [{"id": "2", "quantity": 1000}]}
    await told(shop, 0, "purchase.returned", "R-1", **part)
    await shop.engine.forward("corner-shop")
    assert await spendable(shop, 0, 1) == [45, 0]
    shop.clock.advance(DAY)
    await shop.tell(shop.refund(1, "S", "R-2"))
    assert await spendable(shop, 0, 1) == [0, 0]
    found = await shop.rows("SELECT amount, voided_at IS NULL FROM donations ORDER BY number")
    assert found == [(10, False), (5, False)]
    await assert_proven(shop)


async def test_prizes_of_a_sale_of_the_other_are_taken_back(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, source=PROGRAMME + WHEEL) as shop:
        for member in (0, 1):
            await shop.send(shop.sale(member, 100, f"S-{member}"))
            for number in range(2):
                await told(shop, member, "game.played", f"W-{member}-{number}", game="wheel")
        assert await spendable(shop, 0, 1) == [160, 160]
        await merge(shop, 0, 1)
        await told(shop, 0, "game.played", "W-0-2", game="wheel")
        back = await told(shop, 1, "purchase.returned", "R-1", of={"source": "till", "external_id": "S-1"})
        assert len(back.answer["taken_back"]) >= 2
        await told(shop, 0, "purchase.returned", "R-0", of={"source": "till", "external_id": "S-0"})
        assert await spendable(shop, 0, 1) == [0, 0]
        await assert_proven(shop)


async def test_a_reward_that_the_other_claimed_is_given_back_by_the_one_who_stays(shop: Shop) -> None:
    await shop.send(shop.gift(1, 200, "A"))
    await told(shop, 1, "reward.claimed", "C", reward="mug", quantity=1)
    await merge(shop, 0, 1)
    (number,) = await shop.rows("SELECT no FROM vouchers WHERE member_id = %s AND state = 'issued'", shop.members[0])
    back = await told(shop, 0, "reward.cancelled", "B", voucher=number[0])
    assert (back.status, await spendable(shop, 0, 1)) == ("accepted", [200, 0])
    await assert_proven(shop)
    await merge(shop, 0, 1, undo=True)
    assert await spendable(shop, 0, 1) == [0, 200]
    await assert_proven(shop)


async def test_a_promise_to_the_other_is_kept_to_the_one_who_stays(dsn: str, settings: Settings) -> None:
    source = PROGRAMME.replace("{points: 1_000, over: trim}", "{points: 100, over: trim}").replace(
        "on: survey.answered\n    give: {points: 75}", "on: purchase.completed\n    give: {points: 80}"
    )
    async with open_shop(dsn, settings, source=source) as shop:
        sale = shop.sale(1, 1, "Q", body={"session": "cart", "lapses_after": 10})
        sale.type = "quote.promised"
        (promised,) = await shop.tell(sale)
        assert promised.answer["promise"]["reserved"] == {"budget:survey": 80}
        await merge(shop, 0, 1)
        (bought,) = await shop.tell(shop.sale(1, 1, "S", body={"session": "cart"}))
        assert bought.result.earned("points") == 81
        assert await shop.count("reservations") == 0
        await assert_proven(shop)


REPLAYED = (
    SOURCE.replace(
        "rules:\n",
        "rules:\n  welcome: {on: purchase.completed, give: {points: 7}, limit: {times: 1, per: lifetime}}\n",
        1,
    )
    + WHEEL
)


async def replayed(shop: Shop, dsn: str) -> list[Difference]:
    told: list[Played] = []
    order = Order("", ("",), Part(), dsn=dsn, programme=NAME, checks=True)
    await asyncio.to_thread(play, order, told.append)
    assert told[-1].compared > 0
    return told[-1].differences


async def pause(shop: Shop, **how: bool) -> None:
    shop.clock.advance(dt.timedelta(seconds=1))
    async with shop.pool.connection() as conn:
        await programmes.pause(conn, NAME, shop.clock, **how)


async def resume(shop: Shop) -> None:
    shop.clock.advance(dt.timedelta(seconds=1))
    async with shop.pool.connection() as conn:
        await programmes.resume(conn, NAME, shop.clock)


async def test_lots_that_a_pause_moved_are_merged_parted_and_played_again(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, source=REPLAYED) as shop:
        await shop.send(shop.sale(1, 100, "S-1"))
        shop.clock.advance(300 * DAY)
        await pause(shop, stops_expiry=True)
        shop.clock.advance(100 * DAY)
        await resume(shop)
        await merge(shop, 0, 1)
        shop.clock.advance(20 * DAY)
        assert await spendable(shop, 0, 1) == [107, 0]
        await merge(shop, 0, 1, undo=True)
        await shop.tell(shop.refund(1, "S-1", "R-1"))
        await shop.send(shop.sale(1, 10, "S-2"))
        assert await spendable(shop, 0, 1) == [0, 17]
        shop.clock.advance(400 * DAY)
        await shop.engine.tick(NAME)
        assert await spendable(shop, 0, 1) == [0, 0]
        await assert_proven(shop)
        assert await replayed(shop, dsn) == []


async def test_what_was_paid_out_and_closed_is_so_when_it_is_played_again(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, source=REPLAYED) as shop:
        await shop.send(shop.gift(1, 200, "A"))
        await told(shop, 1, "points.donated", "G", cause="food-bank", amount=60)
        shop.clock.advance(DAY)
        async with shop.pool.connection() as conn:
            edition = await shop.engine.catalogue.edition(conn, NAME)
            await payouts.close(conn, edition, "food-bank", at=shop.clock.now(), by="ana")
        assert (await told(shop, 1, "donation.cancelled", "C", **OF_G)).status == "declined"
        await merge(shop, 0, 1)
        assert (await told(shop, 0, "donation.cancelled", "C-2", **OF_G)).status == "declined"
        await assert_proven(shop)
        assert await replayed(shop, dsn) == []


async def test_bonuses_that_both_had_are_taken_back_when_it_is_played_again(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, source=REPLAYED) as shop:
        for member in (0, 1):
            shop.clock.advance(DAY)
            await shop.send(shop.sale(member, 10, f"S-{member}"))
        made = await told(
            shop, 0, "member.merged", "M", reason="one", duplicates="reverse", **{"with": shop.members[1].hex}
        )
        assert made.answer["merged"]["duplicates"] == [["welcome", "points", 7, 7]]
        assert await spendable(shop, 0, 1) == [27, 0]
        assert await replayed(shop, dsn) == []
        await merge(shop, 0, 1, undo=True)
        assert await spendable(shop, 0, 1) == [17, 17]
        await assert_proven(shop)
        assert await replayed(shop, dsn) == []
