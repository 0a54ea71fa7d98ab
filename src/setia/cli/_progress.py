"""A bar for people who watch, and now and then a line for logs."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

_LINE_EVERY_SECONDS: Final = 5.0


class Bar:
    """Counts ``what`` up to ``total`` (None: it is not known) and shows the rate."""

    def __init__(self, console: Console, what: str, total: int | None, *, verb: str = "taking in") -> None:
        self._console, self._what, self._total = console, what, total
        self._done, self._counted = 0, 0
        self._started = self._told = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[count]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(f"{verb} {what}", total=total, count="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
        if not self._console.is_terminal and self._counted:
            self._tell()

    def advance(self, number: int, completed: int | None = None) -> None:
        """``number`` more are done. ``completed``: how far the bar is, where it counts something else (bytes)."""
        self._counted += number
        self._done = self._counted if completed is None else completed
        self._progress.update(self._task, completed=self._done, count=self._text())
        if not self._console.is_terminal and time.monotonic() - self._told >= _LINE_EVERY_SECONDS:
            self._tell()

    def _text(self) -> str:
        seconds = max(time.monotonic() - self._started, 0.001)
        return f"{self._counted:,} {self._what}, {self._counted / seconds:,.0f} a second"

    def _tell(self) -> None:
        self._told = time.monotonic()
        part = f" ({self._done / self._total:.0%})" if self._total else ""
        self._console.print(f"  {self._text()}{part}", highlight=False)
