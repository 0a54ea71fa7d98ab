"""A member's wallet in memory: balances, lots and holds of one programme."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from setia.values.codes import Account
from setia.values.pauses import NEVER_PAUSED, Pauses
from setia.values.stakes import NOBODY, Stake

FAR = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(slots=True)
class Lot:
    """Units earned together. ``no`` is the number of the entry that made it; amounts in steps.

    ``left`` excludes what holds keep. ``expired`` is what ended unused. ``origin`` is the activity that earned it.
    ``stake`` is whose units they are, and at what price: it stays through transfers, restorations and repaid debts.
    ``expires_at`` is what was promised; ``pauses`` of the programme may have moved it (``ends_at``).
    """

    no: int
    unit: str
    amount: int
    left: int
    is_pending: bool
    earned_at: dt.datetime
    activates_at: dt.datetime | None
    expires_at: dt.datetime | None
    origin: UUID
    rule: str = ""
    pool: str = ""
    expired: int = 0
    stake: Stake = NOBODY
    pauses: Pauses = field(default=NEVER_PAUSED, compare=False, repr=False)

    @property
    def ends_at(self) -> dt.datetime | None:
        """When it is over; None: never, or not while its programme is paused."""
        return None if self.expires_at is None else self.pauses.end_of(self.earned_at, self.expires_at)

    def ends_by(self, now: dt.datetime) -> dt.datetime | None:
        """When it is over, if no pause lasts longer than to ``now``; None: never."""
        return None if self.expires_at is None else self.pauses.end_of(self.earned_at, self.expires_at, now)

    @property
    def due_at(self) -> dt.datetime | None:
        """When the clock next moves this lot: its activation, else its expiry; None when nothing is left to move."""
        if not self.left:
            return None
        return self.activates_at if self.is_pending else self.ends_at


def spend_order(lot: Lot) -> tuple[dt.datetime, dt.datetime, int]:
    """Soonest expiry first, then the oldest; what never expires comes last."""
    if lot.expires_at is None or not lot.pauses.all:
        return (lot.expires_at or FAR, lot.earned_at, lot.no)
    # What stands still for all makes no difference; what stood still before it was earned does.
    return (lot.expires_at - lot.pauses.stopped_before(lot.earned_at), lot.earned_at, lot.no)


@dataclass(slots=True)
class Balance:
    """What a member has of a unit, in steps. ``debt`` is never positive."""

    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0

    def add(self, account: Account, amount: int) -> None:
        """Move ``amount`` (signed) into a member's account."""
        if account is Account.AVAILABLE:
            self.available += amount
        elif account is Account.PENDING:
            self.pending += amount
        elif account is Account.HELD:
            self.held += amount
        elif account is Account.DEBT:
            self.debt += amount

    @property
    def spendable(self) -> int:
        """Available less debt: what the member is told to have."""
        return self.available + self.debt


class HoldState(StrEnum):
    """The life of a hold; the last four are final."""

    PLACED = "placed"
    COMMITTED = "committed"
    RELEASED = "released"
    LAPSED = "lapsed"
    DECLINED = "declined"


@dataclass(slots=True)
class Hold:
    """Units set aside for a payment in two steps. ``taken``: (lot number, steps) in the order they were taken.

    ``partner``: where they are to be spent.
    """

    id: UUID
    unit: str
    amount: int
    state: HoldState
    lapses_at: dt.datetime
    taken: list[tuple[int, int]] = field(default_factory=list)
    partner: str = ""


@dataclass(slots=True)
class Wallet:
    """A member's units, as far as they were gathered.

    ``lots`` holds at least the lots that the planned moves need; ``seq`` is the number of the last entry. What the
    planning changes is remembered (``touched_*``), so that recording writes only that.
    """

    seq: int = 0
    balances: dict[str, Balance] = field(default_factory=dict)
    lots: dict[int, Lot] = field(default_factory=dict)
    holds: dict[UUID, Hold] = field(default_factory=dict)
    new_lots: list[Lot] = field(default_factory=list)
    touched_lots: set[int] = field(default_factory=set)
    touched_units: set[str] = field(default_factory=set)
    touched_holds: set[UUID] = field(default_factory=set)
    pauses: Pauses = field(default=NEVER_PAUSED, compare=False, repr=False)

    def balance(self, unit: str) -> Balance:
        """The balance of ``unit``, zero when the member never had any."""
        found = self.balances.get(unit)
        if found is None:
            found = self.balances[unit] = Balance()
        return found

    def open_lots(self, unit: str, *, pending: bool = False) -> list[Lot]:
        """Lots of ``unit`` with something left, in the order in which they are spent."""
        return sorted(
            (lot for lot in self.lots.values() if lot.unit == unit and lot.left and lot.is_pending is pending),
            key=spend_order,
        )

    def next_due(self) -> dt.datetime | None:
        """The earliest instant at which the clock moves one of the gathered lots or holds."""
        due = [at for lot in self.lots.values() if (at := lot.due_at) is not None]
        due += [hold.lapses_at for hold in self.holds.values() if hold.state is HoldState.PLACED]
        return min(due, default=None)
