"""The tables, as a line of migrations. Each is a pair of files in `versions/`: `0001_<subject>.sql`, plain SQL as
PostgreSQL reads it, and `0001_<subject>.py` that names it:

    from setia.migrations import run_sql

    revision = "0001"
    down_revision = None


    def upgrade() -> None:
        run_sql("0001_<subject>.sql")

There is no way down: a ledger is never unwritten. A wrong migration is followed by one that mends it.
"""

from pathlib import Path

from alembic import op


def run_sql(name: str) -> None:
    """Run a file of `versions/`, any number of statements, inside the migration's transaction."""
    sql = (Path(__file__).parent / "versions" / name).read_text(encoding="utf-8")
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError(f"{name}: migrations need a live connection; offline mode is not supported")
    # Past SQLAlchemy, which would read `:name` and `%` in the SQL as parameters.
    driver.execute(sql.encode())
