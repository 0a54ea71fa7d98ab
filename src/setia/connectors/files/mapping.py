"""What the columns of a file mean: ours by their own names, others by a mapping file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from setia.language.model import Programme
from setia.values.codes import Built
from setia.values.faults import Fault

ENVELOPE: Final = ("type", "source", "external_id", "occurred_at", "revision", "member", "data")
MEMBER_COLUMNS: Final = (
    "member.id",
    "member.card",
    "member.phone",
    "member.email",
    "member.external_id",
    "member.name",
)
LINE: Final = "line."
_FIELDS: Final = (
    "amount", "lines", "discounts", "tenders", "codes", "channel", "place", "partner", "claims", "spend", "of.source",
    "of.external_id", "unit", "reason", "by", "approved_by", "to", "hold", "lapses_after", "reward", "quantity",
    "voucher", "pool", "birthday",
)  # fmt: skip
_LINE_FIELDS: Final = ("id", "sku", "category", "kind", "quantity", "amount", "discount")
_PROBLEM: Final = "problem"
_KEYS: Final = ("columns", "values", "ignore", "timezone", "times", "delimiter")


class MappingWrong(Fault):
    """The mapping file, or the file's columns, cannot be used; all that is wrong is in the message."""

    code = "mapping_wrong"


@dataclass(frozen=True, slots=True)
class Columns:
    """How the columns of a file are read.

    ``renamed``: theirs → ours. ``values``: ours → what stands in every row. ``ignored``: theirs. ``zone``: of times
    without an offset (None: the programme's). ``times``: how times are written (None: ISO 8601), as for ``strptime``.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    zone: ZoneInfo | None = None
    times: str | None = None
    delimiter: str | None = None

    def name(self, column: str) -> str | None:
        """Our name of a column; None: it is left out."""
        if column in self.ignored or column == _PROBLEM:
            return None
        return self.renamed.get(column, column)


def load_columns(path: Path) -> Columns:
    """Read a mapping file. Raises ``MappingWrong``."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingWrong(f"{path}: the mapping cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MappingWrong(f"{path}: the mapping is not YAML: {error}") from None
    if not isinstance(found, dict):
        raise MappingWrong(
            f"{path}: a mapping begins with `columns:`, and has a line for each column: `Bon-Nr: external_id`"
        )
    problems = [f"'{key}' is no setting; {_hint(str(key), _KEYS)}" for key in found if key not in _KEYS]
    parts = {name: _texts(found.get(name), name, problems) for name in ("columns", "values")}
    ignored = found.get("ignore", [])
    if not isinstance(ignored, list):
        problems.append("'ignore' has to be a list of columns")
        ignored = []
    zone = None
    if "timezone" in found:
        try:
            zone = ZoneInfo(str(found["timezone"]))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            problems.append(f"'{found['timezone']}' is no time zone; write a name like Asia/Jakarta")
    if problems:
        raise MappingWrong(f"{path}: " + "; ".join(problems))
    times, delimiter = found.get("times"), found.get("delimiter")
    return Columns(
        parts["columns"], parts["values"], frozenset(map(str, ignored)), zone,
        None if times is None else str(times), None if delimiter is None else str(delimiter),
    )  # fmt: skip


def check_columns(columns: Columns, theirs: Iterable[str] | None, programme: Programme, where: str) -> None:
    """Refuse columns that mean nothing, before anything is taken in. Raises ``MappingWrong`` with all of them."""
    known = known_columns(programme)
    problems = [
        f"the mapping sends '{source}' to '{target}', which is no column of ours; {_hint(target, known)}"
        for source, target in {**columns.renamed, **{name: name for name in columns.values}}.items()
        if not _is_known(target, known)
    ]
    if theirs is not None:
        there = list(theirs)
        problems += [
            f"the mapping speaks of a column '{name}', and the file has none; {_hint(name, there)}"
            for name in (*columns.renamed, *columns.ignored)
            if name not in there
        ]
        ours = {column: columns.name(column) for column in there}
        problems += [
            f"the column '{column}' means nothing here; {_hint(column, known)}rename it in a mapping (--mapping), "
            "or list it there under `ignore`"
            for column, name in ours.items()
            if name is not None and column not in columns.renamed and not _is_known(name, known)
        ]
        named = [name for name in ours.values() if name is not None]
        problems += [f"two columns mean '{name}'" for name in sorted({n for n in named if named.count(n) > 1})]
        if "external_id" not in named and "external_id" not in columns.values:
            problems.append("no column means 'external_id': what makes a row count once, such as the receipt's number")
    if problems:
        raise MappingWrong(f"{where}: " + "\n  ".join(["its columns cannot be used:", *problems]))


def known_columns(programme: Programme) -> tuple[str, ...]:
    """Every column that means something to a programme, as docs/guides/ingest.md lists them."""
    purchase = programme.activities[Built.PURCHASE]
    declared = dict.fromkeys(name for kind in programme.activities.values() for name in kind.fields)
    lines = (*_LINE_FIELDS, *purchase.lines)
    attributes = (f"attributes.{name}" for name in programme.member_fields)
    return (
        *ENVELOPE, *MEMBER_COLUMNS, *_FIELDS, *(f"{LINE}{name}" for name in lines), *attributes, *declared,
        *(f"spend.{unit}" for unit in programme.units),
    )  # fmt: skip


def _is_known(name: str, known: tuple[str, ...]) -> bool:
    return name in known or (name == "attributes" and any(found.startswith("attributes.") for found in known))


def _texts(value: Any, name: str, problems: list[str]) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or any(isinstance(item, dict | list) or item is None for item in value.values()):
        problems.append(f"'{name}' has to be a mapping of texts")
        return {}
    return {str(key): str(item) for key, item in value.items()}


def _hint(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(word[:60], names, 1, 0.6)
    return (
        f"did you mean '{close[0]}'? " if close else f"there are {', '.join(names[:12])} …; " if len(names) > 12 else ""
    )
