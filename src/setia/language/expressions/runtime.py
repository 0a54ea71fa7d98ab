"""The functions that compiled expressions call. A pair is (numerator, denominator > 0)."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from functools import reduce
from math import gcd
from typing import Final, TypeVar

from setia.language.expressions.limits import LIST_ELEMENTS
from setia.language.expressions.problems import EvaluationCode, EvaluationError

Pair = tuple[int, int]
_List = TypeVar("_List", bound=Sized)


def _zero() -> EvaluationError:
    return EvaluationError(
        EvaluationCode.DIVISION_BY_ZERO, "division by zero: guard it, for example x > 0 ? total / x : 0"
    )


def add(left: Pair, right: Pair) -> Pair:
    # Over the least common denominator: the sum of a thousand quotients stays as small as it can be.
    shared = gcd(left[1], right[1])
    scale = right[1] // shared
    return left[0] * scale + right[0] * (left[1] // shared), left[1] * scale


def subtract(left: Pair, right: Pair) -> Pair:
    return difference(left, right), left[1] * right[1]


def difference(left: Pair, right: Pair) -> int:
    return left[0] * right[1] - right[0] * left[1]


def negate(pair: Pair) -> Pair:
    return -pair[0], pair[1]


def abs_pair(pair: Pair) -> Pair:
    return abs(pair[0]), pair[1]


def multiply(left: Pair, right: Pair) -> Pair:
    return left[0] * right[0], left[1] * right[1]


def divide(left: int, right: int) -> Pair:
    if right > 0:
        return left, right
    if right == 0:
        raise _zero()
    return -left, -right


def divide_pairs(left: Pair, right: Pair) -> Pair:
    return divide(left[0] * right[1], left[1] * right[0])


def remainder(left: int, right: int) -> int:
    if right == 0:
        raise _zero()
    return left % right


def floor(pair: Pair) -> int:
    return pair[0] // pair[1]


def ceil(pair: Pair) -> int:
    return -(-pair[0] // pair[1])


def round_half_up(pair: Pair) -> int:
    return (2 * pair[0] + pair[1]) // (2 * pair[1])


def min_pair(*pairs: Pair) -> Pair:
    return reduce(lambda left, right: right if difference(right, left) < 0 else left, pairs)


def max_pair(*pairs: Pair) -> Pair:
    return reduce(lambda left, right: right if difference(right, left) > 0 else left, pairs)


def sum_pairs(pairs: Iterable[Pair]) -> Pair:
    return reduce(add, pairs, (0, 1))


def among(pair: Pair, pairs: Iterable[Pair]) -> bool:
    return any(difference(pair, other) == 0 for other in pairs)


def bounded(values: _List, most: int, path: str) -> _List:
    if len(values) > most:
        raise EvaluationError(
            EvaluationCode.LIST_TOO_LONG, f"the list '{path}' has {len(values):_} elements; at most {most:_} are read"
        )
    return values


def streak(periods: Sequence[Mapping[str, object]], path: str, holds: Callable[[Mapping[str, object]], bool]) -> int:
    count = 0
    for period in bounded(periods, LIST_ELEMENTS, path):
        if not holds(period):
            break
        count += 1
    return count


def habit(values: Mapping[str, int], key: str) -> int:
    return values.get(key, 0)


def top(values: Mapping[str, int]) -> str:
    """The text with the largest number, of equal ones the first; an empty one where nothing is kept."""
    return min(values, key=lambda key: (-values[key], key), default="")


FUNCTIONS: Final[Mapping[str, object]] = {
    "__builtins__": {},
    "abs": abs,
    "all": all,
    "any": any,
    "len": len,
    "max": max,
    "min": min,
    "sum": sum,
    "round": round_half_up,
    **{
        function.__name__: function
        for function in (
            *(add, subtract, difference, negate, abs_pair, multiply, divide, divide_pairs, remainder),
            *(floor, ceil, min_pair, max_pair, sum_pairs, among, bounded, streak, habit, top),
        )
    },
}
"""The only names that compiled code can reach."""
