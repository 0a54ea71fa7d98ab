"""Programmes, baskets and books for the properties of the flow."""

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from setia.flow.again import MemberCheck, differences, entry_differences, is_decided_by_rules, run_again
from setia.flow.memory import MemoryBook
from setia.flow.work import Decision, MemberWork, Version
from setia.language.parse import load_programme
from setia.ledger.plan import Entry
from setia.values.activities import Activity
from setia.values.codes import Built

OPENED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)

_HEAD = """
programme: shop
title: Shop
currency: EUR
timezone: Europe/Berlin
units:
  points: {worth: 0.01, pays: {worth: 0.01}, transfer: allowed, expires: {after: 40 days}, rounding: ROUNDING}
  stamps: {decimals: 1, pending: {for: 2 days}}
  stars: {at_most: 40}
metrics:
  spend: {sum: purchase.eligible, over: 30 days}
  visits: {days: purchase.completed, over: calendar_month}
tiers:
  by: spend
  levels:
    bronze: {from: 0, rate: 1, discount: 0 %}
    silver: {from: 150, rate: 1.5, discount: 7.5 %}
    gold: {from: 700, rate: 2, discount: 15 %}
  keep: KEEP
  drop: {by: one_level}
  refunds: follow
groups:
  extra: {pick: best}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible * tier.rate / 3}}
  tea:
    on: purchase.completed
    lines: line.category == "tea"
    give: {points: lines.total / 7, stamps: lines.quantity / 4}
    limit: {points: 60, per: day, over: trim}
  first: {on: purchase.completed, when: visits < 1, give: {stars: 3}, limit: {times: 2, per: month}}
  app: {on: purchase.completed, when: 'purchase.channel == "app"', group: extra, give: {points: 9}}
  big:
    on: purchase.completed
    when: purchase.total >= 100
    group: extra
    give: {points: purchase.total / 10}
    budget: {points: 300, over: trim}
  card: {on: stamps.reached, when: wallet.stamps >= 3, take: {stamps: 3}, give: {reward: cup}}
  up: {on: tier.changed, when: change.is_up, give: {stars: 5}}
rewards:
  cup: {gives: {experience: A cup}, stock: 500}
  five: {costs: {points: 20}, gives: {amount_off: 5.00}}
  mug: {costs: {points: 35}, gives: {experience: A mug}, stock: 60, limit: {times: 3, per: month}}
refunds: {method: ask_again, when_spent: SPENT}
"""


def programme(
    *, rounding: str = "floor", spent: str = "within_balance", keep: str = "while_reached", extra: str = ""
) -> str:
    """The text of a programme with a bit of everything."""
    return _HEAD.replace("ROUNDING", rounding).replace("SPENT", spent).replace("KEEP", keep) + extra


PLAIN = """
programme: plain
title: Plain
currency: EUR
timezone: Europe/Berlin
units:
  points: {worth: 0.01, pays: {worth: 0.01}, rounding: {mode: half_up, carry: true}}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible / 3}, limit: {points: 90, per: week, over: trim}}
  big: {on: purchase.completed, when: purchase.total >= 100, give: {points: 10}, budget: {points: 300, over: trim}}
metrics:
  spend: {sum: purchase.eligible, over: lifetime}
rewards:
  five: {costs: {points: 20}, gives: {amount_off: 5.00}}
"""

_VERSIONS: dict[str, Version] = {}


def version(text: str, number: int = 1, since: dt.datetime = OPENED) -> Version:
    """A published version; a text is compiled once."""
    found = _VERSIONS.get(text)
    if found is None:
        loaded = load_programme(text)
        assert loaded.programme is not None, loaded.diagnostics
        found = _VERSIONS[text] = Version(1, OPENED, loaded.programme)
    return Version(number, since, found.programme)


def book(*texts: str, members: int = 2) -> MemoryBook:
    """A book whose versions follow each other every 20 days, with members that joined when it opened."""
    made = MemoryBook([version(text, number, OPENED + 20 * (number - 1) * DAY) for number, text in enumerate(texts, 1)])
    for _ in range(members):
        made.join(OPENED)
    return made


def members_of(found: MemoryBook) -> list[MemberWork]:
    """The members in the order in which they joined."""
    return list(found.gathered.members.values())


LINE = st.fixed_dictionaries(
    {
        "category": st.sampled_from(["tea", "cake"]),
        "quantity": st.sampled_from([1000, 2000, 3000, 333]),
        "amount": st.integers(0, 40_000),
        "share": st.integers(0, 100),
    }
)


def _body(lines: list[dict[str, Any]], more: dict[str, Any]) -> dict[str, Any]:
    made = [
        {
            "id": str(number), "sku": "X", "category": line["category"], "kind": "", "quantity": line["quantity"],
            "amount": line["amount"], "discount": line["amount"] * line["share"] // 300,
        }
        for number, line in enumerate(lines)
    ]  # fmt: skip
    return {"lines": made, **more}


BASKET = st.builds(
    _body,
    st.lists(LINE, min_size=1, max_size=4),
    st.fixed_dictionaries({}, optional={"channel": st.sampled_from(["app", "store"])}),
)
PAYING = st.builds(
    lambda body, more: {**body, **more},
    BASKET,
    st.sampled_from(
        [
            {},
            {},
            {"spend": {"points": 5}},
            {"spend": {"points": "max"}},
            {"claims": [{"reward": "five", "quantity": 1}]},
        ]
    ),
)
Told = tuple[str, int, int, int, dict[str, Any]]
"""(type, member, hours after the last one, hours before now at which it occurred, body)."""

_OTHERS = st.one_of(
    st.tuples(st.just(Built.ADJUST.value), st.integers(-60, 200).filter(bool)),
    st.tuples(st.just(Built.HOLD.value), st.integers(1, 150)),
    st.tuples(st.sampled_from([Built.COMMIT.value, Built.RELEASE.value]), st.integers(1, 60)),
    st.tuples(st.just(Built.TRANSFER.value), st.integers(1, 100)),
    st.tuples(st.just(Built.CLAIM.value), st.integers(1, 2)),
    st.tuples(st.just(Built.UNCLAIM.value), st.integers(0, 3)),
)
_PURCHASE = st.tuples(st.just(Built.PURCHASE.value), PAYING)
_BACK = st.tuples(st.sampled_from([Built.RETURN.value, Built.CANCEL.value]), st.integers(0, 5))
STEP = st.tuples(
    st.one_of(st.tuples(st.just(Built.PURCHASE.value), PAYING), _OTHERS),
    st.integers(0, 1),
    st.sampled_from([0, 1, 5, 30, 24 * 6, 24 * 25]),
    st.sampled_from([0, 0, 0, 2, 24 * 3]),
)
STEPS = st.lists(STEP, min_size=4, max_size=16)


def play(found: MemoryBook, steps: list[Any], *, tick_every: dt.timedelta | None = None) -> list[Activity]:
    """Send drawn steps to a book; the activities, as they can be sent to another one."""
    told: list[Activity] = []
    now = OPENED + 2 * DAY
    people = members_of(found)
    for (kind, what), number, wait, late in steps:
        for _ in range(wait // 24 if tick_every is not None else 0):
            now += DAY
            found.tick(now)
        now += dt.timedelta(hours=wait % 24 if tick_every is not None else wait)
        member = people[number]
        body = _of(kind, what, member, people[1 - number], told)
        if body is None:
            continue
        at = now - dt.timedelta(hours=late) if kind == Built.PURCHASE.value else now
        activity = found.activity(kind, member, at, body, external_id=f"a{len(told)}", recorded_at=now)
        told.append(copy_of(activity))
        found.handle(activity)
    return told


def copy_of(activity: Activity) -> Activity:
    """The activity as it came in; deciding may write into it."""
    return Activity(
        activity.id, activity.type, activity.source, activity.external_id, activity.member_id, activity.occurred_at,
        activity.recorded_at, dict(activity.body), activity.revision,
    )  # fmt: skip


def _of(kind: str, what: Any, member: MemberWork, other: MemberWork, told: list[Activity]) -> dict[str, Any] | None:
    if kind == Built.PURCHASE.value:
        return dict(what)
    if kind in (Built.RETURN.value, Built.CANCEL.value):
        sales = [a for a in told if a.type == Built.PURCHASE.value and a.member_id == member.id]
        if not sales:
            return None
        of = {"of": {"source": "memory", "external_id": sales[-1 - what % len(sales)].external_id}}
        if kind == Built.CANCEL.value or what > 3:
            return of
        line = sales[-1 - what % len(sales)].body["lines"][0]
        return {**of, "lines": [{"id": line["id"], "quantity": max(line["quantity"] // 2, 1)}]}
    if kind in (Built.COMMIT.value, Built.RELEASE.value):
        holds = [a for a in told if a.type == Built.HOLD.value and a.member_id == member.id]
        if not holds:
            return None
        more = {"amount": what} if kind == Built.COMMIT.value and what % 2 else {}
        return {"hold": holds[-1].id.hex, **more}
    if kind == Built.CLAIM.value:
        return {"reward": "mug", "quantity": what}
    if kind == Built.UNCLAIM.value:
        return {"voucher": [*sorted(member.vouchers), 0][what % (len(member.vouchers) + 1)]}
    body = {"unit": "points", "amount": what}
    if kind == Built.TRANSFER.value:
        return {**body, "to": other.id.hex}
    return {**body, "reason": "by hand", "by": "Ana", "approved_by": None} if kind == Built.ADJUST.value else body


def entries_of(found: MemoryBook) -> dict[str, list[Entry]]:
    """Member → entries, in order."""
    return {member.id.hex: found.entries(member.id) for member in members_of(found)}


def problems(found: MemoryBook) -> list[str]:
    """All that running every decision again, and following every entry, finds wrong."""
    wrong: list[str] = []
    by_number = {v.number: v for v in found.versions}
    for member in members_of(found):
        check = MemberCheck(found.versions[0].programme)
        wrong += check.check(found.entries(member.id))
    for decision in found.decisions:
        if decision.status != "accepted" or not is_decided_by_rules(decision.activity.type) or decision.standing:
            continue
        again = run_again(by_number[decision.version], decision.activity, decision.facts)
        wrong += differences(decision.result, again) + entry_differences(decision.result, decision.entries)
    return wrong


def state_of(member: MemberWork) -> Any:
    """What a member has and is, without the numbers that only count up."""
    progress = member.progress
    return (
        {unit: balance for unit, balance in member.wallet.balances.items() if balance != type(balance)()},
        {name: buckets for name, buckets in progress.metrics.items() if buckets},
        {name: buckets for name, buckets in progress.limits.items() if buckets},
        {unit: rest for unit, rest in progress.carry.items() if rest[0]},
        progress.tier, progress.tier_until,
    )  # fmt: skip


def own(decisions: list[Decision], activity: Activity) -> Decision:
    """The decision of the activity itself."""
    return next(decision for decision in decisions if decision.activity is activity)
