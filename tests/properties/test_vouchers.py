"""Whatever is claimed, used, returned, revised and cancelled: nothing of a voucher is lost or doubled."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setia.flow.scenarios.describe import question_of
from setia.rules.evaluate import evaluate
from setia.values.codes import Built
from setia.values.outcomes import result_to_json
from tests.pure.flow.shop import HEAD, Corner, line

TEXT = """
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
rewards:
  credit: {costs: {points: 700}, gives: {amount_off: 20, keep_rest: true}}
  tenth: {costs: {points: 30}, gives: {percent_off: 10}}
  cakes: {costs: {points: 50}, gives: {product_where: line.category == "cake"}}
  half: {costs: {points: 40}, gives: {percent_off: 50, lines: line.category == "cake", at_most: 3}, group: deals}
  books: {costs: {points: 40}, gives: {cheapest_of: 2, lines: line.category == "book"}, group: deals}
  public: {code: PUBLIC, gives: {amount_off: 3, from: 10}, stock: 3}
  leaflet: {codes: bearer, gives: {percent_off: 33}}
groups: {deals: {pick: best}}
"""
BOUGHT = ("credit", "tenth", "cakes", "half", "books")
POLICIES = ["{pick: all}", "{pick: best}", "{percent_of: initial}", "{no_effect: force}", "{order: as_declared}"]
LINES = st.lists(
    st.tuples(st.sampled_from(("cake", "book", "tea")), st.integers(1, 4), st.integers(0, 2_500)),
    min_size=1,
    max_size=4,
)
STEPS = st.one_of(
    st.tuples(st.just("claim"), st.sampled_from(BOUGHT), st.integers(1, 3)),
    st.tuples(st.just("buy"), LINES, st.sets(st.integers(0, 9), max_size=4)),
    st.tuples(st.just("return"), st.integers(0, 9), st.integers(0, 3)),
    st.tuples(st.just("revise"), st.integers(0, 9), LINES, st.sets(st.integers(0, 9), max_size=3)),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
)


class Life:
    """One member with rewards, and the sales so far."""

    def __init__(self, policy: str) -> None:
        self.corner = Corner(f"{HEAD}{TEXT}stacking: {policy}\n")
        self.book = self.corner.book
        self.corner.gift(10_000)
        self.book.import_codes("leaflet", ["LF1"])
        self.sales: list[str] = []
        self.revisions: Counter[str] = Counter()
        self.day = 1.0

    def codes(self, picked: set[int]) -> list[dict[str, Any]]:
        known = [v.code for v in self.corner.member().vouchers.values() if v.state == "issued"] + ["PUBLIC", "LF1"]
        return [{"code": code, "quantity": 1} for code in sorted({known[n % len(known)] for n in picked})]

    def do(self, step: tuple[Any, ...]) -> None:
        self.day += 0.1
        kind, *rest = step
        if kind == "claim":
            self.corner.send(Built.CLAIM.value, {"reward": rest[0], "quantity": rest[1]}, day=self.day)
        elif kind == "buy":
            key = f"S{len(self.sales)}"
            self.sales.append(key)
            self.corner.buy(0, key=key, day=self.day, lines=_lines(rest[0]), vouchers=self.codes(rest[1]))
        elif kind == "cancel":
            numbers = sorted(self.corner.member().vouchers)
            if numbers:
                self.corner.send(Built.UNCLAIM.value, {"voucher": numbers[rest[0] % len(numbers)]}, day=self.day)
        elif self.sales:
            key = self.sales[rest[0] % len(self.sales)]
            if kind == "return":
                back = None if not rest[1] else [{"id": str(rest[1]), "quantity": 1000}]
                self.corner.give_back(key, day=self.day, lines=back)
            else:
                self.revisions[key] += 1
                brought = self.codes(rest[2])
                self.corner.buy(
                    0, key=key, day=self.day, revision=self.revisions[key], lines=_lines(rest[1]), vouchers=brought
                )

    def check(self) -> None:
        used: Counter[int] = Counter()
        drawn: Counter[str] = Counter()
        for standing in self.book.gathered.standings.values():
            for use in standing.result.uses:
                drawn[use.account] += use.quantity
                if use.no is not None:
                    used[use.no] += use.quantity
            totals = standing.result.totals
            if "gross" in totals:
                assert totals["total"] == totals["gross"] - totals["discount"] >= 0
                assert totals["discount"] == sum(off.amount for off in standing.result.discounts)
        for voucher in self.corner.member().vouchers.values():
            whole = voucher.worth or voucher.quantity
            if voucher.state in ("issued", "used"):
                assert voucher.left + used[voucher.no] == whole
                assert (voucher.state == "used") == (voucher.left == 0)
        house = self.book.gathered.house
        assert house["stock:public"] == 3 - drawn["stock:public"] >= 0
        assert house["code:LF1"] == 1 - drawn["code:LF1"] >= 0


def _lines(said: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    return [
        line(str(number), amount, quantity=pieces * 1000, category=category)
        for number, (category, pieces, amount) in enumerate(said, 1)
    ]


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=25, deadline=None)
@given(steps=st.lists(STEPS, min_size=1, max_size=14))
def test_nothing_of_a_voucher_is_lost_or_doubled(policy: str, steps: list[tuple[Any, ...]]) -> None:
    life = Life(policy)
    for step in steps:
        life.do(step)
        life.check()
    for decision in life.book.decisions:
        question = question_of(life.book, decision)
        if question is not None:
            again, booked = result_to_json(evaluate(question)), result_to_json(decision.result)
            assert {name: again.get(name) for name in "akidsv"} == {name: booked.get(name) for name in "akidsv"}
    for key in life.sales:
        life.corner.give_back(key, day=life.day + 1)
    life.check()
    house = life.book.gathered.house
    assert (house["stock:public"], house["code:LF1"]) == (3, 1)
    whole = {v.no for v in life.corner.member().vouchers.values() if v.is_whole}
    assert whole == {v.no for v in life.corner.member().vouchers.values() if v.state in ("issued", "used")}
