"""Drafts, published versions and what is known of a programme as a whole."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from setia.language.model import Programme
from setia.values.pauses import Pause


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody edits. ``revision`` is its ETag: it counts up with every save."""

    name: str
    source: str
    revision: int
    updated_at: dt.datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A published version without its text. ``effective_at`` may lie ahead; it is in force until the next one is."""

    number: int
    digest: str
    effective_at: dt.datetime
    published_at: dt.datetime
    published_by: str
    note: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A published version, compiled."""

    number: int
    effective_at: dt.datetime
    programme: Programme


@dataclass(frozen=True, slots=True)
class ProgrammeRow:
    """A programme in the list: ``latest`` is the number of its newest version, 0 before the first; ``pause`` the one
    that goes on."""

    id: int
    name: str
    is_paused: bool
    created_at: dt.datetime
    latest: int
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """A programme as it is served: its id and all its versions, in the order in which they take effect."""

    id: int
    name: str
    latest: int
    versions: tuple[Loaded, ...]
