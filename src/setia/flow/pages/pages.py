"""The pages there are, by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from setia.flow.pages.document import Document
from setia.flow.pages.questions import how_it_works, questions
from setia.flow.pages.terms import terms
from setia.flow.pages.writer import Writer
from setia.language.model import Programme


class Page(StrEnum):
    """A page that is written from a programme's definition."""

    TERMS = "terms"
    FAQ = "faq"
    HOW = "how"


_WRITE: Final[dict[Page, Callable[[Writer], Document]]] = {
    Page.TERMS: terms,
    Page.FAQ: questions,
    Page.HOW: how_it_works,
}


def write_page(programme: Programme, page: Page, language: str, at: dt.datetime, number: int | None = None) -> Document:
    """Write ``page`` in ``language`` (en, id or ms; else English), as the programme holds ``at``.

    ``number``: which version of it, where it is published; ``at`` is then when that took effect.
    """
    return _WRITE[page](Writer(programme, language, at, number))
