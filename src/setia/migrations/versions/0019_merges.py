"""Members who are merged: vouchers go over."""

from setia.migrations import run_sql

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Know the state of a voucher that went over."""
    run_sql("0019_merges.sql")
