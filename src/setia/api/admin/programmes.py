"""Programmes: drafts that people edit, and versions that members feel."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from starlette.responses import Response

from setia.api import examples
from setia.api.door import Call, Door, Query, reply
from setia.api.faults import NameMismatch, ProgrammeInvalid, RevisionMissing
from setia.api.keeping import pack, unpack
from setia.api.reading import Problems, read_instant, read_object, read_text, version_at
from setia.api.reads import find_edition
from setia.api.scopes import Scope
from setia.api.views import gives_json
from setia.api.writing import Json, instant, text, units
from setia.app import compile_source
from setia.flow.preview import Preview
from setia.flow.preview import preview as preview_version
from setia.flow.rooms import publish as publish_version
from setia.flow.rooms import roll_back as roll_back_version
from setia.language.body_values import kind_of
from setia.language.diagnostics import Diagnostic
from setia.language.parse import Loaded, load_programme
from setia.plumbing.db import AsyncConnection
from setia.programmes import store
from setia.programmes.model import Draft, PublishedVersion
from setia.values.faults import EditConflict, NotFound

door = Door("/v1/admin", "Admin")

_READ, _WRITE, _PUBLISH = (
    Scope.ADMIN_PROGRAMMES_READ, Scope.ADMIN_PROGRAMMES_WRITE, Scope.ADMIN_PROGRAMMES_PUBLISH,
)  # fmt: skip
_LONGEST: Final = 900_000
_SOURCE: Final = (
    "programme: grocery-tiers\ncurrency: USD\ntimezone: America/New_York\nunits:\n  points: {name: points}\n"
)
_DIAGNOSTIC: Final = {
    "code": "unknown_key", "severity": "error", "message": "there is no setting 'uints' here", "line": 4, "column": 1,
    "hint": "did you mean 'units'?",
}  # fmt: skip
_VERSION: Final = {
    "number": 1, "digest": "9f2c…", "effective_at": examples.Z, "published_at": examples.Z, "published_by": "dewi",
    "note": "", "state": "in_force",
}  # fmt: skip
_DRAFT: Final = {
    "name": "grocery-tiers", "source": _SOURCE, "revision": 3, "updated_at": examples.Z, "updated_by": "dewi",
    "diagnostics": [],
}  # fmt: skip
_PROGRAMME: Final = {"name": "grocery-tiers", "latest": 1, "is_paused": False, "pause": None, "created_at": examples.Z,
                     "has_draft": True}  # fmt: skip


_PREVIEW: Final = {
    "at": examples.Z, "members": 1_339, "up": 12, "down": 0, "removed": 3,
    "moves": [{"before": "bronze", "after": "silver", "way": "up", "members": 12},
              {"before": "pewter", "after": "bronze", "way": "removed", "members": 3}],
}  # fmt: skip


@door.get("/programmes", _READ, "All programmes", gives="Programmes", answer={"programmes": [_PROGRAMME]})
async def programmes(call: Call) -> Response:
    """Published ones and mere drafts."""
    async with call.services.pool.connection() as conn:
        rows, drafts = await store.list_programmes(conn), await store.list_drafts(conn)
    drafted = {draft.name for draft in drafts}
    known = {row.name: _programme_json(row, row.name in drafted) for row in rows}
    for name in drafted - set(known):
        known[name] = {
            "name": name,
            "latest": 0,
            "is_paused": False,
            "pause": None,
            "created_at": None,
            "has_draft": True,
        }
    return reply({"programmes": [known[name] for name in sorted(known)]})


@door.get(
    "/programmes/{programme}", _READ, "One programme", gives="Programme", answer=_PROGRAMME, fails=("not_found",),
)  # fmt: skip
async def programme(call: Call) -> Response:
    """Its newest version, and whether it is paused."""
    async with call.services.pool.connection() as conn:
        row = await store.fetch_programme(conn, call.programme)
        draft = await store.find_draft(conn, call.programme)
    return reply(_programme_json(row, draft is not None))


@door.get(
    "/programmes/{programme}/draft", _READ, "The draft", gives="Draft", answer=_DRAFT, fails=("not_found",),
)  # fmt: skip
async def draft(call: Call) -> Response:
    """The text that is edited, with all that is wrong with it. Its ETag is needed to save it."""
    async with call.services.pool.connection() as conn:
        found = await store.find_draft(conn, call.programme)
    if found is None:
        raise NotFound("draft", call.programme)
    return reply(draft_json(found), headers={"ETag": _etag(found.revision)})


@door.put(
    "/programmes/{programme}/draft", _WRITE, "Save the draft",
    sends="DraftIn", example={"source": _SOURCE, "by": "dewi"}, gives="Draft", answer=_DRAFT,
    fails=("invalid", "edit_conflict", "revision_missing"),
)  # fmt: skip
async def save_draft(call: Call) -> Response:
    """A draft may have errors: they come back as diagnostics. `If-Match` says which one was edited."""
    found = Problems()
    sent = read_object(call.body, ("source", "by"), found)
    source, by = read_source(sent, found), _by(call, sent, found)
    found.raise_any()
    revision = _edited(call)

    async def work(conn: AsyncConnection) -> bytes:
        now = call.services.clock.now()
        saved = await store.save_draft(conn, call.programme, source, at=now, by=by, revision=revision)
        return pack(draft_json(saved), headers={"ETag": _etag(saved.revision)})

    done = await call.services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)


@door.delete("/programmes/{programme}/draft", _WRITE, "Throw the draft away", status=204, fails=("not_found",))
async def delete_draft(call: Call) -> Response:
    """Published versions stay as they are."""
    async with call.services.pool.connection() as conn:
        if not await store.delete_draft(conn, call.programme):
            raise NotFound("draft", call.programme)
    return Response(status_code=204)


@door.post(
    "/check", _READ, "What is wrong with this definition?", sends="Source", example={"source": _SOURCE},
    gives="Checked", answer={"ok": False, "diagnostics": [_DIAGNOSTIC]}, fails=("invalid",),
)  # fmt: skip
async def check(call: Call) -> Response:
    """All of it at once, with line, column and a hint. Nothing is saved."""
    found = Problems()
    source = read_source(read_object(call.body, ("source",), found), found)
    found.raise_any()
    loaded = load_programme(source)
    return reply({"ok": loaded.programme is not None, "diagnostics": diagnostics_json(loaded.diagnostics)})


@door.post(
    "/programmes/{programme}/publish", _PUBLISH, "Publish, now or at an instant",
    sends="Publish", example={"by": "dewi", "note": "Silver from 1,200 dollars"}, gives="Version", answer=_VERSION,
    status=201,
    fails=("invalid", "not_found", "programme_invalid", "name_mismatch", "notice_too_short", "idempotency_mismatch"),
)  # fmt: skip
async def publish(call: Call) -> Response:
    """The draft, or `source`, becomes the next version. What was decided by earlier versions stays as it is."""
    sent, effective_at, by, note = _read_publish(call)

    async def work(conn: AsyncConnection) -> bytes:
        source, loaded = await _publishable(conn, call.programme, sent.get("source"))
        assert loaded.programme is not None
        now = call.services.clock.now()
        version = await publish_version(
            conn, source, loaded.programme, at=now, effective_at=effective_at, by=by, note=note
        )
        return pack(version_json(version, now), 201)

    done = await call.services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)


@door.post(
    "/programmes/{programme}/preview", _READ, "How many members would go up or down?", sends="PreviewIn",
    example={"effective_at": examples.Z}, gives="Preview", answer=_PREVIEW,
    fails=("invalid", "not_found", "programme_invalid", "name_mismatch"),
)  # fmt: skip
async def preview(call: Call) -> Response:
    """The ladder of the draft, or of `source`, is tried on every member. Nothing is published or written."""
    found = Problems()
    sent = read_object(call.body, ("source", "effective_at"), found)
    if "source" in sent:
        read_source(sent, found)
    at = read_instant(sent["effective_at"], "/effective_at", found) if sent.get("effective_at") is not None else None
    found.raise_any()
    async with call.services.pool.connection() as conn:
        _, loaded = await _publishable(conn, call.programme, sent.get("source"))
        assert loaded.programme is not None
        tried = await preview_version(conn, loaded.programme, at or call.services.clock.now())
    return reply(preview_json(tried))


@door.get(
    "/programmes/{programme}/versions", _READ, "All versions", gives="Versions", answer={"versions": [_VERSION]},
    fails=("not_found",),
)  # fmt: skip
async def versions(call: Call) -> Response:
    """Newest first: scheduled, in force, past."""
    async with call.services.pool.connection() as conn:
        rows = await store.list_versions(conn, call.programme)
    return reply({"versions": versions_json(rows, call.services.clock.now())})


@door.get(
    "/programmes/{programme}/versions/{number}", _READ, "The text of a version", gives="Version",
    answer={**_VERSION, "source": _SOURCE}, fails=("invalid", "not_found"),
)  # fmt: skip
async def version(call: Call) -> Response:
    """As it was published, to the letter."""
    number = _number(call.path["number"])
    async with call.services.pool.connection() as conn:
        rows = versions_json(await store.list_versions(conn, call.programme), call.services.clock.now())
        source = await store.fetch_source(conn, call.programme, number)
    return reply({**next(row for row in rows if row["number"] == number), "source": source})


@door.post(
    "/programmes/{programme}/rollback", _PUBLISH, "Go back to an earlier version",
    sends="RollBack", example={"version": 1, "by": "dewi"}, gives="Version", answer={**_VERSION, "number": 3},
    status=201, fails=("invalid", "not_found", "notice_too_short", "idempotency_mismatch"),
)  # fmt: skip
async def roll_back(call: Call) -> Response:
    """The earlier text becomes the newest version. What was decided in between stays decided."""
    found = Problems()
    sent = read_object(call.body, ("version", "by"), found)
    number, by = sent.get("version"), _by(call, sent, found)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**31:
        found.say("/version", f"expected the number of a version, found {kind_of(number)}")
    found.raise_any()

    async def work(conn: AsyncConnection) -> bytes:
        now = call.services.clock.now()
        row = await roll_back_version(conn, call.programme, int(number or 0), compile_source, at=now, by=by)
        return pack(version_json(row, now), 201)

    done = await call.services.engine.once(call.request_key(), work)
    return unpack(done.response, is_replay=done.is_replay)


def _switch(name: str, values: tuple[str, str], about: str) -> Query:
    def read(text: str, pointer: str, problems: Problems) -> str:
        if text not in values:
            problems.say(pointer, f"expected one of {', '.join(values)}, found '{text[:40]}'", "not_one_of")
        return text

    return Query(name, read, {"type": "string", "enum": list(values), "default": values[0]}, about, values[0])


_SPENDING: Final = _switch("spending", ("allowed", "refused"), "Whether what was earned can be spent meanwhile.")
_EXPIRY: Final = _switch(
    "expiry", ("continues", "pauses"), "Whether units go on ending, or end later by as much as the pause lasts."
)


@door.post("/programmes/{programme}/pause", _PUBLISH, "Pause", gives="Programme",
           answer={**_PROGRAMME, "is_paused": True,
                   "pause": {"since": examples.Z, "spending": "allowed", "expiry": "continues"}},
           queries=(_SPENDING, _EXPIRY), fails=("invalid", "not_found"))  # fmt: skip
async def pause(call: Call) -> Response:
    """Nothing is earned (423) until it is resumed; returns and the reading go on. Pausing anew changes the switches."""
    may_spend, stops = call.query["spending"] == "allowed", call.query["expiry"] == "pauses"
    async with call.services.pool.connection() as conn:
        await store.pause(
            conn, call.programme, call.services.clock, may_spend=may_spend, stops_expiry=stops, by=call.key.name
        )
    return await programme(call)


@door.post("/programmes/{programme}/resume", _PUBLISH, "Resume", gives="Programme", answer=_PROGRAMME,
           fails=("not_found",))  # fmt: skip
async def resume(call: Call) -> Response:
    """Activities come in again; where the clock of expiry stood still, it goes on from where it was."""
    async with call.services.pool.connection() as conn:
        await store.resume(conn, call.programme, call.services.clock, by=call.key.name)
    return await programme(call)


@door.get(
    "/programmes/{programme}/rewards", _READ, "All rewards of the version in force", gives="RewardsOffered",
    answer={"rewards": [{"reward": "five-off", "title": "5 dollars off", "costs": {"points": 500}, "stock": None}]},
    fails=("not_found", "programme_not_published"),
)  # fmt: skip
async def rewards(call: Call) -> Response:
    """With their costs and what stocks have left; those without costs are given by rules only."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, call.programme)
        cursor = await conn.execute(
            "SELECT account, left_ FROM house_accounts WHERE programme_id = %s AND account LIKE 'stock:%%'",
            [edition.id],
        )
        stocks: dict[str, int] = dict(await cursor.fetchall())
    running = version_at(edition, call.services.clock.now())
    return reply({"rewards": [
        {
            "reward": reward.name,
            "title": text(reward.title, call.language, reward.name),
            "gives": gives_json(running, reward.gives),
            "costs": {unit: units(running, unit, steps) for unit, steps in reward.costs.items()},
            "stock": stocks.get(f"stock:{reward.name}"),
            "valid_for": str(reward.valid) if reward.valid else None,
        }
        for reward in running.rewards.values()
    ]})  # fmt: skip


def _read_publish(call: Call) -> tuple[Json, dt.datetime | None, str, str]:
    found = Problems()
    sent = read_object(call.body, ("source", "effective_at", "by", "note"), found)
    if "source" in sent:
        read_source(sent, found)
    effective_at = None
    if sent.get("effective_at") is not None:
        effective_at = read_instant(sent["effective_at"], "/effective_at", found)
    note = read_text(sent["note"], "/note", found) if sent.get("note") else ""
    by = _by(call, sent, found)
    found.raise_any()
    return sent, effective_at, by, note


async def _publishable(conn: AsyncConnection, name: str, source: str | None) -> tuple[str, Loaded]:
    """The text to publish, without errors and under the right name."""
    if source is None:
        saved = await store.find_draft(conn, name)
        if saved is None:
            raise NotFound("draft", name)
        source = saved.source
    loaded = load_programme(source)
    if loaded.programme is None:
        raise ProgrammeInvalid(diagnostics_json(loaded.diagnostics))
    if loaded.programme.name != name:
        raise NameMismatch(name, loaded.programme.name)
    return source, loaded


def read_source(sent: Json, found: Problems) -> str:
    """The text of a programme in a body."""
    source = sent.get("source")
    if not isinstance(source, str):
        found.say("/source", f"expected the text of a programme file, found {kind_of(source)}")
        return ""
    if len(source) > _LONGEST:
        found.say("/source", f"a programme file has at most {_LONGEST:,} characters", "too_long")
    if "\0" in source:
        found.say("/source", "the character U+0000 cannot be kept", "bad_text")
    return source


def _by(call: Call, sent: Json, found: Problems) -> str:
    return read_text(sent["by"], "/by", found) if sent.get("by") is not None else call.key.name


def _edited(call: Call) -> int:
    """The revision that If-Match names; 0 for a draft that must not be there yet."""
    wanted = call.request.headers.get("if-match", "").strip()
    if not wanted and call.request.headers.get("if-none-match", "").strip() == "*":
        return 0
    if not wanted:
        raise RevisionMissing("the draft")
    number = wanted.removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdecimal() or len(number) > 9:
        raise EditConflict(f"the draft of programme '{call.programme}'", None, None)
    return int(number)


def _etag(revision: int) -> str:
    return f'"{revision}"'


def _number(text_: str) -> int:
    if not text_.isascii() or not text_.isdecimal() or len(text_) > 9:
        raise NotFound("programme version", text_[:40])
    return int(text_)


def draft_json(found: Draft) -> Json:
    """A draft with all that is wrong with it."""
    return {
        "name": found.name,
        "source": found.source,
        "revision": found.revision,
        "updated_at": instant(found.updated_at),
        "updated_by": found.updated_by,
        "diagnostics": diagnostics_json(load_programme(found.source).diagnostics),
    }


def diagnostics_json(diagnostics: tuple[Diagnostic, ...]) -> list[Json]:
    """What is wrong with a definition."""
    return [
        {
            "code": found.code, "severity": found.severity, "message": found.message, "line": found.line,
            "column": found.column, "hint": found.hint,
        }
        for found in diagnostics
    ]  # fmt: skip


def version_json(row: PublishedVersion, now: dt.datetime, state: str | None = None) -> Json:
    """A version without its text."""
    return {
        "number": row.number,
        "digest": row.digest,
        "effective_at": instant(row.effective_at),
        "published_at": instant(row.published_at),
        "published_by": row.published_by,
        "note": row.note,
        "state": state or ("scheduled" if row.effective_at > now else "in_force"),
    }


def versions_json(rows: list[PublishedVersion], now: dt.datetime) -> list[Json]:
    """Versions, newest first; the one in force is the latest that took effect."""
    started = [row for row in rows if row.effective_at <= now]
    current = max(started, key=lambda row: (row.effective_at, row.number), default=None)
    return [
        version_json(row, now, "in_force" if row is current else "past" if row in started else "scheduled")
        for row in rows
    ]


def preview_json(tried: Preview) -> Json:
    """How many members a version would move, in all and from level to level."""
    ways = {way: sum(move.members for move in tried.moves if move.way == way) for way in ("up", "down", "removed")}
    return {
        "at": instant(tried.at),
        "members": tried.members,
        **ways,
        "moves": [
            {"before": move.before or None, "after": move.after, "way": move.way, "members": move.members}
            for move in tried.moves
        ],
    }


def _programme_json(row: Any, has_draft: bool) -> Json:
    return {
        "name": row.name,
        "latest": row.latest,
        "is_paused": row.is_paused,
        "pause": None
        if row.pause is None
        else {
            "since": instant(row.pause.begun_at),
            "spending": "allowed" if row.pause.may_spend else "refused",
            "expiry": "pauses" if row.pause.stops_expiry else "continues",
        },
        "created_at": instant(row.created_at),
        "has_draft": has_draft,
    }
