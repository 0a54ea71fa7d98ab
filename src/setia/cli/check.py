"""Say everything that is wrong with a programme file, with line and column."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from setia.cli._diagnostics import read_file, show
from setia.language.parse import load_programme


def run(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Programme files.")],
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
) -> None:
    """Say everything that is wrong with a programme file, with line and column.

    All problems are told at once, each with the place, the reason and what to do.

    \b
    setia check programme.yaml
    setia check examples/*/programme.yaml

    Exit code 1: a file has an error, or cannot be read.
    """
    bad = 0
    for file in files:
        text = read_file(file)
        loaded = load_programme(text, str(file))
        errors, warnings = show(loaded.diagnostics, text)
        bad += errors + (warnings if strict else 0)
        if not errors:
            told = f", {warnings} {'warning' if warnings == 1 else 'warnings'}" if warnings else ""
            typer.echo(f"{file}: the programme is good{told}")
    if bad:
        raise typer.Exit(1)
