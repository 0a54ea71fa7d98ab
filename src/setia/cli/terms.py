"""Write the terms, the questions and answers or the "how it works" of a programme from its definition."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from setia.cli._diagnostics import load_good
from setia.cli.explain import Language
from setia.flow.pages.html import html
from setia.flow.pages.markdown import markdown
from setia.flow.pages.pages import Page, write_page


class Format(StrEnum):
    """How a page is written."""

    MD = "md"
    HTML = "html"


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The programme's file.")],
    language: Annotated[Language, typer.Option("--language", "-l", help="In which language.")] = Language.EN,
    page: Annotated[Page, typer.Option(help="Which page.")] = Page.TERMS,
    format: Annotated[Format, typer.Option(help="Markdown, or an HTML file by itself.")] = Format.MD,  # noqa: A002
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to. Without it: standard output.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="DAY", help="The day it speaks of, as 2026-03-01. Without it: today.")
    ] = None,
) -> None:
    """Write the terms, the questions and answers or the "how it works" of a programme from its definition.

    Every promise of the file is in them, and the examples are computed by the engine.

    \b
    setia terms programme.yaml --language id --page terms --format html -o syarat.html
    setia terms programme.yaml -l ms --page faq
    setia terms programme.yaml --page how --on 2026-03-01

    Exit code 1: the programme has errors, or the page cannot be written there.
    """
    _, programme = load_good(file)
    document = write_page(programme, page, language.value, _instant(on, programme.zone))
    text = html(document) if format is Format.HTML else markdown(document)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        typer.echo(f"setia: '{output}' cannot be written: {error.strerror}", err=True)
        raise typer.Exit(1) from None


def _instant(text: str | None, zone: dt.tzinfo) -> dt.datetime:
    if text is None:
        return dt.datetime.now(dt.UTC)
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), tzinfo=zone).astimezone(dt.UTC)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no day; write 2026-03-01", param_hint="--on") from None
