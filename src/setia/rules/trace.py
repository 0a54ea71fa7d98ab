"""Why: what each rule made of an activity. Collected only when somebody asks; the facts are enough to ask again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from setia.language.expressions import Explained, Expression
from setia.language.model import Rule
from setia.rules.amount import Exact
from setia.rules.limit import Cut
from setia.rules.match import Env


@dataclass(slots=True)
class AmountTrace:
    """One amount of a rule: the formula with its inputs, the exact result in steps, what was rounded and cut."""

    unit: str
    formula: Explained | None
    exact: Exact
    rounded: int = 0
    rounding: str = ""
    cuts: list[Cut] = field(default_factory=list)
    given: int = 0


@dataclass(slots=True)
class RuleTrace:
    """What became of one rule.

    ``outcome``: gave, closed (schedule), no_lines, condition (not met), lost (to ``winner`` in its group), limit,
    unlucky and not_drawn (its chance: ``draw`` has the number and the chance), nothing (the amount was zero),
    partner (not earned with ``winner``), insufficient (not enough to take), error
    (could not be computed: ``problem``).
    """

    rule: str
    outcome: str
    condition: Explained | None = None
    amounts: list[AmountTrace] = field(default_factory=list)
    line_ids: list[str] = field(default_factory=list)
    rewards: list[str] = field(default_factory=list)
    badges: list[str] = field(default_factory=list)
    winner: str = ""
    problem: str = ""
    draw: tuple[str, str] | None = None


@dataclass(slots=True)
class Trace:
    """The whole answer to "why": a ``RuleTrace`` for each rule on the activity's type, in the order of the file."""

    rules: list[RuleTrace] = field(default_factory=list)

    def of(self, rule: str) -> RuleTrace:
        """The trace of ``rule``, made on first use."""
        for found in self.rules:
            if found.rule == rule:
                return found
        made = RuleTrace(rule, "nothing")
        self.rules.append(made)
        return made


def say(
    trace: Trace | None,
    rule: Rule,
    outcome: str,
    *,
    condition: Expression | None = None,
    env: Env | None = None,
    lines: Any = (),
    cut: Cut | None = None,
    winner: str = "",
    problem: str = "",
) -> None:
    """Note how a rule fared."""
    if trace is None:
        return
    found = trace.of(rule.name)
    found.outcome = outcome
    if condition is not None and env is not None:
        found.condition = condition.explain(env)
    if lines:
        found.line_ids = [str(line["line.id"]) for line in lines]
    if cut is not None:
        found.amounts.append(AmountTrace("", None, (0, 1), cuts=[cut]))
    found.winner, found.problem = winner, problem
    found.rewards = [give.reward for give in rule.gives if give.reward is not None]
    found.badges = [give.badge for give in rule.gives if give.badge is not None]


def say_amount(trace: Trace | None, rule: Rule, unit: str, amount: Expression, env: Env, exact: Exact) -> None:
    """Note the exact amount that a rule would give."""
    if trace is not None:
        trace.of(rule.name).amounts.append(AmountTrace(unit, amount.explain(env), exact))


def say_given(
    trace: Trace | None, rule: Rule, unit: str, rounded: int, rounding: str, cuts: list[Cut], given: int
) -> None:
    """Note what was given of it after rounding and limits."""
    if trace is None:
        return
    for amount in trace.of(rule.name).amounts:
        if amount.unit == unit:
            amount.rounded, amount.rounding, amount.cuts, amount.given = rounded, rounding, cuts, given
