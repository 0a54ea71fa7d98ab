"""Gift cards by their code: whoever has the code has the money, so that the book never keeps one.

It keeps the code's digest, which leads to the card's wallet, and the last four characters, by which people tell their
cards apart. A card's wallet has an id of its own kind: the id says that nobody is a member here.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final
from uuid import UUID

from setia.values.secret_codes import canonical, is_well_made, make_code

LENGTH: Final = 16
"""31^15 codes are possible, more than 2^74: enough that even who has the digests finds none by trying."""
LAST: Final = 4
CARD_KIND: Final = "gift_card"
"""The kind of a line that sells cards, and of the identifier that leads to a card's wallet."""
TOP_UP_KIND: Final = "top_up"
"""The kind of a line that puts money into the member's own wallet."""
_ALL_ONES: Final = 0xFFFFFFFF
FIRST_CARD: Final = UUID(int=_ALL_ONES << 96)
"""The smallest id of a card's wallet: members are below it."""


class CardCodeError(ValueError):
    """A text that cannot be the code of a gift card; the message says what was expected."""


def draw_code(randomness: bytes) -> str:
    """A code from at least 16 random bytes, in canonical form. Nothing remembers it until there is money on it."""
    return make_code(randomness, CARD_KIND, LENGTH)


def read_code(text: str) -> tuple[str, str]:
    """Digest and last characters of a typed or scanned code; raises ``CardCodeError``."""
    code = canonical(text)
    if not is_well_made(code, LENGTH):
        raise CardCodeError(
            "this is no code of a gift card: it has 16 letters and digits, and the last one checks them"
        )
    return sha256(code.encode()).hexdigest(), code[-LAST:]


def card_id(digest: str) -> UUID:
    """The id of the wallet that a fresh code opens: it begins with 32 ones, and so sorts after every member's."""
    return UUID(int=_ALL_ONES << 96 | int(digest[:24], 16))


def is_card(member_id: UUID) -> bool:
    """Whether an id is that of a card's wallet."""
    return member_id.int >> 96 == _ALL_ONES
