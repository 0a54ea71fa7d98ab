"""What can be had: every reward with its price, what it is, and its terms."""

from __future__ import annotations

from setia.flow.pages.about_rules import opening
from setia.flow.pages.document import Bullets, Section, Table
from setia.flow.pages.writer import Writer, sentence
from setia.language.model import Gives, Reward


def rewards(writer: Writer) -> list[Section]:
    """The rewards as a table, and what holds where several meet; nothing where there are none."""
    programme, say = writer.programme, writer.say
    if not programme.rewards:
        return []
    policy = programme.stacking
    keys = (policy.pick, policy.percent_of, policy.order, policy.no_effect)
    lines = [say(f"stack.{key}") for key in keys]
    for group in programme.groups.values():
        names = [reward.name for reward in programme.rewards.values() if reward.group == group.name]
        if names:
            listed = writer.speaker.listed(f"“{writer.reward(name)}”" for name in names)
            lines.append(say(f"group.{group.pick}", rules=listed))
    meeting = Section("stacking", say("stacking"), (Bullets(tuple(lines)),))
    return [Section("rewards", say("rewards"), (catalogue(writer),), (meeting,))]


def catalogue(writer: Writer) -> Table:
    """All rewards."""
    say = writer.say
    head = (say("reward"), say("reward.costs"), say("reward.gives"), say("reward.terms"))
    return Table(say("rewards.caption"), head, tuple(_row(writer, one) for one in writer.programme.rewards.values()))


def _row(writer: Writer, reward: Reward) -> tuple[str, ...]:
    name = sentence(writer.reward(reward.name))
    return name, price(writer, reward), given(writer, reward.gives), terms(writer, reward)


def price(writer: Writer, reward: Reward) -> str:
    """What it costs, or how else it is had."""
    say, speaker = writer.say, writer.speaker
    if not reward.costs:
        if reward.code is not None:
            return say("reward.code", code=reward.code)
        return say("reward.bearer") if reward.codes == "bearer" else say("reward.by_rule")
    costs = writer.costs(reward.costs)
    if reward.money:
        costs = say("reward.money", costs=costs, money=speaker.minor(reward.money))
    return costs if reward.per == 1 else say("reward.per", price=costs, count=speaker.number(reward.per))


def given(writer: Writer, gives: Gives) -> str:
    """What it is."""
    say, speaker = writer.say, writer.speaker
    found = _what(writer, gives)
    if gives.at_most is not None:
        found = say("gives.at_most", gives=found, money=speaker.minor(gives.at_most))
    if gives.lines is not None:
        found = say("gives.lines", gives=found, condition=writer.phrases.of(gives.lines))
    if gives.threshold is not None:
        found = say("gives.from", gives=found, money=speaker.minor(gives.threshold))
    return say("gives.keep_rest", gives=found) if gives.keep_rest else found


def _what(writer: Writer, gives: Gives) -> str:
    say, speaker = writer.say, writer.speaker
    if gives.product is not None:
        return say("gives.product", product=gives.product)
    if gives.product_where is not None:
        return say("gives.choice", condition=writer.phrases.of(gives.product_where))
    if gives.every is not None:
        return say("gives.cheapest", count=speaker.number(gives.every))
    if gives.choice:
        return say("gives.one_of", rewards=speaker.listed(map(writer.reward, gives.choice), either=True))
    if gives.kind == "badge" and gives.text is not None:
        return say("gives.badge", badge=writer.badge(gives.text))
    if gives.percent is not None:
        key = "gives.cash_percent" if gives.kind == "cash_back" else "gives.percent"
        return say(key, percent=speaker.percent(gives.percent))
    if gives.amount is not None:
        key = {"cash_back": "gives.cash_amount", "gift_card": "gives.gift_card"}.get(gives.kind, "gives.amount")
        return say(key, money=speaker.minor(gives.amount))
    if gives.kind == "delivery":
        return _delivery(writer, gives)
    return gives.text or say("none")


def _delivery(writer: Writer, gives: Gives) -> str:
    if gives.speed is None:
        return writer.say("gives.delivery")
    key = "gives.delivery.free_fast" if gives.is_free else "gives.delivery.fast"
    return writer.say(key, speed=writer.speaker.word(gives.speed))


def terms(writer: Writer, reward: Reward) -> str:
    """How many there are, how long they are valid, who may have them, when, how often."""
    say, speaker = writer.say, writer.speaker
    found = [say("reward.forever") if reward.valid is None else say("reward.valid", span=speaker.span(reward.valid))]
    if reward.pending is not None:
        found.append(say("reward.pending", span=speaker.span(reward.pending)))
    if reward.partner is not None:
        found.append(say("reward.partner", partner=writer.partner(reward.partner)))
    if reward.codes == "pool":
        found.append(say("reward.pool"))
    if reward.stock is not None:
        found.append(say("reward.stock", count=speaker.number(reward.stock)))
    if reward.when is not None:
        found.append(say("reward.when", condition=writer.phrases.of(reward.when)))
    if reward.limit is not None:
        found.append(writer.limit(reward.limit).rstrip("."))
    if reward.schedule is not None:
        found += [line.rstrip(".") for line in opening(writer, reward.schedule)]
    return "; ".join(found)
