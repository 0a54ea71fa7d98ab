"""Every expected no, in the order in which it goes before others."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from setia.flow.work import Decision
from setia.values.codes import Built, DeclineCode
from setia.values.money import LARGEST
from tests.pure.flow.shop import OPENED, Corner, code, line

TEXT = """
programme: corner
title: Corner
currency: EUR
timezone: UTC
units:
  points:
    worth: 0.01
    pays: {worth: 0.01}
    transfer: {send: {at_most: 50, per: year}, receive: {at_most: 60, per: year}}
  stars: {}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
rewards:
  mug: {costs: {points: 10}, gives: {experience: A mug}, stock: 2, limit: {times: 2, per: month}}
  vip: {costs: {points: 10}, gives: {experience: A seat}, when: wallet.points >= 1_000}
  gift: {gives: {experience: A gift}}
plans:
  plus: {fee: {month: 5, year: 48}, benefits: {delivery: free}, cancel: {refund: none}}
  old: {fee: {month: 5}, benefits: {delivery: free}, closed: true}
late: {accept: 30 days, future: 5 minutes}
refunds: {within: 10 days}
adjustments: {approve_above: {points: 500}, per_day: {points: 1_000}}
"""


def shop() -> Corner:
    corner = Corner(TEXT)
    corner.buy(100, key="sale")
    return corner


def _hold(corner: Corner, amount: int, key: str = "hold") -> str:
    return corner.send(Built.HOLD.value, {"unit": "points", "amount": amount}, key=key).activity.id.hex


def _future(corner: Corner) -> str:
    return code(corner.buy(1, day=5, late=-1))


def _blocked(corner: Corner) -> str:
    corner.member().is_blocked = True
    return code(corner.buy(1))


def _twice(corner: Corner) -> str:
    corner.give_back("sale")
    return code(corner.give_back("sale"))


def _give(corner: Corner, amount: int, **more: str) -> Decision:
    return corner.send(Built.ADJUST.value, {"unit": "points", "amount": amount, "reason": "r", "by": "dewi", **more})


def _final(how: str) -> Callable[[Corner], str]:
    def no(corner: Corner) -> str:
        hold = _hold(corner, 999 if how == "declined" else 10)
        if how in ("committed", "released"):
            corner.send(f"hold.{how}", {"hold": hold})
        return code(corner.send(Built.COMMIT.value, {"hold": hold}, day=9 if how == "lapsed" else 0))

    return no


def _claim(reward: str, quantity: int = 1) -> Callable[[Corner], str]:
    return lambda corner: code(corner.send(Built.CLAIM.value, {"reward": reward, "quantity": quantity}))


def _stock(corner: Corner) -> str:
    corner.book.gathered.house["stock:mug"] = 0
    return _claim("mug")(corner)


def _cancelled_twice(corner: Corner) -> str:
    corner.send(Built.CLAIM.value, {"reward": "mug", "quantity": 1})
    (number,) = corner.member().vouchers
    corner.send(Built.UNCLAIM.value, {"voucher": number})
    return code(corner.send(Built.UNCLAIM.value, {"voucher": number}))


def _transfer(amount: int, to: int = 1, unit: str = "points") -> Callable[[Corner], str]:
    def no(corner: Corner) -> str:
        body = {"unit": unit, "amount": amount, "to": corner.member(to).id.hex}
        return code(corner.send(Built.TRANSFER.value, body))

    return no


def _exceeded(corner: Corner) -> str:
    return code(corner.send(Built.COMMIT.value, {"hold": _hold(corner, 5), "amount": 6}))


def _unpayable(corner: Corner) -> str:
    return code(corner.buy(1, spend={"stars": 1}))


def _received_too_much(corner: Corner) -> str:
    corner.book.join(OPENED)
    corner.members.append(list(corner.book.gathered.members.values())[-1])
    corner.gift(60, member=2)
    corner.send(Built.TRANSFER.value, {"unit": "points", "amount": 50, "to": corner.member(1).id.hex})
    body = {"unit": "points", "amount": 20, "to": corner.member(1).id.hex}
    return code(corner.send(Built.TRANSFER.value, body, member=2))


def _plan(*kinds: str, **body: Any) -> Callable[[Corner], str]:
    """What the last of several activities of a plan comes to."""

    def no(corner: Corner) -> str:
        last = ""
        for kind in kinds:
            own = {"plan": "plus", "every": "month"} if kind == "started" and kind is not kinds[-1] else {}
            last = code(corner.send(f"plan.{kind}", own or (body if kind is kinds[-1] else {})))
        return last

    return no


NOES: dict[str, Callable[[Corner], str]] = {
    "before the programme": lambda corner: code(corner.buy(1, day=-1)),
    "a clock far ahead": _future,
    "too late": lambda corner: code(corner.buy(1, day=1, late=31)),
    "a blocked member": _blocked,
    "a receipt of somebody else": lambda corner: code(corner.give_back("sale", member=1)),
    "all went back": _twice,
    "the line went back": lambda corner: (
        corner.buy(3, key="two", lines=[line("1", 100), line("2", 100)]),
        corner.give_back("two", lines=[{"id": "1"}]),
        code(corner.give_back("two", lines=[{"id": "1"}])),
    )[-1],
    "long after the sale": lambda corner: code(corner.give_back("sale", day=11)),
    "another line": lambda corner: code(corner.give_back("sale", lines=[{"id": "7", "quantity": 1000}])),
    "more than was bought": lambda corner: code(corner.give_back("sale", lines=[{"sku": "TEA", "quantity": 2000}])),
    "no such hold": lambda corner: code(corner.send(Built.RELEASE.value, {"hold": "0" * 32})),
    "a hold that was committed": _final("committed"),
    "a hold that was released": _final("released"),
    "a hold that lapsed": _final("lapsed"),
    "a hold that was declined": _final("declined"),
    "more than is held": _exceeded,
    "no such reward": _claim("nothing"),
    "a reward that is only given": _claim("gift"),
    "a reward for others": _claim("vip"),
    "too many of a reward": _claim("mug", 3),
    "no more of a reward": _stock,
    "no such voucher": lambda corner: code(corner.send(Built.UNCLAIM.value, {"voucher": 99})),
    "a voucher that is gone": _cancelled_twice,
    "a unit that pays nothing": _unpayable,
    "a transfer to oneself": _transfer(5, to=0),
    "a unit that stays": _transfer(5, unit="stars"),
    "too much sent": _transfer(51),
    "too much received": _received_too_much,
    "no such pool": lambda corner: code(corner.send(Built.POOL_CLOSED.value, {"pool": "x"})),
    "no such plan": _plan("started", plan="gold"),
    "no such price": _plan("started", plan="plus", every="week"),
    "a closed plan": _plan("started", plan="old"),
    "a plan beside another": _plan("started", "paid", "started", plan="plus", every="year"),
    "a plan that nobody has": _plan("changed", every="year"),
    "a plan cancelled twice": _plan("started", "paid", "cancelled", "cancelled"),
    "nothing to pay": _plan("started", "paid", "paid"),
    "nothing was paid": _plan("started", "refunded"),
    "another amount": _plan("started", "paid", amount=400),
    "more than was paid": _plan("started", "paid", "refunded", amount=501),
    "given to oneself": lambda corner: code(_give(corner, 1, by_member=corner.member().id.hex)),
    "too much by one alone": lambda corner: code(_give(corner, 501)),
    "too much in a day": lambda corner: (_give(corner, 500), _give(corner, 400), code(_give(corner, 101)))[-1],
    "too little to pay": lambda corner: code(corner.buy(9, spend={"points": 200})),
    "too little to hold": lambda corner: code(corner.send(Built.HOLD.value, {"unit": "points", "amount": LARGEST})),
    "too little to take away": lambda corner: code(corner.gift(-101)),
    "too little for the reward": lambda corner: (corner.gift(-95), _claim("mug")(corner))[-1],
}
CODES = [
    "programme_not_in_force", "occurred_in_future", "occurred_too_long_ago", "member_blocked",
    "receipt_of_other_member",
    "already_returned", "already_returned", "refund_window_closed", "not_on_receipt", "not_on_receipt", "hold_unknown",
    "already_committed", "already_released", "hold_lapsed", "hold_declined", "hold_exceeded", "reward_unknown",
    "reward_unknown", "reward_not_eligible", "reward_limit_reached", "out_of_stock", "voucher_unknown",
    "voucher_not_cancellable", "unit_cannot_pay", "transfer_not_allowed", "transfer_not_allowed",
    "transfer_limit_reached", "transfer_limit_reached", "pool_unknown", "plan_unknown", "plan_unknown", "plan_closed",
    "plan_running", "plan_not_running", "plan_already_cancelled", "invoice_not_open", "payment_unknown",
    "payment_mismatch", "refund_exceeded", "self_credit", "approval_needed", "approval_needed",
    "insufficient_balance", "insufficient_balance",
    "insufficient_balance", "insufficient_balance",
]  # fmt: skip


@pytest.mark.parametrize(("why", "expected"), list(zip(NOES, CODES, strict=True)), ids=list(NOES))
def test_each_no_has_its_code_and_moves_nothing(why: str, expected: str) -> None:
    corner = shop()
    assert NOES[why](corner) == expected
    last = corner.book.decisions[-1]
    if last.status == "declined":
        assert (last.entries, last.vouchers, last.house) == ([], [], {})


def test_the_table_follows_the_order_of_precedence() -> None:
    order = [member.value for member in DeclineCode]
    ranks = [order.index(found) for found in CODES]
    assert all(before <= after for before, after in pairwise(ranks))


PRECEDENCE = [
    ("too old and blocked", lambda c: (_blocked(c), code(c.buy(1, day=1, late=31)))[-1], "occurred_too_long_ago"),
    ("too old and of another", lambda c: code(c.give_back("sale", day=1, late=31, member=1)), "occurred_too_long_ago"),
    ("of another and returned", lambda c: (c.give_back("sale"), code(c.give_back("sale", member=1)))[-1],
     "receipt_of_other_member"),
    ("returned, long ago", lambda c: (c.give_back("sale"), code(c.give_back("sale", day=20)))[-1], "already_returned"),
    ("long ago and another line", lambda c: code(c.give_back("sale", day=20, lines=[{"id": "7"}])),
     "refund_window_closed"),
    ("lapsed and exceeded", lambda c: code(c.send(Built.COMMIT.value, {"hold": _hold(c, 5), "amount": 6}, day=9)),
     "hold_lapsed"),
    ("for others and too many", _claim("vip", 99), "reward_not_eligible"),
    ("too many and no stock", lambda c: (c.book.gathered.house.update({"stock:mug": 0}), _claim("mug", 3)(c))[-1],
     "reward_limit_reached"),
    ("out of stock and too dear", lambda c: (c.gift(-99), _stock(c))[-1], "out_of_stock"),
    ("not allowed and too much", _transfer(500, to=0), "transfer_not_allowed"),
    ("too much sent and too little there", lambda c: (c.gift(-90), _transfer(51)(c))[-1], "transfer_limit_reached"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "ask", "expected"), PRECEDENCE, ids=[why for why, _, _ in PRECEDENCE])
def test_of_two_reasons_the_first_is_told(why: str, ask: Callable[[Corner], str], expected: str) -> None:
    assert ask(shop()) == expected
