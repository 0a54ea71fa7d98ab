"""Deliveries in the database: who may take which, and what becomes of them when things go wrong."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from setia.plumbing import endpoints, outbox
from setia.plumbing.outbox import Taken
from setia.plumbing.settings import Settings
from setia.values.ids import IdError
from tests.store.receiver import EVENTS_A_VISIT, House, house

URL = "https://hooks.example.com/setia"
LONG = 60.0


@pytest.fixture
async def shop(settings: Settings) -> AsyncIterator[House]:
    async with house(settings) as found:
        async with found.services.pool.connection() as conn:
            await endpoints.insert_endpoint(conn, URL)
        yield found


async def take(shop: House, slots: int = 50) -> list[Taken]:
    async with shop.services.pool.connection() as conn:
        return await outbox.take(conn, {1: slots}, LONG)


async def deliver(shop: House, taken: Taken) -> Taken | None:
    async with shop.services.pool.connection() as conn:
        return await outbox.mark_delivered(conn, taken, 200, LONG)


def numbers(taken: list[Taken]) -> set[tuple[UUID, int]]:
    return {(one.event.member_id, one.event.seq) for one in taken}


async def test_only_the_first_event_of_a_member_can_be_taken_and_then_the_next(shop: House) -> None:
    first, second = await shop.join(), await shop.join()
    await shop.visit(first, second, first)
    taken = await take(shop)
    assert numbers(taken) == {(first, 1), (second, 1)}
    assert await take(shop) == []
    one = next(one for one in taken if one.event.member_id == first)
    sequence = [1]
    following = await deliver(shop, one)
    while following is not None:
        sequence.append(following.event.seq)
        following = await deliver(shop, following)
    assert sequence == [1, 2, 3, 4]


async def test_many_takers_at_once_never_take_the_same(shop: House) -> None:
    members = [await shop.join() for _ in range(40)]
    await shop.visit(*members)
    batches = await asyncio.gather(*(take(shop, slots=10) for _ in range(8)))
    taken = [one for batch in batches for one in batch]
    assert len(numbers(taken)) == len(taken)
    while len(taken) < len(members):
        more = await take(shop, slots=10)
        assert more
        taken += more
    assert numbers(taken) == {(member, 1) for member in members}


async def test_what_a_dead_worker_had_in_hand_is_anybodys_after_its_lease(shop: House) -> None:
    member = await shop.join()
    await shop.visit(member)
    (lost,) = await take(shop)
    assert await take(shop) == []
    await shop.rows("UPDATE deliveries SET leased_until = now() WHERE leased_until IS NOT NULL RETURNING 1")
    (found,) = await take(shop)
    assert (found.event, found.attempts) == (lost.event, 1)
    # The one that was believed dead comes back: it changes nothing that is not its own any more.
    assert await deliver(shop, lost) is None
    async with shop.services.pool.connection() as conn:
        await outbox.mark_failed(conn, lost, 500, "late", LONG)
        assert await outbox.mark_dead(conn, lost, 500, "late") == 0
        await outbox.put_back(conn, lost)
    assert await shop.states() == ["pending"] * EVENTS_A_VISIT
    following = await deliver(shop, found)
    assert following is not None
    assert following.event.seq == 2


async def test_what_is_put_back_can_be_taken_at_once_as_if_nothing_had_been(shop: House) -> None:
    await shop.visit(await shop.join())
    (taken,) = await take(shop)
    async with shop.services.pool.connection() as conn:
        await outbox.put_back(conn, taken)
    (again,) = await take(shop)
    assert (again.event.id, again.attempts) == (taken.event.id, 0)


async def test_what_waits_behind_a_failed_one_does_not_stand_in_the_way_of_others(shop: House) -> None:
    busy, quiet = await shop.join(), await shop.join()
    for _ in range(30):
        await shop.visit(busy)
    (taken,) = await take(shop)
    async with shop.services.pool.connection() as conn:
        await outbox.mark_failed(conn, taken, 500, "no", 3600)
    for _ in range(30):
        await shop.visit(busy)
    await shop.visit(quiet)
    # One slot looks at 40 rows; those of the busy member that are in the way are put off and out of sight.
    found = [one for _ in range(3) for one in await take(shop, slots=1)]
    assert numbers(found) == {(quiet, 1)}
    rows = await shop.rows("SELECT count(*) FROM deliveries WHERE next_at <= now() AND member_id = %s", busy)
    assert rows[0][0] < 30


async def test_deliveries_are_written_with_the_event_or_not_at_all(shop: House) -> None:
    member = await shop.join()
    async with shop.services.pool.connection() as conn:
        await conn.execute(
            """INSERT INTO outbox (member_id, activity_id, occurred_at, created_at, programme_id, seq, name, data)
               VALUES (%s, %s, now(), now(), 1, 1, 'points.earned', '{}')""",
            [member, member],
        )
        cursor = await conn.execute("SELECT count(*) FROM deliveries")
        assert await cursor.fetchone() == (1,)
        await conn.rollback()
    assert await shop.states() == []
    await shop.visit(member)
    assert await shop.states() == ["pending"] * EVENTS_A_VISIT


async def test_old_events_are_forgotten_but_none_that_is_still_to_be_delivered(shop: House) -> None:
    members = [await shop.join() for _ in range(3)]
    await shop.visit(*members)
    at = shop.clock.now()
    for taken in await take(shop):
        if taken.event.member_id == members[0]:
            while taken is not None:
                taken = await deliver(shop, taken)
        elif taken.event.member_id == members[1]:
            async with shop.services.pool.connection() as conn:
                await outbox.mark_dead(conn, taken, None, "away")
    async with shop.services.pool.connection() as conn:
        assert await outbox.sweep_events(conn, at, 100) == 0
        assert await outbox.sweep_events(conn, at + dt.timedelta(seconds=1), 1) == 1
        assert await outbox.sweep_events(conn, at + dt.timedelta(seconds=1), 100) == 1
    assert sorted(await shop.states()) == ["dead", "pending", "pending", "pending"]
    assert await shop.rows("SELECT count(*) FROM outbox") == [(4,)]


async def test_a_deleted_endpoint_goes_with_all_that_was_for_it(shop: House) -> None:
    await shop.visit(await shop.join())
    async with shop.services.pool.connection() as conn:
        await endpoints.delete_endpoint(conn, 1)
        assert await endpoints.list_endpoints(conn) == []
        assert await outbox.sweep_endpoints(conn, 1) == 1
        assert await outbox.sweep_endpoints(conn, 10) == 1
        assert await outbox.sweep_endpoints(conn, 10) == 0
    assert await shop.rows("SELECT count(*) FROM webhook_endpoints") == [(0,)]
    await shop.visit(await shop.join())
    assert await shop.states() == []


async def test_dead_letters_are_replayed_together(shop: House) -> None:
    members = [await shop.join() for _ in range(3)]
    await shop.visit(*members)
    for number, taken in enumerate(await take(shop), start=1):
        async with shop.services.pool.connection() as conn:
            assert await outbox.mark_dead(conn, taken, 500, "no") == number
            assert len(await outbox.list_deliveries(conn, endpoint_id=1, state="dead")) == number
    async with shop.services.pool.connection() as conn:
        assert await outbox.replay_dead(conn, 1) == 3
        assert await outbox.replay_dead(conn, 1) == 0
        assert await outbox.count_pending(conn) == 6
    assert {one.event.seq for one in await take(shop)} == {1}


async def test_deliveries_are_listed_page_by_page_and_by_what_they_are_about(shop: House) -> None:
    first, second = await shop.join(), await shop.join()
    await shop.visit(first, second)
    async with shop.services.pool.connection() as conn:
        page = await outbox.list_deliveries(conn, limit=3)
        rest = await outbox.list_deliveries(conn, limit=3, before=(page[-1].event.id, page[-1].endpoint_id))
        assert [one.event.id for one in page + rest] == [4, 3, 2, 1]
        of_member = await outbox.list_deliveries(conn, member_id=second)
        assert {one.event.member_id for one in of_member} == {second}
        assert len(await outbox.list_deliveries(conn, name="points.earned", state="pending")) == 4
        assert await outbox.list_deliveries(conn, name="points.expired") == []
        assert [one.event.id for one in await outbox.list_deliveries(conn, event_id=3, endpoint_id=1)] == [3]


def test_a_numbered_id_leads_back_to_its_number_and_sorts_by_time() -> None:
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    ids = [outbox.numbered_id("evt", number, at) for number in (1, 2, 300, 2**40)]
    assert [outbox.number_of("evt", text) for text in ids] == [1, 2, 300, 2**40]
    assert ids == sorted(ids)
    assert outbox.numbered_id("evt", 1, at + dt.timedelta(seconds=1)) > ids[-1]
    with pytest.raises(IdError):
        outbox.number_of("whk", ids[0])
