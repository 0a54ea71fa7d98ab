"""The purchase: which lines count, what is taken off, what is left to earn on. Money in minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from setia.language.model import Gives, Programme
from setia.rules.rulebook import TypePlan
from setia.values.activities import Body
from setia.values.outcomes import Discount

LineEnv = dict[str, object]


@dataclass(slots=True)
class Order:
    """A purchase priced: ``lines`` are the eligible ones as expressions read them, after all discounts.

    ``discount`` is all that is taken off; ``off`` what of it the programme gives. ``total`` is what the goods cost
    after discounts, before points that pay (``paid``) and tenders.
    """

    gross: int
    discount: int
    total: int
    eligible: int
    quantity: int
    lines: list[LineEnv]
    off: list[Discount] = field(default_factory=list)
    paid: int = 0
    tendered: int = 0
    free_delivery: bool = False

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
    gross = discount = eligible = quantity = 0
    lines: list[LineEnv] = []
    condition = programme.eligible
    for line in raw:
        amount = line["amount"]
        off = line.get("discount", 0)
        gross += amount
        discount += off
        if condition is None and not plan.needs_lines:
            eligible += amount - off
            quantity += line["quantity"]
            continue
        env = line_env(line, amount - off)
        if condition is None or condition.test(env):
            eligible += amount - off
            quantity += line["quantity"]
            lines.append(env)
    given = sum(item["amount"] for item in body.get("discounts", ()))
    order = Order(gross, discount + given, gross - discount - given, eligible, quantity, lines)
    order.tendered = sum(item["amount"] for item in body.get("tenders", ()))
    _take_off(order, given)
    if tier_discount is not None and tier_discount[1] and order.eligible > 0:
        _give(order, f"tier:{tier_discount[0]}", _half_up(order.eligible * tier_discount[1]))
    for name, gives, count in claims:
        _use(order, name, gives, count)
    if paid:
        order.paid = paid
        if not earn_on_paid:
            _take_off(order, paid)
    return order


_PLAIN: Final = ("id", "sku", "category", "kind", "quantity", "amount", "discount")


def line_env(line: dict[str, Any], net: int) -> LineEnv:
    """What ``line.…`` reads on one line."""
    get = line.get
    env: LineEnv = {
        "line.id": line["id"],
        "line.sku": get("sku", ""),
        "line.category": get("category", ""),
        "line.kind": get("kind", ""),
        "line.quantity": line["quantity"],
        "line.gross": line["amount"],
        "line.discount": get("discount", 0),
        "line.amount": net,
    }
    for name, value in line.items():
        if name not in _PLAIN:
            env[f"line.{name}"] = value
    return env


def _use(order: Order, name: str, gives: Gives, count: int) -> None:
    """Apply a reward ``count`` times, each time on what is left."""
    for _ in range(count):
        if gives.kind == "percent_off" and gives.percent is not None:
            off = _half_up(max(order.eligible, 0) * gives.percent)
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
    for line in order.lines:
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
    """Lower what earns by ``amount``, spread over the eligible lines by their worth, to the last cent."""
    amount = min(amount, max(order.eligible, 0))
    if not amount:
        return
    before = order.eligible
    order.eligible -= amount
    if not order.lines:
        return
    done = running = 0
    for line in order.lines:
        worth = _int(line, "line.amount")
        running += worth
        share = amount * running // before - done
        done += share
        line["line.amount"] = worth - share


def _half_up(value: Fraction) -> int:
    return int((2 * value.numerator + value.denominator) // (2 * value.denominator))


def _int(line: LineEnv, key: str) -> int:
    value = line[key]
    assert isinstance(value, int)
    return value
