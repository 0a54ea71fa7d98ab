"""Serve the API over HTTP.

Without DATABASE_URL an embedded PostgreSQL is started; tables are brought up to this release first.
"""

from __future__ import annotations

import signal
import socket
from contextlib import closing
from typing import Annotated

import typer
import uvicorn

from setia.api.server import create_app
from setia.app import open_services
from setia.cli._database import DatabaseOption, opened
from setia.plumbing.logs import configure_logs
from setia.plumbing.settings import Settings, load_settings
from setia.values.faults import Fault

GRACE_SECONDS = 20
"""How long requests that are being answered may take after the server was told to stop."""


class AddressTaken(Fault):
    """Somebody else listens there, or the address is none of this machine's."""

    code = "address_taken"


def run(
    host: Annotated[str | None, typer.Option(help="The address to listen on; SETIA_HOST otherwise.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = None,
    database: DatabaseOption = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; requests that are being answered then are answered."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = load_settings(**given)
    configure_logs(settings)
    with opened(settings, database) as dsn, closing(listen(settings)) as sock:
        typer.echo(f"Setia serves http://{settings.host}:{sock.getsockname()[1]} (documentation: /docs)")
        serve(settings, dsn, sock)


def listen(settings: Settings) -> socket.socket:
    """A socket that listens at the address of the settings; raises ``AddressTaken``."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((settings.host, settings.port))
        sock.listen(2048)
    except OSError as error:
        sock.close()
        where = f"{settings.host}:{settings.port}"
        raise AddressTaken(f"cannot listen on {where}: {error.strerror}; choose another --port or --host") from None
    return sock


def serve(settings: Settings, dsn: str, sock: socket.socket) -> None:
    """Answer requests that come in at ``sock`` until the process is told to stop."""
    # The server hands a signal on when it has shut down; by then there is nothing left to do but to leave in order.
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: None)
    app = create_app(lambda: open_services(settings, dsn, application="setia serve"))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30, h11_max_incomplete_event_size=64 * 1024,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[sock])
