"""What the surfaces ask about a member: one picture of wallet, progress and rewards, the clock worked off first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import orjson

from setia.api.reading import version_at
from setia.app import Services
from setia.flow.apply import wallet_facts
from setia.flow.merges import find_home
from setia.language.model import Cause, Programme, Reward
from setia.ledger.lots import Balance, Hold, Lot, Wallet
from setia.ledger.store import ask_placed_holds, hold_of, list_balances, list_open_lots
from setia.members.model import Member
from setia.members.store import fetch_member
from setia.plumbing.arrays import uuids
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.programmes.store import find_programme, list_pauses
from setia.rewards.store import VoucherRow, list_vouchers
from setia.rules import ladder
from setia.rules.evaluate import CLAIM, Question, evaluate
from setia.rules.facts import collect
from setia.rules.rulebook import rulebook
from setia.state.progress import Progress, progress_from_json
from setia.values.codes import Built
from setia.values.faults import NotFound
from setia.values.ids import public_id
from setia.values.instants import local_date
from setia.values.outcomes import Declined


@dataclass(frozen=True, slots=True)
class Picture:
    """A member of a programme at the instant ``now``. ``house``: what stocks have left."""

    now: dt.datetime
    edition: Edition
    programme: Programme
    member: Member
    progress: Progress
    wallet: Wallet
    lots: list[Lot]
    holds: list[Hold]
    vouchers: list[VoucherRow]
    house: dict[str, int]

    def balance(self, unit: str) -> Balance:
        """What the member has of ``unit``."""
        return self.wallet.balances.get(unit) or Balance()

    def why_not(self, reward: Reward, quantity: int = 1) -> Declined | None:
        """Why the member cannot claim ``reward`` now; None when they can. The same question that a claim asks."""
        book = rulebook(self.programme)
        body = {"reward": reward.name, "quantity": quantity}
        facts = collect(
            book, book.plan(CLAIM), self.progress, wallet_facts(self.wallet), self.house, body, self.now
        )  # fmt: skip
        return evaluate(Question(book, CLAIM, body, self.now, facts)).declined

    def why_not_give(self, cause: Cause) -> Declined | None:
        """Why the member cannot give to ``cause`` now, whatever the amount; None when they can."""
        book, kind = rulebook(self.programme), Built.GIVING.value
        body = {"cause": cause.name, "percent": 1}
        facts = collect(book, book.plan(kind), self.progress, wallet_facts(self.wallet), self.house, body, self.now)
        return evaluate(Question(book, kind, body, self.now, facts)).declined


async def find_edition(services: Services, conn: AsyncConnection, programme: str) -> Edition:
    """The programme with every version that is published by now. Raises ``NotFound`` or ``NotPublished``."""
    known = services.catalogue.known(programme)
    if known is not None:
        row = await find_programme(conn, programme)
        if row is not None and row.latest == known.latest:
            return known
    return await services.catalogue.load(conn, programme)


async def look(services: Services, programme: str, member_id: UUID) -> Picture:
    """The picture of a member. What is due by now has happened in it, whether or not a worker runs.

    Raises ``NotFound`` for the member or the programme.
    """
    now = services.clock.now()
    async with services.pool.connection() as conn:
        edition = await find_edition(services, conn, programme)
        member_id = await find_home(conn, programme, member_id)
        due_at, _ = await _state(conn, edition.id, member_id)
    if due_at is not None and due_at <= now:
        await services.engine.tick(programme, now=now, members=[member_id])
    async with services.pool.connection() as conn:
        try:
            member = await fetch_member(conn, member_id)
        except NotFound:
            raise NotFound("member", public_id("mem", member_id)) from None
        _, stored = await _state(conn, edition.id, member_id)
        running = version_at(edition, now)
        progress = (
            progress_from_json(orjson.loads(stored))
            if stored is not None
            else Progress(local_date(member.joined_at, running.zone), member.joined_at, member.birthday,
                          member.attributes)
        )  # fmt: skip
        running = version_at(edition, now, progress)
        pauses = await list_pauses(conn, edition.id)
        wallet = Wallet(balances=await list_balances(conn, edition.id, member_id), pauses=pauses)
        lots = await list_open_lots(conn, edition.id, member_id)
        for lot in lots:
            lot.pauses = pauses
        placed = await ask_placed_holds(conn, edition.id, uuids([member_id]), "{infinity}")
        holds = [hold_of(row)[1] for row in await placed.fetchall()]
        vouchers = await list_vouchers(conn, edition.id, member_id)
        house = await _house(conn, edition.id)
    if running.tiers is not None and not progress.tier:
        ladder.place(running, progress, progress.joined_at, edition.versions[0].number)
    return Picture(now, edition, running, member, progress, wallet, lots, holds, vouchers, house)


async def _state(conn: AsyncConnection, programme_id: int, member_id: UUID) -> tuple[dt.datetime | None, str | None]:
    cursor = await conn.execute(
        "SELECT due_at, progress::text FROM member_states WHERE member_id = %s AND programme_id = %s",
        [member_id, programme_id],
    )
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else (None, None)


async def _house(conn: AsyncConnection, programme_id: int) -> dict[str, int]:
    cursor = await conn.execute(
        "SELECT account, left_ FROM house_accounts WHERE programme_id = %s AND account ~ '^(stock|prize|match):'",
        [programme_id],
    )
    return dict(await cursor.fetchall())
