"""Files of activities go into a book: once, whatever is wrong with some of their rows."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from setia.cli.main import app
from setia.values.faults import Fault

PROGRAMME = """\
programme: corner-shop
title: {en: The Corner Shop}
currency: EUR
timezone: Europe/Berlin
units:
  points: {name: {en: points}, expires: never}
activities:
  purchase.completed:
    lines: {is_organic: boolean}
  review.written:
    fields: {stars: integer, tags: texts}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
  organic: {on: purchase.completed, lines: line.is_organic, give: {points: lines.total}}
  review: {on: review.written, give: {points: review.stars}}
"""
HEADER = "external_id,occurred_at,member.card,line.sku,line.quantity,line.amount\n"


@dataclass(frozen=True)
class Done:
    """How a command ended, and all that it said."""

    exit_code: int
    output: str


def setia(*words: str | Path) -> Done:
    """Run the command; a fault is told as the console script tells it, and any other exception is one here."""
    result = CliRunner(env={"COLUMNS": "1000"}).invoke(app, [str(word) for word in words])
    told = f"setia: {result.exception}\n" if isinstance(result.exception, Fault) else ""
    if result.exception is not None and not told and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.output + told)


@pytest.fixture
def shop(dsn: str, tmp_path: Path) -> str:
    """A database with the programme published as of 2026."""
    file = tmp_path / "programme.yaml"
    file.write_text(PROGRAMME, encoding="utf-8")
    tried = setia("publish", file, "--at", "2026-01-01", "--preview", "--database", dsn)
    assert (tried.exit_code, tried.output) == (0, "0 of 0 members would change their level; nothing was published\n")
    assert setia("publish", file, "--at", "2026-01-01", "--database", dsn).exit_code == 0
    return dsn


def ingest(shop: str, file: Path, *options: str | Path) -> Done:
    return setia("ingest", file, "-p", "corner-shop", "--database", shop, "--clock", "follow", *options)


def ask(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def points(dsn: str) -> int:
    return int(str(ask(dsn, "SELECT coalesce(sum(available), 0) FROM balances")[0][0]))


def test_a_file_is_taken_in_and_taking_it_in_again_changes_nothing(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(
        HEADER + "R1,2026-02-03T10:00,4711,CAKE,1,20.00\nR1,2026-02-03T10:00,4711,TEA,2,5.00\n"
        "R2,2026-02-04T10:00,4712,TEA,1,2.50\n",
        encoding="utf-8",
    )
    first = ingest(shop, file, "--create-members")
    assert first.exit_code == 0, first.output
    assert "2 activities: 2 taken in, 0 were there already, 0 not taken in." in first.output
    assert "2 new members." in first.output
    assert points(shop) == 25 + 2
    before = ask(shop, "SELECT * FROM entries ORDER BY member_id, no")
    again = ingest(shop, file, "--create-members")
    assert again.exit_code == 0
    assert "2 activities: 0 taken in, 2 were there already" in again.output
    assert "Nothing changed" in again.output
    assert ask(shop, "SELECT * FROM entries ORDER BY member_id, no") == before


def test_bad_rows_are_told_by_line_and_the_rest_is_taken_in(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes(
        HEADER.encode()
        + b"R1,2026-02-03T10:00,4711,CAKE,1,20.00\n"  # 2: good
        + b"R2,2026-02-03T10:00,4711,CAKE,-1,20.00\n"  # 3: negative
        + b"R3,yesterday,4711,CAKE,1,20.00\n"  # 4: no time
        + b",2026-02-03T10:00,4711,CAKE,1,20.00\n"  # 5: no key
        + b"R5,2026-02-03T10:00,4711,CAKE,1\n"  # 6: a value is missing
        + b"R6,2026-02-03T10:00,4711,K\xe4se,1,20.00\n"  # 7: no UTF-8
        + b"R7,2026-02-03T10:00,4711,CAKE,1,1.005\n"  # 8: too many decimals
        + b"R8,2099-02-03T10:00,4711,CAKE,1,3.00\n"  # 9: the future
        + b"R9,2025-02-03T10:00,4711,CAKE,1,3.00\n"  # 10: before the programme
        + b"R10,2026-02-05T10:00,4711,CAKE,1,5.00\n"  # 11: good
    )
    rejects = tmp_path / "rejects.csv"
    done = setia("ingest", file, "-p", "corner-shop", "--database", shop, "--create-members", "--rejects", rejects)
    assert done.exit_code == 1
    for line, reason in (
        (3, "line.quantity: this cannot be below zero"),
        (4, "'occurred_at' is 'yesterday', not a time like"),
        (5, "'external_id' is empty"),
        (6, "the row has 5 values, and there are 6 columns"),
        (7, "the row is not UTF-8"),
        (8, "line.amount: 1.005 has more than 2 decimals"),
        (9, ""),
        (10, ""),
    ):
        assert f"{file}: line {line}: {reason}" in done.output
    assert "10 activities: 2 taken in, 0 were there already, 8 not taken in." in done.output
    assert points(shop) == 25
    with rejects.open(encoding="utf-8", errors="surrogateescape", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["external_id"] for row in rows] == ["R2", "R3", "", "R5", "R6", "R7", "R8", "R9"]
    assert all(row["problem"] for row in rows)


def test_rejected_rows_are_taken_in_once_they_are_mended(shop: str, tmp_path: Path) -> None:
    file, rejects = tmp_path / "sales.csv", tmp_path / "rejects.csv"
    file.write_text(HEADER + "R1,2026-02-03T10:00,4711,CAKE,1,twenty\n", encoding="utf-8")
    assert ingest(shop, file, "--create-members", "--rejects", rejects).exit_code == 1
    rejects.write_text(rejects.read_text(encoding="utf-8").replace(",twenty,", ",20,"), encoding="utf-8")
    assert ingest(shop, rejects, "--create-members").exit_code == 0
    assert points(shop) == 20


def test_an_unknown_member_is_rejected_unless_members_are_wanted(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(HEADER + "R1,2026-02-03T10:00,4711,CAKE,1,20.00\n", encoding="utf-8")
    done = ingest(shop, file)
    assert done.exit_code == 1
    assert "line 2: nobody is known by the card '4711'; --create-members makes them members" in done.output
    assert ask(shop, "SELECT count(*) FROM members") == [(0,)]


def test_lines_of_one_receipt_that_stand_apart_are_refused(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(
        HEADER + "R1,2026-02-03T10:00,4711,CAKE,1,20.00\nR2,2026-02-03T10:00,4711,TEA,1,2.00\n"
        "R1,2026-02-03T10:00,4711,TEA,1,5.00\n",
        encoding="utf-8",
    )
    done = ingest(shop, file, "--create-members")
    assert done.exit_code == 1
    assert "line 4: the receipt 'R1' was there further up already" in done.output


def test_lines_of_one_receipt_have_to_agree(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(
        HEADER + "R1,2026-02-03T10:00,4711,CAKE,1,20.00\nR1,2026-02-03T10:00,4712,TEA,1,5.00\n", encoding="utf-8"
    )
    done = ingest(shop, file, "--create-members")
    assert done.exit_code == 1
    assert (
        "lines 2-3: line 3 says 'member.card' is '4712', and the first line of this receipt says '4711'" in done.output
    )
    assert points(shop) == 0


def test_columns_with_other_names_are_mapped(shop: str, tmp_path: Path) -> None:
    file, mapping = tmp_path / "kasse.csv", tmp_path / "kasse.yaml"
    file.write_text(
        "Bon;Zeit;Kunde;Artikel;Bio;Betrag;Kasse\n17;03.02.2026 10:00;4711;APFEL;yes;3.00;2\n", encoding="utf-8"
    )
    mapping.write_text(
        "columns:\n  Bon: external_id\n  Zeit: occurred_at\n  Kunde: member.card\n  Artikel: line.sku\n"
        "  Bio: line.is_organic\n  Betrag: line.amount\nvalues: {source: kasse}\nignore: [Kasse]\n"
        "times: '%d.%m.%Y %H:%M'\n",
        encoding="utf-8",
    )
    done = ingest(shop, file, "--mapping", mapping, "--create-members")
    assert done.exit_code == 0, done.output
    assert points(shop) == 6
    assert ask(shop, "SELECT source, occurred_at FROM activities WHERE type = 'purchase.completed'")[0][0] == "kasse"


def test_columns_that_mean_nothing_are_told_before_anything_is_taken_in(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("external_id,occured_at,colour\nR1,2026-02-03T10:00,red\n", encoding="utf-8")
    done = ingest(shop, file)
    assert done.exit_code == 1
    assert "the column 'occured_at' means nothing here; did you mean 'occurred_at'?" in done.output
    assert "the column 'colour' means nothing here" in done.output
    assert ask(shop, "SELECT count(*) FROM activities") == [(0,)]


def test_json_lines_are_taken_in_with_all_types_of_activities(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    member = {"email": "Ana@Example.com"}
    rows = [
        {"type": "member.joined", "external_id": "J1", "occurred_at": "2026-02-01T10:00:00+01:00", "member": member},
        {"external_id": "R1", "occurred_at": "2026-02-02T10:00:00+01:00", "member": member, "amount": "10.00"},
        {
            "type": "purchase.returned", "external_id": "B1", "occurred_at": "2026-02-03T10:00:00+01:00",
            "of": {"source": "file", "external_id": "R1"},
        },
        {
            "type": "review.written", "external_id": "V1", "occurred_at": "2026-02-04T10:00:00+01:00",
            "member": "email:ana@example.com", "data": {"stars": 5, "tags": ["kind"]},
        },
    ]  # fmt: skip
    file.write_text("\n".join([*map(json.dumps, rows), "{broken", "[]", ""]), encoding="utf-8")
    done = ingest(shop, file)
    assert done.exit_code == 1
    assert f"{file}: line 5: this is not JSON" in done.output
    assert f"{file}: line 6: a line has to be one JSON object" in done.output
    assert "6 activities: 4 taken in" in done.output
    assert points(shop) == 5


def test_cells_become_what_their_fields_want(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text(
        "type,external_id,occurred_at,member.phone,member.name,stars,tags\n"
        "member.joined,J1,2026-02-01T10:00,+49 30 1234567,Ben,,\n"
        "review.written,V1,2026-02-02T10:00,+49 30 1234567,,4,quick | kind\n"
        "review.written,V2,2026-02-02T10:00,+49 30 1234567,,four,\n",
        encoding="utf-8",
    )
    done = ingest(shop, file)
    assert "line 4: stars: expected a whole number, found the text 'four'" in done.output
    assert points(shop) == 4
    assert ask(shop, "SELECT name, phone FROM members") == [("Ben", "+49301234567")]
    assert ask(shop, "SELECT body ->> 'tags' FROM activities WHERE type = 'review.written'") == [('["quick","kind"]',)]


def test_a_parquet_file_is_taken_in(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "sales.parquet"
    table = pa.table(
        {
            "external_id": [1, 2],
            "occurred_at": pa.array(["2026-02-03T09:00:00Z", "2026-02-04T09:00:00Z"]).cast(pa.timestamp("us", "UTC")),
            "member.card": ["4711", "4711"],
            "lines": [
                [{"sku": "CAKE", "amount": 20.0, "quantity": 1}, {"sku": "TEA", "amount": 2.5, "quantity": None}],
                [{"sku": "TEA", "amount": -2.5, "quantity": 1}],
            ],
        }
    )
    pq.write_table(table, file)
    done = ingest(shop, file, "--create-members")
    assert done.exit_code == 1
    assert "line 2: " in done.output
    assert "2 activities: 1 taken in, 0 were there already, 1 not taken in." in done.output
    assert points(shop) == 22


def test_what_came_too_late_says_how_history_is_taken_in(dsn: str, tmp_path: Path) -> None:
    programme, file = tmp_path / "programme.yaml", tmp_path / "sales.csv"
    programme.write_text(PROGRAMME + "late: {accept: 1 day}\n", encoding="utf-8")
    assert setia("publish", programme, "--at", "2020-01-01", "--database", dsn).exit_code == 0
    file.write_text(HEADER + "R1,2020-02-03T10:00,4711,CAKE,1,20.00\n", encoding="utf-8")
    words = ("ingest", file, "-p", "corner-shop", "--database", dsn, "--create-members")
    refused = setia(*words)
    assert refused.exit_code == 1
    assert "--clock follow" in refused.output
    assert setia(*words, "--clock", "follow").exit_code == 0
    assert points(dsn) == 20


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("sales.csv", "", "the file is empty"),
        ("sales.csv", "a,a\n1,2\n", "the column 'a' stands twice"),
        ("sales.xls", "x", "what kind of file this is cannot be told"),
        ("sales.parquet", "x", "this is no Parquet file"),
        ("missing.csv", None, "it cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_without_a_traceback(
    shop: str, tmp_path: Path, name: str, content: str | None, told: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_text(content, encoding="utf-8")
    done = ingest(shop, file)
    assert done.exit_code == 1
    assert told in done.output


def test_a_dead_database_is_told_without_a_traceback(tmp_path: Path) -> None:
    done = setia("verify", "--database", f"host={tmp_path} dbname=none")
    assert done.exit_code == 1
    assert "setia: the database is unreachable" in done.output
