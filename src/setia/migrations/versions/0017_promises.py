"""Promises: a reservation of a budget may be larger than an integer."""

from setia.migrations import run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Widen the column."""
    run_sql("0017_promises.sql")
