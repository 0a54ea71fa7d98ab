"""PostgreSQL array literals, built by hand: a batch as one text a column, for ``INSERT … SELECT FROM unnest(…)``.

The driver's own adaptation of lists costs four times as much, which on the way of a purchase is most of the work.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

Encode = Callable[..., str]
Known = dict[int, str]
"""Texts of values by their identity: most instants and ids of a batch come again and again as the same object."""


def ints(values: Iterable[int | None]) -> str:
    """``{1,2,NULL}``; booleans are not numbers here, see ``bools``."""
    return "{" + ",".join(map(str, values)).replace("None", "NULL") + "}"


def bools(values: Iterable[bool]) -> str:
    """``{t,f}``."""
    return "{" + ",".join(["t" if value else "f" for value in values]) + "}"


def uuids(values: Iterable[UUID | None], known: Known | None = None) -> str:
    """Ids as 32 hexadecimal digits. ``known`` may be shared by encoders while the values live."""
    kept = list(values)
    known = {} if known is None else known
    for value in kept:
        if id(value) not in known:
            known[id(value)] = "NULL" if value is None else value.hex
    return "{" + ",".join([known[id(value)] for value in kept]) + "}"


def instants(values: Iterable[dt.datetime | None], known: Known | None = None) -> str:
    """ISO 8601 with offset. ``known`` may be shared by encoders while the values live."""
    kept = list(values)
    known = {} if known is None else known
    for value in kept:
        if id(value) not in known:
            known[id(value)] = "NULL" if value is None else value.isoformat()
    return "{" + ",".join([known[id(value)] for value in kept]) + "}"


def texts(values: Iterable[str | None]) -> str:
    """Any texts (JSON too), quoted. Names of units, rules and types come again and again: each is quoted once."""
    known: dict[str | None, str] = {None: "NULL"}
    quoted: list[str] = []
    for value in values:
        text = known.get(value)
        if text is None:
            assert value is not None
            text = known[value] = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        quoted.append(text)
    return "{" + ",".join(quoted) + "}"


def columns(rows: Sequence[tuple[Any, ...]], encoders: Sequence[Encode]) -> list[str]:
    """Turn rows into one array literal a column; every row has a value for every encoder."""
    if not rows:
        return ["{}"] * len(encoders)
    known: Known = {}
    return [
        encode(column, known) if encode is instants or encode is uuids else encode(column)
        for encode, column in zip(encoders, zip(*rows, strict=True), strict=True)
    ]
