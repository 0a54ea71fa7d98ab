"""Whose units these are, and at what price: what every lot keeps of the contract that it was made under."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

PRICE_DECIMALS: Final = 6
"""Prices are integers: millionths of whole money for a whole unit."""


class Owed(IntEnum):
    """When the issuer of a lot owes its price to the programme; kept with the lot, so that old lots keep old terms."""

    WHEN_BURNED = 0  # what expires costs the issuer nothing
    WHEN_BURNED_OR_EXPIRED = 1
    WHEN_EARNED = 2  # what expires stays paid
    WHEN_EARNED_UNLESS_EXPIRED = 3
    PREPAID = 4  # out of a pack that was paid for beforehand
    OVERDRAWN = 5  # beyond a pack: owed when earned


@dataclass(frozen=True, slots=True)
class Stake:
    """A partner ("" is the operator itself), the price of a whole unit, and when it is owed.

    On a lot, and on the entries that make units or take them back: the issuer and its contract. On an entry that
    spends or gives back what was spent: where it was spent, and what that partner gets for a whole unit.
    """

    partner: str = ""
    price: int = 0
    owed: Owed = Owed.WHEN_BURNED


NOBODY: Final = Stake()


def money(amount: int, price: int, decimals: int) -> int:
    """What ``amount`` steps of a unit with ``decimals`` cost at ``price``, in millionths of whole money, rounded up."""
    scale: int = 10**decimals
    return -(-amount * price // scale)


def affordable(left: int, price: int, decimals: int) -> int:
    """The most steps of a unit that ``left`` millionths of whole money pay for at ``price``, which is above zero."""
    scale: int = 10**decimals
    return left * scale // price
