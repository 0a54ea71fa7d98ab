"""The history of a member, entry by entry in words, and why an entry is as it is."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from setia.api.door import Call
from setia.api.reading import Problems, write_cursor
from setia.api.reads import find_edition
from setia.api.writing import Json, activity_id, instant, programme_of, rule_title, text, units
from setia.flow.explain import Case, Explanation, explain, signed
from setia.flow.stored import Row, ask_rows, fetch_activity, row_of, standing_of
from setia.flow.work import Version
from setia.language.model import Programme
from setia.ledger.plan import Entry
from setia.ledger.store import list_entries
from setia.plumbing.db import AsyncConnection
from setia.programmes.model import Edition
from setia.programmes.store import list_pauses
from setia.values.codes import Account
from setia.values.faults import NotFound
from setia.values.pauses import Pauses

Words = tuple[str, str, str]
"""English, Indonesian, Malay; with gaps for the rule and what the activity is called."""

_A, _P, _H, _D = Account.AVAILABLE, Account.PENDING, Account.HELD, Account.DEBT
_GIVING: Final = (Account.ISSUED, Account.BUDGET)

_WORDS: Final[dict[str, Words]] = {
    "earned": ("{rule}", "{rule}", "{rule}"),
    "earned_pending": (
        "{rule}, usable from {activates}",
        "{rule}, dapat dipakai mulai {activates}",
        "{rule}, boleh digunakan mulai {activates}",
    ),
    "activated": ("Now usable", "Sekarang dapat dipakai", "Kini boleh digunakan"),
    "spent": ("Spent: {what}", "Dipakai: {what}", "Digunakan: {what}"),
    "held": ("Set aside for a payment", "Disisihkan untuk pembayaran", "Diketepikan untuk bayaran"),
    "freed": ("Free again", "Bebas kembali", "Bebas semula"),
    "expired": ("Expired", "Kedaluwarsa", "Tamat tempoh"),
    "reversed": ("Taken back: {what}", "Ditarik kembali: {what}", "Ditarik balik: {what}"),
    "restored": ("Given back: {what}", "Dikembalikan: {what}", "Dipulangkan: {what}"),
    "adjusted": ("Corrected by hand: {reason}", "Dikoreksi: {reason}", "Dibetulkan: {reason}"),
    "transferred": ("Moved between members", "Dipindahkan antaranggota", "Dipindahkan antara ahli"),
    "exchanged": ("Exchanged", "Ditukarkan", "Ditukar"),
    "donated": ("Given to a cause", "Didonasikan", "Didermakan"),
    "repaid": ("Paid back what was owed", "Melunasi kekurangan", "Menjelaskan kekurangan"),
    "moved": ("Moved", "Dipindahkan", "Dipindahkan"),
}
_ACTIVITIES: Final[dict[str, Words]] = {
    "purchase.completed": ("purchase {id}", "pembelian {id}", "pembelian {id}"),
    "purchase.returned": ("return {id}", "pengembalian {id}", "pemulangan {id}"),
    "purchase.cancelled": ("cancellation {id}", "pembatalan {id}", "pembatalan {id}"),
    "reward.claimed": ("reward {reward}", "hadiah {reward}", "ganjaran {reward}"),
    "reward.cancelled": ("cancelled reward", "hadiah dibatalkan", "ganjaran dibatalkan"),
    "hold.committed": ("payment", "pembayaran", "bayaran"),
}


def kind_of_entry(entry: Entry) -> str:
    """What an entry is to the member it belongs to."""
    debit, credit = entry.debit, entry.credit
    if credit is _D:
        return "repaid"
    if debit in _GIVING:
        return "earned_pending" if credit is _P else "earned"
    if debit is _P and credit is _A:
        return "activated"
    if credit is _H:
        return "held"
    if debit is _H and credit is _A:
        return "freed"
    by_house = {
        Account.REDEEMED: "spent", Account.EXPIRED: "expired", Account.REVERSED: "reversed",
        Account.ADJUSTED: "adjusted", Account.TRANSFERRED: "transferred", Account.EXCHANGED: "exchanged",
        Account.DONATED: "donated",
    }  # fmt: skip
    if credit in by_house and debit is not Account.EXPIRED:
        return by_house[credit]
    back = {
        Account.REDEEMED: "restored", Account.ADJUSTED: "adjusted", Account.TRANSFERRED: "transferred",
        Account.EXCHANGED: "exchanged", Account.DONATED: "restored",
    }  # fmt: skip
    return back.get(debit, "moved")


async def history_page(call: Call, member_id: UUID, programme: str) -> Json:
    """A page of entries, newest first, each with its reason in words. ``next``: the cursor of the page after it."""
    before = _before(call)
    limit = int(call.query["limit"])
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, programme)
        pauses = await list_pauses(conn, edition.id)
        found = await list_entries(conn, edition.id, member_id, before=before, limit=limit + 1)
        wanted = list({(member_id, activity) for activity, _, _ in found})
        rows = [row_of(row) for row in await (await ask_rows(conn, wanted)).fetchall()] if wanted else []
    by_id = {row.activity.id: row for row in rows}
    page = found[:limit]
    return {
        "entries": [
            entry_json(edition, by_id.get(activity), at, entry, call.language, pauses) for activity, at, entry in page
        ],
        "next": write_cursor(str(page[-1][2].no)) if len(found) > limit else None,
    }


def _before(call: Call) -> int | None:
    place = call.query["cursor"]
    if place is None:
        return None
    if not place.isdecimal() or len(place) > 9:
        found = Problems()
        found.say(
            "?cursor", "this is no cursor of a history; send the 'next' of the page before, as it is", "bad_cursor"
        )
        found.raise_any()
    return int(place)


def entry_json(edition: Edition, row: Row | None, at: Any, entry: Entry, language: str, pauses: Pauses) -> Json:
    """An entry as its member reads it. ``amount`` is what it changes in all that the member has; ``ends_at`` is what
    pauses have made of ``expires_at``, None while one goes on."""
    programme = programme_of(edition, row.version if row else 0)
    kind = kind_of_entry(entry)
    return {
        "id": f"ent_{entry.no}",
        "kind": kind,
        "unit": entry.unit,
        "title": text(programme.units[entry.unit].title, language, entry.unit) if entry.unit in programme.units else "",
        "amount": units(programme, entry.unit, signed(entry)),
        "moved": units(programme, entry.unit, entry.amount),
        "from": entry.debit.name.lower(),
        "to": entry.credit.name.lower(),
        "reason": _reason(programme, kind, entry, row, language),
        "rule": entry.rule or None,
        "at": instant(entry.effective_at),
        "recorded_at": instant(at),
        "activates_at": instant(entry.activates_at),
        "expires_at": instant(entry.expires_at),
        "ends_at": instant(None if entry.expires_at is None else pauses.end_of(entry.effective_at, entry.expires_at)),
        "lot": f"ent_{entry.lot}" if entry.lot is not None else None,
        "activity": None
        if row is None
        else {
            "id": activity_id(row.activity.id),
            "type": row.activity.type,
            "source": row.activity.source,
            "external_id": row.activity.external_id,
            "occurred_at": instant(row.activity.occurred_at),
        },
    }


def _reason(programme: Programme, kind: str, entry: Entry, row: Row | None, language: str) -> str:
    number = {"id": 1, "ms": 2}.get(language, 0)
    body = row.activity.body if row else {}
    activates = ""
    if entry.activates_at is not None:
        activates = entry.activates_at.astimezone(programme.zone).strftime("%Y-%m-%d")
    gaps = {
        "rule": rule_title(programme, entry.rule, language) if entry.rule else _activity(row, number),
        "activates": activates,
        "what": _activity(row, number),
        "reason": str(body.get("reason", "")),
    }
    return _WORDS[kind][number].format_map(gaps)


def _activity(row: Row | None, number: int) -> str:
    if row is None:
        return ""
    activity = row.activity
    words = _ACTIVITIES.get(activity.type)
    if words is None:
        return activity.type
    return words[number].format(id=activity.external_id, reward=activity.body.get("reward", ""))


# Explanations ---------------------------------------------------------------------------------------------------------


async def explain_entry(call: Call, member_id: UUID, programme: str, number: int) -> Json:
    """Why an entry is as it is. Raises ``NotFound``."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, programme)
        found = await list_entries(conn, edition.id, member_id, before=number + 1, limit=1)
        if not found or found[0][2].no != number:
            raise NotFound("entry", f"ent_{number}")
        activity, at, entry = found[0]
        case = await fetch_case(conn, edition, activity, member_id)
        row, _ = await fetch_activity(conn, edition.id, activity, member_id)
    return {
        "entry": entry_json(edition, row, at, entry, call.language, case.pauses),
        "explanation": explanation_json(explain(case, number), call.language),
    }


async def explain_activity(call: Call, programme: str, activity: UUID) -> Json:
    """Why an activity came to what it came to. Raises ``NotFound``."""
    async with call.services.pool.connection() as conn:
        edition = await find_edition(call.services, conn, programme)
        case = await fetch_case(conn, edition, activity, None)
    return {
        "activity": activity_id(activity),
        "explanation": explanation_json(explain(case), call.language),
    }


async def fetch_case(conn: AsyncConnection, edition: Edition, activity: UUID, member_id: UUID | None) -> Case:
    """An activity as ``explain`` needs it."""
    try:
        row, decision = await fetch_activity(conn, edition.id, activity, member_id)
    except NotFound:
        raise NotFound("activity", activity_id(activity)) from None
    amended = None
    if row.of_id is not None and row.standing.get("o") is not None:
        subject, _ = await fetch_activity(conn, edition.id, row.of_id, row.activity.member_id)
        amended = standing_of(subject, row.standing)
    version = next((v for v in edition.versions if v.number == row.version), edition.versions[-1])
    return Case(
        Version(version.number, version.effective_at, version.programme), row.activity, row.status, row.facts,
        row.result, decision.entries, amended, row.answer, await list_pauses(conn, edition.id),
    )  # fmt: skip


def explanation_json(explanation: Explanation, language: str) -> Json:
    """The explanation for people, and the parts it was made from."""
    data = explanation.data(language)
    return {
        "text": data["text"],
        "version": data["version"],
        "rules": [_plain(rule) for rule in data["rules"]],
        "differs": data["differs"],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
