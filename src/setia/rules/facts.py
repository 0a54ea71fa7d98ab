"""Facts: what must be known about a member to decide one activity, small enough to be stored with the decision.

``collect`` takes them from the member's progress and wallet when the activity is decided for the first time. A refund,
an explanation and a replay read the stored ones, so that they ask the very same question again.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from setia.language.model import FieldKind, Game, Metric, Programme
from setia.rules.rulebook import GIVING, PURCHASE, Rulebook, TypePlan
from setia.state.bringing import may_count
from setia.state.membership import Membership
from setia.state.progress import Progress, StreakState
from setia.state.streak import Run, length_on, walk
from setia.values.activities import Body
from setia.values.codes import Built
from setia.values.instants import DAY, Calendar, local_date

PLAN_STARTED = Built.PLAN_STARTED.value
_PLAYED, _ENTERED = Built.PLAYED.value, Built.ENTERED.value
Facts = dict[str, Any]
"""JSON: ``t`` tier; ``w`` unit → spendable; ``q`` unit → all that counts for a cap while pending; ``m`` metric → value;
``p`` period → values of ended periods, latest first; ``l`` limit key → used; ``c`` unit → carried fraction;
``h`` house account → left; ``a`` member fields; ``j`` joined on; ``g`` pools that are closed; ``n`` plan:
[name, days since it began, whether it is on trial]; ``x`` and ``y`` what chance and earlier plays have to say (see
``rules.luck``); ``bf`` the referral of the buyer waits for such a purchase; ``o`` challenges that are joined and open;
``z`` the member's time zone and the last credit of each streak; ``b`` metric by a field → text → value;
``pz`` the programme is paused: no rule gives anything."""

_MOMENT = dt.timedelta(microseconds=1)
STREAK_PERIODS = 60
"""How far a streak looks back, in periods."""


def own_zone(programme: Programme, attributes: dict[str, Any]) -> str:
    """The time zone that the member's own days follow: what their field of type ``timezone`` says."""
    own = [attributes.get(name) for name, found in programme.member_fields.items() if found.kind is FieldKind.TIMEZONE]
    return next((str(zone) for zone in own if zone), programme.zone.key)


def run_before(state: StreakState) -> Run:
    """The run of days up to where they are not kept one by one any more."""
    return Run(*state.run, state.frozen)


def run_of(metric: Metric, progress: Progress, day: int) -> Run:
    """The run of days that a streak is in after ``day`` (an ordinal)."""
    state = progress.streaks.get(metric.name)
    if state is None:
        return Run()
    days = sorted(key for key, count in progress.metrics.get(metric.name, {}).items() if count > 0 and key <= day)
    return walk(run_before(state), days, metric.freeze)


def metric_value(metric: Metric, progress: Progress, day: dt.date) -> int:
    """What ``metric`` stands at on local ``day``; of a streak also what is credited to the day after, which members
    further east have reached."""
    if metric.kind == "streak":
        return length_on(run_of(metric, progress, day.toordinal() + 1), day.toordinal(), metric.freeze)
    buckets = progress.metrics.get(metric.name)
    if not buckets:
        return 0
    if metric.kind == "days":
        window = metric.window
        first = 0 if window.calendar is Calendar.LIFETIME else window.start(day, progress.joined_on).toordinal()
        return sum(1 for key, count in buckets.items() if first <= key <= day.toordinal() and count > 0)
    return metric.window.value(buckets, day, progress.joined_on)


def collect(
    book: Rulebook,
    plan: TypePlan,
    progress: Progress,
    wallet: dict[str, tuple[int, int]],
    house: dict[str, int],
    body: Body,
    at: dt.datetime,
) -> Facts:
    """Gather the facts for an activity of ``plan`` that occurred at ``at``.

    ``wallet``: unit → (spendable, pending). ``house``: what constrained house accounts have left.
    """
    programme = book.programme
    day = local_date(at, programme.zone)
    if plan.is_period_end:
        day -= DAY  # the period that has just ended is the one that is spoken of
    facts: Facts = {}
    if plan.is_goal:
        _goal_facts(facts, book, plan, progress, at)
    if plan.habits:
        facts["b"] = {metric.name: _by_text(metric, progress, day) for metric in plan.habits}
    if programme.tiers is not None:
        facts["t"] = progress.tier_at(at)
    if plan.needs_plan and progress.membership is not None:
        # The period that has just ended is spoken of by its last moment.
        found = _plan_facts(progress.membership, at - _MOMENT if plan.is_period_end else at, programme)
        if found is not None:
            facts["n"] = found
    if plan.metric_facts:
        facts["m"] = {metric.name: metric_value(metric, progress, day) for metric in plan.metric_facts}
    if plan.period_facts:
        facts["p"] = {
            period: _ended_periods(metrics, progress, day, includes_current=plan.is_period_end)
            for period, metrics in plan.period_facts.items()
        }
    claimed = _claimed(plan.type, body)
    wanted = plan.taken.union(plan.wallet_facts)
    spent = body.get("spend", ()) if plan.type == PURCHASE else ()
    if claimed or spent:
        wanted = wanted.union(spent, *(_costs(programme, reward) for reward in claimed))
    if plan.type == PLAN_STARTED and body.get("pay_with") == "units":
        bought = programme.plans.get(body["plan"])
        wanted = wanted.union(() if bought is None else bought.costs)
    game = programme.games.get(body["game"]) if plan.type == _PLAYED else None
    if game is not None:
        wanted = wanted.union(game.costs)
    raffle = programme.draws.get(body["draw"]) if plan.type == _ENTERED else None
    if raffle is not None:
        wanted = wanted.union((raffle.unit,))
    contest = programme.contests.get(body["contest"]) if plan.type == Built.CONTEST_ENTERED.value else None
    if contest is not None:
        wanted = wanted.union(contest.costs)
    cause = programme.causes.get(body["cause"]) if plan.type in GIVING else None
    if cause is not None:
        wanted = wanted.union((cause.unit,))
    if wanted:
        facts["w"] = {unit: wallet.get(unit, (0, 0))[0] for unit in sorted(wanted)}
    if plan.capped:
        facts["q"] = {unit: list(wallet.get(unit, (0, 0))) for unit in plan.capped}
    if progress.limits:
        limits = _limits(book, plan, progress, claimed, day)
        if game is not None:
            limits |= _play_limits(game, progress, day)
        if limits:
            facts["l"] = limits
    if progress.carry:
        carried = {unit: list(progress.carry[unit]) for unit in plan.given if unit in progress.carry}
        if carried:
            facts["c"] = carried
    if house:
        named = (*plan.accounts, *(f"stock:{reward}" for reward in claimed), f"pack:{body.get('partner', '')}")
        if game is not None:
            named = (*named, *accounts_of(game))
        if raffle is not None:
            named = (*named, f"draw:{raffle.name}")
        if contest is not None:
            named = (*named, f"contest:{contest.name}")
        if cause is not None:
            named = (*named, cause.matched)
        accounts = {name: house[name] for name in named if name in house}
        if accounts:
            facts["h"] = accounts
    if plan.type == PURCHASE and programme.referral is not None:
        policy, joined_at = programme.referral, progress.joined_at
        if may_count(policy, progress.brought, at, joined_at, programme.zone):
            facts["bf"] = True
    if plan.needs_joining:
        facts["j"] = progress.joined_on.isoformat()
        attributes = {name: value for name, value in progress.attributes.items() if f"member.{name}" in plan.paths}
        if "member.is_complete" in plan.paths:
            fields = programme.member_fields
            attributes["is_complete"] = all(progress.attributes.get(name) not in (None, "", []) for name in fields)
        if attributes:
            facts["a"] = attributes
    return facts


def _plan_facts(membership: Membership, at: dt.datetime, programme: Programme) -> list[Any] | None:
    period = membership.at(at)
    if period is None or period.plan not in programme.plans:
        return None
    since = period.starts_at if membership.since is None else min(membership.since, period.starts_at)
    days = (local_date(at, programme.zone) - local_date(since, programme.zone)).days
    return [period.plan, days, period.kind == "trial"]


def _goal_facts(facts: Facts, book: Rulebook, plan: TypePlan, progress: Progress, at: dt.datetime) -> None:
    """Which challenges are joined, and on whose clock days in a row are counted."""
    joined = [
        name
        for name, state in progress.goals.items()
        if state.joined_at is not None and state.joined_at <= at and (state.over_at is None or at < state.over_at)
    ]
    if joined:
        facts["o"] = joined
    streaks = {metric.name: progress.streaks.get(metric.name) for metric in plan.metrics if metric.kind == "streak"}
    if streaks:
        last = {name: [s.at.isoformat(), s.zone, s.day] for name, s in streaks.items() if s is not None}
        facts["z"] = {"zone": own_zone(book.programme, progress.attributes), **last}


def _by_text(metric: Metric, progress: Progress, day: dt.date) -> dict[str, int]:
    """What a metric by a field stands at, for each text."""
    prefix = f"{metric.name}/"
    found = {
        name.removeprefix(prefix): metric.window.value(buckets, day, progress.joined_on)
        for name, buckets in progress.metrics.items()
        if name.startswith(prefix)
    }
    return {text: value for text, value in found.items() if value}


def base_env(book: Rulebook, plan: TypePlan, facts: Facts, at: dt.datetime) -> dict[str, object]:
    """What every expression may read, whatever the activity: member, tier, wallet, metrics."""
    programme = book.programme
    env: dict[str, object] = {}
    if "t" in facts:
        env.update(book.tier_env.get(facts["t"], {}))
    if book.plan_env:
        name, days, is_trial = facts.get("n", ("", 0, False))
        env.update(book.plan_env.get(name, book.plan_env[""]))
        env["plan.name"], env["plan.days"], env["plan.is_trial"] = name, days, is_trial
        env["plan.is_active"] = bool(name)
    env.update(facts.get("m", {}))
    if plan.habits:
        env.update(facts.get("b", {}))
    for period, values in facts.get("p", {}).items():
        env[f"periods.{period}"] = values
    for unit, amount in facts.get("w", {}).items():
        env[f"wallet.{unit}"] = amount
    if plan.needs_local_time or "j" in facts:
        local = at.astimezone(programme.zone)
        noun = plan.noun
        env[f"{noun}.local_date"] = local.date()
        env[f"{noun}.local_time.year"] = local.year
        env[f"{noun}.local_time.month"] = local.month
        env[f"{noun}.local_time.day"] = local.day
        env[f"{noun}.local_time.hour"] = local.hour
        env[f"{noun}.local_time.minute"] = local.minute
        env[f"{noun}.local_time.weekday"] = local.isoweekday()
        if "j" in facts:
            joined = dt.date.fromisoformat(facts["j"])
            env.update(member_env(programme, joined, facts.get("a", {}), at))
    return env


def member_env(programme: Programme, joined: dt.date, attributes: dict[str, Any], at: dt.datetime) -> dict[str, object]:
    """What ``member.…`` reads at ``at``."""
    day = local_date(at, programme.zone)
    env: dict[str, object] = {
        "member.joined_on": joined,
        "member.tenure_days": (day - joined).days,
        "member.tenure_months": _months_between(joined, day),
    }
    for name, value in attributes.items():
        declared = programme.member_fields.get(name)
        is_date = declared is not None and declared.kind.value == "date" and isinstance(value, str)
        env[f"member.{name}"] = dt.date.fromisoformat(value) if is_date else value
    return env


def _months_between(start: dt.date, end: dt.date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (1 if end.day < start.day else 0)


def _claimed(type_: str, body: Body) -> list[str]:
    """The rewards that the activity asks for; fields of a programme's own activities may have any name."""
    if type_ in (Built.CLAIM.value, Built.WON.value):
        return [body[name] for name in ("reward", "choose") if name in body]
    if type_ != PURCHASE:
        return []
    return sorted({claim[name] for claim in body.get("claims", ()) for name in ("reward", "choose") if name in claim})


def _costs(programme: Programme, reward: str) -> tuple[str, ...]:
    found = programme.rewards.get(reward)
    return () if found is None else tuple(found.costs)


def _limits(book: Rulebook, plan: TypePlan, progress: Progress, claimed: list[str], day: dt.date) -> dict[str, int]:
    used: dict[str, int] = {}
    for key, window in plan.limits:
        buckets = progress.limits.get(key)
        if buckets:
            used[key] = window.value(buckets, day, progress.joined_on)
    for name in claimed:
        reward = book.programme.rewards.get(name)
        buckets = progress.limits.get(f"reward/{name}")
        if reward is not None and reward.limit is not None and buckets:
            used[f"reward/{name}"] = reward.limit.window.value(buckets, day, progress.joined_on)
    return used


def _play_limits(game: Game, progress: Progress, day: dt.date) -> dict[str, int]:
    used: dict[str, int] = {}
    for key, limit in ((f"play/{game.name}", game.limit), (f"free/{game.name}", game.free)):
        buckets = progress.limits.get(key)
        if limit is not None and buckets:
            used[key] = limit.window.value(buckets, day, progress.joined_on)
    return used


def prize_account(game: str, prize: str) -> str:
    """The house account of a prize's stock."""
    return f"prize:{game}/{prize}"


def accounts_of(game: Game) -> list[str]:
    """All house accounts on which a play may draw: the stocks of prizes, and of the rewards among them."""
    prizes = [prize_account(game.name, prize.name) for prize in game.prizes.values() if prize.stock is not None]
    rewards = [give.reward for prize in game.prizes.values() for give in prize.rule.gives if give.reward]
    return [*prizes, *(f"stock:{reward}" for reward in dict.fromkeys(rewards))]


def _ended_periods(
    metrics: tuple[Metric, ...], progress: Progress, day: dt.date, *, includes_current: bool
) -> list[dict[str, int]]:
    """Values of ``metrics`` for each ended period, latest first, back to the joining."""
    window = metrics[0].window
    current = day if includes_current else window.start(day, progress.joined_on) - DAY
    found: list[dict[str, int]] = []
    while current >= progress.joined_on and len(found) < STREAK_PERIODS:
        found.append({metric.name: metric_value(metric, progress, current) for metric in metrics})
        current = window.start(current, progress.joined_on) - DAY
    return found
