"""The purchase: which lines count, what is taken off, what is left to earn on. Money in minor units."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from setia.language.benefits import LineDiscount, Plan
from setia.language.expressions import Expression
from setia.language.model import Programme
from setia.rules.rulebook import TypePlan
from setia.rules.tender import sold_money
from setia.values.activities import Body
from setia.values.outcomes import Discount

LineEnv = dict[str, object]
_KNOWN_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Before:
    """An order before rewards: its total, what of it earns, and the worth of each line (where lines are looked at).

    ``is_initial``: percentages are taken of this, and not of what earlier rewards left.
    """

    total: int
    eligible: int
    lines: dict[str, int]
    is_initial: bool


@dataclass(slots=True)
class Order:
    """A purchase priced. ``raw`` are its eligible lines as they came in, ``spread`` those that expressions read.

    ``discount`` is all that is taken off; ``off`` what of it the programme gives. ``total`` is what the goods cost
    after discounts, before what pays: points (``paid``), gift cards (``cards``) and tenders. ``cash_back`` is given
    back later; ``charged`` is money that rewards cost, in ``total`` and not in what earns. ``before``: how it stood
    before rewards; ``done``: what became of them. ``sold``: money in another form that is bought, which no
    reward makes cheaper.
    """

    gross: int
    discount: int
    total: int
    eligible: int
    quantity: int
    raw: list[dict[str, Any]]
    reads: tuple[str, ...]
    off: list[Discount] = field(default_factory=list)
    paid: int = 0
    cards: int = 0
    tendered: int = 0
    sold: int = 0
    free_delivery: bool = False
    speed: str | None = None
    cash_back: int = 0
    charged: int = 0
    plan_benefit: int = 0
    lines: list[LineEnv] | None = None
    unspread: list[tuple[int, int]] = field(default_factory=list)
    before: Before | None = None
    done: list[Any] = field(default_factory=list)

    def spread(self) -> list[LineEnv]:
        """The lines, with all that was taken off the order spread over them by their worth, to the last cent.

        Only what looks at single lines needs it, and few orders are looked at line by line.
        """
        if self.lines is None:
            self.lines = [line_env(line, line["amount"] - line.get("discount", 0), self.reads) for line in self.raw]
        for before, amount in self.unspread:
            done = running = 0
            for line in self.lines:
                worth = number(line, "line.amount")
                running += worth
                part = amount * running // before - done
                done += part
                line["line.amount"] = worth - part
        self.unspread.clear()
        return self.lines

    def begin_rewards(self, *, is_initial: bool, needs_lines: bool) -> None:
        """Remember how the order stands before rewards: thresholds look at it, and percentages where ``is_initial``."""
        lines = {str(line["line.id"]): number(line, "line.amount") for line in self.spread()} if needs_lines else {}
        self.before = Before(self.total, self.eligible, lines, is_initial)

    def copy(self) -> Order:
        """The order as it stands, to try something on."""
        lines = None if self.lines is None else [dict(line) for line in self.lines]
        return replace(self, off=list(self.off), lines=lines, unspread=list(self.unspread))

    def chosen(self, lines: Expression | None) -> list[LineEnv]:
        """The lines for which the condition holds."""
        return [line for line in self.spread() if lines is None or lines.test(line)]

    def worth(self, lines: Expression | None) -> int:
        """What the chosen lines (None: all that earn) are worth, for a percentage of them; never below zero."""
        before = self.before
        is_initial = before is not None and before.is_initial
        if lines is None:
            return max(before.eligible if before is not None and is_initial else self.eligible, 0)
        chosen = self.chosen(lines)
        if before is not None and is_initial:
            return max(sum(before.lines[str(line["line.id"])] for line in chosen), 0)
        return max(sum(number(line, "line.amount") for line in chosen), 0)

    def reaches(self, threshold: int | None, lines: Expression | None) -> bool:
        """Whether the order, or the chosen lines of it, came to ``threshold`` before any reward."""
        assert self.before is not None
        if threshold is None:
            return True
        if lines is None:
            return self.before.total >= threshold
        return sum(self.before.lines[str(line["line.id"])] for line in self.chosen(lines)) >= threshold

    def lower(self, source: str, amount: int, lines: Expression | None = None) -> int:
        """Take up to ``amount`` off the order, or off the chosen lines alone; returns how much it was."""
        amount = min(amount, max(self.total - self.sold, 0))
        if lines is not None:
            amount = min(amount, self._lower_lines(amount, lines))
        if amount <= 0:
            return 0
        self.off.append(Discount(source, amount))
        self.discount += amount
        self.total -= amount
        if lines is None:
            _take_off(self, amount)
        else:
            self.eligible -= amount
        return amount

    def _lower_lines(self, amount: int, lines: Expression) -> int:
        """Spread ``amount`` over the chosen lines by their worth, to the last cent."""
        chosen = [line for line in self.chosen(lines) if number(line, "line.amount") > 0]
        whole = sum(number(line, "line.amount") for line in chosen)
        amount = min(amount, whole)
        done = running = 0
        for line in chosen:
            worth = number(line, "line.amount")
            running += worth
            part = amount * running // whole - done
            done += part
            line["line.amount"] = worth - part
        return amount

    def free_piece(self, source: str, line: LineEnv, price: int) -> None:
        """Give one piece of ``line``, which is no purchase then: it neither costs nor earns nor counts."""
        line["line.quantity"] = number(line, "line.quantity") - 1000
        line["line.amount"] = number(line, "line.amount") - price
        self.quantity -= 1000
        self.eligible -= price
        self.total -= price
        self.discount += price
        self.off.append(Discount(source, price))

    def charge(self, money: int) -> None:
        """Add what is paid with money for a reward; it earns nothing."""
        self.charged += money
        self.total += money

    @property
    def payable(self) -> int:
        """What is left to pay with money after points, gift cards and tenders."""
        return max(self.total - self.paid - self.cards - self.tendered, 0)


def price(
    programme: Programme,
    plan: TypePlan,
    body: Body,
    *,
    tier_discount: tuple[str, Fraction] | None,
    membership: Plan | None,
    rewards: Callable[[Order], None] | None,
    paid: int,
    cards: int,
    unearning: int,
) -> Order:
    """Price the purchase.

    ``rewards`` uses the rewards of the order on it (see ``stacking``). ``paid``, ``cards``: money settled with points
    and gift cards, of which ``unearning`` does not earn. Discounts go, in this order, off the line (given), off the
    order (given), then the tier's, the plan's (``membership``), then the rewards'; each on what the earlier ones left.
    """
    raw: list[dict[str, Any]] = body["lines"]
    order = Order(0, 0, 0, 0, 0, raw if plan.needs_lines else [], plan.line_reads)
    gross = discount = eligible = quantity = 0
    condition, names = programme.eligible, plan.eligible_reads
    known = plan.eligible
    kept: list[dict[str, Any]] = []
    single = names[0] if names is not None and len(names) == 1 else None
    for line in raw:
        amount = line["amount"]
        off = line.get("discount", 0)
        gross += amount
        discount += off
        if condition is not None:
            if names is None:
                earns = condition.test(line_env(line, amount - off, plan.line_reads))
            else:  # what earns follows from names of things alone: asked once for each
                key = line.get(single) if single is not None else tuple([line.get(name) for name in names])
                found = known.get(key)
                if found is None:
                    if len(known) >= _KNOWN_KEPT:
                        known.clear()
                    found = known[key] = condition.test(line_env(line, amount - off, plan.line_reads))
                earns = found
            if not earns:
                continue
            kept.append(line)
        eligible += amount - off
        quantity += line["quantity"]
    if condition is not None:
        order.raw = kept
    given = sum(item["amount"] for item in body.get("discounts", ()))
    order.gross, order.discount, order.total = gross, discount + given, gross - discount - given
    order.eligible, order.quantity = eligible, quantity
    order.tendered = sum(item["amount"] for item in body.get("tenders", ()))
    order.sold = sold_money(programme, body)
    _take_off(order, given)
    by_tier = 0 if tier_discount is None else share(max(order.eligible, 0), tier_discount[1])
    if membership is not None and membership.discounts and membership.with_tier == "best" and by_tier:
        off = _plan_discount(order, membership.discounts)
        if sum(off) > by_tier:
            _give_plan(order, membership, off)
            order.plan_benefit -= by_tier
            by_tier = 0
        membership = None
    if tier_discount is not None and by_tier:
        order.lower(f"tier:{tier_discount[0]}", by_tier)
    if membership is not None and membership.discounts:
        _give_plan(order, membership, _plan_discount(order, membership.discounts))
    if rewards is not None:
        rewards(order)
    order.paid, order.cards = paid, cards
    if unearning:
        _take_off(order, unearning)
    return order


def _plan_discount(order: Order, discounts: tuple[LineDiscount, ...]) -> list[int]:
    """What a plan takes off each line, or off all together where it makes no difference between lines."""
    if discounts[0].lines is None:
        return [share(max(order.eligible, 0), discounts[0].off)]
    return [_line_discount(line, discounts) for line in order.spread()]


def _line_discount(line: LineEnv, discounts: tuple[LineDiscount, ...]) -> int:
    for discount in discounts:
        if discount.lines is None or discount.lines.test(line):
            return share(max(number(line, "line.amount"), 0), discount.off)
    return 0


def _give_plan(order: Order, membership: Plan, off: list[int]) -> None:
    source = f"plan:{membership.name}"
    before = order.discount
    if membership.discounts[0].lines is None:
        order.lower(source, off[0])
    else:
        # Lines below zero may leave less than what the others are lowered by.
        most = max(min(order.total, order.eligible), 0)
        for line, amount in zip(order.spread(), off, strict=True):
            amount = min(amount, most)
            most -= amount
            line["line.amount"] = number(line, "line.amount") - amount
            order.discount += amount
            order.total -= amount
            order.eligible -= amount
        if order.discount > before:
            order.off.append(Discount(source, order.discount - before))
    order.plan_benefit += order.discount - before


def line_env(line: dict[str, Any], net: int, reads: Iterable[str] = ()) -> LineEnv:
    """What ``line.…`` reads on one line: its number, pieces and money, and the fields that ``reads`` names."""
    env: LineEnv = {
        "line.id": line["id"],
        "line.quantity": line["quantity"],
        "line.gross": line["amount"],
        "line.amount": net,
    }
    for name in reads:
        if name in line:
            env.setdefault(f"line.{name}", line[name])
        elif name in _ABSENT:
            env[f"line.{name}"] = _ABSENT[name]
    return env


def whole_line_env(line: dict[str, Any]) -> LineEnv:
    """What ``line.…`` reads on a line that stands alone, with all its fields."""
    return line_env(line, line["amount"] - line.get("discount", 0), {**_ABSENT, **line})


_ABSENT: Final[dict[str, object]] = {"sku": "", "category": "", "kind": "", "discount": 0}
"""What a built-in field reads as on a line that does not say it."""


def _take_off(order: Order, amount: int) -> None:
    """Lower what earns by ``amount``."""
    amount = min(amount, max(order.eligible, 0))
    if not amount:
        return
    if order.raw:
        order.unspread.append((order.eligible, amount))
    order.eligible -= amount


def share(amount: int, part: Fraction) -> int:
    """``part`` of an amount of money, halves up."""
    over = part.denominator
    return (2 * amount * part.numerator + over) // (2 * over)


def number(line: LineEnv, key: str) -> int:
    """A number of a line."""
    value = line[key]
    assert isinstance(value, int)
    return value
