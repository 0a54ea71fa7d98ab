"""Outside JSON becomes a canonical body, or a list of all that is wrong with it."""

from typing import Any

import pytest

from setia.language.bodies import parse_body
from setia.language.body_values import BodyCode, BodyProblem
from setia.language.model import Programme
from setia.values.activities import Body
from setia.values.card_codes import draw_code, read_code
from setia.values.codes import Built, Tick
from setia.values.secret_codes import shown
from tests.pure.language.sample import EARN, HEAD, everything, load

HOLD = "0190a5b2c3d47e5f8a9b0c1d2e3f4a5b"


@pytest.fixture(scope="module")
def programme() -> Programme:
    return everything()


def body(programme: Programme, kind: str, payload: dict[str, Any]) -> Body:
    parsed = parse_body(programme, kind, payload)
    assert isinstance(parsed, dict), parsed
    return parsed


def problems(programme: Programme, kind: str, payload: Any) -> list[str]:
    parsed = parse_body(programme, kind, payload)
    assert isinstance(parsed, list), parsed
    assert all(isinstance(problem, BodyProblem) and problem.message for problem in parsed)
    return [f"{problem.pointer} {problem.code}" for problem in parsed]


def line(**fields: Any) -> dict[str, Any]:
    return {"lines": [{"amount": "10.00", **fields}]}


def test_a_purchase_becomes_integers(programme: Programme) -> None:
    payload = {
        "lines": [
            {
                "id": "a",
                "sku": "COF",
                "category": "coffee",
                "kind": "drink",
                "quantity": "1.5",
                "amount": {"amount": "12500.00", "currency": "IDR"},
                "discount": 500,
                "is_tip": False,
                "weight": 0.25,
            },
            {"amount": -100.5, "quantity": 2},
        ],
        "discounts": [{"amount": "5", "code": "TEN"}],
        "tenders": [{"type": "cash", "amount": "100"}],
        "codes": ["PROMO"],
        "channel": "till",
        "place": "Jakarta",
        "claims": [{"reward": "cappuccino"}, {"reward": "off", "quantity": 2}],
        "spend": {"points": "max", "stars": "1.5"},
        "fare": {"amount": "30", "currency": "IDR"},
    }
    assert body(programme, Built.PURCHASE, payload) == {
        "lines": [
            {
                "id": "a",
                "sku": "COF",
                "category": "coffee",
                "kind": "drink",
                "quantity": 1500,
                "amount": 1_250_000,
                "discount": 50_000,
                "is_tip": False,
                "weight": 250_000,
            },
            {"id": "2", "quantity": 2000, "amount": -10_050},
        ],
        "discounts": [{"amount": 500, "code": "TEN"}],
        "tenders": [{"type": "cash", "amount": 10_000}],
        "codes": ["PROMO"],
        "channel": "till",
        "place": "Jakarta",
        "claims": [{"reward": "cappuccino", "quantity": 1}, {"reward": "off", "quantity": 2}],
        "spend": {"points": "max", "stars": 15},
        "fare": 3000,
    }


def test_an_amount_alone_is_a_purchase_of_one_line(programme: Programme) -> None:
    assert body(programme, Built.PURCHASE, {"amount": "12.50"}) == {
        "lines": [{"id": "1", "quantity": 1000, "amount": 1250}]
    }


def test_a_body_reads_the_same_when_its_amounts_are_known_already(programme: Programme) -> None:
    payload = {"lines": [{"sku": "A", "amount": "7.77", "quantity": 1, "discount": {"amount": "1", "currency": "IDR"}}]}
    first, second = (body(programme, Built.PURCHASE, payload) for _ in range(2))
    assert first == second == {"lines": [{"id": "1", "sku": "A", "amount": 777, "quantity": 1000, "discount": 100}]}


@pytest.mark.parametrize(
    ("amount", "steps"),
    [
        ("12.5", 1250),
        ("0012.50", 1250),
        ("-3", -300),
        (12, 1200),
        (0.1, 10),
        ("1e2", 10_000),
        ("9999999999999.99", 10**15 - 1),
    ],
)
def test_amounts_are_exact_however_they_are_written(programme: Programme, amount: Any, steps: int) -> None:
    payload = {"lines": [{"amount": amount}, {"amount": "5000"}]}
    assert body(programme, Built.PURCHASE, payload)["lines"][0]["amount"] == steps


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ([], [" wrong_type"]),
        ({}, ["/lines missing_field"]),
        ({"lines": []}, ["/lines out_of_range"]),
        ({"lines": {}}, ["/lines wrong_type"]),
        ({"lines": [5]}, ["/lines/0 wrong_type"]),
        ({"lines": [{}]}, ["/lines/0/amount missing_field"]),
        ({"lines": [{"amount": 1}] * 1001}, ["/lines too_many"]),
        ({"lines": [{"amount": 1}], "amount": 1}, ["/amount conflicting_fields"]),
        ({"amount": -1}, ["/amount out_of_range"]),
        ({"amount": 1, "colour": "red"}, ["/colour unknown_field"]),
        ({"amount": 1, "a/b~c": "red"}, ["/a~1b~0c unknown_field"]),
        (line(amout=1), ["/lines/0/amout unknown_field"]),
        (line(amount="1.234"), ["/lines/0/amount bad_number"]),
        (line(amount="NaN"), ["/lines/0/amount bad_number"]),
        (line(amount="Infinity"), ["/lines/0/amount bad_number"]),
        (line(amount=float("nan")), ["/lines/0/amount bad_number"]),
        (line(amount="twelve"), ["/lines/0/amount bad_number"]),
        (line(amount="1e999999"), ["/lines/0/amount bad_number"]),
        (line(amount=10**20), ["/lines/0/amount bad_number"]),
        (line(amount=True), ["/lines/0/amount wrong_type"]),
        (line(amount=None), ["/lines/0/amount wrong_type"]),
        (line(sku=None), ["/lines/0/sku wrong_type"]),
        (line(amount=[]), ["/lines/0/amount wrong_type"]),
        (line(amount={"amount": 1, "currency": "EUR"}), ["/lines/0/amount/currency wrong_currency"]),
        (line(amount={"amount": 1}), ["/lines/0/amount/currency missing_field"]),
        (line(amount={"currency": "IDR"}), ["/lines/0/amount missing_field"]),
        (line(amount={"amount": 1, "currency": "IDR", "tax": 1}), ["/lines/0/amount unknown_field"]),
        (line(quantity=-1), ["/lines/0/quantity out_of_range"]),
        (line(quantity="1.2345"), ["/lines/0/quantity bad_number"]),
        (line(discount=-1), ["/lines/0/discount out_of_range"]),
        (line(discount=11), ["/lines below_zero"]),
        (line(sku=5), ["/lines/0/sku wrong_type"]),
        (line(sku="x" * 201), ["/lines/0/sku too_long"]),
        (line(sku="a\0b"), ["/lines/0/sku bad_text"]),
        (line(sku="a\ud800"), ["/lines/0/sku bad_text"]),
        (line(id=""), ["/lines/0/id bad_text"]),
        (line(quantity="a"), ["/lines/0/quantity bad_number"]),
        (line(amount=1.005), ["/lines/0/amount bad_number"]),
        (line(is_tip="no"), ["/lines/0/is_tip wrong_type"]),
        ({"lines": [{"amount": 1, "id": "2"}, {"amount": 1}]}, ["/lines/1/id duplicate_line"]),
        ({"lines": [{"amount": -5}]}, ["/lines below_zero"]),
        ({"amount": 5, "discounts": [{"amount": 6}]}, ["/lines below_zero"]),
        (
            {"amount": 5, "discounts": [{"code": "A"}, 5]},
            ["/discounts/0/amount missing_field", "/discounts/1 wrong_type"],
        ),
        ({"amount": 5, "discounts": [{"amount": {"amount": 1}}]}, ["/discounts/0/amount/currency missing_field"]),
        ({"amount": 5, "discounts": "5"}, ["/discounts wrong_type"]),
        ({"amount": 5, "codes": ["a"] * 51}, ["/codes too_many"]),
        ({"amount": 5, "codes": ["a", 5]}, ["/codes/1 wrong_type"]),
        ({"amount": 5, "claims": [{"reward": "a", "quantity": 0}]}, ["/claims/0/quantity out_of_range"]),
        ({"amount": 5, "claims": [{"reward": "a", "quantity": 1.5}]}, ["/claims/0/quantity wrong_type"]),
        (
            {"amount": 5, "spend": {"pints": 1, "points": 0}},
            ["/spend/pints unknown_unit", "/spend/points out_of_range"],
        ),
        ({"amount": 5, "spend": ["points"]}, ["/spend wrong_type"]),
        ({"amount": 5, "spend": {"points": "all"}}, ["/spend/points bad_number"]),
    ],
)
def test_a_purchase_that_is_wrong_is_told_where(programme: Programme, payload: Any, expected: list[str]) -> None:
    assert problems(programme, Built.PURCHASE, payload) == expected


def test_all_problems_of_a_body_are_told_at_once(programme: Programme) -> None:
    payload = {"lines": [{"amount": "x", "quantity": -1}, {"sku": 5}], "colour": 1}
    assert problems(programme, Built.PURCHASE, payload) == [
        "/colour unknown_field",
        "/lines/0/amount bad_number",
        "/lines/0/quantity out_of_range",
        "/lines/1/sku wrong_type",
        "/lines/1/amount missing_field",
    ]


def test_unusual_but_sound_texts_are_kept(programme: Programme) -> None:
    found = body(programme, Built.PURCHASE, {"lines": [{"amount": 1, "sku": "", "category": "kopi\ttubruk é\n"}]})
    assert found["lines"][0]["category"] == "kopi\ttubruk é\n"
    assert found["lines"][0]["sku"] == ""


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        (Built.RETURN, {"of": {"source": "till", "external_id": "S-1"}}, None),
        (
            Built.RETURN,
            {
                "of": {"source": "till", "external_id": "S-1"},
                "lines": [{"id": "1", "quantity": 2}, {"sku": "A"}],
                "reason": "x" * 2000,
            },
            {
                "of": {"source": "till", "external_id": "S-1"},
                "lines": [{"id": "1", "quantity": 2000}, {"sku": "A"}],
                "reason": "x" * 2000,
            },
        ),
        (Built.CANCEL, {"of": {"source": "till", "external_id": "S-1"}, "reason": "void"}, None),
        (
            Built.ADJUST,
            {"unit": "stars", "amount": "-1.5", "reason": "x"},
            {"unit": "stars", "amount": -15, "reason": "x"},
        ),
        (
            Built.TRANSFER,
            {"unit": "points", "amount": 5, "to": "0190a5b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"},
            {"unit": "points", "amount": 5, "to": HOLD},
        ),
        (Built.HOLD, {"unit": "points", "amount": 5, "lapses_after": 10}, None),
        (Built.COMMIT, {"hold": HOLD}, None),
        (Built.COMMIT, {"hold": HOLD, "amount": "1.5", "unit": "stars"}, {"hold": HOLD, "amount": 15}),
        (Built.RELEASE, {"hold": HOLD}, None),
        (Built.CLAIM, {"reward": "cappuccino"}, {"reward": "cappuccino", "quantity": 1}),
        (Built.CLAIM, {"reward": "cappuccino", "quantity": 3}, None),
        (Built.UNCLAIM, {"voucher": 3}, None),
        (Built.POOL_CLOSED, {"pool": "card-x"}, None),
        (Built.JOINED, {"birthday": "1990-02-28", "attributes": {"has_card": True, "city": "Bogor"}}, None),
        (Built.UPDATED, {"birthday": None}, None),
        (Built.UPDATED, {}, None),
        (
            "review.written",
            {"stars": 5, "topic": "food", "seen_on": "2026-03-01", "words": ["good", "hot"]},
            None,
        ),
        ("visit.checked", {}, None),
    ],
)
def test_other_activities_become_canonical(
    programme: Programme, kind: str, payload: dict[str, Any], expected: Body | None
) -> None:
    assert body(programme, kind, payload) == (payload if expected is None else expected)


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        (Built.RETURN, {}, ["/of missing_field"]),
        (Built.RETURN, {"of": "S-1"}, ["/of wrong_type"]),
        (Built.RETURN, {"of": {"source": "till"}}, ["/of/external_id missing_field"]),
        (Built.RETURN, {"of": {"source": "a", "external_id": "b"}, "lines": []}, ["/lines out_of_range"]),
        (
            Built.RETURN,
            {"of": {"source": "a", "external_id": "b"}, "lines": [{"quantity": 1}, {"id": "1", "sku": "A"}]},
            ["/lines/0 missing_field", "/lines/1 missing_field"],
        ),
        (
            Built.RETURN,
            {"of": {"source": "a", "external_id": "b"}, "lines": [{"id": "1", "quantity": 0}]},
            ["/lines/0/quantity out_of_range"],
        ),
        (Built.CANCEL, {"of": {"source": "a", "external_id": "b"}, "reason": "x" * 2001}, ["/reason too_long"]),
        (Built.CANCEL, {"of": {"source": "a", "external_id": "b"}, "reason": "x" * 300 + "\0"}, ["/reason bad_text"]),
        (Built.CANCEL, {"of": {"source": "a", "external_id": "b"}, "reason": ""}, ["/reason bad_text"]),
        (Built.CANCEL, {"of": {"source": "a", "external_id": "b"}, "reason": 5}, ["/reason wrong_type"]),
        (Built.ADJUST, {"unit": "points", "amount": 5}, ["/reason missing_field"]),
        (Built.ADJUST, {"unit": "points", "amount": 0, "reason": "x"}, ["/amount out_of_range"]),
        (Built.ADJUST, {"unit": "points", "amount": 1.5, "reason": "x"}, ["/amount bad_number"]),
        (Built.ADJUST, {"unit": "points", "amount": False, "reason": "x"}, ["/amount wrong_type"]),
        (Built.ADJUST, {"unit": "pints", "amount": 5, "reason": "x"}, ["/unit unknown_unit"]),
        (Built.TRANSFER, {"unit": "points", "amount": -5, "to": HOLD}, ["/amount out_of_range"]),
        (Built.TRANSFER, {"unit": "points", "amount": 5, "to": "me"}, ["/to bad_id"]),
        (Built.TRANSFER, {"unit": "points", "amount": 5, "to": "g" * 32}, ["/to bad_id"]),
        (Built.HOLD, {"unit": "points", "amount": 5, "lapses_after": 0}, ["/lapses_after out_of_range"]),
        (Built.HOLD, {"unit": "points", "amount": 5, "lapses_after": 10**16}, ["/lapses_after out_of_range"]),
        (Built.COMMIT, {"hold": HOLD, "amount": 5}, ["/unit missing_field"]),
        (Built.COMMIT, {"hold": HOLD, "amount": -5, "unit": "points"}, ["/amount out_of_range"]),
        (Built.UNCLAIM, {"voucher": "3"}, ["/voucher wrong_type"]),
        (Built.JOINED, {"birthday": "2001-02-29"}, ["/birthday bad_date"]),
        (Built.JOINED, {"birthday": "20010228"}, ["/birthday bad_date"]),
        (Built.JOINED, {"birthday": "1001-02-28"}, ["/birthday out_of_range"]),
        (Built.JOINED, {"attributes": {"has_cart": True}}, ["/attributes/has_cart unknown_field"]),
        ("review.written", {}, ["/stars missing_field"]),
        ("review.written", {"stars": 5, "topic": "foot"}, ["/topic bad_choice"]),
        ("review.written", {"stars": 5, "words": [1]}, ["/words/0 wrong_type"]),
        ("review.written", [], [" wrong_type"]),
        ("visit.checked", {"a": 1}, ["/a unknown_field"]),
        ("reviews.written", {}, [" unknown_type"]),
        (Tick.EXPIRED, {}, [" not_from_outside"]),
        (Built.RERATED, {}, [" not_from_outside"]),
    ],
)
def test_other_activities_that_are_wrong_are_told_where(
    programme: Programme, kind: str, payload: Any, expected: list[str]
) -> None:
    assert problems(programme, kind, payload) == expected


def test_a_commit_needs_no_unit_where_all_units_have_the_same_decimals() -> None:
    programme = load(HEAD + "units: {points: {}}\n" + EARN)
    assert body(programme, Built.COMMIT, {"hold": HOLD, "amount": 5}) == {"hold": HOLD, "amount": 5}


def test_required_fields_of_purchases_and_lines_have_to_be_there() -> None:
    fields = "fields: {table: {type: text, required: true}}, lines: {size: {type: text, required: true}}"
    programme = load(f"{HEAD}activities: {{purchase.completed: {{{fields}}}}}\nunits: {{points: {{}}}}\n{EARN}")
    expected = ["/table missing_field", "/lines/0/size missing_field"]
    assert problems(programme, Built.PURCHASE, {"lines": [{"amount": "1.00"}]}) == expected
    payload = {"table": "4", "lines": [{"amount": "1.00", "size": "L"}]}
    assert body(programme, Built.PURCHASE, payload)["lines"][0]["size"] == "L"


def test_a_close_name_is_suggested(programme: Programme) -> None:
    parsed = parse_body(programme, Built.PURCHASE, {"lines": [{"amount": 1, "catgory": "a"}]})
    assert isinstance(parsed, list)
    assert parsed[0].code is BodyCode.UNKNOWN_FIELD
    assert "did you mean 'category'?" in parsed[0].message


def test_tables_of_many_programmes_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setia.language.bodies._PARSERS_KEPT", 2)
    for number in range(4):
        programme = load(f"{HEAD}title: '{number}'\nunits: {{points: {{}}}}\n{EARN}")
        assert body(programme, Built.PURCHASE, {"amount": 1})["lines"]


CARDS = """
units: {points: {}, card_money: {decimals: 2, pays: 1}, credit: {decimals: 2, pays: 1, top_up: {least: 10, most: 100}}}
rules: {earn: {on: purchase.completed, give: {points: 1}}}
gift_cards: {unit: card_money, least: 5}
"""
CODE = shown(draw_code(b"a card of a test"))
OTHER = shown(draw_code(b"another one of it"))


@pytest.fixture(scope="module")
def cards() -> Programme:
    return load(HEAD + CARDS)


def test_codes_of_cards_become_digests(cards: Programme) -> None:
    digest, last = read_code(CODE)
    found = body(cards, Built.PURCHASE, {"amount": 9, "gift_cards": [CODE, {"code": OTHER, "amount": "2.50"}]})
    assert found["gift_cards"] == [
        {"code": digest, "last": last},
        {"code": read_code(OTHER)[0], "last": OTHER[-4:], "amount": 250},
    ]
    assert body(cards, Built.PURCHASE, {"amount": 9, "gift_cards": [{"code": CODE}]})["gift_cards"] == [
        {"code": digest, "last": last}
    ]
    sold = body(cards, Built.PURCHASE, line(kind="gift_card", gift_cards=[CODE.lower()]))
    assert sold["lines"][0]["gift_cards"] == [{"code": digest, "last": last}]
    issued = body(cards, Built.CARD_ISSUED, {"gift_card": CODE, "amount": "25", "reason": "sorry"})
    assert issued == {"gift_card": {"code": digest, "last": last}, "amount": 2_500, "reason": "sorry"}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"amount": 1, "gift_cards": ["1234"]}, "/gift_cards/0 bad_id"),
        ({"amount": 1, "gift_cards": [7]}, "/gift_cards/0 wrong_type"),
        ({"amount": 1, "gift_cards": [{"code": CODE, "amount": 0}]}, "/gift_cards/0/amount out_of_range"),
        ({"amount": 1, "gift_cards": [{"amount": 1}]}, "/gift_cards/0 unknown_field"),
        ({"amount": 1, "gift_cards": [{"code": CODE, "sum": 1}]}, "/gift_cards/0 unknown_field"),
        ({"amount": 1, "gift_cards": [CODE, CODE]}, "/gift_cards/1 conflicting_fields"),
        (line(gift_cards=[CODE]), "/lines/0/gift_cards conflicting_fields"),
        (line(kind="gift_card"), "/lines/0/gift_cards missing_field"),
        (line(kind="gift_card", quantity=2, gift_cards=[CODE]), "/lines/0/gift_cards missing_field"),
        ({"lines": [{"kind": "gift_card", "quantity": 2, "amount": "10.01", "gift_cards": [CODE, OTHER]}]},
         "/lines/0/amount out_of_range"),
        ({"lines": [{"kind": "gift_card", "amount": 4, "gift_cards": [CODE]}]}, "/lines/0/amount out_of_range"),
        ({"lines": [{"kind": "top_up", "amount": 9}]}, "/lines/0/amount out_of_range"),
        ({"lines": [{"kind": "top_up", "amount": 101}]}, "/lines/0/amount out_of_range"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_cards_and_top_ups(cards: Programme, payload: dict[str, Any], expected: str) -> None:
    assert problems(cards, Built.PURCHASE, payload) == [expected]


def test_a_programme_without_cards_knows_none(programme: Programme) -> None:
    plain = load(HEAD + "units: {points: {}}\n" + EARN)
    assert problems(plain, Built.PURCHASE, {"amount": 1, "gift_cards": [CODE]}) == ["/gift_cards unknown_field"]
    assert problems(plain, Built.CARD_BLOCKED, {"reason": "x"}) == [" unknown_type"]
    assert "lines" in body(plain, Built.PURCHASE, line(kind="gift_card"))
