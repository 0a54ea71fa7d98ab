"""How members bring friends, as a programme says it."""

from __future__ import annotations

from dataclasses import dataclass

from setia.language.expressions import Expression
from setia.values.instants import Span, Step, Window
from setia.values.prints import KINDS as PRINTS


@dataclass(frozen=True, slots=True)
class Crowd:
    """``friends`` and ``per``: so many friends of one member in a window are not too many."""

    amount: int
    window: Window


@dataclass(frozen=True, slots=True)
class Referral:
    """``referral:``: members bring friends. What that gives are rules on the types of ``codes.REFERRAL_TYPES``.

    A friend brings the code within ``claim_within`` of joining. A purchase that ``when`` holds for (the ``first`` one
    only, ``within`` so long after joining) qualifies once ``wait`` has passed since it, if it did not go back.
    ``who``: over the referrer. Held for review: prints that are the ``same`` as the referrer's (see
    ``values.prints``), rings of up to ``ring`` members, and more than ``friends`` of one referrer in a window.
    """

    wait: Span
    when: Expression | None = None
    first: bool = True
    within: Span | None = None
    claim_within: Span = Span(30, Step.DAYS)
    who: Expression | None = None
    link: str = ""
    same: tuple[str, ...] = PRINTS
    ring: int = 5
    friends: Crowd | None = None
