"""Checks of exchanges: with whom, and that no circle of them brings back more than went in."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from setia.language.check_loops import SAMPLE, can_repeat, sample, steps_of
from setia.language.contracts import Exchange
from setia.language.diagnostics import Diagnostic, DiagnosticCode
from setia.language.model import Programme
from setia.language.nodes import Places
from setia.values.money import format_scaled


def contracts(programme: Programme, places: Places) -> list[Diagnostic]:
    """Exchanges with a partner that neither pays nor is paid for them."""
    found: list[Diagnostic] = []
    for name, exchange in programme.exchanges.items():
        if exchange.partner is None:
            continue
        partner = programme.partners[exchange.partner]
        is_out = exchange.take in programme.units
        unit, way = (exchange.take, "burns") if is_out else (exchange.give, "earns")
        if not any(unit in terms.prices for terms in (partner.burns if is_out else partner.earns)):
            message = f"'{partner.name}' has no price for {unit} there"
            hint = f"add it: partners: {{{partner.name}: {{{way}: {{{unit}: 0.010}}}}}}"
            path = ("exchanges", name, "partner")
            found.append(places.error(DiagnosticCode.EXCHANGE_NOT_PRICED, message, path, hint))
    return found


def circles(programme: Programme, places: Places) -> list[Diagnostic]:
    """Exchanges in a circle that bring back more than went in."""
    found: list[Diagnostic] = []
    for name, exchange in programme.exchanges.items():
        take, give = _sides(programme, exchange)
        back = _rate(programme, exchange) * _best(programme, give, take)
        if back > 1:
            message = (
                f"units come back without end: 1000000 {exchange.take} become {exchange.give}, and those become "
                f"{int(back * 1_000_000)} {exchange.take} again by other exchanges"
            )
            hint = "let one of the exchanges on the way give less"
            found.append(places.error(DiagnosticCode.MONEY_LOOP, message, ("exchanges", name), hint))
    return found


def paid_back(programme: Programme, places: Places) -> list[Diagnostic]:
    """Purchases that give units which become at least as many of those that paid for them."""
    found: list[Diagnostic] = []
    for name, unit in programme.units.items():
        if unit.pays is None or not unit.pays.earn_on_paid:
            continue
        paid = Fraction(SAMPLE * 10**programme.currency_decimals) / unit.pays.worth
        level = programme.tiers.levels[-1] if programme.tiers is not None else None
        env = sample(programme, SAMPLE * 10**programme.currency_decimals, level)
        given = Fraction(0)
        for rule in programme.rules.values():
            for give in rule.gives if rule.when is None else ():
                if give.unit is None or not can_repeat(rule, give.unit):
                    continue
                decimals = programme.units[give.unit].decimals
                steps = steps_of(give.amount, decimals, env) or 0
                given += Fraction(steps, 10**decimals) * _best(programme, give.unit, name)
        if programme.exchanges and given >= paid:
            message = (
                f"points come back without end: {format_scaled(int(paid), 0)} {name} pay for a purchase of {SAMPLE} "
                f"{programme.currency}, which gives units that become {int(given)} {name}"
            )
            hint = "write `earn_on_paid: false`, give less, or let an exchange give less"
            found.append(places.error(DiagnosticCode.MONEY_LOOP, message, ("units", name, "pays"), hint))
    return found


def _sides(programme: Programme, exchange: Exchange) -> tuple[str, str]:
    """The units of both sides; one of a partner's own is that partner's alone."""
    take, give = (
        unit if unit in programme.units else f"{exchange.partner}:{unit}" for unit in (exchange.take, exchange.give)
    )
    return take, give


def _rate(programme: Programme, exchange: Exchange) -> Fraction:
    """How many whole units there are for one. A fee is the smaller, the more is exchanged, and so is left out."""
    units = programme.units
    taken, given = (10 ** units[name].decimals if name in units else 1 for name in (exchange.take, exchange.give))
    return Fraction(exchange.given, given) / Fraction(exchange.taken, taken)


def _best(programme: Programme, start: str, goal: str) -> Fraction:
    """The most whole units of ``goal`` that one of ``start`` becomes on a way without a circle; 0: there is none."""
    best = {start: Fraction(1)}
    for _ in programme.exchanges:
        for exchange in programme.exchanges.values():
            take, give = _sides(programme, exchange)
            rate = best.get(take, Fraction(0)) * _rate(programme, exchange)
            if give != start and rate > best.get(give, Fraction(0)):
                best[give] = rate
    return best.get(goal, Fraction(0))


CHECKS: Final = (contracts, circles, paid_back)
