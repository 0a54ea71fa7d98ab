"""Leaderboards: scores of those who agreed to be shown, and the periods that were closed."""

from setia.migrations import run_sql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the two tables."""
    run_sql("0014_leaderboards.sql")
