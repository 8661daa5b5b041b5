"""Data files as rows in order: CSV, JSON lines (both plain or packed) or Parquet, a few rows in memory at a time.

The name's ending decides which (``.csv``, ``.tsv``, ``.jsonl``, ``.ndjson``, ``.json``, each also with ``.gz``,
``.bz2`` or ``.xz``, and ``.parquet``); the first bytes decide whether a file is packed, whatever it is called. What a
row means is `streams.data.replay`'s business.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from schemas.hints import nearest
from streams.data.csvfile import Broken, csv_rows
from streams.data.parquetfile import count_parquet_rows, parquet_rows
from streams.data.unpacking import PACKED, opened
from streams.data.unpacking import DataFileError as DataFileError

Row: TypeAlias = dict[str, str] | bytes | Broken
"""A CSV row by column name, a JSON line's bytes without its line end (a Parquet row is one), or a CSV row that is none.
"""

BOM: Final = b"\xef\xbb\xbf"
_CSV: Final = (".csv", ".tsv")
_LINES: Final = (".jsonl", ".ndjson", ".json")
_PARQUET: Final = ".parquet"


class Rows(Iterator[Row]):
    """The rows of a data file in order. Blank lines are skipped.

    Parameters
    ----------
    path
        The file.
    delimiter
        What separates the cells of a CSV file; by default what its header shows.

    Raises
    ------
    DataFileError
        At once if the file is missing, its ending unknown, or a delimiter given for JSON lines; on the way if it cannot
        be read as its ending says.
    """

    def __init__(self, path: Path, delimiter: str | None = None) -> None:
        self.line = 0
        """The number, from 1, of the line on which the row that was given last begins."""
        ending = _ending(path)
        if ending not in _CSV and delimiter is not None:
            what = "is Parquet" if ending == _PARQUET else "has JSON lines"
            raise DataFileError(f"{path}: a delimiter is for CSV files, and this one {what} by its name")
        if ending in _CSV:
            self._numbered: Iterator[tuple[int, Row]] = iter(csv_rows(path, delimiter))
        else:
            self._numbered = parquet_rows(path) if ending == _PARQUET else _json_lines(path)

    def __next__(self) -> Row:
        """The next row."""
        self.line, row = next(self._numbered)
        return row


def rows(path: Path, delimiter: str | None = None) -> Rows:
    """Give the rows of a data file; see `Rows`."""
    return Rows(path, delimiter)


def count_rows(path: Path) -> int:
    """How many rows `rows` will give, without building them.

    Lines are counted; only a CSV file with quotes, which may hide line ends, is parsed.

    Raises
    ------
    DataFileError
        As `rows`, except that the rows themselves are not looked at.
    """
    ending = _ending(path)
    if ending == _PARQUET:
        return count_parquet_rows(path)
    has_header = ending in _CSV
    lines = 0
    with opened(path) as file:
        for line in file:
            if has_header and (b'"' in line or line.startswith(b"sep=")):
                break
            lines += not line.isspace()
        else:
            return max(lines - 1, 0) if has_header else lines
    return sum(1 for _ in csv_rows(path))


def find_example(name: str) -> Path:
    """The directory of a shipped example, with ``gauge.toml`` and ``<name>.csv.gz`` in it.

    The installed package is searched first, then the source tree.

    Raises
    ------
    DataFileError
        If there is no such example; the message lists those that there are.
    """
    found: dict[str, Path] = {}
    for root in (Path(str(importlib.resources.files("streams"))) / "examples", Path(__file__).parents[2] / "examples"):
        for gauge in sorted(root.glob("*/gauge.toml")):
            found.setdefault(gauge.parent.name, gauge.parent)
    if name not in found:
        raise DataFileError(f"there is no example '{name}'; expected one of: {', '.join(found) or '(none installed)'}")
    return found[name]


def _ending(path: Path) -> str:
    """How the file's name ends, less what says that it is packed."""
    name = path.name.lower()
    for packed in PACKED:
        name = name.removesuffix(packed)
    ending = Path(name).suffix
    if ending == _PARQUET and not path.name.lower().endswith(_PARQUET):
        raise DataFileError(f"{path}: a Parquet file is packed inside: unpack it")
    if ending not in (*_CSV, *_LINES, _PARQUET):
        expected = ", ".join(_CSV + _LINES)
        raise DataFileError(
            f"{path}: expected a name ending in {expected} (or one of these and {', '.join(PACKED)}) or {_PARQUET}, "
            f"got '{path.name}'"
        )
    if path.exists() and not path.is_file():
        what = "a directory" if path.is_dir() else "a pipe or a device, and it is read more than once"
        raise DataFileError(f"{path}: expected a file, got {what}")
    if not path.exists():
        beside = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        raise DataFileError(f"{path}: no such file{nearest(path.name, beside)}")
    return ending


def _json_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with opened(path) as file:
        yield from json_lines_of(path, file)


def json_lines_of(path: Path, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of content that is open already, without blank ones; ``path`` is what errors call it."""
    begun = False
    for number, line in enumerate(file, start=1):
        text = (line.removeprefix(BOM) if number == 1 else line).rstrip(b"\r\n")
        if not text or text.isspace():
            continue
        if not begun:
            _refuse_one_document(path, text.strip())
        begun = True
        yield number, text


def _refuse_one_document(path: Path, first: bytes) -> None:
    # An array of objects, or one object over many lines: its lines would all be refused, one by one.
    if first in (b"[", b"{", b"[{") or (first.startswith(b"[") and first[1:].lstrip().startswith(b"{")):
        what, each = ("an object over many lines", ".") if first.startswith(b"{") else ("a JSON array", "'.[]'")
        convert = f"jq -c {each} {path.name} > {path.name.partition('.')[0]}-lines.jsonl"
        raise DataFileError(f"{path}: expected one JSON object a line, got {what}; convert it, for example {convert}")
