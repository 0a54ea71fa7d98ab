"""Taking in the Complete Journey on several processes, each with its share of the households."""

from __future__ import annotations

import asyncio
import gc
import resource
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from setia.app import Services, open_services
from setia.cli._processes import share_out
from setia.connectors.complete_journey.activities import activities, external_id, member_id
from setia.connectors.complete_journey.data import CompleteJourney, Household, Share
from setia.flow.handle import Answer
from setia.language.model import Programme
from setia.members.model import Identifier, Member
from setia.members.store import find_member_ids, insert_members
from setia.plumbing.settings import load_settings
from setia.values.faults import Fault

_BATCH = 4_000


@dataclass(frozen=True, slots=True)
class Order:
    """What one process is to do: take in its share of the first baskets, then work off the clock until an instant
    (None: the clock is left alone)."""

    dsn: str
    programme: str
    share: Share
    first: int | None
    until: datetime | None


@dataclass(slots=True)
class Progress:
    """What a process has done since it last said so. ``answers``: how many activities got which answer."""

    stage: Literal["ready", "baskets", "clock", "done"]
    baskets: int = 0
    members: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    peak_bytes: int = 0


def take_in(orders: Sequence[Order]) -> Iterator[Progress]:
    """Run each order in a process of its own, and tell what is done as it is done. Raises ``ProcessFailed``."""
    return share_out(
        _run, orders, at_once=len(orders),
        advice="What it had recorded is whole and stays; taking the same purchases in again adds the rest.",
    )  # fmt: skip


def _run(order: Order, tell: Callable[[Progress], None]) -> None:
    # Batches are large and short-lived; looking for cycles among them at the usual pace costs a fifth of the time.
    gc.set_threshold(100_000, 50, 100)
    asyncio.run(_take_in(order, tell))


async def _take_in(order: Order, tell: Callable[[Progress], None]) -> None:
    settings = load_settings()
    data = CompleteJourney(order.first)
    households = data.households(order.share)
    async with open_services(settings, order.dsn, application="setia intake") as services:
        edition = await services.edition(order.programme)
        programme = edition.versions[-1].programme
        members = await _join(services, households)
        tell(Progress("ready"))
        batches = activities(
            data, households, members, reward=reward_to_claim(programme), member_fields=programme.member_fields,
            share=order.share, batch_size=_BATCH,
        )  # fmt: skip
        # While the database works on one batch, the next is read.
        coming = asyncio.ensure_future(asyncio.to_thread(next, batches, None))
        while (current := await coming) is not None:
            coming = asyncio.ensure_future(asyncio.to_thread(next, batches, None))
            batch, baskets = current
            answers = await services.engine.handle(order.programme, batch, clock_follows=True)
            tell(Progress("baskets", baskets=baskets, answers=Counter(_kind(answer) for answer in answers)))
        mine = list(members.values())
        while order.until is not None and (
            settled := await services.engine.tick(order.programme, now=order.until, members=mine)
        ):
            tell(Progress("clock", members=settled))
    tell(Progress("done", peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


def reward_to_claim(programme: Programme) -> str | None:
    """The reward that a coupon of the data claims: the cheapest that is bought with units."""
    bought = [reward for reward in programme.rewards.values() if reward.costs]
    return min(bought, key=lambda reward: (sum(reward.costs.values()), reward.name)).name if bought else None


async def _join(services: Services, households: Sequence[Household]) -> dict[int, Any]:
    """The members that the households are; those that the book does not know yet are written."""
    known_as = {Identifier("external", external_id(household)): household for household in households}
    async with services.pool.connection() as conn:
        found = await find_member_ids(conn, known_as)
        members = {known_as[identifier].number: id_ for identifier, id_ in found.items()}
        new = []
        for identifier, household in known_as.items():
            if household.number not in members:
                members[household.number] = id_ = member_id(household)
                at = household.first_at
                new.append(Member(id_, None, None, None, None, {}, False, at, at, at, identifiers=(identifier,)))
        if new:
            await insert_members(conn, new)
    return members


def _kind(answer: Answer) -> str:
    return type(answer).__name__ if isinstance(answer, Fault) else answer.status
