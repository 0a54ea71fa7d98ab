"""What members read in the examples is said in every language that the pages speak."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from setia.cli._diagnostics import load_good
from setia.flow.words import ACTIVITIES, LANGUAGES
from setia.language.contracts import Text

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
#: `behaviour` is a test bench, and nobody's members read it.
PROGRAMMES = sorted(path for path in EXAMPLES.glob("*/*.yaml") if path.parent.name != "behaviour")
#: What is called the same in every language: names of partners, and years.
NAMES = {"Sky Air", "Grand Hotels", "Harbour Pharmacy", "Garden Pharmacy", "Fuel One", "Travel Two", "Corner Café"}
YEARS = {"1998", "2008"}


def titles(value: Any, path: str) -> Iterator[tuple[str, Text]]:
    """Every title of a programme that members read, with where it stands."""
    if is_dataclass(value):
        for field in fields(value):
            inner = getattr(value, field.name)
            if field.name == "title" and inner and inner.get("") not in ACTIVITIES:
                yield path, inner
            yield from titles(inner, f"{path}.{field.name}")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from titles(inner, f"{path}.{key}")
    elif isinstance(value, tuple):
        for inner in value:
            yield from titles(inner, path)


@pytest.mark.parametrize("path", PROGRAMMES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_title_of_an_example_is_in_every_language(path: Path) -> None:
    _, programme = load_good(path)
    found = dict(titles(programme, path.parent.name))
    assert found
    bare = [where for where, text in found.items() if set(text) != set(LANGUAGES) and text.get("") not in NAMES | YEARS]
    assert not bare, f"give `title: {{en: …, id: …, ms: …}}` to {', '.join(bare)}"
