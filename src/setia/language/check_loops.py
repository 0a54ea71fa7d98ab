"""Checks that try a programme out: what feeds itself, and what undoes what it promises."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from setia.language.check_rules import holds_at, reached_units, steps_of
from setia.language.check_tiers import measure_decimals
from setia.language.check_units import rules_giving
from setia.language.diagnostics import Diagnostic, DiagnosticCode
from setia.language.expressions import EvaluationError, Field, Number
from setia.language.model import Level, Pays, Programme, Rule, Unit
from setia.language.nodes import Places
from setia.language.scope import TIER_CHANGED, Vocabulary
from setia.values.activities import QUANTITY_DECIMALS
from setia.values.codes import Built
from setia.values.money import format_scaled

__all__ = ["CHECKS", "SAMPLE", "can_repeat", "sample", "steps_of"]
SAMPLE: Final = 1_000  # of the currency's whole units: large enough that rounding does not hide a loop


def tier_cascade(programme: Programme, places: Places) -> list[Diagnostic]:
    """A rule on a change of tier that gives what ranks the tiers: one step up would bring the next."""
    tiers = programme.tiers
    if tiers is None:
        return []
    counted = {tiers.unit} | {programme.metrics[name].unit for name in tiers.metrics}
    found: list[Diagnostic] = []
    for name, rule in programme.rules.items():
        ranking = next((give.unit for give in rule.gives if give.unit in counted and give.unit), None)
        if TIER_CHANGED not in rule.on or ranking is None:
            continue
        if tiers.unit is None and not rule.is_qualifying:
            continue
        message = f"reaching a level gives {ranking}, and {ranking} decide the level: one step up could bring the next"
        hint = "take `qualifying: true` out" if tiers.unit is None else "give another unit"
        path = ("rules", name, "qualifying" if places.has("rules", name, "qualifying") else "give")
        found.append(places.error(DiagnosticCode.TIER_CASCADE, message, path, hint))
    return found


def starved_tier(programme: Programme, places: Places) -> list[Diagnostic]:
    """A rule that empties the wallet before its balance can hold a level."""
    tiers = programme.tiers
    if tiers is None or tiers.unit is None:
        return []
    unit, (decimals,) = tiers.unit, measure_decimals(programme, tiers)
    found: list[Diagnostic] = []
    for name, rule in programme.rules.items():
        takes = [take for take in rule.takes if take.unit == unit]
        if not takes or unit not in reached_units(rule, programme):
            continue
        for level in tiers.levels[1:]:
            env: dict[str, object] = {f"wallet.{unit}": level.start}
            if not holds_at(rule, unit, level.start):
                continue
            taken = steps_of(takes[0].amount, decimals, env)
            left = max(level.start - (level.start if taken is None else taken), 0)
            start, rest = format_scaled(level.start, decimals), format_scaled(left, decimals)
            message = (
                f"'{level.name}' can never be held. 1: a member reaches {start} {unit} and would be {level.name}. "
                f"2: this rule takes {format_scaled(level.start - left, decimals)} at once, {rest} are left, "
                f"and the member is {tiers.reached((left,)).name}"
            )
            hint = "rank the tiers by what is earned: metrics: {status: {earned: " + unit + ", over: year}}"
            found.append(places.error(DiagnosticCode.STARVED_TIER, message, ("rules", name), hint))
            break
    return found


def money_loop(programme: Programme, places: Places) -> list[Diagnostic]:
    """Units that pay for a purchase which gives at least as many of them back."""
    found: list[Diagnostic] = []
    for name, unit in programme.units.items():
        if unit.pays is None or not unit.pays.earn_on_paid:
            continue
        loop = _loop(programme, unit, _price(programme, unit, unit.pays))
        if loop is not None:
            paid, given, names, where = loop
            message = (
                f"points come back without end: {format_scaled(paid, unit.decimals)} {name} pay for a purchase of "
                f"{SAMPLE} {programme.currency}{where}, which gives {format_scaled(given, unit.decimals)} {name} "
                f"({', '.join(names)}), which pay for the next"
            )
            hint = "write `earn_on_paid: false`, give less, or let a unit pay for less"
            path = ("units", name, "pays")
            found.append(places.error(DiagnosticCode.MONEY_LOOP, message, path, hint))
    return found


def card_loop(programme: Programme, places: Places) -> list[Diagnostic]:
    """Units that buy gift cards, which pay for purchases that give at least as many units back."""
    cards = programme.gift_cards
    if cards is None or not cards.by_units:
        return []
    pays = programme.units[cards.unit].pays
    found: list[Diagnostic] = []
    for name, unit in programme.units.items():
        if unit.pays is None or name == cards.unit:
            continue
        times = (pays is not None and pays.earn_on_paid) + (cards.earns and unit.pays.earn_on_paid)
        loop = _loop(programme, unit, _price(programme, unit, unit.pays), times)
        if loop is not None:
            paid, given, names, where = loop
            message = (
                f"{name} → gift card → {name}: {format_scaled(paid, unit.decimals)} {name} buy a card of {SAMPLE} "
                f"{programme.currency}, which pays for a purchase{where} that gives "
                f"{format_scaled(given, unit.decimals)} {name} ({', '.join(names)}), which buy the next card"
            )
            hint = "write `bought_with: money`, give less, or let a unit pay for less"
            found.append(places.error(DiagnosticCode.CARD_LOOP, message, ("gift_cards", "bought_with"), hint))
    return found


def reward_loop(programme: Programme, places: Places) -> list[Diagnostic]:
    """Units that a reward turns into gift cards, which pay for purchases that give at least as many units back."""
    cards = programme.gift_cards
    pays = None if cards is None else programme.units[cards.unit].pays
    found: list[Diagnostic] = []
    for reward in programme.rewards.values() if pays is not None and pays.earn_on_paid else ():
        is_endless = reward.limit is None and reward.stock is None and not reward.money and len(reward.costs) == 1
        if reward.gives.kind != "gift_card" or reward.gives.amount is None or not is_endless:
            continue
        ((name, cost),) = reward.costs.items()
        pieces = -(-SAMPLE * 10**programme.currency_decimals // reward.gives.amount)
        paid = -(-pieces // reward.per) * cost
        loop = _loop(programme, programme.units[name], paid)
        if loop is not None:
            _, given, names, where = loop
            decimals = programme.units[name].decimals
            message = (
                f"{name} → gift card → {name}: {format_scaled(paid, decimals)} {name} buy cards of {SAMPLE} "
                f"{programme.currency}, which pay for a purchase{where} that gives {format_scaled(given, decimals)} "
                f"{name} ({', '.join(names)}), which buy the next cards"
            )
            hint = "let the reward cost more, give less, or set a `limit` or a `stock`"
            found.append(places.error(DiagnosticCode.CARD_LOOP, message, ("rewards", reward.name), hint))
    return found


def _loop(programme: Programme, unit: Unit, paid: int, times: int = 1) -> tuple[int, int, list[str], str] | None:
    """The first level in which what pays for the sample purchase comes back: as ``_gain``, and the level in words."""
    rules = [rule for rule in rules_giving(programme, unit.name) if can_repeat(rule, unit.name)]
    levels: list[Level | None] = list(programme.tiers.levels) if programme.tiers is not None else [None]
    for level in levels:
        gain = _gain(programme, unit, rules, level, paid, times)
        if gain is not None:
            return *gain, "" if level is None else f" as {level.name}"
    return None


def _price(programme: Programme, unit: Unit, pays: Pays) -> int:
    """How many steps of ``unit`` pay for the sample purchase."""
    return int(-(-Fraction(SAMPLE * 10 ** (programme.currency_decimals + unit.decimals)) // pays.worth))


def can_repeat(rule: Rule, unit: str) -> bool:
    """Whether the rule gives for every purchase, without a limit or a budget that would end a loop."""
    bounded = rule.budget is not None or any(limit.unit in (unit, None) for limit in rule.limits)
    return Built.PURCHASE.value in rule.on and not bounded


def _gain(
    programme: Programme, unit: Unit, rules: list[Rule], level: Level | None, paid: int, times: int
) -> tuple[int, int, list[str]] | None:
    """What a sample purchase costs and gives in steps of ``unit``, ``times`` over, if it gives at least as much."""
    money = SAMPLE * 10**programme.currency_decimals
    env = sample(programme, money, level)
    always = 0
    names: list[str] = []
    sometimes: tuple[int, list[str]] = (0, [])
    for rule in rules:
        for give in rule.gives:
            given = steps_of(give.amount, unit.decimals, env) if give.unit == unit.name else None
            if given is None or given <= 0:
                continue
            if rule.when is None and rule.schedule is None and rule.group is None:
                always += given
                names.append(rule.name)
            elif given > sometimes[0] and _may_hold(rule, env):
                sometimes = (given, [rule.name])
    given = (always + sometimes[0]) * times
    return (paid, given, names + sometimes[1]) if given >= paid else None


def _may_hold(rule: Rule, env: dict[str, object]) -> bool:
    """Whether the condition can hold; if it asks for more than the sample says, somebody will find a way."""
    if rule.when is None or not rule.when.paths <= env.keys():
        return True
    try:
        return rule.when.test(env)
    except EvaluationError:
        return False


def sample(programme: Programme, money: int, level: Level | None) -> dict[str, object]:
    """What expressions read of a purchase of one piece for ``money`` by a member at ``level``."""
    env: dict[str, object] = {f"purchase.{name}": money for name in ("gross", "total", "eligible", "paid_with_points")}
    env |= {"purchase.discounts": 0, "purchase.topped_up": 0, "purchase.quantity": 10**QUANTITY_DECIMALS}
    env |= {"lines.total": money, "lines.gross": money, "lines.quantity": 10**QUANTITY_DECIMALS, "lines.count": 1}
    if level is None:
        return env
    env |= {"tier.name": level.name, "tier.rank": level.rank}
    values = {**level.benefits, "discount": level.discount}
    scope = Vocabulary.of(programme).tier_names()
    for path, declared in scope.items():
        value = values.get(path.partition(".")[2])
        type_ = declared.type if isinstance(declared, Field) else declared
        if isinstance(type_, Number) and type_.denominator and path != "tier.rank":
            env[path] = int(value * type_.denominator) if isinstance(value, Fraction) else 0
    return env


CHECKS: Final = (tier_cascade, starved_tier, money_loop, card_loop, reward_loop)
