"""What one member's activity sets off at another: afterwards, exactly once, whatever happens in between."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from uuid import UUID

import pytest

from setia.flow import kinds
from setia.flow.handle import Engine
from setia.flow.work import Decision, Gathered, MemberWork, Version, send_onward
from setia.programmes import store as programmes
from setia.values.activities import Activity
from setia.values.outcomes import Declined
from tests.store.shop import NAME, Shop, statuses

ASKED = "survey.answered"


def tell_the_other(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
    """An answer with a score above 0 goes on to whom ``SENT_TO`` says, one lower."""
    score = decision.activity.body.get("score", 0)
    for receiver in SENT_TO if score > 0 else ():
        send_onward(decision, receiver, ASKED, {"score": score - 1})
    return None


SENT_TO: list[UUID] = []


@pytest.fixture(autouse=True)
def _kind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(kinds.KINDS, ASKED, kinds.Kind(tell_the_other, is_rated=True))  # type: ignore[arg-type]
    yield
    SENT_TO.clear()


class Forgetful(Engine):
    """Dies after its commit, before it can go on."""

    async def _send_onward(self, programme: str, onward: object) -> None:
        return


def forgetful(shop: Shop) -> Engine:
    return Forgetful(shop.pool, shop.clock, shop.engine.catalogue)


async def test_the_other_member_has_it_when_the_answer_is_given(shop: Shop) -> None:
    SENT_TO.append(shop.members[1])
    await shop.tell(shop.of(0, ASKED, {"score": 1}, "Q-1"))
    assert [(await shop.balance(member)).available for member in (0, 1)] == [75, 75]
    assert await shop.count("onward") == 0
    assert await shop.rows("SELECT source FROM natural_keys ORDER BY source") == [("onward",), ("till",)]
    assert await shop.findings() == []


async def test_what_is_sent_twice_goes_on_once(shop: Shop) -> None:
    SENT_TO.append(shop.members[1])
    first, second = shop.of(0, ASKED, {"score": 1}, "Q-1"), shop.of(0, ASKED, {"score": 1}, "Q-1")
    answers = await asyncio.gather(shop.send(first), shop.send(second))
    assert sorted(status for given in answers for status in statuses(given)) == ["accepted", "duplicate"]
    assert (await shop.balance(1)).available == 75


async def test_a_dry_run_sets_nothing_off(shop: Shop) -> None:
    SENT_TO.append(shop.members[1])
    await shop.tell(shop.of(0, ASKED, {"score": 1}, "Q-1"), dry_run=True)
    assert await shop.count("onward") == 0
    assert (await shop.balance(1)).available == 0


async def test_after_a_crash_the_worker_goes_on_as_of_the_cause(shop: Shop) -> None:
    SENT_TO.append(shop.members[1])
    await forgetful(shop).handle(NAME, [shop.of(0, ASKED, {"score": 1}, "Q-1")])
    was = shop.clock.now()
    assert await shop.count("onward") == 1
    assert (await shop.balance(1)).available == 0
    shop.clock.set(was + dt.timedelta(hours=5))
    assert await shop.engine.tick(NAME) >= 1
    assert await shop.count("onward") == 0
    assert (await shop.balance(1)).available == 75
    assert await shop.rows("SELECT recorded_at FROM activities WHERE source = 'onward'") == [(was,)]
    assert await shop.engine.forward(NAME) == 0
    assert await shop.findings() == []


async def test_a_row_that_outlived_its_activity_counts_for_nothing(shop: Shop) -> None:
    SENT_TO.append(shop.members[1])
    await forgetful(shop).handle(NAME, [shop.of(0, ASKED, {"score": 1}, "Q-1")])
    kept = await shop.rows("SELECT member_id, id, programme_id, due_at, source, external_id, activity FROM onward")
    await shop.engine.forward(NAME)
    async with shop.pool.connection() as conn:
        from psycopg.types.json import Json

        row = (*kept[0][:-1], Json(kept[0][-1]))
        await conn.execute("INSERT INTO onward VALUES (%s, %s, %s, %s, %s, %s, %s)", row)
    assert await shop.engine.forward(NAME) == 1
    assert (await shop.balance(1)).available == 75
    assert await shop.count("onward") == 0
    assert await shop.findings() == []


async def test_many_workers_and_tills_go_on_with_everything_once(shop: Shop) -> None:
    SENT_TO.append(shop.members[1])
    dies = forgetful(shop)
    await dies.handle(NAME, [shop.of(0, ASKED, {"score": 1}, f"Q-{n}") for n in range(6)])
    assert await shop.count("onward") == 6
    others = [shop.engine.forward(NAME, limit=2) for _ in range(6)]
    tills = [shop.send(shop.of(0, ASKED, {"score": 0}, f"Z-{n}")) for n in range(4)]
    await asyncio.gather(*others, *tills)
    while await shop.engine.forward(NAME):
        pass
    assert await shop.rows("SELECT count(*) FROM activities WHERE source = 'onward'") == [(6,)]
    assert await shop.findings() == []


async def test_one_after_the_other_goes_on(shop: Shop) -> None:
    SENT_TO.append(shop.members[1])
    await shop.tell(shop.of(0, ASKED, {"score": 3}, "Q-1"))
    assert await shop.rows("SELECT count(*) FROM activities WHERE source = 'onward'") == [(3,)]
    assert (await shop.balance(1)).available == 225
    assert await shop.findings() == []


async def test_a_paused_programme_keeps_it_and_whoever_is_gone_has_it_dropped(shop: Shop) -> None:
    SENT_TO.extend([shop.members[1], UUID(int=7)])
    await forgetful(shop).handle(NAME, [shop.of(0, ASKED, {"score": 1}, "Q-1")])
    async with shop.pool.connection() as conn:
        await programmes.pause(conn, NAME, shop.clock)
    assert await shop.engine.forward(NAME) == 0
    assert await shop.count("onward") == 2
    async with shop.pool.connection() as conn:
        await programmes.resume(conn, NAME, shop.clock)
    assert await shop.engine.forward(NAME) == 2
    assert await shop.count("onward") == 0
    assert (await shop.balance(1)).available == 75


async def test_what_fails_by_an_error_of_ours_waits_an_hour_and_holds_nobody_up(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    SENT_TO.append(shop.members[1])
    await forgetful(shop).handle(NAME, [shop.of(0, ASKED, {"score": 1}, "Q-1"), shop.of(0, ASKED, {"score": 2}, "Q-2")])

    def fails(gathered: Gathered, member: MemberWork, version: Version, decision: Decision) -> Declined | None:
        if decision.activity.body["score"] == 1:
            raise ZeroDivisionError
        return None

    with monkeypatch.context() as patch:
        patch.setitem(kinds.KINDS, ASKED, kinds.Kind(fails, is_rated=True))  # type: ignore[arg-type]
        assert await shop.engine.forward(NAME) == 1
        assert await shop.engine.forward(NAME) == 0
    assert await shop.count("onward") == 1
    shop.clock.set(shop.clock.now() + dt.timedelta(hours=2))
    assert await shop.engine.forward(NAME) == 1
    assert await shop.count("onward") == 1  # with a score left, it has set off the next
    assert await shop.engine.forward(NAME) == 1
    assert (await shop.balance(1)).available == 225


def test_the_natural_key_follows_from_kind_cause_and_receiver() -> None:
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    cause = Activity(UUID(int=1), ASKED, "till", "Q-1", UUID(int=2), at, at, {})
    first, again = (Decision(cause, "accepted", 1, None) for _ in range(2))  # type: ignore[arg-type]
    for decision in (first, again):
        send_onward(decision, UUID(int=3), ASKED, {})
        send_onward(decision, UUID(int=4), ASKED, {})
    assert first.onward == again.onward
    assert len({activity.external_id for activity in first.onward}) == 2
