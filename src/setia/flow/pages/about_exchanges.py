"""Which units become which others, on what terms."""

from __future__ import annotations

from fractions import Fraction

from setia.flow.pages.document import Bullets, Section
from setia.flow.pages.writer import Writer
from setia.language.contracts import Exchange


def exchanges(writer: Writer) -> list[Section]:
    """Each exchange in a line; nothing where there are none."""
    lines = tuple(_terms(writer, exchange) for exchange in writer.programme.exchanges.values())
    return [Section("exchanges", writer.say("exchanges"), (Bullets(lines),))] if lines else []


def _terms(writer: Writer, exchange: Exchange) -> str:
    say, units = writer.say, writer.programme.units
    title = writer.speaker.title(exchange.title, exchange.name)
    gaps = {"title": title, "taken": _side(writer, exchange, exchange.take, exchange.taken)}
    found = [say("exchange", **gaps, given=_side(writer, exchange, exchange.give, exchange.given))]
    if exchange.fee:
        found.append(say("exchange.fee", fee=writer.speaker.of(exchange.fee, exchange.take)))
    if exchange.at_least is not None:
        found.append(say("exchange.least", least=_side(writer, exchange, exchange.take, exchange.at_least)))
    if exchange.limit is not None:
        most = _side(writer, exchange, exchange.take, exchange.limit.amount)
        found.append(say("limit.units", amount=most, window=writer.speaker.window(exchange.limit.window)))
    if exchange.cancel_within is not None:
        found.append(say("exchange.cancel", span=writer.speaker.span(exchange.cancel_within)))
    elif exchange.give in units:
        found.append(say("exchange.final"))
    else:
        found.append(say("exchange.gone"))
    return "; ".join(found) + "."


def _side(writer: Writer, exchange: Exchange, unit: str, amount: int) -> str:
    """So much of a unit, of a partner where it is that partner's own."""
    if unit in writer.programme.units:
        return writer.speaker.of(amount, unit)
    named = f"{writer.speaker.number(Fraction(amount))} {unit.replace('_', ' ')}"
    assert exchange.partner is not None, "a unit that is not the programme's is a partner's"
    return writer.say("exchange.of", amount=named, partner=writer.partner(exchange.partner))
