"""Every kind of activity explains itself in three languages, with sentences that have the same gaps."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
import pytest

from setia.flow.again import ERASED
from setia.flow.explain import Case, Explanation, explain, signed
from setia.flow.words import ACCOUNTS, ACTIVITIES, LANGUAGES, SENTENCES
from setia.flow.work import Decision, send_onward
from setia.state.bringing import code_of
from setia.values.activities import Activity
from setia.values.card_codes import card_id, draw_code, read_code
from setia.values.codes import Account, Built, Tick
from setia.values.ids import uuid7
from setia.values.outcomes import Result
from setia.values.pauses import Pause, Pauses
from tests.pure.flow.shop import DAY, EARN, HEAD, OPENED, Corner, line

TEXT = """
programme: corner
title: Corner
currency: EUR
timezone: Europe/Berlin
founded: 2010-01-20
units:
  points: {name: {en: points, id: poin}, decimals: 1, worth: 0.01, pays: {worth: 0.01}, at_most: 310,
           expires: {after: 30 days}, remind: 5 days, transfer: allowed,
           pools: {card: {expires: never, closed: 10 days}}}
  stars: {pending: {for: 3 days}, expires: {inactive_for: 200 days}}
  stamps: {}
  card_money: {decimals: 2, pays: 1, expires: {after: 3 years}}
gift_cards: {unit: card_money}
activities:
  review.written: {fields: {words: integer, of: integer}}
metrics:
  spend: {sum: purchase.eligible, over: calendar_month}
tiers:
  by: spend
  levels: {bronze: {from: 0, rate: 1, discount: 0 %}, gold: {from: 80, rate: 2, discount: 10 %}}
  keep: 20 days
  drop: {by: one_level, notice: 10 days}
groups: {one: {pick: best}}
exchanges: {swap: {take: {points: 10}, give: {stamps: 1}, cancel: {within: 3 days}}}
causes: {food: {takes: points, worth: 0.1}}
partners: {fuel: {earns: {points: 0.01}, pack: {points: 2}}, bar: {burns: {points: 0.01}}}
rules:
  earn: {on: purchase.completed, give: {points: purchase.eligible * tier.rate / 7}}
  tea: {on: purchase.completed, lines: 'line.category == "tea"', give: {points: 5, stars: 1}, group: one}
  cake: {on: purchase.completed, lines: 'line.category == "cake"', give: {points: 1}}
  app: {on: purchase.completed, when: 'purchase.channel == "app"', give: {points: 3}, group: one}
  some: {on: purchase.completed, give: {points: 4}, limit: {points: 6, per: month, over: trim}}
  once: {on: purchase.completed, give: {points: 1}, limit: {times: 1, per: lifetime}}
  few: {on: purchase.completed, give: {points: 7}, budget: {points: 10, over: trim}}
  zero: {on: purchase.completed, give: {points: purchase.eligible * 0}}
  old: {on: purchase.completed, give: {points: 1}, schedule: {until: 2026-01-03}}
  card: {on: purchase.completed, when: purchase.total >= 300, give: {points: 300}, pool: card}
  swap: {on: review.written, take: {stamps: 2}, give: {reward: cup}}
  rated: {on: review.written, give: {points: review.words / review.of}}
  stamp: {on: review.written, give: {stamps: 1}}
  birthday: {on: member.birthday, give: {reward: cup}}
  founding: {on: brand.anniversary, give: {stars: 1}}
  year: {on: member.anniversary, give: {points: 1}}
  day: {on: day.ended, when: spend >= 250, give: {stars: 1}}
  week: {on: week.ended, when: spend >= 250, give: {stars: 1}}
  month: {on: month.ended, when: spend >= 250, give: {stars: 1}}
  quarter: {on: quarter.ended, give: {stars: 1}}
  turn: {on: year.ended, give: {stars: 1}}
  up: {on: tier.changed, when: change.is_up, give: {stars: 2}}
  full: {on: stars.reached, when: wallet.stars >= 2, take: {stars: 2}, give: {reward: cup},
         limit: {times: 1, per: day}}
  luck: {on: purchase.completed, chance: 50 %, give: {stamps: 1}}
games:
  wheel: {kind: wheel, prizes: {cup: {weight: 1, give: {reward: cup}}, stamp: {weight: 1, give: {stamps: 1}}}}
draws:
  raffle: {tickets: stamps, until: 2026-03-01, prizes: [{reward: cup}]}
badges: {first: {}}
challenges:
  thrice: {count: review.written, target: 3, join: true, gives: {stars: 1, badge: first}}
rewards:
  cup: {gives: {experience: A cup}}
  mug: {costs: {points: 10}, gives: {experience: A mug}}
  card: {costs: {points: 3}, gives: {gift_card: 2.50}}
  soon: {costs: {points: 1}, gives: {percent_off: 10}, pending: 2 days, valid: 10 days}
  cheap: {code: CHEAP, gives: {amount_off: 1}}
  dear: {code: DEAR, gives: {amount_off: 1, from: 90_000}}
late: {re_rate: 60 days}
"""


PLANS = """
programme: corner
title: Corner
currency: EUR
timezone: Europe/Berlin
units: {points: {}}
metrics: {spend: {sum: purchase.eligible, over: lifetime}}
plans:
  basic: {fee: {month: 5, year: 48}, lasts: 3 months, notice: 5 days, dunning: 2 days, grace: 4 days,
          benefits: {delivery: {worth: 3}, discount: 10 %}, cancel: {refund: pro_rata}}
rules:
  month: {on: plan.month_began, give: {points: 10}}
  gift: {on: purchase.completed, when: purchase.total >= 100, give: {plan: basic}}
"""


def plan_life() -> Corner:
    """A member with a plan to which everything happens."""
    corner = Corner(PLANS)
    paid: dict[str, Any] = {}
    corner.send(Built.PLAN_STARTED.value, {"plan": "basic", "every": "month"})
    corner.send(Built.PLAN_FAILED.value, {"reason": "card_declined"}, day=0.1)
    corner.send(Built.PLAN_PAID.value, paid, day=0.2)
    corner.buy(20, key="delivered", day=3, delivery={})
    corner.send(Built.PLAN_PAID.value, paid, day=30)
    corner.send(Built.PLAN_CHANGED.value, {"every": "year"}, day=35)
    corner.send(Built.PLAN_PAID.value, paid, day=35)
    corner.send(Built.PLAN_REFUNDED.value, {"amount": 100}, day=36)
    corner.send(Built.PLAN_DISPUTED.value, {"state": "opened"}, day=37)
    corner.send(Built.PLAN_DISPUTED.value, {"state": "won"}, day=38)
    corner.send(Built.PLAN_CANCELLED.value, {}, day=40)
    corner.send(Built.PLAN_STARTED.value, {"plan": "basic", "every": "month"}, day=50)
    corner.send(Built.PLAN_PAID.value, paid, day=50)
    corner.tick(200)
    corner.buy(120, key="gift", day=201)
    corner.tick(400)
    return corner


def case_of(corner: Corner, decision: Decision) -> Case:
    version = next(v for v in corner.book.versions if v.number == decision.version)
    return Case(
        version, decision.activity, decision.status, decision.facts, decision.result, decision.entries,
        decision.standing, decision.answer,
    )  # fmt: skip


def life() -> Corner:
    """A member to whom everything happens."""
    corner = Corner(TEXT)
    member = corner.member()
    corner.send(Built.JOINED.value, {"birthday": "1990-02-10", "attributes": {}})
    corner.send(Built.CHALLENGE_JOINED.value, {"challenge": "thrice"})
    corner.send(Built.AVATAR_CHOSEN.value, {})
    corner.send(Built.PLACED.value, {"leaderboard": "best", "rank": 1, "score": 5, "period": 0})
    corner.send(Built.PROMISED.value, {"lines": [line("1", 9000)], "session": "cart", "lapses_after": 5}, day=1)
    corner.buy(90, key="first", day=1, channel="app")
    corner.buy(350, key="second", day=2, discounts=[{"amount": 100, "code": "X"}])
    corner.buy(40, key="third", day=4, spend={"points": 30}, late=0.5)
    corner.buy(10, key="early", day=1.5, late=4)
    corner.buy(20, key="other", day=1, member=1)
    corner.buy(85, key="before", day=0.5, late=4, member=1)  # shows that the sale of the next day was made by gold
    for words, of in ((7, 2), (1, 0), (3, 3)):
        corner.send("review.written", {"words": words, "of": of}, day=6)
    corner.gift(200, day=7)
    corner.gift(-5, day=7)
    hold = corner.send(Built.HOLD.value, {"unit": "points", "amount": 20}, day=7).activity.id.hex
    corner.send(Built.COMMIT.value, {"hold": hold, "amount": 5}, day=7)
    other = corner.send(Built.HOLD.value, {"unit": "points", "amount": 20}, day=7).activity.id.hex
    corner.send(Built.RELEASE.value, {"hold": other}, day=7)
    corner.send(Built.RELEASE.value, {"hold": other}, day=7)
    corner.send(Built.HOLD.value, {"unit": "points", "amount": 20}, day=7)
    corner.send(Built.TRANSFER.value, {"unit": "points", "amount": 10, "to": corner.member(1).id.hex}, day=8)
    corner.send(Built.CLAIM.value, {"reward": "mug", "quantity": 1}, day=8)
    number = max(no for no, voucher in member.vouchers.items() if voucher.reward == "mug")
    corner.send(Built.UNCLAIM.value, {"voucher": number}, day=8)
    corner.send(Built.CLAIM.value, {"reward": "soon", "quantity": 2}, day=8)
    corner.send(Built.CLAIM.value, {"reward": "mug", "quantity": 1}, day=8)
    mug = max(member.vouchers.values(), key=lambda voucher: voucher.no)
    codes = [{"code": mug.code, "quantity": 1}]
    corner.send(Built.RESERVE.value, {"codes": codes, "session": "cart"}, day=8)
    corner.send(Built.UNRESERVE.value, {"codes": codes, "session": "cart"}, day=8)
    corner.send(Built.USE.value, {"vouchers": codes}, day=8)
    corner.send(Built.CLAIM.value, {"reward": "mug", "quantity": 1}, day=8)
    mug = max(member.vouchers.values(), key=lambda voucher: voucher.no)
    corner.send(Built.REVOKE.value, {"voucher": mug.no, "reason": "by mistake"}, day=8)
    brought = [{"code": code, "quantity": 1} for code in ("CHEAP", "DEAR")]
    corner.buy(5, key="coded", day=8.5, vouchers=brought)
    corner.send(Built.UPDATED.value, {"attributes": {}}, day=9)
    corner.send(Built.POOL_CLOSED.value, {"pool": "card"}, day=9)
    corner.give_back("third", day=10)
    corner.give_back("unknown", day=10)
    spendable = member.wallet.balance("points").spendable
    corner.gift(-spendable, day=10)
    corner.buy(200, key="fourth", day=10.5, lines=[line("1", 10_000, category="cake"), line("2", 10_000)])
    corner.give_back("fourth", day=10.6, lines=[{"id": "2", "quantity": 1000}])
    corner.gift(-member.wallet.balance("points").spendable, day=10.7)
    corner.send(Built.CANCEL.value, {"of": {"source": "memory", "external_id": "second"}}, day=10.8)
    _cards(corner)
    corner.gift(300, day=28)
    corner.send(Built.EXCHANGE.value, {"exchange": "swap", "amount": 200}, day=28, key="swapped")
    corner.send(Built.UNEXCHANGE.value, {"of": {"source": "memory", "external_id": "swapped"}}, day=28)
    corner.send(Built.DONATED.value, {"cause": "food", "amount": 100}, day=28, key="given")
    corner.send(Built.UNDONATE.value, {"of": {"source": "memory", "external_id": "given"}}, day=28)
    corner.send(Built.GIVING.value, {"cause": "food", "percent": 0}, day=28)
    corner.buy(50, day=29, partner="fuel")
    corner.buy(50, day=29, partner="bar")
    corner.buy(260, day=30)
    corner.send(Built.PLAYED.value, {"game": "wheel"}, day=31)
    corner.send(Built.LIMITED.value, {"limit": {"times": 1, "per": "day"}}, day=31)
    corner.send(Built.ENTERED.value, {"draw": "raffle", "tickets": 1}, day=31)
    corner.send(Built.WON.value, {"draw": "raffle", "place": 1, "reward": "cup"}, day=61)
    luck, corner.book.gathered.luck = corner.book.gathered.luck, None
    corner.buy(1, day=62)  # as a quote would have it: nothing is drawn
    corner.book.gathered.luck = luck
    corner.tick(800)
    corner.send(Built.ERASED.value, {"points": "keep"}, day=801)
    updated = next(decision for decision in corner.book.decisions if decision.activity.type == Built.UPDATED.value)
    updated.facts[ERASED] = True  # as an erasure leaves it
    return corner


def _cards(corner: Corner) -> None:
    """A gift card is sold, pays, gets money back, is lost and replaced; another one's sale is undone."""
    codes = [
        dict(zip(("code", "last"), read_code(draw_code(bytes([number] * 16))), strict=True)) for number in range(4)
    ]
    first, second, third, fourth = codes
    card = card_id(first["code"])
    sold = line("1", 5_000, kind="gift_card", gift_cards=[first])
    corner.buy(50, key="card", day=11, lines=[sold])
    corner.buy(5, key="other card", day=11, lines=[line("1", 500, kind="gift_card", gift_cards=[second])])
    corner.give_back("other card", day=11.1)
    corner.buy(20, key="by card", day=11.2, gift_cards=[first])
    corner.give_back("by card", day=11.3)
    corner.buy(5, key="used", day=11.3, lines=[line("1", 500, kind="gift_card", gift_cards=[fourth])])
    corner.buy(2, key="with it", day=11.3, gift_cards=[fourth])
    corner.give_back("used", day=11.35)

    def of_card(kind: str, body: dict[str, Any], day: float, wallet: UUID = card) -> None:
        at = OPENED + day * DAY
        corner.book.handle(Activity(uuid7(int(at.timestamp() * 1000), bytes([9] * 10)), kind, "admin",
                                    f"{kind}{day}", wallet, at, at, body))  # fmt: skip

    of_card(Built.CARD_BLOCKED.value, {"reason": "lost"}, 11.4)
    of_card(Built.CARD_UNBLOCKED.value, {"reason": "found"}, 11.5)
    of_card(Built.CARD_REPLACED.value, {"gift_card": third}, 11.6)
    of_card(
        Built.CARD_ISSUED.value, {"gift_card": second, "amount": 700, "reason": "sorry"}, 11.7, card_id(second["code"])
    )
    corner.send(Built.CARD_ATTACHED.value, {"gift_card": third}, day=11.8)
    claimed = corner.send(Built.CLAIM.value, {"reward": "card", "quantity": 2}, day=11.9)
    (voucher,) = claimed.vouchers
    assert voucher.card is not None
    fifth = dict(zip(("code", "last"), read_code(draw_code(bytes([5] * 16))), strict=True))
    of_card(Built.CARD_OPENED.value, {"gift_card": fifth}, 11.91, voucher.card)
    corner.send(Built.UNCLAIM.value, {"voucher": voucher.no}, day=11.92)


def friends() -> Corner:
    """Members who bring each other, a few too many."""
    rules = (
        "rules: {thanks: {on: friend.qualified, give: {points: 5}}, hello: {on: referral.joined, give: {points: 1}}}"
    )
    corner = Corner(HEAD + rules + "\nreferral: {wait: 5 days, hold: {friends: 1, per: month}}", members=3)
    own = code_of(corner.member().id)
    for friend in (1, 2):
        corner.send(Built.REFERRED.value, {"code": own}, member=friend)
    corner.send(Built.REFERRAL_REVIEWED.value, {"action": "release", "reason": "twins", "by": "Ana"}, member=2)
    flagged = Decision(corner.book.decisions[0].activity, "accepted", 1, Result())
    send_onward(flagged, corner.member(1).id, Built.REFERRAL_FLAGGED.value, {"why": ["velocity"]})
    corner.book.handle(flagged.onward[0])
    corner.send(Built.REFERRAL_REVIEWED.value, {"action": "release", "reason": "twins", "by": "Ana"}, member=1)
    corner.buy(10, member=1, day=1)
    corner.tick(10)
    return corner


def entrants() -> Corner:
    """A contest: entered, looked at, voted for, taken back and won."""
    contest = """contests: {cup: {until: 2026-01-05, fields: {}, at_most: 2, moderated: true, costs: {points: 5},
      votes: {from: 2026-01-01, until: 2026-01-09}, result: {winners: 1}}}"""
    rules = "rules: {prize: {on: contest.placed, give: {points: 50}}, voice: {on: contest.voted, give: {points: 1}}}"
    corner = Corner(f"{HEAD}{rules}\n{contest}\n")
    corner.gift(20)
    made = [corner.send(Built.CONTEST_ENTERED.value, {"contest": "cup", "fields": {}}).activity.id for _ in range(2)]
    first, second = ({"contest": "cup", "entry": entry.hex} for entry in made)
    corner.send(Built.CONTEST_WITHDRAWN.value, second, day=1)
    corner.send(Built.CONTEST_REVIEWED.value, {**first, "verdict": "approve", "by": "Ana"}, day=1)
    for kind in (Built.VOTED, Built.UNVOTED, Built.VOTED):
        corner.send(kind.value, first, member=1, day=2)
    corner.tick(20)
    return corner


def two_accounts() -> Corner:
    """Two accounts of one person, who wants to be forgotten in the end."""
    corner = Corner(HEAD + EARN)
    corner.buy(20, member=1)
    other = {"with": corner.member(1).id.hex, "reason": "one person"}
    corner.send(Built.MERGED.value, other, day=1)
    corner.send(Built.UNMERGED.value, other, day=2)
    corner.send(Built.ERASED.value, {}, day=3, member=1)
    bought = next(d for d in corner.book.decisions if d.activity.type == Built.PURCHASE.value)
    bought.facts = {ERASED: True}
    return corner


@pytest.fixture(scope="module")
def told() -> list[Explanation]:
    corners = (life(), plan_life(), friends(), entrants(), two_accounts())
    found = [explain(case_of(corner, decision)) for corner in corners for decision in corner.book.decisions]
    return found + list(in_pauses()) + list(erased())


def erased() -> Iterator[Explanation]:
    """The end of a person, and a purchase of theirs of which nobody knows any more whose it was."""
    corner = Corner(HEAD + EARN, members=1)
    bought = case_of(corner, corner.buy(10))
    yield explain(replace(bought, facts={**bought.facts, ERASED: True}))
    yield explain(case_of(corner, corner.send(Built.ERASED.value, {"points": "forfeit"})))


def in_pauses() -> Iterator[Explanation]:
    """What a pause has moved, what stands still, and what rules gave in it: nothing."""
    corner = Corner(HEAD.replace("worth: 0.01", "expires: {after: 30 days}") + EARN, members=1)
    case = case_of(corner, corner.buy(10))
    for ended_at in (OPENED + 9 * DAY, None):
        pause = Pause(OPENED + 5 * DAY, ended_at, stops_expiry=True)
        yield explain(replace(case, pauses=Pauses([pause])))
    yield explain(replace(case, facts={**case.facts, "pz": True}, result=Result(), entries=[]))


def test_running_again_finds_nothing_else_than_what_was_booked(told: list[Explanation]) -> None:
    assert [(found.case.activity.type, found.differs) for found in told if found.differs] == []


def test_every_kind_of_activity_is_explained_and_named(told: list[Explanation]) -> None:
    kinds = {found.case.activity.type.partition(":")[0] for found in told}
    built = (
        {kind.value for kind in Built}
        | {tick.value for tick in Tick}
        | {"balance.received", "tier.changed", "challenge.completed"}
    )
    assert built - kinds == set()
    assert built - ACTIVITIES.keys() == set()
    assert {account.name for account in Account} == ACCOUNTS.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_explanation_has_a_gap(language: str, told: list[Explanation]) -> None:
    for found in told:
        text = found.text(language)
        assert not re.search(r"\{[a-z_]+\}", text), text
        first = text.split("\n")[0]
        kind = found.case.activity.type.partition(":")[0]
        assert first.startswith(ACTIVITIES.get(kind, {}).get(language, kind))
        assert orjson.loads(orjson.dumps(found.data(language), default=str))["text"] == text.split("\n")


def test_every_sentence_is_used(told: list[Explanation]) -> None:
    used = {key for found in told for key, _ in found.sentences}
    parts = {"lot_new", "lot_old", "lot_pending", "lot_ends"}  # of the sentence on an entry
    assert SENTENCES.keys() - used - parts == set()


def _tables() -> Iterator[tuple[str, dict[str, str]]]:
    for table in (SENTENCES, ACCOUNTS, ACTIVITIES):
        yield from table.items()


@pytest.mark.parametrize(("key", "words"), list(_tables()))
def test_every_sentence_has_three_languages_with_the_same_gaps(key: str, words: dict[str, str]) -> None:
    assert tuple(words) == LANGUAGES, key
    gaps = {language: sorted(re.findall(r"\{(\w+)\}", text)) for language, text in words.items()}
    assert gaps["en"] == gaps["id"] == gaps["ms"], key
    assert all(words.values())


def test_one_entry_is_explained_by_its_rule_first() -> None:
    corner = life()
    decision = next(d for d in corner.book.decisions if len({entry.rule for entry in d.entries}) > 2)
    entry = decision.entries[-1]
    found = explain(case_of(corner, decision), entry.no)
    assert found.rules[0].rule == entry.rule
    assert [key for key, _ in found.sentences].count("entry") == 1
    assert explain(case_of(corner, decision), 10_000).sentences[-1][0] != "entry"


def test_an_unknown_language_is_answered_in_english() -> None:
    corner = Corner(TEXT)
    found = explain(case_of(corner, corner.buy(7)))
    assert found.text("de") == found.text("en")
    assert found.text("en").startswith("Purchase ")


def test_the_sign_of_an_entry_is_the_members() -> None:
    corner = Corner(TEXT)
    decisions: list[Any] = [
        corner.gift(50),
        corner.gift(-20),
        corner.send(Built.HOLD.value, {"unit": "points", "amount": 5}),
    ]
    assert [signed(decision.entries[0]) for decision in decisions] == [50, -20, 0]
