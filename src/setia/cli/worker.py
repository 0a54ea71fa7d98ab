"""Work off the clock and deliver events as webhooks, until stopped."""

import asyncio
import signal
from typing import Annotated

import typer

from setia.cli._database import DatabaseOption, opened, services
from setia.plumbing.logs import configure_logs
from setia.plumbing.settings import Settings, load_settings
from setia.worker import Summary, Worker


def run(
    once: Annotated[
        bool, typer.Option("--once", help="Work off what is due now, print one line of figures, and leave.")
    ] = False,
    database: DatabaseOption = None,
) -> None:
    """Work off the clock (expiry, activation, tier reviews, birthdays, ends of periods), deliver events to webhook
    endpoints, and forget what was kept long enough.

    Any number of workers may run; SIGTERM or Ctrl-C lets this one finish what it has begun.
    """
    settings = load_settings()
    configure_logs(settings)
    with opened(settings, database) as dsn:
        summary = asyncio.run(_work(settings, dsn, once=once))
    if summary is not None:
        typer.echo(str(summary))


async def _work(settings: Settings, dsn: str, *, once: bool) -> Summary | None:
    async with services(settings, dsn) as found:
        worker = Worker(found)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        if once:
            return await worker.run_until_idle()
        await worker.run()
        return None
