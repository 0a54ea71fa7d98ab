"""The parts of a unit: how it is rounded, when it ends, what it pays."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from setia.language.expressions import Expression
from setia.values.instants import Span, Step, Until, Window


class Rounding(StrEnum):
    """How a fraction of the smallest step of a unit is settled."""

    FLOOR = "floor"
    CEILING = "ceiling"
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"


class RoundAt(StrEnum):
    """Where the one rounding happens."""

    ORDER = "order"  # once, over all rules of the activity together
    RULE = "rule"  # each rule by itself
    LINE = "line"  # each line as if it were bought alone


@dataclass(frozen=True, slots=True)
class RoundingPolicy:
    """``rounding:`` of a unit. With ``carry`` the fraction that is cut off waits for the next activity."""

    mode: Rounding = Rounding.FLOOR
    at: RoundAt = RoundAt.ORDER
    carry: bool = False


@dataclass(frozen=True, slots=True)
class NeverExpires:
    """``expires: never``."""


@dataclass(frozen=True, slots=True)
class ExpiresAfter:
    """``expires: {after: 12 months, from: earned, until: end_of_month}``: each lot has its own last day."""

    after: Span
    from_activation: bool = False
    until: Until = Until.END_OF_DAY


@dataclass(frozen=True, slots=True)
class ExpiresOn:
    """``expires: {on: [03-31, 09-30], min_life: 30 days}``: fixed last days each year, as (month, day)."""

    days: tuple[tuple[int, int], ...]
    min_life: Span | None = None


@dataclass(frozen=True, slots=True)
class ExpiresIdle:
    """``expires: {inactive_for: 24 months, …}``: all of the wallet ends when the member was inactive for so long.

    ``activities``: which types count as being active (empty: every activity of the member that is not the clock's).
    ``exempt``: while this condition over ``member.…`` holds nothing expires; when it stops to hold, the deadline is
    the later of that day + ``after_exemption`` and the usual one.
    """

    inactive_for: Span
    activities: tuple[str, ...] = ()
    exempt: Expression | None = None
    after_exemption: Span | None = None
    until: Until = Until.INSTANT


Expiry = NeverExpires | ExpiresAfter | ExpiresOn | ExpiresIdle


@dataclass(frozen=True, slots=True)
class Pool:
    """A source of a unit with an expiry of its own (a card, a partner). ``closed``: life left when it is closed."""

    name: str
    expires: Expiry
    closed: Span | None = None


@dataclass(frozen=True, slots=True)
class Pays:
    """``pays:`` of a unit: it settles purchases at ``worth`` minor units of money per whole unit."""

    worth: Fraction
    earn_on_paid: bool = False
    same_order: bool = False


@dataclass(frozen=True, slots=True)
class TopUp:
    """``top_up:`` of a unit: a line of kind ``top_up`` puts its money into the member's own wallet.

    ``least`` and ``most``: of one line, in minor units. ``earns``: whether that money earns like goods.
    """

    least: int | None = None
    most: int | None = None
    earns: bool = False


@dataclass(frozen=True, slots=True)
class GiftCards:
    """``gift_cards:``: a line of kind ``gift_card`` sells cards, each a wallet of ``unit`` that its code opens.

    ``least`` and ``most``: money on a card when it is sold, in minor units. ``refund_extends``: money that comes back
    to a card lives at least so long. ``reload``: whether a card that was sold already takes more money. ``earns``:
    whether what buys cards earns like goods. ``by_units``: whether units of the buyer's wallet may pay for cards.
    """

    unit: str
    least: int | None = None
    most: int | None = None
    refund_extends: Span = Span(30, Step.DAYS)
    reload: bool = False
    earns: bool = False
    by_units: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """An amount of a unit per window."""

    amount: int
    window: Window
