"""The result of a contest, which anyone can recompute. Standard library only.

The list has one line an entry, in the order of entering: its code, a number for whoever entered it (the same number,
the same member) and its votes. More votes stand before fewer; equal numbers stand in the order of the list, or, where
ties are drawn, in the order in which a draw (see ``values.draws``) named ``contest <name> <votes>`` among them, with
one ticket each, has them. An entry without a vote, and a further one of a member who has a place, has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from setia.values.chance import commitment
from setia.values.draws import Entry, winners

CONTEST_ALGORITHM: Final = "setia-contest-1"


@dataclass(frozen=True, slots=True)
class Counted:
    """An entry that takes part: its code, whose it is, and how many votes it has."""

    code: str
    participant: int
    votes: int


def ranking(name: str, entries: Sequence[Counted], places: int, seed: bytes | None) -> list[int]:
    """The indices of the entries that have the places, the first place first. ``seed`` None: ties are not drawn."""
    found: list[int] = []
    placed: set[int] = set()
    for votes in sorted({entry.votes for entry in entries if entry.votes}, reverse=True):
        equal = [index for index, entry in enumerate(entries) if entry.votes == votes]
        if seed is not None:
            tickets = [Entry(entries[index].code, 1) for index in equal]
            equal = [equal[at] for at in winners(f"contest {name} {votes}", tickets, seed, "", len(equal))]
        for index in equal:
            if len(found) < places and entries[index].participant not in placed:
                placed.add(entries[index].participant)
                found.append(index)
    return found


def check_contest(record: dict[str, Any]) -> list[str]:
    """What is wrong with the published record of a contest, recomputed from the record alone; empty when it is right.

    What a jury decided cannot be recomputed: then only what it names has to be in the list.
    """
    if record.get("algorithm") != CONTEST_ALGORITHM:
        return [f"this is no record of {CONTEST_ALGORITHM}"]
    found: list[str] = []
    entries = [Counted(entry["entry"], entry["participant"], entry["votes"]) for entry in record["entries"]]
    told = [place["entry"] for place in record["places"]]
    if record["by"] == "jury":
        known = {entry.code for entry in entries}
        return [f"entry {code} has a place and is not in the list" for code in told if code not in known]
    seed = None
    if record["ties"] == "chance":
        if record["seed"] is None:
            return ["the seed is not revealed: the places cannot be recomputed"]
        seed = bytes.fromhex(record["seed"])
        if commitment(seed) != record["commitment"]:
            found.append(f"the seed hashes to {commitment(seed)}, but {record['commitment']} was published beforehand")
    right = [entries[index].code for index in ranking(record["contest"], entries, record["winners"], seed)]
    if right != told:
        said = ", ".join(told) or "nobody"
        found.append(f"the places go to {', '.join(right) or 'nobody'}, but the record says {said}")
    return found
