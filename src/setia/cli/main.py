"""Finds the verbs and runs the one that is asked for."""

import ast
import importlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import setia
from setia.values.faults import Fault


def _verbs() -> dict[str, Path]:
    """The verbs and their files, in alphabetical order."""
    files = Path(__file__).parent.glob("*.py")
    return {f.stem.replace("_", "-"): f for f in sorted(files) if f.stem != "main" and not f.stem.startswith("_")}


def _summary(file: Path) -> str:
    """The first line of the docstring, read without importing the file."""
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]


def _load(verb: str, file: Path) -> Any:
    """The command of a verb, imported now."""
    module = importlib.import_module(f"setia.cli.{file.stem}")
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
        app.command(name=verb)(module.run)
    command = typer.main.get_command(app)
    command.name = verb
    command.help = command.help or module.__doc__
    return command


class _Verbs(TyperGroup):
    """A group whose commands are files: listing them reads first lines, calling one imports it."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_verbs())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        file = _verbs().get(cmd_name)
        return None if file is None else TyperCommand(name=cmd_name, help=_summary(file))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None:
            command = _load(name, _verbs()[name])
        return name, command, rest


app = typer.Typer(cls=_Verbs, no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"setia {setia.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Setia, an open loyalty engine.

    Begin with `setia demo`, or with a programme of your own: `setia init my-shop`.
    """


def main() -> None:
    """The console script. A fault is told in words; a traceback is for our own mistakes."""
    try:
        app()
    except Fault as fault:
        typer.echo(f"setia: {fault}", err=True)
        sys.exit(1)
    except Exception as error:
        away = _database_away(error)
        if away is None:
            raise
        typer.echo(f"setia: {away}", err=True)
        sys.exit(1)


def _database_away(error: Exception) -> Fault | None:
    """What to say of an error of the driver: the database went away under a verb, unless the mistake is ours."""
    if not type(error).__module__.startswith("psycopg"):
        return None
    from setia.plumbing.db import DatabaseUnavailable, reporting_unavailable

    try:
        with reporting_unavailable():
            raise error
    except DatabaseUnavailable as away:
        return away
    except type(error):
        return None  # a mistake of ours: the caller lets it through with its traceback
