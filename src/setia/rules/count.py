"""What an activity adds to each metric at its own day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from setia.language.expressions import EvaluationError
from setia.language.model import Metric, Programme
from setia.rules.match import Env
from setia.rules.order import Order
from setia.rules.rulebook import Rulebook, TypePlan
from setia.state.streak import credited_day
from setia.values.outcomes import Result

LONGEST_KEY = 60
"""How much of a text counts where a metric is kept by it."""


def count(
    book: Rulebook,
    plan: TypePlan,
    facts: dict[str, Any],
    at: dt.datetime,
    env: Env,
    order: Order | None,
    result: Result,
) -> None:
    """Write into ``result`` what the activity counts; of a metric by days or by texts, under ``<metric>/<key>``."""
    programme = book.programme
    for metric in plan.metrics:
        if metric.goal and not is_counted(programme, metric, facts, at):
            continue
        try:
            if metric.when is not None and not metric.when.test(env):
                continue
            if metric.kind == "streak":
                day = credited_day(metric, facts.get("z", {}), at, programme.zone)
                if day is not None:
                    result.metrics[f"{metric.name}/{day}"] = 1
                continue
            if metric.by is not None:
                for key in _keys(metric.by, env, order):
                    result.metrics[f"{metric.name}/{key}"] = 1
                continue
            if metric.amount is None:
                result.metrics[metric.name] = 1
                continue
            number, over = metric.amount.amount(env)
        except EvaluationError:
            continue  # what cannot be computed counts nothing; the rules' own trace names the problem
        result.metrics[metric.name] = number * 10**metric.decimals // over
    if result.awards:
        for metric in book.earned:
            if metric.goal and not is_counted(programme, metric, facts, at):
                continue
            earned = sum(award.amount for award in result.awards if award.unit == metric.unit and award.is_qualifying)
            if earned:
                result.metrics[metric.name] = earned


def is_counted(programme: Programme, metric: Metric, facts: dict[str, Any], at: dt.datetime) -> bool:
    """Whether the challenge of ``metric`` is open at ``at``, and joined where one joins it."""
    challenge = programme.challenges[metric.goal]
    if challenge.start is not None and at < challenge.start:
        return False
    if challenge.end is not None and at >= challenge.end:
        return False
    return not challenge.joins or challenge.name in facts.get("o", ())


def _keys(path: str, env: Env, order: Order | None) -> Iterable[str]:
    if path.startswith("line."):
        values = [line.get(path) for line in order.spread()] if order is not None else []
    else:
        values = [env.get(path)]
    return sorted({str(value)[:LONGEST_KEY] for value in values if value})
