"""Kinds of house accounts and of identifiers are no closed list."""

from setia.migrations import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Loosen the two checks."""
    run_sql("0005_open_kinds.sql")
