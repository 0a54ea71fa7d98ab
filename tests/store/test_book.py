"""What is decided is what lies in the book: activities, entries, lots, balances, states, keys, events."""

import datetime as dt
from uuid import UUID

import psycopg
import pytest

from setia.flow.faults import Invalid, NotFound, NotPublished, Paused
from setia.flow.handle import Incoming
from setia.flow.memory import MemoryBook
from setia.flow.rooms import publish, roll_back
from setia.flow.stored import fetch_activity, find_by_key, list_activities
from setia.flow.work import Version
from setia.ledger.lots import Balance
from setia.ledger.store import fetch_balance_as_of, list_entries, list_open_lots, list_totals
from setia.programmes import store as programmes
from setia.values.activities import Activity
from setia.values.codes import DeclineCode
from tests.store.shop import NAME, OPENED, PROGRAMME, Shop, compiled, decided, statuses


async def test_a_sale_is_in_the_book_with_all_that_it_caused(shop: Shop) -> None:
    (decision,) = await shop.tell(shop.sale(0, 120, "S-1"))
    assert decision.status == "accepted"
    assert await shop.balance(0) == Balance(available=120)
    async with shop.pool.connection() as conn:
        row, again = await fetch_activity(conn, 1, decision.activity.id)
        page = await list_entries(conn, 1, shop.members[0])
        lots = await list_open_lots(conn, 1, shop.members[0])
        found = await find_by_key(conn, 1, "till", "S-1")
        totals = await list_totals(conn, 1)
    assert (row.activity, again.entries, again.result) == (decision.activity, decision.entries, decision.result)
    assert [entry for _, _, entry in page] == decision.entries
    assert [(lot.left, lot.origin) for lot in lots] == [(120, decision.activity.id)]
    assert found == decision.activity.id
    assert [(t.unit, t.issued, t.outstanding) for t in totals] == [("points", 120, 120)]
    assert await shop.rows("SELECT seq, name FROM outbox ORDER BY seq") == [(1, "points.earned")]
    assert await shop.findings() == []


@pytest.mark.parametrize("table", ["entries", "activities", "programme_versions"])
@pytest.mark.parametrize("change", ["UPDATE {} SET programme_id = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_the_book_refuses_to_be_changed(shop: Shop, table: str, change: str) -> None:
    await shop.send(shop.sale(0, 10, "S-1"))
    with pytest.raises(psycopg.IntegrityError, match="append-only"):
        await shop.rows(change.format(table))
    assert await shop.count(table) == 1


async def test_a_history_ends_the_same_in_the_book_and_in_memory(shop: Shop) -> None:
    book = MemoryBook([Version(1, OPENED, compiled())])
    other = {number: book.join(OPENED, member_id=member) for number, member in enumerate(shop.members)}
    steps = [
        shop.sale(0, 300, "S-1"),
        shop.sale(1, 50, "S-2"),
        shop.sale(0, 40, "S-3", body={"spend": {"points": 200}}),
        shop.of(0, "survey.answered", {"score": 9}, "Q-1"),
        shop.of(0, "reward.claimed", {"reward": "mug", "quantity": 1}, "C-1"),
        shop.refund(0, "S-3", "R-3"),
        shop.transfer(0, 1, 30, "T-1"),
        shop.refund(0, "S-1", "R-1"),
        shop.sale(0, 77, "S-4"),
        shop.sale(1, 60, "S-2", revision=2),
        shop.refund(1, "S-2", "R-2"),
    ]
    for days, step in enumerate(steps):
        shop.clock.set(OPENED + dt.timedelta(days=31 + days))
        (decision,) = await shop.tell(step)
        member = next(m for m in other.values() if m.id == step.member_id)
        activity = Activity(
            decision.activity.id,
            step.type,
            step.source,
            step.external_id,
            member.id,
            shop.clock.now(),
            shop.clock.now(),
            step.body,
            step.revision,
        )
        expected = next(d for d in book.handle(activity) if d.activity is activity)
        assert (decision.status, decision.result, decision.answer) == (
            expected.status,
            expected.result,
            expected.answer,
        )
        assert decision.entries == expected.entries
    shop.clock.advance(dt.timedelta(days=500))
    while await shop.engine.tick(NAME):
        pass
    book.tick(shop.clock.now())
    for number, member_id in enumerate(shop.members):
        async with shop.pool.connection() as conn:
            entries = await list_entries(conn, 1, member_id, limit=500)
        assert [entry for _, _, entry in reversed(entries)] == book.entries(member_id)
        kept = await shop.rows("SELECT seq, event_seq FROM member_states WHERE member_id = %s", member_id)
        assert kept == [(other[number].wallet.seq, other[number].event_seq)]
    assert await shop.findings() == []


async def test_a_batch_ends_like_its_activities_one_by_one(shop: Shop) -> None:
    answers = await shop.tell(
        shop.sale(0, 100, "S-1"),
        shop.refund(0, "S-1", "R-1"),
        shop.sale(0, 30, "S-2"),
        shop.sale(1, 7, "S-3"),
        shop.sale(0, 30, "S-2"),
    )
    assert [answer.status for answer in answers] == ["accepted", "accepted", "accepted", "accepted", "duplicate"]
    assert answers[4].of == answers[2].activity.id
    assert answers[4].entries == answers[2].entries
    assert (await shop.balance(0)).available == 30
    assert await shop.findings() == []


async def test_the_same_natural_key_counts_once_and_gets_the_first_answer(shop: Shop) -> None:
    (first,) = await shop.tell(shop.sale(0, 25, "S-1"))
    (again,) = await shop.tell(shop.sale(0, 25, "S-1"))
    assert (again.status, again.of) == ("duplicate", first.activity.id)
    assert (again.entries, again.result, again.answer) == (first.entries, first.result, first.answer)
    assert await shop.count("entries") == 1


async def test_a_declined_activity_is_recorded_and_counts_once(shop: Shop) -> None:
    claim = shop.of(0, "reward.claimed", {"reward": "mug", "quantity": 1}, "C-1")
    first, second = await shop.tell(claim, claim)
    assert (first.status, second.status) == ("declined", "duplicate")
    assert first.result.declined is not None
    assert first.result.declined.code is DeclineCode.INSUFFICIENT_BALANCE
    await shop.tell(shop.sale(0, 500, "S-1"))
    (third,) = await shop.tell(claim)
    assert third.status == "duplicate"
    assert await shop.findings() == []


async def test_a_declined_revision_is_recorded_and_counts_once(shop: Shop) -> None:
    def revised(member: int, points: int, revision: int) -> Incoming:
        return shop.sale(member, 30, "S-1", revision=revision, body={"spend": {"points": points}})

    await shop.tell(shop.sale(0, 2, "S-1"))
    (first,) = await shop.tell(revised(0, 500, 1))
    assert first.result.declined is not None
    assert first.result.declined.code is DeclineCode.INSUFFICIENT_BALANCE
    await shop.tell(shop.gift(0, 900, "G-1"))
    before = await shop.count("activities")
    for answers in (await shop.tell(revised(0, 500, 1)), await shop.tell(revised(0, 500, 1), revised(0, 500, 1))):
        for again in answers:
            assert (again.status, again.of, again.result) == ("duplicate", first.activity.id, first.result)
            assert (again.version, again.answer) == (first.version, first.answer)
    assert await shop.count("activities") == before
    both = (revised(0, 2_000, 3), revised(1, 500, 1))
    assert statuses(await shop.send(*both)) == ["declined", "declined"]
    assert statuses(await shop.send(*both)) == ["duplicate", "duplicate"]
    assert statuses(await shop.send(revised(0, 400, 1), revised(0, 400, 1))) == ["accepted", "duplicate"]
    assert statuses(await shop.send(*both)) == ["duplicate", "duplicate"]
    assert await shop.findings() == []


async def test_a_revision_gives_back_what_it_no_longer_claims_and_claims_only_what_others_left(shop: Shop) -> None:
    def revised(revision: int, *claims: int) -> Incoming:
        body = {"claims": [{"reward": "mug", "quantity": quantity} for quantity in claims]} if claims else {}
        return shop.sale(0, 20, "S-1", revision=revision, body=body)

    async def stock() -> int:
        ((left,),) = await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'stock:mug'")
        return int(left)

    await shop.tell(shop.gift(0, 900, "G-1"), shop.gift(1, 900, "G-2"))
    assert statuses(await shop.send(revised(0, 2))) == ["accepted"]
    assert await stock() == 1
    claim = shop.of(1, "reward.claimed", {"reward": "mug", "quantity": 1}, "C-1")
    assert statuses(await shop.send(claim)) == ["accepted"]
    (more,) = await shop.tell(revised(1, 3))
    assert more.result.declined is not None
    assert more.result.declined.code is DeclineCode.OUT_OF_STOCK
    assert statuses(await shop.send(revised(2, 1))) == ["accepted"]
    assert await stock() == 1
    assert statuses(await shop.send(revised(3))) == ["accepted"]
    assert await stock() == 2
    assert await shop.balance(0) == Balance(available=920)
    assert await shop.findings() == []


async def test_a_return_before_its_sale_waits_for_it(shop: Shop) -> None:
    assert statuses(await shop.send(shop.refund(0, "S-1", "R-1"))) == ["parked"]
    assert statuses(await shop.send(shop.refund(0, "S-1", "R-1"))) == ["duplicate"]
    assert await shop.findings() == []
    answers = await shop.send(shop.sale(0, 90, "S-1"), shop.refund(0, "S-1", "R-1"))
    assert statuses(answers) == ["accepted", "duplicate"]
    assert await shop.balance(0) == Balance()
    assert await shop.rows("SELECT state FROM parked") == [("matched",)]
    assert await shop.findings() == []


async def test_a_return_and_its_sale_in_one_batch_in_the_wrong_order(shop: Shop) -> None:
    batch = [shop.refund(0, "S-1", "R-1"), shop.sale(0, 90, "S-1")]
    assert statuses(await shop.send(*batch)) == ["parked", "accepted"]
    assert await shop.balance(0) == Balance()
    assert statuses(await shop.send(*batch)) == ["duplicate", "duplicate"]
    assert await shop.findings() == []


async def test_a_return_sent_again_before_its_sale_in_one_batch_counts_once(shop: Shop) -> None:
    await shop.send(shop.refund(0, "S-1", "R-1"))
    await shop.send(shop.refund(0, "S-1", "R-1"), shop.sale(0, 90, "S-1"))
    assert await shop.balance(0) == Balance()
    assert await shop.rows("SELECT count(*) FROM activities WHERE type = 'purchase.returned'") == [(1,)]
    assert await shop.findings() == []


async def test_a_return_that_waits_too_long_becomes_a_case_once(shop: Shop) -> None:
    await shop.send(shop.refund(0, "S-1", "R-1"))
    shop.clock.advance(dt.timedelta(days=31))
    await shop.engine.tick(NAME)
    await shop.engine.tick(NAME)
    assert await shop.rows("SELECT name, data->'of'->>'external_id' FROM outbox") == [("return.unmatched", "S-1")]
    assert await shop.findings() == []


async def test_a_guests_purchase_can_be_claimed_within_the_window(shop: Shop) -> None:
    bought = shop.clock.now()
    contact = {"email": "eve@example.com"}
    (parked,) = await shop.tell(shop.sale(None, 40, "G-1", contact=contact))
    assert statuses(await shop.send(shop.sale(None, 40, "G-1", contact=contact))) == ["duplicate"]
    assert parked.status == "parked"
    shop.clock.advance(dt.timedelta(days=5))
    (claimed,) = await shop.engine.claim(NAME, shop.members[0], "till", "G-1")
    assert decided(claimed).activity.occurred_at == bought
    assert (await shop.balance(0)).available == 40
    assert statuses(await shop.engine.claim(NAME, shop.members[1], "till", "G-1")) == ["duplicate"]
    assert await shop.findings() == []


async def test_a_guests_purchase_is_lost_after_the_window(shop: Shop) -> None:
    await shop.send(shop.sale(None, 40, "G-1"))
    shop.clock.advance(dt.timedelta(days=15))
    await shop.engine.tick(NAME)
    (answer,) = await shop.engine.claim(NAME, shop.members[0], "till", "G-1")
    declined = decided(answer).result.declined
    assert declined is not None
    assert declined.code is DeclineCode.CLAIM_WINDOW_CLOSED
    assert await shop.count("activities") == 0
    with pytest.raises(NotFound, match="G-9"):
        await shop.engine.claim(NAME, shop.members[0], "till", "G-9")


async def test_a_return_without_a_member_finds_the_member_by_its_sale(shop: Shop) -> None:
    await shop.send(shop.sale(1, 40, "S-1"))
    (returned,) = await shop.tell(shop.refund(None, "S-1", "R-1"))
    assert (returned.status, returned.activity.member_id) == ("accepted", shop.members[1])
    assert await shop.balance(1) == Balance()


async def test_what_cannot_be_taken_is_answered_and_the_rest_is_recorded(shop: Shop) -> None:
    stranger = Incoming("purchase.completed", "till", "S-2", UUID(int=5), None, {})
    answers = await shop.send(
        shop.sale(0, 10, "S-1"),
        stranger,
        shop.sale(0, 10, "S-3", source="clock"),
        shop.of(None, "survey.answered", {"score": 1}, "Q-1"),
    )
    assert isinstance(answers[1], NotFound)
    assert isinstance(answers[2], Invalid)
    assert isinstance(answers[3], Invalid)
    assert (await shop.balance(0)).available == 10


async def test_an_error_of_ours_fails_one_activity_and_not_its_neighbours(shop: Shop) -> None:
    broken = shop.of(0, "purchase.completed", {"lines": "none"}, "S-2")
    answers = await shop.send(shop.sale(0, 10, "S-1"), broken, shop.sale(0, 5, "S-3"))
    assert [getattr(answer, "code", "decided") for answer in answers] == ["decided", "internal_error", "decided"]
    assert (await shop.balance(0)).available == 15
    assert await shop.findings() == []


async def test_a_member_whose_memory_is_broken_fails_alone(shop: Shop) -> None:
    await shop.send(shop.sale(0, 10, "S-1"), shop.sale(1, 10, "S-2"))
    await shop.tamper(f"UPDATE member_states SET progress = '{{}}' WHERE member_id = '{shop.members[0]}'")  # noqa: S608
    answers = await shop.send(shop.sale(0, 10, "S-3"), shop.sale(1, 10, "S-4"))
    assert [getattr(answer, "code", "decided") for answer in answers] == ["internal_error", "decided"]
    shop.clock.advance(dt.timedelta(days=500))
    assert await shop.engine.tick(NAME) == 2
    assert await shop.engine.tick(NAME) == 0
    assert await shop.balance(1) == Balance()
    shop.clock.advance(dt.timedelta(hours=1))
    assert await shop.engine.tick(NAME) == 1


async def test_a_paused_programme_takes_nothing_in(shop: Shop) -> None:
    async with shop.pool.connection() as conn:
        await programmes.pause(conn, NAME, shop.clock)
    with pytest.raises(Paused):
        await shop.send(shop.sale(0, 10, "S-1"))
    async with shop.pool.connection() as conn:
        await programmes.resume(conn, NAME, shop.clock)
    assert statuses(await shop.send(shop.sale(0, 10, "S-1"))) == ["accepted"]


async def test_a_programme_that_is_not_there_or_not_published_is_a_fault(shop: Shop) -> None:
    with pytest.raises(NotFound, match="'nowhere'"):
        await shop.engine.handle("nowhere", [])
    await shop.rows("INSERT INTO programmes (name, created_at) VALUES ('bare', now()) RETURNING id")
    with pytest.raises(NotPublished):
        await shop.engine.handle("bare", [])


async def test_history_is_taken_in_as_if_it_had_been_recorded_then(shop: Shop) -> None:
    at = [OPENED + dt.timedelta(days=days) for days in (1, 3, 2)]
    sales = [shop.sale(0, 10, f"S-{number}", at=instant) for number, instant in enumerate(at)]
    decisions = await shop.tell(*sales, clock_follows=True)
    assert [d.activity.recorded_at for d in decisions] == [at[0], at[1], at[1]]


async def test_a_running_server_notices_a_new_version(shop: Shop) -> None:
    await shop.send(shop.sale(0, 10, "S-1"))
    double = PROGRAMME.replace("floor(purchase.eligible)", "floor(purchase.eligible) * 2")
    shop.clock.advance(dt.timedelta(days=1))
    async with shop.pool.connection() as conn:
        version = await publish(conn, double, compiled(double), at=shop.clock.now())
    (second,) = await shop.tell(shop.sale(0, 10, "S-2"))
    assert (second.version, second.result.earned("points")) == (version.number, 20)
    shop.clock.advance(dt.timedelta(days=1))
    async with shop.pool.connection() as conn:
        back = await roll_back(conn, NAME, 1, compiled, at=shop.clock.now())
    (third,) = await shop.tell(shop.sale(0, 10, "S-3"))
    assert (third.version, third.result.earned("points"), back.number) == (3, 10, 3)
    shop.clock.advance(dt.timedelta(seconds=1))
    assert await shop.findings() == []


async def test_questions_of_the_past_have_two_clocks(shop: Shop) -> None:
    may = dt.datetime(2026, 5, 6, tzinfo=dt.UTC)
    shop.clock.set(may)
    await shop.send(shop.sale(0, 100, "S-1"))
    shop.clock.set(may + dt.timedelta(days=5))
    await shop.send(shop.sale(0, 40, "S-2", at=may - dt.timedelta(days=1)))
    async with shop.pool.connection() as conn:
        known = [
            (await fetch_balance_as_of(conn, 1, shop.members[0], "points", as_of=may, known_at=at)).available
            for at in (may + dt.timedelta(days=3), may + dt.timedelta(days=9))
        ]
        page = await list_activities(conn, 1, shop.members[0], limit=1)
        rest = await list_activities(conn, 1, shop.members[0], before=page[0][0].no)
    assert known == [100, 140]
    assert [row.activity.external_id for row, _ in page + rest] == ["S-2", "S-1"]
