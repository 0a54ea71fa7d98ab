"""The purchase: which lines count, what is taken off, what is left to earn on. Money in minor units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from setia.language.model import Gives, Programme
from setia.rules.rulebook import TypePlan
from setia.values.activities import Body
from setia.values.outcomes import Discount

LineEnv = dict[str, object]
_KNOWN_KEPT: Final = 10_000


@dataclass(slots=True)
class Order:
    """A purchase priced. ``raw`` are its eligible lines as they came in, ``spread`` those that expressions read.

    ``discount`` is all that is taken off; ``off`` what of it the programme gives. ``total`` is what the goods cost
    after discounts, before points that pay (``paid``) and tenders.
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
    tendered: int = 0
    free_delivery: bool = False
    lines: list[LineEnv] | None = None
    unspread: list[tuple[int, int]] = field(default_factory=list)

    def spread(self) -> list[LineEnv]:
        """The lines, with all that was taken off the order spread over them by their worth, to the last cent.

        Only what looks at single lines needs it, and few orders are looked at line by line.
        """
        if self.lines is None:
            self.lines = [line_env(line, line["amount"] - line.get("discount", 0), self.reads) for line in self.raw]
        for before, amount in self.unspread:
            done = running = 0
            for line in self.lines:
                worth = _int(line, "line.amount")
                running += worth
                share = amount * running // before - done
                done += share
                line["line.amount"] = worth - share
        self.unspread.clear()
        return self.lines

    @property
    def payable(self) -> int:
        """What is left to pay with money after points and tenders."""
        return max(self.total - self.paid - self.tendered, 0)


def price(
    programme: Programme,
    plan: TypePlan,
    body: Body,
    *,
    tier_discount: tuple[str, Fraction] | None,
    claims: list[tuple[str, Gives, int]],
    paid: int,
    earn_on_paid: bool,
) -> Order:
    """Price the purchase.

    ``claims``: rewards used inside the order, (name, what it gives, how many). ``paid``: money settled with points;
    unless ``earn_on_paid`` it does not earn. Discounts go, in this order, off the line (given), off the order (given),
    then the tier's, then the rewards'; each on what the earlier ones left.
    """
    raw: list[dict[str, Any]] = body["lines"]
    order = Order(0, 0, 0, 0, 0, raw if plan.needs_lines else [], plan.line_reads)
    gross = discount = eligible = quantity = 0
    condition, names = programme.eligible, plan.eligible_reads
    known = plan.eligible
    kept: list[dict[str, Any]] = []
    for line in raw:
        amount = line["amount"]
        off = line.get("discount", 0)
        gross += amount
        discount += off
        if condition is not None:
            if names is None:
                earns = condition.test(line_env(line, amount - off, plan.line_reads))
            else:  # what earns follows from names of things alone: asked once for each
                key = tuple([line.get(name) for name in names])
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
    _take_off(order, given)
    if tier_discount is not None and tier_discount[1] and order.eligible > 0:
        _give(order, f"tier:{tier_discount[0]}", _share(order.eligible, tier_discount[1]))
    for name, gives, count in claims:
        _use(order, name, gives, count)
    if paid:
        order.paid = paid
        if not earn_on_paid:
            _take_off(order, paid)
    return order


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


def _use(order: Order, name: str, gives: Gives, count: int) -> None:
    """Apply a reward ``count`` times, each time on what is left."""
    for _ in range(count):
        if gives.kind == "percent_off" and gives.percent is not None:
            off = _share(max(order.eligible, 0), gives.percent)
            _give(order, f"reward:{name}", off if gives.at_most is None else min(off, gives.at_most))
        elif gives.kind == "amount_off" and gives.amount is not None:
            _give(order, f"reward:{name}", min(gives.amount, max(order.total, 0)))
        elif gives.kind == "delivery":
            order.free_delivery = True
        elif gives.kind == "product":
            _give_piece(order, name, gives)


def _give_piece(order: Order, name: str, gives: Gives) -> None:
    """One piece of a matching line is free: the cheapest, so that the promise costs what it says."""
    best: LineEnv | None = None
    best_price = 0
    for line in order.spread():
        if not matches_product(line, gives) or _int(line, "line.quantity") < 1000:
            continue
        piece = _int(line, "line.amount") * 1000 // _int(line, "line.quantity")
        if best is None or piece < best_price:
            best, best_price = line, piece
    if best is None:
        return
    best["line.quantity"] = _int(best, "line.quantity") - 1000
    best["line.amount"] = _int(best, "line.amount") - best_price
    order.quantity -= 1000
    order.eligible -= best_price
    order.total -= best_price
    order.discount += best_price
    order.off.append(Discount(f"reward:{name}", best_price))


def matches_product(line: LineEnv, gives: Gives) -> bool:
    """Whether the free product of a reward may be this line."""
    if gives.product_where is not None:
        return gives.product_where.test(line)
    return line["line.sku"] == gives.product


def _give(order: Order, source: str, amount: int) -> None:
    amount = min(amount, max(order.total, 0))
    if amount <= 0:
        return
    order.off.append(Discount(source, amount))
    order.discount += amount
    order.total -= amount
    _take_off(order, amount)


def _take_off(order: Order, amount: int) -> None:
    """Lower what earns by ``amount``."""
    amount = min(amount, max(order.eligible, 0))
    if not amount:
        return
    if order.raw:
        order.unspread.append((order.eligible, amount))
    order.eligible -= amount


def _share(amount: int, share: Fraction) -> int:
    """``share`` of an amount of money, halves up."""
    number, over = share.numerator, share.denominator
    return (2 * amount * number + over) // (2 * over)


def _int(line: LineEnv, key: str) -> int:
    value = line[key]
    assert isinstance(value, int)
    return value
