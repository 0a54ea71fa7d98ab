"""A slot machine: every reel stops at a symbol, by the symbols' weights; the first prize whose line is shown is won."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import prod

from setia.language.games import ANY
from setia.language.model import Game
from setia.rules.games.kind import Kind, Landing, Turn

Symbols = tuple[tuple[str, int], ...]
Lines = tuple[tuple[str, tuple[str, ...]], ...]


def _below(game: Game) -> tuple[int, ...]:
    return (sum(game.symbols.values()),) * game.reels


def _land(game: Game, turn: Turn) -> Landing:
    shown = tuple(_symbol(game, number) for number in turn.numbers)
    return Landing(_won(_lines(game), shown), {"reels": list(shown)})


def _symbol(game: Game, number: int) -> str:
    for symbol, weight in game.symbols.items():
        if number < weight:
            return symbol
        number -= weight
    raise AssertionError(f"{game.name} has no symbol at {number} beyond its weights")


def _lines(game: Game) -> Lines:
    return tuple((prize.name, prize.line) for prize in game.prizes.values())


def _won(lines: Lines, shown: tuple[str, ...]) -> str | None:
    for prize, line in lines:
        if all(wanted in (ANY, found) for wanted, found in zip(line, shown, strict=True)):
            return prize
    return None


def _odds(game: Game) -> dict[str, Fraction]:
    return dict(_enumerated(tuple(game.symbols.items()), _lines(game), game.reels))


@lru_cache(maxsize=64)
def _enumerated(symbols: Symbols, lines: Lines, reels: int) -> tuple[tuple[str, Fraction], ...]:
    """Every way in which the reels can stop, counted."""
    won = dict.fromkeys((prize for prize, _ in lines), 0)
    for stop in product(symbols, repeat=reels):
        prize = _won(lines, tuple(symbol for symbol, _ in stop))
        if prize is not None:
            won[prize] += prod(weight for _, weight in stop)
    total = sum(weight for _, weight in symbols) ** reels
    return tuple((prize, Fraction(count, total)) for prize, count in won.items())


KIND = Kind(_below, _land, _odds)
