"""Keys to the API."""

from setia.migrations import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    run_sql("0003_access.sql")
