"""Statements on a real database: closed for good, late records, disputes, races for packs and for money."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator

import pytest
from typer.testing import CliRunner

from setia.cli.main import app
from setia.flow import settlement
from setia.flow.faults import Invalid, MonthClosed, MonthNotOver, NotFound
from setia.flow.settlement import Settled
from setia.ledger.store import ask_lots, list_entries, lot_of
from setia.partners.settle import Line, LineKind, movements_of
from setia.partners.store import Dispute, list_movements
from setia.plumbing.settings import Settings
from tests.store.shop import NAME, OPENED, Shop, open_shop

PROGRAMME = """
programme: corner-shop
currency: EUR
timezone: UTC
units:
  points: {worth: 0.01, pays: 0.01, expires: {after: 40 days}}
activities:
  survey.answered: {fields: {score: integer}}
partners:
  p1: {earns: {points: 0.010}}
  p2: {earns: {points: 0.008, owed: when_burned_or_expired}}
  p3: {burns: {points: 0.010}}
  cafe: {earns: {points: 0.01}, pack: {points: 1_000, over: trim}}
  kiosk: {earns: {points: 0.01}, pack: {points: 1_000, over: overdraw}}
budgets:
  campaign: {money: 1_000.00, over: trim}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
  survey: {on: survey.answered, give: {points: 75}, budget: campaign}
  other-survey: {on: survey.answered, when: survey.score > 4, give: {points: 1}, budget: campaign}
"""


@pytest.fixture
async def shop(dsn: str, settings: Settings) -> AsyncIterator[Shop]:
    async with open_shop(dsn, settings, source=PROGRAMME) as opened:
        yield opened


async def look(shop: Shop, month: str) -> Settled:
    async with shop.pool.connection() as conn:
        return await settlement.look(conn, await shop.engine.catalogue.edition(conn, NAME), month)


async def close(shop: Shop, month: str, by: str = "dewi") -> Settled:
    async with shop.pool.connection() as conn:
        edition = await shop.engine.catalogue.edition(conn, NAME)
        return await settlement.close(conn, edition, month, at=shop.clock.now(), by=by)


async def dispute(shop: Shop, month: str, line: int, money: int | None, reason: str = "too much") -> Dispute:
    async with shop.pool.connection() as conn:
        edition = await shop.engine.catalogue.edition(conn, NAME)
        return await settlement.dispute(
            conn, edition, month, line, money=money, reason=reason, at=shop.clock.now(), by="ana"
        )


async def answer(shop: Shop, number: int, is_accepted: bool) -> Dispute:
    async with shop.pool.connection() as conn:
        edition = await shop.engine.catalogue.edition(conn, NAME)
        return await settlement.answer(
            conn, edition, number, is_accepted=is_accepted, text=" so be it ", at=shop.clock.now(), by="dewi"
        )


async def trade(shop: Shop) -> None:
    """Points of two partners, 400 of 500 of them burned with a third."""
    p1, p2 = {"body": {"partner": "p1"}}, {"body": {"partner": "p2"}}
    await shop.tell(shop.sale(0, 200, "A", at=OPENED + dt.timedelta(days=1), **p2))
    await shop.tell(shop.sale(0, 300, "B", at=OPENED + dt.timedelta(days=2), **p1))
    await shop.tell(shop.sale(0, 4, "C", body={"partner": "p3", "spend": {"points": 400}}))


def told(lines: tuple[Line, ...]) -> list[tuple[str, str, str, int, int]]:
    return [(line.key.partner, line.key.month, line.key.kind.value, line.quantity, line.money) for line in lines]


async def test_a_month_is_closed_once_and_for_good(shop: Shop) -> None:
    await trade(shop)  # on the last day of January
    with pytest.raises(MonthNotOver):
        await close(shop, "2026-01")
    before = await look(shop, "2026-01")
    assert before.statement.closed_at is None
    assert [before.statement.balance(name) for name in ("p1", "p2", "p3")] == [200, 160, -400]
    assert before.statement.margin == -40
    assert {name: held.money for name, held in before.liability.items()} == {"p1": 100}
    shop.clock.advance(dt.timedelta(days=2))
    closed = await close(shop, "2026-01")
    assert told(closed.statement.lines) == told(before.statement.lines)
    again = await close(shop, "2026-01", by="somebody else")
    assert again.statement == closed.statement
    assert (await look(shop, "2026-01")).statement == closed.statement
    assert await shop.count("settlements") == 1
    with pytest.raises(Exception, match="append-only"):
        await shop.rows("UPDATE settlement_lines SET money = 0 RETURNING 1")
    assert await shop.findings() == []


async def test_what_comes_late_is_an_adjustment_of_the_next_month(shop: Shop) -> None:
    await trade(shop)
    shop.clock.advance(dt.timedelta(days=2))
    await close(shop, "2026-01")
    late = OPENED + dt.timedelta(days=20)
    await shop.tell(shop.sale(1, 50, "L", at=late, body={"partner": "p1"}))
    await shop.tell(shop.refund(0, "C", "R"))
    shop.clock.advance(dt.timedelta(days=40))
    await shop.engine.tick(NAME)
    found = (await close(shop, "2026-02")).statement
    assert told(found.lines) == [
        ("p1", "2026-02", "burned", -200, -200), ("p1", "2026-02", "expired", 300, 0),
        ("p1", "2026-01", "earned", 50, 0),
        ("p2", "2026-02", "burned", -200, -160), ("p2", "2026-02", "expired", 200, 160),
        ("p3", "2026-02", "redeemed", -200, 200), ("p3", "2026-02", "redeemed", -200, 200),
    ]  # fmt: skip
    with pytest.raises(MonthClosed):
        await look(shop, "2025-12")
    with pytest.raises(Invalid):
        await look(shop, "2026-13")


async def test_an_accepted_dispute_is_given_back_in_the_next_statement(shop: Shop) -> None:
    await trade(shop)
    shop.clock.advance(dt.timedelta(days=2))
    with pytest.raises(NotFound):
        await dispute(shop, "2026-01", 1, 10)
    statement = (await close(shop, "2026-01")).statement
    line = next(n for n, line in enumerate(statement.lines, 1) if line.key.kind is LineKind.BURNED)
    for number, money in ((99, 10), (line, 0), (line, -5), (line, 10_000)):
        with pytest.raises((NotFound, Invalid)):
            await dispute(shop, "2026-01", number, money)
    with pytest.raises(Invalid):
        await dispute(shop, "2026-01", line, 5, " ")
    first = await dispute(shop, "2026-01", line, 50)
    rest = await dispute(shop, "2026-01", line, None)
    assert (first.state, first.money, rest.money) == ("open", 50, 150)
    with pytest.raises(Invalid):
        await dispute(shop, "2026-01", line, 1)
    assert (await answer(shop, first.no, False)).state == "answered"
    assert (await answer(shop, rest.no, True)).state == "accepted"
    assert (await answer(shop, rest.no, True)).answer == "so be it"
    with pytest.raises(Invalid):
        await answer(shop, rest.no, False)
    with pytest.raises(NotFound):
        await answer(shop, 9, True)
    shop.clock.advance(dt.timedelta(days=30))
    second = (await close(shop, "2026-02")).statement
    given_back = [line for line in second.lines if line.key.kind is LineKind.DISPUTE]
    assert told(tuple(given_back)) == [("p1", "2026-01", "dispute", 0, -150)]
    await answer(shop, first.no, True)
    shop.clock.advance(dt.timedelta(days=31))
    third = (await close(shop, "2026-03")).statement
    assert [(line.key.dispute, line.money) for line in third.lines if line.key.dispute] == [(1, -50)]


async def test_two_who_close_at_once_write_one_statement(shop: Shop) -> None:
    await trade(shop)
    shop.clock.advance(dt.timedelta(days=2))
    found = await asyncio.gather(*(close(shop, "2026-01", by=str(number)) for number in range(6)))
    assert len({one.statement.closed_by for one in found}) == 1
    assert await shop.count("settlements") == 1


async def test_sales_while_a_month_is_closed_are_in_one_statement_or_the_other(shop: Shop) -> None:
    shop.clock.advance(dt.timedelta(days=2))
    at = OPENED + dt.timedelta(days=20)
    sales = [shop.send(shop.sale(n % 2, 10, f"S{n}", at=at, body={"partner": "p1"})) for n in range(40)]
    await asyncio.gather(*sales[:20], close(shop, "2026-01"), *sales[20:])
    shop.clock.advance(dt.timedelta(days=30))
    first, second = (await close(shop, "2026-01")).statement, (await close(shop, "2026-02")).statement
    assert (
        sum(line.quantity for one in (first, second) for line in one.lines if line.key.kind is LineKind.EARNED) == 400
    )


async def test_the_database_adds_up_as_memory_does(shop: Shop) -> None:
    await trade(shop)
    await shop.tell(shop.hold(0, 30, "H"))
    await shop.tell(shop.refund(0, "B", "R"))
    shop.clock.advance(dt.timedelta(days=60))
    await shop.engine.tick(NAME)
    async with shop.pool.connection() as conn:
        edition = await shop.engine.catalogue.edition(conn, NAME)
        by_database = await list_movements(conn, edition.id, "UTC", shop.clock.now())
        entries = [entry for _, _, entry in await list_entries(conn, edition.id, shop.members[0], limit=1_000)]
        wanted = [(shop.members[0], entry.no) for entry in entries if entry.lot == entry.no]
        lots = {lot.no: lot for _, lot in map(lot_of, await (await ask_lots(conn, edition.id, wanted)).fetchall())}
    by_memory = movements_of(entries, lots, edition.versions[0].programme.zone)
    assert sorted(map(repr, by_database)) == sorted(map(repr, by_memory))


async def test_a_pack_gives_not_a_point_too_much(dsn: str, settings: Settings) -> None:
    async with open_shop(dsn, settings, members=20, source=PROGRAMME) as shop:
        sales = [shop.sale(n % 20, 30, f"S{n}", body={"partner": "cafe"}) for n in range(60)]
        await asyncio.gather(*(shop.send(sale) for sale in sales))
        assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'pack:cafe'") == [(0,)]
        assert await shop.rows("SELECT sum(amount)::int FROM lots WHERE partner = 'cafe'") == [(1_000,)]
        assert await shop.rows("SELECT count(*)::int FROM outbox WHERE name = 'pack.exhausted'") == [(1,)]
        more = [shop.sale(n % 20, 30, f"K{n}", body={"partner": "kiosk"}) for n in range(60)]
        await asyncio.gather(*(shop.send(sale) for sale in more))
        kiosk = "SELECT account, left_ FROM house_accounts WHERE account LIKE '%%:kiosk' ORDER BY 1"
        assert await shop.rows(kiosk) == [("overdrawn:kiosk", 800), ("pack:kiosk", 0)]
        backs = [shop.refund(n % 20, f"K{n}", f"R{n}") for n in range(60)]
        await asyncio.gather(*(shop.send(back) for back in backs))
        assert await shop.rows(kiosk) == [("overdrawn:kiosk", 0), ("pack:kiosk", 1_000)]
        assert await shop.findings() == []


async def test_a_campaign_of_a_thousand_euros_gives_not_a_cent_too_much(dsn: str, settings: Settings) -> None:
    """2,000 earns of 75 points at a cent would be 1,500 euros; two rules draw on the 1,000 there are."""
    async with open_shop(dsn, settings, members=40, source=PROGRAMME) as shop:
        earns = [shop.of(n % 40, "survey.answered", {"score": n % 10}, f"Q{n}") for n in range(2_000)]
        chunks = [earns[start : start + 125] for start in range(0, 2_000, 125)]
        await asyncio.gather(*(shop.send(*chunk) for chunk in chunks))
        assert await shop.rows("SELECT left_ FROM house_accounts WHERE account = 'money:campaign'") == [(0,)]
        assert await shop.rows("SELECT sum(amount)::int FROM entries WHERE debit = 11") == [(100_000,)]
        assert await shop.rows("SELECT count(*)::int FROM outbox WHERE name = 'budget.exhausted'") == [(1,)]
        assert await shop.findings() == []


def test_the_command_shows_a_month_and_closes_it(dsn: str, settings: Settings) -> None:
    async def before() -> None:
        async with open_shop(dsn, settings, source=PROGRAMME) as shop:
            await trade(shop)

    asyncio.run(before())

    def told(*words: str) -> str:
        done = CliRunner(env={"COLUMNS": "200"}).invoke(
            app, ["settle", "-p", NAME, "-m", "2026-01", *words, "--database", dsn]
        )
        assert done.exit_code == 0, done.output
        return done.output

    shown = told()
    assert "open, as it stands" in shown
    assert "p3 gets 4.00" in shown
    assert "margin -0.40" in shown
    lines = told("--partner", "p2", "--csv").splitlines()
    assert lines[0] == "line,partner,month,kind,unit,quantity,other,price,owed,money"
    assert [line.partition(",")[2] for line in lines[1:]] == [
        "p2,2026-01,earned,points,200,,0.008,when_burned_or_expired,0.00",
        "p2,2026-01,burned,points,200,p3,0.008,when_burned_or_expired,1.60",
    ]
    closed = json.loads(told("--close", "--by", "dewi", "--json"))
    assert closed["closed_at"] is not None
    assert (closed["owes"], closed["margin"]) == ({"p1": "2.00", "p2": "1.60", "p3": "-4.00"}, "-0.40")
    assert "closed 20" in told()
