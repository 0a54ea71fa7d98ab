"""Start, stop or look at the embedded PostgreSQL."""

from typing import Annotated

import typer

from setia.plumbing import embedded
from setia.plumbing.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def start() -> None:
    """Start it, and leave it running until `setia db stop`."""
    _show(embedded.start(_settings()))


@app.command()
def stop(
    force: Annotated[bool, typer.Option("--force", help="Stop it under the processes that still use it.")] = False,
) -> None:
    """Stop it, unless processes still use it."""
    stopped = embedded.stop(_settings(), force=force)
    typer.echo("stopped" if stopped else "it was not running")


@app.command()
def status() -> None:
    """Show what runs, where, and who uses it."""
    _show(embedded.status(_settings()))


def _settings() -> Settings:
    settings = load_settings()
    if settings.database_url is not None:
        typer.echo("DATABASE_URL is set: Setia works with that database, and these verbs are about the embedded one.")
    return settings


def _show(found: embedded.Status) -> None:
    rows = [
        ("server", f"PostgreSQL {found.version}, process {found.pid}" if found.running else "not running"),
        ("dsn", found.dsn),
        ("data", str(found.data_dir)),
        ("log", str(found.log_file)),
        *(("database", f"{name}  {size / 1024 / 1024:,.1f} MiB") for name, size in found.databases),
        *(("used by", f"process {holder.pid}  {holder.command}") for holder in found.holders),
    ]
    if found.running and not found.holders:
        rows.append(("used by", "nobody"))
    for key, value in rows:
        typer.echo(f"{key:<10}{value}")
