"""A small shop on a real database: a programme, some members, and an engine to send activities to."""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from setia.flow.handle import Answer, Answers, Engine, Incoming
from setia.flow.rooms import publish
from setia.flow.work import Decision
from setia.language.model import Programme
from setia.language.parse import load_programme
from setia.ledger.lots import Balance
from setia.ledger.store import list_balances
from setia.ledger.verify import Finding, verify
from setia.members.model import Member
from setia.members.store import insert_members
from setia.plumbing.clock import FixedClock
from setia.plumbing.db import Pool, open_pool
from setia.plumbing.settings import Settings
from setia.programmes.store import Catalogue
from setia.values.ids import uuid7

OPENED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
NAME = "corner-shop"
PROGRAMME = """
programme: corner-shop
title: {en: The Corner Shop}
currency: EUR
timezone: UTC
units:
  points:
    name: {en: points}
    worth: 0.01
    pays: 0.01
    expires: {after: 12 months}
    transfer: {expires: keep}
activities:
  survey.answered: {title: {en: Survey}, fields: {score: integer}}
rules:
  earn:
    on: purchase.completed
    give: {points: floor(purchase.eligible)}
  survey:
    on: survey.answered
    give: {points: 75}
    budget: {points: 1_000, over: trim}
causes:
  food-bank: {takes: points, worth: 0.01, match: {by: {en: The roaster}, up_to: 1_000.00}}
rewards:
  mug: {title: {en: A mug}, costs: {points: 100}, gives: {product: MUG}, stock: 3}
refunds: {method: ask_again, when_spent: within_balance, unmatched_after: 30 days}
guests: {claim_within: 14 days}
"""


def compiled(source: str = PROGRAMME) -> Programme:
    """A programme that has to be right."""
    loaded = load_programme(source)
    assert loaded.programme is not None, loaded.diagnostics
    return loaded.programme


@dataclass
class Shop:
    """An engine with its pool and clock; members are numbered from 0."""

    pool: Pool
    clock: FixedClock
    engine: Engine
    members: list[UUID]
    programme_id: int = 1

    async def send(self, *incoming: Incoming, **options: Any) -> Answers:
        return await self.engine.handle(NAME, incoming, **options)

    async def tell(self, *incoming: Incoming, **options: Any) -> list[Decision]:
        """Send, and expect a decision for each."""
        return [decided(answer) for answer in await self.send(*incoming, **options)]

    def of(self, member: int | None, kind: str, body: dict[str, Any], key: str, **more: Any) -> Incoming:
        member_id = None if member is None else self.members[member]
        return Incoming(kind, more.pop("source", "till"), key, member_id, more.pop("at", None), body, **more)

    def sale(self, member: int | None, amount: int, key: str, **more: Any) -> Incoming:
        """A purchase of ``amount`` whole euros in one line."""
        line = {"id": "1", "sku": "TEA", "category": "tea", "kind": "product", "quantity": 1000}
        body = {"lines": [{**line, "amount": amount * 100, "discount": 0}], **more.pop("body", {})}
        return self.of(member, "purchase.completed", body, key, **more)

    def refund(self, member: int | None, of: str, key: str) -> Incoming:
        return self.of(member, "purchase.returned", {"of": {"source": "till", "external_id": of}}, key)

    def gift(self, member: int, amount: int, key: str) -> Incoming:
        body = {"unit": "points", "amount": amount, "reason": "goodwill", "by": "ana", "approved_by": None}
        return self.of(member, "balance.adjusted", body, key)

    def hold(self, member: int, amount: int, key: str) -> Incoming:
        return self.of(member, "hold.placed", {"unit": "points", "amount": amount}, key)

    def transfer(self, sender: int, receiver: int, amount: int, key: str) -> Incoming:
        body = {"unit": "points", "amount": amount, "to": self.members[receiver].hex}
        return self.of(sender, "balance.transferred", body, key)

    async def balance(self, member: int) -> Balance:
        async with self.pool.connection() as conn:
            found = await list_balances(conn, self.programme_id, self.members[member])
        return found.get("points", Balance())

    async def findings(self) -> list[Finding]:
        async with self.pool.connection() as conn:
            return await verify(conn)

    async def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.pool.connection() as conn:
            return await (await conn.execute(query.encode(), values)).fetchall()

    async def count(self, table: str) -> int:
        return int((await self.rows(f"SELECT count(*) FROM {table}"))[0][0])  # noqa: S608

    async def tamper(self, *statements: str) -> None:
        """Change the book as nobody may: with its triggers off."""
        async with self.pool.connection() as conn:
            await conn.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                await conn.execute(statement.encode())


def decided(answer: Answer) -> Decision:
    """The decision of an answer that must not be a fault."""
    assert isinstance(answer, Decision), answer
    return answer


def statuses(answers: Sequence[Answer]) -> list[str]:
    return [decided(answer).status for answer in answers]


@asynccontextmanager
async def open_shop(dsn: str, settings: Settings, *, members: int = 2, source: str = PROGRAMME) -> AsyncIterator[Shop]:
    """A shop with a published programme and members that joined when it opened."""
    pool = await open_pool(dsn, settings)
    try:
        clock = FixedClock(OPENED + dt.timedelta(days=30))
        programme = compiled(source)
        ids = [uuid7(int(OPENED.timestamp() * 1000), number.to_bytes(10, "big")) for number in range(1, members + 1)]
        async with pool.connection() as conn:
            await publish(conn, source, programme, at=clock.now(), effective_at=OPENED)
            await insert_members(
                conn, [Member(i, None, None, None, None, {}, False, OPENED, OPENED, OPENED) for i in ids]
            )
        yield Shop(pool, clock, Engine(pool, clock, Catalogue(compiled)), ids)
    finally:
        await pool.close()
