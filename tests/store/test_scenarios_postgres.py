"""The scenarios of the examples on PostgreSQL: the same answers, and books that are equal entry for entry.

In memory the clock is worked off before every step, on PostgreSQL only when an activity comes in and at the end: what
time brings must come to the same, however late it is looked at.
"""

import dataclasses
import datetime as dt
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from setia.drops import store as drops
from setia.flow import payouts
from setia.flow.contest_results import rank_contest
from setia.flow.handle import Engine, Incoming
from setia.flow.memory import SECRET
from setia.flow.rooms import publish
from setia.flow.scenarios.contesting import RANKED, entry_of
from setia.flow.scenarios.luck import Scripted
from setia.flow.scenarios.model import Action, Scenario, Step
from setia.flow.scenarios.play import OPERATOR, PAUSED, Play
from setia.flow.scenarios.read import load_scenario
from setia.flow.scenarios.run import find_scenarios
from setia.flow.scenarios.source import Library
from setia.flow.visitors import keep_visit
from setia.flow.visits import Visit
from setia.flow.work import Decision, MemberWork
from setia.language.model import Programme
from setia.ledger.plan import Entry
from setia.ledger.store import list_entries
from setia.ledger.verify import verify
from setia.members.model import Member
from setia.members.store import insert_members
from setia.plumbing.clock import FixedClock
from setia.plumbing.db import AsyncConnection, Pool, open_pool
from setia.plumbing.settings import Settings
from setia.programmes import store as programmes
from setia.programmes.store import Catalogue
from setia.referrals.store import ensure_code
from setia.rewards.store import insert_codes
from setia.state.progress import progress_from_json
from setia.values.activities import Activity
from setia.values.faults import Paused
from setia.values.secret_codes import canonical

FILES = find_scenarios([Path(__file__).parents[2] / "examples"])
GROUPS = sorted({(file.parents[1].name, file.stem[0] if file.parents[1].name == "behaviour" else "") for file in FILES})
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def answer_of(decision: Decision) -> tuple[str, str]:
    """What the caller is told: the status, and the code of a refusal."""
    declined = decision.result.declined
    is_told = declined is not None and decision.status != "duplicate"
    return decision.status, declined.code.value if declined is not None and is_told else ""


class Recorded(Play):
    """A scenario that remembers what came in and how it was answered."""

    def __init__(self, scenario: Scenario, number: int) -> None:
        super().__init__(scenario)
        self.book.count = number * 10_000  # ids are made by counting: no two scenarios have the same
        self.visits: list[Activity] = []
        self.came: list[tuple[Activity, tuple[str, str], dict[str, str]]] = []

    def _visit(self, step: Step, action: Action, now: dt.datetime) -> tuple[Decision, list[Decision]]:
        own, decisions = super()._visit(step, action, now)
        self.visits.append(own.activity)
        return own, decisions

    def _handle(self, activity: Activity) -> list[Decision]:
        copy = dataclasses.replace(activity, body=dict(activity.body))
        decisions = super()._handle(activity)
        own = next(decision for decision in decisions if decision.activity is activity)
        self.came.append((copy, answer_of(own), dict(self.luck.wanted)))
        return decisions

    def _pause(self, action: Action, now: dt.datetime) -> Decision:
        decision = super()._pause(action, now)
        self.came.append((decision.activity, ("accepted", ""), {}))
        return decision

    def _stand(self, member: MemberWork, action: Action, at: dt.datetime, now: dt.datetime) -> Decision:
        decision = super()._stand(member, action, at, now)
        place = self.book.lines[action.drop].places.get(member.id)
        state = "" if place is None else f"{place.state} {place.number} {place.until}"
        self.came.append((decision.activity, (decision.status, state), dict(self.luck.wanted)))
        return decision

    def _rank(self, action: Action, now: dt.datetime) -> tuple[Decision, list[Decision]]:
        places = [entry_of(self.book, name).hex for name in action.winners]
        body = {"contest": action.body["contest"], "places": places}
        ranked = Activity(self.book.new_id(now), RANKED, "jury", "", UUID(int=0), now, now, body)
        self.came.append((ranked, ("accepted", ""), {}))
        return super()._rank(action, now)

    def _pay_out(self, action: Action, member_id: UUID, now: dt.datetime) -> Decision:
        decision = super()._pay_out(action, member_id, now)
        paid = decision.answer["payout"]
        if paid["gifts"]:
            self.came.append((decision.activity, (action.cause, str(paid)), dict(self.luck.wanted)))
        return decision


class Stored:
    """The same scenario on PostgreSQL."""

    def __init__(self, pool: Pool, name: str, memory: Recorded) -> None:
        self.pool, self.name, self.memory = pool, name, memory
        self.clock = FixedClock(EPOCH)
        self.programmes: dict[str, Programme] = {}
        self.catalogue = Catalogue(self.programmes.__getitem__)
        self.luck = Scripted(memory.luck.programme)
        self.engine = Engine(pool, self.clock, self.catalogue, new_id=lambda at: self.id, luck=self.luck)
        self.id = UUID(int=0)

    async def play(self) -> None:
        """Publish, join, and send everything that came in."""
        async with self.pool.connection() as conn:
            for version in self.memory.scenario.versions:
                programme = dataclasses.replace(version.programme, name=self.name)
                source = f"{self.name} {version.number}"
                self.programmes[source] = programme
                await publish(conn, source, programme, at=EPOCH, effective_at=version.effective_at)
            edition = await self.catalogue.edition(conn, self.name)
            await conn.execute("UPDATE programmes SET code_secret = %s WHERE id = %s", [SECRET, edition.id])
            for reward, codes in self.memory.scenario.codes.items():
                is_pool = edition.versions[0].programme.rewards[reward].codes == "pool"
                keys = [canonical(code) for code in codes]
                assert not await insert_codes(conn, edition.id, reward, keys, is_pool=is_pool, at=EPOCH)
            openings = {opening.name: opening for opening in self.memory.scenario.members}
            found = []
            for name, work in self.memory.members.items():
                opening, at = openings[name], work.progress.joined_at
                member = Member(work.id, None, None, None, opening.birthday, opening.attributes, False, at, at, at)
                found.append(member)
            await insert_members(conn, found)
            for member in found:
                await ensure_code(conn, member.id)
        async with self.pool.connection() as conn:
            programme_id = (await self.catalogue.edition(conn, self.name)).id
            for activity in self.memory.visits:
                visited = Visit(activity.body, {}, activity.body["drawn"]["reserved"])
                await keep_visit(conn, programme_id, activity, visited, {}, dt.datetime.max.replace(tzinfo=dt.UTC))
        for activity, answer, wanted in self.memory.came:
            self.luck.wanted = wanted
            self.clock.set(activity.recorded_at)
            if any(version.programme.referral is not None for version in self.memory.scenario.versions):
                await self.engine.tick(self.name)  # what time brings to one member may set something off at another
            self.id = activity.id
            if activity.body.get("vouchers") or self.is_closing:
                await self.engine.tick(self.name)  # nobody brings a code that the clock has not handed over
            if activity.source == OPERATOR:
                async with self.pool.connection() as conn:
                    if activity.type == PAUSED:
                        await programmes.pause(conn, self.name, self.clock, **activity.body)
                    else:
                        await programmes.resume(conn, self.name, self.clock)
                continue
            if activity.type == RANKED:
                await self.rank(activity)
                continue
            if activity.source == "line":
                assert await self.stand(activity) == answer, activity
                continue
            if activity.source == "payouts":
                assert await self.pay_out(activity) == answer
                continue
            incoming = Incoming(
                activity.type, activity.source, activity.external_id, activity.member_id, activity.occurred_at,
                activity.body, activity.revision,
            )  # fmt: skip
            if answer == ("refused", "programme_paused"):
                with pytest.raises(Paused):
                    await self.engine.handle(self.name, [incoming])
                continue
            (decision,) = await self.engine.handle(self.name, [incoming])
            assert isinstance(decision, Decision), decision
            assert answer_of(decision) == answer, activity
        self.clock.set(self.memory.now)
        await self.engine.tick(self.name)

    @property
    def is_closing(self) -> bool:
        """Whether time sets something off at several members at once."""
        programme = self.memory.book.versions[-1].programme
        return bool(programme.leaderboards or programme.contests)

    async def rank(self, activity: Activity) -> None:
        """A jury decides."""
        async with self.pool.connection() as conn:
            edition = await self.catalogue.edition(conn, self.name)
            name, places = activity.body["contest"], [UUID(hex=entry) for entry in activity.body["places"]]
            await rank_contest(conn, self.engine.seeds, edition, name, places, activity.recorded_at)
        await self.engine.tick(self.name)

    async def pay_out(self, activity: Activity) -> tuple[str, str]:
        """A cause is paid what it got."""
        cause = activity.external_id
        async with self.pool.connection() as conn:
            edition = await self.catalogue.edition(conn, self.name)
            paid = await payouts.close(conn, edition, cause, at=activity.recorded_at, by="ana")
        return cause, str({"gifts": len(paid.gifts), "money": paid.money, "match": paid.match})

    async def stand(self, activity: Activity) -> tuple[str, str]:
        """A step in the line of a drop."""
        steps = {"drop.entered": drops.enter, "drop.held": drops.hold, "drop.left": drops.leave}
        async with self.pool.connection() as conn:
            edition = await self.catalogue.edition(conn, self.name)
            drop = edition.versions[-1].programme.drops[activity.body["drop"]]
            seed = sha256(drop.name.encode()).digest()  # the secret of the line in memory
            await conn.execute("UPDATE drops SET seed = %s WHERE programme_id = %s", [seed, edition.id])
            found = await steps[activity.type](conn, edition.id, drop, activity.member_id, activity.recorded_at)
            place = await drops.find_place(conn, edition.id, drop.name, activity.member_id)
        state = "" if place is None else f"{place.state} {place.number} {place.until}"
        return "accepted" if found is not None else "refused", state

    async def compare(self, conn: AsyncConnection) -> None:
        """Entries, what is remembered, vouchers, budgets and stocks are equal to those in memory."""
        of_member: dict[UUID, list[tuple[UUID, Entry]]] = defaultdict(list)
        for decision in self.memory.book.decisions:
            for entry in decision.entries:
                of_member[decision.activity.member_id].append((decision.activity.id, entry))
        edition = await self.catalogue.edition(conn, self.name)
        for member in self.memory.book.gathered.members.values():
            found = await list_entries(conn, edition.id, member.id, before=2**31 - 1, limit=10_000)
            assert [(activity, entry) for activity, _, entry in reversed(found)] == of_member[member.id]
            cursor = await conn.execute(
                "SELECT progress::text FROM member_states WHERE programme_id = %s AND member_id = %s",
                [edition.id, member.id],
            )
            row = await cursor.fetchone()
            if row is not None and row[0] is not None:
                progress = progress_from_json(orjson.loads(row[0]))
                progress.settled_at = member.progress.settled_at  # only tells how often was looked
                assert progress == member.progress
            cursor = await conn.execute(
                "SELECT no, reward, quantity, state, code, left_ FROM vouchers WHERE member_id = %s ORDER BY no",
                [member.id],
            )
            vouchers = [
                (v.no, v.reward, v.quantity, v.state, v.code, v.left) for _, v in sorted(member.vouchers.items())
            ]
            assert await cursor.fetchall() == vouchers
        cursor = await conn.execute("SELECT account, left_ FROM house_accounts WHERE programme_id = %s", [edition.id])
        assert dict(await cursor.fetchall()) == self.memory.book.gathered.house


def played(group: tuple[str, str]) -> list[tuple[str, Recorded]]:
    """The scenarios of a group, played in memory; without those whose members begin on a tier that nothing gave."""
    library = Library()
    found: list[tuple[str, Recorded]] = []
    for file in FILES:
        if file.parents[1].name != group[0] or not file.stem.startswith(group[1]):
            continue
        scenario, diagnostics = load_scenario(file, file.name, library)
        assert scenario is not None, diagnostics
        if any(opening.tier for opening in scenario.members):
            continue
        memory = Recorded(scenario, len(found))
        assert memory.run() == []
        found.append((file.stem, memory))
    return found


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: "-".join(filter(None, group)))
async def test_a_scenario_on_postgres_equals_the_one_in_memory(
    group: tuple[str, str], dsn: str, settings: Settings
) -> None:
    pool = await open_pool(dsn, settings)
    failures: list[str] = []
    try:
        for number, (name, memory) in enumerate(played(group)):
            stored = Stored(pool, f"scenario-{number}", memory)
            try:
                await stored.play()
                async with pool.connection() as conn:
                    await stored.compare(conn)
            except Exception as error:
                failures.append(f"{name}: {type(error).__name__}: {error}")
        async with pool.connection() as conn:
            assert await verify(conn) == []
    finally:
        await pool.close()
    assert failures == []
