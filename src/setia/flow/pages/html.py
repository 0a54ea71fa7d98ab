"""A page as HTML that screen readers, phones and printers can read: one file, without scripts and without links out.

The page is built as a tree of elements and written by the standard library, which escapes what has to be escaped.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from setia.flow.pages.document import Block, Bullets, Document, Paragraph, Section

STYLE: Final = """
:root { color-scheme: light dark; --paper: #fbf7ef; --card: #fffdf9; --ink: #23244d; --soft: #5b5c7e; --line: #e6dccb;
  --link: #3d3f9e; --saffron: #e69500; --head: #f4ecdd; }
@media (prefers-color-scheme: dark) { :root { --paper: #16172c; --card: #1d1f39; --ink: #ece6d8; --soft: #b0afc6;
  --line: #373a5e; --link: #b9bcff; --saffron: #f2ab3c; --head: #262948; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: break-word; hyphens: auto;
  font: 400 1.0625rem/1.65 "Plus Jakarta Sans", "Avenir Next", Avenir, "Segoe UI", Roboto, system-ui, sans-serif;
  font-variant-numeric: lining-nums tabular-nums; }
main { max-width: 46rem; margin: 0 auto; padding: clamp(1.75rem, 6vw, 4.5rem) 1.25rem clamp(3rem, 9vw, 6rem); }
h1, h2, h3 { line-height: 1.25; letter-spacing: -.015em; text-wrap: balance; hyphens: manual; }
h1 { font-size: clamp(1.75rem, 1.3rem + 2.2vw, 2.6rem); font-weight: 700; margin: 0 0 1.25rem; }
h1::after { content: ""; display: block; width: 3.25rem; height: .3rem; border-radius: 1rem; margin-top: 1.1rem;
  background: var(--saffron); }
h1 ~ p { color: var(--soft); }
h2 { font-size: 1.45rem; font-weight: 700; margin: 3.5rem 0 1rem; }
h3 { font-size: 1.1rem; font-weight: 600; margin: 2rem 0 .5rem; }
h2, h3 { scroll-margin-top: 1.5rem; }
p { margin: 0 0 1rem; }
a { color: var(--link); text-decoration-color: var(--saffron); text-underline-offset: .2em; }
a:focus-visible, .table:focus-visible { outline: .16rem solid var(--saffron); outline-offset: .2rem;
  border-radius: .3rem; }
ul { margin: 0 0 1rem; padding-left: 1.2rem; }
li { margin: .4rem 0; padding-left: .2rem; }
li::marker { color: var(--saffron); }
nav { margin: 2rem 0 0; padding: 1.1rem 1.4rem; border: 1px solid var(--line); border-radius: 1rem;
  background: var(--card); }
nav p { margin: 0 0 .4rem; font-size: .9rem; font-weight: 600; color: var(--soft); }
nav ul { margin: 0; padding: 0; list-style: none; columns: 17rem auto; column-gap: 2rem; }
nav li { margin: 0; padding: .3rem 0; break-inside: avoid; }
nav a { text-decoration: none; }
nav a:hover { text-decoration-line: underline; }
.table { overflow-x: auto; margin: 1rem 0 1.5rem; border: 1px solid var(--line); border-radius: 1rem;
  background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .96rem; line-height: 1.5; }
caption { text-align: left; font-weight: 600; padding: 1rem 1.1rem .7rem; }
th, td { text-align: left; vertical-align: top; padding: .7rem 1.1rem; border-top: 1px solid var(--line);
  min-width: 7rem; }
thead th { font-size: .9rem; font-weight: 600; color: var(--soft); background: var(--head); }
thead th::first-letter { text-transform: uppercase; }
tbody th { font-weight: 600; }
@media (max-width: 40rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, caption, tbody, tr, th, td { display: block; }
  tr { padding: .9rem 1.1rem; border-top: 1px solid var(--line); }
  th, td { border: 0; padding: .15rem 0; }
  td::before { content: attr(data-head) ": "; color: var(--soft); }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #333; --line: #bbb; --head: #fff; --link: #000; }
  body { font-size: 10.5pt; line-height: 1.45; } main { max-width: none; padding: 0; }
  nav { display: none; } h2 { margin-top: 1.6rem; } h2, h3, caption { break-after: avoid; }
  li, tr { break-inside: avoid; } .table { border-radius: 0; overflow: visible; }
  h1::after { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  @page { margin: 18mm 20mm; }
}
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
    contents = SubElement(main, "nav", {"aria-labelledby": "contents"})
    SubElement(contents, "p", id="contents").text = _CONTENTS[document.language]
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
