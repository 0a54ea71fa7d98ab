"""What contests look like in requests and answers: a part of the schemas of the OpenAPI document."""

from __future__ import annotations

from typing import Final

from setia.api.schemas import (
    _AMOUNTS,
    _ENTRY,
    _FLAG,
    _FROM,
    _INSTANT,
    _MAP,
    _STRING,
    _TEXT,
    _WHOLE,
    Json,
    _id,
    _list,
    _maybe,
    _object,
    _ref,
)

CONTEST_SCHEMAS: Final[dict[str, Json]] = {
    "ContestEntryIn": _object(
        "fields", closed=True, fields={"type": "object", "additionalProperties": {"type": "string", "maxLength": 2_000}}
    ),
    "ContestReview": _object(
        "verdict",
        closed=True,
        by=_TEXT,
        reason={"type": "string", "maxLength": 2_000},
        verdict={"type": "string", "enum": ["approve", "refuse", "remove"]},
    ),
    "ContestRanking": _object("places", closed=True, places=_list(_id("act"), 1_000)),
    "OwnEntry": _object(
        "entry contest state entered_at fields",
        **_ENTRY,
        contest=_STRING,
        state=_STRING,
        reason=_maybe(_STRING),
        member=_id("mem"),
        by=_maybe(_STRING),
        votes=_WHOLE,
        name=_maybe(_STRING),
        reviewed_at=_maybe(_INSTANT),
    ),
    "Contests": _object(
        "contests",
        contests=_list(
            _object(
                "contest title state until fields at_most by winners entries left",
                **_FROM,
                contest=_STRING,
                title=_STRING,
                until=_INSTANT,
                fields=_list(_MAP),
                costs=_AMOUNTS,
                at_most=_WHOLE,
                state={"type": "string", "enum": ["announced", "open", "voting", "over", "closed"]},
                is_moderated=_FLAG,
                winners=_WHOLE,
                left=_WHOLE,
                voting=_maybe(_MAP),
                by={"type": "string", "enum": ["votes", "jury"]},
                ties={"type": "string", "enum": ["first", "chance"]},
                entries=_list(_ref("OwnEntry")),
                places=_maybe(_list(_MAP)),
            )
        ),
    ),
    "ContestGallery": _object(
        "entries next",
        next=_maybe(_STRING),
        entries=_list(
            _object(
                "entry entered_at fields name votes is_mine is_voted",
                **_ENTRY,
                name=_maybe(_STRING),
                votes=_maybe(_WHOLE),
                is_mine=_FLAG,
                is_voted=_FLAG,
            )
        ),
    ),
    "ContestQueue": _object("entries next", next=_maybe(_STRING), entries=_list(_ref("OwnEntry"))),
    "ContestResult": _object(
        "algorithm programme contest closed_at by winners entries places",
        algorithm=_STRING,
        programme=_STRING,
        contest=_STRING,
        version=_WHOLE,
        over_at=_STRING,
        closed_at=_STRING,
        by=_STRING,
        ties=_STRING,
        winners=_WHOLE,
        commitment=_maybe(_STRING),
        seed=_maybe(_STRING),
        entries=_list(_MAP),
        places=_list(_MAP),
    ),
    "ContestResults": _object("results open", results=_list(_ref("ContestResult")), open=_list(_STRING)),
}
