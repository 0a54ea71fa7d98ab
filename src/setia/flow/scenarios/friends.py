"""What a scenario can expect of members who bring friends."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from setia.flow.scenarios.part import Part, read_day
from setia.language.diagnostics import Findings
from setia.language.nodes import Node, Scalar, Sequence
from setia.language.sections import read_scalar, scalar_of
from setia.language.words import read_choice
from setia.state.bringing import STATES, Brought
from setia.values.instants import local_date
from setia.values.prints import KINDS

SETTINGS: Final = ("state", "until", "why", "friends", "bought")
WHY: Final = (*(f"same_{kind}" for kind in KINDS), "ring", "velocity")


def read_referral(node: Node, findings: Findings, parts: list[Part]) -> dict[str, object]:
    """``waiting``, or ``{state: held, why: [same_device], until: 2026-03-15, friends: 2, bought: 1}``."""
    if isinstance(node, Scalar):
        return {"state": _state(node, findings)}
    found: dict[str, object] = {}
    for part in parts:
        part.close()
        if part.has("state"):
            scalar = part.scalar("state")
            found["state"] = None if scalar is None else _state(scalar, findings)
        if part.has("until"):
            found["until"] = part.read("until", read_day)
        if part.has("why"):
            why = part.find("why")
            items = () if isinstance(why, Sequence) and not why.items else part.texts("why")
            found["why"] = sorted(
                word for item in items if (word := read_scalar(item, lambda t: read_choice(t, WHY), findings))
            )
        for name in ("friends", "bought"):
            if part.has(name):
                found[name] = part.integer(name, 0, 10**6)
    return found


def _state(node: Node, findings: Findings) -> str | None:
    scalar = scalar_of(node, findings, "'referral'")
    return None if scalar is None else read_scalar(scalar, lambda text: read_choice(text, ("none", *STATES)), findings)


def referral_of(brought: Brought | None, zone: ZoneInfo) -> dict[str, object]:
    """How a referral stands, in the words of a scenario."""
    brought = brought or Brought()
    due = brought.due_at
    return {
        "state": brought.shown_state or "none",
        "until": None if due is None else local_date(due, zone),
        "why": sorted(brought.why),
        "friends": brought.friends,
        "bought": brought.bought,
    }


def differ_of(wanted: dict[str, object], brought: Brought | None, zone: ZoneInfo) -> tuple[str, str] | None:
    """What was expected and what was found, where that is not the same."""
    real = referral_of(brought, zone)
    found = {name: real[name] for name in wanted}

    def shown(values: dict[str, object]) -> str:
        return ", ".join(f"{name} {value}" for name, value in values.items())

    return None if found == wanted else (f"the referral: {shown(wanted)}", shown(found))
