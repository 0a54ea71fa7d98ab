"""What is agreed with others: partners with their dated terms and packs, budgets, exchanges, and causes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from setia.language.expressions import Expression
from setia.language.unit_model import Quota
from setia.values.instants import Span
from setia.values.stakes import Owed, Stake

Text = Mapping[str, str]
"""A text in several languages: language code → words. ``""`` is the key of a text given without a language."""
Forms = Mapping[str, Mapping[str, str]]
"""What so many of something are called: language code → plural category of CLDR ("one", "other") → words."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a rule is open, on the programme's local clock. ``start`` and ``end`` are instants, end exclusive.

    ``weekdays``: ISO numbers, empty for all. ``hours``: (from, until) as minutes of the day, end exclusive; a pair
    whose end is not after its start runs over midnight.
    """

    start: dt.datetime | None = None
    end: dt.datetime | None = None
    weekdays: frozenset[int] = frozenset()
    hours: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """``budget: {points: 100_000, over: trim}``: what a rule, or all that share it, may give to all members together.

    ``name``: under ``budgets:``, or the rule's whose own it is. ``amount``: steps of ``unit``; of money (``unit`` None)
    in millionths of whole money.
    """

    name: str
    unit: str | None
    amount: int
    over: Literal["trim", "reject"]

    @property
    def account(self) -> str:
        """Its account of the house."""
        return f"money:{self.name}" if self.unit is None else f"budget:{self.name}"


@dataclass(frozen=True, slots=True)
class EarnTerms:
    """What a partner owes for units that are earned with it, by unit, from ``start`` (None: from the beginning).

    ``prices``: millionths of whole money for a whole unit.
    """

    start: dt.datetime | None
    prices: Mapping[str, int]
    owed: Owed


@dataclass(frozen=True, slots=True)
class BurnTerms:
    """What a partner gets for units that are burned with it, by unit, from ``start`` (None: from the beginning)."""

    start: dt.datetime | None
    prices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Pack:
    """``pack: {points: 1_000, over: trim}``: units that a partner has paid for, and what happens beyond them."""

    unit: str
    amount: int
    over: Literal["trim", "reject", "overdraw"]


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody else with whom the units are earned or burned, by a contract whose terms are dated."""

    name: str
    title: Text
    earns: tuple[EarnTerms, ...] = ()
    burns: tuple[BurnTerms, ...] = ()
    pack: Pack | None = None

    def earning(self, unit: str, at: dt.datetime) -> Stake | None:
        """The stake of ``unit`` earned at ``at``; None: it is not earned here."""
        for terms in reversed(self.earns):
            if terms.start is None or terms.start <= at:
                return Stake(self.name, terms.prices[unit], terms.owed) if unit in terms.prices else None
        return None

    def burning(self, unit: str, at: dt.datetime) -> Stake | None:
        """Where ``unit`` is spent at ``at`` and what the partner gets for it; None: it cannot be spent here."""
        for terms in reversed(self.burns):
            if terms.start is None or terms.start <= at:
                return Stake(self.name, terms.prices[unit]) if unit in terms.prices else None
        return None


@dataclass(frozen=True, slots=True)
class Exchange:
    """``exchanges:`` ``{take: {points: 1_000}, give: {miles: 500}}``: units that become other units.

    ``take`` and ``give`` name a unit each, ``taken`` and ``given`` are steps of them, so much for so much. With
    ``partner`` one of the two is not the programme's but that partner's own, counted in whole ones. ``fee``: steps of
    the taken unit, once each time. ``at_least``: of the taken unit. ``cancel_within`` None: it stays.
    """

    name: str
    title: Text
    take: str
    taken: int
    give: str
    given: int
    partner: str | None = None
    fee: int = 0
    at_least: int | None = None
    limit: Quota | None = None
    cancel_within: Span | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """``match: {by: Kopi Kita, percent: 100, up_to: 5_000.00}``: who adds ``share`` of the money of each gift to a
    cause, ``up_to`` minor units in all."""

    by: Text
    share: Fraction
    up_to: int

    def of(self, money: int) -> int:
        """What is added to ``money``, as long as there is enough left."""
        return int(money * self.share)


@dataclass(frozen=True, slots=True)
class Cause:
    """``causes:`` ``{takes: points, worth: 0.01, least: 500}``: to what members can give units.

    ``least`` and ``step`` are steps of ``unit``, ``worth`` is minor units of money for a whole one. ``when``: to which
    members it is shown and open.
    """

    name: str
    title: Text
    unit: str
    worth: Fraction
    least: int
    step: int
    schedule: Schedule | None = None
    when: Expression | None = None
    match: Match | None = None

    def money(self, amount: int, decimals: int) -> int:
        """What the programme pays for ``amount`` steps of a unit with ``decimals``: the one rounding, down."""
        return int(amount * self.worth / 10**decimals)

    @property
    def given(self) -> str:
        """The account of the house that counts up the money that members have given, with what was added to it."""
        return f"given:{self.name}"

    @property
    def matched(self) -> str:
        """The account of the house that has what is left to be added."""
        return f"match:{self.name}"
