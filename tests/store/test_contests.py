"""Contests on real connections: two tabs are one vote, the last slot is one entry, closing counts or refuses."""

import asyncio
import datetime as dt
from collections import Counter
from uuid import UUID

from setia.contests import store
from setia.flow.contest_results import drawn_contests, seed_period
from setia.flow.work import Decision
from setia.plumbing.settings import Settings
from setia.values.contests import check_contest
from tests.store.shop import NAME, OPENED, PROGRAMME, Shop, open_shop

DAY = dt.timedelta(days=1)
SOURCE = (
    PROGRAMME
    + """
contests:
  cup:
    until: 2026-02-10
    fields: {caption: {type: text, at_most: 50}}
    slots: 5
    votes: {from: 2026-01-01, until: 2026-02-20, at_most: 2}
    result: {by: votes, winners: 2, ties: chance}
"""
)


async def told(shop: Shop, member: int, kind: str, key: str, **body: str) -> str:
    """What an activity comes to."""
    (answer,) = await shop.send(shop.of(member, kind, {"contest": "cup", **body}, key))
    assert isinstance(answer, Decision)
    return answer.status if answer.result.declined is None else answer.result.declined.code.value


async def enter(shop: Shop, member: int, key: str = "") -> str:
    fields: dict[str, object] = {"contest": "cup", "fields": {"caption": f"Number {member}"}}
    (answer,) = await shop.send(shop.of(member, "contest.entered", fields, key or f"E-{member}"))
    assert isinstance(answer, Decision)
    return answer.activity.id.hex if answer.result.declined is None else answer.result.declined.code.value


async def votes(shop: Shop) -> list[tuple[UUID, UUID, int]]:
    async with shop.pool.connection() as conn:
        return await store.list_counted(conn, shop.programme_id, "cup")


async def test_many_tabs_are_one_vote_and_a_member_has_two(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, members=5, source=SOURCE) as shop:
        entries = [await enter(shop, member) for member in range(3)]
        tabs = [told(shop, 4, "contest.voted", f"V-{n}", entry=entries[0]) for n in range(12)]
        assert Counter(await asyncio.gather(*tabs)) == {"accepted": 1, "contest_voted_already": 11}
        rest = [told(shop, 4, "contest.voted", f"W-{n}", entry=entries[1 + n % 2]) for n in range(6)]
        counted = Counter(await asyncio.gather(*rest))
        assert counted["accepted"] == 1
        assert set(counted) <= {"accepted", "contest_voted_already", "contest_limit_reached"}
        assert sum(count for _, _, count in await votes(shop)) == 2
        assert await shop.findings() == []


async def test_the_last_slot_is_one_entry_and_comes_back(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, members=9, source=SOURCE) as shop:
        answers = await asyncio.gather(*(enter(shop, member) for member in range(9) for _ in range(2)))
        assert await shop.count("contest_entries") == 5
        assert {answer for answer in answers if len(answer) != 32} == {"contest_full"}
        assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'contest:cup'") == [(0,)]
        taken = await shop.rows("SELECT member_id, id FROM contest_entries ORDER BY id LIMIT 1")
        member = shop.members.index(taken[0][0])
        gone = [told(shop, member, "contest.withdrawn", f"G-{n}", entry=taken[0][1].hex) for n in range(4)]
        assert Counter(await asyncio.gather(*gone)) == {"accepted": 1, "contest_entry_unknown": 3}
        assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'contest:cup'") == [(1,)]
        assert await shop.findings() == []


async def test_a_vote_that_meets_the_end_is_counted_or_refused(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, members=12, source=SOURCE) as shop:
        entries = [await enter(shop, member) for member in range(2)]
        shop.clock.set(OPENED + 50 * DAY - dt.timedelta(seconds=1))
        casts = [
            told(shop, member, "contest.voted", f"V-{member}", entry=entries[member % 2]) for member in range(2, 12)
        ]

        async def close() -> None:
            await shop.engine.tick(now=OPENED + 50 * DAY)

        *answers, _ = await asyncio.gather(*casts[:5], close(), *casts[5:], close())
        said = Counter(str(answer) for answer in answers if answer is not None)
        assert set(said) <= {"accepted", "contest_not_open"}
        async with shop.pool.connection() as conn:
            record = (await store.list_closed(conn, shop.programme_id))["cup"]
        assert sum(entry["votes"] for entry in record["entries"]) == said["accepted"]
        assert check_contest(record) == []
        shop.clock.set(OPENED + 50 * DAY)
        await shop.engine.tick(NAME)
        assert await told(shop, 5, "contest.voted", "late", entry=entries[0]) == "contest_not_open"
        placed = await shop.rows("SELECT count(*) FROM activities WHERE type = 'contest.placed'")
        assert placed == [(len(record["places"]),)]
        assert await shop.findings() == []


async def test_an_entry_that_is_taken_away_meets_a_vote(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, members=8, source=SOURCE) as shop:
        entry = await enter(shop, 0)
        casts = [told(shop, member, "contest.voted", f"V-{member}", entry=entry) for member in range(1, 8)]
        gone = told(shop, 0, "contest.withdrawn", "G", entry=entry)
        answers = await asyncio.gather(*casts[:3], gone, *casts[3:])
        assert answers[3] == "accepted"
        assert set(answers) <= {"accepted", "contest_entry_unknown"}
        assert await votes(shop) == []
        assert await shop.findings() == []


async def test_blocked_members_neither_count_nor_win_and_ties_are_drawn_from_the_committed_seed(
    dsn: str, settings: Settings
) -> None:
    async with open_shop(dsn, settings, members=6, source=SOURCE) as shop:
        entries = [await enter(shop, member) for member in range(3)]
        async with shop.pool.connection() as conn:
            edition = await shop.engine.catalogue.edition(conn, NAME)
            assert drawn_contests(edition) == ["contest/cup"]
            await shop.engine.seeds.publish_ahead(conn, shop.programme_id, drawn_contests(edition), OPENED)
            before = await shop.engine.seeds.list_committed(conn, shop.programme_id, OPENED, period=seed_period("cup"))
        for voter, entry in ((3, 0), (4, 1), (5, 2), (3, 2)):
            assert await told(shop, voter, "contest.voted", f"V-{voter}-{entry}", entry=entries[entry]) == "accepted"
        async with shop.pool.connection() as conn:
            await conn.execute("UPDATE members SET is_blocked = true WHERE member_id = ANY (%s)", [shop.members[2:6:3]])
        assert [count for _, _, count in await votes(shop)] == [1, 1]
        shop.clock.set(OPENED + 60 * DAY)
        assert await shop.engine.tick(NAME) > 0
        async with shop.pool.connection() as conn:
            record = (await store.list_closed(conn, shop.programme_id))["cup"]
        assert (record["commitment"], len(record["places"])) == (before[0].commitment, 2)
        assert check_contest(record) == []
        assert await shop.engine.tick(NAME) == 0
        assert await shop.findings() == []
