"""Plans: invoices, payments, what providers are asked for and what they tell."""

from setia.migrations import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables."""
    run_sql("0012_memberships.sql")
