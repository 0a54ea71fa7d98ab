"""The clock that a book lives by."""

from setia.migrations import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    run_sql("0004_clock.sql")
