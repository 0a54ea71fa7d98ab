"""One bad file for each diagnostic: its first line says what has to be found, and where."""

from pathlib import Path

import pytest

from setia.language.diagnostics import Diagnostic, DiagnosticCode
from setia.language.nodes import LARGEST_FILE, MOST_NODES
from setia.language.parse import load_programme

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
#: Files of these would be too large to keep.
MADE_HERE = {DiagnosticCode.FILE_TOO_LARGE, DiagnosticCode.TOO_MANY_NODES}


def found_in(text: str) -> list[str]:
    return [f"{found.code} {found.line}:{found.column}" for found in load_programme(text).diagnostics]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_is_told_what_is_wrong_and_where(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = text.splitlines()[0].removeprefix("# ").split("; ")
    assert found_in(text) == expected
    assert expected[0].split()[0].replace(".", "_") == path.stem


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_only_warnings_let_a_programme_through(path: Path) -> None:
    loaded = load_programme(path.read_text(encoding="utf-8"))
    has_errors = any(found.severity == "error" for found in loaded.diagnostics)
    assert (loaded.programme is None) == has_errors


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_every_finding_says_what_to_do(path: Path) -> None:
    for found in load_programme(path.read_text(encoding="utf-8"), "shop.yaml").diagnostics:
        assert found.hint
        assert str(found).startswith(f"shop.yaml:{found.line}:{found.column}: {found.severity}[{found.code}]: ")
        assert str(found).endswith(f" ({found.hint})")


def test_every_code_has_a_bad_file() -> None:
    assert {path.stem for path in BAD if not path.stem.startswith("expression_")} == set(DiagnosticCode) - MADE_HERE


def test_a_finding_without_a_hint_shows_no_brackets() -> None:
    found = Diagnostic("bad_yaml", "error", "it is broken", "shop.yaml", 3, 4)
    assert str(found) == "shop.yaml:3:4: error[bad_yaml]: it is broken"


def test_a_file_that_is_too_large_is_not_read() -> None:
    assert found_in("#" * (LARGEST_FILE + 1)) == ["file_too_large 1:1"]
    assert found_in("# " + "é" * (LARGEST_FILE // 2)) == ["file_too_large 1:1"]


def test_a_file_with_too_many_values_is_not_read() -> None:
    assert found_in("a: [" + "1, " * MOST_NODES + "]")[0].startswith("too_many_nodes 1:")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: \x00", "bad_yaml 1:4"),
        ("a: 1\nb: \ud800", "bad_yaml 2:4"),
        ("- a", "wrong_shape 1:1"),
        ("words", "wrong_shape 1:1"),
        ("a: *b", "alias_not_allowed 1:4"),
        ("[" * 100_000, "too_deep 1:33"),
        ("a: {" * 100_000, "too_deep 1:128"),
    ],
)
def test_what_is_no_programme_at_all_gives_one_finding(text: str, expected: str) -> None:
    assert found_in(text) == [expected]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = """\
programme: toko
titel: Toko
currency: IDX
timezone: Asia/Jakarta
units:
  points: {worth: 0, pending: 14, expires: {after: 12 month, until: eom, foo: 1}}
rules:
  earn:
    on: purchase.completed
    lines: >-
       line.category ==
       "coffee" && lin.kind == "x"
    when: "purchase.local_time.huor in [1]"
    give: {pints: 1, points: 1 + teir.rate}
    limit: {points: 0, per: dya}
"""
    assert found_in(text) == [
        "unknown_key 2:1",
        "unknown_currency 3:11",
        "out_of_range 6:19",
        "bad_span 6:31",
        "bad_choice 6:69",
        "unknown_key 6:74",
        "expression.unknown_name 12:20",
        "expression.unknown_field 13:32",
        "unknown_unit 14:12",
        "expression.unknown_name 14:34",
        "zero_is_not_unlimited 15:21",
        "bad_window 15:29",
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    text = "\ufeffprogramme: a\r\ncurrency: IDX\r\ntimezone: UTC\r\nunits: {points: {}}\r\n"
    assert found_in(text) == ["unknown_currency 2:11"]
