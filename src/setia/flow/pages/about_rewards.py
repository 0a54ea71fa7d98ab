"""What can be had: every reward with its price, what it is, and its terms."""

from __future__ import annotations

from setia.flow.pages.document import Section, Table
from setia.flow.pages.writer import Writer, sentence
from setia.language.model import Gives, Reward


def rewards(writer: Writer) -> list[Section]:
    """The rewards as a table; nothing where there are none."""
    if not writer.programme.rewards:
        return []
    return [Section("rewards", writer.say("rewards"), (catalogue(writer),))]


def catalogue(writer: Writer) -> Table:
    """All rewards."""
    say = writer.say
    head = (say("reward"), say("reward.costs"), say("reward.gives"), say("reward.terms"))
    rows = tuple(
        (
            sentence(writer.reward(reward.name)),
            price(writer, reward),
            given(writer, reward.gives),
            terms(writer, reward),
        )
        for reward in writer.programme.rewards.values()
    )
    return Table(say("rewards.caption"), head, rows)


def _row(writer: Writer, reward: Reward) -> tuple[str, ...]:
    name = sentence(writer.reward(reward.name))
    return name, price(writer, reward), given(writer, reward.gives), terms(writer, reward)


def price(writer: Writer, reward: Reward) -> str:
    """What it costs."""
    if not reward.costs:
        return writer.say("reward.by_rule")
    costs = writer.costs(reward.costs)
    return costs if reward.per == 1 else writer.say("reward.per", price=costs, count=writer.speaker.number(reward.per))


def given(writer: Writer, gives: Gives) -> str:
    """What it is."""
    say, speaker = writer.say, writer.speaker
    if gives.product is not None:
        found = say("gives.product", product=gives.product)
    elif gives.product_where is not None:
        found = say("gives.choice", condition=writer.phrases.of(gives.product_where))
    elif gives.percent is not None:
        found = say("gives.percent", percent=speaker.percent(gives.percent))
    elif gives.amount is not None:
        found = say("gives.amount", money=speaker.minor(gives.amount))
    elif gives.kind == "delivery":
        found = say("gives.delivery")
    else:
        found = gives.text or ""
    return found if gives.at_most is None else say("gives.at_most", gives=found, money=speaker.minor(gives.at_most))


def terms(writer: Writer, reward: Reward) -> str:
    """How many there are, how long they are valid, who may have them, how often."""
    say, speaker = writer.say, writer.speaker
    found = [say("reward.forever") if reward.valid is None else say("reward.valid", span=speaker.span(reward.valid))]
    if reward.stock is not None:
        found.append(say("reward.stock", count=speaker.number(reward.stock)))
    if reward.when is not None:
        found.append(say("reward.when", condition=writer.phrases.of(reward.when)))
    if reward.limit is not None:
        found.append(writer.limit(reward.limit).rstrip("."))
    return "; ".join(found)
