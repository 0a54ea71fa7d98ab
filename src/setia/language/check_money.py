"""Checks of units that are money: gift cards and top-ups."""

from __future__ import annotations

from typing import Final

from setia.language.diagnostics import Diagnostic, DiagnosticCode
from setia.language.model import ExpiresAfter, ExpiresIdle, ExpiresOn, Programme, Unit
from setia.language.nodes import Path, Places


def sold_units(programme: Programme, places: Places) -> list[Diagnostic]:
    """What is sold for money is money, so that a card of 50.00 pays 50.00."""
    found: list[Diagnostic] = []
    sold: list[tuple[Unit, Path]] = [
        (unit, ("units", name, "top_up")) for name, unit in programme.units.items() if unit.top_up is not None
    ]
    for _, path in sold[1:]:
        message = "a line of kind top_up would not say which unit it fills: another one has 'top_up' too"
        found.append(places.error(DiagnosticCode.SEVERAL_TOP_UPS, message, path, "take one of the two out"))
    if programme.gift_cards is not None:
        sold.append((programme.units[programme.gift_cards.unit], ("gift_cards", "unit")))
    decimals = programme.currency_decimals
    for unit, path in sold:
        if unit.pays is None or unit.pays.worth != 10**decimals or unit.decimals != decimals:
            message = f"{unit.name} are sold for money, but one of them does not pay 1 {programme.currency}"
            hint = f"write units: {{{unit.name}: {{decimals: {decimals}, pays: 1}}}}"
            found.append(places.error(DiagnosticCode.CARDS_NOT_MONEY, message, path, hint))
    return found


def money_earns_once(programme: Programme, places: Places) -> list[Diagnostic]:
    """What buys money earns, or what the money buys: not both."""
    sold: list[tuple[Unit, Path]] = [
        (unit, ("units", name, "top_up", "earns"))
        for name, unit in programme.units.items()
        if unit.top_up is not None and unit.top_up.earns
    ]
    cards = programme.gift_cards
    if cards is not None and cards.earns:
        sold.append((programme.units[cards.unit], ("gift_cards", "earns")))
    hint = "take `earns` out, or write `earn_on_paid: false` in `pays`"
    return [
        places.error(
            DiagnosticCode.EARNS_TWICE,
            f"the same money earns twice: when it buys {unit.name}, and when {unit.name} pay",
            path,
            hint,
        )
        for unit, path in sold
        if unit.pays is not None and unit.pays.earn_on_paid
    ]


def card_dates(programme: Programme, places: Places) -> list[Diagnostic]:
    """What is on a card ends by date, or never."""
    cards = programme.gift_cards
    if cards is None:
        return []
    expires = programme.units[cards.unit].expires
    found: list[Diagnostic] = []
    if isinstance(expires, ExpiresIdle):
        message = f"{cards.unit} end when a member is inactive, but a gift card is nobody's"
        hint = "write `expires: {after: 3 years}` or `expires: never`"
        path: Path = ("units", cards.unit, "expires")
        found.append(places.error(DiagnosticCode.CARDS_END_BY_INACTIVITY, message, path, hint))
    if places.has("gift_cards", "refund_extends") and not isinstance(expires, ExpiresAfter | ExpiresOn):
        message = f"{cards.unit} never end, so a refund extends nothing"
        path = ("gift_cards", "refund_extends")
        hint = "take it out, or let the unit expire"
        found.append(places.error(DiagnosticCode.EXTENSION_WITHOUT_EXPIRY, message, path, hint))
    return found


CHECKS: Final = (sold_units, money_earns_once, card_dates)
