"""A page as HTML that screen readers, phones and printers can read: one file, without scripts and without links out.

The page is built as a tree of elements and written by the standard library, which escapes what has to be escaped.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from setia.flow.pages.document import Block, Bullets, Document, Paragraph, Section

STYLE: Final = """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 46rem; padding: 1rem 1.25rem 3rem; font: 1.0625rem/1.6 system-ui, sans-serif;
  color: #1c2330; background: #fff; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.25; } h2 { font-size: 1.3rem; margin-top: 2.2rem; } h3 { font-size: 1.08rem; }
nav ul { padding-left: 1.2rem; } a { color: #0b57a4; } li { margin: .25rem 0; }
.table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .45rem .6rem; border: 1px solid #c9d0da; }
thead th { background: #eef2f7; }
@media (max-width: 36rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, caption, tbody, tr, th, td { display: block; } tr { border: 1px solid #c9d0da; margin: 0 0 .8rem; }
  th, td { border: 0; } tbody th { background: #eef2f7; }
  td::before { content: attr(data-head) ": "; font-weight: 600; }
}
@media (prefers-color-scheme: dark) {
  body { color: #e6e9ef; background: #14171c; } a { color: #8ec5ff; }
  thead th, tbody th { background: #232a35 !important; } th, td, tr { border-color: #465060 !important; }
}
@media print { body { max-width: none; font-size: 11pt; } nav { display: none; } }
"""
_CONTENTS: Final = {"en": "On this page", "id": "Di halaman ini", "ms": "Pada halaman ini"}


def html(document: Document) -> str:
    """The page as a whole HTML file."""
    root = Element("html", lang=document.language)
    head = SubElement(root, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    SubElement(head, "title").text = document.title
    SubElement(head, "style").text = STYLE
    main = SubElement(SubElement(root, "body"), "main")
    SubElement(main, "h1").text = document.title
    for block in document.blocks:
        _block(main, block)
    contents = SubElement(main, "nav", {"aria-label": _CONTENTS[document.language]})
    entries = SubElement(contents, "ul")
    for section in document.sections:
        SubElement(SubElement(entries, "li"), "a", href=f"#{section.anchor}").text = section.heading
    for section in document.sections:
        _section(main, section, 2)
    return "<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html") + "\n"


def _section(parent: Element, section: Section, level: int) -> None:
    part = SubElement(parent, "section", {"aria-labelledby": section.anchor})
    SubElement(part, f"h{level}", id=section.anchor).text = section.heading
    for block in section.blocks:
        _block(part, block)
    for inner in section.sections:
        _section(part, inner, level + 1)


def _block(parent: Element, block: Block) -> None:
    if isinstance(block, Paragraph):
        SubElement(parent, "p").text = block.text
    elif isinstance(block, Bullets):
        entries = SubElement(parent, "ul")
        for item in block.items:
            SubElement(entries, "li").text = item
    else:
        # Wide tables scroll by themselves; who uses the keyboard can reach them.
        frame = SubElement(parent, "div", {"class": "table", "role": "region", "tabindex": "0",
                                           "aria-label": block.caption})  # fmt: skip
        table = SubElement(frame, "table")
        SubElement(table, "caption").text = block.caption
        line = SubElement(SubElement(table, "thead"), "tr")
        for cell in block.head:
            SubElement(line, "th", scope="col").text = cell
        body = SubElement(table, "tbody")
        for row in block.rows:
            line = SubElement(body, "tr")
            SubElement(line, "th", scope="row").text = row[0]
            for name, cell in zip(block.head[1:], row[1:], strict=True):
                SubElement(line, "td", {"data-head": name}).text = cell
