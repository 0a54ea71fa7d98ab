"""Seeds of chance, plays of visitors, and draws."""

from setia.migrations import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables."""
    run_sql("0010_games.sql")
