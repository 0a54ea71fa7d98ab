"""Rewards that are gift cards: a voucher knows its card."""

from setia.migrations import run_sql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Give vouchers the wallet of their card."""
    run_sql("0016_reward_cards.sql")
