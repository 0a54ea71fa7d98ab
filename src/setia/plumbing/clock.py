"""What time it is, as a plain argument: nothing in Setia reads the wall clock by itself."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class OffsetClock:
    """A clock that runs at the usual pace, but `offset` away from another one.

    A database that was filled with purchases of years ago lives on in the days after them: its offset is kept with it,
    and every process that serves it runs on such a clock.
    """

    def __init__(self, offset: timedelta, clock: Clock | None = None) -> None:
        self.offset = offset
        self._clock = clock or SystemClock()

    def now(self) -> datetime:
        return self._clock.now() + self.offset


class FixedClock:
    """A clock that moves only when it is told to."""

    def __init__(self, at: datetime) -> None:
        self._at = _in_utc(at)

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> datetime:
        """Move on by a span, and tell the new instant."""
        self._at += by
        return self._at

    def set(self, at: datetime) -> None:
        """Move to an instant, earlier or later; `ValueError` when it has no time zone."""
        self._at = _in_utc(at)


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; an instant needs one, such as +00:00")
    return at.astimezone(UTC)
