"""What is known of a programme while its file is being read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from setia.language.benefits import Plan
from setia.language.contracts import Budget, Cause, Exchange, Partner
from setia.language.diagnostics import DiagnosticCode, Findings, Place
from setia.language.model import (
    ActivityType,
    Avatar,
    Badge,
    Challenge,
    Contest,
    FieldType,
    Game,
    GiftCards,
    Group,
    Leaderboard,
    Metric,
    ProductDrop,
    Raffle,
    Reward,
    Rule,
    Tiers,
    Unit,
)
from setia.language.nodes import Scalar
from setia.language.scope import REACHED, Vocabulary
from setia.language.words import did_you_mean, listed
from setia.values.codes import CONSEQUENCES, OF_OTHERS, REFERRAL_TYPES, Built, Tick

#: Built-in activities that rules may be on: what members do, and what the calendar brings.
RULED: Final = (
    Built.PURCHASE.value,
    Built.JOINED.value,
    Built.UPDATED.value,
    Built.PLAYED.value,
    Built.ENTERED.value,
    Built.WON.value,
    Built.PLACED.value,
    Built.CONTEST_ENTERED.value,
    Built.VOTED.value,
    Built.CONTEST_PLACED.value,
    Built.CONTEST_CLOSED.value,
    Built.DONATED.value,
    Tick.DAY_ENDED.value,
    Tick.WEEK_ENDED.value,
    Tick.MONTH_ENDED.value,
    Tick.QUARTER_ENDED.value,
    Tick.YEAR_ENDED.value,
    Tick.BIRTHDAY.value,
    Tick.ANNIVERSARY.value,
    Tick.BRAND_ANNIVERSARY.value,
    Built.PLAN_STARTED.value,
    Built.PLAN_PAID.value,
    Built.PLAN_CHANGED.value,
    Built.PLAN_CANCELLED.value,
    Tick.PLAN_MONTH.value,
    Tick.PLAN_LAPSED.value,
    Tick.PLAN_ENDED.value,
    *REFERRAL_TYPES,
)
#: Built-in activities that count as being active.
_NOT_ACTIVE: Final = (
    Built.RERATED,
    Built.POOL_CLOSED,
    Built.ADJUST,
    Built.RELEASE,
    Built.UNRESERVE,
    Built.REVOKE,
    Built.PLAN_FAILED,
    Built.PLAN_REFUNDED,
    Built.PLAN_DISPUTED,
    Built.LIMITED,
    Built.GIVING,
    Built.WON,
    *OF_OTHERS,
)
ACTIVE: Final = tuple(
    built.value for built in Built if built not in _NOT_ACTIVE and not built.value.startswith("card.")
)
BUILT_IN: Final = frozenset([*(built.value for built in Built), *(tick.value for tick in Tick), *CONSEQUENCES])


@dataclass(slots=True)
class Draft:
    """The parts read so far. A part that is wrong is left as well as it can be, so that reading goes on."""

    findings: Findings
    currency: str = "USD"
    currency_decimals: int = 2
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    units: dict[str, Unit] = field(default_factory=dict)
    activities: dict[str, ActivityType] = field(default_factory=dict)
    member_fields: dict[str, FieldType] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    tiers: Tiers | None = None
    badges: dict[str, Badge] = field(default_factory=dict)
    avatars: dict[str, Avatar] = field(default_factory=dict)
    challenges: dict[str, Challenge] = field(default_factory=dict)
    leaderboards: dict[str, Leaderboard] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    rewards: dict[str, Reward] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    games: dict[str, Game] = field(default_factory=dict)
    draws: dict[str, Raffle] = field(default_factory=dict)
    contests: dict[str, Contest] = field(default_factory=dict)
    drops: dict[str, ProductDrop] = field(default_factory=dict)
    reward_names: Collection[str] = ()
    public_codes: dict[str, str] = field(default_factory=dict)
    """Canonical code → the reward that it leads to, in words."""
    gift_cards: GiftCards | None = None
    partners: dict[str, Partner] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    causes: dict[str, Cause] = field(default_factory=dict)

    @property
    def vocabulary(self) -> Vocabulary:
        """What expressions can name by now."""
        return Vocabulary(
            self.currency_decimals, self.units, self.activities, self.member_fields, self.metrics, self.tiers,
            self.plans, bool(self.partners),
        )  # fmt: skip

    def check_known(
        self, name: str, known: Collection[str], noun: str, code: DiagnosticCode, place: Place, hint: str = ""
    ) -> bool:
        """Whether ``name`` is among ``known``; if not, report it."""
        if name in known:
            return True
        hint = hint or f"{did_you_mean(name, known)}known: {listed(known)}"
        self.findings.error(code, f"there is no {noun} '{name[:60]}'", place, hint)
        return False

    def check_unit(self, name: str, place: Place) -> bool:
        """Whether there is a unit ``name``; if not, report it."""
        return self.check_known(name, self.units, "unit", DiagnosticCode.UNKNOWN_UNIT, place)

    def check_reward(self, name: str, place: Place) -> bool:
        """Whether there is a reward ``name``; if not, report it."""
        return self.check_known(name, self.reward_names, "reward", DiagnosticCode.UNKNOWN_REWARD, place)

    def check_partner(self, name: str, place: Place) -> bool:
        """Whether there is a partner ``name``; if not, report it."""
        hint = "" if self.partners else f"declare it: partners: {{{name[:60]}: {{earns: {{points: 0.010}}}}}}"
        return self.check_known(name, self.partners, "partner", DiagnosticCode.UNKNOWN_PARTNER, place, hint)

    def check_badge(self, name: str, place: Place) -> bool:
        """Whether there is a badge ``name``; if not, report it."""
        return self.check_known(name, self.badges, "badge", DiagnosticCode.UNKNOWN_BADGE, place)

    def known_types(self, scalars: Iterable[Scalar], built_in: Iterable[str] = RULED) -> tuple[str, ...]:
        """The activity types that ``scalars`` name: of the programme's own and ``built_in``; others are reported."""
        allowed = [*built_in, *(name for name in self.activities if name not in BUILT_IN)]
        found: list[str] = []
        for scalar in scalars:
            name = scalar.text
            if name in allowed:
                found.append(name)
            elif name in BUILT_IN or name in (n + REACHED for n in self.units):
                message = f"'{name}' cannot stand here"
                hint = f"write one of: {listed(allowed)}"
                self.findings.error(DiagnosticCode.ACTIVITY_NOT_RULED, message, scalar.place, hint)
            else:
                self.check_known(name, allowed, "activity", DiagnosticCode.UNKNOWN_ACTIVITY, scalar.place)
        return tuple(found)
