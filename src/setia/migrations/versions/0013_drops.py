"""Drops: scarce rewards that people stand in line for."""

from setia.migrations import run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables."""
    run_sql("0013_drops.sql")
