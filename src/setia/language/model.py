"""A programme, checked and compiled: what ``rules`` evaluate.

Everything a marketer can write ends here, as frozen types. Conditions and amounts are compiled ``Expression`` objects;
money is in minor units, units of a wallet in steps of 10^-decimals, percentages are exact fractions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

from setia.language.benefits import Benefits, Delivery, Plan
from setia.language.contest_model import Ballot as Ballot
from setia.language.contest_model import Contest as Contest
from setia.language.contest_model import ContestField as ContestField
from setia.language.contracts import Budget, Exchange, Forms, Partner, Text
from setia.language.contracts import Cause as Cause
from setia.language.contracts import Match as Match
from setia.language.contracts import Schedule as Schedule
from setia.language.draw_model import DrawPrize as DrawPrize
from setia.language.draw_model import Raffle as Raffle
from setia.language.drop_model import ProductDrop as ProductDrop
from setia.language.expressions import Expression
from setia.language.friends import Referral
from setia.language.goal_model import Avatar as Avatar
from setia.language.goal_model import Badge as Badge
from setia.language.goal_model import Challenge as Challenge
from setia.language.goal_model import Freeze as Freeze
from setia.language.goal_model import Goal as Goal
from setia.language.goal_model import Leaderboard as Leaderboard
from setia.language.unit_model import ExpiresAfter as ExpiresAfter
from setia.language.unit_model import ExpiresIdle as ExpiresIdle
from setia.language.unit_model import ExpiresOn as ExpiresOn
from setia.language.unit_model import Expiry as Expiry
from setia.language.unit_model import GiftCards as GiftCards
from setia.language.unit_model import NeverExpires as NeverExpires
from setia.language.unit_model import Pays as Pays
from setia.language.unit_model import Pool as Pool
from setia.language.unit_model import Quota as Quota
from setia.language.unit_model import RoundAt as RoundAt
from setia.language.unit_model import Rounding as Rounding
from setia.language.unit_model import RoundingPolicy as RoundingPolicy
from setia.language.unit_model import TopUp as TopUp
from setia.values.instants import Span, Step, Window
from setia.values.stakes import PRICE_DECIMALS, Stake


@dataclass(frozen=True, slots=True)
class Limit:
    """``limit: {points: 100, per: day, over: trim}`` or ``{times: 1, per: lifetime}`` of a rule, or of a whole unit.

    ``unit`` None: how often the rule may give. ``trim`` gives what is left, ``reject`` gives all or nothing.
    """

    unit: str | None
    amount: int
    window: Window
    over: Literal["trim", "reject"]


@dataclass(frozen=True, slots=True)
class TransferPolicy:
    """``transfer:`` of a unit: how members may send it to each other.

    ``expiry``: the receiver's lots ``keep`` the sender's dates, are ``reset`` as if earned now, or live ``lives``.
    ``min_life``: lots with less life left cannot be sent. ``send`` and ``receive``: what a member may move.
    """

    expiry: Literal["keep", "reset", "lives"] = "keep"
    lives: Span | None = None
    min_life: Span | None = None
    send: Quota | None = None
    receive: Quota | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """Something that is counted in a wallet: points, stars, stamps, credit."""

    name: str
    title: Text
    forms: Forms = field(default_factory=dict)  # of the title, where a language has several
    decimals: int = 0
    worth: Fraction = Fraction(0)  # minor units of money per whole unit, for the books
    breakage: Fraction = Fraction(0)  # the share that is never expected to be spent, for the books
    pays: Pays | None = None
    expires: Expiry = NeverExpires()
    pending: Span | None = None
    rounding: RoundingPolicy = RoundingPolicy()
    at_most: int | None = None  # the most a wallet may hold, in steps
    limit: Limit | None = None  # what all rules together may give a member in a window
    transfer: TransferPolicy | None = None
    pools: Mapping[str, Pool] = field(default_factory=dict)
    top_up: TopUp | None = None
    remind: Span | None = None  # how long before they end members are reminded of units


class FieldKind(StrEnum):
    """Types of the fields of an activity, a line or a member."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"  # exact, up to six decimals, kept × 10^6
    MONEY = "money"
    BOOLEAN = "boolean"
    TIMEZONE = "timezone"  # a name of the IANA list
    DATE = "date"
    TEXTS = "texts"  # a list of texts


@dataclass(frozen=True, slots=True)
class FieldType:
    """A declared field. ``one_of`` closes a text to these values."""

    name: str
    kind: FieldKind
    required: bool = False
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivityType:
    """What may come in: built-in (``purchase.completed`` …) or declared by the programme (``review.written``)."""

    name: str
    title: Text
    fields: Mapping[str, FieldType] = field(default_factory=dict)
    lines: Mapping[str, FieldType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    """Something counted over a window, per member.

    ``kind``: ``sum`` adds ``amount`` of every matching activity, ``count`` counts them, ``days`` counts local days
    that have at least one, ``earned`` adds the awards of ``unit`` that qualify, ``streak`` counts days in a row, on the
    member's own clock. ``by``: of a count, the field whose texts are counted apart. ``goal``: the challenge that it
    is counted for; such a metric is not named in expressions.
    ``decimals``: of the values kept (money: the currency's; earned: the unit's; sums of numbers: six).
    """

    name: str
    kind: Literal["sum", "count", "days", "earned", "streak"]
    window: Window
    on: tuple[str, ...] = ()
    amount: Expression | None = None
    when: Expression | None = None
    unit: str | None = None
    decimals: int = 0
    by: str | None = None
    freeze: Freeze | None = None
    goal: str = ""
    title: Text = field(default_factory=dict)


Measure = tuple[int, ...]
"""What a ladder measures, one value for each of its metrics (or the one of its unit), in steps."""


@dataclass(frozen=True, slots=True)
class Level:
    """One tier. Benefits are read as ``tier.<name>``.

    ``needs``: alternatives, of which one is enough; each has the least value of every measure of the ladder, in steps.
    """

    name: str
    title: Text
    needs: tuple[Measure, ...]
    rank: int
    discount: Fraction = Fraction(0)
    delivery: Delivery | None = None
    benefits: Benefits = field(default_factory=dict)
    up_to: int | None = None  # only said for reading: a gap above it belongs to this level

    @property
    def start(self) -> int:
        """The least value of the measure, where the ladder has only one."""
        return self.needs[0][0]

    def is_reached(self, measure: Measure) -> bool:
        """Whether ``measure`` is enough for one of the alternatives."""
        for need in self.needs:
            for have, wanted in zip(measure, need, strict=True):
                if have < wanted:
                    break
            else:
                return True
        return False

    def missing(self, measure: Measure) -> tuple[Measure, ...]:
        """For each alternative what is missing of every measure."""
        return tuple(
            tuple(max(wanted - have, 0) for have, wanted in zip(measure, need, strict=True)) for need in self.needs
        )


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a reached level is kept before it is looked at again.

    ``while_reached``: not at all, the level follows the metric at once.
    ``span``: so long from the day it was reached (or last confirmed), to the end of that day.
    ``next_window``: through the end of the metric's next period, and ``plus`` (status year + one month).
    """

    kind: Literal["while_reached", "span", "next_window"]
    span: Span | None = None
    plus: Span | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """What happens when a level is not confirmed."""

    by: Literal["one_level", "to_balance", "never"] = "one_level"
    grace: Span | None = None
    notice: Span | None = None


@dataclass(frozen=True, slots=True)
class Tiers:
    """The ladder. ``metrics`` are the names of what it measures; or the available balance of ``unit`` decides."""

    levels: tuple[Level, ...]  # ascending; the first starts at 0
    metrics: tuple[str, ...]
    unit: str | None
    keep: Keep
    drop: Drop = Drop()
    refunds: Literal["protect", "follow"] = "protect"

    def level(self, name: str) -> Level | None:
        """The level called ``name``, if there is one."""
        for level in self.levels:
            if level.name == name:
                return level
        return None

    def reached(self, measure: Measure) -> Level:
        """The highest level that ``measure`` is enough for; the first one is everybody's."""
        best = self.levels[0]
        for level in self.levels:
            if level.is_reached(measure):
                best = level
        return best


@dataclass(frozen=True, slots=True)
class Give:
    """One thing that a rule gives: an ``amount`` of ``unit``, a ``reward``, a ``badge``, or a ``plan`` (for as long as
    it lasts)."""

    unit: str | None = None
    amount: Expression | None = None
    reward: str | None = None
    plan: str | None = None
    badge: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One promise: on which activity, under which condition, what is given or taken, within which limits.

    ``on`` may also name ``<unit>.reached`` (the wallet after the activity; repeated while it holds) and
    ``tier.changed``. ``position`` is the order in the file. ``in_order`` (only for ``<unit>.reached``): what the
    order itself fills up may be used inside it.
    """

    name: str
    title: Text
    on: tuple[str, ...]
    position: int
    lines: Expression | None = None
    when: Expression | None = None
    gives: tuple[Give, ...] = ()
    takes: tuple[Give, ...] = ()
    limits: tuple[Limit, ...] = ()
    budget: Budget | None = None
    schedule: Schedule | None = None
    group: str | None = None
    pending: Span | Literal["none"] | None = None  # None: as the unit says
    expires: Expiry | None = None
    pool: str | None = None
    issuer: str | None = (
        None  # whose units it gives, wherever: a partner, or "" the operator; None: with whom it happened
    )
    is_qualifying: bool = True
    in_order: bool = False
    chance: Fraction | None = None  # how likely it gives at all where everything else holds; None: always


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of which not all may win: the ``first`` that applies, the ``best`` (largest amount), or ``all``."""

    name: str
    pick: Literal["first", "best", "all"]


@dataclass(frozen=True, slots=True)
class Gives:
    """What a reward hands over. ``kind`` is a name of ``language.gives.FORMS``; each kind uses the values it needs.

    ``lines``: the lines of a purchase that it looks at (None: all that earn). ``threshold``: from which worth of them
    on (``from:``). ``percent``, ``amount``, ``at_most``: how much, money in minor units. ``every``: of how many pieces
    the cheapest is free. ``keep_rest``: what one purchase leaves of the amount stays for the next. ``speed``: of a
    delivery. ``choice``: the rewards of which the member picks one.
    """

    kind: str
    product: str | None = None
    product_where: Expression | None = None  # a condition over ``line.…`` that chooses the free product
    percent: Fraction | None = None
    amount: int | None = None
    at_most: int | None = None  # the largest discount, minor units
    text: str | None = None
    lines: Expression | None = None
    threshold: int | None = None
    every: int | None = None
    keep_rest: bool = False
    is_free: bool = True
    speed: str | None = None
    choice: tuple[str, ...] = ()

    @property
    def looks_at_lines(self) -> bool:
        """Whether single lines must be known."""
        return self.kind in ("product", "cheapest_of") or self.lines is not None


@dataclass(frozen=True, slots=True)
class Reward:
    """Something bought with units, given by a rule, or had by whoever brings a code.

    ``costs``: steps of each unit for ``per`` pieces, rounded up (5 pieces of "2 for 3 points" cost 9); ``money``:
    minor units that are paid with them. ``stock`` None: without end. ``valid`` None: the voucher never lapses.
    ``pending``: the voucher cannot be used before. ``schedule``: when it can be claimed, and its code be used.
    ``code``: the public code, canonical. ``codes``: "pool", imported codes are handed out with it; "bearer", whoever
    brings an imported code has it. ``position`` is the order in the file; rewards of one ``group`` compete.
    """

    name: str
    title: Text
    gives: Gives
    costs: Mapping[str, int] = field(default_factory=dict)
    per: int = 1
    stock: int | None = None
    valid: Span | None = None
    when: Expression | None = None
    limit: Limit | None = None
    partner: str | None = None  # who provides it, and gets what the contract says for the units
    money: int = 0
    pending: Span | None = None
    schedule: Schedule | None = None
    group: str | None = None
    code: str | None = None
    codes: Literal["pool", "bearer"] | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class Stacking:
    """``stacking:``: how several rewards lower one purchase.

    ``pick``: all of them, the ``first`` or the ``best`` alone. ``percent_of``: whether a percentage is of what the
    earlier ones left (running) or of what was there before any (initial). ``order``: as they were sent, or as the file
    declares the rewards. ``no_effect``: whether a voucher that lowers nothing stays unused (prevent) or is used up.
    """

    pick: Literal["all", "best", "first"] = "all"
    percent_of: Literal["running", "initial"] = "running"
    order: Literal["as_sent", "as_declared"] = "as_sent"
    no_effect: Literal["prevent", "force"] = "prevent"


@dataclass(frozen=True, slots=True)
class Prize:
    """One line of a game's table. ``rule`` says what is given (nothing, where it gives nothing), in the game's name.

    ``weight``: its share of a wheel or of scratch cards. ``line``: the symbols of a slot machine that win it, "any"
    for each of them. ``least``: right answers of a quiz, or the day of a streak, from which it is won. ``stock`` None:
    without end; when it is gone, ``otherwise`` is given in its place (None: nothing).
    """

    name: str
    title: Text
    rule: Rule
    weight: int = 0
    line: tuple[str, ...] = ()
    least: int = 0
    stock: int | None = None
    otherwise: str | None = None


@dataclass(frozen=True, slots=True)
class QuizQuestion:
    """One question of a quiz: ``answers`` by their names, of which ``right`` is the right one."""

    name: str
    ask: Text
    answers: Mapping[str, Text]
    right: str


@dataclass(frozen=True, slots=True)
class Visitors:
    """``visitors:`` of a game: who is no member yet may play ``times`` a day and keep what they win by joining."""

    claim_within: Span
    times: int


@dataclass(frozen=True, slots=True)
class Game:
    """Something to play. ``kind`` names its way (see ``rules.games``); the settings of other kinds are empty.

    ``costs``: units that one play takes, where no ``free`` play is left. ``limit``: how often a member may play at all.
    ``pause``: the least time between two plays. ``reels`` and ``symbols`` (with their weights): of a slot machine.
    ``after``: what follows the last day of a streak: begin again, or stay on its last prize.
    """

    name: str
    title: Text
    kind: str
    prizes: Mapping[str, Prize]
    costs: Mapping[str, int] = field(default_factory=dict)
    free: Limit | None = None
    limit: Limit | None = None
    pause: Span | None = None
    when: Expression | None = None
    visitors: Visitors | None = None
    reels: int = 0
    symbols: Mapping[str, int] = field(default_factory=dict)
    questions: Mapping[str, QuizQuestion] = field(default_factory=dict)
    after: Literal["begin_again", "stay"] = "begin_again"
    takes_back: bool = False  # a return of the purchase that gave a play undoes the play


@dataclass(frozen=True, slots=True)
class RefundPolicy:
    """``refunds:``. ``unmatched_after``: when a return without its sale becomes a case.

    ``vouchers``: whether a voucher that a returned purchase used comes back. ``part_used``: what a reward that was
    used in part gives back when it is cancelled: its ``share`` of the price, or nothing (``refuse``).


    ``tenders``: to what the money goes back: to all that paid, in proportion; or to the last that paid, or the first,
    as far as it goes.
    """

    method: Literal["ask_again", "proportional"] = "ask_again"
    when_spent: Literal["only_pending", "within_balance", "unlimited"] = "within_balance"
    net_shortfall: bool = False
    within: Span | None = None
    unmatched_after: Span = Span(30, Step.DAYS)
    vouchers: Literal["come_back", "stay_used"] = "come_back"
    part_used: Literal["share", "refuse"] = "share"
    tenders: Literal["ratio", "last_first", "first_first"] = "ratio"


@dataclass(frozen=True, slots=True)
class LatePolicy:
    """``late:``. ``future``: how far a till's clock may be ahead. ``re_rate``: later activities within this span are
    decided again when a late one changes the tier that they were decided under."""

    accept: Span | None = None
    future: Span = Span(5, Step.MINUTES)
    re_rate: Span | None = None


@dataclass(frozen=True, slots=True)
class AdjustmentPolicy:
    """``adjustments:``: what one person may correct alone, by unit, in steps: at once and, in gifts, on a local day."""

    approve_above: Mapping[str, int] = field(default_factory=dict)
    per_day: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OldTerms:
    """``old_terms:`` of a version: who stays under the version before it. ``who``: a condition over ``member.…`` (None:
    those who had joined when the version took effect). ``until``: an instant, exclusive (None: for good)."""

    who: Expression | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """``changes:``. ``notice``: how long before it takes effect a version that takes something away is published."""

    notice: Span | None = None
    old_terms: OldTerms | None = None


@dataclass(frozen=True, slots=True)
class Programme:
    """A whole definition. ``digest`` is the SHA-256 of the file it was read from."""

    name: str
    title: Text
    currency: str
    currency_decimals: int
    zone: ZoneInfo
    digest: str
    units: Mapping[str, Unit]
    activities: Mapping[str, ActivityType]
    metrics: Mapping[str, Metric]
    tiers: Tiers | None
    rules: Mapping[str, Rule]
    groups: Mapping[str, Group]
    rewards: Mapping[str, Reward]
    member_fields: Mapping[str, FieldType]
    refunds: RefundPolicy
    late: LatePolicy
    eligible: Expression | None  # over ``line.…``: which lines earn; None: all
    hold_lapses: Span
    guest_claims: Span | None  # how long a purchase without a member can be claimed; None: not at all
    games: Mapping[str, Game] = field(default_factory=dict)
    draws: Mapping[str, Raffle] = field(default_factory=dict)
    contests: Mapping[str, Contest] = field(default_factory=dict)
    founded: dt.date | None = None  # the brand's own birthday
    badges: Mapping[str, Badge] = field(default_factory=dict)
    avatars: Mapping[str, Avatar] = field(default_factory=dict)
    challenges: Mapping[str, Challenge] = field(default_factory=dict)
    leaderboards: Mapping[str, Leaderboard] = field(default_factory=dict)
    adjustments: AdjustmentPolicy = AdjustmentPolicy()
    changes: ChangePolicy = ChangePolicy()
    stacking: Stacking = Stacking()
    plans: Mapping[str, Plan] = field(default_factory=dict)
    gift_cards: GiftCards | None = None
    paid_with: tuple[str, ...] = ()  # units that pay and "gift_cards", in the order in which they pay
    drops: Mapping[str, ProductDrop] = field(default_factory=dict)
    partners: Mapping[str, Partner] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)  # those that several rules may share
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    causes: Mapping[str, Cause] = field(default_factory=dict)

    def own_stake(self, unit: str) -> Stake:
        """The stake of units that the operator itself gives: nobody owes for them, and they cost their worth."""
        worth = self.units[unit].worth * 10**PRICE_DECIMALS / 10**self.currency_decimals
        return Stake("", int(worth))

    def earning(self, partner: str, unit: str, at: dt.datetime) -> Stake | None:
        """The stake of ``unit`` given with ``partner`` ("": with nobody) at ``at``; None: it is not earned there."""
        if not partner:
            return self.own_stake(unit)
        found = self.partners.get(partner)
        return None if found is None else found.earning(unit, at)

    def burning(self, partner: str, unit: str, at: dt.datetime) -> Stake | None:
        """Where ``unit`` is spent, and at what price; None: it cannot be spent there."""
        if not partner:
            return Stake()
        found = self.partners.get(partner)
        return None if found is None else found.burning(unit, at)

    @property
    def givers(self) -> list[Rule]:
        """Everything that gives: the rules, and the prizes of games in the name of their game."""
        prizes = [prize.rule for game in self.games.values() for prize in game.prizes.values()]
        return [*self.rules.values(), *prizes]

    referral: Referral | None = None
