"""Closing a month: what is outstanding, what it costs, and the journal that leads from one balance to the next. Pure.

Units are counted in steps, money in minor units. What a unit costs is exact until the one rounding: the value of all
that is outstanding is cut off to minor units, and the lines between two balances share the rest by largest remainder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from setia.values.codes import MEMBER_ACCOUNTS, Account

LIABILITY: Final = "liability"
BREAKAGE: Final = "breakage"
OPENING: Final = "opening"
REVALUED: Final = "revalued"
COUNTER: Final[Mapping[str, str]] = {
    OPENING: "opening_balance",
    "issued": "deferred_revenue",
    "sold": "cash",
    "redeemed": "revenue",
    "expired": "breakage_income",
    "reversed": "deferred_revenue",
    "adjusted": "goodwill",
    "transferred": "transfers",
    "exchanged": "exchanges",
    "donated": "charity_payable",
    REVALUED: "revaluation",
    BREAKAGE: "breakage_income",
}
"""Movement → the account that stands against the liability; of an earlier period it is ``PRIOR``."""
PRIOR: Final = "prior_period"
_MOVEMENTS: Final[Mapping[Account, str]] = {
    Account.ISSUED: "issued",
    Account.BUDGET: "issued",
    Account.SOLD: "sold",
    Account.REDEEMED: "redeemed",
    Account.EXPIRED: "expired",
    Account.REVERSED: "reversed",
    Account.ADJUSTED: "adjusted",
    Account.TRANSFERRED: "transferred",
    Account.EXCHANGED: "exchanged",
    Account.DONATED: "donated",
}
ACCOUNTS: Final = tuple(sorted({LIABILITY, PRIOR, *COUNTER.values()}))


@dataclass(frozen=True, slots=True)
class Moved:
    """So many ``steps`` (signed) came into an account. ``price``: minor units a step that the issuer of the lot owes;
    None: what the unit is worth. ``is_prior``: they belong to a time that was closed before."""

    unit: str
    account: Account
    price: Fraction | None
    steps: int
    is_prior: bool = False


@dataclass(frozen=True, slots=True)
class Rates:
    """Of a unit: minor units of money a step, and the share that is never expected to be redeemed."""

    worth: Fraction
    breakage: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Line:
    """What changed the liability of a unit. ``money`` is positive where it rises; ``debit`` and ``credit`` say how its
    amount is booked."""

    movement: str
    is_prior: bool
    steps: int
    money: int

    @property
    def counter(self) -> str:
        """The account against which it is booked."""
        return PRIOR if self.is_prior else COUNTER[self.movement]

    @property
    def debit(self) -> str:
        """The account that is debited with the amount of ``money``."""
        return self.counter if self.money > 0 else LIABILITY

    @property
    def credit(self) -> str:
        """The account that is credited."""
        return LIABILITY if self.money > 0 else self.counter


@dataclass(frozen=True, slots=True)
class UnitClosed:
    """A unit at the end of a month. ``opening`` and ``closing`` in steps; money gross of breakage."""

    unit: str
    rates: Rates
    opening: int
    closing: int
    opening_money: int
    closing_money: int
    opening_breakage: int
    breakage: int
    lines: tuple[Line, ...] = ()

    @property
    def liability(self) -> int:
        """What stands in the general ledger: the value of all that is outstanding, less breakage."""
        return self.closing_money - self.breakage


@dataclass(slots=True)
class _Sums:
    steps: dict[tuple[str, bool], int] = field(default_factory=dict)
    money: dict[tuple[str, bool], Fraction] = field(default_factory=dict)

    def add(self, key: tuple[str, bool], steps: int, money: Fraction) -> None:
        self.steps[key] = self.steps.get(key, 0) + steps
        self.money[key] = self.money.get(key, Fraction(0)) + money


def close_unit(
    unit: str,
    rates: Rates,
    opening: Iterable[Moved],
    moved: Iterable[Moved],
    before: UnitClosed | None,
) -> UnitClosed:
    """Close ``unit``. ``opening``: what was outstanding, by price; ``moved``: every account's movements since.
    ``before``: the unit as it was closed last; None: what is outstanding is opened by this closing, the first one."""
    worth = rates.worth if before is None else before.rates.worth
    opened = [item for item in opening if item.unit == unit and item.account in MEMBER_ACCOUNTS]
    since = [item for item in moved if item.unit == unit]
    first_steps = sum(item.steps for item in opened)
    first = _value(opened, worth)
    steps = first_steps + sum(item.steps for item in since if item.account in MEMBER_ACCOUNTS)
    value = _value([*opened, *(item for item in since if item.account in MEMBER_ACCOUNTS)], rates.worth)
    sums = _Sums()
    for item in since:
        if item.account in _MOVEMENTS:
            price = rates.worth if item.price is None else item.price
            sums.add((_MOVEMENTS[item.account], item.is_prior), -item.steps, -item.steps * price)
    # What another worth makes of that which was there, or of what repays a debt.
    sums.add((REVALUED, False), 0, value - first - sum(sums.money.values()))
    opening_money = _floor(first) if before is None else before.closing_money
    closing_money = _floor(value)
    keys = sorted(sums.money)
    shared = _share(closing_money - opening_money, [sums.money[key] for key in keys])
    lines = [
        Line(movement, is_prior, sums.steps[movement, is_prior], money)
        for (movement, is_prior), money in zip(keys, shared, strict=True)
        if money or sums.steps[movement, is_prior]
    ]
    if before is None and (opening_money or first_steps):
        lines.insert(0, Line(OPENING, False, first_steps, opening_money))
    opening_breakage = 0 if before is None else before.breakage
    breakage = _floor(value * rates.breakage)
    if breakage != opening_breakage:
        lines.append(Line(BREAKAGE, False, 0, opening_breakage - breakage))
    return UnitClosed(
        unit, rates, first_steps, steps, opening_money, closing_money, opening_breakage, breakage, tuple(lines)
    )


def _value(items: Iterable[Moved], worth: Fraction) -> Fraction:
    return sum((item.steps * (worth if item.price is None else item.price) for item in items), Fraction(0))


def _floor(value: Fraction) -> int:
    return value.numerator // value.denominator


def _share(total: int, parts: list[Fraction]) -> list[int]:
    """``parts`` in whole numbers that add up to ``total``, from which their sum is less than one away."""
    found = [_floor(part) for part in parts]
    by_rest = sorted(range(len(parts)), key=lambda index: (found[index] - parts[index], index))
    for index in by_rest[: total - sum(found)]:
        found[index] += 1
    return found
