"""Reading drops."""

import datetime as dt

from setia.language.model import ProductDrop
from setia.language.parse import load_programme
from setia.values.instants import Span, Step
from tests.pure.language.sample import EVERYTHING

HEAD = """\
programme: shop
currency: EUR
timezone: Europe/Berlin
units: {points: {}}
rules: {earn: {on: purchase.completed, give: {points: 1}}}
rewards:
  mug: {gives: {experience: A mug}, stock: 3}
"""


def codes(drops: str) -> list[str]:
    return [found.code for found in load_programme(f"{HEAD}drops: {{{drops}}}").diagnostics]


def test_a_drop_is_read_with_its_defaults_and_without_them() -> None:
    loaded = load_programme(HEAD + "drops: {mug: {reward: mug, opens: 2026-06-01 10:00, admit: 5}}")
    assert loaded.programme is not None
    minutes = Step.MINUTES
    assert loaded.programme.drops == {
        "mug": ProductDrop(
            "mug", {"": "mug"}, "mug", dt.datetime(2026, 6, 1, 8, tzinfo=dt.UTC), Span(30, minutes), 5,
            Span(1, minutes), Span(10, minutes), Span(5, minutes),
        )
    }  # fmt: skip
    everything = load_programme(EVERYTHING.read_text(encoding="utf-8")).programme
    assert everything is not None
    runner = everything.drops["runner"]
    assert (runner.lobby, runner.every, runner.pass_for, runner.hold) == (
        Span(45, minutes), Span(2, minutes), Span(8, minutes), Span(1, Step.HOURS),
    )  # fmt: skip


def test_what_is_wrong_with_a_drop_is_told() -> None:
    assert codes("mug: {reward: mug, opens: 2026-06-01, admit: 5}") == []
    assert codes("mug: {}") == ["missing_key", "missing_key", "missing_key"]
    assert codes("mug: {reward: cup, opens: 2026-06-01, admit: 5}") == ["unknown_reward"]
    assert codes("mug: {reward: mug, opens: 2026-06-01, admit: 5, pass: 2 days}") == ["bad_span"]
    twice = "a: {reward: mug, opens: 2026-06-01, admit: 5}, b: {reward: mug, opens: 2026-07-01, admit: 5}"
    assert codes(twice) == ["said_twice"]
