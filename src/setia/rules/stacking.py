"""Several rewards on one purchase: which of them count, in which order, each on what the others left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from setia.language.model import Gives, Group, Reward, Stacking
from setia.rules.gives import use
from setia.rules.order import Order

HANDED_OVER = frozenset(("access", "event", "experience", "partner", "choice", "badge"))
"""Kinds that change no price, and so compete with none."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A reward that is asked for in a purchase: ``count`` times; ``voucher``: the fact of the voucher or code.

    ``gives`` is what the member picked, where the reward is a choice. ``left``: minor units that a voucher which keeps
    its rest has left. ``bought``: how often its price in money is paid. ``is_older``: another
    version of the programme promised it. ``is_filled``: a rule gives it inside the order.
    """

    reward: Reward
    gives: Gives
    count: int
    voucher: Mapping[str, Any] | None = None
    left: int | None = None
    bought: int = 0
    is_older: bool = False
    is_filled: bool = False

    @property
    def source(self) -> str:
        """What a discount says it comes from."""
        return f"reward:{self.reward.name}"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it: used ``count`` times, which made the order ``amount`` cheaper in all (minor units).

    ``is_chosen`` False: another one won.
    """

    asked: Asked
    count: int = 0
    amount: int = 0
    is_chosen: bool = True

    @property
    def is_idle(self) -> bool:
        """Whether some of what the order filled up would change nothing: tea leaves the full card of coffees."""
        lowers = self.asked.gives.kind not in (*HANDED_OVER, "gift_card")
        return self.asked.is_filled and lowers and self.count < self.asked.count


def use_rewards(order: Order, asked: Iterable[Asked], stacking: Stacking, groups: Mapping[str, Group]) -> list[Done]:
    """Use on ``order`` what of ``asked`` counts; what loses against another, or changes nothing, has ``count`` 0."""
    wanted = list(asked)
    if stacking.order == "as_declared":
        wanted.sort(key=lambda item: item.reward.position)
    is_initial = stacking.percent_of == "initial"
    order.begin_rewards(is_initial=is_initial, needs_lines=any(item.gives.looks_at_lines for item in wanted))
    chosen = _chosen(order, wanted, stacking, groups)
    return [_use(order, item) if item in chosen else Done(item, is_chosen=False) for item in wanted]


def _use(order: Order, item: Asked) -> Done:
    before = order.discount + order.cash_back
    count = 0
    while count < item.count and use(order, item.source, item.gives, item.left):
        count += 1
        if item.left is not None:
            break
    return Done(item, count, order.discount + order.cash_back - before)


def _chosen(order: Order, wanted: list[Asked], stacking: Stacking, groups: Mapping[str, Group]) -> list[Asked]:
    """What is left when each group has picked, and then the programme among the winners."""
    kept = wanted
    for name, group in groups.items():
        rivals = [item for item in kept if item.reward.group == name]
        kept = _without(kept, rivals, _pick(order, rivals, group.pick))
    rivals = [item for item in kept if item.gives.kind not in HANDED_OVER]
    return _without(kept, rivals, _pick(order, rivals, stacking.pick))


def _without(kept: list[Asked], rivals: list[Asked], winners: list[Asked]) -> list[Asked]:
    return [item for item in kept if item not in rivals or item in winners]


def _pick(order: Order, rivals: list[Asked], pick: str) -> list[Asked]:
    """The winners; what would change nothing wins over nobody."""
    if pick == "all" or len(rivals) < 2:
        return rivals
    tried = [_use(order.copy(), item) for item in rivals]
    able = [done for done in tried if done.count] or tried
    return [able[0].asked if pick == "first" else max(able, key=lambda done: done.amount).asked]
