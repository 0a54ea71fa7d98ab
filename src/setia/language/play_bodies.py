"""The bodies of what is played: games, a member's own limits, entries to draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from setia.language.body_values import (
    Bad,
    BodyCode,
    BodyProblem,
    choice_reader,
    closest,
    escaped,
    kind_of,
    read_count,
    read_name,
    read_text,
)
from setia.language.model import Programme
from setia.values.activities import Body
from setia.values.chance import is_client_seed

MOST_PARTS: Final = 100
PLAY_PERIODS: Final = ("day", "week", "month")
"""Per what a member may limit their own plays."""


def read_client_seed(value: Any) -> str:
    """Read the text that a member adds to a draw."""
    text = read_text(value)
    if not is_client_seed(text):
        raise Bad(BodyCode.BAD_TEXT, "up to 64 letters, digits, dots, hyphens and underscores")
    return text


def read_answers(value: Any) -> dict[str, str]:
    """Read the answers of a quiz, by question."""
    if not isinstance(value, Mapping):
        raise Bad(BodyCode.WRONG_TYPE, f'expected an object like {{"question": "answer"}}, found {kind_of(value)}')
    if len(value) > MOST_PARTS:
        raise Bad(BodyCode.TOO_MANY, f"{len(value)} answers; at most {MOST_PARTS} are read")
    return {read_name(question): read_name(answer) for question, answer in value.items()}


def read_own_limit(value: Any) -> dict[str, Any] | None:
    """How often a member wants to play at most; null takes the limit away."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or set(value) != {"times", "per"}:
        raise Bad(BodyCode.WRONG_TYPE, f'expected {{"times": 3, "per": "day"}} or null, found {kind_of(value)}')
    return {"times": read_count(value["times"]), "per": choice_reader(PLAY_PERIODS)(value["per"])}


def finish_played(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    """Check answers against the questions of the game."""
    game = programme.games.get(body["game"])
    if game is None:
        return  # the decision says so
    if game.questions and "answers" not in body:
        problems.append(BodyProblem("/answers", BodyCode.MISSING_FIELD, "'answers' is missing"))
    for question, answer in body.get("answers", {}).items():
        known = game.questions.get(question)
        pointer = f"/answers/{escaped(question)}"
        if known is None:
            message = f"the game has no question '{question[:60]}'; {closest(question, game.questions)}"
            problems.append(BodyProblem(pointer, BodyCode.UNKNOWN_FIELD, message))
        elif answer not in known.answers:
            message = f"'{answer[:60]}' is no answer to it; write one of: {', '.join(known.answers)}"
            problems.append(BodyProblem(pointer, BodyCode.BAD_CHOICE, message))


def finish_limited(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    """Something has to be asked for."""
    if not body:
        message = "say 'until' when you do not want to play, or how often at most by 'limit'"
        problems.append(BodyProblem("/until", BodyCode.MISSING_FIELD, message))


def finish_entered(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    """One ticket, where nothing is said."""
    body.setdefault("tickets", 1)
