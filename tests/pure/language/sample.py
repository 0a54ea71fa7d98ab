"""Programmes that tests start from."""

from pathlib import Path

from setia.language.model import Programme
from setia.language.parse import load_programme

HERE = Path(__file__).parent
EVERYTHING = HERE / "good" / "everything.yaml"
GROCERY = HERE.parent.parent.parent / "examples" / "grocery-tiers" / "programme.yaml"
HEAD = "programme: shop\ncurrency: IDR\ntimezone: Asia/Jakarta\n"
EARN = "rules:\n  earn: {on: purchase.completed, give: {points: purchase.total / 1_000}}\n"


def load(text: str) -> Programme:
    """The programme of a text without errors."""
    loaded = load_programme(text)
    assert loaded.programme is not None, "\n".join(map(str, loaded.diagnostics))
    return loaded.programme


def everything() -> Programme:
    """The programme that uses every setting."""
    return load(EVERYTHING.read_text(encoding="utf-8"))


def codes(text: str) -> list[str]:
    """What is wrong with a text."""
    return [found.code for found in load_programme(text).diagnostics]


def unit(settings: str) -> str:
    """A programme whose unit has these settings."""
    return f"{HEAD}units:\n  points: {{{settings}}}\n{EARN}"
