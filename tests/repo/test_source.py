"""What every file of the source keeps to."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCE = sorted((ROOT / "src").rglob("*.py"))


@pytest.mark.parametrize("file", SOURCE, ids=lambda file: str(file.relative_to(ROOT / "src" / "setia")))
def test_a_source_file_is_short_and_says_what_it_is_about(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 600, "a room that wants a wall: split it"
    assert not text.strip() or ast.get_docstring(ast.parse(text)), "the first line should say what it is about"


def test_nothing_is_called_after_nothing() -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "manager", "service", "base", "misc"}
    assert [str(file) for file in SOURCE if file.stem in vague or file.parent.name in vague] == []
