"""A member, and the cards, phones, addresses and foreign ids that lead to one."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import UUID

import phonenumbers

IdentifierKind = Literal["card", "phone", "email", "external", "gift_card"]
KINDS: Final[tuple[IdentifierKind, ...]] = ("card", "phone", "email", "external")

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST: Final = 254


class IdentifierError(ValueError):
    """A text that cannot be an identifier of its kind; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """What a member is recognised by. ``value`` is normalised: two ways of writing it are one identifier."""

    kind: IdentifierKind
    value: str


@dataclass(frozen=True, slots=True)
class Member:
    """A member. ``attributes`` are the declared fields of programmes; ``revision`` is the ETag."""

    id: UUID
    name: str | None
    email: str | None
    phone: str | None
    birthday: dt.date | None
    attributes: dict[str, Any]
    is_blocked: bool
    joined_at: dt.datetime
    created_at: dt.datetime
    updated_at: dt.datetime
    revision: int = 1
    identifiers: tuple[Identifier, ...] = ()


@dataclass(slots=True)
class NewMember:
    """What is known of somebody who joins; ``joined_at`` None: now. E-mail and phone become identifiers too."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    birthday: dt.date | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    joined_at: dt.datetime | None = None
    cards: tuple[str, ...] = ()
    externals: tuple[str, ...] = ()


def identifier(kind: str, text: str, region: str | None = None) -> Identifier:
    """Normalise what was typed or scanned. ``region`` (``ID``, ``MY`` …) is of phones without a country code.

    Raises ``IdentifierError``.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise IdentifierError(f"an identifier has 1 to {_LONGEST} printable characters")
    if kind == "phone":
        return Identifier("phone", _phone(text, region))
    if kind == "email":
        if not _EMAIL.fullmatch(text):
            raise IdentifierError(f"'{text}' is no e-mail address; expected something like name@example.com")
        return Identifier("email", text.casefold())
    if kind == "card":
        # Cards are printed in groups and read without.
        return Identifier("card", text.replace(" ", "").replace("-", "").upper())
    if kind == "external":
        return Identifier("external", text)
    raise IdentifierError(f"'{kind}' is no kind of identifier; the kinds are {', '.join(KINDS)}")


def _phone(text: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        hint = "" if text.startswith("+") or region else "; write it with its country code, such as +62…"
        raise IdentifierError(f"'{text}' is no phone number{hint}") from None
    if not phonenumbers.is_possible_number(number):
        raise IdentifierError(f"'{text}' is no possible phone number: it has too few or too many digits")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
