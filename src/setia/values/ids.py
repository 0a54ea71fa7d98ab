"""Ids that sort by time: UUID version 7 (RFC 9562) inside, a prefix and 26 letters outside (``mem_06f…``)."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_VALUES: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_PUBLIC: Final = re.compile(r"^([a-z]{3})_([0-9a-hjkmnp-tv-z]{26})$")


class IdError(ValueError):
    """A text that is not a public id of the wanted kind."""


def uuid7(milliseconds: int, randomness: bytes) -> UUID:
    """Build a UUIDv7 from a Unix time in milliseconds and at least 10 bytes of randomness."""
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(randomness[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def public_id(prefix: str, value: UUID) -> str:
    """Write ``value`` with its prefix: three letters, an underscore, 26 letters that sort as the UUID does."""
    number = value.int
    return prefix + "_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def parse_public_id(prefix: str, text: str) -> UUID:
    """Read back ``public_id``; raise ``IdError`` that says what was expected."""
    match = _PUBLIC.match(text)
    if match is None or match[1] != prefix:
        raise IdError(f"expected an id like '{prefix}_…' (26 letters and digits), found '{text[:60]}'")
    number = 0
    for letter in match[2]:
        number = number << 5 | _VALUES[letter]
    if number >> 128:
        raise IdError(f"'{text[:60]}' is no id that was ever given out")
    return UUID(int=number)
