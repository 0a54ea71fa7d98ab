"""Members who are merged: vouchers go over."""

from setia.migrations import run_sql

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Know the state of a voucher that went over."""
    run_sql("0022_merges.sql")
