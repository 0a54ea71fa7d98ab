"""How many lives of the shops are lived: a few in each run of the tests, 200 of each shop in `make nightly`.

Seeds count from 0, so that a number names the same life everywhere.
"""

import os

NIGHTLY = "SIMULATION_SEEDS"
"""The variable of the environment that says how many seeds are wanted in memory; of these every tenth on PostgreSQL."""


def in_memory(usual: int) -> range:
    """The seeds of a run in memory."""
    return range(int(os.environ.get(NIGHTLY, usual)))


def on_postgres(usual: int) -> range:
    """The seeds of a run on PostgreSQL, which takes its time."""
    wanted = os.environ.get(NIGHTLY)
    return range(usual) if wanted is None else range(0, int(wanted), 10)
