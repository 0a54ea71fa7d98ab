"""What is asked of the rules, and what is settled around them before they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from setia.language.model import Programme
from setia.rules.facts import Facts
from setia.rules.rulebook import Rulebook, TypePlan
from setia.values.activities import Body
from setia.values.outcomes import CardMoney


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: which programme, which kind of activity, with which body, when, knowing which facts."""

    book: Rulebook
    kind: str
    body: Body
    at: dt.datetime
    facts: Facts
    source: str = ""
    is_amendment: bool = False  # what was affordable then stays affordable
    programmes: Mapping[int, Programme] = field(default_factory=dict)  # by version: what each had promised

    @property
    def plan(self) -> TypePlan:
        """The plan of the programme for this kind."""
        return self.book.plan(self.kind)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is settled around the rules: what pays, and pieces that the order itself fills up."""

    spend: dict[str, int]
    filled: tuple[tuple[str, int], ...] = ()  # in-order rules: (rule name, how often)
    cards: tuple[CardMoney, ...] = ()
