"""A page as Markdown (CommonMark, with tables)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from setia.flow.pages.document import Block, Bullets, Document, Paragraph, Section

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")


def markdown(document: Document) -> str:
    """The page as text."""
    lines = [f"# {_escaped(document.title)}", ""]
    for block in document.blocks:
        lines += [*_block(block), ""]
    for section in document.sections:
        lines += _section(section, 2)
    return "\n".join(lines).rstrip() + "\n"


def _section(section: Section, level: int) -> Iterator[str]:
    yield f"{'#' * level} {_escaped(section.heading)}"
    yield ""
    for block in section.blocks:
        yield from _block(block)
        yield ""
    for inner in section.sections:
        yield from _section(inner, level + 1)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield _started(block.text)
    elif isinstance(block, Bullets):
        for item in block.items:
            yield f"- {_started(item)}"
    else:
        yield f"**{_escaped(block.caption)}**"
        yield ""
        yield f"| {' | '.join(map(_escaped, block.head))} |"
        yield "|" + "---|" * len(block.head)
        for row in block.rows:
            yield f"| {' | '.join(map(_escaped, row))} |"


def _escaped(text: str) -> str:
    """``text`` with nothing in it that Markdown would take for its own; it stays on one line."""
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))


def _started(text: str) -> str:
    """As ``_escaped``, where a line begins: a number with a full stop is no list."""
    return _NUMBERED.sub(r"\1\\\2", _escaped(text))
