"""The same shop on PostgreSQL and in memory: the same answers, and books that are equal entry for entry."""

import datetime as dt
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pprint import pformat
from uuid import UUID

import orjson
import pytest

from setia.flow.handle import Engine, Incoming
from setia.flow.memory import SECRET
from setia.flow.rooms import publish
from setia.flow.work import Decision
from setia.language.parse import load_programme
from setia.ledger.store import list_entries
from setia.ledger.verify import verify
from setia.members.model import Member
from setia.members.store import insert_members
from setia.plumbing.clock import FixedClock
from setia.plumbing.db import Pool, open_pool
from setia.plumbing.settings import Settings
from setia.programmes.store import Catalogue
from setia.referrals.store import ensure_code
from setia.state.progress import progress_from_json
from setia.values.chance import Chance
from setia.values.ids import uuid7
from tests.simulation.memory import SOURCE, MemoryShop, told
from tests.simulation.programmes import OPENED, SHOPS
from tests.simulation.seeds import on_postgres
from tests.simulation.shop import MEMBERS, Shop, Step
from tests.simulation.telling import Teller

# Each of the first seeds has once found a book that was not the same.
SEEDS = (1000, 2018, 2020, *on_postgres(0))
STEPS = 100


class StoredShop:
    """The engine on PostgreSQL, as the simulation talks to it; it gives the same ids as a book in memory."""

    def __init__(self, pool: Pool, name: str, sources: list[tuple[dt.datetime, str]], members: list[UUID]) -> None:
        self.pool, self.name, self.sources, self.members = pool, name, sources, members
        self.clock = FixedClock(OPENED)
        self.count = len(members)
        self.catalogue = Catalogue(lambda source: load_programme(source).programme)  # type: ignore[arg-type,return-value]
        luck = Chance("memory", sha256(b"memory").digest())  # as in memory
        self.engine = Engine(pool, self.clock, self.catalogue, new_id=self.new_id, luck=luck)
        self.ids: dict[str, UUID] = {}

    def new_id(self, at: dt.datetime) -> UUID:
        """The next id, as ``MemoryBook`` makes them."""
        self.count += 1
        return uuid7(max(int(self.occurred_at.timestamp() * 1000), 0), sha256(b"%d" % self.count).digest())

    async def open(self) -> None:
        """Publish all versions; everybody joins."""
        async with self.pool.connection() as conn:
            for since, source in self.sources:
                programme = load_programme(source).programme
                assert programme is not None
                await publish(conn, source, programme, at=OPENED, effective_at=since)
            await conn.execute("UPDATE programmes SET code_secret = %s", [SECRET])  # codes as in memory
            at = OPENED
            await insert_members(conn, [Member(i, None, None, None, None, {}, False, at, at, at) for i in self.members])
            for member in self.members:
                await ensure_code(conn, member)

    async def handle(self, step: Step, body: dict[str, object], who: UUID | None = None) -> Decision:
        """Handle one activity, of a member or of whom it is said; its own decision."""
        self.occurred_at = step["occurred"]
        self.clock.set(step["recorded"])
        member = who or self.members[step["member"]]
        incoming = Incoming(step["type"], SOURCE, step["key"], member, step["occurred"], body, step.get("revision", 0))
        (answer,) = await self.engine.handle(self.name, [incoming])
        assert isinstance(answer, Decision), answer
        return answer

    async def tick(self, at: dt.datetime) -> None:
        """Work off the clock of everybody."""
        self.clock.set(at)
        await self.engine.tick(self.name)


async def compare(memory: MemoryShop | Teller, stored: StoredShop) -> None:
    """Entries, what is remembered, vouchers, budgets and stocks are equal, and nothing contradicts anything."""
    of_member: dict[UUID, list[tuple[UUID, object]]] = defaultdict(list)
    for decision in memory.book.decisions:
        for entry in decision.entries:
            of_member[decision.activity.member_id].append((decision.activity.id, entry))
    async with stored.pool.connection() as conn:
        edition = await stored.catalogue.edition(conn, stored.name)
        for member in memory.book.gathered.members.values():
            found = await list_entries(conn, edition.id, member.id, before=2**31 - 1, limit=10_000)
            assert [(activity, entry) for activity, _, entry in reversed(found)] == of_member[member.id]
            row = await (
                await conn.execute("SELECT progress::text FROM member_states WHERE member_id = %s", [member.id])
            ).fetchone()
            if row is not None and row[0] is not None:
                progress = progress_from_json(orjson.loads(row[0]))
                progress.settled_at = member.progress.settled_at  # only tells how often was looked
                assert progress == member.progress
            cursor = await conn.execute(
                "SELECT no, reward, quantity, left_, worth, state, code FROM vouchers WHERE member_id = %s ORDER BY no",
                [member.id],
            )
            vouchers = [
                (v.no, v.reward, v.quantity, v.left, v.worth, v.state, v.code)
                for _, v in sorted(member.vouchers.items())
            ]
            assert await cursor.fetchall() == vouchers
        house = await (await conn.execute("SELECT account, left_ FROM house_accounts")).fetchall()
        assert dict(house) == memory.book.gathered.house
        assert await verify(conn) == []


@asynccontextmanager
async def both(name: str, dsn: str, settings: Settings) -> AsyncIterator[tuple[MemoryShop, StoredShop]]:
    """A shop in memory and the same one on PostgreSQL; their books are compared in the end."""
    memory = MemoryShop(name)
    for number in range(MEMBERS):
        memory.join({"member": number, "at": OPENED})
    pool = await open_pool(dsn, settings)
    try:
        sources = [(since, source) for since, source, _ in SHOPS[name]]
        stored = StoredShop(pool, name, sources, memory.members)
        await stored.open()
        yield memory, stored
        await compare(memory, stored)
    finally:
        await pool.close()


async def tell(memory: MemoryShop, stored: StoredShop, step: Step) -> str:
    """Tell both shops a step; they have to answer the same."""
    if step["type"] == "tick":
        memory.tick(step)
        await stored.tick(step["at"])
        return ""
    decision = await stored.handle(step, memory.body(step))
    assert told(decision) == memory.handle(step)
    return told(decision)


@pytest.mark.parametrize("name", SHOPS)
@pytest.mark.parametrize("seed", SEEDS)
async def test_the_book_on_postgres_equals_the_book_in_memory(
    name: str, seed: int, dsn: str, settings: Settings
) -> None:
    shop = Shop(seed)
    try:
        async with both(name, dsn, settings) as (memory, stored):
            for _ in range(STEPS):
                await tell(memory, stored, shop.draw())
            await tell(memory, stored, {"type": "tick", "at": shop.now})
    except AssertionError as error:
        steps = pformat(shop.steps, width=160, compact=True)
        raise AssertionError(f"shop '{name}', seed {seed}, {len(shop.steps)} steps:\n{steps}\n{error}") from error


async def test_a_declined_sale_can_be_corrected_and_then_returned(dsn: str, settings: Settings) -> None:
    at = OPENED + dt.timedelta(days=3)
    line = {"id": "1", "sku": "A", "category": "FOOD", "quantity": 1000, "amount": 50_000_00}
    sale = {"type": "purchase.completed", "key": "a", "member": 0, "occurred": at, "recorded": at, "revision": 0}
    back = {**sale, "type": "purchase.returned", "of": "a", "lines": None}
    async with both("plain", dsn, settings) as (memory, stored):
        spends = {"lines": [line], "spend": {"points": 10}}
        assert await tell(memory, stored, {**sale, "body": spends}) == "declined:insufficient_balance"
        assert await tell(memory, stored, {**back, "key": "b"}) == "parked"
        assert await tell(memory, stored, {**back, "key": "b"}) == "duplicate"
        assert await tell(memory, stored, {**sale, "body": {"lines": [line]}, "revision": 1}) == "accepted"
        assert await tell(memory, stored, {**back, "key": "c"}) == "declined:already_returned"
