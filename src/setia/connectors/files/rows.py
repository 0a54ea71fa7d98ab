"""A file → its rows, one after the other: never more of the file in memory than a few thousand rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import orjson

from setia.values.faults import Fault

Format = Literal["csv", "jsonl", "parquet"]
FORMATS: Final[dict[str, Format]] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_LONGEST_LINE: Final = 8 * 1024 * 1024
_DELIMITERS: Final = ",;\t|"


class FileUnreadable(Fault):
    """The file cannot be read at all; the message says why and what to do."""

    code = "file_unreadable"


@dataclass(slots=True)
class Row:
    """One row. ``line``: where it begins, from 1 (of Parquet: its number). ``problem``: why it could not be read."""

    line: int
    values: dict[str, Any]
    problem: str = ""


class Source(Protocol):
    """An open file of rows. ``columns``: their names where the file says them (None: each row has its own)."""

    columns: tuple[str, ...] | None
    size: int

    def __iter__(self) -> Iterator[Row]: ...

    def place(self) -> int:
        """How far reading has come, in the same measure as ``size``."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


@contextmanager
def open_rows(
    path: Path,
    *,
    format: Format | None = None,  # noqa: A002
    delimiter: str | None = None,
) -> Iterator[Source]:
    """The rows of a file, by its ending or by ``format``, while the block lasts. Raises ``FileUnreadable``."""
    source = _open(path, format, delimiter)
    try:
        yield source
    finally:
        source.close()


def _open(path: Path, format: Format | None, delimiter: str | None) -> Source:  # noqa: A002
    kind = format or FORMATS.get(path.suffix.lower())
    if kind is None:
        endings = ", ".join(FORMATS)
        raise FileUnreadable(f"{path}: what kind of file this is cannot be told from its name; say it with --format "
                             f"(csv, jsonl or parquet), or use one of the endings {endings}")  # fmt: skip
    try:
        if kind == "parquet":
            return _Parquet(path)
        file = path.open("rb")
    except OSError as error:
        raise FileUnreadable(f"{path}: it cannot be read: {error.strerror}") from None
    try:
        return _Csv(file, path, delimiter) if kind == "csv" else _JsonLines(file, path)
    except BaseException:
        file.close()
        raise


class _Csv:
    """Comma-separated values with a header; semicolons, tabs and bars are recognised too."""

    def __init__(self, file: io.BufferedReader, path: Path, delimiter: str | None) -> None:
        self._raw, self.size = file, path.stat().st_size
        # What is no UTF-8 becomes visible in the row that has it, and the others are taken in.
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        header = self._text.readline(_LONGEST_LINE)
        if not header.strip():
            raise FileUnreadable(f"{path}: the file is empty; its first line has to name the columns")
        chosen = delimiter or max(_DELIMITERS, key=header.count)
        try:
            names = next(csv.reader([header], delimiter=chosen, strict=True))
        except csv.Error as error:
            raise FileUnreadable(f"{path}:1: the line that names the columns cannot be read: {error}") from None
        found = tuple(name.strip() for name in names)
        self.columns: tuple[str, ...] | None = found
        double = sorted({name for name in found if found.count(name) > 1})
        if double or "" in found:
            what = f"the column '{double[0]}' stands twice" if double else "a column has no name"
            raise FileUnreadable(f"{path}:1: {what}; every column needs a name of its own")
        self._rows = csv.reader(self._text, delimiter=chosen, strict=True)

    def __iter__(self) -> Iterator[Row]:
        columns = self.columns or ()
        while True:
            line = self._rows.line_num + 2
            try:
                found = next(self._rows, None)
            except csv.Error as error:
                yield Row(line, {}, f"this is not CSV: {error}")
                continue
            if found is None:
                return
            if not any(found):
                continue
            values = dict(zip(columns, found, strict=False))
            problem = ""
            if len(found) != len(columns):
                problem = f"the row has {len(found)} values, and there are {len(columns)} columns"
            elif any(not value.isascii() and not _is_text(value) for value in found):
                problem = "the row is not UTF-8; save the file as UTF-8"
            yield Row(line, values, problem)

    def place(self) -> int:
        return self._raw.tell()

    def close(self) -> None:
        self._text.close()


class _JsonLines:
    """One JSON object a line."""

    columns: tuple[str, ...] | None = None

    def __init__(self, file: io.BufferedReader, path: Path) -> None:
        self._file, self.size = file, path.stat().st_size

    def __iter__(self) -> Iterator[Row]:
        number = 0
        while line := self._file.readline(_LONGEST_LINE):
            number += 1
            if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                while (rest := self._file.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
                    pass
                yield Row(number, {}, f"the line is longer than {_LONGEST_LINE // 1024**2} MiB")
                continue
            if not line.strip():
                continue
            try:
                values = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                yield Row(number, {}, f"this is not JSON: {error.msg}, at column {error.colno}")
                continue
            if isinstance(values, dict):
                yield Row(number, values)
            else:
                yield Row(number, {}, "a line has to be one JSON object, {…}")

    def place(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()


class _Parquet:
    """A Parquet file, a few thousand rows at once."""

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            raise FileUnreadable(
                f"{path}: Parquet files are read with pyarrow, which is not installed. "
                "Install the extra `files`: pip install 'setia[files]'"
            ) from None
        try:
            self._file = pq.ParquetFile(path)
        except OSError as error:
            raise FileUnreadable(f"{path}: it cannot be read: {error.strerror or error}") from None
        except pa.ArrowInvalid as error:
            raise FileUnreadable(f"{path}: this is no Parquet file: {error}") from None
        self.columns: tuple[str, ...] | None = tuple(self._file.schema_arrow.names)
        self.size = self._file.metadata.num_rows
        self._done = 0

    def __iter__(self) -> Iterator[Row]:
        for batch in self._file.iter_batches(4_096):
            for values in batch.to_pylist():
                self._done += 1
                yield Row(self._done, values)

    def place(self) -> int:
        return self._done

    def close(self) -> None:
        self._file.close()


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
