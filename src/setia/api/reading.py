"""Reading requests: JSON bodies, envelopes of activities, references to members, ids, instants, cursors."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import orjson
from starlette.requests import Request

from setia.api.faults import BodyTooLarge, MalformedJson, MediaTypeUnknown
from setia.flow.gather import RESERVED_SOURCES
from setia.flow.handle import Incoming
from setia.language.bodies import parse_body
from setia.language.body_values import BodyCode, escaped, kind_of
from setia.language.model import Programme
from setia.members.model import KINDS, Identifier, IdentifierError, identifier
from setia.programmes.model import Edition
from setia.rules.in_force import in_force
from setia.state.progress import Progress
from setia.values.card_codes import CARD_KIND, CardCodeError, is_card, read_code
from setia.values.faults import Invalid, Problem
from setia.values.ids import IdError, parse_public_id

DEEPEST: Final = 32
LONGEST_KEY: Final = 200
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

MEMBER_KINDS: Final = {"card": "card", "phone": "phone", "email": "email", "external_id": "external"}
"""What a member is called by in a request → the kind of identifier."""


class Problems(list[Problem]):
    """Collects all that is wrong with a request."""

    def say(self, pointer: str, message: str, code: str = "wrong_type") -> None:
        """Note one problem."""
        self.append(Problem(pointer, message, code))

    def raise_any(self) -> None:
        """Raise ``Invalid`` when there is anything."""
        if self:
            raise Invalid(self)


# Bodies ---------------------------------------------------------------------------------------------------------------


async def read_bytes(request: Request, most: int) -> bytes:
    """The body, refused unread when it says that it is too large, and as soon as it proves to be."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise BodyTooLarge(most)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise BodyTooLarge(most)
        chunks.append(chunk)
    return b"".join(chunks)


def read_json(raw: bytes, media_type: str) -> Any:
    """The value of a JSON body. Raises ``MediaTypeUnknown`` or ``MalformedJson``."""
    if media_type and "json" not in media_type.lower():
        raise MediaTypeUnknown(media_type)
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if not raw.strip():
            raise MalformedJson("there is no body") from None
        raise MalformedJson(error.msg, line=error.lineno, column=error.colno) from None
    # Fewer brackets than that cannot nest too deep for anybody downstream.
    if raw.count(b"{") + raw.count(b"[") > DEEPEST:
        _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [inner for item in level for inner in _inner(item)]
        if not level:
            return
    raise MalformedJson(f"it is nested deeper than {DEEPEST} levels")


def _inner(value: Any) -> list[Any]:
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [inner for inner in values if isinstance(inner, dict | list)]


def read_object(value: Any, known: Iterable[str], problems: Problems, pointer: str = "") -> dict[str, Any]:
    """``value`` as an object with no other fields than ``known``; else what is wrong is noted."""
    if not isinstance(value, dict):
        problems.say(pointer, f"expected an object, found {kind_of(value)}")
        return {}
    names = list(known)
    for name in value:
        if name not in names:
            problems.say(f"{pointer}/{escaped(name)}", unknown(name, names), "unknown_field")
    return value


def unknown(name: str, known: Iterable[str]) -> str:
    """What to say of a field that there is not."""
    names = list(known)
    close = difflib.get_close_matches(name[:60], names, 1, 0.6)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"there is no field '{name[:60]}'; {hint}known: {', '.join(names)}"


def read_text(value: Any, pointer: str, problems: Problems, *, longest: int = LONGEST_KEY) -> str:
    """A text of 1 to ``longest`` printable characters."""
    if not isinstance(value, str):
        problems.say(pointer, f"expected a text, found {kind_of(value)}")
    elif not value.strip() or len(value) > longest or not value.isprintable():
        problems.say(pointer, f"expected 1 to {longest} printable characters", "bad_text")
    else:
        return value
    return ""


def read_instant(value: Any, pointer: str, problems: Problems) -> dt.datetime | None:
    """An instant with offset, RFC 3339; None when it cannot be read (and noted)."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            at = dt.datetime.fromisoformat(value.upper()).astimezone(dt.UTC)
            if 1900 <= at.year <= 2200:
                return at
        except (ValueError, OverflowError):
            pass
    found = kind_of(value)
    problems.say(
        pointer, f"expected an instant with offset like 2026-03-01T10:15:00+07:00, found {found}", "bad_instant"
    )
    return None


def read_id(prefix: str, value: Any, pointer: str, problems: Problems) -> UUID | None:
    """An id of one kind; None when it cannot be read (and noted)."""
    if not isinstance(value, str):
        problems.say(pointer, f"expected an id like '{prefix}_…', found {kind_of(value)}")
        return None
    try:
        return parse_public_id(prefix, value)
    except IdError as error:
        problems.say(pointer, str(error), "bad_id")
        return None


def read_number_id(prefix: str, text: str, pointer: str, problems: Problems) -> int:
    """A number within a member, such as ``ent_42`` or ``vch_7``; 0 when it cannot be read (and noted)."""
    number = text.removeprefix(f"{prefix}_")
    if text.startswith(f"{prefix}_") and number.isascii() and number.isdecimal() and 0 < len(number) < 10:
        return int(number)
    problems.say(pointer, f"expected a number of this member like '{prefix}_42', found '{text[:40]}'", "bad_id")
    return 0


def write_cursor(place: str) -> str:
    """An opaque mark of where the next page begins."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read_cursor(text: str, pointer: str, problems: Problems) -> str:
    """What ``write_cursor`` was given; "" when it cannot be read (and noted)."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        problems.say(pointer, "this is no cursor; send the 'next' of the page before, as it is", "bad_cursor")
        return ""


# Members and activities -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Who:
    """Whom a request is about: an id, or an identifier that leads to one. Both None: nobody was named."""

    id: UUID | None = None
    identifier: Identifier | None = None


def read_member(value: Any, pointer: str, problems: Problems, region: str | None) -> Who:
    """``"mem_…"``, or exactly one of ``{"id" | "card" | "phone" | "email" | "external_id": …}``."""
    if isinstance(value, str):
        return Who(id=_read_member_id(value, pointer, problems))
    known = ("id", *MEMBER_KINDS, CARD_KIND)
    found = read_object(value, known, problems, pointer)
    named = [name for name in known if name in found]
    if len(named) != 1:
        if isinstance(value, dict):
            problems.say(pointer, f"name the member by exactly one of {', '.join(known)}", "conflicting_fields")
        return Who()
    name = named[0]
    if name == "id":
        return Who(id=_read_member_id(found[name], f"{pointer}/id", problems))
    if name == CARD_KIND:
        return Who(identifier=read_card_code(found[name], f"{pointer}/{CARD_KIND}", problems))
    return Who(identifier=read_identifier(MEMBER_KINDS[name], found[name], f"{pointer}/{name}", problems, region))


def _read_member_id(value: Any, pointer: str, problems: Problems) -> UUID | None:
    """The id of a member; the wallet of a gift card is opened by its code alone."""
    found = read_id("mem", value, pointer, problems)
    if found is not None and is_card(found):
        problems.say(pointer, "a gift card is named by its code: {gift_card: …}", "bad_identifier")
        return None
    return found


def read_card_code(value: Any, pointer: str, problems: Problems) -> Identifier | None:
    """A code as the identifier that leads to its card; None when it cannot be one (and noted)."""
    if not isinstance(value, str):
        problems.say(pointer, f"expected the code of a gift card, found {kind_of(value)}")
        return None
    try:
        return Identifier(CARD_KIND, read_code(value)[0])
    except CardCodeError as error:
        problems.say(pointer, str(error), "bad_identifier")
        return None


def read_identifier(kind: str, value: Any, pointer: str, problems: Problems, region: str | None) -> Identifier | None:
    """A card, phone, e-mail or external id, normalised; None when it cannot be read (and noted)."""
    assert kind in KINDS
    if not isinstance(value, str):
        problems.say(pointer, f"expected a text, found {kind_of(value)}")
        return None
    try:
        return identifier(kind, value, region)
    except IdentifierError as error:
        problems.say(pointer, str(error), "bad_identifier")
        return None


def region_of(programme: Programme) -> str | None:
    """The country whose phone numbers need no country code: that of the programme's currency."""
    return _REGIONS.get(programme.currency)


_REGIONS: Final = {"IDR": "ID", "MYR": "MY", "SGD": "SG", "USD": "US", "GBP": "GB", "AUD": "AU", "THB": "TH",
                   "PHP": "PH", "VND": "VN", "JPY": "JP", "INR": "IN", "BRL": "BR"}  # fmt: skip

ENVELOPE: Final = ("member", "source", "external_id", "occurred_at", "revision")


@dataclass(slots=True)
class Read:
    """An activity as it was read: what to hand to the engine, once ``who`` is found."""

    incoming: Incoming
    who: Who
    contact: dict[str, str] = field(default_factory=dict)


def read_activity(
    edition: Edition,
    kind: str,
    sent: Mapping[str, Any],
    data: Mapping[str, Any],
    problems: Problems,
    *,
    now: dt.datetime,
    pointer: str = "",
    data_pointer: str = "",
    defaults: tuple[str, str] | None = None,
) -> Read:
    """The envelope ``sent`` (see ``ENVELOPE``) with the body ``data`` of an activity of type ``kind``.

    ``defaults``: source and external id for whoever sends none. The body is read by the version in force when the
    activity occurred.
    """
    before = len(problems)
    source, external_id = defaults or ("", "")
    for name, needed in (("source", not source), ("external_id", not external_id)):
        if needed and name not in sent:
            problems.say(f"{pointer}/{name}", f"'{name}' is missing: it makes the activity count once", "missing_field")
    if "source" in sent:
        source = read_text(sent["source"], f"{pointer}/source", problems, longest=100)
        if source in RESERVED_SOURCES:
            problems.say(f"{pointer}/source", f"'{source}' is reserved; use another source", "bad_choice")
    if "external_id" in sent:
        external_id = read_text(sent["external_id"], f"{pointer}/external_id", problems)
    occurred_at = None
    if sent.get("occurred_at") is not None:
        occurred_at = read_instant(sent["occurred_at"], f"{pointer}/occurred_at", problems)
    revision = sent.get("revision", 0)
    if isinstance(revision, bool) or not isinstance(revision, int) or not 0 <= revision < 2**31:
        problems.say(f"{pointer}/revision", f"expected a whole number from 0, found {kind_of(revision)}")
        revision = 0
    programme = version_at(edition, occurred_at or now)
    who = Who()
    if sent.get("member") is not None:
        who = read_member(sent["member"], f"{pointer}/member", problems, region_of(programme))
    body = parse_body(programme, kind, data)
    if isinstance(body, list):
        problems += [
            Problem(
                f"{pointer}/type" if bad.code is BodyCode.UNKNOWN_TYPE else f"{data_pointer}{bad.pointer}",
                bad.message,
                bad.code.value,
            )
            for bad in body
        ]
        body = {}
    if len(problems) > before:
        return Read(Incoming(kind, source, external_id, None, occurred_at, {}), who)
    return Read(Incoming(kind, source, external_id, who.id, occurred_at, body, revision), who)


def version_at(edition: Edition, at: dt.datetime, member: Progress | None = None) -> Programme:
    """The programme that holds at ``at`` (for ``member``, who may keep the old terms); the first one before that."""
    return (in_force(edition.versions, at, member) or edition.versions[0]).programme
