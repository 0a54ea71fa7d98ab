"""Contests: for members who enter and vote, and for staff who look at entries, rank them and close the contest."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, Query, reply
from setia.api.queries import PAGE
from setia.api.reading import Problems, read_id, read_object, write_cursor
from setia.api.reads import find_edition, look
from setia.api.scopes import Scope
from setia.api.submitting import submit
from setia.api.writing import Json, activity_id, instant, text, units
from setia.contests import store
from setia.contests.store import Shown
from setia.flow.contest_results import find_contest, rank_contest
from setia.language.body_values import kind_of
from setia.language.model import Contest, Programme
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.rules.boards import NICKNAME, RECOGNITION
from setia.rules.contests import COUNTING, STATES, WAITING, ContestEntry
from setia.values.codes import Built
from setia.values.faults import NotFound
from setia.values.ids import public_id
from setia.values.instants import local_date

member = Door("/v1/member", "Member")
admin = Door("/v1/admin/programmes/{programme}", "Admin")

SOURCE: Final = "member"
_READ: Final = ("not_found", "programme_not_published")
_WRITE: Final = ("invalid", "idempotency_mismatch", "programme_paused", "member_blocked", "contest_unknown")
_FIELDS: Final = {"caption": "Sunday", "photo": "https://img.example/a.jpg"}
_OWN: Final[Json] = {
    "entry": examples.ACTIVITY, "contest": "best-cup", "state": "refused", "reason": "The picture shows another brand",
    "entered_at": examples.Z, "fields": _FIELDS,
}  # fmt: skip
_SHOWN: Final[Json] = {
    "entry": examples.ACTIVITY, "entered_at": examples.Z, "fields": _FIELDS, "name": "Kopi", "votes": None,
    "is_mine": False, "is_voted": True,
}  # fmt: skip
RECORD: Final[Json] = {
    "algorithm": "setia-contest-1", "programme": "contest", "contest": "best-cup", "version": 1,
    "over_at": examples.Z, "closed_at": examples.Z, "by": "votes", "ties": "first", "winners": 2, "commitment": None,
    "seed": None, "entries": [{"entry": examples.ACTIVITY, "participant": 1, "votes": 7}],
    "places": [{"place": 1, "entry": examples.ACTIVITY, "votes": 7}],
}  # fmt: skip
_CONTEST: Final[Json] = {
    "contest": "best-cup", "title": "The best cup", "state": "open", "from": examples.Z, "until": examples.Z,
    "fields": [{"field": "caption", "title": "Caption", "type": "text", "at_most": 120, "one_of": [],
                "required": True}],
    "costs": {"points": 5}, "at_most": 2, "is_moderated": True, "by": "votes", "winners": 2, "ties": "first",
    "voting": {"from": examples.Z, "until": examples.Z, "at_most": 3, "per_day": 2, "used": 1, "used_today": 1},
    "entries": [_OWN], "left": 1, "places": None,
}  # fmt: skip
_STAFF: Final[Json] = {
    **_OWN, "member": examples.MEMBER, "by": "Dewi", "reviewed_at": examples.Z, "votes": 0, "name": None,
}  # fmt: skip


@member.get(
    "/contests", Scope.MEMBER_READ, "Which contests are there, and what have I entered?", gives="Contests",
    answer={"contests": [_CONTEST]}, fails=_READ,
)  # fmt: skip
async def contests(call: Call) -> Response:
    """`state`: `announced`, `open` (entries are taken), `voting`, `over` (waits for its result) or `closed`. `entries`
    are the member's own; of one that was refused or taken down `reason` says why."""
    picture = await look(call.services, call.programme, call.member_id)
    async with call.services.pool.connection() as conn:
        own = await store.list_own(conn, picture.edition.id, call.member_id)
        votes = await store.count_votes(conn, picture.edition.id, call.member_id)
        closed = await store.list_closed(conn, picture.edition.id)
    found = [
        _contest_json(picture.programme, contest, call.language, picture.now, own, votes.get(contest.name, []))
        | {"places": closed[contest.name]["places"] if contest.name in closed else None}
        | ({"state": "closed"} if contest.name in closed else {})
        for contest in picture.programme.contests.values()
    ]
    return reply({"contests": found})


@member.post(
    "/contests/{contest}/entries", Scope.MEMBER_PLAY, "Enter a contest", sends="ContestEntryIn",
    example={"fields": _FIELDS}, gives="Decision",
    answer=examples.decided("contest.entered", spent=[{"unit": "points", "amount": 5, "for": "contest:best-cup"}],
                            changes={"points": {"available": -5}},
                            contest={"contest": "best-cup", "entry": examples.ACTIVITY, "state": "waiting"}),
    fails=(*_WRITE, "contest_not_open", "contest_not_eligible", "contest_limit_reached", "contest_full",
           "insufficient_balance"),
)  # fmt: skip
async def enter(call: Call) -> Response:
    """`fields` as the contest has them; links and pictures are https addresses. The id of the activity is the entry's.

    What it costs is taken at once. Where entries are moderated it waits, and costs nothing if it is refused.
    """
    found = Problems()
    sent = read_object(call.body, ("fields",), found)
    found.raise_any()
    return await _send(call, Built.CONTEST_ENTERED, {"fields": sent.get("fields", {})})


@member.delete(
    "/contests/{contest}/entries/{entry}", Scope.MEMBER_PLAY, "Take an entry back", gives="Decision",
    answer=examples.decided("contest.withdrawn", restored={"points": 5},
                            contest={"contest": "best-cup", "entry": examples.ACTIVITY, "state": "withdrawn"}),
    fails=(*_WRITE, "contest_entry_unknown", "contest_not_open"),
)  # fmt: skip
async def withdraw(call: Call) -> Response:
    """As long as the contest is not closed. What it cost comes back, and what it gave is taken back."""
    return await _send(call, Built.CONTEST_WITHDRAWN, {"entry": _path_entry(call).hex})


@member.get(
    "/contests/{contest}/entries", Scope.MEMBER_READ, "What was entered?", gives="ContestGallery",
    answer={"entries": [_SHOWN], "next": None}, queries=PAGE, fails=("invalid", *_READ),
)  # fmt: skip
async def gallery(call: Call) -> Response:
    """Newest first. `name` is there of whoever agreed to be shown; `votes` once the contest lets them be seen."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        name, limit = call.path["contest"], call.query["limit"]
        page = await read_gallery(
            conn, edition, name, call.services.clock.now(), limit=limit, after=_after(call), viewer=call.member_id
        )
    return reply(page)


@member.post(
    "/contests/{contest}/entries/{entry}/vote", Scope.MEMBER_PLAY, "Vote for an entry", gives="Decision",
    answer=examples.decided("contest.voted",
                            contest={"contest": "best-cup", "entry": examples.ACTIVITY, "state": "shown"}),
    fails=(*_WRITE, "contest_entry_unknown", "contest_not_open", "contest_own_entry", "contest_not_eligible",
           "contest_voted_already", "contest_limit_reached"),
)  # fmt: skip
async def vote(call: Call) -> Response:
    """One for each entry, and none for an own one; so many a day and in all as the contest says."""
    return await _send(call, Built.VOTED, {"entry": _path_entry(call).hex})


@member.delete(
    "/contests/{contest}/entries/{entry}/vote", Scope.MEMBER_PLAY, "Take a vote back", gives="Decision",
    answer=examples.decided("contest.unvoted",
                            contest={"contest": "best-cup", "entry": examples.ACTIVITY, "state": "shown"}),
    fails=(*_WRITE, "contest_not_voted", "contest_not_open"),
)  # fmt: skip
async def unvote(call: Call) -> Response:
    """As long as votes are taken. What voting gave is taken back; the vote can be given to another entry."""
    return await _send(call, Built.UNVOTED, {"entry": _path_entry(call).hex})


@member.get(
    "/contests/{contest}/result", Scope.MEMBER_READ, "Who has won?", gives="ContestResult", answer=RECORD, fails=_READ,
)  # fmt: skip
async def result(call: Call) -> Response:
    """All that is published of a closed contest: enough to recompute the places. Not found before it is closed."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        return reply(await fetch_result(conn, edition, call.path["contest"]))


# Staff ----------------------------------------------------------------------------------------------------------------


def _state(value: str, pointer: str, problems: Problems) -> str:
    if value not in STATES:
        problems.say(pointer, f"expected one of {', '.join(STATES)}, found {kind_of(value)}", "bad_choice")
    return value


STATE: Final = Query(
    "state", _state, {"type": "string", "enum": list(STATES), "default": WAITING}, "Which entries.", WAITING
)


@admin.get(
    "/contests/{contest}/entries", Scope.ADMIN_CONTESTS, "What waits for somebody to look at it", gives="ContestQueue",
    answer={"entries": [_STAFF], "next": None}, queries=(STATE, *PAGE), fails=("invalid", *_READ),
)  # fmt: skip
async def queue(call: Call) -> Response:
    """Newest first, in one `state`: `waiting`, `shown`, `refused`, `removed` or `withdrawn`."""
    limit = call.query["limit"]
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        find_contest(edition, call.path["contest"], call.services.clock.now())
        rows = await store.list_entries(
            conn, edition.id, call.path["contest"], consent=RECOGNITION, name=NICKNAME, states=[call.query["state"]],
            before=_after(call), limit=limit + 1,
        )  # fmt: skip
    found = [
        _own_json(row.entry) | {
            "member": public_id("mem", row.entry.member_id), "by": row.entry.by or None, "name": row.name,
            "reviewed_at": instant(row.entry.reviewed_at), "votes": row.votes,
        }
        for row in rows[:limit]
    ]  # fmt: skip
    return reply({"entries": found, "next": _next(rows, limit)})


@admin.post(
    "/contests/{contest}/entries/{entry}/review", Scope.ADMIN_CONTESTS, "Approve an entry, refuse it or take it down",
    sends="ContestReview", example={"verdict": "refuse", "reason": "The picture shows another brand", "by": "Dewi"},
    gives="Decision",
    answer=examples.decided("contest.reviewed", restored={"points": 5},
                            contest={"contest": "best-cup", "entry": examples.ACTIVITY, "state": "refused"}),
    fails=("invalid", "not_found", "idempotency_mismatch", "programme_paused", "contest_entry_unknown",
           "contest_not_open", "contest_reviewed_already"),
)  # fmt: skip
async def review(call: Call) -> Response:
    """`approve` or `refuse` what waits, `remove` what is shown. The member reads the `reason`; an entry that is refused
    or taken down is undone: what it cost comes back, and what it gave is taken back."""
    found = Problems()
    sent = read_object(call.body, ("verdict", "reason", "by"), found)
    entry_id = _path_entry(call)
    found.raise_any()
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        entry = await store.find_entry(conn, edition.id, call.path["contest"], entry_id)
    if entry is None:
        raise NotFound("entry", call.path["entry"])
    data = {**sent, "by": sent.get("by") or call.key.name, "contest": call.path["contest"], "entry": entry_id.hex}
    return await submit(call, Built.CONTEST_REVIEWED.value, data, member_id=entry.member_id, source="admin")


@admin.post(
    "/contests/{contest}/ranking", Scope.ADMIN_CONTESTS, "Say who wins, as a jury has decided", sends="ContestRanking",
    example={"places": [examples.ACTIVITY]}, gives="ContestResult", answer={**RECORD, "by": "jury"},
    fails=("invalid", *_READ, "contest_open", "contest_closed"),
)  # fmt: skip
async def rank(call: Call) -> Response:
    """The entries in the order of their places, once no more are taken. The contest is closed by it: the result stands,
    and what the winners get follows from the rules on `contest.placed`."""
    found = Problems()
    sent = read_object(call.body, ("places",), found)
    places = sent.get("places")
    if not isinstance(places, list):
        found.say("/places", f"expected a list of entries, found {kind_of(places)}")
    ids = [read_id("act", value, f"/places/{n}", found) for n, value in enumerate(places or [])]
    found.raise_any()
    services, now = call.services, call.services.clock.now()
    async with services.pool.connection() as conn:
        edition = await find_edition(services, conn, call.programme)
        order = [entry for entry in ids if entry is not None]
        record = await rank_contest(conn, services.engine.seeds, edition, call.path["contest"], order, now)
    await services.engine.forward(call.programme)
    return reply(record)


@admin.get(
    "/contests", Scope.ADMIN_CONTESTS, "Contests and their results", gives="ContestResults",
    answer={"results": [RECORD], "open": ["latte-art"]}, fails=_READ,
)  # fmt: skip
async def results(call: Call) -> Response:
    """The records of those that are closed, as they are published, and the names of those that are not."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        closed = await store.list_closed(conn, edition.id)
    names = sorted({name for version in edition.versions for name in version.programme.contests})
    return reply({"results": list(closed.values()), "open": [name for name in names if name not in closed]})


# What both and everybody read -----------------------------------------------------------------------------------------


async def read_gallery(
    conn: AsyncConnection,
    edition: Edition,
    name: str,
    now: dt.datetime,
    *,
    limit: int,
    after: UUID | None,
    viewer: UUID | None = None,
) -> Json:
    """A page of what members see of a contest. Raises ``NotFound``."""
    _, contest = find_contest(edition, name, now)
    is_counted = contest.votes is not None and contest.votes.shown
    is_counted = is_counted or name in await store.list_closed(conn, edition.id)
    rows = await store.list_entries(
        conn, edition.id, name, consent=RECOGNITION, name=NICKNAME, viewer=viewer, before=after, limit=limit + 1
    )
    found = []
    for row in rows[:limit]:
        shown: Json = {
            "entry": activity_id(row.entry.id),
            "entered_at": instant(row.entry.entered_at),
            "fields": row.entry.fields,
            "name": row.name,
            "votes": row.votes if is_counted else None,
        }
        if viewer is not None:
            shown |= {"is_mine": row.entry.member_id == viewer, "is_voted": row.is_voted}
        found.append(shown)
    return {"entries": found, "next": _next(rows, limit)}


async def fetch_result(conn: AsyncConnection, edition: Edition, name: str) -> Json:
    """The record of a closed contest. Raises ``NotFound``."""
    record = (await store.list_closed(conn, edition.id)).get(name)
    if record is None:
        raise NotFound("closed contest", name)
    return record


def read_after(cursor: str | None) -> UUID | None:
    """The entry behind which a page begins. Raises ``Invalid``."""
    found = Problems()
    entry = None if not cursor else read_id("act", cursor, "?cursor", found)
    found.raise_any()
    return entry


def _after(call: Call) -> UUID | None:
    return read_after(call.query["cursor"])


def _next(rows: list[Shown], limit: int) -> str | None:
    return write_cursor(activity_id(rows[limit - 1].entry.id)) if len(rows) > limit else None


async def _send(call: Call, kind: Built, data: Json) -> Response:
    body = {"contest": call.path["contest"], **data}
    return await submit(call, kind.value, body, member_id=call.member_id, source=SOURCE)


def _path_entry(call: Call) -> UUID:
    found = Problems()
    entry = read_id("act", call.path["entry"], "{entry}", found)
    found.raise_any()
    assert entry is not None
    return entry


def _own_json(entry: ContestEntry) -> Json:
    return {
        "entry": activity_id(entry.id),
        "contest": entry.contest,
        "state": entry.state,
        "reason": entry.reason or None,
        "entered_at": instant(entry.entered_at),
        "fields": entry.fields,
    }


def _contest_json(
    programme: Programme,
    contest: Contest,
    language: str,
    now: dt.datetime,
    own: list[ContestEntry],
    votes: list[dt.datetime],
) -> Json:
    mine = [entry for entry in own if entry.contest == contest.name]
    ballot = contest.votes
    today = local_date(now, programme.zone)
    voting: Any = None
    if ballot is not None:
        voting = {
            "from": instant(ballot.start),
            "until": instant(ballot.end),
            "at_most": ballot.at_most,
            "per_day": ballot.per_day,
            "used": len(votes),
            "used_today": sum(local_date(at, programme.zone) == today for at in votes),
        }
    return {
        "contest": contest.name,
        "title": text(contest.title, language, contest.name),
        "state": _phase(contest, now),
        "from": instant(contest.start),
        "until": instant(contest.end),
        "fields": [
            {
                "field": field.name,
                "title": text(field.title, language, field.name),
                "type": field.kind,
                "at_most": field.at_most or None,
                "one_of": list(field.one_of),
                "required": field.required,
            }
            for field in contest.fields.values()
        ],
        "costs": {unit: units(programme, unit, steps) for unit, steps in contest.costs.items()},
        "at_most": contest.at_most,
        "is_moderated": contest.moderated,
        "by": contest.by,
        "winners": contest.winners,
        "ties": contest.ties,
        "voting": voting,
        "entries": [_own_json(entry) for entry in mine],
        "left": max(contest.at_most - sum(entry.state in COUNTING for entry in mine), 0),
    }


def _phase(contest: Contest, now: dt.datetime) -> str:
    if contest.start is not None and now < contest.start:
        return "announced"
    if now < contest.end:
        return "open"
    return "voting" if now < contest.over_at else "over"
