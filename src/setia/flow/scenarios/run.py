"""Finding scenario files, playing them and telling what came of it."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

from setia.flow.scenarios.model import Failure
from setia.flow.scenarios.play import play
from setia.flow.scenarios.read import load_scenario
from setia.flow.scenarios.source import Library
from setia.language.diagnostics import Diagnostic

FOLDER = "scenarios"
# Below this many files a second process costs more than it saves.
WORTH_SHARING = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file: nothing wrong, or diagnostics of the file, or failures of the promise."""

    file: str
    sentence: str
    seconds: float
    diagnostics: tuple[Diagnostic, ...] = ()
    failures: tuple[Failure, ...] = field(default=())

    @property
    def is_passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.diagnostics and not self.failures


def find_scenarios(paths: Iterable[Path]) -> list[Path]:
    """The scenario files at ``paths``: files as they are, and of folders all ``scenarios/*.yaml`` below them."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = sorted(file for file in path.rglob("*.yaml") if FOLDER in file.relative_to(path.parent).parts[:-1])
            found += below or sorted(path.glob("*.yaml")) if path.resolve().name == FOLDER else below
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def run_on_all_cores(files: Sequence[Path], word: str = "") -> Iterator[Outcome]:
    """As ``run_scenarios``, in the same order, with the folders shared out among the cores."""
    cores = os.cpu_count() or 1
    if cores == 1 or len(files) < WORTH_SHARING:
        yield from run_scenarios(files, word)
        return
    # Whole folders, cut at a tenth of all: files of a folder share their programme, which is then compiled once.
    most = max(len(files) // (cores * 5), 1)
    folders = [list(group) for _, group in groupby(files, key=lambda file: file.parent)]
    parts = [folder[start : start + most] for folder in folders for start in range(0, len(folder), most)]
    with ProcessPoolExecutor(cores, mp_context=get_context("fork"), initializer=_spare_the_collector) as pool:
        for outcomes in pool.map(partial(_run_part, word=word), parts):
            yield from outcomes


def _spare_the_collector() -> None:
    """A process that lives for a second has nothing to gain from looking for cycles."""
    gc.disable()


def _run_part(files: Sequence[Path], word: str) -> list[Outcome]:
    return list(run_scenarios(files, word))


def run_scenarios(files: Sequence[Path], word: str = "", library: Library | None = None) -> Iterator[Outcome]:
    """Play each file whose name or sentence has ``word`` in it; ``library`` keeps what was read for another time."""
    library = library or Library()
    for file in files:
        started = time.perf_counter()
        scenario, diagnostics = load_scenario(file, str(file), library)
        sentence = scenario.sentence if scenario is not None else file.stem
        if word and word.lower() not in sentence.lower() and word.lower() not in str(file).lower():
            continue
        errors = tuple(item for item in diagnostics if item.severity == "error")
        failures = tuple(play(scenario)) if scenario is not None else ()
        yield Outcome(str(file), sentence, time.perf_counter() - started, errors, failures)
