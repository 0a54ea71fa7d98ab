"""Payment providers: what we ask of whoever moves money, and what we hear from them.

A provider is asked outside of every transaction of the book, and with a key that makes the same question count once.
What it tells comes signed, in any order, and more than once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

MANUAL = "manual"
"""The provider that is a person: a bank transfer, cash at the till. A person confirms what came in and went back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Money to move: ``amount`` in minor units of ``currency`` (ISO 4217). ``key``: the same key is the same wish.

    ``tags`` come back with what the provider tells. ``customer`` and ``method``: whom and what is charged, as the
    provider calls them; ``reference``: of a refund, the payment that goes back.
    """

    key: str
    amount: int
    currency: str
    title: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    customer: str = ""
    method: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a wish. ``state``: "done"; "failed" for good; "waiting" to be told later; "again": ask once more,
    with the same key; "by_hand": a person has to do it. ``reference``: what the provider calls it. ``attempt``: what it
    calls this try, so that what it tells of it later is known to be the same."""

    state: Literal["done", "failed", "waiting", "again", "by_hand"]
    reference: str = ""
    attempt: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that a provider tells. ``kind``: "paid", "failed", "refunded", "refund_settled", "disputed" or
    "nothing" for us. ``id``: of the message, the same at every delivery. ``reference``: of the payment.

    ``amount``: minor units of ``currency``; of "refunded" all that has gone back of the payment so far. ``state``: of a
    dispute (opened, won, lost) or a refund (done, failed).
    """

    id: str
    type: str
    kind: Literal["paid", "failed", "refunded", "refund_settled", "disputed", "nothing"]
    reference: str = ""
    attempt: str = ""
    amount: int = 0
    currency: str = ""
    reason: str = ""
    state: str = ""
    customer: str = ""
    method: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


class Forged(ValueError):
    """A message that does not prove that it comes from the provider; the text says why, and nothing of the secret."""


class Provider(Protocol):
    """Whoever moves money for us."""

    name: str

    async def charge(self, asked: Asked) -> Outcome:
        """Ask for money by a method that the member has left with the provider."""
        ...

    async def refund(self, asked: Asked) -> Outcome:
        """Give money of a payment back."""
        ...

    def read(self, body: bytes, headers: Mapping[str, str], now: float) -> Heard:
        """Read a message; raises ``Forged``. ``now``: seconds since 1970."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


class Manual:
    """Money that people move: nothing is asked over a wire, and a person tells what came of it."""

    name = MANUAL

    async def charge(self, asked: Asked) -> Outcome:
        """The invoice is there; a person confirms the payment."""
        return Outcome("by_hand")

    async def refund(self, asked: Asked) -> Outcome:
        """A person gives the money back and says so."""
        return Outcome("by_hand")

    def read(self, body: bytes, headers: Mapping[str, str], now: float) -> Heard:
        """People do not send signed messages."""
        raise Forged("nobody signs for payments by hand: confirm them with a key of the till or the operator")

    async def aclose(self) -> None:
        """Nothing is open."""
