"""Query parameters that several routes take."""

from __future__ import annotations

import datetime as dt
from typing import Final

from setia.api.door import Query
from setia.api.reading import Problems, read_cursor, read_instant, read_text

MOST_ROWS: Final = 200


def _flag(text: str, pointer: str, problems: Problems) -> bool:
    if text in ("true", "1", "false", "0"):
        return text in ("true", "1")
    problems.say(pointer, f"expected true or false, found '{text[:40]}'")
    return False


def _limit(text: str, pointer: str, problems: Problems) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text[:10]) <= MOST_ROWS:
        return int(text)
    problems.say(pointer, f"expected a whole number from 1 to {MOST_ROWS}, found '{text[:40]}'", "out_of_range")
    return 1


def _instant(text: str, pointer: str, problems: Problems) -> dt.datetime | None:
    # A plus sign that was not escaped arrives as a space.
    return read_instant(text.replace(" ", "+") if text[10:11] != " " else text, pointer, problems)


def _text(text: str, pointer: str, problems: Problems) -> str:
    return read_text(text, pointer, problems, longest=100)


DRY_RUN: Final = Query(
    "dry_run", _flag, {"type": "boolean", "default": False}, "Decide by the very same path, and record nothing.", False
)
LIMIT: Final = Query(
    "limit", _limit, {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": 50}, "Rows on a page.", 50
)
CURSOR: Final = Query("cursor", read_cursor, {"type": "string", "maxLength": 300}, "`next` of the page before.")
SEARCH: Final = Query(
    "search", _text, {"type": "string", "minLength": 1, "maxLength": 100}, "The beginning of a name, e-mail or phone."
)
AS_OF: Final = Query("as_of", _instant, {"type": "string", "format": "date-time"}, "The instant that is asked about.")
KNOWN_AT: Final = Query(
    "known_at", _instant, {"type": "string", "format": "date-time"}, "By what the book knew at this instant."
)
PAGE: Final = (LIMIT, CURSOR)
