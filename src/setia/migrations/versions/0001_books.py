"""The book: programmes, members, their states, activities, entries, lots, and what waits or is announced."""

from setia.migrations import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    run_sql("0001_books.sql")
