"""What a level or a plan brings, and plans: memberships that are paid for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from setia.language.expressions import Expression
from setia.values.instants import Span


@dataclass(frozen=True, slots=True)
class Delivery:
    """The delivery benefit of a tier: free from an order total (minor units; 0: always; None: never), and its speed."""

    free_from: int | None = None
    speed: str = "standard"


BenefitValue = Fraction | str | tuple[str, ...] | bool
Benefits = Mapping[str, BenefitValue]


@dataclass(frozen=True, slots=True)
class Price:
    """What a plan costs for a time: ``amount`` in minor units for each ``span``; ``every`` is how the file says it."""

    every: str
    span: Span
    amount: int


@dataclass(frozen=True, slots=True)
class LineDiscount:
    """``off`` the lines for which ``lines`` holds; None: all that earn. Of each line the first that fits counts."""

    off: Fraction
    lines: Expression | None = None


@dataclass(frozen=True, slots=True)
class CancelPolicy:
    """``cancel:`` of a plan: what of the fee goes back, how long after the beginning of the period, and when it ends.

    ``pro_rata``: the share of the days that have not begun. ``less_benefits``: all but the worth of what was used.
    After ``within`` nothing goes back, and the plan runs to the end of what is paid for.
    """

    refund: Literal["full", "pro_rata", "less_benefits", "none"] = "none"
    within: Span | None = None
    ends: Literal["at_once", "at_period_end"] = "at_period_end"


@dataclass(frozen=True, slots=True)
class PlanChange:
    """``change:`` of a plan: when another price or plan begins, and whether what is left of the fee is credited."""

    when: Literal["at_once", "at_period_end"] = "at_once"
    credit: Literal["pro_rata", "none"] = "pro_rata"


@dataclass(frozen=True, slots=True)
class Plan:
    """A membership that is paid for, bought with units (``costs``) or given by rules, and what it brings.

    ``lasts``: how long units or a rule give it for. ``rank``: its place in the file; a later one is a better one.
    ``notice``: how long before it is due an invoice is written. ``dunning``: how long after it was due payment is asked
    for again. ``grace``: how long the plan goes on unpaid. ``delivery_worth``: what a free delivery counts where a
    purchase does not tell its price. ``with_tier``: whether its discount comes on top of the level's (``both``) or the
    larger of the two counts (``best``). ``is_closed``: nobody can start it any more; whoever has it keeps it.
    """

    name: str
    title: Mapping[str, str]
    rank: int
    prices: Mapping[str, Price] = field(default_factory=dict)
    costs: Mapping[str, int] = field(default_factory=dict)
    lasts: Span | None = None
    trial: Span | None = None
    notice: Span | None = None
    dunning: tuple[Span, ...] = ()
    grace: Span | None = None
    discounts: tuple[LineDiscount, ...] = ()
    delivery: Delivery | None = None
    delivery_worth: int = 0
    benefits: Mapping[str, BenefitValue] = field(default_factory=dict)
    with_tier: Literal["both", "best"] = "both"
    cancel: CancelPolicy = CancelPolicy()
    change: PlanChange = PlanChange()
    is_closed: bool = False
    tax: Fraction = Fraction(0)  # contained in the fee
