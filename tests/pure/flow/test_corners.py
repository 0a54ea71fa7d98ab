"""Corners of small functions: what is gathered for friends and draws, and what is refused at the door."""

from setia.flow.needs import accounts_played, referral_code
from setia.language.bodies import parse_body
from setia.language.body_values import BodyProblem
from setia.language.expressions.types import STRING, KeyedMetric, in_words
from setia.language.parse import load_programme
from setia.values.activities import Activity
from setia.values.codes import Built
from setia.values.outcomes import Result, result_from_json, result_to_json
from tests.pure.flow.shop import EARN, HEAD, NOBODY, OPENED, Corner, compiled, line

VOUCHER = {"code": "ONCE", "quantity": 1}


def activity(kind: str, **body: object) -> Activity:
    return Activity(NOBODY, kind, "till", "1", NOBODY, OPENED, OPENED, body)


def test_the_code_of_whoever_brought_a_friend_comes_with_the_referral_or_with_joining() -> None:
    assert referral_code(activity(Built.REFERRED.value, code="ABC")) == "ABC"
    assert referral_code(activity(Built.JOINED.value, referred_by="DEF")) == "DEF"
    assert referral_code(activity(Built.JOINED.value)) is None


def test_an_entry_into_a_draw_looks_at_the_draw() -> None:
    shop = compiled(HEAD + EARN)
    assert accounts_played(shop, activity(Built.ENTERED.value, draw="new-year")) == ["draw:new-year"]
    assert accounts_played(shop, activity(Built.PURCHASE.value, game="wheel")) == []


def test_a_partner_that_is_none_is_refused_with_those_that_are() -> None:
    partners = "partners: {fuel: {earns: {points: 0.01}, burns: {points: 0.01}}}\n"
    found = parse_body(compiled(HEAD + EARN + partners), Built.PURCHASE.value, {"amount": "5.00", "partner": "fule"})
    assert isinstance(found, list)
    assert [(problem.pointer, problem.code) for problem in found] == [("/partner", "unknown_partner")]
    assert isinstance(found[0], BodyProblem)
    assert "fuel" in found[0].message


def test_a_plan_is_not_bought_with_what_is_no_unit() -> None:
    plans = "plans: {plus: {costs: {poins: 5, points: x}, lasts: 1 month, benefits: {discount: 5 %}}}\n"
    codes = [found.code for found in load_programme(HEAD + EARN + plans).diagnostics]
    assert "unknown_unit" in codes


def test_a_metric_that_is_kept_by_a_field_has_a_name_in_words() -> None:
    assert in_words(KeyedMetric(STRING)) == "a metric that is kept by a field"


def test_what_brings_a_friend_is_read_back() -> None:
    assert result_from_json(result_to_json(Result(brings=True))).brings


def test_a_code_that_others_used_up_since_is_not_used_by_a_correction() -> None:
    shop = HEAD + EARN + "rewards: {once: {code: ONCE, gives: {amount_off: 5.00}, stock: 1}}\n"
    corner = Corner(shop)
    nothing = corner.send(Built.PURCHASE.value, {"lines": [line("1", 0)], "vouchers": [VOUCHER]}, key="A")
    assert (nothing.status, nothing.result.uses) == ("accepted", [])
    used = corner.send(Built.PURCHASE.value, {"lines": [line("1", 900)], "vouchers": [VOUCHER]}, key="B", member=1)
    assert used.result.totals["discount"] == 500
    corrected = corner.send(
        Built.PURCHASE.value, {"lines": [line("1", 900)], "vouchers": [VOUCHER]}, key="A", revision=1
    )
    assert corrected.result.totals.get("discount", 0) == 0
    assert corner.book.gathered.house["stock:once"] == 0
    two = {"lines": [line("1", 0), line("2", 0)], "vouchers": [VOUCHER]}
    other = Corner(shop)
    other.send(Built.PURCHASE.value, two, key="A")
    other.send(Built.PURCHASE.value, {"lines": [line("1", 900)], "vouchers": [VOUCHER]}, key="B", member=1)
    assert other.give_back("A", lines=[{"id": "1"}]).status == "accepted"
    assert other.book.gathered.house["stock:once"] == 0


def test_a_period_that_was_over_before_the_version_has_no_places() -> None:
    board = "members: {fields: {recognition: boolean, nickname: text}}\n"
    board += "metrics: {spent: {sum: purchase.total, over: month}}\nleaderboards: {best: {by: spent, top: 3}}\n"
    placed = "rules: {first: {on: leaderboard.placed, give: {points: 5}}}\n"
    corner = Corner(HEAD + board + placed, HEAD + board + placed.replace("5", "6"))
    corner.member().progress.attributes = {"recognition": True, "nickname": "Ana"}
    corner.buy(10, day=5)
    assert corner.tick(120) == []
