"""The page docs/reference/cli.md, written from the commands themselves: `make docs`."""

from __future__ import annotations

import inspect
from enum import Enum
from typing import Any, Final

import typer

from setia.cli.main import app

_HEAD: Final = """\
# Commands

`setia <verb> --help` tells the same. Wherever a verb works on a database, it is the one of `DATABASE_URL`, or an
embedded PostgreSQL that is started for it, or what `--database` says.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | not all is well: a file has errors, a row was not taken in, a scenario failed, the book has findings, or the \
database, a file or a port cannot be had; the last line on standard error says what, where and what to do |
| 2 | the command line cannot be understood |
| 130 | ended by Ctrl-C |
"""


def reference() -> str:
    """The whole page."""
    root: Any = typer.main.get_command(app)
    parts = [_HEAD]
    for name in root.list_commands(None):
        _, command, _ = root.resolve_command(None, [name])
        parts += _command(command, f"setia {name}", 2)
    return "\n".join(parts).rstrip() + "\n"


def _command(command: Any, path: str, level: int) -> list[str]:
    parts = [f"{'#' * level} {path}", "", *_help(command)]
    if hasattr(command, "commands"):
        for name, inner in sorted(command.commands.items()):
            parts += _command(inner, f"{path} {name}", level + 1)
        return parts
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [param for param in command.params if param.param_type_name == "option" and param.name != "help"]
    words = [f"[{_shown(param)}]" if not param.required else _shown(param) for param in arguments]
    usage = " ".join([path, *words, *(["[options]"] if options else [])])
    parts += ["```", usage, "```", ""]
    if arguments or options:
        parts += ["| | |", "|---|---|"]
        bar = "\\|"  # a bar in a table, even inside of code
        parts += [f"| `{_shown(param).replace('|', bar)}` | {_text(param)} |" for param in (*arguments, *options)]
        parts.append("")
    return parts


def _help(command: Any) -> list[str]:
    text = inspect.cleandoc(command.help or "")
    found: list[str] = []
    for paragraph in text.split("\n\n"):
        is_code = paragraph.startswith("\b")
        lines = paragraph.removeprefix("\b").strip("\n").split("\n")
        found += ["```", *lines, "```", ""] if is_code else [*lines, ""]
    return found


def _shown(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper()).strip("[]")
    names = ", ".join([*param.opts, *param.secondary_opts])
    if param.is_flag:
        return names
    return f"{names} {param.metavar or _kind(param.type_descriptor.annotation)}"


def _kind(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "|".join(str(choice.value) for choice in annotation)
    return {"int": "NUMBER", "str": "TEXT", "Path": "FILE"}.get(annotation.__name__, "VALUE")


def _value(choice: Any) -> str:
    return str(getattr(choice, "value", choice))


def _text(param: Any) -> str:
    text = " ".join((param.help or "").split()).replace("|", "\\|")
    is_plain = param.default is not None and not callable(param.default) and param.default not in ((), False, "")
    if param.required:
        return f"{text} Required." if param.param_type_name == "option" else text
    shown = f" Without it: `{_value(param.default)}`." if is_plain and isinstance(param.default, str | int) else ""
    return f"{text}{shown}"


if __name__ == "__main__":
    print(reference(), end="")
