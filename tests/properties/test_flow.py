"""What must hold whatever happens to a book."""

import copy
import datetime as dt
from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from setia.flow.memory import MemoryBook
from setia.state.progress import progress_from_json, progress_to_json
from setia.values.activities import Activity
from setia.values.codes import MEMBER_ACCOUNTS, Account, Built
from setia.values.outcomes import result_from_json, result_to_json
from tests.properties.shops import (
    BASKET,
    DAY,
    OPENED,
    PAYING,
    PLAIN,
    STEPS,
    book,
    copy_of,
    entries_of,
    members_of,
    own,
    play,
    problems,
    programme,
    state_of,
    version,
)

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
POLICIES = st.builds(
    programme,
    rounding=st.sampled_from(["floor", "half_even", "{mode: half_up, at: rule}", "{mode: ceiling, at: line}",
                              "{mode: floor, carry: true}"]),
    spent=st.sampled_from(["only_pending", "within_balance", "unlimited"]),
    keep=st.sampled_from(["while_reached", "12 days"]),
)  # fmt: skip


@QUICK
@given(POLICIES, STEPS)
def test_units_are_neither_made_nor_lost_and_no_account_falls_below_zero(text: str, steps: list[Any]) -> None:
    found = book(text)
    play(found, steps)
    sums: Counter[tuple[str, Account]] = Counter()
    for member in members_of(found):
        running: Counter[tuple[str, Account]] = Counter()
        for entry in found.entries(member.id):
            running[entry.unit, entry.debit] -= entry.amount
            running[entry.unit, entry.credit] += entry.amount
        for account in MEMBER_ACCOUNTS:
            for unit, balance in member.wallet.balances.items():
                assert running[unit, account] == getattr(balance, account.name.lower())
        for balance in member.wallet.balances.values():
            assert balance.available >= 0
            assert balance.pending >= 0
            assert balance.held >= 0
            assert balance.debt <= 0
        lots: Counter[tuple[str, bool]] = Counter()
        for lot in member.wallet.lots.values():
            assert 0 <= lot.left <= lot.amount
            lots[lot.unit, lot.is_pending] += lot.left
        for unit, balance in member.wallet.balances.items():
            assert (lots[unit, False], lots[unit, True]) == (balance.available, balance.pending)
        sums += running
        sums -= Counter()
        assert [entry.no for entry in found.entries(member.id)] == sorted({e.no for e in found.entries(member.id)})
    for unit in ("points", "stamps", "stars"):
        total = sum(
            entry.amount * ((entry.credit in MEMBER_ACCOUNTS) - (entry.debit in MEMBER_ACCOUNTS))
            for member in members_of(found) for entry in found.entries(member.id) if entry.unit == unit
        )  # fmt: skip
        assert total == sum(
            b.available + b.pending + b.held + b.debt
            for member in members_of(found) for name, b in member.wallet.balances.items() if name == unit
        )  # fmt: skip
    assert all(left >= 0 for left in found.gathered.house.values())


@QUICK
@given(POLICIES, STEPS)
def test_anything_that_comes_in_again_changes_nothing(text: str, steps: list[Any]) -> None:
    found = book(text)
    told = play(found, steps)
    before, entries = [state_of(member) for member in members_of(found)], entries_of(found)
    for activity in told:
        again = copy_of(activity)
        known = (activity.source, activity.external_id) in found.gathered.recorded
        again.id = found.new_id(again.occurred_at)
        status = own(found.handle(again), again).status
        assert status == ("duplicate" if known else "refused")
    assert entries_of(found) == entries
    assert [state_of(member) for member in members_of(found)] == before


@QUICK
@given(STEPS)
def test_running_every_decision_again_gives_what_was_booked(steps: list[Any]) -> None:
    found = book(programme(), programme(rounding="half_up"))
    play(found, steps)
    assert problems(found) == []


@QUICK
@given(POLICIES, STEPS)
def test_a_replay_gives_the_same_entries(text: str, steps: list[Any]) -> None:
    found = book(text)
    told = play(found, steps)
    again = book(text)
    for activity in told:
        again.handle(copy_of(activity))
    assert entries_of(again) == entries_of(found)
    assert [d.activity.id for d in again.decisions] == [d.activity.id for d in found.decisions]


@QUICK
@given(POLICIES, STEPS)
def test_a_clock_worked_off_late_gives_what_a_punctual_one_gives(text: str, steps: list[Any]) -> None:
    punctual, late = book(text), book(text)
    play(punctual, steps, tick_every=DAY)
    play(late, steps)
    end = OPENED + 400 * DAY
    punctual.tick(end)
    late.tick(end)
    for member, other in zip(members_of(punctual), members_of(late), strict=True):
        assert punctual.entries(member.id) == late.entries(other.id)
        assert state_of(member) == state_of(other)


@QUICK
@given(POLICIES, st.lists(st.tuples(PAYING, st.integers(0, 1), st.integers(1, 90)), min_size=1, max_size=10))
def test_what_happens_to_others_changes_nothing_for_a_member(text: str, sales: list[Any]) -> None:
    text = text.replace("    budget: {points: 300, over: trim}\n", "")  # a budget is what members share

    def tell(found: MemoryBook, wanted: tuple[int, ...]) -> None:
        now = OPENED
        for number, (body, member, hours) in enumerate(sales):
            now += dt.timedelta(hours=hours)
            activity = found.activity(
                Built.PURCHASE.value, members_of(found)[member], now, body, external_id=str(number)
            )
            if member in wanted:
                found.handle(activity)

    together, alone = book(text), book(text)
    tell(together, (0, 1))
    tell(alone, (1,))
    tell(alone, (0,))
    assert entries_of(together) == entries_of(alone)


@QUICK
@given(st.lists(st.tuples(PAYING, st.integers(1, 200)), min_size=1, max_size=6), BASKET)
def test_a_sale_and_its_full_return_leave_nothing(sales: list[Any], basket: dict[str, Any]) -> None:
    found = book(programme(), members=1)
    member = members_of(found)[0]
    now = OPENED + DAY
    for body, hours in sales:
        now += dt.timedelta(hours=hours)
        found.handle(found.activity(Built.PURCHASE.value, member, now, body))
    found.tick(now)
    before, house = copy.deepcopy(state_of(member)), dict(found.gathered.house)
    vouchers = {number: voucher.state for number, voucher in member.vouchers.items()}
    found.handle(found.activity(Built.PURCHASE.value, member, now, {**basket, "spend": {"points": 7}}, external_id="x"))
    found.handle(found.activity(Built.PURCHASE.value, member, now, basket, external_id="x", revision=1))
    found.handle(found.activity(Built.RETURN.value, member, now, {"of": {"source": "memory", "external_id": "x"}}))
    for unit in ("points", "stamps"):
        assert member.wallet.balance(unit) == before[0].get(unit, type(member.wallet.balance(unit))())
    assert state_of(member)[1:4] == before[1:4]
    assert found.gathered.house["budget:big"] == house["budget:big"]
    assert {number: member.vouchers[number].state for number in vouchers} == vouchers
    assert problems(found) == []


@QUICK
@given(BASKET)
def test_buying_and_returning_in_a_loop_gains_nothing(basket: dict[str, Any]) -> None:
    found = book(PLAIN, members=1)
    member = members_of(found)[0]
    gift = {"unit": "points", "amount": 30, "reason": "gift", "by": "Ana", "approved_by": None}
    found.handle(found.activity(Built.ADJUST.value, member, OPENED, gift))
    before, house = copy.deepcopy(state_of(member)), dict(found.gathered.house)
    for number in range(50):
        now = OPENED + number * DAY
        body = {**basket, "spend": {"points": "max"}, "claims": [{"reward": "five", "quantity": number % 2}]}
        if not number % 2:
            del body["claims"]
        found.handle(found.activity(Built.PURCHASE.value, member, now, body, external_id=f"s{number}"))
        of = {"of": {"source": "memory", "external_id": f"s{number}"}}
        found.handle(found.activity(Built.RETURN.value, member, now, of))
        assert (state_of(member), found.gathered.house) == (before, house)


def _tea(*amounts: int) -> dict[str, Any]:
    line = {"sku": "X", "category": "tea", "kind": "", "quantity": 1000, "discount": 0}
    return {"lines": [{**line, "id": str(number), "amount": amount} for number, amount in enumerate(amounts)]}


@QUICK
@given(POLICIES, PAYING, st.permutations(range(4)))
@example(programme(spent="only_pending"), _tea(0, 60, 90, 150), [0, 1, 2, 3])
def test_returning_line_by_line_is_returning_at_once(text: str, basket: dict[str, Any], order: list[int]) -> None:
    whole, parts = book(text, members=1), book(text, members=1)
    lines = basket["lines"]
    chosen = [lines[number]["id"] for number in order if number < len(lines)][: max(len(lines) - 1, 1)]
    gift = {"unit": "points", "amount": 100, "reason": "gift", "by": "Ana", "approved_by": None}
    for found, steps in ((whole, [chosen]), (parts, [[one] for one in chosen])):
        member = members_of(found)[0]
        found.handle(found.activity(Built.ADJUST.value, member, OPENED, gift))
        found.handle(found.activity(Built.PURCHASE.value, member, OPENED, basket, external_id="sale"))
        for step in steps:
            back = [{"id": line["id"], "quantity": line["quantity"]} for line in lines if line["id"] in step]
            of = {"of": {"source": "memory", "external_id": "sale"}, "lines": back}
            found.handle(found.activity(Built.RETURN.value, member, OPENED + DAY, of))
    left, right = (members_of(found)[0] for found in (whole, parts))
    assert state_of(left)[:4] == state_of(right)[:4]
    assert whole.gathered.house == parts.gathered.house


@QUICK
@given(STEPS, STEPS)
def test_a_published_version_changes_nothing_that_was_decided_before(before: list[Any], after: list[Any]) -> None:
    text, other = programme(), programme(rounding="ceiling", spent="unlimited").replace("/ 3}", "* 5}")
    plain, changed = book(text), book(text)
    told = play(plain, before)
    for activity in told:
        changed.handle(copy_of(activity))
    entries = entries_of(changed)
    at = max((activity.recorded_at for activity in told), default=OPENED) + DAY
    changed.publish(version(other, 2, at))
    for member, kept in entries.items():
        assert entries_of(changed)[member] == kept
    last = [activity for activity in told if activity.type == Built.PURCHASE.value][-1:]
    back: list[Activity] = []
    for sale in last:
        of = {"of": {"source": sale.source, "external_id": sale.external_id}}
        for found in (plain, changed):
            member = found.gathered.members[sale.member_id]
            back.append(found.activity(Built.RETURN.value, member, at + DAY, of, external_id="back"))
            found.tick(at + DAY)
            found.handle(back[-1])
        # What goes back is decided by the version of the sale; how it may be taken back too.
        assert [d.entries for d in plain.decisions if d.activity is back[-2]] == [
            d.entries for d in changed.decisions if d.activity is back[-1]
        ]
    assert problems(changed) == []


@QUICK
@given(POLICIES, STEPS)
def test_results_and_memories_survive_json(text: str, steps: list[Any]) -> None:
    found = book(text)
    play(found, steps)
    for decision in found.decisions:
        stored = orjson.loads(orjson.dumps(result_to_json(decision.result)))
        assert result_from_json(stored) == decision.result
    for member in members_of(found):
        stored = orjson.loads(orjson.dumps(progress_to_json(member.progress)))
        assert progress_from_json(stored) == member.progress


@pytest.mark.parametrize("spent", ["only_pending", "within_balance", "unlimited"])
def test_each_policy_says_what_becomes_of_points_that_were_spent(spent: str) -> None:
    found = book(programme(spent=spent), members=1)
    member = members_of(found)[0]
    line = {"id": "1", "sku": "X", "category": "cake", "kind": "", "quantity": 1000, "amount": 12_000, "discount": 0}
    found.handle(found.activity(Built.PURCHASE.value, member, OPENED, {"lines": [line]}, external_id="sale"))
    earned = member.wallet.balance("points").available
    gone = {"unit": "points", "amount": -earned, "reason": "spent", "by": "Ana", "approved_by": None}
    found.handle(found.activity(Built.ADJUST.value, member, OPENED, gone))
    back = found.activity(Built.RETURN.value, member, OPENED, {"of": {"source": "memory", "external_id": "sale"}})
    decision = own(found.handle(back), back)
    short = decision.answer.get("shortfall", {}).get("points", 0)
    debt = member.wallet.balance("points").debt
    assert (short, debt) == {"only_pending": (earned, 0), "within_balance": (earned, 0), "unlimited": (0, -earned)}[
        spent
    ]
