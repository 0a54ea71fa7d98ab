"""From what was sent to the engine and back: one activity with its own status, or a batch with an answer for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from starlette.responses import Response

from setia.api import problems
from setia.api.door import Call
from setia.api.keeping import pack, unpack
from setia.api.reading import Problems, Read, Who, read_activity, version_at
from setia.api.writing import Json, decision_json, declined_json, programme_of
from setia.flow.handle import Answer, Answers, Incoming
from setia.flow.work import Decision
from setia.members.store import find_member_ids
from setia.programmes.model import Edition
from setia.values.card_codes import CARD_KIND
from setia.values.codes import Built
from setia.values.faults import Fault, Invalid, NotFound, Problem
from setia.values.ids import public_id

PLACED: Final = frozenset(
    (
        Built.PURCHASE.value, Built.RETURN.value, Built.CANCEL.value, Built.ADJUST.value, Built.HOLD.value,
        Built.COMMIT.value, Built.RELEASE.value, Built.CLAIM.value, Built.PROMISED.value,
    )
)  # fmt: skip
"""Built-in activities that happen with a partner; those that a programme declares do, too."""


async def submit(
    call: Call,
    kind: str,
    data: Mapping[str, Any],
    *,
    sent: Mapping[str, Any] | None = None,
    member_id: UUID | None = None,
    source: str | None = None,
    dry_run: bool | None = None,
) -> Response:
    """Decide one activity of type ``kind``; a decline is a problem with its own status.

    ``sent`` holds the envelope; ``member_id`` names the member where the key or the address does. ``source``: of
    whoever sends none; then the Idempotency-Key with the API key, or chance, is the external id.
    """
    envelope = sent or {}
    defaults = (source, _external_id(call)) if source is not None else None
    is_dry = call.is_dry_run if dry_run is None else dry_run

    def read(edition: Edition, found: Problems) -> Read:
        return read_activity(edition, kind, envelope, data, found, now=call.services.clock.now(), defaults=defaults)

    edition, found = await call.services.edition(call.programme), Problems()
    item = read(edition, found)
    if found:
        # A version that another process has published may know what this one does not.
        fresh, again = await call.services.edition(call.programme, is_fresh=True), Problems()
        if fresh.latest != edition.latest:
            edition, found, item = fresh, again, read(fresh, again)
        found.raise_any()
    speak(call, edition, item)
    if member_id is not None:
        item.incoming.member_id = member_id
    else:
        await identify(call, edition, [item])
    answers = await call.services.engine.handle(
        call.programme,
        [item.incoming],
        dry_run=is_dry,
        request=call.request_key(),
        render=lambda given: render_one(call, given),
    )
    return finish(call, answers)


def speak(call: Call, edition: Edition, item: Read) -> None:
    """Say with which partner it happened, where the key belongs to one; raises ``Invalid`` where it says another."""
    speaker, incoming = call.key.partner, item.incoming
    if speaker is None:
        return
    programme = version_at(edition, incoming.occurred_at or call.services.clock.now())
    if incoming.type not in PLACED and incoming.type not in programme.activities:
        return
    said = incoming.body.get("partner", speaker)
    if said != speaker:
        message = f"this key speaks for '{speaker}' alone, not for '{said}'; leave the partner out"
        raise Invalid([Problem("/partner", message, "partner_of_key")])
    if speaker not in programme.partners:
        message = f"the programme has no partner '{speaker}', for which this key speaks"
        raise Invalid([Problem("/partner", message, "partner_of_key")])
    incoming.body["partner"] = speaker


def _external_id(call: Call) -> str:
    """The external id of whoever sends none. Two keys may well count their requests alike, so it names the key too."""
    return f"{call.idempotency_key}@{call.key.public_id}" if call.idempotency_key is not None else uuid4().hex


def finish(call: Call, answers: Answers) -> Response:
    """The response to what the engine answered."""
    assert answers.response is not None
    for answer in answers:
        call.meters.activities.labels(answer.status if isinstance(answer, Decision) else "fault").inc()
    response = unpack(answers.response, is_replay=answers.is_replay)
    if response.status_code >= 400:
        response.headers["Setia-Problem"] = "declined"
    return response


def render_one(call: Call, answers: Sequence[Answer]) -> bytes:
    """The answer to a single write; a fault undoes the whole request."""
    answer = answers[0]
    if isinstance(answer, Fault):
        raise _told(answer)
    edition = call.services.catalogue.known(call.programme)
    assert edition is not None
    document = decision_json(edition, answer, call.language)
    if answer.result.declined is None:
        return pack(document, 202 if answer.status == "parked" else 200)
    declined = declined_json(programme_of(edition, answer.version), answer)
    del document["declined"]
    body = problems.document(
        declined["code"], declined["message"], language=call.language, data=declined["data"], decision=document
    )
    return pack(body, body["status"])


def _told(fault: Fault) -> Fault:
    """The fault as outsiders read it: members by their public id."""
    if isinstance(fault, NotFound) and fault.data["what"] == "member":
        return NotFound("member", public_id("mem", UUID(fault.data["key"])))
    return fault


async def identify(call: Call, edition: Edition, items: Sequence[Read]) -> list[Fault | None]:
    """Find the members of ``items`` in one query. A sale of somebody unknown is kept with what they are known by.

    Returns what is wrong with each; raises it when there is but one item.
    """
    named = [item.who.identifier for item in items if item.who.identifier is not None]
    owners = {}
    if named:
        async with call.services.pool.connection() as conn:
            # One question needs no transaction around it; on the way of every sale that is two round trips less.
            await conn.set_autocommit(True)
            try:
                owners = await find_member_ids(conn, named)
            finally:
                await conn.set_autocommit(False)
    faults = [
        _place(call, edition, item, owners.get(item.who.identifier) if item.who.identifier else None) for item in items
    ]
    if len(items) == 1 and faults[0] is not None:
        raise faults[0]
    return faults


def _place(call: Call, edition: Edition, item: Read, owner: UUID | None) -> Fault | None:
    who, incoming = item.who, item.incoming
    if owner is not None:
        incoming.member_id = owner
    elif who.identifier is not None and who.identifier.kind == CARD_KIND:
        return NotFound("gift card", "with this code")
    elif who.identifier is not None:
        programme = version_at(edition, incoming.occurred_at or call.services.clock.now())
        if incoming.type != Built.PURCHASE or programme.guest_claims is None:
            return NotFound("member", who.identifier.value)
        incoming.contact = {who.identifier.kind: who.identifier.value}
    return None


# Batches --------------------------------------------------------------------------------------------------------------


async def submit_batch(call: Call, items: Sequence[Any], reader: Any) -> Response:
    """Decide many activities; each has its own answer, and none of them stops another.

    ``reader(edition, index, item, problems)`` reads one into a ``Read``.
    """
    edition = await call.services.edition(call.programme)
    reads, faults = _read_all(edition, items, reader)
    if any(fault is not None for fault in faults):
        fresh = await call.services.edition(call.programme, is_fresh=True)
        if fresh.latest != edition.latest:
            edition = fresh
            reads, faults = _read_all(edition, items, reader)
    good = [number for number, fault in enumerate(faults) if fault is None]
    for number in good:
        try:
            speak(call, edition, reads[number])
        except Invalid as invalid:
            faults[number] = invalid
    good = [number for number in good if faults[number] is None]
    for number, fault in zip(good, await identify_all(call, edition, [reads[n] for n in good]), strict=True):
        faults[number] = fault
    chosen = [number for number in good if faults[number] is None]
    incoming: list[Incoming] = [reads[number].incoming for number in chosen]

    def render(given: Sequence[Answer]) -> bytes:
        answers: list[Answer | Fault] = [fault or Invalid([]) for fault in faults]
        for number, answer in zip(chosen, given, strict=True):
            answers[number] = answer
        return pack(batch_json(call, answers))

    return finish(
        call,
        await call.services.engine.handle(
            call.programme, incoming, dry_run=call.is_dry_run, request=call.request_key(), render=render
        ),
    )


async def identify_all(call: Call, edition: Edition, items: Sequence[Read]) -> list[Fault | None]:
    """``identify`` that never raises for an item."""
    if len(items) != 1:
        return await identify(call, edition, items)
    try:
        return await identify(call, edition, items)
    except NotFound as fault:
        return [fault]


def _read_all(edition: Edition, items: Sequence[Any], reader: Any) -> tuple[list[Read], list[Fault | None]]:
    reads: list[Read] = []
    faults: list[Fault | None] = []
    for number, item in enumerate(items):
        found = Problems()
        reads.append(reader(edition, number, item, found))
        faults.append(Invalid(found) if found else None)
    return reads, faults


def batch_json(call: Call, answers: Sequence[Answer]) -> Json:
    """The answers of a batch, with how many there are of each status."""
    edition = call.services.catalogue.known(call.programme)
    assert edition is not None
    counts: dict[str, int] = {}
    out: list[Json] = []
    for number, answer in enumerate(answers):
        if isinstance(answer, Fault):
            body: Json = {"status": "failed", "problem": problems.of_fault(_told_in_batch(answer), call.language)}
        else:
            body = decision_json(edition, answer, call.language)
        counts[body["status"]] = counts.get(body["status"], 0) + 1
        out.append({"index": number, **body})
    return {"counts": counts, "answers": out}


def _told_in_batch(fault: Fault) -> Fault:
    try:
        return _told(fault)
    except ValueError:
        return fault  # somebody named by a card or a phone, not by an id


def nobody() -> Read:
    """An item that could not be read."""
    return Read(Incoming("", "", "", None, None, {}), Who())
