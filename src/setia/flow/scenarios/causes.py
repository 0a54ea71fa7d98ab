"""Donations and payouts in scenarios: what a file expects of them, and comparing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from setia.flow.scenarios.model import Check
from setia.flow.scenarios.part import Part
from setia.flow.work import Decision
from setia.language.model import Programme
from setia.language.words import read_number
from setia.values.money import format_scaled

if TYPE_CHECKING:
    from setia.flow.scenarios.compare import Happened

GIFT: Final = ("cause", "units", "money", "match", "receipt")
PAYOUT: Final = ("gifts", "money", "match")
_MONEY: Final = ("money", "match")
Pair = tuple[str, str] | None


def read_told(part: Part, programme: Programme) -> dict[str, Any]:
    """What a file says of a gift or a payout."""
    found: dict[str, Any] = {}
    for name in part.node.entries:
        if name in _MONEY:
            found[name] = part.read(name, lambda text: read_number(text, programme.currency_decimals))
        elif name in ("gifts", "units"):
            most = max((programme.units[cause.unit].decimals for cause in programme.causes.values()), default=0)
            found[name] = part.read(name, lambda text: read_number(text, most if name == "units" else 0))  # noqa: B023
        else:
            found[name] = part.text(name)
    return found


def _differ(what: str, wanted: dict[str, Any] | None, real: dict[str, Any] | None, decimals: int) -> Pair:
    if wanted == real:
        return None
    return f"{what} {_words(wanted, decimals)}", _words(real, decimals)


def _words(told: dict[str, Any] | None, decimals: int) -> str:
    if told is None:
        return "none"
    parts = ((name, format_scaled(value, decimals) if name in _MONEY else value) for name, value in told.items())
    return ", ".join(f"{name} {value}" for name, value in parts)


def _told(decision: Decision) -> dict[str, Any]:
    gift = decision.answer["gift"]
    return {"units": gift["amount"], **{name: gift[name] for name in GIFT if name != "units"}}


def _gift(check: Check, happened: Happened) -> Pair:
    """The last gift of the step, its own or one that it set off."""
    made = [d for d in happened.decisions if d.status == "accepted" and "gift" in d.answer]
    real = _told(made[-1]) if made else None
    if real is not None and check.value is not None:
        real = {name: real[name] for name in check.value}
    return _differ("a gift of", check.value, real, happened.programme.currency_decimals)


def _payout(check: Check, happened: Happened) -> Pair:
    paid = happened.owns[-1].answer.get("payout") if happened.owns else None
    real = None if paid is None else {name: paid[name] for name in check.value}
    return _differ("a payout of", check.value, real, happened.programme.currency_decimals)


CAUSES: Final[dict[str, Callable[[Check, Happened], Pair]]] = {"gift": _gift, "payout": _payout}
