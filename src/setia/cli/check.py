"""Say everything that is wrong with a programme file, with line and column."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from setia.cli._diagnostics import load_good, read_file, show
from setia.language.changes import losses
from setia.language.model import Programme
from setia.language.parse import load_programme


def run(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Programme files.")],
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="An earlier version: say what the new one takes away from members, setting by setting."
        ),
    ] = None,
) -> None:
    """Say everything that is wrong with a programme file, with line and column.

    All problems are told at once, each with the place, the reason and what to do.

    \b
    setia check programme.yaml
    setia check examples/*/programme.yaml
    setia check programme.yaml --against published.yaml

    Exit code 1: a file has an error, or cannot be read.
    """
    before = None if against is None else load_good(against)[1]
    bad = 0
    for file in files:
        text = read_file(file)
        loaded = load_programme(text, str(file))
        errors, warnings = show(loaded.diagnostics, text)
        bad += errors + (warnings if strict else 0)
        if not errors:
            told = f", {warnings} {'warning' if warnings == 1 else 'warnings'}" if warnings else ""
            typer.echo(f"{file}: the programme is good{told}")
        if before is not None and loaded.programme is not None:
            _compare(before, loaded.programme)
    if bad:
        raise typer.Exit(1)


def _compare(before: Programme, programme: Programme) -> None:
    """Tell what members lose; that is no error, but it may need notice."""
    lost = losses(before, programme, dt.datetime.now(dt.UTC))
    typer.echo("members lose nothing" if not lost else "members lose:")
    for loss in lost:
        typer.echo(f"  {loss}")
    if lost and before.changes.notice is not None:
        typer.echo(f"{before.changes.notice} of notice are promised before such a version takes effect")
