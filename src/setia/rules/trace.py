"""Why: what each rule made of an activity. Collected only when somebody asks; the facts are enough to ask again."""

from __future__ import annotations

from dataclasses import dataclass, field

from setia.language.expressions import Explained
from setia.rules.amount import Exact
from setia.rules.limit import Cut


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
