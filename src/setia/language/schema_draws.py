"""Draws and contests in the JSON Schema of a programme file."""

from __future__ import annotations

from typing import Final

from setia.language.schema_forms import (
    _CONDITION,
    _FLAG,
    _INSTANT,
    _NUMBER,
    _SPAN,
    _TEXT,
    _TITLE,
    _WORD,
    Json,
    _choice,
    _map,
    _one_or_many,
    _ref,
)

DRAWS: Final[dict[str, dict[str, tuple[str, Json]]]] = {
    "draw": {
        "title": ("What people read.", _TITLE),
        "tickets": ("The unit that is entered.", {"type": "string"}),
        "from": ("From when it can be entered.", _INSTANT),
        "until": ("The moment at which it is closed.", _INSTANT),
        "at_most": ("How many tickets a member may enter.", _NUMBER),
        "when": ("Who may enter.", _CONDITION),
        "prizes": (
            "What is given away, the first prize first.",
            {"type": "array", "minItems": 1, "items": _ref("draw_prize")},
        ),
        "alternates": ("How many may move up.", _NUMBER),
        "answer_within": ("How long a winner has to say yes.", _SPAN),
        "beacon": ("The public random value that is waited for.", _TEXT),
    },
    "draw_prize": {
        "reward": ("What each winner gets.", {"type": "string"}),
        "winners": ("How many get it.", _NUMBER),
    },
    "contest": {
        "title": ("What people read.", _TITLE),
        "from": ("From when entries are taken.", _INSTANT),
        "until": ("The moment from which they are taken no more.", _INSTANT),
        "fields": ("What an entry consists of.", _map(_ref("contest_field"), _WORD)),
        "at_most": ("How many entries a member may have.", _NUMBER),
        "slots": ("How many entries there may be in all.", _NUMBER),
        "when": ("Who may enter.", _CONDITION),
        "costs": ("What an entry costs.", _map(_NUMBER, _WORD)),
        "moderated": ("Whether entries wait until staff have approved them.", _FLAG),
        "votes": ("When and how members vote.", _ref("contest_votes")),
        "result": ("How many win, and how they are found.", _ref("contest_result")),
    },
    "contest_field": {
        "type": ("What it is.", _choice("text", "link", "picture", "choice")),
        "title": ("What people read.", _TITLE),
        "at_most": ("The most characters of a text.", _NUMBER),
        "one_of": ("What can be chosen.", _one_or_many(_TEXT)),
        "required": ("Whether an entry needs it.", _FLAG),
    },
    "contest_votes": {
        "from": ("From when votes are taken.", _INSTANT),
        "until": ("The moment from which they are taken no more.", _INSTANT),
        "at_most": ("How many votes a member has in all.", _NUMBER),
        "per_day": ("How many of them a day.", _NUMBER),
        "when": ("Who may vote.", _CONDITION),
        "shown": ("Whether members see the numbers before the end.", _FLAG),
    },
    "contest_result": {
        "by": ("Who decides.", _choice("votes", "jury")),
        "winners": ("How many are placed.", _NUMBER),
        "ties": ("What becomes of equal numbers of votes.", _choice("first", "chance")),
    },
}
"""What each setting of them means, and its form."""
