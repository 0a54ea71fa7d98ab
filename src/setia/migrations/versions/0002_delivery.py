"""Webhooks: who wants to hear of events, and what is still to be delivered to whom."""

from setia.migrations import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    run_sql("0002_delivery.sql")
