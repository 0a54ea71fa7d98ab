"""What has to be gathered for which activity."""

from typing import Any
from uuid import UUID

import pytest

from setia.flow.needs import (
    clock_needs_lots,
    house_accounts,
    house_initials,
    needs_lots,
    other_members,
    referred_hold,
    referred_key,
    referred_voucher,
)
from setia.values.activities import Activity
from setia.values.codes import Built
from tests.pure.flow.shop import EARN, HEAD, NOBODY, OPENED, version

ID = UUID(int=7)
BUDGET = """
activities: {review.written: {}}
rules:
  earn: {on: purchase.completed, give: {points: 1}, budget: {points: 10, over: trim}}
  review: {on: review.written, give: {points: 1, reward: cup}}
  gift: {on: member.birthday, give: {points: 1}, budget: {points: 20, over: trim}}
rewards:
  cup: {gives: {experience: A cup}, stock: 3}
  mug: {costs: {points: 1}, gives: {experience: A mug}, stock: 4}
"""
TAKES = """
rules:
  earn: {on: purchase.completed, give: {points: 1}}
  swap: {on: purchase.completed, take: {points: 3}, give: {reward: cup}}
rewards: {cup: {gives: {experience: A cup}}}
"""
REACHED = TAKES.replace("swap: {on: purchase.completed", "swap: {on: points.reached, when: wallet.points >= 3")


def activity(kind: str, revision: int = 0, **body: Any) -> Activity:
    return Activity(NOBODY, kind, "till", "1", NOBODY, OPENED, OPENED, body, revision)


@pytest.mark.parametrize(
    ("text", "asked", "needed"),
    [
        (EARN, activity(Built.PURCHASE.value), False),
        (EARN, activity(Built.JOINED.value), False),
        (EARN, activity(Built.PURCHASE.value, 1), True),
        (EARN, activity(Built.PURCHASE.value, claims=[{"reward": "x", "quantity": 1}]), True),
        (EARN, activity(Built.PURCHASE.value, spend={"points": 1}), True),
        (EARN, activity(Built.HOLD.value), True),
        (BUDGET, activity("review.written"), False),
        (TAKES, activity(Built.PURCHASE.value), True),
        (TAKES, activity(Built.JOINED.value), False),
        (REACHED, activity(Built.PURCHASE.value), True),
    ],
)
def test_lots_are_needed_where_more_than_an_award_can_happen(text: str, asked: Activity, needed: bool) -> None:
    assert needs_lots(version(HEAD + text), asked) is needed


def test_the_clock_needs_all_lots_where_it_may_take_or_end_what_has_no_date() -> None:
    idle = HEAD.replace("worth: 0.01", "worth: 0.01, expires: {inactive_for: 1 month}") + EARN
    for texts, needed in (([HEAD + EARN], False), ([HEAD + EARN, HEAD + TAKES], True), ([idle, HEAD + EARN], True)):
        assert clock_needs_lots([version(text) for text in texts]) is needed


def test_what_an_activity_refers_to_is_found_in_its_body() -> None:
    back = activity(Built.RETURN.value, of={"source": "till", "external_id": "9"})
    assert referred_key(back) == ("till", "9")
    assert referred_hold(activity(Built.COMMIT.value, hold=ID.hex)) == ID
    assert referred_voucher(activity(Built.UNCLAIM.value, voucher=4)) == 4
    assert other_members(activity(Built.TRANSFER.value, to=ID.hex)) == {ID}
    assert referred_key(activity(Built.UNDONATE.value, donation=ID.hex)) is None
    sale = activity(Built.PURCHASE.value)
    assert (referred_key(sale), referred_hold(sale), referred_voucher(sale)) == (None,) * 3
    assert other_members(sale) == set()


def test_a_revision_may_give_back_what_the_sale_had_claimed() -> None:
    assert "stock:mug" in house_accounts([version(HEAD + BUDGET)], [activity(Built.PURCHASE.value, 1)])


def test_only_the_house_accounts_that_may_change_are_locked() -> None:
    found = version(HEAD + BUDGET)
    everything = {
        "budget:earn": 10, "notice:earn": 1, "budget:gift": 20, "notice:gift": 1, "stock:cup": 3, "stock:mug": 4,
    }  # fmt: skip
    assert house_initials(found.programme) == everything
    clock = {"budget:gift", "notice:gift"}  # the clock may be worked off on the way

    def locked(*asked: Activity) -> set[str]:
        return house_accounts([found], asked)

    assert locked(activity(Built.PURCHASE.value)) == {"budget:earn", "notice:earn"} | clock
    assert locked(activity("review.written")) == {"stock:cup"} | clock
    assert locked(activity(Built.CLAIM.value, reward="mug", quantity=1)) == {"stock:mug"} | clock
    claims = [{"reward": "mug", "quantity": 1}]
    assert "stock:mug" in locked(activity(Built.PURCHASE.value, claims=claims))
    assert locked(activity(Built.CANCEL.value, of={})) == set(everything)
    assert house_accounts([version(HEAD + EARN)], [activity(Built.PURCHASE.value)]) == set()
