"""Where merges meet what a member had open: prizes of a sale, fractions, promises, entries, donations."""

from setia.values.codes import Built
from tests.pure.flow.shop import EARN, HEAD, Corner, code, line
from tests.pure.flow.test_merging import merge

WHEEL = """
programme: corner
currency: EUR
timezone: UTC
units: {points: {worth: 0.01}, spins: {}}
rules:
  earn: {on: purchase.completed, give: {spins: floor(purchase.eligible / 10)}}
games:
  wheel:
    kind: wheel
    costs: {spins: 1}
    prizes: {all: {weight: 1, give: {points: 40}}}
    prizes_on_return: take_back
"""


def test_prizes_of_a_sale_of_the_other_are_taken_back() -> None:
    corner = Corner(WHEEL)
    corner.buy(10, key="S", member=1)
    assert code(corner.send(Built.PLAYED.value, {"game": "wheel"}, day=1, member=1)) == "accepted"
    merge(corner, 2)
    assert corner.balance() == (40, 0, 0, 0)
    back = corner.give_back("S", day=3)
    assert back.answer["taken_back"] == [{"game": "wheel", "prize": "all"}]
    assert [corner.balance(unit, member) for unit in ("points", "spins") for member in (0, 1)] == [(0, 0, 0, 0)] * 4
    assert corner.member(1).progress.played == []


def test_all_plays_that_one_lot_paid_are_taken_back() -> None:
    corner = Corner(WHEEL)
    corner.buy(30, key="S")
    for day in (1, 2):
        corner.send(Built.PLAYED.value, {"game": "wheel"}, day=day)
    back = corner.give_back("S", day=3)
    assert back.answer["taken_back"] == [{"game": "wheel", "prize": "all"}] * 2
    assert "shortfall" not in back.answer
    assert (corner.balance(), corner.balance("spins")) == ((0,) * 4, (0,) * 4)


def test_prizes_that_the_one_who_stays_won_by_a_sale_of_the_other_are_taken_back() -> None:
    corner = Corner(WHEEL)
    corner.buy(20, key="S", member=1)
    merge(corner, 1)
    corner.send(Built.PLAYED.value, {"game": "wheel"}, day=2)
    corner.give_back("S", day=3)
    assert (corner.balance(), corner.balance("spins"), corner.member().progress.played) == ((0,) * 4, (0,) * 4, [])


def test_a_fraction_goes_back_where_it_was_kept() -> None:
    head = HEAD.replace("points: {worth: 0.01}", "points: {worth: 0.01, rounding: {mode: floor, carry: true}}")
    corner = Corner(head + "rules: {earn: {on: purchase.completed, give: {points: purchase.eligible / 10}}}")
    corner.buy(16, key="S", member=1)
    merge(corner, 1)
    corner.give_back("S", day=2)
    assert corner.buy(15, day=3).result.earned("points") == 1
    assert corner.balance()[0] == 1


def test_a_promise_goes_to_the_one_who_stays() -> None:
    corner = Corner(
        HEAD + EARN.replace("purchase.eligible}", "purchase.eligible}, budget: {points: 100, over: trim}"), members=3
    )
    body = {"lines": [line("1", 8_000)], "session": "cart", "lapses_after": 1440}
    for member in (1, 2):
        corner.send(Built.PROMISED.value, {**body, "lines": [line("1", 4_000)]}, member=member)
    merge(corner, 0.1)
    assert corner.buy(70, day=0.2, member=1, session="cart").result.earned("points") == 60
    assert corner.buy(70, day=0.2, member=2, session="cart").result.earned("points") == 40


CUP = """
causes: {bank: {takes: points, worth: 0.01}}
contests:
  cup:
    until: 2026-06-10
    fields: {caption: {type: text, at_most: 50}}
    costs: {points: 30}
    result: {by: jury, winners: 1}
"""


def test_an_entry_and_a_gift_of_the_other_are_taken_back_by_the_one_who_stays() -> None:
    corner = Corner(HEAD + EARN + CUP)
    corner.gift(100, member=1)
    made = corner.send(Built.CONTEST_ENTERED.value, {"contest": "cup", "fields": {"caption": "x"}}, member=1, day=1)
    corner.send("points.donated", {"cause": "bank", "amount": 60}, member=1, day=1, key="G")
    merge(corner, 2)
    gone = {"contest": "cup", "entry": made.activity.id.hex}
    assert code(corner.send(Built.CONTEST_WITHDRAWN.value, gone, day=3)) == "accepted"
    of = {"of": {"source": "memory", "external_id": "G"}}
    assert code(corner.send(Built.UNDONATE.value, of, day=3)) == "accepted"
    assert corner.balance() == (100, 0, 0, 0)
    merge(corner, 4, undo=True)
    assert (corner.balance()[0], corner.balance(member=1)[0]) == (0, 100)


def test_what_is_left_of_a_sale_of_the_other_is_shared_by_the_one_who_stays() -> None:
    corner = Corner(HEAD + EARN + CUP)
    for member in (0, 1):
        corner.send(Built.GIVING.value, {"cause": "bank", "percent": 1_000}, member=member)
    lines = [line("1", 5_000), line("2", 5_000)]
    corner.send(Built.PURCHASE.value, {"lines": lines}, member=1, key="S", day=1)
    assert corner.balance(member=1)[0] == 90
    merge(corner, 2)
    corner.give_back("S", day=3, lines=[{"id": "2", "quantity": 1000}])
    assert corner.balance()[0] == 45
    corner.give_back("S", day=4)
    assert corner.balance() == (0, 0, 0, 0)


def test_vouchers_get_their_numbers_in_their_own_order() -> None:
    corner = Corner(HEAD + EARN + "rewards: {mug: {costs: {points: 10}, gives: {product: MUG}}}")
    corner.gift(20, member=1)
    for day in (1, 2):
        corner.send(Built.CLAIM.value, {"reward": "mug", "quantity": 1}, day=day, member=1)
    theirs = corner.member(1).vouchers
    codes = [voucher.code for _, voucher in sorted(theirs.items())]
    for number in sorted(theirs):  # however they were read
        theirs[number] = theirs.pop(number)
    first = min(theirs)
    theirs[first] = theirs.pop(first)
    merge(corner, 3)
    assert [voucher.code for _, voucher in sorted(corner.member().vouchers.items())] == codes
