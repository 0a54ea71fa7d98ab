"""The ways to earn: what counts, what is measured, and each rule with its conditions and limits."""

from __future__ import annotations

from setia.flow.pages.document import Block, Bullets, Paragraph, Section
from setia.flow.pages.writer import Writer, sentence
from setia.language.model import Metric, Rule, Schedule
from setia.values.instants import Span, Step

_DAY = 24 * 60


def earning(writer: Writer) -> Section:
    """What earns, with a section for each rule."""
    programme, say = writer.programme, writer.say
    if programme.eligible is None:
        counts = say("eligible.all")
    else:
        counts = say("eligible", condition=writer.phrases.of(programme.eligible))
    blocks: list[Block] = [Paragraph(counts)]
    fields = [writer.speaker.word(name) for name in programme.member_fields]
    if fields:
        blocks.append(Paragraph(say("fields", fields=writer.speaker.listed(fields))))
    groups = [
        say(f"group.{group.pick}", rules=writer.speaker.listed(f"“{writer.rule(name)}”" for name in names))
        for group in programme.groups.values()
        if (names := [rule.name for rule in programme.rules.values() if rule.group == group.name])
    ]
    if groups:
        blocks.append(Bullets(tuple(groups)))
    sections = [
        Section(f"rule-{rule.name}", sentence(writer.rule(rule.name)), (Bullets(tuple(promise(writer, rule))),))
        for rule in writer.ways
    ]
    return Section("earning", say("earning"), tuple(blocks), tuple(sections))


def promise(writer: Writer, rule: Rule) -> list[str]:
    """All that a rule promises."""
    say, speaker, phrases = writer.say, writer.speaker, writer.phrases
    found = [say("rule.on", activities=writer.activities(rule.on))]
    if rule.lines is not None:
        found.append(say("rule.lines", condition=phrases.of(rule.lines)))
    if rule.when is not None:
        found.append(say("rule.when", condition=phrases.of(rule.when)))
    if rule.gives:
        found.append(say("rule.gives", gives=speaker.listed(writer.give(give) for give in rule.gives)))
    if rule.takes:
        found.append(say("rule.takes", takes=speaker.listed(writer.give(take) for take in rule.takes)))
    if rule.chance is not None:
        found.append(say("rule.chance", percent=speaker.percent(rule.chance)))
    found += [say("rule.limit", limit=writer.limit(limit)) for limit in rule.limits]
    if rule.budget is not None:
        found.append(say("rule.budget", limit=writer.budget(rule.budget)))
    if rule.schedule is not None:
        found += opening(writer, rule.schedule)
    if rule.pending == "none":
        found.append(say("rule.pending.none"))
    elif rule.pending is not None:
        found.append(say("rule.pending", span=speaker.span(rule.pending)))
    if rule.expires is not None:
        found.append(say("rule.expires", expiry=" ".join(writer.expiry(rule.expires))))
    if rule.pool is not None:
        found.append(say("rule.pool", pool=rule.pool.replace("-", " ").replace("_", " ")))
    if rule.issuer:
        found.append(say("rule.issuer", partner=writer.partner(rule.issuer)))
    if not rule.is_qualifying and any(give.unit for give in rule.gives) and writer.has_qualifying:
        found.append(say("rule.qualifying.False"))
    if rule.in_order:
        found.append(say("rule.in_order"))
    return found


def opening(writer: Writer, schedule: Schedule) -> list[str]:
    """When a rule is open."""
    say, speaker = writer.say, writer.speaker
    found: list[str] = []
    if schedule.start is not None:
        found.append(say("schedule.from", at=speaker.moment(schedule.start)))
    if schedule.end is not None:
        found.append(say("schedule.until", at=speaker.moment(schedule.end)))
    if schedule.weekdays:
        found.append(
            say("schedule.days", days=speaker.listed(speaker.weekday(day) for day in sorted(schedule.weekdays)))
        )
    if schedule.hours:
        hours = [f"{speaker.minutes(start)}–{speaker.minutes(end or _DAY)}" for start, end in schedule.hours]
        found.append(say("schedule.hours", hours=speaker.listed(hours)))
    return found


def measures(writer: Writer) -> list[Section]:
    """What is counted for a member; nothing where nothing is."""
    metrics = [metric for metric in writer.programme.metrics.values() if not metric.goal]
    lines = tuple(measure(writer, metric) for metric in metrics)
    return [Section("measures", writer.say("metrics"), (Bullets(lines),))] if lines else []


def measure(writer: Writer, metric: Metric) -> str:
    """What one metric counts."""
    say, speaker = writer.say, writer.speaker
    gaps = {"name": writer.metric(metric.name), "window": speaker.window(metric.window)}
    if metric.kind == "earned":
        assert metric.unit is not None
        gaps["unit"] = speaker.unit(writer.programme.units[metric.unit])
    else:
        gaps["activities"] = writer.activities(metric.on)
    if metric.amount is not None:
        gaps["amount"] = writer.phrases.of(metric.amount)
    return " ".join([say(f"metric.{metric.kind}", **gaps), *measured_how(writer, metric)])


def measured_how(writer: Writer, metric: Metric) -> list[str]:
    """Under which condition it counts, what is counted apart, and how many days may be missed."""
    say, speaker = writer.say, writer.speaker
    found = [] if metric.when is None else [say("metric.when", condition=writer.phrases.of(metric.when))]
    if metric.by is not None:
        found.append(say("metric.by", field=writer.phrases.name(metric.by)))
    if metric.freeze is not None:
        days = speaker.span(Span(metric.freeze.times, Step.DAYS))
        found.append(say("metric.freeze", days=days, span=speaker.span(metric.freeze.every)))
    return found
