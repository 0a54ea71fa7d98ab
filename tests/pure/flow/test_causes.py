"""The share of what is earned that always goes to a cause: when it is given, and when it is not."""

from setia.flow.work import ONWARD
from setia.values.codes import Account, Built
from tests.pure.flow.shop import DAY, HEAD, OPENED, Corner, code

PENDING = """
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}, pending: 5 days}
  review: {on: review.written, give: {points: 40}, pending: 5 days}
activities: {review.written: {}}
causes:
  school: {takes: points, worth: 0.01, schedule: {until: 2026-03-01}}
"""
AT_ONCE = PENDING.replace(", pending: 5 days", "")


def shop(text: str = PENDING, percent: int = 1_000) -> Corner:
    """A shop whose member always gives a share: hundredths of a percent."""
    corner = Corner(HEAD + text)
    corner.send(Built.GIVING.value, {"cause": "school", "percent": percent})
    return corner


def given(corner: Corner) -> int:
    """Steps that went to causes, less those that came back."""
    entries = [entry for decision in corner.book.decisions for entry in decision.entries]
    return sum(e.amount * ((e.credit is Account.DONATED) - (e.debit is Account.DONATED)) for e in entries)


def test_units_that_wait_are_shared_when_they_can_be_spent() -> None:
    corner = shop()
    corner.buy(100, day=1)
    assert given(corner) == 0
    corner.tick(7)
    assert (given(corner), corner.balance()) == (10, (90, 0, 0, 0))


def test_only_what_purchases_bring_is_shared() -> None:
    corner = shop()
    corner.send("review.written", {}, day=1)
    corner.tick(7)
    assert (given(corner), corner.balance()) == (0, (40, 0, 0, 0))


def test_without_a_share_nothing_is_given_when_units_become_available() -> None:
    corner = Corner(HEAD + PENDING)
    corner.buy(100, day=1)
    corner.tick(7)
    assert (given(corner), corner.balance()) == (0, (100, 0, 0, 0))


def test_a_cause_that_is_over_gets_no_share_any_more() -> None:
    corner = shop(AT_ONCE)
    corner.buy(100, day=58, key="in time")
    corner.buy(100, day=60, key="too late")
    assert given(corner) == 10


def give_share(corner: Corner, sale: str, day: float) -> str:
    """Send a share of a sale, as the book does; how it was answered."""
    at = OPENED + day * DAY
    body = {"cause": "school", "percent": 1_000, "sale": sale}
    again = corner.book.activity(
        Built.DONATED.value, corner.member(), at, body, external_id="again", source=ONWARD, recorded_at=at
    )
    (decision, *_) = [made for made in corner.book.handle(again) if made.activity is again]
    return code(decision)


def test_a_share_that_was_given_is_not_given_again() -> None:
    corner = shop(AT_ONCE)
    sale = corner.buy(100, day=1).activity.id.hex
    assert (give_share(corner, sale, 2), given(corner)) == ("donation_amount_wrong", 10)


def test_a_share_for_a_cause_that_a_new_version_has_no_more_is_refused_as_any_gift_for_it() -> None:
    corner = Corner(HEAD + AT_ONCE, HEAD + "rules: {earn: {on: purchase.completed, give: {points: purchase.eligible}}}")
    sale = corner.buy(100, day=1).activity.id.hex
    assert (give_share(corner, sale, 101), given(corner)) == ("cause_unknown", 0)
