"""The table of problems is whole: every fault is in it, translated, documented, and met by some test."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import setia
from setia.api import problems
from setia.api.kinds import ELSEWHERE, FAULTS, KINDS, LANGUAGES
from setia.values.faults import Conflict, Fault
from tests.api.conftest import Api

ROOT = Path(__file__).parent.parent.parent


def _faults() -> dict[str, type[Fault]]:
    """Every kind of fault in the package, by its code."""
    for module in pkgutil.walk_packages(setia.__path__, "setia."):
        if not module.name.startswith(("setia.cli.", "setia.connectors.", "setia.migrations.")):
            importlib.import_module(module.name)
    found: dict[str, type[Fault]] = {}
    waiting: list[type[Fault]] = [Fault]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if not kind.__module__.startswith(("setia.cli", "setia.connectors", "tests")):
            found[kind.code] = kind
    return found


def test_every_fault_has_a_row_in_the_table_or_is_met_by_commands_only() -> None:
    # A pause refuses whole calls; of history that is taken in for a pause that is over, each activity for itself.
    assert set(_faults()) - ELSEWHERE - {"programme_paused"} == set(FAULTS)


@pytest.mark.parametrize("code", sorted(KINDS))
def test_a_problem_is_translated_and_explained(code: str) -> None:
    kind = KINDS[code]
    assert 400 <= kind.status < 600
    assert all(kind.title(language) for language in LANGUAGES)
    assert kind.title("en") != kind.title("id")
    assert kind.meaning.endswith((".", "`).", "`")), code
    assert kind.remedy.endswith((".", "`", "`.")), code


def test_the_page_of_problems_is_what_the_table_says() -> None:
    written = (ROOT / "docs" / "reference" / "problems.md").read_text(encoding="utf-8")
    assert written == problems.reference(), "run `python -m setia.api.problems > docs/reference/problems.md`"


def test_every_code_is_met_by_a_test() -> None:
    met: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        met |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        met |= {node.attr.lower() for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert set(KINDS) - met == set()


async def test_titles_come_in_the_language_that_is_asked_for(api: Api) -> None:
    wanted = {"": "en", "id-ID,id;q=0.9,en;q=0.5": "id", "de, ms;q=0.8, en;q=0.2": "ms", "in": "id", "en;q=x": "en"}
    for accepted, language in wanted.items():
        answer = await api.call("", "GET", "/v1/member/balance", headers={"Accept-Language": accepted})
        assert answer.json()["title"] == KINDS["key_missing"].title(language)


def test_a_conflict_without_a_name_of_its_own_is_a_conflict() -> None:
    body = problems.of_fault(Conflict("it is there already", what="thing"))
    assert (body["status"], body["code"], body["data"]) == (409, "conflict", {"what": "thing"})


async def test_every_problem_has_a_page_and_an_unknown_one_has_none(api: Api) -> None:
    assert "insufficient_balance" in (await api.call("", "GET", "/problems/insufficient_balance")).text
    assert (await api.call("", "GET", "/problems/nonsense")).status_code == 404
