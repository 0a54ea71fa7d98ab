"""The levels: how they are reached, what they bring, how long they last."""

from __future__ import annotations

from fractions import Fraction

from setia.flow.pages.document import Bullets, Section, Table
from setia.flow.pages.writer import Writer
from setia.language.benefits import Benefits, BenefitValue, Delivery
from setia.language.model import Level, Measure, Tiers


def tiers(writer: Writer) -> list[Section]:
    """The ladder as a table, and its terms; nothing where there is none."""
    found = writer.programme.tiers
    if found is None:
        return []
    terms = Bullets((measured(writer, found), *lasting(writer, found)))
    return [Section("levels", writer.say("tiers"), (ladder(writer, found), terms))]


def ladder(writer: Writer, found: Tiers) -> Table:
    """The levels with what they ask for and bring."""
    say = writer.say
    head = (say("tiers.level"), say("tiers.from"), say("tiers.benefits"))
    rows = tuple((title(writer, level), needs(writer, found, level), benefits(writer, level)) for level in found.levels)
    return Table(say("tiers.caption"), head, rows)


def title(writer: Writer, level: Level) -> str:
    """What a level is called."""
    name = writer.speaker.title(level.title, level.name)
    return name[:1].upper() + name[1:]


def measured(writer: Writer, found: Tiers) -> str:
    """What decides the level."""
    if found.unit is not None:
        return writer.say("tiers.unit", unit=writer.speaker.unit(writer.programme.units[found.unit]))
    return writer.say("tiers.metrics", names=measure_names(writer, found))


def measure_names(writer: Writer, found: Tiers) -> str:
    """The names of what a ladder measures."""
    if found.unit is not None:
        return writer.speaker.unit(writer.programme.units[found.unit])
    return writer.speaker.listed(f"“{writer.metric(name)}”" for name in found.metrics)


def needs(writer: Writer, found: Tiers, level: Level) -> str:
    """What a level asks for: all of a way, and any of the ways."""
    return writer.speaker.listed((_way(writer, found, need) for need in level.needs), either=True)


def _way(writer: Writer, found: Tiers, need: Measure) -> str:
    if found.unit is not None:
        return writer.speaker.of(need[0], found.unit)
    said = []
    for name, value in zip(found.metrics, need, strict=True):
        text = metric_value(writer, name, value)
        if len(found.metrics) == 1:
            return text
        if value:
            said.append(writer.say("need", value=text, name=writer.metric(name)))
    return writer.speaker.listed(said) if said else writer.speaker.number(0)


def metric_value(writer: Writer, name: str, value: int) -> str:
    """What a metric stands at or has to reach, from its steps."""
    metric = writer.programme.metrics[name]
    if writer.phrases.is_money(name):
        return writer.speaker.minor(value)
    if metric.unit is not None:
        return writer.speaker.of(value, metric.unit)
    return writer.speaker.number(Fraction(value, 10**metric.decimals))


def benefits(writer: Writer, level: Level) -> str:
    """What a level brings."""
    found = benefit_lines(writer, level.delivery, level.benefits)
    if level.discount:
        found.insert(0, writer.say("benefit.discount", percent=writer.speaker.percent(level.discount)))
    return "; ".join(found) or writer.say("none")


def benefit_lines(writer: Writer, delivery: Delivery | None, others: Benefits) -> list[str]:
    """What a level or a plan brings beside discounts."""
    say, speaker = writer.say, writer.speaker
    found: list[str] = []
    if delivery is not None:
        start = delivery.free_from
        if start is not None:
            found.append(say("benefit.delivery.from", money=speaker.minor(start)) if start else say("benefit.delivery"))
        if delivery.speed != "standard":
            found.append(say("benefit.speed", speed=speaker.word(delivery.speed)))
    return [*found, *(f"{speaker.word(name)}: {_benefit(writer, value)}" for name, value in others.items())]


def _benefit(writer: Writer, value: BenefitValue) -> str:
    if isinstance(value, bool):
        return writer.say("yes" if value else "no")
    if isinstance(value, Fraction):
        return writer.speaker.number(value)
    if isinstance(value, str):
        return writer.speaker.word(value)
    return writer.speaker.listed(writer.speaker.word(item) for item in value)


def lasting(writer: Writer, found: Tiers) -> list[str]:
    """How long a level is kept, and what happens then."""
    say, speaker, keep, drop = writer.say, writer.speaker, found.keep, found.drop
    if keep.kind == "span":
        assert keep.span is not None
        lines = [say("keep.span", span=speaker.span(keep.span))]
    else:
        lines = [say(f"keep.{keep.kind}")]
    if keep.plus is not None:
        lines.append(say("keep.plus", span=speaker.span(keep.plus)))
    if keep.kind != "while_reached":
        lines.append(say(f"drop.{drop.by}"))
    if drop.grace is not None:
        lines.append(say("drop.grace", span=speaker.span(drop.grace)))
    if drop.notice is not None:
        lines.append(say("drop.notice", span=speaker.span(drop.notice)))
    return [*lines, say(f"tiers.{found.refunds}")]
