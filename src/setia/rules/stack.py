"""Rules in a group: the first, the best or all of those that apply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from setia.language.model import Programme, Rule
from setia.rules.amount import Exact
from setia.rules.order import LineEnv


@dataclass(slots=True)
class Candidate:
    """A rule that applies: the exact amounts it would give and take, by unit, before rounding and limits."""

    rule: Rule
    lines: list[LineEnv]
    gives: list[tuple[str, Exact]] = field(default_factory=list)
    takes: list[tuple[str, Exact]] = field(default_factory=list)
    rewards: list[str] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    badges: list[str] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)  # where the unit rounds by line: already whole


def winners(programme: Programme, candidates: Sequence[Candidate]) -> tuple[list[Candidate], dict[str, str]]:
    """Those that may give, in the order of the file, and for each loser the rule that won instead."""
    lost: dict[str, str] = {}
    chosen: dict[str, Candidate] = {}
    for candidate in candidates:
        group = candidate.rule.group
        if group is None or programme.groups[group].pick == "all":
            continue
        standing = chosen.get(group)
        if standing is None:
            chosen[group] = candidate
        elif programme.groups[group].pick == "best" and _worth(programme, candidate) > _worth(programme, standing):
            lost[standing.rule.name] = candidate.rule.name
            chosen[group] = candidate
        else:
            lost[candidate.rule.name] = standing.rule.name
    for loser, winner in list(lost.items()):
        group = programme.rules[loser].group
        assert group is not None
        lost[loser] = chosen[group].rule.name if winner in lost else winner
    return [candidate for candidate in candidates if candidate.rule.name not in lost], lost


def _worth(programme: Programme, candidate: Candidate) -> Fraction:
    """What a candidate gives, in money where its units have a worth, else in steps."""
    total = Fraction(0)
    for unit, (number, over) in candidate.gives:
        found = programme.units[unit]
        total += Fraction(number, over) * (found.worth / 10**found.decimals if found.worth else 1)
    return total
