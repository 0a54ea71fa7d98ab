"""What a book took in, played again: every entry is the same; under another version it says who gains and loses."""

import asyncio
import csv
import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg import sql

from setia.cli._replaying import Order, Played, play
from setia.flow.history import Part
from setia.flow.replay import compare
from setia.language.parse import load_programme
from setia.plumbing.settings import Settings
from tests.simulation.programmes import OPENED, SHOPS
from tests.simulation.shop import Shop
from tests.simulation.test_shop_on_postgres import both, tell

SETIA = Path(sys.executable).parent / "setia"
STEPS = 80


async def played(order: Order) -> Played:
    """What came of an order."""
    told: list[Played] = []
    await asyncio.to_thread(play, order, told.append)
    assert sum(part.activities for part in told) > 0
    return told[-1]


async def state(dsn: str) -> list[tuple[str, int, str]]:
    """Every table of the book with its rows and a hash of them."""
    found = []
    async with await psycopg.AsyncConnection.connect(dsn) as conn:
        tables = await conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        for (table,) in await tables.fetchall():
            query = sql.SQL("SELECT count(*), coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM {} t")
            row = await (await conn.execute(query.format(sql.Identifier(table)))).fetchone()
            assert row is not None
            found.append((table, row[0], row[1]))
    return found


@pytest.mark.parametrize("name", SHOPS)
async def test_a_book_that_is_played_again_is_the_same_entry_for_entry(name: str, dsn: str, settings: Settings) -> None:
    shop = Shop(77)
    async with both(name, dsn, settings) as (memory, stored):
        for _ in range(STEPS):
            await tell(memory, stored, shop.draw())
        await tell(memory, stored, {"type": "tick", "at": shop.now})
        before = await state(dsn)
        found = await played(Order("", ("",), Part(), dsn=dsn, programme=name, checks=True))
        assert found.differences == []
        assert found.compared > STEPS // 4
        assert await state(dsn) == before, "a replay has changed the book"


async def test_a_month_that_is_played_again_is_the_same_entry_for_entry(dsn: str, settings: Settings) -> None:
    shop = Shop(78)
    async with both("plain", dsn, settings) as (memory, stored):
        for _ in range(STEPS):
            await tell(memory, stored, shop.draw())
        await tell(memory, stored, {"type": "tick", "at": shop.now})
        middle = shop.now - (shop.now - OPENED) / 2
        whole = await played(Order("", ("",), Part(), dsn=dsn, programme="plain", checks=True))
        first = await played(Order("", ("",), Part(), dsn=dsn, programme="plain", checks=True, before=middle))
        second = await played(Order("", ("",), Part(), dsn=dsn, programme="plain", checks=True, since=middle))
        assert (first.differences, second.differences) == ([], [])
        assert first.compared > 0
        assert second.compared > 0
        assert first.compared + second.compared == whole.compared


async def test_an_entry_that_is_not_what_its_version_says_is_found(dsn: str, settings: Settings) -> None:
    shop = Shop(79)
    async with both("plain", dsn, settings) as (memory, stored):
        for _ in range(STEPS):
            await tell(memory, stored, shop.draw())
        await tell(memory, stored, {"type": "tick", "at": shop.now})
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
            await conn.execute("ALTER TABLE entries DISABLE TRIGGER USER")
            cursor = await conn.execute(
                """UPDATE entries SET amount = amount + 1 WHERE (member_id, no) =
                   (SELECT member_id, no FROM entries ORDER BY no DESC, member_id LIMIT 1) RETURNING member_id, no"""
            )
            row = await cursor.fetchone()
            assert row is not None
            try:
                found = await played(Order("", ("",), Part(), dsn=dsn, programme="plain", checks=True))
            finally:
                await conn.execute(
                    "UPDATE entries SET amount = amount - 1 WHERE (member_id, no) = (%s, %s)", [row[0], row[1]]
                )
        (difference,) = found.differences
        assert difference.booked is not None
        assert difference.replayed is not None
        assert (difference.member_id, difference.booked.no) == tuple(row)
        assert difference.booked.amount == difference.replayed.amount + 1


async def test_a_draft_over_a_book_says_who_would_have_more(dsn: str, settings: Settings) -> None:
    """Under a draft that gives double, everybody who earned gains just what they earned."""
    shop = Shop(80)
    async with both("plain", dsn, settings) as (memory, stored):
        for _ in range(STEPS):
            await tell(memory, stored, shop.draw())
        await tell(memory, stored, {"type": "tick", "at": shop.now})
        source = SHOPS["plain"][-1][1]
        loaded = load_programme(source).programme
        assert loaded is not None
        found = await played(Order("", (source, ""), Part(), dsn=dsn, programme="plain"))
        changes = compare(found.results[1], found.results[0], loaded, loaded)
        assert len(changes) == len(found.names)
        assert all(change.gain == 0 for change in changes) == (len(SHOPS["plain"]) == 1)


def test_the_year_is_played_the_same_on_one_process_and_on_three(tmp_path: Path) -> None:
    words = ["replay", "examples/grocery-tiers/programme.yaml", "--over", "complete-journey", "--baskets", "1500"]
    one, three, members = tmp_path / "one.json", tmp_path / "three.json", tmp_path / "members.csv"
    for processes, file in (("1", one), ("3", three)):
        subprocess.run(
            [SETIA, *words, "--processes", processes, "--json", file, "--csv", members], check=True, timeout=120
        )
    found = [json.loads(file.read_text(encoding="utf-8")) for file in (one, three)]
    assert found[0]["figures"] == found[1]["figures"]
    assert found[0]["declined"] == found[1]["declined"]
    assert found[0]["figures"][0]["purchases"] == 1500
    rows = list(csv.DictReader(members.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == found[0]["figures"][0]["members"]
    assert sum(int(row["points_issued"]) for row in rows) == found[0]["figures"][0]["points issued"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--csv", "nowhere/members.csv"], "cannot be written"),
        (["--json", "nowhere/table.json"], "cannot be written"),
        (["--since", "2017-05-01", "--until", "2017-04-01"], "it ends before it begins"),
        (["--over", ""], "say what to play and over what"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_played(words: list[str], told: str) -> None:
    words = ["examples/grocery-tiers/programme.yaml", "--over", "complete-journey", *words]
    done = subprocess.run([SETIA, "replay", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_is_read_as_the_kind_that_is_said(kind: str, tmp_path: Path) -> None:
    file, table = tmp_path / "sales", tmp_path / "table.json"
    rows = {
        "occurred_at": ["2017-03-01T10:00:00Z", "2017-03-02T10:00:00Z"], "external_id": ["a", "b"],
        "member.card": ["100", "101"], "amount": ["25.00", "40.00"],
    }  # fmt: skip
    if kind == "parquet":
        pq.write_table(pa.table({**rows, "amount": [25.0, 40.0]}), file)
    else:
        lines = [",".join(rows), *(",".join(row) for row in zip(*rows.values(), strict=True))]
        file.write_text("\n".join(lines), encoding="utf-8")
    words = ["replay", "examples/grocery-tiers/programme.yaml", "--over", file, "--format", kind, "--json", table]
    subprocess.run([SETIA, *words], check=True, timeout=60)
    (figures,) = json.loads(table.read_text(encoding="utf-8"))["figures"]
    assert (figures["purchases"], figures["turnover"]) == (2, 61_75)
