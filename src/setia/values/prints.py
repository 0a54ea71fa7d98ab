"""Prints: what somebody could be known by (a device, a card, an address), as a hash that tells nothing else.

A print is good for one question only: is it the same as that one? What it was made of is never kept. Prints of two
programmes differ, so that nobody can follow a person from one to the other by them.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

KINDS: Final = ("device", "payment", "email", "phone", "address")
"""What prints are made of. ``device``: an id of the browser or phone. ``payment``: a token of the card or account."""
_DOTLESS: Final = ("gmail.com", "googlemail.com")
_NOT_WORDS: Final = re.compile(r"[\W_]+")
_NOT_DIGITS: Final = re.compile(r"[^0-9]")


def print_of(kind: str, text: str, programme: str) -> str:
    """The print of ``text`` within ``programme``: 32 hexadecimal digits."""
    return sha256(f"{programme}\n{kind}\n{plain(kind, text)}".encode()).hexdigest()[:32]


def plain(kind: str, text: str) -> str:
    """What two ways of writing the same thing have in common.

    Of e-mail addresses a part after "+" and, where the mail service ignores them, dots are left out; of phones
    everything but digits; of addresses case, signs and gaps.
    """
    text = text.strip().casefold()
    if kind == "email":
        name, _, host = text.rpartition("@")
        name = name.partition("+")[0]
        return f"{name.replace('.', '') if host in _DOTLESS else name}@{host}"
    if kind == "phone":
        return _NOT_DIGITS.sub("", text).lstrip("0")
    return _NOT_WORDS.sub(" ", text).strip() if kind == "address" else text
