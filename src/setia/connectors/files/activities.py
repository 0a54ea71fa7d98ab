"""Rows → activities: names become fields, lines of a receipt become one purchase, and what is wrong is said by line."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from setia.connectors.files.mapping import LINE, Columns
from setia.connectors.files.rows import Row
from setia.flow.gather import RESERVED_SOURCES
from setia.flow.handle import Incoming
from setia.language.bodies import parse_body
from setia.language.model import FieldKind, FieldType, Programme
from setia.members.model import Identifier, IdentifierError, identifier
from setia.values.codes import Built
from setia.values.ids import IdError, parse_public_id

_KINDS: Final = {"card": "card", "phone": "phone", "email": "email", "external_id": "external"}
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_WHOLE_FIELDS: Final = frozenset(("voucher", "lapses_after", "revision"))
_STRUCTURED: Final = frozenset(("lines", "discounts", "tenders", "claims"))
_LONGEST_KEY: Final = 200


@dataclass(slots=True)
class Item:
    """One activity of the file. ``incoming`` None: ``problems`` says why.

    ``who``: what leads to the member; ``member_id``: the member, where the row names it by id. ``name``: of
    a member who joins. ``rows``: as they stand in the file, for the list of rejects.
    """

    rows: list[Row]
    incoming: Incoming | None = None
    who: tuple[Identifier, ...] = ()
    member_id: UUID | None = None
    name: str | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def where(self) -> str:
        """Its place in the file: "line 7", or "lines 7-9"."""
        first, last = self.rows[0].line, self.rows[-1].line
        return f"line {first}" if first == last else f"lines {first}-{last}"


@dataclass(slots=True)
class Reader:
    """Reads the rows of one file for one programme.

    ``programme_at``: the programme in force at an instant. ``source``: of rows that name none. ``zone``: of times
    without an offset. ``region``: the country whose phone numbers need no country code.
    """

    programme_at: Callable[[dt.datetime], Programme]
    columns: Columns
    source: str
    zone: ZoneInfo
    region: str | None
    is_text: bool  # every value is a text, as in CSV
    _seen: set[int] = field(default_factory=set)

    def items(self, rows: Iterable[Row]) -> Iterator[Item]:
        """The activities of ``rows``. Rows of one receipt that follow each other are one purchase."""
        group: list[tuple[Row, dict[str, Any]]] = []
        key: tuple[Any, ...] | None = None
        for row in rows:
            if row.problem:
                yield from self._end(group)
                group = []
                yield Item([row], problems=[row.problem])
                continue
            values = self._named(row.values)
            is_line = any(name.startswith(LINE) for name in values)
            own = (values.get("type"), values.get("source"), values.get("external_id"))
            if group and not (is_line and own == key):
                yield from self._end(group)
                group = []
            group.append((row, values))
            key = own
            if not is_line:
                yield from self._end(group)
                group = []
        yield from self._end(group)

    def _named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A row by our names, without what is empty."""
        found = dict(self.columns.values)
        for column, value in values.items():
            name = self.columns.name(column)
            value = value.strip() if isinstance(value, str) else _plain(value)
            if name is not None and value is not None and value != "":
                found[name] = value
        return found

    def _end(self, group: list[tuple[Row, dict[str, Any]]]) -> Iterator[Item]:
        if not group:
            return
        item = Item([row for row, _ in group])
        try:
            self._read(item, [values for _, values in group])
        except _Wrong as wrong:
            item.problems.append(str(wrong))
        if item.problems:
            item.incoming = None
        yield item

    def _read(self, item: Item, rows: list[dict[str, Any]]) -> None:
        head = rows[0]
        lines = []
        for row, values in zip(item.rows, rows, strict=True):
            line = {name: value for name, value in values.items() if name.startswith(LINE)}
            rest = {name: value for name, value in values.items() if name not in line}
            if line:
                lines.append({name.removeprefix(LINE): value for name, value in line.items()})
            for name, value in rest.items():
                if head.get(name) != value:
                    raise _Wrong(f"line {row.line} says '{name}' is {str(value)[:60]!r}, and the first line of this "
                                 f"receipt says {str(head.get(name))[:60]!r}")  # fmt: skip
        flat = {name: value for name, value in head.items() if not name.startswith(LINE)}
        kind = str(flat.pop("type", Built.PURCHASE.value))
        source = self._key(flat.pop("source", self.source), "source")
        external_id = self._key(flat.pop("external_id", None), "external_id")
        if source in RESERVED_SOURCES:
            raise _Wrong(f"the source '{source}' is reserved; use another one")
        if lines:
            self._once(kind, source, external_id)
        occurred_at = self._instant(flat.pop("occurred_at", None))
        revision = flat.pop("revision", 0)
        if isinstance(revision, str) and _WHOLE.fullmatch(revision):
            revision = int(revision)
        if type(revision) is not int or not 0 <= revision < 2**31:
            raise _Wrong(f"'revision' is {str(revision)[:60]!r}, not a whole number from 0")
        programme = self.programme_at(occurred_at)
        nested = _nested(flat)
        self._member(item, nested.pop("member", None), kind)
        payload = self._payload(programme, kind, nested)
        if lines:
            payload["lines"] = [self._typed_all(programme.activities[Built.PURCHASE].lines, line) for line in lines]
        body = parse_body(programme, kind, payload)
        if isinstance(body, list):
            item.problems += [self._problem(item, bad.pointer, bad.message, bool(lines)) for bad in body]
            return
        item.incoming = Incoming(kind, source, external_id, item.member_id, occurred_at, body, revision)

    def _payload(self, programme: Programme, kind: str, nested: dict[str, Any]) -> dict[str, Any]:
        data = nested.pop("data", {})
        if not isinstance(data, dict):
            raise _Wrong("'data' has to be an object, {…}")
        declared = programme.activities.get(kind)
        payload = {**nested, **data}
        if not self.is_text:
            return payload
        fields = declared.fields if declared is not None else {}
        payload = self._typed_all(fields, payload)
        if isinstance(payload.get("attributes"), dict):
            payload["attributes"] = self._typed_all(programme.member_fields, payload["attributes"])
        if kind == Built.CLAIM and isinstance(payload.get("quantity"), str):
            payload["quantity"] = _whole(payload["quantity"])
        return payload

    def _typed_all(self, declared: Mapping[str, FieldType], payload: Mapping[str, Any]) -> dict[str, Any]:
        if not self.is_text:
            return dict(payload)
        return {name: _typed(name, value, declared.get(name)) for name, value in payload.items()}

    def _once(self, kind: str, source: str, external_id: str) -> None:
        """A receipt whose lines stand apart would lose all but the first of them."""
        key = hash((kind, source, external_id))
        if key in self._seen:
            raise _Wrong(
                f"the receipt '{external_id}' was there further up already; "
                "sort the file so that the lines of one receipt follow each other"
            )
        self._seen.add(key)

    def _key(self, value: Any, name: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            raise _Wrong(f"'{name}' is empty: it makes the activity count once")
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_KEY or not value.isprintable():
            raise _Wrong(f"'{name}' has to be a text of 1 to {_LONGEST_KEY} printable characters")
        return value

    def _instant(self, value: Any) -> dt.datetime:
        if value is None:
            raise _Wrong("'occurred_at' is empty: when did it happen?")
        at = value
        if isinstance(value, str):
            try:
                times = self.columns.times
                at = dt.datetime.fromisoformat(value) if times is None else dt.datetime.strptime(value, times)  # noqa: DTZ007
            except ValueError:
                wanted = "2026-03-01T10:15:00+07:00" if self.columns.times is None else f"'{self.columns.times}'"
                raise _Wrong(f"'occurred_at' is '{value[:60]}', not a time like {wanted}") from None
        if not isinstance(at, dt.datetime):
            raise _Wrong(f"'occurred_at' is {str(value)[:60]!r}, not a time like 2026-03-01T10:15:00+07:00")
        if at.tzinfo is None:
            at = at.replace(tzinfo=self.columns.zone or self.zone)
        if not 1900 <= at.year <= 2200:
            raise _Wrong(f"'occurred_at' is in the year {at.year}")
        return at.astimezone(dt.UTC)

    def _member(self, item: Item, value: Any, kind: str) -> None:
        """Whom the row is about; nobody, where it names nobody."""
        if value is None:
            return
        if isinstance(value, str):
            name, colon, text = value.partition(":")
            value = {name: text} if colon else {"id": value}
        if not isinstance(value, dict):
            raise _Wrong("'member' has to be an id (mem_…) or name a card, phone, email or external_id")
        found = dict(value)
        item.name = found.pop("name", None)
        known = ("id", *_KINDS)
        unknown = [name for name in found if name not in known]
        if unknown or (len(found) != 1 and kind != Built.JOINED):
            raise _Wrong(f"name the member by exactly one of {', '.join(known)}")
        try:
            if "id" in found:
                item.member_id = parse_public_id("mem", str(found.pop("id")))
            item.who = tuple(identifier(_KINDS[name], str(text), self.region) for name, text in found.items())
        except (IdError, IdentifierError) as error:
            raise _Wrong(f"member: {error}") from None

    def _problem(self, item: Item, pointer: str, message: str, has_rows_as_lines: bool) -> str:
        """What is wrong with a body, by the names and lines of the file."""
        steps = pointer.strip("/").split("/")
        if has_rows_as_lines and len(steps) >= 2 and steps[0] == "lines" and steps[1].isdecimal():
            row = item.rows[int(steps[1])]
            prefix = f"line {row.line}: " if len(item.rows) > 1 else ""
            return f"{prefix}{LINE}{'.'.join(steps[2:])}: {message}"
        return f"{'.'.join(steps)}: {message}" if pointer else message


class _Wrong(Exception):
    """Why a row cannot be an activity."""


def _plain(value: Any) -> Any:
    """What Parquet gives → what JSON would have given; instants stay."""
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: inner for name, found in value.items() if (inner := _plain(found)) is not None}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """``{"of.source": "till"}`` → ``{"of": {"source": "till"}}``."""
    found: dict[str, Any] = {}
    for name, value in flat.items():
        head, dot, rest = name.partition(".")
        if not dot:
            found[name] = value
            continue
        inner = found.setdefault(head, {})
        if not isinstance(inner, dict):
            raise _Wrong(f"'{head}' and '{name}' cannot both be given")
        inner[rest] = value
    return found


def _typed(name: str, value: Any, declared: FieldType | None) -> Any:
    """A text of a CSV cell as its field wants it; what does not fit stays a text, and is refused as one."""
    if not isinstance(value, str):
        return value
    kind = declared.kind if declared is not None else None
    if kind is FieldKind.TEXTS or (declared is None and name == "codes"):
        return [part.strip() for part in value.split("|")]
    if kind is FieldKind.BOOLEAN:
        return _BOOLEANS.get(value.lower(), value)
    if kind is FieldKind.INTEGER or (declared is None and name in _WHOLE_FIELDS):
        return _whole(value)
    if declared is None and name in _STRUCTURED and value[:1] == "[":
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _whole(value: str) -> int | str:
    return int(value) if _WHOLE.fullmatch(value) else value
