"""Money as integers of minor units (cents, sen), with the number of decimals that ISO 4217 gives a currency."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

# ISO 4217 (2024): active currencies by their number of decimals; every listed currency not named here has two.
_NO_DECIMALS: Final = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE_DECIMALS: Final = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_TWO_DECIMALS: Final = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN "
    "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG".split()
)
CURRENCIES: Final = _NO_DECIMALS | _TWO_DECIMALS | _THREE_DECIMALS

#: The largest amount accepted anywhere, in minor units or in units × 10^decimals; keeps every sum inside 64 bits.
LARGEST: Final = 10**15


class AmountError(ValueError):
    """A text or number that is not an exact amount with the allowed decimals; the message says which and why."""


def currency_decimals(currency: str) -> int:
    """Return how many decimals ``currency`` (ISO 4217 code) has; raise ``AmountError`` for an unknown code."""
    if currency in _TWO_DECIMALS:
        return 2
    if currency in _NO_DECIMALS:
        return 0
    if currency in _THREE_DECIMALS:
        return 3
    raise AmountError(f"'{currency}' is not an ISO 4217 currency code such as IDR, MYR or EUR")


def parse_scaled(value: object, decimals: int) -> int:
    """Turn ``value`` (int, decimal text, Decimal, or a JSON number) into an integer of 10^-decimals steps, exactly.

    A float is read by its shortest decimal writing, as the JSON text had it. Raise ``AmountError`` when the value is
    not a finite number, has more decimals than allowed, or is larger than ``LARGEST``.
    """
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal | float):
        raise AmountError(f"expected a number, found {_kind(value)}")
    if isinstance(value, int):
        scaled = value * 10**decimals if abs(value) <= LARGEST else LARGEST + 1
    else:
        text = repr(value) if isinstance(value, float) else str(value)
        if len(text) > 40:
            raise AmountError("a number of more than 40 characters")
        try:
            exact = Decimal(text.replace("_", ""))
        except InvalidOperation:
            raise AmountError(f"expected a number, found the text '{text}'") from None
        if not exact.is_finite():
            raise AmountError(f"expected a finite number, found {text}")
        if exact.adjusted() > 18:
            raise AmountError(f"{text} is too large; at most {LARGEST:_} steps of the smallest unit")
        shifted = exact.scaleb(decimals)
        if shifted != shifted.to_integral_value():
            raise AmountError(f"{text} has more than {decimals} decimals")
        scaled = int(shifted)
    if abs(scaled) > LARGEST:
        raise AmountError(f"{value} is too large; at most {LARGEST:_} steps of the smallest unit")
    return scaled


def format_scaled(scaled: int, decimals: int) -> str:
    """Write ``scaled`` (steps of 10^-decimals) as a plain decimal text: ``format_scaled(-1250, 2) == '-12.50'``."""
    if not decimals:
        return str(scaled)
    sign = "-" if scaled < 0 else ""
    whole, part = divmod(abs(scaled), 10**decimals)
    return f"{sign}{whole}.{part:0{decimals}d}"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true/false"
    if value is None:
        return "nothing"
    return {"dict": "a mapping", "list": "a list"}.get(type(value).__name__, type(value).__name__)
