"""Codes that people type and tills scan: short, without letters that look alike, with a check character.

They are made from a secret and a name by a keyed hash (RFC 2104), so that the same thing always has the same code and
nobody without the secret can guess one.
"""

from __future__ import annotations

import hmac
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31 characters, without 0, O, 1, I and L. A prime number: the check finds every wrong or swapped character."""
LENGTH: Final = 12
"""Characters of a code, the check character among them: 31^11 codes are possible."""
_BASE: Final = len(ALPHABET)


def make_code(secret: bytes, name: str, length: int = LENGTH) -> str:
    """The code of ``name`` under ``secret``, in canonical form: its last character checks the others."""
    number = int.from_bytes(hmac.digest(secret, name.encode(), "sha256"))
    chosen: list[str] = []
    for _ in range(length - 1):
        number, digit = divmod(number, _BASE)
        chosen.append(ALPHABET[digit])
    text = "".join(chosen)
    return text + _check(text)


def is_well_made(code: str, length: int = LENGTH) -> bool:
    """Whether a canonical code has the form and the check character of one that ``make_code`` made."""
    return len(code) == length and not set(code) - set(ALPHABET) and _check(code[:-1]) == code[-1]


def canonical(text: str) -> str:
    """A code as it is compared: letters and digits alone, in capitals. "kq4m-9xt2" and "KQ4M 9XT2" are the same."""
    return "".join(character for character in text.upper() if character.isalnum())


def shown(code: str) -> str:
    """A made code as people read it: in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _check(text: str) -> str:
    weighted = sum(place * ALPHABET.index(character) for place, character in enumerate(text, 2))
    return ALPHABET[weighted % _BASE]
