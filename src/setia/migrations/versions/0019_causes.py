"""Donations with their receipts, and the batches in which causes are paid out."""

from setia.migrations import run_sql

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the two tables."""
    run_sql("0019_causes.sql")
