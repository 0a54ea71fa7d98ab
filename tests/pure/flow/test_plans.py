"""Plans in corners where scenarios do not look: what is paid ahead, given back in parts, disputed, or gone."""

import datetime as dt
from typing import Any

import pytest

from setia.flow.work import Decision
from setia.state.membership import Membership
from setia.values.codes import Built
from tests.pure.flow.shop import OPENED, Corner, code, line

TEXT = """
programme: corner
title: Corner
currency: EUR
timezone: UTC
units: {points: {worth: 0.01}}
metrics: {spend: {sum: purchase.eligible, over: lifetime}}
tiers:
  by: spend
  levels:
    bronze: {from: 0}
    silver: {from: 100, discount: 10 %, delivery: {free_from: 50, speed: fast}}
plans:
  small:
    fee: {month: 10}
    notice: 5 days
    dunning: 1 day
    grace: 4 days
    benefits: {discount: 15 %}
    with_tier: best
    cancel: {refund: full, within: 60 days}
  large:
    fee: {month: 30, year: 300}
    grace: 4 days
    lasts: 10 days
    costs: {points: 50}
    benefits: {delivery: free}
    cancel: {refund: pro_rata}
    change: {credit: none}
  old: {fee: {month: 1}, benefits: {delivery: free}, closed: true}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible}}
  up: {on: tier.changed, when: change.is_up, give: {plan: large}}
"""
# The same, where a level gives the smaller plan.
LESSER = TEXT.replace("give: {plan: large}", "give: {plan: small}").replace(
    "fee: {month: 10}", "{fee: {month: 10}\n    lasts: 10 days"
)
LESSER = LESSER.replace("{fee: {month: 10}", "fee: {month: 10}")
START, PAID, CHANGED = Built.PLAN_STARTED.value, Built.PLAN_PAID.value, Built.PLAN_CHANGED.value
CANCELLED, REFUNDED, DISPUTED = Built.PLAN_CANCELLED.value, Built.PLAN_REFUNDED.value, Built.PLAN_DISPUTED.value


def begun(plan: str = "small", text: str = TEXT, **more: Any) -> Corner:
    """A corner whose member has paid for a month."""
    corner = Corner(text)
    corner.send(START, {"plan": plan, "every": "month", **more})
    corner.send(PAID, {})
    return corner


def plan_of(corner: Corner) -> Membership:
    found = corner.member().progress.membership
    assert found is not None
    return found


def runs(corner: Corner, day: float) -> str:
    """Which plan the member has on a day."""
    corner.tick(day)
    period = plan_of(corner).at(OPENED + dt.timedelta(days=day))
    return "" if period is None else period.plan


def back(decision: Decision) -> list[int]:
    """The parts of money that go back."""
    return [] if decision.effects is None else [refund.amount for refund in decision.effects.refunds]


def test_what_is_paid_ahead_goes_back_whole_when_the_plan_is_cancelled() -> None:
    corner = begun()
    corner.send(PAID, {}, day=28)
    assert [period.kind for period in plan_of(corner).periods] == ["paid", "paid"]
    assert back(corner.send(CANCELLED, {}, day=29)) == [1000, 1000]
    assert runs(corner, 29) == ""


def test_where_the_rest_is_not_credited_the_change_is_paid_in_full() -> None:
    corner = begun("large")
    corner.send(CHANGED, {"every": "year"}, day=10)
    invoice = plan_of(corner).invoice
    assert invoice is not None
    assert (invoice.credit, invoice.amount) == (0, 30_000)


def test_a_better_plan_credits_the_rest_and_what_was_paid_ahead() -> None:
    corner = begun()
    corner.gift(50)
    corner.send(PAID, {}, day=28)
    corner.send(START, {"plan": "large", "pay_with": "units"}, day=28)
    # 31 days, of which the 29th has begun: 2 of 31 days of 10.00 are left, and all of the month ahead.
    assert plan_of(corner).credit == 65 + 1000
    assert runs(corner, 29) == "large"


def test_a_change_by_invoice_replaces_what_was_paid_ahead() -> None:
    corner = begun()
    corner.send(PAID, {}, day=28)
    corner.send(CHANGED, {"plan": "large", "every": "month"}, day=28)
    invoice = plan_of(corner).invoice
    assert invoice is not None
    assert (invoice.credit, invoice.amount) == (1065, 1935)
    corner.send(PAID, {}, day=28)
    assert [period.plan for period in plan_of(corner).periods] == ["small", "large"]
    assert runs(corner, 29) == "large"


def test_an_invoice_for_a_change_that_is_not_paid_leaves_all_as_it_was() -> None:
    corner = begun()
    corner.send(CHANGED, {"plan": "large", "every": "year"}, day=3)
    assert code(corner.send(CHANGED, {"plan": "large", "every": "month"}, day=4)) == "accepted"
    assert runs(corner, 31) == "small"
    invoice = plan_of(corner).invoice
    assert invoice is not None
    assert (invoice.kind, invoice.plan) == ("renewal", "small")


@pytest.mark.parametrize(("day", "asked"), [(28, 0), (32, 1)])
def test_a_change_for_later_writes_the_open_invoice_anew(day: float, asked: int) -> None:
    corner = begun(
        text=TEXT.replace("cancel: {refund: full", "change: {when: at_period_end}\n    cancel: {refund: full")
    )
    corner.send(CHANGED, {"plan": "large", "every": "month"}, day=day)
    invoice = plan_of(corner).invoice
    assert invoice is not None
    assert (invoice.plan, invoice.amount, invoice.asked) == ("large", 3000, asked)
    corner.send(CHANGED, {"plan": "large", "every": "year"}, day=day)
    invoice = plan_of(corner).invoice
    assert invoice is not None
    assert invoice.amount == 30_000


def test_cancelled_in_its_days_of_grace_it_ends_at_once_and_nothing_goes_back() -> None:
    corner = begun()
    assert runs(corner, 32) == "small"
    assert back(corner.send(CANCELLED, {}, day=32)) == []
    assert runs(corner, 32) == ""
    assert [period.kind for period in plan_of(corner).periods] == ["paid", "grace"]


def test_cancelled_as_it_falls_due_there_is_no_grace() -> None:
    corner = begun()
    corner.send(CANCELLED, {}, day=31)
    assert [period.kind for period in plan_of(corner).periods] == ["paid"]


def test_an_invoice_that_was_never_paid_can_be_cancelled() -> None:
    corner = Corner(TEXT)
    corner.send(START, {"plan": "small"})
    assert code(corner.send(CANCELLED, {})) == "accepted"
    assert plan_of(corner).invoice is None
    assert code(corner.send(CANCELLED, {})) == "plan_not_running"


def test_a_plan_that_was_not_paid_yet_can_be_asked_for_again() -> None:
    corner = Corner(TEXT)
    corner.send(START, {"plan": "small"})
    corner.send(START, {"plan": "large", "every": "year"})
    invoice = plan_of(corner).invoice
    assert invoice is not None
    assert invoice.plan == "large"
    corner.tick(40)
    assert (plan_of(corner).invoice, plan_of(corner).is_over) == (None, True)


def test_credit_goes_back_with_the_rest() -> None:
    corner = begun(text=TEXT.replace("cancel: {refund: pro_rata}", "cancel: {refund: full}"))
    corner.send(CHANGED, {"plan": "large", "every": "month"}, day=3)
    corner.send(PAID, {}, day=3)
    plan_of(corner).credit = 500  # of an earlier change
    assert back(corner.send(CANCELLED, {}, day=4)) == [2129, 871, 129]
    assert plan_of(corner).credit == 371  # more was never paid
    assert sum(payment.back for payment in plan_of(corner).payments) == 3129


def test_the_credit_of_an_invoice_that_comes_too_late_is_what_is_left_of_it() -> None:
    corner = Corner(TEXT)
    corner.send(START, {"plan": "small"})
    membership = plan_of(corner)
    assert membership.invoice is not None
    membership.invoice.credit, membership.credit = 400, 400
    invoice = membership.invoice.id
    corner.tick(40)
    membership.credit = 100
    corner.send(PAID, {"invoice": invoice}, day=41)
    assert (membership.credit, membership.periods[-1].fee) == (0, 700)


def test_a_payment_goes_back_in_parts_and_the_last_part_ends_the_plan() -> None:
    corner = begun()
    assert back(corner.send(REFUNDED, {"amount": 400}, day=1)) == [400]
    assert runs(corner, 2) == "small"
    assert back(corner.send(REFUNDED, {}, day=2)) == [600]
    assert runs(corner, 2) == ""
    assert code(corner.send(REFUNDED, {}, day=3)) == "refund_exceeded"


def test_a_month_that_was_paid_ahead_goes_back_and_later_ones_move_up() -> None:
    corner = begun(text=LESSER)
    corner.send(PAID, {}, day=28)
    corner.buy(120, key="silver", day=28)
    membership = plan_of(corner)
    assert [period.kind for period in membership.periods] == ["paid", "paid", "given"]
    corner.send(REFUNDED, {"invoice": membership.payments[1].invoice}, day=29)
    assert [period.kind for period in membership.periods] == ["paid", "given"]
    assert membership.periods[1].starts_at == membership.periods[0].ends_at


def test_a_payment_whose_period_is_forgotten_goes_back_all_the_same() -> None:
    corner = begun()
    plan_of(corner).periods[0].invoice = ""
    assert back(corner.send(REFUNDED, {}, day=1)) == [1000]
    assert runs(corner, 2) == "small"
    assert code(corner.send(DISPUTED, {"state": "opened"}, day=3)) == "accepted"
    assert code(corner.send(DISPUTED, {"state": "lost"}, day=3)) == "accepted"
    assert code(corner.send(REFUNDED, {"is_done": True}, day=3)) == "refund_exceeded"


def test_money_that_went_back_already_is_not_given_back_again() -> None:
    corner = begun()
    assert back(corner.send(REFUNDED, {"is_done": True}, day=1)) == []
    assert runs(corner, 1) == ""


def test_what_was_paid_ahead_goes_back_when_the_running_payment_is_disputed() -> None:
    corner = begun()
    first = plan_of(corner).payments[0].invoice
    corner.send(PAID, {}, day=28)
    assert back(corner.send(DISPUTED, {"invoice": first, "state": "opened"}, day=29)) == [1000]
    assert runs(corner, 29) == ""
    assert code(corner.send(REFUNDED, {"invoice": first}, day=29)) == "refund_exceeded"
    corner.send(DISPUTED, {"invoice": first, "state": "won"}, day=30)
    assert runs(corner, 30.5) == "small"
    assert runs(corner, 31) == ""
    corner.send(DISPUTED, {"invoice": first, "state": "won"}, day=32)
    assert runs(corner, 33) == ""


def test_a_dispute_that_is_won_too_late_or_beside_another_plan_changes_nothing() -> None:
    for day, again in ((40, False), (5, True)):
        corner = begun()
        first = plan_of(corner).payments[0].invoice
        corner.send(DISPUTED, {"invoice": first, "state": "opened"}, day=2)
        if again:
            corner.send(START, {"plan": "large", "every": "year"}, day=3)
            corner.send(PAID, {}, day=3)
        corner.send(DISPUTED, {"invoice": first, "state": "won"}, day=day)
        assert runs(corner, day) == ("large" if again else "")


def test_a_dispute_after_the_period_is_over_ends_nothing_else() -> None:
    corner = begun()
    first = plan_of(corner).payments[0].invoice
    corner.send(PAID, {}, day=28)
    corner.send(DISPUTED, {"invoice": first, "state": "opened"}, day=35)
    assert runs(corner, 36) == "small"


def test_a_level_gives_a_plan_and_takes_it_back_with_the_sale_that_led_to_it() -> None:
    corner = Corner(TEXT)
    sale = corner.buy(120, key="big", day=1)
    assert sale.answer["set_off"][0]["plans"] == ["large"]
    assert runs(corner, 2) == "large"
    corner.give_back("big", day=3)
    assert runs(corner, 3) == ""


def test_a_rule_on_a_payment_gives_another_plan_after_it() -> None:
    thanks = '  thanks: {on: plan.paid, when: plan.name == "small" && plan.days >= 20, give: {plan: large}}\n'
    corner = begun(text=TEXT + thanks)
    decision = corner.send(PAID, {}, day=28)
    assert [period.plan for period in plan_of(corner).periods] == ["small", "large"]
    assert decision.effects is not None
    assert len(decision.effects.events) > 2


def test_a_lesser_plan_that_is_given_waits_for_the_better_one() -> None:
    text = LESSER
    corner = begun("large", text)
    corner.buy(120, key="big", day=1)
    assert (runs(corner, 30), runs(corner, 32), runs(corner, 42)) == ("large", "small", "small")
    # What it brought goes on in the days of grace of what is renewed after it.
    assert runs(corner, 46) == ""
    corner.give_back("big", day=47)
    assert runs(corner, 47) == ""


def test_a_waiting_plan_goes_with_its_sale_and_what_follows_moves_up() -> None:
    text = LESSER
    text = text.replace(
        "earn:", "gift: {on: purchase.completed, when: purchase.quantity >= 5, give: {plan: small}}\n  earn:"
    )
    corner = begun("large", text)
    for key in ("a", "b"):
        corner.buy(1, key=key, day=1, lines=[line("1", 100, quantity=5000)])
    assert len(plan_of(corner).periods) == 3
    corner.give_back("a", day=2)
    periods = plan_of(corner).periods
    assert len(periods) == 2
    assert periods[1].starts_at == periods[0].ends_at


def test_in_grace_a_gift_goes_on_where_the_plan_ended() -> None:
    text = LESSER
    corner = begun(text=text)
    corner.buy(10, key="s", day=32)
    assert plan_of(corner).unpaid_use == 150
    corner.buy(120, key="big", day=33)
    periods = plan_of(corner).periods
    # What was used unpaid counts to the period that now covers it.
    assert [period.used for period in periods] == [0, 150 + 1800]
    assert periods[1].starts_at == periods[0].ends_at


def test_a_better_plan_in_grace_begins_at_once() -> None:
    corner = begun()
    corner.gift(50)
    corner.send(START, {"plan": "large", "pay_with": "units"}, day=33)
    assert runs(corner, 33) == "large"
    assert plan_of(corner).credit == 0


def test_a_plan_that_the_next_version_does_not_have_ends_with_its_period() -> None:
    gone = TEXT.replace("month: 10", "year: 100")
    corner = Corner(TEXT, gone)
    corner.send(START, {"plan": "small"}, day=90)
    corner.send(PAID, {}, day=90)
    assert runs(corner, 119) == "small"
    assert runs(corner, 121) == ""
    without = TEXT.replace("  old: {fee", "  olden: {fee")
    corner = Corner(TEXT.replace(", closed: true", ""), without)
    corner.send(START, {"plan": "old"}, day=90)
    corner.send(PAID, {}, day=90)
    assert corner.buy(10, day=101).result.delivery is None  # unknown to the version that decides
    decision = corner.send(CANCELLED, {}, day=102)
    assert decision.answer["plan"]["refund"]["policy"] == "none"
    assert runs(corner, 121) == ""


def test_a_change_from_a_plan_that_is_gone_credits_nothing() -> None:
    without = TEXT.replace("  old: {fee", "  olden: {fee")
    corner = Corner(TEXT.replace(", closed: true", ""), without)
    corner.send(START, {"plan": "old"}, day=90)
    corner.send(PAID, {}, day=90)
    corner.send(CHANGED, {"plan": "small"}, day=102)
    invoice = plan_of(corner).invoice
    assert invoice is not None
    assert invoice.credit == 0
    corner.gift(50, day=102)
    corner.send(START, {"plan": "large", "pay_with": "units"}, day=103)
    assert plan_of(corner).periods[-1].starts_at == plan_of(corner).periods[0].ends_at


def test_an_invoice_is_paid_though_its_price_is_gone() -> None:
    corner = Corner(TEXT, TEXT.replace("month: 10", "year: 100"))
    corner.send(START, {"plan": "small"}, day=99)
    corner.send(PAID, {}, day=101)
    assert runs(corner, 125) == "small"


def test_the_larger_discount_counts_where_the_plan_says_best() -> None:
    corner = begun()
    assert corner.buy(50, day=1).result.totals["benefit"] == 750
    corner.buy(100, day=2)  # silver from now on, which gives the better plan
    member = corner.member()
    member.progress.membership = None
    corner.send(START, {"plan": "small"}, day=3)
    corner.send(PAID, {}, day=3)
    best = corner.buy(100, day=4).result
    assert [(found.source, found.amount) for found in best.discounts] == [("plan:small", 1500)]
    assert best.totals["benefit"] == 500  # ten more than the level would have given
    assert best.delivery == (True, "fast")
    less = Corner(TEXT.replace("15 %", "5 %"))
    less.buy(100, day=1)
    less.member().progress.membership = None
    less.send(START, {"plan": "small"}, day=3)
    less.send(PAID, {}, day=3)
    kept = less.buy(100, day=4).result
    assert [(found.source, found.amount) for found in kept.discounts] == [("tier:silver", 1000)]
    assert "benefit" not in kept.totals


def test_of_two_free_deliveries_the_faster_one_counts_and_is_not_the_plans() -> None:
    corner = Corner(TEXT)
    corner.buy(120, day=1)
    both = corner.buy(80, day=2, delivery={"fee": 500}).result
    assert both.delivery == (True, "fast")
    assert "benefit" not in both.totals
    alone = corner.buy(10, day=2, delivery={"fee": 500}).result
    assert alone.delivery == (True, "standard")
    assert alone.totals["benefit"] == 500


def test_by_shares_what_the_plan_was_worth_goes_back_by_shares_too() -> None:
    corner = begun(text=TEXT + "refunds: {method: proportional}\n")
    corner.buy(0, key="two", day=1, lines=[line("1", 1000), line("2", 3000)])
    assert plan_of(corner).periods[0].used == 600
    corner.give_back("two", day=2, lines=[{"id": "2"}])
    assert plan_of(corner).periods[0].used == 150
    corner.buy(10, key="level", day=2)
    corner.give_back("level", day=3, lines=[{"id": "1", "quantity": 500}])


def test_lines_below_zero_bound_what_the_plan_takes_off() -> None:
    text = TEXT.replace("discount: 15 %", 'discount: [{off: 100 %, lines: line.sku == "TEA"}]')
    corner = begun(text=text)
    lines = [line("1", 1000), {**line("2", -600), "sku": "BOTTLE"}]
    result = corner.buy(0, day=1, lines=lines).result
    assert (result.totals["discount"], result.totals["total"]) == (400, 0)
    none = corner.buy(0, day=1, lines=[{**line("2", 600), "sku": "BOTTLE"}]).result
    assert none.discounts == []


def test_nobody_starts_a_closed_plan_or_goes_over_to_it() -> None:
    corner = begun()
    assert code(corner.send(START, {"plan": "old"})) == "plan_closed"
    assert code(corner.send(CHANGED, {"plan": "old"})) == "plan_closed"
    assert code(corner.send(CHANGED, {"plan": "nothing"})) == "plan_unknown"
    assert code(corner.send(CHANGED, {"plan": "large", "every": "week"})) == "plan_unknown"
    assert code(corner.send(START, {"plan": "small", "pay_with": "units"})) == "plan_unknown"


def test_a_cancelled_plan_is_taken_up_again_only_as_it_was() -> None:
    corner = begun("large", TEXT.replace("cancel: {refund: pro_rata}", "cancel: {refund: none}"))
    corner.send(CANCELLED, {}, day=1)
    assert code(corner.send(START, {"plan": "large", "every": "week"}, day=2)) == "plan_unknown"
    assert code(corner.send(START, {"plan": "large"}, day=2)) == "accepted"
    assert plan_of(corner).renews == ("large", "month")


def test_payments_of_somebody_without_a_plan_are_refused() -> None:
    corner = Corner(TEXT)
    for kind, body in ((PAID, {}), (PAID, {"invoice": "ab"}), (Built.PLAN_FAILED.value, {})):
        assert code(corner.send(kind, body)) == "invoice_not_open"
    for kind, body in ((REFUNDED, {}), (DISPUTED, {"state": "won"})):
        assert code(corner.send(kind, body)) == "payment_unknown"
    corner.send(START, {"plan": "small"})
    assert code(corner.send(REFUNDED, {})) == "payment_unknown"
    assert code(corner.send(PAID, {"invoice": "ab"})) == "invoice_not_open"


def test_a_return_of_a_sale_that_paid_for_nothing_leaves_the_plan() -> None:
    corner = Corner(TEXT)
    corner.buy(10, key="fee")
    corner.buy(10, key="tea")
    corner.send(START, {"plan": "small"})
    corner.send(PAID, {"receipt": {"source": "memory", "external_id": "fee"}})
    corner.give_back("tea", day=1)
    assert runs(corner, 1) == "small"
    corner.give_back("fee", day=2)
    assert runs(corner, 2) == ""


def test_a_record_that_comes_late_begins_no_earlier_than_the_period_before_ended() -> None:
    corner = begun()
    corner.send(CANCELLED, {}, day=5)
    assert code(corner.send(START, {"plan": "large", "every": "month"}, day=4, late=2)) == "plan_running"
    corner.send(START, {"plan": "large", "every": "month"}, day=6)
    corner.send(PAID, {}, day=4, late=3)
    periods = plan_of(corner).periods
    assert periods[1].starts_at == periods[0].ends_at
    late = corner.buy(10, day=4.5, late=2)
    assert late.result.totals["benefit"] == 150  # the plan of its day


def test_what_is_used_long_ago_counts_nowhere() -> None:
    corner = begun()
    plan_of(corner).use(OPENED - dt.timedelta(days=5), 100)
    assert plan_of(corner).periods[0].used == 0


def test_a_change_that_says_it_was_paid_before_it_was_asked_begins_when_it_was_asked() -> None:
    corner = Corner(TEXT)
    corner.send(START, {"plan": "small"}, day=5)
    corner.send(PAID, {}, day=5)
    corner.send(CHANGED, {"plan": "large", "every": "month"}, day=6)
    corner.send(PAID, {}, day=4, late=3)
    periods = plan_of(corner).periods
    assert [(period.starts_at - OPENED).days for period in periods] == [5, 6]


def test_a_change_asked_for_on_the_last_day_is_not_asked_for_again() -> None:
    corner = begun("large")
    corner.send(CHANGED, {"plan": "small"}, day=30.5)
    corner.tick(31)
    invoice = plan_of(corner).invoice
    assert invoice is not None
    assert (invoice.kind, invoice.asked) == ("renewal", 1)


def test_money_given_back_after_the_end_ends_nothing() -> None:
    corner = begun()
    first = plan_of(corner).payments[0].invoice
    corner.send(PAID, {}, day=28)
    assert back(corner.send(REFUNDED, {"invoice": first}, day=40)) == [1000]
    assert runs(corner, 41) == "small"


def test_without_grace_an_unpaid_plan_lapses_at_once_and_without_its_price_it_ends() -> None:
    text = TEXT.replace("    grace: 4 days\n    benefits: {discount", "    benefits: {discount")
    text = text.replace("    notice: 5 days\n    dunning: 1 day\n", "")
    corner = begun(text=text)
    assert runs(corner, 31) == ""
    assert [period.kind for period in plan_of(corner).periods] == ["paid"]
    corner = Corner(text, text.replace("month: 10", "year: 100"))
    corner.send(START, {"plan": "small"}, day=90)
    corner.send(PAID, {}, day=90)
    assert runs(corner, 121) == ""
    assert plan_of(corner).void == []


def test_money_for_an_old_invoice_is_not_taken_beside_another_plan() -> None:
    corner = Corner(TEXT)
    first = corner.send(START, {"plan": "small"})
    assert first.effects is not None
    old = first.effects.invoices[0][0].id
    corner.send(START, {"plan": "large", "every": "month"}, day=1)
    assert code(corner.send(PAID, {"invoice": old}, day=2)) == "invoice_not_open"
    corner.send(PAID, {}, day=2)
    assert code(corner.send(PAID, {"invoice": old}, day=3)) == "invoice_not_open"
