"""The faults that the flow raises or answers with. They are words of the lowest floor: the rooms use them too."""

from setia.values.faults import (
    Broken,
    Conflict,
    EditConflict,
    Fault,
    IdempotencyMismatch,
    IdentifierTaken,
    Invalid,
    MonthClosed,
    MonthNotOver,
    NotFound,
    NoticeTooShort,
    NotPublished,
    Paused,
    Problem,
)

__all__ = [
    "Broken",
    "Conflict",
    "EditConflict",
    "Fault",
    "IdempotencyMismatch",
    "IdentifierTaken",
    "Invalid",
    "MonthClosed",
    "MonthNotOver",
    "NotFound",
    "NotPublished",
    "NoticeTooShort",
    "Paused",
    "Problem",
]
