"""The forms of single values in the JSON Schema of a programme file: numbers, spans, choices, references."""

from __future__ import annotations

from typing import Any, Final

from setia.language.draft import RULED
from setia.language.model import FieldKind
from setia.language.scope import TIER_CHANGED

Json = dict[str, Any]

_WORD: Final = "^[a-z][a-z0-9_]{0,59}$"
_LABEL: Final = "^[a-z][a-z0-9]*([-_][a-z0-9]+)*$"
_PLAIN: Final[Json] = {"type": ["string", "number", "boolean", "null"]}

_TEXT: Final[Json] = {"type": ["string", "number", "boolean"]}
_TITLE: Final[Json] = {
    "description": "A text, or one text a language.",
    "anyOf": [_TEXT, {"type": "object", "minProperties": 1, "additionalProperties": _TEXT}],
}
_COUNTED_TITLE: Final[Json] = {
    "description": "A text, or one text a language; or of a language what one is called, and what any other number.",
    "anyOf": [_TEXT, {"type": "object", "minProperties": 1, "additionalProperties": {"anyOf": [
        _TEXT,
        {"type": "object", "properties": {"one": _TEXT, "other": _TEXT}, "required": ["one", "other"],
         "additionalProperties": False},
    ]}}],
}  # fmt: skip
_NUMBER: Final[Json] = {"type": ["number", "string"], "pattern": r"^-?[0-9]+(_[0-9]{3})*(\.[0-9]+)?$"}
_PERCENT: Final[Json] = {"type": ["number", "string"], "pattern": r"^[0-9]+(\.[0-9]+)? ?%?$", "examples": ["15 %"]}
_SPAN: Final[Json] = {
    "type": "string",
    "pattern": "^([0-9]+|a|an|one)[ _]+(minute|hour|day|week|month|year)s?$",
    "examples": ["14 days", "6 months"],
}
_FLAG: Final[Json] = {"type": ["boolean", "string"], "enum": [True, False, "true", "false"]}
_CONDITION: Final[Json] = {
    "description": "A condition that is true or false.",
    "type": ["string", "boolean"],
    "examples": ["purchase.total >= 100"],
}
_AMOUNT: Final[Json] = {"description": "A number or a formula.", "type": ["string", "number"], "examples": ["10"]}
_DAY: Final[Json] = {"type": "string", "pattern": "^[0-9]{1,2}-[0-9]{1,2}$", "examples": ["03-31"]}
_INSTANT: Final[Json] = {"type": "string", "examples": ["2026-03-01", "2026-03-01 10:00"]}
_WINDOWS: Final = [
    prefix + name for prefix in ("", "calendar_") for name in ("day", "week", "month", "quarter", "year")
]


def _choice(*words: str) -> Json:
    return {"type": "string", "enum": list(words)}


def _one_or_many(item: Json) -> Json:
    return {"anyOf": [item, {"type": "array", "minItems": 1, "items": item}]}


def _ref(kind: str) -> Json:
    return {"$ref": f"#/$defs/{kind}"}


def _map(kind: Json, names: str) -> Json:
    return {"type": "object", "propertyNames": {"pattern": names}, "additionalProperties": kind}


_EXPIRES: Final[Json] = {"anyOf": [_choice("never"), _ref("expires")]}
_PENDING: Final[Json] = {"anyOf": [_SPAN, _ref("pending")]}
_WINDOW: Final[Json] = {"anyOf": [_choice(*_WINDOWS, "lifetime", "since_joining"), _SPAN, _ref("window")]}
_FIELDS: Final[Json] = {
    "type": "object",
    "propertyNames": {"pattern": _WORD},
    "additionalProperties": {"anyOf": [_choice(*(kind.value for kind in FieldKind)), _ref("field")]},
}
_TYPES: Final[Json] = _one_or_many({"type": "string", "examples": [*RULED, TIER_CHANGED, "stamps.reached"]})
_UNITS: Final[Json] = {"type": "object", "propertyNames": {"pattern": _WORD}, "additionalProperties": _AMOUNT}

_COUNTED: Final[dict[str, tuple[str, Json]]] = {
    "sum": ("What is added up.", _AMOUNT),
    "count": ("Which activities are counted.", _TYPES),
    "days": ("Days with which activities are counted.", _TYPES),
    "earned": ("The unit whose qualifying awards are added up.", {"type": "string"}),
    "streak": ("Days in a row with which activities are counted.", _TYPES),
    "on": ("Which activities are summed.", _TYPES),
    "when": ("Only those for which this holds.", _CONDITION),
    "freeze": ("Of how many days one may be missed.", {"anyOf": [_SPAN, _ref("freeze")]}),
}
_DROP: Final = {
    "title": ("What people call it.", _TITLE),
    "reward": ("Which reward; it needs a stock.", {"type": "string"}),
    "opens": ("When the first ones are admitted.", _INSTANT),
    "lobby": ("How long before one may arrive; the order of whoever does is drawn. Default 30 minutes.", _SPAN),
    "admit": ("How many are admitted at a time.", _NUMBER),
    "every": ("How often. Default 1 minute.", _SPAN),
    "pass": ("How long one may choose and claim once admitted. Default 10 minutes.", _SPAN),
    "hold": ("How long the piece is held at the checkout. Default 5 minutes.", _SPAN),
}

_GOALS: Final[dict[str, dict[str, tuple[str, Json]]]] = {
    "freeze": {"times": ("How many days may be missed.", _NUMBER), "every": ("Of how many days.", _SPAN)},
    "leaderboard": {
        "title": ("What people read.", _TITLE),
        "by": ("The metric that ranks.", {"type": "string"}),
        "top": ("How many are placed at the end of a period.", _NUMBER),
        "ties": ("What becomes of equal scores.", _choice("shared", "first")),
    },
    "badge": {"title": ("What people read.", _TITLE)},
    "avatar": {
        "title": ("What people read.", _TITLE),
        "picture": ("Where the picture is.", _TEXT),
        "badge": ("Who may choose it: those who have this badge.", {"type": "string"}),
        "when": ("Who may choose it: by what is known of the member, and the level.", _CONDITION),
        "while": ("Whether it is worn only as long as it could be chosen.", _FLAG),
    },
}
_CAUSES: Final = {
    "cause": {
        "title": ("What people call it.", _TITLE),
        "takes": ("Which unit members give.", {"type": "string"}),
        "worth": ("How much money the programme pays for one of them.", _NUMBER),
        "least": ("The least that can be given at a time. Default: one step.", _NUMBER),
        "step": ("So many at a time, or twice as many, and so on. Default: the smallest part of the unit.", _NUMBER),
        "schedule": ("When it is open.", _ref("schedule")),
        "when": ("To which members it is shown and open.", _CONDITION),
        "match": ("Who adds to each gift.", _ref("match")),
    },
    "match": {
        "by": ("Who that is.", _TITLE),
        "percent": ("How much of each gift is added: 100 doubles it. Default 100.", _NUMBER),
        "up_to": ("How much money in all.", _NUMBER),
    },
}
