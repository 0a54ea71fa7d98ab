"""What is wrong with a request or with the world: a small tree of exceptions, each with a stable code and typed data.

An expected no is no fault but a decision with a decline code; a wrong programme is a diagnostic. Nothing here knows
HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class Fault(Exception):
    """The request cannot be answered. ``code`` is stable, ``data`` is JSON, the message is for people."""

    code: ClassVar[str] = "fault"

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class NotFound(Fault):
    """There is no such thing: ``what`` (member, programme, activity …) and the ``key`` it was looked for by."""

    code = "not_found"

    def __init__(self, what: str, key: str) -> None:
        super().__init__(f"there is no {what} '{key}'", what=what, key=key)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what was sent: where (a JSON pointer, "" for all of it), what, and a stable code."""

    pointer: str
    message: str
    code: str = "bad_value"


class Invalid(Fault):
    """What was sent cannot be meant; ``problems`` has all that is wrong with it."""

    code = "invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(
            "; ".join(
                f"{problem.pointer}: {problem.message}" if problem.pointer else problem.message for problem in problems
            ),
            problems=[
                {"pointer": problem.pointer, "code": problem.code, "message": problem.message} for problem in problems
            ],
        )
        self.problems = tuple(problems)


class Conflict(Fault):
    """It contradicts what is already there."""

    code = "conflict"


class IdempotencyMismatch(Conflict):
    """The same Idempotency-Key came before with another body."""

    code = "idempotency_mismatch"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the Idempotency-Key '{key}' was used before for another request; send this one under a new key", key=key
        )


class IdentifierTaken(Conflict):
    """A card, phone, e-mail or external id already belongs to another member."""

    code = "identifier_taken"

    def __init__(self, kind: str) -> None:
        super().__init__(f"this {kind} belongs to another member", kind=kind)


class EditConflict(Conflict):
    """Somebody else saved in the meantime: the ``revision`` that was edited is not the one that is there now."""

    code = "edit_conflict"

    def __init__(self, what: str, wanted: int | None, found: int | None) -> None:
        super().__init__(
            f"{what} was changed by somebody else in the meantime; load it again and repeat the change",
            what=what,
            wanted=wanted,
            found=found,
        )


class MonthNotOver(Conflict):
    """A statement is to be closed before its month is over."""

    code = "month_not_over"

    def __init__(self, month: str, until: str) -> None:
        super().__init__(f"{month} is not over before {until}; look at it as it stands meanwhile", until=until)


class MonthClosed(Conflict):
    """A month without a statement of its own, which a later one has taken in."""

    code = "month_closed"

    def __init__(self, month: str, later: str) -> None:
        super().__init__(f"what happened in {month} is in the statement of {later} or before; look there", later=later)


class Paused(Fault):
    """The programme is paused: nothing comes in until it is resumed."""

    code = "programme_paused"

    def __init__(self, programme: str) -> None:
        super().__init__(f"programme '{programme}' is paused; resume it to take in activities", programme=programme)


class NotPublished(Fault):
    """The programme has no published version yet."""

    code = "programme_not_published"

    def __init__(self, programme: str) -> None:
        super().__init__(f"programme '{programme}' has no published version yet; publish one", programme=programme)


class NoticeTooShort(Fault):
    """A version takes something away from members sooner than they were promised.

    ``losses``: what it takes away, a line each. ``earliest``: from when it may be in force (ISO 8601).
    """

    code = "notice_too_short"

    def __init__(self, programme: str, notice: str, losses: Sequence[str], earliest: str) -> None:
        more = f" (and {len(losses) - 3} more)" if len(losses) > 3 else ""
        super().__init__(
            f"programme '{programme}' promises {notice} of notice before members lose anything, and this version takes"
            f" something away: {'; '.join(losses[:3])}{more}; let it take effect from {earliest}, or let members keep"
            " the old terms for so long (`changes: {old_terms: {until: …}}`)",
            programme=programme,
            notice=notice,
            losses=list(losses),
            earliest=earliest,
        )


class Broken(Fault):
    """We are wrong: this activity could not be decided, and nothing of it was recorded. The log has ``reference``."""

    code = "internal_error"

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"this activity failed by an error of ours; the log has it under {reference}", reference=reference
        )
