"""The one door: whatever changes a book comes through ``Engine.handle`` or, from the clock, ``Engine.tick``.

One call is one database transaction: lock and gather, decide one by one, record, commit. It is all in the book or
nothing of it is; a transaction that lost against another begins anew.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from psycopg import errors

from setia.flow import guests
from setia.flow.boards import close_boards
from setia.flow.contest_results import close_contests
from setia.flow.decide import settle
from setia.flow.forward import Forwarding, broken_by, decide_one, name_new_vouchers, onward_of, traceback_of
from setia.flow.gather import RESERVED_SOURCES, Batch, gather, gather_members, lock_members
from setia.flow.kinds import is_taken_in
from setia.flow.luck import luck_of
from setia.flow.needs import card_codes, referred_key
from setia.flow.playing import NEVER_TRIED
from setia.flow.record import record
from setia.flow.requests import Once, RequestKey, claim_request, keep_response
from setia.flow.work import Decision
from setia.games.seeds import Seeds
from setia.plumbing.clock import Clock
from setia.plumbing.db import AsyncConnection, Pool, retrying
from setia.programmes.model import Edition
from setia.programmes.store import Catalogue, list_programmes
from setia.values.activities import Activity, Body
from setia.values.chance import Luck
from setia.values.codes import Built, DeclineCode
from setia.values.faults import Fault, Invalid, NotFound, Paused, Problem
from setia.values.ids import uuid7
from setia.values.outcomes import Declined, Result

Answer = Decision | Fault
"""What became of one incoming activity: its own decision, or why it could not be decided."""
Render = Callable[[Sequence[Answer]], bytes]
"""Writes the answers as the response that is kept for the request's Idempotency-Key."""

_MOST_ROUNDS = 20
"""So many times is what was set off, and what that sets off, decided at once; the rest is left to the worker."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Incoming:
    """An activity as it arrives. ``occurred_at`` None: now. ``member_id`` None: nobody was identified.

    ``contact`` (``{"email": …, "phone": …}``, normalised) is by what a purchase without a member can be claimed later.
    """

    type: str
    source: str
    external_id: str
    member_id: UUID | None
    occurred_at: dt.datetime | None
    body: Body
    revision: int = 0
    contact: dict[str, str] = field(default_factory=dict)


class Answers(list[Answer]):
    """One answer for each incoming, in their order.

    With a request key ``response`` holds the rendered bytes. ``is_replay``: the request came before; ``response`` is
    what was answered then and the list is empty.
    """

    def __init__(
        self, answers: Iterable[Answer] = (), *, response: bytes | None = None, is_replay: bool = False
    ) -> None:
        super().__init__(answers)
        self.response = response
        self.is_replay = is_replay


class _KeyTaken(errors.SerializationFailure):
    """Somebody recorded one of our natural keys first: begin anew and find it."""


class Engine:
    """Takes in activities and works off the clock, for all programmes of a database.

    ``new_id`` makes the id of an activity recorded at an instant: a UUIDv7. ``luck``: where all chance comes from
    instead of the seeds, for whoever plays a scenario again.
    """

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        catalogue: Catalogue,
        *,
        new_id: Callable[[dt.datetime], UUID] | None = None,
        seeds: Seeds | None = None,
        luck: Luck | None = None,
    ) -> None:
        self.pool = pool
        self.clock = clock
        self.catalogue = catalogue
        self.new_id = new_id or _new_id
        self.seeds = seeds or Seeds()
        self.luck = luck

    async def luck_of(self, conn: AsyncConnection, edition: Edition) -> Luck | None:
        """Where decisions in this transaction draw from; None for a programme that leaves nothing to chance.

        To be asked before anything is locked. Raises ``ChanceKeyMissing``.
        """
        return self.luck or await luck_of(self.seeds, conn, edition, self.clock.now())

    async def handle(
        self,
        programme: str,
        incoming: Sequence[Incoming],
        *,
        dry_run: bool = False,
        request: RequestKey | None = None,
        render: Render | None = None,
        clock_follows: bool = False,
    ) -> Answers:
        """Decide and record ``incoming`` in order, as one transaction.

        ``dry_run`` takes the same path and leaves no trace. ``request`` makes the call count once; ``render`` writes
        the response that is kept for it. ``clock_follows``: history is taken in as if each activity had been recorded
        when it occurred. An activity that cannot be decided gets a ``Fault`` and the others are recorded.

        Raises ``NotFound``, ``NotPublished``, ``Paused``, ``IdempotencyMismatch``, ``DatabaseUnavailable``.
        """
        call = _Call(self, programme, incoming, dry_run, None if dry_run else request, render, clock_follows)
        try:
            answers = await retrying(call.run)
        except _Poisoned as poisoned:
            _log.warning("batch_taken_one_by_one", programme=programme, size=len(incoming), error=poisoned.error)
            answers = await retrying(call.run_one_by_one)
        await self._send_onward(programme, call.onward)
        return answers

    async def tick(
        self,
        programme: str | None = None,
        *,
        now: dt.datetime | None = None,
        limit: int = 500,
        members: Sequence[UUID] | None = None,
    ) -> int:
        """Work off the clock of up to ``limit`` members that are due (of ``members`` only), in one transaction a
        programme; members that others are working on are left to them. Returns how many members were settled.

        Returns that waited for their sale long enough become cases of their members. What activities have set off at
        other members, and nobody has decided yet, is decided and counts too.
        """
        at = now or self.clock.now()
        count = 0
        if programme is None:
            async with self.pool.connection() as conn:
                names = [row.name for row in await list_programmes(conn) if row.latest]
        else:
            names = [programme]
        for name in names:
            count += await retrying(lambda name=name: self._tick(name, at, limit, members))  # type: ignore[misc]
            if members is None:
                await self._match_missed(name, limit)
                count += await retrying(lambda name=name: self._close_boards(name, at))  # type: ignore[misc]
                count += await self.forward(name, limit=limit)
        return count

    async def forward(self, programme: str, *, only: Sequence[UUID] | None = None, limit: int = 500) -> int:
        """Decide up to ``limit`` activities that others have set off (``only`` those with these ids), in one
        transaction; returns how many were decided. What others are deciding is left to them, and what a paused
        programme has waits on.
        """
        forwarding = Forwarding(self.pool, self.clock, self.catalogue, programme, only, limit, self.luck_of)
        return await retrying(forwarding.run)

    async def _send_onward(self, programme: str, onward: Sequence[Activity]) -> None:
        """Decide at once what was set off at other members, and what that sets off. Whatever prevents it: the worker
        does it later."""
        ids = [activity.id for activity in onward]
        for _ in range(_MOST_ROUNDS):
            if not ids:
                return
            forwarding = Forwarding(self.pool, self.clock, self.catalogue, programme, ids, len(ids), self.luck_of)
            try:
                await retrying(forwarding.run)
            except Exception as error:
                _log.warning("onward_left_to_the_worker", programme=programme, size=len(ids), error=repr(error))
                return
            ids = [activity.id for activity in forwarding.onward]

    async def once(self, request: RequestKey | None, work: Callable[[AsyncConnection], Awaitable[bytes]]) -> Once:
        """Run ``work`` in a transaction, once for each request key; it returns the response that is kept.

        For changes that are no activities: members, drafts, publishing. Raises as ``handle`` does, and what ``work``
        raises; then nothing is kept.
        """

        async def attempt() -> Once:
            async with self.pool.connection() as conn:
                if request is not None:
                    kept = await claim_request(conn, request, self.clock.now())
                    if kept is not None:
                        return Once(kept, is_replay=True)
                response = await work(conn)
                if request is not None:
                    await keep_response(conn, request, response)
                return Once(response, is_replay=False)

        return await retrying(attempt)

    async def claim(
        self,
        programme: str,
        member_id: UUID,
        source: str,
        external_id: str,
        *,
        request: RequestKey | None = None,
        render: Render | None = None,
    ) -> Answers:
        """Give a guest's purchase to a member: it is decided as of when it occurred.

        After the programme's window the answer is declined (``claim_window_closed``), and nothing is recorded. Raises
        ``NotFound`` when no such purchase waits, and as ``handle`` does.
        """
        async with self.pool.connection() as conn:
            edition = await self.catalogue.edition(conn, programme)
            found = await guests.find_guest(conn, edition.id, source, external_id)
        if found is None:
            raise NotFound("guest purchase", external_id)
        activity = found.activity
        late = found.due_at is None or found.due_at <= self.clock.now() or found.state == "lapsed"
        if late and found.state != "claimed":
            until = found.due_at.isoformat() if found.due_at is not None else None
            declined = Declined(DeclineCode.CLAIM_WINDOW_CLOSED, {"until": until})
            answers: list[Answer] = [Decision(activity, "refused", 0, Result(declined=declined))]
            return Answers(answers, response=render(answers) if render is not None else None)
        incoming = Incoming(
            activity.type, source, external_id, member_id, activity.occurred_at, activity.body, activity.revision
        )
        return await self.handle(programme, [incoming], request=request, render=render)

    async def _tick(self, programme: str, now: dt.datetime, limit: int, only: Sequence[UUID] | None) -> int:
        async with self.pool.connection() as conn:
            edition = await self.catalogue.edition(conn, programme)
            luck = await self.luck_of(conn, edition)
            cursor = await conn.execute(
                """SELECT member_id FROM member_states
                   WHERE programme_id = %(programme)s AND due_at <= %(now)s
                     AND (%(only)s::uuid[] IS NULL OR member_id = ANY (%(only)s))
                   ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED""",
                {"programme": edition.id, "now": now, "limit": limit, "only": list(only) if only is not None else None},
            )
            due = sorted(row[0] for row in await cursor.fetchall())
            onward: list[Activity] = []
            try:
                async with conn.transaction():
                    onward += await self._settle(conn, edition, due, now, luck)
            except errors.OperationalError:
                raise
            except Exception as error:
                _log.warning("clock_taken_one_by_one", programme=programme, size=len(due), error=repr(error))
                for member_id in due:
                    onward += await self._settle_alone(conn, edition, member_id, now, luck)
            await guests.open_cases(conn, edition, now, limit)
        await self._send_onward(programme, onward)
        return len(due)

    async def _close_boards(self, programme: str, now: dt.datetime) -> int:
        async with self.pool.connection() as conn:
            edition = await self.catalogue.edition(conn, programme)
            count = await close_boards(conn, edition, now)
            return count + await close_contests(conn, self.seeds, edition, now)

    async def _match_missed(self, programme: str, limit: int) -> None:
        """Send returns again that were parked at the very moment in which their sale was recorded."""
        async with self.pool.connection() as conn:
            edition = await self.catalogue.edition(conn, programme)
            missed = await guests.list_missed(conn, edition.id, limit)
        for activity in missed:
            again = Incoming(
                activity.type, activity.source, activity.external_id, None, activity.occurred_at, activity.body,
                activity.revision,
            )  # fmt: skip
            with contextlib.suppress(Paused):
                await self.handle(programme, [again])

    async def _settle(
        self, conn: AsyncConnection, edition: Edition, due: Sequence[UUID], now: dt.datetime, luck: Luck | None
    ) -> list[Activity]:
        """Settle members; returns what that sets off at others."""
        if not due:
            return []
        batch = await gather_members(conn, edition, due)
        edition = await self._newest(conn, edition, batch)
        if len(edition.versions) != len(batch.gathered.versions):
            batch = await gather_members(conn, edition, due)
        batch.gathered.luck = luck or await self.luck_of(conn, edition)
        decisions: list[Decision] = []
        for member_id in due:
            decisions += settle(batch.gathered, member_id, max(now, batch.recorded_at.get(member_id, now)))
        await name_new_vouchers(conn, batch, decisions)
        async with conn.pipeline():
            await record(conn, batch, decisions)
        return onward_of(decisions)

    async def _settle_alone(
        self, conn: AsyncConnection, edition: Edition, member_id: UUID, now: dt.datetime, luck: Luck | None
    ) -> list[Activity]:
        """Settle one member; where that fails by an error of ours, the clock comes back an hour later."""
        try:
            async with conn.transaction():
                return await self._settle(conn, edition, [member_id], now, luck)
        except errors.OperationalError:
            raise
        except Exception as error:
            _log.error("clock_failed", member=str(member_id), programme=edition.name, exception=traceback_of(error))
            await conn.execute(
                "UPDATE member_states SET due_at = %s WHERE member_id = %s AND programme_id = %s",
                [now + dt.timedelta(hours=1), member_id, edition.id],
            )
            return []

    async def _newest(self, conn: AsyncConnection, edition: Edition, batch: Batch) -> Edition:
        """The edition with all versions that the batch saw published."""
        if batch.latest == edition.latest:
            return edition
        return await self.catalogue.load(conn, edition.name)


class _Poisoned(Exception):
    """Deciding or recording a batch failed by an error of ours; it has to be taken one by one."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(slots=True)
class _Call:
    """One call of ``handle``, which may need several attempts."""

    engine: Engine
    programme: str
    incoming: Sequence[Incoming]
    dry_run: bool
    request: RequestKey | None
    render: Render | None
    clock_follows: bool
    onward: list[Activity] = field(default_factory=list)

    async def run(self) -> Answers:
        """One attempt with everything at once."""
        async with self.engine.pool.connection() as conn:
            answers: dict[int, Answer] = {}
            if self.request is not None:
                kept = await claim_request(conn, self.request, self.engine.clock.now())
                if kept is not None:
                    return Answers(response=kept, is_replay=True)
            edition = await self.engine.catalogue.edition(conn, self.programme)
            luck = None if self.dry_run else await self.engine.luck_of(conn, edition)
            activities = await self._activities(conn, edition, answers)
            decisions: list[Decision] = []
            try:
                batch = await gather(conn, edition, list(activities.values()))
                edition = await self.engine._newest(conn, edition, batch)
                if len(edition.versions) != len(batch.gathered.versions):
                    batch = await gather(conn, edition, list(activities.values()))
                self._refuse_in_pause(batch)
                if not self.dry_run:
                    batch.gathered.luck = luck or await self.engine.luck_of(conn, edition)
                for number, activity in activities.items():
                    known = activity.member_id in batch.gathered.members
                    answers[number] = decide_one(batch, activity, decisions) if known else _stranger(activity)
            except (errors.OperationalError, Fault):
                raise
            except Exception as error:
                raise _Poisoned(repr(error)) from error
            if not self.dry_run:
                await name_new_vouchers(conn, batch, decisions)
            result = self._answers(answers)
            if self.dry_run or _leaves_no_trace(result):
                await conn.rollback()
                return result
            try:
                async with conn.pipeline():
                    await record(conn, batch, decisions)
                    if self.request is not None:
                        await keep_response(conn, self.request, result.response or b"")
                    # Not `conn.commit()`: inside a pipeline that waits for an answer without seeing to it that all was
                    # sent, and stands still for ever when a large batch fills the socket.
                    await conn.execute("COMMIT", prepare=False)
            except errors.UniqueViolation as error:
                if error.diag.constraint_name in ("natural_keys_pkey", "parked_once"):
                    raise _KeyTaken(str(error)) from error
                raise _Poisoned(repr(error)) from error
            except errors.OperationalError:
                raise
            except Exception as error:
                raise _Poisoned(repr(error)) from error
            self.onward = onward_of(decisions)
            return result

    async def run_one_by_one(self) -> Answers:
        """One attempt that keeps going when one activity fails by an error of ours."""
        async with self.engine.pool.connection() as conn:
            answers: dict[int, Answer] = {}
            if self.request is not None:
                kept = await claim_request(conn, self.request, self.engine.clock.now())
                if kept is not None:
                    return Answers(response=kept, is_replay=True)
            edition = await self.engine.catalogue.load(conn, self.programme)
            luck = None if self.dry_run else await self.engine.luck_of(conn, edition)
            activities = await self._activities(conn, edition, answers)
            # Lock everybody in order first; then each activity for itself.
            await lock_members(conn, edition.id, list(activities.values()))
            onward: list[Activity] = []
            for number, activity in activities.items():
                try:
                    async with conn.transaction():
                        batch = await gather(conn, edition, [activity])
                        self._refuse_in_pause(batch)
                        batch.gathered.luck = luck
                        decisions: list[Decision] = []
                        if activity.member_id not in batch.gathered.members:
                            answers[number] = _stranger(activity)
                            continue
                        answers[number] = decide_one(batch, activity, decisions)
                        if not self.dry_run:
                            await name_new_vouchers(conn, batch, decisions)
                        async with conn.pipeline():
                            await record(conn, batch, decisions, announce=not self.dry_run)
                        onward += onward_of(decisions)
                except errors.UniqueViolation as error:
                    if error.diag.constraint_name in ("natural_keys_pkey", "parked_once"):
                        raise _KeyTaken(str(error)) from error
                    answers[number] = broken_by(activity, error)
                except (errors.OperationalError, Paused):
                    raise
                except Exception as error:
                    answers[number] = broken_by(activity, error)
            result = self._answers(answers)
            if self.dry_run or _leaves_no_trace(result):
                await conn.rollback()
                return result
            if self.request is not None:
                await keep_response(conn, self.request, result.response or b"")
            await conn.commit()
            self.onward = onward
            return result

    def _refuse_in_pause(self, batch: Batch) -> None:
        """A call is all in the book or nothing of it: one activity that has to wait makes the others wait."""
        pause = batch.gathered.pauses.at(self.engine.clock.now())
        if pause is not None and any(not is_taken_in(pause, item.type) for item in self.incoming):
            raise Paused(self.programme)

    def _answers(self, answers: dict[int, Answer]) -> Answers:
        ordered = [answers[number] for number in range(len(self.incoming))]
        return Answers(ordered, response=self.render(ordered) if self.render is not None else None)

    async def _activities(
        self, conn: AsyncConnection, edition: Edition, answers: dict[int, Answer]
    ) -> dict[int, Activity]:
        """The activities to decide, by their place among the incoming; what cannot be one is answered at once."""
        now = self.engine.clock.now()
        activities: dict[int, Activity] = {}
        unknown: list[int] = []
        for number, item in enumerate(self.incoming):
            if item.source in RESERVED_SOURCES:
                answers[number] = Invalid([Problem("/source", f"'{item.source}' is reserved; use another source")])
                continue
            if self.dry_run and item.type in NEVER_TRIED:
                said = f"a {item.type} cannot be tried: what it would bring is told once it counts"
                answers[number] = Invalid([Problem("?dry_run", said, "conflicting_fields")])
                continue
            occurred_at = item.occurred_at or now
            recorded_at = occurred_at if self.clock_follows else now
            activity = Activity(
                self.engine.new_id(recorded_at), item.type, item.source, item.external_id,
                item.member_id or guests.NOBODY, occurred_at, recorded_at, item.body, item.revision,
            )  # fmt: skip
            activities[number] = activity
            if item.member_id is None:
                unknown.append(number)
        if unknown:
            await self._without_member(conn, edition, activities, unknown, answers)
        return activities

    async def _without_member(
        self,
        conn: AsyncConnection,
        edition: Edition,
        activities: dict[int, Activity],
        unknown: list[int],
        answers: dict[int, Answer],
    ) -> None:
        """Returns find their member by the sale; purchases are kept for whoever claims them; nothing else can be."""
        sales = {key: n for n in unknown if (key := referred_key(activities[n])) is not None}
        owners = await guests.find_owners(
            conn, edition, [(a.source, a.external_id) for a in activities.values()], sales
        )
        for number in unknown:
            activity, item = activities[number], self.incoming[number]
            of = referred_key(activity)
            owner = owners.get((activity.source, activity.external_id))
            if owner is None and of is not None:
                owner = owners.get(of)
            if owner is not None:
                activity.member_id = owner
            elif activity.type == Built.PURCHASE and card_codes(activity):
                del activities[number]
                message = "a purchase that gift cards pay for, or that sells some, needs a member; say which one"
                answers[number] = Invalid([Problem("/member", message)])
            elif of is not None or activity.type == Built.PURCHASE:
                del activities[number]
                answers[number] = await guests.park(conn, edition, activity, item.contact, of, dry_run=self.dry_run)
            else:
                del activities[number]
                answers[number] = Invalid([Problem("/member", f"a {activity.type} needs a member; say which one")])


def _leaves_no_trace(answers: Answers) -> bool:
    """Whether nothing was taken: what lies in the future, say, may be sent again under the same key, and be right."""
    return all(isinstance(answer, Fault) or answer.status == "refused" for answer in answers)


def _stranger(activity: Activity) -> NotFound:
    return NotFound("member", str(activity.member_id))


class _Chance:
    """Random bytes, asked of the system many at a time: a question costs more than the bytes."""

    def __init__(self) -> None:
        self.left = b""
        os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Throw away what is left; a forked process must not draw its parent's."""
        self.left = b""

    def draw(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        if len(self.left) < count:
            self.left = os.urandom(4_000)
        drawn, self.left = self.left[:count], self.left[count:]
        return drawn


_chance = _Chance()


def _new_id(at: dt.datetime) -> UUID:
    return uuid7(max(int(at.timestamp() * 1000), 0), _chance.draw(10))
