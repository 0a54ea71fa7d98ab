"""Checks of units, rewards, metrics and policies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from setia.language.diagnostics import Diagnostic, DiagnosticCode
from setia.language.expressions import Expression
from setia.language.model import ExpiresAfter, ExpiresIdle, Expiry, NeverExpires, Programme, RoundAt, Rule, Unit
from setia.language.nodes import Path, Places
from setia.values.codes import Tick
from setia.values.instants import Span

LOWERING: Final = frozenset(("product", "percent_off", "amount_off", "cheapest_of", "delivery", "cash_back", "choice"))
"""Kinds of rewards that make a purchase cheaper."""


def rules_giving(programme: Programme, unit: str) -> list[Rule]:
    """The rules that give ``unit``."""
    return [rule for rule in programme.givers if any(give.unit == unit for give in rule.gives)]


def activation_without_pending(programme: Programme, places: Places) -> list[Diagnostic]:
    """``from: activated`` where nothing is ever pending."""
    found: list[Diagnostic] = []

    def look(expires: Expiry | None, path: Path, is_pending: bool) -> None:
        if isinstance(expires, ExpiresAfter) and expires.from_activation and not is_pending:
            message = "the time counts from activation, but nothing is pending here: points are active at once"
            hint = "write `from: earned`, or add `pending: 14 days`"
            found.append(
                places.error(DiagnosticCode.ACTIVATION_WITHOUT_PENDING, message, (*path, "expires", "from"), hint)
            )

    for name, unit in programme.units.items():
        is_pending = any(_is_pending(rule, unit.pending) for rule in rules_giving(programme, name))
        is_pending = is_pending or unit.pending is not None
        look(unit.expires, ("units", name), is_pending)
        for pool_name, pool in unit.pools.items():
            look(pool.expires, ("units", name, "pools", pool_name), is_pending)
    for rule in programme.rules.values():
        pendings = [programme.units[give.unit].pending for give in rule.gives if give.unit]
        look(rule.expires, ("rules", rule.name), any(_is_pending(rule, pending) for pending in pendings))
    return found


def _is_pending(rule: Rule, pending: Span | None) -> bool:
    return rule.pending != "none" and (rule.pending is not None or pending is not None)


def carry_by_line(programme: Programme, places: Places) -> list[Diagnostic]:
    """``carry`` where every line is rounded as if it were bought alone."""
    hint = "write `at: order`, or take `carry` out"
    message = "a line that is rounded as if it were bought alone leaves nothing to carry to the next activity"
    return [
        places.error(DiagnosticCode.CARRY_BY_LINE, message, ("units", name, "rounding", "carry"), hint)
        for name, unit in programme.units.items()
        if unit.rounding.carry and unit.rounding.at is RoundAt.LINE
    ]


def units_given(programme: Programme, places: Places) -> list[Diagnostic]:
    """Units that no rule gives, and caps and pools of them that bound nothing."""
    found: list[Diagnostic] = []
    for name, unit in programme.units.items():
        givers = rules_giving(programme, name)
        is_exchanged = any(exchange.give == name for exchange in programme.exchanges.values())
        if not givers and not is_exchanged and not _is_sold(programme, unit):
            message = f"no rule gives {name}: only adjustments and transfers can bring them into a wallet"
            hint = f"add a rule with `give: {{{name}: …}}`, or take the unit out"
            if unit.at_most is None:
                found.append(places.warning(DiagnosticCode.UNIT_NEVER_GIVEN, message, ("units", name), hint))
            else:
                message = f"a wallet is bounded, but no rule gives {name}"
                path = ("units", name, "at_most")
                found.append(places.error(DiagnosticCode.CAP_WITHOUT_GIVING, message, path, hint))
        for pool in unit.pools:
            if not any(rule.pool == pool for rule in givers):
                message = f"no rule gives {name} of the pool '{pool}'"
                pool_hint = f"add `pool: {pool}` to a rule that gives {name}, or take the pool out"
                pool_path = ("units", name, "pools", pool)
                found.append(places.error(DiagnosticCode.POOL_WITHOUT_RULE, message, pool_path, pool_hint))
    return found


def _is_sold(programme: Programme, unit: Unit) -> bool:
    """Whether purchases bring the unit into a wallet: as a top-up, or on gift cards."""
    cards = programme.gift_cards
    return unit.top_up is not None or (cards is not None and cards.unit == unit.name)


def transfers(programme: Programme, places: Places) -> list[Diagnostic]:
    """Rules for the dates of what is sent, where nothing has a date."""
    found: list[Diagnostic] = []
    for name, unit in programme.units.items():
        dated = [unit.expires, *(pool.expires for pool in unit.pools.values())]
        dated += [rule.expires for rule in rules_giving(programme, name) if rule.expires is not None]
        if unit.transfer is None or not all(isinstance(expires, NeverExpires) for expires in dated):
            continue
        for key, is_set in (
            ("min_life", unit.transfer.min_life is not None),
            ("expires", unit.transfer.expiry == "reset"),
        ):
            if is_set:
                message = f"{name} never expire, so '{key}' changes nothing when they are sent"
                path = ("units", name, "transfer", key)
                hint = "take it out, or let the unit expire"
                found.append(places.error(DiagnosticCode.TRANSFER_WITHOUT_EXPIRY, message, path, hint))
    return found


def rewards(programme: Programme, places: Places) -> list[Diagnostic]:
    """Rewards that nobody can have, and terms on those to which they make no difference."""
    given = {give.reward for rule in programme.givers for give in rule.gives if give.reward}
    given |= {prize.reward for raffle in programme.draws.values() for prize in raffle.prizes}
    chosen = {name for reward in programme.rewards.values() for name in reward.gives.choice}
    found: list[Diagnostic] = []
    for name, reward in programme.rewards.items():
        where: Path = ("rewards", name)
        by_code = reward.code is not None or reward.codes == "bearer"
        is_dropped = any(drop.reward == name for drop in programme.drops.values())
        if not (reward.costs or name in given or name in chosen or by_code or is_dropped):
            message = "nobody can have this reward: it costs nothing that members could pay, and no rule gives it"
            hint = "add `costs: {points: 500}`, or give it in a rule: `give: {reward: " + name + "}`"
            found.append(places.warning(DiagnosticCode.REWARD_NEVER_GIVEN, message, where, hint))
        terms = () if reward.costs or is_dropped else ("per",) if by_code else ("per", "when", "limit", "schedule")
        for key in terms:
            if places.has("rewards", name, key):
                message = f"'{key}' says how the reward is bought, but it has no `costs`: only rules give it"
                hint = "put it into the rule that gives the reward, or add `costs:`"
                found.append(places.error(DiagnosticCode.TERMS_WITHOUT_COST, message, (*where, key), hint))
        for key in ("valid", "pending") if by_code and not reward.costs and name not in given else ():
            if places.has("rewards", name, key):
                message = f"'{key}' is about a voucher, but this reward is had by its code alone"
                hint = "write `schedule: {from: …, until: …}` for the time of a code"
                found.append(places.error(DiagnosticCode.VOUCHER_NEVER_MADE, message, (*where, key), hint))
        if reward.group is not None and reward.gives.kind not in LOWERING:
            message = f"rewards of a group compete for the price of a purchase, but '{reward.gives.kind}' lowers none"
            found.append(places.error(DiagnosticCode.GROUP_WITHOUT_DISCOUNT, message, (*where, "group"), "take it out"))
        found += _card_in_order(programme, places, (*where, "gives", "choice"), reward.gives.choice)
        if any(programme.rewards[other].gives.kind == "choice" for other in reward.gives.choice):
            message = "one of the rewards to choose from is itself a choice"
            hint = "name what can be picked in the end"
            path = (*where, "gives", "choice")
            found.append(places.error(DiagnosticCode.CHOICE_OF_CHOICES, message, path, hint))
    return found


def _card_in_order(programme: Programme, places: Places, path: Path, names: Iterable[str | None]) -> list[Diagnostic]:
    """Gift cards where a purchase would have to hand them over as it is priced."""
    cards = [name for name in names if name is not None and programme.rewards[name].gives.kind == "gift_card"]
    message = "a gift card is no part of a purchase: it is claimed by itself, or given by a rule"
    hint = "take it out, or let the purchase give it: `on: purchase.completed`"
    return [places.error(DiagnosticCode.CARD_IN_ORDER, message, path, hint) for _ in cards[:1]]


def cards_in_order(programme: Programme, places: Places) -> list[Diagnostic]:
    """Rules that let an order use the gift card that it fills up."""
    return [
        found
        for name, rule in programme.rules.items()
        if rule.in_order
        for found in _card_in_order(programme, places, ("rules", name, "give"), (give.reward for give in rule.gives))
    ]


def stacking(programme: Programme, places: Places) -> list[Diagnostic]:
    """How rewards stand together, and come back, where none can be used in a purchase or in part."""
    found: list[Diagnostic] = []
    lowering = any(reward.gives.kind in LOWERING for reward in programme.rewards.values())
    paths: list[Path] = [("stacking",), ("refunds", "vouchers")]
    for path in paths:
        if places.has(*path) and not lowering:
            message = f"'{path[-1]}' is about rewards that lower a purchase, but there are none"
            hint = "add one: rewards: {ten-off: {costs: {points: 100}, gives: {percent_off: 10}}}"
            found.append(places.error(DiagnosticCode.STACKING_WITHOUT_DISCOUNT, message, path, hint))
    bought = any(reward.costs and reward.gives.keep_rest for reward in programme.rewards.values())
    if places.has("refunds", "part_used") and not bought:
        message = "'part_used' is about rewards that are bought and used in part, but there is none"
        hint = "write gives: {amount_off: 20, keep_rest: true} at the reward, or take it out"
        found.append(places.error(DiagnosticCode.PART_USED_WITHOUT_REST, message, ("refunds", "part_used"), hint))
    return found


def metrics(programme: Programme, places: Places) -> list[Diagnostic]:
    """Metrics that nothing looks at."""
    used = {path for expression in _expressions(programme) for path in expression.paths}
    used |= {path for expression in _expressions(programme) for _, path in expression.metrics}
    if programme.tiers is not None:
        used.update(programme.tiers.metrics)
    used |= {board.metric for board in programme.leaderboards.values()}
    hint = "use it in a condition or in `tiers: {by: …}`, or take it out"
    return [
        places.warning(DiagnosticCode.METRIC_NOT_USED, f"nothing uses the metric '{name}'", ("metrics", name), hint)
        for name, metric in programme.metrics.items()
        if name not in used and not metric.goal
    ]


def badges(programme: Programme, places: Places) -> list[Diagnostic]:
    """Badges that nobody can have."""
    given = {give.badge for rule in programme.rules.values() for give in rule.gives}
    given |= {reward.gives.text for reward in programme.rewards.values() if reward.gives.kind == "badge"}
    hint = "give it in a rule or a challenge: `give: {badge: …}`, or take it out"
    return [
        places.warning(DiagnosticCode.BADGE_NEVER_GIVEN, f"nothing gives the badge '{name}'", ("badges", name), hint)
        for name in programme.badges
        if name not in given
    ]


def _expressions(programme: Programme) -> Iterator[Expression]:
    found: list[Expression | None] = [programme.eligible]
    if programme.referral is not None:
        found.append(programme.referral.when)
    for metric in programme.metrics.values():
        found += [metric.amount, metric.when]
    found += [game.when for game in programme.games.values()]
    found += [raffle.when for raffle in programme.draws.values()]
    for contest in programme.contests.values():
        found += [contest.when, None if contest.votes is None else contest.votes.when]
    for rule in programme.givers:
        found += [rule.lines, rule.when, *(give.amount for give in (*rule.gives, *rule.takes))]
    for reward in programme.rewards.values():
        found += [reward.when, reward.gives.product_where, reward.gives.lines]
    found += [unit.expires.exempt for unit in programme.units.values() if isinstance(unit.expires, ExpiresIdle)]
    return (expression for expression in found if expression is not None)


def policies(programme: Programme, places: Places) -> list[Diagnostic]:
    """Settings of refunds and late activities that can never come to bear."""
    found: list[Diagnostic] = []
    if programme.refunds.net_shortfall:
        path: Path = ("refunds", "net_shortfall")
        if programme.refunds.when_spent == "unlimited":
            message = "with `when_spent: unlimited` the balance goes below zero and nothing is short"
            hint = "write `when_spent: within_balance`, or take `net_shortfall` out"
            found.append(places.error(DiagnosticCode.SHORTFALL_UNLIMITED, message, path, hint))
        elif not _any_worth(programme):
            message = "what is short cannot be taken off the money: no unit says what it is worth"
            hint = "add `worth: 0.01` to the unit"
            found.append(places.error(DiagnosticCode.SHORTFALL_WITHOUT_WORTH, message, path, hint))
    if programme.late.re_rate is not None and programme.tiers is None:
        message = "purchases are decided again when the tier turns out to be another, but there are no tiers"
        hint = "add `tiers:`, or take `re_rate` out"
        found.append(places.error(DiagnosticCode.RERATE_WITHOUT_TIERS, message, ("late", "re_rate"), hint))
    return found


def _any_worth(programme: Programme) -> bool:
    worths: Iterable[bool] = (unit.worth > 0 or unit.pays is not None for unit in programme.units.values())
    return any(worths)


def reminders(programme: Programme, places: Places) -> list[Diagnostic]:
    """Reminders of what never ends, or that come before there is anything to be reminded of."""
    found: list[Diagnostic] = []
    day = dt.date(2001, 1, 1)
    for name, unit in programme.units.items():
        path = ("units", name, "remind")
        if unit.remind is None:
            continue
        if isinstance(unit.expires, NeverExpires):
            message = f"{name} never end: there is nothing to be reminded of"
            hint = "add `expires: {after: 12 months}`, or take it out"
            found.append(places.error(DiagnosticCode.REMINDER_WITHOUT_EXPIRY, message, path, hint))
        life = None
        if isinstance(unit.expires, ExpiresAfter | ExpiresIdle):
            life = unit.expires.after if isinstance(unit.expires, ExpiresAfter) else unit.expires.inactive_for
        if life is not None and (not life.is_calendar or unit.remind.add_to_date(day) >= life.add_to_date(day)):
            message = f"{name} live {life}: {unit.remind} before their end they are not earned yet"
            hint = "remind later, for example remind: 7 days"
            found.append(places.error(DiagnosticCode.REMINDER_BEFORE_EARNING, message, path, hint))
    return found


def founding(programme: Programme, places: Places) -> list[Diagnostic]:
    """The brand's own birthday and the rules that celebrate it need each other."""
    kind = Tick.BRAND_ANNIVERSARY.value
    heard: list[Path] = [("rules", name, "on") for name, rule in programme.rules.items() if kind in rule.on]
    heard += [("metrics", name) for name, metric in programme.metrics.items() if kind in metric.on]
    if programme.founded is None:
        message, hint = "nobody knows when the brand began", "add `founded: 1998-05-20` at the top"
        return [places.error(DiagnosticCode.MISSING_KEY, message, path, hint) for path in heard]
    if heard:
        return []
    message, hint = "no rule celebrates the brand's anniversary", f"add a rule on {kind}, or take it out"
    return [places.error(DiagnosticCode.FOUNDED_WITHOUT_RULE, message, ("founded",), hint)]


CHECKS: Final = (
    reminders,
    founding,
    activation_without_pending,
    carry_by_line,
    units_given,
    transfers,
    rewards,
    cards_in_order,
    stacking,
    metrics,
    badges,
    policies,
)
