"""The shop in memory against its auditor, step by step."""

from collections import Counter
from pprint import pformat
from typing import Any

import pytest

from setia.values.codes import MEMBER_ACCOUNTS
from tests.simulation.auditor import Auditor
from tests.simulation.memory import MemoryShop
from tests.simulation.programmes import SHOPS
from tests.simulation.seeds import in_memory
from tests.simulation.shop import Shop, Step

SEEDS = in_memory(30)
STEPS = 150


def compare(engine: MemoryShop, auditor: Auditor, number: int) -> None:
    """Everything about one member is as the auditor predicted."""
    member = engine.book.gathered.members[engine.members[number]]
    balance = member.wallet.balance("points")
    found = {name: getattr(balance, name) for name in ("available", "pending", "held", "debt")}
    assert found == auditor.balance(number)
    lots = [(lot.amount, lot.left, lot.expired, lot.is_pending, lot.expires_at) for lot in member.wallet.lots.values()]
    assert lots == auditor.lots(number)
    # A member to whom nothing happened yet has not been looked at.
    assert member.progress.tier == ("" if member.is_new else auditor.members[number]["tier"])
    assert member.progress.tier_until == auditor.members[number]["until"]
    assert member.event_seq == auditor.members[number]["events"]


def compare_house(engine: MemoryShop, auditor: Auditor) -> None:
    """What is scarce for everybody, and the sum of all accounts."""
    house = engine.book.gathered.house
    assert house["stock:cup"] == auditor.stock
    assert house.get("budget:app") == auditor.budget
    sums: Counter[bool] = Counter()
    for decision in engine.book.decisions:
        for entry in decision.entries:
            sums[entry.debit in MEMBER_ACCOUNTS] -= entry.amount
            sums[entry.credit in MEMBER_ACCOUNTS] += entry.amount
    assert sums[True] == -sums[False] == sum(sum(auditor.balance(n).values()) for n in range(len(auditor.members)))


def tell(step: Step, engine: Any, auditor: Auditor) -> list[int]:
    """Tell one step to both; the numbers of the members it concerns."""
    if step["type"] == "join":
        engine.join(step)
        auditor.join(step["at"])
        return []
    if step["type"] == "tick":
        engine.tick(step)
        for number in range(len(auditor.members)):
            auditor.advance(number, step["at"])
        return list(range(len(auditor.members)))
    assert engine.handle(step) == auditor.handle(step)
    return [step["member"], *([step["to"]] if "to" in step else [])]


def live(name: str, seed: int, count: int = STEPS) -> MemoryShop:
    """A whole life of the shop, compared after every step; a failure shows the steps that lead to it."""
    shop, engine = Shop(seed), MemoryShop(name)
    auditor = Auditor([(since, known) for since, _, known in SHOPS[name]])
    for step in list(shop.steps):
        tell(step, engine, auditor)
    try:
        for _ in range(count):
            for number in tell(shop.draw(), engine, auditor):
                compare(engine, auditor, number)
        tell({"type": "tick", "at": shop.now}, engine, auditor)
        for number in range(len(auditor.members)):
            compare(engine, auditor, number)
        compare_house(engine, auditor)
    except AssertionError as error:
        steps = pformat(shop.steps, width=160, compact=True)
        raise AssertionError(f"shop '{name}', seed {seed}, {len(shop.steps)} steps:\n{steps}\n{error}") from error
    return engine


@pytest.mark.parametrize("name", SHOPS)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_balance_lot_tier_and_event_is_as_the_auditor_predicts(name: str, seed: int) -> None:
    engine = live(name, seed)
    assert len(engine.book.decisions) > STEPS / 2
