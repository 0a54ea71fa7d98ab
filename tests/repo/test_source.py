"""What every file of the source keeps to."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SOURCE = sorted((ROOT / "src").rglob("*.py"))


def test_a_source_file_is_no_longer_than_one_can_read() -> None:
    lengths = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in SOURCE}
    assert {name: length for name, length in lengths.items() if length > 600} == {}, "a room that wants a wall"


def test_a_source_file_says_what_it_is_about() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in SOURCE
        if (text := file.read_text(encoding="utf-8")).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


def test_nothing_is_called_after_nothing() -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "manager", "service", "base", "misc"}
    assert [str(file) for file in SOURCE if file.stem in vague or file.parent.name in vague] == []
