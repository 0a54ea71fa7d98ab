"""Raffles that anyone can recompute: the list of entries, its hash, and who wins. Standard library only.

The list has one line a participant, in the order of their first entry: ``entry`` LF index LF code LF tickets. Its root
(see ``values.chance``) is published when the draw closes, and the winners follow from that root, from a seed whose
commitment was published before the first entry, and from the public ``beacon`` value where one was named beforehand.

    place p:  number = draw(seed, what = "draw " + name, who = root in hexadecimal, nonce = p, client_seed = beacon,
              below = all tickets that are left); the entry that holds this ticket, counted in the order of the list
              over those that have not won yet, has the place
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from setia.values.chance import ALGORITHM, commitment, draw, inclusion_proof, is_included, leaf_hash, root_hash

DRAW_ALGORITHM: Final = "setia-draw-1"


@dataclass(frozen=True, slots=True)
class Entry:
    """A participant: the ``code`` that only they know to be theirs, and how many ``tickets`` they entered."""

    code: str
    tickets: int


def leaf(index: int, entry: Entry) -> bytes:
    """The hash of a line of the list."""
    return leaf_hash(f"entry\n{index}\n{entry.code}\n{entry.tickets}")


def entries_root(entries: Sequence[Entry]) -> str:
    """The hash of the whole list, in hexadecimal: any entry added, removed, changed or moved changes it."""
    return root_hash([leaf(index, entry) for index, entry in enumerate(entries)]).hex()


def prove(entries: Sequence[Entry], index: int) -> dict[str, Any]:
    """That the entry at ``index`` is in the list: what ``check_proof`` needs, as JSON."""
    leaves = [leaf(number, entry) for number, entry in enumerate(entries)]
    proof = [beside.hex() for beside in inclusion_proof(leaves, index)]
    entry = entries[index]
    return {"index": index, "entry": entry.code, "tickets": entry.tickets, "of": len(entries), "proof": proof,
            "root": root_hash(leaves).hex()}  # fmt: skip


def check_proof(proof: dict[str, Any]) -> bool:
    """Whether a proof leads from its entry to its root."""
    found = leaf(proof["index"], Entry(proof["entry"], proof["tickets"]))
    beside = [bytes.fromhex(text) for text in proof["proof"]]
    return is_included(found, proof["index"], proof["of"], beside, bytes.fromhex(proof["root"]))


def holder(tickets: Sequence[int], number: int) -> int:
    """Who holds the ticket ``number``, counted from 0 over all ``tickets`` in their order."""
    return next(at for at in range(len(tickets)) if number < sum(tickets[: at + 1]))


def winners(name: str, entries: Sequence[Entry], seed: bytes, beacon: str, places: int) -> list[int]:
    """The indices of those who have the places, the first place first; fewer, where there are fewer participants."""
    root = entries_root(entries)
    left = list(range(len(entries)))
    found: list[int] = []
    for place in range(1, min(places, len(entries)) + 1):
        total = sum(entries[index].tickets for index in left)
        (number,) = draw(seed, f"draw {name}", root, str(place), beacon, (total,))
        at = holder([entries[index].tickets for index in left], number)
        found.append(left.pop(at))
    return found


def check_record(record: dict[str, Any]) -> list[str]:
    """What is wrong with the published record of a draw, recomputed from the record alone; empty when it is right."""
    found: list[str] = []
    if record.get("algorithm") != DRAW_ALGORITHM:
        return [f"this is no record of {DRAW_ALGORITHM}"]
    entries = [Entry(entry["entry"], entry["tickets"]) for entry in record["entries"]]
    root = entries_root(entries)
    if root != record["root"]:
        found.append(f"the entries hash to {root}, but {record['root']} was published when the draw closed")
    if record.get("seed") is None:
        return [*found, "the seed is not revealed yet: the winners cannot be recomputed"]
    seed = bytes.fromhex(record["seed"])
    if commitment(seed) != record["commitment"]:
        found.append(f"the seed hashes to {commitment(seed)}, but {record['commitment']} was published beforehand")
    places = sum(prize["winners"] for prize in record["prizes"]) + record["alternates"]
    drawn = [entries[index].code for index in winners(record["draw"], entries, seed, record["beacon"] or "", places)]
    told = [place["entry"] for place in record["places"]]
    if drawn != told:
        found.append(
            f"the places go to {', '.join(drawn) or 'nobody'}, but the record says {', '.join(told) or 'nobody'}"
        )
    return found


def check_play(record: dict[str, Any]) -> list[str]:
    """What is wrong with the published record of one draw of numbers (a play, or a rule with a chance)."""
    if record.get("algorithm") != ALGORITHM:
        return [f"this is no record of {ALGORITHM}"]
    if record.get("seed") is None:
        return [f"the seed of {record['period']} is not revealed yet: ask again when the period is over"]
    seed = bytes.fromhex(record["seed"])
    found: list[str] = []
    if commitment(seed) != record["commitment"]:
        found.append(f"the seed hashes to {commitment(seed)}, but {record['commitment']} was published beforehand")
    numbers = draw(seed, record["what"], record["who"], record["nonce"], record["client_seed"], record["below"])
    if numbers != record["numbers"]:
        found.append(f"the numbers are {numbers}, but the record says {record['numbers']}")
    return found
