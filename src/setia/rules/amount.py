"""From exact amounts to whole steps of a unit: the one rounding, where and how the programme says."""

from __future__ import annotations

from setia.language.model import Rounding

Exact = tuple[int, int]
"""An exact amount in steps: (numerator, denominator > 0)."""


def add(left: Exact, right: Exact) -> Exact:
    """The exact sum."""
    if left[1] == right[1]:
        return left[0] + right[0], left[1]
    return left[0] * right[1] + right[0] * left[1], left[1] * right[1]


def round_steps(exact: Exact, mode: Rounding) -> int:
    """Settle a fraction of a step as ``mode`` says."""
    number, over = exact
    if mode is Rounding.FLOOR:
        return number // over
    if mode is Rounding.CEILING:
        return -(-number // over)
    if mode is Rounding.HALF_UP:
        return (2 * number + over) // (2 * over)
    below, rest = divmod(number, over)
    if 2 * rest == over:
        return below + (below & 1)
    return below + (2 * rest > over)


class Tally:
    """Rounds a unit once over a whole activity: each rule gets what it adds to the rounded running total."""

    __slots__ = ("booked", "mode", "running")

    def __init__(self, mode: Rounding, carried: Exact = (0, 1)) -> None:
        self.mode = mode
        self.running = carried
        self.booked = 0

    def add(self, exact: Exact) -> int:
        """The whole steps that ``exact`` adds."""
        self.running = add(self.running, exact)
        whole = round_steps(self.running, self.mode)
        steps = whole - self.booked
        self.booked = whole
        return steps

    def rest(self) -> Exact:
        """What the rounding left over, to be carried to the next activity."""
        number, over = self.running
        return number - self.booked * over, over
