"""Pages about a programme as the API gives them; each is written once a version and language, and then kept."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from setia.api.writing import instant
from setia.flow.pages.html import html
from setia.flow.pages.markdown import markdown
from setia.flow.pages.pages import Page, write_page
from setia.programmes.model import Loaded
from setia.values.faults import NotFound

_KEPT: Final = 64
_written: OrderedDict[tuple[str, int, Page, str], dict[str, Any]] = OrderedDict()


def page_json(version: Loaded, name: str, language: str) -> dict[str, Any]:
    """The page called ``name`` about a published version; raises ``NotFound``."""
    if name not in list(Page):
        raise NotFound("page", name)
    page = Page(name)
    key = version.programme.digest, version.number, page, language
    found = _written.get(key)
    if found is None:
        document = write_page(version.programme, page, language, version.effective_at, version.number)
        found = _written[key] = {
            "page": page.value,
            "language": document.language,
            "version": version.number,
            "effective_at": instant(version.effective_at),
            "title": document.title,
            "markdown": markdown(document),
            "html": html(document),
        }
        if len(_written) > _KEPT:
            _written.popitem(last=False)
    return found
