"""Promises: a reservation of a budget may be larger than an integer."""

from setia.migrations import run_sql

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Widen the column."""
    run_sql("0020_promises.sql")
