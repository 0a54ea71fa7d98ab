"""What is collected: how it is counted, when it can be used, when it ends, what it pays, whether it can be sent."""

from __future__ import annotations

from fractions import Fraction

from setia.flow.pages.about_cards import top_up
from setia.flow.pages.document import Bullets, Section
from setia.flow.pages.writer import Writer, sentence
from setia.language.model import Unit


def units(writer: Writer) -> list[Section]:
    """A section for each unit."""
    return [
        Section(f"unit-{unit.name}", writer.say("unit.heading", unit=writer.speaker.unit(unit)),
                (Bullets((*counting(writer, unit), *life(writer, unit), *use(writer, unit))),))
        for unit in writer.programme.units.values()
    ]  # fmt: skip


def counting(writer: Writer, unit: Unit) -> list[str]:
    """How a unit is counted and bounded."""
    say, speaker = writer.say, writer.speaker
    name = speaker.unit(unit)
    if unit.decimals:
        said = say("unit.decimals", unit=name, step=speaker.number(Fraction(1, 10**unit.decimals)))
    else:
        said = say("unit.whole", unit=name)
    found = [sentence(said)]
    found.append(say(f"round.{unit.rounding.at.value}", how=say(f"round.{unit.rounding.mode.value}")))
    if unit.rounding.carry:
        found.append(say("round.carry"))
    if unit.at_most is not None:
        found.append(say("unit.at_most", amount=speaker.steps(unit.at_most, unit)))
    if unit.limit is not None:
        found.append(say("unit.limit", limit=writer.limit(unit.limit)))
    return found


def life(writer: Writer, unit: Unit) -> list[str]:
    """From when to when it can be used."""
    say, speaker = writer.say, writer.speaker
    found = [say("pending.none") if unit.pending is None else say("pending", span=speaker.span(unit.pending))]
    found += writer.expiry(unit.expires)
    if unit.remind is not None:
        found.append(say("unit.remind", span=speaker.span(unit.remind)))
    for pool in unit.pools.values():
        name = pool.name.replace("-", " ").replace("_", " ")
        found.append(say("pool", pool=name, expiry=" ".join(writer.expiry(pool.expires))))
        if pool.closed is not None:
            found.append(say("pool.closed", pool=name, span=speaker.span(pool.closed)))
    return found


def payment(writer: Writer, unit: Unit) -> list[str]:
    """What it pays of a purchase; nothing where it pays none."""
    if unit.pays is None:
        return []
    name = writer.speaker.unit(unit)
    worth = unit.pays.worth / 10**writer.programme.currency_decimals
    one = writer.speaker.counted(Fraction(1), unit)
    return [
        sentence(writer.say("pays", one=one, money=writer.speaker.money(worth))),
        sentence(writer.say(f"pays.earn.{unit.pays.earn_on_paid}", unit=name)),
        writer.say(f"pays.same.{unit.pays.same_order}"),
    ]


def sending(writer: Writer, unit: Unit) -> list[str]:
    """Whether and how it can be sent to another member."""
    say, speaker, transfer = writer.say, writer.speaker, unit.transfer
    if transfer is None:
        return [say("transfer.none")]
    found = [say("transfer", unit=speaker.unit(unit))]
    if transfer.lives is not None:
        found.append(say("transfer.lives", span=speaker.span(transfer.lives)))
    else:
        found.append(say(f"transfer.{transfer.expiry}"))
    if transfer.min_life is not None:
        found.append(say("transfer.min", span=speaker.span(transfer.min_life)))
    for key, quota in (("send", transfer.send), ("receive", transfer.receive)):
        if quota is not None:
            gaps = {"amount": speaker.steps(quota.amount, unit), "window": speaker.window(quota.window)}
            found.append(say(f"transfer.{key}", **gaps))
    return found


def use(writer: Writer, unit: Unit) -> list[str]:
    """What can be done with it."""
    return [*payment(writer, unit), *top_up(writer, unit), *sending(writer, unit)]
