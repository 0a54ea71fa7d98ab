"""Reading ``activities:`` and ``members:``: the fields that come in."""

from __future__ import annotations

import re
from typing import Final

from setia.language.diagnostics import DiagnosticCode, Place
from setia.language.draft import BUILT_IN, Draft
from setia.language.model import ActivityType, FieldKind, FieldType
from setia.language.nodes import Mapping, Scalar
from setia.language.scope import LINE_NAMES, LOCAL_TIME, MEMBER_NAMES, PURCHASE_NAMES, REACHED, ROOTS
from setia.language.sections import Section, check_name, mapping_of, read_scalar, wrong_shape
from setia.language.words import read_choice
from setia.values.codes import Built

_TYPE = re.compile(r"[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}")
_COMMON_NAMES: Final = ("local_date", "local_time", "source", "partner", *LOCAL_TIME)


def read_activities(top: Section, draft: Draft) -> None:
    """Read the programme's own activity types, and its own fields of purchases and members, into the draft."""
    purchase = ActivityType(Built.PURCHASE, {"": Built.PURCHASE.value})
    draft.activities[Built.PURCHASE] = purchase
    if members := top.section("members", "members", "'members'"):
        draft.member_fields = _read_fields(members, "fields", (*MEMBER_NAMES, "birthday"), draft)
        members.close()
    node = top.find("activities")
    if node is None:
        return
    nouns = set(ROOTS) | {name.partition(".")[0] for name in BUILT_IN if name != Built.PURCHASE}
    for name, entry in mapping_of(node, draft.findings, "'activities'").items():
        place = entry.key.place
        if not isinstance(entry.value, Mapping):
            empty = isinstance(entry.value, Scalar) and not entry.value.text
            if not empty:
                wrong_shape(entry.value, draft.findings, f"activity '{name}'", "a mapping with title, fields, lines")
            section = Section("activity", Mapping({}, place), place, draft.findings, f"activity '{name}'")
        else:
            section = Section("activity", entry.value, place, draft.findings, f"activity '{name}'")
        section.close()
        if name in BUILT_IN and name != Built.PURCHASE:
            hint = "leave it out; only purchase.completed can have fields of its own"
            message = f"'{name}' is built in and always means the same"
            draft.findings.error(DiagnosticCode.BUILT_IN_ACTIVITY, message, place, hint)
            continue
        if name != Built.PURCHASE and not _check_type(name, place, nouns, draft):
            continue
        reserved = PURCHASE_NAMES if name == Built.PURCHASE else _COMMON_NAMES
        lines: dict[str, FieldType] = {}
        if section.has("lines") and name != Built.PURCHASE:
            message = "only purchases have lines"
            hint = "declare `fields:` here; a list of words is a field of type texts"
            section.error(DiagnosticCode.LINES_WITHOUT_PURCHASE, message, "lines", hint)
        elif section.has("lines"):
            lines = _read_fields(section, "lines", LINE_NAMES, draft)
        fields = _read_fields(section, "fields", reserved, draft)
        draft.activities[name] = ActivityType(name, section.titled("title", name), fields, lines)


def _check_type(name: str, place: Place, nouns: set[str], draft: Draft) -> bool:
    noun = name.partition(".")[0]
    hint = "write what it is about and what happened to it: review.written, survey.answered"
    if not _TYPE.fullmatch(name):
        message = f"'{name[:60]}' cannot be the name of an activity"
        draft.findings.error(DiagnosticCode.BAD_NAME, message, place, hint)
        return False
    if noun in nouns or noun == "purchase" or name.endswith(REACHED):
        message = (
            f"'{name}' cannot be an activity of your own: '{noun if noun in nouns else name}' has a meaning already"
        )
        draft.findings.error(DiagnosticCode.RESERVED_NAME, message, place, hint)
        return False
    return check_name(noun, place, "activity", True, draft.findings)


def _read_fields(section: Section, key: str, reserved: tuple[str, ...], draft: Draft) -> dict[str, FieldType]:
    node = section.find(key)
    fields: dict[str, FieldType] = {}
    if node is None:
        return fields
    kinds = [kind.value for kind in FieldKind]
    for name, entry in mapping_of(node, draft.findings, f"'{key}'").items():
        check_name(name, entry.key.place, "field", True, draft.findings)
        if name in reserved:
            message = f"the field '{name}' is built in"
            hint = "leave it out if that is the one meant; else give yours another name"
            draft.findings.error(DiagnosticCode.RESERVED_NAME, message, entry.key.place, hint)
            continue
        if isinstance(entry.value, Scalar):
            kind = read_scalar(entry.value, lambda text: read_choice(text, kinds), draft.findings)
            fields[name] = FieldType(name, FieldKind(kind or "text"))
        elif isinstance(entry.value, Mapping):
            inner = Section("field", entry.value, entry.key.place, draft.findings, f"field '{name}'")
            fields[name] = _read_field(name, inner, kinds)
            inner.close()
        else:
            wrong_shape(entry.value, draft.findings, f"field '{name}'", f"one of {', '.join(kinds)}")
    return fields


def _read_field(name: str, section: Section, kinds: list[str]) -> FieldType:
    text = section.read("type", lambda found: read_choice(found, kinds), f"{name}: {{type: text}}")
    kind = FieldKind(text or "text")
    one_of = tuple(scalar.text for scalar in section.texts("one_of"))
    if one_of and kind not in (FieldKind.TEXT, FieldKind.TEXTS):
        message = f"'one_of' lists texts, but the field is of type {kind}"
        section.error(DiagnosticCode.CONFLICTING_KEYS, message, "one_of", "write `type: text`, or take it out")
    return FieldType(name, kind, section.flag("required"), one_of)
