"""What the parts of a page are written with: the words of one language, and sentences that several parts use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from setia.flow.pages.phrases import Phrases, tree_of
from setia.flow.pages.speaker import Speaker
from setia.language.contracts import Budget
from setia.language.expressions.tree import Literal
from setia.language.model import (
    ExpiresAfter,
    ExpiresIdle,
    ExpiresOn,
    Expiry,
    Give,
    Limit,
    NeverExpires,
    Programme,
    Rule,
)
from setia.values.instants import Until


@dataclass(slots=True)
class Writer:
    """Writes about ``programme`` in ``language``, as it holds ``at`` (version ``number`` of it, if it is published)."""

    programme: Programme
    language: str
    at: dt.datetime
    number: int | None = None
    speaker: Speaker = field(init=False)
    phrases: Phrases = field(init=False)

    def __post_init__(self) -> None:
        self.speaker = Speaker(self.programme, self.language)
        self.phrases = Phrases(self.speaker)

    def say(self, key: str, **gaps: str) -> str:
        """The text ``key`` with its gaps filled."""
        return self.speaker.say(key, **gaps)

    @property
    def ways(self) -> list[Rule]:
        """The rules by which one earns. What a challenge gives is told where the challenge is."""
        return [rule for rule in self.programme.rules.values() if rule.name not in self.programme.challenges]

    @property
    def has_qualifying(self) -> bool:
        """Whether it matters if what is given counts towards something."""
        programme = self.programme
        return programme.tiers is not None or any(metric.kind == "earned" for metric in programme.metrics.values())

    def expiry(self, expiry: Expiry) -> list[str]:
        """When units end."""
        speaker, say = self.speaker, self.say
        match expiry:
            case NeverExpires():
                return [say("expires.never")]
            case ExpiresAfter(after=after, from_activation=active, until=until):
                key = "expires.after.active" if active else "expires.after"
                return [say(key, span=speaker.span(after), until=self.until(until))]
            case ExpiresOn(days=days, min_life=least):
                found = [say("expires.on", days=speaker.listed(speaker.month_day(*day) for day in days))]
                return found if least is None else [*found, say("expires.min", span=speaker.span(least))]
        return self._idle(expiry)

    def until(self, until: Until) -> str:
        """To which end a deadline is rounded up."""
        return self.say(f"until.{until.value}")

    def _idle(self, expiry: ExpiresIdle) -> list[str]:
        speaker, say = self.speaker, self.say
        found = [say("expires.idle", span=speaker.span(expiry.inactive_for), until=self.until(expiry.until))]
        if expiry.activities:
            found.append(say("expires.active", activities=self.activities(expiry.activities)))
        else:
            found.append(say("expires.anything"))
        if expiry.exempt is not None:
            found.append(say("expires.exempt", condition=self.phrases.of(expiry.exempt)))
        if expiry.after_exemption is not None:
            found.append(say("expires.after_exempt", span=speaker.span(expiry.after_exemption)))
        return found

    def activities(self, types: tuple[str, ...]) -> str:
        """What types of activities are called."""
        return self.speaker.listed((self.speaker.activity(type_) for type_ in types), either=True)

    def limit(self, limit: Limit) -> str:
        """How much or how often at most, and what happens beyond it."""
        window = self.speaker.window(limit.window)
        if limit.unit is None:
            key = "limit.once" if limit.amount == 1 else "limit.times"
            most = self.say(key, count=self.speaker.number(limit.amount), window=window)
        else:
            most = self.say("limit.units", amount=self.speaker.of(limit.amount, limit.unit), window=window)
        return self.say(f"over.{limit.over}", limit=most)

    def budget(self, budget: Budget) -> str:
        """How much all members together get."""
        most = self.say("limit.all", amount=self._budgeted(budget.amount, budget.unit))
        return self.say(f"over.{budget.over}", limit=most)

    def _budgeted(self, amount: int, unit: str | None) -> str:
        """An amount of a unit; without one of money, in millionths."""
        return self.speaker.money(Fraction(amount, 10**6)) if unit is None else self.speaker.of(amount, unit)

    def give(self, give: Give) -> str:
        """What is given or taken: "12 points", "points: the total ÷ 10", or a reward."""
        if give.reward is not None:
            return self.reward(give.reward)
        if give.plan is not None:
            return self.plan(give.plan)
        if give.badge is not None:
            return self.say("give.badge", badge=self.badge(give.badge))
        assert give.unit is not None, give
        assert give.amount is not None, give
        unit = self.programme.units[give.unit]
        tree = tree_of(give.amount)
        if isinstance(tree, Literal) and isinstance(tree.value, Fraction):
            return self.speaker.counted(tree.value, unit)
        return self.say("give.formula", unit=self.speaker.unit(unit), formula=self.phrases.of(give.amount))

    def reward(self, name: str) -> str:
        """What a reward is called."""
        return self.speaker.title(self.programme.rewards[name].title, name)

    def plan(self, name: str) -> str:
        """What a plan is called."""
        return self.speaker.title(self.programme.plans[name].title, name)

    def badge(self, name: str) -> str:
        """What a badge is called."""
        return sentence(self.speaker.title(self.programme.badges[name].title, name))

    def partner(self, name: str) -> str:
        """What a partner is called."""
        return self.speaker.title(self.programme.partners[name].title, name)

    def metric(self, name: str) -> str:
        """What a metric is called."""
        return self.speaker.title(self.programme.metrics[name].title, name)

    def rule(self, name: str) -> str:
        """What a rule is called."""
        return self.speaker.title(self.programme.rules[name].title, name)

    def costs(self, costs: Mapping[str, int]) -> str:
        """What is to be paid in units."""
        return self.speaker.listed(self.speaker.of(amount, unit) for unit, amount in costs.items())


def sentence(text: str) -> str:
    """``text`` with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]
