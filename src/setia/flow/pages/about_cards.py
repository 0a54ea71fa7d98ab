"""Gift cards, and money that members put into their own wallet."""

from __future__ import annotations

from setia.flow.pages.document import Bullets, Section
from setia.flow.pages.writer import Writer
from setia.language.model import TopUp, Unit


def gift_cards(writer: Writer) -> list[Section]:
    """The terms of gift cards, and in which order things pay; nothing where neither is said."""
    lines = [*_cards(writer), *paying(writer)]
    return [Section("gift-cards", writer.say("cards"), (Bullets(tuple(lines)),))] if lines else []


def _cards(writer: Writer) -> list[str]:
    cards, say, speaker = writer.programme.gift_cards, writer.say, writer.speaker
    if cards is None:
        return []
    unit = writer.programme.units[cards.unit]
    found = [say("cards.unit", unit=speaker.unit(unit)), *_bounds(writer, "cards", cards.least, cards.most)]
    found.append(say(f"cards.reload.{cards.reload}"))
    found.append(say(f"cards.earns.{cards.earns}"))
    found.append(say(f"cards.by_units.{cards.by_units}"))
    return [*found, say("cards.refund", span=speaker.span(cards.refund_extends))]


def paying(writer: Writer) -> list[str]:
    """In which order things pay for a purchase; nothing where only one can."""
    programme, speaker = writer.programme, writer.speaker
    if len(programme.paid_with) < 2:
        return []
    names = [
        writer.say("cards.name") if name not in programme.units else speaker.unit(programme.units[name])
        for name in programme.paid_with
    ]
    return [writer.say("paid_with", names=speaker.listed(names))]


def top_up(writer: Writer, unit: Unit) -> list[str]:
    """How money is put into the wallet; nothing where it cannot be."""
    if unit.top_up is None:
        return []
    found: TopUp = unit.top_up
    said = [writer.say("top_up", unit=writer.speaker.unit(unit))]
    return [*said, *_bounds(writer, "top_up", found.least, found.most), writer.say(f"top_up.earns.{found.earns}")]


def _bounds(writer: Writer, what: str, least: int | None, most: int | None) -> list[str]:
    found = [] if least is None else [writer.say(f"{what}.least", money=writer.speaker.minor(least))]
    return found if most is None else [*found, writer.say(f"{what}.most", money=writer.speaker.minor(most))]
