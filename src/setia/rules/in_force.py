"""Which version of a programme holds: the one in force, or for those who keep the old terms the one before it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol, TypeVar

from setia.language.model import Programme
from setia.rules.facts import member_env
from setia.state.progress import Progress


class Published(Protocol):
    """A published version."""

    @property
    def number(self) -> int:
        """Counts up with every publishing."""

    @property
    def effective_at(self) -> dt.datetime:
        """From when it is in force."""

    @property
    def programme(self) -> Programme:
        """What it says."""


V = TypeVar("V", bound=Published)


def in_force(versions: Sequence[V], at: dt.datetime, member: Progress | None = None) -> V | None:
    """The version that holds at ``at``: the one that took effect last, None before the first.

    Of two that take effect at one instant the later published holds. For a ``member`` who keeps the old terms it is the
    version before, or the one before that.
    """
    found: V | None = None
    for version in _begun(versions, at):
        if found is None or member is None or not keeps_old_terms(version, at, member):
            found = version
    return found


def next_change(versions: Sequence[V], at: dt.datetime) -> dt.datetime | None:
    """The next instant after ``at`` at which another version may begin to hold for somebody."""
    found: dt.datetime | None = None
    for version in versions:
        terms = version.programme.changes.old_terms
        for instant in (version.effective_at, None if terms is None else terms.until):
            if instant is not None and instant > at and (found is None or instant < found):
                found = instant
    return found


def keeps_old_terms(version: Published, at: dt.datetime, member: Progress) -> bool:
    """Whether ``member`` stays under the version before ``version`` at ``at``."""
    terms = version.programme.changes.old_terms
    if terms is None or (terms.until is not None and at >= terms.until):
        return False
    if terms.who is None:
        return member.joined_at < version.effective_at
    return terms.who.test(member_env(version.programme, member.joined_on, member.attributes, at))


def _begun(versions: Sequence[V], at: dt.datetime) -> Sequence[V]:
    """The versions that have taken effect, in that order."""
    begun = [version for version in versions if version.effective_at <= at]
    if len(begun) > 1:
        begun.sort(key=lambda version: (version.effective_at, version.number))
    return begun
