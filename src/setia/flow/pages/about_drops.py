"""Scarce rewards that come out at a moment: how the line in front of them works."""

from __future__ import annotations

from setia.flow.pages.document import Bullets, Section
from setia.flow.pages.writer import Writer, sentence
from setia.language.model import ProductDrop


def drops(writer: Writer) -> list[Section]:
    """A section for each drop; nothing where there are none."""
    found = tuple(
        Section(f"drop-{drop.name}", sentence(writer.speaker.title(drop.title, drop.name)),
                (Bullets(tuple(waiting(writer, drop))),))
        for drop in writer.programme.drops.values()
    )  # fmt: skip
    return [Section("drops", writer.say("drops"), (), found)] if found else []


def waiting(writer: Writer, drop: ProductDrop) -> list[str]:
    """When it opens, how the line is formed, and how long a turn lasts."""
    say, speaker = writer.say, writer.speaker
    return [
        say("drop.opens", reward=writer.reward(drop.reward), at=speaker.moment(drop.opens)),
        say("drop.lobby", span=speaker.span(drop.lobby)),
        say("drop.admit", count=speaker.number(drop.admit), span=speaker.span(drop.every)),
        say("drop.pass", span=speaker.span(drop.pass_for)),
        say("drop.hold", span=speaker.span(drop.hold)),
    ]
