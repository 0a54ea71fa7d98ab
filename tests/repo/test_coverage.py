"""Every row of what programmes can do is shown by a scenario, and the page that says which is up to date."""

from pathlib import Path

from setia.flow.scenarios.coverage import coverage, headings, rows_shown
from setia.flow.scenarios.rows import ELSEWHERE, ROWS

ROOT = Path(__file__).parent.parent.parent
#: Rows that no scenario shows yet: take each out as soon as one does.
NOT_YET = {
    "D6",
}


def test_the_page_is_what_the_scenarios_say() -> None:
    written = (ROOT / "docs" / "reference" / "coverage.md").read_text(encoding="utf-8")
    assert written == coverage(ROOT / "examples"), "run `make docs`"


def test_every_row_is_shown_by_a_scenario() -> None:
    missing = set(ROWS) - set(rows_shown(headings(ROOT / "examples"))) - set(ELSEWHERE)
    assert [test for test in ELSEWHERE.values() if not (ROOT / test).is_file()] == []
    assert sorted(missing - NOT_YET) == [], "no scenario shows these rows"
    assert sorted(NOT_YET - missing) == [], "a scenario shows these rows now: take them out of NOT_YET"


def test_every_scenario_of_an_example_shows_a_row() -> None:
    silent = [str(file.relative_to(ROOT)) for file, heading in headings(ROOT / "examples").items() if not heading.rows]
    assert silent == []
