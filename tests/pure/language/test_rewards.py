"""What rewards, their codes and their kinds may say, and what is refused because it would have no effect."""

from typing import Any

import pytest

from setia.language.bodies import BodyProblem, parse_body
from setia.language.model import Gives, Reward
from setia.language.parse import load_programme
from tests.pure.language.sample import EARN, HEAD, codes, load

SHOP = f"{HEAD}units: {{points: {{}}}}\n{EARN}rewards:\n"


def reward(settings: str) -> Reward:
    return load(f"{SHOP}  it: {{{settings}}}\n").rewards["it"]


def gives(settings: str) -> Gives:
    return reward(f"costs: {{points: 1}}, gives: {{{settings}}}").gives


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("delivery: free", Gives("delivery", text="free", is_free=True)),
        ("delivery: fast", Gives("delivery", text="fast", is_free=False, speed="fast")),
        ("delivery: free_fast, from: 50", Gives("delivery", text="free_fast", speed="fast", threshold=5_000)),
        ("cash_back: 10_000", Gives("cash_back", amount=1_000_000)),
        ("cheapest_of: 3", Gives("cheapest_of", every=3)),
        ("access: The preview", Gives("access", text="The preview")),
        ("amount_off: 5, keep_rest: true", Gives("amount_off", amount=500, keep_rest=True)),
    ],
)
def test_each_kind_is_read(settings: str, expected: Gives) -> None:
    assert gives(settings) == expected


def test_a_code_is_compared_by_letters_and_digits() -> None:
    assert reward("code: summer-10, gives: {percent_off: 10}").code == "SUMMER10"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("costs: {points: 1}, gives: {amount_off: 5, at_most: 3}", ["discount_cap_without_percent"]),
        ("costs: {points: 1}, gives: {cash_back: 5, at_most: 3}", ["discount_cap_without_percent"]),
        ("costs: {points: 1}, gives: {product: A, from: 3}", ["conflicting_keys"]),
        ("costs: {points: 1}, gives: {percent_off: 5, keep_rest: true}", ["conflicting_keys"]),
        ("costs: {points: 1}, gives: {delivery: slow}", ["bad_choice"]),
        ("code: ABC, codes: bearer, gives: {amount_off: 5}", ["conflicting_keys"]),
        ("costs: {points: 1}, codes: bearer, gives: {amount_off: 5}", ["conflicting_keys"]),
        ("costs: {points: 1}, codes: pool, stock: 5, gives: {partner: A}", ["conflicting_keys"]),
        ("costs: {points: 1}, codes: some, gives: {partner: A}", ["bad_choice"]),
        ("costs: {points: 1}, gives: {amount_off: 5}, stock: 0", ["zero_is_not_unlimited"]),
        ("code: ABC, gives: {amount_off: 5}, limit: {times: 0, per: day}", ["zero_is_not_unlimited"]),
        ("code: ABC, gives: {amount_off: 5}, group: none-such", ["unknown_group"]),
        ("code: ABC, per: 2, gives: {amount_off: 5}", ["terms_without_cost"]),
        ("code: ÄÖÜ, gives: {amount_off: 5}", ["bad_code"]),
        ("costs: {points: 1}, gives: {choice: [it, other]}", ["unknown_reward", "choice_of_one"]),
    ],
)
def test_what_has_no_effect_or_no_meaning_is_refused(settings: str, found: list[str]) -> None:
    assert sorted(codes(f"{SHOP}  it: {{{settings}}}\n")) == sorted(found)


CARDS = SHOP.replace("units: {", "gift_cards: {unit: cash, most: 50}\nunits: {cash: {decimals: 2, pays: 1}, ")


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("costs: {points: 1}, gives: {gift_card: 51}", ["out_of_range"]),
        ("costs: {points: 1}, gives: {gift_card: 5, at_most: 3}", ["discount_cap_without_percent"]),
        ("costs: {points: 1}, valid: 3 days, pending: 1 day, gives: {gift_card: 5}", ["conflicting_keys"] * 2),
        ("code: ABC, gives: {gift_card: 5}", ["conflicting_keys"]),
        ("codes: pool, gives: {gift_card: 5}", ["conflicting_keys"]),
    ],
)
def test_what_a_gift_card_cannot_say(settings: str, found: list[str]) -> None:
    assert codes(f"{CARDS}  it: {{{settings}}}\n") == found


def test_what_a_gift_card_has_on_it_is_read() -> None:
    programme = load(f"{CARDS}  it: {{costs: {{points: 1}}, gives: {{gift_card: 49.90}}}}\n")
    assert programme.rewards["it"].gives == Gives("gift_card", amount=4_990, keep_rest=True)


@pytest.mark.parametrize(
    ("reward", "found"),
    [
        ("costs: {points: 100}", []),
        ("costs: {points: 20}", ["card_loop"]),
        ("costs: {points: 40}, per: 2", ["card_loop"]),
        ("costs: {points: 20}, stock: 5", []),
        ("costs: {points: 20}, limit: {times: 1, per: year}", []),
        ("costs: {points: 20, money: 5}", []),
        ("costs: {points: 20, stars: 1}", []),
        ("costs: {stars: 1}", ["card_loop"]),
        ("", ["reward_never_given"]),
    ],
)
def test_points_that_become_cards_never_come_back_without_end(reward: str, found: list[str]) -> None:
    text = f"""{HEAD}
units: {{points: {{}}, stars: {{}}, cash: {{decimals: 2, pays: 1}}}}
gift_cards: {{unit: cash}}
rules: {{earn: {{on: purchase.completed, give: {{points: purchase.eligible, stars: purchase.eligible}}}}}}
rewards: {{card: {{{reward}{", " if reward else ""}gives: {{gift_card: 20}}}}}}
"""
    assert codes(text) == found
    assert "card_loop" not in codes(text.replace("pays: 1", "pays: {worth: 1, earn_on_paid: false}"))


def test_a_loop_of_cards_names_the_level_at_which_it_closes() -> None:
    text = f"""{HEAD}
units: {{points: {{}}, cash: {{decimals: 2, pays: 1}}}}
gift_cards: {{unit: cash}}
metrics: {{spend: {{sum: purchase.eligible, over: year}}}}
tiers: {{by: spend, levels: {{basic: {{from: 0, rate: 1}}, gold: {{from: 100, rate: 9}}}}}}
rules: {{earn: {{on: purchase.completed, give: {{points: purchase.eligible * tier.rate}}}}}}
rewards: {{card: {{costs: {{points: 100}}, gives: {{gift_card: 20}}}}}}
"""
    (found,) = load_programme(text).diagnostics
    assert "as gold" in found.message


def test_two_rewards_cannot_have_one_code() -> None:
    text = f"{SHOP}  a: {{code: ABC, gives: {{amount_off: 5}}}}\n  b: {{code: a-b-c, gives: {{amount_off: 6}}}}\n"
    assert codes(text) == ["said_twice"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (["kq4m-9xt2"], [{"quantity": 1, "code": "KQ4M9XT2"}]),
        ([{"code": "A B", "quantity": 2, "choose": "tea"}], [{"quantity": 2, "code": "AB", "choose": "tea"}]),
        (["--"], "bad_text"),
        (["A-B", "ab"], "conflicting_fields"),
        ([{"quantity": 2}], "missing_field"),
        ("AB", "wrong_type"),
    ],
)
def test_codes_of_a_purchase_are_read_in_one_form(sent: Any, expected: Any) -> None:
    body = parse_body(load(f"{SHOP}  it: {{code: ABC, gives: {{amount_off: 5}}}}\n"), "purchase.completed",
                      {"amount": 5, "vouchers": sent})  # fmt: skip
    if isinstance(body, list):
        (problem,) = body
        assert isinstance(problem, BodyProblem)
        assert problem.code == expected
        assert problem.pointer.startswith("/vouchers")
    else:
        assert body["vouchers"] == expected


def test_what_is_brought_to_a_till_is_read() -> None:
    programme = load(f"{SHOP}  it: {{code: ABC, gives: {{amount_off: 5}}}}\n")
    for kind, sent in (
        ("voucher.reserved", {"codes": ["abc"], "session": "cart", "lapses_after": 5}),
        ("voucher.released", {"codes": ["abc"], "session": "cart"}),
        ("voucher.used", {"vouchers": ["abc"]}),
        ("voucher.revoked", {"voucher": 3, "reason": "by mistake"}),
    ):
        assert isinstance(parse_body(programme, kind, sent), dict)
