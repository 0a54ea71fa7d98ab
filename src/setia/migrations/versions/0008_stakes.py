"""Lots know their issuer and their cost, entries where units were spent."""

from setia.migrations import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns."""
    run_sql("0008_stakes.sql")
