"""Begin a programme of your own from an example."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Annotated, Final

import typer

from setia.cli._templates import Template, template, templates

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def run(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The new programme's name; its folder is called the same.")
    ] = None,
    template_name: Annotated[
        str, typer.Option("--template", "-t", metavar="TEMPLATE", help="The example to begin with.")
    ] = "grocery-tiers",
    show_list: Annotated[bool, typer.Option("--list", help="Show the templates, and make nothing.")] = False,
) -> None:
    """Begin a programme of your own from an example.

    The folder has `programme.yaml`, and scenarios that say in plain words what it promises. The list names after each
    example the rows of docs/reference/coverage.md that it shows.

    \b
    setia init --list
    setia init my-shop --template grocery-tiers
    setia check my-shop/programme.yaml
    setia test my-shop

    Exit code 1: there is no such template, or the folder is there already.
    """
    if show_list or name is None:
        for found in templates():
            typer.echo(f"{found.name:<22} {found.about} ({', '.join(found.rows())})")
        if name is None and not show_list:
            typer.echo("\nName your programme: setia init my-shop --template grocery-tiers")
        return
    if not _NAME.fullmatch(name):
        raise typer.BadParameter(f"'{name}' cannot be a name; use small letters, digits and hyphens: my-shop")
    folder = Path(name)
    _copy(template(template_name), folder, name)
    typer.echo(f"{folder}/programme.yaml is yours now. Next:")
    typer.echo(f"  setia check {folder}/programme.yaml")
    if (folder / "scenarios").is_dir():
        typer.echo(f"  setia test {folder}")
    typer.echo(f"  setia publish {folder}/programme.yaml")


def _copy(found: Template, folder: Path, name: str) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        typer.echo(f"setia: '{folder}' is there already; choose another name, or remove it first", err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"setia: '{folder}' cannot be made: {error.strerror}", err=True)
        raise typer.Exit(1) from None
    text = (found.folder / "programme.yaml").read_text(encoding="utf-8")
    renamed = re.sub(r"^programme: .*$", f"programme: {name}", text, count=1, flags=re.MULTILINE)
    (folder / "programme.yaml").write_text(renamed, encoding="utf-8")
    # What else lies there comes along (scenarios, lists of codes), but for the page about the example itself.
    for other in sorted(found.folder.iterdir()):
        if other.is_dir():
            shutil.copytree(other, folder / other.name, copy_function=shutil.copyfile)
        elif other.name not in ("programme.yaml", "README.md"):
            shutil.copyfile(other, folder / other.name)
