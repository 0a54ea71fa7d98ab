"""Worked examples, computed by the engine and told with its own arithmetic."""

from __future__ import annotations

from fractions import Fraction

from setia.flow.pages.about_tiers import title
from setia.flow.pages.document import Block, Bullets, Paragraph, Section, Table
from setia.flow.pages.probes import Played, play, shown
from setia.flow.pages.worked_goals import goal_examples
from setia.flow.pages.writer import Writer, sentence
from setia.flow.scenarios.part import last_day
from setia.ledger.lots import Lot
from setia.rules.trace import AmountTrace, RuleTrace
from setia.values.instants import local_date


def examples(writer: Writer) -> list[Section]:
    """An example for every rule on purchases that one can be found for, and one in every level."""
    programme = writer.programme
    found = [(rule, played) for rule in programme.rules.values() if (played := shown(programme, rule, writer.at))]
    sections: list[Section] = []
    seen: list[dict[str, object]] = []
    for rule, played in found:
        if played.activity.body in seen:
            continue  # the example of an earlier rule tells this one too
        seen.append(played.activity.body)
        sections.append(example(writer, f"example-{rule.name}", played))
    blocks: tuple[Block, ...] = (Paragraph(writer.say("example.intro")),)
    table = in_levels(writer, found[0][1]) if found else []
    sections += goal_examples(writer)
    if not sections:
        return []
    return [Section("examples", writer.say("examples"), (*blocks, *table), tuple(sections))]


def example(writer: Writer, anchor: str, played: Played) -> Section:
    """One purchase: what is to pay, what each rule gives and how, from when to when, and what a return takes back."""
    lines = [line for rule in played.explanation.rules if rule.outcome == "gave" for line in arithmetic(writer, rule)]
    totals = played.decision.result.totals
    if totals.get("total") != totals.get("gross") or totals.get("eligible") != totals.get("gross"):
        money = {name: writer.speaker.minor(totals.get(name, 0)) for name in ("total", "eligible")}
        lines.insert(0, writer.say("example.total", **money))
    lots = sorted(played.member.wallet.lots.values(), key=lambda lot: lot.no)
    lines += dict.fromkeys(dates(writer, lot) for lot in lots if lot.left)
    back = played.goes_back()
    if back:
        amounts = writer.speaker.listed(writer.speaker.of(amount, unit) for unit, amount in back.items())
        lines.append(writer.say("example.return", amount=amounts))
    return Section(anchor, heading(writer, played), (Bullets(tuple(lines)),))


def heading(writer: Writer, played: Played) -> str:
    """What was bought, when and how."""
    gross = writer.speaker.minor(played.decision.result.totals.get("gross", 0))
    words = []
    if played.wish.quantity > 1:
        words.append(writer.say("word.quantity", value=writer.speaker.number(played.wish.quantity)))
    for name, value in {**played.wish.line, **played.wish.top}.items():
        text = _said(writer, value)
        key = f"word.{name}" if name in ("channel", "category") else "word.other"
        gaps = {} if key != "word.other" else {"name": writer.speaker.word(name)}
        words.append(writer.say(key, value=text, **gaps))
    words += [writer.say("word.code", value=f"“{code}”") for code in played.wish.codes]
    at = writer.speaker.moment(played.activity.occurred_at)
    return writer.say("example.purchase", gross=gross, at=at, words="".join(words))


def _said(writer: Writer, value: object) -> str:
    if value is True:
        return writer.say("yes")
    return writer.speaker.number(value) if isinstance(value, Fraction) else f"“{value}”"


def arithmetic(writer: Writer, rule: RuleTrace) -> list[str]:
    """How what a rule gave came about."""
    name = sentence(writer.rule(rule.rule))
    said = [_amount(writer, name, rule.rule, amount) for amount in rule.amounts if amount.unit]
    said += [writer.say("example.reward", rule=name, reward=writer.reward(reward)) for reward in rule.rewards]
    return said


def _amount(writer: Writer, name: str, rule: str, amount: AmountTrace) -> str:
    given = writer.speaker.of(amount.given, amount.unit)
    formula = amount.formula
    if formula is None or not formula.inputs:
        return writer.say("example.reward", rule=name, reward=given)
    give = next(give for give in writer.programme.rules[rule].gives if give.unit == amount.unit)
    assert give.amount is not None
    told = writer.phrases.of(give.amount, formula.inputs)
    number, over = amount.exact
    result = writer.speaker.number(Fraction(number, over * 10 ** writer.programme.units[amount.unit].decimals))
    key = "example.cut" if amount.cuts else "example.rule"
    if told == result and not amount.cuts:
        return writer.say("example.reward", rule=name, reward=given)
    return writer.say(key, rule=name, formula=told, result=result, given=given)


def dates(writer: Writer, lot: Lot) -> str:
    """From when to when a lot can be used."""
    zone = writer.programme.zone
    gaps = {"amount": writer.speaker.of(lot.left, lot.unit)}
    gaps["start"] = writer.speaker.date(local_date(lot.activates_at or lot.earned_at, zone))
    if lot.expires_at is None:
        return writer.say("example.forever", **gaps)
    return writer.say("example.dates", end=writer.speaker.date(last_day(lot.expires_at, zone)), **gaps)


def in_levels(writer: Writer, played: Played) -> list[Table]:
    """The same purchase in each level; nothing without levels."""
    tiers, speaker, say = writer.programme.tiers, writer.speaker, writer.say
    if tiers is None or len(tiers.levels) < 2:
        return []
    gross = Fraction(played.decision.result.totals.get("gross", 0), 10**writer.programme.currency_decimals)
    rows = []
    for level in tiers.levels:
        again = play(writer.programme, played.wish, gross, played.activity.occurred_at, level.name)
        assert again is not None  # it could be played before
        totals = again.decision.result.totals
        got = [speaker.of(amount, unit) for unit, amount in again.wallet().items() if amount]
        discount = speaker.minor(totals.get("discount", 0))
        rows.append(
            (title(writer, level), discount, speaker.minor(totals.get("total", 0)), speaker.listed(got) or say("none"))
        )
    head = (say("tiers.level"), say("example.discount"), say("example.pay"), say("example.get"))
    return [Table(f"{say('example.levels')}: {speaker.money(gross)}", head, tuple(rows))]
