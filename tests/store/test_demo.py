"""The demo: its table, its database, and the proof of every entry."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from setia.cli._intake import Order, take_in
from setia.connectors.complete_journey.data import Share
from setia.plumbing.embedded import Server

SETIA = Path(sys.executable).parent / "setia"
BASKETS = 1_200
KEYS = [
    "members", "purchases", "returns", "points_issued", "points_redeemed", "points_expired", "points_outstanding",
    "liability", "members_per_tier", "baskets_per_second", "verify",
]  # fmt: skip


def start(*words: str | Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [SETIA, *words], env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


@pytest.fixture
def demos(postgres: Server) -> Iterator[Server]:
    """The server, with the databases of demos dropped afterwards."""
    yield postgres
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        found = connection.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'setia\_demo\_%'").fetchall()
        for (name,) in found:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def test_the_demo_fills_a_book_that_adds_up_and_can_be_proven(dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    words = ("demo", "--no-serve", "--baskets", str(BASKETS), "--database", dsn)
    output = finish(start(*words, "--json", file))
    figures = json.loads(file.read_text(encoding="utf-8"))
    assert list(figures) == KEYS
    assert "verify" in output
    assert figures["verify"] == "clean"
    assert figures["purchases"] == BASKETS
    assert figures["returns"] == 0
    assert figures["members"] == sum(figures["members_per_tier"].values())
    gone = figures["points_redeemed"] + figures["points_expired"]
    assert figures["points_issued"] - gone == figures["points_outstanding"] > 0
    finish(start("replay", "examples/grocery-tiers/programme.yaml", "--over", "complete-journey",
                 "--baskets", str(BASKETS), "--json", file))  # fmt: skip
    (replayed,) = json.loads(file.read_text(encoding="utf-8"))["figures"]
    assert {name: replayed[f"points {name}"] for name in ("issued", "redeemed", "expired", "outstanding")} == {
        name: figures[f"points_{name}"] for name in ("issued", "redeemed", "expired", "outstanding")
    }
    assert {name: replayed[f"members in {name}"] for name in figures["members_per_tier"]} == figures["members_per_tier"]
    cents = figures["points_outstanding"]
    assert figures["liability"] == {"amount": f"{cents // 100}.{cents % 100:02}", "currency": "USD"}

    assert finish(start("verify", "--explain", "--database", dsn)).strip().endswith("clean")
    told = finish(start("explain", "complete-journey/31198570044", "--database", dsn))
    assert "31198570044" in told
    assert "earn: " in told

    with psycopg.connect(dsn) as connection:
        (ahead,) = connection.execute("SELECT ahead FROM clock_offset").fetchone() or (None,)
        assert ahead is not None
        assert ahead.days < -365 * 8
        before = connection.execute("SELECT * FROM entries ORDER BY member_id, no").fetchall()
    orders = [Order(dsn, "grocery-tiers", Share(number, 2), BASKETS, None) for number in range(2)]
    assert {answer for told in take_in(orders) for answer in told.answers} == {"duplicate"}
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT * FROM entries ORDER BY member_id, no").fetchall() == before

    again = start(*words)
    refused, _ = again.communicate(timeout=300)
    assert again.returncode == 1
    assert "this database has programmes already" in refused
    assert "Traceback" not in refused


def test_two_demos_at_once_have_a_database_each_and_the_next_takes_a_free_one(demos: Server) -> None:
    words = ("demo", "--no-serve", "--baskets", "60")
    both = [start(*words, DATABASE_URL=demos.dsn, COLUMNS="200") for _ in range(2)]
    outputs = [finish(process) for process in both]
    names = {output.split("database: ", 1)[1].split()[0] for output in outputs}
    assert len(names) == 2
    third = finish(start(*words, DATABASE_URL=demos.dsn, COLUMNS="200"))
    assert third.split("database: ", 1)[1].split()[0] in names
