"""Promises: a reservation of a budget may be larger than an integer."""

from setia.migrations import run_sql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Widen the column."""
    run_sql("0018_promises.sql")
