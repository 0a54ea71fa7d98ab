"""PostgreSQL array literals, built by hand: a batch as one text a column, for ``INSERT … SELECT FROM unnest(…)``.

The driver's own adaptation of lists costs four times as much, which on the way of a purchase is most of the work.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

Encode = Callable[[Iterable[Any]], str]


def ints(values: Iterable[int | None]) -> str:
    """``{1,2,NULL}``; booleans are not numbers here, see ``bools``."""
    return "{" + ",".join(["NULL" if value is None else str(int(value)) for value in values]) + "}"


def bools(values: Iterable[bool]) -> str:
    """``{t,f}``."""
    return "{" + ",".join(["t" if value else "f" for value in values]) + "}"


def uuids(values: Iterable[UUID | None]) -> str:
    """Ids as 32 hexadecimal digits."""
    return "{" + ",".join(["NULL" if value is None else value.hex for value in values]) + "}"


def instants(values: Iterable[dt.datetime | None]) -> str:
    """ISO 8601 with offset."""
    return "{" + ",".join(["NULL" if value is None else value.isoformat() for value in values]) + "}"


def texts(values: Iterable[str | None]) -> str:
    """Any texts (JSON too), quoted."""
    return (
        "{"
        + ",".join(
            [
                "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
                for value in values
            ]
        )
        + "}"
    )


def columns(rows: Sequence[tuple[Any, ...]], encoders: Sequence[Encode]) -> list[str]:
    """Turn rows into one array literal a column; every row has a value for every encoder."""
    if not rows:
        return ["{}"] * len(encoders)
    return [encode(column) for encode, column in zip(encoders, zip(*rows, strict=True), strict=True)]
