"""The bodies of what is played: games, a member's own limits, entries to draws and contests, votes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from setia.language.body_values import (
    LONGEST_REASON,
    Bad,
    BodyCode,
    BodyProblem,
    Reader,
    choice_reader,
    closest,
    escaped,
    kind_of,
    read_count,
    read_date,
    read_id,
    read_name,
    read_text,
    text_reader,
)
from setia.language.contests import LONGEST_ENTRY
from setia.language.model import ContestField, Programme
from setia.values.activities import Body
from setia.values.chance import is_client_seed
from setia.values.codes import Built

MOST_PARTS: Final = 100
PLAY_PERIODS: Final = ("day", "week", "month")
"""Per what a member may limit their own plays."""
LONGEST_LINK: Final = 500
VERDICTS: Final = ("approve", "refuse", "remove")
"""What staff say of an entry: it is shown, it is not, it is shown no more."""


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


# Contests -------------------------------------------------------------------------------------------------------------


def read_entry(value: Any) -> dict[str, str]:
    """Read the fields of an entry as texts; what each may be, ``finish_entry`` knows."""
    if not isinstance(value, Mapping):
        raise Bad(BodyCode.WRONG_TYPE, f'expected an object like {{"caption": "…"}}, found {kind_of(value)}')
    if len(value) > MOST_PARTS:
        raise Bad(BodyCode.TOO_MANY, f"{len(value)} fields; at most {MOST_PARTS} are read")
    read = text_reader(LONGEST_ENTRY)
    return {read_name(name): read(text) for name, text in value.items()}


def finish_entry(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    """Check what is entered against the fields of the contest."""
    contest = programme.contests.get(body["contest"])
    if contest is None:
        return  # the decision says so
    sent = body.setdefault("fields", {})
    for name, field in contest.fields.items():
        if name in sent:
            code, message = _wrong_with(field, sent[name])
            if code is not None:
                problems.append(BodyProblem(f"/fields/{escaped(name)}", code, message))
        elif field.required:
            problems.append(BodyProblem(f"/fields/{escaped(name)}", BodyCode.MISSING_FIELD, f"'{name}' is missing"))
    for name in sent:
        if name not in contest.fields:
            message = f"the contest has no field '{name[:60]}'; {closest(name, contest.fields)}"
            problems.append(BodyProblem(f"/fields/{escaped(name)}", BodyCode.UNKNOWN_FIELD, message))


def _wrong_with(field: ContestField, text: str) -> tuple[BodyCode | None, str]:
    if field.kind == "choice" and text not in field.one_of:
        return BodyCode.BAD_CHOICE, f"expected one of {', '.join(field.one_of)}, found '{text[:60]}'"
    if field.kind == "text" and not text.strip():
        return BodyCode.BAD_TEXT, "the text is empty"
    if field.kind == "text" and len(text) > field.at_most:
        return BodyCode.TOO_LONG, f"{len(text)} characters; at most {field.at_most}"
    if field.kind in ("link", "picture") and not is_https(text):
        return BodyCode.BAD_TEXT, f"expected an address that begins with https://, of up to {LONGEST_LINK} characters"
    return None, ""


def is_https(text: str) -> bool:
    """Whether the text is a plain https address: with a host, and without blanks or a name and password."""
    if len(text) > LONGEST_LINK or not text.isascii() or not text.isprintable() or set(text) & set(' "<>\\^`{|}'):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and "." in (host or "") and "@" not in parts.netloc


_OF_ENTRY: Final[dict[str, Reader]] = {"contest": read_name, "entry": read_id}

PLAY_SHAPES: Final[dict[str, tuple[dict[str, Reader], tuple[str, ...]]]] = {
    Built.PLAYED: ({"game": read_name, "client_seed": read_client_seed, "answers": read_answers}, ("game",)),
    Built.LIMITED: ({"until": read_date, "limit": read_own_limit}, ()),
    Built.ENTERED: ({"draw": read_name, "tickets": read_count}, ("draw",)),
    Built.CONTEST_ENTERED: ({"contest": read_name, "fields": read_entry}, ("contest",)),
    Built.CONTEST_WITHDRAWN: (_OF_ENTRY, tuple(_OF_ENTRY)),
    Built.CONTEST_REVIEWED: (
        {**_OF_ENTRY, "verdict": choice_reader(VERDICTS), "reason": text_reader(LONGEST_REASON), "by": read_name},
        (*_OF_ENTRY, "verdict"),
    ),
    Built.VOTED: (_OF_ENTRY, tuple(_OF_ENTRY)),
    Built.UNVOTED: (_OF_ENTRY, tuple(_OF_ENTRY)),
}
"""The fields of each body, and which of them it needs."""


def finish_review(programme: Programme, body: Body, problems: list[BodyProblem]) -> None:
    """Who is refused is told why."""
    if body["verdict"] != "approve" and not body.get("reason", "").strip():
        problems.append(BodyProblem("/reason", BodyCode.MISSING_FIELD, "say why: the member reads it"))


PLAY_FINISHERS: Final[dict[str, Callable[[Programme, Body, list[BodyProblem]], None]]] = {
    Built.PLAYED: finish_played,
    Built.LIMITED: finish_limited,
    Built.ENTERED: finish_entered,
    Built.CONTEST_ENTERED: finish_entry,
    Built.CONTEST_REVIEWED: finish_review,
}
