"""Work that is shared out among processes, each of which tells how far it is."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final, TypeVar

from setia.values.faults import Fault

_Order = TypeVar("_Order")
_Told = TypeVar("_Told")
_CONTEXT: Final = multiprocessing.get_context("spawn")


class ProcessFailed(Fault):
    """A process ended before it was done; the message says why."""

    code = "process_failed"


@dataclass(frozen=True, slots=True)
class _Failure:
    message: str


def share_out(
    work: Callable[[_Order, Callable[[_Told], None]], None], orders: Sequence[_Order], *, at_once: int, advice: str
) -> Iterator[_Told]:
    """Run ``work(order, tell)`` for each order in a process of its own, ``at_once`` of them at a time, and yield what
    they tell as they tell it.

    ``work`` is a function of a module, ``orders`` and what is told can be pickled. ``advice``: what a failure means
    for what was done before. Raises ``ProcessFailed``. However the caller leaves, no process is left behind.
    """
    waiting = list(reversed(orders))
    running: dict[Connection, SpawnProcess] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                ours, theirs = _CONTEXT.Pipe(duplex=False)
                process = _CONTEXT.Process(target=_run, args=(work, waiting.pop(), theirs), daemon=True)
                process.start()
                theirs.close()
                running[ours] = process
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                try:
                    told = ready.recv()
                except EOFError:
                    process = running.pop(ready)
                    process.join()
                    if process.exitcode:
                        raise ProcessFailed(f"a process {_died(process.exitcode)}. {advice}") from None
                    continue
                if isinstance(told, _Failure):
                    raise ProcessFailed(told.message)
                yield told
    finally:
        for process in running.values():
            process.terminate()
            process.join()


def _died(exitcode: int) -> str:
    return f"was ended by {signal.Signals(-exitcode).name}" if exitcode < 0 else f"ended with code {exitcode}"


def _run(work: Callable[[Any, Callable[[Any], None]], None], order: Any, report: Connection) -> None:
    """The process: everything that goes wrong is told to the parent, which speaks to people."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        work(order, report.send)
    except Fault as fault:
        report.send(_Failure(str(fault)))
    except BrokenPipeError:
        return
    finally:
        report.close()
