"""Members who asked to be forgotten: when, and the marks that they leave."""

from setia.migrations import run_sql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Let an erasure, and nothing else, change what activities say of people."""
    run_sql("0015_erasure.sql")
