"""Rewards that are gift cards: a voucher knows its card."""

from setia.migrations import run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Give vouchers the wallet of their card."""
    run_sql("0017_reward_cards.sql")
