"""Contests: what was entered, votes, results."""

from setia.migrations import run_sql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the three tables."""
    run_sql("0018_contests.sql")
