"""Chance that anyone can recompute: numbers from a committed seed, and lists that cannot be changed unseen.

The algorithm ``setia-chance-1``. A *seed* of 32 bytes is chosen for a period; its SHA-256, the *commitment*, is
published before the period begins and the seed itself after it has ended. In between every random number follows from
the seed and from four texts that nobody can choose once the seed is: ``what`` is drawn ("game wheel"), for ``who``, the
``nonce`` (which play of theirs it is) and the ``client_seed`` (whatever the member wanted to add).

    block(i)  = HMAC-SHA256(key = seed, message = what LF who LF nonce LF client_seed LF i), i = 0, 1, 2 … in decimals
    number    = the block as a big-endian integer, if it is below the largest multiple of ``below`` up to 2^256: then
                its remainder by ``below``; else the next block is asked

Numbers of one draw are taken from one sequence of blocks. The lists of a raffle are hashed as in RFC 6962 (a leaf is
SHA-256 of 0x00 and its text, a node SHA-256 of 0x01 and its two children), so that a single line can be proved.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

ALGORITHM: Final = "setia-chance-1"
SPACE: Final = 2**256
PERCENT_STEPS: Final = 1_000_000
"""The range from which the number of a rule with ``chance:`` is drawn: percentages have at most four decimals."""
_CLIENT_SEED: Final = re.compile(r"[A-Za-z0-9._-]{0,64}")


class Luck(Protocol):
    """Where a decision gets its random numbers from: a seed, or what a scenario says."""

    @property
    def period(self) -> str:
        """The name of the period whose seed is in force."""

    def draw(self, what: str, who: str, nonce: str, client_seed: str, below: Sequence[int]) -> list[int]:
        """One number from [0, n) for each n of ``below``."""


@dataclass(frozen=True, slots=True)
class Chance:
    """A seed with the name of its period."""

    period: str
    seed: bytes

    def draw(self, what: str, who: str, nonce: str, client_seed: str, below: Sequence[int]) -> list[int]:
        """One number from [0, n) for each n of ``below``."""
        return draw(self.seed, what, who, nonce, client_seed, below)


def is_client_seed(text: str) -> bool:
    """Whether a member may add ``text`` to the draw: up to 64 letters, digits, dots, hyphens, underscores."""
    return _CLIENT_SEED.fullmatch(text) is not None


def commitment(seed: bytes) -> str:
    """What is published beforehand: the SHA-256 of the seed, in hexadecimal."""
    return hashlib.sha256(seed).hexdigest()


def draw(seed: bytes, what: str, who: str, nonce: str, client_seed: str, below: Sequence[int]) -> list[int]:
    """The numbers of one draw, each evenly distributed over [0, n) for its n of ``below`` (1 to 2^128)."""
    blocks = _blocks(seed, f"{what}\n{who}\n{nonce}\n{client_seed}\n")
    return [_number(blocks, count) for count in below]


def _blocks(seed: bytes, message: str) -> Iterator[int]:
    i = 0
    while True:
        yield int.from_bytes(hmac.digest(seed, f"{message}{i}".encode(), "sha256"), "big")
        i += 1


def _number(blocks: Iterator[int], below: int) -> int:
    assert 0 < below <= 2**128, f"a number below {below} cannot be drawn"
    return number_from(blocks, below, SPACE)


def number_from(blocks: Iterator[int], below: int, space: int) -> int:
    """The first of ``blocks`` (evenly distributed over [0, ``space``)) that gives every remainder the same chance."""
    limit = space - space % below
    return next(block for block in blocks if block < limit) % below


# Lists that can be proved ---------------------------------------------------------------------------------------------


def leaf_hash(text: str) -> bytes:
    """The hash of one line."""
    return hashlib.sha256(b"\x00" + text.encode()).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1


def root_hash(leaves: Sequence[bytes]) -> bytes:
    """The root over ``leaves`` in their order; of none, the SHA-256 of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = _split(len(leaves))
    return _node(root_hash(leaves[:middle]), root_hash(leaves[middle:]))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from leaf ``index`` to the root, from the bottom to the top."""
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*inclusion_proof(leaves[:middle], index), root_hash(leaves[middle:])]
    return [*inclusion_proof(leaves[middle:], index - middle), root_hash(leaves[:middle])]


def is_included(leaf: bytes, index: int, count: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` leads from ``leaf``, the one at ``index`` of ``count``, to ``root``."""
    if not 0 <= index < count:
        return False
    found = _climb(leaf, index, count, list(proof))
    return found == root


def _climb(leaf: bytes, index: int, count: int, proof: list[bytes]) -> bytes | None:
    if count == 1:
        return None if proof else leaf
    if not proof:
        return None
    middle, beside = _split(count), proof.pop()
    if index < middle:
        below = _climb(leaf, index, middle, proof)
        return None if below is None else _node(below, beside)
    below = _climb(leaf, index - middle, count - middle, proof)
    return None if below is None else _node(beside, below)
