"""A scenario, read and checked: who takes part, what happens when, and what is expected of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from setia.flow.work import Version
from setia.language.diagnostics import Place
from setia.values.activities import Body
from setia.values.card_codes import draw_code, read_code

GUEST: Final = "guest"
"""Who is no member (yet): such purchases wait to be claimed."""


def card_code(file: str, name: str) -> str:
    """The code of the gift card that the scenario in ``file`` calls ``name``."""
    return draw_code(sha256(f"{file} {name}".encode()).digest())


def card_digest(file: str, name: str) -> str:
    """By what the book finds that card."""
    return read_code(card_code(file, name))[0]


@dataclass(frozen=True, slots=True)
class OpenCard:
    """A gift card that is there at the start: minor units of money on it, and when it was issued."""

    name: str
    body: Body
    issued_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """A member at the start: ``wallet`` in steps, ``tier`` with the instant at which it is over (None: open)."""

    name: str
    joined_at: dt.datetime
    joins_by_step: bool
    birthday: dt.date | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    tier: str = ""
    tier_until: dt.datetime | None = None
    wallet: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """One activity. ``hold``, ``to``, ``voucher``, ``by``: names from the file that become ids when it is played.

    ``claimed``: the external id of a guest's purchase or play that the member claims. ``invoice``: the external id of
    the activity that opened it, or which of the member's invoices it is, counted from 1. ``card``: the gift card
    whose own activity it is. ``winners``: of a draw that is settled, who has the first places. ``drop``: in whose
    line the step is. ``entry``: of a contest, the step that it speaks of.
    """

    type: str
    body: Body
    place: Place
    external_id: str = ""
    revision: int = 0
    hold: str = ""
    to: str = ""
    voucher: str = ""
    claimed: str = ""
    invoice: str = ""
    card: str = ""
    winners: tuple[str, ...] = ()
    by: str = ""
    drop: str = ""
    entry: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is expected, of ``member``. ``kind`` says how it is compared, ``key`` of what."""

    kind: str
    key: str
    value: Any
    place: Place
    member: str


@dataclass(frozen=True, slots=True)
class Step:
    """Something at an instant: an action (None: time passes), ``repeat`` times, ``every`` so many seconds apart.

    ``chance``: what chance brings, by rule and game (see ``scenarios.luck``).
    """

    at: dt.datetime
    recorded_at: dt.datetime | None
    member: str
    source: str
    action: Action | None
    repeats: tuple[dt.datetime, ...]
    checks: tuple[Check, ...]
    place: Place
    chance: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heading:
    """What a file is about: its ``sentence``, the ``rows`` that it shows, and the hard ``case`` that it is one of."""

    sentence: str
    rows: tuple[str, ...] = ()
    case: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole file."""

    file: str
    heading: Heading
    versions: tuple[Version, ...]
    members: tuple[Opening, ...]
    steps: tuple[Step, ...]
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cards: tuple[OpenCard, ...] = ()

    @property
    def sentence(self) -> str:
        """What is promised, in one sentence."""
        return self.heading.sentence


@dataclass(frozen=True, slots=True)
class Failure:
    """Something is not as expected: where it is written, what was expected and found, and how that came about."""

    file: str
    place: Place
    expected: str
    found: str
    trace: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = f"{self.file}:{self.place.line}:{self.place.column}: expected {self.expected}, found {self.found}"
        return "\n".join([head, *(f"    {line}" for line in self.trace)])
