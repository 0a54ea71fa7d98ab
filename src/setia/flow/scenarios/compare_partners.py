"""Comparing what partners owe with what was expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from setia.flow.scenarios.model import Check
from setia.partners.settle import Movement, Statement, Terms, movements_of, settle
from setia.values.instants import local_date
from setia.values.money import format_scaled

if TYPE_CHECKING:
    from setia.flow.scenarios.compare import Happened

Pair = tuple[str, str] | None


def _differ(what: str, wanted: Any, real: Any) -> Pair:
    return None if wanted == real else (f"{what} {wanted}", str(real))


def _statement(happened: Happened) -> Statement:
    """The statement of the step's month, as it stands."""
    programme = happened.programme
    movements: list[Movement] = []
    for member in happened.book.gathered.members.values():
        movements += movements_of(happened.book.entries(member.id), member.wallet.lots, programme.zone)
    month = f"{local_date(happened.now, programme.zone):%Y-%m}"
    terms = Terms({name: unit.decimals for name, unit in programme.units.items()}, programme.currency_decimals)
    return settle(month, [m for m in movements if m.month == month], (), (), terms)


def _owes(check: Check, happened: Happened) -> Pair:
    decimals = happened.programme.currency_decimals
    real = _statement(happened).balance(check.key)
    return _differ(f"{check.key} to owe", format_scaled(check.value, decimals), format_scaled(real, decimals))


def _margin(check: Check, happened: Happened) -> Pair:
    decimals = happened.programme.currency_decimals
    real = _statement(happened).margin
    return _differ("margin", format_scaled(check.value, decimals), format_scaled(real, decimals))


PARTNERS: Final[dict[str, Callable[[Check, Happened], Pair]]] = {"owes": _owes, "margin": _margin}
