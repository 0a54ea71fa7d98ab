"""Diagnostics for people: the line that is meant, and a mark under the place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import typer

from setia.language.diagnostics import Diagnostic
from setia.language.model import Programme
from setia.language.parse import load_programme
from setia.values.faults import Fault

_WIDEST: Final = 100
_LARGEST: Final = 4 * 1024 * 1024


class ProgrammeFileError(Fault):
    """A programme file cannot be read, or is no programme."""

    code = "programme_file"


def read_file(file: Path) -> str:
    """The text of a programme file. Raises ``ProgrammeFileError``."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(_LARGEST + 1)
    except OSError as error:
        raise ProgrammeFileError(f"{file}: it cannot be read: {error.strerror}") from None
    if len(raw) > _LARGEST:
        raise ProgrammeFileError(f"{file}: it is larger than {_LARGEST // 1024**2} MiB; a programme is a short text")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ProgrammeFileError(f"{file}:{line}: it is not UTF-8; save it as UTF-8") from None


def load_good(file: Path) -> tuple[str, Programme]:
    """Text and programme of a file; what is wrong with it is shown. Raises ``ProgrammeFileError``."""
    text = read_file(file)
    loaded = load_programme(text, str(file))
    errors, _ = show(loaded.diagnostics, text)
    if loaded.programme is None:
        many = "1 error" if errors == 1 else f"{errors} errors"
        raise ProgrammeFileError(f"{file}: {many}; mend what is told above")
    return text, loaded.programme


def show(diagnostics: Iterable[Diagnostic], text: str) -> tuple[int, int]:
    """Show each finding with its line; how many errors and warnings there were."""
    lines = text.split("\n")
    errors = warnings = 0
    for found in diagnostics:
        is_error = found.severity == "error"
        errors, warnings = errors + is_error, warnings + (not is_error)
        head = typer.style(f"{found.severity}[{found.code}]", fg="red" if is_error else "yellow", bold=True)
        typer.echo(f"{found.file}:{found.line}:{found.column}: {head}: {found.message}", err=True)
        if 0 < found.line <= len(lines):
            typer.echo(excerpt(lines[found.line - 1], found.line, found.column), err=True)
        if found.hint:
            typer.echo(f"{'':>{len(str(found.line))}}   = {found.hint}", err=True)
    return errors, warnings


def excerpt(line: str, number: int, column: int) -> str:
    """The line and a caret under ``column`` (from 1); of a long line the part around it."""
    line = "".join(character if character.isprintable() else " " for character in line.rstrip("\r"))
    start = max(0, column - 1 - _WIDEST // 2) if len(line) > _WIDEST else 0
    shown = line[start : start + _WIDEST]
    width = len(str(number))
    return f"{number} | {shown}\n{'':>{width}} | {'':>{column - 1 - start}}^"
