"""Which names the expressions of a programme may use, and what types they have.

The keys of an evaluation's environment are these dotted names. Money is an integer over 10^(decimals of the currency),
units of a wallet over 10^(decimals of the unit), quantities over 1000, declared numbers over 10^6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Final

from setia.language.benefits import BenefitValue, Plan
from setia.language.expressions import (
    BOOL,
    DATE,
    INT,
    STRING,
    Field,
    KeyedMetric,
    ListOf,
    PeriodMetric,
    Record,
    Scope,
    Type,
    number,
)
from setia.language.model import ActivityType, FieldKind, FieldType, Metric, Programme, Tiers, Unit
from setia.values.activities import NUMBER_DECIMALS, QUANTITY_DECIMALS
from setia.values.codes import CHALLENGE_COMPLETED, Built
from setia.values.instants import Calendar, Window

TIER_CHANGED: Final = "tier.changed"
REACHED: Final = ".reached"
MOST_LINES: Final = 1_000
MOST_CODES: Final = 50
LOCAL_TIME: Final = ("year", "month", "day", "hour", "minute", "weekday")
MEMBER_NAMES: Final = ("joined_on", "tenure_days", "tenure_months", "is_complete", "local_date", "local_time", "source")
PLAN_NAMES: Final = (
    "name", "is_active", "is_trial", "days", "discount", "delivery", "local_date", "local_time", "source",
)  # fmt: skip
TIER_NAMES: Final = ("name", "rank", "discount", "delivery")
PURCHASE_NAMES: Final = tuple(
    "gross discounts total eligible paid_with_points topped_up quantity channel place codes lines claims spend tenders "
    "amount local_date local_time source delivery prints vouchers session expect_total gift_cards member external_id "
    "occurred_at revision partner".split()
)
LINE_NAMES: Final = ("id", "sku", "category", "kind", "quantity", "amount", "gross", "discount", "gift_cards")
ROOTS: Final = ("member", "tier", "plan", "wallet", "line", "lines", "change", "challenge", "periods", "now", "today")

Names = dict[str, Type | Field]


def noun_of(type_: str) -> str:
    """What conditions call an activity of ``type_``: what stands before the dot; units given are a donation."""
    return "donation" if type_ == Built.DONATED else type_.partition(".")[0]


@dataclass(slots=True)
class Vocabulary:
    """What a programme declares, as far as expressions can name it."""

    currency_decimals: int
    units: Mapping[str, Unit] = field(default_factory=dict)
    activities: Mapping[str, ActivityType] = field(default_factory=dict)
    member_fields: Mapping[str, FieldType] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    tiers: Tiers | None = None
    plans: Mapping[str, Plan] = field(default_factory=dict)
    has_partners: bool = False

    @classmethod
    def of(cls, programme: Programme) -> Vocabulary:
        """The vocabulary of a whole programme."""
        return cls(
            programme.currency_decimals,
            programme.units,
            programme.activities,
            programme.member_fields,
            programme.metrics,
            programme.tiers,
            programme.plans,
            bool(programme.partners),
        )

    @property
    def money(self) -> Type:
        """The type of money in the programme's currency."""
        return number(10**self.currency_decimals)

    def type_of(self, kind: FieldKind) -> Type:
        """The type of a declared field of ``kind``."""
        simple: dict[FieldKind, Type] = {
            FieldKind.TEXT: STRING,
            FieldKind.INTEGER: INT,
            FieldKind.NUMBER: number(10**NUMBER_DECIMALS),
            FieldKind.MONEY: self.money,
            FieldKind.BOOLEAN: BOOL,
            FieldKind.TIMEZONE: STRING,
            FieldKind.DATE: DATE,
            FieldKind.TEXTS: ListOf(STRING),
        }
        return simple[kind]

    def _declared(self, prefix: str, fields: Mapping[str, FieldType]) -> Names:
        return {
            prefix + name: Field(self.type_of(declared.kind), optional=not declared.required)
            for name, declared in fields.items()
        }

    def _member(self) -> Names:
        names: Names = {"member.joined_on": DATE, "member.tenure_days": INT, "member.tenure_months": INT}
        optional = {name: Field(self.type_of(declared.kind), True) for name, declared in self.member_fields.items()}
        return names | {f"member.{name}": found for name, found in optional.items()}

    def tier_names(self) -> Names:
        """``tier.…``: the member's level and its benefits."""
        if self.tiers is None:
            return {}
        levels = self.tiers.levels
        names: Names = {"tier.name": STRING, "tier.rank": INT}
        names["tier.discount"] = number(lcm(*(level.discount.denominator for level in levels)))
        values: dict[str, list[BenefitValue]] = {}
        for level in levels:
            for name, value in level.benefits.items():
                values.setdefault(name, []).append(value)
        return names | {f"tier.{name}": _benefit_type(found) for name, found in values.items()}

    def plan_names(self) -> Names:
        """``plan.…``: the member's plan and its benefits; without one 0, false or nothing."""
        if not self.plans:
            return {}
        names: Names = {"plan.name": STRING, "plan.is_active": BOOL, "plan.is_trial": BOOL, "plan.days": INT}
        values: dict[str, list[BenefitValue]] = {}
        for plan in self.plans.values():
            for name, value in plan.benefits.items():
                values.setdefault(name, []).append(value)
        return names | {f"plan.{name}": _benefit_type(found) for name, found in values.items()}

    def _metrics(self) -> Names:
        names: Names = {}
        for name, metric in self.metrics.items():
            if metric.goal:
                continue
            kept = number(10**metric.decimals)
            if metric.by is not None:
                names[name] = KeyedMetric(kept)
            else:
                names[name] = PeriodMetric(kept, window_name(metric.window)) if metric.window.is_period else kept
        return names

    def text_names(self, types: Iterable[str]) -> list[str]:
        """The text fields of activities of ``types``, and of the lines of a purchase."""
        types = tuple(types)
        names = self._shared(types) | (self.line_names() if set(types) == {Built.PURCHASE.value} else {})
        return [name for name, found in names.items() if (found.type if isinstance(found, Field) else found) == STRING]

    def _common(self) -> Names:
        wallets = {f"wallet.{name}": number(10**unit.decimals) for name, unit in self.units.items()}
        complete: Names = {"member.is_complete": BOOL} if self.member_fields else {}
        return {**self._member(), **complete, **self.tier_names(), **self.plan_names(), **wallets, **self._metrics()}

    def line_names(self) -> Names:
        """``line.…``: one line of a purchase."""
        names: Names = {f"line.{name}": STRING for name in ("id", "sku", "category", "kind")}
        names["line.quantity"] = number(10**QUANTITY_DECIMALS)
        names |= {f"line.{name}": self.money for name in ("amount", "gross", "discount")}
        return names | self._declared("line.", self.activities[Built.PURCHASE].lines)

    def activity_names(self, type_: str) -> Names:
        """What an activity of ``type_`` brings along."""
        if type_ == TIER_CHANGED:
            return {"change.from": STRING, "change.to": STRING, "change.is_up": BOOL}
        if type_ == Built.PLACED:
            return {"leaderboard.name": STRING, "leaderboard.rank": INT}
        if type_ == Built.CONTEST_PLACED:
            return {"contest.name": STRING, "contest.place": INT, "contest.votes": INT}
        if type_ == CHALLENGE_COMPLETED:
            return {"challenge.name": STRING, "challenge.times": INT}
        if type_.endswith(REACHED) and type_ not in self.activities:
            return {}
        noun = noun_of(type_)
        names: Names = {f"{noun}.local_date": DATE, f"{noun}.source": STRING}
        names |= {f"{noun}.local_time.{part}": INT for part in LOCAL_TIME}
        if type_ == Built.PLAYED:
            names |= {"game.name": STRING, "game.prize": STRING, "game.is_win": BOOL}
        if type_ in (Built.ENTERED, Built.WON):
            names["draw.name"] = STRING
        if type_ in (Built.CONTEST_ENTERED, Built.VOTED, Built.CONTEST_CLOSED):
            names["contest.name"] = STRING
        if type_ == Built.PURCHASE:
            names |= {
                f"purchase.{name}": self.money
                for name in ("gross", "discounts", "total", "eligible", "paid_with_points", "topped_up")
            }
            names |= {f"purchase.{name}": Field(STRING, optional=True) for name in ("channel", "place")}
            names["purchase.quantity"] = number(10**QUANTITY_DECIMALS)
            names["purchase.codes"] = ListOf(STRING, MOST_CODES)
            line = {name.partition(".")[2]: type_ for name, type_ in self.line_names().items()}
            names["purchase.lines"] = ListOf(Record("line", line), MOST_LINES)
        if type_ == Built.FRIEND_QUALIFIED:
            names["friend.number"] = INT
        if type_ == Built.DONATED:
            names |= {"donation.cause": STRING, "donation.is_share": BOOL}
            names |= {"donation.money": self.money, "donation.match": self.money}
        declared = self.activities.get(type_)
        if self.has_partners and declared is not None:
            names[f"{noun}.partner"] = Field(STRING, optional=True)
        return names | self._declared(f"{noun}.", declared.fields if declared else {})

    def _shared(self, types: Iterable[str]) -> Names:
        first, *rest = (self.activity_names(type_) for type_ in types)
        return {name: found for name, found in first.items() if all(other.get(name) == found for other in rest)}

    def rule_scope(self, types: Iterable[str]) -> Scope:
        """For ``when``, ``give`` and ``take`` of a rule on ``types``: what all of them have."""
        types = tuple(types)
        names = {**self._shared(types), **self._common()}
        if all(type_ == Built.PURCHASE for type_ in types):
            names |= {"lines.total": self.money, "lines.gross": self.money, "lines.count": INT}
            names["lines.quantity"] = number(10**QUANTITY_DECIMALS)
        return Scope(names)

    def rule_line_scope(self, types: Iterable[str]) -> Scope:
        """For ``lines`` of a rule on ``types``: one line, and all but what is counted over the chosen lines."""
        return Scope({**self._shared(types), **self._common(), **self.line_names()})

    def line_scope(self) -> Scope:
        """For conditions that see nothing but one line."""
        return Scope(self.line_names())

    def member_scope(self) -> Scope:
        """For conditions on a member alone, whatever the day: what is known, and no tenure, which changes by itself."""
        return Scope({name: found for name, found in self._member().items() if ".tenure_" not in name})

    def standing_scope(self) -> Scope:
        """For conditions on a member and the level they are on."""
        return Scope({**self._member(), **self.tier_names()})

    def common_scope(self) -> Scope:
        """For conditions outside of any activity, such as who may have a reward."""
        return Scope(self._common())

    def metric_scope(self, types: Iterable[str]) -> Scope:
        """For ``sum`` and ``when`` of a metric: the activity and the member, but no wallet, tier or other metric."""
        return Scope({**self._shared(types), **self._member()})


def window_name(window: Window) -> str:
    """The canonical name of a window: "month", "year_from_03_01", "every_6_months", "last_12_months", "lifetime"."""
    if window.calendar is Calendar.YEAR and window.year_from != (1, 1):
        month, day = window.year_from
        return f"year_from_{month:02}_{day:02}"
    if window.span is not None:
        return f"{'every' if window.calendar is Calendar.EVERY else 'last'}_{str(window.span).replace(' ', '_')}"
    return window.calendar.value


def _benefit_type(values: list[BenefitValue]) -> Type:
    first = values[0]
    if isinstance(first, bool):
        return BOOL
    if isinstance(first, Fraction):
        return number(lcm(*(value.denominator for value in values if isinstance(value, Fraction))))
    return STRING if isinstance(first, str) else ListOf(STRING)


def paths(programme: Programme, type_: str) -> Mapping[str, Type]:
    """Every name that a rule on ``type_`` can read, with its type (of a metric: the type of its value)."""
    vocabulary = Vocabulary.of(programme)
    names = {**vocabulary.activity_names(type_), **vocabulary._common()}
    if type_ == Built.PURCHASE:
        names |= vocabulary.line_names()
    plain = {name: found.type if isinstance(found, Field) else found for name, found in names.items()}
    return {
        name: found.type if isinstance(found, PeriodMetric | KeyedMetric) else found for name, found in plain.items()
    }
