"""Games and draws on real connections: the last prize, two tabs, visitors, seeds, and draws that are drawn once."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from psycopg import errors

from setia.flow.luck import publish_ahead
from setia.flow.prove import verify_decisions
from setia.flow.raffles import (
    DrawSettled,
    answer_offer,
    fetch_record,
    hand_over,
    list_entries,
    move_up,
    settle_draw,
    settle_due,
)
from setia.flow.visitors import GRACE, claim_visits, give_back_lapsed, play_visit
from setia.flow.work import Decision
from setia.games.seeds import AHEAD_DAYS, Seeds
from setia.ledger.verify import verify
from setia.plumbing.settings import Settings
from setia.values.chance import commitment
from setia.values.draws import check_record
from setia.values.faults import NotFound
from tests.store.shop import NAME, OPENED, Shop, decided, open_shop

TEXT = """
programme: corner-shop
currency: EUR
timezone: UTC
units: {points: {}, tickets: {}}
rules:
  earn: {on: purchase.completed, give: {points: floor(purchase.eligible), tickets: 1}}
  surprise: {on: purchase.completed, chance: 50 %, give: {points: 1_000}}
rewards:
  mug: {gives: {experience: A mug}}
  hat: {gives: {experience: A hat}}
games:
  wheel:
    kind: wheel
    visitors: {claim_within: 7 days, times: 1}
    prizes: {mug: {weight: 1, give: {reward: mug}, stock: 3, otherwise: nothing}, nothing: {weight: 1, stock: 1_000}}
  sure: {kind: wheel, prizes: {hat: {weight: 1, give: {reward: hat}, stock: 5, otherwise: one}, one: {weight: 1, give: {points: 1}}}}
  all: {kind: wheel, limit: {times: 1, per: lifetime}, prizes: {hat: {weight: 1, give: {reward: hat}, stock: 5}}}
  back: {kind: wheel, costs: {tickets: 1}, prizes_on_return: take_back, prizes: {hat: {weight: 1, give: {reward: hat, points: 7}, stock: 5}}}
  quiz: {kind: quiz, questions: {q: {ask: Yes?, answers: {a: "Yes", b: "No"}, right: a}}, prizes: {all: {from: 1, give: {points: 50}}}}
draws:
  now: {tickets: tickets, until: 2026-02-10, prizes: [{reward: mug, winners: 2}]}
  slow: {tickets: tickets, until: 2026-02-10, prizes: [{reward: mug}], alternates: 2, answer_within: 2 days}
"""  # noqa: E501
TOKEN = "a-visitor-of-the-test"


@pytest.fixture
async def fair(dsn: str, settings: Settings) -> AsyncIterator[Shop]:
    async with open_shop(dsn, settings, members=30, source=TEXT) as opened:
        yield opened


async def play(fair: Shop, member: int, game: str, key: str, **more: object) -> Decision:
    (answer,) = await fair.send(fair.of(member, "game.played", {"game": game, **more}, key))
    return decided(answer)


async def enter(fair: Shop, member: int, draw: str) -> Decision:
    sale = fair.sale(member, 1, f"S-{draw}-{member}")
    entry = fair.of(member, "draw.entered", {"draw": draw, "tickets": 1}, f"E-{draw}-{member}")
    return (await fair.tell(sale, entry))[1]


async def clean(fair: Shop) -> None:
    assert await fair.findings() == []
    async with fair.pool.connection() as conn:
        assert await verify(conn, again=verify_decisions(fair.engine.catalogue)) == []


async def test_a_return_undoes_the_play_that_it_gave_whoever_comes_first(fair: Shop) -> None:
    await fair.send(fair.sale(0, 3, "S-1"), fair.sale(0, 4, "S-2"))
    before = (await fair.balance(0)).available
    assert [(await play(fair, 0, "back", f"P-{n}")).status for n in range(2)] == ["accepted", "accepted"]
    assert (await fair.balance(0)).available == before + 14
    refunds = [fair.send(fair.refund(0, "S-1", f"R-{n}")) for n in range(3)]
    statuses = Counter(decided(given[0]).status for given in await asyncio.gather(*refunds))
    assert statuses == {"accepted": 1, "declined": 2}
    assert await fair.rows("SELECT left_ FROM house_accounts WHERE account = 'prize:back/hat'") == [(4,)]
    assert await fair.rows("SELECT state, count(*) FROM vouchers GROUP BY 1 ORDER BY 1") == [
        ("cancelled", 1), ("issued", 1),
    ]  # fmt: skip
    (last,) = await fair.tell(fair.refund(0, "S-2", "R-last"))
    assert last.answer["taken_back"] == [{"game": "back", "prize": "hat"}]
    assert "shortfall" not in last.answer
    rows = await fair.rows("SELECT DISTINCT available FROM balances WHERE unit = 'tickets'")
    assert rows == [(0,)]
    assert await fair.rows("SELECT left_ FROM house_accounts WHERE account = 'prize:back/hat'") == [(5,)]
    await clean(fair)


async def test_the_last_prizes_go_to_five_of_thirty_who_play_at_once(fair: Shop) -> None:
    played = await asyncio.gather(*(play(fair, member, "all", f"P-{member}") for member in range(30)))
    assert Counter(found.result.play["prize"] for found in played) == {"hat": 5, None: 25}
    assert await fair.rows("SELECT left_ FROM house_accounts WHERE account = 'prize:all/hat'") == [(0,)]
    assert await fair.count("vouchers") == 5
    await clean(fair)


async def test_two_tabs_score_a_quiz_once(fair: Shop) -> None:
    tabs = await asyncio.gather(*(play(fair, 0, "quiz", f"Q-{tab}", answers={"q": "a"}) for tab in range(8)))
    assert Counter(found.status for found in tabs) == {"accepted": 1, "declined": 7}
    assert (await fair.balance(0)).available == 50
    await clean(fair)


async def test_every_play_has_a_number_of_its_own_and_running_again_gives_the_same(fair: Shop) -> None:
    played = await asyncio.gather(*(play(fair, 0, "sure", f"P-{n}") for n in range(20)))
    assert sorted(found.result.play["nonce"] for found in played) == list(range(1, 21))
    await fair.send(*(fair.sale(1, 10, f"S-{n}") for n in range(20)))
    lucky = Counter(await fair.rows("SELECT (decision->'f'->'x'->'drawn'->>'surprise')::int < 500000 FROM activities "
                                     "WHERE type = 'purchase.completed'"))  # fmt: skip
    assert (await fair.balance(1)).available == 200 + 1_000 * lucky[True,]
    await fair.send(*(fair.refund(1, f"S-{n}", f"B-{n}") for n in range(20)))
    assert (await fair.balance(1)).available == 0
    await clean(fair)


async def test_a_dry_run_draws_nothing(fair: Shop) -> None:
    quoted = [decided(a) for n in range(30) for a in await fair.send(fair.sale(0, 10, f"S-{n}"), dry_run=True)]
    assert {found.result.earned("points") for found in quoted} == {10}


# Visitors -------------------------------------------------------------------------------------------------------------


async def visit(fair: Shop, token: str, address: str = "203.0.113.7") -> Decision:
    async with fair.pool.connection() as conn:
        edition = await fair.engine.catalogue.edition(conn, NAME)
        return await play_visit(fair.engine, conn, edition, "wheel", token, address, "")


async def test_what_visitors_win_is_set_aside_and_goes_back_when_nobody_claims_it(fair: Shop) -> None:
    won: Counter[str] = Counter()
    for number in range(12):
        won[(await visit(fair, f"{TOKEN}-{number}")).answer["play"]["prize"]] += 1
    left = dict(await fair.rows("SELECT account, left_ FROM house_accounts WHERE account LIKE 'prize:wheel/%%'"))
    assert left == {"prize:wheel/mug": 3 - won["mug"], "prize:wheel/nothing": 1_000 - won["nothing"]}
    await clean(fair)
    fair.clock.advance(dt.timedelta(days=7) + GRACE)
    await fair.engine.tick(NAME)
    async with fair.pool.connection() as conn:
        assert await give_back_lapsed(conn, fair.programme_id, fair.clock.now(), 100) == 12
        assert await give_back_lapsed(conn, fair.programme_id, fair.clock.now(), 100) == 0
    assert await fair.rows("SELECT left_ FROM house_accounts WHERE account = 'prize:wheel/mug'") == [(3,)]
    with pytest.raises(NotFound):
        await claim_visits(fair.engine, NAME, fair.members[0], f"{TOKEN}-0")
    await clean(fair)


async def test_one_visitor_plays_once_however_many_ask_at_once_and_an_address_is_bounded(fair: Shop) -> None:
    answers = await asyncio.gather(*(visit(fair, TOKEN) for _ in range(6)))
    assert Counter(found.status for found in answers) == {"parked": 1, "refused": 5}
    crowd = [await visit(fair, f"{TOKEN}-{n}", "198.51.100.1") for n in range(22)]
    assert Counter(found.status for found in crowd) == {"parked": 20, "refused": 2}


async def test_a_prize_is_claimed_once_by_one_of_many_new_members(fair: Shop) -> None:
    await visit(fair, TOKEN)
    await fair.rows("UPDATE members SET joined_at = %s RETURNING 1", fair.clock.now() + dt.timedelta(minutes=1))
    fair.clock.advance(dt.timedelta(hours=1))
    claims = await asyncio.gather(*(claim_visits(fair.engine, NAME, member, TOKEN) for member in fair.members[:8]))
    assert Counter(decided(answer).status for given in claims for answer in given) == {"accepted": 1, "duplicate": 7}
    await clean(fair)


# Draws ----------------------------------------------------------------------------------------------------------------

CLOSED = dt.datetime(2026, 2, 10, 0, 1, tzinfo=dt.UTC)


async def record(fair: Shop, draw: str) -> dict[str, object]:
    async with fair.pool.connection() as conn:
        return await fetch_record(fair.engine, conn, await fair.engine.catalogue.edition(conn, NAME), draw)


async def test_a_draw_is_drawn_once_whoever_asks_and_nothing_comes_after_its_closing(fair: Shop) -> None:
    for member in range(6):
        assert (await enter(fair, member, "now")).status == "accepted"
    fair.clock.set(CLOSED)
    asked = await asyncio.gather(*(settle_draw(fair.engine, NAME, "now") for _ in range(5)), return_exceptions=True)
    assert Counter(type(found) for found in asked) == {dict: 1, DrawSettled: 4}
    found = await record(fair, "now")
    assert check_record(found) == []
    assert [place["state"] for place in found["places"]] == ["issued", "issued"]  # type: ignore[attr-defined]
    assert await hand_over(fair.engine, NAME) == 0
    assert await settle_due(fair.engine, NAME) == 1  # the other draw: nobody entered it
    assert await settle_due(fair.engine, NAME) == 0
    assert await fair.count("vouchers") == 2
    assert await fair.rows("SELECT count(*) FROM outbox WHERE name = 'draw.settled'") == [(2,)]
    assert (await enter(fair, 9, "now")).status == "declined"
    await clean(fair)


async def test_whoever_changes_an_entry_in_the_book_is_found_by_the_published_hash(fair: Shop) -> None:
    for member in range(3):
        await enter(fair, member, "now")
    fair.clock.set(CLOSED)
    published = await settle_draw(fair.engine, NAME, "now")
    await fair.tamper("UPDATE draws SET entries = (entries::jsonb - 0)::json")
    changed = await record(fair, "now")
    assert changed["root"] == published["root"]
    assert any("the entries hash to" in problem for problem in check_record(changed))


async def test_an_alternate_moves_up_when_the_winner_does_not_answer(fair: Shop) -> None:
    for member in range(3):
        await enter(fair, member, "slow")
    fair.clock.set(CLOSED)
    places = (await settle_draw(fair.engine, NAME, "slow"))["places"]
    assert [(place["state"], place["reward"]) for place in places] == [
        ("offered", "mug"), ("waiting", None), ("waiting", None),
    ]  # fmt: skip
    async with fair.pool.connection() as conn:
        owners = {entry.code: member for member, entry in await list_entries(conn, fair.programme_id, "slow")}
    first, second, third = (owners[place["entry"]] for place in places)
    with pytest.raises(NotFound):
        await answer_offer(fair.engine, NAME, "slow", second)
    fair.clock.advance(dt.timedelta(days=2))
    assert await move_up(fair.engine, NAME) == 1
    with pytest.raises(NotFound):
        await answer_offer(fair.engine, NAME, "slow", first)
    assert await answer_offer(fair.engine, NAME, "slow", second) == {"draw": "slow", "place": 2, "reward": "mug"}
    assert await vouchers(fair) == [(second, "mug")]
    with pytest.raises(NotFound):
        await answer_offer(fair.engine, NAME, "slow", third)
    assert [place["state"] for place in (await record(fair, "slow"))["places"]] == [  # type: ignore[attr-defined]
        "lapsed", "issued", "waiting",
    ]  # fmt: skip
    await clean(fair)


async def vouchers(fair: Shop) -> list[tuple[UUID, str]]:
    return [(member, reward) for member, reward in await fair.rows("SELECT member_id, reward FROM vouchers")]


# Seeds ----------------------------------------------------------------------------------------------------------------


async def test_commitments_are_published_ahead_and_never_changed(fair: Shop) -> None:
    engine, now = fair.engine, fair.clock.now()
    async with fair.pool.connection() as conn:
        edition = await engine.catalogue.edition(conn, NAME)
        assert await publish_ahead(engine.seeds, conn, edition, now) == AHEAD_DAYS + 1 + 2
        assert await publish_ahead(engine.seeds, conn, edition, now) == 0
        before = await engine.seeds.list_committed(conn, edition.id, now)
    assert all(found.seed is None for found in before)
    for change in ("UPDATE chance_seeds SET salt = sha256('x')", "DELETE FROM chance_seeds"):
        with pytest.raises(errors.IntegrityConstraintViolation):
            await fair.rows(change)
    async with fair.pool.connection() as conn:
        later = await engine.seeds.list_committed(conn, edition.id, OPENED + dt.timedelta(days=60))
    for found in later:
        assert (found.seed is None) == found.period.startswith("draw/")
        assert found.seed is None or commitment(bytes.fromhex(found.seed)) == found.commitment
    assert [found.commitment for found in later] == [found.commitment for found in before]


async def test_a_seed_needs_the_key_that_is_not_in_the_database_and_old_keys_still_open_old_seeds(fair: Shop) -> None:
    now = fair.clock.now()
    async with fair.pool.connection() as conn:
        first = await Seeds(["old"]).seed(conn, 1, "2026-01-31", now)
        assert await Seeds(["new", "old"]).seed(conn, 1, "2026-01-31", now) == first
        assert await Seeds(["old"]).seed(conn, 2, "2026-01-31", now) != first
        await conn.commit()
        with pytest.raises(Exception, match="keep the old key"):
            await Seeds(["new"]).seed(conn, 1, "2026-01-31", now)
