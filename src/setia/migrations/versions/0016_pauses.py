"""Pauses: when they were, whether spending went on and whether the clock of expiry stood still."""

from setia.migrations import run_sql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the table."""
    run_sql("0016_pauses.sql")
