"""A drop on real connections: no piece too many, no pass that works twice, and a draw that can be checked."""

import asyncio
import datetime as dt
from collections import Counter
from uuid import UUID

from setia.drops import store as drops
from setia.flow.work import Decision
from setia.plumbing.settings import Settings
from setia.state.line import commitment, lobby_order
from tests.store.shop import OPENED, PROGRAMME, Shop, compiled, open_shop

MINUTE = dt.timedelta(minutes=1)
OPENS = OPENED + dt.timedelta(hours=2)
SOURCE = PROGRAMME.replace("rewards:\n", "rewards:\n  pair: {gives: {experience: One pair}, stock: 7}\n") + (
    "drops: {pair: {reward: pair, opens: 2026-01-01 02:00, admit: 4}}\n"
)
DROP = compiled(SOURCE).drops["pair"]


async def enter(shop: Shop, member: UUID, now: dt.datetime) -> drops.PlaceRow | None:
    async with shop.pool.connection() as conn:
        return await drops.enter(conn, shop.programme_id, DROP, member, now)


async def states(shop: Shop) -> Counter[str]:
    return Counter(state for (state,) in await shop.rows("SELECT state FROM drop_places"))


async def claim(shop: Shop, member: int, key: str) -> str:
    (answer,) = await shop.send(shop.of(member, "reward.claimed", {"reward": "pair", "quantity": 1}, key))
    assert isinstance(answer, Decision)
    return answer.status if answer.result.declined is None else answer.result.declined.code.value


async def test_ten_tabs_of_thirty_people_are_thirty_places_and_the_draw_can_be_checked(
    dsn: str, settings: Settings
) -> None:
    async with open_shop(dsn, settings, members=30, source=SOURCE) as shop:
        assert await enter(shop, shop.members[0], OPENS - 31 * MINUTE) is None
        early = [enter(shop, member, OPENS - MINUTE) for member in shop.members[:20] for _ in range(3)]
        await asyncio.gather(*early)
        assert await states(shop) == {"waiting": 20}
        assert await shop.rows("SELECT count(number) FROM drop_places") == [(0,)]
        late = await asyncio.gather(*(enter(shop, member, OPENS) for member in shop.members[20:] for _ in range(3)))
        assert {place.number for place in late if place is not None} == set(range(21, 31))
        assert await states(shop) == {"admitted": 4, "waiting": 26}
        async with shop.pool.connection() as conn:
            row = (await drops.list_drops(conn, shop.programme_id))["pair"]
            drawn = await drops.list_lobby(conn, shop.programme_id, "pair")
        assert row.drawn_at == OPENS
        assert len(commitment(row.seed)) == 64
        assert [place.member_id for place in drawn] == lobby_order(row.seed, "pair", shop.members[:20])
        assert [place.number for place in drawn] == list(range(1, 21))


async def test_the_last_pieces_go_to_those_with_a_pass_once_each_however_many_ask(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, members=30, source=SOURCE) as shop:
        await asyncio.gather(*(enter(shop, member, OPENS) for member in shop.members))
        taken: Counter[int] = Counter()
        for minute in range(4):
            shop.clock.set(OPENS + minute * MINUTE)
            asked = [(member, n) for member in range(30) for n in range(2)]
            answers = await asyncio.gather(*(claim(shop, m, f"{minute}-{m}-{n}") for m, n in asked))
            taken.update(m for (m, _), answer in zip(asked, answers, strict=True) if answer == "accepted")
            assert set(answers) <= {"accepted", "pass_needed"}
        assert (sum(taken.values()), max(taken.values())) == (7, 1)
        assert await states(shop) == {"taken": 7, "waiting": 23}
        assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'stock:pair'") == [(0,)]
        assert await shop.findings() == []


async def test_a_dry_run_uses_no_pass_and_a_piece_that_comes_back_is_offered_again(
    dsn: str, settings: Settings
) -> None:
    one = SOURCE.replace("stock: 7", "stock: 1")
    async with open_shop(dsn, settings, members=2, source=one) as shop:
        for member in shop.members:
            await enter(shop, member, OPENS)
        shop.clock.set(OPENS + MINUTE)
        asked = shop.of(0, "reward.claimed", {"reward": "pair", "quantity": 1}, "C-0")
        await shop.tell(asked, dry_run=True)
        assert await states(shop) == {"admitted": 1, "waiting": 1}
        (claimed,) = await shop.tell(asked)
        assert await states(shop) == {"taken": 1, "waiting": 1}
        assert (await shop.tell(asked))[0].status == "duplicate"
        shop.clock.set(OPENS + 90 * MINUTE)
        await shop.tell(shop.of(0, "reward.cancelled", {"voucher": claimed.vouchers[0].no}, "U-0"))
        assert await claim(shop, 0, "C-1") == "pass_needed"
        async with shop.pool.connection() as conn:
            place = await drops.find_place(conn, shop.programme_id, "pair", shop.members[1])
        assert place is not None
        assert (place.state, place.until) == ("admitted", OPENS + 100 * MINUTE)
        assert await claim(shop, 1, "C-2") == "accepted"
        assert await shop.findings() == []


async def test_leaving_and_holding_on_real_tables(dsn: str, settings: Settings) -> None:
    one = SOURCE.replace("stock: 7", "stock: 1")
    async with open_shop(dsn, settings, members=2, source=one) as shop:
        ana, ben = shop.members
        await enter(shop, ana, OPENS)
        await enter(shop, ben, OPENS)
        async with shop.pool.connection() as conn:
            assert await drops.hold(conn, shop.programme_id, DROP, ben, OPENS) is None
            held = await drops.hold(conn, shop.programme_id, DROP, ana, OPENS + 9 * MINUTE)
            assert held is not None
            assert held.until == OPENS + 14 * MINUTE
            assert await drops.count_ahead(conn, shop.programme_id, "pair", 2) == 0
            gone = await drops.leave(conn, shop.programme_id, DROP, ana, OPENS + 10 * MINUTE)
            assert gone is not None
            assert (gone.state, gone.until) == ("left", None)
            assert await drops.leave(conn, shop.programme_id, DROP, ana, OPENS + 10 * MINUTE) is None
            next_ = await drops.find_place(conn, shop.programme_id, "pair", ben)
            assert next_ is not None
            assert (next_.state, next_.until) == ("admitted", OPENS + 20 * MINUTE)
        again = await enter(shop, ana, OPENS + 11 * MINUTE)
        assert again is not None
        assert (again.number, again.state) == (3, "waiting")
