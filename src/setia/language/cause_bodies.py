"""The bodies of what goes to causes: a donation, its cancelling, the share that a member always gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from setia.language.body_values import (
    Bad,
    BodyCode,
    BodyProblem,
    Reader,
    at_least_one,
    number_reader,
    read_any_number,
    read_name,
)
from setia.language.model import Programme
from setia.values.activities import Body
from setia.values.codes import Built

ALL: Final = "all"
PERCENT_DECIMALS: Final = 2
_MOST: Final = 100 * 10**PERCENT_DECIMALS


def cause_forms(
    programme: Programme, of: Reader, reason: Reader
) -> dict[str, tuple[Mapping[str, Reader], tuple[str, ...]]]:
    """Kind of activity → its readers and what it needs; nothing in a programme without causes."""
    if not programme.causes:
        return {}
    return {
        Built.DONATED.value: ({"cause": read_name, "amount": read_any_number}, ("cause", "amount")),
        Built.UNDONATE.value: ({"of": of, "reason": reason}, ("of",)),
        Built.GIVING.value: ({"cause": read_name, "percent": read_share}, ("cause", "percent")),
    }


def finish_donated(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    """Read the amount in the unit of the cause."""
    cause = programme.causes.get(body["cause"])
    if body["amount"] == ALL or cause is None:
        return  # of an unknown cause the decision says so
    try:
        body["amount"] = at_least_one(number_reader(programme.units[cause.unit].decimals)(body["amount"]))
    except Bad as bad:
        problems.append(BodyProblem("/amount", bad.problem[0], bad.problem[1]))


def read_share(value: Any) -> int:
    """Read a percentage from 0 to 100 in hundredths."""
    found: int = number_reader(PERCENT_DECIMALS)(value)
    if not 0 <= found <= _MOST:
        raise Bad(BodyCode.OUT_OF_RANGE, "a share is a percentage from 0 (which ends it) to 100")
    return found
