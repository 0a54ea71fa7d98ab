"""Codes of members, and who brought whom."""

from setia.migrations import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables."""
    run_sql("0011_referrals.sql")
