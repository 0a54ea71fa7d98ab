"""Questions and answers, and how it works: the same sentences as in the terms, in the order in which people ask."""

from __future__ import annotations

from setia.flow.pages.about_cards import gift_cards
from setia.flow.pages.about_contests import contests
from setia.flow.pages.about_drops import drops
from setia.flow.pages.about_games import draws, games
from setia.flow.pages.about_goals import badges, boards, challenges
from setia.flow.pages.about_partners import partners
from setia.flow.pages.about_plans import plans
from setia.flow.pages.about_referral import referral
from setia.flow.pages.about_rest import before_joining, returning
from setia.flow.pages.about_rewards import catalogue
from setia.flow.pages.about_rules import promise
from setia.flow.pages.about_tiers import benefits, ladder, lasting, measure_names, measured, needs, title
from setia.flow.pages.about_units import life, payment, sending
from setia.flow.pages.document import Block, Bullets, Document, Paragraph, Section
from setia.flow.pages.terms import opening, page_title
from setia.flow.pages.worked import examples
from setia.flow.pages.writer import Writer, sentence
from setia.language.model import Unit


def questions(writer: Writer) -> Document:
    """What members ask, answered."""
    say, programme = writer.say, writer.programme
    sections: list[Section] = []
    for unit in programme.units.values():
        sections += _of_unit(writer, unit)
    if programme.rewards:
        sections.append(Section("q-rewards", say("q.rewards"), (catalogue(writer),)))
    if programme.tiers is not None:
        sections += _of_tiers(writer)
    for key, about in (("q.challenges", challenges), ("q.badges", badges), ("q.boards", boards)):
        sections += [Section(found.anchor, say(key), found.blocks, found.sections) for found in about(writer)]
    sections += [Section("q-cards", say("q.cards"), found.blocks) for found in gift_cards(writer)]
    sections += [Section("q-partners", say("q.partners"), found.blocks) for found in partners(writer)]
    sections += [Section("q-draws", say("q.draws"), found.blocks, found.sections) for found in draws(writer)]
    sections += [Section("q-contests", say("q.contests"), found.blocks, found.sections) for found in contests(writer)]
    sections += [Section("q-games", say("q.games"), found.blocks, found.sections) for found in games(writer)]
    sections += [Section("q-friends", say("q.friends"), found.blocks, found.sections) for found in referral(writer)]
    sections += drops(writer)
    sections += [Section("q-plans", say("q.plans"), found.blocks, found.sections) for found in plans(writer)]
    sections.append(Section("q-return", say("q.return"), (Bullets(tuple(returning(writer))),)))
    sections.append(Section("q-before", say("q.before"), (Paragraph(before_joining(writer)),)))
    sections += [Section("q-example", say("q.example"), found.blocks, found.sections[:3]) for found in examples(writer)]
    return Document(writer.speaker.language, page_title(writer, "faq"), opening(writer), tuple(sections))


def _of_unit(writer: Writer, unit: Unit) -> list[Section]:
    name = writer.speaker.unit(unit)
    rules = [rule for rule in writer.ways if any(give.unit == unit.name for give in rule.gives)]
    found: list[Section] = []
    if rules:
        inner = tuple(
            Section(f"q-earn-{unit.name}-{rule.name}", sentence(writer.rule(rule.name)),
                    (Bullets(tuple(promise(writer, rule))),))
            for rule in rules
        )  # fmt: skip
        found.append(Section(f"q-earn-{unit.name}", writer.say("q.earn", unit=name), (), inner))
    found.append(Section(f"q-when-{unit.name}", writer.say("q.when", unit=name), (Bullets(tuple(life(writer, unit))),)))
    if unit.pays is not None:
        pays = Bullets(tuple(payment(writer, unit)))
        found.append(Section(f"q-pay-{unit.name}", writer.say("q.pay", unit=name), (pays,)))
    sends = Bullets(tuple(sending(writer, unit)))
    return [*found, Section(f"q-send-{unit.name}", writer.say("q.send", unit=name), (sends,))]


def _of_tiers(writer: Writer) -> list[Section]:
    tiers = writer.programme.tiers
    assert tiers is not None
    found: list[Section] = []
    for level in tiers.levels:
        gaps = {"benefits": benefits(writer, level)}
        if level.rank:
            measure = measure_names(writer, tiers)
            answer = writer.say("a.level", measure=measure, start=needs(writer, tiers, level), **gaps)
        else:
            answer = writer.say("a.level.first", **gaps)
        question = writer.say("q.level", level=title(writer, level))
        found.append(Section(f"q-level-{level.name}", question, (Paragraph(answer),)))
    return [*found, Section("q-lose", writer.say("q.lose"), (Bullets(tuple(lasting(writer, tiers))),))]


def how_it_works(writer: Writer) -> Document:
    """The programme in a few steps."""
    say, speaker, programme = writer.say, writer.speaker, writer.programme
    name = speaker.title(programme.title, programme.name)
    units = speaker.listed(speaker.unit(unit) for unit in programme.units.values())
    joining = Section("join", say("how.join"), (Paragraph(say("how.join.text", programme=name)),))
    ways = Bullets(tuple(_way(writer, rule.name) for rule in writer.ways))
    sections = [joining, Section("collect", say("how.earn", units=units), (ways,))]
    uses: list[Block] = []
    if programme.rewards:
        uses.append(catalogue(writer))
    pays = [line for unit in programme.units.values() for line in payment(writer, unit)]
    if pays:
        uses.append(Bullets(tuple(pays)))
    uses.append(Bullets(tuple(_life(writer, unit) for unit in programme.units.values())))
    sections.append(Section("use", say("how.use"), tuple(uses)))
    if programme.tiers is not None:
        blocks = (Paragraph(measured(writer, programme.tiers)), ladder(writer, programme.tiers))
        sections.append(Section("rise", say("how.rise"), blocks))
    last = (*challenges(writer), *boards(writer), *plans(writer), *examples(writer))
    return Document(speaker.language, page_title(writer, "how"), opening(writer), (*sections, *last))


def _way(writer: Writer, name: str) -> str:
    rule = writer.programme.rules[name]
    given = writer.speaker.listed(writer.give(give) for give in rule.gives)
    when = "" if rule.when is None else " " + writer.say("rule.when", condition=writer.phrases.of(rule.when))
    return f"{sentence(writer.rule(name))}. {writer.say('rule.gives', gives=given)}{when}" if given else sentence(
        writer.rule(name)
    )  # fmt: skip


def _life(writer: Writer, unit: Unit) -> str:
    return f"{sentence(writer.speaker.unit(unit))}: {' '.join(life(writer, unit))}"
