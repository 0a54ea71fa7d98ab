from decimal import Decimal

import pytest

from setia.values.money import CURRENCIES, LARGEST, AmountError, currency_decimals, format_scaled, parse_scaled


def test_currencies_have_the_decimals_of_the_standard() -> None:
    assert {code: currency_decimals(code) for code in ("IDR", "JPY", "KWD")} == {"IDR": 2, "JPY": 0, "KWD": 3}
    assert {currency_decimals(code) for code in CURRENCIES} == {0, 2, 3}
    with pytest.raises(AmountError, match="'XXX' is not an ISO 4217 currency code"):
        currency_decimals("XXX")


@pytest.mark.parametrize(
    ("value", "decimals", "scaled"),
    [
        (12, 2, 1200), (-3, 0, -3), ("12.50", 2, 1250), ("1_000", 0, 1000), (0.1, 2, 10), (Decimal("1.230"), 2, 123),
        ("1e3", 0, 1000), (LARGEST, 0, LARGEST), ("-0.5", 1, -5),
    ],
)  # fmt: skip
def test_amounts_are_read_exactly(value: object, decimals: int, scaled: int) -> None:
    assert parse_scaled(value, decimals) == scaled


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (True, "expected a number, found true/false"), (None, "found nothing"), ([], "found a list"),
        ({}, "found a mapping"), (b"1", "found bytes"), ("abc", "found the text 'abc'"),
        ("1.234", "more than 2 decimals"),
        ("9" * 41, "more than 40 characters"), ("NaN", "expected a finite number"), ("1e30", "is too large"),
        (LARGEST + 1, "is too large"), (LARGEST, "is too large"), ("1e16", "is too large"), (float("inf"), "finite"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_told(value: object, message: str) -> None:
    with pytest.raises(AmountError, match=message):
        parse_scaled(value, 2)


def test_amounts_are_written_plainly() -> None:
    assert [format_scaled(*pair) for pair in ((-1250, 2), (5, 0), (7, 3), (0, 2))] == ["-12.50", "5", "0.007", "0.00"]
