"""The bytes of a data file, unpacked if its first bytes show that it is packed, whatever the file is called."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from streams.here.exit_codes import ExitCode
from streams.here.failures import CommandError


class DataFileError(CommandError):
    """A data file that cannot be read as asked; the message names the file or row and what to do."""

    exit_code = ExitCode.USAGE


PACKED: Final = (".gz", ".bz2", ".xz")
"""Endings that may follow a data file's own."""

_UNPACKERS: Final[dict[bytes, Callable[..., Any]]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    **{b"BZh%d1AY&SY" % level: bz2.BZ2File for level in range(1, 10)},
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
# Each long enough that no header of a CSV file begins so.
_OTHERS: Final[dict[bytes, str]] = {
    b"\x28\xb5\x2f\xfd": "it is packed with Zstandard: unpack it with zstd -d",
    b"PK\x03\x04": "it is a ZIP file (or a spreadsheet, which is one): unpack it, or save it as CSV",
    b"PAR1\x15": "it is a Parquet file: name it .parquet",
    b"ARROW1\x00": "it is an Arrow file: write it as CSV or JSON lines",
    b"\xd0\xcf\x11\xe0": "it is a spreadsheet: save it as CSV",
    b"SQLite format 3\x00": "it is a database: write its table as CSV",
}


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file's content.

    Raises
    ------
    DataFileError
        If it cannot be read or unpacked, or is neither CSV nor JSON lines in UTF-8 by its first bytes.
    """
    try:
        with path.open("rb") as file, unpacked(path, file) as content:
            yield content
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error.strerror or error}") from error


@contextmanager
def unpacked(path: Path, file: BufferedReader) -> Iterator[BinaryIO]:
    """What is in an open file, which ``path`` is the name of; see `opened`. It is closed at the end."""
    try:
        unpack = _starting(_UNPACKERS, file.peek(16))
        with cast(BinaryIO, file if unpack is None else unpack(file)) as content:
            _refuse_others(path, content.peek(256))  # type: ignore[attr-defined]
            yield content
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise DataFileError(f"{path}: the packed file is damaged or cut short ({error}); fetch it again") from error


def to_utf_8(path: Path, encoding: str) -> str:
    """How to convert a file of another encoding."""
    return f"convert it: iconv -f {encoding} -t UTF-8 {path.name} > utf8-{path.name}"


def _starting(by_start: dict[bytes, Any], first: bytes) -> Any:
    return next((value for start, value in by_start.items() if first.startswith(start)), None)


def _refuse_others(path: Path, first: bytes) -> None:
    if (what := _starting(_OTHERS, first)) is not None:
        raise DataFileError(f"{path}: expected CSV or JSON lines; {what}")
    # UTF-16 without a mark shows by its zeros: every second byte of plain letters.
    if first.startswith(_UTF_16) or b"\x00" in (first[1:2], first[:1]):
        raise DataFileError(f"{path}: expected UTF-8, got UTF-16; {to_utf_8(path, 'UTF-16')}")
