"""Codes of vouchers, imported codes, reservations."""

from setia.migrations import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Give vouchers a life at the till."""
    run_sql("0007_vouchers.sql")
