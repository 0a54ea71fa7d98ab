"""The verbs that need no database, and the page about all of them."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from setia.cli._diagnostics import excerpt
from setia.cli._reference import reference
from setia.cli._templates import templates
from setia.cli.main import app
from setia.flow.scenarios.run import find_scenarios
from setia.values.faults import Fault

ROOT = Path(__file__).parent.parent.parent.parent
GROCER = ROOT / "examples" / "grocery-tiers" / "programme.yaml"


@dataclass(frozen=True)
class Done:
    """How a command ended, and all that it said."""

    exit_code: int
    output: str


def setia(*words: str | Path) -> Done:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(word) for word in words])
    told = f"setia: {result.exception}\n" if isinstance(result.exception, Fault) else ""
    if result.exception is not None and not told and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.output + told)


def test_the_page_about_the_commands_is_what_the_commands_say() -> None:
    assert (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8") == reference(), "run `make docs`"


def test_the_guide_shows_every_verb() -> None:
    guide = (ROOT / "docs" / "guides" / "cli.md").read_text(encoding="utf-8")
    verbs = [line.split()[2] for line in reference().splitlines() if line.startswith("## setia ")]
    assert [verb for verb in verbs if f"setia {verb}" not in guide] == []


def test_check_shows_the_line_and_a_mark_under_the_place(tmp_path: Path) -> None:
    file = tmp_path / "programme.yaml"
    text = GROCER.read_text(encoding="utf-8").replace("currency: USD", "currency: DOLLAR")
    file.write_text(text.replace("purchase.eligible * tier.rate", "purchase.eligable * tier.rate"), encoding="utf-8")
    done = setia("check", file)
    assert done.exit_code == 1
    assert f"{file}:4:11: error[unknown_currency]: " in done.output
    assert "4 | currency: DOLLAR\n  |           ^\n" in done.output
    assert "error[expression.unknown_field]" in done.output
    assert "did you mean eligible?" in done.output


def test_check_is_content_with_every_example() -> None:
    files = [found.folder / "programme.yaml" for found in templates()]
    done = setia("check", *files)
    assert done.exit_code == 0, done.output
    assert done.output.count("the programme is good") == len(files) >= 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "it cannot be read: No such file or directory"),
        (b"programme: \xe4", ":1: it is not UTF-8; save it as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_words(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "programme.yaml"
    if content is not None:
        file.write_bytes(content)
    for verb in ("check", "publish", "quote"):
        done = setia(verb, file, *(("-b", "1") if verb == "quote" else ()))
        assert done.exit_code == 1
        assert told in done.output


@pytest.mark.parametrize(
    ("line", "column", "shown"),
    [
        ("abc: d", 6, "7 | abc: d\n  |      ^"),
        ("a\tb", 3, "7 | a b\n  |   ^"),
        ("x" * 300, 200, "7 | " + "x" * 100 + "\n  | " + " " * 50 + "^"),
        ("", 1, "7 | \n  | ^"),
    ],
)
def test_an_excerpt_marks_the_column_even_of_long_lines(line: str, column: int, shown: str) -> None:
    assert excerpt(line, 7, column) == shown


def test_a_quote_explains_itself_in_three_languages() -> None:
    words = ("quote", GROCER, "--basket", "25.00", "--tier", "silver", "--at", "2026-03-02T10:00")
    english = setia(*words)
    assert english.exit_code == 0
    assert "earn: purchase.eligible * tier.rate = 22.50 * 2 = 45.00; gives 45 points." in english.output
    told = {setia(*words, "--language", language).output for language in ("en", "id", "ms")}
    assert len(told) == 3
    data = json.loads(setia(*words, "--json").output)
    assert data["differs"] == []


def test_a_quote_reads_a_basket_from_a_file_or_from_words(tmp_path: Path) -> None:
    file = tmp_path / "basket.json"
    file.write_text('{"lines": [{"category": "FUEL", "amount": "30.00"}, {"amount": "1.10"}]}', encoding="utf-8")
    at = ("--at", "2026-03-02T10:00")
    written = setia("quote", GROCER, "-b", file, *at)
    assert written.exit_code == 0
    assert (
        written.output
        == setia("quote", GROCER, "-b", "{lines: [{category: FUEL, amount: 30.00}, {amount: 1.10}]}", *at).output
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-b", "{lines: [{amount: -1, colour: red}]}"), "/lines/0/colour: there is no field 'colour'"),
        (("-b", "many"), "/amount: "),
        (("-b", "[1]"), "is neither an amount nor an object with `lines`"),
        (("-b", "{a: "), "the basket is neither JSON nor YAML"),
        (("-b", "1", "--tier", "platinum"), "there is no level 'platinum'"),
        (("-b", "1", "--at", "soon"), "'soon' is no instant"),
    ],
)
def test_a_quote_that_cannot_be_made_says_why(words: tuple[str, ...], told: str) -> None:
    done = setia("quote", GROCER, *words)
    assert done.exit_code in (1, 2)
    assert told in done.output


@pytest.mark.parametrize("name", [found.name for found in templates()])
def test_a_programme_is_begun_from_a_template(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert setia("init", "my-shop", "--template", name).exit_code == 0
    assert (tmp_path / "my-shop" / "programme.yaml").read_text(encoding="utf-8").count("programme: my-shop\n") == 1
    assert setia("check", "my-shop/programme.yaml").exit_code == 0
    tested = setia("test", "my-shop")
    assert tested.exit_code == 0, tested.output
    assert tested.output.endswith(f"{len(find_scenarios([ROOT / 'examples' / name]))} passed, 0 failed\n")
    again = setia("init", "my-shop")
    assert again.exit_code == 1
    assert "'my-shop' is there already" in again.output


def test_there_is_a_template_for_every_trade() -> None:
    trades = {"e-commerce", "restaurant", "travel", "fashion", "grocery-tiers", "pharmacy-hybrid"}
    assert trades <= {found.name for found in templates()}


def test_templates_are_listed_with_what_they_are_about() -> None:
    listed = setia("init", "--list")
    assert listed.exit_code == 0
    for found in templates():
        assert found.about
        (line,) = (line for line in listed.output.splitlines() if line.startswith(f"{found.name} "))
        assert found.about in line
        assert line.endswith(f"({', '.join(found.rows())})")
    assert "A9" in next(found for found in templates() if found.name == "coffee-stamps").rows()
    assert "there is no template 'nothing'" in setia("init", "my-shop", "--template", "nothing").output
    assert setia("init", "My Shop").exit_code == 2


def test_pages_are_written_in_three_languages_as_markdown_and_html(tmp_path: Path) -> None:
    shop = ROOT / "examples" / "toko-setia" / "programme.yaml"
    english = setia("terms", shop, "--on", "2026-03-02")
    assert english.exit_code == 0
    assert english.output.startswith("# The Loyal Shop: terms and conditions\n")
    file = tmp_path / "syarat.html"
    written = setia("terms", shop, "-l", "id", "--page", "how", "--format", "html", "-o", file, "--on", "2026-03-02")
    assert (written.exit_code, written.output) == (0, "")
    assert '<html lang="id">' in file.read_text(encoding="utf-8")
    assert "cara kerjanya" in file.read_text(encoding="utf-8")
    assert setia("terms", shop, "-l", "ms", "--page", "faq").output.startswith("# Kedai Setia: soal jawab\n")
    assert "is no day" in setia("terms", shop, "--on", "yesterday").output
    assert "cannot be written" in setia("terms", shop, "-o", tmp_path).output
