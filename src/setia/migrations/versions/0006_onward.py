"""What activities set off at other members."""

from setia.migrations import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    run_sql("0006_onward.sql")
