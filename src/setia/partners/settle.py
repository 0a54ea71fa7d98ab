"""Settlement: from sums of entries to the statement of a month. Pure.

Every unit that a member has is a liability of the programme at the price of its lot. Its issuer owes that price when
its contract says so (``Owed``), and whoever takes the unit gets the price of its own contract. What is left in between
is the programme's margin. Quantities are steps of the unit, money is in minor units; what a partner owes is positive.

A statement is the difference between all that the book says by now and all that earlier statements have said. So what
is recorded late, after its month was closed, comes into the next statement as a line that names that month, and no
entry is ever settled twice or forgotten, whenever it was recorded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from setia.ledger.lots import Lot
from setia.ledger.plan import Entry
from setia.values.codes import Account
from setia.values.instants import local_date
from setia.values.stakes import NOBODY, PRICE_DECIMALS, Owed, Stake

A = Account
_GIVING: Final = (A.ISSUED, A.BUDGET, A.ADJUSTED, A.SOLD)
_TAKING_BACK: Final = (A.REVERSED, A.BUDGET, A.ADJUSTED, A.SOLD)
_SPENT: Final = (A.REDEEMED, A.DONATED)
_OWN: Final = (A.AVAILABLE, A.PENDING, A.HELD)


class LineKind(StrEnum):
    """What a line of a statement is about, in the order of the statement."""

    EARNED = "earned"  # members got units of the partner
    OVERDRAWN = "overdrawn"  # they got units beyond its pack: an invoice
    BURNED = "burned"  # units of the partner were spent, with whomever
    EXPIRED = "expired"
    REVERSED = "reversed"  # units of the partner were taken back before anybody had spent them
    REVERSED_SPENT = "reversed_spent"  # they had been spent: what the partner owed for them is taken off again
    REDEEMED = "redeemed"  # members spent units with the partner, whosever they were
    DISPUTE = "dispute"  # what was agreed after a complaint about an earlier statement


@dataclass(frozen=True, slots=True)
class Movement:
    """Entries that are alike, added up.

    ``month`` is that of their instant, "2026-03". ``lot``: the stake of the lot they moved, None where there is none.
    ``stake``: their own. ``is_new``: they made the lot.
    """

    month: str
    unit: str
    debit: Account
    credit: Account
    lot: Stake | None
    stake: Stake
    is_new: bool
    amount: int


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What a line is about. ``month``: of what happened. ``other``: with burned and redeemed, the other partner.

    ``price`` and ``owed`` are the terms that the units were earned or spent under. ``dispute`` is a number, or 0.
    """

    partner: str
    month: str
    kind: LineKind
    unit: str
    other: str = ""
    price: int = 0
    owed: Owed = Owed.WHEN_BURNED
    dispute: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a statement: how many units, and what the partner owes for them (negative: what it gets)."""

    key: Key
    quantity: int
    money: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """A dispute that was accepted: so much money of a line of ``month`` is given back. ``number`` counts disputes."""

    number: int
    partner: str
    month: str
    unit: str
    money: int


@dataclass(frozen=True, slots=True)
class Statement:
    """The settlement of a month. ``closed_at`` None: it is still open, and may change."""

    month: str
    lines: tuple[Line, ...]
    closed_at: dt.datetime | None = None
    closed_by: str = ""

    def partners(self) -> list[str]:
        """Everybody who has a line, by name."""
        return sorted({line.key.partner for line in self.lines})

    def balance(self, partner: str) -> int:
        """What the partner owes (negative: what it gets)."""
        return sum(line.money for line in self.lines if line.key.partner == partner)

    @property
    def margin(self) -> int:
        """What is left with the programme (negative: what it pays): with this line the statement nets to zero."""
        return sum(line.money for line in self.lines)


@dataclass(slots=True)
class Terms:
    """What is needed to price: decimals of each unit (those of past versions too) and of the currency."""

    decimals: Mapping[str, int]
    currency_decimals: int


@dataclass(slots=True)
class Liability:
    """What members have of one issuer: ``quantity`` by unit and price, and its ``money`` at these prices."""

    quantity: dict[tuple[str, int], int] = field(default_factory=dict)
    money: int = 0


def movements_of(entries: Iterable[Entry], lots: Mapping[int, Lot], zone: ZoneInfo) -> list[Movement]:
    """The entries of one member, added up; ``lots`` has all that they moved, by number."""
    sums: dict[Movement, int] = {}
    for entry in entries:
        if entry.debit in _OWN and entry.credit in _OWN:
            continue
        lot = None if entry.lot is None else lots[entry.lot].stake
        month = f"{local_date(entry.effective_at, zone):%Y-%m}"
        like = Movement(
            month, entry.unit, entry.debit, entry.credit, lot, entry.stake, entry.lot == entry.no, 0
        )  # fmt: skip
        sums[like] = sums.get(like, 0) + entry.amount
    return [replace(like, amount=amount) for like, amount in sums.items()]


def settle(
    month: str, movements: Iterable[Movement], closed: Iterable[Line], agreed: Iterable[Agreed], terms: Terms
) -> Statement:
    """The open statement of ``month``: all of ``movements`` and of what was ``agreed`` up to it, less what statements
    that are ``closed`` have settled."""
    totals: dict[Key, int] = {}
    for movement in movements:
        if movement.month <= month:
            for key, quantity in _lines(movement):
                totals[key] = totals.get(key, 0) + quantity
    money = {key: price(key, quantity, terms) for key, quantity in totals.items()}
    for item in agreed:
        key = Key(item.partner, item.month, LineKind.DISPUTE, item.unit, dispute=item.number)
        totals[key], money[key] = 0, -item.money
    for line in closed:
        totals[line.key] = totals.get(line.key, 0) - line.quantity
        money[line.key] = money.get(line.key, 0) - line.money
    order = list(LineKind)
    keys = sorted(totals, key=lambda key: (key.partner, key.month != month, key.month, order.index(key.kind), key))
    lines = (Line(key, totals[key], money[key]) for key in keys if totals[key] or money[key])
    return Statement(month, tuple(lines))


def price(key: Key, quantity: int, terms: Terms) -> int:
    """What a line comes to in minor units, halves away from zero: the one rounding of a statement."""
    exact = _factor(key.kind, key.owed) * quantity * key.price * 10**terms.currency_decimals
    over = 10 ** (PRICE_DECIMALS + terms.decimals.get(key.unit, 0))
    rounded: int = (2 * abs(exact) + over) // (2 * over)
    return rounded if exact > 0 else -rounded


def liability(movements: Iterable[Movement], terms: Terms) -> dict[str, Liability]:
    """What members have by issuer ("" is the programme itself), at the price of each lot, rounded once an issuer."""
    found: dict[str, Liability] = {}
    for movement in movements:
        lot = movement.lot
        change = (movement.credit in _OWN) - (movement.debit in _OWN)
        if lot is None or not change:
            continue
        quantity = found.setdefault(lot.partner, Liability()).quantity
        key = (movement.unit, lot.price)
        quantity[key] = quantity.get(key, 0) + change * movement.amount
    for one in found.values():
        one.quantity = {key: amount for key, amount in one.quantity.items() if amount}
        most = PRICE_DECIMALS + max((terms.decimals.get(unit, 0) for unit, _ in one.quantity), default=0)
        exact = sum(
            amount * each * 10 ** (most - PRICE_DECIMALS - terms.decimals.get(unit, 0))
            for (unit, each), amount in one.quantity.items()
        )
        over = 10**most
        one.money = (2 * exact * 10**terms.currency_decimals + over) // (2 * over)
    return {partner: one for partner, one in found.items() if one.quantity}


_EARNERS: Final = (Owed.WHEN_EARNED, Owed.WHEN_EARNED_UNLESS_EXPIRED)
_BURNERS: Final = (Owed.WHEN_BURNED, Owed.WHEN_BURNED_OR_EXPIRED)


def _factor(kind: LineKind, owed: Owed) -> int:
    """Whether a unit on a line of this kind is owed for (1), paid out (-1) or only told (0)."""
    if kind in (LineKind.EARNED, LineKind.REVERSED):
        return int(owed in _EARNERS)
    if kind is LineKind.BURNED:
        return int(owed in _BURNERS)
    if kind is LineKind.EXPIRED:
        return int(owed is Owed.WHEN_BURNED_OR_EXPIRED) - int(owed is Owed.WHEN_EARNED_UNLESS_EXPIRED)
    if kind is LineKind.REVERSED_SPENT:
        return int(owed is not Owed.PREPAID)
    return -1 if kind is LineKind.REDEEMED else 1


def _lines(movement: Movement) -> Iterator[tuple[Key, int]]:
    """What entries of a kind mean to the partners; what belongs to the programme itself is no line."""
    for kind, stake, other, quantity in _meaning(movement):
        if not stake.partner:
            continue
        if stake.owed is Owed.OVERDRAWN and kind in (LineKind.EARNED, LineKind.REVERSED, LineKind.REVERSED_SPENT):
            kind = LineKind.OVERDRAWN
        yield Key(stake.partner, movement.month, kind, movement.unit, other, stake.price, stake.owed), quantity


def _meaning(movement: Movement) -> Iterator[tuple[LineKind, Stake, str, int]]:
    debit, credit, stake, amount = movement.debit, movement.credit, movement.stake, movement.amount
    lot = movement.lot or stake
    if debit in _GIVING or (debit is A.EXCHANGED and movement.is_new):
        yield LineKind.EARNED, stake, "", amount
    if credit is A.DEBT:  # what repays a debt was spent before it was earned
        yield LineKind.BURNED, lot, "", amount
    if debit in _SPENT or credit in _SPENT or (A.EXCHANGED in (debit, credit) and not movement.is_new):
        spent = amount if credit in (*_SPENT, A.EXCHANGED) else -amount
        yield LineKind.BURNED, lot, stake.partner, spent
        yield LineKind.REDEEMED, stake, lot.partner, spent
    if A.EXPIRED in (debit, credit):
        yield LineKind.EXPIRED, lot, "", amount if credit is A.EXPIRED else -amount
    if credit in _TAKING_BACK:
        if movement.lot is None:
            yield LineKind.REVERSED_SPENT, stake, "", -amount
        elif stake in (NOBODY, lot):
            yield LineKind.REVERSED, lot, "", -amount
        else:  # units of somebody else stand in for what was spent
            yield LineKind.BURNED, lot, stake.partner, amount
            yield LineKind.REVERSED_SPENT, stake, lot.partner, -amount
