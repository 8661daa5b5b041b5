"""Rows of a Parquet file as the JSON lines that they would be: what is null or NaN is left out, as an empty cell is.

Reading it is pyarrow's work, which is installed with ``rivergauge[parquet]``; a thousand rows are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import Any, Final

from pydantic_core import PydanticSerializationError, to_json

from streams.data.unpacking import DataFileError

_AT_ONCE: Final = 1_000


def parquet_rows(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give the rows in order, each with its number from 1.

    Times become ISO 8601 text to the microsecond, decimals numbers, lists and structs what JSON calls so.

    Raises
    ------
    DataFileError
        If pyarrow is not installed or cannot read the file, or a value has no JSON.
    """
    number = 0
    with _opened(path) as file:
        for batch in file.iter_batches(batch_size=_AT_ONCE):
            for row in _to_microseconds(batch).to_pylist():
                number += 1
                try:
                    yield number, to_json({name: _plain(value) for name, value in row.items() if _is_there(value)})
                except PydanticSerializationError as error:
                    raise DataFileError(f"{path}, row {number}: expected what JSON can hold, got {error}") from error


def count_parquet_rows(path: Path) -> int:
    """How many rows `parquet_rows` will give.

    Raises
    ------
    DataFileError
        As `parquet_rows`, except that the rows themselves are not looked at.
    """
    with _opened(path) as file:
        return int(file.metadata.num_rows)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise DataFileError(
            f"{path}: reading Parquet needs pyarrow, which is not installed: pip install 'rivergauge[parquet]', or "
            "write the file as CSV or JSON lines"
        ) from error
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (pyarrow.ArrowException, OSError) as error:
        what = str(error).partition("\n")[0]
        raise DataFileError(f"{path}: cannot be read as Parquet: {what}") from error


def _to_microseconds(batch: Any) -> Any:
    """The batch with times that Python has: a datetime knows no nanoseconds."""
    import pyarrow

    for n, field in enumerate(batch.schema):
        if pyarrow.types.is_timestamp(field.type) and field.type.unit == "ns":
            times = batch.column(n).cast(pyarrow.timestamp("us", tz=field.type.tz), safe=False)
            batch = batch.set_column(n, field.name, times)
    return batch


def _is_there(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and isnan(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return {name: _plain(one) for name, one in value.items() if _is_there(one)} if isinstance(value, dict) else value
