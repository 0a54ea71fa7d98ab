"""Pauses: when they were, whether spending went on and whether the clock of expiry stood still."""

from setia.migrations import run_sql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the table."""
    run_sql("0015_pauses.sql")
