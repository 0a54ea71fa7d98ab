"""What pays for a purchase once its price stands, what of it is money in another form, and to what a refund goes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final, Literal

from setia.language.gift_cards import GIFT_CARDS
from setia.language.model import Programme, Unit
from setia.rules.terms import expiry
from setia.values.activities import Body
from setia.values.card_codes import CARD_KIND, TOP_UP_KIND
from setia.values.codes import DeclineCode
from setia.values.outcomes import Award, CardMoney, Declined, Result

MONEY: Final = "money"
"""What is paid at the till itself, by whatever no tender of the purchase names."""
Policy = Literal["ratio", "last_first", "first_first"]


@dataclass(frozen=True, slots=True)
class Tender:
    """Something that pays ``steps`` of a purchase, each worth ``step`` minor units of money.

    ``name``: a unit, "gift_cards" (``card``: the card's wallet in hex, ``last``: of its code), a type of tender that
    the purchase names, or "money".
    """

    name: str
    steps: int
    step: Fraction = Fraction(1)
    card: str = ""
    last: str = ""
    is_named: bool = False  # by the purchase itself

    @property
    def worth(self) -> Fraction:
        """Its money, in minor units."""
        return self.steps * self.step


def top_up_unit(programme: Programme) -> Unit | None:
    """The unit that a line of kind ``top_up`` puts into the member's wallet."""
    return next((unit for unit in programme.units.values() if unit.top_up is not None), None)


def top_up(programme: Programme, body: Body) -> tuple[Unit, int] | None:
    """What a purchase puts into the member's wallet: the unit, and minor units of money."""
    unit = top_up_unit(programme)
    if unit is None:
        return None
    money = sum(line["amount"] for line in body["lines"] if line.get("kind") == TOP_UP_KIND)
    return (unit, money) if money > 0 else None


def sold_cards(programme: Programme, body: Body) -> list[CardMoney]:
    """The cards that a purchase sells, with what is put on each."""
    if programme.gift_cards is None:
        return []
    return [
        CardMoney(card["card"], card["last"], line["amount"] // len(line["gift_cards"]))
        for line in body["lines"]
        if line.get("kind") == CARD_KIND
        for card in line["gift_cards"]
    ]


def payable_with(programme: Programme, body: Body, total: int, tender: str, paid: dict[str, Fraction]) -> int:
    """How much of ``total`` a tender can pay after those that have ``paid``.

    What paid before and can pay for more is taken to have paid first for what this tender cannot.
    """
    outside = _reserved(programme, body, tender)
    left = Fraction(total - outside)
    if not outside:
        return max(int(left - sum(paid.values(), Fraction(0))), 0)
    for name, money in paid.items():
        beyond = max(min(money, Fraction(outside - _reserved(programme, body, name))), Fraction(0))
        outside -= int(beyond)
        left -= money - beyond
    return max(int(left), 0)


def _reserved(programme: Programme, body: Body, tender: str) -> int:
    """How much of a purchase ``tender`` cannot pay: money that is put into another form is paid with money.

    Units of the buyer's wallet may pay for gift cards where the programme says so.
    """
    cards, tops_up = programme.gift_cards, top_up_unit(programme) is not None
    total = 0
    for line in body["lines"] if tops_up or cards is not None else ():
        kind = line.get("kind")
        if (kind == TOP_UP_KIND and tops_up) or (
            kind == CARD_KIND and cards is not None and not (cards.by_units and tender not in (GIFT_CARDS, cards.unit))
        ):
            total += line["amount"] - line.get("discount", 0)
    return total


def sold_money(programme: Programme, body: Body) -> int:
    """Money that a purchase puts into another form: on gift cards, into the wallet."""
    return _reserved(programme, body, GIFT_CARDS)


def in_order(programme: Programme, names: Iterable[str]) -> list[str]:
    """``names`` of units in the order in which they pay; what cannot pay comes last and is refused later."""
    order = {name: number for number, name in enumerate(programme.paid_with)}
    return sorted(names, key=lambda name: order.get(name, len(order)))


def charge_cards(body: Body, facts: dict[str, Any], due: int, *, is_amendment: bool) -> list[CardMoney]:
    """What each card of the purchase pays of ``due``: in the order of the facts, as far as its money goes.

    Asked again, a card pays what it paid then, or less.
    """
    wanted = {card["card"]: card for card in body.get("gift_cards", ())}
    charged: list[CardMoney] = []
    for card, left, _ in facts.get("gc", ()):
        item = wanted[card]
        most = item.get("amount", max(left, 0))
        amount = max(min(most, due) if is_amendment or "amount" in item else min(most, left, due), 0)
        due -= amount
        charged.append(CardMoney(card, item["last"], amount))
    return charged


def note_money(result: Result, programme: Programme, body: Body, at: dt.datetime, cards: Iterable[CardMoney]) -> None:
    """Write down what pays from gift cards, and what is bought that is money itself: no rule has a say in it."""
    result.cards = [card for card in cards if card.amount]
    result.sold = sold_cards(programme, body)
    bought = top_up(programme, body)
    if bought is not None:
        unit, money = bought
        ends = expiry(programme, unit.expires, at, None)
        result.awards.append(Award(unit.name, money, "", None, ends, "", is_qualifying=False))


def short_card(programme: Programme, facts: dict[str, Any], result: Result) -> Declined | None:
    """A card that is to pay more than is on it, as a refusal."""
    left = {card: left for card, left, _ in facts.get("gc", ())}
    for card in result.cards:
        if card.amount > left[card.card]:
            assert programme.gift_cards is not None
            found = max(left[card.card], 0)
            data = {"unit": programme.gift_cards.unit, "wanted": card.amount, "found": found, "card": card.last}
            return Declined(DeclineCode.INSUFFICIENT_BALANCE, data)
    return None


def tenders_of(programme: Programme, body: Body, result: Result) -> list[Tender]:
    """What pays for a decided purchase, in the order in which it pays; money at the till is the rest."""
    found: list[Tender] = []
    spent: dict[str, int] = {}
    for take in result.takes:
        if take.reason == "payment":
            spent[take.unit] = spent.get(take.unit, 0) + take.amount
    for name in programme.paid_with:
        unit = programme.units.get(name)
        if name == GIFT_CARDS:
            found += [
                Tender(GIFT_CARDS, card.amount, card=card.card, last=card.last) for card in result.cards if card.amount
            ]
        elif unit is not None and unit.pays is not None and spent.get(name):
            found.append(Tender(name, spent[name], unit.pays.worth / 10**unit.decimals))
    found += [Tender(item["type"], item["amount"], is_named=True) for item in body.get("tenders", ())]
    rest = result.totals.get("payable", result.totals.get("total", 0))
    return [*found, Tender(MONEY, rest)] if rest else found


def split(tenders: list[Tender], amount: int, policy: Policy) -> list[int]:
    """How many steps of each tender go back when ``amount`` minor units of a purchase do.

    In proportion, what is left over by rounding down goes to where the largest fraction was cut off, so that the parts
    come to the amount to the cent, and in the end everything has gone back. A unit whose step is worth more than a
    cent goes back in whole steps, and money makes up for the rest.
    """
    worth = sum((tender.worth for tender in tenders), Fraction(0))
    if amount >= worth:
        return [tender.steps for tender in tenders]
    back = [0] * len(tenders)
    left = Fraction(amount)
    if policy == "ratio":
        exact = [tender.steps * Fraction(amount) / worth for tender in tenders]
        back = [int(steps) for steps in exact]
        left -= sum((steps * tender.step for steps, tender in zip(back, tenders, strict=True)), Fraction(0))
        # Of equal fractions the later tender's counts: money first.
        order = sorted(range(len(tenders)), key=lambda n: (back[n] - exact[n], -n))
        for number in (*order, *order):
            if left >= tenders[number].step and back[number] < tenders[number].steps and tenders[number].step == 1:
                back[number] += 1
                left -= 1
        order = [number for number in reversed(range(len(tenders))) if tenders[number].step == 1]
    else:
        order = list(range(len(tenders)))
        if policy == "last_first":
            order.reverse()
    for number in order:
        more = min(int(left / tenders[number].step), tenders[number].steps - back[number])
        back[number] += max(more, 0)
        left -= max(more, 0) * tenders[number].step
    return back


def less(body: Body, tenders: list[Tender], back: list[int]) -> Body:
    """``body`` paid with what is left of its tenders."""
    left = [replace(tender, steps=tender.steps - steps) for tender, steps in zip(tenders, back, strict=True)]
    out = dict(body)
    if body.get("spend"):
        steps = {tender.name: tender.steps for tender in left}
        out["spend"] = {unit: steps.get(unit, 0) for unit in body["spend"]}
    if body.get("gift_cards"):
        cards = {tender.card: tender.steps for tender in left if tender.card}
        out["gift_cards"] = [{**card, "amount": cards.get(card["card"], 0)} for card in body["gift_cards"]]
    if body.get("tenders"):
        named = [tender.steps for tender in left if tender.is_named]
        out["tenders"] = [{**item, "amount": steps} for item, steps in zip(body["tenders"], named, strict=True)]
    return out
