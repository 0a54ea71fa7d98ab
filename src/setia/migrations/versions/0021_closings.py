"""Closings: months of the books that are final, with their figures and their journal."""

from setia.migrations import run_sql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the three tables."""
    run_sql("0021_closings.sql")
