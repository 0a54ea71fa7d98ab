"""What must hold between partners, whatever is earned, burned, sent, returned and forgotten."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from setia.ledger.lots import HoldState
from setia.partners.settle import Line, Movement, Statement, Terms, liability, movements_of, settle
from setia.values.codes import Account, Built
from setia.values.stakes import Owed
from tests.pure.flow.shop import Corner

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
TEXT = """
programme: corner
title: Corner
currency: EUR
timezone: Europe/Berlin
units:
  points: {worth: 0.02, pays: {worth: 0.01}, transfer: allowed, expires: {after: 40 days}, PENDING}
partners:
  burned: {earns: {points: 0.01}, burns: {points: 0.01}}
  earned: {earns: {points: 0.03, owed: when_earned}, burns: {points: 0.02}}
  both: {earns: {points: 0.02, owed: when_burned_or_expired}}
  back: {earns: {points: 0.04, owed: when_earned_unless_expired}, burns: {points: 0.03}}
  pack: {earns: {points: 0.05}, pack: {points: 400, over: OVER}, burns: {points: 0.01}}
budgets: {few: {money: 3.00, over: OVERB}}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
  some: {on: purchase.completed, when: purchase.total >= 50, give: {points: 20}, budget: few}
  other: {on: purchase.completed, when: purchase.total < 20, give: {points: 7}, issuer: back}
refunds: {when_spent: SPENT}
"""
WHERE = st.sampled_from(["", "burned", "earned", "both", "back", "pack"])
MEMBER = st.sampled_from([0, 0, 0, 1])
BUY = st.tuples(st.just("buy"), WHERE, MEMBER, st.sampled_from([5, 30, 60, 90]), st.sampled_from([0, 0, 30, 1_000]))
RETURN = st.tuples(st.just("return"), st.integers(0, 12), st.booleans())
STEPS = st.lists(
    st.one_of(
        BUY,
        BUY,
        BUY,
        RETURN,
        RETURN,
        st.tuples(st.just("send"), MEMBER, st.integers(1, 60)),
        st.tuples(st.just("hold"), WHERE, MEMBER, st.integers(1, 60), st.integers(0, 60)),
        st.tuples(st.just("wait"), st.sampled_from([1, 6, 30])),
        st.tuples(st.just("gift"), MEMBER, st.integers(-40, 40)),
    ),
    min_size=12,
    max_size=30,
)
TEXTS = st.builds(
    lambda pending, over, budget, spent: (
        TEXT.replace(", PENDING", pending).replace("OVERB", budget).replace("OVER", over).replace("SPENT", spent)
    ),
    st.sampled_from(["", ", pending: {for: 5 days}"]), st.sampled_from(["trim", "reject", "overdraw"]),
    st.sampled_from(["trim", "reject"]), st.sampled_from(["only_pending", "within_balance", "unlimited"]),
)  # fmt: skip


def play(text: str, steps: list[Any]) -> Corner:
    corner = Corner(text)
    day, count = 0.0, 0
    sales: list[tuple[str, int]] = []
    for number, (what, *more) in enumerate(steps):
        day += 0.1
        if what == "buy":
            where, member, euros, spend = more
            body: dict[str, Any] = {"partner": where} if where else {}
            if spend and where != "both":
                body["spend"] = {"points": min(spend, max(corner.member(member).wallet.balance("points").spendable, 0))}
            count += 1
            lines = [{"id": str(n), "sku": "T", "category": "", "kind": "", "quantity": 1000, "amount": euros * 50}
                     for n in (1, 2)]  # fmt: skip
            corner.send(Built.PURCHASE.value, {"lines": lines, **body}, member=member, key=f"S{count}", day=day)
            sales.append((f"S{count}", member))
        elif what == "return" and sales:
            key, member = sales[more[0] % len(sales)]
            corner.give_back(key, member=member, day=day, lines=[{"id": "1", "quantity": 1000}] if more[1] else None)
        elif what == "send":
            body = {"unit": "points", "amount": more[1], "to": corner.member(1 - more[0]).id.hex}
            corner.send(Built.TRANSFER.value, body, member=more[0], day=day)
        elif what == "hold":
            body = {"unit": "points", "amount": more[2], **({"partner": more[0]} if more[0] else {})}
            held = corner.send(Built.HOLD.value, body, member=more[1], day=day, key=f"H{number}")
            if more[3]:
                commit = {"hold": held.activity.id.hex, "amount": more[3]}
                corner.send(Built.COMMIT.value, commit, member=more[1], day=day)
        elif what == "wait":
            day += more[0]
            corner.tick(day)
        elif what == "gift" and more[1]:
            corner.gift(more[1], member=more[0], day=day)
    return corner


def book_of(corner: Corner) -> list[Movement]:
    found: list[Movement] = []
    zone = corner.book.versions[0].programme.zone
    for member in corner.members:
        found += movements_of(corner.book.entries(member.id), member.wallet.lots, zone)
    return found


TERMS = Terms({"points": 0}, 2)


IN_DEBT = (
    TEXT.replace(", PENDING", "").replace("OVERB", "trim").replace("OVER", "overdraw").replace("SPENT", "unlimited")
)
"""Everything comes back, whoever has to owe for it."""


@QUICK
@given(TEXTS, STEPS)
@example(IN_DEBT, [("buy", "burned", 0, 60, 0), ("buy", "back", 0, 5, 1_000), ("return", 0, False)])
@example(
    IN_DEBT,
    [
        ("buy", "both", 0, 60, 0), ("buy", "earned", 0, 5, 1_000), ("return", 0, True), ("buy", "burned", 0, 90, 0),
        ("send", 0, 10), ("return", 2, True),
    ],
)  # fmt: skip
def test_what_each_issuer_owes_is_what_members_have_had_of_it(text: str, steps: list[Any]) -> None:
    corner = play(text, steps)
    statement = settle("9999-12", book_of(corner), (), (), TERMS)
    given_: Counter[tuple[str, Owed]] = Counter()
    back: Counter[tuple[str, Owed]] = Counter()
    spent: Counter[str] = Counter()
    for member in corner.members:
        for entry in corner.book.entries(member.id):
            key = (entry.stake.partner, entry.stake.owed)
            if entry.debit in (Account.ISSUED, Account.BUDGET):
                given_[key] += entry.amount
            if entry.credit in (Account.REVERSED, Account.BUDGET):
                back[key] += entry.amount
            if Account.REDEEMED in (entry.debit, entry.credit):
                spent[entry.stake.partner] += entry.amount * entry.stake.price * (
                    1 if entry.credit is Account.REDEEMED else -1
                )  # fmt: skip
    open_: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    corrected: Counter[str] = Counter()
    for member in corner.members:
        for hold in member.wallet.holds.values():
            for lot, part in hold.taken if hold.state is HoldState.PLACED else ():
                open_[member.wallet.lots[lot].stake.partner] += part
        for lot in member.wallet.lots.values():
            open_[lot.stake.partner] += lot.left
            gone[lot.stake.partner] += lot.expired
        for entry in corner.book.entries(member.id):
            if entry.credit is Account.ADJUSTED and entry.lot is not None:
                corrected[member.wallet.lots[entry.lot].stake.partner] += entry.amount
    price = {"burned": 1, "earned": 3, "both": 2, "back": 4, "pack": 5}
    owes: Counter[str] = Counter()
    net = {name: sum(n for (who, _), n in (given_ - back).items() if who == name) for name in price}
    net = {name: sum(given_[k] - back[k] for k in {*given_, *back} if k[0] == name) for name in price}
    used = {name: net[name] - open_[name] - gone[name] - corrected[name] for name in price}
    owes["burned"] = used["burned"]
    owes["both"] = 2 * (used["both"] + gone["both"])
    owes["earned"] = 3 * (net["earned"] - corrected["earned"])
    owes["back"] = 4 * (net["back"] - corrected["back"] - gone["back"])
    overdrawn = ("pack", Owed.OVERDRAWN)
    owes["pack"] = 5 * (given_[overdrawn] - back[overdrawn])
    for name in price:
        gets = spent[name] // 10_000
        if name != "pack" or not corrected["pack"]:
            assert statement.balance(name) == owes[name] - gets, name
    assert statement.margin - sum(statement.balance(name) for name in statement.partners()) == 0
    assert corner.book.gathered.house["pack:pack"] >= 0
    assert corner.book.gathered.house["money:few"] >= 0


@QUICK
@given(TEXTS, STEPS, st.lists(st.integers(1, 25), max_size=4))
def test_months_closed_one_by_one_come_to_the_same_as_all_at_once(text: str, steps: list[Any], cuts: list[int]) -> None:
    whole = book_of(play(text, steps))
    months = sorted({movement.month for movement in whole})
    at_once = settle("9999-12", whole, (), (), TERMS)
    closed: list[Line] = []
    statements: list[Statement] = []
    for number, month in enumerate(months):
        seen = book_of(play(text, steps[: cuts[number]])) if number < len(cuts) else whole  # what was recorded by then
        statement = settle(month, seen, closed, (), TERMS)
        assert settle(month, seen, [*closed, *statement.lines], (), TERMS).lines == ()
        closed += statement.lines
        statements.append(statement)
    rest = settle("9999-12", whole, closed, (), TERMS)
    for name in at_once.partners():
        assert sum(one.balance(name) for one in (*statements, rest)) == at_once.balance(name)


@QUICK
@given(TEXTS, STEPS)
def test_the_liability_is_the_open_lots_at_cost_and_no_lot_loses_its_issuer(text: str, steps: list[Any]) -> None:
    corner = play(text, steps)
    open_: Counter[str] = Counter()
    for member in corner.members:
        held = [pair for hold in member.wallet.holds.values() if hold.state is HoldState.PLACED for pair in hold.taken]
        for lot in member.wallet.lots.values():
            left = lot.left + sum(part for number, part in held if number == lot.no)
            open_[lot.stake.partner] += left * lot.stake.price
        made = {entry.lot: entry.stake for entry in corner.book.entries(member.id) if entry.lot == entry.no}
        assert {lot.no: lot.stake for lot in member.wallet.lots.values()} == made
    found = liability(book_of(corner), TERMS)
    assert {name: held.money * 10_000 for name, held in found.items()} == {k: v for k, v in open_.items() if v}
    sent: Counter[Any] = Counter()
    for member in corner.members:
        for entry in corner.book.entries(member.id):
            if entry.credit is Account.TRANSFERRED and entry.lot is not None:
                sent[member.wallet.lots[entry.lot].stake] += entry.amount
            if entry.debit is Account.TRANSFERRED:
                sent[entry.stake] -= entry.amount
    assert not +sent
    assert not -sent
