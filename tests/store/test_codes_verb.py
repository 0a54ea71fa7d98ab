"""`setia codes`: files of codes go in, are counted, and are made worthless."""

from pathlib import Path

import pytest

from tests.store.test_ingest import PROGRAMME, ask, setia

REWARDS = """
rewards:
  cinema: {costs: {points: 5}, codes: pool, gives: {partner: A cinema ticket}}
  leaflet: {codes: bearer, gives: {amount_off: 3.00}}
  mug: {costs: {points: 5}, gives: {product: MUG}}
"""


@pytest.fixture
def shop(dsn: str, tmp_path: Path) -> str:
    file = tmp_path / "programme.yaml"
    file.write_text(PROGRAMME + REWARDS, encoding="utf-8")
    assert setia("publish", file, "--at", "2026-01-01", "--database", dsn).exit_code == 0
    return dsn


def test_codes_are_imported_counted_and_revoked(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("KINO-1,sent in May\nkino 2\n\nKINO-1\n", encoding="utf-8")
    first = setia("codes", "import", file, "--reward", "cinema", "--database", shop)
    assert (first.exit_code, first.output) == (0, "2 codes imported, 1 were known or stood in the file twice\n")
    again = setia("codes", "import", file, "-r", "cinema", "--database", shop)
    assert again.output == "0 codes imported, 3 were known or stood in the file twice\n"
    assert ask(shop, "SELECT left_ FROM house_accounts WHERE account = 'stock:cinema'") == [(2,)]
    file.write_text("KINO-2\nKINO-9\n", encoding="utf-8")
    gone = setia("codes", "revoke", file, "--database", shop)
    assert gone.output == "1 of 2 codes are good for nothing any more\n"
    assert ask(shop, "SELECT left_ FROM house_accounts WHERE account = 'stock:cinema'") == [(1,)]
    listed = setia("codes", "list", "--database", shop)
    assert [line.split() for line in listed.output.splitlines() if "cinema" in line] == [
        ["│", "cinema", "│", "free", "│", "1", "│"], ["│", "cinema", "│", "revoked", "│", "1", "│"],
    ]  # fmt: skip


def test_codes_are_made_that_each_can_be_used_once(shop: str) -> None:
    made = setia("codes", "make", "25", "-r", "leaflet", "--database", shop)
    codes = made.output.split()
    assert len(set(codes)) == 25
    assert all(len(code) == 14 and code.count("-") == 2 for code in codes)
    accounts = ask(shop, "SELECT account FROM house_accounts WHERE account LIKE 'code:%' AND left_ = 1")
    assert {f"code:{code.replace('-', '')}" for code in codes} == {account for (account,) in accounts}


def test_a_reward_without_imported_codes_takes_none(shop: str, tmp_path: Path) -> None:
    file = tmp_path / "codes.txt"
    file.write_text("ABC-1\n", encoding="utf-8")
    for name in ("mug", "nothing"):
        refused = setia("codes", "import", file, "-r", name, "--database", shop)
        assert refused.exit_code == 1
        assert f"no reward '{name}' has `codes: pool` or `codes: bearer`" in refused.output
