"""What asking a sale again does to the vouchers that it gives, and to those that it was brought."""

from typing import Any

import pytest

from setia.flow.codes import wanted_of_pools
from setia.flow.work import Decision, Voucher
from tests.pure.flow.shop import HEAD, Corner, code, line

TEXT = (
    HEAD
    + """
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
  big: {on: purchase.completed, when: purchase.total >= 100, give: {voucher: [mug, ticket]}}
rewards:
  mug: {gives: {amount_off: 1}, stock: 2}
  ticket: {codes: pool, costs: {points: 1}, gives: {partner: A ticket}}
  cakes: {costs: {points: 1}, gives: {product: CAKE}, valid: 10 days}
  once: {code: ONCE, gives: {product: CAKE}, limit: {times: 3, per: month}, stock: 9}
"""
)


@pytest.fixture
def corner() -> Corner:
    found = Corner(TEXT)
    found.book.import_codes("ticket", ["T-1", "T-2"])
    return found


def mugs(corner: Corner, member: int = 0) -> list[str]:
    return [v.state for v in corner.member(member).vouchers.values() if v.reward == "mug"]


def cakes(quantity: int) -> list[dict[str, Any]]:
    return [line("1", 500 * quantity, quantity=1000 * quantity, sku="CAKE"), line("2", 5_000)]


def test_a_revision_gives_the_vouchers_that_the_first_record_missed(corner: Corner) -> None:
    corner.buy(50, key="S")
    assert mugs(corner) == []
    revised = corner.buy(150, key="S", revision=1)
    assert [(v.reward, v.activity_id, bool(v.code)) for v in revised.vouchers] == [
        ("mug", revised.of, True), ("ticket", revised.of, True),
    ]  # fmt: skip
    house = corner.book.gathered.house
    assert (mugs(corner), house["stock:mug"], house["stock:ticket"]) == (["issued"], 1, 1)
    assert wanted_of_pools(corner.book.gathered, [revised]) == {}  # it has its code
    assert corner.buy(160, key="S", revision=2).vouchers == []
    back = corner.give_back("S", day=1)
    assert (mugs(corner), house["stock:mug"], "kept" in back.answer) == (["cancelled"], 2, False)


def test_a_revision_gives_no_voucher_that_is_not_there_any_more(corner: Corner) -> None:
    corner.buy(50, key="S")
    for _ in range(2):
        corner.buy(100, member=1)
    revised = corner.buy(150, key="S", revision=1)
    assert (revised.status, revised.result.issues, mugs(corner)) == ("accepted", [], [])
    assert "kept" not in corner.give_back("S", day=1).answer


def test_a_revision_takes_no_voucher_away_because_the_last_ones_are_gone(corner: Corner) -> None:
    corner.buy(150, key="S")
    corner.buy(150, member=1)
    assert corner.book.gathered.house["stock:mug"] == 0
    corner.buy(140, key="S", revision=1)
    assert (mugs(corner), corner.book.gathered.house["stock:mug"]) == (["issued"], 0)


def test_a_return_that_makes_the_rest_dearer_gives_no_voucher_that_is_gone(corner: Corner) -> None:
    """A code that changed nothing at first was used by another since; the house has nothing left to give."""
    corner.gift(10)
    sent = corner.send("reward.claimed", {"reward": "cakes", "quantity": 1})
    (voucher,) = sent.vouchers
    lines = [line("1", 1_000, sku="CAKE"), line("2", 9_500), line("3", 0, quantity=2000)]
    used = [{"code": voucher.code, "quantity": 1}]
    corner.buy(0, key="S", lines=lines, vouchers=used)
    voucher.left, voucher.state = 0, "used"
    assert mugs(corner) == []
    standing = corner.book.gathered.standings[corner.book.gathered.recorded["memory", "S"].activity_id]
    standing.facts["v"][0]["x"] = "voucher_used"  # as a book written before this was checked may say
    for _ in range(2):
        corner.buy(100, member=1)
    back = corner.give_back("S", day=1, lines=[{"id": "3", "quantity": 1000}])
    assert (back.result.totals["total"], back.result.issues, mugs(corner)) == (10_500, [], [])


def claimed(corner: Corner, quantity: int) -> Voucher:
    corner.gift(10)
    decision = corner.send("reward.claimed", {"reward": "cakes", "quantity": quantity})
    return decision.vouchers[0]


def bring(corner: Corner, what: str, pieces: int, bought: int, *, key: str, revision: int = 0) -> Decision:
    return corner.buy(0, key=key, revision=revision, lines=cakes(bought), vouchers=[{"code": what, "quantity": pieces}])


def test_a_revision_uses_as_many_pieces_of_a_voucher_as_it_says(corner: Corner) -> None:
    voucher = claimed(corner, 3)
    assert bring(corner, voucher.code, 2, 3, key="S").result.totals["discount"] == 1_000
    assert bring(corner, voucher.code, 1, 3, key="S", revision=1).result.totals["discount"] == 500
    assert voucher.left == 2
    assert bring(corner, voucher.code, 3, 3, key="S", revision=2).result.totals["discount"] == 1_500
    assert (voucher.left, voucher.state) == (0, "used")
    assert code(bring(corner, voucher.code, 4, 4, key="S", revision=3)) == "quantity_exceeded"


def test_a_revision_uses_a_public_code_as_often_as_its_limit_allows(corner: Corner) -> None:
    assert bring(corner, "ONCE", 1, 4, key="S").result.totals["discount"] == 500
    assert bring(corner, "ONCE", 3, 4, key="S", revision=1).result.totals["discount"] == 1_500
    assert code(bring(corner, "ONCE", 4, 4, key="S", revision=2)) == "reward_limit_reached"
    assert bring(corner, "ONCE", 2, 4, key="S", revision=3).result.totals["discount"] == 1_000
    assert corner.book.gathered.house["stock:once"] == 7


def test_a_return_keeps_the_pieces_that_the_sale_uses(corner: Corner) -> None:
    voucher = claimed(corner, 2)
    assert bring(corner, voucher.code, 2, 1, key="S").result.totals["discount"] == 500  # there is one cake
    assert bring(corner, voucher.code, 1, 1, key="T").result.totals["discount"] == 500
    back = corner.give_back("S", day=1, lines=[{"id": "2", "quantity": 500}])
    assert (back.result.totals["discount"], voucher.left, voucher.state) == (500, 0, "used")


def test_a_revision_uses_what_was_valid_when_the_sale_was_made(corner: Corner) -> None:
    """As a sale that comes in late does."""
    voucher = claimed(corner, 1)
    bought = {"lines": cakes(1)}
    corner.buy(0, key="S", day=5, **bought)
    corner.tick(30)
    assert voucher.state == "lapsed"
    vouchers = [{"code": voucher.code, "quantity": 1}]
    revised = corner.buy(0, key="S", day=5, late=30, revision=1, vouchers=vouchers, **bought)
    assert (revised.result.totals["discount"], voucher.left, voucher.state) == (500, 0, "used")
    assert code(corner.buy(0, key="T", day=36, vouchers=vouchers, **bought)) == "voucher_used"


def test_a_sale_uses_no_voucher_that_it_gives_itself(corner: Corner) -> None:
    given = corner.buy(150, key="S").vouchers[0]
    vouchers = [{"code": given.code, "quantity": 1}]
    assert code(corner.buy(150, key="S", revision=1, vouchers=vouchers)) == "voucher_not_active"
    assert corner.buy(50, key="T", vouchers=vouchers).result.totals["discount"] == 100


def test_a_return_uses_what_others_have_left_of_a_public_code(corner: Corner) -> None:
    assert bring(corner, "ONCE", 3, 1, key="S").result.totals["discount"] == 500  # there is one cake
    corner.book.gathered.house["stock:once"] = 1
    back = corner.give_back("S", day=1, lines=[{"id": "2", "quantity": 500}])
    assert (back.result.totals["discount"], corner.book.gathered.house["stock:once"]) == (500, 1)


def test_a_voucher_that_was_used_stays_with_who_used_it_and_is_told(corner: Corner) -> None:
    given = corner.buy(150, key="S").vouchers[0]
    corner.buy(50, key="T", vouchers=[{"code": given.code, "quantity": 1}])
    back = corner.give_back("S", day=1)
    assert (back.answer["kept"], given.state) == (["mug"], "used")
