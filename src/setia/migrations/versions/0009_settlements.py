"""Statements between partners, and disputes about them."""

from setia.migrations import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    run_sql("0009_settlements.sql")
