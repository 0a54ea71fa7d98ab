"""Many at once: whoever comes first wins, nobody waits for ever, and nothing counts twice."""

import asyncio
import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Awaitable, Sequence

import pytest

from setia.flow.faults import IdempotencyMismatch
from setia.flow.handle import Answer, Answers, Engine, Render
from setia.flow.requests import RequestKey
from setia.plumbing.db import AsyncConnection, open_pool
from setia.plumbing.settings import Settings
from setia.programmes.store import Catalogue
from tests.store.shop import NAME, Shop, compiled, decided, open_shop, statuses


def rendered(answers: Sequence[Answer]) -> bytes:
    return b",".join(decided(answer).activity.id.hex.encode() for answer in answers)


def request(body: bytes, key: str = "k-1") -> RequestKey:
    return RequestKey("till-7", key, hashlib.sha256(body).digest())


async def together(*calls: Awaitable[Answers]) -> list[Answers]:
    return list(await asyncio.gather(*calls))


async def test_the_last_points_are_spent_by_exactly_one_of_many_tills(shop: Shop) -> None:
    await shop.send(shop.gift(0, 100, "A-1"))
    tills = [shop.send(shop.of(0, "reward.claimed", {"reward": "mug", "quantity": 1}, f"C-{n}")) for n in range(24)]
    counted = Counter(status for answers in await together(*tills) for status in statuses(answers))
    assert counted == {"accepted": 1, "declined": 23}
    assert (await shop.balance(0)).available == 0
    assert await shop.count("vouchers") == 1
    assert await shop.findings() == []


async def test_holds_and_sales_race_for_the_same_points(shop: Shop) -> None:
    await shop.send(shop.gift(0, 100, "A-1"))
    holds = [shop.send(shop.hold(0, 60, f"H-{n}")) for n in range(4)]
    pays = [shop.send(shop.sale(0, 1, f"S-{n}", body={"spend": {"points": 60}})) for n in range(4)]
    answers = await together(*holds, *pays)
    assert Counter(status for given in answers for status in statuses(given))["declined"] >= 3
    balance = await shop.balance(0)
    assert balance.available >= 0
    assert balance.held in (0, 60)
    assert await shop.findings() == []


async def test_one_natural_key_of_two_members_at_once_counts_for_one(shop: Shop) -> None:
    for number in range(12):
        key = f"S-{number}"
        answers = await together(shop.send(shop.sale(0, 10, key)), shop.send(shop.sale(1, 10, key)))
        assert sorted(statuses([given[0] for given in answers])) == ["accepted", "duplicate"]
    assert (await shop.balance(0)).available + (await shop.balance(1)).available == 120
    assert await shop.findings() == []


async def test_two_batches_with_the_same_keys_in_opposite_order_end_as_one(shop: Shop) -> None:
    batch = [shop.sale(number % 2, 10, f"S-{number}") for number in range(40)]
    answers = await together(shop.send(*batch), shop.send(*reversed(batch)), shop.send(*batch[10:30]))
    counted = Counter(status for given in answers for status in statuses(given))
    assert counted == {"accepted": 40, "duplicate": 60}
    assert await shop.findings() == []


async def test_opposite_transfers_never_wait_in_a_circle(shop: Shop) -> None:
    await shop.send(shop.gift(0, 500, "A-0"), shop.gift(1, 500, "A-1"))
    moves = [shop.send(shop.transfer(n % 2, 1 - n % 2, 10, f"T-{n}")) for n in range(60)]
    assert {status for given in await together(*moves) for status in statuses(given)} == {"accepted"}
    assert (await shop.balance(0)).available == (await shop.balance(1)).available == 500
    assert await shop.findings() == []


async def test_a_budget_gives_not_a_point_too_much(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, members=25) as shop:
        asks = [
            shop.send(*(shop.of(member, "survey.answered", {"score": 1}, f"Q-{member}-{n}") for n in range(2)))
            for member in range(25)
        ]
        answers = [decided(answer) for given in await together(*asks) for answer in given]
        given = Counter(answer.result.earned("points") for answer in answers)
        # 1,000 points: thirteen times 75, once the last 25, and nothing for the rest.
        assert given == {75: 13, 25: 1, 0: 36}
        assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'budget:survey'") == [(0,)]
        assert await shop.rows("SELECT count(*) FROM outbox WHERE name = 'budget.exhausted'") == [(1,)]
        assert await shop.findings() == []


async def test_the_last_pieces_of_a_reward_go_to_three(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, members=8) as shop:
        await shop.send(*(shop.gift(member, 200, f"A-{member}") for member in range(8)))
        claims = [
            shop.send(shop.of(member, "reward.claimed", {"reward": "mug", "quantity": 1}, f"C-{member}"))
            for member in range(8)
        ]
        assert Counter(status for given in await together(*claims) for status in statuses(given)) == {
            "accepted": 3,
            "declined": 5,
        }
        assert await shop.findings() == []


async def test_one_request_five_times_at_once_is_one_entry_and_four_replays(shop: Shop) -> None:
    call = request(b"sale")
    posts = [shop.send(shop.sale(0, 10, "S-1"), request=call, render=rendered) for _ in range(5)]
    answers = await together(*posts)
    assert sorted(given.is_replay for given in answers) == [False, True, True, True, True]
    assert len({given.response for given in answers}) == 1
    assert await shop.count("entries") == 1
    assert await shop.count("requests") == 1


async def test_a_request_key_with_another_body_is_refused_and_nothing_is_written(shop: Shop) -> None:
    await shop.send(shop.sale(0, 10, "S-1"), request=request(b"one"), render=rendered)
    with pytest.raises(IdempotencyMismatch):
        await shop.send(shop.sale(0, 99, "S-2"), request=request(b"two"), render=rendered)
    assert await shop.count("activities") == 1


async def test_a_failed_request_leaves_its_key_free(shop: Shop) -> None:
    def failing(answers: Sequence[Answer]) -> bytes:
        raise ValueError("cannot be written")

    render: Render = failing
    with pytest.raises(ValueError, match="cannot be written"):
        await shop.send(shop.sale(0, 10, "S-1"), request=request(b"one"), render=render)
    assert (await shop.count("requests"), await shop.count("activities")) == (0, 0)
    given = await shop.send(shop.sale(0, 10, "S-1"), request=request(b"two"), render=rendered)
    assert not given.is_replay


async def test_other_work_counts_once_too(shop: Shop) -> None:
    calls = 0

    async def work(conn: AsyncConnection) -> bytes:
        nonlocal calls
        calls += 1
        await conn.execute("UPDATE members SET name = 'Ana'")
        return b"done"

    both = await asyncio.gather(shop.engine.once(request(b"x"), work), shop.engine.once(request(b"x"), work))
    assert (calls, sorted(once.is_replay for once in both), {once.response for once in both}) == (
        1,
        [False, True],
        {b"done"},
    )


async def test_a_dry_run_changes_no_row_and_no_counter(shop: Shop) -> None:
    await shop.send(shop.sale(0, 200, "S-1"), shop.of(0, "survey.answered", {"score": 1}, "Q-1"))
    tables = [row[0] for row in await shop.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]

    async def picture() -> list[object]:
        seen: list[object] = [
            await shop.rows(f"SELECT xmin, ctid, t::text FROM {table} t ORDER BY t::text")  # noqa: S608
            for table in sorted(tables)
        ]
        seen.append(await shop.rows("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"))
        return seen

    before = await picture()
    steps = [
        shop.sale(0, 50, "S-2"),
        shop.sale(1, 50, "S-3"),
        shop.refund(0, "S-1", "R-1"),
        shop.of(0, "survey.answered", {"score": 2}, "Q-2"),
        shop.of(0, "reward.claimed", {"reward": "mug", "quantity": 1}, "C-1"),
        shop.hold(0, 10, "H-1"),
        shop.sale(None, 5, "G-1"),
        shop.refund(0, "S-9", "R-9"),
    ]
    dry = await shop.tell(*steps, dry_run=True, request=request(b"quote"), render=rendered)
    assert await picture() == before
    real = await shop.tell(*steps)
    assert [(d.status, d.result, d.answer.get("totals")) for d in dry] == [
        (d.status, d.result, d.answer.get("totals")) for d in real
    ]


async def test_two_workers_tick_every_member_once(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, members=30) as shop:
        await shop.send(*(shop.sale(member, 10, f"S-{member}") for member in range(30)))
        shop.clock.advance(dt.timedelta(days=500))
        pool = await open_pool(dsn, settings)
        engines = [shop.engine, Engine(pool, shop.clock, Catalogue(compiled))]
        settled = 0
        while True:
            counts = await asyncio.gather(*(engine.tick(NAME, limit=7) for engine in engines for _ in range(2)))
            settled += sum(counts)
            if not sum(counts):
                break
        await pool.close()
        assert settled == 30
        assert await shop.rows("SELECT count(*) FROM activities WHERE type = 'balance.expired'") == [(30,)]
        assert await shop.findings() == []
