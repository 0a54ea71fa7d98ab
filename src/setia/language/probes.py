"""Comparing two expressions by trying both: whether one is at least the other wherever they were tried.

What they mean cannot be compared by their texts. They are tried on a grid of values around every number, text and date
that either of them names. That is no proof, so it is used where the doubt falls to the side of care.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from itertools import islice, product
from math import prod
from typing import Final

from setia.language.expressions import BOOL, DATE, STRING, EvaluationError, Expression, ListOf, Number, Type

MOST_TRIALS: Final = 3_000
_GRID: Final = (0, 1, 9, 10, 99, 100, 1_000, 10_000, 100_000, 1_000_000)
_NUMBER: Final = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?")
_QUOTED: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_ABSENT: Final = object()


def is_at_least(new: Expression, old: Expression) -> bool:
    """Whether ``new`` is at least ``old`` on all trials: no smaller a number, and true wherever ``old`` is.

    False, too, where they read what cannot be made up: the lines of a purchase as a list, or periods that ended.
    """
    reads = {**old.reads, **new.reads}
    if old.metrics or new.metrics:
        return False
    named = old.source + " " + new.source
    values = {path: _values(type_, named) for path, type_ in reads.items()}
    if not all(values.values()):
        return False
    return all(_result(new, env) >= _result(old, env) for env in _trials(values))


def _result(expression: Expression, env: Mapping[str, object]) -> int:
    try:
        if expression.type == BOOL:
            return expression.test(env)
        number, over = expression.amount(env)
    except EvaluationError:
        return 0  # what cannot be computed gives nothing
    return number * 10**9 // over


def _trials(values: Mapping[str, list[object]]) -> Iterator[dict[str, object]]:
    """All combinations, or evenly chosen ones of them where they are too many."""
    stride = -(-prod(len(found) for found in values.values()) // MOST_TRIALS)
    while stride > 1 and any(stride % len(found) == 0 for found in values.values() if len(found) > 1):
        stride += 1  # else one of them would always be tried with the same value
    for combination in islice(product(*values.values()), 0, None, max(stride, 1)):
        yield {path: value for path, value in zip(values, combination, strict=True) if value is not _ABSENT}


def _values(type_: Type, named: str) -> list[object]:
    """Values to try for a field of ``type_``; none where such values cannot be made up."""
    if type_ == BOOL:
        return [False, True]
    if type_ == STRING:
        return [_ABSENT, *_texts(named), "?"]
    if type_ == DATE:
        return [day + dt.timedelta(days=off) for day in _days(named) for off in (-1, 0, 1)]
    if isinstance(type_, ListOf) and type_.element == STRING:
        texts = _texts(named)
        return [[], *([text] for text in texts), texts]
    if isinstance(type_, Number) and type_.denominator:
        found = {number * type_.denominator for number in _GRID}
        for text in _NUMBER.findall(_QUOTED.sub("", named)):
            whole, _, rest = text.replace("_", "").partition(".")
            step = int(whole + rest) * type_.denominator // 10 ** len(rest)
            found |= {max(step - 1, 0), step, step + 1}
        return [*sorted(found)]
    return []


def _texts(named: str) -> list[str]:
    return list(dict.fromkeys(first or second for first, second in _QUOTED.findall(named)))


def _days(named: str) -> list[dt.date]:
    found: list[dt.date] = [dt.date(2000, 1, 1)]
    for text in _texts(named):
        try:
            found.append(dt.date.fromisoformat(text))
        except ValueError:
            continue
    return found
