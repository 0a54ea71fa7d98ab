"""The JSON Schema for editors, and the page of diagnostics."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from setia.language import reference, schema
from setia.language.diagnostics import DiagnosticCode, Findings
from setia.language.expressions import Code
from setia.language.keys import KEYS
from setia.language.nodes import Mapping, Node, Scalar, read_nodes
from setia.language.words import is_number
from tests.pure.language.sample import EVERYTHING, GROCERY

ROOT = Path(__file__).parent.parent.parent.parent


def as_an_editor_reads(node: Node) -> Any:
    """The values of a file by the core schema of YAML 1.2, which editors use."""
    if isinstance(node, Mapping):
        return {name: as_an_editor_reads(entry.value) for name, entry in node.entries.items()}
    if not isinstance(node, Scalar):
        return [as_an_editor_reads(item) for item in node.items]
    if node.is_plain and node.text in ("", "true", "false"):
        return {"": None, "true": True, "false": False}[node.text]
    if node.is_plain and is_number(node.text) and "_" not in node.text:
        return float(node.text) if "." in node.text else int(node.text)
    return node.text


def read(text: str) -> Any:
    node = read_nodes(text, Findings("programme.yaml"))
    assert node is not None
    return as_an_editor_reads(node)


@pytest.fixture(scope="module")
def validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema.programme_schema())


def test_the_schema_in_the_package_is_fresh() -> None:
    message = "run `python -m setia.language.schema`"
    assert schema.FILE.read_text(encoding="utf-8") == schema.schema_text(), message


def test_every_setting_is_in_the_schema_and_explained() -> None:
    assert {kind: tuple(settings) for kind, settings in schema.SETTINGS.items()} == KEYS
    for settings in schema.SETTINGS.values():
        for meaning, _ in settings.values():
            assert meaning.endswith(".")
    for kind, required in schema.REQUIRED.items():
        assert set(required) <= set(KEYS[kind])


@pytest.mark.parametrize("path", [EVERYTHING, GROCERY], ids=["everything", "grocery"])
def test_the_schema_takes_what_the_parser_takes(path: Path, validator: jsonschema_rs.Draft202012Validator) -> None:
    found = [str(error) for error in validator.iter_errors(read(path.read_text(encoding="utf-8")))]
    assert found == []


@pytest.mark.parametrize("name", ["unknown_key", "missing_key", "wrong_shape", "bad_choice", "unknown_currency"])
def test_the_schema_refuses_what_is_wrong_in_form(name: str, validator: jsonschema_rs.Draft202012Validator) -> None:
    path = Path(__file__).parent / "bad" / f"{name}.yaml"
    assert not validator.is_valid(read(path.read_text(encoding="utf-8")))


def test_the_schema_is_written_where_the_package_looks_for_it() -> None:
    assert json.loads(schema.FILE.read_text(encoding="utf-8"))["title"] == "Setia programme"


@pytest.mark.parametrize(
    ("module", "text"),
    [("setia.language.schema", schema.schema_text()), ("setia.language.reference", reference.reference())],
)
def test_generated_files_are_written_where_one_says(
    module: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [module, str(tmp_path / "written")])
    monkeypatch.delitem(sys.modules, module)
    runpy.run_module(module, run_name="__main__")
    assert (tmp_path / "written").read_text(encoding="utf-8") == text


def test_the_page_of_diagnostics_is_fresh_and_complete() -> None:
    page = (ROOT / "docs" / "reference" / "diagnostics.md").read_text(encoding="utf-8")
    assert page == reference.reference(), "run `python -m setia.language.reference docs/reference/diagnostics.md`"
    for code in DiagnosticCode:
        assert f"| `{code}` | {reference.MEANINGS[code]} |" in page
    for problem in Code:
        assert f"- `expression.{problem}`" in page
    for heading, _ in reference.SECTIONS:
        assert f"## {heading}" in page
