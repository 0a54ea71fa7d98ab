"""What rules emit: the outcomes of one activity, gathered in a ``Result`` that can be written as JSON and read back.

A stored result is what the activity is booked as; a refund compares it with the result of the same question asked
again. Amounts are steps of the unit, money is in minor units.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from setia.values.codes import Account, DeclineCode
from setia.values.stakes import NOBODY, Owed, Stake


@dataclass(slots=True)
class Award:
    """Units given by ``rule``. ``activates_at`` set: pending until then.

    ``budget``: the house account that pays ("budget:<name>" in units, "money:<name>" in money), or "". ``stake``: whose
    units they are, and at what price.
    """

    unit: str
    amount: int
    rule: str
    activates_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    pool: str = ""
    is_qualifying: bool = True
    budget: str = ""
    stake: Stake = NOBODY

    @property
    def is_budgeted(self) -> bool:
        """Whether a budget in units pays, which is an account of the ledger."""
        return self.budget.startswith("budget:")


@dataclass(slots=True)
class Take:
    """Units spent: by a ``rule`` that takes, for a reward (``reason`` "reward:<name>"), as payment ("payment"), or
    given to a cause ("cause:<name>").

    ``stake``: where they are spent, and what that partner gets for them.
    """

    unit: str
    amount: int
    rule: str
    reason: str = ""
    stake: Stake = NOBODY

    @property
    def into(self) -> Account:
        """Where the units go."""
        return Account.DONATED if self.reason.startswith("cause:") else Account.REDEEMED


@dataclass(slots=True)
class Gift:
    """Units given to a cause: ``amount`` steps of ``unit``, for which the programme owes the cause ``money``, and
    whoever matches it ``match`` besides."""

    cause: str
    unit: str
    amount: int
    money: int
    match: int


@dataclass(slots=True)
class Issue:
    """A reward handed over. ``in_order``: used at once inside the purchase, so that no voucher is made.

    ``activates_at``: the voucher cannot be used before. ``worth``: of one that keeps its rest, minor units in all.
    """

    reward: str
    quantity: int
    rule: str
    valid_until: dt.datetime | None = None
    in_order: bool = False
    cost: dict[str, int] = field(default_factory=dict)
    activates_at: dt.datetime | None = None
    worth: int = 0


@dataclass(slots=True)
class Use:
    """A voucher or a code used in a purchase (or by itself): ``quantity`` pieces, or minor units of one with a rest.

    ``amount``: how much cheaper the order became. ``no``: the member's voucher; None: a code without owner, which draws
    ``account`` of the house ("" where it is without end). ``version``: the programme version that promised it.
    """

    code: str
    reward: str
    quantity: int
    amount: int
    no: int | None = None
    account: str = ""
    version: int = 0


@dataclass(slots=True)
class CardMoney:
    """Steps that a gift card pays for the purchase, or is sold with. ``card``: its wallet (hex); ``last``: its code's
    last characters."""

    card: str
    last: str
    amount: int


@dataclass(slots=True)
class Discount:
    """Money off the order, by the tier (``source`` "tier:<level>") or a reward ("reward:<name>")."""

    source: str
    amount: int


@dataclass(slots=True)
class PlanGift:
    """A plan given by ``rule``, for as long as the plan says that it lasts."""

    plan: str
    rule: str


@dataclass(slots=True)
class TierChange:
    """The member's tier becomes ``level``, kept until ``until`` (None: until the metric says otherwise)."""

    before: str
    level: str
    until: dt.datetime | None
    is_up: bool


@dataclass(slots=True)
class Declined:
    """An expected no: which code, and the facts that the message needs."""

    code: DeclineCode
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Result:
    """All outcomes of one activity.

    ``metrics``: what it adds to each metric at its own day. ``limits``: use of each limit key
    (``rule:index``) as (bucket, amount). ``carry``: the fraction of each unit that waits, (numerator, denominator).
    ``deferred``: units whose ``reached`` rules a limit put off. ``confirmed_until``: a tier that is only kept longer.
    ``badges``: name → the rule that gives it. ``totals``: of a purchase: gross, discounts, total, eligible, paid,
    cards, payable, benefit (what the plan was worth). ``delivery``: (free, speed). ``plans``: plans given.
    ``uses``: vouchers and codes that are used up by it.
    ``cards``: what gift cards pay of it, in the order in which they pay; ``sold``: the cards that it sells.
    ``play``: of a game that was played, what it came to and from which numbers. ``gift``: what went to a cause.
    """

    awards: list[Award] = field(default_factory=list)
    takes: list[Take] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    discounts: list[Discount] = field(default_factory=list)
    metrics: dict[str, int] = field(default_factory=dict)
    limits: dict[str, tuple[int, int]] = field(default_factory=dict)
    carry: dict[str, tuple[int, int]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    delivery: tuple[bool, str] | None = None
    tier: TierChange | None = None
    confirmed_until: dt.datetime | None = None
    deferred: list[str] = field(default_factory=list)
    exhausted: list[str] = field(default_factory=list)
    plans: list[PlanGift] = field(default_factory=list)
    declined: Declined | None = None
    uses: list[Use] = field(default_factory=list)
    cards: list[CardMoney] = field(default_factory=list)
    sold: list[CardMoney] = field(default_factory=list)
    play: dict[str, Any] = field(default_factory=dict)
    brings: bool = False  # a purchase that the referral of its buyer waits for
    badges: dict[str, str] = field(default_factory=dict)
    gift: Gift | None = None

    def earned(self, unit: str) -> int:
        """All that is awarded in ``unit``."""
        return sum(award.amount for award in self.awards if award.unit == unit)

    def spent(self, unit: str) -> int:
        """All that is taken in ``unit``."""
        return sum(take.amount for take in self.takes if take.unit == unit)


def _at(value: dt.datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _instant(value: str | None) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(value)


def _issue_to_json(issue: Issue) -> list[Any]:
    out = [issue.reward, issue.quantity, issue.rule, _at(issue.valid_until), issue.in_order, issue.cost]
    return [*out, _at(issue.activates_at), issue.worth] if issue.activates_at or issue.worth else out


def stake_to_json(stake: Stake) -> list[Any]:
    """The parts of a stake as they are stored; nothing for nobody's."""
    return [] if stake == NOBODY else [stake.partner, stake.price, stake.owed.value]


def stake_from_json(parts: list[Any]) -> Stake:
    """Read back ``stake_to_json``."""
    return Stake(parts[0], parts[1], Owed(parts[2])) if parts else NOBODY


def _award(parts: list[Any]) -> Award:
    unit, amount, rule, activates_at, expires_at, pool, is_qualifying, budget, *stake = parts
    if isinstance(budget, bool):  # as it was stored before budgets had names
        budget = f"budget:{rule}" if budget else ""
    return Award(
        unit, amount, rule, _instant(activates_at), _instant(expires_at), pool, is_qualifying, budget,
        stake_from_json(stake),
    )  # fmt: skip


def result_to_json(result: Result) -> dict[str, Any]:
    """The compact form that is stored: empty parts are left out."""
    out: dict[str, Any] = {}
    if result.awards:
        out["a"] = [
            [
                a.unit, a.amount, a.rule, _at(a.activates_at), _at(a.expires_at), a.pool, a.is_qualifying, a.budget,
                *stake_to_json(a.stake),
            ]
            for a in result.awards
        ]  # fmt: skip
    if result.takes:
        out["k"] = [[t.unit, t.amount, t.rule, t.reason, *stake_to_json(t.stake)] for t in result.takes]
    if result.issues:
        out["i"] = [_issue_to_json(issue) for issue in result.issues]
    if result.discounts:
        out["d"] = [[d.source, d.amount] for d in result.discounts]
    if result.metrics:
        out["m"] = result.metrics
    if result.limits:
        out["l"] = {key: list(use) for key, use in result.limits.items()}
    if result.carry:
        out["c"] = {unit: list(rest) for unit, rest in result.carry.items()}
    if result.totals:
        out["s"] = result.totals
    if result.delivery:
        out["f"] = list(result.delivery)
    if result.tier:
        out["t"] = [result.tier.before, result.tier.level, _at(result.tier.until), result.tier.is_up]
    if result.confirmed_until:
        out["u"] = _at(result.confirmed_until)
    if result.badges:
        out["b"] = result.badges
    if result.deferred:
        out["r"] = result.deferred
    if result.exhausted:
        out["x"] = result.exhausted
    if result.uses:
        out["v"] = [[u.code, u.reward, u.quantity, u.amount, u.no, u.account, u.version] for u in result.uses]
    if result.plans:
        out["g"] = [[gift.plan, gift.rule] for gift in result.plans]
    if result.cards:
        out["y"] = [[c.card, c.last, c.amount] for c in result.cards]
    if result.sold:
        out["z"] = [[c.card, c.last, c.amount] for c in result.sold]
    if result.play:
        out["p"] = result.play
    if result.brings:
        out["bf"] = True
    if result.gift:
        gift = result.gift
        out["gi"] = [gift.cause, gift.unit, gift.amount, gift.money, gift.match]
    if result.declined:
        out["n"] = [result.declined.code.value, result.declined.facts]
    return out


def result_from_json(data: dict[str, Any]) -> Result:
    """Read back ``result_to_json``."""
    tier = data.get("t")
    declined = data.get("n")
    return Result(
        awards=[_award(award) for award in data.get("a", ())],
        takes=[Take(u, n, r, why, stake_from_json(stake)) for u, n, r, why, *stake in data.get("k", ())],
        issues=[
            Issue(r, n, rule, _instant(until), o, cost, _instant(more[0]) if more else None, more[1] if more else 0)
            for r, n, rule, until, o, cost, *more in data.get("i", ())
        ],
        discounts=[Discount(*discount) for discount in data.get("d", ())],
        metrics=dict(data.get("m", {})),
        limits={key: (bucket, use) for key, (bucket, use) in data.get("l", {}).items()},
        carry={unit: (n, d) for unit, (n, d) in data.get("c", {}).items()},
        totals=dict(data.get("s", {})),
        delivery=(data["f"][0], data["f"][1]) if "f" in data else None,
        tier=TierChange(tier[0], tier[1], _instant(tier[2]), tier[3]) if tier else None,
        confirmed_until=_instant(data.get("u")),
        badges=dict(data.get("b", {})),
        deferred=list(data.get("r", ())),
        exhausted=list(data.get("x", ())),
        plans=[PlanGift(*gift) for gift in data.get("g", ())],
        play=dict(data.get("p", {})),
        declined=Declined(DeclineCode(declined[0]), dict(declined[1])) if declined else None,
        uses=[Use(*use) for use in data.get("v", ())],
        cards=[CardMoney(*card) for card in data.get("y", ())],
        sold=[CardMoney(*card) for card in data.get("z", ())],
        brings=data.get("bf", False),
        gift=Gift(*data["gi"]) if "gi" in data else None,
    )
